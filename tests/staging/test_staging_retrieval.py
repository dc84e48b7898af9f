"""Finding passages under each profile."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from rag_eval.staging.corpus import read_passages
from rag_eval.staging.errors import ProfileError
from rag_eval.staging.profiles import PROFILES, profile_named
from rag_eval.staging.retrieval import Bm25Index


def found(pages: Path, profile: str, query: str, k: int = 5) -> list[str]:
    """Ids of what a search brings."""
    return [hit.passage.id for hit in Bm25Index(read_passages(pages), profile_named(profile)).search(query, k)]


def test_strong_finds_what_weak_misses(pages: Path) -> None:
    """The weak profile does not see the end of a section; the strong one does."""
    assert found(pages, "strong", "Are barbecues allowed?") == ["berths#rules-on-the-pontoons"]
    assert found(pages, "weak", "Are barbecues allowed?") == []


def test_page_title_counts_for_strong_only(pages: Path) -> None:
    """A section is found by its page's title under the strong profile, not under the medium one."""
    assert "ferry#timetable" in found(pages, "strong", "island")
    assert found(pages, "medium", "island") == ["ferry#intro"]


@pytest.mark.parametrize(("profile", "most"), [("strong", 6), ("medium", 3), ("weak", 2)])
def test_limit(pages: Path, profile: str, most: int) -> None:
    """A profile brings as many as asked for, up to its own limit."""
    query = "ferry fuel berths pontoons fees spills ticket boats prices office"
    assert len(found(pages, profile, query, 6)) == most
    assert len(found(pages, profile, query, 1)) == 1


@pytest.mark.parametrize("query", ["zeppelin", "what is the", "?!", " "])
def test_no_match_no_hits(pages: Path, query: str) -> None:
    """A query without an indexed word brings nothing."""
    assert found(pages, "strong", query) == []


def test_ties_by_id(pages: Path) -> None:
    """Equal scores are ordered by id, whatever order the pages came in."""
    passage = read_passages(pages)[0]
    twins = [replace(passage, id=one) for one in ("c#x", "a#x", "b#x")]
    other = replace(passage, id="d#x", title="Other", text="something else")
    hits = Bm25Index([*twins, other], profile_named("strong")).search("pontoon", 5)
    assert [hit.passage.id for hit in hits] == ["a#x", "b#x", "c#x"]
    assert len({hit.score for hit in hits}) == 1


def test_same_every_time(pages: Path) -> None:
    """Two indexes of the same pages give the same hits with the same scores."""
    passages = read_passages(pages)
    first, second = (Bm25Index(passages, PROFILES[0]).search("ferry ticket in winter", 5) for _ in range(2))
    assert first == second
    assert all(better.score >= worse.score > 0 for better, worse in pairwise(first))


def test_unknown_profile() -> None:
    """An unknown name is answered with the nearest one and with all there are."""
    with pytest.raises(ProfileError, match=r"'strnog'; did you mean 'strong'\? There are: strong, medium, weak"):
        profile_named("strnog")
    with pytest.raises(ProfileError, match=r"'xyz'\. There are: strong"):
        profile_named("xyz")
