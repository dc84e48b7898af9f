"""No reply with fewer, other or impossible verdicts ever becomes a score."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judges.embedded.ragas_prompts import Asked, ask, recall_of, statements_of, verdicts_on
from pydantic import BaseModel
from support.growth import grows_linearly
from support.scripted import Memory, Scripted, backend

from rag_eval.errors import JudgeError
from rag_eval.judges.embedded.claims import statements
from rag_eval.judges.middleware import CachedJudge
from rag_eval.judges.shapes import find_fault
from rag_eval.judges.validation import TRIES, ValidatedJudge
from rag_eval.language.prompts import MARKER

STATEMENTS = [
    "The ferry leaves at nine.",
    "A berth costs 45 euros.",
    "Dogs must be on a leash.",
    "Anna Meyer is harbour master.",
    "The crane lifts twelve tonnes.",
]
REFERENCE = "The ferry leaves at nine in summer. Dogs travel free of charge. Bicycles cost four euros."


def verdicts(statements: list[str], values: list[int] | None = None) -> dict[str, Any]:
    """A reply with a verdict for each statement."""
    told = values or [1] * len(statements)
    return {
        "statements": [{"statement": s, "reason": "r", "verdict": v} for s, v in zip(statements, told, strict=True)]
    }


def attributions(statements: list[str], values: list[int] | None = None) -> dict[str, Any]:
    """A reply of context recall."""
    told = values or [1] * len(statements)
    pairs = zip(statements, told, strict=True)
    return {"classifications": [{"statement": s, "reason": "r", "attributed": v} for s, v in pairs]}


def classes(tp: int, fp: int, fn: int) -> dict[str, Any]:
    """A reply of answer correctness with so many statements in each class."""
    return {
        name: [{"statement": f"S{i}", "reason": "r"} for i in range(number)]
        for name, number in (("TP", tp), ("FP", fp), ("FN", fn))
    }


def classify(answer: int, truth: int) -> Asked:
    """The prompt that has so many statements sorted."""
    return ask(
        "answer_correctness",
        "CorrectnessClassifierPrompt",
        "ClassificationWithReason",
        question="Q?",
        answer=[f"A{i}" for i in range(answer)],
        ground_truth=[f"G{i}" for i in range(truth)],
    )


NLI = verdicts_on("Some context.", STATEMENTS)
NOISE = ask(
    "noise_sensitivity",
    "StatementFaithfulnessPrompt",
    "StatementFaithfulnessOutput",
    given="StatementFaithfulnessInput",
    context="Some context.",
    statements=STATEMENTS,
)
FACTUAL = ask(
    "factual_correctness",
    "NLIStatementPrompt",
    "NLIStatementOutput",
    given="NLIStatementInput",
    context="Some context.",
    statements=STATEMENTS,
)
RECALL = recall_of("Q?", "Some context.", REFERENCE)
PRECISION = ask(
    "context_precision", "ContextPrecisionPrompt", "ContextPrecisionOutput", question="Q?", context="c", answer="a"
)
RELEVANCE = ask("answer_relevancy", "AnswerRelevancePrompt", "AnswerRelevanceOutput", response="At nine.")
TEXT = "The ferry leaves at nine, and a berth costs 45 euros. Dogs must be on a leash."
SAID = ["The ferry leaves at nine.", "A berth costs 45 euros.", "Dogs must be on a leash."]
NAMED_TEXT = ask(
    "noise_sensitivity",
    "StatementGeneratorPrompt",
    "StatementGeneratorOutput",
    given="StatementGeneratorInput",
    question="Q?",
    text=TEXT,
)
WHOLE_CLAIMS = ask(
    "factual_correctness", "ClaimDecompositionPrompt", "ClaimDecompositionOutput", response=TEXT, coverage="high"
)
CLAIMS = ask("factual_correctness", "ClaimDecompositionPrompt", "ClaimDecompositionOutput", response="At nine.")
MADE = statements_of("Q?", "At nine.")


def fault(asked: Asked, said: Mapping[str, Any]) -> str | None:
    """The reason code of what is wrong with a reply."""
    found = find_fault(asked.prompt, asked.shape.model_validate(said))
    return found[0] if found else None


FAULTS = [
    (NLI, verdicts(STATEMENTS[:1]), "incomplete_verdicts"),
    (NLI, verdicts([]), "incomplete_verdicts"),
    (NLI, verdicts([*STATEMENTS, "One more."]), "incomplete_verdicts"),
    (NLI, verdicts(STATEMENTS, [1, 1, 2, 1, 1]), "invalid_verdict"),
    (NLI, verdicts(STATEMENTS, [1, 1, -1, 1, 1]), "invalid_verdict"),
    (NLI, verdicts(["Something about quite different matters altogether."] * 5), "wrong_statements"),
    (NLI, verdicts([STATEMENTS[0]] * 5), "wrong_statements"),
    (NLI, verdicts([""] * 5), "wrong_statements"),
    (NOISE, verdicts(STATEMENTS[:1]), "incomplete_verdicts"),
    (NOISE, verdicts(STATEMENTS, [1, 1, 2, 1, 1]), "invalid_verdict"),
    (FACTUAL, verdicts(STATEMENTS[:4]), "incomplete_verdicts"),
    (FACTUAL, verdicts(STATEMENTS, [5, 1, 1, 1, 1]), "invalid_verdict"),
    (RECALL, attributions(REFERENCE.split(". ")[:2]), "incomplete_verdicts"),
    (RECALL, attributions([]), "incomplete_verdicts"),
    (RECALL, attributions(["Nothing of the sort was said here by anyone."] * 3), "incomplete_verdicts"),
    (RECALL, attributions([REFERENCE], [5]), "invalid_verdict"),
    (RECALL, attributions([REFERENCE], [-1]), "invalid_verdict"),
    (classify(3, 2), classes(0, 0, 0), "incomplete_verdicts"),
    (classify(3, 2), classes(1, 1, 0), "incomplete_verdicts"),
    (classify(3, 2), classes(3, 1, 0), "incomplete_verdicts"),
    (classify(3, 2), classes(1, 2, 3), "wrong_statements"),
    (PRECISION, {"reason": "r", "verdict": 2}, "invalid_verdict"),
    (PRECISION, {"reason": "r", "verdict": -1}, "invalid_verdict"),
    (RELEVANCE, {"question": " ", "noncommittal": 0}, "no_question"),
    (RELEVANCE, {"question": "When?", "noncommittal": 3}, "invalid_verdict"),
    (CLAIMS, {"claims": []}, "no_statements"),
    (CLAIMS, {"claims": ["", " "]}, "no_statements"),
    (MADE, {"statements": []}, "no_statements"),
    *((statements_of("Q?", TEXT), {"statements": SAID[:i] + SAID[i + 1 :]}, "incomplete_statements") for i in range(3)),
    (NAMED_TEXT, {"statements": SAID[:2]}, "incomplete_statements"),
    (WHOLE_CLAIMS, {"claims": SAID[1:]}, "incomplete_statements"),
]

WHOLE = [
    (NLI, verdicts(STATEMENTS, [1, 0, 1, 0, 1])),
    (NLI, verdicts([s.upper().rstrip(".") for s in STATEMENTS])),
    (NOISE, verdicts(STATEMENTS)),
    (FACTUAL, verdicts(STATEMENTS)),
    (RECALL, attributions(REFERENCE.split(". "), [1, 0, 1])),
    (RECALL, attributions([REFERENCE])),
    (classify(3, 2), classes(1, 2, 2)),
    (classify(3, 2), classes(3, 0, 0)),
    (PRECISION, {"reason": "r", "verdict": 0}),
    (RELEVANCE, {"question": "When?", "noncommittal": 1}),
    (CLAIMS, {"claims": ["It is at nine."]}),
    (MADE, {"statements": ["It is at nine.", ""]}),
    (statements_of("Q?", TEXT), {"statements": SAID}),
    (NAMED_TEXT, {"statements": [TEXT]}),
    (WHOLE_CLAIMS, {"claims": [*SAID, "Something that the text does not say."]}),
]


def validated(judge: Scripted, prompt: str, response_model: type[BaseModel], sample: str = "") -> BaseModel:
    """The reply of a judge that is checked."""
    return asyncio.run(ValidatedJudge(backend(judge)).reply(prompt, response_model, sample)).value


@pytest.mark.parametrize(("asked", "said", "reason"), FAULTS)
def test_what_is_wrong_is_found(asked: Asked, said: Mapping[str, Any], reason: str) -> None:
    """Missing, impossible and misplaced verdicts are told apart by a reason code."""
    assert fault(asked, said) == reason


@pytest.mark.parametrize(("asked", "said"), WHOLE)
def test_what_is_whole_passes(asked: Asked, said: Mapping[str, Any]) -> None:
    """A complete reply is used at the first try."""
    judge = Scripted({asked.shape.__name__: said})
    reply = validated(judge, asked.prompt, asked.shape)
    assert reply.model_dump() == asked.shape.model_validate(said).model_dump()
    assert len(judge.asked) == 1


@pytest.mark.parametrize(("asked", "said", "reason"), FAULTS)
def test_a_judge_that_stays_wrong_gives_no_score(asked: Asked, said: Mapping[str, Any], reason: str) -> None:
    """It is asked again, told what was wrong, and then the call fails with that reason."""
    judge = Scripted({asked.shape.__name__: said})
    with pytest.raises(JudgeError) as caught:
        validated(judge, asked.prompt, asked.shape)
    assert caught.value.reason == reason
    assert len(judge.asked) == TRIES
    first, *again = [prompt for prompt, _, _ in judge.asked]
    assert first == asked.prompt
    assert all(prompt.startswith(asked.prompt) and "could not be used" in prompt for prompt in again)


@pytest.mark.parametrize(("asked", "said", "reason"), FAULTS)
def test_a_correction_is_not_read_as_the_input(asked: Asked, said: Mapping[str, Any], reason: str) -> None:
    """What is appended when asking again leaves the prompt's input as it was."""
    judge = Scripted({asked.shape.__name__: said})
    with pytest.raises(JudgeError):
        validated(judge, asked.prompt, asked.shape)
    reply = asked.shape.model_validate(said)
    assert all((find_fault(prompt, reply) or ("",))[0] == reason for prompt, _, _ in judge.asked)


