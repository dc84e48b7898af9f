"""What the checks look at: questions and references, made ready once."""

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.records import Case


def _context(*questions: str, reference: str | None = None) -> CheckContext:
    return CheckContext(
        cases=[Case(id=str(n), user_input=text, reference=reference) for n, text in enumerate(questions)]
    )


def test_questions_in_other_words_are_near_and_others_are_not() -> None:
    """Each two once, the first before the second."""
    context = _context(
        "What does a single ticket to the island cost?",
        "When does the library open on Sundays?",
        "Could you tell me what a single ticket to the island costs?",
    )
    assert [(first, second) for first, second, _ in context.near_questions] == [(0, 2)]
    assert all(0 < share <= 1 for *_, share in context.near_questions)


def test_another_number_is_another_question() -> None:
    """However many words they have in common."""
    assert _context("What did the harbour earn in 2023?", "What did the harbour earn in 2024?").near_questions == []


def test_no_question_and_a_single_one_are_near_to_nothing() -> None:
    """And what has no words at all neither."""
    assert _context().near_questions == []
    assert _context("What does it cost?").near_questions == []
    assert _context("?", "???", "…").near_questions == []


def test_there_is_a_gist_for_each_reference_also_where_there_is_none() -> None:
    """In the order of the cases, so that places can be relied on."""
    context = _context("a", "b", "c")
    assert len(context.references) == 3
    assert context.references[0] == context.references[1]


def test_what_was_made_ready_is_made_once() -> None:
    """Several checks ask for the same, and it takes long for many questions."""
    context = _context("What does it cost?", "What is the cost?")
    assert context.questions is context.questions
    assert context.references is context.references
    assert context.near_questions is context.near_questions
