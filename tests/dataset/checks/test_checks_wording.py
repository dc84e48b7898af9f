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


_FILINGS = (
    (
        "By how much did net sales change from 2014 to 2015, from $88,988 million to $107,006 million?",
        "$18,018 million",
    ),
    ("Which of the two had the higher gross margin in 2022, Adobe or Amazon?", "Adobe"),
    (
        "Which segment dragged down growth in 2022, Safety and Industrial, Health Care or Consumer?",
        "The Consumer segment",
    ),
    ("Did the company grow its PPNE between FY20 and FY21?", "Yes, the company grew its PPNE between FY20 and FY21."),
    ("Is the gross margin improving as of FY2022?", "Yes, the gross margin is improving as of FY2022."),
    ("Was revenue larger in Las Vegas than in China in FY2022?", "Las Vegas was larger than China in FY2022."),
    ("Among operating, investing and financing activities, which brought in most cash?", "Operating activities"),
    ("What drove the change of revenue, price or volume?", "price"),
    ("How much did the payout ratio change between 2021 and 2022?", "It did not change between 2021 and 2022."),
    ("Which company is larger by revenue, PepsiCo vs. Coca-Cola?", "PepsiCo"),
    ("Was the change of net sales from FY2022 to FY2023 more than 10%?", "It was more than 10%."),
)


@pytest.mark.parametrize(("question", "reference"), _FILINGS)
def test_a_question_that_names_what_is_compared_gives_nothing_away(question: str, reference: str) -> None:
    """Changes from one number to another, choices of two, yes or no."""
    assert not [*wording.LEAK.find(CheckContext(cases=[Case(id="a", user_input=question, reference=reference)]))]


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("By how much did net sales grow, $18,018 million?", "By $18,018 million."),
        ("When was the office of the harbour master built in May 1988?", "The office was built in May 1988."),
        ("What does the clerk of the harbour do, who keeps the register of boats?", "He keeps the register of boats."),
    ],
)
def test_what_is_given_away_is_found(question: str, reference: str) -> None:
    """Also where it is asked for a change."""
    assert [*wording.LEAK.find(CheckContext(cases=[Case(id="a", user_input=question, reference=reference)]))]


def test_words_glued_together_are_garbled() -> None:
    """As PDFs are read by some tools; one odd word in a long text is none."""
    glued = "Thefeeisdueinthefirstweekofjulyeachyearandlater and is paid at the office of the harbour. " * 3
    (defect,) = wording.GARBLED.find(
        CheckContext(cases=[Case(id="a", user_input="When?", reference_contexts=(glued,))])
    )
    assert "% of its words damaged" in defect.message
