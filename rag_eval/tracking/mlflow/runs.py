"""A run's own page in MLflow: its name, numbers, settings, files, and what tells at a glance how it stands."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from rag_eval.ports import RunResult
from rag_eval.records import GateResult, Summary, overall_outcome
from rag_eval.tracking import names
from rag_eval.tracking.mlflow.connection import KEY_TAG, run_of
from rag_eval.tracking.mlflow.traces import TraceDraft, encoded, milliseconds, plain

RUN_TAG = "rag_eval.run"
BASELINE_TAGS = ("baseline", "rag_eval.baseline")
GATES_TAGS = ("gates", "rag_eval.gate")
"""The short one is what a column of MLflow's list is called; the other tells whose it is."""
_NOW = "rag_eval.now."
"""Before the settings that have changed since the first push."""
NOTE, NAME = "mlflow.note.content", "mlflow.runName"
_LONGEST_PARAM, _LONGEST_NOTE = 500, 4900
_MOST_SIBLINGS = 500
_BASELINE_LINE = re.compile(rf"^{names.BASELINE}[^\n]*\n\n")
_FILES = ("experiment.yaml", "summary.json", "report.md", "report.html", "results.parquet", "evidence.parquet")


@dataclass(frozen=True)
class RunStatus:
    """How a run stands, as MLflow's lists and its page say."""

    status: str
    """`FINISHED`; `FAILED` for a run that its gates or its coverage block; `KILLED` for one that is not finished."""
    sentences: tuple[str, ...]


def standing(summary: Summary) -> RunStatus:
    """How a run stands."""
    if not summary.finished and not summary.stopped:
        state = f"Unfinished: {summary.scored} of {summary.planned} cases are scored."
        return RunStatus("KILLED", (state, *_gates(summary.gates)))
    short = dict.fromkeys(metric.name for metric in (*summary.short_of_coverage, *summary.without_value))
    little = (f"Too little was scored: {', '.join(short)}.",) if short else ()
    blocked = bool(short) or overall_outcome(summary.gates) == "failed"
    return RunStatus("FAILED" if blocked else "FINISHED", (*_gates(summary.gates), *little))


def _gates(gates: Collection[GateResult]) -> tuple[str, ...]:
    """What became of gates that did not pass, the failed ones first."""
    groups = [[gate for gate in gates if gate.outcome == outcome] for outcome in ("failed", "undecided")]
    counts = [
        f"{len(group)} of {len(gates)} gates {verb}."
        for group, verb in zip(groups, ("failed", "are undecided"), strict=True)
        if group
    ]
    return (*counts, *(gate.sentence for group in groups for gate in group))


def place(client: Any, experiment: tuple[str, str], summary: Summary) -> str:
    """The id of the MLflow run with our key, made if there is none; `experiment` is the id and the name of MLflow's.

    A run is called by what tells it from the others here; a new one may change what that is for those before it.
    """
    where, title = experiment
    mine = run_of(client, where, summary.key)
    known = client.search_runs([where], filter_string=f"tags.`{RUN_TAG}` LIKE '%'", max_results=_MOST_SIBLINGS)
    own = names.experiment(summary.run_id)
    labels = names.labels({own, *(names.experiment(_id(run)) for run in known)}, title)
    for run in known:
        _relabel(client, run, labels)
    if mine is not None:
        return str(mine.info.run_id)
    name = names.name(labels[own], summary.run_id, summary.started, {run.info.run_name for run in known})
    tags = {"mlflow.runType": "genai_evaluate", KEY_TAG: summary.key, RUN_TAG: summary.run_id}
    made = client.create_run(where, start_time=milliseconds(summary.started), tags=tags, run_name=name)
    return str(made.info.run_id)


def _relabel(client: Any, run: Any, labels: Mapping[str, str]) -> None:
    given = run.info.run_name
    name = names.renamed(given, labels[names.experiment(_id(run))], _id(run))
    if name != given:
        client.set_tag(run.info.run_id, NAME, name)


def _id(run: Any) -> str:
    return str(run.data.tags[RUN_TAG])


def log_numbers(client: Any, run_id: str, run: RunResult) -> None:
    """Metrics, settings, the dataset and the report that the run's page shows."""
    summary = run.summary
    at = milliseconds(summary.ended)  # the same time for the same journal, so that a repetition adds no point
    metrics = [Metric(name, value, at, 0) for name, value in _numbers(summary).items()]
    had = client.get_run(run_id)
    params, changed = _settings(run, had.data.params)
    report = (run.folder / "report.md").read_text(encoding="utf-8")
    tags = {
        NOTE: _with_baselines(_headed(report, standing(summary).sentences), baselines(had))[:_LONGEST_NOTE],
        "rag_eval.judge": _judge(summary),
        "rag_eval.version": summary.origin.code,
        "rag_eval.state": summary.state,
        **changed,
        **_facts(summary),
    }
    client.log_batch(run_id, metrics=metrics, params=params, tags=[RunTag(*tag) for tag in tags.items()])
    for gone in had.data.tags.keys() - tags.keys():
        if gone in GATES_TAGS or gone.startswith(_NOW):
            client.delete_tag(run_id, gone)
    _log_dataset(client, run_id, run)


