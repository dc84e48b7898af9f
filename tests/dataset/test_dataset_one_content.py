"""The same content has one fingerprint, whatever it was written in.

Each format says what it can: JSON has types, a CSV has only text, Parquet has columns of one type each. Where one
cannot carry a difference that another can, this is what holds:

* absent, null, an empty text, a blank text, an empty list and an empty cell are one: there is nothing.
* A list in a cell is JSON, as in `["a", "b"]`, or what pandas writes, as in `['a', 'b']`. Ids in a cell may also be
  parted by semicolons, commas and bars, tags by semicolons and commas. An object in a cell (`inputs`, …) is JSON.
* `ground_truths` is a list of which the first is the reference, also in a cell. In every other column of texts a cell
  that looks like a list is a text: a right answer may be `["a", "b"]`.
* Truth in a cell is a word (`true`, `False`, `yes`, `0`, …). In a field of text JSON's `true` is refused, while
  `True` in a cell is a text like any other: a CSV cannot tell one from the other.
* A number is the text that it is written as: the id 7 is the id "7" everywhere, but 7.0, which pandas makes of whole
  numbers beside empty cells, is "7.0".
* Halves of surrogate pairs can only be spelt in JSON. They are refused.
* `NaN`, `None`, `N/A` and what else pandas takes for no data are no data, also in a list.
* What only looks like a date or a number is the text that was written, also in a folder that `datasets` would
  load with guessed types.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import datasets
from rag_eval import config, dataset
from rag_eval.dataset import fingerprint
from rag_eval.dataset.cells import NOTHING

Rows = list[dict[str, Any]]

_TEXTS = pa.list_(pa.string())
_SCHEMA = pa.schema({
    "id": pa.string(), "user_input": pa.string(), "reference": pa.string(), "reference_contexts": _TEXTS,
    "reference_context_ids": _TEXTS, "answerable": pa.bool_(), "tags": _TEXTS, "note": pa.string(),
})  # fmt: skip


def _jsonl(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8", newline="")
    return path


def _escaped_jsonl(path: Path, rows: Rows) -> Path:
    path.write_bytes("\r\n".join(json.dumps(row, ensure_ascii=True) for row in rows).encode())
    return path


def _json(path: Path, rows: Rows) -> Path:
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8", newline="")
    return path


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _csv(path: Path, rows: Rows) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",", quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return path


def _table(rows: Rows) -> Any:
    ours = {name for row in rows for name in row} <= set(_SCHEMA.names)
    return pa.Table.from_pylist(rows, schema=_SCHEMA if ours else None)


def _parquet(path: Path, rows: Rows) -> Path:
    pq.write_table(_table(rows), path)
    return path


def _saved(path: Path, rows: Rows) -> Path:
    datasets.Dataset(_table(rows)).save_to_disk(path)
    return path


def _saved_splits(path: Path, rows: Rows) -> Path:
    other = datasets.Dataset.from_list([{"user_input": "of another split"}])
    datasets.DatasetDict({"train": other, "test": datasets.Dataset(_table(rows))}).save_to_disk(path)
    return path


def _folder_of(name: str, write: Callable[[Path, Rows], Path]) -> Callable[[Path, Rows], Path]:
    def folder(path: Path, rows: Rows) -> Path:
        path.mkdir()
        for number, row in enumerate(rows):
            write(path / f"test-{number}{name}", [row])
        return path

    return folder


def _built(path: Path, rows: Rows) -> Path:
    dataset.build(config.DatasetConfig(path=str(_jsonl(path.with_suffix(".jsonl"), rows))), path)
    return path


FORMATS: dict[str, Callable[[Path, Rows], Path]] = {
    "a.jsonl": _jsonl,
    "b.ndjson": _escaped_jsonl,
    "c.json": _json,
    "d.csv": _csv,
    "e.tsv": _csv,
    "f.parquet": _parquet,
    "saved": _saved,
    "saved in splits": _saved_splits,
    "folder of jsonl": _folder_of(".jsonl", _jsonl),
    "folder of json": _folder_of(".json", _json),
    "folder of csv": _folder_of(".csv", _csv),
    "folder of parquet": _folder_of(".parquet", _parquet),
    "ours": _built,
}


def _prints(root: Path, rows: Rows, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Format to fingerprint."""
    found = {}
    for name, write in FORMATS.items():
        if name not in without:
            path = write(root / name, rows)
            found[name] = fingerprint(item.case for item in dataset.cases(config.DatasetConfig(path=str(path))))
    return found


