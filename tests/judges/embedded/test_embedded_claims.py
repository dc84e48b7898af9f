"""Texts as sentences and claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.judges.embedded.claims import claims, statements
from rag_eval.judges.embedded.entities import entities, pseudo_question
from rag_eval.language.sentences import sentences
from rag_eval.language.words import terms, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith paid 3.5 euros. He left.", ["Dr. Smith paid 3.5 euros.", "He left."]),
        ("It is in the U.S. Virgin Islands.", ["It is in the U.S. Virgin Islands."]),
        ("See pier No. 5 at 4.30 p.m. daily.", ["See pier No. 5 at 4.30 p.m. daily."]),
        ("Use a rope, e.g. Nylon. Tie it!", ["Use a rope, e.g. Nylon.", "Tie it!"]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("- one rope\n* two ropes", ["one rope", "two ropes"]),
        ("Rules: 1. No dogs 2. No fires", ["Rules:", "No dogs", "No fires"]),
        ("The answer is 42. It is known.", ["The answer is 42.", "It is known."]),
        ("| a | b |\n|---|---|\n| c | d |", ["a, b", "c, d"]),
        ("## Fees\n**Berths** cost `45` [1][2].", ["Fees", "Berths cost 45."]),
        ("犬は禁止です。船は港にあります。", ["犬は禁止です。", "船は港にあります。"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    """Abbreviations, decimals, lists, tables and citation marks do not mislead."""
    assert sentences(text) == expected


def test_a_second_predicate_has_the_subject_of_its_sentence() -> None:
    """What is said of the same subject in one sentence names it."""
    assert statements("Anna Meyer is the harbour master, and has led two teams.") == [
        "Anna Meyer is the harbour master",
        "Anna Meyer has led two teams.",
    ]


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ("Anna Meyer is the master. She took office in 2012.", "She took office in 2012."),
        ("ETFs can hold many stocks, which can help spread risk.", "which can help spread risk."),
        ("The pier was in Oslo, where Bert owned boats and had two cranes.", "had two cranes."),
        ("Anna Meyer was arrested and charged with fraud.", "charged with fraud."),
        ("The fee is small, but please pay in cash or by card.", "please pay in cash or by card."),
        ("The office was small, including the pier and its cranes.", "including the pier and its cranes."),
    ],
)
def test_no_subject_is_put_where_it_may_be_wrong(answer: str, last: str) -> None:
    """Neither for a pronoun, nor in a relative clause, behind another clause, before a participle or a phrase."""
    assert statements(answer)[-1] == last


def test_each_list_of_an_answer_is_cut() -> None:
    """Numbers that begin anew are those of a second list, inside a line too."""
    answer = "Bring: 1. A rope 2. An anchor 3. A map And leave at home: 1. Your dog 2. The kettle"
    assert statements(answer)[0] == "A rope"
    assert statements(answer)[-2:] == ["Your dog", "The kettle"]


def test_a_wrapped_line_is_one_with_the_next() -> None:
    """A long line that small letters go on with is no sentence; short lines are the items of a list."""
    wrapped = "A hearing before the harbour court will be set by the clerk\nwithin 21 days."
    assert sentences(wrapped) == [wrapped.replace("\n", " ")]
    assert sentences("two ropes\nan anchor") == ["two ropes", "an anchor"]
    assert len(sentences(wrapped.replace("clerk", "clerk.").replace("within", "Within"))) == 2


def test_lead_ins_and_table_heads_are_no_statements() -> None:
    """What cannot be true or false, such as "Here are the fees:", is left out."""
    fees = "Here are the fees:\n\n1. Berths cost 45 euros.\n2. Cranes cost 90 euros.\n\n"
    answer = fees + "| Item | Price |\n|---|---|\n| Tea | 3 |"
    assert statements(answer) == ["Berths cost 45 euros.", "Cranes cost 90 euros.", "Tea, 3"]


def test_short_answers_stay_whole() -> None:
    """A list of names or a lone number is one statement."""
    assert statements("308") == ["308"]
    assert statements("Denver, Boston, and Rome") == ["Denver, Boston, Rome"]


def test_high_atomicity_cuts_finer() -> None:
    """`high` yields at least the claims of `low`."""
    text = "Babbage was a mathematician, working in London, and wrote on many things."
    assert len(claims(text, "high")) > len(claims(text, "low"))


@given(st.text())
def test_every_word_of_an_answer_is_in_some_statement(text: str) -> None:
    """Nothing that could be judged is lost, but lead-ins and list numbers."""
    said = " ".join(statements(text))
    assert bool(said) == any(tokens(sentence) for sentence in sentences(text))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1,500", "1500"),
        ("1\u00a0500", "1500"),
        ("45.00", "45"),
        ("twelve", "12"),
        ("4:30 pm", "16:30"),
        ("4.30 p.m", "16:30"),
        ("12 am", "0:00"),
        ("07:30", "7:30"),
        ("16.2 million", "16200000"),
        ("21st", "21"),
        ("3rd", "third"),
        ("%", "percent"),
        ("km", "kilometres"),
        ("Zürich", "Zurich"),
        ("U.S", "USA"),
        ("opened", "opening"),
        ("berths", "berth"),
        ("ferries", "ferry"),
        ("Oct", "October"),
        ("O\u2019Brien's", "O'Brien\u2019s"),
        ("organised", "organizing"),
        ("colours", "color"),
        ("centre", "centers"),
        ("travelled", "traveled"),
        ("TV", "television"),
    ],
)
def test_spellings_of_the_same_are_the_same(left: str, right: str) -> None:
    """Two ways to write a number, unit, name or word compare equal."""
    assert [t.key for t in terms(left)] == [t.key for t in terms(right)]


@pytest.mark.parametrize(("left", "right"), [("45", "54"), ("1.5", "15"), ("4:30 am", "4:30 pm"), ("Anna", "Hanna")])
def test_different_things_stay_different(left: str, right: str) -> None:
    """Numbers and names do not fall together."""
    assert [t.key for t in terms(left)] != [t.key for t in terms(right)]


def test_entities_are_names_dates_and_amounts() -> None:
    """Each entity once, in order, without the capital that opens a sentence."""
    text = "The Eiffel Tower in Paris, France, opened on 31 March 1889. A visit of Paris costs $1.5 million."
    assert entities(text) == ["Eiffel Tower", "Paris", "France", "31 March 1889", "$1.5 million"]


def test_a_pseudo_question_keeps_what_an_answer_is_about() -> None:
    """Its words are the content words of the answer, each once."""
    assert pseudo_question("The crane lifts boats. The crane is blue.") == "crane lifts boats blue?"
