"""A sweep from the command line: ordinary runs, one result, exit codes, and going on after a stop."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from support.judge_server import JudgeServer
from support.pages import Parsed
from support.rag_server import RagServer, Request, Response, plain
from support.sweeps import rows, sweep, three, write
from typer.testing import CliRunner

from rag_eval import configfile
from rag_eval import sweep as sweeps
from rag_eval.cli import app
from rag_eval.errors import ConfigError, MismatchError
from rag_eval.sweep.result import SweepResult

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="swept")
def _swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A sweep of three variants, and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("sweep")
    result = sweep(folder, str(write(folder, three())), "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_the_best_is_told_with_both_numbers_and_who_may_be_the_best(swept: tuple[Path, dict[str, Any]]) -> None:
    """And which of the two to quote; the worst is clearly worse."""
    _, printed = swept
    assert [variant["label"] for variant in printed["variants"]] == ["good", "fast", "weak"]
    assert (printed["leader"], printed["contenders"]) == ("good", ["good", "fast"])
    value = printed["value"]
    assert value["value"] < value["naive"] == printed["variants"][0]["quality"]
    assert value["interval"]["low"] < value["value"] < value["interval"]["high"]
    first, quoted, *_ = printed["sentences"]
    assert first == "good leads with correctness 0.975; fast cannot be told apart from it, 1 other is clearly worse."
    assert f"Quote {value['value']:.3f} [" in quoted
    assert "for it, not 0.975: that is the best of 3, and partly luck" in quoted
    assert printed["gain"]["value"] <= printed["gain"]["naive"]


def test_the_front_weighs_quality_and_time(swept: tuple[Path, dict[str, Any]]) -> None:
    """The slow best, the faster second and the fastest: none is beaten in both."""
    _, printed = swept
    assert printed["axes"] == ["quality", "latency"]
    assert [variant["on_front"] for variant in printed["variants"]] == [True, True, True]
    assert printed["variants"][0]["latency_p50"] == pytest.approx(2 * printed["variants"][1]["latency_p50"])


def test_each_variant_is_an_ordinary_run(swept: tuple[Path, dict[str, Any]]) -> None:
    """Which compare knows by its name, and finds the same difference; its experiment has no matrix."""
    folder, printed = swept
    for variant in printed["variants"]:
        run = Path(variant["run"])
        assert (run / "report.html").is_file()
        assert configfile.load(run / "experiment.yaml").matrix is None
    names = [f"ferries-{name}" for name in ("weak", "fast", "good")]
    command = ["compare", *names, "--runs", str(folder / "runs"), "--comparisons", str(folder / "pages"), "--json"]
    compared = json.loads(CliRunner().invoke(app, command).stdout)["comparisons"]
    for one, other in zip(compared, printed["comparisons"], strict=True):
        assert {key: one[key] for key in other} == other


def test_one_page_links_every_run_and_every_pair(swept: tuple[Path, dict[str, Any]]) -> None:
    """By paths from its own folder; it holds the verdict, and so does the Markdown."""
    _, printed = swept
    folder = Path(printed["folder"])
    page = Parsed((folder / "sweep.html").read_text())
    links = [attributes["href"] or "" for tag, attributes in page.tags if tag == "a"]
    assert len(links) == 5
    assert all((folder / unquote(link)).is_file() for link in links)
    markdown = (folder / "sweep.md").read_text()
    for sentence in printed["sentences"]:
        assert sentence in page.text
    assert printed["sentences"][0] in markdown
    assert SweepResult.model_validate_json((folder / "sweep.json").read_text()).leader == "good"
    assert sum(tag == "script" for tag, _ in page.tags) == 0


def test_a_sweep_that_is_done_is_made_again_without_asking(swept: tuple[Path, dict[str, Any]]) -> None:
    """Also against another baseline, where captured answers and service are gone."""
    folder, printed = swept
    hidden = [path.rename(path.with_suffix(".gone")) for path in folder.glob("*.jsonl") if path.stem != "questions"]
    try:
        before = {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("*/journal.db")}
        same = json.loads(sweep(folder, "--resume", "latest", "--json").stdout)
        assert same == printed
        best = json.loads(sweep(folder, "--resume", printed["id"][:10], "--baseline", "best", "--json").stdout)
    finally:
        for path in hidden:
            path.rename(path.with_suffix(".jsonl"))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (best["baseline"], best["gain"]) == ("good", None)
    assert [found["name_b"] for found in best["comparisons"]] == ["ferries-weak", "ferries-fast"]
    assert any("holds the luck" in line or "hold the luck" in line for line in best["warnings"])
    assert {key: best[key] for key in ("leader", "value", "contenders")} == {
        key: printed[key] for key in ("leader", "value", "contenders")
    }


def test_the_terminal_says_the_same_and_where_the_page_is(swept: tuple[Path, dict[str, Any]]) -> None:
    """Also against a variant that is called by its number."""
    folder, printed = swept
    result = sweep(folder, "--resume", "latest", "--baseline", "2")
    assert result.exit_code == 0
    assert printed["sentences"][0] in " ".join(result.stdout.split())
    assert f"page     {printed['folder']}/sweep.html" in result.stdout
    assert "Δ: difference in correctness to fast" in result.stdout


def test_parallel_is_the_same_but_for_time(swept: tuple[Path, dict[str, Any]]) -> None:
    """Three at a time come to the same numbers."""
    folder, printed = swept
    result = sweep(folder, str(folder / "sweep.yaml"), "--parallel", "3", "--json", "-o", str(folder / "more"))
    again = json.loads(result.stdout)
    assert [(v["label"], v["quality"], v["share"]) for v in again["variants"]] == [
        (v["label"], v["quality"], v["share"]) for v in printed["variants"]
    ]


def test_gates_of_the_best_decide_and_missing_scores_are_told(tmp_path: Path) -> None:
    """1 where the best fails one, whatever the others do; 3 where too little of any was scored."""
    answers = three(20)
    path = write(tmp_path / "a", answers, gates=["correctness.mean >= 0.5", "latency.p95 <= 0.5s"])
    failed = sweep(tmp_path / "a", str(path))
    assert failed.exit_code == 1
    assert "It fails a gate and must not ship" in failed.stdout
    assert sweep(tmp_path / "a", "--resume", "latest").exit_code == 1
    answers["weak"] = [
        {**row, "error": "none", "response": None} if n < 5 else row for n, row in enumerate(answers["weak"])
    ]
    lost = sweep(tmp_path / "b", str(write(tmp_path / "b", answers)))
    assert lost.exit_code == 3
    assert "error: weak: too little was scored" in lost.stderr
    assert "Without an answer, which counts as 0: weak: 5 of 20." in lost.stdout


def test_few_questions_are_not_ranked(tmp_path: Path) -> None:
    """Five are no sample; with eleven there is a ranking and no half to check it on."""
    few = sweep(tmp_path, str(write(tmp_path, three(40))), "--limit", "5", "--json")
    printed = json.loads(few.stdout)
    assert (printed["leader"], printed["value"], printed["limit_said"]) == (None, None, "--limit 5 of 40")
    assert printed["sentences"][0].startswith("Too few questions to rank 3 variants: 5 have a value of correctness")
    eleven = json.loads(sweep(tmp_path, str(tmp_path / "sweep.yaml"), "--limit", "11", "--json").stdout)
    assert (eleven["leader"] is None, eleven["value"]) == (False, None)
    assert "with care" in eleven["sentences"][1] + eleven["sentences"][0]


def test_what_one_variant_refuses_is_left_out_of_the_ranking_by_faithfulness(tmp_path: Path) -> None:
    """Faithfulness does not speak of refusals; the rest is said, and a variant that refuses all is not ranked."""
    captured = rows(20)
    some = [{**row, "response": "I don't know."} if n < 4 else row for n, row in enumerate(captured)]
    none = [{**row, "response": "I don't know."} for row in captured]
    path = write(tmp_path, {"all": captured, "some": some, "none": none}, metrics=["faithfulness"])
    printed = json.loads(sweep(tmp_path, str(path), "--json").stdout)
    assert printed["questions"] == 16
    assert [variant["label"] for variant in printed["variants"] if variant["rank"] is None] == ["none"]
    told = " ".join(printed["warnings"])
    assert "none: no value of faithfulness, so not ranked." in told
    assert "16 of 20 questions of which each has a value of faithfulness, 4 were refused by one" in told
    assert printed["sentences"][0] == "Every variant has the same faithfulness 1.000."


def _live(folder: Path, url: str, **said: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    questions = [{"id": f"c{n}", "question": f"What is {n}?", "reference": f"It is said: {n}."} for n in range(8)]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    select = {"response": "answer", "retrieved_contexts": "contexts[].text", "usage": "usage"}
    breaker = {"failures": 1, "recovery": 0.05, "patience": 0.1}
    experiment = {
        "name": "live",
        "dataset": str(folder / "questions.jsonl"),
        "target": {
            "kind": "http", "url": f"{url}/q", "select": select, "concurrency": 1, "retries": 0, "breaker": breaker,
            "body": {"query": "{{ user_input }}"},
        },
        "metrics": ["faithfulness", "latency"],
        "runs": str(folder / "runs"),
        "mlflow": {"enabled": False},
        "matrix": {"target.body.top_k": [1, 2, 3]},
        **said,
    }  # fmt: skip
    (folder / "live.yaml").write_text(yaml.safe_dump(experiment))
    return folder / "live.yaml"


def test_a_sweep_that_was_stopped_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    """The service goes down in the middle of the second variant; what the first was asked is not asked again."""
    down = [True]

    def answer(request: Request) -> Response:
        top_k = request.body["top_k"]
        if down[0] and top_k == 2 and request.body["query"] == "What is 3?":
            return Response(status=503)
        usage = {"prompt_tokens": 100 * top_k, "completion_tokens": 5}
        return Response(body={**plain(request.body["query"]), "usage": usage})

    with RagServer(answer) as rag:
        stopped = sweep(tmp_path, str(_live(tmp_path, rag.url)))
        assert stopped.exit_code == 3
        [folder] = (tmp_path / "sweeps").iterdir()
        assert f"rag-eval sweep --resume {folder}" in stopped.stderr
        assert not (folder / "sweep.json").exists()
        down[0] = False
        finished = sweep(tmp_path, "--resume", str(folder), "--json")
        assert finished.exit_code == 0, finished.output
        asked = [(request.body["top_k"], request.body["query"]) for request in rag.requests]
    assert len({*asked}) == 24
    assert {pair for pair in asked if asked.count(pair) > 1} == {(2, "What is 3?")}
    printed = json.loads(finished.stdout)
    assert len(list((tmp_path / "runs").iterdir())) == 3
    assert {variant["label"]: variant["tokens"] for variant in printed["variants"]} == {
        "top_k=1": 105.0, "top_k=2": 205.0, "top_k=3": 305.0,
    }  # fmt: skip
    assert printed["axes"] == ["quality", "latency", "tokens"]


@pytest.mark.parametrize("parallel", ["1", "3"])
def test_equal_prompts_of_the_judge_are_paid_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: str
) -> None:
    """Three variants that answer alike cost as much as one."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with RagServer() as rag, JudgeServer() as judge:
        said = {"kind": "openai", "model": "m", "base_url": judge.url, "concurrency": 2}
        result = sweep(tmp_path, str(_live(tmp_path, rag.url, judge=said)), "--parallel", parallel, "--json")
        assert result.exit_code == 0, result.output
        assert rag.answered.total() == 24
        assert judge.answered.total() >= 8
        assert max(judge.answered.values()) == 1
    warned = "at a time" in " ".join(json.loads(result.stdout)["warnings"])
    assert warned == (parallel == "3")


