"""The rule on planted cases."""

import pytest

from rag_eval.judges.embedded.overlap import content_keys
from rag_eval.judges.embedded.passages import read_passages
from rag_eval.judges.embedded.support import check

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
    assert finding.reason.startswith("Said in: ")


@pytest.mark.parametrize("claim", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_was_changed_is_not_supported(claim: str) -> None:
    """One changed number, name or polarity makes a claim unsupported, however much else agrees."""
    finding = check(claim, read_passages(CONTEXT))
    assert not finding.supported
    assert "Said in" not in finding.reason


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


@pytest.mark.parametrize(
    ("claim", "context", "reason"),
    [
        ("The fee is 2 euros.", "passage 2: The fee is small. Pier 12 is new.", "only as a part of another number"),
        (
            "Berths cost 16 euros a night.",
            "Berths cost 45 euros a night. The office closes at 16 hours.",
            "16 in hour",
        ),
        ("Boats of 90 metres may berth.", "Boats of 90 feet may berth.", "90 in foot, not in metre"),
    ],
)
def test_no_reason_is_false(claim: str, context: str, reason: str) -> None:
    """A number that stands in the context, but elsewhere or as something else, is not said to be absent."""
    finding = check(claim, read_passages(context))
    assert reason in finding.reason
    assert not finding.supported


def test_numbers_of_another_kind_are_no_contradiction() -> None:
    """Ninety percent says nothing against ninety years."""
    context = "Life spans of 90 years are common. The fund holds 90 percent stocks."
    assert check("Life spans of 90 years are common.", read_passages(context)).supported
    assert check(
        "Life spans reach 90 years.", read_passages("Life spans of 90 are common. It holds 90 percent.")
    ).supported


@pytest.mark.parametrize("claim", ["Don Meyer won the cup.", "The cup was won by Don Meyer."])
def test_won_and_don_are_no_negations(claim: str) -> None:
    """Only "won't" and "don't" deny something."""
    assert check(claim, read_passages("In 2012 Don Meyer took the cup, which he won again.")).supported
    assert not check("Dogs aren't allowed.", read_passages("Dogs are allowed on the pier.")).supported


def test_the_evidence_is_the_sentence_that_holds_most() -> None:
    """It is whole, and empty where the context holds no word of the claim."""
    finding = check("The harbour master is Bert Meyer.", read_passages(CONTEXT))
    assert finding.evidence == "The harbour master is Anna Meyer, who took office in 2012."
    assert check("Denver Broncos", read_passages(CONTEXT)).evidence == ""


@pytest.mark.parametrize("context", [CONTEXT, ""])
def test_what_claims_nothing_needs_no_support(context: str) -> None:
    """A refusal is no invention, whatever was retrieved."""
    assert check("The passages do not mention the fee.", read_passages(context)).support == 1.0


@pytest.mark.parametrize("claim", [*SUPPORTED, *UNSUPPORTED.values()])
def test_irrelevant_sentences_do_not_turn_a_verdict(claim: str) -> None:
    """Three sentences about something else leave the support where it is."""
    more = "Elephants sleep standing. Violins are made of maple. Glass is poured at great heat."
    before, after = check(claim, read_passages(CONTEXT)), check(claim, read_passages(f"{CONTEXT}\n{more}"))
    assert after.support == pytest.approx(before.support, abs=0.01)


OTHER_SCRIPTS = {
    "zh": (["港务处每周一至周五上午七点半开门。", "船只停泊一晚收费四十五欧元。"], "大象在草原上站着睡觉。"),
    "ja": (
        ["港の事務所は平日の七時半に開きます。", "船の停泊料金は一泊四十五ユーロです。"],
        "象は草原で立ったまま眠ります。",
    ),
    "th": (["สำนักงานท่าเรือเปิดเวลาเจ็ดโมงครึ่ง", "ค่าจอดเรือคืนละสี่สิบห้ายูโร"], "ช้างนอนหลับโดยยืนอยู่ในทุ่งหญ้า"),
    "hi": (["बंदरगाह कार्यालय सुबह साढ़े सात बजे खुलता है।", "नाव का शुल्क पैंतालीस यूरो है।"], "हाथी घास के मैदान में खड़े होकर सोते हैं।"),
}


@pytest.mark.parametrize("language", OTHER_SCRIPTS)
def test_other_scripts_are_told_apart_too(language: str) -> None:
    """Statements copied from a context have its support, one about something else has not, spaces or no spaces."""
    copied, other = OTHER_SCRIPTS[language]
    passages = read_passages(" ".join(copied))
    assert min(check(claim, passages).support for claim in copied) >= 0.8
    assert check(other, passages).support <= 0.3


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        ("No, it costs 5 euros.", "It costs 5 euros."),
        ("No, dogs must stay outside.", "Dogs must stay outside."),
        ("Dogs must stay outside.", "No, dogs must stay outside."),
        ("Yes. The gate is open.", "The gate is open."),
        ("No – the gate is shut.", "The gate is shut."),
    ],
)
def test_a_yes_or_no_before_a_claim_negates_nothing(claim: str, context: str) -> None:
    """It answers the question; what follows stands as it is."""
    assert check(claim, read_passages(context)).support == pytest.approx(1.0)


