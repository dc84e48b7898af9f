"""Cases and captured answers out of rows: typed, checked, each problem with its place."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rag_eval import config
from rag_eval.dataset import manifest, sources
from rag_eval.dataset.account import Splits, Tally
from rag_eval.dataset.cells import BadValueError, CellOptions
from rag_eval.dataset.mapping import FieldMapping, apply, mapping, unpacked
from rag_eval.dataset.names import ALIASES, HOLDERS, nearest, recognised, root
from rag_eval.dataset.nearest import nearest_id
from rag_eval.dataset.problems import COLUMNS, BadRowsError, RowProblem, shown
from rag_eval.dataset.sources.documents import names_files, passages
from rag_eval.errors import DataError, UsageError
from rag_eval.identifiers import case_id
from rag_eval.records import Answer, Case
from rag_eval.scratch import open_scratch

_OF_CASE = (
    "id",
    "user_input",
    "reference",
    "reference_contexts",
    "reference_context_ids",
    "answerable",
    "tags",
)
_OF_ANSWER = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s")
_NO_ANSWER = Answer()
UNASKED = " "
"""The question of a captured answer that has none and is found by its id."""
_LOOKED_AT = 100
"""Rows whose ids tell how the passages of a corpus are named."""
_CACHE_KIB = 8 * 1024
"""Of ids that stay in memory."""
_TABLE = "CREATE TABLE seen (id BLOB PRIMARY KEY, file INT, line INT) WITHOUT ROWID"


@dataclass(frozen=True)
class Item:
    """A row that could be used, and where it stood."""

    file: str
    line: int
    case: Case
    answer: Answer


def items(
    dataset: config.DatasetConfig, tally: Tally | None = None, *, captured: bool = False, by_id: bool = False
) -> Iterator[Item | RowProblem]:
    """Every row as a case with whatever answer it held, or as what is wrong with it, in the order of the file.

    Ids are made from question and reference where a row has none. An id that stands twice is a problem. `tally` counts
    what became of the columns; `captured` says that the answers of a system are wanted, which `answer` is then, and
    `by_id` that a row with an id needs no question: it is `UNASKED`.
    """
    tally = tally if tally is not None else Tally()
    corpus, ours = corpus_of(dataset), _ours(dataset)
    # What a folder of ours holds was decided when it was built.
    how = CellOptions(keep_na=dataset.keep_na or ours is not None, ids=corpus, tally=tally)
    columns = partial(_columns, dataset, ours)
    compiled = mapping(dataset.fields, how, captured=captured, columns=columns)
    with closing(_Seen()) as seen:
        for row in _rows(dataset, ours, tally):
            item = row if isinstance(row, RowProblem) else _item(row, compiled, corpus, by_id=by_id)
            yield item if isinstance(item, RowProblem) else seen.once(item)


def corpus_of(dataset: config.DatasetConfig) -> dict[str, str]:
    """Id to text of the passages of a dataset's corpus, named as its rows name them; empty where it has none.

    Raises `DataError` for a corpus that cannot be read.
    """
    if not dataset.corpus:
        return {}
    path = config.expand(dataset.corpus, where="dataset.corpus")
    return passages(path, by_file=Path(path).is_dir() and any(map(names_files, _first_ids(dataset))))


def _first_ids(dataset: config.DatasetConfig) -> Iterator[str]:
    """The cells of ids in the first rows."""
    for row in islice(_rows(dataset, _ours(dataset), Tally()), _LOOKED_AT):
        if isinstance(row, sources.DataRow):
            known = recognised(tuple(row.values))
            path = dataset.fields.get("reference_context_ids", "")
            columns = [path, root(path), *(known.get(name, "") for name in ALIASES["reference_context_ids"])]
            yield from (str(row.values[column]) for column in columns if column in row.values)


def cases(dataset: config.DatasetConfig, tally: Tally | None = None, *, captured: bool = False) -> Iterator[Item]:
    """Every row as a case; raises `BadRowsError` with all that is wrong if anything is."""
    advice = "Mend them, or leave them out with: rag-eval build-dataset … --on-error quarantine."
    return _sound(items(dataset, tally, captured=captured), advice, "dataset.fields: {user_input: COLUMN}")


def answers(rows: config.DatasetConfig, tally: Tally, *, by_id: bool) -> Iterator[Item]:
    """Every row as the captured answer that it holds; raises `BadRowsError`, with what a replay can do about it.

    `by_id` says that answers are looked for by their ids, so that a row with one needs no question.
    """
    way = "Give each row an id" if by_id else "Where each row has an id, `target.match: id` needs none"
    question = f"target.fields: {{user_input: COLUMN}}. {way}: the question is then the dataset's"
    captured = items(rows, tally, captured=True, by_id=by_id)
    return _sound(captured, "Mend them in the captured answers.", question)


def _sound(read: Iterable[Item | RowProblem], advice: str, question: str) -> Iterator[Item]:
    problems: list[RowProblem] = []
    for item in read:
        if isinstance(item, RowProblem):
            problems.append(item)
        elif not problems:
            yield item
    if problems:
        raise BadRowsError(problems, advice, question)


def _ours(dataset: config.DatasetConfig) -> Path | None:
    """The rows of a folder that we built, None where another source stands."""
    path = config.expand(dataset.path, where="dataset.path")
    try:
        ours = manifest.data_file(Path(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if ours is not None and dataset.split not in (None, ours.stem):
        raise DataError(f"dataset.split: {path} has no split {dataset.split!r}; it has one: {ours.stem}")
    return ours


def _rows(dataset: config.DatasetConfig, ours: Path | None, tally: Tally) -> Iterator[sources.DataRow | RowProblem]:
    def chosen(taken: str, there: Sequence[str]) -> None:
        if len(there) > 1:
            tally.splits = Splits(taken=taken, there=tuple(there))

    path = config.expand(dataset.path, where="dataset.path")
    if ours is not None:
        return sources.read(str(ours))
    return sources.read(path, dataset.split, chosen, tally.notes.append)


def _columns(dataset: config.DatasetConfig, ours: Path | None) -> frozenset[str]:
    """The names of all columns, and of what objects in them hold."""
    columns: set[str] = set()
    for row in _rows(dataset, ours, Tally()):
        if isinstance(row, sources.DataRow):
            columns.update(row.values)
            for name in HOLDERS.intersection(row.values):
                inside = unpacked(row.values[name])
                columns.update(f"{name}.{inner}" for inner in (inside if isinstance(inside, dict) else ()))
    return frozenset(columns)


def _item(row: sources.DataRow, compiled: FieldMapping, corpus: dict[str, str], *, by_id: bool) -> Item | RowProblem:
    try:
        fields = apply(compiled, row.values)
        _fill(fields, corpus)
        if by_id and fields.get("id") and not fields.get("user_input"):
            fields["user_input"] = UNASKED
        _demand_question(fields, row)
        compiled.how.tally.look(row.values)
        compiled.how.tally.count(fields)
    except BadValueError as error:
        guess = _guessed(row.values) if error.found.startswith(COLUMNS) else ""
        return RowProblem(row.file, row.line, error.field, error.expected, error.found, guess)
    if not fields.get("id"):
        fields["id"] = case_id(fields["user_input"], fields.get("reference"))
    extra = fields["metadata"] if isinstance(fields["metadata"], dict) else {}
    case = Case(**{name: fields[name] for name in _OF_CASE if fields.get(name) is not None}, metadata=extra)
    answer = {name: fields[name] for name in _OF_ANSWER if fields.get(name) is not None}
    return Item(row.file, row.line, case, Answer(**answer) if answer else _NO_ANSWER)


def _demand_question(fields: dict[str, Any], row: sources.DataRow) -> None:
    if not fields.get("user_input"):
        known = recognised(tuple(row.values))
        there = next((known[name] for name in ALIASES["user_input"] if name in known), None)
        found_ = row.values[there] if there else None
        error = BadValueError("user_input", "a question", found_)
        if not there:
            error.found = f"{COLUMNS}{shown(list(row.values))}"
        raise error


def _guessed(values: Mapping[str, Any]) -> str:
    """The place in a row where a question may stand: by its name, else by its question mark; empty if none does."""
    near = nearest("user_input", values)
    if near:
        return near
    places = [(name, value) for name, value in values.items() if isinstance(value, str)]
    inside = (
        (f"{name}.{key}", value)
        for name, inner in values.items()
        if isinstance(inner, dict)
        for key, value in inner.items()
    )
    places += [(name, value) for name, value in inside if isinstance(value, str)]
    asking = [name for name, value in places if value.rstrip().endswith(("?", "\uff1f"))]
    return asking[0] if len(asking) == 1 else ""


def _fill(fields: dict[str, Any], corpus: dict[str, str]) -> None:
    ids: Iterable[str] | None = fields.get("reference_context_ids")
    if not corpus or ids is None or fields.get("reference_contexts"):
        return
    lost = [key for key in ids if key not in corpus]
    if lost:
        error = BadValueError("reference_context_ids", "ids of passages of the corpus", lost[0])
        near = nearest_id(str(lost[0]), corpus)
        error.found += f"; the nearest is {near!r}" if near else ""
        raise error
    fields["reference_contexts"] = tuple(corpus[key] for key in ids)


class _Seen:
    """Every id with its first place, in a nameless file that goes with the process: memory does not grow with rows."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._ids = open_scratch(_TABLE, cache_kib=_CACHE_KIB)
        self._ids.execute("BEGIN")
        self.close = self._ids.close

    def once(self, item: Item) -> Item | RowProblem:
        """The item, or the problem that its id stood somewhere before."""
        key = hashlib.blake2b(item.case.id.encode(), digest_size=12).digest()
        file = self._files.setdefault(item.file, len(self._files))
        try:
            if self._ids.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, file, item.line)).rowcount:
                return item
            number, line = self._ids.execute("SELECT file, line FROM seen WHERE id = ?", (key,)).fetchone()
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"the temporary folder cannot hold the ids of {item.file}: {error}. Do: export SQLITE_TMPDIR=…"
            ) from error
        first = f"line {line}" if number == file else f"{list(self._files)[number]}:{line}"
        made = item.case.id == case_id(item.case.user_input, item.case.reference)
        why = ", made of the same question and reference" if made else ""
        return RowProblem(item.file, item.line, "id", "an id of its own", f"{item.case.id!r} as in {first}{why}")
