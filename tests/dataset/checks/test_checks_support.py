"""What a judge is asked of a dataset, and what is made of its verdicts."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from support.scripted import Scripted

from rag_eval.dataset.checks import DatasetFinding, support
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.drafting import PassageIndex
from rag_eval.records import Case

_CONTEXT = "A single to the island costs nine pounds."


@pytest.fixture
def passages() -> Iterator[PassageIndex]:
    """A corpus of five passages about ferries."""
    with PassageIndex() as index:
        yield index.put([(f"p{n}", f"The ferry number {n} to the island costs {n} pounds.") for n in range(5)])


def _case(**fields: Any) -> Case:
    given = {
        "id": "c",
        "user_input": "What does the ferry cost?",
        "reference": "Nine.",
        "reference_contexts": (_CONTEXT,),
    }
    return Case(**{**given, **fields})


def _unanswerable(**fields: Any) -> Case:
    return _case(**{"answerable": False, "reference": None, "reference_contexts": None, **fields})


def _check(judge: Scripted, *cases: Case, passages: PassageIndex | None = None, **how: Any) -> list[DatasetFinding]:
    async def every() -> list[DatasetFinding]:
        context = CheckContext(cases=cases, passages=passages)
        return [finding async for finding in support.check(context, judge, **{"at_a_time": 4, **how})]

    return asyncio.run(every())


def _grade(grade: int) -> Scripted:
    return Scripted({"SupportGrade": {"grade": grade, "reason": "So it is."}})


def _answers(verdict: int, **more: Any) -> Scripted:
    return Scripted({"AnswersVerdict": {"verdict": verdict}, **more})


def _no_objection(*_: object) -> str:
    return ""


@pytest.mark.parametrize(
    ("grade", "name", "severity"),
    [(2, None, None), (1, "partly-supported", "warning"), (0, "unsupported", "error")],
)
def test_a_reference_is_as_good_as_its_contexts_bear_it_out(grade: int, name: str | None, severity: str | None) -> None:
    """In part is a warning, not at all an error; the judge's reason is told with it."""
    findings = _check(_grade(grade), _case())
    assert [(finding.check, finding.severity) for finding in findings] == ([(name, severity)] if name else [])
    for finding in findings:
        assert finding.rows == ("c",)
        assert finding.message.endswith("'Nine.'. So it is.")
        assert ("in full" in finding.message) == (grade == 1)
        assert not finding.fixable


def test_the_judge_sees_all_contexts_of_a_case_and_its_question() -> None:
    """Once for a case, so that a reference out of two of them is borne out."""
    judge = _grade(2)
    _check(judge, _case(reference_contexts=("First.", "Second.")))
    [(prompt, name, _)] = judge.asked
    assert name == "SupportGrade"
    assert r"First.\n\nSecond." in prompt
    assert "What does the ferry cost?" in prompt


@pytest.mark.parametrize(
    "fields", [{"reference": None}, {"reference": ""}, {"reference_contexts": None}, {"reference_contexts": ()}]
)
def test_nothing_is_asked_where_there_is_nothing_to_hold_together(fields: Mapping[str, Any]) -> None:
    """A case without reference or contexts is for other checks."""
    judge = _grade(0)
    assert _check(judge, _case(**fields)) == []
    assert judge.asked == []


def test_a_judge_of_words_does_not_see_that_a_part_is_missing() -> None:
    """Its half grade is no finding; none at all is one."""
    assert _check(_grade(1), _case(), objection=_no_objection) == []
    assert [f.check for f in _check(_grade(0), _case(), objection=_no_objection)] == ["unsupported"]


def test_what_words_object_to_is_told_in_their_words() -> None:
    """Given the reference, its contexts and its question; not asked where the judge has found it already."""
    asked: list[tuple[str, Sequence[str], str]] = []

    def objection(reference: str, contexts: Sequence[str], question: str) -> str:
        asked.append((reference, contexts, question))
        return "The number 9 stands nowhere."

    (finding,) = _check(_grade(2), _case(), objection=objection)
    assert finding.check == "unsupported"
    assert finding.message.endswith("The number 9 stands nowhere.")
    assert "in full" not in finding.message
    assert asked == [("Nine.", (_CONTEXT,), "What does the ferry cost?")]
    _check(_grade(0), _case(), objection=objection)
    assert len(asked) == 1


def test_an_unanswerable_question_that_names_its_source_needs_no_judge(passages: PassageIndex) -> None:
    """Whoever knows where the answer stands has one."""
    judge = _answers(0)
    (finding,) = _check(judge, _unanswerable(reference_context_ids=("p1", "p2")), passages=passages)
    assert (finding.check, finding.severity, judge.asked) == ("answerable", "error", [])
    assert "is marked unanswerable, and names its source, 'p1'" in finding.message


