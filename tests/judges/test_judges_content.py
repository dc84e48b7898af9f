"""What of a sentence counts when it is looked for among statements."""

from rag_eval.judges.content import content_keys, plain_tokens, read_sentences, telling


def test_equal_sentences_are_read_once() -> None:
    """However often an answer says them."""
    assert len(read_sentences(["Dogs travel free.", "Dogs travel free.", "It leaves at nine."])) == 2


def test_chinese_numerals_are_digits() -> None:
    """Some write them and some do not."""
    assert plain_tokens("三十五") == plain_tokens("35")


def test_function_words_tell_nothing() -> None:
    """Words are compared by their stems, figures as they are."""
    words = plain_tokens("The ferries cost 5")
    assert telling(words) == ["ferries", "cost", "5"]
    assert content_keys(telling(words)) == content_keys(telling(plain_tokens("A ferry costs 5")))
