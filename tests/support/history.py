"""A folder with many runs: one small run, copied, each copy with a name, a time and a key of its own."""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from support import samples

from rag_eval import configfile, runs
from rag_eval.evaluation import results
from rag_eval.journal import JournalWriter
from rag_eval.records import Answer, Case, Score
from rag_eval.runs import names
from rag_eval.runs.folder import RunFolder

CASES = 20


@dataclass(frozen=True)
class Past:
    """A run that was made once."""

    id: str
    """Of which its name and the time that it began are taken, unless `began` says another."""
    right: int = CASES
    """Cases that scored 1; the others scored 0."""
    asked: int = CASES
    """Of a run that is not finished, how many were asked."""
    limit: int | None = None
    began: datetime | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    """What else its journal holds."""

    @property
    def started(self) -> float:
        """Seconds since 1970."""
        return self.began.timestamp() if self.began else names.seconds_of(self.id) or 0.0


def make(root: Path, past: Iterable[Past], **experiment: Any) -> list[RunFolder]:
    """Put runs into a folder; `experiment` is what theirs says beside its name."""
    made: dict[tuple[int, int, int | None], RunFolder] = {}
    return [_one(root, run, made, experiment) for run in past]


def _one(
    root: Path, run: Past, made: dict[tuple[int, int, int | None], RunFolder], experiment: Mapping[str, Any]
) -> RunFolder:
    kind, folder = (run.right, run.asked, run.limit), RunFolder(root / run.id)
    if kind in made:
        shutil.copytree(made[kind].path, folder.path)
    else:
        made[kind] = _original(folder, run, experiment)
    meta = {"name": names.experiment_of(run.id), "key": f"key-of-{run.id}", "began": repr(run.started), **run.meta}
    with JournalWriter.open_(folder.journal) as journal:
        journal.remember_texts(meta)
        journal._db.execute("UPDATE sessions SET ended = ended - started + ?1, started = ?1", (run.started,))
    if folder.summary.exists():
        at = {"run_id": run.id, "started": run.started, "ended": run.started + 60}
        changed = {**json.loads(folder.summary.read_text()), **at, "name": meta["name"], "key": meta["key"]}
        folder.summary.write_text(json.dumps(changed, indent=2))
    return folder


def _original(folder: RunFolder, run: Past, said: Mapping[str, Any]) -> RunFolder:
    """A run whose scores are known and were never judged."""
    folder.path.mkdir(parents=True)
    experiment = samples.experiment(name=names.experiment_of(run.id), runs=str(folder.path.parent), **said)
    folder.experiment.write_text(configfile.dump(experiment))
    rows: samples.Rows = [
        (
            Case(id=f"case-{n}", user_input=f"Question {n}?", reference="An answer."),
            Answer(response="An answer."),
            {"correctness": Score(value=float(n < run.right))},
        )
        for n in range(run.asked)
    ]
    meta = {"primary": "correctness", "key": "", "limit": json.dumps(run.limit), "dataset_cases": str(2 * CASES)}
    with closing(
        samples.journal(folder.journal, rows, ("correctness",), total=str(run.limit or CASES), **meta)
    ) as kept:
        kept.record_session(run.started, run.started + 60)
        if run.asked == (run.limit or CASES):
            results.write_reports(runs.RunFolder(folder.path), kept)
    return folder
