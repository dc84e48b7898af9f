"""The questions that speak most against a gate."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support import samples

from rag_eval import gates
from rag_eval.gates import Trial, WorstCase
from rag_eval.gates.expressions import parse
from rag_eval.journal import Journal
from rag_eval.records import Answer, Case, Failure, MetricTraits, Outcome, Score

_LOST = Failure(stage="target", reason="timeout", message="too slow")
_TRAITS = (
    MetricTraits(name="correctness", unanswered="zero"),
    MetricTraits(name="latency", bounded=False, higher_is_better=False, unit="s"),
    MetricTraits(name="refused", hidden=True),
    MetricTraits(name="answered", unanswered="zero"),
)
_SCORES: Mapping[str, tuple[float, float, float]] = {
    "a": (1.0, 0.5, 0), "b": (0.2, 3.0, 1), "c": (0.0, 9.0, 0), "d": (0.9, 1.0, 1), "e": (0.7, 2.0, 0),
}  # fmt: skip
"""Question to correctness, latency and whether it was refused."""


def _journal(path: Path, scores: Mapping[str, tuple[float, float, float]]) -> Journal:
    names = [traits.name for traits in _TRAITS]
    rows: list[tuple[Case, Answer | Failure, Mapping[str, Outcome]]] = [
        (
            Case(id=key, user_input=f"{key}?", answerable=key != "d", tags=("even",) if key in "bd" else ()),
            Answer(),
            {name: Score(value=value) for name, value in zip(names, (*values, 1.0), strict=True)},
        )
        for key, values in scores.items()
    ]
    rows.append((Case(id="f", user_input="f?"), _LOST, {**dict.fromkeys(names, _LOST), "answered": Score(value=0.0)}))
    listed = "[" + ",".join(traits.model_dump_json() for traits in _TRAITS) + "]"
    path.mkdir()
    return samples.journal(path / "journal.db", rows, tuple(names), metrics=listed, primary="correctness")


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """A run of six questions, of which the last got no answer, and a baseline that was right throughout."""
    right = {key: (1.0, *values[1:]) for key, values in _SCORES.items()}
    with _journal(tmp_path / "run", _SCORES) as run, _journal(tmp_path / "main", right) as main:
        yield Trial(run, samples.summary(), {"main": ("run-a", main)})


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("correctness.mean >= 0.8", "cfbe"),
        ("correctness.p05 >= 0.1", "cf"),
        ("correctness[even].mean >= 0.95", "bd"),
        ("latency.mean <= 1s", "cbe"),
        ("latency.p95 <= 8s", "c"),
        ("answered >= 0.99", "f"),
        ("refusals.over <= 0.1", "b"),
        ("refusals.invented <= 0.1", ""),
        ("correctness.drop_vs(main) <= 0.02", "cbed"),
        ("correctness[even].drop_vs(main) <= 0.02", "bd"),
        ("latency.drop_vs(main) <= 0.02", ""),
        ("cost <= 1 USD", ""),
        ("coverage >= 0.9", ""),
        ("correctness.coverage >= 0.9", ""),
        ("required: tag:even", ""),
        ("no_regression(main): tag:even", ""),
    ],
)
def test_the_worst_come_first(trial: Trial, expression: str, ids: str) -> None:
    """By the side on which the gate limits, of the questions that it speaks of, and only those that do not keep it."""
    assert "".join(case.case_id for case in gates.worst(parse(expression), trial)) == ids


def test_no_more_than_somebody_reads(trial: Trial) -> None:
    """With the values now and, where there is a baseline, before."""
    assert gates.worst(parse("correctness.mean >= 0.8"), trial, most=1) == (WorstCase("c", "c?", 0.0),)
    assert gates.worst(parse("correctness.drop_vs(main) <= 0"), trial, most=1) == (WorstCase("c", "c?", 0.0, 1.0),)
