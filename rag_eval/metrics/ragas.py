"""RAGAs' metrics behind our port. The one place that imports ragas.

A metric of `ragas.metrics.collections` is given a judge through `_Bridge`, the two-method subclass that RAGAs asks for.
What the judge said is kept as evidence. Some values are computed here from the judge's verdicts and not taken from
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.language.refusals import refusal
from rag_eval.language.sentences import shorten
from rag_eval.metrics.refusals import Policy
from rag_eval.ports import Embedder, Judge
from rag_eval.records import Answer, Case, Evidence, NotApplicable, Score, Verdict
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


@dataclass
class _Asked:
    """One prompt of a metric with the judge's reply."""

    prompt: str
    reply: Any


class _Bridge(InstructorBaseRagasLLM):  # type: ignore[misc]
    """A judge as RAGAs wants to see one; lives for one score and remembers what was said."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.asked: list[_Asked] = []

    def generate(self, prompt: str, response_model: type[T]) -> T:  # noqa: ARG002 - the base class says so
        """Never called by the metrics here: they are asynchronous."""
        raise JudgeError("RAGAs asked for a blocking reply", reason="blocking_call")

    async def agenerate(self, prompt: str, response_model: type[T]) -> T:
        """Pass a prompt on. The same prompt asked again within one score is meant as another sample."""
        before = sum(asked.prompt == prompt for asked in self.asked)
        reply = await self._judge.reply(prompt, response_model, f"sample-{before}" if before else "")
        self.asked.append(_Asked(prompt, reply))
        return reply


class _Vectors(BaseRagasEmbedding):  # type: ignore[misc]
    """An embedder as RAGAs wants to see one; SemanticSimilarity asks synchronously, so vectors are prepared."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder
        self._known: dict[str, list[float]] = {}

    async def prepare(self, *texts: str) -> None:
        """Have the vectors of these texts at hand."""
        self._known.update(zip(texts, await self._embedder.embed(texts), strict=True))

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
        return await self._embedder.embed(texts)


@dataclass(frozen=True)
class _Kind:
    """How one of RAGAs' metrics is made and read."""

    make: Callable[[_Bridge, _Vectors], Any]
    takes: tuple[str, ...]
    """Arguments of its `ascore`, which are fields of the case or the answer."""
    value: Callable[[float, list[_Asked]], float] = lambda value, _: value
    details: Callable[[float, list[_Asked]], dict[str, Any]] = lambda _, __: {}
    formula: str = "1"
    """Part of the version: changes when `value` does."""
    embeds: tuple[str, ...] = ()
    """Fields whose vectors are wanted synchronously."""
    answerable: bool = False
    """Whether it speaks only of questions that have an answer."""
    refusals: Policy = ""
    """What a refusal is to it."""
    unanswered: Literal["zero", "apart"] = "apart"
    """What a question without an answer is to it in a comparison."""


