"""Reading JSON Lines and JSON arrays."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, items
from rag_eval.dataset.sources import DataRow, read
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]
ReadItems = Callable[..., list[Item | RowProblem]]


def test_rows_with_lines(save: Save) -> None:
    """Each line's object is a row with its line; empty lines are counted and passed over."""
    path = save("a.jsonl", '{"question": "Why?"}\n\n  \r\n{"question": "How\u2028?", "n": [1, {"a": null}]}')
    assert list(read(str(path))) == [
        DataRow(str(path), 1, {"question": "Why?"}),
        DataRow(str(path), 4, {"question": "How\u2028?", "n": [1, {"a": None}]}),
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.JSONL", "a.json"])
def test_byte_order_mark(save: Save, name: str) -> None:
    """A byte order mark in front is no part of the first row."""
    text = '{"question": "Why?"}'
    path = save(name, "\ufeff" + (f"[{text}]" if name == "a.json" else text))
    assert [row.values for row in read(str(path)) if isinstance(row, DataRow)] == [{"question": "Why?"}]


@pytest.mark.parametrize(
    ("line", "expected", "found"),
    [
        (b'{"question": "q"', "a JSON object (Expecting ',' delimiter", '\'{"question": "q"\''),
        (b"{'question': 'q'}", "a JSON object (Expecting property name", "{'question': 'q'}"),
        (b'["question"]', "a JSON object", "['question']"),
        (b'"question"', "a JSON object", "'question'"),
        (b"null", "a JSON object", "None"),
        (b"NaN", "a JSON object", "nan"),
        (b'{"question": "na\xffve"}', "UTF-8", "byte 0xff at 16"),
        (b'{"question": "a\x00b"}', "a JSON object (Invalid control character", '\'{"question": "a\\x00b"}\''),
        (b"[" * 5000, "a JSON object (maximum recursion depth", "'[[["),
        (b"9" * 5000, "a JSON object (Exceeds the limit", "'999"),
        (b"[" * 700 + b"]" * 700, "a JSON object", "[[["),
    ],
)
def test_bad_line(save: Save, line: bytes, expected: str, found: str) -> None:
    """A line that is no object is a problem with file, line, expected and found, and reading goes on."""
    path = save("a.jsonl", b'{"question": "before"}\n' + line + b'\n{"question": "after"}\n')
    before, problem, after = read(str(path))
    assert isinstance(before, DataRow)
    assert isinstance(after, DataRow)
    assert isinstance(problem, RowProblem)
    assert (problem.file, problem.line, problem.field, after.line) == (str(path), 2, "the line", 3)
    assert problem.expected.startswith(expected)
    assert found in problem.found
    assert len(str(problem)) < len(str(path)) + 250


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_other_encodings(save: Save, encoding: str) -> None:
    """Lines are read in the encoding of their file, and counted as they stand."""
    found = [*read(str(save("a.jsonl", '{"question": "Où est-il?"}\n\n{"question": "b"}'.encode(encoding))))]
    assert [(row.line, row.values["question"]) for row in found if isinstance(row, DataRow)] == [
        (1, "Où est-il?"),
        (3, "b"),
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(
    "text",
    [
        '[{"question": "a"}, {"question": "b"}]',
        '[\n  {"question": "a"},\n  {"question": "b"}\n]',
        '{"question": "a"}\n{"question": "b"}',
        '\ufeff{"question": "a"}\n\n{"question": "b"}\n',
        '{"rows": [{"question": "a"}, {"question": "b"}]}',
        '{"question": ["a", "b"]}',
    ],
)
def test_lines_or_one_value_by_what_stands_there(save: Save, name: str, text: str) -> None:
    """Whatever the ending says: an array in a `.jsonl`, and lines in a `.json`."""
    found = [*read(str(save(name, text)))]
    assert [row.values for row in found if isinstance(row, DataRow)] == [{"question": "a"}, {"question": "b"}]


def test_objects_over_several_lines(save: Save) -> None:
    """One after the other, without a comma between them, as `jq .` writes them; a broken one is a problem of lines."""
    pretty = json.dumps({"question": "a", "n": [1]}, indent=2)
    found = [*read(str(save("a.jsonl", f"{pretty}\n{pretty}")))]
    assert [row.line for row in found if isinstance(row, DataRow)] == [1, 2]
    assert all(isinstance(row, RowProblem) for row in read(str(save("b.jsonl", f"{pretty}\n{pretty[:-1]}"))))


def test_a_single_line_is_a_row_whatever_its_columns_are_called(save: Save) -> None:
    """A list inside it is not taken for the rows."""
    row = {"asked": "a", "contexts": [{"text": "b"}]}
    assert [one.values for one in read(str(save("a.jsonl", json.dumps(row)))) if isinstance(one, DataRow)] == [row]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r'{"question": "q\ud800"}', "Unicode text"),
        (r'{"question": "q", "\udc00": 1}', "Unicode text"),
        (r'{"question": "q", "x": [{"\ud800": 1}]}', "Unicode text"),
        (r'{"question": "q", "contexts": "[\"\\ud800\"]"}', "Unicode text"),
        (r'{"question": "q", "contexts": "[\u0027\\ud800\u0027]"}', "Unicode text"),
        ('{"question": "q", "x": ' + "[" * 150 + "]" * 150 + "}", "values nested at most 100 levels deep"),
        ('{"question": "q", "x": ' + '{"a":' * 800 + "1" + "}" * 800 + "}", "values nested at most 100 levels deep"),
    ],
)
def test_what_json_can_spell_but_nothing_can_hold(save: Save, read_items: ReadItems, row: str, expected: str) -> None:
    """Halves of surrogate pairs and bottomless nesting are problems of their row."""
    (problem,) = read_items(save("a.jsonl", row))
    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.field, problem.expected) == (1, "the row", expected)


