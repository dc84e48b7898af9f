"""The processes that make load: how they are started, listened to, and ended; real ones, without Locust in them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval.errors import UnreachableError, UsageError
from rag_eval.loadtest import processes
from rag_eval.loadtest.processes import LOG, Spread
from rag_eval.loadtest.samples import SAMPLES, Note, RequestSample

Shell = Callable[[str], None]
_LINE = '[0.5,0.25,"query","",10,0.0]'
_LEADS = ["--headless", "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", "15"]


def arguments(spread: Spread, timeout: float = 10.0) -> list[list[str]]:
    """What each process is started with, after what all of them have."""
    shared = processes._locust()
    commands = processes._commands(spread, timeout)
    assert all(command[: len(shared)] == shared for command in commands)
    return [command[len(shared) :] for command in commands]


def following(command: list[str], name: str) -> str:
    """The value of an option."""
    return command[command.index(name) + 1]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run a line of shell in the place of Locust, which then has its arguments."""
    monkeypatch.setattr(processes, "_POLL_S", 0.01)
    monkeypatch.setattr(processes, "_WORKERS_FIRST_S", 0.0)

    def use(line: str) -> None:
        monkeypatch.setattr(processes, "_locust", lambda: ["/bin/sh", "-c", line, "locust"])

    return use


def test_one_process_makes_the_load_itself() -> None:
    """Nobody leads, nothing is bound; a request under way has its time, and five seconds to be reported in."""
    assert arguments(Spread()) == [_LEADS]
    assert arguments(Spread(workers=0)) == [_LEADS]
    assert following(arguments(Spread(), timeout=2.1)[0], "--stop-timeout") == "8"


def test_several_processes_have_a_master() -> None:
    """Which waits for as many workers as are started, at one free port of this machine."""
    leading, *workers = arguments(Spread(workers=3))
    assert "--master" in leading
    assert following(leading, "--expect-workers") == "3"
    assert following(leading, "--master-bind-host") == "127.0.0.1"
    port = following(leading, "--master-bind-port")
    assert (
        workers
        == [
            ["--worker", "--master-host", "127.0.0.1", "--master-port", port, "--stop-timeout", "15"],
        ]
        * 3
    )
    with socket.create_server(("127.0.0.1", int(port))):
        pass


def test_workers_elsewhere_are_waited_for() -> None:
    """This machine then only leads, where it was told to be found."""
    (leading,) = arguments(Spread(workers=4, expect=2, bind="0.0.0.0", port=5557))
    assert following(leading, "--expect-workers") == "2"
    assert following(leading, "--master-bind-host") == "0.0.0.0"
    assert following(leading, "--master-bind-port") == "5557"


def test_locust_s_pages_are_for_this_machine() -> None:
    """On the port that was asked for, and instead of running without any."""
    (leading,) = arguments(Spread(web=8089))
    assert following(leading, "--web-port") == "8089"
    assert following(leading, "--web-host") == "127.0.0.1"
    assert "--autostart" in leading
    assert "--headless" not in leading


