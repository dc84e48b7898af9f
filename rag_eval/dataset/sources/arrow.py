"""Rows out of Arrow batches."""

from collections.abc import Iterable, Iterator
from typing import Any

from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources.row import DataRow

_UNHOLDABLE = (ValueError, OverflowError, LookupError, TypeError)
"""What Arrow raises for text that is no UTF-8, years past 9999, unknown time zones."""


def rows(file: str, batches: Iterable[Any]) -> Iterator[DataRow | RowProblem]:
    """The rows of Arrow batches, numbered from 1; one that holds what Python cannot is a `RowProblem`."""
    number = 1
    for batch in batches:
        try:
            records = batch.to_pylist()
        except _UNHOLDABLE:
            yield from _one_by_one(file, number, batch)
        else:
            for line, values in enumerate(records, start=number):
                yield DataRow(file, line, values)
        number += batch.num_rows


def _one_by_one(file: str, number: int, batch: Any) -> Iterator[DataRow | RowProblem]:
    for place in range(batch.num_rows):
        values: dict[str, Any] = {}
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            try:
                values[name] = column[place].as_py()
            except _UNHOLDABLE as error:
                yield RowProblem(file, number + place, name, "a value that can be read", shown(str(error)))
                break
        else:
            yield DataRow(file, number + place, values)
