"""From a row as somebody wrote it to the fields that RAGAs names: known aliases, or a JMESPath for each field."""

import contextlib
import difflib
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import jmespath

from rag_eval.dataset import names, peers
from rag_eval.dataset.cells import (
    LONGEST_NOTHING,
    TYPES,
    BadValueError,
    CellOptions,
    as_list,
    ids_inside,
    plain,
    without_nulls,
)
from rag_eval.dataset.names import ALIASES
from rag_eval.errors import ConfigError

_PAIRS = (("retrieved_contexts", "retrieved_context_ids"), ("reference_contexts", "reference_context_ids"))
Find = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Place:
    """Where a field may stand in a row."""

    name: str
    """The column, or the path into it."""
    field: str
    find: Find
    reader: peers.Reader | None
    whole: bool
    """Whether it is a column, not a place inside one."""

    @functools.cached_property
    def key(self) -> str:
        """By which it is counted; `account.pair` takes it apart."""
        return f"{self.name}\0{self.field}"


@dataclass(frozen=True)
class _Plan:
    """What to look for in rows of certain columns."""

    places: tuple[tuple[str, tuple[Place, ...]], ...]
    holders: tuple[str, ...]
    """Columns of objects, which may stand in a cell as JSON."""


@dataclass(frozen=True)
class FieldMapping:
    """What finds each field in a row."""

    finders: Mapping[str, Find]
    """Of the fields that were named; the others are found by alias."""
    fields: Mapping[str, str]
    """What the finders were made of; columns of these names are not kept again as metadata."""
    how: CellOptions
    captured: bool
    columns: Callable[[], Iterable[str]] | None
    """All columns of the file, asked for if a row's own do not tell; None where the row is all there is."""
    plans: dict[tuple[str, ...], _Plan] = field(default_factory=dict)

    def plan(self, columns: tuple[str, ...]) -> _Plan:
        """What to look for in a row of these columns; rows of a file mostly have the same."""
        known = self.plans.get(columns)
        if known is None:
            if len(self.plans) >= _MOST_PLANS:
                self.plans.clear()
            known = self.plans[columns] = _plan(columns, self._roles(columns))
        return known

    def _roles(self, columns: tuple[str, ...]) -> names.Roles:
        if self.columns is None or not names.is_undecided(columns):
            return names.roles(columns, self.fields, captured=self.captured)
        return self._of_file

    @functools.cached_property
    def _of_file(self) -> names.Roles:
        assert self.columns is not None
        roles = names.roles(self.columns(), self.fields, captured=self.captured)
        self.how.tally.answers_taken = roles.taken
        return roles


_MOST_PLANS = 512
_SHOWN = 200
"""Letters of an expression that are shown."""


def mapping(
    fields: Mapping[str, str],
    how: CellOptions | None = None,
    *,
    captured: bool = False,
    columns: Callable[[], Iterable[str]] | None = None,
) -> FieldMapping:
    """Compile a mapping; fields that are not named are found by alias, an empty text says that there is none.

    `captured` says that the answers of a system are wanted, which an `answer` is then. Raises `ConfigError` for an
    unknown field or a bad expression.
    """
    unknown = set(fields) - set(ALIASES)
    if unknown:
        name = min(unknown)
        near = difflib.get_close_matches(name, ALIASES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        if fields[name] in ALIASES:
            hint = f" The field comes first: {fields[name]}={name}."
        raise ConfigError(f"fields.{name}: no such field.{hint} There are: {', '.join(ALIASES)}")
    how = how or CellOptions()
    finders = {name: _finder(name, expression, how) for name, expression in fields.items()}
    return FieldMapping(finders, fields, how, captured, columns)


def _finder(name: str, expression: str, how: CellOptions) -> Find:
    if not expression:
        return lambda _: None
    try:
        path = _path(expression)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"fields.{name}: {expression[:_SHOWN]!r} is not a JMESPath: {why}") from error
    reader = peers.READERS.get((name, expression))

    def find(row: Mapping[str, Any]) -> Any:
        try:
            value = path(row)
        except (ValueError, RecursionError) as error:
            raise BadValueError(name, f"a row that {expression[:_SHOWN]!r} can read ({error})", row) from error
        return value if reader is None or value is None else reader(value, row, how)

    return find


def _path(expression: str) -> Find:
    """Look a column up by its very name, which may be no JMESPath, else search."""
    try:
        compiled = jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError:
        if not re.fullmatch(r"[ -]*\w[\w -]*", expression):
            raise
        return lambda row: row.get(expression)
    return lambda row: row[expression] if expression in row else compiled.search(row)


