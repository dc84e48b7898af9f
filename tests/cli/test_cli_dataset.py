"""`rag-eval dataset …` and drafting on the command line: output, exit codes, and what is left behind."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import isles
from typer.testing import CliRunner

from rag_eval.cli import app

PAGE = """# Pump

## Hire

The pump costs £40 a week. If the pump is lost, the hirer pays £300.

## Repair

To free the pump, turn the wheel to the left.
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(argv))
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_documents_are_drafted_from_by_their_names(tmp_path: Path) -> None:
    """A folder of documents needs no option; the report says what was read, passed over, left out, and what is next."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pump.md").write_text(PAGE)
    (tmp_path / "docs" / "photo.png").write_bytes(b"\x89PNG")
    (tmp_path / "docs" / "old.doc").write_bytes(b"\xd0\xcf")
    code, out, told = _invoke("build-dataset", "docs", "-o", "made")
    assert code == 0
    assert "1 documents, 2 passages; passed over: .png 1" in out
    assert "old.doc: the document: expected one whose text can be read, found not_supported" in told
    assert "rag-eval review made" in out
    assert json.loads(Path("made/quarantine.jsonl").read_text())["file"].endswith("old.doc")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["docs", "--field", "user_input=q"], "--field: does nothing for documents"),
        (["rows.jsonl", "--questions", "5"], "--questions: does nothing for rows"),
        (["rows.jsonl", "--from", "traces", "--corpus", "docs"], "--corpus: does nothing for traces"),
        (["docs", "--kind", "riddle"], "there are: single-fact"),
        (["docs", "--base-url", "http://x"], "--base-url: is the endpoint of --model"),
        (["docs", "--judge", "none.yaml"], "none.yaml: cannot be read"),
        (["docs", "--judge", "empty.yaml"], "judge: is missing"),
        (["nowhere"], "there is no such file or folder"),
        (["empty"], "there is no document here"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path: Path, argv: list[str], message: str) -> None:
    """Exit code 2, a sentence that names the option, and nothing written."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pump.md").write_text(PAGE)
    (tmp_path / "empty").mkdir()
    Path("rows.jsonl").write_text('{"question": "Q?"}\n')
    Path("empty.yaml").write_text("name: x\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    code, _, told = _invoke("build-dataset", *argv, "-o", "made")
    assert code == 2
    assert message in told
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def _set(name: str = "set") -> Path:
    isles.write_few(Path(name))
    return Path(name)


@pytest.mark.slow
def test_diff_tells_what_changed() -> None:
    """By id and field; renamed cases are seen as such; --exit-code makes it a gate."""
    cases = isles.few()
    isles.write_few(Path("a"), cases)
    cases[0] = cases[0].model_copy(update={"reference": "It was first lit in 1999."})
    cases[1] = cases[1].model_copy(update={"id": "renamed"})
    new = cases[2].model_copy(update={"id": "new", "user_input": "Who?"})
    isles.write_few(Path("b"), [*cases[:2], *cases[3:], new])
    code, out, _ = _invoke("dataset", "diff", "a", "b")
    assert code == 0
    assert "~ isle-000" in out
    assert "isle-001 → renamed" in out
    assert f"1 added, 1 removed, 1 changed, 1 renamed, {isles.FEW - 3} the same" in out
    assert _invoke("dataset", "diff", "a", "b", "--exit-code")[0] == 1
    assert _invoke("dataset", "diff", "a", "a", "--exit-code")[0] == 0
    told = json.loads(_invoke("dataset", "diff", "a", "b", "--json")[1])
    assert told["changed"][0]["fields"]["reference"][1] == "It was first lit in 1999."


@pytest.mark.slow
def test_split_merge_and_info_keep_the_lineage() -> None:
    """Three parts with no page on two sides; together again they are the set that they were; each step is told."""
    _set()
    code, out, _ = _invoke("dataset", "split", "set", "-o", "parts", "--json")
    told = json.loads(out)
    assert code == 0
    assert sum(part["rows"] for part in told["parts"].values()) == isles.FEW
    pages: list[set[str]] = []
    for name in ("dev", "test", "held-out"):
        code, out, _ = _invoke("dataset", "info", f"parts/{name}", "--json")
        assert json.loads(out)["lineage"][-1]["details"]["part"] == name
        pages.append(_pages(Path("parts") / name))
    assert not pages[0] & pages[1]
    assert not pages[1] & pages[2]
    code, out, _ = _invoke("dataset", "merge", "parts/dev", "parts/test", "parts/held-out", "-o", "whole", "--json")
    assert json.loads(out)["fingerprint"] == json.loads(_invoke("dataset", "info", "set", "--json")[1])["fingerprint"]
    code, out, _ = _invoke("dataset", "info", "whole")
    assert out.count("split:") == 3
    assert "merge:" in out
    code, _, told_wrong = _invoke("dataset", "split", "set", "-o", "wrong", "--dev", "0.5")
    assert code == 2
    assert "the shares make 1.3 and not 1" in told_wrong


def _pages(folder: Path) -> set[str]:
    from rag_eval.dataset import folders

    return {key.partition("#")[0] for case in folders.load(folder).cases for key in case.reference_context_ids or ()}


def test_a_conflict_of_ids_is_named() -> None:
    """Two cases under one id are not merged unless somebody says whose to take."""
    isles.write(Path("a"), isles.cases()[:3])
    isles.write(Path("b"), [isles.cases()[0].model_copy(update={"reference": "Never."})])
    code, _, told = _invoke("dataset", "merge", "a", "b", "-o", "both")
    assert code == 2
    assert "1 ids stand for different cases: isle-000" in told
    assert not Path("both").exists()
    code, out, told = _invoke("dataset", "merge", "a", "b", "-o", "both", "--on-conflict", "last")
    assert code == 0
    assert "both: 3 cases" in out
    assert "isle-000: stood for different cases; the last was taken" in told


@pytest.mark.slow
def test_an_old_folder_is_brought_up_to_date() -> None:
    """A manifest of format 1 is read as it is, and rewritten on demand; the fingerprint stays."""
    folder = _set()
    said: dict[str, Any] = yaml.safe_load((folder / "manifest.yaml").read_text())
    old = {key: value for key, value in {**said, "format": 1}.items() if key != "lineage"}
    (folder / "manifest.yaml").write_text(yaml.safe_dump(old))
    assert _invoke("dataset", "check", "set")[0] == 0
    code, out, _ = _invoke("dataset", "migrate", "set")
    assert (code, out) == (0, "set: format 2, was 1\n")
    assert yaml.safe_load((folder / "manifest.yaml").read_text())["fingerprint"] == said["fingerprint"]
    assert "already" in _invoke("dataset", "migrate", "set")[1]


def test_what_is_no_dataset_folder_is_said() -> None:
    """Each command names the folder and how to make one."""
    Path("thing").mkdir()
    for argv in (["check", "thing"], ["info", "thing"], ["diff", "thing", "thing"], ["migrate", "thing"]):
        code, _, told = _invoke("dataset", *argv)
        assert code == 2
        assert "thing: is no dataset folder" in told


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "manifest.yaml", "notes/important.txt"])
def test_a_folder_with_something_else_is_never_written_to(name: str) -> None:
    """Building, merging, splitting, mending: what stands there may be precious."""
    _set()
    precious = Path("mine") / name
    precious.parent.mkdir(parents=True)
    precious.write_text("precious: true\n")
    Path("rows.jsonl").write_text('{"question": "What is it?"}\n')
    for argv in (
        ["build-dataset", "rows.jsonl", "-o", "mine"],
        ["dataset", "merge", "set", "-o", "mine"],
        ["dataset", "check", "set", "--fix", "-o", "mine"],
    ):
        code, out, told = _invoke(*argv)
        if "--fix" in argv and "nothing could be mended" in out:
            continue
        assert code == 2, argv
        assert "mine: holds something else" in told
    assert precious.read_text() == "precious: true\n"
    assert [path.name for path in Path("mine").iterdir()] == [name.partition("/")[0]]


