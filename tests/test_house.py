"""How the code is built, held to what CONTRIBUTING.md says; `bench/house.py` counts, and prints all of it.

Each rule has the exceptions of today. A new one fails the test, and so does one that is no longer needed: then the
list is shortened.
"""

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import house
else:  # the folder itself is no place to import from: its `telemetry` is not the one of the tests
    _SPEC = importlib.util.spec_from_file_location("house", Path(__file__).resolve().parents[1] / "bench" / "house.py")
    house = sys.modules["house"] = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(house)

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES_OF_A_FUNCTION = 50
MOST_CODE_LINES_OF_A_MODULE = 350

PARTICIPLES: frozenset[str] = frozenset()
TWINS: frozenset[str] = frozenset()
CIRCLES: frozenset[str] = frozenset()
"""Modules that stand in a circle."""
IMPLEMENTING: frozenset[str] = frozenset()
LONG_FUNCTIONS: frozenset[str] = frozenset()
LONG_MODULES: frozenset[str] = frozenset()
WORDS: frozenset[str] = frozenset()
"""Families in which something is still called by a word that says nothing of it."""
UNDOCUMENTED: frozenset[str] = frozenset()
"""Modules with public functions that say nothing of themselves."""


@pytest.fixture(scope="module")
def modules() -> "list[house.Module]":
    """Every module of the package."""
    return house.modules(ROOT)


def _demand(found: Iterable[str], exceptions: frozenset[str], rule: str) -> None:
    """Fail for what breaks a rule and is no exception, and for an exception that breaks no rule any more."""
    broken = {*found}
    assert not broken - exceptions, f"{rule}: {', '.join(sorted(broken - exceptions))}"
    assert not exceptions - broken, f"take from the exceptions of {rule!r}: {', '.join(sorted(exceptions - broken))}"


def _family(place: str) -> str:
    """The folder or module beneath the package that a place such as `rag_eval/dataset/cells.py:12` is of."""
    return place.partition(":")[0].split("/")[1].removesuffix(".py")


def test_a_class_is_called_by_a_noun(modules: "list[house.Module]") -> None:
    """`CachedJudge`, not `Cached`: a participle says what was done, and not to what."""
    names = house.public_classes(modules)
    _demand(
        (name for name in names if house.PARTICIPLE.fullmatch(name) and name not in house.NOUNS),
        PARTICIPLES,
        "a class is a noun",
    )


def test_a_name_stands_for_one_class(modules: "list[house.Module]") -> None:
    """Who looks for a class by its name finds it, and no other."""
    places = house.public_classes(modules)
    _demand((name for name, where in places.items() if len(where) > 1), TWINS, "one name, one class")


def test_names_say_what_they_hold(modules: "list[house.Module]") -> None:
    """`said` and the like could be anything."""
    places = [place for where in house.private_words(modules).values() for place in where]
    _demand(map(_family, places), WORDS, f"nothing is called {', '.join(house.PRIVATE_WORDS)}")


def test_packages_only_name_what_stands_in_modules(modules: "list[house.Module]") -> None:
    """An `__init__` has no implementation: it is found in a module that is named for it."""
    _demand(house.implementing(modules), IMPLEMENTING, "no implementation in __init__")


def test_functions_are_seen_at_a_glance(modules: "list[house.Module]") -> None:
    """The signature counts as well."""
    long = (place.split()[-1] for lines, place in house.functions(modules) if lines > MOST_LINES_OF_A_FUNCTION)
    _demand(long, LONG_FUNCTIONS, f"at most {MOST_LINES_OF_A_FUNCTION} lines in a function")


def test_modules_are_read_at_one_sitting(modules: "list[house.Module]") -> None:
    """Comments, docstrings and blank lines do not count."""
    long = (module.name for module in modules if module.lines > MOST_CODE_LINES_OF_A_MODULE)
    _demand(long, LONG_MODULES, f"at most {MOST_CODE_LINES_OF_A_MODULE} code lines in a module")


def test_no_modules_import_each_other(modules: "list[house.Module]") -> None:
    """Also not in functions, or for type checkers alone."""
    names = frozenset(module.name for module in modules)
    graph = {module.name: {*house.imports(module, names)} - {module.name} for module in modules}
    _demand((name for circle in house.circles(graph) for name in circle), CIRCLES, "no import circles")


def test_what_others_use_says_what_it_is(modules: "list[house.Module]") -> None:
    """Each module and public function has a docstring; ruff looks at the classes."""
    places = (place.partition(":")[0] for place in house.undocumented(modules))
    _demand(places, UNDOCUMENTED, "a docstring for what is public")
