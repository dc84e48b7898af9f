"""Two versions in one job: the installed command on two services, with its three verdicts and all that it writes."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml
from staging.serving import running
from support.forker import Forker
from support.judge_server import JudgeServer
from support.rag_server import RagServer, Request, Response, plain
from typer.testing import CliRunner, Result

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

pytestmark = pytest.mark.slow

QUESTIONS = Path(__file__).resolve().parents[2] / "datasets/harbour/source/questions.jsonl"
ACCOUNT = {"RAG_USER": "ada", "RAG_PASSWORD": "canary-password-9"}


@pytest.fixture(scope="module", name="urls")
def _urls() -> Iterator[dict[str, str]]:
    """Two versions of the service; `weak` has read little of each page."""
    apps = {}
    for profile in ("weak", "strong"):
        fields = {"USERNAME": "ada", "PASSWORD": "canary-password-9", "QUERY_LIMIT": "unlimited", "PROFILE": profile}
        apps[profile] = create_app(
            Settings.from_environ({f"RAG_STAGING_{key}": value for key, value in fields.items()})
        )
    with running(apps["weak"]) as weak, running(apps["strong"]) as strong:
        yield {"weak": weak, "strong": strong}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)


def experiment(path: str = "support.yaml", **changes: Any) -> str:
    """An experiment file whose own address nobody listens at."""
    url = "http://127.0.0.1:9"
    auth = {
        "kind": "login",
        "url": f"{url}/api/v1/auth/login",
        "username_env": "RAG_USER",
        "password_env": "RAG_PASSWORD",
    }
    select = {"retrieved_contexts": "contexts[].text", "retrieved_context_ids": "contexts[].id"}
    fields = {
        "name": Path(path).stem,
        "dataset": str(QUESTIONS),
        "target": {"kind": "http", "url": f"{url}/api/v1/query/", "select": select, "auth": auth},
        "metrics": ["recall@5", "hit@5"],
        "mlflow": {"enabled": False},
        "min_coverage": 0.9,
        **changes,
    }
    Path(path).write_text(yaml.safe_dump(fields))
    return path


def ci(*arguments: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(app, ["ci", *arguments, "-q"])


def between(urls: dict[str, str], base: str, head: str) -> list[str]:
    """The options that say where both versions are."""
    return ["--base", urls[base], "--head", urls[head]]


VERDICTS = (
    ("weak", "strong", "recall@5.drop_vs <= 0.5", 0, "✅ ships: may ship"),
    ("strong", "weak", "hit@5.mean >= 0.95", 1, "❌ stays: must not ship"),
    ("weak", "strong", "hit@5.mean >= 0.5", 4, "❔ waits: cannot be told yet"),
)


def test_each_verdict_has_its_exit_code(urls: dict[str, str], tmp_path: Path, forker: Forker) -> None:
    """In processes of their own: 0 where the head may ship, 1 where it must not, 4 where it cannot be told."""
    for base, head, gate, code, heading in VERDICTS:
        path = experiment(f"{heading.split()[1][:-1]}.yaml", gates=[gate])
        options = [*between(urls, base, head), "--limit", "20", "--comment", f"{path}.md"]
        done = forker.run("ci", path, *options, cwd=tmp_path, env=os.environ)
        assert done.code == code, done.output
        lines = Path(f"{path}.md").read_text().splitlines()
        assert lines[:2] == [f"<!-- rag-eval:{Path(path).stem} -->", f"## {heading}"]
        assert len(lines) <= 40


def test_a_job_leaves_two_ordinary_runs_and_a_comment(urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Which compare, gate and show read; the comment is in the step's summary, the gates are in JUnit XML."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    Path("step.md").write_text("before\n")
    result = ci(experiment(), *between(urls, "strong", "weak"), "--limit", "30", "--junit", "out/x.xml", "--json")
    printed = json.loads(result.stdout)
    folders = {side: Path(path) for side, path in printed["folders"].items()}
    assert [path.name.split("-", 2)[2] for path in folders.values()] == ["support-base", "support-head"]
    texts = ["answered.drop_vs(base) <= 0.02", "recall@5.drop_vs(base) <= 0.03"]
    assert (printed["implied"], [gate["expression"] for gate in printed["gates"]]) == (True, texts)
    assert {gate["against"] for gate in printed["gates"]} == {folders["base"].name}
    assert result.exit_code == {"passed": 0, "failed": 1, "undecided": 4}[printed["outcome"]]

    comment = Path(printed["files"]["comment"]).read_text()
    assert "has no gates" in comment
    assert "Lost in recall@5" in comment
    assert Path("step.md").read_text() == f"before\n{comment}\n"
    assert [case.name for suite in JUnitXml.fromfile("out/x.xml") for case in suite][:2] == texts

    compared = json.loads(CliRunner().invoke(app, ["compare", "support-base", "support-head", "--json"]).stdout)
    assert compared["metrics"] == printed["metrics"]
    gated = json.loads(CliRunner().invoke(app, ["gate", "support-head", "--against", "support-base", "--json"]).stdout)
    assert gated["gates"] == printed["gates"]
    shown = json.loads(CliRunner().invoke(app, ["show", "support-head", "--json"]).stdout)
    assert shown["gates"] == printed["gates"]
    assert "canary" not in "".join(p.read_text() for p in Path().rglob("*") if p.suffix in (".yaml", ".md", ".json"))


def test_two_experiments_are_two_versions(urls: dict[str, str]) -> None:
    """Each with its own target; the gates are those of the second, and no baseline need be kept anywhere."""
    select = {"retrieved_contexts": "contexts[].text", "retrieved_context_ids": "contexts[].id"}
    auth = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_PASSWORD"}
    for name, gates in (("weak", ["recall@5.mean >= 0.99"]), ("strong", ["answered >= 0.5", "hit@5.drop_vs <= 0.5"])):
        url = urls[name]
        target = {"kind": "http", "url": f"{url}/api/v1/query/", "select": select}
        login = {**auth, "url": f"{url}/api/v1/auth/login"}
        experiment(f"{name}.yaml", target={**target, "auth": login}, gates=gates)
    result = ci("weak.yaml", "strong.yaml", "--limit", "20", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert (printed["name_a"], printed["name_b"]) == ("weak-base", "strong-head")
    assert [gate["expression"] for gate in printed["gates"]] == ["answered >= 0.5", "hit@5.drop_vs <= 0.5"]


def test_what_the_head_leaves_unanswered_is_in_every_report() -> None:
    """A broken head fails a gate, exit code 1, with too little scored beside; its questions are errors in JUnit."""

    def broken(request: Request) -> Response:
        question = request.body["query"]
        return Response(body=plain(question)) if question == "Why 0?" else Response(status=500)

    with RagServer() as base, RagServer(broken) as head:
        target = {"kind": "http", "url": f"{base.url}/ask", "retries": 0, "breaker": None}
        Path("q.jsonl").write_text("\n".join(json.dumps({"id": f"q{n}", "question": f"Why {n}?"}) for n in range(24)))
        path = experiment(dataset="q.jsonl", target=target, metrics=["latency"])
        result = ci(path, "--head", head.url, "--junit", "x.xml", "--comment", "c.md")
    assert result.exit_code == 1, result.output
    assert "too little was scored to stand for the dataset: latency 1 of 24" in result.output
    assert "Too little of support-head was scored" in Path("c.md").read_text()
    [_, questions] = JUnitXml.fromfile("x.xml")
    assert (questions.errors, [case.name for case in questions]) == (23, [f"q{n}" for n in range(1, 24)])
    assert {case.result[0].type for case in questions if case.result} == {"http_status"}


def test_a_job_that_cannot_go_on_says_how_it_can() -> None:
    """Where one version stays away both runs end, with what was done kept; each goes on by itself."""
    with RagServer() as base:
        breaker = {"failures": 1, "recovery": 0.05, "patience": 0.1}
        target = {"kind": "http", "url": f"{base.url}/ask", "retries": 0, "breaker": breaker}
        Path("q.jsonl").write_text("\n".join(json.dumps({"id": f"q{n}", "question": f"Why {n}?"}) for n in range(30)))
        path = experiment(dataset="q.jsonl", target=target, metrics=["latency"])
        result = ci(path, "--head", "http://127.0.0.1:9")
        assert result.exit_code == 3, result.output
        commands = re.findall(r"rag-eval (run --no-gates --resume \S+|gate \S+ --against \S+)", result.output)
        assert [command.split()[0] for command in commands] == ["run", "run", "gate"]
        resumed = CliRunner().invoke(app, [*commands[0].split(), "-q"])
        assert resumed.exit_code == 0, resumed.output


def test_both_versions_are_judged_by_one_judge_that_is_paid_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two versions that answer alike cost what one costs."""
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    with RagServer() as service, JudgeServer() as judge:
        Path("q.jsonl").write_text(
            "\n".join(json.dumps({"id": f"q{n}", "question": f"Why {n}?", "ground_truth": "So."}) for n in range(3))
        )
        target = {"kind": "http", "url": f"{service.url}/ask"}
        judged = {"kind": "openai", "model": "m", "base_url": judge.url}
        path = experiment(dataset="q.jsonl", target=target, metrics=["answer_relevancy"], judge=judged, min_coverage=0)
        assert CliRunner().invoke(app, ["run", path, "-q"]).exit_code == 0
        alone = judge.asked.total()
        judge.asked.clear()
        printed = json.loads(ci(path, "--head", service.url, "--json").stdout)
        assert judge.asked.total() == alone
    assert printed["verdict"] == "too_few"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["support.yaml"], "there is one version only"),
        (["support.yaml", "support.yaml", "--base", "http://b"], "leave --base and --head out"),
        (["support.yaml", "--head", "b.example"], "is no address"),
        (["support.yaml", "other.yaml"], "cannot be asked side by side: judges differ"),
        (["support.yaml", "seldom.yaml"], "one asks each question 1 times and one 2 times"),
        (["support.yaml", "--head", "http://127.0.0.1:9", "--gate", "mrr.mean >= 0.5"], "no metric of this experiment"),
    ],
)
def test_what_cannot_be_asked_side_by_side_is_refused_before_anything_is_asked(
    arguments: list[str], problem: str
) -> None:
    """With exit code 2, and no folder is left."""
    experiment()
    experiment("other.yaml", judge={"kind": "custom", "use": "support.scripted:Scripted", "options": {"says": {}}})
    experiment("seldom.yaml", target={"kind": "http", "url": "http://127.0.0.1:9/ask", "repeats": 2})
    result = ci(*arguments)
    assert result.exit_code == 2, result.output
    assert problem in result.output
    assert not Path("runs").exists()