@pytest.mark.slow
def test_rows_that_were_changed_by_other_means_are_refused() -> None:
    """A fingerprint that no longer fits is told of wherever it would be believed; diff shows what changed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _set("a")
    _set("b")
    path = Path("b/data/test.parquet")
    rows = pq.read_table(path).to_pylist()
    rows[0]["reference"] = "In 1066."
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)
    for argv in (["dataset", "info", "b"], ["dataset", "check", "b"], ["dataset", "push", "b", "c"]):
        code, _, told = _invoke(*argv)
        assert code == 2
        assert "holds other cases than manifest.yaml says" in told
    assert "1 changed" in _invoke("dataset", "diff", "a", "b")[1]
    assert _invoke("build-dataset", "b", "-o", "anew")[0] == 0
    assert _invoke("dataset", "check", "anew", "--only", "leak")[0] == 0


def test_bridges_are_only_what_ties_together(tmp_path: Path) -> None:
    """Cases of several documents that nobody else uses stay; one that ties two others together goes."""
    from rag_eval.records import Case

    def case(key: str, *documents: str) -> Case:
        words = {"a": "harbour lights", "b": "ferry fares", "c": "school meals", "d": "bog myrtle", "e": "tide tables"}
        ids = tuple(f"{name}#x" for name in documents)
        return Case(id=key, user_input=f"What about {words[key]}?", reference="Yes.", reference_context_ids=ids)

    cases = [case("a", "1"), case("b", "2"), case("c", "1", "2"), case("d", "3", "4"), case("e", "5", "6")]
    isles.write(tmp_path / "set", cases, {})
    code, out, told = _invoke("dataset", "split", "set", "-o", "parts", "--drop-bridges", "--json")
    assert code == 0, told
    assert json.loads(out)["bridges"] == ["c"]
