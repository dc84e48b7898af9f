"""Whether an answer says what the reference says."""

import pytest

from rag_eval.judges.embedded.correctness import correctness
from rag_eval.judges.embedded.replies import claim_verdicts

FEE = "What does a night on pontoon B cost?"


@pytest.mark.parametrize(
    ("question", "reference", "response"),
    [
        ("What is the range of the battery?", "60 kilometres.", "The Volt battery has a range of 60 kilometres."),
        (FEE, "45 euros", "A night there is 45 EUR; water and power are included, and showers cost 2 euros."),
        ("What was the capital expenditure?", "$1577.00", "It spent $1.577 billion, 5.1 % of its revenue."),
        ("How far did sales change?", "-3.7%", "Sales decreased by 3.7 % in the year."),
        ("When did the gate open?", "3 May 1988", "It was opened on 1988-05-03 by the mayor."),
        ("Are dogs allowed?", "No", "Dogs are not allowed on the beach."),
        ("Are dogs allowed?", "No, dogs are banned from the beach.", "No, they are banned from the whole beach."),
        ("Who built the pier?", "Tobias Renwick", "The pier was built by the engineer Tobias Renwick."),
        ("Which colours has the flag?", "red, white and blue", "Its stripes are blue, white and red."),
        ("\u8d39\u7528\u662f\u591a\u5c11?", "45\u6b27\u5143", "\u6bcf\u665a\u8d39\u7528\u4e3a45\u6b27\u5143\u3002"),
    ],
)
def test_a_right_answer_scores_high(question: str, reference: str, response: str) -> None:
    """Another spelling, unit or order and further detail cost a short reference nothing."""
    assert correctness(question, reference, response).score >= 0.9


@pytest.mark.parametrize(
    ("question", "reference", "response"),
    [
        (FEE, "45 euros", "A night there costs 50 euros."),
        ("Did sales grow?", "Yes, by 4 %.", "No, sales fell by 4 %."),
        ("How far did revenue change?", "30.8%", "Revenue fell by 30.8%."),
        ("Are dogs allowed?", "No", "Yes, dogs are allowed."),
        (
            "When is the office open?",
            "The office is open on Sundays in May.",
            "The office is closed on Sundays in May.",
        ),
        ("When did the gate open?", "3 May 1988", "It was opened on 13 May 1988."),
        (FEE, "45 euros", "I do not know what it costs."),
        ("\u8d39\u7528\u662f\u591a\u5c11?", "45\u6b27\u5143", "\u6bcf\u665a\u8d39\u7528\u4e3a50\u6b27\u5143\u3002"),
    ],
)
def test_a_wrong_answer_scores_low(question: str, reference: str, response: str) -> None:
    """Another number, the opposite and a refusal are not right."""
    assert correctness(question, reference, response).score <= 0.2


def test_reasons_can_be_followed() -> None:
    """Each claim says whether it is said, missing or contradicted, by what, and where."""
    (claim,) = correctness(FEE, "45 euros", "A night there costs 50 euros.").claims
    assert (claim.verdict, claim.reason) == (
        "contradicted",
        "contradicted: the answer says 50 euros, the reference 45 euros",
    )
    assert claim.evidence == "A night there costs 50 euros."
    (claim,) = correctness(FEE, "45 euros", "Boats lie there in summer.").claims
    assert (claim.verdict, claim.reason) == ("missing", "missing: the number 45 euros")
    (claim,) = correctness("What size?", "XL", "It is blue and green.").claims
    assert claim.reason.startswith("missing: the word XL")
    (claim,) = correctness(FEE, "45 euros", "It is 45 euros.").claims
    assert (claim.verdict, claim.reason) == ("said", "said: It is 45 euros.")


def test_a_claim_of_which_half_the_words_are_missing_is_not_called_said() -> None:
    """Its numbers have most of the score; what a person reads names the words."""
    reference = "A permit holds for one day. Report to the duty officer before each dive."
    (claim,) = correctness("What about wrecks?", reference, "A permit holds for one day.").claims
    assert claim.verdict == "missing"
    assert "officer" in claim.reason