def test_what_cannot_be_swept_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """A variant that cannot be, captured answers that are not there, unlike repeats, an unknown baseline or sweep."""
    with RagServer() as rag:
        for changes, told in (
            (
                {"matrix": {"target.timout": [1, 2]}},
                "matrix, timout=1: target.timout: no such key. Did you mean timeout?",
            ),
            ({"matrix": {"target.repeats": [1, 2]}}, "cannot be compared: one asks each question 1 times and one 2"),
            ({"matrix": None}, "matrix: is missing"),
        ):
            refused = sweep(tmp_path, str(_live(tmp_path, rag.url, **changes)))
            assert refused.exit_code == 2
            assert told in refused.stderr
        path = _live(tmp_path, rag.url)
        assert "There are 1: top_k=1; 2: top_k=2" in sweep(tmp_path, str(path), "--baseline", "x").stderr
        assert rag.requests == []
    assert not (tmp_path / "sweeps").exists()
    answers = three(10)
    missing = write(tmp_path / "m", answers)
    (tmp_path / "m" / "good.jsonl").unlink()
    refused = sweep(tmp_path / "m", str(missing))
    assert refused.exit_code == 2
    assert "matrix, good: " in refused.stderr
    assert not (tmp_path / "m" / "runs").exists()
    for arguments in (["--retry-errors"], ["--resume", "latest"], ["x.yaml", "--resume", "latest"]):
        assert sweep(tmp_path, *arguments).exit_code == 2


