"""What production was asked, as candidates: each question once, masked, from every topic."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.dataset.sampling import RISKY_SHARE, sample
from rag_eval.records import Case
from rag_eval.traces import Exchange, SkippedTrace

TOPICS = {
    "ferry": "How long does the ferry crossing to island {n} take on day {n}?",
    "fees": "What is the mooring fee of berth {n} for a boat of {n} metres?",
    "fuel": "Where can I buy diesel fuel for engine type {n}?",
}


def _exchange(question: str, **said: Any) -> Exchange:
    fields = dict.fromkeys(Exchange.__dataclass_fields__)
    whole = {**fields, "file": "t.jsonl", "line": 1, "dialect": "jsonl", "scores": {}, "metadata": {}, **said}
    return Exchange(**{**whole, "question": question})


def _traffic(count: int = 60) -> list[Exchange]:
    """Three topics in turn; every tenth answer was voted down, every seventh is unsure of itself."""
    return [
        _exchange(
            list(TOPICS.values())[n % 3].format(n=n),
            response=f"Answer {n}.",
            contexts=(f"Context {n}.",),
            feedback="bad" if n % 10 == 0 else None,
            confidence=0.2 if n % 7 == 0 else 0.9,
        )
        for n in range(count)
    ]


def _candidate(case: Case) -> dict[str, Any]:
    found = case.metadata["candidate"]
    assert isinstance(found, dict)
    return found


def test_repeated_questions_count_once() -> None:
    """Other capitals, white space or punctuation make no other question; how often it was asked is kept."""
    asked = [
        "What does berth 4 cost?",
        "what does  berth 4 cost",
        "What does berth 4 cost?!",
        "What does berth 5 cost?",
    ]
    found = sample(map(_exchange, asked), 10, 0)
    assert (found.asked, found.distinct) == (4, 2)
    assert [case.metadata["draft"]["times_asked"] for case in found.cases] == [3, 1]  # type: ignore[index,call-overload]


def test_of_repeated_questions_the_one_that_went_badly_is_kept() -> None:
    """What a reviewer should see is the answer that was voted down."""
    found = sample(
        [
            _exchange("What does berth 4 cost?", response="Fine."),
            _exchange("What does berth 4 cost?", response="No!", feedback="bad"),
        ],
        5,
        0,
    )
    assert _candidate(found.cases[0])["response"] == "No!"
    assert "bad-feedback" in found.cases[0].tags


def test_every_topic_and_no_more_risk_than_its_share() -> None:
    """A sample of a third has each topic, and those that went badly up to their share."""
    found = sample(_traffic(), 20, 0)
    assert len(found.cases) == 20
    words = Counter(
        next(topic for topic in TOPICS if topic in case.user_input or topic[:3] in case.user_input)
        for case in found.cases
    )
    assert set(words) == set(TOPICS)
    risky = [case for case in found.cases if {"bad-feedback", "low-confidence"} & set(case.tags)]
    assert len(risky) == int(RISKY_SHARE * 20)


def test_the_same_seed_gives_the_same_sample() -> None:
    """And another seed another one."""
    one, again, other = (sample(_traffic(), 12, seed).cases for seed in (1, 1, 2))
    assert one == again
    assert [case.id for case in one] != [case.id for case in other]


def test_secrets_are_masked_everywhere() -> None:
    """In question, answer and contexts, under one name; on demand they stay."""
    said = {"response": "We wrote to ann@example.org.", "contexts": ("ann@example.org asked.",)}
    exchange = _exchange("Did you write to ann@example.org about berth fees?", **said)
    found = sample([exchange], 5, 0)
    assert "ann@example.org" not in found.cases[0].model_dump_json()
    assert found.cases[0].user_input == "Did you write to <EMAIL_1> about berth fees?"
    assert _candidate(found.cases[0])["retrieved_contexts"] == ["<EMAIL_1> asked."]
    assert found.masked["EMAIL"] == 3
    assert "ann@example.org" in sample([exchange], 5, 0, mask=False).cases[0].user_input


def test_what_gives_no_question_is_counted() -> None:
    """Skipped traces by their reason, questions without words, documents that somebody pasted."""
    found = sample(
        [
            SkippedTrace("t", 1, None, "not_rag", "…"),
            _exchange("???"),
            _exchange("word " * 900),
            _exchange("What is a berth?"),
        ],
        5,
        0,
    )
    assert found.skipped == {"not_rag": 1, "no_words": 1, "too_long": 1}
    assert len(found.cases) == 1


def test_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of captured traces becomes a dataset folder of candidates, and the summary says what was left out."""
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "question": f"What does berth {n} cost in May?",
            "answer": f"{n} pounds.",
            "contexts": [f"Berth {n}: {n} pounds."],
        }
        for n in range(9)
    ]
    Path("asked.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = CliRunner().invoke(app, ["build-dataset", "asked.jsonl", "-o", "made", "--from", "traces", "-n", "6"])
    assert result.exit_code == 0, result.output
    assert "9 questions in the traces, 9 distinct" in result.stdout
    assert "made: 6 candidates" in result.stdout
    assert "rag-eval review made" in result.stdout
    nothing = CliRunner().invoke(
        app, ["build-dataset", "asked.jsonl", "-o", "none", "--from", "traces", "--field", "user_input=nope"]
    )
    assert nothing.exit_code == 2
    assert not Path("none").exists()


@pytest.mark.realdata
def test_real_traces_give_candidates(realdata: Path, tmp_path: Path) -> None:
    """A folder of traces in several dialects becomes one set of candidates."""
    result = CliRunner().invoke(
        app, ["build-dataset", str(realdata / "traces"), "-o", str(tmp_path / "made"), "--from", "traces", "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"] >= 5
    assert sum(told["skipped"].values()) >= 1
