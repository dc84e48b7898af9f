"""What a cell or a value of a row holds, as a field's type: texts, lists, ids, truth, numbers; and what is no data."""

import ast
import io
import json
import math
import re
import tokenize
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import compress, pairwise
from typing import Any

from rag_eval.dataset.account import NULL, Tally
from rag_eval.dataset.problems import shown

NOTHING = frozenset({
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
    r"\N", "(null)", "<null>", "nil", "undefined", "NaT", "n.a.", "N.A.", "-", "--", "–", "—",
    "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!",
})  # fmt: skip
"""What programs write for no data: the spellings that pandas reads as such, then databases, people and spreadsheets."""
LONGEST_NOTHING = 16
"""Letters, blanks around them counted."""
_TEXT_KEYS = ("text", "page_content", "content", "body")
_ID_KEYS = ("id", "doc_id", "document_id", "_id", "docid")
_ROLES = {"user_input": "user"}
"""Whose message of a chat a field is taken from; the assistant's where it is not named here."""
_YES = frozenset(
    {"true", "t", "yes", "y", "1", "1.0", "answerable", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "verdadero"}
)
_NO = frozenset({"false", "f", "no", "n", "0", "0.0", "unanswerable", "nein", "falsch", "non", "faux", "falso"})
_PARTED = re.compile(r"[.!?]\s*;\s*[A-Z\"“]")
_BARRED = re.compile(r"\S\s*\|\s*\S")
_DEEPEST = 100
"""Levels of nesting that a row may have; pydantic, which checks it later, gives up at 255."""
_IDS_APART = re.compile(r"[;|\n]")
_NUMBERS = re.compile(r"\s*\d+(?: +\d+)+\s*")
_SPACE = " +"
_QUOTED = re.compile(r"(['\"])(.+)\1")


class BadValueError(ValueError):
    """A field holds what it must not; `expected` says what was."""

    def __init__(self, field: str, expected: str, value: object) -> None:
        super().__init__(field)
        self.field, self.expected, self.found = field, expected, shown(value)


@dataclass(frozen=True)
class CellOptions:
    """How values are read, and the count of what was met."""

    keep_na: bool = False
    """Whether a `None` or `N/A` is a text like any other."""
    ids: Container[str] = ()
    """Ids of the passages of a corpus, which are ids whatever they look like."""
    tally: Tally = field(default_factory=Tally)

    def is_nothing(self, value: Any) -> bool:
        """Whether a value is how programs spell that there is none."""
        short = value.__class__ is str and len(value) <= LONGEST_NOTHING
        return short and not self.keep_na and value.strip() in NOTHING


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON would hold it; a NaN is nothing. Raises `BadValueError` for text that is not Unicode."""
    if isinstance(value, str):
        if value.isascii() or _is_unicode(value):
            return value
        raise BadValueError("the row", "Unicode text", value)
    if value is None or isinstance(value, bool | int):
        return value
    if depth > _DEEPEST:
        raise BadValueError("the row", f"values nested at most {_DEEPEST} levels deep", value)
    if isinstance(value, list | tuple):
        return [each if each.__class__ is str and each.isascii() else plain(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {
            plain(str(key)): each if each.__class__ is str and each.isascii() else plain(each, depth + 1)
            for key, each in value.items()
        }
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


def parse_container(field: str, value: Any) -> Any:
    """The list or object that a table had to write into a cell; anything else as it is. Raises `BadValueError`."""
    if isinstance(value, str) and re.fullmatch(r"\s*(\[.*\]|\{.*\})\s*", value, re.DOTALL) and not is_prose(value):
        return _parse_literal(field, value)
    return value


def is_prose(text: str) -> bool:
    """Whether a text that begins with a bracket goes on behind it: `[1] The pool …`, `[Rules](https://…): …`."""
    text = text.strip()
    if not text.startswith("[") or text[1:].lstrip().startswith(("'", '"', "[", "{")):
        return False
    end = text.find("]")
    return 0 < end < len(text) - 1 and any(letter.isalpha() for letter in text[end + 1 :])


def ids_inside(contexts: Sequence[Any]) -> list[str] | None:
    """The ids of contexts that came as objects, if each has one."""
    if not contexts or not all(isinstance(context, dict) for context in contexts):
        return None
    ids = [next((context[key] for key in _ID_KEYS if context.get(key) is not None), None) for context in contexts]
    return None if None in ids else [str(_whole(key)) for key in ids]


def _text(field: str, value: Any, _: CellOptions) -> str | None:
    match words_of(value, _ROLES.get(field, "assistant")):
        case bool() | dict():
            raise BadValueError(field, "a text", value)
        case list() if not value:
            return None
        case list():
            raise BadValueError(field, "a text", value)
        case str() as text:
            return text if text.strip() else None
        case number:
            return str(number)


def _id(field: str, value: Any, how: CellOptions) -> str | None:
    return _text(field, _whole(value), how)


def _whole(value: Any) -> Any:
    """A number as an id has it: 17 where a table had to write 17.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reference(field: str, value: Any, how: CellOptions) -> str | None:
    """A text, or the first of several that are right."""
    if value.__class__ is str:
        return _text(field, value, how)
    if isinstance(value, bool):
        how.tally.truths[field] += 1
        return str(value).lower()
    value = words_of(value, "assistant")
    for _ in range(3):  # alternatives of RAGAs of old, SQuAD, TriviaQA, AutoRAG: a list, an object, or lists of lists
        if isinstance(value, dict):
            value = next((value[key] for key in ("text", "value", "Value", "answer") if key in value), value)
        elif isinstance(value, list) and value and all(isinstance(each, str | list | dict | None) for each in value):
            value = next((each for each in value if not _is_blank(each, how)), None)
    if value is None or how.is_nothing(value):
        return None
    return _text(field, value, how)


