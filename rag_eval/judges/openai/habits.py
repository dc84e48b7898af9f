"""What an endpoint turned out to know and to refuse: how a shape is asked for, and with which parameters.

Refusing a parameter is not refusing a method: models that reason take no temperature and still know JSON schema.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from rag_eval.errors import JudgeError
from rag_eval.judges.openai.errors import StatusError, StoppedReplyError, quoted
from rag_eval.judges.openai.settings import OpenAIJudgeConfig
from rag_eval.records import Reason

_log = structlog.get_logger()

METHODS = ("json_schema", "function_calling", "json_mode", "text")
"""How a shape is asked for, the strictest first."""
LIMITS = ("max_completion_tokens", "max_tokens")
"""What the limit of a reply's tokens is called, by OpenAI now and before, and by many others still."""
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_FILTERED = re.compile(r"content (?:management )?policy|content[ _-]filter", re.IGNORECASE)
_UNKNOWN_CODES = frozenset({"model_not_found", "DeploymentNotFound", "invalid_model", "unknown_model"})
_UNKNOWN_MODEL = re.compile(
    r"\bmodel\b[^.]{0,80}\b(?:not found|not exist|unknown|invalid)\b|\b(?:invalid|unknown|no such) model\b"
    r"|\bdeployment\b[^.]{0,80}\bnot exist\b",
    re.IGNORECASE,
)
_ABOUT_METHODS = re.compile(r"tool|function|response_format|json|schema|structured|format", re.IGNORECASE)
_NOT_WRITTEN = frozenset({"json_validate_failed", "tool_use_failed"})
"""Codes by which an endpoint says that its model did not keep to the method this once."""
_NOT_FOUND = 404


class EndpointHabits:
    """What one endpoint is asked with; shared by all calls, and less after each refusal."""

    def __init__(self, settings: OpenAIJudgeConfig, seed: int, who: str) -> None:
        self._methods = list(METHODS) if settings.method == "auto" else [settings.method]
        self._given = {"temperature": settings.temperature, "seed": seed}
        self._refused: set[str] = set()
        self._who = who

    @property
    def method(self) -> str:
        """How a shape is asked for now."""
        return self._methods[0]

    @property
    def limited_by(self) -> str | None:
        """What a limit of tokens is called; None where the endpoint takes none."""
        return next((name for name in LIMITS if name not in self._refused), None)

    @property
    def left_out(self) -> list[str]:
        """The parameters that are sent no more."""
        return sorted(self._refused)

    def parameters(self, max_tokens: int) -> dict[str, Any]:
        """What goes along with a prompt."""
        limit = {} if self.limited_by is None else {self.limited_by: max_tokens}
        given = {name: value for name, value in self._given.items() if name not in self._refused and value is not None}
        return {**given, **limit}

    def learn(self, error: StatusError, method: str, sent: Mapping[str, Any]) -> None:
        """Take up a refusal, so that the call can be made otherwise; raises where it cannot.

        `method` and `sent` are what the call was made with: another may have learned the same meanwhile.
        """
        if (final := self._final(error)) is not None:
            raise final from error
        if refused := [*self._named(error, sent)]:
            for name in refused:
                self._leave_out(name)
        elif method == self._methods[-1]:
            raise JudgeError(f"{self._who} refuses the call: {quoted(error)}", reason=Reason.REFUSED) from error
        elif method == self._methods[0]:  # else another call has stepped down already
            self._methods.pop(0)

    def _final(self, error: StatusError) -> Exception | None:
        """What no other form of the call would change."""
        text, code = str(error), error.code
        if error.is_too_long:
            return JudgeError(f"the prompt is too long for {self._who}: {quoted(error)}", reason=Reason.TOO_LONG)
        if code in _FILTER_CODES or _FILTERED.search(text):
            return StoppedReplyError(f"the content filter of {self._who} stopped the prompt: {quoted(error)}")
        if code in _NOT_WRITTEN:
            message = f"{self._who} could not write the reply: {quoted(error)}"
            return StoppedReplyError(message, Reason.UNPARSABLE)
        lost = error.status == _NOT_FOUND and not _ABOUT_METHODS.search(text)
        if lost or code in _UNKNOWN_CODES or _UNKNOWN_MODEL.search(text):
            return JudgeError(f"{self._who} refuses the call: {quoted(error)}", reason=Reason.REFUSED)
        return None

    def _named(self, error: StatusError, sent: Mapping[str, Any]) -> Iterator[str]:
        """The parameters of a call that a refusal is about."""
        text = str(error)
        named = [name for name in sorted(sent) if re.search(rf"\b{name}\b", text)]
        yield from [error.param] if error.param in sent else named

    def _leave_out(self, name: str) -> None:
        if name not in self._refused:
            self._refused.add(name)
            _log.warning("the judge refuses a parameter, which is left out from now on", service=self._who, where=name)
