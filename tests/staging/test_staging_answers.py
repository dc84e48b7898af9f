"""Answers made of the pages' own sentences."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.staging.answers import NOT_FOUND, Extract, Extractor
from rag_eval.staging.corpus import HandbookPassage, read_passages
from rag_eval.staging.profiles import profile_named
from rag_eval.staging.retrieval import Bm25Index, RetrievedPassage
from rag_eval.staging.sentences import sentences
from rag_eval.staging.tokenizer import stems, words


def ask(pages: Path, question: str) -> Extract:
    """Search and extract under the strong profile."""
    passages = read_passages(pages)
    return Extractor(passages).extract(question, Bm25Index(passages, profile_named("strong")).search(question, 5))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When is the last boat?", "The last boat is at 19:30."),
        ("Is there a Sunday service in winter?", "In winter there is no Sunday service."),
        ("What does a swinging mooring cost in summer?", "Berth: Swinging mooring; Summer: 18."),
        ("May I use detergents on spills?", "Never use detergent on a spill."),
        ("Do I need warm clothes?", "Warm clothes, as the deck is open"),
    ],
)
def test_best_sentence(pages: Path, question: str, answer: str) -> None:
    """The sentence, row or item that shares most with the question answers it, plural or not."""
    assert ask(pages, question).text == answer


def test_heading_counts(pages: Path) -> None:
    """Items that share no word with the question are found by their heading, in their order."""
    answer = ask(pages, "What should I bring?").text
    assert answer == "A ticket or pass Warm clothes, as the deck is open Cash for the kiosk"


@pytest.mark.parametrize("question", ["Who painted the town hall's organ ferry?", "zeppelin", "what is the", ""])
def test_not_found(pages: Path, question: str) -> None:
    """Where no sentence shares enough with the question, the answer says so, with no confidence."""
    assert ask(pages, question) == Extract(NOT_FOUND, 0.0)


def test_confidence_grows_with_what_is_covered(pages: Path) -> None:
    """A question that is covered whole has confidence 1, one with a word from elsewhere has less."""
    assert ask(pages, "When is the last boat?").confidence == 1
    assert 0 < ask(pages, "When is the last boat to Atlantis?").confidence < 1


@pytest.mark.slow
@given(st.text(), st.text())
def test_confidence_in_range(question: str, body: str) -> None:
    """Whatever is asked of whatever page, the confidence lies in [0, 1]."""
    passage = HandbookPassage("a#b", "A", "B", f"B\n{body}")
    extract = Extractor([passage]).extract(question, [RetrievedPassage(passage, 1.0)])
    assert 0 <= extract.confidence <= 1
    assert extract.text


def test_sentences_of_prose() -> None:
    """Prose falls into sentences over line ends; abbreviations and inline marks do not cut or remain."""
    text = "Moor at Quay No. 4, e.g. *after* noon. It is\n[free](x.md)!\n> Ask `Joe`.\n\n### Sub\n\n---\n"
    assert sentences(text) == ["Moor at Quay No. 4, e.g. after noon.", "It is free!", "Ask Joe."]


def test_sentences_of_layout() -> None:
    """A list item or a table row is one piece; rows carry their columns' names but no empty cells."""
    table = "| A | B |\n|:--|--:|\n| 1 | |\n| 2 | 3 |\n"
    assert sentences(f"{table}\n1. One. Two.\n2) Three\n   four\n- - x") == [
        "A: 1.",
        "A: 2; B: 3.",
        "One. Two.",
        "Three four",
        "- x",
    ]


@given(st.text())
def test_sentences_say_nothing_empty(text: str) -> None:
    """No text brings an empty piece."""
    assert all(piece.strip() for piece in sentences(text))


def test_words_keep_numbers_whole() -> None:
    """Times, prices and large numbers are one word each; case and stop words do not matter."""
    assert words("The fee is £1,200.50 at 07:30, Pier 4.") == ["fee", "1,200.50", "07:30", "pier", "4"]


def test_stems_join_plurals() -> None:
    """Regular plurals and their singulars have the same stem; words that only end alike are left alone."""
    assert stems("ferries berths prices") == stems("ferry berth price")
    assert stems("glass bus") == {"glass", "bus"}
