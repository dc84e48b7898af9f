"""Dataset folders: what is written, when nothing is, and what the fingerprint tells apart."""

import csv
import json
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import datasets
from rag_eval import config, dataset
from rag_eval.dataset import BadRowsError, Item, build, cases, fingerprint, folders, items, manifest
from rag_eval.errors import DataError, UsageError

ROWS: list[dict[str, Any]] = [
    {
        "id": f"c{n}",
        "user_input": f"What is {n}?",
        "reference": f"It is {n}.",
        "reference_contexts": [f"Text {n}", 'More, with "quotes"\nand lines'],
        "reference_context_ids": [f"t{n}", "m"],
        "tags": ["a", "b"],
        "answerable": n % 2 == 0,
    }
    for n in range(5)
]  # fmt: skip


ONE_BAD: dict[str, Any] = {"id": "x"}


def _jsonl(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def _print(path: str) -> str:
    return fingerprint(item.case for item in cases(config.DatasetConfig(path=path)))


def test_one_content_has_one_fingerprint(tmp_path: Path) -> None:
    """From JSONL, CSV, Parquet, a Hugging Face folder and our own, in any order, with or without other columns."""
    expected = _print(_jsonl(tmp_path / "a.jsonl", ROWS))
    assert _print(_jsonl(tmp_path / "b.jsonl", ROWS[::-1])) == expected
    assert _print(_jsonl(tmp_path / "c.jsonl", [{**row, "note": "x"} for row in ROWS])) == expected
    with (tmp_path / "d.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0])
        writer.writeheader()
        writer.writerows({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in ROWS)
    assert _print(str(tmp_path / "d.csv")) == expected
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "e.parquet")
    assert _print(str(tmp_path / "e.parquet")) == expected
    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "f"))
    assert _print(str(tmp_path / "f")) == expected
    built = build(config.DatasetConfig(path=str(tmp_path / "a.jsonl")), tmp_path / "g")
    assert built.manifest.fingerprint == expected
    assert _print(str(tmp_path / "g")) == expected


@pytest.mark.parametrize(
    "field", ["id", "user_input", "reference", "reference_contexts", "reference_context_ids", "tags"]
)
def test_another_content_has_another_fingerprint(tmp_path: Path, field: str) -> None:
    """Whatever may change a score changes it."""
    before = _print(_jsonl(tmp_path / "a.jsonl", ROWS))
    changed = ["other"] if isinstance(ROWS[0][field], list) else "other"
    assert _print(_jsonl(tmp_path / "b.jsonl", [{**ROWS[0], field: changed}, *ROWS[1:]])) != before
    assert _print(_jsonl(tmp_path / "c.jsonl", ROWS[1:])) != before


@pytest.mark.usefixtures("own_cache")
def test_a_folder_loads_with_hugging_face_as_it_is(tmp_path: Path) -> None:
    """The cases by default, the corpus as a second configuration."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "rules.md").write_text("# Rules\n\n## Dogs on board\n\nOn a lead.\n")
    rows = [{"question": "Dogs?", "reference_context_ids": ["rules#dogs-on-board"]}]
    source = config.DatasetConfig(path=_jsonl(tmp_path / "q.jsonl", rows), corpus=str(tmp_path / "pages"))
    build(source, tmp_path / "made")
    loaded = datasets.load_dataset(str(tmp_path / "made"), split="test")
    assert loaded[0]["reference_contexts"] == ["Dogs on board\n\nOn a lead."]
    corpus = datasets.load_dataset(str(tmp_path / "made"), "corpus", split="test")
    assert corpus["id"] == ["rules#dogs-on-board"]


def test_an_id_that_the_corpus_does_not_have_is_a_problem(tmp_path: Path) -> None:
    """It is named with its row."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "rules.md").write_text("# Rules\n\n## One\n\nText.\n")
    rows = [{"question": "Dogs?", "reference_context_ids": ["rules#two"]}]
    source = config.DatasetConfig(path=_jsonl(tmp_path / "q.jsonl", rows), corpus=str(tmp_path / "pages"))
    with pytest.raises(BadRowsError, match=r"q\.jsonl:1: reference_context_ids: .*'rules#two'"):
        build(source, tmp_path / "made")


def test_a_failure_leaves_what_was_there_untouched(tmp_path: Path) -> None:
    """Nothing is half-written, and no draft stays behind."""
    build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", ROWS)), tmp_path / "sets" / "made")
    before = {path: path.read_bytes() for path in (tmp_path / "sets").rglob("*") if path.is_file()}
    bad = config.DatasetConfig(path=_jsonl(tmp_path / "b.jsonl", [*ROWS, ONE_BAD]))
    with pytest.raises(BadRowsError, match="Nothing was written"):
        build(bad, tmp_path / "sets" / "made")
    assert {path: path.read_bytes() for path in (tmp_path / "sets").rglob("*") if path.is_file()} == before


