"""RAGAs' metrics behind our port. The one place that imports ragas.

A metric of `ragas.metrics.collections` is given a judge through `_Bridge`, the two-method subclass that RAGAs asks for.
What the judge replied is kept as evidence. Some values are computed by `values` from its verdicts and not taken from
RAGAs: faithfulness is the mean support of the claims, which is RAGAs' share where a judge says only yes or no; the F1
of factual correctness, where RAGAs counts the supported claims of the response as found claims of the reference (ragas
issues 2693 and 1964); context precision, where RAGAs adds 1e-10 to a denominator. A cosine below 0, which takes RAGAs'
answer correctness, relevancy and similarity out of [0, 1], counts as 0. Where ours differs, RAGAs' own value stands in
the evidence.
"""

import copy
import hashlib
import importlib.util
import math
import sys
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, JsonValue

from rag_eval.errors import JudgeError
from rag_eval.language.refusals import refusal
from rag_eval.language.sentences import shorten
from rag_eval.metrics.ragas import prompts
from rag_eval.metrics.ragas.direct import DirectScore
from rag_eval.metrics.ragas.recipe import Exchanges, JudgeExchange, RagasRecipe
from rag_eval.ports import Embedder, InstantJudge, Judge, JudgeBackend
from rag_eval.records import Answer, Case, Evidence, NotApplicable, Reason, Score, Verdict, answered_by
from rag_eval.telemetry import silence

silence()  # RAGAs reads its switch when it is imported


def _mend_import() -> None:
    """Stand in for a module that ragas 0.4.3 imports and langchain-community 0.4.2 no longer has; it is never used."""
    name = "langchain_community.chat_models.vertexai"
    if importlib.util.find_spec("langchain_community") and importlib.util.find_spec(name) is None:
        stub = types.ModuleType(name)
        stub.ChatVertexAI = type("ChatVertexAI", (), {})  # type: ignore[attr-defined]
        sys.modules[name] = stub


_mend_import()

import ragas  # noqa: E402
from ragas.embeddings.base import BaseRagasEmbedding  # noqa: E402
from ragas.llms.base import InstructorBaseRagasLLM  # noqa: E402
from ragas.metrics import collections  # noqa: E402
from ragas.prompt.metrics.base_prompt import BasePrompt  # noqa: E402

T = TypeVar("T", bound=BaseModel)

_LONGEST_SENTENCE = 300
"""Letters of a refusal that are kept as evidence."""
_ROUNDING = 1e-9
"""How far from RAGAs' value ours may be and still be the same."""


class _Bridge(InstructorBaseRagasLLM):  # type: ignore[misc]
    """A judge as RAGAs wants to see one; lives for one score and remembers what was said."""

    def __init__(self, judge: Judge | None) -> None:
        self._judge = judge
        self.exchanges: list[JudgeExchange] = []

    def generate(self, prompt: str, response_model: type[T]) -> T:  # noqa: ARG002 - the base class says so
        """Never called by the metrics here: they are asynchronous."""
        raise JudgeError("RAGAs asked for a blocking reply", reason=Reason.BLOCKING_CALL)

    async def agenerate(self, prompt: str, response_model: type[T]) -> T:
        """Pass a prompt on. The same prompt asked again within one score is meant as another sample."""
        assert self._judge is not None
        before = sum(exchange.prompt == prompt for exchange in self.exchanges)
        reply = await self._judge.reply(prompt, response_model, f"sample-{before}" if before else "")
        self.exchanges.append(JudgeExchange(prompt, reply))
        return reply


class _Vectors(BaseRagasEmbedding):  # type: ignore[misc]
    """An embedder as RAGAs wants to see one; SemanticSimilarity asks synchronously, so vectors are prepared."""

    def __init__(self, embedder: Embedder | None) -> None:
        super().__init__()
        self._embedder = embedder
        self._known: dict[str, list[float]] = {}

    async def prepare(self, *texts: str) -> None:
        """Have the vectors of these texts at hand."""
        self._known.update(zip(texts, await self.aembed_texts([*texts]), strict=True))

    def embed_text(self, text: str, **_: Any) -> list[float]:
        """A vector that was prepared."""
        return self._known[text]

    async def aembed_text(self, text: str, **_: Any) -> list[float]:
        """The vector of a text."""
        if text not in self._known:
            await self.prepare(text)
        return self._known[text]

    async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """The vectors of several texts, in one call."""
        assert self._embedder is not None
        return await self._embedder.embed(texts)


