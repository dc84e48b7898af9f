"""Baselines: of a run, what it takes to compare with it, in a folder that is small enough to be committed.

    baselines/main/
      summary.json      the run at a glance, with the origin of its scores
      scores.parquet    a row for each case and metric, and what the run remembers about itself
      experiment.yaml   the experiment as it was run

A comparison with it gives the numbers that one with the run itself would, to the last digit.
"""

import difflib
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rag_eval import runs
from rag_eval.errors import MismatchError, UsageError
from rag_eval.journal import Journal
from rag_eval.records import RunMeta, Summary
from rag_eval.runs import names

_SCORES, _SUMMARY, _EXPERIMENT = names.SCORES, "summary.json", "experiment.yaml"
_META = b"rag_eval.meta"
_KEPT = ("key", "name", "origin", "judged", "metrics", "primary", "listed", "total", "limit", "dataset_cases")
"""What a run remembers about itself that a comparison reads."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_BATCH = 5000


@dataclass(frozen=True)
class Baseline:
    """A baseline's folder; to a comparison it is a run."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.resolve().name

    @cached_property
    def summary(self) -> Summary:
        """Its run at a glance; raises `MismatchError` where that cannot be read."""
        try:
            return Summary.model_validate_json((self.path / _SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise MismatchError(f"{self.path}: is not a baseline that this rag-eval reads: {error}") from error

    @property
    def id(self) -> str:
        """The id of the run that it was made of."""
        return self.summary.run_id

    @property
    def experiment(self) -> Path:
        """The experiment as it was run."""
        return self.path / _EXPERIMENT

    @contextmanager
    def open_(self) -> Iterator["BaselineScores"]:
        """Its scores; raises `MismatchError` where they cannot be read or hold a case twice."""
        yield BaselineScores(self.path / _SCORES)


class BaselineScores:
    """Scores out of a baseline's table, as `ports.Scores` has them."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(path)
            self.meta = RunMeta.read(json.loads(table.schema.metadata[_META]))
            rows = table.to_pylist()
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise MismatchError(f"{path}: cannot be read as the scores of a baseline: {error}") from error
        self._cases: dict[str, dict[str, Any]] = {}
        self._outcomes: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows:
            self._cases.setdefault(row["case_id"], row)
            if row["case_id"] in self._outcomes.setdefault(row["metric"], {}):
                raise MismatchError(f"{path}: holds {row['metric']} of the case {row['case_id']!r} twice")
            self._outcomes.setdefault(row["metric"], {})[row["case_id"]] = row

    def _of(self, metric: str, kind: str) -> dict[str, dict[str, Any]]:
        return {case: row for case, row in self._outcomes.get(metric, {}).items() if row["kind"] == kind}

    def values(self, metric: str) -> dict[str, float]:
        """Case id to value of one metric, in the order of the dataset."""
        return {case: row["value"] for case, row in self._of(metric, "score").items()}

    def failed(self, metric: str) -> dict[str, str]:
        """Case id to the stage that failed."""
        return {case: row["stage"] for case, row in self._of(metric, "failure").items()}

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        return [case for case, row in self._of(metric, "not_applicable").items() if row["reason"] == reason]

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome."""
        return sum(all(case in self._outcomes.get(metric, {}) for metric in metrics) for case in self._cases)

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer, in the order of the dataset."""
        return {case: row["answerable"] for case, row in self._cases.items()}

    def repeats(self) -> dict[str, str]:
        """Case id to the id of the question that it repeats."""
        return {case: row["repeat_of"] for case, row in self._cases.items() if row["repeat_of"] is not None}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags, of the cases that have some."""
        return {case: tuple(row["tags"]) for case, row in self._cases.items() if row["tags"]}

    def clusters(self) -> dict[str, str]:
        """Case id to what the case belongs to with others."""
        return {case: row["cluster"] for case, row in self._cases.items() if row["cluster"] is not None}

    def question(self, case_id: str) -> str:
        """The text of a question, also where only a repetition of it was asked."""
        known = self._cases.get(case_id) or next(r for r in self._cases.values() if r["repeat_of"] == case_id)
        return str(known["question"])


def keep(folder: runs.RunFolder, summary: Summary, name: str, root: Path) -> Baseline:
    """Make a finished run the baseline of a name, in place of what was; raises `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a baseline: it takes letters, digits, dots, dashes")
    if not summary.finished:
        raise MismatchError(
            f"{folder.id} is {summary.state}, and can be no baseline. Do: rag-eval run --resume {folder.path}"
        )
    try:
        root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
        draft.chmod(0o755)
        with folder.open_() as journal:
            _write(draft / _SCORES, journal)
        (draft / _SUMMARY).write_text(summary.model_dump_json(indent=2) + "\n", encoding="utf-8")
        shutil.copyfile(folder.experiment, draft / _EXPERIMENT)
        _put(draft, root / name)
    except OSError as error:
        raise UsageError(f"{root / name}: cannot be written: {error}") from error
    return Baseline(root / name)


def _put(draft: Path, wanted: Path) -> None:
    """Take the place of what was there; that is gone only when the new one stands."""
    if not wanted.exists():
        draft.rename(wanted)
        return
    if not is_baseline(wanted):
        shutil.rmtree(draft)
        raise UsageError(f"{wanted} is there and is no baseline")
    old = Path(tempfile.mkdtemp(prefix=f"{draft.name}-old-", dir=wanted.parent))
    wanted.rename(old / wanted.name)
    draft.rename(wanted)
    shutil.rmtree(old)


def _write(path: Path, journal: Journal) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema({
        "case_id": text, "question": text, "metric": text, "kind": text, "value": pa.float64(), "reason": text,
        "stage": text, "repeat_of": text, "tags": pa.list_(text), "answerable": pa.bool_(),
        "cluster": text,
    })  # fmt: skip
    schema = schema.with_metadata({_META: json.dumps(journal.meta.only(_KEPT).texts())})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(_rows(journal)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """A row for each outcome, in the order of the dataset."""
    repeats, clusters = journal.repeats(), journal.clusters()
    for row in journal.rows():
        case = {
            "case_id": row.case.id, "question": row.case.user_input, "repeat_of": repeats.get(row.case.id),
            "tags": row.case.tags, "answerable": row.case.answerable, "cluster": clusters.get(row.case.id),
        }  # fmt: skip
        for metric, outcome in row.outcomes.items():
            fields = {name: getattr(outcome, name, None) for name in ("kind", "value", "reason", "stage")}
            yield {**case, "metric": metric, **fields}


def is_baseline(path: Path) -> bool:
    """Whether a folder is one."""
    return (path / _SCORES).is_file()


def find(name: str, root: Path) -> Baseline:
    """A baseline by name, or by its folder; raises `MismatchError` with near names if there is none."""
    for path in (root / name, Path(name)):
        if is_baseline(path):
            return Baseline(path)
    known = [baseline.name for baseline in every(root)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    there = f"There are: {', '.join(known)}" if known else f"There are none in {root}/"
    raise MismatchError(
        f"no baseline is called {name!r}. {hint}{there}. "
        f"Make one: rag-eval run … --no-gates, then rag-eval baseline set latest {name}"
    )


def every(root: Path) -> list[Baseline]:
    """All baselines of a folder, by name."""
    return [Baseline(root / name) for name in names.baselines(root)]


def remove(name: str, root: Path) -> Baseline:
    """Take a baseline away; raises `MismatchError` if there is none."""
    baseline = find(name, root)
    _ = baseline.summary  # read as long as it is there
    shutil.rmtree(baseline.path)
    return baseline
