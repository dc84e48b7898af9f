"""One reply as the page's script reads it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.journal import Row
from rag_eval.records import DEGRADED, Answer, Case, Evidence, Failure, NotApplicable, Outcome, Reply, Score, Verdict
from rag_eval.reports.pages.packing import TextPool
from rag_eval.reports.pages.replies import EVIDENCE_MARK, packed_reply

_ANSWER = "The ferry lands at noon, and the office opens at eight."
_PASSAGE = "Visitor berths are at the north quay, behind the ice house."


def packed(reply: Reply, outcomes: dict[str, Outcome] | None = None, **asked: Any) -> dict[str, Any]:
    """What the page knows of a reply, with `m` as the only metric."""
    case = Case.model_validate({"id": "c", "user_input": "Q?", **asked})
    return packed_reply(Row(0, case, reply, outcomes or {}), ["other", "m"], TextPool())


def verdicts(*rows: Verdict, reply: Answer | None = None, **asked: Any) -> list[list[Any]]:
    """Verdicts as they are packed."""
    score = Score(value=1.0, evidence=Evidence(verdicts=rows))
    return packed(reply or Answer(response=_ANSWER), {"m": score}, **asked)["e"]["1"]  # type: ignore[no-any-return]


def verdict(statement: str, **more: Any) -> Verdict:
    """A statement that holds."""
    return Verdict.model_validate({"part": "response", "statement": statement, "verdict": 1, **more})


def test_a_failure_has_a_reason_and_no_text() -> None:
    """The page must not take it for an empty answer."""
    assert packed(Failure(stage="target", reason="timeout", message="Too slow.")) == {"x": ["timeout", "Too slow."]}


def test_of_an_answer_only_what_is_known_is_kept() -> None:
    """What is not there takes no room, and one attempt is nothing to speak of."""
    assert packed(Answer(response="x")) == {"r": "x"}
    assert packed(Answer()) == {"r": None}
    assert packed(Answer(response="x", latency_s=0.0, attempts=3, metadata={DEGRADED: True})) == {
        "r": "x", "l": 0.0, "a": 3, "d": 1,
    }  # fmt: skip
    assert "d" not in packed(Answer(response="x", metadata={DEGRADED: False}))


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, 15),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, 15),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}, 15),
        ({"prompt_tokens": 10, "completion_tokens": 5, "cached": True, "status": 200}, 15),
        ({"total_tokens": 0}, 0),
        ({"cost": 0.01}, None),
        ({"total_tokens": "many"}, None),
        ({}, None),
        (None, None),
        ("15", None),
    ],
)
def test_tokens_are_counted_once(usage: Any, tokens: int | None) -> None:
    """A total is not added to its parts, and what is no count of tokens is none."""
    assert packed(Answer(response="x", metadata={"usage": usage})).get("u") == tokens


def test_passages_without_a_text_or_an_id_keep_their_rank() -> None:
    """The longer of both lists says how many there are; unknown ones are not none."""
    reply = Answer(response="x", retrieved_contexts=("a",), retrieved_context_ids=("1", "2"))
    assert packed(reply)["c"] == [["1", 0], ["2", None]]
    assert packed(Answer(response="x", retrieved_contexts=("a", "b", "a")))["c"] == [[None, 0], [None, 1], [None, 0]]
    assert packed(Answer(response="x", retrieved_contexts=()))["c"] == []
    assert "c" not in packed(Answer(response="x"))


@pytest.mark.parametrize(
    ("outcome", "key", "value"),
    [
        (NotApplicable(reason="no reference"), "n", "no reference"),
        (Failure(stage="judge", reason="timeout", message="Slow."), "n", ["timeout", "Slow."]),
        (Score(value=1.0, evidence=Evidence(details={"why": "both are on top"})), "w", "both are on top"),
    ],
)
def test_why_there_is_no_value_or_this_one(outcome: Outcome, key: str, value: object) -> None:
    """Under the place of the metric; a failure keeps its code."""
    assert packed(Answer(response="x"), {"m": outcome})[key] == {"1": value}


def test_a_score_of_which_there_is_nothing_to_say_takes_no_room() -> None:
    """Its value stands in the index."""
    assert packed(Answer(response="x"), {"m": Score(value=1.0), "unlisted": Score(value=0.0)}) == {"r": "x"}


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("the office opens at eight.", [-1, 29, 26]),
        ("Where may a visitor moor a boat?", [-3, 0, 32]),
        ("By the north quay, says the master.", [-2, 0, 35]),
        (_PASSAGE, [0, 0, len(_PASSAGE)]),
        ("at noon", "at noon"),
        ("Nobody wrote this sentence anywhere.", "Nobody wrote this sentence anywhere."),
    ],
)
def test_a_statement_that_stands_elsewhere_is_pointed_to(text: str, points: object) -> None:
    """In the answer, the question, the reference or a passage; a short one is shorter than where it stands."""
    [row] = verdicts(
        verdict(text),
        reply=Answer(response=_ANSWER, retrieved_contexts=(_PASSAGE,)),
        user_input="Where may a visitor moor a boat?",
        reference="By the north quay, says the master.",
    )
    assert row[1] == points


def test_nothing_points_into_a_text_that_scripts_count_otherwise() -> None:
    """A browser takes an otter for two letters: what stands behind it would be found in the wrong place."""
    [row] = verdicts(verdict("the office opens at eight."), reply=Answer(response=f"🦦 {_ANSWER}"))
    assert row[1] == "the office opens at eight."


@given(text=st.text(min_size=1, max_size=60), source=st.text(max_size=60), at=st.integers(0, 60))
def test_what_is_pointed_to_is_what_was_written(text: str, source: str, at: int) -> None:
    """Wherever it stands, the letters there are the statement's."""
    response = source[:at] + text + source[at:]
    [row] = verdicts(verdict(text), reply=Answer(response=response))
    if isinstance(row[1], list):
        where, start, length = row[1]
        assert {-1: response, -3: "Q?"}[where][start : start + length] == text
    else:
        assert row[1] == text


@pytest.mark.parametrize(
    ("evidence", "reason", "kept", "cited"),
    [
        ("Dogs go free.", "Said in: Dogs go free.", f"Said in: {EVIDENCE_MARK}", "Dogs go free."),
        ("", "Said in: Dogs go free.", f"Said in: {EVIDENCE_MARK}", "Dogs go free."),
        ("", "No sentence says so.", "No sentence says so.", ""),
        ("Dogs.", "Dogs. And Dogs.", f"{EVIDENCE_MARK} And Dogs.", "Dogs."),
        ("", "", "", ""),
    ],
)
def test_a_sentence_that_is_cited_stands_once(evidence: str, reason: str, kept: str, cited: str) -> None:
    """The reason marks where it was; older judges named it in the reason alone."""
    [row] = verdicts(verdict("x", evidence=evidence, reason=reason))
    assert row[4:] == [kept, cited]


def test_how_far_a_statement_is_borne_out() -> None:
    """To four digits; where nobody says it, it is not nought."""
    first, second = verdicts(verdict("x", support=0.123456, verdict=0), verdict("y"))
    assert first[:4] == ["response", "x", 0, 0.1235]
    assert second[:4] == ["response", "y", 1, None]


def test_evidence_of_what_does_not_apply_is_kept() -> None:
    """Such as RAGAs' own verdicts on a refusal."""
    outcome = NotApplicable(reason="refused", evidence=Evidence(verdicts=(verdict("x"),)))
    assert packed(Answer(response="y"), {"m": outcome})["e"]["1"] == [["response", "x", 1, None, "", ""]]
