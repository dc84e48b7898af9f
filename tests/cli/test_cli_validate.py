"""`rag-eval validate`: what an experiment would do is told, and nobody is asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.replays import experiment, write_rows
from support.runs import rows
from typer.testing import CliRunner

from rag_eval.cli import app

_LIVE = {"kind": "http", "url": "http://127.0.0.1:9/", "select": {"response": "answer", "retrieved_context_ids": "ids"}}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _validate(*given: dict[str, Any], as_json: bool = False, **settings: Any) -> tuple[int, str, str]:
    experiment(Path(), *given, **settings)
    result = CliRunner().invoke(app, ["validate", "x.yaml", *(["--json"] if as_json else [])])
    return result.exit_code, result.stdout, result.stderr


def _lacking(count: int) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in row.items() if n >= count or k != "reference_context_ids"} for n, row in enumerate(rows())
    ]


def test_what_will_be_done_is_told_line_by_line() -> None:
    """Cases, what would be played, what each metric will apply to, the gates, and the command that does it."""
    code, out, err = _validate(metrics=["recall@5", "latency"], gates=["recall@5.mean >= 0.5"])
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].startswith("x.yaml: 6 cases, fingerprint ")
    assert lines[1] == "  6 captured answers from rows.jsonl (rows); of 6 cases matched: 6 by id"
    assert lines[2:] == [
        "  recall@5: the dataset has what it needs for 6 of 6 cases",
        "  latency: the dataset has what it needs for 6 of 6 cases",
        "  gate recall@5.mean >= 0.5",
        "next: rag-eval run x.yaml",
    ]


def test_a_metric_that_will_apply_to_nothing_is_warned_of_with_why() -> None:
    """And one that will apply to a part is told with how many."""
    _, out, err = _validate(*_lacking(6), target=_LIVE)
    assert "recall@5: the dataset has what it needs for 0 of 6 cases" in out
    assert err.startswith("  recall@5 will apply to no case: ")
    assert len(err.strip()) > len("recall@5 will apply to no case: ")
    _, out, err = _validate(*_lacking(2), target=_LIVE)
    assert "recall@5: the dataset has what it needs for 4 of 6 cases" in out
    assert err == ""


def test_what_is_worth_knowing_goes_to_standard_error() -> None:
    """Such as cases without a captured answer."""
    target = {"kind": "replay", "path": write_rows(Path("captured.jsonl"), rows()[1:])}
    code, out, err = _validate(target=target)
    assert (code, err) == (0, "  1 of 6 cases have no captured answer and will fail (not_captured)\n")
    assert "not_captured" not in out


def test_programs_are_told_in_fields() -> None:
    """One JSON, of a replay with what would be played."""
    code, out, _ = _validate(as_json=True, gates=["recall@5.mean >= 0.5"])
    record = json.loads(out)
    assert (code, record["cases"], record["applies"], record["gates"]) == (
        0, 6, {"recall@5": 6}, ["recall@5.mean >= 0.5"],
    )  # fmt: skip
    assert (record["replay"]["answers"], record["remarks"], record["skipped"]) == (6, [], {})
    assert "replay" not in json.loads(_validate(as_json=True, target=_LIVE)[1])


def test_each_variant_of_a_matrix_is_told_and_the_command_is_another() -> None:
    """What is otherwise than with the first is told beneath it, and what is the same is not said again."""
    for name, count in (("whole", 6), ("part", 4)):
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows(count))))
    matrix = [{"name": name, "target.path": f"{name}.jsonl"} for name in ("whole", "part")]
    questions = [{k: v for k, v in row.items() if not k.startswith(("resp", "retr", "lat"))} for row in rows()]
    code, out, err = _validate(*questions, matrix=matrix)
    lines = out.splitlines()
    place = lines.index("  matrix: 2 variants")
    assert code == 0
    assert lines[place + 1] == "    whole → x-whole"
    assert lines[place + 2] == "    part → x-part"
    assert lines[place + 3].startswith("      4 captured answers from part.jsonl")
    assert lines[-1] == "next: rag-eval sweep x.yaml"
    assert "2 of 6 cases have no captured answer" in err
    record = json.loads(_validate(*questions, as_json=True, matrix=matrix)[1])
    assert [(each["label"], each["name"]) for each in record["variants"]] == [("whole", "x-whole"), ("part", "x-part")]
    assert [each["replay"]["missing"] for each in record["variants"]] == [0, 2]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"gates": ["recall@5.mean > 0.5"]}, "recall@5.mean > 0.5"),
        ({"dataset": "gone.jsonl"}, "gone.jsonl"),
        ({"judge": {"kind": "custom", "use": "no.such:judge"}}, "no.such:judge"),
        ({"target": {"kind": "http", "url": "${NOWHERE_URL}/ask"}}, "NOWHERE_URL"),
    ],
)
def test_what_is_wrong_is_told_with_the_code_of_a_mistake(settings: dict[str, Any], says: str) -> None:
    """In words that name it, without a traceback, and with nothing on standard output."""
    code, out, err = _validate(**settings)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err
