"""The variants of an experiment."""

import pytest
from support import samples

from rag_eval.errors import ConfigError
from rag_eval.sweep.variants import expand, named

_HTTP = {"kind": "http", "url": "http://127.0.0.1:9/query", "body": {"q": "{{ user_input }}", "top_k": 1}}


def test_every_combination_is_an_experiment_of_its_own() -> None:
    """With a name of its own and without a matrix."""
    variants = expand(samples.experiment(target=_HTTP, matrix={"target.body.top_k": [3, 5], "target.timeout": [7, 9]}))
    assert [dict(variant.settings) for variant in variants] == [
        {"target.body.top_k": top_k, "target.timeout": timeout} for top_k in (3, 5) for timeout in (7, 9)
    ]
    assert len({variant.experiment.name for variant in variants}) == 4
    assert all(variant.experiment.matrix is None for variant in variants)
    targets = [variant.experiment.target.model_dump() for variant in variants]
    assert [(target["body"]["top_k"], target["timeout"]) for target in targets] == [(3, 7), (3, 9), (5, 7), (5, 9)]


def test_an_experiment_without_a_matrix_is_no_sweep() -> None:
    """It says what a matrix reads, and what to do for one version."""
    with pytest.raises(ConfigError, match="matrix: is missing"):
        expand(samples.experiment(target=_HTTP))


def test_a_variant_is_called_by_label_name_or_number() -> None:
    """Anything else is told with all there are."""
    variants = expand(samples.experiment(target=_HTTP, matrix={"target.body.top_k": [3, 5]}))
    for wanted in (variants[1].label, variants[1].experiment.name, "2"):
        assert named(variants, wanted) == 1
    with pytest.raises(ConfigError, match=r"--baseline 9: is no variant. There are 1: top_k=3; 2: top_k=5; and `best`"):
        named(variants, "9")