def test_of_the_corpus_the_nearest_three_are_looked_at(passages: PassageIndex) -> None:
    """Not more: each look costs a call."""
    judge = _answers(0)
    assert _check(judge, _unanswerable(), passages=passages) == []
    assert len(judge.asked) == 3


def test_looking_ends_with_the_first_passage_that_answers(passages: PassageIndex) -> None:
    """It is quoted."""
    judge = _answers(1)
    (finding,) = _check(judge, _unanswerable(), passages=passages)
    assert len(judge.asked) == 1
    assert "a passage answers it, 'The ferry number" in finding.message


def test_own_contexts_are_looked_at_without_a_corpus() -> None:
    """A case may bring the passage that betrays it."""
    judge = _answers(1)
    (finding,) = _check(judge, _unanswerable(reference_contexts=(_CONTEXT,)))
    assert repr(_CONTEXT) in finding.message
    assert _check(_answers(1), _unanswerable()) == []


def test_words_look_the_reference_up_as_well() -> None:
    """Where it says something: a refusal as reference is what an unanswerable question should have."""
    case = _unanswerable(reference="Nine pounds.", reference_contexts=(_CONTEXT,))
    scripts = {grade: _answers(0, SupportGrade={"grade": grade}) for grade in (2, 1)}
    assert [f.check for f in _check(scripts[2], case, objection=_no_objection)] == ["answerable"]
    assert _check(scripts[1], case, objection=_no_objection) == []
    refusing = case.model_copy(update={"reference": "The handbook does not say."})
    assert _check(_answers(0, SupportGrade={"grade": 2}), refusing, objection=_no_objection) == []


def test_who_reads_meaning_is_asked_once_for_a_passage() -> None:
    """A language model's no is a no."""
    judge = _answers(0, SupportGrade={"grade": 2})
    case = _unanswerable(reference="Nine pounds.", reference_contexts=(_CONTEXT,))
    assert _check(judge, case) == []
    assert [name for _, name, _ in judge.asked] == ["AnswersVerdict"]


def test_a_judge_that_fails_is_a_finding_of_its_own_and_ends_nothing() -> None:
    """With its reason; the other cases are judged all the same, and nothing passes for checked."""
    cases = _case(id="a"), _unanswerable(id="b", reference_contexts=("x",)), _case(id="c")
    findings = _check(_grade(0), *cases)
    assert [(finding.rows[0], finding.check) for finding in findings] == [
        ("a", "unsupported"), ("b", "not-judged"), ("c", "unsupported"),
    ]  # fmt: skip
    assert findings[1].message == "the judge gave no verdict: no_script: the script has no AnswersVerdict"
    assert findings[1].severity == "error"


def test_findings_come_in_the_order_of_the_rows_however_late_they_are() -> None:
    """And somebody is told of each case that is done."""
    done: list[int] = []

    class Backwards(Scripted):
        async def reply(self, prompt: str, response_model: Any, sample: str = "") -> Any:
            for _ in range(9 - int(prompt.rpartition("question ")[2][0])):
                await asyncio.sleep(0)
            return await super().reply(prompt, response_model, sample)

    judge = Backwards({"SupportGrade": {"grade": 0}})
    cases = [_case(id=str(n), user_input=f"question {n}") for n in range(6)]
    findings = _check(judge, *cases, watch=lambda: done.append(1))
    assert [finding.rows[0] for finding in findings] == [str(n) for n in range(6)]
    assert len(done) == 6


@pytest.mark.parametrize("at_a_time", [1, 3])
def test_no_more_cases_are_judged_at_a_time_than_the_judge_takes(at_a_time: int) -> None:
    """However many there are."""
    judge = _grade(2)
    _check(judge, *(_case(id=str(n)) for n in range(7)), at_a_time=at_a_time)
    assert judge.peak == at_a_time


_BOTH, _NEITHER = _case(), _case(reference=None)


@pytest.mark.parametrize(
    ("check", "case", "met"),
    [
        (support.UNSUPPORTED, _BOTH, True),
        (support.UNSUPPORTED, _NEITHER, False),
        (support.UNSUPPORTED, _case(answerable=False), False),
        (support.PARTLY_SUPPORTED, _BOTH, True),
        (support.PARTLY_SUPPORTED, _NEITHER, False),
        (support.ANSWERABLE, _BOTH, False),
        (support.ANSWERABLE, _unanswerable(), True),
        (support.NOT_JUDGED, _BOTH, True),
        (support.NOT_JUDGED, _unanswerable(), True),
        (support.NOT_JUDGED, _NEITHER, False),
    ],
    ids=lambda value: value.name if hasattr(value, "needs") else "",
)
def test_a_check_counts_as_done_only_where_there_was_something_to_ask(check: Any, case: Case, *, met: bool) -> None:
    """Else the report says what was lacking."""
    context = CheckContext(cases=[case])
    assert all(need.met(context) for need in check.needs) == met
