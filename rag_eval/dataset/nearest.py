"""The passage that an unknown id most likely means."""

import difflib
import re
from collections.abc import Iterable

_NEAR = 0.6
_MOST = 20_000
"""Ids that are compared letter by letter; of a larger corpus those of the same page or heading are."""


def nearest_id(key: str, ids: Iterable[str]) -> str | None:
    """The id that differs only in folder, ending of the file or spelling, else the one most like it; None if none is.

    `rules#dogs_on_board` is `guide/rules.md#dogs-on-board`.
    """
    ids = [*ids]
    page, heading = _parts(key)
    same = [each for each in ids if _parts(each) == (page, heading)]
    if same:
        return same[0]
    pool = ids if len(ids) <= _MOST else [each for each in ids if page in _parts(each) or heading in _parts(each)]
    near = difflib.get_close_matches(key, pool, n=1, cutoff=_NEAR)
    return near[0] if near else None


def _parts(key: str) -> tuple[str, str]:
    """Page without folder and ending, and heading, letters and digits alone."""
    page, _, heading = key.partition("#")
    name = page.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[\W_]+", "", name).lower(), re.sub(r"[\W_]+", "", heading).lower()
