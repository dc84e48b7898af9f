"""Each reply of the embedded judge, as plain data."""

from typing import Any

import pytest

from rag_eval.judges.embedded import replies

CONTEXT = "The ferry leaves at nine. Dogs travel free of charge."


def test_verdicts_carry_support_and_the_sentence_they_rest_on() -> None:
    """One for each statement that was asked, in order."""
    given: Any = {"context": CONTEXT, "statements": ["Dogs travel free.", "Cats pay ten euros."]}
    verdicts: Any = replies.support_verdicts(given)["statements"]
    assert [item["verdict"] for item in verdicts] == [1, 0]
    assert verdicts[0]["evidence"] == "Dogs travel free of charge."
    assert 0 <= verdicts[1]["support"] < verdicts[0]["support"] <= 1


def test_statements_are_parted_into_right_wrong_and_left_out() -> None:
    """Each of both sides once."""
    given: Any = {
        "question": "When?",
        "answer": ["It leaves at nine."],
        "ground_truth": ["It leaves at nine.", "Dogs pay."],
    }
    reply: Any = replies.statement_classes(given)
    assert [len(reply[key]) for key in ("TP", "FP", "FN")] == [1, 0, 1]


@pytest.mark.parametrize(("response", "refuses"), [("I do not know when it leaves.", 1), ("It leaves at nine.", 0)])
def test_a_refusal_is_noncommittal(response: str, refuses: int) -> None:
    """With the sentence that refuses."""
    reply = replies.relevance({"response": response})
    assert (reply["noncommittal"], bool(reply["refusal"])) == (refuses, bool(refuses))


@pytest.mark.parametrize(("context", "useful"), [(CONTEXT, 1), ("Cats sing.", 0)])
def test_a_context_that_bears_out_the_answer_was_useful(context: str, useful: int) -> None:
    """And another was not."""
    given = {"question": "When?", "context": context, "answer": "The ferry leaves at nine."}
    assert replies.usefulness(given)["verdict"] == useful


@pytest.mark.parametrize(("answer", "rating"), [("The ferry leaves at nine.", 4), ("Cats sing.", 0)])
def test_grades_are_those_of_ragas(answer: str, rating: int) -> None:
    """0 to 4 for accuracy, 0 to 2 for groundedness."""
    given = {"query": "?", "user_answer": answer, "reference_answer": "The ferry leaves at nine."}
    assert replies.accuracy(given) == {"rating": rating}
    assert replies.groundedness({"response": answer, "context": CONTEXT}) == {"rating": rating // 2}
