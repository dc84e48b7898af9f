"""A dataset given to others."""

import socket
from pathlib import Path

import pytest

import datasets
from rag_eval.dataset import RowProblem, folders, manifest, writing
from rag_eval.dataset.versions import push
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.errors import ConfigError, DataError, UnreachableError, UsageError
from rag_eval.records import Case

_CASES = (Case(id="a", user_input="Why?"), Case(id="b", user_input="How?"))


def _write(folder: Path, *, corpus: bool = True) -> Path:
    rows = writing.table([{"id": "d#1", "text": "x"}], {"id": "string", "text": "string"})
    extras = {writing.CORPUS: rows, writing.DOCUMENTS: rows} if corpus else {}
    problems = (RowProblem("a.csv", 3, "id", "an id", "somebody's name"),)
    writing.write(folder, _CASES, lambda _: DatasetInfo("set", problems=problems), extras)
    (folder / "review.db").write_text("who said what")
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes/a.txt").write_text("mine")
    return folder


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


_PUSHED = ["README.md", "corpus/corpus.parquet", "corpus/documents.parquet", "data/test.parquet", "manifest.yaml"]


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("there", [False, True])
def test_folder(tmp_path: Path, *, there: bool) -> None:
    """A copy is a dataset that loads, with no decision of reviewers and nothing of what was left out on building."""
    source = _write(tmp_path / "set")
    assert (source / writing.QUARANTINE).is_file()
    to = tmp_path / "shared/deep/set"
    if there:
        to.mkdir(parents=True)
    assert push(source, str(to)) == str(to)
    assert _files(to) == _PUSHED
    assert folders.load(to).cases == _CASES
    assert folders.load(to).manifest == folders.load(source).manifest
    for name, ids in ((None, ["a", "b"]), ("corpus", ["d#1"]), ("documents", ["d#1"])):
        assert datasets.load_dataset(str(to), name, split="test")["id"][:] == ids


def test_again(tmp_path: Path) -> None:
    """A dataset that stands there is replaced: nothing of its own stays, and what is not a dataset's does."""
    to = _write(tmp_path / "shared")
    push(_write(tmp_path / "set", corpus=False), str(to))
    assert _files(to) == ["README.md", "data/test.parquet", "manifest.yaml", "notes/a.txt", "review.db"]


@pytest.mark.parametrize("to", ["set", "set/../set", "link"])
def test_itself(tmp_path: Path, to: str) -> None:
    """A dataset is not pushed onto itself, by whatever name, and stays as it is."""
    source = _write(tmp_path / "set")
    (tmp_path / "link").symlink_to(source)
    before = _files(source)
    with pytest.raises(UsageError, match="is the dataset itself"):
        push(source, str(tmp_path / to))
    assert _files(source) == before


def test_something_else(tmp_path: Path) -> None:
    """A folder that holds something else is not written into, nor is a file replaced."""
    source = _write(tmp_path / "set")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.png").write_text("x")
    with pytest.raises(UsageError, match="photos: holds something else; name an empty folder, or a dataset"):
        push(source, str(tmp_path / "photos"))
    with pytest.raises(UsageError, match=r"a\.png: cannot be written"):
        push(source, str(tmp_path / "photos/a.png"))
    assert _files(tmp_path / "photos") == ["a.png"]


@pytest.mark.parametrize("to", ["copy", "hf://owner/set"])
def test_no_dataset(tmp_path: Path, to: str) -> None:
    """What is no dataset is not pushed anywhere."""
    with pytest.raises(DataError, match="is no dataset folder"):
        push(tmp_path, to if ":" in to else str(tmp_path / to))


def test_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where copying fails, no manifest is left beside data that it does not describe."""
    source, to = _write(tmp_path / "set"), _write(tmp_path / "shared")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(UsageError, match=r"shared: cannot be written: .*No space left"):
        push(source, str(to))
    assert not (to / manifest.FILE).exists()


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub at a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("huggingface_hub.hf_api.ENDPOINT", f"http://127.0.0.1:{port}", raising=False)


@pytest.mark.parametrize("token", [None, ""])
@pytest.mark.usefixtures("no_hub")
def test_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    """Without a token the hub is not asked, and the error says what to set."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ConfigError, match=r"hf://owner/set: the hub wants a token\. Do: export HF_TOKEN="):
        push(_write(tmp_path / "set"), "hf://owner/set")


@pytest.mark.usefixtures("no_hub")
def test_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that does not answer is unreachable, and the message holds no token."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(UnreachableError, match="hf://owner/set: could not be written: ") as caught:
        push(_write(tmp_path / "set"), "hf://datasets/owner/set")
    assert "hf_secret" not in str(caught.value)


def test_token_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that an error of the hub repeats is not shown."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("refused: Bearer hf_secret")

    monkeypatch.setattr("huggingface_hub.HfApi.create_repo", fail)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(UnreachableError, match=r"could not be written: refused: Bearer \*\*\*$"):
        push(_write(tmp_path / "set"), "hf://owner/set")


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize("name", ["a/b/c", "bad name!", "-x-/--"])
def test_bad_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A name that no dataset on the hub can have is an error that says so."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(UsageError, match="is no name of a dataset on the hub"):
        push(_write(tmp_path / "set"), f"hf://{name}")


def test_what_goes_to_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the hub go the same files as to a folder, into a dataset that is private unless told otherwise."""
    said: list[tuple[str, dict[str, object]]] = []

    class Api:
        def __init__(self, **told: object) -> None:
            said.append(("token", told))

        def create_repo(self, *name: str, **told: object) -> None:
            said.append((name[0], told))

        def upload_folder(self, **told: object) -> None:
            said.append(("upload", told))

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    source = _write(tmp_path / "set")
    assert push(source, "hf://owner/set") == "hf://owner/set"
    told = dict(said)
    assert told["token"] == {"token": "hf_secret"}
    assert told["owner/set"] == {"repo_type": "dataset", "private": True, "exist_ok": True}
    assert told["upload"]["repo_id"] == "owner/set"
    assert told["upload"]["folder_path"] == source
    assert sorted(str(name) for name in _listed(told["upload"]["allow_patterns"])) == _PUSHED
    push(source, "hf://owner/set", private=False)
    assert said[-2][1]["private"] is False


def _listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
