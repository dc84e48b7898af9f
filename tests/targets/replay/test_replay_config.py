"""How captured answers find their cases, as it is written."""

import pytest
from pydantic import ValidationError

from rag_eval.targets.replay.config import ReplayConfig


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("auto", ("trace", "id", "question")),
        ("id", ("id",)),
        (["question", "auto"], ("question", "trace", "id")),
        (["id", "fuzzy", "id"], ("id", "fuzzy")),
    ],
)
def test_the_ways_stand_in_order_and_once(written: object, ways: tuple[str, ...]) -> None:
    """`auto` stands for three of them."""
    assert ReplayConfig.model_validate({"kind": "replay", "match": written}).ways == ways


def test_a_replay_asks_nobody() -> None:
    """Not even several times."""
    config = ReplayConfig(kind="replay")
    assert (config.asks_live, config.repetitions, config.is_conversational, dict(config.addresses)) == (
        False,
        1,
        False,
        {},
    )


def test_no_way_is_a_mistake() -> None:
    """Nothing could be found."""
    with pytest.raises(ValidationError, match="the list is empty"):
        ReplayConfig.model_validate({"kind": "replay", "match": []})
