"""Asynchronous work is waited for from anywhere."""

import asyncio
import os
import signal
import threading

import pytest

from rag_eval import aio
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


def _signal_when(reached: threading.Event, *numbers: signal.Signals) -> None:
    def send() -> None:
        reached.wait()
        for number in numbers:
            os.kill(os.getpid(), number)

    threading.Thread(target=send, daemon=True).start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_what_waits(number: signal.Signals) -> None:
    """Work that waits is cancelled, and can put things in order; the handlers are as they were."""
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    waiting, orderly = threading.Event(), []

    async def work() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            orderly.append(True)

    _signal_when(waiting, number)
    with pytest.raises(asyncio.CancelledError):
        aio.run_sync(aio.stoppable(work()))
    assert orderly
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before


@pytest.mark.parametrize(
    ("numbers", "patience"),
    [((signal.SIGTERM,), 0.01), ((signal.SIGINT,), 0.01), ((signal.SIGTERM, signal.SIGINT), 600.0)],
)
def test_a_signal_ends_what_never_gives_way(numbers: tuple[signal.Signals, ...], patience: float) -> None:
    """A loop that is held up by one that reads for ever is left, after a while or at the second signal."""
    reading = threading.Event()

    async def work() -> None:
        reading.set()
        while True:
            pass

    _signal_when(reading, *numbers)
    with pytest.raises(KeyboardInterrupt):
        aio.run_sync(aio.stoppable(work(), patience))


def test_nobody_waits_for_a_thread() -> None:
    """What is read in a thread holds up neither the loop nor its end."""
    reading, end = threading.Event(), threading.Event()

    def read() -> None:
        reading.set()
        end.wait()

    async def work() -> None:
        await aio.in_thread(read)

    _signal_when(reading, signal.SIGTERM)
    with pytest.raises(asyncio.CancelledError):
        aio.run_sync(aio.stoppable(work()))
    assert not end.is_set()
    end.set()


def test_a_thread_gives_its_value_or_its_error() -> None:
    """What comes of work in a thread comes where it is waited for."""
    assert aio.run_sync(aio.in_thread(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        aio.run_sync(aio.in_thread(lambda: 1 / 0))


def test_waiting_outside_of_the_main_thread_takes_no_signal() -> None:
    """A notebook or a server may run experiments in a thread."""

    async def work() -> int:
        return 1

    async def scenario() -> int:
        return await asyncio.to_thread(asyncio.run, aio.stoppable(work()))

    assert asyncio.run(scenario()) == 1
