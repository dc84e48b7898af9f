"""`rag-eval capture` as a person or a script meets it."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.forker import Forker
from support.receiving import captured, post, raw
from typer.testing import CliRunner

from rag_eval.cli import app


def _invoke(*argv: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["capture", *argv])
    return result.exit_code, result.stderr


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHORT_TOKEN", "short")
    monkeypatch.delenv("NO_TOKEN", raising=False)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0: others can reach that, so they must show a token"),
        (["--host", "example.invalid"], "must show a token"),
        (["--token-env", "NO_TOKEN"], "--token-env NO_TOKEN: expected a token of 16 characters or more"),
        (["--token-env", "SHORT_TOKEN"], "found 5. Do: export SHORT_TOKEN=$(openssl rand -hex 32)"),
        (["--limit", "many"], "--limit 'many': expected a rate such as 600/minute"),
        (["-o", "file/below"], "file/below: cannot be written to"),
    ],
)
def test_what_cannot_be_done_is_told(argv: list[str], says: str) -> None:
    """With what to do instead; exit code 2, and no folder is made."""
    Path("file").write_text("")
    code, told = _invoke(*(["-o", "capture"] if "-o" not in argv else []), "--port", "0", *argv)
    assert code == 2
    assert says in " ".join(told.split())
    assert not Path("capture").exists()
    assert "short" not in told.replace("SHORT", "")


def test_a_port_in_use_is_told() -> None:
    """With its number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = _invoke("-o", "capture", "--port", port)
    assert code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in told


@pytest.mark.slow
def test_a_missing_extra_is_told() -> None:
    """With the command that installs it, whichever of its packages is missing."""
    code = """
import sys
from rag_eval.cli import main
for name in ("fastapi", "google.rpc"):
    sys.modules[name] = None
    sys.argv = ["rag-eval", "capture", "-o", "capture"]
    try:
        main()
    except SystemExit as error:
        print(error.code)
    del sys.modules[name]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "2"]
    assert done.stderr.count("is missing. Do: pip install 'rag-eval[capture]'") == 2


@pytest.mark.slow
def test_reading_traces_loads_no_server() -> None:
    """Neither the package nor a read needs what the receiver needs."""
    code = """
import sys
from pathlib import Path
from rag_eval import traces
Path("t.jsonl").write_text('{"question": "Why?"}')
print(len(list(traces.read("t.jsonl"))))
print(sorted({"fastapi", "uvicorn", "limits", "pyarrow"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n[]\n"


@pytest.mark.slow
def test_it_ends_by_itself_and_sums_up(tmp_path: Path, forker: Forker) -> None:
    """Once the folder holds so many traces; the summary names the folder."""
    with captured(forker, tmp_path / "capture", "--until", "2") as receiver:
        assert post(receiver.url, raw(1, 2)).status == 200
        out = receiver.ended()
    assert out == f"{tmp_path / 'capture'}: 2 traces, 4 spans, 2 traces with contexts\n"


@pytest.mark.slow
def test_being_stopped_is_no_failure(tmp_path: Path, forker: Forker) -> None:
    """Ctrl-C keeps what has come; with --quiet, nothing is said."""
    with captured(forker, tmp_path / "capture", "--quiet") as receiver:
        assert post(receiver.url, raw(1)).status == 200
        assert receiver.end(by=signal.SIGINT) == ""
    assert len(list((tmp_path / "capture").glob("*.parquet"))) == 1


@pytest.mark.slow
def test_a_terminal_shows_what_comes(tmp_path: Path) -> None:
    """One line that is written over, on standard error."""
    ours, theirs = pty.openpty()
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "rag_eval", "capture", "-o", "capture", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, text=True) as process:
        os.close(theirs)
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.02)
        assert post(ready.read_text(), raw(1)).status == 200
        shown = ""
        while "1 traces, 2 spans, 1 traces with contexts" not in shown:
            shown += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        process.wait()
    os.close(ours)
    assert "capture listens on http://127.0.0.1:" in shown
    assert "\r" in shown


@pytest.mark.slow
def test_a_capture_without_contexts_says_what_is_lacking(tmp_path: Path, forker: Forker) -> None:
    """It would be of no use for metrics that need them; `--for` ends it."""
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "GET /"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    with captured(forker, tmp_path / "capture") as receiver:
        assert post(receiver.url, body, "application/json").status == 200
        receiver.end()
        assert "No trace has contexts: record a retrieval span" in receiver.complaints()
    with captured(forker, tmp_path / "capture", "--for", "0.1") as receiver:
        assert receiver.ended() == f"{tmp_path / 'capture'}: 1 traces, 1 spans, 0 traces with contexts\n"