@pytest.mark.parametrize("command", [["run"], ["ci", "--head", "http://127.0.0.1:9"], ["load"]])
def test_one_run_of_several_variants_is_refused(tmp_path: Path, command: list[str]) -> None:
    """Whoever asks one system is told what to do with a matrix."""
    path = _live(tmp_path, "http://127.0.0.1:9")
    result = CliRunner().invoke(app, [command[0], str(path), *command[1:], "-q"])
    assert result.exit_code == 2
    assert "its matrix makes 3 variants, which are as many runs. Do: rag-eval sweep FILE" in result.stderr


def test_validate_lists_the_variants(tmp_path: Path) -> None:
    """With what is to be done next; as JSON with their settings."""
    path = write(tmp_path, three(10))
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 0
    assert "matrix: 3 variants" in result.stdout
    assert "weak → ferries-weak" in result.stdout
    assert result.stdout.rstrip().endswith(f"next: rag-eval sweep {path}")
    told = json.loads(CliRunner().invoke(app, ["validate", str(path), "--json"]).stdout)
    assert told["cases"] == 10
    assert [variant["name"] for variant in told["variants"]] == ["ferries-weak", "ferries-fast", "ferries-good"]
    (tmp_path / "good.jsonl").unlink()
    assert "matrix, good: " in CliRunner().invoke(app, ["validate", str(path)]).stderr


