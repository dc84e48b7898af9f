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

    shelf: CaptureIndex
    report: report.ReplayReport


@contextmanager
def open_replay(experiment: config.Experiment, limit: int | None) -> Iterator[ReplayInput | None]:
    """What a replay plays, read and matched with the first `limit` cases; None for another target.

    Raises `UsageError`.
    """
    said = experiment.target
    if not isinstance(said, ReplayConfig):
        yield None
        return
    origin = _source(experiment, said)
    own = _is_own(experiment, origin)
    tally, read = captures.CaptureTally(), dataset.Tally()
    # A case that was made of a trace has an id that says which trace, where the trace's own may stand for several.
    with CaptureIndex(("id",) if own and origin.kind == "traces" else said.ways, said.pick) as shelf:
        shelf.add(_captures(experiment, said, origin, tally, read))
        if "trace" in said.ways and shelf.has_traces():
            shelf.expect(_keys(said.run, Path(experiment.runs)))
        found = report.report(shelf, cases(experiment, limit), tally, origin.kind, origin.path)
        if not own and origin.kind == "rows":
            found = found.model_copy(update={"rows": read.account(said.fields).remarks_of_answers()})
        # With only the first cases asked, most answers belong to one that is not: nothing to remark on.
        yield ReplayInput(shelf, found if limit is None else found.model_copy(update={"unmatched": None}))


def notes(survey: Survey, played: report.ReplayReport | None) -> tuple[str, ...]:
    """What to say before the first question; skipped traces once where questions and answers come from the same."""
    return tuple(dict.fromkeys([*survey.rows, *survey.skips.remarks, *(played.remarks if played else ())]))


def resolve_paths(experiment: config.Experiment) -> config.Experiment:
    """The experiment with runs by their folders: `latest` must mean the same when it is resumed."""
    said = experiment.target
    if not isinstance(said, ReplayConfig):
        return experiment
    changes: dict[str, str] = {}
    origin = _source(experiment, said)
    if origin.kind == "run":
        changes["path"] = origin.path
    if said.run is not None:
        changes["run"] = str(runs.find(said.run, Path(experiment.runs)).path)
    return experiment.model_copy(update={"target": said.model_copy(update=changes)})


def _source(experiment: config.Experiment, said: ReplayConfig) -> source.CaptureSource:
    if said.path is None:
        path = dataset_path(experiment.dataset)
        given = said.format if said.format in ("rows", "traces") else experiment.dataset.format
        return source.CaptureSource(source.kind(path, given), path)
    path = config.expand(said.path, where="target.path")
    return source.locate(path, said.format, Path(experiment.runs))


def _is_own(experiment: config.Experiment, origin: source.CaptureSource) -> bool:
    """Whether questions and answers stand in the same place."""
    own = experiment.dataset
    return Path(origin.path) == Path(dataset_path(own)) and origin.kind == dataset_kind(own)


def _captures(
    experiment: config.Experiment,
    said: ReplayConfig,
    source: source.CaptureSource,
    tally: captures.CaptureTally,
    read: dataset.Tally,
) -> Iterator[captures.Capture]:
    corpus = _corpus(experiment, said)
    fields = said.fields if said.path else {**experiment.dataset.fields, **said.fields}
    if source.kind == "traces":
        return captures.of_traces(source.path, fields, corpus, tally)
    if source.kind == "run":
        found = captures.of_run(runs.RunFolder(Path(source.path)), tally)
    else:
        own = config.DatasetConfig(path=source.path, fields=fields, keep_na=experiment.dataset.keep_na)
        rows = own if said.path else experiment.dataset.model_copy(update={"fields": fields})
        items = dataset.answers(rows, read, by_id=not {"id", "trace"}.isdisjoint(said.ways))
        found = captures.of_rows(((item.case, item.answer, f"{item.file}:{item.line}") for item in items), tally)
    # Somebody who gives rows knows whether they have contexts; only what is asked for is added to them.
    return captures.joined(found, corpus, tally) if said.corpus else found


def _corpus(experiment: config.Experiment, said: ReplayConfig) -> captures.Corpus:
    """Reads the passages when the first is wanted; those that the file names at once, to tell of a wrong path."""

    @cache
    def passages() -> Mapping[str, str]:
        if said.corpus:
            return _passages(config.expand(said.corpus, where="target.corpus"))
        if experiment.dataset.corpus:
            return _passages(config.expand(experiment.dataset.corpus, where="dataset.corpus"))
        return folders.passages(Path(dataset_path(experiment.dataset)))

    if said.corpus:
        passages()
    return passages


def _passages(path: str) -> Mapping[str, str]:
    return folders.passages(Path(path)) or documents.passages(path)


def _keys(run: str | None, root: Path) -> list[str]:
    """The keys of the runs that may have sent the questions: the one that is named, else all that are known."""
    found = (
        [runs.find(run, root)] if run else [runs.RunFolder(path.parent) for path in sorted(root.glob("*/journal.db"))]
    )
    keys: list[str] = []
    for folder in found:
        try:
            with folder.open_() as journal:
                keys.append(journal.meta.key)
        except MismatchError:
            if run:
                raise
    return keys