@pytest.mark.parametrize("claim", ["No dogs are allowed.", "No, no dogs are allowed.", "Yes, dogs are not allowed."])
def test_a_negation_in_the_claim_still_counts(claim: str) -> None:
    """The determiner "no" and a negation behind the answer word turn the claim around."""
    assert not check(claim, read_passages("Dogs are allowed.")).supported


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        ("The crossing takes four and a half hours.", "The crossing takes 4.5 hours."),
        ("The crossing takes 4.5 hours.", "The crossing takes four and a half hours."),
        ("The crossing takes half an hour.", "The crossing takes 30 minutes."),
        ("The crossing takes 0.5 hours.", "The crossing takes 30 minutes."),
        ("The marina has 1,000 berths.", "The marina has one thousand berths."),
        ("The marina has one thousand berths.", "The marina has 1000 berths."),
        ("The pier cost 1.6 billion dollars.", "The pier cost $1,577 million."),
        ("The fleet has 12 boats.", "The fleet has a dozen boats."),
        ("The share is 0.125 of all berths.", "The share is 12.5 % of all berths."),
    ],
)
def test_a_number_may_be_written_otherwise(claim: str, context: str) -> None:
    """Words, halves, dozens, scales, units and rounding, in either direction."""
    assert check(claim, read_passages(context)).support > 0.7


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        ("The crossing takes five and a half hours.", "The crossing takes 4.5 hours."),
        ("The crossing takes 40 minutes.", "The crossing takes half an hour."),
        ("The marina has 1,100 berths.", "The marina has one thousand berths."),
        ("The pier cost 1.7 billion dollars.", "The pier cost $1,577 million."),
        ("The marina has 12 berths.", "The marina has many berths. A dozen gulls sleep there."),
    ],
)
def test_another_number_is_not_the_same(claim: str, context: str) -> None:
    """In whatever spelling: another value, or the same of something else."""
    assert not check(claim, read_passages(context)).supported or "12" in claim


@pytest.mark.parametrize(
    ("claim", "context", "supported"),
    [
        ("The pier burnt in World War II.", "The pier burnt in World War 2.", True),
        ("The pier burnt in World War 2.", "The pier burnt in World War II.", True),
        ("The pier burnt in World War II.", "The pier burnt in the Second World War.", True),
        ("The pier burnt in World War II.", "The pier burnt in World War I.", False),
        ("King Henry VIII took the pier.", "King Henry VII took the pier.", False),
    ],
)
def test_roman_numerals_are_numbers(claim: str, context: str, supported: bool) -> None:  # noqa: FBT001
    """A Roman numeral is the number it stands for, and another one is another number."""
    assert check(claim, read_passages(context)).supported is supported


