"""Folders that Hugging Face `datasets` may or may not know what to do with."""

import gzip
from collections.abc import Iterator

from dataset.odd_files import File


def _overwritten(packed: bytes) -> bytes:
    return packed[:20] + b"\0" * 20 + packed[40:]


def of_folders() -> Iterator[File]:
    """Folders that `datasets` may or may not know what to do with."""
    good, card = b'{"question": "q"}\n', b"---\nconfigs: [a\n---\n"
    told = {
        "empty card": ({"README.md": b"", "test.jsonl": good}, ""),
        "broken card": ({"README.md": card, "test.jsonl": good}, "README|can load"),
        "card is a list": ({"README.md": b"---\n- a\n---\n", "test.jsonl": good}, None),
        "card names nothing": (
            {"README.md": b"---\nconfigs:\n- config_name: a\n  data_files: x.jsonl\n---\n", "test.jsonl": good},
            "can load",
        ),
        "two sets": (
            {
                "README.md": b"---\nconfigs:\n- {config_name: a, data_files: a.jsonl}\n- {config_name: b}\n---\n",
                "a.jsonl": good,
                "b.jsonl": good,
            },
            "can load",
        ),
        "script": ({"script.py": b"raise SystemExit", "script.csv.py": b"", "test.jsonl": good}, "can load"),
        "only text": ({"notes.txt": b"a\nb\n"}, "user_input"),
        "bad line": ({"test.jsonl": good + b"{\n"}, r"test\.jsonl:2: the line"),
        "bad byte": ({"test.csv": b"question\n\xff\n"}, r"test\.csv:2: expected UTF-8"),
        "same id twice": ({"test-1.jsonl": good, "test-2.jsonl": good}, r"test-2\.jsonl:1: id: .*test-1\.jsonl:1"),
        "splits": ({"train.jsonl": good, "dev.jsonl": good}, "has no split 'test'; name one of: train, validation"),
        "bad Parquet": ({"test.parquet": b"PAR1PAR1"}, r"test\.parquet: is not a Parquet"),
        "empty file": ({"test.jsonl": b""}, "no rows|can load"),
        "mixed": ({"test.jsonl": good, "test.csv": b"question\nr\n"}, None),
        "packed": ({"test.jsonl.gz": gzip.compress(good, mtime=0)}, None),
        "packed and cut": ({"test.jsonl.gz": gzip.compress(good, mtime=0)[:-9]}, "can load"),
        "packed and spoilt": ({"test.jsonl.gz": _overwritten(gzip.compress(good * 99, mtime=0))}, "can load"),
        "no zip": ({"test.zip": b"PK\x03\x04"}, "can load"),
        "a picture": ({"a.png": b"\x89PNG"}, None),
        "saved, no more": ({"dataset_info.json": b"{}"}, "can load"),
        "saved, cut": (
            {
                "dataset_info.json": b"{}",
                "state.json": b'{"_data_files": [{"filename": "a.arrow"}]}',
                "a.arrow": b"ARROW1",
            },
            "can load",
        ),
        "dict of nothing": ({"dataset_dict.json": b"{}"}, "can load"),
        "dict of a list": ({"dataset_dict.json": b"[]"}, "can load"),
        "manifest alone": ({"manifest.yaml": b"format: 1\n"}, "no such file"),
        "array": ({"test.json": b'[{"question": "2024-05-01"}]'}, ""),
        "object": ({"test.json": b'{"question": "a"}'}, None),
        "cut array": ({"test.json": b'[{"question": "a"}'}, r"test\.json: is not JSON"),
        "data alone": ({"manifest.yaml": b"format: 1\n", "data/test.parquet": b"PAR1"}, "is not a Parquet"),
    }
    for number, (name, (files, says)) in enumerate(told.items()):
        yield File(f"{name}.csv" if number % 2 else name, files, says)
