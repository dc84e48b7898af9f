"""Sentences turned into questions that people ask, and those that are left alone."""

import pytest

from rag_eval.judges.embedded import questions


def _asked(text: str) -> list[str]:
    return [each.question for each in questions.of_sentences(text)]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Fenders must be hung within two hours of mooring.", "When must fenders be hung?"),
        ("A boat may cross the sill only when the tide is high.", "When may a boat cross the sill?"),
        ("Assistance dogs may go everywhere but the kitchen.", "Where may assistance dogs go?"),
        ("A function signature must declare the type of each parameter.", "What must a function signature declare?"),
        ("A day ticket is £9 for adults.", "How much is a day ticket?"),
        ("The cargo command allows you to install binary crates.", "What does the cargo command allow you to do?"),
        (
            "Unless the gate is open to boats, call the gatekeeper.",
            "What should you do unless the gate is open to boats?",
        ),
        ("Fish Quay is the north side of the harbour.", "What is Fish Quay?"),
        ("The office opens at 8:30 on all days.", "When does the office open?"),
    ],
)
def test_what_people_ask(text: str, question: str) -> None:
    """When, where, how much, what to do: by what the sentence says, not by its first words alone."""
    assert _asked(text) == [question]


@pytest.mark.parametrize(
    "text",
    [
        "The potential costs and delays incurred as a result could harm our business.",
        "Shipping costs to receive products from our suppliers are included in our inventory.",
        "Jesse Jackson believes Microsoft should hire more minorities and women.",
        "To the extent permitted under Delaware law, we have agreements with our officers.",
        "Secrets may be disclosed or published without our authorization.",
        "Leisure boats may not lie at the quay between 04:00 and 10:00.",
        "When configured properly, an agent can hold several conversations.",
        "When the client uses the function, we use the & syntax.",
        "The method also provides the rest of the values.",
        "Building a thread pool is a challenge of its own.",
        "Engine oil is sold in 5-litre cans.",
        "The Add trait is an example of the purpose.",
        "The table above contains the fees of all berths.",
        "If module A is contained inside module B, the name is found.",
        "Rooms may be used quietly and with care.",
        "Query is now a String because lower case makes new data.",
        "If you give it two futures, the macro returns a tuple.",
        "AutoGen provides the messages of all agents.",
        "The price is £16 a metre each way.",
        "When the code runs, the output is a list of numbers.",
        "Once Rust is installed by a package, updating to a new version is easy.",
    ],
)
def test_what_would_be_no_question_is_left_alone(text: str) -> None:
    """A noun that looks like a verb, another verb's subject, no condition, a page's words, a thing without a name."""
    assert _asked(text) == []
    assert [*questions.of_purposes(text)] == []


def test_aims_and_steps() -> None:
    """Of a sentence that says how, and of a list of instructions under a heading that names what to do."""
    (asked,) = questions.of_purposes("To reset the bilge pump, hold the knob for a minute.")
    assert asked.question == "How do you reset the bilge pump?"
    assert not [*questions.of_purposes("To fix the error, you have two choices.")]
    steps = questions.of_steps("## Coming alongside\n\n- Call the office.\n- Come in against the tide.\n")
    assert steps
    assert steps.question == "What is the procedure for coming alongside?"
    assert questions.of_steps("## Coming alongside\n\n- The office is red.\n- Come in.\n") is None
    assert questions.of_steps("## Berths\n\n- Call the office.\n- Come in.\n") is None


def test_what_is_said_nowhere_is_asked_of_things_with_a_name() -> None:
    """Not of whatever a sentence begins with."""
    (named,) = questions.of_sentences("The sill gate is a wall of steel.")
    assert [*questions.unsaid(named, "The sill gate.")] == [
        "Who designed the sill gate?",
        "When was the sill gate last replaced?",
    ]
    assert [*questions.unsaid(named, "`x`")] == ["When was the sill gate added?"]
    (other,) = questions.of_sentences("A gate is a wall of steel.")
    assert [*questions.unsaid(other, "A gate.")] == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("AutoGen serves as a framework for many applications.", "What does AutoGen serve as?"),
        ("The harbour fund consists of fees and of gifts.", "What does the harbour fund consist of?"),
        ("The mooring fee depends on the length of the boat.", "What does the mooring fee depend on?"),
        ("The harbour office can help with the customs forms.", "What can the harbour office help with?"),
        (
            "A long hook or a rope can be used to free the float of the gauge.",
            "What can be used to free the float of the gauge?",
        ),
        ("The mooring fee is calculated from the length of the boat.", "How is the mooring fee calculated?"),
        ("Demurrage: The fee for a boat that stays too long.", "What is meant by Demurrage?"),
        ("Note: The fee for a boat that stays too long.", None),
        ("The red flag means no boat may leave the harbour.", "What does the red flag mean?"),
    ],
)
def test_more_of_what_manuals_and_reports_say(text: str, question: str | None) -> None:
    """What something rests on, helps with, is used or calculated by, and terms with their meaning."""
    assert _asked(text) == ([question] if question else [])
