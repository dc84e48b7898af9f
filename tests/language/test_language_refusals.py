"""Refusals are told from answers that hold a negation, by the first sentence."""

import pytest

from rag_eval.language.refusals import NO_WORDS, refusal

REFUSALS = [
    "I don't know.",
    "Unable to answer based on given passages.",
    "The provided context does not contain the berth fee.",
    "I\u2019m sorry, but I can\u2019t help with that.",
    "There is not enough information to work out the margin.",
    "There isn't any mention of a sauna in the passages.",
    "Not found in the documents.",
    "N/A",
    "No answer",
    "unanswerable",
    "I could not find anything about catamarans.",
    "As an AI language model, I cannot look at live data.",
    "Please contact support for further help.",
    "Based on the given context, it is not possible to determine the ratio.",
    "The information provided does not include the capital expenditure.",
    "Hello! Thank you for your question. Unfortunately, the passages do not mention dogs.",
    "Based on the passages: I cannot tell.",
    "Although the context mentions tariffs, it does not say what a berth costs.",
    "The passages do not say how much it costs, but they do mention that there are fees.",
    "The amount of the charge is not disclosed in the filing.",
    "The handbook does not say.",
    "Unfortunately the manual does not describe this.",
    "Unfortunately, the manual does not describe this.",
    "The manual doesn't cover that.",
    "The policy doesn\u2019t address this question.",
    "The guide does not contain this information.",
    "The rulebook does not cover this topic.",
    "The manual says nothing about dogs.",
    "The manual does not describe how to do it.",
    "The regulations do not mention pets.",
    "The context does not provide enough information to definitively say who won. However, it does mention a race.",
    "Could you please clarify your question?",
    "Leider kann ich diese Frage nicht beantworten.",
    "Le contexte ne mentionne pas le prix.",
    "Lo siento, pero el contexto no proporciona esa informaci\u00f3n.",
    "Non lo so.",
    "N\u00e3o sei.",
    "Ik weet het niet.",
    "\u6211\u4e0d\u77e5\u9053\u3002",
    "\u308f\u304b\u308a\u307e\u305b\u3093\u3002",
]
HEDGED = (
    "The context does not provide enough information to definitively say which peoples settled there. However, it does "
    "mention the following groups: the Sami in the north, the Finns along the coast, and the Karelians in the east. "
    "They arrived in the 9th century and lived on fish and reindeer."
)
ANSWERS = [
    "The passages do not mention dogs, but a berth costs 5 euros.",
    "No, dogs are not allowed.",
    "It is unknown who built the tower.",
    "There is no information desk at the harbour.",
    "Nobody can answer a call after 6 pm.",
    "The capital is not mentioned in the treaty because the parties could not agree on one.",
    "The price does not include VAT.",
    "The policy does not cover theft.",
    "The policy does not cover this damage.",
    "The insurance does not cover this.",
    "The rules do not allow this.",
    "The ticket does not include that.",
    "The guide does not speak English.",
    HEDGED,
    'He said "I don\'t know" and left.',
    "If the documents are not available, the office closes the file.",
    "There is no single answer to this question, as it depends on the length of the boat.",
    "Please contact the harbour office at 040 1234 to book a berth.",
    "I'm not sure of the exact day, but I know that the gate was built in 1988.",
    "I am sorry to hear that. You can cancel within 14 days.",
    "Sorry, something went wrong.",
    "Es gibt keine Duschen.",
    "\u6ca1\u6709\u7535\u68af\u3002",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_an_answer_that_gives_none_refuses(text: str) -> None:
    """Each common way of giving no answer is seen, with what may stand before it and in eight languages."""
    assert refusal(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_with_a_negation_does_not_refuse(text: str) -> None:
    """Facts in the negative, answers after a "but", quotations and error messages are no refusals."""
    assert refusal(text) == ""


@pytest.mark.parametrize("text", ["", "  \n", "\u2026"])
def test_a_text_without_words_refuses(text: str) -> None:
    """An empty answer refuses, and a constant stands for its sentence."""
    assert refusal(text) == NO_WORDS


def test_the_first_sentence_decides() -> None:
    """The sentence that refuses is given back; a remark after the answer does not undo it."""
    text = "Sorry. I do not know the fee. The office opens at 9."
    assert refusal(text) == "I do not know the fee."
    assert refusal("A berth costs 45 euros. The guide does not say more.") == ""


def test_phrases_of_a_user_refuse_as_well() -> None:
    """A service's own sentence is known by a part of it, in any case, where it opens the answer."""
    assert refusal("Ask the bosun, he is in at nine.", ["ASK THE  bosun"])
    assert not refusal("The office is closed. Ask the bosun.", ["ask the bosun"])
    assert not refusal("The office is closed.", ["", " "])
