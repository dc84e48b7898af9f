"""What an endpoint refuses is left out of the next call, and what it stops is asked for otherwise."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from judges.test_judges_openai_backend import ASKED, SAID, ask, failure, openai, prompts
from structlog.testing import capture_logs
from support.judge_server import Call, Fault, JudgeServer

Refusal = Callable[[Mapping[str, Any]], Fault | None]


class Listening(JudgeServer):
    """A judge that keeps what it is sent, and may refuse it."""

    def __init__(self, refuse: Refusal = lambda _: None, **said: Any) -> None:
        super().__init__(**said)
        self.bodies: list[dict[str, Any]] = []
        self._refuse = refuse

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer one chat call, or refuse it."""
        self.bodies.append(said)
        fault = self._refuse(said)
        return (fault.status, fault.headers, (fault.body or "").encode()) if fault else super().chat(said)


def refusal(status: int, body: Any) -> Fault:
    """A refusal with a body."""
    return Fault(status, body=json.dumps(body))


def of_openai(name: str, words: str) -> Refusal:
    """As OpenAI refuses a parameter."""
    return lambda body: refusal(400, {"error": {"message": words, "param": name}}) if name in body else None


def of_mistral(body: Mapping[str, Any]) -> Fault | None:
    """As Mistral names all that it does not know, with where it stood."""
    unknown = [name for name in ("seed", "max_completion_tokens") if name in body]
    detail = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"} for name in unknown
    ]
    return refusal(422, {"object": "error", "message": {"detail": detail}}) if unknown else None


def of_gemini(body: Mapping[str, Any]) -> Fault | None:
    """As Gemini answers: a list, and no name but in the words."""
    words = 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'
    return refusal(400, [{"error": {"code": 400, "message": words}}]) if "seed" in body else None


def of_all_limits(body: Mapping[str, Any]) -> Fault | None:
    """As an endpoint that limits no reply."""
    named = [name for name in ("max_completion_tokens", "max_tokens") if name in body]
    return refusal(400, {"error": {"message": f"unknown argument: {named[0]}"}}) if named else None


@pytest.mark.parametrize(
    ("refuse", "left_out", "calls"),
    [
        (of_openai("temperature", "Unsupported value: 'temperature' does not support 0"), {"temperature"}, 1),
        (of_openai("max_completion_tokens", "Unrecognized request argument"), {"max_completion_tokens"}, 1),
        (of_mistral, {"seed", "max_completion_tokens"}, 1),
        (of_gemini, {"seed"}, 1),
        (of_all_limits, {"max_completion_tokens", "max_tokens"}, 2),
    ],
)
def test_a_parameter_that_is_refused_is_left_out_for_good(refuse: Refusal, left_out: set[str], calls: int) -> None:
    """It is told once, the method stays, and no later call has it."""
    with Listening(refuse) as server, capture_logs() as lines:
        settings = openai(server, concurrency=1)
        assert len(ask(settings, ASKED, *prompts(3))) == 4
        assert len(server.bodies) == 4 + calls
        assert all(left_out.isdisjoint(body) for body in server.bodies[calls:])
        assert all(body["response_format"]["type"] == "json_schema" for body in server.bodies)
        kept = {"temperature", "seed", "max_completion_tokens"} - left_out
        assert all(kept <= {*body} for body in server.bodies)
        limit = server.bodies[-1].get("max_tokens") or server.bodies[-1].get("max_completion_tokens")
    assert {line["where"] for line in lines} == left_out
    assert limit == (None if "max_tokens" in left_out else settings.max_tokens)


def test_a_refused_method_is_no_refused_parameter() -> None:
    """What names neither steps down, with all parameters."""
    refuse: Refusal = lambda body: refusal(400, {"error": "unknown format"}) if "response_format" in body else None  # noqa: E731
    with Listening(refuse) as server:
        assert ask(openai(server), ASKED) == [SAID]
        assert {"seed", "temperature", "max_completion_tokens"} <= {*server.bodies[-1]}
        assert "tools" in server.bodies[-1]


