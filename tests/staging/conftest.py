"""A little corpus, and the service over it on a real socket."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import circuitbreaker
import httpx2
import pytest
from fastapi import FastAPI
from staging.serving import QUICK_PASSWORDS, Clock, Configure, Start, client_of, running

from rag_eval.staging.settings import Settings

_PAGES = {
    "ferry.md": """# Island ferry

The ferry crosses the sound all year.

## Timetable

Boats leave on the hour. In winter
there is no Sunday service. The last boat is at 19:30.

## What to bring

- A ticket or **pass**
- Warm clothes, as the deck
  is open
- Cash for the kiosk
""",
    "berths.md": """# Berths

## Fees & deposits

Prices are in pounds.

| Berth | Summer | Winter |
|---|---:|---:|
| Pontoon | 40 | 25 |
| Swinging mooring | 18 | |

## Rules on the pontoons

Please read this section before you tie up anywhere along the pontoons of ours. Barbecues are forbidden.
""",
    "fuel.md": """# Fuel

Diesel and petrol are sold at the north quay.

## Spills

Tell the office. Never use detergent on a spill.
""",
}


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services in processes of their own hash as they do."""
    monkeypatch.setattr("rag_eval.staging.accounts._passwords", lambda: QUICK_PASSWORDS)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In the place of the breakers' own."""
    clock = Clock()
    monkeypatch.setattr(circuitbreaker, "monotonic", clock)
    return clock


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of three pages, to be read only."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in _PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def configure(pages: Path) -> Configure:
    """Settings over the little corpus, with variables of one's own."""

    def settings(**variables: str) -> Settings:
        free = {f"{scope}_LIMIT": "unlimited" for scope in ("QUERY", "UPLOAD", "ACCOUNT")}
        basis = {"USERNAME": "ada", "PASSWORD": "right horse", "CORPUS": str(pages)} | free | variables
        return Settings.from_environ({f"RAG_STAGING_{name}": value for name, value in basis.items()})

    return settings


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an application on a free loopback port; returns a client to it."""
    with ExitStack() as stack:

        def started(app: FastAPI) -> httpx2.Client:
            return stack.enter_context(client_of(stack.enter_context(running(app))))

        yield started
