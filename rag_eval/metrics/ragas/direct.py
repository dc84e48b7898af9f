"""RAGAs' metrics with a judge that reads no prompt: it is given what would stand in one, and the formula is RAGAs'.

Values, verdicts and digests of prompts are those that RAGAs comes to by way of texts; a test compares both ways.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from rag_eval.ports import InstantJudge
from rag_eval.records import Verdict


@dataclass(frozen=True)
class DirectInput:
    """What would stand in a prompt, by the name that RAGAs' metric has for that."""

    prompt: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class DirectScore:
    """What a metric comes to."""

    value: float
    by_ragas: float
    verdicts: tuple[Verdict, ...]
    inputs: tuple[DirectInput, ...]


def faithfulness(judge: InstantJudge, given: Mapping[str, Any]) -> DirectScore | None:
    """Mean support of the statements; None for what RAGAs itself must say something to."""
    if not all(given.values()):
        return None
    asked = {"question": given["user_input"], "answer": given["response"]}
    statements = _listed(judge.answer("StatementGeneratorOutput", asked), "statements")
    about: dict[str, JsonValue] = {"context": "\n".join(given["retrieved_contexts"]), "statements": [*statements]}
    judged = _listed(judge.answer("NLIStatementOutput", about), "statements") if statements else ()
    if not judged:
        return None
    return DirectScore(
        value=sum(float(claim["support"]) for claim in judged) / len(judged),
        by_ragas=sum(1 if claim["verdict"] else 0 for claim in judged) / len(judged),
        verdicts=_verdicts("response", "verdict", judged),
        inputs=(DirectInput("statement_generator_prompt", asked), DirectInput("nli_statement_prompt", about)),
    )


def context_recall(judge: InstantJudge, given: Mapping[str, Any]) -> DirectScore | None:
    """Share of the reference's statements that the contexts hold; None as in `faithfulness`."""
    if not all(given.values()):
        return None
    context = "\n".join(given["retrieved_contexts"])
    asked = {"question": given["user_input"], "context": context, "answer": given["reference"]}
    judged = _listed(judge.answer("ContextRecallOutput", asked), "classifications")
    if not judged:
        return None
    value = sum(claim["attributed"] for claim in judged) / len(judged)
    return DirectScore(value, value, _verdicts("reference", "attributed", judged), (DirectInput("prompt", asked),))


def _listed(reply: Mapping[str, Any] | None, name: str) -> Sequence[Any]:
    return () if reply is None else reply[name]


def _verdicts(part: str, name: str, judged: Sequence[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            part=part,
            statement=claim["statement"],
            verdict=1 if claim[name] else 0,
            reason=claim["reason"],
            support=claim["support"],
            evidence=claim["evidence"],
        )
        for claim in judged
    )