@functools.cache
def _alias(name: str) -> Find:
    return _path(name)


def _plan(columns: tuple[str, ...], roles: names.Roles) -> _Plan:
    known = names.recognised(columns)
    places: list[tuple[str, tuple[Place, ...]]] = []
    for field_, aliases in roles.names.items():
        own = (field_,) if field_ in known else aliases
        likely = tuple(_place(field_, alias, known) for alias in own if alias in known or _inside(alias, known))
        if likely:
            places.append((field_, likely))
    holders = tuple(column for name, column in known.items() if name in names.HOLDERS)
    return _Plan(tuple(places), holders)


def _inside(alias: str, known: Mapping[str, str]) -> bool:
    return "." in alias and names.root(alias) in known


def _place(field_: str, alias: str, known: Mapping[str, str]) -> Place:
    root, reader = names.root(alias), peers.READERS.get((field_, alias))
    column = known.get(alias, known.get(root, alias))
    if alias in known:
        return Place(column, field_, itemgetter(column), reader, whole=True)
    if column == root:
        return Place(alias, field_, _alias(alias), reader, whole=False)
    near = f"{column}{alias[len(root) :]}"
    return Place(near, field_, lambda row: _alias(alias)({root: row[column]}), reader, whole=False)


def apply(mapping_: FieldMapping, values: Mapping[str, Any]) -> dict[str, Any]:
    """RAGAs' fields of a row, typed, with `metadata` for the rest; raises `BadValueError`."""
    row, how = plain(values), mapping_.how
    plan = mapping_.plan(tuple(row))
    for holder in plan.holders:
        row[holder] = unpacked(row[holder])
    raw = {name: _something(mapping_.fields[name], name, find(row), how) for name, find in mapping_.finders.items()}
    used, taken = set(mapping_.fields.values()), []
    for name, place, cell, value in _by_alias(plan, row, how):
        raw[name] = value
        taken.append(place.key)
        if place.whole and value is cell and not _is_more(name, value):
            used.add(place.name)
    how.tally.taken[tuple(taken)] += 1
    for contexts, ids in _PAIRS:
        if raw.get(contexts) is not None:
            texts = as_list(contexts, raw[contexts])
            raw[contexts], raw[ids] = without_nulls(contexts, texts, ids, raw.get(ids), how)
            if raw.get(ids) is None and ids not in mapping_.finders:
                raw[ids] = ids_inside(raw[contexts])
    fields = {name: TYPES[name](name, value, how) for name, value in raw.items() if value is not None}
    fields["metadata"] = _rest(row, used)
    return fields


def _by_alias(plan: _Plan, row: Mapping[str, Any], how: CellOptions) -> Iterator[tuple[str, Place, Any, Any]]:
    """Field, place, cell and value: under RAGAs' own name if it is a column, else under the first that has one."""
    for name, places in plan.places:
        for place in places:
            cell = place.find(row)
            if cell.__class__ is str and len(cell) <= LONGEST_NOTHING:
                cell = _something(place.name, name, cell, how)
            value = cell if cell is None or place.reader is None else place.reader(cell, row, how)
            if value is not None:
                yield name, place, cell, value
                break


def _something(column: str, name: str, value: Any, how: CellOptions) -> Any:
    """The value; None, and counted, if it is how programs spell that there is none."""
    if value is not None and how.is_nothing(value):
        how.tally.nothing(column, name, value.strip())
        return None
    return value


def _is_more(name: str, value: Any) -> bool:
    """Whether it is alternatives, of which one is the field and all are kept as metadata."""
    if name != "reference" or not isinstance(value, list | dict):
        return False
    return isinstance(value, dict) or len(value) > 1 or any(isinstance(each, list | dict) for each in value)


def unpacked(value: Any) -> Any:
    """An object that stands in a cell as JSON; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):
            return plain(json.loads(value))
    return value


def _rest(row: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    """The columns that are no field; a `metadata` column, of JSON or of an object, is taken apart again."""
    rest = {k: value for k, value in row.items() if k not in used and (value is not None or not names.is_known(k))}
    metadata = rest.pop("metadata", None)
    if isinstance(metadata, str):
        with contextlib.suppress(ValueError, RecursionError):
            metadata = plain(json.loads(metadata))
    if metadata is None:
        return rest
    return {**rest, **metadata} if isinstance(metadata, dict) else {**rest, "metadata": metadata}