def test_one_verdict_for_five_statements() -> None:
    """The message of the failure says how many were missing."""
    judge = Scripted({"NLIStatementOutput": verdicts(STATEMENTS[:1])})
    with pytest.raises(JudgeError, match="1 verdicts for 5 statements, 3 times over"):
        validated(judge, NLI.prompt, NLI.shape)


def test_a_judge_that_gets_it_right_the_second_time_is_used() -> None:
    """One bad reply costs one more call, under another draw, and no score."""
    judge = Scripted({"NLIStatementOutput": lambda _, before: verdicts(STATEMENTS if before else STATEMENTS[:1])})
    reply = validated(judge, NLI.prompt, NLI.shape, "sample-1")
    assert reply.model_dump() == verdicts(STATEMENTS)
    assert judge.draws == ["sample-1", "sample-1/again-0.1"]


@pytest.mark.parametrize(
    "told",
    [
        "The ferry is leaving at nine.",
        "The ferry leaves at 9.",
        "the ferry leaves, at nine",
        "Ferry leaves at nine o'clock.",
    ],
)
def test_reworded_statements_are_the_same(told: str) -> None:
    """Models change a word when they repeat a statement; that is no fault."""
    asked = verdicts_on("c", ["The ferry leaves at nine."])
    assert fault(asked, verdicts([told])) is None


