"""Whether two runs measured the same thing in the same way."""

import pytest
from pydantic import JsonValue
from support import samples

from rag_eval.stats import origin_differences

_JUDGE: dict[str, JsonValue] = {"kind": "openai", "model": "m", "endpoint": "e", "parameters": {"temperature": 0}}


def test_equal_origins_may_be_compared() -> None:
    """Nothing is said of them."""
    assert origin_differences(samples.origin(), samples.origin()) == ()


@pytest.mark.parametrize("key", [*_JUDGE, "embeddings"])
def test_each_trait_of_a_judge_counts(key: str) -> None:
    """Also one that only one of the two has; both values are named."""
    a, b = samples.origin(judge=_JUDGE), samples.origin(judge={**_JUDGE, key: "other"})
    (said,) = origin_differences(a, b)
    assert said == f"judges differ in {key} ({_JUDGE.get(key)} and other)"
    assert origin_differences(b, a) == (f"judges differ in {key} (other and {_JUDGE.get(key)})",)


def test_another_dataset_counts() -> None:
    """By its fingerprint, of which enough is said to tell them apart."""
    a, b = samples.origin(dataset="a" * 64), samples.origin(dataset="b" * 64)
    assert origin_differences(a, b) == (f"datasets differ ({'a' * 12} and {'b' * 12})",)


def test_another_version_of_a_metric_counts() -> None:
    """A metric that only one of the runs has does not: it is not compared."""
    a = samples.origin(metrics={"faithfulness": "1", "mrr": "1", "latency": "1"})
    b = samples.origin(metrics={"faithfulness": "2", "mrr": "1", "ndcg@5": "1"})
    assert origin_differences(a, b) == ("faithfulness differs in version (1 and 2)",)


def test_another_release_of_rag_eval_does_not_count() -> None:
    """What could change a score has a version of its own."""
    assert origin_differences(samples.origin(code="0.1.0"), samples.origin(code="9.9.9")) == ()


def test_every_difference_is_told() -> None:
    """The dataset first, then the judge's traits by name, then the metrics."""
    a = samples.origin()
    b = samples.origin(dataset="b", judge={"kind": "openai", "model": "m"}, metrics={"faithfulness": "2"})
    said = origin_differences(a, b)
    heads = ["datasets", "judges differ in kind", "judges differ in model", "judges differ in version", "faithfulness"]
    assert len(said) == len(heads)
    assert all(one.startswith(head) for one, head in zip(said, heads, strict=True))
