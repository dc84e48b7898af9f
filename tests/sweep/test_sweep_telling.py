"""Labels of variants in a sentence."""

import pytest

from rag_eval.sweep.telling import listing, quoted


@pytest.mark.parametrize(
    ("label", "says"), [("top_k=3", "top_k=3"), ("top_k=3, rerank=true", '"top_k=3, rerank=true"'), ("a b", '"a b"')]
)
def test_a_label_with_a_comma_or_a_space_is_quoted(label: str, says: str) -> None:
    """Else nobody sees where it ends."""
    assert quoted(label) == says


def test_some_are_named_and_many_are_counted() -> None:
    """With one `and`, before the last."""
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing([f"v{number}" for number in range(30)]) == "30 variants"
