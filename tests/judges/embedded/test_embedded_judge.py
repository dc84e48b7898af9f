"""The embedded judge on RAGAs' own prompts."""

import asyncio
import contextlib
import io
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judges.embedded.ragas_prompts import Asked, ask, recall_of, statements_of, verdicts_on
from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.judges.embedded.embedder import DIMENSIONS, HashingEmbedder, vector
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.embedded.version import VERSION

CONTEXT = "The harbour master is Anna Meyer. A berth costs 45 euros a night."
TEXTS = st.lists(st.text(max_size=60), max_size=6)


def reply(asked: Asked) -> dict[str, Any]:
    """What the judge says, as plain data."""
    return asyncio.run(EmbeddedJudge().reply(asked.prompt, asked.shape)).model_dump()


def rating(metric: str, prompt: str, **fields: str) -> int:
    """The grade a rating prompt gets."""
    shape = "".join(part.capitalize() for part in metric.split("_")) + "Output"
    return int(reply(ask(metric, prompt, shape, **fields))["rating"])


def test_statements_of_an_answer() -> None:
    """Faithfulness' first prompt is answered with the answer's claims."""
    assert reply(statements_of("Who?", "Anna Meyer is master. It costs 45 euros.")) == {
        "statements": ["Anna Meyer is master.", "It costs 45 euros."]
    }


def test_verdicts_on_statements() -> None:
    """One verdict a statement, in order, word by word, each with a reason."""
    found = reply(verdicts_on(CONTEXT, ["A berth costs 45 euros.", "A berth costs 54 euros."]))["statements"]
    assert [(f["statement"], f["verdict"]) for f in found] == [
        ("A berth costs 45 euros.", 1),
        ("A berth costs 54 euros.", 0),
    ]
    assert all(f["reason"] for f in found)


def test_verdicts_carry_their_support() -> None:
    """Beside RAGAs' fields each verdict has its support and its sentence; the reply is still what was asked for."""
    for asked, name in (
        (verdicts_on(CONTEXT, ["A berth costs 45 euros.", "A berth costs 54 euros."]), "statements"),
        (recall_of("Who is master?", CONTEXT, "A berth costs 45 euros. A berth costs 54 euros."), "classifications"),
    ):
        answer = asyncio.run(EmbeddedJudge().reply(asked.prompt, asked.shape))
        assert isinstance(answer, asked.shape)
        assert type(answer).__name__ == asked.shape.__name__
        right, wrong = getattr(answer, name)
        assert right.support > 0.8
        assert wrong.support < 0.5
        assert {right.evidence, wrong.evidence} == {"A berth costs 45 euros a night."}


def test_noise_sensitivity_has_models_of_its_own() -> None:
    """Its prompts, written by other code with other field names, are read the same way."""
    said = ask(
        "noise_sensitivity",
        "StatementGeneratorPrompt",
        "StatementGeneratorOutput",
        given="StatementGeneratorInput",
        question="Who?",
        text="Anna Meyer is master.",
    )
    judged = ask(
        "noise_sensitivity",
        "StatementFaithfulnessPrompt",
        "StatementFaithfulnessOutput",
        given="StatementFaithfulnessInput",
        context=CONTEXT,
        statements=["The master is Anna Meyer."],
    )
    assert reply(said) == {"statements": ["Anna Meyer is master."]}
    assert reply(judged)["statements"][0]["verdict"] == 1


def test_claims_of_a_response() -> None:
    """Factual correctness' first prompt is answered with claims."""
    asked = ask(
        "factual_correctness",
        "ClaimDecompositionPrompt",
        "ClaimDecompositionOutput",
        response="Anna Meyer is master. A berth costs 45 euros.",
    )
    assert reply(asked) == {"claims": ["Anna Meyer is master.", "A berth costs 45 euros."]}


