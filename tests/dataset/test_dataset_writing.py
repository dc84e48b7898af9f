"""A dataset folder is written whole or not at all, and read back as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import datasets
from rag_eval.dataset import Manifest, RowProblem, fingerprint, folders, manifest, writing
from rag_eval.dataset.manifest import Step
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.errors import DataError, UsageError
from rag_eval.records import Case

_CASES = (
    Case(id="a", user_input="Why?", reference="So.", reference_contexts=("x",), tags=("t",), metadata={"k": ["ä", 1]}),
    Case(id="b", user_input="How?", answerable=False),
)


_CORPUS = writing.table([{"id": "d#1", "text": "x"}], {"id": "string", "text": "string"})


def _write(
    folder: Path, cases: tuple[Case, ...] = _CASES, problems: tuple[RowProblem, ...] = ()
) -> writing.WriteResult:
    extras = {writing.CORPUS: _CORPUS, writing.DOCUMENTS: _CORPUS}
    return writing.write(folder, cases, lambda _: DatasetInfo("set", problems=problems), extras)


def _held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_read_back(tmp_path: Path) -> None:
    """What was written is read back: cases with metadata, passages, and a manifest that counts and fingerprints."""
    written = _write(tmp_path / "set")
    found = folders.load(tmp_path / "set")
    assert found.cases == _CASES
    assert found.manifest == written.manifest
    assert (found.manifest.rows, found.manifest.fingerprint) == (2, fingerprint(_CASES))
    assert found.corpus == tmp_path / "set" / writing.CORPUS
    assert folders.passages(tmp_path / "set") == {"d#1": "x"}


@pytest.mark.usefixtures("own_cache")
def test_loaded_by_datasets(tmp_path: Path) -> None:
    """Hugging Face `datasets` loads the cases by default, and corpus and documents by name."""
    _write(tmp_path / "set")
    cases = datasets.load_dataset(str(tmp_path / "set"), split="test")
    assert cases["id"][:] == ["a", "b"]
    assert json.loads(cases["metadata"][0]) == {"k": ["ä", 1]}
    for name in ("corpus", "documents"):
        assert datasets.load_dataset(str(tmp_path / "set"), name, split="test")[:] == {"id": ["d#1"], "text": ["x"]}


def test_what_is_gone(tmp_path: Path) -> None:
    """A corpus and a quarantine that the new dataset has not do not stay; what is not a dataset's does."""
    problem = RowProblem("a.csv", 3, "id", "an id", "none")
    _write(tmp_path / "set", problems=(problem,))
    assert {**json.loads((tmp_path / "set" / writing.QUARANTINE).read_text()), "guess": ""} == vars(problem)
    (tmp_path / "set/review.db").write_text("mine")
    writing.write(tmp_path / "set", _CASES[:1], lambda _: DatasetInfo("set"))
    assert sorted(_held(tmp_path / "set")) == ["README.md", "data/test.parquet", "manifest.yaml", "review.db"]
    assert not (tmp_path / "set/corpus").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, DataError, UsageError, ZeroDivisionError])
@pytest.mark.parametrize("where", ["cases", "about", "extra"])
def test_error_in_the_middle(tmp_path: Path, error: type[BaseException], where: str) -> None:
    """An error or Ctrl-C in the middle leaves the old folder to the letter, and nothing beside it."""
    _write(tmp_path / "set")
    before = _held(tmp_path / "set")

    def stop(at: str) -> None:
        if at == where:
            raise error

    def cases() -> Iterator[Case]:
        yield _CASES[1]
        stop("cases")

    def about(_: int) -> DatasetInfo:
        stop("about")
        return DatasetInfo("new")

    def extra(path: Path) -> None:
        path.write_bytes(b"half")
        stop("extra")

    with pytest.raises(error):
        writing.write(tmp_path / "set", cases(), about, {writing.CORPUS: extra})
    assert _held(tmp_path / "set") == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder beneath a file, or in place of one, is an error that names it."""
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file/set", tmp_path / "file"):
        with pytest.raises(UsageError, match=r"file.*cannot be written"):
            _write(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "x"


def test_drafts_on_the_card(tmp_path: Path) -> None:
    """The card warns of drafts that nobody has reviewed."""
    _write(tmp_path / "set", (Case(id="a", user_input="q", tags=("draft",)),))
    assert "**1 of them are drafts that nobody has reviewed yet.**" in (tmp_path / "set/README.md").read_text()


def test_manifest_round_trip() -> None:
    """A manifest is read back from what is written of it, the lineage with its details too."""
    step = Step(operation="split", inputs={"a": "f"}, details={"seed": 1, "shares": {"dev": 0.5}}, rag_eval="1")
    found = Manifest(name="ä: b", rows=1, fingerprint="f", sources=(), lineage=(step,), rag_eval="1")
    assert Manifest.model_validate(yaml.safe_load(manifest.dump(found))) == found
