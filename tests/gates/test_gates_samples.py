"""What a gate looks at: values, and what they could be where the judge failed."""

from rag_eval.gates.samples import GateSample, differences
from rag_eval.stats.paired import Side


def test_what_the_judge_failed_is_read_at_its_least_and_at_its_largest() -> None:
    """And left out; a sample without failures is read once."""
    assert GateSample([0.5, 1.0]).readings == [[0.5, 1.0]]
    sample = GateSample([0.5], unjudged=[(0.0, 1.0), (-1.0, 0.5)])
    assert sample.readings == [[0.5], [0.5, 0.0, -1.0], [0.5, 1.0, 0.5]]


def test_questions_of_one_document_are_a_group() -> None:
    """One without a document, and one that the judge failed, stand for themselves."""
    sample = GateSample([0.1, 0.2, 0.3], keys=["a", "b", "c"])
    groups = sample.groups({"a": "doc", "b": "doc"}, 4)
    assert groups is not None
    assert groups[0] == groups[1]
    assert len({*groups}) == 3
    assert sample.groups(None, 4) is None


def test_differences_are_of_questions_that_both_have() -> None:
    """B minus A; what the judge failed on lies between what the other's value allows."""
    a = Side(values={"x": 0.25, "y": 1.0, "only": 0.5}, unjudged=frozenset({"z"}))
    b = Side(values={"x": 0.75, "y": 1.0, "z": 0.25}, unanswered=frozenset({"y"}))
    sample = differences(a, b, bounded=True)
    assert (sample.keys, sample.values) == (["x", "y"], [0.5, 0.0])
    assert sample.unjudged == [(0.25 - 1.0, 0.25)]
    assert sample.unanswered == 1
    assert differences(a, b, bounded=False).unjudged == []
