"""Draft questions by rules: plain sentences turned round, and nothing made of the others."""

from decimal import Decimal
from typing import Any

import pytest

from rag_eval.judges.embedded.drafting import answers, draft, follows, supports
from rag_eval.judges.embedded.figures import numbers, unfounded, worked_out


def _asked(text: str, kind: str = "single-fact", turn: int = 0, **given: Any) -> str:
    return str(draft({"kind": kind, "turn": turn, "passages": [{"text": text}], **given})["question"])


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "If the float sticks in the pipe, free it with the hook.",
            "What should you do if the float sticks in the pipe?",
        ),
        ("If the float sticks in the pipe, the pump stops.", "What happens if the float sticks in the pipe?"),
        ("The pump costs £40 a week.", "How much does the pump cost?"),
        ("The crossing takes forty minutes in fair weather.", "How long does the crossing take?"),
        ("The sill is a concrete wall under the gate.", "What is the sill?"),
        ("A berth must be left within 2 hours.", "When must a berth be left?"),
        ("The gate was built in 1985 by the county.", "When was the gate built?"),
        ("The pilot boat is used for bringing mail.", "What is the pilot boat used for?"),
        ("The pilot boat is red because fog is common here.", "Why is the pilot boat red?"),
        ("On the quay AutoGen helps. AutoGen needs a pool of agents.", "What does AutoGen need?"),
    ],
)
def test_plain_sentences_are_turned_round(text: str, question: str) -> None:
    """A condition, a price, a duration, a definition, a duty, a date, a purpose, a reason."""
    assert _asked(text) == question


@pytest.mark.parametrize(
    "text",
    [
        "It is a wall under the gate.",
        "This costs £40 a week.",
        "If this happens again, ring the bell twice.",
        "As shown in Listing 4-2, the value is a number.",
        "let x = 5; // a binding",
        "Short one.",
        "",
    ],
)
def test_what_points_elsewhere_gives_nothing(text: str) -> None:
    """Pronouns, references to the document and code make no question that stands by itself."""
    assert _asked(text) == ""


def test_quotes_stand_in_the_passage_letter_by_letter() -> None:
    """Also where the sentence is wrapped and marked up."""
    text = "# Pump\n\nThe **pump**\ncosts [£40](fees.md) a week.\n"
    said = draft({"kind": "single-fact", "turn": 0, "passages": [{"text": text}]})
    assert said["answer"] == "The pump costs £40 a week."
    assert all(quote in text for quote in said["quotes"])  # type: ignore[union-attr,operator]


def test_kinds_ask_for_what_they_are_called() -> None:
    """Steps, numbers, two things at once, a difference, what is nowhere said."""
    steps = "## Lighting the lamp\n\n1. Open the valve.\n2. Hold the match to the wick.\n"
    assert _asked(steps, "procedural") == "What is the procedure for lighting the lamp?"
    assert (
        _asked("The sill is a concrete wall. The pump costs £40 a week.", "numeric") == "How much does the pump cost?"
    )
    assert _asked("The gate is a wall of stone.", "numeric") == ""
    pair = [{"text": "The sill is a wall under the gate."}, {"text": "The gate is a door of the sill wall."}]
    two = draft({"kind": "multi-hop", "turn": 0, "passages": pair})  # type: ignore[dict-item]
    assert two["question"] == "What is the sill, and what is the gate?"
    apart = draft({"kind": "comparison", "turn": 0, "passages": pair})  # type: ignore[dict-item]
    assert apart["question"] == "What is the difference between the sill and the gate?"
    assert _asked("The sill gate is a wall of steel.", "unanswerable") == "Who designed the sill gate?"
    assert _asked("The sill is a wall under the gate.", "unanswerable") == ""


@pytest.mark.parametrize(
    ("asker", "question"),
    [
        ("somebody in a hurry who types a few words", "float sticks pipe"),
        (
            "a chatty customer",
            "Hello, I could not find it anywhere: what should you do if the float sticks in the pipe?",
        ),
        ("an expert", "I would like to know: what should you do if the float sticks in the pipe?"),
    ],
)
def test_people_ask_in_their_own_way(asker: str, question: str) -> None:
    """A paraphrased question is worded as its asker words it."""
    assert _asked("If the float sticks in the pipe, free it with the hook.", "paraphrased", asker=asker) == question


def test_verdicts_about_a_draft() -> None:
    """What is said follows; what is not does not; an answer that the question holds follows from the question."""
    context = "The pump costs £40 a week."
    assert follows({"statement": "The pump costs £40 a week.", "context": context})["verdict"] == 1
    assert follows({"statement": "The pump costs £50 a week.", "context": context})["verdict"] == 0
    assert follows({"statement": "…", "context": context})["verdict"] == 0
    assert answers({"question": "Weekly pump costs in pounds with pipe hire?", "passage": context})["verdict"] == 0


@pytest.mark.parametrize(
    ("answer", "grade"),
    [
        ("The pump costs £40 a week.", 2),
        ("Yes.", 2),
        ("It is £80 for two weeks: £40 a week.", 1),
        ("The pump costs £47 a week.", 0),
        ("The bell foundry of Aachen cast it.", 0),
    ],
)
def test_how_far_an_answer_is_borne_out(answer: str, grade: int) -> None:
    """Said, worked out, a number out of nowhere, something else altogether."""
    said = supports({"question": "What does the pump cost?", "answer": answer, "context": "The pump costs £40 a week."})
    assert int(str(said["grade"])) >= grade if grade else said["grade"] == 0


@pytest.mark.parametrize(
    ("number", "given", "expected"),
    [
        ("420", ["210", "2"], True),
        ("3.9", ["1.9", "2.0"], True),
        ("5", ["12", "7"], True),
        ("7.5", ["2.5", "300"], True),
        ("11.5", ["11.2"], True),
        ("6", ["54", "9"], True),
        ("773129", ["3", "40", "12"], False),
        ("13", ["4", "40"], False),
        ("8", [], False),
    ],
)
def test_numbers_that_can_be_worked_out(number: str, given: list[str], expected: bool) -> None:  # noqa: FBT001
    """A product, a sum, a difference, a percentage, a rounded one, a quotient; nothing else."""
    assert worked_out(Decimal(number), map(Decimal, given)) is expected


def test_numbers_of_a_text() -> None:
    """Digits and words, each once; what is no number is left out."""
    assert numbers("Two boats, 2 crews, 1,500 nets and a crate") == [Decimal(2), Decimal(1500)]
    assert unfounded("It costs 99 pounds.", "It costs 40 pounds.", "What does it cost?") == "99"
    assert unfounded("It costs 80 pounds for two.", "It costs 40 pounds.", "What does it cost for two?") == ""


def test_code_stays_to_the_letter() -> None:
    """What stands between backticks is no markup; links keep their words, whatever is in them."""
    text = "The buffer contains the line `5\\n` and [the `read_line` call](io.md) as text."
    said = draft({"kind": "single-fact", "turn": 0, "passages": [{"text": text.replace("{}", "")}]})
    assert said["answer"] in ("", "The buffer holds the line 5\\n and the read_line call as text.")
    plain = draft(
        {"kind": "single-fact", "turn": 0, "passages": [{"text": "The pump contains the `a_b` *and* `c*d` litres."}]}
    )
    assert plain["answer"] == "The pump contains the a_b and c*d litres."
