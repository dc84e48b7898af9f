"""Parts by name: our own, those that other packages offer, and anybody's by its path."""

import sys
from pathlib import Path

import pytest
from support import packages

from rag_eval import plugins
from rag_eval.errors import ConfigError
from rag_eval.plugins import Catalogue

GROUP = "rag_eval.tests"
FRUIT = Catalogue(
    "fruit", GROUP, {"apple": "fractions:Fraction", "pear@k": "support.packages:numbered", "fig": "no_fig:FIG"}
)


def _offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, **parts: str) -> None:
    packages.install(tmp_path, monkeypatch, name, "LEMON = 'sour'\n", {GROUP: parts})


def test_a_part_of_the_package_is_imported_when_it_is_loaded() -> None:
    """And not before: a name that leads nowhere is known all the same."""
    assert FRUIT.load("apple").__name__ == "Fraction"
    assert "fig" in FRUIT
    with pytest.raises(ConfigError, match="no_fig:FIG: cannot be imported"):
        FRUIT.load("fig")


@pytest.mark.parametrize("name", ["pear@1", "pear@25"])
def test_a_name_with_a_number_is_entered_once(name: str) -> None:
    """`@k` stands for every number; the part is made from the name."""
    assert name in FRUIT
    assert FRUIT.load(name) == f"number of {name}"


@pytest.mark.parametrize("name", ["pear", "pear@", "pear@k", "pear@0", "pear@05", "pear@x", "apple@3", "", "Apple"])
def test_a_name_that_is_nearly_one_is_none(name: str) -> None:
    """A part is called exactly what it is called."""
    assert name not in FRUIT
    with pytest.raises(ConfigError, match=f"no fruit is called {name!r}"):
        FRUIT.load(name)


def test_the_nearest_name_is_told() -> None:
    """With all there are, and what `k` is where one has it."""
    told = "no fruit is called 'aple'. Did you mean apple? There are: apple, pear@k, fig (k is a number)"
    assert FRUIT.unknown("aple") == told
    plain = Catalogue("nut", GROUP, {"walnut": "json:dumps"})
    assert plain.unknown("zzz") == "no nut is called 'zzz'. There are: walnut"


def test_another_package_offers_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed behind ours and imported when it is loaded."""
    _offer(tmp_path, monkeypatch, "grove", lemon="grove:LEMON", citron="grove:LEMON")
    assert FRUIT.names() == ["apple", "pear@k", "fig", "citron", "lemon"]
    assert "lemon" in FRUIT
    assert "grove" not in sys.modules
    assert FRUIT.load("lemon") == "sour"
    assert "Did you mean lemon?" in FRUIT.unknown("lemmon")


def test_what_is_offered_is_gone_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was once on the path is not remembered."""
    with monkeypatch.context() as patched:
        _offer(tmp_path, patched, "grove", lemon="grove:LEMON")
        assert "lemon" in FRUIT
    assert "lemon" not in FRUIT


def test_ours_stays_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers a name of ours changes nothing."""
    _offer(tmp_path, monkeypatch, "grove", apple="grove:LEMON")
    assert FRUIT.load("apple").__name__ == "Fraction"
    assert FRUIT.names().count("apple") == 1


def test_a_name_that_two_packages_offer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one is meant is for a person to say."""
    for name in ("grove", "orchard"):
        _offer(tmp_path, monkeypatch, name, lemon=f"{name}:LEMON")
    with pytest.raises(ConfigError, match=r"'lemon' is offered by grove, orchard: name one by package\.module:name"):
        FRUIT.load("lemon")


def test_a_package_that_is_on_the_path_twice_offers_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it is installed for all and for one person as well."""
    for folder in (tmp_path / "a", tmp_path / "b"):
        _offer(folder, monkeypatch, "grove", lemon="grove:LEMON")
    assert FRUIT.load("lemon") == "sour"


@pytest.mark.parametrize("part", ["grove:LIME", "grove.lime:LEMON"])
def test_an_offer_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """With the package that makes it."""
    _offer(tmp_path, monkeypatch, "grove", lime=part)
    with pytest.raises(ConfigError, match=f"the fruit 'lime' of grove cannot be imported: .*{part}"):
        FRUIT.load("lime")


def test_a_part_of_one_s_own_is_called_with_its_options() -> None:
    """`package.module:name` and a mapping of arguments are all it takes."""
    assert plugins.build("fractions:Fraction", {"numerator": 1, "denominator": 2}) == plugins.build(
        "fractions:Fraction", {"numerator": "1/2"}
    )


@pytest.mark.parametrize("use", ["os", "os:", ":name", "", "no.such.module:name", "json:nothing", ".relative:name"])
def test_a_part_that_cannot_be_imported_is_named(use: str) -> None:
    """With how it should read."""
    with pytest.raises(ConfigError, match=r"cannot be imported.*package\.module:name") as raised:
        plugins.build(use, {})
    assert str(raised.value).startswith(f"use: {use}: ")


@pytest.mark.parametrize(("use", "options"), [("json:dumps", {}), ("fractions:Fraction", {"top": 1}), ("math:pi", {})])
def test_a_part_that_cannot_be_called_is_named(use: str, options: dict[str, object]) -> None:
    """An option it does not take, one that is missing, or something that is no function."""
    with pytest.raises(ConfigError, match=f"use: {use}: cannot be called with options"):
        plugins.build(use, options)
