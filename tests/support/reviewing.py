"""Datasets under review, and decisions about them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag_eval.dataset import folders, writing
from rag_eval.dataset.manifest import case_digest
from rag_eval.dataset.review.agreement import Agreement, agreement
from rag_eval.dataset.review.consensus import consensus_of
from rag_eval.dataset.review.decisions import VERDICTS, ReviewDecision, moment
from rag_eval.records import Case

BEGAN = 1_700_000_000
"""When reviewing began, in seconds since 1970."""


def ferry(number: int, **fields: Any) -> Case:
    """A drafted case with two contexts and a span."""
    first, second = f"A single to island {number} costs {number + 3} pounds.", f"Bicycles go free on boat {number}."
    span = {"context_id": f"fares#{number}", "document": "fares.md", "start": 0, "end": 8, "text": first[:8]}
    told: dict[str, Any] = {
        "id": f"q-{number}",
        "user_input": f"What does the ferry to island {number} cost?",
        "reference": f"It costs {number + 3} pounds.",
        "reference_contexts": (first, second),
        "reference_context_ids": (f"fares#{number}", f"bikes#{number}"),
        "tags": ("draft", "fares"),
        "metadata": {"draft": {"by": "a model", "kind": "simple"}, "spans": [span]},
    }
    return Case(**{**told, **fields})


def asked(number: int, **candidate: Any) -> Case:
    """A question from production, whose answer nobody has judged."""
    told = {
        "response": f"It is {number} pounds.",
        "retrieved_contexts": [f"Fare {number}.", "Lost property."],
        "retrieved_context_ids": [f"fares#{number}", "lost"],
        "trace_id": "tr-1",
        "feedback": "bad",
        "confidence": 0.4,
        "topic": "fares",
    }
    metadata: dict[str, Any] = {"candidate": {**told, **candidate}}
    return Case(id=f"p-{number}", user_input=f"fare {number}??", tags=("draft",), metadata=metadata)


def written(
    path: Path, cases: Sequence[Case], extras: dict[str, writing.ExtraFile] | None = None
) -> folders.DatasetFolder:
    """Cases as a dataset folder that was read."""
    writing.write(path, cases, lambda _: writing.DatasetInfo(name=path.name), extras)
    return folders.load(path)


def decision(case: Case, second: int, reviewer: str = "ana", verdict: str = "accept", **fields: Any) -> ReviewDecision:
    """A decision about a case, so many seconds after reviewing began."""
    told: dict[str, Any] = {
        "uuid": f"{reviewer}-{second:08d}",
        "case_id": case.id,
        "case_digest": case_digest(case),
        "reviewer": reviewer,
        "verdict": verdict,
        "user_input": case.user_input,
        "reference": case.reference,
        "reference_contexts": case.reference_contexts,
        "reference_context_ids": case.reference_context_ids,
        "tags": tuple(tag for tag in case.tags if tag != "draft"),
        "at": moment(BEGAN + second),
    }
    return ReviewDecision(**{**told, **fields})


CASES = [ferry(number) for number in range(12)]
"""What `decisions_of` decides about."""


def decisions_of(**verdicts: str) -> list[ReviewDecision]:
    """Decisions by reviewer, a letter for each case; a dot is none."""
    words = {word[0]: word for word in VERDICTS}
    return [
        decision(CASES[number], number, who, words[letter], uuid=f"{who}-uuid-{number}")
        for who, letters in verdicts.items()
        for number, letter in enumerate(letters)
        if letter != "."
    ]


def agreed(*more: ReviewDecision, **verdicts: str) -> Agreement:
    """How far reviewers agree by such decisions, and more."""
    return agreement(consensus_of(CASES, [*decisions_of(**verdicts), *more]))
