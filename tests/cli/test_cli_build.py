"""`rag-eval build-dataset`: what a source is taken for, which options belong to it, and what is said of it."""

import json
from pathlib import Path

import pytest
from support.handbooks import handbook
from typer.testing import CliRunner

from rag_eval.cli import app, build
from rag_eval.cli.build import From
from rag_eval.cli.options import fields_of
from rag_eval.errors import UsageError

_ROW = {"id": "c1", "user_input": "What does it cost?", "reference": "Nine pounds."}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["build-dataset", *argv])
    return result.exit_code, result.stdout, result.stderr


def _rows(*rows: object, name: str = "rows.jsonl") -> str:
    Path(name).write_text("\n".join(map(json.dumps, rows)))
    return name


@pytest.mark.parametrize(
    ("texts", "fields"),
    [
        ([], {}),
        (["user_input=question.text"], {"user_input": "question.text"}),
        ([" user_input = question.text "], {"user_input": "question.text"}),
        (["reference=a == 'b' && c || d"], {"reference": "a == 'b' && c || d"}),
        (["a=x", "b=y"], {"a": "x", "b": "y"}),
        (["a=x", "a=x"], {"a": "x"}),
        (["tags="], {"tags": ""}),
    ],
)
def test_fields_are_told_by_name_and_place(texts: list[str], fields: dict[str, str]) -> None:
    """The first `=` parts them, the others are the place's own."""
    assert fields_of(texts) == fields


@pytest.mark.parametrize("text", ["question", "", "=question", "  = question", "="])
def test_a_field_without_a_name_or_a_place_is_told_whole(text: str) -> None:
    """As it was given, with how one reads."""
    with pytest.raises(UsageError) as caught:
        fields_of([text])
    assert str(caught.value) == f"--field {text}: expected NAME=JMESPATH, as in user_input=question.text"


def test_a_field_that_is_taken_from_two_places_is_refused() -> None:
    """Which of them would count is for nobody to guess."""
    with pytest.raises(UsageError) as caught:
        fields_of(["reference=gold", "reference=answer"])
    assert str(caught.value) == "--field reference=answer: reference is taken from gold already; name one place"


@pytest.mark.parametrize(
    ("files", "source", "what"),
    [
        ({}, "hf://owner/name", From.ROWS),
        ({"a.csv": "question,reference\n"}, "a.csv", From.ROWS),
        ({"a.jsonl": json.dumps(_ROW)}, "a.jsonl", From.ROWS),
        ({"pages/a.md": "# A"}, "pages", From.DOCUMENTS),
        ({"a.md": "# A"}, "a.md", From.DOCUMENTS),
        ({"set/a.jsonl": json.dumps(_ROW)}, "set", From.ROWS),
        ({}, "gone.jsonl", From.ROWS),
        ({}, "x" * 5000, From.ROWS),
    ],
)
def test_what_a_source_holds_is_told_by_its_files(files: dict[str, str], source: str, what: From) -> None:
    """What is not there, or cannot be, is left to whoever reads it: that says what is wrong."""
    for name, content in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content)
    assert build.source_kind(source) == what


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("rows", ["--questions", "5"]),
        ("rows", ["--kind", "numeric"]),
        ("rows", ["--judge", "x.yaml"]),
        ("rows", ["--model", "m"]),
        ("rows", ["--base-url", "http://127.0.0.1:9"]),
        ("rows", ["--seed", "3"]),
        ("rows", ["--no-mask"]),
        ("documents", ["--corpus", "pages"]),
        ("documents", ["--split", "test"]),
        ("documents", ["--field", "a=b"]),
        ("documents", ["--keep-na"]),
        ("documents", ["--on-error", "quarantine"]),
        ("documents", ["--no-mask"]),
        ("traces", ["--corpus", "pages"]),
        ("traces", ["--kind", "numeric"]),
        ("traces", ["--keep-na"]),
        ("traces", ["--on-error", "quarantine"]),
    ],
)
def test_an_option_that_does_nothing_for_a_source_is_refused(what: str, options: list[str]) -> None:
    """It would else be ignored without a word; nothing is written."""
    code, out, err = _invoke(_rows(_ROW), "-o", "set", "--from", what, *options)
    assert (code, out) == (2, "")
    assert err == (
        f"error: {options[0]}: does nothing for {what}; leave it out, or say --from if this is something else\n"
    )
    assert not Path("set").exists()


def test_rows_become_a_dataset_and_it_is_said_of_what() -> None:
    """How many, with which fingerprint, tags, and what was taken for what."""
    source = _rows({**_ROW, "tags": ["b"]}, {**_ROW, "id": "c2", "tags": ["b", "a"]})
    code, out, err = _invoke(source, "-o", "set")
    first, tags, *rest = out.splitlines()
    assert (code, err) == (0, "")
    assert first.startswith("set: 2 cases, fingerprint ")
    assert tags == "tags: a 1, b 2"
    assert any("of 2 rows have: reference 2" in line for line in rest)


@pytest.mark.parametrize(("bad", "told"), [(1, "1 row was left out"), (2, "2 rows were left out")])
def test_bad_rows_are_left_out_only_where_somebody_says_so(bad: int, told: str) -> None:
    """Each is told, and kept for somebody to mend; without it nothing is written."""
    source = _rows(_ROW, *({"id": f"b{n}", "user_input": " "} for n in range(bad)))
    code, _, err = _invoke(source, "-o", "set")
    assert code == 2
    assert "rows.jsonl:2: user_input" in err
    assert not Path("set").exists()
    code, out, err = _invoke(source, "-o", "set", "--on-error", "quarantine")
    assert (code, err.count("left out: rows.jsonl:2: ")) == (0, 1)
    assert (f"; so in {bad - 1} more row" in err) == (bad > 1)
    assert f"{told}; see set/quarantine.jsonl" in out
    assert len(Path("set/quarantine.jsonl").read_text().splitlines()) == bad


def test_what_came_of_it_is_there_for_programs() -> None:
    """Standard output is one JSON, and remarks go to standard error."""
    code, out, err = _invoke(
        _rows({"id": "c1", "user_input": "Q?", "solution_text": "Nine pounds it is."}), "-o", "set", "--json"
    )
    record = json.loads(out)
    assert (code, record["rows"], record["folder"]) == (0, 1, "set")
    assert record["account"]["unused"] == ["solution_text"]
    assert "--field reference=solution_text would take the texts of solution_text" in err


def test_the_name_on_the_card_is_the_folders_unless_it_is_said() -> None:
    """As whoever loads the dataset sees it."""
    source = _rows(_ROW)
    for options, name in (([], "set"), (["--name", "harbour"], "harbour")):
        _, out, _ = _invoke(source, "-o", "set", "--json", *options)
        assert json.loads(out)["name"] == name


def test_documents_become_drafts(tmp_path: Path) -> None:
    """As many as are asked for, of the kinds that are named; an unknown kind is told with those there are."""
    handbook(tmp_path / "pages")
    code, out, _ = _invoke("pages", "-o", "set", "-n", "2", "--kind", "single-fact", "--json")
    assert (code, json.loads(out)["drafted"], [*json.loads(out)["kinds"]]) == (0, 2, ["single-fact"])
    code, _, err = _invoke("pages", "-o", "other", "--kind", "rhetorical")
    assert (code, err.startswith("error: --kind rhetorical: is no kind of question; there are: single-fact")) == (
        2,
        True,
    )
