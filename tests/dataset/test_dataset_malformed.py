"""More than five hundred files that are not what they should be, each through the command line.

Whatever stands in a file, `build-dataset` either makes a folder of all of it (0) or says what is wrong and makes
nothing (2). A row's problem has file, line and field, a file's has its name. Never a traceback, nothing left behind.
"""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dataset.odd_csv import of_tables
from dataset.odd_files import GOOD, File, parquet, renamed, spoilt
from dataset.odd_folders import of_folders
from dataset.odd_json import of_arrays, of_lines
from dataset.odd_parquet import of_parquet, of_types
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import datasets
from rag_eval import config
from rag_eval.cli import app
from rag_eval.dataset import Item, RowProblem, items, manifest
from rag_eval.dataset.problems import SHOWN
from rag_eval.errors import RagEvalError
from rag_eval.printable import printable

LEAST = 500


@pytest.fixture(autouse=True, scope="module")
def _cache_of_this_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache of datasets"))
        yield


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _said(source: Path) -> list[Item | RowProblem] | str:
    """What reading gives: every row, or the message of the one error."""
    try:
        return list(items(config.DatasetConfig(path=str(source))))
    except RagEvalError as error:
        assert error.exit_code == 2
        return str(error)


def _check_place(problem: RowProblem, source: Path) -> None:
    assert problem.file.startswith(str(source))
    assert problem.field
    assert problem.expected
    file = Path(problem.file)
    lines = (
        len(re.split(rb"[\r\n]", file.read_bytes()))
        if file.is_file() and file.suffix in (".csv", ".tsv", ".jsonl")
        else 10_000
    )
    assert 1 <= problem.line <= lines
    assert "\n" not in str(problem)


