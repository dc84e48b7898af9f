"""Lines on their way to a stream that may take them slowly, or not at all."""

import asyncio
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from rag_eval.telemetry.writing import LogWriter


class Stuck(io.StringIO):
    """A stream that takes nothing until it is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        """Wait, then take it."""
        self.free.wait()
        return super().write(text)


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    """A stream that is freed in the end."""
    stream = Stuck()
    yield stream
    stream.free.set()


def writer(stream: TextIO, *, most: int = 10_000, closing_s: float = 120.0) -> LogWriter:
    """A writer that says drops in few words."""
    return LogWriter(stream, lambda number: f"dropped {number}\n", most=most, closing_s=closing_s)


def test_lines_come_in_order() -> None:
    """Everything is written by the time `close` returns, and nothing is said of drops where there were none."""
    stream = io.StringIO()
    one = writer(stream)
    for number in range(1000):
        one.write(f"{number}\n")
    one.close()
    assert stream.getvalue().splitlines() == [str(number) for number in range(1000)]
    one.write("late\n")
    assert stream.getvalue().endswith("late\n")


def test_no_thread_begins_before_a_line() -> None:
    """A run that says nothing has no thread for it."""
    before = threading.active_count()
    writer(io.StringIO()).close()
    assert threading.active_count() == before


def test_drops_are_counted_and_said(stuck: Stuck) -> None:
    """What the queue has no room for is left out, and the last line says how many that were."""
    one = writer(stuck, most=50)
    one.write("0\n")
    while one.waiting():
        time.sleep(0.001)
    for number in range(1, 101):
        one.write(f"{number}\n")
    assert one.dropped == 50
    threading.Timer(0.1, stuck.free.set).start()
    one.close()
    assert stuck.getvalue().splitlines() == [*map(str, range(51)), "dropped 50"]


def test_the_loop_never_waits_for_the_stream(stuck: Stuck) -> None:
    """With a stream that takes nothing, an event loop that logs a great deal is never held up."""
    one = writer(stuck, most=1000, closing_s=0.1)

    async def scenario() -> None:
        for _ in range(200):
            for _ in range(50):
                one.write("line\n")
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert one.dropped >= 8000
    one.close()  # whoever waited for the stream would wait for ever


def test_a_stream_that_is_closed_fails_nobody() -> None:
    """What can no longer be written is counted."""
    stream = io.StringIO()
    one = writer(stream)
    stream.close()
    one.write("line\n")
    one.close()
    one.write("line\n")
    assert one.dropped == 3  # the two lines, and the one that says so


@pytest.mark.slow
def test_a_process_ends_although_nobody_reads_its_lines() -> None:
    """With standard error full and unread, the command is left within seconds and with its own exit code."""
    code = (
        "import structlog, sys; from rag_eval import telemetry\n"
        "telemetry.configure_logging(as_json=True)\n"
        "for n in range(3000): structlog.get_logger().warning('look', number=n)\n"
        "telemetry.stop_logging()\n"
        "sys.exit(7)"
    )
    reader, end = os.pipe()
    try:
        done = subprocess.run([sys.executable, "-c", code], stderr=end, check=False)
        assert done.returncode == 7
    finally:
        os.close(end)
        os.close(reader)
