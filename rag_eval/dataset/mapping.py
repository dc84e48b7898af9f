"""From a row as somebody wrote it to the fields that RAGAs names: known aliases, or a JMESPath for each field."""

import ast
import contextlib
import difflib
import functools
import io
import json
import math
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import jmespath

from rag_eval.dataset.problems import shown
from rag_eval.errors import ConfigError

ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "case_id", "question_id", "sample_id", "qid", "_id"),
    "user_input": (
        "user_input", "question", "query", "input", "inputs.question", "inputs.query", "inputs.input",
        "inputs.user_input", "inputs.messages[-1].content", "inputs",
    ),
    "response": (
        "response", "answer", "actual_output", "output", "outputs.response", "outputs.answer", "outputs.output",
        "outputs",
    ),
    "reference": (
        "reference", "ground_truth", "ground_truths", "expected_output", "gt_answer", "reference_answer",
        "expected_answer", "expectations.expected_response", "reference_outputs.answer", "reference_outputs",
    ),
    "retrieved_contexts": ("retrieved_contexts", "contexts", "retrieval_context"),
    "retrieved_context_ids": ("retrieved_context_ids", "context_ids"),
    "reference_contexts": ("reference_contexts", "ground_truth_contexts", "gold_contexts"),
    "reference_context_ids": ("reference_context_ids", "gold_context_ids", "relevant_ids"),
    "answerable": ("answerable", "is_answerable"),
    "tags": ("tags",),
    "latency_s": ("latency_s",),
}  # fmt: skip
"""RAGAs' name to the names that RAGAs' older releases, DeepEval, promptfoo, LangSmith and MLflow have for it.

The first that holds something wins. A dotted one looks inside an object.
"""

_HOLDERS = frozenset(alias.partition(".")[0] for aliases in ALIASES.values() for alias in aliases if "." in alias)
"""Columns that hold objects with fields in them; a table has to write such an object into a cell, as JSON."""
_LISTS_OF_ONE = frozenset({"ground_truths"})
"""Columns that hold a list of which the first is the field."""
_PAIRS = (("retrieved_contexts", "retrieved_context_ids"), ("reference_contexts", "reference_context_ids"))
_TEXT_KEYS = ("text", "page_content", "content", "body")
_ID_KEYS = ("id", "doc_id", "document_id", "_id")
_DEEPEST = 100
"""Levels of nesting that a row may have; pydantic, which checks it later, gives up at 255."""


class BadValue(ValueError):
    """A field holds what it must not; `expected` says what was."""

    def __init__(self, field: str, expected: str, found: object) -> None:
        super().__init__(field)
        self.field, self.expected, self.found = field, expected, shown(found)


@dataclass(frozen=True)
class Mapping_:  # noqa: N801 - `Mapping` is the collection
    """What finds each field in a row."""

    finders: Mapping[str, Callable[[Mapping[str, Any]], Any]]
    """Of the fields that were named; the others are found by alias."""
    columns: frozenset[str]
    """What the finders were made of; columns of these names are not kept again as metadata."""


def mapping(fields: Mapping[str, str]) -> Mapping_:
    """Compile a mapping; fields that are not named are found by alias, an empty text says that there is none.

    Raises `ConfigError` for an unknown field or a bad expression.
    """
    unknown = set(fields) - set(ALIASES)
    if unknown:
        name = min(unknown)
        near = difflib.get_close_matches(name, ALIASES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"fields.{name}: no such field.{hint} There are: {', '.join(ALIASES)}")
    finders = {name: _finder(name, expression) for name, expression in fields.items()}
    return Mapping_(finders, frozenset(fields.values()))


