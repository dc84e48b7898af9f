"""What one of RAGAs' metrics speaks of follows from what it is given."""

import pytest

from rag_eval.metrics.ragas.recipe import RagasRecipe


@pytest.mark.parametrize(
    ("takes", "so"),
    [
        (("retrieved_contexts", "reference"), True),
        (("retrieved_contexts", "response"), False),
        (("response", "reference"), False),
    ],
)
def test_a_metric_of_retrieval_reads_contexts_and_no_answer(takes: tuple[str, ...], *, so: bool) -> None:
    """Only such a one speaks of nothing retrieved."""
    assert RagasRecipe(lambda *_: None, takes).of_retrieval == so


def test_a_value_is_that_of_ragas_unless_it_is_worked_out_here() -> None:
    """With no details beside it."""
    recipe = RagasRecipe(lambda *_: None, ("response",))
    assert recipe.value(0.3, []) == 0.3
    assert recipe.details(0.3, []) == {}
