"""Runs in MLflow, as its GenAI pages want them: one trace a case with its scores as assessments.

The write can be repeated: run, traces, spans and assessments have ids made from the run's key, so pushing again
changes nothing and pushing after `--retry-errors` replaces what was retried. mlflow is imported in this package alone.
"""

import itertools
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from rag_eval import config
from rag_eval.errors import UnreachableError
from rag_eval.journal import Journal, Row
from rag_eval.ports import RunResult
from rag_eval.records import Score, Summary, overall_outcome
from rag_eval.runs import Folder
from rag_eval.telemetry import silence
from rag_eval.tracking import store
from rag_eval.tracking.mlflow.traces import Previews, milliseconds, plain, trace

silence()  # MLflow reads its switch when it is imported

import mlflow  # noqa: E402
import requests  # noqa: E402
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.tracing.client import TracingClient  # noqa: E402

THREADS = 8
"""Traces written at a time to a server; each write waits for the network most of its time."""

# With MLflow's own patience a call to a server that is gone blocks for four minutes.
_IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
KEY_TAG = "rag_eval.run_key"
BASELINE_TAG = "rag_eval.baseline"
_LONGEST_PARAM, _LONGEST_NOTE = 500, 4900
_CHUNK = 200


class MlflowTracker:
    """Writes runs to an MLflow store: a server, or a database file."""

    def __init__(self, said: config.Mlflow) -> None:
        self._uri = store.uri(said)
        self._experiment = store.experiment(said)

    def push(self, run: RunResult) -> str:
        """Write a run, the same way however often; returns its link. Raises `UnreachableError`."""
        with our_errors(self._uri):
            with first_time_alone(self._uri):
                client = mlflow.MlflowClient(self._uri)
                where = experiment_id(client, self._experiment)
            run_id = _run_id(client, where, run.summary)
            _log_numbers(client, run_id, run)
            with Folder(run.folder).open_() as journal:
                _log_traces(self._uri, where, run_id, journal, run.summary)
                _log_table(client, run_id, journal, run.summary)
            _log_files(client, run_id, run.folder)
            client.set_terminated(run_id, "FINISHED", end_time=milliseconds(run.summary.ended))
        tracked = store.Tracked(tracking_uri=store.without_credentials(self._uri), experiment_id=where, run_id=run_id)
        (run.folder / store.FILE).write_text(tracked.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return tracked.link

    def mark_baseline(self, tracked: store.Tracked, name: str) -> None:
        """Move a baseline's name to a run, away from the one that had it; raises `UnreachableError`.

        A run that is several baselines has all of their names.
        """
        with our_errors(self._uri):
            client = mlflow.MlflowClient(self._uri)
            wanted = f"tags.`{BASELINE_TAG}` LIKE '%{name}%'"
            for run in client.search_runs([tracked.experiment_id], filter_string=wanted):
                _name_baselines(client, run, _baselines(run) - {name})
            run = client.get_run(tracked.run_id)
            _name_baselines(client, run, _baselines(run) | {name})


def _baselines(run: Any) -> set[str]:
    """The names of the baselines that a run is."""
    return set(run.data.tags.get(BASELINE_TAG, "").split()) - {""}


def _name_baselines(client: Any, run: Any, names: set[str]) -> None:
    if names:
        client.set_tag(run.info.run_id, BASELINE_TAG, " ".join(sorted(names)))
    elif BASELINE_TAG in run.data.tags:
        client.delete_tag(run.info.run_id, BASELINE_TAG)


@contextmanager
def our_errors(uri: str) -> Iterator[None]:
    """Turn what MLflow raises into `UnreachableError`, and let it be less patient than it is."""
    for name, value in _IMPATIENT.items():
        os.environ.setdefault(name, value)
    try:
        yield
    except (MlflowException, requests.RequestException, OSError) as error:
        told = " ".join(str(error).split())[:300]
        raise UnreachableError(f"MLflow at {store.without_credentials(uri)} did not take the run: {told}") from error


@contextmanager
def first_time_alone(uri: str) -> Iterator[None]:
    """Several processes that create the tables of one new database file at a time break each other's migration."""
    if not uri.startswith("sqlite:///"):
        yield
        return
    with FileLock(uri.removeprefix("sqlite:///") + ".lock"):
        yield


def experiment_id(client: Any, name: str) -> str:
    """The id of an experiment, made if there is none."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException:  # somebody else was first
        return str(client.get_experiment_by_name(name).experiment_id)


def _run_id(client: Any, experiment_id: str, summary: Summary) -> str:
    """The MLflow run with our key, made if there is none."""
    wanted = f"tags.`{KEY_TAG}` = '{summary.key}'"
    found = client.search_runs([experiment_id], filter_string=wanted, max_results=1)
    if found:
        return str(found[0].info.run_id)
    tags = {"mlflow.runType": "genai_evaluate", KEY_TAG: summary.key, "rag_eval.run": summary.run_id}
    made = client.create_run(
        experiment_id, start_time=milliseconds(summary.started), tags=tags, run_name=summary.run_id
    )
    return str(made.info.run_id)


def _log_numbers(client: Any, run_id: str, run: RunResult) -> None:
    """Metrics, settings, the dataset and the report that the run's page shows."""
    summary = run.summary
    at = milliseconds(summary.ended)  # the same time for the same journal, so that a repetition adds no point
    metrics = [Metric(name, value, at, 0) for name, value in _numbers(summary).items()]
    params = [Param(key, str(value)[:_LONGEST_PARAM]) for key, value in run.params.items()]
    note = (run.folder / "report.md").read_text(encoding="utf-8")
    tags = [
        RunTag("mlflow.note.content", note[:_LONGEST_NOTE]),
        RunTag("rag_eval.judge", "embedded" if summary.embedded_judge else str(summary.origin.judge.get("model"))),
        RunTag("rag_eval.version", summary.origin.code),
        RunTag("rag_eval.state", summary.state),
        *(RunTag(name, value) for name, value in _facts(summary).items()),
    ]
    client.log_batch(run_id, metrics=metrics, params=params, tags=tags)
    dataset = Dataset(
        name=Path(str(run.params["dataset.path"])).name,
        digest=summary.origin.dataset,
        source_type="local",
        source=json.dumps({"uri": run.params["dataset.path"]}),
        profile=json.dumps({"num_rows": summary.planned}),
    )
    client.log_inputs(run_id, datasets=[DatasetInput(dataset, [InputTag("mlflow.data.context", "eval")])])


def _facts(summary: Summary) -> dict[str, str]:
    """What became of the gates, and the commit, where there are such; MLflow shows the latter under its own name."""
    outcome = overall_outcome(summary.gates)
    facts: dict[str, str] = {} if outcome is None else {"rag_eval.gate": outcome}
    if summary.git is None or not summary.git.commit:
        return facts
    tree = summary.git
    return {**facts, "mlflow.source.git.commit": tree.commit, "rag_eval.git_dirty": str(tree.dirty).lower()}


def _numbers(summary: Summary) -> dict[str, float]:
    """Means by plain name, which MLflow draws in one section, and what tells how much they stand on."""
    means = {plain(m.name): round(m.mean, 4) for m in summary.metrics if m.mean is not None}
    covered = [m.coverage for m in summary.metrics if m.coverage is not None]
    counts = {
        "cases": summary.cases,
        "cases_answered": summary.answered,
        "least_coverage": round(min(covered), 4) if covered else 0.0,
        "judge_calls": summary.usage.calls,
        "judge_tokens": summary.usage.prompt_tokens + summary.usage.completion_tokens,
    }
    if summary.refusals is not None:
        rates: dict[str, float | None] = {"refused": summary.refusals.refused / summary.refusals.answers}
        rates |= {"over_refusal": summary.refusals.over_refusal, "invented_answers": summary.refusals.invented}
        counts |= {name: round(rate, 4) for name, rate in rates.items() if rate is not None}
    cost = {} if summary.usage.cost_usd is None else {"judge_cost_usd": round(summary.usage.cost_usd, 4)}
    return {**means, **counts, **cost}


def _log_files(client: Any, run_id: str, folder: Path) -> None:
    for name in (
        "experiment.yaml",
        "summary.json",
        "report.md",
        "report.html",
        "results.parquet",
        "evidence.parquet",
    ):
        client.log_artifact(run_id, str(folder / name))


def _log_table(client: Any, run_id: str, journal: Journal, summary: Summary) -> None:
    """The table that MLflow's artifact comparison shows for any number of runs, replaced and never appended to."""
    names = [m.name for m in summary.metrics]
    data = [
        [
            row.case.id,
            row.case.user_input,
            getattr(row.reply, "response", None),
            *(_value(row, name) for name in names),
        ]
        for row in journal.rows()
    ]
    table = {"columns": ["id", "user_input", "response", *names], "data": data}
    client.log_text(run_id, json.dumps(table, ensure_ascii=False), "eval_results.json")
    listed = json.dumps([{"path": "eval_results.json", "type": "table"}])
    client.set_tag(run_id, "mlflow.loggedArtifacts", listed)


def _value(row: Row, name: str) -> float | None:
    outcome = row.outcomes.get(name)
    return round(outcome.value, 4) if isinstance(outcome, Score) else None


def _log_traces(uri: str, experiment_id: str, run_id: str, journal: Journal, summary: Summary) -> None:
    """One trace a case. A database file takes one writer, a server several."""
    client = TracingClient(uri)
    previews = Previews()
    rows = journal.rows()
    with ThreadPoolExecutor(THREADS if uri.startswith("http") else 1) as pool:
        while chunk := list(itertools.islice(rows, _CHUNK)):
            made = [trace(experiment_id, run_id, summary, row, previews.of(row.case)) for row in chunk]
            list(pool.map(client.start_trace, [info for info, _ in made]))
            client.log_spans(experiment_id, [span for _, spans in made for span in spans])
