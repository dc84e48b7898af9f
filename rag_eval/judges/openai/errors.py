"""What goes wrong at an endpoint, as failures of ours."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import openai

from rag_eval.errors import JudgeError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, retry_after

_REDIRECTS = range(300, 400)
_UNAUTHORIZED = (401, 403)
_NOT_UNDERSTOOD = (400, 404, 422)
"""How an endpoint says that it does not know a method."""
_TIMED_OUT, _CONFLICT, _TOO_MANY, _SERVER_ERROR = 408, 409, 429, 500
_UNREADABLE = (
    ValueError, TypeError, AttributeError, LookupError, RecursionError, openai.APIResponseValidationError,
)  # fmt: skip
"""What is raised for a body that is no completion, such as a gateway's page or `{}`."""
_TOO_LONG = ("context_length_exceeded", "Input tokens exceed", "prompt is too long", "ContextWindowExceeded")
"""What endpoints say of a prompt that their model cannot take, where they have no code for it."""


class StatusError(Exception):
    """An endpoint answered with a status that is no success."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        self.status, self.headers = status, headers
        self.code, words = _code_and_words(body)
        super().__init__(words)

    @property
    def is_too_long(self) -> bool:
        """Whether the prompt is longer than the model can read."""
        return "context" in self.code or any(words in str(self) for words in _TOO_LONG)


def _code_and_words(body: str) -> tuple[str, str]:
    """The code and the words of an error's body, whatever its form."""
    with contextlib.suppress(ValueError):
        answer = json.loads(body)
        error = answer.get("error", answer) if isinstance(answer, dict) else answer
        if not isinstance(error, dict):
            return "", str(error)
        words = error.get("message") or error.get("detail") or json.dumps(error, ensure_ascii=False)
        return str(error.get("code") or ""), str(words)
    return "", body.strip()


@asynccontextmanager
async def mapped_errors(
    who: str, what: str, unreadable: Reason, seconds: float, *, steps_down: bool = True
) -> AsyncIterator[None]:
    """One call within a time limit, with what the clients raise turned into failures of ours.

    `who` is asked, `what` comes, `unreadable` is the reason where it cannot be read; with `steps_down` an error that
    says that a method is not known stays as it is, so that the next one can be tried.
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
        raise _failure(StatusError(answer.status_code, answer.headers, answer.text), steps_down=steps_down) from error
    except StatusError as error:
        raise _failure(error, steps_down=steps_down) from error
    except (*_UNREADABLE, aiohttp.ClientError) as error:
        raise RetryLater(f"{what} cannot be read: {on_one_line(error)}", reason=unreadable) from error


def _failure(error: StatusError, *, steps_down: bool) -> Exception:
    """What an HTTP status of the endpoint means for the call; itself if the next method may be understood."""
    after = retry_after(error.headers.get("retry-after"))
    if error.status == _TOO_MANY and error.code != "insufficient_quota":
        return RetryLater(f"the judge is rate limited: {on_one_line(error)}", reason=Reason.RATE_LIMITED, after=after)
    if error.status >= _SERVER_ERROR or error.status in (_TIMED_OUT, _CONFLICT):
        return RetryLater(f"the judge answered {error.status}", reason=Reason.HTTP_STATUS, after=after)
    return error if steps_down and error.status in _NOT_UNDERSTOOD else _final(error)


def _final(error: StatusError) -> JudgeError:
    """A failure that another try would not mend."""
    if error.status == _TOO_MANY:
        return JudgeError(f"the judge's quota is used up: {on_one_line(error)}", reason=Reason.QUOTA)
    if error.status in _UNAUTHORIZED:
        return JudgeError(f"the judge refuses the key: {error.status}", reason=Reason.UNAUTHORIZED)
    if error.status in _REDIRECTS:
        place = error.headers.get("location", "another address")
        message = f"the judge answers {error.status} and names {place}; judge.base_url takes the address that answers"
        return JudgeError(message, reason=Reason.REDIRECTED)
    return JudgeError(f"the judge refuses the call: {on_one_line(error)}", reason=Reason.REFUSED)


def on_one_line(error: Exception) -> str:
    """An error's words without line breaks."""
    return " ".join(str(error).split())