def test_a_sweep_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    """The newest of several; what is none is answered with those there are."""
    for name in ("20260101-000000-a", "20260102-000000-a", "20260103-000000-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state.json").write_text("{}")
    for wanted, found in (
        ("latest", "20260103-000000-b"),
        ("a", "20260102-000000-a"),
        ("20260101", "20260101-000000-a"),
    ):
        assert sweeps.find(wanted, tmp_path).id == found
    assert sweeps.find(str(tmp_path / "20260101-000000-a")).id == "20260101-000000-a"
    with pytest.raises(MismatchError, match=r"c: is no sweep\. There are: 20260101-000000-a"):
        sweeps.find("c", tmp_path)
    (tmp_path / "20260101-000000-a" / "state.json").write_text("[]")
    with pytest.raises(MismatchError, match="is no sweep that can be gone on with"):
        sweeps.find("20260101", tmp_path).read()


def test_every_mistake_of_a_matrix_is_told_at_once(tmp_path: Path) -> None:
    """A line for each variant that cannot be."""
    experiment = configfile.load(_live(tmp_path, "http://h", matrix={"target.timeout": ["a", 1, "b"]}))
    with pytest.raises(ConfigError) as raised:
        sweeps.expand(experiment)
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
        "matrix, timeout=a", "matrix, timeout=b",
    ]  # fmt: skip
