"""A run by path, id, an experiment's name, the beginning of an id, or `latest`."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag_eval.errors import MismatchError
from rag_eval.runs import names
from rag_eval.runs.folder import RunFolder
from rag_eval.runs.outline import Outline, outline_of
from rag_eval.runs.renaming import former_names

Wanted = Literal["full", "current", "newest"]
"""Which of several runs a name stands for, each time the newest by when it began:

* `full`: of those that ended and were not limited, if there is one, else of those that ended;
* `current`: also one that is not finished, but a limited one only if there is no other;
* `newest`: of all.
"""

Tell = Callable[[str], None]
"""Is told of newer runs that were passed over."""


@dataclass(frozen=True)
class Choice:
    """The run that a name stands for."""

    folder: RunFolder
    remark: str = ""
    """Which newer run was passed over, and why, in words."""


def find(name: str, root: Path = Path("runs"), *, wanted: Wanted = "full", tell: Tell = lambda _: None) -> RunFolder:
    """A run by path, id, an experiment's name, the beginning of an id or `latest`; `wanted` of several.

    A run that was renamed is found by its former id, too. `tell` is told where a newer run was passed over. Raises
    `MismatchError` with near names if there is none.
    """
    choice = choose(name, root, wanted)
    if choice.remark:
        tell(choice.remark)
    return choice.folder


def choose(name: str, root: Path = Path("runs"), wanted: Wanted = "full") -> Choice:
    """As `find`, with what is to be said of newer runs."""
    matching = _matching(name, root)
    if len(matching) == 1:
        return Choice(matching[0])
    outlines = [outline_of(folder) for folder in matching]
    best = max(outlines, key=lambda run: _rank(run, wanted))
    newer = [run for run in outlines if run.order > best.order and run.readable]
    return Choice(best.folder, _passed_over(name, best, max(newer, key=lambda run: run.order)) if newer else "")


def only(name: str, root: Path = Path("runs")) -> RunFolder:
    """The one run that a name stands for, for what cannot be undone; raises `MismatchError` where it is not one."""
    matching = _matching(name, root)
    if len(matching) == 1:
        return matching[0]
    runs = [folder.id for folder in matching]
    shown = f"{', '.join(runs[-3:])}{f' and {len(runs) - 3} more' if len(runs) > 3 else ''}"  # noqa: PLR2004 - as above
    raise MismatchError(f"{name}: stands for {len(runs)} runs here, and one must be named: {shown}")


def _rank(run: Outline, wanted: Wanted) -> tuple[object, ...]:
    full, ended, unlimited = run.full, run.ended, not run.limited
    preferred = {"full": (full, ended), "current": (unlimited,), "newest": ()}[wanted]
    return (run.readable, *preferred, run.order)


def _passed_over(name: str, best: Outline, newer: Outline) -> str:
    why = newer.limited or f"{newer.state}, {newer.progress} asked"
    return f"{name} is {best.folder.id}; {newer.folder.id} is newer, and passed over ({why})"


def _matching(name: str, root: Path) -> Sequence[RunFolder]:
    """The runs that a name may stand for; raises `MismatchError` if there is none."""
    if (Path(name) / names.JOURNAL).is_file():
        return [RunFolder(Path(name))]
    known = names.known(root)
    by_id = [run for run in known if name in (names.LATEST, run)]
    by_experiment = [run for run in known if name == names.experiment_of(run)]
    by_beginning = [run for run in known if name and run.startswith(name)]
    if matching := by_id or by_experiment or by_beginning or _renamed(name, root, known):
        return [RunFolder(root / run) for run in matching]
    raise MismatchError(f"{name}: is no run.{_hint(name, root, known)}")


def _renamed(name: str, root: Path, known: Sequence[str]) -> list[str]:
    """The run that had this id once; a path of it will do, where it lay in the same folder."""
    path = Path(name)
    former = path.name if path.parent in (Path(), root) or path.parent.resolve() == root.resolve() else name
    time = names.time_of(former)
    near = [run for run in known if names.time_of(run) in (time, None)]  # renaming keeps the time
    return [run for run in near if former and former in former_names(RunFolder(root / run))][-1:]


def _hint(name: str, root: Path, known: Sequence[str]) -> str:
    if not known:
        return f" There are no runs in {root}/"
    shown = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or known[-3:]
    more = f" and {len(known) - len(shown)} more in {root}/" if len(known) > len(shown) else ""
    return f" There are: {', '.join(shown)}{more}"
