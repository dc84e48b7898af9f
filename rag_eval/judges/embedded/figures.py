"""Whether a number that a context does not hold may have been worked out of those that it holds."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import combinations_with_replacement
from typing import Final

from rag_eval.language.words import terms, tokens

MOST: Final = 60
"""Numbers that are combined; more of them give nearly every number by chance."""


def numbers(text: str) -> list[Decimal]:
    """The plain numbers of a text, also those in words, each once."""
    figures = (_number(term.key) for token in tokens(text) for term in terms(token) if term.kind == "figure")
    return list(dict.fromkeys(number for number in figures if number is not None))


def worked_out(number: Decimal, given: Iterable[Decimal]) -> bool:
    """Whether a number is a sum, difference, product, quotient or percentage of two others, or one of them rounded."""
    others = [other for other in dict.fromkeys(given) if other != number][:MOST]
    if any(number in _rounded(other) for other in others):
        return True
    return any(number in _results(a, b) for a, b in combinations_with_replacement(others, 2))


def unfounded(answer: str, context: str, question: str) -> str:
    """A number of an answer that neither stands in the context nor in the question, nor follows from numbers there."""
    known = numbers(f"{context}\n{question}")
    stated = numbers(answer)
    for number in stated:
        if number not in known and not worked_out(number, [*known, *stated]):
            return f"{number:f}"
    return ""


def _results(a: Decimal, b: Decimal) -> set[Decimal]:
    results = {a + b, abs(a - b), a * b, a * b / 100}
    if b:
        results.add(a / b)
    if a:
        results.add(b / a)
    return results


def _rounded(a: Decimal) -> set[Decimal]:
    """A number rounded up, down and to the nearest of the steps that people round to."""
    results = set()
    for step in (Decimal("0.5"), Decimal(1), Decimal(10), Decimal(100)):
        down = a // step * step
        results |= {down, down + step}
    return results


def _number(key: str) -> Decimal | None:
    try:
        return Decimal(key)
    except InvalidOperation:
        return None
