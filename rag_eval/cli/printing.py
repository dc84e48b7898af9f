"""Printing: as wide as the terminal and never wider, or wide enough for every column where there is none.

On a terminal texts are wrapped between words, and what is written to disk or served is a link. Elsewhere a line is a
line, whatever its length: scripts read it.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from os import environ
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rag_eval.printable import printable

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import RenderableType

_NO_TERMINAL_WIDTH = 140
_FREE_WIDTH = 1000
_PLAIN = frozenset({"dumb", "linux", "unknown"})
"""Terminals that would show a link as rubbish."""
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON leaves as it is and a terminal may obey."""
_ADDRESS = re.compile(r"https?://")
_LABEL = 9
"""Letters of a label and the blanks behind it."""


def show(parts: "Iterable[RenderableType]", *, free: bool = False) -> None:
    """Print the parts of a report on standard output; `free` tables are as wide as they like where no terminal is."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=_FREE_WIDTH if free else _NO_TERMINAL_WIDTH)
    for part in parts:
        console.print(part, crop=False)


def say(text: str, indent: int | None = None) -> None:
    """Print a text on standard output, wrapped between words on a terminal: there behind `indent` blanks.

    Left out, that is two more than the line itself begins with.
    """
    print(fitted(text, sys.stdout, indent))


def styled(text: str, style: str, indent: int | None = None) -> None:
    """The same in a style of rich's, where there are colours."""
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False).print(Text(fitted(text, sys.stdout, indent), style=style), soft_wrap=True)


def fitted(text: str, file: IO[str], indent: int | None = None) -> str:
    """A text as it is written to a file: wrapped where that is a terminal, and nothing in it steers one."""
    if not file.isatty():
        return printable(text)
    from rich.console import Console

    from rag_eval.reports.fitting import wrapped

    width = Console(file=file).width
    lines = (
        wrapped(line, width, len(line) - len(line.lstrip(" ")) + 2 if indent is None else indent)
        for line in text.split("\n")
    )
    return "\n".join(part for parts in lines for part in parts)


def located(label: str, place: Path | str, width: int = _LABEL) -> None:
    """Print where something is, on a line of its own that is never wrapped; on a terminal as a link."""
    shown = printable(str(place))
    address = shown if _ADDRESS.match(shown) else Path(place).resolve().as_uri()
    print(f"{label:<{width}}{linked(shown, address, sys.stdout)}")


def linked(text: str, address: str, file: IO[str]) -> str:
    """A text as a link (OSC 8) where it is written to a terminal that knows links, else the text alone."""
    if not obeys(file, environ):
        return text
    from rich.style import Style

    return Style(link=address).render(text)


def obeys(file: IO[str], environment: Mapping[str, str]) -> bool:
    """Whether colours and links may be written there: it is a terminal that knows them, and nobody wants it plain.

    See https://no-color.org: who wants no colour reads what is printed as text.
    """
    plain = environment.get("NO_COLOR") or environment.get("TERM", "unknown") in _PLAIN
    return file.isatty() and not plain


def as_json(record: "BaseModel", **more: Any) -> None:
    """Print a record as JSON on standard output."""
    dump({**record.model_dump(mode="json"), **more})


def case_json(row: Any) -> None:
    """Print one case of a run as JSON on standard output."""
    dump(case_record(row))


def case_record(row: Any) -> dict[str, Any]:
    """One case of a run as JSON has it."""
    outcomes = {name: outcome.model_dump(mode="json") for name, outcome in row.outcomes.items()}
    return {"case": row.case.model_dump(mode="json"), "reply": row.reply.model_dump(mode="json"), "outcomes": outcomes}


def dump(value: Any) -> None:
    """Print a value as JSON on standard output; what a terminal might obey is escaped, which means the same."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))
