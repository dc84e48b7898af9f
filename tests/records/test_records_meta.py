"""What a run remembers about itself, as its journal keeps it: a text under each key."""

import json

from hypothesis import given
from support import samples

from rag_eval.records import MetricTraits, RunMeta

ORIGIN = '{"judge":{"kind":"embedded"},"metrics":{"faithfulness":"1","overall":"mean"},"dataset":"d","code":"0.1.0"}'


@given(meta=samples.of_every_kind[RunMeta])
def test_what_is_written_is_read(meta: RunMeta) -> None:
    """Every field survives its text, and what was not given is not known."""
    again = RunMeta.read(meta.texts())
    assert again == meta
    assert again.model_fields_set == meta.model_fields_set
    assert not again.known("dataset_cases")


def test_the_texts_are_those_of_older_journals() -> None:
    """Names stand as they are, all else as JSON."""
    meta = RunMeta(name="strong", key="k", total=8, limit=None, listed=("a", "b"), began=1.5)
    assert meta.texts() == {
        "name": "strong",
        "key": "k",
        "total": "8",
        "limit": "null",
        "listed": '["a","b"]',
        "began": "1.5",
    }


def test_what_an_older_run_did_not_keep_has_its_default() -> None:
    """Metrics that are derived were once not listed, and keys that nobody knows are left out."""
    listed = json.dumps([{"name": "faithfulness", "bounded": True, "higher_is_better": True}])
    meta = RunMeta.read({"format": "1", "name": "old", "origin": ORIGIN, "metrics": listed, "total": "3", "more": "?"})
    assert meta.traits == (MetricTraits(name="faithfulness"), MetricTraits(name="overall"))
    assert meta.names == ["faithfulness", "overall"]
    assert (meta.total, meta.limit, meta.limit_said, meta.sequential) == (3, None, "", None)
    assert meta.known("metrics")
    assert not meta.known("limit")


def test_a_part_of_it_is_all_that_is_known() -> None:
    """As a baseline keeps it; keys that the run does not have stay away."""
    part = RunMeta(name="strong", key="k", total=8).only(("name", "total", "limit"))
    assert part.texts() == {"name": "strong", "total": "8"}


def test_a_limit_is_said_with_the_size_of_the_dataset() -> None:
    """As people gave it."""
    assert RunMeta(limit=5, dataset_cases=16).limit_said == "--limit 5 of 16"
