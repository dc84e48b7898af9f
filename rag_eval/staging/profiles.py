"""Named ways to index the same pages, from what a first version might do to what it should."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import ProfileError

_OPENING = 12
"""Words that the weak profile keeps of each passage."""


@dataclass(frozen=True)
class Profile:
    """How passages are indexed and how many of them are returned."""

    name: str
    summary: str
    """One sentence for a person who chooses."""
    indexed: Callable[[HandbookPassage], str]
    """The part of a passage that can be found."""
    limit: int
    """Contexts returned at most, whatever was asked for."""


def profile_named(name: str) -> Profile:
    """Return the profile of this name.

    Raises:
        ProfileError: there is none; the message lists those there are, and the nearest.
    """
    names = [profile.name for profile in PROFILES]
    if name in names:
        return PROFILES[names.index(name)]
    near = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ProfileError(f"no profile named {name!r}{hint} There are: {', '.join(names)}")


def _everything(passage: HandbookPassage) -> str:
    return f"{passage.title}\n{passage.text}"


def _text(passage: HandbookPassage) -> str:
    return passage.text


def _opening(passage: HandbookPassage) -> str:
    return " ".join(passage.text.split()[:_OPENING])


PROFILES = (
    Profile("strong", "the whole text with page title and heading; as many contexts as asked for", _everything, 20),
    Profile("medium", "the section's own text, without its page's title; three contexts", _text, 3),
    Profile("weak", f"the first {_OPENING} words of each section; two contexts", _opening, 2),
)