def test_alike_statements_do_not_stand_in_for_each_other() -> None:
    """Two statements that differ in a word are two: judging one of them twice is not enough."""
    alike = ["Anna was born in Oslo.", "Anna was born in Rome."]
    asked = verdicts_on("c", alike)
    assert fault(asked, verdicts(alike)) is None
    assert fault(asked, verdicts([alike[0]] * 2)) == "wrong_statements"


def test_a_statement_that_was_made_twice_is_judged_twice() -> None:
    """Equal statements in one list are allowed to have equal verdicts."""
    twice = ["The ferry leaves at nine."] * 2
    assert fault(verdicts_on("c", twice), verdicts(twice)) is None


class Claim(BaseModel):
    """A claim of a reference and whether the response makes it."""

    claim: str
    reason: str = "r"
    verdict: str


class CorrectnessOutput(BaseModel):
    """The claims of a reference."""

    claims: list[Claim]


@pytest.mark.parametrize(
    ("reference", "claims", "verdict", "reason"),
    [
        (TEXT, SAID, "said", None),
        (TEXT, SAID, "missing", None),
        (TEXT, SAID[:2], "contradicted", "incomplete_statements"),
        (TEXT, SAID, "maybe", "invalid_verdict"),
        (TEXT, [], "said", "no_statements"),
        ("", [], "said", None),
    ],
)
def test_the_claims_of_a_reference_are_whole(
    reference: str, claims: list[str], verdict: str, reason: str | None
) -> None:
    """Each claim has one of three verdicts, and together they speak of all the reference."""
    given = {"question": "Q?", "reference": reference, "response": "At nine."}
    reply = CorrectnessOutput(claims=[Claim(claim=claim, verdict=verdict) for claim in claims])
    assert (find_fault(MARKER + json.dumps(given), reply) or (None,))[0] == reason


@pytest.mark.parametrize(("asked", "repeated"), [("aa", "ab"), ("图", "书")])
def test_long_statements_are_compared_in_linear_time(asked: str, repeated: str) -> None:
    """A judge that repeats one letter for ever holds nothing up."""

    def compare(size: int) -> None:
        assert fault(verdicts_on("c", [asked * size]), verdicts([repeated * size])) == "wrong_statements"

    assert grows_linearly(compare, 20_000)


