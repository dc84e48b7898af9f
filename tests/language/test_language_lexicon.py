"""The tables of words agree with each other."""

from rag_eval.language.lexicon import ANTONYMS, MONTHS, NUMBER_WORDS, STOP_WORDS, UNITS


def test_numbers_in_words_are_numbers() -> None:
    """Each leads to its digits."""
    assert (NUMBER_WORDS["seven"], NUMBER_WORDS["twenty"], NUMBER_WORDS["ninety"]) == ("7", "20", "90")
    assert all(value.isdecimal() for value in NUMBER_WORDS.values())


def test_there_are_twelve_months() -> None:
    """In the order of the year."""
    assert len([*MONTHS]) == 12
    first, *_, last = MONTHS
    assert (first, last) == ("january", "december")


def test_no_word_is_its_own_antonym() -> None:
    """Nor is an antonym without meaning of its own."""
    for first, second in ANTONYMS:
        assert not {*first} & {*second}
        assert first
        assert second


def test_names_of_units_are_small_and_no_function_words() -> None:
    """They are looked up in small letters, unless they are signs."""
    assert all(name == name.lower() for name in UNITS if name.isalpha() and name.isascii() and len(name) > 3)
    assert not {name for name in UNITS if len(name) > 3} & {*STOP_WORDS}