def _check(source: Path, says: str | None = None, *, folder: Path | None = None) -> None:
    """Read a file and build of it in its folder, and look at all that is promised."""
    folder = folder or source.parent
    made, before = folder / "made", _names(folder)
    found = _said(source)
    problems = [one for one in found if isinstance(one, RowProblem)]
    result = CliRunner().invoke(app, ["build-dataset", str(source), "--from", "rows", "--output", str(made)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    for problem in problems:
        _check_place(problem, source)
    if isinstance(found, list) and found and not problems:
        assert result.exit_code == 0, result.stderr
        assert not says
        built = list(items(config.DatasetConfig(path=str(made))))
        assert [one.case for one in built if isinstance(one, Item)] == [
            one.case for one in found if isinstance(one, Item)
        ]
        assert manifest.load(made).rows == len(found)
        shutil.rmtree(made)
    else:
        assert result.exit_code == 2
        assert says != ""
        assert printable(str(source)) in result.stderr
        causes = {(one.field, one.expected): one for one in reversed(problems)}
        wrong = [f": {one.field}: expected {one.expected}, found {one.found}" for one in [*causes.values()][-SHOWN:]]
        assert all(printable(each) in result.stderr for each in wrong)
        assert isinstance(found, list) or printable(found) in result.stderr
        assert re.search(says or "", result.stderr)
    assert _names(folder) == before


def _write(folder: Path, file: File) -> Path:
    path = folder / file.name
    parts = {"": file.content} if isinstance(file.content, bytes) else file.content
    for name, content in parts.items():
        part = path / name if name else path
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
    return path


FAMILIES: tuple[Callable[[], Iterator[File]], ...] = (
    spoilt, renamed, of_lines, of_arrays, of_tables, of_types, of_parquet, of_folders,
)  # fmt: skip


def test_there_are_enough() -> None:
    """More than five hundred of the files below differ in name's ending or content."""
    found = {(Path(file.name).suffix, repr(file.content)) for family in FAMILIES for file in family()}
    assert len(found) >= LEAST


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_malformed_file_loads_or_is_told_of(tmp_path: Path, family: Callable[[], Iterator[File]]) -> None:
    """Each file of a family is read whole or refused with its place; all that were not are listed."""
    broken = []
    for number, file in enumerate(family()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            _check(_write(folder, file), file.says)
        except AssertionError as error:
            broken.append(f"{file.name}: {error}")
    assert not broken, "\n".join(broken)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))


def _closed(path: Path) -> None:
    path.write_text("question\nq\n")
    path.chmod(0)


def _closed_folder(path: Path) -> None:
    path.mkdir()
    (path / "test.csv").write_text("question\nq\n")
    path.chmod(0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "can load"),
        (lambda path: (path / "test.csv").mkdir(parents=True), "can load"),
        (lambda path: path.symlink_to(path), "no such file"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read: .*Input/output error"),
        (lambda path: path.symlink_to("/dev/zero"), "no such file"),
        (_pipe, "no such file"),
        (_listening, "no such file"),
        (_closed, None),
        (_closed_folder, None),
    ],
    ids=[
        "folder",
        "folder in folder",
        "loop",
        "dangling",
        "unreadable",
        "endless",
        "pipe",
        "socket",
        "closed",
        "closed folder",
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.json", "x.parquet"])
def test_what_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], None], says: str | None
) -> None:
    """A folder, a broken link, a device or what may not be read is told of, whatever its name says."""
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    (tmp_path / "here").mkdir()
    make(tmp_path / "here" / name)
    _check(tmp_path / "here" / name, says)


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".csv", "x/" * 3000 + "x.csv", "a\0b.csv", "\n.csv", "none/x.csv", "x.csv/x.csv"]
)
def test_paths_that_cannot_be(tmp_path: Path, name: str) -> None:
    """A path that is too long, or that no file can have, is told of."""
    (tmp_path / "x.csv").write_text("question\nq\n")
    _check(tmp_path / name, "no such file|cannot be read", folder=tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.parquet"])
def test_a_split_of_a_file(tmp_path: Path, name: str) -> None:
    """A split that is asked of a single file is refused by the setting's name; a folder of ours has the one it says."""
    content = parquet({"question": ["q"]}) if name == "a.parquet" else GOOD[name].encode()
    path = _write(tmp_path, File(name, content))
    for split in ("train", "test"):
        result = CliRunner().invoke(app, ["build-dataset", str(path), "--split", split, "-o", str(tmp_path / "made")])
        assert (result.exit_code, _names(tmp_path)) == (2, [name])
        assert f"dataset.split: {path} is a single file and has no split '{split}'" in result.stderr
    assert CliRunner().invoke(app, ["build-dataset", str(path), "-o", str(tmp_path / "made")]).exit_code == 0
    again = ["build-dataset", str(tmp_path / "made"), "--from", "rows", "-o", str(tmp_path / "again"), "--split"]
    assert "has no split 'train'; it has one: test" in CliRunner().invoke(app, [*again, "train"]).stderr
    assert CliRunner().invoke(app, [*again, "test"]).exit_code == 0


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from((
    "id", "question", "user_input", "inputs", "ground_truths", "reference", "contexts", "reference_contexts",
    "reference_context_ids", "answerable", "tags", "latency_s", "metadata", "expectations", "",
))  # fmt: skip
_JSON_ROWS = st.lists(st.dictionaries(_NAMES, _VALUES, max_size=5), min_size=1, max_size=4)


@st.composite
def _any_file(draw: st.DrawFn) -> tuple[str, bytes]:
    """A name and a content: bytes, text, JSON or a good file with a piece of it replaced."""
    name = draw(st.sampled_from(("any.csv", "any.tsv", "any.jsonl", "any.json", "any.parquet")))
    match draw(st.sampled_from(("bytes", "text", "rows", "damage"))):
        case "bytes":
            return name, draw(st.binary(max_size=200))
        case "text":
            return name, draw(st.text("ab \"',;\t\r\n[]{}:\0é\ufeff\\", max_size=60)).encode()
        case "rows":
            rows = draw(_JSON_ROWS)
            return name, (json.dumps(rows) if name == "any.json" else "\n".join(map(json.dumps, rows))).encode()
        case _:
            whole = {**{Path(good).suffix: text.encode() for good, text in GOOD.items()}, ".parquet": _SOUND}
            content = whole[Path(name).suffix]
            start = draw(st.integers(0, len(content)))
            return name, content[:start] + draw(st.binary(max_size=8)) + content[start + draw(st.integers(0, 20)) :]


_SOUND = parquet({"question": ["q", "r"], "contexts": [["a"], None], "n": [1, 2]})


@pytest.mark.slow
@given(_any_file())
def test_any_file_loads_or_is_told_of(tmp_path_factory: pytest.TempPathFactory, file: tuple[str, bytes]) -> None:
    """The same of files that nobody thought of."""
    folder = tmp_path_factory.mktemp("any")
    try:
        _check(_write(folder, File(*file)))
    finally:
        shutil.rmtree(folder)
