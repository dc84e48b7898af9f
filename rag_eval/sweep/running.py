"""A sweep from beginning to end: every variant an ordinary run, then one result of all of them.

experiment × matrix ─▶ variants ─▶ runs, one judge ─▶ ranking, choice, front ─▶ page, Markdown, JSON
                                                   └▶ each against the baseline ─▶ comparisons
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag_eval import config, configfile, pipeline, publishing, runs, tracking
from rag_eval.errors import Interruption, StorageError, UnreachableError
from rag_eval.evaluation import session
from rag_eval.ports import RunResult
from rag_eval.pushing import FinishedRun, track
from rag_eval.records import Summary
from rag_eval.sweep import asking, choosing, page, report, variants
from rag_eval.sweep import folder as folders
from rag_eval.sweep.asking import Progress, SweepPart, Tell
from rag_eval.sweep.folder import SweepFolder, SweepState
from rag_eval.sweep.measuring import VariantRun
from rag_eval.sweep.result import SweepResult
from rag_eval.sweep.variants import Variant


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class SweepOptions:
    """What the command line may add to an experiment."""

    limit: int | None = None
    """Only the first so many cases of each variant."""
    gates: bool = True
    """Hold every variant to the experiment's gates."""
    parallel: int = 1
    """Variants that are asked at a time, at most."""
    baseline: str | None = None
    """Label, run name or number of the variant that the others are compared with, or `best`; the first if None."""
    root: Path = folders.ROOT
    """Folder of sweeps."""
    resume: SweepFolder | None = None
    """A sweep to go on with, instead of a new one; `limit` and `gates` are then its own."""
    retry_errors: bool = False
    """Try cases again that ended in a failure."""


@dataclass(frozen=True)
class FinishedSweep:
    """A sweep that has been written down."""

    result: SweepResult
    folder: SweepFolder
    runs: tuple[FinishedRun, ...]
    """In the order of the matrix."""
    pages: dict[str, Path]
    """Label of a variant to the page that compares it with the baseline."""


def run(
    experiment: config.Experiment,
    options: SweepOptions = SweepOptions(),
    display: session.Display = session.unseen,
    tell: Tell = _silent,
) -> FinishedSweep:
    """Run every variant of an experiment, and say which is best and what choosing it is worth.

    Raises `UsageError` before anything is asked, and `Interruption` when it is stopped, with what was done kept. A
    sweep that is gone on with asks nothing of variants that are done.
    """
    every = variants.expand(experiment)
    baseline = _baseline(every, options.baseline)
    kept = options.resume.read() if options.resume else SweepState(limit=options.limit, gates=options.gates)
    begun = {variant.experiment.name: _begun(variant, kept) for variant in every}
    done = {name: run for name, run in begun.items() if run and not options.retry_errors and _is_done(run)}
    pending = [variant for variant in every if variant.experiment.name not in done]
    checked = variants.checked(pending, kept.limit, gates=kept.gates)
    parts = [
        SweepPart(variant, part, begun[variant.experiment.name]) for variant, part in zip(pending, checked, strict=True)
    ]
    state = kept.model_copy(update={"parallel": max(options.parallel, kept.parallel)})
    folder = options.resume or folders.create(options.root, experiment, state)
    if options.resume:
        folder.keep(state)
    progress = Progress(folder, state)
    with _stoppable(folder):
        base = pipeline.Options(limit=kept.limit, retry_errors=options.retry_errors, gates=kept.gates)
        written = asking.ask(parts, [*done.values()], progress, base, display, tell)
        finished = tuple(
            track(written[name]) if name in written else _before(done[name])
            for name in (variant.experiment.name for variant in every)
        )
    return _concluded(folder, every, finished, progress.state, baseline)


def _baseline(every: Sequence[Variant], wanted: str | None) -> int | str:
    """The place of the baseline, or `best`."""
    return choosing.BEST if wanted == choosing.BEST else 0 if wanted is None else variants.named(every, wanted)


def _begun(variant: Variant, state: SweepState) -> runs.RunFolder | None:
    path = state.runs.get(variant.experiment.name)
    return runs.RunFolder(Path(path)) if path and runs.RunFolder(Path(path)).journal.is_file() else None


def _is_done(run: runs.RunFolder) -> bool:
    """Whether a run has asked and scored everything and written it down; its page is written last."""
    if not (run.html.is_file() and run.summary.is_file()):
        return False
    return _summary(run).finished


def _summary(run: runs.RunFolder) -> Summary:
    return Summary.model_validate_json(run.summary.read_text(encoding="utf-8"))


@contextmanager
def _stoppable(folder: SweepFolder) -> Iterator[None]:
    """Turn an interrupt, or a service that is away, into a message that says how to go on."""
    again = f"rag-eval sweep --resume {folder.path}"
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise Interruption(f"stopped; what was done is kept. Go on with: {again}") from error
    except UnreachableError as error:
        raise UnreachableError(f"{error}\nWhat was done is kept. When it is back: {again}") from error
    except StorageError as error:
        raise StorageError(f"{error}\nWhat was done is kept. Then: {again}") from error


def _before(folder: runs.RunFolder) -> FinishedRun:
    """A run that was written down in an earlier session; pushed now where it was not."""
    result = RunResult(_summary(folder), folder.path, configfile.flatten(configfile.load(folder.experiment)))
    known = tracking.store.read(folder.path)
    return FinishedRun(result, known.link) if known else track(result)


def _concluded(
    folder: SweepFolder,
    every: Sequence[Variant],
    finished: tuple[FinishedRun, ...],
    state: SweepState,
    baseline: int | str,
) -> FinishedSweep:
    """What all runs come to, written down."""
    swept = [
        VariantRun(variant, runs.RunFolder(each.result.folder), each.result.summary)
        for variant, each in zip(every, finished, strict=True)
    ]
    result = choosing.conclude(folder, swept, state, baseline)
    pages = _comparisons(folder, swept, result)
    links = {label: page.relative(path, folder.path) for label, path in pages.items()}
    folder.write(
        {
            folder.markdown: report.text(result, links),
            folder.html: page.html(result, folder, links),
            folder.json: result.model_dump_json(indent=2) + "\n",
        }
    )
    return FinishedSweep(result, folder, finished, pages)


def _comparisons(folder: SweepFolder, swept: Sequence[VariantRun], result: SweepResult) -> dict[str, Path]:
    """The page of each variant against the baseline, by its label."""
    base = next(run for run in swept if run.variant.label == result.baseline)
    command = f"rag-eval sweep --resume {folder.path}"
    pages = {}
    for run in swept:
        comparison = result.against(result.variant(run.variant.label))
        if run is not base and comparison is not None:
            pair = publishing.ComparedRuns(base.folder, run.folder, comparison, command, result.seed)
            pages[run.variant.label] = pair.write(folder.comparisons).html
    return pages
