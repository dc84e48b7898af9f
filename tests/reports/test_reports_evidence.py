"""One case on a terminal: everything that is known of it, each once, and nothing that is not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rendering import on_terminal

from rag_eval.journal import Row
from rag_eval.records import REFUSED, Answer, Case, Evidence, Failure, NotApplicable, Outcome, Reply, Score, Verdict
from rag_eval.reports import evidence

_TIMEOUT = Failure(stage="judge", reason="timeout", message="No reply in time.")


def row(outcomes: dict[str, Outcome] | None = None, reply: Reply | None = None, **asked: Any) -> Row:
    """What a run knows of one case."""
    case = Case.model_validate({"id": "c1", "user_input": "When does the ferry land?", **asked})
    return Row(0, case, reply or Answer(response="At noon."), outcomes or {})


def shown(row: Row, width: int = 100, *, full: bool = False) -> str:
    """What stands on a terminal."""
    return on_terminal(evidence.case(row, full=full), width)


def judged(value: float, *verdicts: Verdict, **details: Any) -> Score:
    """A score that rests on verdicts, or on details."""
    return Score(value=value, evidence=Evidence(verdicts=verdicts, details=details, prompts=("0" * 64,)))


def verdict(statement: str = "It lands at noon.", part: str = "response", **more: Any) -> Verdict:
    """A statement that holds, unless said otherwise."""
    return Verdict.model_validate({"part": part, "statement": statement, "verdict": 1, **more})


def test_a_case_without_anything_but_a_question_is_shown() -> None:
    """What is not there is a dash, and no list is begun that has nothing in it."""
    text = shown(row(reply=Answer()))
    assert text.splitlines() == ["c1", "When does the ferry land?", "answer:    –", "reference: –"]


def test_the_id_stands_with_the_tags() -> None:
    """Both are what a case is looked for by."""
    assert shown(row(tags=("ferries", "times"))).splitlines()[0] == "c1  ferries, times"


def test_a_failure_stands_where_the_answer_would() -> None:
    """With its reason and in words, and it is no answer."""
    text = shown(row(reply=Failure(stage="target", reason="timeout", message="No answer in time.")))
    assert "no answer: timeout: No answer in time." in text
    assert "answer:    " not in text.replace("no answer:", "")


def test_of_an_unanswerable_question_it_is_said_what_is_right() -> None:
    """And of one that has an answer nothing is said."""
    assert "the right thing is to say so" in shown(row(answerable=False))
    assert "the right thing is to say so" not in shown(row())


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Score(value=1.0), "refuses:   yes"),
        (judged(1.0, verdict("I do not know.", "response", reason="says so")), "refuses:   I do not know.  (says so)"),
        (Score(value=0.0), ""),
        (_TIMEOUT, ""),
        (None, ""),
    ],
)
def test_a_refusal_is_shown_with_how_it_is_known(outcome: Outcome | None, says: str) -> None:
    """An answer that does not refuse, or of which nobody knows, is not called one; and it is no score like others."""
    text = shown(row({REFUSED: outcome} if outcome else {}))
    assert (says in text) if says else ("refuses" not in text)
    assert f"{REFUSED} 1" not in text


@pytest.mark.parametrize(
    ("contexts", "says"), [(None, ""), ((), "contexts:  nothing was retrieved"), (("A ferry.",), "best first")]
)
def test_unknown_contexts_are_not_none(contexts: tuple[str, ...] | None, says: str) -> None:
    """Where nobody knows what was retrieved nothing is said of it; where nothing was, that is said."""
    text = shown(row(reply=Answer(response="x", retrieved_contexts=contexts)))
    assert (says in text) if says else ("contexts" not in text)


def test_what_the_dataset_needs_is_marked_and_what_is_missing_named() -> None:
    """By its id or by its text; a context without an id is named by its place."""
    reply = Answer(response="x", retrieved_contexts=("Ferry.", "Dogs.", "Fares."), retrieved_context_ids=("f1", "d1"))
    text = shown(row(reply=reply, reference_context_ids=("f1", "f2"), reference_contexts=("Fares.",)))
    assert "best first; + marks what the dataset says is needed" in text
    assert "+ [f1] Ferry." in text
    assert "  [d1] Dogs." in text
    assert "+ [3] Fares." in text
    assert "missing:   f2" in text


def test_nothing_is_called_missing_where_ids_are_unknown() -> None:
    """A context that came without its id may be the very one."""
    reply = Answer(response="x", retrieved_contexts=("Ferry.",))
    text = shown(row(reply=reply, reference_context_ids=("f1",)))
    assert "missing" not in text


def test_a_long_context_is_cut_unless_all_of_it_is_asked_for() -> None:
    """It is said how many letters are left out, and how to see them."""
    long = "The ferry lands at noon. " * 40
    reply = Answer(response="x", retrieved_contexts=(long,))
    text = " ".join(shown(row(reply=reply)).split())
    assert "more characters: --full)" in text
    assert text.count("The ferry lands at noon.") < 15
    assert " ".join(shown(row(reply=reply), full=True).split()).count("The ferry lands at noon.") == 40


def test_what_a_verdict_cites_is_shown_however_far_down_it_stands() -> None:
    """A reader must see what bears a statement out."""
    cited = "Dogs travel free on Sundays."
    reply = Answer(response="x", retrieved_contexts=("Filler words stand here. " * 40 + cited + " More filler." * 40,))
    score = judged(1.0, verdict(evidence=cited))
    assert cited in " ".join(shown(row({"faithfulness": score}, reply)).split())
    assert cited not in " ".join(shown(row({}, reply)).split())


_WORDS = st.lists(st.text("abcdef", min_size=1, max_size=9), min_size=1, max_size=160).map(" ".join)


@given(text=_WORDS, data=st.data())
def test_no_letter_of_an_excerpt_is_lost_uncounted(text: str, data: st.DataObject) -> None:
    """What is shown and what is said to be left out are the whole text, wherever it is cited."""
    cuts = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(1, 40)), max_size=3))
    cited = {text[at : at + size].strip() for at, size in cuts} - {""}
    shown, mark, tail = evidence._excerpt(text, cited).partition(" (")
    left = int(tail.split()[0]) if mark else 0
    assert all(each in shown for each in cited)
    letters = [piece for piece in shown.replace("… ", "…").split("…") if piece]
    assert sum(map(len, letters)) + left == len(text)
    assert all(piece in text for piece in letters)


def test_all_scores_stand_in_a_row_with_their_units() -> None:
    """Those of metrics that nobody knows as well, without one."""
    text = shown(row({"latency": Score(value=1.25), "faithfulness": Score(value=0.5), "own": Score(value=2.0)}))
    assert "scores:    latency 1.250 s · faithfulness 0.500 · own 2.000" in " ".join(text.split("\n")).replace(
        "  ·", " ·"
    )


def test_a_score_without_evidence_has_no_list() -> None:
    """The hash of a prompt is nothing that a person reads."""
    score = Score(value=0.5, evidence=Evidence(prompts=("0" * 64,)))
    assert "faithfulness: 0.500" not in shown(row({"faithfulness": score}))
    assert "0000" not in shown(row({"faithfulness": score}))


@pytest.mark.parametrize(
    ("metric", "part", "asks"),
    [
        ("faithfulness", "response", "Do the contexts say what the answer says?"),
        ("correctness", "response", "Does the reference say what the answer says?"),
        ("context_recall", "reference", "Do the contexts say what the reference says?"),
        ("correctness", "reference", "Does the answer say what the reference says?"),
        ("own", "response", "Does the reference say what the answer says?"),
        ("own", "something", "something"),
    ],
)
def test_a_list_of_verdicts_says_what_it_answers(metric: str, part: str, asks: str) -> None:
    """The same part is held to contexts by one metric, and to the reference by another."""
    assert asks in shown(row({metric: judged(1.0, verdict(part=part))}))


def test_verdicts_stand_with_mark_share_and_reason() -> None:
    """Yes, no, how far, and why; one that was given twice stands once."""
    no = verdict("Dogs pay.", verdict=0, support=0.254, reason="Nobody says so.")
    lines = shown(row({"faithfulness": judged(0.5, verdict(), no, no)})).splitlines()
    assert "  ✓ It lands at noon." in lines
    assert lines.count("  ✗ 0.25 Dogs pay.") == 1
    assert lines[lines.index("  ✗ 0.25 Dogs pay.") + 1].strip() == "Nobody says so."
    assert "✓ is yes, ✗ is no; the number behind it says how far, from 0 to 1" in lines


def test_marks_without_a_share_need_no_key() -> None:
    """No number stands behind them."""
    assert "says how far" not in shown(row({"faithfulness": judged(1.0, verdict())}))


@pytest.mark.parametrize(
    ("statement", "part", "says"),
    [
        ("context 2", "context", "✓ context 2 [d1]"),
        ("context 3", "context", "✓ context 3"),
        ("context two", "context", "✓ context two"),
        ("context 1", "response", "✓ context 1"),
        ("would answer: When?", "question", "✓ When?"),
        ("would answer: When?", "response", "✓ would answer: When?"),
    ],
)
def test_a_context_is_named_by_its_id(statement: str, part: str, says: str) -> None:
    """Where a verdict speaks of it by its place, and only there."""
    reply = Answer(response="x", retrieved_contexts=("a", "b", "c"), retrieved_context_ids=("f1", "d1"))
    lines = [line.strip() for line in shown(row({"own": judged(1.0, verdict(statement, part))}, reply)).splitlines()]
    assert says in lines


def test_rankings_that_rest_on_the_same_share_one_list() -> None:
    """Under all of their names and values; another basis, or verdicts, have a list of their own."""
    same = {"relevant": ["f1"], "retrieved": ["d1", "f1"]}
    outcomes: dict[str, Outcome] = {
        "hit@1": judged(0.0, **same), "hit@2": judged(1.0, **same), "mrr": judged(0.5, relevant=["f2"]),
    }  # fmt: skip
    lines = shown(row(outcomes)).splitlines()
    assert "hit@1: 0.000 · hit@2: 1.000" in lines
    assert "mrr: 0.500" in lines
    assert sum(line.strip() == "relevant: f1" for line in lines) == 1


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["a", "b"], "some key: a, b"),
        ([], "some key: none"),
        (0.5, "some key: 0.500"),
        (3, "some key: 3"),
        (None, "some key: None"),
        ("text", "some key: text"),
    ],
)
def test_details_are_said_in_words(value: Any, says: str) -> None:
    """A name is read as words, a list one after the other."""
    assert says in shown(row({"own": judged(1.0, some_key=value)}))


def test_what_ragas_made_of_a_refusal_is_called_so() -> None:
    """Nobody is shown the name of a field for it."""
    outcome = NotApplicable(reason=REFUSED, evidence=Evidence(details={"value_by_ragas": 0.25}))
    text = shown(row({"faithfulness": outcome}))
    assert "faithfulness: not applicable: the answer refuses, and so claims nothing" in text
    assert "RAGAs' own value: 0.250" in text


def test_metrics_without_a_value_stand_together_by_their_reason() -> None:
    """Once for each reason; a failure is never called not applicable, and none of them has a number."""
    none = NotApplicable(reason="no reference")
    text = shown(row({"a": none, "b": _TIMEOUT, "c": none, "d": Score(value=1.0), "e": _TIMEOUT}))
    assert "a, c: not applicable: no reference" in text
    assert "b, e: failure: timeout: No reply in time." in text
    assert "scores:    d 1.000" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_nothing_that_somebody_wrote_steers_the_terminal(width: int) -> None:
    """Neither an escape sequence nor the markup of the library that prints does anything."""
    evil = "\x1b[31mred\x1b[0m [bold]x[/bold] [/]"
    reply = Answer(response=evil, retrieved_contexts=(evil,), retrieved_context_ids=(evil,))
    text = shown(row({"own": judged(1.0, verdict(evil, reason=evil))}, reply, user_input=evil, tags=(evil,)), width)
    assert "\x1b" not in text
    assert text.count("[bold]x[/bold]") >= 6
