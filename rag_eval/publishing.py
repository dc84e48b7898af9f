"""What is written of a comparison for people and programs: a page with every pair of answers, Markdown, and JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rag_eval import configfile, files, gates, run_scores, runs
from rag_eval.errors import UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.columns import SLICED
from rag_eval.evaluation.comparison import compare_slices
from rag_eval.evaluation.results import ScoreFolder
from rag_eval.journal import Journal
from rag_eval.ports import Scores
from rag_eval.records import ANSWERED, RunComparison, SliceComparison, Summary, overall_outcome
from rag_eval.reports import comment, formatting
from rag_eval.reports.pages import run as run_pages
from rag_eval.reports.pages.cases import MOST_BYTES
from rag_eval.reports.pages.comparison import ComparisonPage
from rag_eval.reports.pages.index import ListedMetric, PageSide, index_of

FOLDER = Path("comparisons")
"""Where comparisons are written unless told otherwise."""


@dataclass(frozen=True)
class ComparisonFolder:
    """Where the files of one comparison lie."""

    path: Path

    @property
    def html(self) -> Path:
        """The page, for people."""
        return self.path / "compare.html"

    @property
    def markdown(self) -> Path:
        """At most forty lines, for a pull request."""
        return self.path / "compare.md"

    @property
    def json(self) -> Path:
        """The comparison, for programs."""
        return self.path / "compare.json"


@dataclass(frozen=True)
class ComparedRuns:
    """Two runs or baselines, with what was found of them."""

    a: ScoreFolder
    b: ScoreFolder
    comparison: RunComparison
    command: str
    """What makes the comparison again."""
    seed: int = 0

    @cached_property
    def summaries(self) -> tuple[Summary, Summary]:
        """Both runs at a glance."""
        return _summary(self.a), _summary(self.b)

    def write(self, root: Path = FOLDER) -> ComparisonFolder:
        """Write all files into a folder of its own below `root`; raises `UsageError` where that cannot be."""
        comparison = self.comparison
        folder = ComparisonFolder(root / f"{comparison.a}--{comparison.b}")
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            files.write_text(
                folder.json, json.dumps(comparison.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
            )
            files.write_text(folder.markdown, comment.comment(self._subject()))
            files.write_text(folder.html, self.page())
        except OSError as error:
            raise UsageError(f"{folder.path}: cannot be written: {error.strerror}") from error
        return folder

    def _subject(self) -> comment.CommentSubject:
        comparison = self.comparison
        outcome = overall_outcome(comparison.gates)
        name = f"{comparison.name_b} against {comparison.name_a}"
        return comment.CommentSubject(
            name, comparison, outcome, [comparison.primary], self.summaries[1], sides=comment.RUNS
        )

    def page(self, most_bytes: int | None = MOST_BYTES) -> str:
        """The page; passages are cut where it would grow beyond `most_bytes`."""
        comparison = self.comparison
        settings = [configfile.flatten(configfile.load(side.experiment)) for side in (self.a, self.b)]
        with self.a.open_() as scores_a, self.b.open_() as scores_b:
            sides = [_side(self.a, scores_a, comparison), _side(self.b, scores_b, comparison)]
            bounded = {trait.name: trait.bounded for trait in scores_a.meta.traits}
            metrics = [
                ListedMetric(m.name, formatting.title(m), m.higher_is_better, bounded[m.name], m.smallest)
                for m in comparison.metrics
            ]
            return ComparisonPage(
                comparison=comparison,
                summaries=self.summaries,
                settings=(settings[0], settings[1]),
                slices=self._slices(scores_a, scores_b, [metric.name for metric in metrics if metric.bounded]),
                index=index_of(sides, metrics, comparison.primary),
                seed=self.seed,
                command=self.command,
            ).html(most_bytes)

    def _slices(self, a: Scores, b: Scores, bounded: Sequence[str]) -> dict[str, Sequence[SliceComparison]]:
        """The first few metrics, each apart for each tag; none where asking was stopped: nothing is concluded then."""
        comparison = self.comparison
        if comparison.stopped or not comparison.slices:
            return {}
        smallest = configfile.load(self.b.experiment).smallest
        others = [name for name in bounded if name not in (comparison.primary, ANSWERED)][: SLICED - 1]
        more = {name: compare_slices(a, b, name, self.seed, smallest) for name in others}
        return {comparison.primary: comparison.slices, **more}


def run_page(folder: runs.RunFolder, most_bytes: int | None = None) -> str:
    """The page of a run, made from its journal as it is now."""
    summary = results.summary_of(folder)
    with folder.open_() as journal:
        return run_pages.html(summary, journal, most_bytes)


def _summary(kept: ScoreFolder) -> Summary:
    return kept.summary if isinstance(kept, gates.Baseline) else results.summary_of(kept)


def _side(kept: ScoreFolder, scores: Scores, comparison: RunComparison) -> PageSide:
    compared = {metric.name for metric in comparison.metrics}
    traits = [trait for trait in scores.meta.traits if trait.name in compared]
    values = {trait.name: run_scores.side(scores, trait).values for trait in traits}
    return PageSide(kept.id, scores.meta.name, scores, values, scores if isinstance(scores, Journal) else None)