def _finder(name: str, expression: str) -> Callable[[Mapping[str, Any]], Any]:
    if not expression:
        return lambda _: None
    try:
        path = _path(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ConfigError(f"fields.{name}: {expression!r} is not a JMESPath: {error}") from error

    def find(row: Mapping[str, Any]) -> Any:
        try:
            found = path(row)
        except ValueError as error:
            raise BadValue(name, f"a row that {expression!r} can read ({error})", row) from error
        return _first(name, expression, found)

    return find


def _path(expression: str) -> Callable[[Mapping[str, Any]], Any]:
    """Look a column up by its very name, which may be no JMESPath, else search."""
    try:
        compiled = jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError:
        if not re.fullmatch(r"[\w -]*\w[\w -]*", expression):
            raise
        return lambda row: row.get(expression)
    return lambda row: row[expression] if expression in row else compiled.search(row)


_PATHS = {alias: _path(alias) for aliases in ALIASES.values() for alias in aliases}


@functools.lru_cache(maxsize=256)
def _candidates(columns: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The aliases that may find something in a row of these columns; rows of a file mostly have the same."""
    there = set(columns)
    likely = {
        name: [one for one in aliases if {one, one.partition(".")[0]} & there] for name, aliases in ALIASES.items()
    }
    return {name: (name,) if name in there else tuple(aliases) for name, aliases in likely.items() if aliases}


def _by_alias(mapping_: Mapping_, row: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Field, place and value: under RAGAs' own name if it is a column, else under the first alias that has one."""
    for name, aliases in _candidates(tuple(row)).items():
        for alias in () if name in mapping_.finders else aliases:
            value = _PATHS[alias](row)
            if value is not None:
                yield name, alias, value
                break


def apply(mapping_: Mapping_, values: Mapping[str, Any]) -> dict[str, Any]:
    """RAGAs' fields of a row, typed, with `metadata` for the rest; raises `BadValue`."""
    row = plain(values)
    for holder in _HOLDERS.intersection(row):
        row[holder] = _unpacked(row[holder])
    raw = {**dict.fromkeys(ALIASES), **{name: find(row) for name, find in mapping_.finders.items()}}
    used = set(mapping_.columns)
    for name, alias, value in _by_alias(mapping_, row):
        raw[name] = _first(name, alias, value)
        used.add(alias)
    for contexts, ids in _PAIRS:
        if raw[contexts] is not None:
            raw[contexts] = _listed(contexts, raw[contexts])
            if raw[ids] is None and ids not in mapping_.finders:
                raw[ids] = _ids_inside(raw[contexts])
    found = {name: _TYPES[name](name, value) for name, value in raw.items() if value is not None}
    found["metadata"] = _rest(row, used)
    return found


def _unpacked(value: Any) -> Any:
    """An object that stands in a cell as JSON; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):
            return plain(json.loads(value))
    return value


def _first(field: str, place: str, value: Any) -> Any:
    """The list in a cell of a column of lists, whose first is taken as that of any other; anything else as it is."""
    if place in _LISTS_OF_ONE and isinstance(value, str) and re.fullmatch(r"\s*\[.*\]\s*", value, re.DOTALL):
        return _list_in_text(field, value)
    return value


def _rest(row: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    """The columns that are no field; a `metadata` column, of JSON or of an object, is taken apart again."""
    rest = {key: value for key, value in row.items() if key not in used and (value is not None or key not in _PATHS)}
    held = rest.pop("metadata", None)
    if isinstance(held, str):
        with contextlib.suppress(ValueError, RecursionError):
            held = plain(json.loads(held))
    if held is None:
        return rest
    return {**rest, **held} if isinstance(held, dict) else {**rest, "metadata": held}


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON would hold it; a NaN is nothing. Raises `BadValue` for text that is not Unicode."""
    if isinstance(value, str):
        if value.isascii() or _is_unicode(value):
            return value
        raise BadValue("the row", "Unicode text", value)
    if value is None or isinstance(value, bool | int):
        return value
    if depth > _DEEPEST:
        raise BadValue("the row", f"values nested at most {_DEEPEST} levels deep", value)
    if isinstance(value, list | tuple):
        return [plain(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {plain(str(key)): plain(inner, depth + 1) for key, inner in value.items()}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case Decimal() if value.as_tuple().exponent == 0:
            return int(value)  # what warehouses write for whole numbers, ids among them
        case float() | Decimal():
            return float(value) if math.isfinite(value) else None
        case bytes():
            return value.decode(errors="backslashreplace")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            return str(value)


def _is_unicode(text: str) -> bool:
    """JSON can spell halves of surrogate pairs, which no file or database can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ids_inside(contexts: Any) -> list[str] | None:
    """The ids of contexts that came as objects, if each has one."""
    if not isinstance(contexts, list) or not contexts or not all(isinstance(one, dict) for one in contexts):
        return None
    ids = [next((one[key] for key in _ID_KEYS if one.get(key) is not None), None) for one in contexts]
    return None if None in ids else [str(one) for one in ids]


def _text(field: str, value: Any) -> str | None:
    match value:
        case bool() | dict():
            raise BadValue(field, "a text", value)
        case list() if field == "reference" and value and all(isinstance(one, str) for one in value):
            return _text(field, value[0])  # old RAGAs' `ground_truths`: alternatives, the first is the main one
        case list() if not value:
            return None
        case list():
            raise BadValue(field, "a text", value)
        case _:
            return str(value) if str(value).strip() else None


def _context(field: str, value: Any) -> str:
    if isinstance(value, dict):
        value = next((value[key] for key in _TEXT_KEYS if isinstance(value.get(key), str)), value)
    if not isinstance(value, str):
        raise BadValue(field, "texts, or objects with a text", value)
    return value


def _texts(field: str, value: Any) -> tuple[str, ...]:
    return tuple(_context(field, one) for one in _listed(field, value))


def _ids(field: str, value: Any) -> tuple[str, ...]:
    found = _listed(field, value, separator=";")
    if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in found):
        raise BadValue(field, "a list of ids", value)
    return tuple(str(one) for one in found)


def _tags(field: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) and not value.lstrip().startswith("["):
        value = value.replace(",", ";")
    return tuple(dict.fromkeys(one.strip() for one in _ids(field, value) if one.strip()))


def _listed(field: str, value: Any, separator: str | None = None) -> list[Any]:
    """A list, also one that a table had to write into a single cell."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        raise BadValue(field, "a list", value)
    if value.lstrip().startswith("["):
        return _list_in_text(field, value)
    parts = value.split(separator) if separator else [value]
    return [part.strip() if separator else part for part in parts if part.strip()]


def _list_in_text(field: str, text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _python_list(field, text)
    if not isinstance(found, list):
        raise BadValue(field, "a JSON list", text)
    return [plain(one) for one in found]


def _python_list(field: str, text: str) -> Any:
    """What pandas writes into a CSV, of values that JSON has too."""
    try:
        tokens = [token.type for token in tokenize.generate_tokens(io.StringIO(text.strip()).readline)]
        found = json.loads(json.dumps(ast.literal_eval(text.strip())))
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError) as error:
        raise BadValue(field, "a JSON list", text) from error
    if (tokenize.STRING, tokenize.STRING) in pairwise(token for token in tokens if token != tokenize.NL):
        raise BadValue(field, "a JSON list, with commas (a NumPy array has none)", text)
    return found


def _truth(field: str, value: Any) -> bool:
    match str(value).strip().lower():
        case "true" | "yes" | "1" | "answerable":
            return True
        case "false" | "no" | "0" | "unanswerable":
            return False
        case _:
            raise BadValue(field, "true or false", value)


def _number(field: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValue(field, "a number", value) from error
    if isinstance(value, bool) or not math.isfinite(found) or found < 0:
        raise BadValue(field, "a number that is not negative", value)
    return found


_TYPES: Mapping[str, Callable[[str, Any], Any]] = {
    "id": _text,
    "user_input": _text,
    "response": _text,
    "reference": _text,
    "retrieved_contexts": _texts,
    "retrieved_context_ids": _ids,
    "reference_contexts": _texts,
    "reference_context_ids": _ids,
    "answerable": _truth,
    "tags": _tags,
    "latency_s": _number,
}
