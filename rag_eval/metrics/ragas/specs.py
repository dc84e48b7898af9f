"""The metrics of RAGAs that are offered; RAGAs is imported when one of them scores."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from rag_eval.metrics.ragas import direct, prompts, values
from rag_eval.metrics.ragas.recipe import RagasRecipe
from rag_eval.metrics.spec import MetricSpec
from rag_eval.ports import JudgeBackend, Metric
from rag_eval.records import Answer, Case, NotApplicable, Score

ADAPTER: Final = ("rag_eval.metrics.ragas.adapter",)
"""What takes seconds to import, for RAGAs does."""


@dataclass(frozen=True)
class DeferredMetric:
    """A metric of RAGAs, which is imported when the first answer is scored."""

    recipe: RagasRecipe = field(repr=False)
    backend: JudgeBackend = field(repr=False)

    @cached_property
    def metric(self) -> Metric:
        """The metric itself."""
        from rag_eval.metrics.ragas import adapter

        return adapter.connect(self.recipe, self.backend)

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`."""
        return await self.metric.score(case, answer)


def _spec(name: str, recipe: RagasRecipe, *, answerable: bool = False, **facts: Any) -> MetricSpec:
    """The declaration of a metric of RAGAs; one that is `answerable` speaks only of questions that have an answer."""

    def version() -> str:
        if (known := prompts.known_digest(name)) is not None:
            return prompts.version(known, recipe.formula)
        from rag_eval.metrics.ragas import adapter

        return adapter.version(recipe)

    return MetricSpec(
        name,
        version=version,
        needs=(*recipe.takes, "answerable") if answerable else recipe.takes,
        build=lambda backend: DeferredMetric(recipe, backend),
        imports=ADAPTER,
        subject="retrieval" if recipe.of_retrieval else "answer",
        applies_to_nothing=recipe.of_retrieval,
        **facts,
    )


FAITHFULNESS: Final = _spec(
    "faithfulness",
    RagasRecipe(
        lambda collections, llm, _: collections.Faithfulness(llm=llm),
        ("user_input", "response", "retrieved_contexts"),
        value=values.mean_support,
        formula="mean support, refusals apart",
        direct=direct.faithfulness,
    ),
    refusals="apart",
    held_to="contexts",
)
CONTEXT_RECALL: Final = _spec(
    "context_recall",
    RagasRecipe(
        lambda collections, llm, _: collections.ContextRecall(llm=llm),
        ("user_input", "retrieved_contexts", "reference"),
        formula="1, nothing retrieved is 0",
        direct=direct.context_recall,
    ),
    answerable=True,
    unanswered="zero",
    held_to="contexts",
)
FACTUAL_CORRECTNESS: Final = _spec(
    "factual_correctness",
    RagasRecipe(
        lambda collections, llm, _: collections.FactualCorrectness(llm=llm, mode="f1"),
        ("response", "reference"),
        value=values.factual_f1,
        details=values.factual_details,
        formula="f1 of both directions, refusals decided",
    ),
    refusals="decides",
    unanswered="zero",
)
ANSWER_CORRECTNESS: Final = _spec(
    "answer_correctness",
    RagasRecipe(
        lambda collections, llm, vectors: collections.AnswerCorrectness(llm=llm, embeddings=vectors),
        ("user_input", "response", "reference"),
        formula="in [0, 1], refusals decided",
    ),
    refusals="decides",
    unanswered="zero",
)
ANSWER_RELEVANCY: Final = _spec(
    "answer_relevancy",
    RagasRecipe(
        lambda collections, llm, vectors: collections.AnswerRelevancy(llm=llm, embeddings=vectors),
        ("user_input", "response"),
        formula="in [0, 1], refusals apart",
    ),
    answerable=True,
    refusals="apart",
)
CONTEXT_PRECISION: Final = _spec(
    "context_precision",
    RagasRecipe(
        lambda collections, llm, _: collections.ContextPrecision(llm=llm),
        ("user_input", "reference", "retrieved_contexts"),
        value=values.average_precision,
        formula="average precision, nothing retrieved is 0",
    ),
    answerable=True,
    unanswered="zero",
)
SEMANTIC_SIMILARITY: Final = _spec(
    "semantic_similarity",
    RagasRecipe(
        lambda collections, _, vectors: collections.SemanticSimilarity(embeddings=vectors),
        ("reference", "response"),
        embeds=("reference", "response"),
        formula="in [0, 1]",
    ),
    unanswered="zero",
)
