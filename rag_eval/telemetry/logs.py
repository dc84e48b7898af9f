"""Log lines: structlog, for people or as JSON, with the run, the case, the metric and the judge call they speak of.

A line holds no answer, no context and no secret. Text stands in a line only under one of the names in `OPEN`; under
any other its length is shown instead, until `RAG_EVAL_LOG_CONTENT=true` asks for it. Values of environment variables
that look secret are masked always. Lines of dependencies go the same way, from warnings upwards.
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Literal, TextIO, cast

import structlog

from rag_eval.masking import mask
from rag_eval.printable import printable
from rag_eval.telemetry.live import LIVE, QUIET
from rag_eval.telemetry.writing import LogWriter

Format = Literal["console", "json"]
Event = MutableMapping[str, Any]
Step = Callable[[Any, str, Any], Any]

CONTENT = "RAG_EVAL_LOG_CONTENT"
OPEN = frozenset({
    "attempts", "breaker", "call", "case", "cases", "do", "error", "event", "exception", "file", "level", "log_level",
    "logger", "metric", "model", "outcome", "queue", "reason", "run", "service", "settings", "stage", "state",
    "timestamp", "until", "where", "why",
})  # fmt: skip
"""Names whose text is ours or a setting's: it may be shown."""

_SECRET = re.compile(r"key|token|secret|passw|credential|authorization|otlp_.*headers", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(\w+)")
_USERINFO = re.compile(r"(://)[^/\s@\"']+@")
_SHORTEST_SECRET = 6
_LONGEST_MESSAGE = 500
_QUIETED = ("opentelemetry",)
"""Its trouble is said by us, once."""

_log = structlog.get_logger()


def configure_logging(
    *, verbose: int = 0, as_json: bool = False, environ: Mapping[str, str] | None = None
) -> LogWriter:
    """Send structlog to standard error: warnings, with `verbose` 1 also notes, with 2 everything."""
    stop_logging()
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    steps = _steps(as_json=as_json, environ=os.environ if environ is None else environ)
    _HIDDEN.clear()
    hide(*_secrets(os.environ if environ is None else environ))
    writer = LogWriter(sys.stderr, lambda number: _run(steps, "warning", _dropped(number)))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *steps],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", writer)),
        cache_logger_on_first_use=False,
    )
    handler = _Foreign(writer, steps, max(level, logging.WARNING), open_=_asked(CONTENT, environ))
    logging.getLogger().addHandler(handler)
    LIVE.level = level
    return writer


def stop_logging() -> None:
    """Write what waits, within two seconds, and leave the standard library's loggers as they were."""
    LIVE.level = QUIET
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Foreign)]:
        root.removeHandler(handler)
        handler.close()


def note(event: str, **facts: Any) -> None:
    """Say what is worth knowing with `-v`. Silent where nobody has set up logs, as in a notebook."""
    if LIVE.level <= logging.INFO:
        _log.info(event, **facts)


def detail(event: str, **facts: Any) -> None:
    """Say what is worth knowing with `-vv`."""
    if LIVE.level <= logging.DEBUG:
        _log.debug(event, **facts)


_HIDDEN: set[str] = set()


def hide(*secrets: str) -> None:
    """Mask these in every line from now on; a text of fewer than six characters cannot be."""
    _HIDDEN.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)
    _HIDDEN.update(json.dumps(secret)[1:-1] for secret in tuple(_HIDDEN))


def secrets_of(settings: object, environ: Mapping[str, str] | None = None) -> set[str]:
    """What the environment holds for an experiment's settings: where a key ends in `_env`, and in its headers."""
    values = os.environ if environ is None else environ
    if isinstance(settings, list | tuple):
        return {variable for each in settings for variable in secrets_of(each, values)}
    if not isinstance(settings, Mapping):
        return set()
    secrets: set[str] = set()
    for name, value in settings.items():
        if str(name).endswith("_env") and isinstance(value, str):
            secrets.add(values.get(value, ""))
        elif name == "headers":
            secrets.update(values.get(variable, "") for variable in _VARIABLE.findall(str(value)))
        else:
            secrets |= secrets_of(value, values)
    return secrets - {""}