def _is_blank(value: Any, how: CellOptions) -> bool:
    return not value or (isinstance(value, str) and (not value.strip() or how.is_nothing(value)))


def is_texts(value: Any) -> bool:
    """Whether it is a text, or a list of texts or of objects with a text."""
    if isinstance(value, list):
        return all(isinstance(each, str) or _text_inside(each) is not None for each in value)
    return isinstance(value, str)


def _text_inside(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((value[key] for key in _TEXT_KEYS if isinstance(value.get(key), str)), None)


def _context(field: str, value: Any) -> str:
    text = value if isinstance(value, str) else _text_inside(value)
    if text is None:
        raise BadValueError(field, "texts, or objects with a text", value)
    return text


def _texts(field: str, value: Any, how: CellOptions) -> tuple[str, ...]:
    values = as_list(field, value)
    if len(values) == 1 and isinstance(values[0], str) and _is_barred(values[0]):
        how.tally.barred[field] += 1
    texts = values if _are_texts(values) else [_context(field, each) for each in values]
    return _without_nothing(field, tuple(texts), how)


def _is_barred(text: str) -> bool:
    """Whether bars may part texts in it, or semicolons sentences; bars of a Markdown table do not."""
    if ";" in text and _PARTED.search(text):
        return True
    return "|" in text and any(_BARRED.search(line) and not line.lstrip().startswith("|") for line in text.splitlines())


def _are_texts(values: list[Any]) -> bool:
    return set(map(type, values)) <= {str}


def _without_nothing(field: str, values: tuple[str, ...], how: CellOptions) -> tuple[str, ...]:
    nothing = [how.is_nothing(value) for value in values]
    if not any(nothing):
        return values
    for value in compress(values, nothing):
        how.tally.nothing(None, field, value)
    return tuple(value for value, is_nothing in zip(values, nothing, strict=True) if not is_nothing)


def without_nulls(contexts: str, values: list[Any], ids: str, beside: Any, how: CellOptions) -> tuple[list[Any], Any]:
    """Contexts without those that are no data, and the ids beside them, which stay those of the texts.

    Where there are as many ids as contexts, both of a place are left out, or none: raises `BadValueError` for a half.
    """
    empty = [value is None or how.is_nothing(value) for value in values]
    if not any(empty) and not (isinstance(beside, list | str) and beside):
        return values, beside
    listed_ids = _beside(ids, beside, how)
    paired = len(listed_ids) == len(values)
    for value, key, gone in zip(values, listed_ids, empty, strict=True) if paired else ():
        if value is None and key is not None and not how.is_nothing(key):
            raise BadValueError(contexts, f"a text for the id {key!r}, or null for both", value)
        if key is None and not gone:
            raise BadValueError(ids, "an id for each text, or null for both", key)
    for value, gone in zip(values, empty, strict=True):
        if gone:
            how.tally.nothing(None, contexts, NULL if value is None else value.strip())
    kept = [value for value, gone in zip(values, empty, strict=True) if not gone]
    if paired and any(empty):
        return kept, [key for key, gone in zip(listed_ids, empty, strict=True) if not gone]
    return kept, beside


def _beside(field: str, value: Any, how: CellOptions) -> list[Any]:
    """Ids one by one, none of them left out or counted yet."""
    if _is_plain_text(value):
        return _ids_of_text(field, value, CellOptions(ids=how.ids))
    return as_list(field, value) if isinstance(value, list | str) else []


def _ids(field: str, value: Any, how: CellOptions) -> tuple[str, ...]:
    value = [value] if isinstance(value, int | float) and not isinstance(value, bool) else value
    ids: list[Any] = _ids_of_text(field, value, how) if _is_plain_text(value) else as_list(field, value)
    if None in ids:
        how.tally.nulls(field, ids.count(None))
        ids = [key for key in ids if key is not None]
    if not _are_texts(ids):
        ids = [*map(_whole, ids)]
        if not set(map(type, ids)) <= {str, int}:
            raise BadValueError(field, "a list of ids", value)
        ids = [str(key) for key in ids]
    return _without_nothing(field, tuple(ids), how)


def _is_plain_text(value: Any) -> bool:
    return isinstance(value, str) and not value.lstrip().startswith("[")


def _ids_of_text(field: str, text: str, how: CellOptions) -> list[str]:
    """The ids in a cell, parted as people do; one that a corpus has is not taken apart."""
    ids: list[str] = []
    for part in [text] if text.strip() in how.ids else _IDS_APART.split(text):
        apart = _SPACE if _NUMBERS.fullmatch(part) else ","
        pieces = [part] if part.strip() in how.ids else re.split(apart, part)
        ids += [id_ for piece in pieces if (id_ := _QUOTED.sub(r"\2", piece.strip()))]
        if len(pieces) > 1:
            how.tally.parted[field] += 1
    return ids


def _tags(field: str, value: Any, how: CellOptions) -> tuple[str, ...]:
    if _is_plain_text(value):
        tags = re.split(r"[,;|]", value)
        return tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    return tuple(dict.fromkeys(tag.strip() for tag in _ids(field, as_list(field, value), how) if tag.strip()))


def as_list(field: str, value: Any) -> list[Any]:
    """A list, also one that a table had to write into a single cell; a text is a list of one.

    Raises `BadValueError`.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and (objects := _of_columns(value)) is not None:
        return objects
    if not isinstance(value, str):
        raise BadValueError(field, "a list", value)
    if value.lstrip().startswith("[") and not is_prose(value):
        return _list_in_text(field, value)
    return [value] if value.strip() else []


def _of_columns(value: dict[str, Any]) -> list[Any] | None:
    """The objects of what Hugging Face's `datasets` makes of a list of them: `{"id": [...], "text": [...]}`."""
    cells = [*value.values()]
    if not any(key in value for key in _TEXT_KEYS) or not all(isinstance(each, list) for each in cells):
        return None
    if len({len(each) for each in cells}) != 1:
        return None
    return [dict(zip(value, each, strict=True)) for each in zip(*cells, strict=True)]


def _list_in_text(field: str, text: str) -> list[Any]:
    values = _parse_literal(field, text)
    if not isinstance(values, list):
        raise BadValueError(field, "a JSON list", text)
    return values


def words_of(value: Any, role: str) -> Any:
    """The text of what models are sent: parts of type text joined, of a chat the last message of that role."""
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        return value
    if all("role" in each and "content" in each for each in value):
        messages = [each["content"] for each in value if each["role"] == role]
        return words_of(messages[-1], role) if messages else value
    parts = [each.get("text") for each in value if each.get("type") == "text"]
    return "\n".join(parts) if parts and all(isinstance(part, str) for part in parts) else value


def _parse_literal(field: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _python_value(field, text)
    return [plain(each) for each in value] if isinstance(value, list) else plain(value)


def _python_value(field: str, text: str) -> Any:
    """What pandas writes into a CSV, of values that JSON has too."""
    try:
        tokens = [token.type for token in tokenize.generate_tokens(io.StringIO(text.strip()).readline)]
        value = json.loads(json.dumps(ast.literal_eval(_PlainLiterals().visit(ast.parse(text.strip(), mode="eval")))))
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError) as error:
        raise BadValueError(field, "a JSON list or object", text) from error
    if (tokenize.STRING, tokenize.STRING) in pairwise(token for token in tokens if token != tokenize.NL):
        raise BadValueError(field, "a JSON list, with commas (a NumPy array has none)", text)
    return value


class _PlainLiterals(ast.NodeTransformer):
    """What pandas writes that is no literal, as one: None for `nan`, and a list for `array([…], dtype=object)`."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """`nan`, which is no data."""
        return ast.Constant(None) if node.id == "nan" else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """An array, by its list."""
        is_array = isinstance(node.func, ast.Name) and node.func.id == "array" and len(node.args) == 1
        return self.visit(node.args[0]) if is_array else node


def _truth(field: str, value: Any, _: CellOptions) -> bool:
    known = truth_of(value)
    if known is None:
        raise BadValueError(field, "true or false", value)
    return known


def truth_of(value: Any) -> bool | None:
    """What a yes or a no means, in the words of a few languages; None for anything else."""
    text = str(value).strip().lower()
    return text in _YES if text in _YES | _NO else None


def _number(field: str, value: Any, _: CellOptions) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValueError(field, "a number", value) from error
    if isinstance(value, bool) or not math.isfinite(number) or number < 0:
        raise BadValueError(field, "a number that is not negative", value)
    return number


TYPES: Mapping[str, Callable[[str, Any, CellOptions], Any]] = {
    "id": _id,
    "user_input": _text,
    "response": _text,
    "reference": _reference,
    "retrieved_contexts": _texts,
    "retrieved_context_ids": _ids,
    "reference_contexts": _texts,
    "reference_context_ids": _ids,
    "answerable": _truth,
    "tags": _tags,
    "latency_s": _number,
}
"""What makes a field's value of what a row holds."""
