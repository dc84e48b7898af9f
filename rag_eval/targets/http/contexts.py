"""The lists that come with an answer: texts and ids of contexts, none shifted against the other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter
from pydantic import JsonValue

from rag_eval.targets.http.paths import OPTIONS

TEXTS, IDS, SCORES = "retrieved_contexts", "retrieved_context_ids", "scores"
LISTS = (TEXTS, IDS, SCORES)
_PROJECTIONS = frozenset({"projection", "filter_projection", "value_projection"})
_NOTHING = frozenset({"none", "null", "nan", "undefined", "nil"})
"""What a service says for a text or an id that it does not have, having made a text of it."""
_Row = dict[str, Any]


def listed(path: Any, body: Any) -> Any:
    """What stands at a path, with None for each element of a list that has nothing there; raises `JMESPathError`.

    JMESPath leaves such elements out: one text would then stand beside three ids.
    """
    return _with_nothing(path.parsed, body, TreeInterpreter(OPTIONS))


def _with_nothing(node: Any, value: Any, reader: TreeInterpreter) -> Any:
    match node["type"], node["children"]:
        case "pipe", [left, right]:
            return _with_nothing(right, _with_nothing(left, value, reader), reader)
        case "or_expression", [left, right]:
            there = reader.visit(left, value) not in (None, False, "", [], {})
            return _with_nothing(left if there else right, value, reader)
        case kind, [left, right, *condition] if kind in _PROJECTIONS:
            elements = reader.visit(left, value)
            if kind == "value_projection" and isinstance(elements, dict):
                elements = [*elements.values()]
            if not isinstance(elements, list):
                return None
            chosen = (each for each in elements if not condition or _is_true(reader.visit(condition[0], each)))
            return [reader.visit(right, each) for each in chosen]
        case _:
            return reader.visit(node, value)


def _is_true(value: Any) -> bool:
    return value not in (None, False, "", [], {})


def collected(paths: Mapping[str, Any], events: Sequence[Any]) -> _Row:
    """The lists of a stream, of each event what it brings, in order; only those that some event brings.

    What was brought before is not taken twice, and a list that holds all that came before takes its place. A text
    and an id that came together stay together.
    """
    brought = [row for event in events if (row := _brought(paths, event))]
    wrong = {name: value for row in brought for name, value in row.items() if not isinstance(value, list)}
    if wrong:
        return wrong
    names = [name for name in paths if any(name in row for row in brought)]
    if _are_aligned(brought, names):
        rows = _once(
            [dict(zip(names, each, strict=True)) for each in zip(*row.values(), strict=True)] for row in brought
        )
        return {name: [row[name] for row in rows] for name in names}
    apart = {name: [row[name] for row in brought if name in row] for name in names}
    return {
        name: lists[-1] if name == SCORES else [row[name] for row in _once([{name: v} for v in each] for each in lists)]
        for name, lists in apart.items()
    }


def _brought(paths: Mapping[str, Any], event: Any) -> _Row:
    """Name to list, for those that an event brings; nothing for an event that is about something else."""
    row = {name: value for name, path in paths.items() if (value := _listed(path, event)) is not None}
    is_empty = all(isinstance(value, list) and value and all(v is None for v in value) for value in row.values())
    return {} if is_empty else row


def _listed(path: Any, event: Any) -> Any:
    try:
        value = listed(path, event)
    except JMESPathError:  # a function that does not take what an event about something else holds
        return None
    return None if value in (False, "", {}) else value


def _are_aligned(brought: Sequence[_Row], names: Sequence[str]) -> bool:
    return all([*row] == [*names] and len({len(value) for value in row.values()}) == 1 for row in brought)


def _once(lists: Iterable[list[_Row]]) -> list[_Row]:
    """The rows of all lists, each once, unless one list holds it more often."""
    kept: list[_Row] = []
    for rows in lists:
        if len(rows) >= len(kept) and not Counter(map(_key, kept)) - Counter(map(_key, rows)):
            kept = rows
        else:
            seen = {*map(_key, kept)}
            kept = [*kept, *(row for row in rows if _key(row) not in seen)]
    return kept


def _key(row: _Row) -> str:
    return repr((row.get(TEXTS), row.get(IDS))) if TEXTS in row or IDS in row else repr(row)


def is_null(path: Any, body: Any) -> bool:
    """Whether a service gives null for a list: the key at which the list would stand is there, and holds nothing."""
    return _is_null(path.parsed, body, TreeInterpreter(OPTIONS))


def _is_null(node: Any, value: Any, reader: TreeInterpreter) -> bool:
    match node["type"], node["children"]:
        case "field", _:
            return isinstance(value, dict) and node["value"] in value and value[node["value"]] is None
        case "subexpression", [left, right]:
            return _is_null(right, reader.visit(left, value), reader)
        case kind, [left, *_] if kind in _PROJECTIONS | {"flatten", "index_expression", "pipe"}:
            return _is_null(left, value, reader)
        case _:
            return False


def unknown(texts: Sequence[str | None] | None, ids: Sequence[str | None] | None) -> dict[str, JsonValue]:
    """Why texts or ids that came cannot be used, by field: a part of them is not what was retrieved."""
    whys: dict[str, JsonValue] = {}
    if texts is not None and any(map(_is_nothing, texts)):
        whys[TEXTS] = "contexts came without their text"
    if ids is not None and any(map(_is_nothing, ids)):
        whys[IDS] = "contexts came without their id"
    if texts is not None and ids is not None and len(texts) != len(ids):
        whys.setdefault(TEXTS if ids else IDS, "texts and ids of the contexts do not fit each other")
    return whys


def _is_nothing(text: str | None) -> bool:
    return text is None or not text.strip() or text.strip().lower() in _NOTHING
