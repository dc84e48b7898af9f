"""What each metric says of a run, over all cases and over those with one tag."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.evaluation.columns import SLICED, MetricColumn, RunColumns, leading
from rag_eval.records import ANSWERED, MetricTraits


def _column(name: str = "m", values: Mapping[str, float] | None = None, **more: Any) -> MetricColumn:
    given_: dict[str, Any] = {"failures": {}, "not_applicables": {}, **more}
    traits = given_.pop("traits", MetricTraits(name=name))
    return MetricColumn(traits, values or {}, **given_)


def _columns(*columns: MetricColumn, **more: Any) -> RunColumns:
    given_: dict[str, Any] = {"repeats": {}, "clusters": None, "tagged": {}, "seed": 0, **more}
    return RunColumns(columns, **given_)


def test_every_case_is_in_one_of_three_counts() -> None:
    """A failure is in no mean, and what does not apply is no failure."""
    column = _column(
        values={"a": 1.0, "b": 0.0},
        failures={"c": "timeout", "d": "timeout", "e": "cut_off"},
        not_applicables={"f": "refused"},
    )
    (metric,) = _columns(column).metrics()
    assert (metric.n, metric.failed, metric.not_applicable, metric.mean) == (2, 3, 1, 0.5)
    assert metric.worst_low == pytest.approx(0.2)
    assert metric.worst_high == pytest.approx(0.8)
    assert metric.failures == {"timeout": 2, "cut_off": 1}


def test_reasons_are_listed_by_how_many_there_are_then_by_name() -> None:
    """So that a report is the same however its cases came in."""
    failures = {"a": "x", "b": "w", "c": "w", "d": "v"}
    metrics = [
        _columns(_column(failures=dict(order))).metrics()[0] for order in (failures.items(), [*failures.items()][::-1])
    ]
    assert [[*metric.failures] for metric in metrics] == [["w", "v", "x"]] * 2


def test_a_metric_without_a_value_has_no_mean() -> None:
    """Not zero, and not nothing at all."""
    (metric,) = _columns(_column(failures={"a": "timeout"})).metrics()
    assert (metric.n, metric.mean, metric.interval, metric.coverage) == (0, None, None, 0.0)
    (empty,) = _columns(_column()).metrics()
    assert (empty.n, empty.mean, empty.coverage) == (0, None, None)


def test_a_slice_has_the_cases_with_its_tag_and_no_others() -> None:
    """Whatever became of them; a case with two tags is in both."""
    column = _column(values={"a": 1.0, "b": 0.0}, failures={"c": "timeout"}, not_applicables={"d": "refused"})
    columns = _columns(column, tagged={"x": {"a", "c"}, "y": {"a", "b", "d"}, "z": {"d"}})
    slices = {part.tag: (part.cases, part.metrics[0]) for part in columns.slices("m")}
    assert {tag: (cases, m.n, m.failed, m.not_applicable, m.mean) for tag, (cases, m) in slices.items()} == {
        "x": (2, 1, 1, 0, 1.0),
        "y": (3, 2, 0, 1, 0.5),
        "z": (1, 0, 0, 1, None),
    }


def test_a_tag_has_means_only_of_what_has_values_there() -> None:
    """No zero where nothing was scored."""
    one, other = _column("m", {"a": 1.0, "b": 0.5}), _column("n", {"b": 0.25})
    columns = _columns(one, other, tagged={"x": {"a"}, "y": {"a", "b"}, "z": set()})
    assert columns.tag_means() == {"x": {"m": 1.0}, "y": {"m": 0.75, "n": 0.25}, "z": {}}


def test_repetitions_of_a_question_are_one_question() -> None:
    """The mean is over questions: one that was asked three times counts no more than one that was asked once."""
    values = {"a": 0.0, "a~2": 0.0, "a~3": 0.0, "b": 1.0}
    repeats = {"a~2": "a", "a~3": "a"}
    (metric,) = _columns(_column(values=values), repeats=repeats).metrics()
    assert metric.mean == 0.5
    assert metric.repeat_sd == 0.0


def test_a_question_of_which_every_repetition_failed_is_still_counted_as_failed() -> None:
    """And widens what the mean could be."""
    repeats = {"a~2": "a", "b~2": "b"}
    column = _column(values={"a": 1.0, "a~2": 1.0}, failures={"b": "timeout", "b~2": "timeout"})
    (metric,) = _columns(column, repeats=repeats).metrics()
    assert (metric.mean, metric.failed) == (1.0, 2)
    assert metric.worst_low == pytest.approx(0.5)
    assert metric.worst_high == pytest.approx(1.0)


def _names(columns: list[MetricColumn]) -> list[str]:
    return [column.traits.name for column in columns]


def test_the_primary_metric_is_read_first_and_a_few_bounded_ones_after_it() -> None:
    """Seconds and the share of answers are for elsewhere; the primary is there even where it has no bounds."""
    columns = [
        _column("a"),
        _column("latency", traits=MetricTraits(name="latency", bounded=False)),
        _column(ANSWERED),
        *(_column(name) for name in "bcdefg"),
    ]
    assert _names(leading(columns, "c")) == ["c", "a", "b", "d", "e"]
    assert _names(leading(columns, "latency"))[:2] == ["latency", "a"]
    assert _names(leading(columns, ANSWERED))[:2] == [ANSWERED, "a"]
    assert len(leading(columns, "c")) == SLICED
    assert _names(leading(columns, "gone")) == ["a", "b", "c", "d", "e"]
    assert leading([], "c") == []


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1),
    st.sets(st.sampled_from("abcdefgh")),
)
def test_a_part_and_the_rest_make_up_the_whole(values: dict[str, float], cases: set[str]) -> None:
    """No case is lost and none counted twice."""
    column = _column(values=values, failures=dict.fromkeys("xy", "timeout"))
    part, rest = column.among(cases), column.among({*"abcdefghxy"} - cases)
    assert {**part.values, **rest.values} == values
    assert len(part.values) + len(rest.values) == len(values)
    assert (part.failures, [*rest.failures]) == ({}, ["x", "y"])


def test_the_same_seed_gives_the_same_intervals() -> None:
    """And a slice does not depend on which slices came before it."""
    column = _column(values={f"q{n}": (n * 37 % 11) / 10 for n in range(40)})
    tagged = {"x": {f"q{n}" for n in range(30)}}
    first, again, other = (_columns(column, seed=seed, tagged=tagged) for seed in (1, 1, 2))
    assert first.metrics() == again.metrics()
    assert first.slices("m") == again.slices("m")
    alone = _columns(column, seed=1, tagged={"w": {"q1", "q2"}, **tagged}).slices("m")
    assert alone[-1] == first.slices("m")[0]
    assert other.metrics()[0].mean == first.metrics()[0].mean
