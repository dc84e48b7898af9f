"""What MLflow is given, read back from its own server."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.door import Door
from support.mlflow_server import MlflowServer
from support.rag_server import RagServer, Request, Response
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner

from rag_eval import config, tracking
from rag_eval.cli import app
from rag_eval.errors import UnreachableError
from rag_eval.records import SequentialDesign, Summary
from rag_eval.telemetry import silence
from rag_eval.tracking import store
from rag_eval.tracking.mlflow.runs import RunStatus, standing


def _client(server: MlflowServer) -> Any:
    silence()
    import mlflow

    return mlflow.MlflowClient(server.url)


def _traces(server: MlflowServer, tracked: store.TrackedRun) -> list[Any]:
    from mlflow.tracing.client import TracingClient

    found = TracingClient(server.url).search_traces(
        locations=[tracked.experiment_id], run_id=tracked.run_id, max_results=500
    )
    return sorted(found, key=lambda trace: str(trace.info.client_request_id))


def _pushed(folder: Path, name: str) -> store.TrackedRun:
    tracked = store.read(only(folder, name))
    assert tracked is not None
    return tracked


def _said(server: MlflowServer, experiment: str) -> dict[str, str]:
    return {"tracking_uri": server.url, "experiment": experiment}


@pytest.mark.slow
def test_a_run_stands_in_mlflow_with_all_that_belongs_to_it(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """Metrics, parameters, dataset digest, note and artifacts are there, and the link is printed."""
    result = replay(tmp_path, "whole", rows(), mlflow=_said(mlflow_server, "whole"))
    assert result.exit_code == 0, result.output
    tracked = _pushed(tmp_path, "whole")
    assert tracked.link in result.output
    run = _client(mlflow_server).get_run(tracked.run_id)
    summary = json.loads((only(tmp_path, "whole") / "summary.json").read_text())
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.runType"] == "genai_evaluate"
    assert run.data.metrics["faithfulness"] == 1.0
    assert run.data.metrics["recall_at_5"] == 1.0
    assert run.data.params["judge.kind"] == "embedded"
    assert run.inputs.dataset_inputs[0].dataset.digest == summary["origin"]["dataset"]
    assert "embedded judge" in run.data.tags["mlflow.note.content"]
    files = {file.path for file in _client(mlflow_server).list_artifacts(tracked.run_id)}
    made = {"experiment.yaml", "summary.json", "report.md", "report.html", "results.parquet", "evidence.parquet"}
    assert files == {*made, "eval_results.json"}


@pytest.mark.slow
def test_each_case_is_a_trace_with_its_scores_and_their_evidence(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """Question, answer, contexts, scores with verdicts, the reference, and where each came from."""
    assert replay(tmp_path, "traces", rows(wrong=1), mlflow=_said(mlflow_server, "traces")).exit_code == 0
    traces = _traces(mlflow_server, _pushed(tmp_path, "traces"))
    assert [trace.info.client_request_id for trace in traces] == [f"case-{n}" for n in range(CASES)]
    last = traces[-1]
    assert last.info.request_preview == "What does the ferry to island 5 cost?"
    found = {assessment.name: assessment for assessment in last.info.assessments}
    derived = {"faithfulness_min", "refused", "abstention", "answered", "overall"}
    primary = "★ faithfulness"  # stands before the others, as MLflow's columns go by the alphabet
    assert set(found) == {primary, "context_recall", "recall_at_5", "latency", *derived}
    assert found[primary].feedback.value < 0.5
    assert "✗ The ferry to island 5 costs 55 pounds." in found[primary].rationale
    assert found[primary].source.source_id == "embedded judge 4", "not passed off as a language model"
    assert found["latency"].source.source_id == "rag-eval"
    assert last.info.trace_metadata["rag_eval.reference"] == "The ferry to island 5 costs 5 pounds."
    assert last.info.execution_duration == 1000
    [retrieved] = [span for span in last.data.spans if span.span_type == "RETRIEVER"]
    assert retrieved.outputs[0]["metadata"]["doc_uri"] == "ferry#5"


@pytest.mark.slow
def test_pushing_again_writes_nothing_twice(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """After three pushes there is one run, a trace a case, and each score once."""
    assert replay(tmp_path, "again", rows(), mlflow=_said(mlflow_server, "again")).exit_code == 0
    tracked = _pushed(tmp_path, "again")
    before = _everything(mlflow_server, tracked)
    for _ in range(2):
        result = CliRunner().invoke(app, ["sync", str(only(tmp_path, "again"))])
        assert result.exit_code == 0, result.output
        assert tracked.link in result.output
    assert _everything(mlflow_server, tracked) == before
    client = _client(mlflow_server)
    assert len(client.search_runs([tracked.experiment_id])) == 1
    assert len(client.get_metric_history(tracked.run_id, "faithfulness")) == 1
    client.rename_experiment(tracked.experiment_id, "called otherwise")
    result = CliRunner().invoke(app, ["sync", str(only(tmp_path, "again"))])
    assert tracked.link in result.output, "the run is found where it is, and keeps its traces"
    assert _everything(mlflow_server, tracked) == before
    assert client.get_experiment_by_name("again") is None


def _everything(server: MlflowServer, tracked: store.TrackedRun) -> list[Any]:
    return [
        (
            trace.info.trace_id,
            trace.info.request_preview,
            sorted((a.assessment_id, a.name, str(a.value)) for a in trace.info.assessments),
            sorted((span.span_id, span.name) for span in trace.data.spans),
        )
        for trace in _traces(server, tracked)
    ]


@pytest.mark.slow
def test_a_failure_is_an_error_that_a_later_score_replaces(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """A case without an answer shows the reason and no number; once retried and pushed, its score stands there."""
    whole = {row["user_input"]: row for row in rows()}
    down = True

    def service(request: Request) -> Response:
        row = whole[request.body["query"]]
        if down and row["id"] == f"case-{CASES - 1}":
            return Response(status=400, body={})
        return Response(body={"answer": row["response"], "contexts": row["retrieved_contexts"]})

    with RagServer(service) as server:
        target = {"kind": "http", "url": server.url, "select": {"retrieved_contexts": "contexts"}}
        said = {"target": target, "metrics": ["faithfulness", "latency"]}
        result = replay(tmp_path, "failing", rows(), mlflow=_said(mlflow_server, "failing"), **said)
        assert result.exit_code == 3
        tracked = _pushed(tmp_path, "failing")
        _is_an_error(mlflow_server, tracked)
        down = False
        run = str(only(tmp_path, "failing"))
        retried = CliRunner().invoke(app, ["run", "--resume", run, "--retry-errors", "-q"])
    assert retried.exit_code == 0, retried.output
    last = _traces(mlflow_server, tracked)[-1]
    [faithfulness] = [a for a in last.info.assessments if a.name == "★ faithfulness"]
    assert faithfulness.feedback.value == 1.0
    assert faithfulness.error is None
    assert "OK" in str(last.info.state)


def _is_an_error(server: MlflowServer, tracked: store.TrackedRun) -> None:
    last = _traces(server, tracked)[-1]
    assert "ERROR" in str(last.info.state)
    [faithfulness] = [a for a in last.info.assessments if a.name == "★ faithfulness"]
    assert faithfulness.feedback.value is None
    assert faithfulness.error.error_code == "http_status"


@pytest.mark.slow
def test_equal_questions_stay_apart(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """MLflow pairs rows by the question's text, so a question that stands twice is told apart by its case."""
    captured = [{**row, "user_input": "How much?"} for row in rows(3)]
    assert replay(tmp_path, "equal", captured, mlflow=_said(mlflow_server, "equal")).exit_code == 0
    previews = {trace.info.request_preview for trace in _traces(mlflow_server, _pushed(tmp_path, "equal"))}
    assert len(previews) == 3


