"""Names, dates and amounts of a text."""

from rag_eval.judges.embedded.entities import entities, pseudo_question


def test_entities_come_once_and_in_order() -> None:
    """As they are written; the word that opens a sentence is no name."""
    text = "Anna Meyer paid 45 euros in Hamburg in 1999. The boat left Hamburg."
    assert entities(text) == ["Anna Meyer", "45 euros", "Hamburg", "1999"]
    assert entities("") == []


def test_a_pseudo_question_holds_what_an_answer_speaks_of() -> None:
    """Its content words, each once."""
    assert pseudo_question("The ferry leaves at nine. The ferry is full.") == "ferry leaves nine full?"
