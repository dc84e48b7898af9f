"""What a replay plays: captured answers, read and matched with the cases before anything is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag_eval import config, dataset, runs
from rag_eval.dataset import folders
from rag_eval.dataset.sources import documents
from rag_eval.errors import MismatchError
from rag_eval.evaluation.survey import Survey, cases, dataset_kind, dataset_path
from rag_eval.targets.replay import captures, report, source
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.targets.replay.index import CaptureIndex


@dataclass(frozen=True)
class ReplayInput:
    """Captured answers, ready to be played."""

    index: CaptureIndex
    report: report.ReplayReport


@contextmanager
def open_replay(experiment: config.Experiment, limit: int | None) -> Iterator[ReplayInput | None]:
    """What a replay plays, read and matched with the first `limit` cases; None for another target.

    Raises `UsageError`.
    """
    target = experiment.target
    if not isinstance(target, ReplayConfig):
        yield None
        return
    origin = _source(experiment, target)
    own = _is_own(experiment, origin)
    tally, read = captures.CaptureTally(), dataset.Tally()
    # A case that was made of a trace has an id that says which trace, where the trace's own may stand for several.
    with CaptureIndex(("id",) if own and origin.kind == "traces" else target.ways, target.pick) as index:
        index.add(_captures(experiment, target, origin, tally, read))
        if "trace" in target.ways and index.has_traces():
            index.expect(_keys(target.run, Path(experiment.runs)))
        matched = report.report(index, cases(experiment, limit), tally, origin.kind, origin.path)
        if not own and origin.kind == "rows":
            matched = matched.model_copy(update={"rows": read.account(target.fields).remarks_of_answers()})
        # With only the first cases asked, most answers belong to one that is not: nothing to remark on.
        yield ReplayInput(index, matched if limit is None else matched.model_copy(update={"unmatched": None}))


def notes(survey: Survey, played: report.ReplayReport | None) -> tuple[str, ...]:
    """What to say before the first question; skipped traces once where questions and answers come from the same."""
    return tuple(dict.fromkeys([*survey.rows, *survey.skips.remarks, *(played.remarks if played else ())]))


def resolve_paths(experiment: config.Experiment) -> config.Experiment:
    """The experiment with runs by their folders: `latest` must mean the same when it is resumed."""
    target = experiment.target
    if not isinstance(target, ReplayConfig):
        return experiment
    changes: dict[str, str] = {}
    origin = _source(experiment, target)
    if origin.kind == "run":
        changes["path"] = origin.path
    if target.run is not None:
        changes["run"] = str(runs.find(target.run, Path(experiment.runs)).path)
    return experiment.model_copy(update={"target": target.model_copy(update=changes)})


def _source(experiment: config.Experiment, target: ReplayConfig) -> source.CaptureSource:
    if target.path is None:
        path = dataset_path(experiment.dataset)
        given = target.format if target.format in ("rows", "traces") else experiment.dataset.format
        return source.CaptureSource(source.kind(path, given), path)
    path = config.expand(target.path, where="target.path")
    return source.locate(path, target.format, Path(experiment.runs))


def _is_own(experiment: config.Experiment, origin: source.CaptureSource) -> bool:
    """Whether questions and answers stand in the same place."""
    own = experiment.dataset
    return Path(origin.path) == Path(dataset_path(own)) and origin.kind == dataset_kind(own)


def _captures(
    experiment: config.Experiment,
    target: ReplayConfig,
    source: source.CaptureSource,
    tally: captures.CaptureTally,
    read: dataset.Tally,
) -> Iterator[captures.Capture]:
    corpus = _corpus(experiment, target)
    fields = target.fields if target.path else {**experiment.dataset.fields, **target.fields}
    if source.kind == "traces":
        return captures.of_traces(source.path, fields, corpus, tally, target.span_settings)
    if source.kind == "run":
        played = captures.of_run(runs.RunFolder(Path(source.path)), tally)
    else:
        own = config.DatasetConfig(path=source.path, fields=fields, keep_na=experiment.dataset.keep_na)
        rows = own if target.path else experiment.dataset.model_copy(update={"fields": fields})
        items = dataset.answers(rows, read, by_id=not {"id", "trace"}.isdisjoint(target.ways))
        played = captures.of_rows(((item.case, item.answer, f"{item.file}:{item.line}") for item in items), tally)
    # Somebody who gives rows knows whether they have contexts; only what is asked for is added to them.
    return captures.joined(played, corpus, tally) if target.corpus else played


def _corpus(experiment: config.Experiment, target: ReplayConfig) -> captures.Corpus:
    """Reads the passages when the first is wanted; those that the file names at once, to tell of a wrong path."""

    @cache
    def passages() -> Mapping[str, str]:
        if target.corpus:
            return _passages(config.expand(target.corpus, where="target.corpus"))
        if experiment.dataset.corpus:
            return _passages(config.expand(experiment.dataset.corpus, where="dataset.corpus"))
        return folders.passages(Path(dataset_path(experiment.dataset)))

    if target.corpus:
        passages()
    return passages


def _passages(path: str) -> Mapping[str, str]:
    return folders.passages(Path(path)) or documents.passages(path)


def _keys(run: str | None, root: Path) -> list[str]:
    """The keys of the runs that may have sent the questions: the one that is named, else all that are known."""
    run_folders = (
        [runs.find(run, root)] if run else [runs.RunFolder(path.parent) for path in sorted(root.glob("*/journal.db"))]
    )
    keys: list[str] = []
    for folder in run_folders:
        try:
            with folder.open_() as journal:
                keys.append(journal.meta.key)
        except MismatchError:
            if run:
                raise
    return keys
