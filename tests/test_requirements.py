"""What the package asks pip for can be chosen in a minute, and is what everything here is tried with."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata

import pytest
from conftest import REPOSITORY
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
OURS = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", (REPOSITORY / "constraints.txt").read_text(), flags=re.MULTILINE))
FROM_BELOW, FROM_ABOVE = {">=", ">", "==", "~=", "==="}, {"<", "<=", "==", "~=", "==="}


@cache
def needs(name: str, extras: frozenset[str] = frozenset()) -> tuple[Requirement, ...]:
    """What an installed package asks for here."""
    texts = metadata.requires(name) or ()
    asked = [Requirement(text) for text in texts]
    environments = [{"extra": extra} for extra in extras or {""}]
    return tuple(each for each in asked if not each.marker or any(each.marker.evaluate(env) for env in environments))


def requirements() -> Iterator[tuple[str, Requirement]]:
    """Who asks for what, of all that a bare installation brings."""
    known, left = set[tuple[str, frozenset[str]]](), [("rag-eval", each) for each in OURS]
    while left:
        asker, asked = left.pop()
        yield asker, asked
        key = (canonicalize_name(asked.name), frozenset(asked.extras))
        if key not in known:
            known.add(key)
            left += [(key[0], each) for each in needs(*key)]


@cache
def bounds(name: str, kinds: frozenset[str]) -> dict[str, str]:
    """Who bounds a package from one side, and how."""
    asked = [(asker, each.specifier) for asker, each in requirements() if canonicalize_name(each.name) == name]
    return {asker: str(s) for asker, s in asked if any(part.operator in kinds for part in s)}


def test_what_is_asked_for_is_what_is_tried() -> None:
    """Each pinned release, which everything here runs with, is within the bounds."""
    for each in (*OURS, *EXTRAS):
        pinned = PINNED.get(canonicalize_name(each.name)) or PINNED.get(each.name)
        if pinned is not None:
            assert each.specifier.contains(pinned, prereleases=True), f"{each}: {pinned} is pinned"


def test_no_package_is_walked_through_release_by_release() -> None:
    """One that nobody bounds, and that bounds from above what others want newer, is tried down to its first release.

    `instructor` was such a one: 417 seconds.
    """
    names = {canonicalize_name(each.name) for _, each in requirements()}
    boundless = {name for name in names if not bounds(name, frozenset(FROM_BELOW | FROM_ABOVE))}
    capping = {
        name: [str(each) for each in needs(name) if any(part.operator in FROM_ABOVE for part in each.specifier)]
        for name in boundless
    }
    shared = {
        name: caps
        for name, caps in capping.items()
        if any(len(bounds(canonicalize_name(Requirement(cap).name), frozenset(FROM_BELOW))) > 1 for cap in caps)
    }
    assert shared == {}, "pyproject.toml must bound these from below"


def test_openai_is_held_back_no_longer_than_it_must() -> None:
    """As soon as instructor takes the jiter that newer releases of openai want, the bound is to go."""
    [ours] = [each for each in OURS if each.name == "openai"]
    assert any(part.operator == "<" for part in ours.specifier)
    [jiter] = [each for each in needs("instructor") if each.name == "jiter"]
    assert not jiter.specifier.contains("0.16.0"), "instructor takes jiter 0.16: lift the upper bound of openai"
    assert jiter.specifier.contains(PINNED["jiter"])


@pytest.mark.parametrize("name", ["requires-python", "license", "readme", "urls"])
def test_the_index_has_what_it_shows(name: str) -> None:
    """Fields without which a page of an index says nothing."""
    assert PROJECT[name]
