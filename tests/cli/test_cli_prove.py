"""`rag-eval gate prove`: what the gates of an experiment notice, on a run of a system that is right."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.runs import only, replay
from typer.testing import CliRunner, Result

from rag_eval.cli import app

QUESTIONS = 24
GATES = [
    "correctness.drop_vs <= 0.02",
    "faithfulness_min.drop_vs <= 0.02",
    "recall@5.drop_vs <= 0.02",
    "answered >= 0.99",
]
THINGS = ("ferry", "tram", "museum", "sauna", "tower", "market")


def right(count: int = QUESTIONS) -> list[dict[str, Any]]:
    """Answers that are right, out of contexts that hold them; every eighth question has no answer and is refused."""
    rows = []
    for n in range(count):
        thing, none = f"{THINGS[n % 6]} of island {n}", n % 8 == 7
        fact = f"The {thing} is open from {n % 5 + 6} to {n % 7 + 13} and costs {n + 12} pounds."
        rows.append({
            "id": f"case-{n}",
            "user_input": f"When is the {thing} open, and what does it cost?",
            "response": "The passages do not say." if none else fact,
            "retrieved_contexts": [f"Dogs travel free on island {n}.", *([] if none else [fact])],
            "retrieved_context_ids": [f"dogs#{n}", *([] if none else [f"fact#{n}"])],
            "reference": None if none else fact,
            "reference_context_ids": None if none else [f"fact#{n}"],
            "answerable": not none,
            "tags": ["even" if n % 2 == 0 else "odd"],
        })  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def right_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, made without gates, of a system that is right."""
    folder = tmp_path_factory.mktemp("prove")
    said: dict[str, Any] = {"metrics": ["correctness", "faithfulness", "recall@5"], "mlflow": {"enabled": False}}
    done = replay(folder, "right", right(), **said)
    assert done.exit_code == 0, done.output
    return folder


def prove(folder: Path, gates: list[str], *options: str, **changes: Any) -> Result:
    """`gate prove` with these gates in the experiment."""
    experiment = {**yaml.safe_load((folder / "right.yaml").read_text()), "gates": gates, **changes}
    (folder / "gated.yaml").write_text(yaml.safe_dump(experiment))
    command = ["gate", "prove", str(folder / "gated.yaml"), "--runs", str(folder / "runs"), *options]
    return CliRunner().invoke(app, command)


@pytest.mark.slow
def test_gates_notice_what_is_spoilt_and_let_pass_what_is_not(right_run: Path) -> None:
    """One in ten answers spoilt is caught in most ways, nothing spoilt is not."""
    result = prove(right_run, GATES, "--questions", "80", "--trials", "15", "--no-slices", "--json")
    assert result.exit_code == 0, result.output
    proof = json.loads(result.stdout)
    kinds = {kind["name"]: kind for kind in proof["kinds"]}
    caught = {name for name, kind in kinds.items() if kind["smallest"] is not None}
    assert {"swap", "number", "truncate", "foreign", "refuse", "silence", "drop_gold", "invent"} <= caught
    assert kinds["silence"]["smallest"] <= 0.05
    assert kinds["bury_gold"]["cells"] == [None] * 4, "the gold context is the last already"
    assert kinds["invent"]["possible"] == QUESTIONS // 8
    assert proof["unspoilt"]["failed"] == 0
    assert not proof["repeated"]


def test_the_report_is_a_table_of_kinds_and_one_of_slices(right_run: Path) -> None:
    """It names gates that were left out, with why, and what nobody can know of a run without repetitions."""
    gates = ["answered >= 0.99", "required: tag:odd faithfulness >= 0.5", "required: id:case-1"]
    result = prove(right_run, gates, "--trials", "15", "--sample", "12")
    assert result.exit_code == 0, result.output
    assert "left out: required: tag:odd faithfulness >= 0.5: the run fails it as it is" in result.stdout
    assert "left out: required: id:case-1: it names one case" in result.stdout
    assert "not by 10%" in result.stdout
    assert "too few to try" in result.stdout
    assert "An unchanged version" not in result.stdout, "it would pass"
    for words in ("12 questions", "even", "odd", "swap", "other_contexts", "target.repeats"):
        assert words in result.stdout


@pytest.mark.slow
def test_the_report_says_that_an_unchanged_version_would_stay_undecided(right_run: Path) -> None:
    """Where it would in most trials, as with few questions and a narrow limit."""
    options = ("--trials", "15", "--no-slices", "--sample", "12")
    out = " ".join(prove(right_run, ["correctness.mean >= 0.9"], *options).stdout.split())
    assert re.search(r"! An unchanged version would come out undecided in (\d+) of 15 trials \(exit code 4\)", out), out


@pytest.mark.slow
def test_without_gates_the_primary_metric_and_answers_must_not_drop(right_run: Path) -> None:
    """The proof says which gates it took, and costs nothing again; where none can notice anything it ends with 2."""
    options = ("--trials", "15", "--no-slices", "--sample", "8", "--json")
    first, again = (prove(right_run, [], *options) for _ in range(2))
    proof = json.loads(first.stdout)
    assert json.loads(again.stdout) == proof
    assert proof["spoilt"]
    assert again.stderr.startswith("0 spoilt answers are scored"), "they were scored before"
    assert proof["gates"] == [f"{name}.drop_vs(main) <= smallest" for name in ("correctness", "answered")]
    blind = prove(right_run, ["required: tag:odd faithfulness >= 0.5"])
    assert blind.exit_code == 2
    assert "no gate is left" in blind.output


@pytest.mark.slow
def test_a_judge_that_costs_money_is_asked_only_with_leave(tmp_path: Path) -> None:
    """How many calls it may take is said first; a run that would be scored otherwise now is refused."""
    judge = {"kind": "custom", "use": "rag_eval.judges.embedded.judge:EmbeddedJudge"}
    done = replay(tmp_path, "right", right(8), metrics=["faithfulness"], judge=judge, mlflow={"enabled": False})
    assert done.exit_code == 0, done.output
    options = ("--trials", "15", "--no-slices", "--sample", "4")
    refused = prove(tmp_path, ["faithfulness.drop_vs <= 0.02"], *options)
    assert refused.exit_code == 2
    assert "spoilt answers are scored" in refused.output
    assert "--yes" in refused.output
    agreed = prove(tmp_path, ["faithfulness.drop_vs <= 0.02"], *options, "--yes")
    assert agreed.exit_code == 0, agreed.output
    run = only(tmp_path, "right")
    own = yaml.safe_load((run / "experiment.yaml").read_text())
    (run / "experiment.yaml").write_text(yaml.safe_dump({**own, "judge": {"kind": "embedded"}}))
    other = prove(tmp_path, ["faithfulness.drop_vs <= 0.02"])
    assert other.exit_code == 2
    assert "judges differ" in other.output


def test_gate_is_a_command_beside_it(right_run: Path) -> None:
    """`gate RUN` takes its options on either side of the run, and its help names both."""
    options = ["--runs", str(right_run / "runs"), "--gate", "answered >= 0.99"]
    for command in (["gate", "right", *options], ["gate", *options, "right"], ["gate", *options]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert "answered ≥ 0.99: passes" in result.stdout
    text = CliRunner().invoke(app, ["gate", "--help"]).output
    assert "--against" in text
    assert "prove" in text
