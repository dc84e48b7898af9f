"""Two runs against each other: which metrics, which questions, refusals, and the verdict of the whole."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue
from support import samples

from rag_eval.evaluation.comparison import compare_runs
from rag_eval.journal import Journal
from rag_eval.records import (
    Answer,
    Case,
    Failure,
    MetricComparison,
    MetricTraits,
    NotApplicable,
    Outcome,
    Reply,
    Score,
)
from rag_eval.run_scores import clusters_of, side
from rag_eval.stats.families import among_others, verdict

_LOST = Failure(stage="target", reason="timeout", message="too slow")
_UNJUDGED = Failure(stage="judge", reason="timeout", message="too slow")
_REFUSED = NotApplicable(reason="refused")


def test_runs_are_compared_on_every_metric_that_both_have(tmp_path: Path) -> None:
    """With the cases that only one of them asked counted, and the origin's differences carried along."""
    case = [Case(id=f"case-{i}", user_input=f"Question {i}?") for i in range(4)]

    def row(i: int, **values: float) -> tuple[Case, Answer, dict[str, Score]]:
        return case[i], Answer(), {name: Score(value=value) for name, value in values.items()}

    def folder(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name / "journal.db"

    a_rows = [row(i, one=0.1 * i, two=0.5) for i in range(3)]
    b_rows = [row(i, one=0.2 * i, three=0.5) for i in range(1, 4)]
    with (
        samples.journal(folder("a"), a_rows, ("one", "two"), name="weak") as a,
        samples.journal(folder("b"), b_rows, ("one", "three"), name="strong") as b,
    ):
        found = compare_runs(("id-a", a), ("id-b", b), ["judges differ"], 0, {})
        assert found == compare_runs(("id-a", a), ("id-b", b), ["judges differ"], 0, {})
    assert (found.a, found.b, found.name_a, found.name_b) == ("id-a", "id-b", "weak", "strong")
    assert (found.only_in_a, found.only_in_b, found.differences) == (1, 1, ("judges differ",))
    assert all(not metric.only_a + metric.only_b for metric in found.metrics), (
        "what was asked of one run alone is apart"
    )
    assert found.embedded_judge
    (metric,) = found.metrics
    assert (metric.name, metric.pairs, metric.win) == ("one", 2, 2)
    assert metric.difference == pytest.approx(0.15)
    assert metric.moved[0].user_input == "Question 2?"


def _one_run(folder: Path, outcomes: Mapping[str, tuple[Reply, Outcome]], **traits: str) -> Journal:
    folder.mkdir()
    rows = [(Case(id=key, user_input=key), reply, {"m": outcome}) for key, (reply, outcome) in outcomes.items()]
    metrics = f"[{MetricTraits.model_validate({'name': 'm', **traits}).model_dump_json()}]"
    return samples.journal(folder / "journal.db", rows, ("m",), metrics=metrics)


def test_refusals_are_counted_of_what_both_were_asked(tmp_path: Path) -> None:
    """A run that is not finished does not look as if it refused less."""
    of_a: dict[str, tuple[Reply, Outcome]] = {key: (Answer(), _REFUSED) for key in "abc"}
    of_b: dict[str, tuple[Reply, Outcome]] = {"a": (Answer(), _REFUSED)}
    with _one_run(tmp_path / "a", of_a) as a, _one_run(tmp_path / "b", of_b) as b:
        found = compare_runs(("a", a), ("b", b), [], 0, {})
    assert (found.metrics[0].refused_a, found.metrics[0].refused_b, found.only_in_a) == (1, 1, 2)


def test_a_question_without_an_answer_is_zero_or_apart(tmp_path: Path) -> None:
    """As the metric has it; a failure of the judge is neither, and a refusal is told apart."""
    outcomes: dict[str, tuple[Reply, Outcome]] = {
        "a": (Answer(), Score(value=0.5)), "b": (_LOST, _LOST), "c": (Answer(), _UNJUDGED), "d": (Answer(), _REFUSED),
    }  # fmt: skip
    for unanswered, values in (("zero", {"a": 0.5, "b": 0.0}), ("apart", {"a": 0.5})):
        traits = MetricTraits.model_validate({"name": "m", "unanswered": unanswered})
        with _one_run(tmp_path / unanswered, outcomes, unanswered=unanswered) as journal:
            found = side(journal, traits)
        assert found.values == values
        assert found.unanswered == ({"b"} if unanswered == "zero" else set())
        assert (sorted(found.unjudged), sorted(found.refused)) == (["c"], ["d"])


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ({"m": "better"}, "better"),
        ({"m": "better", "other": "worse"}, "mixed"),
        ({"m": "better", "other": "better"}, "better"),
        ({"m": "unclear", "other": "worse"}, "worse"),
        ({"m": "unclear", "other": "worse", "third": "better"}, "mixed"),
        ({"m": "negligible", "other": "better"}, "negligible"),
        ({"m": "worse", "other": "better"}, "worse"),
        ({"m": "cannot_tell", "other": "worse"}, "cannot_tell"),
        ({"m": "better", "answered": "worse"}, "worse"),
        ({"m": "cannot_tell", "answered": "worse"}, "worse"),
        ({"m": "unclear", "answered": "better"}, "unclear"),
    ],
)
def test_the_primary_metric_decides_unless_fewer_were_answered(verdicts: dict[str, str], whole: str) -> None:
    """And no other loss is passed over."""
    metrics = [samples.compared(name, verdict=value) for name, value in verdicts.items()]
    assert verdict(metrics, "m") == whole