@pytest.mark.parametrize(
    "answer", ["negative $400 million", "$(400) million", "($0.4) billion", "a loss of $400 million"]
)
def test_a_loss_in_brackets(answer: str) -> None:
    """Is below nought, however it is written, and no gain."""
    question = "What was free cash flow?"
    assert correctness(question, "($0.4) billion", f"It was {answer}.").score == 1.0
    assert correctness(question, "($0.4) billion", "It was $400 million.").score == 0.0


def test_a_long_reference_is_compared_in_both_directions() -> None:
    """All of it scores above half of it, half of it above something else, and padding costs a little."""
    parts = [
        "The fuel berth lies on the outer pontoon and opens at eight.",
        "Diesel and petrol are sold there, and cards are accepted.",
        "Call the attendant before you come alongside and stop all engines and stoves.",
        "Nobody stays aboard while petrol is served, and boats leave within twenty minutes.",
    ]
    whole = " ".join(parts)
    scores = [
        correctness("How do I buy fuel?", whole, response).score
        for response in (
            whole,
            f"{whole} The museum shows nets. Its tower has a bell.",
            " ".join(parts[:2]),
            "The museum shows nets.",
        )
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[0] > 0.99


def test_a_reference_that_refuses_wants_a_refusal() -> None:
    """Where there is no answer, saying so is right and an answer is wrong."""
    reference = "The handbook does not say who built the gate."
    assert correctness("Who built the gate?", reference, "I don't know.").score == 1.0
    assert correctness("Who built the gate?", reference, "Tobias Renwick built it.").score == 0.0


def test_yes_without_its_grounds_is_half() -> None:
    """The word alone, without what the reference adds, is half of it; a sentence about something else is none."""
    reference = "Yes, the limit is 4 knots along the quay."
    question = "May I go faster along the quay than in the basin?"
    assert correctness(question, reference, "Yes.").score == pytest.approx(0.5)
    assert correctness(question, reference, "Swimming is forbidden along the quay.").score < 0.2


@pytest.mark.parametrize(
    ("question", "reference", "response"),
    [
        ("Is parking free?", "No, it costs 5 euros.", "It costs 5 euros."),
        ("Is parking free?", "It costs 5 euros.", "No, it costs 5 euros."),
        ("Is it open on Sunday?", "No.", "It is closed on Sundays."),
        ("Is it open on Sunday?", "Yes.", "It opens at 9 and closes at 5 on Sunday."),
        ("May I smoke?", "No.", "Smoking is prohibited."),
        ("Is smoking forbidden?", "Yes.", "Smoking is not allowed."),
    ],
)
def test_yes_and_no_can_be_said_without_the_words(question: str, reference: str, response: str) -> None:
    """An antonym denies a question and a negated one affirms it; the grounds alone are as good as "No"."""
    assert correctness(question, reference, response).score >= 0.9


@pytest.mark.parametrize(
    ("question", "reference", "response"),
    [
        ("Is it open on Sunday?", "No.", "It is open on Sunday."),
        ("Is smoking forbidden?", "Yes.", "Smoking is allowed."),
        ("Are dogs allowed?", "Yes", "Dogs are forbidden."),
        ("Are dogs allowed?", "No", "Dogs are allowed on the beach."),
        ("Is the pier open?", "Yes, the pier is open.", "No, the pier is closed."),
    ],
)
def test_the_opposite_answer_is_contradicted(question: str, reference: str, response: str) -> None:
    """Yes for no is worth nothing, however it is said."""
    result = correctness(question, reference, response)
    assert (result.score, result.claims[0].verdict) == (0.0, "contradicted")


@pytest.mark.parametrize(
    ("reference", "response"),
    [
        ("4.5 hours", "It takes four and a half hours."),
        ("Half a litre", "0.5 litres"),
        ("Twice a week", "2 times per week"),
        ("A dozen", "12"),
        ("The State Quarter", "It is the State Quarter."),
    ],
)
def test_a_number_in_words_is_as_good_as_its_digits(reference: str, response: str) -> None:
    """The words that a number is made of are not looked for a second time."""
    assert correctness("What is it?", reference, response).score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("reference", "response"),
    [
        ("The warranty lasts five years.", "Two years."),
        ("Five years after delivery by the shop in Lyon.", "It is 2 years."),
        ("four and a half years", "5.5 years"),
    ],
)
def test_another_number_for_the_one_asked_for_contradicts(reference: str, response: str) -> None:
    """An answer of one number in the same unit is meant for the one that was asked for, and no better than none."""
    (claim,) = correctness("How long is the warranty?", reference, response).claims
    assert (claim.verdict, claim.score) == ("contradicted", 0.0)


