"""Asynchronous work is waited for from anywhere."""

import asyncio

from rag_eval.aio import run_sync


async def _answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_work_is_waited_for_where_no_loop_runs() -> None:
    """As on the command line."""
    assert run_sync(_answer()) == 42


def test_work_is_waited_for_where_a_loop_runs() -> None:
    """As in a notebook, whose loop is not disturbed."""

    async def notebook() -> int:
        return run_sync(_answer())

    assert asyncio.run(notebook()) == 42
