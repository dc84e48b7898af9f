"""What goes wrong at an endpoint."""

import asyncio
import json

import aiohttp
import pytest

from rag_eval.errors import JudgeError, ReasonedError
from rag_eval.judges.openai.errors import StatusError, mapped_errors
from rag_eval.records import Reason


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"error": {"message": "no such model", "code": "model_not_found"}}, "model_not_found", "no such model"),
        ({"error": {"message": "no", "code": None}}, "", "no"),
        ({"error": {"message": "no", "code": 404}}, "404", "no"),
        ({"error": "no such model"}, "", "no such model"),
        ({"detail": "Not Found"}, "", "Not Found"),
        ({"message": "no route"}, "", "no route"),
        ({"why": "ünknown"}, "", '{"why": "ünknown"}'),
        (["no"], "", "['no']"),
        ("no", "", "no"),
    ],
)
def test_words_of_an_error(body: object, code: str, words: str) -> None:
    """OpenAI's form and those of others: what the endpoint said is what is told."""
    error = StatusError(400, {}, json.dumps(body))
    assert (error.code, str(error)) == (code, words)


def test_an_error_that_is_no_json() -> None:
    """A gateway's page is told as it is."""
    assert str(StatusError(502, {}, " <html>Bad gateway</html>\n")) == "<html>Bad gateway</html>"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "too much", "code": "context_length_exceeded"}},
        {"error": {"message": "Input tokens exceed the configured limit of 8 tokens", "code": ""}},
        {"error": {"message": "prompt is too long: 9 > 8"}},
        {"error": {"message": "litellm.ContextWindowExceededError: 9 > 8"}},
        {"object": "error", "message": "This model's maximum context length is 4096 tokens. However, …", "code": 400},
        {"error": {"message": "the request exceeds the available context size. try increasing it"}},
    ],
)
def test_a_prompt_that_is_too_long(body: object) -> None:
    """It is known by its code, or by the words of endpoints that have none."""
    assert StatusError(400, {}, json.dumps(body)).is_too_long
    assert not StatusError(400, {}, json.dumps({"error": {"message": "unknown parameter"}})).is_too_long
    limit = "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 4096"
    assert not StatusError(400, {}, json.dumps({"message": limit})).is_too_long
    assert StatusError(413, {}, "").is_too_long


def outcome(raised: Exception, *, steps_down: bool = True) -> Exception:
    """What an exception in a call becomes."""

    async def call() -> None:
        async with mapped_errors("the judge", "the reply", Reason.UNPARSABLE, 30.0, steps_down=steps_down):
            raise raised

    with pytest.raises((ReasonedError, StatusError)) as caught:
        asyncio.run(call())
    return caught.value


@pytest.mark.parametrize(
    ("raised", "reason", "retriable"),
    [
        (StatusError(429, {}, ""), Reason.RATE_LIMITED, True),
        (StatusError(429, {}, '{"error": {"code": "insufficient_quota"}}'), Reason.QUOTA, False),
        (StatusError(429, {}, '{"error": {"type": "insufficient_quota", "code": 429}}'), Reason.QUOTA, False),
        (StatusError(500, {}, ""), Reason.HTTP_STATUS, True),
        (StatusError(529, {}, ""), Reason.HTTP_STATUS, True),
        (StatusError(408, {}, ""), Reason.HTTP_STATUS, True),
        (StatusError(409, {}, ""), Reason.HTTP_STATUS, True),
        (StatusError(401, {}, ""), Reason.UNAUTHORIZED, False),
        (StatusError(403, {}, ""), Reason.UNAUTHORIZED, False),
        (StatusError(402, {}, ""), Reason.REFUSED, False),
        (StatusError(307, {"location": "https://elsewhere/v1"}, ""), Reason.REDIRECTED, False),
        (TimeoutError(), Reason.TIMEOUT, True),
        (aiohttp.ServerTimeoutError(), Reason.TIMEOUT, True),
        (aiohttp.ServerDisconnectedError(), Reason.CONNECTION, True),
        (aiohttp.ClientPayloadError("cut"), Reason.CONNECTION, True),
        (ValueError("no JSON"), Reason.UNPARSABLE, True),
        (KeyError("choices"), Reason.UNPARSABLE, True),
    ],
)
def test_each_error_has_its_reason(raised: Exception, reason: Reason, *, retriable: bool) -> None:
    """What may pass is tried again, and what will not is final."""
    error = outcome(raised)
    assert isinstance(error, ReasonedError)
    assert (error.reason, error.retriable) == (reason, retriable)
    if reason == Reason.HTTP_STATUS:
        assert isinstance(raised, StatusError)
        assert error.status == raised.status


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_method_that_is_not_known(status: int) -> None:
    """The next one is tried where there is one; where there is none the call is refused."""
    error = StatusError(status, {}, '{"error": "unknown"}')
    assert outcome(error) is error
    refused = outcome(error, steps_down=False)
    assert isinstance(refused, JudgeError)
    assert (refused.reason, str(refused)) == (Reason.REFUSED, f"the judge refuses the call: {status} 'unknown'")


def test_a_redirect_says_where_it_leads() -> None:
    """Nothing is sent there; who set the address can set the other."""
    error = outcome(StatusError(308, {"location": "https://elsewhere/v1"}, ""))
    assert "https://elsewhere/v1; judge.base_url takes" in str(error)