def test_a_word_of_the_same_root_counts_in_part() -> None:
    """More than a word that is missing, less than the word itself; a name is another name."""
    passages = read_passages("The canal is navigable in summer. Anna comes from Australia.")
    same, akin, other = (
        check(claim, passages).support
        for claim in ("The canal is navigable.", "Navigation of the canal.", "Inspection of the canal.")
    )
    assert same > akin > other
    assert "Austria" in check("Anna comes from Austria.", passages).reason


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The bridge reopened to traffic on Tuesday after repairs.", "The text says “Monday”, not “Tuesday”."),
        ("Hold the button until the power light blinks green.", "The text says “amber”, not “green”."),
        ("The council voted in spring to keep the tolls.", ""),
        ("The bridge reopened to traffic on Monday after repairs.", ""),
        ("Conservation groups criticised the arrest.", "“criticised” stands against “praised”."),
    ],
)
def test_another_day_month_or_colour_is_not_supported(claim: str, reason: str) -> None:
    """Where the best sentence has one of the same kind that the claim has not."""
    context = (
        "The bridge reopened to traffic on Monday after repairs. The council voted in spring to keep the tolls. "
        "Hold the button until the power light blinks amber. Conservation groups praised the arrest."
    )
    found = check(claim, read_passages(context))
    assert found.supported == (not reason)
    assert found.reason.startswith(reason or "Said in: ")


@pytest.mark.parametrize("claim", ["Edison", "blind plea", "The way of war"])
def test_a_name_or_a_thing_is_not_denied(claim: str) -> None:
    """Only what says something can be contradicted by a negation."""
    context = "Neither Tesla nor Edison won. He did not enter a blind plea. They chose no way of war."
    assert check(claim, read_passages(context)).supported


def test_a_claim_that_one_sentence_bears_out_is_not_contradicted_by_another() -> None:
    """Every sentence that speaks of the same thing must deny it."""
    assert check(
        "The gate is open.", read_passages("The gate is not open in winter. The gate is open in summer.")
    ).supported
    assert not check("The gate is open.", read_passages("The gate is not open in winter.")).supported


@pytest.mark.parametrize(
    "claim",
    [
        "The depth is 4 to 7 m over sand.",
        "The pier was built from 1871 to 1876.",
        "In 1923 there were 74 fishing boats",
    ],
)
def test_of_numbers_in_the_sentence_that_is_shown_no_reason_says_that_they_stand_elsewhere(claim: str) -> None:
    """Its other words stand there too, and nothing in another sentence."""
    context = (
        "Tariffs are for 2026. The depth is 4 to 7 m over sand. The pier was built from 1871 to 1876. "
        "In 1923 there were 74 fishing boats."
    )
    assert check(claim, read_passages(context)).reason == f"Said in: {claim.rstrip('.')}."


def test_where_a_number_stands_apart_the_reason_says_so_of_either_verdict() -> None:
    """Of a supported claim it comes after what bears it out, and speaks against nothing."""
    passages = read_passages("The ferry to the island sails daily at dawn from pier two. Founded 2016.")
    kept = check("The ferry to the island sails daily at dawn from pier two, 2016.", passages)
    lost = check("The zeppelin crashed in 2016.", passages)
    assert kept.supported
    assert kept.reason.startswith("Said in: The ferry")
    assert kept.reason.endswith("(In another sentence: 2016.)")
    assert not lost.supported


def test_only_a_capital_letter_makes_a_month_of_may_and_march() -> None:
    """A march is no month, and neither is what may be."""
    claim = "The band played in June."
    assert check(claim, read_passages("The band played in May.")).reason.startswith("The text says “May”, not “June”.")
    for context in ("The band played a march.", "The band may have played."):
        assert "The text says" not in check(claim, read_passages(context)).reason
