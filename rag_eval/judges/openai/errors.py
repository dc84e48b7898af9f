"""What goes wrong at an endpoint, as failures of ours."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import openai

from rag_eval.errors import JudgeError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, is_used_up, retry_after

_REDIRECTS = range(300, 400)
_UNAUTHORIZED = (401, 403)
_NOT_UNDERSTOOD = (400, 404, 413, 422)
"""How an endpoint says that it does not know a method, or cannot take the call for another reason that it names."""
_TIMED_OUT, _CONFLICT, _TOO_MANY, _SERVER_ERROR = 408, 409, 429, 500
_UNREADABLE = (
    ValueError, TypeError, AttributeError, LookupError, RecursionError, openai.APIResponseValidationError,
)  # fmt: skip
"""What is raised for a body that is no completion, such as a gateway's page or `{}`."""
_WIDEST = 5
_TOO_LONG = (
    "context_length_exceeded", "Input tokens exceed", "prompt is too long", "ContextWindowExceeded",
    "maximum context length", "exceeds the available context size", "Request too large for model",
)  # fmt: skip
"""What endpoints say of a prompt that their model cannot take, where they have no code for it."""
_LIMIT_TOO_LARGE = re.compile(r"max_(?:completion_)?tokens\b.{0,40} is too large")
"""What vLLM says where prompt and limit together are more than its model can take."""
_TOO_LARGE = 413


class StatusError(Exception):
    """An endpoint answered with a status that is no success."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        self.status, self.headers = status, headers
        self.code, self.param, words = _told(body)
        self.is_used_up = status == _TOO_MANY and is_used_up(body)
        super().__init__(words)

    @property
    def is_too_long(self) -> bool:
        """Whether the prompt is longer than the model can read."""
        if _LIMIT_TOO_LARGE.search(str(self)):
            return False
        return self.status == _TOO_LARGE or "context" in self.code or any(words in str(self) for words in _TOO_LONG)


def _told(body: str) -> tuple[str, str, str]:
    """The code, the parameter and the words of an error's body, whatever its form."""
    with contextlib.suppress(ValueError):
        answer = json.loads(body)
        if isinstance(answer, list) and answer and isinstance(answer[0], dict):  # as Gemini answers
            answer = answer[0]
        error = answer.get("error", answer) if isinstance(answer, dict) else answer
        if not isinstance(error, dict):
            return "", "", str(error)
        words = _words(error) or json.dumps(error, ensure_ascii=False)
        return str(error.get("code") or ""), str(error.get("param") or ""), words
    return "", "", body.strip()


def _words(body: Any) -> str:
    """The sentences in a part of a body; empty where there are none."""
    match body:
        case str():
            return body
        case list():
            return "; ".join(filter(None, map(_words, body[:_WIDEST])))
        case dict():
            sentence = next(
                (text for key in ("message", "detail", "error", "msg") if (text := _words(body.get(key)))), ""
            )
            place = body.get("loc")
            return f"{sentence} ({'.'.join(map(str, place))})" if sentence and isinstance(place, list) else sentence
        case _:
            return ""


class StoppedReplyError(Exception):
    """A filter, the model itself, or a method that it did not keep to, stopped one reply; `reason` says which."""

    def __init__(self, message: str, reason: Reason = Reason.CONTENT_FILTER) -> None:
        super().__init__(message)
        self.reason = reason


@asynccontextmanager
async def mapped_errors(
    who: str, what: str, unreadable: Reason, seconds: float, *, steps_down: bool = True
) -> AsyncIterator[None]:
    """One call within a time limit, with what the clients raise turned into failures of ours.

    `who` is asked, `what` comes, `unreadable` is the reason where it cannot be read; with `steps_down` an error of
    the client that says that a method is not known is raised unchanged, so that the next method can be tried.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (TimeoutError, openai.APITimeoutError) as error:
        raise RetryLater(f"{who} gave no answer in {seconds:g} s", reason=Reason.TIMEOUT) from error
    except (openai.APIConnectionError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
        raise RetryLater(f"{who} could not be reached: {error.__cause__ or error}", reason=Reason.CONNECTION) from error
    except openai.APIStatusError as error:
        answer = error.response
        status = StatusError(answer.status_code, answer.headers, answer.text)
        raise _failure(status, who, steps_down=steps_down) from error
    except StatusError as error:
        raise _failure(error, who, steps_down=steps_down) from error
    except (*_UNREADABLE, aiohttp.ClientError) as error:
        if error.args and isinstance(error.args[0], dict):  # an error of the provider behind a gateway, in a 200
            raise _of_provider(error.args[0], who) from error
        raise RetryLater(f"{what} cannot be read: {on_one_line(error)}", reason=unreadable) from error


def _of_provider(body: dict[str, Any], who: str) -> RetryLater:
    """What an error in a body of status 200 means."""
    code = body.get("code")
    reason = Reason.RATE_LIMITED if code in (_TOO_MANY, str(_TOO_MANY)) else Reason.SERVICE_ERROR
    words = " ".join((_words(body) or json.dumps(body, ensure_ascii=False)).split())
    return RetryLater(f"{who} says in a 200 that it failed: {words!r}{f' ({code})' if code else ''}", reason=reason)


def _failure(error: StatusError, who: str, *, steps_down: bool) -> Exception:
    """What an HTTP status of the endpoint means for the call; itself if the next method may be understood."""
    after = retry_after(error.headers.get("retry-after"))
    if error.status == _TOO_MANY and not error.is_used_up:
        return RetryLater(f"{who} is asked too often: {quoted(error)}", reason=Reason.RATE_LIMITED, after=after)
    if error.status >= _SERVER_ERROR or error.status in (_TIMED_OUT, _CONFLICT):
        message = f"{who} answered {quoted(error)}"
        return RetryLater(message, reason=Reason.HTTP_STATUS, after=after, status=error.status)
    return error if steps_down and error.status in _NOT_UNDERSTOOD else _final(error, who)


def _final(error: StatusError, who: str) -> JudgeError:
    """A failure that another try would not mend."""
    if error.is_used_up:
        return JudgeError(f"the quota of {who} is used up: {quoted(error)}", reason=Reason.QUOTA)
    if error.status in _UNAUTHORIZED:
        return JudgeError(f"{who} does not accept the key: {quoted(error)}", reason=Reason.UNAUTHORIZED)
    if error.status in _REDIRECTS:
        place = error.headers.get("location", "another address")
        message = f"{who} answers {error.status} and names {place}; judge.base_url takes the address that answers"
        return JudgeError(message, reason=Reason.REDIRECTED)
    return JudgeError(f"{who} refuses the call: {quoted(error)}", reason=Reason.REFUSED)


def quoted(error: StatusError) -> str:
    """The status and the words of the endpoint: `401 'bad key'`."""
    words = on_one_line(error)
    return f"{error.status} '{words}'" if words else str(error.status)


def on_one_line(error: Exception) -> str:
    """An error's words without line breaks."""
    return " ".join(str(error).split())
