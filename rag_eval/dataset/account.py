"""What became of a file's columns: counted while rows are read, told when they have been."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import Field

from rag_eval.dataset.names import EITHER
from rag_eval.dataset.sources.row import RowNote
from rag_eval.language.refusals import refuses
from rag_eval.records import Record

COUNTED = ("reference", "reference_contexts", "reference_context_ids")
NULL = "null in a list"
"""What is counted for a null in a list, which nobody spelt."""
_OF_ANSWERS = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s")
_LOOKED_AT = 1000
"""Rows by which a column that is not used is judged."""
_MOST_COLUMNS = 500
_NAMED = 12
"""Columns that a remark lists before it counts the rest."""
_NOTES = 10
"""Notes of readers that are listed before the rest is counted."""
_HINTS = ("answer", "truth", "gold", "expect", "refer", "solution", "target", "correct", "ideal", "output")
_SYSTEMS = ("bot", "model", "llm", "gpt", "generat", "predict", "actual", "assistant", "system", "rag")
"""What stands in the names of columns in which a system answers."""
_VARIED = 0.2
"""Share of the texts of a column that differ, below which they are labels."""
_FEW_ROWS = 5
"""Rows in which a label cannot be told from a text by its coming again."""
_SHORT = 4
"""Letters, on average, that are hardly an answer."""
_IDS = ("id", "ids", "page", "pages", "source", "sources", "doc", "docs", "url", "file")
"""How columns end in which somebody names passages."""
_LONG = 100
"""Letters, on average, above which texts are passages and below which they may be ids."""
_WORDS = 3
"""Words that a text has at least which is no name."""
_NAME = 12
"""Letters that a name has at most, in writing without spaces between words."""
_UNSPACED = "\u0e00"
"""The first letter of the scripts that have none, from Thai on."""
_FEW = 0.5
"""Share of the rows below which references are few."""


class Splits(Record):
    """A split that was taken where several are."""

    taken: str
    there: tuple[str, ...]


@dataclass
class _Column:
    """What a column held in the first rows."""

    filled: int = 0
    texts: int = 0
    lists: int = 0
    """Cells that are a list of texts; their letters count."""
    sentences: int = 0
    """Texts of several words, as answers are and names are not."""
    letters: int = 0
    distinct: set[int] = field(default_factory=set)

    def add(self, value: Any) -> None:
        """Look at a cell; an empty one says nothing of what the column holds."""
        if value in (None, "", [], {}):
            return
        self.filled += 1
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            self.lists += 1
            self.letters += sum(map(len, value))
        elif isinstance(value, str) and any(letter.isalpha() for letter in value[:200]):
            self.texts += 1
            self.letters += len(value)
            self.sentences += len(value.split(None, _WORDS)) >= _WORDS or (
                len(value) > _NAME and max(value) >= _UNSPACED
            )
            self.distinct.add(hash(value))


@dataclass
class Tally:
    """What is counted while rows are read."""

    rows: int = 0
    unanswerable: int = 0
    refusing: int = 0
    """Of the first rows, those that are not marked so, and whose reference says that there is no answer."""
    taken: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Columns with the fields that they were taken for in a row, to such rows."""
    patterns: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The fields that a row has to the rows that have them."""
    spelt: defaultdict[tuple[str | None, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Column, None inside a list, and field to what stood there for no data."""
    parted: Counter[str] = field(default_factory=Counter)
    """Field to cells that were taken apart at commas."""
    barred: Counter[str] = field(default_factory=Counter)
    """Field to cells of one text with bars in it, which may be several."""
    truths: Counter[str] = field(default_factory=Counter)
    """Field to cells of true or false that were taken as such a word."""
    notes: list[RowNote] = field(default_factory=list)
    """What readers passed over or guessed."""
    no_reference: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Column and kind of assertions that say nothing of a right answer."""
    also: set[str] = field(default_factory=set)
    """Columns that were read together with another."""
    columns: dict[str, _Column] = field(default_factory=dict)
    answers_taken: bool = False
    """Whether answers are the reference for want of another."""
    splits: Splits | None = None
    looked_at: int = 0

    def nothing(self, column: str | None, name: str, spelling: str) -> None:
        """Count a cell, or an entry of a list, that says that there is no data."""
        self.spelt[column, name][spelling] += 1

    def nulls(self, name: str, count: int) -> None:
        """Count entries of a list that are null."""
        self.spelt[None, name][NULL] += count

    def look(self, row: Mapping[str, Any]) -> None:
        """Look at the columns of one of the first rows."""
        self.looked_at += 1
        if self.looked_at > _LOOKED_AT:
            return
        for name, value in row.items():
            if name in self.columns or len(self.columns) < _MOST_COLUMNS:
                self.columns.setdefault(name, _Column()).add(value)

    def count(self, values: Mapping[str, Any]) -> None:
        """Count the fields of a row that could be used."""
        self.rows += 1
        self.patterns[tuple([name for name, value in values.items() if value is not None and value != ()])] += 1
        if values.get("answerable") is False:
            self.unanswerable += 1
        elif self.rows <= _LOOKED_AT and refuses(values.get("reference")):  # reading takes less than looking does
            self.refusing += 1

    def account(self, fields: Mapping[str, str]) -> "Account":
        """What it comes to; `fields` are those whose place was named."""
        (columns, rows), having = self._columns(), self._having()
        columns |= {path: name for name, path in fields.items() if having[name]}
        named = {*fields.values(), *(path.partition(".")[0].partition("[")[0] for path in fields.values())}
        used = {name.partition(".")[0] for name in columns} | {*columns, *named, *self.also, "metadata"}
        unused = [name for name, column in self.columns.items() if column.filled and name not in used]
        return Account(
            rows=self.rows,
            columns=columns,
            taken={
                column: having[name] if column in fields.values() else min(rows[column], having[name])
                for column, name in columns.items()
            },
            unused=tuple(unused),
            offers=self._offers(unused, having),
            candidates=tuple(self._candidates(unused, having)),
            having={name: having[name] for name in (*COUNTED, *_OF_ANSWERS) if name in COUNTED or having[name]},
            unanswerable=self.unanswerable,
            refusing=self.refusing,
            nothing=self._nothing(columns),
            parted={self._named(name, columns): count for name, count in self.parted.items()},
            barred={self._named(name, columns): count for name, count in self.barred.items()},
            truths={self._named(name, columns): count for name, count in self.truths.items()},
            notes=tuple(map(str, self.notes)),
            no_reference=self._assertions(),
            answers_taken=tuple(n for n, f in columns.items() if f == "reference") if self.answers_taken else (),
            splits=self.splits,
            lost={name: path for name, path in fields.items() if path and not having[name]},
            there=tuple(self.columns),
        )

    def _having(self) -> Counter[str]:
        having: Counter[str] = Counter()
        for names, count in self.patterns.items():
            having.update(dict.fromkeys(names, count))
        return having

    def _offers(self, unused: list[str], having: Mapping[str, int]) -> dict[str, str]:
        """Columns that are not used to a field which hardly a row has, and which they look like."""
        few = {name for name in COUNTED if having.get(name, 0) <= (self.rows - self.unanswerable) * _FEW}
        offers: dict[str, str] = {}
        references = self._candidates(unused, having)
        if "reference" in few and references:
            offers[references[0]] = "reference"
        for name in unused:
            column, key = self.columns[name], name.casefold().endswith(_IDS)
            filled = column.texts + column.lists
            if name in offers or not filled:
                continue
            if "reference_context_ids" in few and key and column.letters <= filled * _LONG:
                offers[name] = "reference_context_ids"
            elif "reference_contexts" in few and not key and (column.lists or column.letters > filled * _LONG):
                offers[name] = "reference_contexts"
        return offers

    def _columns(self) -> tuple[dict[str, str], dict[str, int]]:
        """Column to the field that it was taken for, or would have been but for holding no data; and to such rows."""
        columns: dict[str, str] = {}
        empty = [(column, name) for column, name in self.spelt if column]
        rows: Counter[tuple[str, str]] = Counter()
        for pairs, count in self.taken.items():
            rows.update(dict.fromkeys(map(pair, pairs), count))
        for column, name in [*(each for each, _ in rows.most_common()), *empty]:
            columns.setdefault(column, name)
        return columns, {column: rows[column, name] for column, name in columns.items()}

    def _nothing(self, columns: Mapping[str, str]) -> dict[str, dict[str, int]]:
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (column, name), count in self.spelt.items():
            counts[column or self._named(name, columns)] += count
        return {column: dict(count) for column, count in counts.items()}

    def _named(self, name: str, columns: Mapping[str, str]) -> str:
        """A field by the column that is taken for it."""
        return next((column for column, field_ in columns.items() if field_ == name), name)

    def _assertions(self) -> dict[str, dict[str, int]]:
        kinds: dict[str, dict[str, int]] = {}
        for (column, kind), count in self.no_reference.items():
            kinds.setdefault(column, {})[kind] = count
        return kinds

    def _candidates(self, unused: Sequence[str], having: Mapping[str, int]) -> list[str]:
        """Columns that could be references, the likeliest first; in a few rows, which tell little, of any texts."""
        likely = [name for name in unused if self._is_candidate(name)]
        if not likely and not having.get("reference") and self.looked_at <= _FEW_ROWS:
            likely = [name for name in unused if self._is_candidate(name, briefly=True)]
        return sorted(likely, key=self._plausible)

    def _is_candidate(self, name: str, *, briefly: bool = False) -> bool:
        """Whether a column holds texts in most rows, not a few labels again and again; `briefly`, also of a word."""
        column, rows = self.columns[name], min(self.looked_at, _LOOKED_AT)
        varied = len(column.distinct) > column.texts * _VARIED or column.texts <= _FEW_ROWS
        is_key = name.casefold().endswith(("id", "url", "uri", "file", "path"))
        is_key = is_key or any(word in name.casefold() for word in _SYSTEMS)
        says = column.sentences > column.texts * _FEW or self._hints(name)
        says = says or (briefly and column.letters >= column.texts * _SHORT)
        return varied and not is_key and says and column.texts > rows * _FEW

    def _hints(self, name: str) -> bool:
        return any(hint in name.casefold() for hint in _HINTS)

    def _plausible(self, name: str) -> tuple[bool, bool, int]:
        """What sorts columns by how likely they are references, the likeliest first."""
        column = self.columns[name]
        return not self._hints(name), column.letters < column.texts * _SHORT, -column.texts


def pair(key: str) -> tuple[str, str]:
    """Column and field of a key by which the one being taken for the other is counted."""
    column, _, name = key.rpartition("\0")
    return column, name


_GONE = "of a system, not kept in a dataset"
_KEPT = "kept as metadata"


class ColumnUse(NamedTuple):
    """What became of a column."""

    column: str
    field: str | None
    """None where it was not used."""
    rows: int
    """Rows whose field came out of it."""
    remark: str


class Account(Record):
    """Which columns were taken for which fields, and what else is worth knowing of how rows were read."""

    rows: int = 0
    """Rows that could be used."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Column, or a place inside one, to the field that it was taken for."""
    taken: dict[str, int] = Field(default_factory=dict)
    """Such columns to the rows whose field came out of them."""
    offers: dict[str, str] = Field(default_factory=dict)
    """Columns that are not used to the field that they look like, and that hardly a row has."""
    unused: tuple[str, ...] = ()
    """Columns that are no field, and hold something."""
    candidates: tuple[str, ...] = ()
    """Those of them whose texts could be references, the most plausible first."""
    having: dict[str, int] = Field(default_factory=dict)
    """Field to the rows that have it."""
    unanswerable: int = 0
    refusing: int = 0
    """Of the first rows, those that are not marked so, and whose reference says that there is no answer."""
    nothing: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Column to what stood there for no data, with how often."""
    parted: dict[str, int] = Field(default_factory=dict)
    """Column to cells of ids that were taken apart at commas."""
    barred: dict[str, int] = Field(default_factory=dict)
    """Column to cells of one text with bars in it, which may be several."""
    truths: dict[str, int] = Field(default_factory=dict)
    """Column to cells of true or false that were taken as such a word."""
    notes: tuple[str, ...] = ()
    """What was passed over or guessed when the file was read, with its place."""
    no_reference: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Column to kinds of assertions that give no reference, with how many."""
    answers_taken: tuple[str, ...] = ()
    """Columns of answers that are the reference because nothing else can be."""
    splits: Splits | None = None
    lost: dict[str, str] = Field(default_factory=dict)
    """Field to the place that was named for it and held nothing in any row."""
    there: tuple[str, ...] = Field(default=(), exclude=True)

    @property
    def uses(self) -> tuple[ColumnUse, ...]:
        """What became of each column: those that are a field first."""
        taken = (
            ColumnUse(column, name, self.taken.get(column, 0), _GONE if name in _OF_ANSWERS else "")
            for column, name in self.columns.items()
        )
        offers = (
            (
                column,
                f"{_way('options', self.offers[column], column)} would take it" if column in self.offers else _KEPT,
            )
            for column in self.unused
        )
        return (*taken, *(ColumnUse(column, None, 0, remark) for column, remark in offers))

    @property
    def counts(self) -> str:
        """How many rows have what a reference, contexts and ids are needed for."""
        counts = ", ".join(f"{name} {self.having.get(name, 0)}" for name in COUNTED)
        marked = f"; marked unanswerable: {self.unanswerable}" if self.unanswerable else ""
        return f"of {self.rows} rows have: {counts}{marked}"

    def remarks_of_answers(self) -> tuple[str, ...]:
        """What somebody should know of rows that answers are played out of."""
        return (*self._of_splits("experiment"), *self._of_notes(), *self._of_cells("experiment"))

    def remarks(self, where: Literal["options", "experiment"], *, references: bool = True) -> tuple[str, ...]:
        """What somebody should know who thinks that all was read as meant; with the way out, as it is set there.

        `references` says whether any are wanted.
        """
        lacking = self._of_references(where) if references else ()
        own = (*self._of_splits(where), *self._of_notes(), *self._of_fields(where), *self._of_cells(where))
        return (*own, *self._of_refusals(), *lacking)

    def _of_splits(self, where: str) -> Iterator[str]:
        if self.splits:
            other = next(name for name in self.splits.there if name != self.splits.taken)
            way = f"--split {other}" if where == "options" else f"dataset.split: {other}"
            yield f"split {self.splits.taken} taken of {', '.join(self.splits.there)}; {way} takes another"

    def _of_notes(self) -> Iterator[str]:
        yield from self.notes[:_NOTES]
        if len(self.notes) > _NOTES:
            yield f"… and {len(self.notes) - _NOTES} more such notes"

    def _of_fields(self, where: str) -> Iterator[str]:
        for column in self.answers_taken:
            way = _way(where, "response", column)
            yield f"{column} is taken as the reference; {way} if these are answers of a system"
        for name, path in self.lost.items():
            near = difflib.get_close_matches(path.casefold(), [each.casefold() for each in self.there], n=1)
            meant = next((f"; did you mean {each}?" for each in self.there if near and each.casefold() == near[0]), "")
            yield f"{_way(where, name, path)} found nothing in any row{meant}"

    def _of_cells(self, where: str) -> Iterator[str]:
        way = "--keep-na" if where == "options" else "dataset.keep_na: true"
        for column, spellings in self.nothing.items():
            if nulls := spellings.get(NULL, 0):
                some = "1 null in a list" if nulls == 1 else f"{nulls} nulls in lists"
                yield f"{column}: {some} left out, as no data"
            listed = [spelling for spelling in spellings if spelling != NULL]
            count = sum(spellings[spelling] for spelling in listed)
            holds = "cell holds" if count == 1 else "cells hold"
            if listed:
                yield f"{column}: {count} {holds} {', '.join(listed)}; taken as nothing ({way} keeps them)"
        for column, count in self.parted.items():
            yield f"{column}: {_cells(count)} of ids parted at commas or spaces; a JSON list keeps such an id whole"
        for column, count in self.barred.items():
            them = "one text" if count == 1 else "one text each"
            parted = f"{_cells(count)} with | or ; between texts"
            yield f"{column}: {parted} taken as {them}; a JSON list of texts holds several"
        for column, count in self.truths.items():
            yield f"{column}: {_cells(count)} of true or false taken as the word"
        for column, kinds in self.no_reference.items():
            total = sum(kinds.values())
            some = f"{total} assertion says" if total == 1 else f"{total} assertions say"
            yield f"{column}: {some} nothing of a right answer ({', '.join(kinds)}); kept as metadata"

    def _of_refusals(self) -> Iterator[str]:
        if self.refusing:
            single = self.refusing == 1
            rows, have = (
                ("1 row", "its reference says") if single else (f"{self.refusing} rows", "their references say")
            )
            rows = f"of the first {_LOOKED_AT:,} rows {self.refusing}" if self.rows > _LOOKED_AT else rows
            yield (
                f"{rows} not marked unanswerable: {have} that there is no answer, "
                f"so {'it counts as a question that has' if single else 'they count as questions that have'} none"
            )

    def _of_references(self, where: str) -> Iterator[str]:
        wanted, having = self.rows - self.unanswerable, self.having.get("reference", 0)
        if having > wanted * _FEW or not wanted:
            return
        parts = [f"{having} of {self.rows} rows have a reference"]
        if self.unused:
            parts.append(f"columns not used: {_listed(self.unused)}")
        answers = [c for c, name in self.columns.items() if (c in EITHER or name == "response") and where == "options"]
        best = [*self.candidates, *answers][:1]
        parts += [f"{_way(where, 'reference', column)} would take the texts of {column}" for column in best]
        if self.unused and not best:
            parts.append(f"{_way(where, 'reference', 'COLUMN')} would take one of them")
        if having == 0 or self.candidates:
            yield "; ".join(parts)


def _way(where: str, name: str, column: str) -> str:
    quoted = f"'{name}={column}'" if " " in column else f"{name}={column}"
    return f"--field {quoted}" if where == "options" else f"dataset.fields: {{{name}: {column}}}"


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