def _asked(name: str, environ: Mapping[str, str] | None) -> bool:
    return (os.environ if environ is None else environ).get(name, "").strip().lower() in {"1", "true", "yes"}


def _secrets(environ: Mapping[str, str]) -> Iterable[str]:
    for name, value in environ.items():
        if _SECRET.search(name):
            yield value
            if name.upper().endswith("HEADERS"):  # `authorization=Bearer x,other=y`
                yield from (pair.partition("=")[2] for pair in value.split(","))


def _steps(*, as_json: bool, environ: Mapping[str, str]) -> list[Step]:
    """What is done to an event after its level has been put down, until it is a line."""
    render: Step = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and "NO_COLOR" not in environ)
    )
    shown: list[Step] = [structlog.processors.format_exc_info] if _asked(CONTENT, environ) else [_closed]
    return [structlog.processors.TimeStamper(fmt="iso", utc=True), *shown, _harmless, render, _masked]


def _closed(_: Any, __: str, event: Event) -> Event:
    """The event without the words of questions, answers, contexts and errors."""
    if error := event.pop("exc_info", None):
        event["exception"] = _where(error)
    return {name: value if name in OPEN else _measured(value) for name, value in event.items()}


def _harmless(_: Any, __: str, event: Event) -> Event:
    """The event without what would steer the terminal that it is shown on."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _measured(value: Any) -> Any:
    """Numbers as they are; of anything else how much there is of it."""
    if value is None or isinstance(value, int | float):
        return value
    return f"<{len(value)}>" if hasattr(value, "__len__") else f"<{type(value).__name__}>"


def _where(error: Any) -> str:
    """An exception's type and the places it came through, without its message."""
    raised = error if isinstance(error, BaseException) else error[1] if isinstance(error, tuple) else sys.exception()
    if raised is None:
        return "none"
    frames = traceback.extract_tb(raised.__traceback__)
    places = " > ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in frames[-5:])  # noqa: PTH119
    return f"{type(raised).__name__} at {places or 'an unknown place'}"


def _masked(_: Any, __: str, line: str) -> str:
    line = mask(line, _HIDDEN, _SHORTEST_SECRET)
    return _USERINFO.sub(r"\1***@", line)


def _dropped(number: int) -> Event:
    return {"event": "log lines were dropped: standard error took them too slowly", "dropped": number}


def _run(steps: Iterable[Step], level: str, event: Event) -> str:
    line: Any = {**event, "level": level}
    for step in steps:
        line = step(None, level, line)
    return f"{line}\n"


class _Foreign(logging.Handler):
    """What libraries say by the standard module, through the same steps to the same stream."""

    def __init__(self, writer: LogWriter, steps: list[Step], level: int, *, open_: bool) -> None:
        super().__init__(level)
        self._writer, self._steps, self._open = writer, steps, open_

    def emit(self, record: logging.LogRecord) -> None:
        """Put one record into the queue."""
        if record.name.partition(".")[0] in _QUIETED:
            return
        event = {"event": self._said(record), "logger": record.name}
        bound = structlog.contextvars.get_contextvars()
        raised = {"exc_info": record.exc_info} if record.exc_info else {}
        self._writer.write(_run(self._steps, record.levelname.lower(), {**bound, **event, **raised}))

    def close(self) -> None:
        """Write what waits."""
        self._writer.close()
        super().close()

    def _said(self, record: logging.LogRecord) -> str:
        """The message; its arguments, which may be anybody's words, only where they are asked for."""
        try:
            message = record.getMessage() if self._open else _template(record)
        except (TypeError, ValueError, KeyError):  # the arguments do not fit the message
            message = str(record.msg)
        return " ".join(message.split())[:_LONGEST_MESSAGE]


def _template(record: logging.LogRecord) -> str:
    given = record.args
    if not isinstance(record.msg, str):  # somebody logged an exception
        return type(record.msg).__name__
    if isinstance(given, Mapping):
        return record.msg % {name: _number(value) for name, value in given.items()}
    return record.msg % tuple(map(_number, given)) if given else record.msg


def _number(value: object) -> object:
    return value if isinstance(value, int | float) else "…"