@dataclass(frozen=True)
class RagasMetric:
    """A metric of RAGAs behind the `Metric` port."""

    name: str
    version: str
    needs: tuple[str, ...]
    kind: _Kind = field(repr=False)
    judge: Judge = field(repr=False)
    embedder: Embedder = field(repr=False)
    higher_is_better: bool = True
    bounded: bool = True

    @property
    def refusals(self) -> Policy:
        """What a refusal is to it."""
        return self.kind.refusals

    @property
    def unanswered(self) -> Literal["zero", "apart"]:
        """What a question without an answer is to it in a comparison."""
        return self.kind.unanswered

    @property
    def of_retrieval(self) -> bool:
        """Whether it speaks of what was retrieved, and so also of nothing."""
        return "retrieved_contexts" in self.kind.takes and "response" not in self.kind.takes

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`. Where nothing was retrieved, nothing of the reference was."""
        if self.of_retrieval and not answer.retrieved_contexts:
            return Score(value=0.0, evidence=Evidence(details={"retrieved": "nothing"}))
        bridge, vectors = _Bridge(self.judge), _Vectors(self.embedder)
        given = {name: _field(name, case, answer) for name in self.kind.takes}
        if self.kind.embeds:
            await vectors.prepare(*(given[name] for name in self.kind.embeds))
        result = await self.kind.make(bridge, vectors).ascore(**given)
        by_ragas = float(result.value)
        if not math.isfinite(by_ragas):
            raise JudgeError(f"RAGAs computed {by_ragas} from the judge's replies", reason="not_a_number")
        value = min(max(self.kind.value(by_ragas, bridge.asked), 0.0), 1.0)
        details = self.kind.details(by_ragas, bridge.asked)
        if abs(by_ragas - value) > _ROUNDING:
            details["value_by_ragas"] = by_ragas
        return Score(value=value, evidence=_evidence(bridge.asked, details))


def connect(name: str, judge: Judge, embedder: Embedder) -> RagasMetric:
    """One of the metrics in `KINDS` on a judge."""
    kind = KINDS[name]
    for prompt in _prompts(kind.make(_Bridge(judge), _Vectors(embedder))):
        _remember_schema(prompt.output_model)
    needs = (*kind.takes, "answerable") if kind.answerable else kind.takes
    return RagasMetric(name, _version(kind, judge, embedder), needs, kind, judge, embedder)


async def noncommittal(judge: Judge, response: str) -> tuple[bool, str, str]:
    """Whether a judge calls an answer noncommittal, the sentence that refuses, and the digest of what was asked.

    It is the first of the three prompts of answer relevancy, so that a run that measures both pays for it once. Raises
    `JudgeError`.
    """
    util = collections.answer_relevancy.util
    prompt = util.AnswerRelevancePrompt().to_string(util.AnswerRelevanceInput(response=response))
    reply = await judge.reply(prompt, util.AnswerRelevanceOutput)
    sentence = str(getattr(reply, "refusal", "")) or refusal(response) or response
    return bool(reply.noncommittal), shorten(sentence, _LONGEST_SENTENCE), _digest(prompt)


def _field(name: str, case: Case, answer: Answer) -> Any:
    value = getattr(case if name in Case.model_fields else answer, name)
    return list(value) if isinstance(value, tuple) else value


def _version(kind: _Kind, judge: Judge, embedder: Embedder) -> str:
    """Release of RAGAs, hash of the prompts, and our formula."""
    metric = kind.make(_Bridge(judge), _Vectors(embedder))
    told = "".join(
        f"{p.instruction}{p._generate_examples()}{p.output_model.model_json_schema()}"  # noqa: SLF001
        for p in _prompts(metric)
    )
    return f"ragas {ragas.__version__} prompts {hashlib.sha256(told.encode()).hexdigest()[:8]} formula {kind.formula}"


def _prompts(metric: Any) -> list[Any]:
    """The prompts of one of RAGAs' metrics, always in one order."""
    return [value for _, value in sorted(vars(metric).items()) if isinstance(value, BasePrompt)]


def _remember_schema(model: Any) -> None:
    """Work a model's JSON schema out once: RAGAs does so for every prompt, which was half the time of scoring."""
    if "model_json_schema" not in vars(model):
        schema = model.model_json_schema()
        model.model_json_schema = classmethod(lambda *_, **__: copy.deepcopy(schema))


def _evidence(asked: list[_Asked], details: Mapping[str, Any]) -> Evidence:
    return Evidence(
        verdicts=tuple(verdict for part, one in _parts(asked) for verdict in _verdicts(part, one.reply)),
        prompts=tuple(_digest(one.prompt) for one in asked),
        details=dict(details),
    )


def _digest(prompt: str) -> str:
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def _parts(asked: list[_Asked]) -> list[tuple[str, _Asked]]:
    """Each list of verdicts with whose statements they are; the second list of one kind is about the reference."""
    names = {"NLIStatementOutput": ["response", "reference"], "ContextRecallOutput": ["reference"]}
    seen: dict[str, int] = {}
    parts: list[tuple[str, _Asked]] = []
    for one in asked:
        kind = type(one.reply).__name__
        number = seen[kind] = seen.get(kind, -1) + 1
        known = names.get(kind, [])
        parts.append((known[number] if number < len(known) else f"{number + 1}", one))
    return parts


def _verdicts(part: str, reply: Any) -> list[Verdict]:
    """The verdicts in a reply, whichever of RAGAs' shapes it has."""
    match type(reply).__name__:
        case "NLIStatementOutput" | "StatementFaithfulnessOutput":
            return [
                Verdict(part=part, statement=s.statement, verdict=_bit(s.verdict), reason=s.reason, **_graded(s))
                for s in reply.statements
            ]
        case "ContextRecallOutput":
            return [
                Verdict(part=part, statement=c.statement, verdict=_bit(c.attributed), reason=c.reason, **_graded(c))
                for c in reply.classifications
            ]
        case "ClassificationWithReason":
            sides = (("response", reply.TP, 1), ("response", reply.FP, 0), ("reference", reply.FN, 0))
            return [
                Verdict(part=side, statement=s.statement, verdict=_bit(good), reason=s.reason)
                for side, statements, good in sides
                for s in statements
            ]
        case "ContextPrecisionOutput":
            return [
                Verdict(part="context", statement=f"context {part}", verdict=_bit(reply.verdict), reason=reply.reason)
            ]
        case "AnswerRelevanceOutput":
            why = "the judge calls the answer noncommittal" if reply.noncommittal else ""
            asked = f"would answer: {reply.question}"
            return [Verdict(part="question", statement=asked, verdict=_bit(not reply.noncommittal), reason=why)]
        case _:
            return []


def _graded(item: Any) -> dict[str, Any]:
    """How far a judge that grades finds a statement borne out, and by which sentence."""
    return {"support": getattr(item, "support", None), "evidence": getattr(item, "evidence", "")}


def _bit(value: float) -> Literal[0, 1]:
    return 1 if value else 0


def _claims(asked: list[_Asked]) -> tuple[list[int], list[int]]:
    """Verdicts on the response's claims and on the reference's."""
    lists = [[s.verdict for s in a.reply.statements] for a in asked if type(a.reply).__name__ == "NLIStatementOutput"]
    return lists[0], lists[1]


def _mean_support(_: float, asked: list[_Asked]) -> float:
    """Mean support of the claims; the share of supported ones where verdicts are 0 or 1."""
    claims = asked[-1].reply.statements
    return sum(float(getattr(claim, "support", _bit(claim.verdict))) for claim in claims) / len(claims)


def _factual_f1(_: float, asked: list[_Asked]) -> float:
    """Harmonic mean of the supported share of the response's claims and the covered share of the reference's."""
    precision, recall = (sum(side) / len(side) for side in _claims(asked))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _factual_details(_: float, asked: list[_Asked]) -> dict[str, Any]:
    precision, recall = (sum(side) / len(side) for side in _claims(asked))
    return {"precision": precision, "recall": recall}


def _average_precision(_: float, asked: list[_Asked]) -> float:
    """Mean of precision at each useful context, without the 1e-10 that RAGAs divides by."""
    verdicts = [one.reply.verdict for one in asked]
    hits = [sum(verdicts[:rank]) / rank for rank in range(1, len(verdicts) + 1) if verdicts[rank - 1]]
    return sum(hits) / len(hits) if hits else 0.0


KINDS: Mapping[str, _Kind] = {
    "faithfulness": _Kind(
        lambda llm, _: collections.Faithfulness(llm=llm),
        ("user_input", "response", "retrieved_contexts"),
        value=_mean_support,
        formula="mean support, refusals apart",
        refusals="apart",
    ),
    "context_recall": _Kind(
        lambda llm, _: collections.ContextRecall(llm=llm),
        ("user_input", "retrieved_contexts", "reference"),
        formula="1, nothing retrieved is 0",
        answerable=True,
        unanswered="zero",
    ),
    "factual_correctness": _Kind(
        lambda llm, _: collections.FactualCorrectness(llm=llm, mode="f1"),
        ("response", "reference"),
        value=_factual_f1,
        details=_factual_details,
        formula="f1 of both directions, refusals decided",
        refusals="decides",
        unanswered="zero",
    ),
    "answer_correctness": _Kind(
        lambda llm, vectors: collections.AnswerCorrectness(llm=llm, embeddings=vectors),
        ("user_input", "response", "reference"),
        formula="in [0, 1], refusals decided",
        refusals="decides",
        unanswered="zero",
    ),
    "answer_relevancy": _Kind(
        lambda llm, vectors: collections.AnswerRelevancy(llm=llm, embeddings=vectors),
        ("user_input", "response"),
        formula="in [0, 1], refusals apart",
        answerable=True,
        refusals="apart",
    ),
    "context_precision": _Kind(
        lambda llm, _: collections.ContextPrecision(llm=llm),
        ("user_input", "reference", "retrieved_contexts"),
        value=_average_precision,
        formula="average precision, nothing retrieved is 0",
        answerable=True,
        unanswered="zero",
    ),
    "semantic_similarity": _Kind(
        lambda _, vectors: collections.SemanticSimilarity(embeddings=vectors),
        ("reference", "response"),
        embeds=("reference", "response"),
        formula="in [0, 1]",
        unanswered="zero",
    ),
}