@pytest.mark.slow
def test_a_run_goes_straight_into_a_database_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server or a setting the store is mlflow.db here, and the link says how to open it."""
    monkeypatch.chdir(tmp_path)
    result = replay(tmp_path, "file", rows())
    assert result.exit_code == 0, result.output
    assert (tmp_path / "mlflow.db").is_file()
    assert f"mlflow   open it with: rag-eval ui {only(tmp_path, 'file').name}" in result.output
    for chatter in ("INFO", "alembic", "View run", "store.db"):
        assert chatter not in result.output
    assert _pushed(tmp_path, "file").link.startswith(store.UI)


@pytest.mark.slow
def test_a_server_that_stops_in_mid_run_costs_nothing_but_a_sync(
    tmp_path: Path, mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run finishes and says that MLflow lacks it with exit code 3; sync yields the whole page, once."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # its seven take half a minute
    with Door(mlflow_server.port) as door:
        said = {"tracking_uri": f"http://127.0.0.1:{door.port}", "experiment": "behind a door"}
        assert replay(tmp_path, "before", rows(), mlflow=said).exit_code == 0
        door.shut()
        result = replay(tmp_path, "away", rows(wrong=2), mlflow=said)
        assert result.exit_code == 3
        assert "did not take the run" in result.output
        assert f"rag-eval sync {only(tmp_path, 'away')}" in result.output.replace("\n", "")
        assert json.loads((only(tmp_path, "away") / "summary.json").read_text())["answered"] == CASES
        assert CliRunner().invoke(app, ["sync", str(only(tmp_path, "away"))]).exit_code == 3
        door.open()
        for _ in range(2):
            assert CliRunner().invoke(app, ["sync", str(only(tmp_path, "away"))]).exit_code == 0
    tracked = _pushed(tmp_path, "away")
    traces = _traces(mlflow_server, tracked)
    assert [len(trace.info.assessments) for trace in traces] == [9] * CASES
    assert len(_client(mlflow_server).search_runs([tracked.experiment_id])) == 2
    other = _traces(mlflow_server, _pushed(tmp_path, "before"))
    assert [t.info.request_preview for t in traces] == [t.info.request_preview for t in other]


def _run(server: MlflowServer, folder: Path, name: str) -> Any:
    return _client(server).get_run(_pushed(folder, name).run_id)


@pytest.mark.slow
def test_runs_are_called_by_what_tells_them_apart(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """Also the first, which had no other beside it yet; one that somebody named keeps its name; ids stay tags."""
    settings = {"mlflow": _said(mlflow_server, "named"), "metrics": ["latency"]}
    for name in ("harbour-weak", "harbour-strong"):
        assert replay(tmp_path, name, rows(2), **settings).exit_code == 0
        clock = only(tmp_path, name).name.split("-")[1][:4]
        assert _run(mlflow_server, tmp_path, name).info.run_name in {f"{name[8:]} · {clock}", f"{name} · {clock}"}
    weak, strong = (_run(mlflow_server, tmp_path, name) for name in ("harbour-weak", "harbour-strong"))
    assert [run.info.run_name.partition(" · ")[0] for run in (weak, strong)] == ["weak", "strong"]
    assert weak.data.tags["rag_eval.run"] == only(tmp_path, "harbour-weak").name
    _client(mlflow_server).set_tag(weak.info.run_id, "mlflow.runName", "mine")
    assert CliRunner().invoke(app, ["sync", str(only(tmp_path, "harbour-weak"))]).exit_code == 0
    again = _run(mlflow_server, tmp_path, "harbour-weak").info
    assert (again.run_name, again.status) == ("mine", "FINISHED")


@pytest.mark.slow
def test_gates_that_fail_show_where_people_look(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """As the run's status, a tag and the first words of its note; once they pass, a push takes all of that back."""
    said = {"mlflow": _said(mlflow_server, "failed"), "metrics": ["faithfulness"]}
    result = replay(tmp_path, "bad", rows(2, wrong=1), gates=["faithfulness.mean >= 0.99", "answered >= 0.5"], **said)
    assert result.exit_code == 1, result.output
    run = _run(mlflow_server, tmp_path, "bad")
    assert run.info.status == "FAILED"
    assert (run.data.tags["gates"], run.data.tags["rag_eval.gate"]) == ("failed", "failed")
    assert run.data.tags["mlflow.note.content"].startswith("**1 of 2 gates failed.**\n\nfaithfulness.mean ≥ 0.99")
    experiment = only(tmp_path, "bad") / "experiment.yaml"
    experiment.write_text(experiment.read_text().replace("0.99", "0.1"))
    resumed = CliRunner().invoke(app, ["run", "--resume", str(experiment.parent), "-q"])
    assert resumed.exit_code == 0, resumed.output
    run = _run(mlflow_server, tmp_path, "bad")
    assert (run.info.status, run.data.tags["gates"]) == ("FINISHED", "passed")
    assert run.data.tags["mlflow.note.content"].startswith("# bad")
    assert "0.99" in run.data.params["gates"], "MLflow lets no setting change"
    assert run.data.tags["rag_eval.now.gates"] == "faithfulness.mean >= 0.1, answered >= 0.5"


