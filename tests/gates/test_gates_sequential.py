"""Gates that are looked at while a run goes on."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples
from support.gated import LOST, REFUSED, TRAITS, UNJUDGED, Row, Runs

from rag_eval.gates import sequential
from rag_eval.gates.expressions import Gate, ValueGate, parse
from rag_eval.gates.findings import GateFinding
from rag_eval.journal import Journal
from rag_eval.records import MetricTraits, Outcome, SequentialDesign

_CORRECTNESS, _FAITHFULNESS, _LATENCY = TRAITS[:3]
_DROP = "correctness.drop_vs(main) <= 0.1"


def _parsed(*texts: str) -> list[Gate]:
    return [parse(text) for text in texts]


def _drop(text: str = _DROP) -> ValueGate:
    gate = parse(text)
    assert isinstance(gate, ValueGate)
    return gate


def _run(runs: Runs, values: Sequence[float | Outcome], metric: str = "correctness") -> Journal:
    rows: list[Row] = [{metric: value} for value in values]
    return runs(rows)


def _look(
    base: Journal, head: Journal, count: int, *, traits: MetricTraits = _CORRECTNESS, text: str = _DROP, gates: int = 1
) -> GateFinding:
    order = [f"q{n}" for n in range(count)]
    return sequential.look(_drop(text), traits, (base, head), 0.1, order, gates)


@given(st.integers(), st.lists(st.text(), unique=True, max_size=8), st.randoms())
def test_the_order_depends_on_seed_and_ids_alone(seed: int, ids: list[str], random: object) -> None:
    """Not on the order in which the questions are named, whatever letters their ids are made of."""
    shuffled = [*ids]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sequential.in_order(seed, ids) == sequential.in_order(seed, shuffled)
    assert sorted(sequential.in_order(seed, ids)) == sorted(ids)


def test_another_seed_is_another_order() -> None:
    """And none of them is the order of the dataset; half of a surrogate pair in an id is no obstacle."""
    ids = [f"q{n}" for n in range(50)]
    orders = [sequential.in_order(seed, ids) for seed in range(3)]
    assert len({tuple(order) for order in [*orders, ids]}) == 4
    assert sequential.in_order(0, ["\ud800", "a"])


def test_questions_that_are_added_leave_the_order_of_the_others() -> None:
    """So that a part of a dataset is asked in the order of the whole."""
    few, many = ([f"q{n}" for n in range(count)] for count in (10, 40))
    whole = sequential.in_order(7, many)
    assert [key for key in whole if key in few] == sequential.in_order(7, few)


def test_the_gates_to_watch_are_of_what_a_bounded_score_may_lose() -> None:
    """Means, quantiles, single cases and what has no bounds wait for the end."""
    texts = (
        _DROP, "correctness.mean >= 0.5", "latency.drop_vs(main) <= 0.1", "required: tag:all",
        "faithfulness.drop_vs(main) <= smallest", "answered >= 0.9",
    )  # fmt: skip
    gates = _parsed(*texts)
    watched = sequential.watched(gates, TRAITS, {})
    assert [gate.text for gate in watched] == [texts[0], texts[4]]
    assert [gate.text for gate in sequential.others(gates, watched)] == [texts[1], texts[2], texts[5]]


def test_a_margin_that_is_a_share_of_the_mean_cannot_be_watched() -> None:
    """Nobody knows it beforehand, unless the experiment says one or the gate a number."""
    traits = (MetricTraits(name="recall", smallest_share=0.05),)
    by_share, by_number = _parsed("recall.drop_vs(main) <= smallest", "recall.drop_vs(main) <= 0.02")
    assert sequential.watched([by_share, by_number], traits, {}) == [by_number]
    assert sequential.watched([by_share, by_number], traits, {"recall": 0.01}) == [by_share, by_number]


def test_what_may_be_lost_is_the_number_then_the_experiments_then_the_metrics_own() -> None:
    """In this order; 0 is a number and is not passed over."""
    smallest = _drop("correctness.drop_vs(main) <= smallest")
    assert sequential.margin(_drop("correctness.drop_vs(main) <= 0"), _CORRECTNESS, {"correctness": 0.3}) == 0.0
    assert sequential.margin(smallest, _CORRECTNESS, {"correctness": 0.3}) == 0.3
    assert sequential.margin(smallest, _CORRECTNESS, {"faithfulness": 0.3}) == 0.01


def test_what_single_gates_name_must_be_asked() -> None:
    """By id or by tag; a tag that is another's beginning names none of the other's."""
    ids = {"a": ["must"], "b": ["must-not"], "c": [], "must": []}
    assert sequential.required(_parsed("required: tag:must", _DROP), ids) == {"a"}
    assert sequential.required(_parsed("no_regression: id:c"), ids) == {"c"}
    assert sequential.required(_parsed("required: id:must", "required: tag:must-not"), ids) == {"must", "b"}
    assert sequential.required(_parsed(_DROP), ids) == set()


def test_a_gate_passes_where_nothing_was_lost_and_fails_where_much_was(runs: Runs) -> None:
    """With few questions it is neither; the loss is told as a positive number, and lies within its limits."""
    base, same, worse = _run(runs, [1.0] * 200), _run(runs, [1.0] * 200), _run(runs, [0.0] * 200)
    passed, failed, early = _look(base, same, 200), _look(base, worse, 200), _look(base, same, 5)
    assert (passed.outcome, failed.outcome, early.outcome) == ("passed", "failed", "undecided")
    assert (passed.value, failed.value, early.n) == (0.0, 1.0, 5)
    for finding in (passed, failed, early):
        assert finding.bounds is not None
        assert finding.value is not None
        assert finding.bounds[0] <= finding.value <= finding.bounds[1]
        assert (finding.signed, finding.limit, finding.note) == (True, 0.1, "by a confidence sequence")
    assert failed.bounds is not None
    assert failed.bounds[0] > 0.1
    assert passed.bounds is not None
    assert passed.bounds[1] < 0.1


def test_where_less_is_better_more_is_a_loss(runs: Runs) -> None:
    """The same runs the other way around, by a bounded metric that counts errors."""
    errors = MetricTraits(name="faithfulness", higher_is_better=False, smallest=0.01)
    none, all_ = _run(runs, [0.0] * 200, "faithfulness"), _run(runs, [1.0] * 200, "faithfulness")
    text = "faithfulness.drop_vs(main) <= 0.1"
    worse, better = (_look(*pair, 200, traits=errors, text=text) for pair in ((none, all_), (all_, none)))
    assert (worse.outcome, better.outcome) == ("failed", "passed")
    assert (worse.value, better.value, worse.higher) == (1.0, -1.0, False)


def test_what_the_judge_failed_is_taken_at_its_worst_for_either_outcome(runs: Runs) -> None:
    """Neither passes nor fails by what nobody knows; it is counted, and in no mean."""
    base, head = _run(runs, [1.0] * 200), _run(runs, [UNJUDGED] * 200)
    open_ = _look(base, head, 200)
    assert (open_.outcome, open_.value, open_.unjudged, open_.n) == ("undecided", None, 200, 200)
    mixed = _look(base, _run(runs, [1.0] * 199 + [UNJUDGED]), 200)
    assert (mixed.outcome, mixed.value, mixed.unjudged) == ("passed", 0.0, 1)


def test_a_question_without_an_answer_counts_as_zero(runs: Runs) -> None:
    """Where the metric counts it so: falling silent is a loss."""
    failed = _look(_run(runs, [1.0] * 200), _run(runs, [LOST] * 200), 200)
    assert (failed.outcome, failed.value) == ("failed", 1.0)


def test_without_a_question_that_both_have_nothing_is_known(runs: Runs) -> None:
    """Refusals are no values; the reason is given."""
    finding = _look(_run(runs, [1.0] * 5), _run(runs, [REFUSED] * 5), 5)
    assert (finding.outcome, finding.n, finding.value) == ("undecided", 0, None)
    assert finding.note == "no question has a value in both runs"
    assert _look(_run(runs, [1.0]), _run(runs, [1.0]), 0).outcome == "undecided"


def test_a_value_out_of_bounds_decides_nothing(runs: Runs) -> None:
    """The sequence holds for scores from 0 to 1 only, and an error in a metric is no reason to stop."""
    finding = _look(_run(runs, [3.0] * 200), _run(runs, [0.0] * 200), 200)
    assert (finding.outcome, finding.value) == ("undecided", None)
    assert finding.note == "correctness is no score from 0 to 1"


def test_more_gates_take_more_to_fail_and_as_much_to_pass(runs: Runs) -> None:
    """They share the chance of an error among those that fail."""
    base, half = _run(runs, [1.0] * 60), _run(runs, [0.5, 1.0] * 30)
    alone, among = (_look(base, half, 60, gates=count) for count in (1, 20))
    assert alone.bounds is not None
    assert among.bounds is not None
    assert among.bounds[0] < alone.bounds[0]
    assert among.bounds[1] == alone.bounds[1]


def test_a_gate_on_a_tag_looks_at_its_questions_only(runs: Runs) -> None:
    """By the tags of the head."""
    rows: list[Row] = [{"correctness": 1.0}] * 10
    base, head = runs(rows), runs([*rows[:5], *[{"correctness": 0.0}] * 5], dict.fromkeys(range(5), "numeric"))
    finding = _look(base, head, 10, text="correctness[numeric].drop_vs(main) <= 0.1")
    assert (finding.n, finding.value) == (5, 0.0)


def test_the_first_scores_of_a_run_are_those_of_the_run_without_the_rest(runs: Runs) -> None:
    """Whatever is asked of them; what is counted over the whole run stays."""
    rows: list[Row] = [{"correctness": 1.0}, {"correctness": LOST}, {"correctness": REFUSED}, {"correctness": 0.5}]
    run = runs(rows, {0: "even", 3: "odd"}, answerable=3)
    first = sequential.FirstScores(run, ["q1", "q3", "q2"])
    assert first.values("correctness") == {"q3": 0.5}
    assert first.failed("correctness") == {"q1": "target"}
    assert first.without("correctness", "refused") == ["q2"]
    assert first.answerable() == {"q1": True, "q2": True, "q3": False}
    assert first.tags() == {"q1": ("all",), "q2": ("all",), "q3": ("odd",)}
    assert first.repeats() == {}
    assert first.question("q3") == "3?"
    assert first.scored(["correctness"]) == run.scored(["correctness"])
    assert first.meta is run.meta or first.meta == run.meta
    assert sequential.FirstScores(run, []).values("correctness") == {}


def test_the_questions_that_count_are_the_first_in_the_order_of_the_seed(runs: Runs) -> None:
    """As many as it took; all of them where it was never decided."""
    run = _run(runs, [1.0] * 6)
    order = sequential.in_order(3, [f"q{n}" for n in range(6)])
    design = SequentialDesign(seed=3, metrics=("correctness",), after=2)
    assert sequential.first(run, design) == order[:2]
    assert sequential.first(run, design.model_copy(update={"after": None})) == order
    assert sequential.first(run, design.model_copy(update={"after": 0})) == []


@pytest.mark.parametrize(
    ("base", "head", "verdict"),
    [(0.0, 1.0, "better"), (1.0, 0.0, "worse"), (1.0, 1.0, "negligible")],
)
def test_only_what_decided_when_to_stop_is_concluded_from(runs: Runs, base: float, head: float, verdict: str) -> None:
    """It has an interval that holds at every moment; of another metric the mean is left, without a conclusion."""
    pair = _run(runs, [base] * 150), _run(runs, [head] * 150)
    metrics = (
        samples.compared("correctness", verdict="unclear", smallest=0.2),
        samples.compared("faithfulness", p_value=0.01, adjusted_p=0.02, effect=1.0, note="n"),
    )
    design = SequentialDesign(seed=1, metrics=("correctness",), after=150)
    compared = samples.comparison(*metrics, primary="correctness")
    own, other = sequential.concluded(compared, pair, design).metrics
    assert own.verdict == verdict
    assert own.interval is not None
    assert own.interval.low <= head - base <= own.interval.high
    assert (own.interval.method, own.interval.level) == ("confidence sequence", 0.95)
    assert (other.verdict, other.interval, other.p_value, other.adjusted_p, other.effect, other.note) == (
        "unclear", None, None, None, None, "",
    )  # fmt: skip
    assert other.mean_a == metrics[1].mean_a


def test_a_comparison_that_was_stopped_says_so_and_lists_only_what_is_sure(runs: Runs) -> None:
    """How many were asked, of how many, and of which metrics one may conclude."""
    pair = _run(runs, [1.0] * 150), _run(runs, [0.0] * 150)
    design = SequentialDesign(seed=1, metrics=("correctness",), after=120)
    compared = samples.comparison(
        samples.compared("correctness", smallest=0.1), samples.compared("faithfulness"), primary="correctness",
        improved=("faithfulness",),
    )  # fmt: skip
    stopped = sequential.concluded(compared, pair, design)
    assert (stopped.verdict, stopped.regressed, stopped.improved) == ("worse", ("correctness",), ())
    assert "after 120 of 150 questions in a random order. Only correctness can be concluded from" in stopped.stopped
