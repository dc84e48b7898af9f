"""Cases and answers: what is unknown, what is empty, and what is not there at all stay apart."""

from typing import Any

import pytest
from pydantic import ValidationError

from rag_eval.records import Answer, Case
from rag_eval.records.cases import DEGRADED, NO_END, THINKING, UNKNOWN

_BARE: dict[str, Any] = {"id": "c", "user_input": "When?"}


def test_of_a_bare_case_nothing_else_is_known() -> None:
    """It has an answer until somebody says that it has none."""
    case = Case(**_BARE)
    assert (case.reference, case.reference_contexts, case.reference_context_ids) == (None, None, None)
    assert (case.answerable, case.tags, case.metadata) == (True, (), {})


def test_nothing_known_of_contexts_is_not_none_needed() -> None:
    """A list that is empty says that there are none."""
    assert Case(**_BARE) != Case(**_BARE, reference_contexts=())
    assert Answer(retrieved_contexts=()) != Answer()
    assert Answer(response="") != Answer()


@pytest.mark.parametrize("field", ["id", "user_input"])
@pytest.mark.parametrize("value", ["", None, 5, ["a"]])
def test_a_case_has_an_id_and_a_question(field: str, value: Any) -> None:
    """Both of them texts with something in them."""
    with pytest.raises(ValidationError) as raised:
        Case(**{**_BARE, field: value})
    assert [fault["loc"] for fault in raised.value.errors()] == [(field,)]


@pytest.mark.parametrize("field", ["reference_contexts", "reference_context_ids", "tags"])
def test_a_text_is_no_list_of_its_letters(field: str) -> None:
    """One context is not taken for many of a letter each."""
    with pytest.raises(ValidationError):
        Case.model_validate({**_BARE, field: "abc"})
    with pytest.raises(ValidationError):
        Answer.model_validate({"retrieved_contexts": "abc"})


def test_lists_cannot_be_changed_behind_a_case_s_back() -> None:
    """They are kept as tuples."""
    tags = ["a"]
    case = Case.model_validate({**_BARE, "tags": tags})
    tags.append("b")
    assert case.tags == ("a",)


def test_an_answer_took_one_request_and_no_known_time() -> None:
    """Unless somebody says otherwise; nought seconds is a time."""
    answer = Answer()
    assert (answer.kind, answer.attempts, answer.latency_s, answer.first_token_s, answer.asked_at) == (
        "answer", 1, None, None, None,
    )  # fmt: skip
    assert Answer(latency_s=0.0) != answer


def test_keys_that_say_something_of_an_answer_are_those_of_older_journals() -> None:
    """They stand in files, and a file that was written must be read."""
    assert (DEGRADED, THINKING, NO_END, UNKNOWN) == (
        "degraded", "holds_thinking", "no_end_of_stream", "unknown_fields",
    )  # fmt: skip
