"""A kept corpus of files that are not what their names say, or hold what no reader expects; a new one is a line."""

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Final


def _zip(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/")), content)
    return made.getvalue()


def _packed(times: int) -> bytes:
    content = b"{}"
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
    return content


_ROW: Final = b'{"user_input": "When?", "reference": "At nine."}'

NASTY: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "a line break": b"\n",
    "zeros": b"\0" * 64,
    "a mark alone": b"\xef\xbb\xbf",
    "half a letter": b'{"user_input": "\xc3',
    "half a pair": b'{"user_input": "\\ud800"}',
    "utf-16": '{"user_input": "Wann?"}'.encode("utf-16"),
    "latin": '{"user_input": "Wo f\u00e4hrt sie?"}'.encode("latin-1"),
    "no name": b'{"": "", "user_input": null}',
    "a key twice": b'{"user_input": "a", "user_input": "b"}',
    "not a number": b'{"user_input": NaN, "x": Infinity, "y": -1e999}',
    "many digits": b'{"user_input": ' + b"9" * 5_000 + b"}",
    "deep": b"[" * 20_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "broken off": _ROW[:-9],
    "two values": _ROW + _ROW,
    "a list in a list": b"[[" + _ROW + b"]]",
    "a number": b"7",
    "a text": b'"When?"',
    "quotes": b'user_input,reference\n"When?,"At ""nine\n"',
    "a wide row": b"a,b\n" + b"1," * 3_000,
    "one long cell": b"user_input\n" + b"x" * 300_000,
    "controls": b"user_input\n\x1b]0;x\x07\x00\n",
    "yaml that makes": b"!!python/object/apply:os.system [id]",
    "yaml in a circle": b"a: &a [*a]",
    "yaml with a key": b"? [a, b]\n: c",
    "yaml of tabs": b"a:\n\t- b",
    "yaml dates": b"a: 2024-13-45\nb: 1:2:3:4",
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "open tags": b"<p><table><tr><td>" * 50,
    "gzip": gzip.compress(_ROW, mtime=0),
    "gzip, broken off": gzip.compress(_ROW * 50, mtime=0)[:40],
    "gzip in gzip": gzip.compress(gzip.compress(_ROW, mtime=0), mtime=0),
    "gzip, five times over": _packed(5),
    "a zip of nothing": _zip(),
    "a zip that leads out": _zip(**{"..__..__x.jsonl": _ROW}),
    "a zip, broken off": _zip(a=_ROW)[:-12],
    "a word file without text": _zip(word__document_xml=b"<a/>"),
    "a word file of noise": _zip(**{"[Content_Types].xml": b"\xff", "word__document.xml": b"\0"}),
    "a sheet of noise": _zip(**{"xl__workbook.xml": b"<", "xl__worksheets__sheet1.xml": b"<"}),
    "parquet in name": b"PAR1" + b"\0" * 20 + b"PAR1",
    "pdf in name": b"%PDF-1.7\n1 0 obj <</Length -5>> stream\nendstream",
    "sqlite in name": b"SQLite format 3\0" + b"\0" * 84,
    "spans of nothing": b'{"resourceSpans": [{"scopeSpans": [{"spans": [null, 7, {}]}]}]}',
    "spans in a circle": json.dumps(
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a", "spanId": "b", "parentSpanId": "b"}]}]}]}
    ).encode(),
    "times that are none": b'{"trace_id": "a", "start_time": "yesterday", "end_time": -1, "inputs": [], "outputs": {}}',
}
"""Name to the bytes of a file."""