def _judge(summary: Summary) -> str:
    """Who judged: a model, or what a judge of somebody else's is called by."""
    who = summary.origin.judge
    return "embedded" if summary.embedded_judge else str(who.get("model") or who.get("use") or who.get("kind"))


def _settings(run: RunResult, had: Mapping[str, str]) -> tuple[list[Param], dict[str, str]]:
    """The settings that MLflow does not have yet, and as tags those that changed: it lets none change."""
    settings = {key: str(value)[:_LONGEST_PARAM] for key, value in run.params.items()}
    new = [Param(key, value) for key, value in settings.items() if key not in had]
    return new, {f"{_NOW}{key}": value for key, value in settings.items() if had.get(key, value) != value}


def _headed(report: str, sentences: Sequence[str]) -> str:
    """A report beneath what is to be read first."""
    return "\n\n".join([*(f"**{text}**" for text in sentences[:1]), *sentences[1:], report])


def _log_dataset(client: Any, run_id: str, run: RunResult) -> None:
    dataset = Dataset(
        name=Path(str(run.params["dataset.path"])).name,
        digest=run.summary.origin.dataset,
        source_type="local",
        source=json.dumps({"uri": run.params["dataset.path"]}),
        profile=json.dumps({"num_rows": run.summary.planned}),
    )
    client.log_inputs(run_id, datasets=[DatasetInput(dataset, [InputTag("mlflow.data.context", "eval")])])


def _facts(summary: Summary) -> dict[str, str]:
    """What became of the gates, and the commit, where there are such; MLflow shows the latter under its own name."""
    outcome = overall_outcome(summary.gates)
    facts: dict[str, str] = {} if outcome is None else dict.fromkeys(GATES_TAGS, str(outcome))
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
    if summary.refusals is not None and summary.refusals.answers:
        rates: dict[str, float | None] = {"refused": summary.refusals.refused / summary.refusals.answers}
        rates |= {"over_refusal": summary.refusals.over_refusal, "invented_answers": summary.refusals.invented}
        counts |= {name: round(rate, 4) for name, rate in rates.items() if rate is not None}
    cost = {} if summary.usage.cost_usd is None else {"judge_cost_usd": round(summary.usage.cost_usd, 4)}
    return {**means, **counts, **cost}


def log_files(client: Any, run_id: str, folder: Path) -> None:
    """The run's files, as artifacts."""
    for name in _FILES:
        client.log_artifact(run_id, str(folder / name))


class Table:
    """The table that MLflow's artifact comparison shows for any number of runs, replaced and never appended to."""

    def __init__(self, summary: Summary) -> None:
        self._metrics = [metric.name for metric in summary.metrics]
        self._rows: list[list[str | float | None]] = []

    def watch(self, drafts: Iterable[TraceDraft]) -> Iterator[TraceDraft]:
        """The same cases, each taken down on its way."""
        for draft in drafts:
            stored = draft.stored
            values = {outcome.metric: outcome.value for outcome in stored.outcomes}
            response = json.loads(stored.reply).get("response")
            rounded = (None if (value := values.get(name)) is None else round(value, 4) for name in self._metrics)
            self._rows.append([stored.case_id, draft.question, response, *rounded])
            yield draft

    def log(self, client: Any, run_id: str) -> None:
        """Put the cases that came by into the run."""
        table = {"columns": ["id", "user_input", "response", *self._metrics], "data": self._rows}
        client.log_text(run_id, encoded(table), "eval_results.json")
        client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps([{"path": "eval_results.json", "type": "table"}]))


def baselines(run: Any) -> set[str]:
    """The names of the baselines that an MLflow run is."""
    return {name for tag in BASELINE_TAGS for name in run.data.tags.get(tag, "").split()}


def called(client: Any, experiment_id: str, name: str) -> list[Any]:
    """The MLflow runs that have a baseline's name."""
    likely = client.search_runs([experiment_id], filter_string=f"tags.`{BASELINE_TAGS[1]}` LIKE '%{name}%'")
    return [run for run in likely if name in baselines(run)]


def name_baselines(client: Any, run: Any, baselines: Collection[str]) -> None:
    """Mark a run as these baselines and as no other: by tags, and where people look, by its name and its note."""
    run_id, tags = run.info.run_id, run.data.tags
    for tag in BASELINE_TAGS:
        if baselines:
            client.set_tag(run_id, tag, " ".join(sorted(baselines)))
        elif tag in tags:
            client.delete_tag(run_id, tag)
    client.set_tag(run_id, NAME, names.marked(run.info.run_name, baseline=bool(baselines)))
    client.set_tag(run_id, NOTE, _with_baselines(tags.get(NOTE, ""), baselines)[:_LONGEST_NOTE])


def _with_baselines(note: str, baselines: Collection[str]) -> str:
    """A note that begins with the baselines that its run is."""
    line = f"{names.BASELINE}Baseline: {', '.join(sorted(baselines))}\n\n" if baselines else ""
    return line + _BASELINE_LINE.sub("", note)
