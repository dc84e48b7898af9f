"""What the runs of a sweep hold, and which questions they share."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import samples

from rag_eval.records import Answer, Case, Failure, MetricTraits, Outcome, Reply, Score
from rag_eval.runs import RunFolder
from rag_eval.stats import Side
from rag_eval.sweep.measuring import MeasuredRun, Measurements, VariantRun, measure, shared_scores
from rag_eval.sweep.variants import Variant


def run(values: dict[str, float]) -> MeasuredRun:
    """A run with values of some questions."""
    return MeasuredRun(None, Side(values), None, None, None, None)  # type: ignore[arg-type]


def measured(*values: dict[str, float], clusters: dict[str, str] | None = None) -> Measurements:
    """Several of them."""
    return Measurements(tuple(map(run, values)), MetricTraits(name="m"), clusters)


def test_variants_are_ranked_over_the_questions_that_all_have() -> None:
    """In the order of the first; a run without any value takes none from the others."""
    sweep = measured({"a": 1.0, "b": 0.5, "c": 0.0}, {}, {"c": 0.25, "a": 0.75})
    scores = shared_scores(sweep)
    assert scores.runs == (sweep.runs[0], sweep.runs[2])
    assert scores.values.tolist() == [[1.0, 0.75], [0.0, 0.25]]
    assert scores.clusters is None


@pytest.mark.parametrize(("values", "shape"), [((), (0, 0)), (({}, {}), (0, 0)), (({"a": 1.0}, {"b": 1.0}), (0, 2))])
def test_where_nothing_is_shared_there_is_a_table_without_rows(values: Any, shape: tuple[int, int]) -> None:
    """And no error."""
    assert shared_scores(measured(*values)).values.shape == shape


def test_questions_that_belong_together_stay_so() -> None:
    """And one that belongs to nothing is a group of its own, also where it is called like a group."""
    scores = shared_scores(measured({"a": 1.0, "b": 1.0, "page": 1.0}, clusters={"a": "page", "b": "page"}))
    assert scores.clusters is not None
    a, b, alone = scores.clusters
    assert a == b != alone


def swept(folder: Path, name: str, rows: samples.Rows) -> VariantRun:
    """A run with a journal."""
    path = folder / name
    path.mkdir()
    samples.journal(path / "journal.db", rows, ("m",)).close()
    variant = Variant(name, {}, samples.experiment(name=name))
    return VariantRun(variant, RunFolder(path), samples.summary(primary="m"))


def answer(seconds: float | None = None, **usage: Any) -> Answer:
    """An answer that took some time, and something else."""
    return Answer(response="x", latency_s=seconds, metadata={"usage": usage} if usage else {})


def test_times_and_costs_are_those_of_the_answers_that_say_them(tmp_path: Path) -> None:
    """Of the others nothing is made up, and a failure has neither."""
    failure = Failure(stage="target", reason="timeout", message="Slow.")
    replies: list[Reply] = [answer(1.0, total_tokens=10), answer(3.0, total_tokens=20, cost=0.5), answer(), failure]
    score: dict[str, Outcome] = {"m": Score(value=1.0)}
    rows: samples.Rows = [(Case(id=f"c{n}", user_input="Q?"), reply, score) for n, reply in enumerate(replies)]
    [found] = measure([swept(tmp_path, "a", rows)]).runs
    assert (found.latency_p50, found.tokens, found.cost_usd) == (2.0, 15.0, 0.5)
    assert found.latency_p95 == pytest.approx(np.quantile([1.0, 3.0], 0.95))


def test_where_no_answer_says_anything_nothing_is_known(tmp_path: Path) -> None:
    """Nought seconds would be the fastest of all."""
    rows: samples.Rows = [(Case(id="c", user_input="Q?"), answer(), {"m": Score(value=0.5)})]
    sweep = measure([swept(tmp_path, "a", rows)])
    [found] = sweep.runs
    assert (found.latency_p50, found.latency_p95, found.tokens, found.cost_usd) == (None, None, None, None)
    assert (dict(found.side.values), sweep.traits.name) == ({"c": 0.5}, "m")


def test_runs_stand_in_the_order_in_which_they_were_swept(tmp_path: Path) -> None:
    """Each with its own values, and their journals can be written again afterwards."""
    runs = [
        swept(tmp_path, name, [(Case(id="c", user_input="Q?"), answer(), {"m": Score(value=value)})])
        for name, value in (("b", 0.25), ("a", 0.75))
    ]
    assert [dict(each.side.values) for each in measure(runs).runs] == [{"c": 0.25}, {"c": 0.75}]
    with closing(runs[0].folder.write()):
        pass
