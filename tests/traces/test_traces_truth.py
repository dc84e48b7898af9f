"""Traces of real clients, and of shapes that people brought, against what really was asked, retrieved and answered."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces

pytestmark = pytest.mark.realdata

ASPECTS = ("question", "contexts", "ids", "answer", "session", "error", "usage")
_OPEN = "When does the pool open?"
_BROUGHT: Mapping[str, tuple[dict[str, Any], ...]] = {
    "traces-01-session-in-one-trace": (
        {
            "question": "What is the return window?",
            "answer": "30 days.",
            "contexts": ["Returns within 30 days.", "Keep the receipt."],
            "ids": ["d1", "d2"],
            "session": "s1",
            "turn": 1,
        },
        {
            "question": "And for electronics?",
            "answer": "14 days.",
            "contexts": ["Electronics: 14 days."],
            "ids": ["d3"],
            "session": "s1",
            "turn": 2,
        },
        {
            "question": "Who pays shipping?",
            "answer": "The customer.",
            "contexts": ["Customer pays return shipping."],
            "ids": ["d4"],
            "session": "s1",
            "turn": 3,
        },
    ),
    "traces-02-two-retrievals": (
        {
            "question": "Compare plan A and B prices",
            "answer": "A is 5, B is 7.",
            "contexts": ["A costs 5.", "B costs 7.", "noise two"],
            "ids": ["a", "b", "m"],
        },
    ),
    "traces-03-call-after-the-answer": (
        {"question": "What is the fee?", "answer": "The fee is 3 EUR.", "contexts": ["Fee is 3 EUR"], "ids": ["k"]},
    ),
    "traces-04-opik": (
        {"question": _OPEN, "answer": "At six.", "contexts": ["The pool opens at six."], "latency": 2.0},
    ),
    "traces-05-phoenix-dataframe": (
        {
            "question": _OPEN,
            "answer": "At six.",
            "contexts": ["The pool opens at six.", "Towels cost two euros."],
            "ids": ["d1", "d2"],
            "latency": 2.0,
        },
    ),
}


@pytest.fixture
def cases(realdata: Path) -> Path:
    """The folder of cases, beside the real data."""
    folder = realdata.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


def _truth(folder: Path) -> tuple[dict[str, Any], ...]:
    file = folder / "truth.json"
    return tuple(json.loads(file.read_text())) if file.is_file() else _BROUGHT[folder.name]


def _usage(read: traces.Exchange) -> list[int] | None:
    recorded = getattr(read, "input_tokens", None), getattr(read, "output_tokens", None)
    return None if None in recorded else [int(each) for each in recorded if each is not None]


def _read(read: traces.Exchange, aspect: str) -> Any:
    """What was read of an aspect, as the truth has it."""
    names = {"answer": "response", "ids": "context_ids", "session": "conversation", "latency": "latency_s"}
    value = {
        "error": read.metadata.get("error"),
        "usage": _usage(read),
    }.get(aspect, getattr(read, names.get(aspect, aspect), None))
    return list(value) if isinstance(value, tuple) else value


def _verdict(aspect: str, truth: Any, read: Any) -> str:
    """Right, missing or wrong; a usage of nothing is not known where the client did not record it."""
    if aspect == "error":
        right = truth in read if truth and read else bool(truth) == bool(read)
    elif aspect == "session":  # a client may give its conversation an id of its own
        right = read == truth or truth is None
    elif aspect == "ids":
        right = list(read or ()) == truth
    else:
        right = read == truth or (aspect == "usage" and truth == [0, 0] and read is None)
    return "right" if right else "missing" if read is None else f"wrong: {read!r}, and it is {truth!r}"


def _compared(folder: Path, file: Path) -> Iterator[tuple[str, str]]:
    read = {each.question: each for each in traces.read(str(file)) if isinstance(each, traces.Exchange)}
    truth = _truth(folder)
    yield f"{file.name} exchanges", "right" if len(read) == len(truth) else f"wrong: {list(read)}"
    for number, case in enumerate(truth):
        exchange = read.get(case["question"])
        for aspect in (*ASPECTS, "turn", "latency"):
            if aspect not in case:
                continue
            place = f"{file.name} {case.get('key', number)} {aspect}"
            yield place, _verdict(aspect, case[aspect], _read(exchange, aspect)) if exchange else "missing"


def _names() -> list[str]:
    clients = ("01-langchain-openinference", "03-llamaindex-openinference-error", "03-llamaindex-openinference-stream",
               "04-haystack-openinference", "06-mlflow-langchain", "07b-openai-genai-old", "10-pydantic-ai-logfire",
               "12-openllmetry-langchain-two", "13-fastapi-traceparent", "17-traceloop-sdk")  # fmt: skip
    return [*(f"client-{each}" for each in clients), *_BROUGHT]


@pytest.mark.parametrize("name", _names())
def test_what_was_recorded_is_read_as_it_was(cases: Path, name: str) -> None:
    """Every field equals its truth: question, contexts, ids, answer, session, turn, error and usage."""
    folder = cases / name
    files = [each for each in sorted(folder.iterdir()) if each.name not in {"README", "truth.json"}]
    verdicts = [verdict for file in files for verdict in _compared(folder, file)]
    differing = [f"{place}: {verdict}" for place, verdict in verdicts if verdict != "right"]
    assert not differing, "\n".join([f"{len(differing)} of {len(verdicts)} differ", *differing])