@pytest.fixture(autouse=True, scope="module")
def _cache_of_this_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache of datasets"))
        yield


_ODD = st.sampled_from([
    "2024-05-01", "2024-05-01T12:30:00Z", "12:30", "001", "1e5", "NA", "null", "None", "nan", "True", "[1]", '["a"]',
    "['a']", "{}", '{"a": 1}', "a;b", "a,b", "a\tb", ";", '"', '""', "'", "\\", "a\nb", "a\r\nb", "\r", "\n", "\0",
    "\ufeff", "\u2028", "\x85", "\x1c", "é", "e\u0301", "日本語", "😀", "=1+1", "#", " padded ", "hf://a/b", "${HOME}",
])  # fmt: skip
_TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | _ODD
_QUESTION = _TEXT.filter(lambda text: text.strip() and text.strip() not in NOTHING)
_LIST = st.none() | st.lists(_TEXT, max_size=3)
_ROW = st.fixed_dictionaries(
    {"user_input": _QUESTION},
    optional={
        "id": st.none() | _TEXT,
        "reference": st.none() | _TEXT,
        "reference_contexts": _LIST,
        "reference_context_ids": _LIST,
        "answerable": st.none() | st.booleans(),
        "tags": _LIST,
        "note": st.none() | _TEXT,
    },
)
_FULL = {
    "id": "1", "user_input": "Q", "reference": "R", "reference_contexts": ["a\r\nb", "["],
    "reference_context_ids": ["x;y"], "answerable": False, "tags": ["b, c", "a"], "note": "n",
}  # fmt: skip


def _something(text: str | None) -> str:
    """The text, empty if it says that there is none."""
    return "" if not text or not text.strip() or text.strip() in NOTHING else text


def _apart(rows: Rows) -> Rows:
    """Without rows whose id stands before, or would be made of the same."""
    ids, made, kept = set[str](), set[tuple[str, str]](), []
    for row in rows:
        said, key = _something(row.get("id")), (row["user_input"], _something(row.get("reference")).strip())
        if said in ids or key in made:
            continue
        ids.update([said] if said else [])
        made.add(key)
        kept.append(row)
    return kept


@pytest.mark.slow
@settings(max_examples=8)
@given(rows=st.lists(_ROW, min_size=1, max_size=4).map(_apart), turned=st.booleans())
@example(rows=[_FULL, {"user_input": "2024-05-01", "reference": "1969-07-20"}], turned=True)
@example(rows=[{"user_input": "Q", "id": "", "reference": " ", "tags": [""], "reference_contexts": []}], turned=False)
def test_any_content_has_one_fingerprint(tmp_path_factory: pytest.TempPathFactory, rows: Rows, *, turned: bool) -> None:
    """Any rows, from thirteen kinds of files and folders, in either order, have the fingerprint of their JSON Lines."""
    root = tmp_path_factory.mktemp("any", numbered=True)
    found = _prints(root, rows)
    assert found == dict.fromkeys(FORMATS, found["a.jsonl"])
    if turned:
        again = fingerprint(
            item.case for item in dataset.cases(config.DatasetConfig(path=str(_csv(root / "t.csv", rows[::-1]))))
        )
        assert again == found["a.jsonl"]


