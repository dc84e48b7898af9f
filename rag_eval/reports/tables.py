"""A run as Parquet: a row for each case, and a row for each verdict beneath its scores; `frames` says the columns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag_eval import frames
from rag_eval.journal import Row
from rag_eval.records import REFUSED, Summary
from rag_eval.runs import RunFolder


@contextmanager
def writing(folder: RunFolder, summary: Summary) -> Iterator[Callable[[Row], None]]:
    """Write `results.parquet` and `evidence.parquet` of the cases that are handed over, in the order of the dataset.

    A batch of rows is written at a time, each file whole or not at all. The schema's metadata carries the run and its
    origin: a table that is passed on still says who judged.
    """
    names = metric_columns(summary)
    origin = {"rag_eval.run": summary.run_id, "rag_eval.origin": summary.origin.model_dump_json()}
    with (
        frames.writing(folder.results, frames.cases(names), origin) as results,
        frames.writing(folder.evidence, frames.EVIDENCE, origin) as evidence,
    ):

        def add(row: Row) -> None:
            results.add(frames.case_row(row, names))
            for verdict in frames.evidence_rows(row):
                evidence.add(verdict)

        yield add


def metric_columns(summary: Summary) -> list[str]:
    """The metrics that have columns: those of the run, and whether each answer refuses where that was looked at."""
    return [*(metric.name for metric in summary.metrics), *([] if summary.refusals is None else [REFUSED])]
