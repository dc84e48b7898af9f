"""Records to test with: some of every kind, and whole runs in a journal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from rag_eval import records
from rag_eval.config import Experiment
from rag_eval.journal import JournalWriter
from rag_eval.records import (
    Answer,
    Case,
    Evidence,
    Failure,
    FailureGroup,
    GateOutcome,
    GateResult,
    Interval,
    MetricComparison,
    MetricSummary,
    MetricTraits,
    Movement,
    NotApplicable,
    ObservedJudge,
    Origin,
    Outcome,
    PairedMeans,
    Record,
    RefusalChange,
    RefusalComparison,
    RefusalCounts,
    Reply,
    RunComparison,
    RunMeta,
    Score,
    SequentialDesign,
    SliceComparison,
    SliceSummary,
    Summary,
    SuspiciousCases,
    Usage,
    Verdict,
    WorkTree,
)

Strategy = st.SearchStrategy[Any]
Rows = Sequence[tuple[Case, Reply, Mapping[str, Outcome]]]
"""What a journal holds, in the dataset's order."""

texts = st.text(max_size=12)
names = st.text(min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
details = st.dictionaries(texts, values, max_size=3)


def _some(item: Strategy) -> Strategy:
    return st.lists(item, max_size=3).map(tuple)


def _perhaps(item: Strategy) -> Strategy:
    return st.none() | item


def _tally(item: Strategy) -> Strategy:
    return st.dictionaries(texts, item, max_size=3)


_shares = st.floats(0, 1)
_verdicts = st.builds(
    Verdict,
    part=texts,
    statement=texts,
    verdict=st.sampled_from([0, 1]),
    reason=texts,
    support=_perhaps(_shares),
    evidence=texts,
)
_evidence = st.builds(Evidence, verdicts=_some(_verdicts), prompts=_some(texts), details=details)
_scores = st.builds(Score, value=numbers, evidence=_evidence)
_failures = st.builds(
    Failure, stage=st.sampled_from(["target", "judge", "metric"]), reason=texts, message=texts, attempts=counts
)
_not_applicable = st.builds(NotApplicable, reason=texts, evidence=_evidence)
_answers = st.builds(
    Answer,
    response=_perhaps(texts),
    retrieved_contexts=_perhaps(_some(texts)),
    retrieved_context_ids=_perhaps(_some(texts)),
    latency_s=_perhaps(numbers),
    attempts=counts,
    asked_at=_perhaps(numbers),
    metadata=details,
)
_usage = st.builds(Usage, calls=counts, prompt_tokens=counts, completion_tokens=counts, cost_usd=_perhaps(numbers))
_observed_judges = st.builds(
    ObservedJudge, models=_tally(counts), left_out=_some(texts), cost_usd=numbers, priced=counts
)
_origins = st.builds(Origin, judge=details, metrics=_tally(texts), dataset=texts, code=texts)
_intervals = st.builds(Interval, low=numbers, high=numbers, level=numbers, method=texts)
_metric_summaries = st.builds(
    MetricSummary,
    name=texts,
    n=counts,
    failed=counts,
    not_applicable=counts,
    mean=_perhaps(numbers),
    interval=_perhaps(_intervals),
    worst_low=_perhaps(numbers),
    worst_high=_perhaps(numbers),
    quantiles=_tally(numbers),
    failures=_tally(counts),
    not_applicables=_tally(counts),
    higher_is_better=st.booleans(),
    bounded=st.booleans(),
    unit=texts,
    label=texts,
)
_failure_groups = st.builds(
    FailureGroup,
    stage=st.sampled_from(["target", "judge", "metric"]),
    reason=names,
    count=counts,
    message=texts,
    alike=st.booleans(),
    remedy=texts,
)
_slice_summaries = st.builds(SliceSummary, tag=texts, cases=counts, metrics=_some(_metric_summaries))
_refusal_counts = st.builds(
    RefusalCounts, answerable=counts, answerable_refused=counts, unanswerable=counts, unanswerable_refused=counts
)
_suspicious_cases = st.builds(SuspiciousCases, count=counts, first=_some(texts))
_gate_results = st.builds(
    GateResult,
    expression=texts,
    outcome=st.sampled_from(["passed", "failed", "undecided"]),
    value=_perhaps(numbers),
    limit=_perhaps(numbers),
    n=counts,
    p=_perhaps(numbers),
    against=texts,
    sentence=texts,
)
_work_trees = st.builds(WorkTree, commit=texts, dirty=st.booleans(), branch=texts)
_refusal_changes = st.builds(
    RefusalChange, both_answered=counts, only_a_refused=counts, only_b_refused=counts, both_refused=counts
)
_refusal_comparisons = st.builds(RefusalComparison, answerable=_refusal_changes, unanswerable=_refusal_changes)
_paired_means = st.builds(PairedMeans, pairs=counts, mean_a=numbers, mean_b=numbers)
_conclusions = st.sampled_from(["better", "worse", "negligible", "unclear", "cannot_tell", "too_few", "unmoved"])
_traits = st.builds(
    MetricTraits,
    name=texts,
    bounded=st.booleans(),
    higher_is_better=st.booleans(),
    unanswered=st.sampled_from(["zero", "apart"]),
    smallest=numbers,
    smallest_share=numbers,
    unit=texts,
    label=texts,
    hidden=st.booleans(),
)
_designs = st.builds(SequentialDesign, seed=counts, metrics=_some(texts), after=_perhaps(counts))
_movements = st.builds(Movement, case_id=texts, user_input=texts, a=numbers, b=numbers)
_metric_comparisons = st.builds(
    MetricComparison,
    name=texts,
    pairs=counts,
    only_a=counts,
    only_b=counts,
    mean_a=_perhaps(numbers),
    mean_b=_perhaps(numbers),
    difference=_perhaps(numbers),
    interval=_perhaps(_intervals),
    win=counts,
    tie=counts,
    loss=counts,
    moved=_some(_movements),
    higher_is_better=st.booleans(),
    verdict=_conclusions,
    note=texts,
    p_value=_perhaps(_shares),
    adjusted_p=_perhaps(_shares),
    effect=_perhaps(numbers),
    detectable=_perhaps(numbers),
    needed=_perhaps(counts),
    smallest=numbers,
    unanswered_a=counts,
    unanswered_b=counts,
    survivors=_perhaps(_paired_means),
    refused_a=counts,
    refused_b=counts,
    unjudged=counts,
    bounds=_perhaps(st.tuples(numbers, numbers)),
    unit=texts,
)
_slices = st.builds(SliceComparison, tag=texts, metric=_metric_comparisons)
cases = st.builds(
    Case,
    id=names,
    user_input=names,
    reference=_perhaps(texts),
    reference_contexts=_perhaps(_some(texts)),
    reference_context_ids=_perhaps(_some(texts)),
    answerable=st.booleans(),
    tags=_some(texts),
    metadata=details,
)
replies = _answers | _failures
outcomes = _scores | _not_applicable | _failures

of_every_kind: dict[type[Record], Strategy] = {
    Case: cases,
    Answer: _answers,
    Failure: _failures,
    Verdict: _verdicts,
    Evidence: _evidence,
    Score: _scores,
    NotApplicable: _not_applicable,
    Usage: _usage,
    ObservedJudge: _observed_judges,
    Origin: _origins,
    Interval: _intervals,
    MetricSummary: _metric_summaries,
    MetricTraits: _traits,
    RefusalCounts: _refusal_counts,
    SuspiciousCases: _suspicious_cases,
    RefusalChange: _refusal_changes,
    RefusalComparison: _refusal_comparisons,
    PairedMeans: _paired_means,
    SliceComparison: _slices,
    SliceSummary: _slice_summaries,
    Movement: _movements,
    MetricComparison: _metric_comparisons,
    FailureGroup: _failure_groups,
    Summary: st.builds(
        Summary,
        run_id=texts,
        key=texts,
        name=texts,
        started=numbers,
        ended=numbers,
        seconds=numbers,
        planned=counts,
        cases=counts,
        answered=counts,
        target_failures=_tally(counts),
        failures=st.lists(_failure_groups, max_size=2).map(tuple),
        metrics=_some(_metric_summaries),
        usage=_usage,
        origin=_origins,
        min_coverage=numbers,
        embedded_judge=st.booleans(),
        tags=_tally(_tally(numbers)),
        slices=_some(_slice_summaries),
        degraded=counts,
        suspicious=_suspicious_cases,
        scored=counts,
        finished=st.booleans(),
        primary=texts,
        listed=_some(texts),
        refusals=_perhaps(_refusal_counts),
        gates=_some(_gate_results),
        git=_perhaps(_work_trees),
        sequential=_perhaps(_designs),
    ),
    GateResult: _gate_results,
    SequentialDesign: _designs,
    WorkTree: _work_trees,
    RunMeta: st.builds(
        RunMeta,
        format=texts,
        key=texts,
        name=texts,
        origin=_origins,
        metrics=_some(_traits),
        primary=texts,
        listed=_some(texts),
        target=_perhaps(details),
        limit=_perhaps(counts),
        total=counts,
        round=counts,
        git=_perhaps(_work_trees),
        began=numbers,
        gates=_some(_gate_results),
        sequential=_perhaps(_designs),
        former=_some(texts),
    ),
    RunComparison: st.builds(
        RunComparison,
        a=texts,
        b=texts,
        name_a=texts,
        name_b=texts,
        metrics=_some(_metric_comparisons),
        verdict=_conclusions | st.just("mixed"),
        primary=texts,
        regressed=_some(texts),
        improved=_some(texts),
        sentences=_some(texts),
        refusals=_perhaps(_refusal_comparisons),
        slices=_some(_slices),
        differences=_some(texts),
        only_in_a=counts,
        only_in_b=counts,
        embedded_judge=st.booleans(),
        gates=_some(_gate_results),
        stopped=texts,
    ),
}
"""Strategy for each record that `rag_eval.records` defines."""

every_record = [
    found
    for found in vars(records).values()
    if isinstance(found, type) and issubclass(found, Record) and found is not Record
]


def metric(name: str = "faithfulness", **changes: Any) -> MetricSummary:
    """What one metric says of a hundred cases."""
    said: dict[str, Any] = {
        "name": name,
        "n": 100,
        "failed": 0,
        "not_applicable": 0,
        "mean": 0.888,
        "interval": Interval(low=0.8123, high=0.9456, method="BCa bootstrap"),
        "worst_low": 0.888,
        "worst_high": 0.888,
    }
    return MetricSummary(**{**said, **changes})


def origin(**changes: Any) -> Origin:
    """Where scores of the embedded judge come from."""
    judge = {"kind": "embedded", "version": "1"}
    said: dict[str, Any] = {"judge": judge, "metrics": {"faithfulness": "1"}, "dataset": "f" * 64, "code": "0.1.0"}
    return Origin(**{**said, **changes})


def summary(*metrics: MetricSummary, **changes: Any) -> Summary:
    """A run at a glance."""
    said: dict[str, Any] = {
        "run_id": "20261123-091500-harbour-strong",
        "key": "k",
        "name": "harbour-strong",
        "started": 0.0,
        "ended": 75.0,
        "seconds": 75.0,
        "planned": 100,
        "cases": 100,
        "scored": 100,
        "answered": 100,
        "target_failures": {},
        "metrics": metrics or (metric(),),
        "usage": Usage(),
        "origin": origin(),
        "min_coverage": 0.95,
        "embedded_judge": True,
    }
    return Summary(**{**said, **changes})


def compared(name: str = "faithfulness", **changes: Any) -> MetricComparison:
    """A metric on which B is better."""
    said: dict[str, Any] = {
        "name": name,
        "pairs": 100,
        "only_a": 0,
        "only_b": 0,
        "mean_a": 0.512,
        "mean_b": 0.634,
        "difference": 0.122,
        "interval": Interval(low=0.051, high=0.153, method="BCa bootstrap"),
        "win": 30,
        "tie": 50,
        "loss": 20,
        "moved": (),
        "verdict": "better",
    }
    return MetricComparison(**{**said, **changes})


def comparison(*metrics: MetricComparison, **changes: Any) -> RunComparison:
    """Two runs side by side."""
    said: dict[str, Any] = {
        "a": "20261123-091500-harbour-weak",
        "b": "20261123-091500-harbour-strong",
        "name_a": "harbour-weak",
        "name_b": "harbour-strong",
        "metrics": metrics or (compared(),),
        "verdict": "better",
        "primary": "faithfulness",
        "improved": ("faithfulness",),
        "sentences": ("harbour-strong is better than harbour-weak: faithfulness 0.512 → 0.634.",),
        "embedded_judge": True,
    }
    return RunComparison(**{**said, **changes})


def gate(outcome: GateOutcome = "failed", sentence: str = "x.mean ≥ 0.5: so") -> GateResult:
    """What became of a gate."""
    return GateResult(expression="x.mean >= 0.5", outcome=outcome, sentence=sentence)


def experiment(**changes: Any) -> Experiment:
    """An experiment that replays captured answers."""
    said: dict[str, Any] = {"name": "strong", "dataset": "questions.jsonl", "target": {"kind": "replay"}}
    return Experiment.model_validate({**said, **changes})


def journal(
    path: Path,
    rows: Rows,
    names: tuple[str, ...] = ("faithfulness",),
    **changes: str,
) -> JournalWriter:
    """A journal that holds these rows, open for writing."""
    meta = {
        "name": "strong",
        "total": str(len(rows)),
        "origin": origin(metrics=dict.fromkeys(names, "1")).model_dump_json(),
        "metrics": json.dumps([{"name": name, "bounded": True, "higher_is_better": True} for name in names]),
    }
    kept = JournalWriter.create(path, RunMeta.read({**meta, **changes}))
    for position, (case, reply, came_to) in enumerate(rows):
        kept.record_reply(position, case, reply)
        kept.record_outcomes(case.id, came_to)
    return kept
