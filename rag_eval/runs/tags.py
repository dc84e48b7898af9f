"""What people say about a run: keys, some with a value, in a file of its own, as the journal may be held elsewhere."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from rag_eval import files
from rag_eval.errors import MismatchError, UsageError
from rag_eval.runs.folder import RunFolder

KEEP = "keep"
"""A run with this tag is never pruned."""
_KEY = re.compile(r"[A-Za-z0-9][\w.-]*")
_LONGEST = 200


def parsed(texts: Sequence[str]) -> dict[str, str]:
    """Key to value, of `key` and `key=value`; raises `UsageError`."""
    tags: dict[str, str] = {}
    for text in texts:
        key, _, value = text.partition("=")
        if not _KEY.fullmatch(key) or not value.isprintable() or len(text) > _LONGEST:
            raise UsageError(
                f"{text!r} is no tag: it reads KEY or KEY=VALUE, the key of letters, digits, dots, dashes and "
                f"underscores, on one line and no longer than {_LONGEST}"
            )
        tags[key] = value
    return tags


def read(folder: RunFolder) -> dict[str, str]:
    """The tags of a run; none where the file cannot be read."""
    try:
        return _read(folder.tags)
    except (OSError, ValueError):
        return {}


def change(folder: RunFolder, tags: Mapping[str, str], without: Collection[str] = ()) -> dict[str, str]:
    """Put tags on a run and take others away, all or none; the tags that it has then. Raises `UsageError`."""
    try:
        with FileLock(folder.path / ".tags.lock"):
            before = _read(folder.tags)
            if missing := [key for key in without if key not in before]:
                raise MismatchError(f"{folder.id}: has no tag {missing[0]!r}; it has: {said(before) or 'none'}")
            after = {key: value for key, value in {**before, **tags}.items() if key not in without}
            files.write_text(folder.tags, json.dumps(after, indent=2, ensure_ascii=False) + "\n")
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder.tags}: cannot be written: {error}") from error
    return after


def said(tags: Mapping[str, str]) -> str:
    """Tags in words: `keep, model=gpt-4.1`."""
    return ", ".join(f"{key}={value}" if value else key for key, value in tags.items())


def has(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether all wanted tags are there; one that is wanted without a value may have any."""
    return all(key in tags and value in ("", tags[key]) for key, value in wanted.items())


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    tags = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise ValueError("it is no object of texts")
    return tags
