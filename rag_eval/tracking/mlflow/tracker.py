"""Runs in MLflow, as its GenAI pages want them: one trace a case with its scores as assessments.

The write can be repeated: run, traces, spans and assessments have ids made from the run's key, so pushing again
changes nothing and pushing after `--retry-errors` replaces what was retried.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag_eval import config
from rag_eval.ports import PushProgress, RunResult
from rag_eval.runs import RunFolder
from rag_eval.tracking import store
from rag_eval.tracking.mlflow import runs, sending
from rag_eval.tracking.mlflow.connection import connected, home
from rag_eval.tracking.mlflow.traces import RunTraces, milliseconds


class MlflowTracker:
    """Writes runs to an MLflow store: a server, or a database file."""

    def __init__(self, settings: config.MlflowConfig) -> None:
        self._uri = store.uri(settings)
        self._experiment = store.experiment(settings)

    def push(
        self, run: RunResult, progress: PushProgress = lambda _, __: None, sent: Mapping[str, str] | None = None
    ) -> str:
        """Write a run, the same way however often; returns its link. Raises `UnreachableError`.

        `sent` is what a `Follower` has sent of it.
        """
        summary = run.summary
        with connected(self._uri) as client:
            where, title = home(client, self._experiment, summary.key)
            run_id = runs.place(client, (where, title), summary)
            runs.log_numbers(client, run_id, run)
            table = runs.Table(summary)
            with RunFolder(run.folder).open_() as journal:
                traces, total = RunTraces(run_id, summary), journal.count()
                drafts = table.watch(map(traces.draft, journal.stored()))
                progress(0, total)
                for count in sending.write_missing(
                    sending.writer_of(self._uri, where), traces, drafts, dict(sent or {})
                ):
                    progress(count, total)
            table.log(client, run_id)
            runs.log_files(client, run_id, run.folder)
            client.set_terminated(run_id, runs.standing(summary).status, end_time=milliseconds(summary.ended))
        tracked = store.TrackedRun(
            tracking_uri=store.without_credentials(self._uri), experiment_id=where, run_id=run_id
        )
        tracked.keep(run.folder)
        return tracked.link

    def mark_baseline(self, tracked: store.TrackedRun, name: str) -> None:
        """Move a baseline's name to a run, away from the one that had it; raises `UnreachableError`.

        A run that is several baselines has all of their names.
        """
        with connected(self._uri) as client:
            _unmark(client, tracked.experiment_id, name, but=tracked.run_id)
            run = client.get_run(tracked.run_id)
            runs.name_baselines(client, run, runs.baselines(run) | {name})

    def unmark_baseline(self, name: str) -> None:
        """Take a baseline's name from the run that has it; raises `UnreachableError`."""
        with connected(self._uri) as client:
            where = client.get_experiment_by_name(self._experiment)
            if where is not None:
                _unmark(client, where.experiment_id, name)

    def log_comparison(self, tracked: store.TrackedRun, files: Path, name: str) -> None:
        """Put a folder's files beside those of a run, in `comparisons/NAME`; raises `UnreachableError`."""
        with connected(self._uri) as client:
            client.log_artifacts(tracked.run_id, str(files), f"comparisons/{name}")


def _unmark(client: Any, experiment_id: str, name: str, but: str = "") -> None:
    for run in runs.called(client, experiment_id, name):
        if run.info.run_id != but:
            runs.name_baselines(client, run, runs.baselines(run) - {name})
