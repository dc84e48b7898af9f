"""Files that are not what they should be: what one is, and the good ones that are spoilt in many ways."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any


@dataclass(frozen=True)
class File:
    """A file, or files of a folder, with what has to come of it."""

    name: str
    content: bytes | dict[str, bytes]
    says: str | None = None
    """What the message says, as a regular expression; "" where it has to load; None where either will do."""


_ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "question": 'Où est "le" chat?',
        "reference": "Là,\nbas",
        "reference_contexts": ["é", "b"],
        "tags": "x;y",
    },
    {"id": "b", "question": "Why?", "reference": "So; 日本", "reference_contexts": [], "tags": ""},
    {"id": "c", "question": "How?", "reference": "", "reference_contexts": ["c"], "tags": "x"},
]


def _quoted(mark: str) -> str:
    lines = [mark.join(_ROWS[0])]
    for row in _ROWS:
        cells = [json.dumps(one) if isinstance(one, list) else one for one in row.values()]
        lines.append(mark.join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\r\n".join(lines)


def _lines(rows: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


GOOD = {
    "a.csv": _quoted(","),
    "half-of-europe.csv": _quoted(";"),
    "a.tsv": _quoted("\t"),
    "a.jsonl": _lines(_ROWS),
    "a.json": json.dumps(_ROWS, indent=1, ensure_ascii=False),
}


def _packed(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("inner", content)
    return held.getvalue()


def _encoded(whole: bytes, code: str) -> bytes:
    return whole.decode().encode(code, "replace")


def _cut(whole: bytes, tenth: int) -> bytes:
    return whole[: len(whole) * tenth // 10]


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    **{
        f"as {code}": partial(_encoded, code=code)
        for code in (
            "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-7", "utf-8-sig", "cp1252", "cp037",
            "latin-1", "mac-roman", "shift-jis", "gb18030", "koi8-r", "ascii",
        )
    },
    **{f"cut to {tenth}0 %": partial(_cut, tenth=tenth) for tenth in range(10)},
    **{f"without {start} bytes": itemgetter(slice(start, None)) for start in (1, 2, 3, 9, 40)},
    "two marks": lambda whole: b"\xef\xbb\xbf\xef\xbb\xbf" + whole,
    "a mark inside": lambda whole: whole.replace(b"Why", b"\xef\xbb\xbfWhy"),
    "NUL in front": lambda whole: b"\0" + whole,
    "NUL inside": lambda whole: whole.replace(b"Why", b"W\0y"),
    "NUL behind": lambda whole: whole + b"\0" * 100,
    "NULs only": lambda whole: b"\0" * len(whole),
    "a surrogate in UTF-8": lambda whole: whole.replace(b"Why", b"\xed\xa0\x80"),
    "half a surrogate pair": lambda whole: whole.replace(b"Why", rb"\ud83d"),
    "a bad byte": lambda whole: whole.replace(b"Why", b"\xff"),
    "overlong": lambda whole: whole.replace(b"Why", b"\xc0\xaf"),
    "gzip": lambda whole: gzip.compress(whole, mtime=0),
    "zip": _packed,
    "twice": lambda whole: whole + whole,
    "twice in lines": lambda whole: whole + b"\n" + whole,
    "old Mac": lambda whole: whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "no quotes": lambda whole: whole.replace(b'"', b""),
    "typographic quotes": lambda whole: whole.replace(b'"', "“".encode()),
    "single quotes": lambda whole: whole.replace(b'"', b"'"),
    "an open quote": lambda whole: whole.replace(b"Why", b'"Why'),
    "commas doubled": lambda whole: whole.replace(b",", b",,"),
    "no commas": lambda whole: whole.replace(b",", b""),
    "semicolons": lambda whole: whole.replace(b",", b";"),
    "braces": lambda whole: whole.replace(b"[", b"{").replace(b"]", b"}"),
    "no question": lambda whole: whole.replace(b"question", b"kysymys"),
    "every id the same": lambda whole: whole.replace(b'"b"', b'"a"').replace(b'"c"', b'"a"'),
    "two questions": lambda whole: whole.replace(b"reference_contexts", b"question"),
    "null for text": lambda whole: whole.replace(b'"Why?"', b"null"),
    "a huge cell": lambda whole: whole.replace(b"Why?", b"Why? " * 100_000),
    "empty lines": lambda whole: whole.replace(b"\n", b"\n\n\n"),
    "a log line": lambda whole: b"WARNING: 3 rows\n" + whole,
    "a conflict": lambda whole: b"<<<<<<< HEAD\n" + whole + b"\n=======\n" + whole + b"\n>>>>>>> theirs\n",
}  # fmt: skip


def spoilt() -> Iterator[File]:
    """Each good text file, spoilt in each way."""
    for name, text in GOOD.items():
        for how, spoil in SPOILT.items():
            says = {"gzip": "gunzip", "zip": "zip archive"}.get(how)
            yield File(f"{how} {name}", spoil(text.encode()), says)


def renamed() -> Iterator[File]:
    """Each kind of file under the name of each other, and under names that say nothing."""
    whole = {name: text.encode() for name, text in GOOD.items()} | {"a.parquet": parquet({"question": ["q", "r"]})}
    endings = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
    for name, content in whole.items():
        for suffix in endings:
            if not name.endswith(suffix):
                yield File(f"{name} as{suffix}", content)
    yield File("a.txt", whole["a.csv"])
    for name in ("a", ".csv", "a.jsonl.bak", "a.csv "):
        yield File(name, whole["a.csv"], "cannot tell what this is")
    yield File("a.csv.gz", whole["a.csv"], "cannot be unpacked: Not a gzipped file")
    yield File("a.zip", whole["a.csv"], "cannot be unpacked: File is not a zip file")


def parquet(columns: dict[str, Any] | Any, **how: Any) -> bytes:
    """A table as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held = io.BytesIO()
    pq.write_table(pa.table(columns) if isinstance(columns, dict) else columns, held, **how)
    return held.getvalue()