def test_no_numbers(save: Save, read_items: ReadItems) -> None:
    """NaN and the infinities, which JSON has not but Python writes, are nothing, also inside metadata."""
    row = '{"question": "q", "reference": NaN, "x": [Infinity, 1], "metadata": "{\\"y\\": -Infinity}"}'
    (item,) = read_items(save("a.jsonl", row))
    assert isinstance(item, Item)
    assert item.case.reference is None
    assert item.case.metadata == {"x": [None, 1], "y": None}


def test_half_pair_in_packed_metadata(save: Save, read_items: ReadItems) -> None:
    """A `metadata` text that cannot be taken apart stays the text that it is."""
    (item,) = read_items(save("a.jsonl", r'{"question": "q", "metadata": "{\"a\": \"\\ud800\"}"}'))
    assert isinstance(item, Item)
    assert item.case.metadata == {"metadata": r'{"a": "\ud800"}'}


def test_huge_text(save: Save) -> None:
    """A text of 5 MB is read whole."""
    text = "word " * 1_000_000
    (row,) = read(str(save("a.jsonl", json.dumps({"question": text}))))
    assert isinstance(row, DataRow)
    assert row.values["question"] == text


def test_array(save: Save) -> None:
    """A JSON array's elements are rows numbered from 1; one that is no object is a problem."""
    path = save("a.json", '[{"question": "Why?"}, 5,\n\n {"question": "How?"}]')
    assert list(read(str(path))) == [
        DataRow(str(path), 1, {"question": "Why?"}),
        RowProblem(str(path), 2, "the line", "a JSON object", "5"),
        DataRow(str(path), 3, {"question": "How?"}),
    ]


def test_array_in_utf_16(save: Save) -> None:
    """A JSON array may be in any of the encodings that JSON once allowed."""
    path = save("a.json", '[{"question": "é"}]'.encode("utf-16"))
    assert [row.values for row in read(str(path)) if isinstance(row, DataRow)] == [{"question": "é"}]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON"),
        (b'{"question": "a"} {"question": "b"}\n', r"is not JSON: Extra data: line 1.*belongs into a \.jsonl file"),
        (b'{"a": 1, "b": [2]}', "expected an array of objects, found an object of 'a', 'b', where no one list"),
        (b'["caf\xe9"]\n\x81', "1: expected UTF-8"),
        (b"[" * 100_000, "is not JSON: maximum recursion depth"),
        (b"\x00\x01\x02", "is not JSON"),
    ],
)
def test_bad_array(save: Save, content: bytes, says: str) -> None:
    """A `.json` file that is no array of objects is one error that names the file."""
    with pytest.raises(DataError, match=rf"a\.json: ?{says}"):
        list(read(str(save("a.json", content))))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_KEYS = st.sampled_from(("question", "contexts", "reference_context_ids", "inputs", "tags", "answerable", "metadata"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["any.jsonl", "any.json"])
@settings(deadline=None)
@given(content=st.binary() | st.text().map(str.encode))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes) -> None:
    """Whatever stands in a file, it gives rows, problems with a place, or one of our errors."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        found = list(items(config.DatasetConfig(path=str(path))))
    except DataError as error:
        assert str(error).startswith(f"{path}:")
        return
    assert [one.line for one in found] == sorted({one.line for one in found})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["any.jsonl", "any.json"])
@settings(deadline=None)
@given(rows=st.lists(st.dictionaries(_KEYS | st.text(max_size=5), _JSON, max_size=5), max_size=3))
def test_any_json(tmp_path_factory: pytest.TempPathFactory, name: str, rows: list[dict[str, object]]) -> None:
    """Whatever JSON objects stand in a file, each gives a case or a problem, and no case that JSON cannot hold."""
    path = tmp_path_factory.getbasetemp() / name
    # A single line of nothing but lists is a table by its columns, as pandas writes one.
    assume(
        name != "any.jsonl" or len(rows) != 1 or not rows[0] or not all(isinstance(v, list) for v in rows[0].values())
    )
    path.write_text("\n".join(map(json.dumps, rows)) if name == "any.jsonl" else json.dumps(rows))
    found = list(items(config.DatasetConfig(path=str(path))))
    assert [one.line for one in found] == list(range(1, len(rows) + 1))
    for item in found:
        assert isinstance(item, RowProblem) or item.case.model_dump_json().encode()
