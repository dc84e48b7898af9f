"""What RAGAs' prompts are is known of the pinned release, and worked out for any other."""

from importlib import metadata
from typing import cast

import pytest
from support.scripted import Scripted, asking

from rag_eval.metrics.ragas import adapter, prompts, specs
from rag_eval.metrics.ragas.recipe import RagasRecipe
from rag_eval.metrics.ragas.specs import DeferredMetric
from rag_eval.metrics.spec import MetricSpec

OFFERED = [spec for spec in vars(specs).values() if isinstance(spec, MetricSpec)]


def recipe(spec: MetricSpec) -> RagasRecipe:
    """How a metric is made."""
    assert spec.build is not None
    return cast("DeferredMetric", spec.build(asking(Scripted({})))).recipe


@pytest.mark.parametrize("spec", OFFERED, ids=lambda spec: spec.name)
def test_the_table_is_what_ragas_says(spec: MetricSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version is the same whether it is read from the table or worked out, and the first is what a run reads."""
    assert metadata.version("ragas") == prompts.RELEASE
    computed = adapter.version(recipe(spec))
    monkeypatch.setattr(adapter, "version", None)
    assert spec.read_version() == computed


def test_the_table_holds_every_metric_and_no_other() -> None:
    """Else one of them would be slow."""
    assert sorted(prompts.DIGESTS) == sorted(spec.name for spec in OFFERED)


@pytest.mark.parametrize("other", ["release", "schema", "none"])
def test_another_release_is_asked(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of RAGAs, and of what writes the schemas in its prompts; where RAGAs is not there, that is told by its import."""
    if other == "release":
        monkeypatch.setattr(metadata, "version", lambda _: "0.4.4")
    elif other == "none":

        def none(name: str) -> str:
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "version", none)
    else:
        monkeypatch.setattr(prompts, "SCHEMA", "0")
    assert prompts.known_digest("faithfulness") is None
    monkeypatch.setattr(adapter, "version", lambda recipe: f"worked out: {recipe.formula}")
    assert specs.CONTEXT_RECALL.read_version() == "worked out: 1, nothing retrieved is 0"
