"""What the words of one case show: an answer given away, a question copied, text not finished or wrongly decoded."""

import pytest

from rag_eval.dataset.checks import CheckContext, wording
from rag_eval.dataset.checks.check import Check
from rag_eval.records import Case

CONTEXT = "The old harbour office opens every morning at eight and closes at five."


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (
            wording.LEAK,
            Case(
                id="a",
                user_input="When is it open, at eight in the morning?",
                reference="At eight in the morning.",
            ),
            Case(id="a", user_input="When does the office open?", reference="At eight in the morning."),
        ),
        (
            wording.LEXICAL,
            Case(id="a", user_input="harbour office opens every morning at eight and?", reference_contexts=(CONTEXT,)),
            Case(id="a", user_input="From when on can I visit them?", reference_contexts=(CONTEXT,)),
        ),
        (
            wording.UNFINISHED,
            Case(id="a", user_input="When does {{place}} open?"),
            Case(id="a", user_input="When does the office open?"),
        ),
        (
            wording.GARBLED,
            Case(id="a", user_input="Where is the cafÃ©?"),
            Case(id="a", user_input="Where is the café?"),
        ),
        (
            wording.NO_REFERENCE,
            Case(id="a", user_input="When?"),
            Case(id="a", user_input="When?", answerable=False),
        ),
        (
            wording.REFUSAL,
            Case(id="a", user_input="When?", reference="I don't know."),
            Case(id="a", user_input="When?", reference="I don't know.", answerable=False),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else "",
)
def test_a_defect_is_found_where_it_is_and_nowhere_else(check: Check, wrong: Case, right: Case) -> None:
    """Once, with its row and what to do."""
    (defect,) = check.find(CheckContext(cases=[right.model_copy(update={"id": "b"}), wrong]))
    assert defect.rows == ("a",)
    assert defect.fix
