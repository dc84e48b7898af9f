"""Somebody else's package as pip would leave it: a module, and a `.dist-info` that says what it offers."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest


def numbered(name: str) -> str:
    """A part that is made from a name with a number."""
    return f"number of {name}"


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str, offers: Mapping[str, Mapping[str, str]]
) -> None:
    """Write a package of one module and put it on the path; `offers` is group to name to `module:attribute`.

    The path and what was imported from it are as before when the test ends.
    """
    site = folder / f"site-{name}"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = [
        line for group, parts in offers.items() for line in (f"[{group}]", *(f"{n} = {p}" for n, p in parts.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, name, raising=False)
