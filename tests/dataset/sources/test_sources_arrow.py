"""Rows of Arrow batches are numbered throughout, and one that Python cannot hold costs itself alone."""

import pyarrow as pa

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import arrow
from rag_eval.dataset.sources.row import DataRow


def test_rows_are_numbered_over_all_batches() -> None:
    """From 1."""
    batches = pa.table({"a": ["x", "y", "z"]}).to_batches(max_chunksize=2)
    assert [*arrow.rows("f", batches)] == [DataRow("f", n, {"a": text}) for n, text in enumerate("xyz", start=1)]


def test_a_value_that_python_cannot_hold_is_a_problem_of_its_row() -> None:
    """Such as text that is no UTF-8; its neighbours are read."""
    binary = pa.array([b"x", b"\xff", b"z"], type=pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 3, binary.buffers())
    first, bad, last = arrow.rows("f", [pa.record_batch({"a": texts})])
    assert (first, last) == (DataRow("f", 1, {"a": "x"}), DataRow("f", 3, {"a": "z"}))
    assert isinstance(bad, RowProblem)
    assert (bad.line, bad.field) == (2, "a")
