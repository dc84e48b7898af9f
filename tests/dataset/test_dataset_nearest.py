"""The passage that an unknown id most likely means."""

import pytest

from rag_eval.dataset import nearest
from rag_eval.dataset.nearest import nearest_id

_IDS = ("guide/rules.md#dogs-on-board", "guide/rules.md#fees", "guide/fees.md#fees", "guide/harbour.md#moorings")


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("rules#dogs-on-board", "guide/rules.md#dogs-on-board"),
        ("Rules.html#Dogs_on_board", "guide/rules.md#dogs-on-board"),
        ("fees#fees", "guide/fees.md#fees"),
        ("guide/harbor.md#moorings", "guide/harbour.md#moorings"),
        ("17", None),
        ("", None),
    ],
)
def test_the_nearest_id(key: str, near: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, ending or spelling of it; else one that is nearly spelt so, also in a large corpus."""
    assert nearest_id(key, _IDS) == near
    monkeypatch.setattr(nearest, "_MOST", 1)
    assert nearest_id(key, _IDS) == near
