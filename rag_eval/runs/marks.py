"""Which runs are baselines. A baseline is small and complete in itself, and holds the key of the run it was made of."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag_eval.errors import ConfigError
from rag_eval.runs import names
from rag_eval.runs.folder import RunFolder


@dataclass(frozen=True)
class Marks:
    """The names of baselines, by the key and by the id of the run that each was made of."""

    by_key: Mapping[str, tuple[str, ...]]
    by_id: Mapping[str, tuple[str, ...]]

    def of(self, key: str, run: str) -> tuple[str, ...]:
        """The baselines that a run is, by its key; one that cannot be read is known by its id."""
        return self.by_key.get(key, ()) if key else self.by_id.get(run, ())


def marks(roots: Iterable[Path]) -> Marks:
    """The baselines of some folders; one that cannot be read marks nothing."""
    by_key: dict[str, tuple[str, ...]] = {}
    by_id: dict[str, tuple[str, ...]] = {}
    for path in (root / name for root in dict.fromkeys(roots) for name in names.baselines(root)):
        try:
            summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
            key, run = str(summary["key"]), str(summary["run_id"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        by_key[key] = (*by_key.get(key, ()), path.name)
        by_id[run] = (*by_id.get(run, ()), path.name)
    return Marks(by_key, by_id)


def own_root(folder: RunFolder) -> Path | None:
    """Where the experiment of a run has its baselines; None where that cannot be read."""
    from rag_eval import configfile

    try:
        return Path(configfile.load(folder.experiment).baselines)
    except ConfigError:
        return None