@pytest.mark.parametrize(
    ("asked", "repeated", "reason"),
    [
        ("阅览室上午八点开放。", "阅览室早上八点开放", None),
        ("阅览室上午八点开放。", "停车场位于大楼后面。", "wrong_statements"),
        ("プールは朝七時に開きます。", "プールは朝七時に開く。", None),
        ("プールは朝七時に開きます。", "水泳帽の着用が必要です。", "wrong_statements"),
        ("संग्रहालय सोमवार को बंद रहता है।", "संग्रहालय सोमवार को बंद होता है", None),
        ("พิพิธภัณฑ์เปิดทุกวัน", "ห้ามถ่ายภาพภายในห้องจัดแสดง", "wrong_statements"),
    ],
)
def test_statements_are_recognised_in_any_script(asked: str, repeated: str, reason: str | None) -> None:
    """A word changed is the same statement where no spaces are written as well."""
    assert fault(verdicts_on("c", [asked]), verdicts([repeated])) == reason


def test_a_judge_that_drops_every_fifth_statement_moves_no_score() -> None:
    """Each answer of which something is dropped fails, or is asked again until the list is whole."""
    answers = [
        f"Pier {i} was built in {1800 + i}, and it burned down in {1900 + i}. Captain Moor{i} kept its lamp for "
        f"{i + 2} years. It is painted white, with a red band. The fare is {i + 3} euros; children travel free."
        for i in range(90)
    ]
    dropped: set[str] = set()
    count = itertools.count(1)

    def drop(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        made = statements(given["answer"])
        kept = [statement for statement in made if next(count) % 5]
        if len(kept) < len(made):
            dropped.add(given["answer"])
        return {"statements": kept}

    async def whole(answer: str) -> bool:
        asked = statements_of("Q?", answer)
        try:
            reply = (await ValidatedJudge(backend(judge)).reply(asked.prompt, asked.shape)).value
        except JudgeError as error:
            assert error.reason == "incomplete_statements"
            return False
        assert reply.model_dump()["statements"] == statements(answer)
        return True

    judge = Scripted({"StatementGeneratorOutput": drop})
    for answer in answers:
        asyncio.run(whole(answer))
    assert len(dropped) > 80


def test_shapes_that_are_not_known_pass() -> None:
    """A reply that nobody knows how to check is left to its metric."""
    asked = ask("answer_accuracy", "AnswerAccuracyJudge1Prompt", "AnswerAccuracyOutput", query="q", user_answer="a",
                reference_answer="r")  # fmt: skip
    assert fault(asked, {"rating": 7}) is None


def test_a_later_round_asks_anew() -> None:
    """After failures are tried again, bad replies that were kept are not met a second time."""
    store = Memory()

    def round_(number: int, said: Mapping[str, Any]) -> Scripted:
        judge = Scripted({"NLIStatementOutput": said})
        checked = ValidatedJudge(CachedJudge(backend(judge), store), round_=number)
        if said["statements"][1:]:
            asyncio.run(checked.reply(NLI.prompt, NLI.shape))
        else:
            with pytest.raises(JudgeError):
                asyncio.run(checked.reply(NLI.prompt, NLI.shape))
        return judge

    assert len(round_(0, verdicts(STATEMENTS[:1])).asked) == TRIES
    assert len(round_(0, verdicts(STATEMENTS[:1])).asked) == 0
    assert round_(1, verdicts(STATEMENTS)).draws == ["/again-1.1"]
    assert len(round_(1, verdicts(STATEMENTS)).asked) == 0


def test_errors_of_the_judge_come_through() -> None:
    """A judge that cannot be reached is not asked again here."""
    judge = Scripted({})
    with pytest.raises(JudgeError, match="has no NLIStatementOutput"):
        validated(judge, NLI.prompt, NLI.shape)
    assert len(judge.asked) == 1


@settings(deadline=None)
@given(
    st.lists(st.text(), min_size=1, max_size=6),
    st.lists(st.tuples(st.text(), st.integers(-2, 3)), max_size=6),
)
def test_nothing_passes_that_is_not_whole(asked: list[str], told: list[tuple[str, int]]) -> None:
    """Whatever the texts: what passes has as many verdicts as there were statements, all of them 0 or 1."""
    prompt = verdicts_on("c", [one.encode("utf-8", "replace").decode() for one in asked])
    said = verdicts([text for text, _ in told], [value for _, value in told])
    if fault(prompt, said) is None:
        assert len(told) == len(asked)
        assert {value for _, value in told} <= {0, 1}


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=6))
def test_word_by_word_repetition_always_passes(statements: list[str]) -> None:
    """A judge that repeats each statement as it was is never refused for it."""
    assert fault(verdicts_on("c", statements), verdicts(statements)) is None