def test_a_contradicted_claim_takes_off_what_a_said_one_gives() -> None:
    """Of two long claims, one right and one wrong are worth less than one right and nothing else."""
    right = "Diesel and petrol are sold at the outer fuel berth, and bank cards are accepted there."
    reference = f"{right} The attendant of the fuel berth leaves the harbour at 18:00 in summer."
    wrong = "The attendant of the fuel berth leaves the harbour at 17:00 in summer."
    scores = [correctness("Tell me.", reference, text).score for text in (reference, right, f"{right} {wrong}", wrong)]
    assert scores == sorted(scores, reverse=True)


def test_a_number_of_something_else_contradicts_nothing() -> None:
    """Another unit, or a sentence about other things, leaves a number missing."""
    (claim,) = correctness("When was the hall built?", "It was finished in 1988.", "It has 12 rooms.").claims
    assert claim.verdict == "missing"


def test_a_number_in_another_sentence_contradicts_nothing() -> None:
    """Of several numbers only one that stands among words of the claim is one for the same thing."""
    question, reference = "How much is the fine?", "It is reduced to 300 euros if it is paid within 14 days."
    (claim,) = correctness(
        question, reference, "Hand in the note within 48 hours. It is 400 euros if it is paid."
    ).claims
    assert "48 hours" not in claim.reason


def test_an_answer_that_leaves_yes_or_no_open_is_half() -> None:
    """The mere lack of a negation is no yes."""
    (claim,) = correctness("Is parking free?", "No.", "Parking is for guests.").claims
    assert (claim.verdict, claim.reason, claim.score) == ("missing", "missing: the answer leaves yes or no open", 0.5)


@pytest.mark.parametrize("reference", ["No.", "Yes."])
def test_an_answer_to_another_question_says_neither_yes_nor_no(reference: str) -> None:
    """Who does not speak of the question has no half of an answer."""
    result = correctness("Is the pool open on Sunday?", reference, "The museum has five rooms.")
    assert result.score == 0.0
    assert result.claims[0].reason == "missing: the answer does not speak of the question"


@pytest.mark.parametrize(
    ("reference", "response", "score"),
    [
        ("World War II", "World War 2 was fought.", 1.0),
        ("World War 2", "It was World War II.", 1.0),
        ("Louis XIV", "Louis 14 reigned.", 1.0),
    ],
)
def test_roman_numerals_are_numbers(reference: str, response: str, score: float) -> None:
    """In the reference or in the answer."""
    assert correctness("Which one?", reference, response).score == pytest.approx(score)


def test_another_roman_numeral_is_another_thing() -> None:
    """It is missing, and stands in place of no number."""
    assert correctness("Which one?", "World War II", "World War I.").claims[0].verdict == "missing"
    assert correctness("When?", "In 1945", "After World War II.").claims[0].verdict == "missing"


def test_the_judge_replies_with_claims_and_score() -> None:
    """The reply holds the fields of the shape, the evidence of each claim, and the score."""
    reply = claim_verdicts({"question": FEE, "reference": "45 euros", "response": "It is 45 euros."})
    assert reply == {
        "claims": [
            {"claim": "45 euros", "reason": "said: It is 45 euros.", "verdict": "said", "evidence": "It is 45 euros."}
        ],
        "score": 1.0,
    }