def test_building_again_replaces_all_of_it(tmp_path: Path) -> None:
    """A quarantine of last time goes away when there is none this time."""
    folder = tmp_path / "made"
    bad = config.DatasetConfig(path=_jsonl(tmp_path / "b.jsonl", [*ROWS, ONE_BAD]))
    built = build(bad, folder, on_error="quarantine")
    assert (built.manifest.rows, built.manifest.quarantined) == (5, 1)
    [line] = (folder / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(line)["line"] == 6
    build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", ROWS)), folder)
    assert not (folder / "quarantine.jsonl").exists()
    assert manifest.load(folder).quarantined == 0


def test_no_rows_is_an_error(tmp_path: Path) -> None:
    """An empty set is never written."""
    with pytest.raises(DataError, match="holds no rows"):
        build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", [])), tmp_path / "made")
    assert not (tmp_path / "made").exists() or not list((tmp_path / "made").iterdir())


def test_what_is_built_reads_back_equal(tmp_path: Path) -> None:
    """Every case with its metadata, nested as it was; ids that were made stay as they were."""
    rows: list[dict[str, Any]] = [
        {"question": "Q?", "page": {"n": [1, {"deep": None}]}, "tags": "a;b"},
        {"question": "R?"},
    ]
    source = config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", rows))
    build(source, tmp_path / "made")
    before = [item.case for item in cases(source)]
    assert [item.case for item in cases(config.DatasetConfig(path=str(tmp_path / "made")))] == before
    assert len({case.id for case in before}) == 2


def test_an_id_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    """Both lines are named."""
    found = list(dataset.items(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", [ROWS[0], ROWS[1], ROWS[0]]))))
    assert str(found[2]).endswith("a.jsonl:3: id: expected an id of its own, found 'c0' as in line 1")


def test_the_card_and_the_manifest_say_what_is_in_it(tmp_path: Path) -> None:
    """Where it came from, its fingerprint and its tags; both are what was promised, YAML before Markdown."""
    build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", ROWS)), tmp_path / "made", name="mine")
    _, front, text = (tmp_path / "made" / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["configs"][0]["data_files"] == [{"split": "test", "path": "data/test.parquet"}]
    found = manifest.load(tmp_path / "made")
    assert found.fingerprint in text
    assert "| a | 5 |" in text
    assert found.sources[0].sha256 == manifest.digest(tmp_path / "a.jsonl")


def test_null_words_and_the_licence_are_told_on_the_card(tmp_path: Path) -> None:
    """What was taken for no data, as it is told when it is built; no remark of a folder built from that is lost."""
    rows = [{"question": f"What is {n}?", "reference": "NULL" if n else "It is one."} for n in range(3)]
    build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", rows)), tmp_path / "made", license_="MIT")
    build(config.DatasetConfig(path=str(tmp_path / "made")), tmp_path / "again")
    for name in ("made", "again"):
        text = (tmp_path / name / "README.md").read_text()
        assert "license: mit\n" in text
        assert "NULL" in text.partition("## What was taken for what")[2]


def test_variables_are_kept_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`${NAME}` in paths is resolved to read and to take digests, and stays a name in the manifest."""
    monkeypatch.setenv("HERE_IT_IS", str(tmp_path))
    _jsonl(tmp_path / "q.jsonl", [{"question": "Q?", "reference_context_ids": ["a"]}])
    _jsonl(tmp_path / "corpus.jsonl", [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}])
    build(config.DatasetConfig(path="${HERE_IT_IS}/q.jsonl", corpus="${HERE_IT_IS}/corpus.jsonl"), tmp_path / "made")
    found = manifest.load(tmp_path / "made")
    assert found.corpus is not None
    assert (found.sources[0].path, found.sources[0].sha256) == (
        "${HERE_IT_IS}/q.jsonl",
        manifest.digest(tmp_path / "q.jsonl"),
    )
    assert (found.corpus.path, found.corpus.rows) == ("${HERE_IT_IS}/corpus.jsonl", 2)
    assert found.corpus.sha256 == manifest.digest(tmp_path / "corpus.jsonl")


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_a_file_in_the_way_is_an_error(tmp_path: Path, place: str) -> None:
    """What stands where the folder should go stays as it is."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="cannot be written"):
        build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", ROWS)), tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "file"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("on_error", ["fail", "quarantine"])
@pytest.mark.parametrize("line", ["{}", "[1]", "no JSON", r'{"question": "\ud800"}'])
def test_without_one_good_row_nothing_is_written(
    tmp_path: Path, on_error: Literal["fail", "quarantine"], line: str
) -> None:
    """A set of bad rows only is an error with each of them, whatever is to be done with bad rows."""
    (tmp_path / "a.jsonl").write_text(line)
    with pytest.raises(BadRowsError, match=r"a\.jsonl:1: "):
        build(config.DatasetConfig(path=str(tmp_path / "a.jsonl")), tmp_path / "made", on_error=on_error)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_folder_may_be_built_from_itself(tmp_path: Path) -> None:
    """Building over the source keeps every case."""
    folder = tmp_path / "made"
    before = build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", ROWS)), folder)
    again = build(config.DatasetConfig(path=str(folder)), folder)
    assert again.manifest.fingerprint == before.manifest.fingerprint
    assert again.tags == before.tags == {"a": 5, "b": 5}


def test_a_stale_corpus_goes_away(tmp_path: Path) -> None:
    """Without a corpus this time, neither the card nor the folder has one."""
    path = _jsonl(tmp_path / "a.jsonl", ROWS)
    build(
        config.DatasetConfig(path=path, corpus=_jsonl(tmp_path / "c.jsonl", [{"id": "a", "text": "A"}])),
        tmp_path / "made",
    )
    build(config.DatasetConfig(path=path), tmp_path / "made")
    assert not list((tmp_path / "made").rglob("corpus.parquet"))
    assert "config_name: corpus" not in (tmp_path / "made" / "README.md").read_text()
    assert manifest.load(tmp_path / "made").corpus is None


def test_more_rows_than_a_batch(tmp_path: Path) -> None:
    """Rows are written in batches, none lost and none twice."""
    rows = [{"question": f"Q{n}?"} for n in range(2001)]
    built = build(config.DatasetConfig(path=_jsonl(tmp_path / "a.jsonl", rows)), tmp_path / "made")
    assert built.manifest.rows == 2001
    found = [item.case.user_input for item in cases(config.DatasetConfig(path=str(tmp_path / "made")))]
    assert found == [f"Q{n}?" for n in range(2001)]


def test_the_folder_here_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dataset built into the current folder is called after it."""
    path = _jsonl(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert build(config.DatasetConfig(path=path), Path()).manifest.name == "here"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_METADATA = st.dictionaries(st.text(max_size=8), _JSON, max_size=4)


@pytest.mark.slow
@given(st.lists(st.tuples(st.text(min_size=1).filter(str.strip), _METADATA), min_size=1, max_size=4))
def test_any_case_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, held: list[tuple[str, dict[str, Any]]]
) -> None:
    """Whatever text is asked and whatever JSON is its metadata, a built folder gives it back."""
    folder = tmp_path_factory.getbasetemp() / "any cases"
    folder.mkdir(exist_ok=True)
    rows = [{"id": str(n), "user_input": text, "metadata": more} for n, (text, more) in enumerate(held)]
    source = config.DatasetConfig(path=_jsonl(folder / "a.jsonl", rows), keep_na=True)
    build(source, folder / "made")
    found = [item.case for item in cases(config.DatasetConfig(path=str(folder / "made")))]
    assert found == [item.case for item in cases(source)]
    assert [(case.user_input, case.metadata) for case in found] == held


@pytest.mark.parametrize(
    ("key", "text", "kept"),
    [
        ("guide/rules.md#fees", "## Fees\n\nFive pounds.", ["guide/rules.md#fees", "intro.md#start"]),
        ("intro#intro", "Read this.", ["intro#intro"]),
    ],
)
def test_a_corpus_is_named_as_the_rows_name_it(tmp_path: Path, key: str, text: str, kept: list[str]) -> None:
    """By file and heading as drafts are, folders too, or as the demo's service names the pages of a folder."""
    (tmp_path / "docs" / "guide").mkdir(parents=True)
    (tmp_path / "docs" / "intro.md").write_text("Read this.\n")
    (tmp_path / "docs" / "guide" / "rules.md").write_text("# Rules\n\n## Fees\n\nFive pounds.\n")
    source = _jsonl(tmp_path / "q.jsonl", [{"question": "Q", "gold_ids": [key]}])
    build(config.DatasetConfig(path=source, corpus=str(tmp_path / "docs")), tmp_path / "made")
    (item,) = items(config.DatasetConfig(path=str(tmp_path / "made")))
    assert isinstance(item, Item)
    assert item.case.reference_contexts == (text,)
    assert [*folders.passages(tmp_path / "made")] == kept


def test_an_unknown_id_is_told_with_the_nearest(tmp_path: Path) -> None:
    """In another folder or with another ending it is still the same page."""
    (tmp_path / "rules.md").write_text("# Rules\n\n## Fees\n\nFive pounds.\n")
    source = _jsonl(tmp_path / "q.jsonl", [{"question": "Q", "gold_ids": ["Rules.html#fees"]}])
    with pytest.raises(BadRowsError, match=r"found 'Rules\.html#fees'; the nearest is 'rules\.md#fees'"):
        build(config.DatasetConfig(path=source, corpus=str(tmp_path)), tmp_path / "made")