@pytest.fixture(scope="module", name="full")
def _full(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The one fingerprint that every format gives a row in which every field is filled."""
    (fingerprint,) = {*_prints(tmp_path_factory.mktemp("full"), [_FULL, {"user_input": "R"}]).values()}
    return fingerprint


@pytest.mark.slow
@pytest.mark.parametrize("field", [name for name in _FULL if name != "note"])
def test_every_format_carries_every_field(tmp_path: Path, full: str, field: str) -> None:
    """One field that differs gives another fingerprint in every format, and the same one in all of them."""
    changed: Any = {bool: True, list: ["other"], str: "other"}[type(_FULL[field])]
    (other,) = {*_prints(tmp_path, [{**_FULL, field: changed}, {"user_input": "R"}]).values()}
    assert other != full


@pytest.mark.slow
def test_what_does_not_count(tmp_path: Path) -> None:
    """Other columns, the order of tags and how nothing is written make no difference."""
    first: Rows = [{"user_input": "Q", "tags": ["b", "a"], "reference": None}, {"user_input": "R", "reference": ""}]
    other: Rows = [
        {"note": "x", "user_input": "R"},
        {"tags": ["a", "b", "a", " "], "user_input": "Q", "answerable": True},
    ]
    (tmp_path / "first").mkdir()
    (tmp_path / "other").mkdir()
    found = {*_prints(tmp_path / "first", first).values(), *_prints(tmp_path / "other", other).values()}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("row", "plain"),
    [
        ({"question": "Q", "ground_truths": ["R", "or S"]}, {"user_input": "Q", "reference": "R"}),
        ({"question": "Q", "ground_truths": []}, {"user_input": "Q"}),
        ({"question": "Q", "id": 7}, {"user_input": "Q", "id": "7"}),
        (
            {"inputs": {"question": "Q"}, "expectations": {"expected_response": "R"}},
            {"user_input": "Q", "reference": "R"},
        ),
        ({"inputs": {"messages": [{"role": "user", "content": "Q"}]}}, {"user_input": "Q"}),
        (
            {"question": "Q", "gold_contexts": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]},
            {"user_input": "Q", "reference_contexts": ["A", "B"], "reference_context_ids": ["a", "b"]},
        ),
        ({"question": "Q", "tags": "b; a"}, {"user_input": "Q", "tags": ["a", "b"]}),
        ({"question": "Q", "relevant_ids": "x; y"}, {"user_input": "Q", "reference_context_ids": ["x", "y"]}),
        ({"question": "Q", "answerable": "No"}, {"user_input": "Q", "answerable": False}),
        ({"question": "Q", "ground_truth": '["R"]'}, {"user_input": "Q", "reference": '["R"]'}),
    ],
)
def test_other_names_and_shapes(tmp_path: Path, row: dict[str, Any], plain: dict[str, Any]) -> None:
    """Lists of references, numbers as ids, objects and contexts with ids say the same in every format."""
    (tmp_path / "said").mkdir()
    found = _prints(tmp_path / "said", [row])
    path = _jsonl(tmp_path / "plain.jsonl", [plain])
    expected = fingerprint(item.case for item in dataset.cases(config.DatasetConfig(path=str(path))))
    assert found == dict.fromkeys(FORMATS, expected)


@pytest.mark.parametrize("cell", ["['R', 'or S']", '["R", "or S"]', ' ["R"] '])
def test_references_in_a_cell(tmp_path: Path, cell: str) -> None:
    """The first of `ground_truths` is the reference, as JSON and as pandas writes it; what is no list is told of."""
    path = _csv(tmp_path / "a.csv", [{"question": "Q", "ground_truths": cell}])
    (item,) = dataset.cases(config.DatasetConfig(path=str(path)))
    assert item.case.reference == "R"
    (item,) = dataset.cases(config.DatasetConfig(path=str(path), fields={"reference": "ground_truths"}))
    assert item.case.reference == "R"
    path = _csv(tmp_path / "b.csv", [{"question": "Q", "ground_truths": "['R' 'or S']"}])
    with pytest.raises(dataset.BadRowsError, match=r"b\.csv:2: reference: expected a JSON list"):
        list(dataset.cases(config.DatasetConfig(path=str(path))))
    path = _csv(tmp_path / "c.csv", [{"question": "Q", "ground_truths": "[sic] R"}])
    (item,) = dataset.cases(config.DatasetConfig(path=str(path)))
    assert item.case.reference == "[sic] R"


def test_rows_of_a_folder_are_named_by_their_file(tmp_path: Path) -> None:
    """File and line of each, and an id that stands twice is found across files."""
    folder = tmp_path / "folder"
    folder.mkdir()
    _jsonl(folder / "test-1.jsonl", [{"id": "a", "question": "Q"}])
    _jsonl(folder / "test-2.jsonl", [{"id": "a", "question": "R"}, {"question": 5}, {"question": True}])
    found = [
        str(one) for one in dataset.items(config.DatasetConfig(path=str(folder))) if isinstance(one, dataset.RowProblem)
    ]
    assert found == [
        f"{folder}/test-2.jsonl:1: id: expected an id of its own, found 'a' as in {folder}/test-1.jsonl:1",
        f"{folder}/test-2.jsonl:3: user_input: expected a text, found True",
    ]