def _moved(name: str, p: float | None, verdict: str = "worse") -> MetricComparison:
    return samples.compared(name, p_value=p, verdict=verdict)


def test_a_metric_among_many_has_to_be_clearer_than_alone() -> None:
    """By Holm; the primary metric and `answered` are what was asked, and are judged alone."""
    names = ("m", "answered", "strong", "weak", "still")
    metrics = [_moved(name, p) for name, p in zip(names, (0.04, 0.04, 0.001, 0.04, None), strict=True)]
    metrics.append(_moved("flat", 0.9, "unclear"))
    judged = {metric.name: metric for metric in among_others(metrics, "m")}
    assert [judged[name].verdict for name in names] == ["worse", "worse", "worse", "unclear", "worse"]
    adjusted = [judged[name].adjusted_p for name in (*names, "flat")]
    assert adjusted == [None, None, pytest.approx(0.003), pytest.approx(0.08), None, pytest.approx(0.9)]
    assert judged["weak"].note == "worse if looked at alone (p = 0.040), not among 3 metrics (p = 0.08)"
    assert judged["strong"].note == judged["flat"].note == ""


def test_a_comparison_lists_only_what_holds_among_others(tmp_path: Path) -> None:
    """Of twenty metrics of noise none has gained or lost, though one or the other would have alone."""
    rng = np.random.default_rng(1)
    names = tuple(f"m{i}" for i in range(20))
    journals = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        rows = [
            (Case(id=f"q{i}", user_input="?"), Answer(), {m: Score(value=float(rng.random())) for m in names})
            for i in range(30)
        ]
        journals.append(samples.journal(tmp_path / name / "journal.db", rows, names))
    with journals[0] as a, journals[1] as b:
        comparison = compare_runs(("a", a), ("b", b), [], 0, {})
    assert any(metric.p_value is not None and metric.p_value < 0.05 for metric in comparison.metrics[1:])
    assert set(comparison.regressed + comparison.improved) <= {comparison.primary}


def test_questions_of_one_document_are_no_independent_ones(tmp_path: Path) -> None:
    """Their differences go together, so that the interval is wider; with few documents nothing is grouped."""
    widths = {}
    for documents in (4, 10, 40):
        rows = [
            (
                Case(id=f"c{n}", user_input="q", reference_context_ids=(f"page{n % documents}#part{n}",)),
                Answer(),
                {"m": Score(value=(n % documents % 2) * 0.5)},
            )
            for n in range(40)
        ]
        none = [(case, answer, {"m": Score(value=0.2)}) for case, answer, _ in rows]
        for name in ("a", "b"):
            (tmp_path / f"{name}{documents}").mkdir()
        with (
            samples.journal(tmp_path / f"a{documents}" / "journal.db", none, ("m",)) as a,
            samples.journal(tmp_path / f"b{documents}" / "journal.db", rows, ("m",)) as b,
        ):
            assert (clusters_of(a, b) is None) == (documents == 4)
            (metric,) = compare_runs(("a", a), ("b", b), [], 0, {}).metrics
        assert metric.interval is not None
        widths[documents] = metric.interval.high - metric.interval.low
    assert widths[10] > 1.5 * widths[40]
    assert widths[4] == pytest.approx(widths[40], rel=0.1)


def test_a_case_may_name_what_it_belongs_to(tmp_path: Path) -> None:
    """Its own `cluster` goes before its conversation, that before the document of its first source."""
    known: list[dict[str, JsonValue]] = [{"cluster": "k", "conversation": "t"}, {"conversation": "t"}, {}, {}]
    rows: list[tuple[Case, Reply, dict[str, Outcome]]] = [
        (
            Case(id=str(n), user_input="q", metadata=more, reference_context_ids=("d#1",) if n < 3 else None),
            Answer(),
            {},
        )
        for n, more in enumerate(known)
    ]
    with samples.journal(tmp_path / "journal.db", rows) as journal:
        assert journal.clusters() == {"0": "k", "1": "t", "2": "d"}
