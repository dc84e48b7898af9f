"""Every model that a judge is asked for has a row; a reply that nobody reads is an error."""

import asyncio

import pytest
from pydantic import BaseModel, create_model
from support.scripted import Scripted, backend

from rag_eval.dataset.drafting import asking
from rag_eval.errors import JudgeError
from rag_eval.judges import faults
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.shapes import SHAPES, find_fault, shape_of, verdicts
from rag_eval.judges.validation import ValidatedJudge
from rag_eval.judges.widened import widened
from rag_eval.metrics.correctness import CorrectnessOutput
from rag_eval.metrics.ragas import adapter, specs
from rag_eval.metrics.ragas.recipe import RagasRecipe
from rag_eval.metrics.spec import MetricSpec

OURS = (asking.DraftedQuestion, asking.FollowsVerdict, asking.SupportGrade, asking.AnswersVerdict, CorrectnessOutput)


class Mine(BaseModel):
    """A model of somebody's own metric."""

    mark: int


def unlisted(module: str) -> type[BaseModel]:
    """A model that has no row, of some package."""
    return create_model("Novelty", mark=(int, ...), __module__=module)


def _recipes() -> list[RagasRecipe]:
    """Of every metric of RAGAs that is offered, as its version is made from it."""
    offered = [spec for spec in vars(specs).values() if isinstance(spec, MetricSpec)]
    cells = [cell.cell_contents for spec in offered for cell in spec.build.__closure__ or ()]  # type: ignore[union-attr]
    return [recipe for recipe in cells if isinstance(recipe, RagasRecipe)]


def test_every_model_of_ragas_that_is_asked_for_has_a_row() -> None:
    """Of each metric that is offered, each of its prompts; what they hold is checked."""
    recipes = _recipes()
    assert len(recipes) == 7
    models = {model for recipe in recipes for model in adapter.output_models(recipe)}
    assert len(models) >= 7
    for model in models:
        assert shape_of(model).fault is not faults.no_fault, model
        assert shape_of(model).heuristic is not None, model


@pytest.mark.parametrize("model", OURS)
def test_every_model_of_ours_has_a_row(model: type[BaseModel]) -> None:
    """Of correctness, and of the drafting of questions."""
    assert shape_of(model).model == model.__name__


@pytest.mark.parametrize("module", ["ragas.metrics.collections.novelty.util", "rag_eval.metrics.novelty"])
def test_a_model_without_a_row_is_not_asked_for(module: str) -> None:
    """It is an error before anything is paid for, and says where a row belongs."""
    judge, model = Scripted({"Novelty": {"mark": 1}}), unlisted(module)
    with pytest.raises(JudgeError, match=rf"{module}.Novelty cannot be checked: judges.shapes has no row") as caught:
        asyncio.run(ValidatedJudge(backend(judge)).reply("p", model))
    assert caught.value.reason == "unsupported_prompt"
    assert not judge.asked
    for asked in (EmbeddedJudge().reply("p", model), EmbeddedJudge().reply("p", Mine)):
        with pytest.raises(JudgeError):
            asyncio.run(asked)


def test_a_model_of_somebody_s_own_is_theirs_to_check() -> None:
    """A metric of theirs may ask for what it likes; what comes is what their model allows."""
    judge = Scripted({"Mine": {"mark": 1}})
    assert asyncio.run(ValidatedJudge(backend(judge)).reply("p", Mine)).value == Mine(mark=1)
    assert find_fault("no prompt of ours", Mine(mark=1)) is None
    assert verdicts(Mine(mark=1), 0) == []


def test_a_widened_model_has_the_row_of_its_model() -> None:
    """It has more fields and the same name."""
    assert shape_of(widened(CorrectnessOutput)) is SHAPES["CorrectnessOutput"]
