"""What runs are called in MLflow."""

from collections.abc import Sequence

import pytest

from rag_eval.tracking import names


@pytest.mark.parametrize(
    ("experiments", "place", "labels"),
    [
        (["harbour-strong"], "harbour", ["strong"]),
        (["harbour-strong", "harbour-weak"], "rag-eval", ["strong", "weak"]),
        (["harbour-strong"], "rag-eval", ["harbour-strong"]),
        (["support-base", "support-head", "other"], "rag-eval", ["base", "head", "other"]),
        (["harbour", "harbour-weak"], "rag-eval", ["harbour", "harbour-weak"]),
        (["a-b-one", "a-b-two", "a-c"], "rag-eval", ["b-one", "b-two", "c"]),
        (["support-v1.2", "support-v1.3"], "rag-eval", ["v1.2", "v1.3"]),
        (["support-gpt-4", "support-gpt-5"], "rag-eval", ["gpt-4", "gpt-5"]),
        (["weak-bm25", "strong-bm25"], "rag-eval", ["weak-bm25", "strong-bm25"]),
        (["港-強", "港-弱"], "rag-eval", ["強", "弱"]),
        (["--", "harbour"], "harbour", ["--", "harbour"]),
        (["a-x", "a-y", "b-x", "b-y"], "rag-eval", ["a-x", "a-y", "b-x", "b-y"]),
    ],
)
def test_a_label_is_what_tells_an_experiment_from_the_others(
    experiments: Sequence[str], place: str, labels: Sequence[str]
) -> None:
    """Words that all share, or that the MLflow experiment is called, are left out, but never so that two are alike."""
    assert names.labels(experiments, place) == dict(zip(experiments, labels, strict=True))


def test_a_name_begins_with_the_label_and_ends_with_the_time() -> None:
    """With seconds where another run has the name, also one that is marked; the time is that of the run's id."""
    run = "20261123-091507-harbour-strong"
    assert names.name("strong", run, 0.0) == "strong · 0915"
    for taken in ("strong · 0915", "⚑ strong · 0915"):
        assert names.name("strong", run, 0.0, {taken}) == "strong · 091507"
    assert len(names.name("strong", "renamed", 0.0)) == len("strong · 0915")


def test_a_run_gets_another_label_unless_somebody_named_it() -> None:
    """Its time and its mark stay; so does a name that is not ours."""
    run = "20261123-091507-harbour-strong~2"
    assert names.renamed("harbour-strong · 0915", "strong", run) == "strong · 0915"
    assert names.renamed("⚑ strong · 091507", "harbour-strong", run) == "⚑ harbour-strong · 091507"
    assert names.renamed(run, "strong", run) == "strong · 0915"
    for own in ("the good one", "best · 0915", "renamed"):
        assert names.renamed(own, "strong", run) == own


def test_the_mark_of_a_baseline_comes_and_goes() -> None:
    """Once, however often."""
    marked = names.marked(names.marked("strong · 0915", baseline=True), baseline=True)
    assert marked == "⚑ strong · 0915"
    assert names.marked(marked, baseline=False) == "strong · 0915"
