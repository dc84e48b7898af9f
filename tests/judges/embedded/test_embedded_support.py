"""The rule on planted cases."""

import pytest

from rag_eval.judges.embedded.passages import read_passages
from rag_eval.judges.embedded.support import check, content_keys

CONTEXT = """
# Harbour handbook
The harbour office of Port Linden is open from 07:30 to 16:00 on weekdays and closed on Sundays.
The harbour master is Anna Meyer, who took office in 2012.
Berths for boats up to 12 metres cost 45 euros a night, including water and electricity [3].
Dogs are not allowed on the fuel pier. Winter storage must be booked before 15 October.
The marina has 1,500 berths and two cranes.
Dr. Smith of the U.S. Coast Guard inspected pier No. 5 on 2024-05-01.
The levy rose by 3.5 percent. Diesel is sold at 4.30 pm only.
The city of Zürich paid $16.2 million in the 1990s.

| Item | Price |
|------|-------|
| Shower token | 2.50 euros |
"""
SUPPORTED = [
    "The office opens at 7:30.",
    "The harbour office opens at 7.30 am and closes at 4 pm.",
    "The harbour master is Anna Meyer.",
    "Anna Meyer has been harbour master since 2012.",
    "A night for a boat of 12 m costs €45.",
    "Dogs are not allowed on the fuel pier.",
    "Dogs are prohibited on the fuel pier.",
    "The office is closed on Sundays.",
    "Winter storage must be booked before October 15th.",
    "The marina has 1500 berths.",
    "There are 2 cranes.",
    "Dr. Smith inspected pier No. 5 in May 2024.",
    "Pier 5 was inspected by the US Coast Guard.",
    "The levy increased by 3.5%.",
    "A shower token costs 2.5 euros.",
    "Zurich paid 16,200,000 dollars.",
    "1500",
    "Anna Meyer",
    "16:30",
    "two cranes",
]
UNSUPPORTED = {
    "number changed": "Berths for boats up to 12 metres cost 54 euros a night, including water.",
    "time changed": "The harbour office opens at 8:30.",
    "year changed": "The harbour master Anna Meyer took office in 2013.",
    "number word changed": "The marina has three cranes.",
    "currency changed": "A night for a boat of 12 m costs $45.",
    "given name changed": "The harbour master is Bert Meyer.",
    "surname changed": "Anna Schulz is the harbour master.",
    "negation dropped": "Dogs are allowed on the fuel pier.",
    "negation added": "Water and electricity are not included in the 45 euros a night for berths.",
    "antonym": "Winter storage must be booked after 15 October.",
    "antonym of another day": "The office is open on Sundays.",
    "direction turned": "The levy fell by 3.5%.",
    "not in the context": "The marina was founded by monks who brewed beer.",
    "another topic": "Denver Broncos",
    "a number alone": "308",
    "a word alone": "Yes.",
    "nothing": "",
}


@pytest.mark.parametrize("claim", SUPPORTED)
def test_what_the_context_says_is_supported(claim: str) -> None:
    """Other spellings of the same numbers, times, units and names are the same."""
    finding = check(claim, read_passages(CONTEXT))
    assert finding.supported, finding.reason
    assert finding.reason.startswith(("Said in", "Words that are not in the context"))


@pytest.mark.parametrize("claim", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_was_changed_is_not_supported(claim: str) -> None:
    """One changed number, name or polarity makes a claim unsupported, however much else agrees."""
    assert not check(claim, read_passages(CONTEXT)).supported


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("Berths cost 54 euros a night.", "number 54"),
        ("The harbour master is Bert Meyer.", "Bert"),
        ("A night costs 45 dollars.", "45 in euro, not in dollar"),
        ("Winter storage must be booked after 15 October.", "“after” stands against “before”"),
        ("Dogs are allowed on the fuel pier.", "negated"),
        ("The marina was founded by monks.", "monks"),
        ("Dogs are not allowed on the fuel pier.", "Said in: Dogs are not allowed on the fuel pier."),
    ],
)
def test_the_reason_names_what_differs(claim: str, said: str) -> None:
    """A person reads which number, name or word made the verdict, and the nearest sentence."""
    assert said in check(claim, read_passages(CONTEXT)).reason


@pytest.mark.parametrize("context", ["", "   \n ", "|---|---|", "***"])
def test_an_empty_context_supports_nothing(context: str) -> None:
    """Without a single word in the context every claim is unsupported."""
    assert not check("The office opens at 7:30.", read_passages(context)).supported


def test_words_of_the_question_do_not_count() -> None:
    """What the question already says neither helps nor harms; what the answer adds decides."""
    passages = read_passages("It opens at nine. Tickets cost 5 euros.")
    known = content_keys("When does the Zeppelin Museum open?")
    assert check("The Zeppelin Museum opens at nine.", passages, known).supported
    assert not check("The Zeppelin Museum opens at ten.", passages, known).supported


def test_a_reason_stays_short() -> None:
    """A sentence of any length is cut for the reader."""
    long = "The harbour " + "and the very long quay " * 200
    assert len(check("The harbour quay", read_passages(long)).reason) < 200


@pytest.mark.parametrize(
    "piece", [" ", "a", "1", ". ", '"', "\n", "(1) ", "1.", "a.", "A b ", "a'", "|", "ü", ", and was "]
)
def test_any_long_text_is_read_in_linear_time(piece: str) -> None:
    """100 kB of one repeated pattern are no trouble; a quadratic expression would run into the time limit."""
    check(piece * 100 + " x", read_passages(piece * (100_000 // len(piece))))
