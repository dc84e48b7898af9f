"""Of an answer, only what states something about its subject must be judged."""

import pytest

from rag_eval.judges.assertions import assertions


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("The ferry leaves at nine.", ["The ferry leaves at nine."]),
        ("Sure! The ferry leaves at nine. I hope this helps!", ["The ferry leaves at nine."]),
        ("# Times\n\nThe ferry leaves at nine (Passage 2).", ["The ferry leaves at nine."]),
        ("When does it leave? It leaves at nine.", ["It leaves at nine."]),
        ("Based on the passages, it leaves at nine.", ["it leaves at nine."]),
        ("The passages do not mention the price.", []),
        ("I don't know much, but he is a painter.", ["he is a painter."]),
        ("```\nprint(1)\n```", []),
        ("", []),
    ],
)
def test_headings_courtesies_code_and_talk_of_sources_state_nothing(text: str, stated: list[str]) -> None:
    """What is left is what a judge must speak of."""
    assert [" ".join(statement.replace(" .", ".").split()) for statement in assertions(text)] == stated
