"""Waiting for asynchronous work from where nothing is asynchronous, and for slow work from where everything is."""

import asyncio
import contextvars
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 5.0
"""Seconds that work has for giving way after the first signal."""


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Wait for asynchronous work, also where a loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def in_thread(work: Callable[[], T]) -> T:
    """Wait for slow work in a thread that nobody waits for at the end of the program, as `asyncio.to_thread` would."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    result: asyncio.Future[T] = loop.create_future()

    def hand_over(settle: Callable[[Any], None], outcome: object) -> None:
        if not result.done():
            settle(outcome)

    def run() -> None:
        try:
            settled: tuple[Any, Any] = result.set_result, context.run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            settled = result.set_exception, error
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(hand_over, *settled)

    threading.Thread(target=run, daemon=True).start()
    return await result


async def stoppable(work: Coroutine[Any, Any, T], patience: float = PATIENCE_S) -> T:
    """Do the work; SIGTERM and Ctrl-C cancel it.

    Raises `KeyboardInterrupt` at a second signal, and after `patience` seconds in which the loop has not come to cancel
    it: whoever reads an endless text must not keep the program from ending.
    """
    if threading.current_thread() is not threading.main_thread():
        return await work
    me = asyncio.current_task()
    assert me is not None
    loop, stopping = asyncio.get_running_loop(), _Stopping(me, patience)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        # The loop's own handler wakes it up, also at the moment when it goes to sleep; ours may end what holds it up.
        loop.add_signal_handler(number, stopping.cancel)
        signal.signal(number, stopping)
    try:
        return await work
    finally:
        stopping.end()
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _interrupt() -> None:
    """Wake the main thread, whatever it waits for."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGINT)


class _Stopping:
    """What is done at a signal."""

    def __init__(self, task: asyncio.Task[Any], patience: float) -> None:
        self._task = task
        self._asked = False
        self._watch = threading.Timer(patience, _interrupt)
        self._watch.daemon = True

    def __call__(self, _: int, __: FrameType | None) -> None:
        """Give the loop its time the first time, then end the work wherever it is."""
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._watch.start()

    def cancel(self) -> None:
        """Cancel the work: the loop has come to it."""
        self._watch.cancel()
        self._task.cancel()

    def end(self) -> None:
        """Nobody is to be watched any more."""
        self._watch.cancel()
