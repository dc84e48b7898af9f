"""RAGAs' metrics on a scripted judge: every value is worked out by hand here."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ragas.prompt.metrics.base_prompt import BasePrompt
from support.scripted import Memory, Say, Scripted, Vectors, asking, backend

from rag_eval.errors import JudgeError
from rag_eval.judges.backend import Backend
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.middleware import CachedJudge
from rag_eval.judges.validation import ValidatedJudge
from rag_eval.metrics import find_spec
from rag_eval.metrics.ragas import adapter
from rag_eval.metrics.spec import connect_spec
from rag_eval.ports import Embedder, Judge
from rag_eval.records import Answer, Case, Score

NAMES = (
    "faithfulness",
    "context_recall",
    "factual_correctness",
    "answer_correctness",
    "answer_relevancy",
    "context_precision",
    "semantic_similarity",
)
CASE = Case(id="c1", user_input="When?", reference="The ferry leaves at nine. Dogs travel free of charge.")
ANSWER = Answer(
    response="It leaves at nine. Dogs cost two euros.", retrieved_contexts=("At nine.", "Dogs are free.", "x")
)
TABLE = {
    "When?": [1.0, 0.0],
    "When is it?": [1.0, 0.0],
    "At what time?": [0.6, 0.8],
    "Where?": [0.0, 1.0],
    str(CASE.reference): [1.0, 0.0],
    str(ANSWER.response): [0.6, 0.8],
}
Script = Mapping[str, Mapping[str, Any] | Say]


def score(
    name: str, judge: Judge | Backend | Script, embedder: Embedder | None = None, answer: Answer = ANSWER
) -> Score:
    """The score of one metric."""
    asked = Scripted(judge) if isinstance(judge, Mapping) else judge
    metric = connect_spec(find_spec(name), asking(asked, embedder or Vectors(TABLE)))
    return cast("Score", asyncio.run(metric.score(CASE, answer)))


def judged(*values: int) -> Say:
    """Verdicts on the statements that were asked, with so much of a list for each call in turn."""
    return lambda asked, _: {
        "statements": [
            {"statement": s, "reason": f"because {v}", "verdict": v}
            for s, v in zip(asked["statements"], values, strict=True)
        ]
    }


def each(*lists: list[int]) -> Say:
    """Other verdicts for each call."""
    return lambda asked, before: judged(*lists[before])(asked, before)


def told(found: Score) -> list[tuple[str, str, int, str]]:
    """The verdicts of the evidence."""
    return [(v.part, v.statement, v.verdict, v.reason) for v in found.evidence.verdicts]


def test_faithfulness_is_the_supported_share_of_the_answer() -> None:
    """Two of three statements supported is 2/3; each verdict stands in the evidence with its reason."""
    script: Script = {
        "StatementGeneratorOutput": {"statements": ["A.", "B.", "C."]},
        "NLIStatementOutput": judged(1, 0, 1),
    }
    judge = Scripted(script)
    found = score("faithfulness", judge)
    assert found.value == pytest.approx(2 / 3)
    assert told(found) == [
        ("response", "A.", 1, "because 1"),
        ("response", "B.", 0, "because 0"),
        ("response", "C.", 1, "because 1"),
    ]
    hashes = tuple(hashlib.sha256(prompt.encode()).hexdigest() for prompt, _, _ in judge.asked)
    assert found.evidence.prompts == hashes


def test_context_recall_is_the_attributed_share_of_the_reference() -> None:
    """One of two sentences attributed is 1/2."""
    sentences = ["The ferry leaves at nine.", "Dogs travel free of charge."]
    attributed = [{"statement": s, "reason": "r", "attributed": v} for s, v in zip(sentences, (1, 0), strict=True)]
    found = score("context_recall", {"ContextRecallOutput": {"classifications": attributed}})
    assert found.value == 0.5
    assert told(found) == [("reference", sentences[0], 1, "r"), ("reference", sentences[1], 0, "r")]


def claims(response: list[int], reference: list[int]) -> Script:
    """A judge that finds so many claims on either side, with these verdicts."""

    def decompose(_: Mapping[str, Any], before: int) -> Mapping[str, Any]:
        side, values = ("R", response) if before == 0 else ("T", reference)
        return {"claims": [f"{side}{i}" for i in range(len(values))]}

    return {"ClaimDecompositionOutput": decompose, "NLIStatementOutput": each(response, reference)}


def test_factual_correctness_counts_both_directions() -> None:
    """3 of 4 claims of the response hold, 1 of 2 of the reference is covered: F1 is 0.6, where RAGAs says 0.75."""
    found = score("factual_correctness", claims([1, 1, 1, 0], [1, 0]))
    assert found.value == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))
    assert found.evidence.details == {"precision": 0.75, "recall": 0.5, "value_by_ragas": 0.75}
    assert [(part, verdict) for part, _, verdict, _ in told(found)] == [
        *[("response", v) for v in (1, 1, 1, 0)],
        *[("reference", v) for v in (1, 0)],
    ]


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=8), st.lists(st.integers(0, 1), min_size=1, max_size=8))
def test_factual_correctness_is_an_f1(response: list[int], reference: list[int]) -> None:
    """For any verdicts it is the harmonic mean of both shares, and 0 if both are."""
    found = score("factual_correctness", claims(response, reference)).value
    precision, recall = sum(response) / len(response), sum(reference) / len(reference)
    expected = 0.0 if precision * recall == 0 else 2 / (1 / precision + 1 / recall)
    assert found == pytest.approx(expected)


def classes(tp: int, fp: int, fn: int) -> Script:
    """A judge that sorts statements so."""
    sides = {"TP": tp, "FP": fp, "FN": fn}
    return {
        "StatementGeneratorOutput": {"statements": ["A.", "B."]},
        "ClassificationWithReason": {
            name: [{"statement": f"{name}{i}", "reason": "r"} for i in range(n)] for name, n in sides.items()
        },
    }


def test_answer_correctness_weighs_facts_and_similarity() -> None:
    """Three quarters are the F1 of the classes, a quarter is the cosine of the texts, here 0.6."""
    found = score("answer_correctness", classes(tp=1, fp=1, fn=2))
    f1 = 1 / (1 + 0.5 * (1 + 2))
    assert found.value == pytest.approx(0.75 * f1 + 0.25 * 0.6)
    assert [(part, statement, verdict) for part, statement, verdict, _ in told(found)] == [
        ("response", "TP0", 1),
        ("response", "FP0", 0),
        ("reference", "FN0", 0),
        ("reference", "FN1", 0),
    ]


def relevance(*said: tuple[str, int]) -> Say:
    """One question a draw."""
    return lambda _, before: {"question": said[before][0], "noncommittal": said[before][1]}


def test_answer_relevancy_takes_three_draws() -> None:
    """It is the mean cosine of three questions, asked under draws of their own."""
    judge = Scripted({"AnswerRelevanceOutput": relevance(("When is it?", 0), ("At what time?", 1), ("Where?", 0))})
    found = score("answer_relevancy", judge)
    assert found.value == pytest.approx((1 + 0.6 + 0) / 3)
    assert judge.draws == ["", "sample-1", "sample-2"]
    assert len({prompt for prompt, _, _ in judge.asked}) == 1
    assert [(part, question, bit) for part, question, bit, _ in told(found)] == [
        ("question", "would answer: When is it?", 1),
        ("question", "would answer: At what time?", 0),
        ("question", "would answer: Where?", 1),
    ]


def test_an_answer_that_says_nothing_is_not_relevant() -> None:
    """Three draws that call it noncommittal make 0."""
    said = relevance(*[("When is it?", 1)] * 3)
    assert score("answer_relevancy", {"AnswerRelevanceOutput": said}).value == 0.0


def test_three_draws_are_three_replies_behind_a_cache() -> None:
    """A cache of replies does not collapse samples that are meant to differ."""
    judge = Scripted({"AnswerRelevanceOutput": relevance(("When is it?", 0), ("At what time?", 0), ("Where?", 0))})
    kept = ValidatedJudge(CachedJudge(backend(judge), Memory()))
    first, again = score("answer_relevancy", kept), score("answer_relevancy", kept)
    assert first == again
    assert first.value == pytest.approx(1.6 / 3)
    assert len(judge.asked) == 3


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([1, 1, 1], 1.0),
        ([0, 0, 0], 0.0),
        ([1, 0, 1], (1 + 2 / 3) / 2),
        ([0, 1, 1], (1 / 2 + 2 / 3) / 2),
        ([0, 0, 1], 1 / 3),
    ],
)
def test_context_precision_is_average_precision(verdicts: list[int], expected: float) -> None:
    """The mean of precision at each useful context, exactly: a perfect ranking is 1 and no less."""
    found = score("context_precision", {"ContextPrecisionOutput": lambda _, n: {"reason": "r", "verdict": verdicts[n]}})
    assert found.value == pytest.approx(expected, abs=1e-15)
    assert told(found) == [("context", f"context {i}", v, "r") for i, v in enumerate(verdicts, start=1)]


def test_semantic_similarity_is_a_cosine() -> None:
    """Of the vectors of reference and response, however long they are, asked for in one call."""
    table = {str(CASE.reference): [2.0, 0.0], str(ANSWER.response): [30.0, 40.0]}
    vectors = Vectors(table)
    assert score("semantic_similarity", {}, vectors).value == pytest.approx(0.6)
    assert len(vectors.asked) == 1


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1), min_size=2, max_size=64))
def test_equal_texts_are_no_more_than_equal(numbers: list[float]) -> None:
    """Rounding does not take the similarity of equal vectors above 1."""
    table = dict.fromkeys(TABLE, numbers)
    assert 1 - 1e-9 < score("semantic_similarity", {}, Vectors(table)).value <= 1


def test_side_by_side_scores_do_not_mix() -> None:
    """Scores of one metric that run at the same time keep their own evidence and their own draws."""
    judge = Scripted(
        {
            "StatementGeneratorOutput": lambda asked, _: {"statements": [asked["answer"]]},
            "NLIStatementOutput": lambda asked, _: judged(len(asked["statements"][0]) % 2)(asked, 0),
        },
        seconds=0.01,
    )
    metric = connect_spec(find_spec("faithfulness"), asking(judge))
    answers = [ANSWER.model_copy(update={"response": "x" * n}) for n in range(1, 9)]

    async def scenario() -> list[Score]:
        return [cast("Score", s) for s in await asyncio.gather(*(metric.score(CASE, answer) for answer in answers))]

    found = asyncio.run(scenario())
    assert [one.value for one in found] == [1.0, 0.0] * 4
    assert [one.evidence.verdicts[0].statement for one in found] == [answer.response for answer in answers]
    assert {*judge.draws} == {""}


# What gives no number


@pytest.mark.parametrize(
    ("name", "script", "table"),
    [
        ("faithfulness", {"StatementGeneratorOutput": {"statements": []}}, TABLE),
        (
            "faithfulness",
            {"StatementGeneratorOutput": {"statements": ["A."]}, "NLIStatementOutput": {"statements": []}},
            TABLE,
        ),
        ("context_recall", {"ContextRecallOutput": {"classifications": []}}, TABLE),
        ("answer_relevancy", {"AnswerRelevanceOutput": relevance(*[("Nil", 0)] * 3)}, {**TABLE, "Nil": [0.0, 0.0]}),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_not_a_number_is_a_failure(name: str, script: Script, table: Mapping[str, list[float]]) -> None:
    """Where RAGAs returns NaN there is no score, but an error with a reason."""
    with pytest.raises(JudgeError) as caught:
        score(name, script, Vectors(table))
    assert caught.value.reason == "not_a_number"


@pytest.mark.parametrize(
    ("name", "script", "reason"),
    [
        (
            "faithfulness",
            {
                "StatementGeneratorOutput": {
                    "statements": ["It leaves at nine.", "Dogs cost two euros.", "Cats sleep."]
                },
                "NLIStatementOutput": lambda asked, _: {
                    "statements": [{"statement": asked["statements"][0], "reason": "r", "verdict": 1}]
                },
            },
            "incomplete_verdicts",
        ),
        ("factual_correctness", {"ClaimDecompositionOutput": {"claims": []}}, "no_statements"),
        (
            "answer_correctness",
            {
                **classes(0, 0, 0),
                "StatementGeneratorOutput": lambda given, _: {"statements": [given["answer"]]},
            },
            "incomplete_verdicts",
        ),
        ("faithfulness", {"StatementGeneratorOutput": {"statements": ["It leaves at nine."]}}, "incomplete_statements"),
        ("context_precision", {"ContextPrecisionOutput": {"reason": "r", "verdict": 2}}, "invalid_verdict"),
    ],
)
def test_replies_that_ragas_takes_for_full_marks(name: str, script: Script, reason: str) -> None:
    """Behind the check they are failures: no number comes out of them."""
    with pytest.raises(JudgeError) as caught:
        score(name, ValidatedJudge(backend(Scripted(script))))
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", NAMES)
def test_a_judge_that_fails_gives_its_own_reason(name: str) -> None:
    """RAGAs does not swallow the error of a judge or of an embedder."""

    class Broken:
        async def embed(self, texts: Any) -> list[list[float]]:
            raise JudgeError("too slow", reason="timeout")

        async def reply(self, prompt: str, shape: Any, draw: str = "") -> Any:
            raise JudgeError("too slow", reason="timeout")

    with pytest.raises(JudgeError) as caught:
        score(name, Broken(), Broken())
    assert caught.value.reason == "timeout"


# Versions and the judge inside


def test_versions_name_release_prompts_and_formula() -> None:
    """They differ between metrics with other prompts or formulas, and are those of runs that were made before."""
    found = {name: find_spec(name).read_version() for name in NAMES}
    assert all(version.startswith("ragas 0.4") for version in found.values())
    assert len({*found.values()}) == len(found)
    assert found["factual_correctness"].endswith("formula f1 of both directions, refusals decided")
    assert found["faithfulness"] == "ragas 0.4.3 prompts 1d8758a2 formula mean support, refusals apart"


@pytest.mark.slow
def test_prompts_are_those_of_ragas() -> None:
    """Their rules are put together once; every text that is asked is the one that RAGAs would write."""
    for name in NAMES:
        connect_spec(find_spec(name), asking(Scripted({})))
    remembered = 0
    for kind in BasePrompt.__subclasses__():
        if kind.to_string.__module__ != adapter.__name__:
            continue
        remembered += 1
        for data, _ in kind.examples:
            for text in (kind().to_string(data), kind().to_string(data)):
                assert text == BasePrompt.to_string(kind(), data)
        own = kind()
        own.instruction = "Otherwise."
        assert own.to_string(data) == BasePrompt.to_string(own, data) != text
    assert remembered >= len(NAMES) - 2  # similarity asks nothing, and factual correctness shares faithfulness' prompt


@pytest.mark.parametrize("name", NAMES)
def test_the_judge_inside_scores_every_metric(name: str) -> None:
    """Each gives a number between 0 and 1, the same one every time."""
    first, again = (score(name, ValidatedJudge(backend(EmbeddedJudge())), HashingEmbedder()) for _ in range(2))
    assert 0 <= first.value <= 1
    assert first == again
