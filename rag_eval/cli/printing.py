"""Printing tables: as wide as the terminal, or wide enough for every column where there is none."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from rich.console import Console, RenderableType

_NO_TERMINAL_WIDTH = 140
_FREE_WIDTH = 1000


def show(parts: Iterable[RenderableType], *, free: bool = False) -> None:
    """Print the parts of a report on standard output; `free` tables are as wide as they like where no terminal is."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FREE_WIDTH if free else _NO_TERMINAL_WIDTH)
    for part in parts:
        console.print(part)


def as_json(record: BaseModel, **more: Any) -> None:
    """Print a record as JSON on standard output."""
    print(json.dumps({**record.model_dump(mode="json"), **more}, indent=2, ensure_ascii=False))


def case_json(row: Any) -> None:
    """Print one case of a run as JSON on standard output."""
    outcomes = {name: outcome.model_dump(mode="json") for name, outcome in row.outcomes.items()}
    told = {
        "case": row.case.model_dump(mode="json"),
        "reply": row.reply.model_dump(mode="json"),
        "outcomes": outcomes,
    }
    print(json.dumps(told, indent=2, ensure_ascii=False))
