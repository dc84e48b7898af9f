"""Reading Hugging Face datasets: folders, and what happens when the hub is not there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import datasets
from rag_eval import config
from rag_eval.dataset import RowProblem, cases
from rag_eval.dataset.sources import DataRow, read
from rag_eval.errors import DataError, UnreachableError

Save = Callable[[str, str | bytes], Path]
ROWS: list[dict[str, Any]] = [{"question": "Why?", "contexts": ["a", "b"]}, {"question": "How?", "contexts": None}]

pytestmark = pytest.mark.usefixtures("own_cache")


def test_saved_dataset(tmp_path: Path) -> None:
    """A folder of `Dataset.save_to_disk` gives its rows, numbered from 1."""
    folder = tmp_path / "saved"
    datasets.Dataset.from_list(ROWS).save_to_disk(folder)
    assert list(read(str(folder))) == [DataRow(str(folder), number, row) for number, row in enumerate(ROWS, start=1)]


def test_saved_splits(tmp_path: Path) -> None:
    """Of several splits, the one that is named is read, else `test`; else the error lists them."""
    folder = tmp_path / "saved"
    one, two = (datasets.Dataset.from_list([row]) for row in ROWS)
    datasets.DatasetDict({"train": one, "test": two}).save_to_disk(folder)
    assert [row.values for row in read(str(folder)) if isinstance(row, DataRow)] == [ROWS[1]]
    assert [row.values for row in read(str(folder), "train") if isinstance(row, DataRow)] == [ROWS[0]]
    with pytest.raises(DataError, match="has no split 'dev'; name one of: train, test"):
        list(read(str(folder), "dev"))


def test_only_split(tmp_path: Path) -> None:
    """Where there is only one split, it need not be named."""
    folder = tmp_path / "saved"
    datasets.DatasetDict({"validation": datasets.Dataset.from_list(ROWS)}).save_to_disk(folder)
    assert len(list(read(str(folder)))) == 2


def test_split_to_choose(tmp_path: Path) -> None:
    """Where several splits are there and none is `test`, the error lists them."""
    folder = tmp_path / "saved"
    one = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict({"train": one, "dev": one}).save_to_disk(folder)
    with pytest.raises(DataError, match="name one of: train, dev"):
        list(read(str(folder)))


def test_folder_of_files(save: Save) -> None:
    """A folder that `load_dataset` understands is read the same way."""
    path = save("folder/test.jsonl", "\n".join(map(json.dumps, ROWS)))
    assert [row.values for row in read(str(path.parent)) if isinstance(row, DataRow)] == ROWS


def test_rows_of_a_folder_of_files(save: Save) -> None:
    """They are named by file and line, hold what was written and not what its type could be guessed to be."""
    first = save("folder/test-1.jsonl", '{"question": "2024-05-01"}\n\n{"question": "001"}\n[]\n')
    second = save("folder/test-2.csv", "question\nNA\n")
    save("folder/train.jsonl", "{}")
    (first.parent / "README.md").write_text("---\nconfigs:\n- config_name: x\n  data_files: test-*\n---\n")
    assert list(read(str(first.parent))) == [
        DataRow(str(first), 1, {"question": "2024-05-01"}),
        DataRow(str(first), 3, {"question": "001"}),
        RowProblem(str(first), 4, "the line", "a JSON object", "[]"),
        DataRow(str(second), 2, {"question": "NA"}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("test.jsonl", "no JSON\n", "test.jsonl:1: the line: expected a JSON object"),
        ("test.csv", 'question\n"q', r"test\.csv:2: is not CSV"),
        ("test.parquet", "PAR1 and no more", r"test\.parquet: is not a Parquet file that can be read"),
    ],
)
def test_bad_file_of_a_folder(save: Save, name: str, content: str, says: str) -> None:
    """A file of a folder that cannot be read is told of as if it stood alone."""
    path = save(f"folder/{name}", content)
    with pytest.raises(DataError, match=says):
        list(cases(config.DatasetConfig(path=str(path.parent))))


def test_a_card_that_says_how_to_read(save: Save) -> None:
    """A folder whose card has settings of its own for the files is left to `datasets`."""
    path = save("folder/t.csv", "question|id\nq|1\n")
    (path.parent / "README.md").write_text(
        '---\nconfigs:\n- config_name: x\n  data_files: t.csv\n  sep: "|"\n---\n', encoding="utf-8"
    )
    assert list(read(str(path.parent))) == [DataRow(str(path.parent), 1, {"question": "q", "id": 1})]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"test.jsonl.gz": "no gzip\n"},
        {"README.md": "---\nconfigs: [a\n---\n", "test.jsonl": "{}"},
        {"folder.py": "", "test.jsonl": "{}"},
        {"dataset_info.json": "{", "state.json": "{"},
        {"dataset_info.json": "{}", "state.json": "{}"},
        {"dataset_dict.json": '{"splits": ["test"]}'},
    ],
    ids=["empty", "bad gzip", "bad card", "script", "bad info", "empty info", "split missing"],
)
def test_folder_that_is_no_dataset(tmp_path: Path, save: Save, files: dict[str, str]) -> None:
    """A folder that cannot be loaded is an error in the data, never one of the hub."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in files.items():
        save(f"folder/{name}", content)
    with pytest.raises(
        DataError, match=r"is not a dataset that Hugging Face `datasets` can load|README\.md: is not YAML"
    ):
        list(read(str(folder)))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ConnectionError("no route"), UnreachableError),
        (TimeoutError("too slow"), UnreachableError),
        (datasets.exceptions.DatasetNotFoundError("no such name, or private"), DataError),
        (ValueError("Config name is missing"), DataError),
    ],
)
def test_hub(monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[Exception]) -> None:
    """A hub that is not reached is told from a name that is not there; it is asked only for what is named so."""
    with pytest.raises(DataError, match=r"no such file or folder.*hf://owner/name"):
        read("owner/name")

    def fail(path: str) -> Any:
        assert path == "owner/name"
        raise raised

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(expected, match=f"owner/name: .*{raised}"):
        list(read("hf://owner/name"))


