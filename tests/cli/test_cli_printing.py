"""What is printed, on a terminal and elsewhere."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from rag_eval.cli import printing

_LINK = re.compile(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\")


@pytest.fixture
def terminal() -> Iterator[IO[str]]:
    """A file that is a terminal."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as file:
        yield file
    os.close(master)


@pytest.mark.parametrize(
    ("environment", "obeys"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "linux"}, False),
        ({}, False),
    ],
)
def test_links_are_written_to_a_terminal_that_knows_them(
    terminal: IO[str], environment: dict[str, str], *, obeys: bool, tmp_path: Path
) -> None:
    """And nowhere else: not where nobody wants colours, and not into a file, whatever the variables say."""
    assert printing.obeys(terminal, environment) == obeys
    with (tmp_path / "out").open("w") as file:
        assert not printing.obeys(file, {"TERM": "xterm-256color", "FORCE_COLOR": "1"})


def test_a_link_shows_the_whole_path(terminal: IO[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The address is that of the file; what is seen is what was printed before there were links."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    path = tmp_path / "a run" / "report.html"
    match = _LINK.fullmatch(printing.linked(str(path), path.as_uri(), terminal))
    assert match is not None
    assert (match[1], match[2]) == (f"file://{tmp_path}/a%20run/report.html", str(path))


_SCRIPT = """
import os, sys
os.environ.update(TERM="xterm-256color", COLUMNS="40")
os.environ.pop("NO_COLOR", None)
from rag_eval.cli import guard, printing
printing.located("report", "runs/a-run-with-quite-a-long-name/report.html")
printing.located("mlflow", "http://127.0.0.1:5000/#/experiments/1/evaluation-runs?selectedRunUuid=0123456789abcdef")
printing.say("  latency: the dataset has what it needs for 3 of 3 cases")
printing.say("a text of others\\x1b[2J")
guard.print_note("something that is no result, and that is longer than a line")
"""


@pytest.mark.slow
def test_on_a_terminal_paths_are_links_and_texts_are_wrapped() -> None:
    """Whole paths and addresses, whatever the width; words are never parted."""
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", _SCRIPT], stdout=slave, stderr=slave, check=True)
    os.close(slave)
    text = b"".join(iter(lambda: _read(master), b"")).decode().replace("\r\n", "\n")
    os.close(master)
    links = _LINK.findall(text)
    path = "runs/a-run-with-quite-a-long-name/report.html"
    assert links[0] == (Path(path).resolve().as_uri(), path)
    assert links[1][0] == links[1][1]
    assert text.startswith("report   \x1b]8;")
    assert _LINK.sub("", text).splitlines()[2:] == [
        "  latency: the dataset has what it needs",
        "    for 3 of 3 cases",
        "a text of others␛[2J",
        "something that is no result, and that is",
        "  longer than a line",
    ]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def test_elsewhere_a_line_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """However long it is, and without links: scripts read it."""
    printing.say("word " * 60)
    printing.located("report", "runs/one/report.html")
    assert capsys.readouterr().out == f"{'word ' * 60}\nreport   runs/one/report.html\n"


def test_json_means_the_same_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Controls that JSON leaves as they are stand escaped."""
    printing.dump({"a": "\x9b31m\u202eé\x1b"})
    assert capsys.readouterr().out == '{\n  "a": "\\u009b31m\\u202eé\\u001b"\n}\n'