def test_settings_of_locust_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its variables nor a file in the home directory reaches a test; paths are whole, as it runs elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCUST_USERS", "9000")
    monkeypatch.setenv("OTHER", "stays")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["src", "", "/abs"]))
    monkeypatch.setenv("SSL_CERT_FILE", "ca.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "")
    environ = processes._environ(Path("load"))
    folder = str(tmp_path / "load")
    assert "LOCUST_USERS" not in environ
    assert environ["OTHER"] == "stays"
    assert environ["HOME"] == environ["RAG_EVAL_LOAD_FOLDER"] == folder
    assert environ["PYTHONPATH"] == os.pathsep.join([str(tmp_path / "src"), "/abs"])
    assert environ["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    assert environ["SSL_CERT_DIR"] == ""


@pytest.mark.parametrize("master", ["", "host", "host:", ":5557", "host:five", "host:-1", "host:5 5"])
def test_a_master_that_is_no_address(tmp_path: Path, master: str) -> None:
    """Is told of with the form that it should have, before anything is started."""
    with pytest.raises(UsageError, match=rf"^--worker {master}: reads HOST:PORT, as the master says it$"):
        processes.join(tmp_path, master, 10.0)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_is_told_where_its_master_is(tmp_path: Path, shell: Shell) -> None:
    """The last colon parts host and port, so that an address of IPv6 is one."""
    shell('echo "$@" > arguments')
    processes.join(tmp_path, "[::1]:5557", 0.5)
    assert (tmp_path / "arguments").read_text().split()[-6:] == [
        "--master-host", "[::1]", "--master-port", "5557", "--stop-timeout", "6",
    ]  # fmt: skip


def test_a_worker_that_ends_badly(tmp_path: Path, shell: Shell) -> None:
    """Is told of with what it complained of last."""
    shell("echo no master there >&2; exit 7")
    with pytest.raises(UnreachableError, match=r"^the worker ended with 7: no master there$"):
        processes.join(tmp_path, "127.0.0.1:1", 0.5)


def test_without_locust_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setitem(sys.modules, "locust", None)
    with pytest.raises(UsageError, match=r"locust is missing\. Do: pip install 'rag-eval\[load\]'"):
        processes.generate(tmp_path, Spread(), 1.0, lambda _: None)


def test_every_line_is_told_of(tmp_path: Path, shell: Shell) -> None:
    """To the last that is whole, also when all of them were written just before the end."""
    shell(f"""echo '{_LINE}' >> samples.jsonl; echo '{{"what":"users","value":2,"at":1.0}}' >> samples.jsonl
    echo >> samples.jsonl; printf '[0.75,0.2' >> samples.jsonl""")
    lines: list[RequestSample | Note] = []
    processes.generate(tmp_path, Spread(), 1.0, lines.append)
    assert lines == [RequestSample(0.5, 0.25, "query", "", 10, 0.0), Note("users", 2, 1.0)]


def test_a_test_in_which_nothing_was_written_has_a_file(tmp_path: Path, shell: Shell) -> None:
    """So that whoever adds up finds no request, and no missing file."""
    shell("exit 0")
    processes.generate(tmp_path, Spread(), 1.0, lambda _: None)
    assert (tmp_path / SAMPLES).read_text() == ""


@pytest.mark.parametrize("end", ["kill -TERM $$", "kill -INT $$"])
def test_a_process_that_was_told_to_end_has_not_failed(tmp_path: Path, shell: Shell, end: str) -> None:
    """Whoever stops Locust's own pages by hand ends the test in good order."""
    shell(end)
    processes.generate(tmp_path, Spread(), 1.0, lambda _: None)


def test_a_process_that_ends_badly_is_told_of(tmp_path: Path, shell: Shell) -> None:
    """With its code and the last three lines of what it said, on one line."""
    shell("printf 'one\\ntwo\\nthree\\nfour\\n'; exit 3")
    with pytest.raises(UnreachableError, match=r"^the process that makes load ended with 3: two / three / four$"):
        processes.generate(tmp_path, Spread(), 1.0, lambda _: None)


def test_a_process_that_ends_badly_without_a_word(tmp_path: Path, shell: Shell) -> None:
    """Has a file named in which somebody may look."""
    shell("exit 3")
    with pytest.raises(UnreachableError, match=rf"ended with 3: see {tmp_path / LOG}$"):
        processes.generate(tmp_path, Spread(), 1.0, lambda _: None)


def test_what_is_no_text_in_a_log_is_shown_all_the_same(tmp_path: Path) -> None:
    """A complaint is cut at its beginning, for what matters in a traceback stands at its end."""
    (tmp_path / LOG).write_bytes(b"x" * 1000 + b"\xff the end\n")
    assert processes._last(tmp_path).endswith("� the end")
    assert len(processes._last(tmp_path)) == 600


def test_a_lost_worker_ends_the_test(tmp_path: Path, shell: Shell) -> None:
    """A test that goes on with less load than was asked for would say something else; nobody is left behind."""
    shell('echo $$ >> pids; case "$*" in *--worker*) echo lost; exit 1;; esac; exec sleep 600')
    with pytest.raises(UnreachableError, match=r"a process that makes load ended before the test: lost"):
        processes.generate(tmp_path, Spread(workers=2), 1.0, lambda _: None)
    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_an_error_of_whoever_watches_leaves_nobody_behind(tmp_path: Path, shell: Shell) -> None:
    """The processes are ended before it goes on its way."""
    shell(f"echo $$ > pid; echo '{_LINE}' >> samples.jsonl; exec sleep 600")

    def watch(_: object) -> None:
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        processes.generate(tmp_path, Spread(), 1.0, watch)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time."""
    monkeypatch.setattr(processes, "_ENDING_S", 0.0)
    command = ["/bin/sh", "-c", "trap '' TERM; echo ready; exec sleep 600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        processes._end([process])
        assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_is_an_interrupt(number: signal.Signals) -> None:
    """So that what was measured is written down; afterwards the signal means what it meant before."""
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), processes._told_to_end():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_signals_are_left_alone_in_another_thread() -> None:
    """Where Python does not let anybody set them, a load test goes on without."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with processes._told_to_end():
                pass
        except ValueError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