_ESCAPES = [
    "../secret.csv",
    "data/../../secret.csv",
    "/etc/hosts.csv",
    "https://127.0.0.1:9/x.csv",
    "hf://datasets/somebody/x/y.csv",
    "zip://x.csv::https://127.0.0.1:9/x.zip",
]


@pytest.mark.parametrize("path", _ESCAPES)
@pytest.mark.parametrize(
    "data_files",
    [
        "{path}",
        "[{path}]",
        "{{test: {path}}}",
        "[{{split: test, path: {path}}}]",
        "[{{split: test, path: [x.csv, {path}]}}]",
    ],
)
def test_a_card_leads_nowhere_else(save: Save, path: str, data_files: str) -> None:
    """What a folder's card names lies in the folder: nothing beside it, nothing absolute, nothing on the network."""
    save("secret.csv", "question\nSECRET?\n")
    save("ds/x.csv", "question\nWhy?\n")
    files = data_files.format(path=f'"{path}"')
    card = save("ds/README.md", f"---\nconfigs:\n- config_name: default\n  data_files: {files}\n---\nText.\n")
    with pytest.raises(DataError) as raised:
        list(read(str(card.parent)))
    assert f"{card}: names {path!r}, which does not lie in the folder" in str(raised.value)


def test_a_data_folder_leads_nowhere_else(save: Save) -> None:
    """Nor does a folder that a card, or a saved dataset, takes its files from."""
    save("secret.csv", "question\nSECRET?\n")
    card = save("ds/README.md", "---\nconfigs:\n- config_name: default\n  data_dir: ..\n---\n")
    with pytest.raises(DataError, match="which does not lie in the folder"):
        list(read(str(card.parent)))
    save("saved/dataset_info.json", "{}")
    state = save("saved/state.json", json.dumps({"_data_files": [{"filename": "../x.arrow"}]}))
    with pytest.raises(DataError, match=r"names '\.\./x\.arrow', which does not lie in the folder"):
        list(read(str(state.parent)))


def test_a_card_that_names_its_own_files(save: Save) -> None:
    """Files inside are read as the card says."""
    save("ds/data/b.csv", "question\nWhy?\n")
    save("ds/x.csv", "question\nNot me?\n")
    card = save(
        "ds/README.md",
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - {split: test, path: data/*.csv}\n---\n",
    )
    assert [row.values for row in read(str(card.parent)) if isinstance(row, DataRow)] == [{"question": "Why?"}]
