"""What drafting will take is known before anybody is asked."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from support.scripted import Scripted

from rag_eval.dataset.documents import Document
from rag_eval.dataset.drafting import DraftRequest, PassageIndex, draft_questions, plan
from rag_eval.dataset.drafting.planning import tokens

_SENTENCE = "The keeper of tower {n} winds the clock of the harbour on day {n}, and then rings bell {n} three times."


@pytest.fixture(params=[1, 12], ids=["short", "long"])
def index(request: pytest.FixtureRequest) -> Iterator[PassageIndex]:
    """Documents of passages with one sentence, and with a dozen."""
    documents = (_document(n, request.param) for n in range(20))
    with PassageIndex() as index:
        for _ in index.fill(documents):
            pass
        yield index


def _document(n: int, sentences: int) -> Document:
    prose = " ".join(_SENTENCE.format(n=n + 20 * at) for at in range(sentences))
    text = f"# Tower {n}\n\n## Clock\n\n{prose}\n\n## Bell\n\n1. Bell {n} hangs high.\n2. Ring bell {n} at noon.\n"
    return Document(f"tower-{n}.md", "markdown", "0" * 64, text)


@pytest.mark.parametrize("refused", [0, 9], ids=["none refused", "every ninth refused"])
@pytest.mark.parametrize("questions", [10, 40])
def test_the_plan_is_near_what_is_spent(index: PassageIndex, questions: int, refused: int) -> None:
    """Within a fifth, in calls and in tokens of prompts, of a model that does as it is told, or nearly always does."""
    number = itertools.count()

    def drafted(given: Mapping[str, Any], before: int) -> Mapping[str, Any]:
        if refused and before % refused == refused - 1:
            return {"question": ""}
        at = next(number)
        if given["kind"] == "unanswerable":
            return {"question": f"Which emperor paid for the repairs of mason number {at} in the year of lot {at}?"}
        quotes = [passage["text"].strip().rpartition("\n")[2][-160:] for passage in given["passages"]]
        question = f"Which of the many things that are told of matter {at} is what thing {at} is known for?"
        return {"question": question, "answer": " ".join(quotes)[:150], "quotes": quotes}

    def follows(given: Mapping[str, Any], _: int) -> Mapping[str, Any]:
        return {"verdict": int(bool(given["question"]))}

    judge = Scripted({"DraftedQuestion": drafted, "FollowsVerdict": follows, "AnswersVerdict": {"verdict": 0}})
    wanted = DraftRequest(questions=questions)
    expected = plan(index, wanted)
    result = asyncio.run(draft_questions(index, judge, wanted))
    assert len(result.cases) == expected.questions == questions
    assert expected.calls == pytest.approx(len(judge.asked), rel=0.2)
    assert expected.prompt_tokens == pytest.approx(sum(tokens(prompt) for prompt, _, _ in judge.asked), rel=0.2)
    assert sum(expected.kinds.values()) == questions


def test_of_few_passages_few_questions_are_planned() -> None:
    """And of none none."""
    with PassageIndex() as index:
        assert plan(index, DraftRequest(questions=5)).calls == 0
        for _ in index.fill([_document(1, 1)]):
            pass
        assert 0 < plan(index, DraftRequest(questions=50, kinds=("single-fact",))).questions < 50


def test_tokens() -> None:
    """Four letters of English each; other scripts take more."""
    assert tokens("") == 0
    assert tokens("The keeper winds the clock.") == 7
    assert tokens("谁在塔楼里上发条") == 7
