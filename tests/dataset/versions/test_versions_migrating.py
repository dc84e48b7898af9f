"""Folders of older formats are read and brought up to date; those of newer ones are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rag_eval.dataset import RowProblem, fingerprint, folders, manifest, versions, writing
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.errors import DataError, UsageError
from rag_eval.records import Case

_CASES = (
    Case(id="a", user_input="Why?", reference="So.", reference_contexts=("x",), tags=("t",), metadata={"k": ["ä", 1]}),
    Case(id="b", user_input="How?", answerable=False),
)


_CORPUS = writing.table([{"id": "d#1", "text": "x"}], {"id": "string", "text": "string"})


_OLD_MANIFEST = {
    "format": 1,
    "name": "old",
    "rows": 2,
    "quarantined": 0,
    "fingerprint": fingerprint(_CASES),
    "sources": [{"path": "a.csv", "sha256": "0", "rows": 2}],
    "fields": {"user_input": "q"},
    "rag_eval": "0.1.0",
}


def _write(
    folder: Path, cases: tuple[Case, ...] = _CASES, problems: tuple[RowProblem, ...] = ()
) -> writing.WriteResult:
    extras = {writing.CORPUS: _CORPUS, writing.DOCUMENTS: _CORPUS}
    return writing.write(folder, cases, lambda _: DatasetInfo("set", problems=problems), extras)


def _held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _old(folder: Path, **changes: object) -> Path:
    _write(folder)
    (folder / manifest.FILE).write_text(yaml.safe_dump({**_OLD_MANIFEST, **changes}))
    return folder


def test_format_1(tmp_path: Path) -> None:
    """A dataset of the first format is read as one of today's without a lineage."""
    found = folders.load(_old(tmp_path / "set"))
    assert found.cases == _CASES
    dumped = found.manifest.model_dump(mode="json", exclude_none=True)
    assert dumped == {**_OLD_MANIFEST, "format": 2, "lineage": []}


def test_migrate(tmp_path: Path) -> None:
    """Migrating rewrites the manifest alone, says so in the lineage, and does nothing the second time."""
    folder = _old(tmp_path / "set")
    before = _held(folder)
    assert versions.migrate(folder) == (1, 2)
    after = _held(folder)
    assert {**before, manifest.FILE: b""} == {**after, manifest.FILE: b""}
    found = manifest.load(folder)
    assert [(step.operation, step.details) for step in found.lineage] == [("migrate", {"from": 1, "to": 2})]
    assert found.fingerprint == _OLD_MANIFEST["fingerprint"]
    assert manifest.stored_format(folder) == 2
    assert versions.migrate(folder) == (2, 2)
    assert _held(folder) == after


def test_format_left_out(tmp_path: Path) -> None:
    """A manifest that does not say its format is of today's."""
    folder = _old(tmp_path / "set")
    said = {name: value for name, value in _OLD_MANIFEST.items() if name != "format"}
    (folder / manifest.FILE).write_text(yaml.safe_dump(said))
    assert versions.migrate(folder) == (2, 2)


@pytest.mark.parametrize("work", [versions.migrate, folders.load, manifest.load, manifest.stored_format])
def test_newer_format(tmp_path: Path, work: Callable[[Path], object]) -> None:
    """A dataset of a newer rag-eval is refused with what to do, and stays as it is."""
    folder = _old(tmp_path / "set", format=3, more="x")
    before = _held(folder)
    with pytest.raises(
        DataError, match=r"manifest\.yaml: has format 3, this rag-eval reads up to 2\. Update rag-eval\."
    ):
        work(folder)
    assert _held(folder) == before


@pytest.mark.parametrize("said", ["0", "two", "-1", "null", "[]"])
def test_no_format(tmp_path: Path, said: str) -> None:
    """A format that there never was is an error that names the manifest."""
    with pytest.raises(DataError, match=r"manifest\.yaml: cannot be read"):
        manifest.load(_old(tmp_path / "set", format=yaml.safe_load(said)))


def test_migrating_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the manifest cannot be replaced, the old one stays and nothing is left beside it."""
    folder = _old(tmp_path / "set")
    before = _held(folder)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match=r"set: cannot be written: .*Permission denied"):
        versions.migrate(folder)
    assert _held(folder) == before
