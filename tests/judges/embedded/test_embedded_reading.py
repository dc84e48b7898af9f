"""An answer is made ready once, to be looked through for each claim."""

from rag_eval.judges.embedded.reading import read, words_by_key


def test_sentences_words_and_numbers_stand_by_themselves() -> None:
    """And what the question says already is known."""
    index = read("When does it open?", "It opens at 6 pm. Dogs pay 5 euros.")
    assert index.sentences == ("It opens at 6 pm.", "Dogs pay 5 euros.")
    assert index.known == {"open"}
    assert {"open", "dog", "pay"} <= index.words == index.by_sentence[0] | index.by_sentence[1]
    assert [number.unit for number in index.numbers] == ["", "euro"]
    assert [len(numbers) for numbers in index.numbers_by_sentence] == [1, 1]


def test_words_of_numbers_are_no_words() -> None:
    """A dozen is compared as twelve, and not by its letters."""
    assert "dozen" not in words_by_key("a dozen ferries")
    assert words_by_key("a dozen ferries")["ferri"] == "ferries"
