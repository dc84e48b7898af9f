"""Log lines: what they say, what they never say, and that nobody waits for them."""

import asyncio
import json
import logging
import subprocess
import sys
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from rag_eval.telemetry import configure_logging, hide, logs, secrets_of, stop_logging

CANARY = "the-canary-sings"


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines on standard error, all of them; nothing may be on standard output."""
    stop_logging()
    out, err = capsys.readouterr()
    assert out == ""
    return [line for line in err.splitlines() if line]


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The same, read as JSON."""
    return [json.loads(line) for line in said(capsys)]


@pytest.mark.parametrize(
    ("verbose", "expected"),
    [
        (0, ["warning"]),
        (1, ["info", "warning"]),
        (2, ["debug", "info", "warning"]),
        (9, ["debug", "info", "warning"]),
    ],
)
def test_verbosity(verbose: int, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings are always told, notes with -v, everything with -vv; all of it on standard error."""
    configure_logging(verbose=verbose, as_json=True)
    log = structlog.get_logger()
    log.debug("fine")
    log.info("note")
    log.warning("look", case="c1")
    lines = events(capsys)
    assert [line["level"] for line in lines] == expected
    assert lines[-1]["event"] == "look"
    assert lines[-1]["case"] == "c1"
    assert lines[-1]["timestamp"].endswith("Z")


def test_for_people_without_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is no terminal, lines hold no escape sequences."""
    configure_logging()
    structlog.get_logger().warning("look", case="c1")
    (line,) = said(capsys)
    assert "look" in line
    assert "case=c1" in line
    assert "\x1b" not in line


def test_what_a_line_belongs_to_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Run, case, metric and call are bound by context, and tasks beside each other do not mix them up."""
    configure_logging(as_json=True)

    async def one(number: int) -> None:
        with bound_contextvars(case=f"c{number}"):
            await asyncio.sleep(0.01)
            structlog.get_logger().warning("look", number=number)

    async def scenario() -> None:
        with bound_contextvars(run="r1"):
            await asyncio.gather(*(one(number) for number in range(20)))

    asyncio.run(scenario())
    lines = events(capsys)
    assert len(lines) == 20
    assert all(line["run"] == "r1" and line["case"] == f"c{line['number']}" for line in lines)


def test_words_are_hidden_unless_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text under an unknown name only the length is shown, numbers are shown, and a setting shows it all."""
    for asked in (False, True):
        if asked:
            monkeypatch.setenv(logs.CONTENT, "true")
        configure_logging(as_json=True)
        structlog.get_logger().warning(
            "look", answer=CANARY, contexts=[CANARY], reason="timeout", seconds=1.5, none=None
        )
        (line,) = events(capsys)
        assert (line["reason"], line["seconds"], line["none"]) == ("timeout", 1.5, None)
        assert (CANARY in json.dumps(line)) is asked
        assert line["answer"] == (CANARY if asked else "<16>")


def test_an_exception_is_told_by_its_type_and_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message may quote an answer, so it is left out unless content is asked for."""
    for asked in (False, True):
        if asked:
            monkeypatch.setenv(logs.CONTENT, "true")
        configure_logging(as_json=True)
        try:
            int(CANARY)
        except ValueError:
            structlog.get_logger().exception("broken")
            logging.getLogger("some.library").exception("also broken")
        for line in events(capsys):
            assert "ValueError" in line["exception"]
            assert (CANARY in line["exception"]) is asked
            assert __file__.rsplit("/", 1)[-1] in line["exception"]


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "SERVICE_TOKEN", "DB_PASSWORD", "OTEL_EXPORTER_OTLP_HEADERS"])
def test_secrets_are_masked_whatever_is_asked_for(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values of the environment that look secret never stand in a line, also with quotes that JSON escapes."""
    secret = 'se"cret-7f3a'
    monkeypatch.setenv(name, f"authorization={secret},x=y" if "HEADERS" in name else secret)
    monkeypatch.setenv(logs.CONTENT, "true")
    for as_json in (True, False):
        configure_logging(as_json=as_json)
        structlog.get_logger().warning(f"sent with {secret}", answer=f"Bearer {secret}")
        logging.getLogger("some.library").warning("sent with %s", secret)
        lines = said(capsys)
        assert len(lines) == 2
        assert "7f3a" not in "".join(lines)


def test_secrets_of_an_experiment_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """What its settings name is masked under whatever name it stands in the environment; so are passwords in URLs."""
    said_ = {
        "target": {"auth": {"token_env": "MINE"}, "headers": {"x-tenant": "a ${YOURS} b"}},
        "list": [{"a_env": "A"}],
    }
    found = secrets_of(said_, {"MINE": "mine-secret", "YOURS": "yours-secret", "A": "also-secret", "B": "open"})
    assert found == {"mine-secret", "yours-secret", "also-secret"}
    configure_logging(as_json=True)
    hide(*found, "short")
    structlog.get_logger().warning("look at https://me:pass@host/mine-secret, short")
    (line,) = events(capsys)
    assert line["event"] == "look at https://***@host/***, short"


def test_libraries_go_the_same_way(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard module's loggers come as the same JSON from warnings upwards, without their arguments' words."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own raise for arguments that do not fit
    configure_logging(verbose=2, as_json=True)
    library = logging.getLogger("some.library")
    library.setLevel(logging.DEBUG)
    library.info("chatter")
    with bound_contextvars(case="c1"):
        library.warning("trouble with %s after %d tries", CANARY, 3)
    library.error("%(what)s broke", {"what": CANARY})
    library.warning("wrong %d", "arguments")
    library.warning(ValueError(CANARY))
    library.warning("plain 100%")
    logging.getLogger("opentelemetry.sdk").error("said by us, once")
    library.setLevel(logging.NOTSET)
    lines = events(capsys)
    assert [line["event"] for line in lines] == [
        "trouble with … after 3 tries",
        "… broke",
        "wrong %d",
        "ValueError",
        "plain 100%",
    ]
    assert all(line["logger"] == "some.library" and line["timestamp"] for line in lines)
    assert lines[0]["case"] == "c1"


def test_notes_are_silent_where_nobody_has_set_up_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """In a notebook a run prints no line for each case."""
    logs.note("answered")
    logs.detail("answered")
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_all_lines_are_there_when_the_process_ends() -> None:
    """What waits in the queue is written before the command is left, in the order it was said."""
    code = (
        "import structlog; from rag_eval import telemetry\n"
        "telemetry.configure_logging(as_json=True)\n"
        "for n in range(5000): structlog.get_logger().warning('look', number=n)\n"
        "telemetry.stop_logging()\n"
        "structlog.get_logger().warning('after')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line.get("number") for line in lines] == [*range(5000), None]
