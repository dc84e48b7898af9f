"""What an answer says about its sources and to its reader is no claim."""

import pytest

from rag_eval.judges.embedded.claims import claims, statements
from rag_eval.judges.embedded.cleaning import LONGEST, bare, unlabelled


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("According to passage 2, a berth costs 45 euros.", "A berth costs 45 euros."),
        ("Based on the provided passages, it is said that tea is hot.", "Tea is hot."),
        ("As mentioned in the second document, tea is hot.", "Tea is hot."),
        ("Based on the information provided in the context, tea is hot.", "Tea is hot."),
        ("The passages state that tea is hot.", "Tea is hot."),
        ("However, passage 3 mentions that tea is hot.", "Tea is hot."),
        ("It is mentioned in passage 3 that tea is hot.", "Tea is hot."),
        ("Tea is hot (as stated in passages 1 and 3).", "Tea is hot."),
        ("Tea is hot [Source 3].", "Tea is hot."),
        ("The fee is 5 euros in passage 2.", "The fee is 5 euros."),
        ("From the given passages, we can infer that tea is hot.", "Tea is hot."),
        ("While the passages do not give the fee, tea is hot.", "Tea is hot."),
        ("The documents do not name a fee, but tea is hot.", "Tea is hot."),
        ("Sure! Tea is hot.", "Tea is hot."),
        ("It is important to note that tea is hot.", "Tea is hot."),
        ("Step 3: Pour the tea.", "Pour the tea."),
        ("**Tea** is [hot](https://tea.example/hot).", "Tea is hot."),
    ],
)
def test_talk_about_the_sources_is_taken_off_a_claim(text: str, claim: str) -> None:
    """Lead-ins, citations and openings go, the number of a passage with them; what is claimed stays."""
    assert bare(text) == claim


@pytest.mark.parametrize(
    "text",
    [
        "I hope this helps!",
        "Let me know if you need anything else.",
        "Sure!",
        "The passages do not mention the fee.",
        "None of the documents says when the office opens.",
        "There is no information on the fee.",
        "The fee is not specified in the provided context.",
        "Unable to answer based on given passages.",
        "I\u2019m sorry, but I cannot answer that.",
        "This is mentioned in passage 3.",
        "If you have any further questions, please contact us.",
        "For more information, see the harbour's website.",
        "For further assistance, you can contact the office directly.",
        "It seems like there might be a typo in your question.",
        "It is advisable to consult a tax professional.",
    ],
)
def test_refusals_and_fillers_claim_nothing(text: str) -> None:
    """Nothing is left of a sentence that only speaks of the sources or to the reader."""
    assert bare(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "The ferry does not take bicycles.",
        "According to the documents of the court, he lied.",
        "In the context of the war, tea was rare.",
        "The first source of the Nile was found in 1858.",
        "Article 5 of the treaty binds all states.",
        "The text was published in 1999.",
        "The origin of tea is not known.",
        "If you have any dogs, the fee is 5 euros.",
        "If you need help with boarding, call 48 hours ahead.",
        "For more information, call 555 0100.",
        "For more than six people, see to it that a boat is free.",
        "It is essential to check the pressure before a dive.",
        "It seems like a good pier.",
    ],
)
def test_what_only_sounds_like_it_stays_as_it_is(text: str) -> None:
    """Negations, documents and sources that a text is about are claims."""
    assert bare(text) == text


def test_an_answer_becomes_the_claims_in_it() -> None:
    """Fillers, remarks on the passages and the scraps of marks are left out."""
    answer = (
        "Sure! Based on passage 1, here are the fees:\n\n"
        "1. A berth costs 45 euros [1][2].\n2. A crane costs 90 euros.\n"
        "1[2].\n\nThe passages do not mention the fee for dogs. I hope this helps!"
    )
    assert statements(answer) == ["A berth costs 45 euros.", "A crane costs 90 euros."]
    assert claims(answer, "low") == statements(answer)


def test_an_answer_without_claims_comes_back_as_it_is() -> None:
    """There is at least one statement for each answer that has words."""
    assert statements("The passages do not mention the fee.") == ["The passages do not mention the fee."]
    assert statements("7") == ["7"]


def test_labels_of_passages_are_no_text() -> None:
    """A label at the head of a line goes; a line that begins with a document's name stays."""
    text = "passage 1:Tea is hot.\n[Document 2] Ice is cold.\nDocument 3 is lost."
    assert unlabelled(text) == "Tea is hot.\nIce is cold.\nDocument 3 is lost."


@pytest.mark.parametrize(
    "piece", [" ", "a", "1", "the passage ", "passage 1 and 2, ", "of the the ", "but ", "sure, ", "[1]", "*", "not "]
)
def test_any_text_is_cleaned_in_short_time(piece: str) -> None:
    """The longest sentence that is searched, of one repeated pattern; more would run into the time limit."""
    for _ in range(10):
        bare.__wrapped__((piece * LONGEST)[:LONGEST])