def test_context_recall() -> None:
    """Each statement of the reference is attributed to the context or not."""
    found = reply(recall_of("Who is master?", CONTEXT, "Anna Meyer. She was born in Oslo in 1970."))
    assert [c["attributed"] for c in found["classifications"]] == [1, 0]


def test_correctness_puts_every_statement_in_one_class() -> None:
    """Answer statements are TP or FP; reference statements the answer leaves out are FN."""
    found = reply(
        ask(
            "answer_correctness",
            "CorrectnessClassifierPrompt",
            "ClassificationWithReason",
            question="What does a berth cost?",
            answer=["A berth costs 45 euros.", "It comes with a sauna."],
            ground_truth=["A berth costs 45 euros.", "Electricity is included."],
        )
    )
    assert {name: [s["statement"] for s in part] for name, part in found.items()} == {
        "TP": ["A berth costs 45 euros."],
        "FP": ["It comes with a sauna."],
        "FN": ["Electricity is included."],
    }


@pytest.mark.parametrize(("response", "noncommittal"), [("A berth costs 45 euros.", 0), ("I don't know.", 1)])
def test_answer_relevance(response: str, noncommittal: int) -> None:
    """A question is written back, and refusals are marked."""
    found = reply(ask("answer_relevancy", "AnswerRelevancePrompt", "AnswerRelevanceOutput", response=response))
    assert found["noncommittal"] == noncommittal
    assert found["question"].endswith("?")


@pytest.mark.parametrize(("context", "verdict"), [(CONTEXT, 1), ("The Andes are long.", 0), ("", 0)])
def test_context_precision(context: str, verdict: int) -> None:
    """A context is useful where it supports the answer."""
    found = reply(
        ask(
            "context_precision",
            "ContextPrecisionPrompt",
            "ContextPrecisionOutput",
            question="What does a berth cost?",
            context=context,
            answer="45 euros",
        )
    )
    assert found["verdict"] == verdict
    assert found["reason"]


def test_entities() -> None:
    """Named entities come back once each."""
    asked = ask("context_entity_recall", "ExtractEntitiesPrompt", "EntitiesList", text=CONTEXT + " " + CONTEXT)
    assert reply(asked) == {"entities": ["Anna Meyer", "45 euros"]}


def test_ratings_grow_with_support() -> None:
    """Answer accuracy, context relevance and groundedness grade right above half right above wrong."""
    right, wrong = "The master is Anna Meyer.", "The pool is heated."
    accuracy = [
        rating(
            "answer_accuracy",
            "AnswerAccuracyJudge1Prompt",
            query="Who?",
            user_answer=a,
            reference_answer=right,
        )
        for a in (right, f"{right} {wrong}", wrong)
    ]
    grounded = [
        rating("response_groundedness", "ResponseGroundednessJudge2Prompt", response=r, context=CONTEXT)
        for r in (right, f"{right} {wrong}", wrong)
    ]
    relevant = [
        rating(
            "context_relevance",
            "ContextRelevanceJudge1Prompt",
            user_input="What does a berth cost?",
            context=c,
        )
        for c in (CONTEXT, wrong)
    ]
    assert (accuracy, grounded, relevant) == ([4, 2, 0], [2, 1, 0], [2, 0])


def test_an_unknown_shape_is_refused() -> None:
    """A model the judge does not know is a JudgeError with the reason `unsupported_prompt`."""

    class Rubric(BaseModel):
        feedback: str

    with pytest.raises(JudgeError, match="Rubric") as caught:
        asyncio.run(EmbeddedJudge().reply(statements_of("q", "a").prompt, Rubric))
    assert (caught.value.reason, caught.value.retriable) == ("unsupported_prompt", False)


def test_a_foreign_model_of_a_known_name_is_refused() -> None:
    """Fields that RAGAs' model of that name does not have are a JudgeError, not a crash."""

    class EntitiesList(BaseModel):
        people: list[str]

    with pytest.raises(JudgeError, match="fields differ"):
        asyncio.run(EmbeddedJudge().reply(statements_of("q", "a").prompt, EntitiesList))