def test_a_run_that_is_not_finished_does_not_pass_for_one_that_is(tmp_path: Path) -> None:
    """Nor one of which too little was scored; one that was stopped because its gates were decided is finished."""
    assert replay(tmp_path, "short", rows(2), mlflow={"enabled": False}, metrics=["latency"]).exit_code == 0
    summary = Summary.model_validate_json((only(tmp_path, "short") / "summary.json").read_text())
    assert standing(summary) == RunStatus("FINISHED", ())
    part = summary.model_copy(update={"finished": False, "scored": 1})
    assert standing(part) == RunStatus("KILLED", ("Unfinished: 1 of 2 cases are scored.",))
    stopped = part.model_copy(update={"sequential": SequentialDesign(seed=0, metrics=("latency",), after=1)})
    assert standing(stopped).status == "FINISHED"
    [latency] = [metric for metric in summary.metrics if metric.name == "latency"]
    lacking = latency.model_copy(update={"n": 0, "failed": 2})
    little = standing(summary.model_copy(update={"metrics": (lacking,)}))
    assert little == RunStatus("FAILED", ("Too little was scored: latency.",))


@pytest.mark.slow
def test_baselines_are_marked(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """By a tag, the name and the note; what they are called moves from run to run, and a run may have several.

    A push marks a baseline that MLflow has not heard of.
    """
    folder = str(tmp_path / "baselines")
    settings = {"mlflow": _said(mlflow_server, "kept"), "metrics": ["latency"], "baselines": folder}
    for name in ("first", "second"):
        assert replay(tmp_path, name, rows(2), **settings).exit_code == 0
    for run, name in (("first", "main"), ("first", "mainline"), ("second", "main")):
        arguments = ["baseline", "set", str(only(tmp_path, run)), name, "--baselines", folder]
        assert CliRunner().invoke(app, arguments).exit_code == 0
    first, second = (_run(mlflow_server, tmp_path, name) for name in ("first", "second"))
    assert first.data.tags["baseline"] == first.data.tags["rag_eval.baseline"] == "mainline"
    assert second.data.tags["baseline"] == "main"
    assert second.info.run_name.startswith("⚑ second · ")
    assert second.data.tags["mlflow.note.content"].startswith("⚑ Baseline: main\n\n# second")
    _client(mlflow_server).delete_tag(first.info.run_id, "baseline")
    assert CliRunner().invoke(app, ["baseline", "set", str(only(tmp_path, "second")), "mainline",
                                    "--baselines", folder]).exit_code == 0  # fmt: skip
    first = _run(mlflow_server, tmp_path, "first")
    assert not first.data.tags.keys() & {"baseline", "rag_eval.baseline"}
    assert first.info.run_name.startswith("first · ")
    assert first.data.tags["mlflow.note.content"].startswith("# first")
    for tag in ("baseline", "rag_eval.baseline"):
        _client(mlflow_server).delete_tag(second.info.run_id, tag)
    assert CliRunner().invoke(app, ["sync", str(only(tmp_path, "second"))]).exit_code == 0
    assert _run(mlflow_server, tmp_path, "second").data.tags["baseline"] == "main mainline"
    assert CliRunner().invoke(app, ["baseline", "rm", "main", "--baselines", folder]).exit_code == 0
    assert _run(mlflow_server, tmp_path, "second").data.tags["baseline"] == "mainline"


@pytest.mark.slow
def test_a_comparison_s_files_stand_with_the_run(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """In a folder named for the run that it was compared with; a server that is away is told of."""
    assert replay(tmp_path, "b", rows(2), mlflow=_said(mlflow_server, "files"), metrics=["latency"]).exit_code == 0
    files = tmp_path / "made"
    files.mkdir()
    for name in ("compare.html", "compare.md", "compare.json"):
        (files / name).write_text(name)
    tracked = _pushed(tmp_path, "b")
    for _ in range(2):
        tracking.log_comparison(
            config.MlflowConfig(tracking_uri=mlflow_server.url), tracked, files, "20261123-091500-a"
        )
    listed = _client(mlflow_server).list_artifacts(tracked.run_id, "comparisons/20261123-091500-a")
    assert [Path(file.path).name for file in listed] == ["compare.html", "compare.json", "compare.md"]
    lost = tracked.model_copy(update={"run_id": "0" * 32})
    for uri in (mlflow_server.url, "http://127.0.0.1:9"):
        with pytest.raises(UnreachableError, match="did not take the run"):
            tracking.log_comparison(config.MlflowConfig(tracking_uri=uri), lost, files, "a")


@pytest.mark.slow
def test_a_baseline_is_kept_although_mlflow_is_away(tmp_path: Path, mlflow_server: MlflowServer) -> None:
    """Which is told of."""
    assert replay(tmp_path, "away", rows(), mlflow=_said(mlflow_server, "away")).exit_code == 0
    run = only(tmp_path, "away")
    experiment = (run / "experiment.yaml").read_text()
    (run / "experiment.yaml").write_text(experiment.replace(mlflow_server.url, "http://127.0.0.1:9"))
    result = CliRunner().invoke(app, ["baseline", "set", str(run), "--baselines", str(tmp_path / "baselines")])
    assert result.exit_code == 0
    assert "not marked in MLflow" in result.output
    assert (tmp_path / "baselines" / "main" / "scores.parquet").is_file()
