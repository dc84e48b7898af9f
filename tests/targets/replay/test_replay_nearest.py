"""Which captured question is a case's in other words, or that nobody knows."""

from hypothesis import given
from hypothesis import strategies as st
from support.matching import FERRY, FERRY_AGAIN, OTHERS, capture, case, seen

from rag_eval.errors import TargetError
from rag_eval.targets import CaptureIndex
from rag_eval.targets.replay.nearest import nearest


def test_near_questions_are_matched_only_if_asked_for() -> None:
    """Exactly or not at all, unless somebody says `fuzzy`; then what is the same still comes first."""
    captured = [capture(FERRY), *map(capture, OTHERS)]
    asked = [case("1", FERRY_AGAIN), case("2", OTHERS[0])]
    strict, _ = seen(("trace", "id", "question"), asked, captured)
    assert strict == {"1": "not_captured", "2": f"question: {OTHERS[0]}"}
    found, unmatched = seen(("fuzzy",), asked, captured)
    assert found == {"1": f"fuzzy: {FERRY}", "2": f"question: {OTHERS[0]}"}
    assert unmatched == len(OTHERS) - 1


def test_a_number_or_a_negation_makes_another_question() -> None:
    """However alike the words are."""
    captured = [capture("How much is the ferry to island 4 for a family?"), *map(capture, OTHERS)]
    asked = [case("1", "How much is the ferry to island 5 for a family?")]
    assert seen(("fuzzy",), asked, captured)[0] == {"1": "not_captured"}
    captured = [capture("Which visitors may not use electricity on the pier?")]
    assert seen(("fuzzy",), [case("1", "Which visitors may use electricity on the pier?")], captured)[0] == {
        "1": "not_captured"
    }


def test_one_captured_question_is_never_that_of_two_cases() -> None:
    """Two cases that are equally near to it both fail, and it is not played for either."""
    found, _ = seen(
        ("fuzzy",), [case("1", FERRY_AGAIN), case("2", FERRY_AGAIN.replace("a ferry", "the ferry"))], [capture(FERRY)]
    )
    assert found == {"1": "ambiguous_capture", "2": "ambiguous_capture"}


def test_what_is_the_same_is_not_left_for_others() -> None:
    """A captured question that a case asks in the same words is not lent to one that asks nearly the same."""
    found, _ = seen(("fuzzy",), [case("1", FERRY_AGAIN), case("2", FERRY)], [capture(FERRY)])
    assert found == {"1": "not_captured", "2": f"question: {FERRY}"}


def test_a_tie_names_what_is_equally_near() -> None:
    """Nobody knows which of two is meant."""
    captured = [capture(FERRY), capture(FERRY.replace("the ferry", "a ferry"))]
    with CaptureIndex(("fuzzy",)) as index:
        index.add(captured)
        [(_, outcome)] = index.seen([case("1", FERRY_AGAIN)])
        assert isinstance(outcome, TargetError)
        assert outcome.reason == "ambiguous_capture"
        assert "equally near are" in str(outcome)
        assert FERRY in str(outcome)


@given(st.permutations([FERRY, *OTHERS]), st.permutations([FERRY_AGAIN, *OTHERS]))
def test_the_order_does_not_decide(captured: list[str], asked: list[str]) -> None:
    """The same cases and the same captures match the same way, in whatever order they come."""
    found = nearest({text: text for text in asked}, captured)
    assert {key: near.captured for key, near in found.items() if near.sure} == {
        FERRY_AGAIN: (FERRY,),
        **{text: (text,) for text in OTHERS},
    }
