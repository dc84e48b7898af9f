"""A run is a folder: how it is named, found, listed, marked and put away.

    names      what a run's name says, and which runs there are; the standard library alone
    folder     where the parts of a run lie, and how it is begun
    outline    what can be said of a run without adding it up again
    finding    a run by path, id, experiment or `latest`
    listing    many runs at a glance, with size, tags and the baselines that were made of them (`marks`)
    tags       what people say about a run
    renaming   another name, under which all that refers to the run goes on
    removing   one run, or all that are no longer wanted

Each name is imported when it is first used: completing a run's name in a shell needs only `names`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_eval.runs.finding import Choice, Wanted, choose, find, only
    from rag_eval.runs.folder import RunFolder, create
    from rag_eval.runs.listing import RunEntry, entries, entry
    from rag_eval.runs.names import LATEST
    from rag_eval.runs.outline import Outline, outline_of
    from rag_eval.runs.removing import Pruning, Retention, prune, remove
    from rag_eval.runs.renaming import rename

__all__ = [
    "LATEST",
    "Choice",
    "Outline",
    "Pruning",
    "Retention",
    "RunEntry",
    "RunFolder",
    "Wanted",
    "choose",
    "create",
    "entries",
    "entry",
    "find",
    "only",
    "outline_of",
    "prune",
    "remove",
    "rename",
]

_WHERE = {
    "LATEST": "names",
    "RunFolder": "folder",
    "create": "folder",
    "Outline": "outline",
    "outline_of": "outline",
    "Choice": "finding",
    "Wanted": "finding",
    "choose": "finding",
    "find": "finding",
    "only": "finding",
    "RunEntry": "listing",
    "entries": "listing",
    "entry": "listing",
    "rename": "renaming",
    "Pruning": "removing",
    "Retention": "removing",
    "prune": "removing",
    "remove": "removing",
}


if not TYPE_CHECKING:  # else a name that is not there would pass for any

    def __getattr__(name: str) -> Any:
        if name not in _WHERE:
            raise AttributeError(f"module 'rag_eval.runs' has no attribute {name!r}")
        return getattr(importlib.import_module(f"rag_eval.runs.{_WHERE[name]}"), name)
