"""What Python prints of its values: literals can be read, objects cannot, and are neither questions nor answers."""

import ast
import re
from typing import Any

_OBJECT = re.compile(r"<(?:[A-Za-z_][\w.]*\(.*\)|[A-Za-z_][\w.]*(?: \w+)? object\b.*|.* at 0x[0-9a-fA-F]+)>", re.DOTALL)
_CONSTRUCTED = re.compile(r"[A-Z]\w*(?:\.\w+)*\((?:|\w+\s*[=:].*|<.*|\{.*|\[.*)\)", re.DOTALL)
_CUT_OFF = ("...", "\u2026")
_BEGUN = re.compile(r"<?[A-Z]\w*(?:\.\w+)*\(\w+=")
"""How an object begins that was printed and then cut off."""
_MESSAGE = re.compile(
    r"content=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\") (?:additional_kwargs|response_metadata|id)=", re.DOTALL
)
_LONGEST = 1_000_000


def is_object(text: str) -> bool:
    """Whether a text is what Python prints of an object, such as `<generator object f at 0x7f>` or `StartEvent()`."""
    stripped = text.strip()
    if stripped.endswith(_CUT_OFF) and _BEGUN.match(stripped):
        return True
    if stripped[:1] == "<":
        return stripped[-1:] == ">" and _OBJECT.fullmatch(stripped) is not None
    return stripped[-1:] == ")" and stripped[:1].isupper() and _CONSTRUCTED.fullmatch(stripped) is not None


def within(value: Any) -> bool:
    """Whether what Python prints of an object stands anywhere in a value."""
    match value:
        case str():
            return is_object(value)
        case list():
            return any(map(within, value))
        case dict():
            return any(map(within, value.values()))
        case _:
            return False


def literal(text: str) -> Any:
    """The list or object that a text spells in Python; None where it is none."""
    if len(text) > _LONGEST or ("'" not in text and "(" not in text and "None" not in text and "True" not in text):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return _plain(value) if isinstance(value, dict | list | tuple) else None


def _plain(value: Any) -> Any:
    """The value in JSON's kinds: pairs are lists."""
    match value:
        case dict():
            return {str(key): _plain(member) for key, member in value.items()}
        case list() | tuple() | set():
            return [_plain(member) for member in value]
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)


def message(text: str) -> str | None:
    """The words of a message of LangChain's that was printed; None where a text is none."""
    if not text.startswith("content=") or (match := _MESSAGE.match(text)) is None:
        return None
    try:
        words = ast.literal_eval(match[1])
    except (ValueError, SyntaxError):
        return None
    return words if isinstance(words, str) and words.strip() else None