FILTERED = [
    refusal(400, {"error": {"message": "no", "code": "content_filter"}}),
    refusal(400, {"error": {"message": "It triggered the content management policy."}}),
    Fault(content="", finish="content_filter"),
]


@pytest.mark.parametrize("fault", FILTERED)
def test_a_filtered_prompt_is_asked_once_more_in_plain_text(fault: Fault) -> None:
    """Where that goes well it is a reply; the other calls keep their method."""

    def behave(call: Call) -> Fault | None:
        return fault if call.method != "text" and "Anna Meyer" in call.prompt else None

    with JudgeServer(behave) as server:
        assert ask(openai(server, concurrency=1), ASKED, *prompts(3))[0] == SAID
        assert server.methods == {"json_schema": 4, "text": 1}


@pytest.mark.parametrize("fault", FILTERED)
def test_a_prompt_that_is_filtered_again_is_a_failure_with_a_name(fault: Fault) -> None:
    """It is asked twice in all."""
    with JudgeServer(lambda _: fault) as server:
        error = failure(openai(server))
        assert server.asked.total() == 2
    assert (error.reason, server.url in str(error)) == ("content_filter", True)


def test_a_method_that_the_model_did_not_keep_to_once_is_kept() -> None:
    """Its reply is asked for in plain text, and the next by the method again."""
    lapse = refusal(400, {"error": {"message": "Failed to generate JSON.", "code": "json_validate_failed"}})
    with JudgeServer(lambda call: lapse if call.number == 1 else None) as server:
        assert len(ask(openai(server, concurrency=1), ASKED, *prompts(2))) == 3
        assert server.methods == {"json_schema": 3, "text": 1}


def test_a_model_that_declines_says_so() -> None:
    """In its own words, which are no reply."""

    class Declining(JudgeServer):
        def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
            status, headers, body = super().chat(said)
            answer = json.loads(body)
            answer["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": "I cannot assist."}
            return status, headers, json.dumps(answer).encode()

    with Declining() as server:
        error = failure(openai(server))
    assert (error.reason, "I cannot assist." in str(error)) == ("declined", True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "Provider returned error", "code": 502}, "service_error"),
        ({"message": "rate limited upstream", "code": 429}, "rate_limited"),
    ],
)
def test_an_error_in_a_body_of_status_200_is_quoted(error: dict[str, Any], reason: str) -> None:
    """A gateway tells so of the provider behind it; it is tried again."""
    with JudgeServer(lambda call: Fault(body=json.dumps({"error": error})) if call.number == 1 else None) as server:
        assert ask(openai(server, patience=0), ASKED) == [SAID]
        server.behave = lambda _: Fault(body=json.dumps({"error": error}))
        caught = failure(openai(server, retries=0, patience=0))
    assert (caught.reason, error["message"] in str(caught)) == (reason, True)


def test_a_redirect_is_not_followed() -> None:
    """Prompts and the key do not go to an address that nobody named."""
    with JudgeServer() as other, JudgeServer(lambda _: Fault(307, headers={"location": f"{other.url}/x"})) as server:
        error = failure(openai(server))
        assert not other.asked
    assert (error.reason, other.url in str(error)) == ("redirected", True)


def test_an_endpoint_that_is_asked_too_often_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `Retry-After` too, and however few tries there are: no reply is lost."""
    monkeypatch.setattr("rag_eval.resilience.pauses.FIRST", 0.01)
    monkeypatch.setattr("rag_eval.resilience.pauses.LONGEST", 0.01)
    with JudgeServer(lambda call: Fault(429) if call.number % 3 else None) as server:
        assert len(ask(openai(server, retries=0), *prompts(8))) == 8


def test_a_rate_is_kept() -> None:
    """No more calls than allowed go out in a second."""
    with JudgeServer() as server:
        assert len(ask(openai(server, rate="2/second"), *prompts(4))) == 4
        times = sorted(at for at, _ in server.log)
    assert times[2] - times[0] >= 1.0
