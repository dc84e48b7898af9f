"""Whether enough was scored, and what to do where it was not."""

from pathlib import Path
from typing import Any

import pytest
from support import samples

from rag_eval import configfile
from rag_eval.evaluation.shortage import too_little
from rag_eval.records import MetricSummary, Summary


def _run(folder: Path, **settings: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "experiment.yaml").write_text(configfile.dump(samples.experiment(**settings)))
    return folder


def _short(**more: Any) -> MetricSummary:
    return samples.metric("correctness", n=80, failed=20, failures={"timeout": 20}, **more)


def _said(folder: Path, *metrics: MetricSummary, **more: Any) -> str:
    summary: Summary = samples.summary(*metrics, **more)
    return too_little(summary, folder)


def test_where_enough_was_scored_there_is_nothing_to_say(tmp_path: Path) -> None:
    """A coverage that is just what is demanded is enough."""
    folder = _run(tmp_path / "run")
    assert _said(folder) == ""
    assert _said(folder, samples.metric("m", n=95, failed=5)) == ""
    assert _said(folder, _short(), min_coverage=0.8) == ""


def test_what_is_short_is_named_with_its_counts_and_what_to_do(tmp_path: Path) -> None:
    """Every metric that is, and none that is not."""
    folder = _run(tmp_path / "run", target={"kind": "http", "url": "http://127.0.0.1:9/"})
    text = _said(folder, _short(), samples.metric("faithfulness"), samples.metric("mrr", n=0, failed=9, mean=None))
    assert text.startswith("too little was scored to stand for the dataset: correctness ")
    assert "80" in text
    assert "mrr" in text
    assert "faithfulness" not in text
    assert text.endswith(f"Mend that, then: rag-eval run --resume {folder} --retry-errors")


@pytest.mark.parametrize(
    ("target", "failures", "todo"),
    [
        ("replay", {"not_captured": 20}, "complete the captured answers, and run the experiment again"),
        ("replay", {}, "rag-eval run --resume {} --retry-errors"),
        ("http", {"timeout": 20}, "rag-eval run --resume {} --retry-errors"),
        ("http", {}, "rag-eval run --resume {} --retry-errors"),
    ],
)
def test_what_to_do_depends_on_who_failed(tmp_path: Path, target: str, failures: dict[str, int], todo: str) -> None:
    """To play the same captured answers again gives the same failures; a judge or a service can be asked again."""
    settings = {"kind": "http", "url": "http://127.0.0.1:9/"} if target == "http" else {"kind": "replay"}
    folder = _run(tmp_path / "run", target=settings)
    assert _said(folder, _short(), target_failures=failures).endswith(f"then: {todo.format(folder)}")


def test_a_metric_that_was_asked_for_and_applied_to_nothing_is_too_little(tmp_path: Path) -> None:
    """What it needs is what to do about it; one that nobody named may apply to nothing."""
    folder = _run(tmp_path / "run")
    none = samples.metric(
        "context_recall", n=0, not_applicable=100, mean=None, interval=None,
        not_applicables={"needs_reference": 100},
    )  # fmt: skip
    assert _said(folder, none) == ""
    text = _said(folder, none, listed=("context_recall",))
    assert "context_recall" in text
    assert text.endswith("which rag-eval validate says, or leave the metric out")
