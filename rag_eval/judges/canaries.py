"""Control statements whose verdicts are known, to ride along with texts that speak to the judge.

A model that obeys what it is to judge gives the control statements the verdict that it was told to give; then nothing
of its reply is believed. They are about cards with numbers that stand nowhere else in the prompt, so that what the
judge says of them is found again in whatever words, and taken out before anything is computed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from rag_eval.language.prompts import MARKER
from rag_eval.records import Reason

T = TypeVar("T", bound=BaseModel)
Input = dict[str, Any]

_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True)
class Controls:
    """Two cards: one is in the contexts, the other nowhere."""

    shown: str
    """Number of the card that is spoken of."""
    absent: str

    @property
    def true(self) -> str:
        """What is said of the card that is spoken of."""
        return f"Control card {self.shown} is green."

    @property
    def false(self) -> str:
        """What nothing bears out."""
        return f"Control card {self.absent} is green."

    def about(self, text: str) -> str:
        """Which of the cards a text is about, if one."""
        return next((number for number in (self.shown, self.absent) if number in text), "")


@dataclass(frozen=True)
class Canary:
    """How control statements ride along with one shape of reply."""

    put: Callable[[Input, Controls], None]
    """Puts them into the input of the prompt."""
    read: Callable[[Any, Controls], tuple[dict[str, object], Any]]
    """What the reply says of each card, by number, and the reply's fields without them."""
    expected: Callable[[Controls], Mapping[str, object]]
    """What it should say, by number."""


@dataclass(frozen=True)
class GuardedPrompt:
    """A prompt with control statements in it."""

    text: str
    controls: Controls
    canary: Canary

    def read(self, reply: T) -> tuple[T, tuple[str, str] | None]:
        """The reply without what it says of the cards, and what is wrong with that, as a reason and a sentence."""
        verdicts, fields = self.canary.read(reply, self.controls)
        cleaned = reply.model_copy(update=fields)
        expected = self.canary.expected(self.controls)
        if {number: verdicts.get(number) for number in expected} == expected:
            return cleaned, None
        return cleaned, (Reason.TAMPERED, "a control statement of known verdict got another one")


def guarded(prompt: str, canary: Canary) -> GuardedPrompt | None:
    """A prompt with control statements; None where it holds no input to put them in."""
    head, marker, rest = prompt.rpartition(MARKER)
    if not marker:
        return None
    lead = len(rest) - len(rest.lstrip())
    try:
        given, end = _DECODER.raw_decode(rest, lead)
    except (ValueError, RecursionError):
        return None
    controls = _controls(prompt)
    canary.put(given, controls)
    rebuilt = json.dumps(given, ensure_ascii=False, indent=4)
    return GuardedPrompt(f"{head}{marker}{rebuilt}{rest[end:]}", controls, canary)


def _controls(prompt: str) -> Controls:
    """Cards whose numbers the prompt does not hold; the same for the same prompt, so that replies can be kept."""
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    numbers = (str(10_000 + int.from_bytes(digest[at : at + 4]) % 90_000) for at in range(len(digest) - 4))
    shown, absent = [number for number in dict.fromkeys(numbers) if number not in prompt][:2]
    return Controls(shown, absent)


def _add(given: Input, field: str, *sentences: str) -> None:
    if isinstance(given.get(field), list):
        given[field] = [*given[field], *sentences]
    else:
        given[field] = " ".join([f"{given.get(field) or ''}\n".lstrip("\n"), *sentences]).strip(" ")


def _sorted(items: Sequence[Any], text: Callable[[Any], str], controls: Controls) -> tuple[dict[str, Any], list[Any]]:
    """Items about a card by its number, and the others."""
    about: dict[str, Any] = {}
    others = []
    for item in items:
        if number := controls.about(text(item)):
            about[number] = item
        else:
            others.append(item)
    return about, others


def _texts(source: str, listed: str) -> Canary:
    """A list of what a text states: the card must be spoken of."""

    def read(reply: Any, controls: Controls) -> tuple[dict[str, object], Any]:
        about, others = _sorted(getattr(reply, listed), str, controls)
        return dict.fromkeys(about, True), {listed: others}

    return Canary(
        lambda given, controls: _add(given, source, controls.true), read, lambda controls: {controls.shown: True}
    )


def _judged(listed: str, verdict: str, put: Callable[[Input, Controls], None]) -> Canary:
    """Statements, each with a verdict."""

    def read(reply: Any, controls: Controls) -> tuple[dict[str, object], Any]:
        about, others = _sorted(getattr(reply, listed), lambda item: item.statement, controls)
        return {number: getattr(item, verdict) for number, item in about.items()}, {listed: others}

    return Canary(put, read, lambda controls: {controls.shown: 1, controls.absent: 0})


def _put_statements(given: Input, controls: Controls) -> None:
    _add(given, "context", controls.true)
    given["statements"] = [controls.false, *given["statements"], controls.true]


def _put_answer(given: Input, controls: Controls) -> None:
    _add(given, "context", controls.true)
    _add(given, "answer", controls.true, controls.false)


def _put_both(given: Input, controls: Controls) -> None:
    _add(given, "answer", controls.true, controls.false)
    _add(given, "ground_truth", controls.true)


def _put_reference(given: Input, controls: Controls) -> None:
    _add(given, "reference", controls.true, controls.false)
    _add(given, "response", controls.true)


def _placed(reply: Any, controls: Controls) -> tuple[dict[str, object], Any]:
    verdicts, fields = dict[str, object](), dict[str, Any]()
    for side in ("TP", "FP", "FN"):
        about, fields[side] = _sorted(getattr(reply, side), lambda item: item.statement, controls)
        verdicts |= dict.fromkeys(about, side)
    return verdicts, fields


def _compared(reply: Any, controls: Controls) -> tuple[dict[str, object], Any]:
    about, others = _sorted(reply.claims, lambda item: item.claim, controls)
    return {number: item.verdict == "said" for number, item in about.items()}, {"claims": others}


STATEMENTS: Final = _texts("answer", "statements")
CLAIMS: Final = _texts("response", "claims")
VERDICTS: Final = _judged("statements", "verdict", _put_statements)
ATTRIBUTIONS: Final = _judged("classifications", "attributed", _put_answer)
CLASSES: Final = Canary(_put_both, _placed, lambda controls: {controls.shown: "TP", controls.absent: "FP"})
CORRECTNESS: Final = Canary(_put_reference, _compared, lambda controls: {controls.shown: True, controls.absent: False})