def test_a_prompt_without_input_is_refused() -> None:
    """A prompt of another form is a JudgeError with the same reason."""
    with pytest.raises(JudgeError) as caught:
        asyncio.run(EmbeddedJudge().reply("Hello.", statements_of("q", "a").shape))
    assert caught.value.reason == "unsupported_prompt"


@pytest.mark.slow
@given(context=st.text(max_size=400), statements=TEXTS)
def test_any_text_gets_as_many_verdicts_as_statements(context: str, statements: list[str]) -> None:
    """Whatever the text: the same statements, verdicts 0 or 1, the same reply every time."""
    asked = verdicts_on(context, statements)
    found = reply(asked)
    assert [f["statement"] for f in found["statements"]] == statements
    assert {f["verdict"] for f in found["statements"]} <= {0, 1}
    assert reply(asked) == found


@given(answer=TEXTS, truth=TEXTS)
def test_any_answer_is_classified_completely(answer: list[str], truth: list[str]) -> None:
    """TP and FP together are the answer; FN are statements of the reference."""
    found = reply(
        ask(
            "answer_correctness",
            "CorrectnessClassifierPrompt",
            "ClassificationWithReason",
            question="q",
            answer=answer,
            ground_truth=truth,
        )
    )
    named = {name: [s["statement"] for s in part] for name, part in found.items()}
    assert sorted(named["TP"] + named["FP"]) == sorted(answer)
    assert set(named["FN"]) <= set(truth)


@pytest.mark.slow
@given(st.text(max_size=300))
def test_any_text_is_answered_in_every_other_shape(text: str) -> None:
    """No text makes the judge raise, and scores stay in their range."""
    reply(statements_of(text, text))
    reply(recall_of(text, text, text))
    reply(ask("context_entity_recall", "ExtractEntitiesPrompt", "EntitiesList", text=text))
    found = reply(ask("answer_relevancy", "AnswerRelevancePrompt", "AnswerRelevanceOutput", response=text))
    assert found["noncommittal"] in (0, 1)
    assert rating("response_groundedness", "ResponseGroundednessJudge1Prompt", response=text, context=text) in (0, 1, 2)


@given(st.text(max_size=200))
def test_a_vector_has_length_one_and_never_changes(text: str) -> None:
    """Every text, the empty one too, has one unit vector."""
    first = asyncio.run(HashingEmbedder().embed([text, text]))
    assert first[0] == first[1] == vector(text)
    assert len(first[0]) == DIMENSIONS
    assert sum(value * value for value in first[0]) == pytest.approx(1.0)


def test_a_paraphrase_is_nearer_than_something_else() -> None:
    """Cosine falls from the same text over shared words to unrelated ones."""
    texts = [
        "What does a berth cost a night?",
        "The cost of berths per night is 45 euros.",
        "Elephants sleep standing in the savannah.",
    ]
    asked, near, far = asyncio.run(HashingEmbedder().embed(texts))
    cosines = [sum(x * y for x, y in zip(asked, other, strict=True)) for other in (asked, near, far)]
    assert cosines[0] == pytest.approx(1.0)
    assert cosines[1] > 0.4
    assert abs(cosines[2]) < 0.2


@pytest.mark.slow
def test_another_process_says_the_same() -> None:
    """Neither verdict order nor vectors hang on the hash seed of the process."""
    code = (
        "from rag_eval.judges.embedded.embedder import vector\n"
        "from rag_eval.judges.embedded.passages import read_passages\n"
        "from rag_eval.judges.embedded.support import check\n"
        "print(hash(tuple(vector('a berth costs 45 euros'))))\n"
        "print(check('No open pier before 5 costs 54.', read_passages('A pier is open.')))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True)
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(code, {})
    assert done.stdout == here.getvalue()


def test_the_version_is_part_of_an_origin() -> None:
    """The version is a short string."""
    assert VERSION == "4"