@dataclass(frozen=True)
class RagasMetric:
    """A metric of RAGAs behind the `Metric` port."""

    recipe: RagasRecipe = field(repr=False)
    backend: JudgeBackend = field(repr=False)
    prompts: Mapping[str, Any] = field(repr=False)
    """RAGAs' prompts by the names that its metric has for them."""

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`. Where nothing was retrieved, nothing of the reference was."""
        recipe = self.recipe
        if recipe.of_retrieval and not answer.retrieved_contexts:
            return Score(value=0.0, evidence=Evidence(details={"retrieved": "nothing"}))
        bridge, vectors = _Bridge(self.backend), _Vectors(self.backend)
        given = {name: _field(name, case, answer) for name in recipe.takes}
        instant: InstantJudge | None = getattr(self.backend, "instant", None)
        if instant is not None and (made := recipe.direct(instant, given)) is not None:
            return self._scored(made)
        if recipe.embeds:
            await vectors.prepare(*(given[name] for name in recipe.embeds))
        result = await recipe.make(collections, bridge, vectors).ascore(**given)
        by_ragas = float(result.value)
        if not math.isfinite(by_ragas):
            raise JudgeError(f"RAGAs computed {by_ragas} from the judge's replies", reason=Reason.NOT_A_NUMBER)
        value = min(max(recipe.value(by_ragas, bridge.exchanges), 0.0), 1.0)
        details = recipe.details(by_ragas, bridge.exchanges)
        if abs(by_ragas - value) > _ROUNDING:
            details["value_by_ragas"] = by_ragas
        return Score(value=value, evidence=_evidence(bridge.exchanges, self.backend, details))

    def _scored(self, made: DirectScore) -> Score:
        """A score as it comes by way of prompts, with their digests."""
        value = min(max(made.value, 0.0), 1.0)
        differs = abs(made.by_ragas - value) > _ROUNDING
        details: dict[str, JsonValue] = {"value_by_ragas": made.by_ragas} if differs else {}
        digests = (_digest(_text(self.prompts[each.prompt], each.given)) for each in made.inputs)
        evidence = Evidence(verdicts=made.verdicts, prompts=tuple(digests), details=details)
        return Score(value=value, evidence=evidence)


def connect(recipe: RagasRecipe, backend: JudgeBackend) -> RagasMetric:
    """One of RAGAs' metrics on a judge."""
    prompts = _prompts(recipe)
    for prompt in prompts.values():
        _remember_schema(prompt.output_model)
        _remember_rules(type(prompt))
    return RagasMetric(recipe, backend, prompts)


async def noncommittal(judge: Judge, response: str) -> tuple[bool, str, str]:
    """Whether a judge calls an answer noncommittal, the sentence that refuses, and the digest of what was asked.

    It is the first of the three prompts of answer relevancy, so that a run that measures both pays for it once. Raises
    `JudgeError`.
    """
    util = collections.answer_relevancy.util
    _remember_schema(util.AnswerRelevanceOutput)
    _remember_rules(util.AnswerRelevancePrompt)
    prompt = util.AnswerRelevancePrompt().to_string(util.AnswerRelevanceInput(response=response))
    instant: InstantJudge | None = getattr(judge, "instant", None)
    if instant is not None and (refuses := instant.refusal(response)) is not None:
        return bool(refuses), shorten(refuses or response, _LONGEST_SENTENCE), _digest(prompt)
    reply = await judge.reply(prompt, util.AnswerRelevanceOutput)
    sentence = str(getattr(reply, "refusal", "")) or refusal(response) or response
    return bool(reply.noncommittal), shorten(sentence, _LONGEST_SENTENCE), _digest(prompt)


def _field(name: str, case: Case, answer: Answer) -> Any:
    value = getattr(case if name in Case.model_fields else answer, name)
    return list(value) if isinstance(value, tuple) else value


def version(recipe: RagasRecipe) -> str:
    """Release of RAGAs, hash of the prompts, and our formula."""
    texts = "".join(
        f"{p.instruction}{p._generate_examples()}{p.output_model.model_json_schema()}"  # noqa: SLF001
        for p in _prompts(recipe).values()
    )
    return prompts.version(prompts.digest(texts), recipe.formula, ragas.__version__)


def output_models(recipe: RagasRecipe) -> list[type[BaseModel]]:
    """The models of the replies that a metric of RAGAs asks for."""
    return [prompt.output_model for prompt in _prompts(recipe).values()]


def _prompts(recipe: RagasRecipe) -> dict[str, Any]:
    """The prompts of one of RAGAs' metrics by name, always in one order; nobody is asked."""
    metric = recipe.make(collections, _Bridge(None), _Vectors(None))
    return {name: value for name, value in sorted(vars(metric).items()) if isinstance(value, BasePrompt)}


def _text(prompt: Any, given: Mapping[str, Any]) -> str:
    return str(prompt.to_string(prompt.input_model(**given)))


def _remember_schema(model: Any) -> None:
    """Work a model's JSON schema out once: RAGAs does so for every prompt, which was half the time of scoring."""
    if "model_json_schema" not in vars(model):
        schema = model.model_json_schema()
        model.model_json_schema = classmethod(lambda *_, **__: copy.deepcopy(schema))


def _remember_rules(kind: Any) -> None:
    """Put what a prompt says before and behind its input together once: RAGAs does so for every answer.

    A prompt that puts itself together in a way of its own, such as one that picks its examples, is left alone.
    """
    whole = kind.to_string
    if whole is not BasePrompt.to_string:
        return
    rules: list[str] = []

    def to_string(self: Any, data: BaseModel) -> str:
        given = data.model_dump_json(indent=4, exclude_none=True)
        if vars(self):  # somebody's own language or examples
            return str(whole(self, data))
        if not rules:
            head, _, tail = whole(self, data).rpartition(given)
            rules[:] = head, tail
        return f"{rules[0]}{given}{rules[1]}"

    kind.to_string = to_string


def _evidence(exchanges: Exchanges, backend: JudgeBackend, details: Mapping[str, Any]) -> Evidence:
    counts: Counter[str] = Counter()
    verdicts: list[Verdict] = []
    for exchange in exchanges:
        model = type(exchange.reply).__name__
        verdicts += backend.verdicts(exchange.reply, counts[model])
        counts[model] += 1
    return Evidence(
        verdicts=tuple(verdicts),
        prompts=tuple(_digest(exchange.prompt) for exchange in exchanges),
        details={**details, **answered_by(*(exchange.reply for exchange in exchanges))},
    )


def _digest(prompt: str) -> str:
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
