"""A language model behind an OpenAI-compatible server on loopback, with everything that may go wrong there."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from judges.embedded.ragas_prompts import Asked, statements_of, verdicts_on
from pydantic import BaseModel
from structlog.testing import capture_logs
from support.judge_server import Behaviour, Call, Fault, JudgeServer, model
from support.scripted import Memory

from rag_eval.errors import JudgeError, ReasonedError
from rag_eval.judges.backend import JudgeReply
from rag_eval.judges.embedded.embedder import vector
from rag_eval.judges.middleware import LimitedJudge, TracedJudge
from rag_eval.judges.openai.backend import OpenAIBackend
from rag_eval.judges.openai.habits import METHODS
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, endpoint
from rag_eval.records import Usage

KEY = "sk-0123456789-secret"
ASKED = statements_of("Who?", "Anna Meyer is master. It costs 45 euros.")
SAID = {"statements": ["Anna Meyer is master.", "It costs 45 euros."]}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter draws its least wait, so that only what a server asks for takes time."""
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)


def openai(server: JudgeServer | None = None, **said: Any) -> OpenAIJudgeConfig:
    """A judge's configuration."""
    url = {"base_url": server.url} if server else {}
    return OpenAIJudgeConfig.model_validate(
        {"kind": "openai", "model": "m", "retries": 2, "timeout": 120, **url, **said}
    )


def backend(said: OpenAIJudgeConfig, seed: int = 0) -> OpenAIBackend:
    """The judge of a configuration."""
    return OpenAIBackend(said, {}, seed=seed)


def ask(said: OpenAIJudgeConfig, *asked: Asked, ledger: Memory | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """The replies of one judge to all prompts at once."""

    async def scenario() -> list[JudgeReply[BaseModel]]:
        async with aclosing(backend(said, seed)) as judge:
            traced = TracedJudge(LimitedJudge(judge, asyncio.Semaphore(said.concurrency)), ledger)
            return await asyncio.gather(*(traced.reply(one.prompt, one.shape) for one in asked))

    return [reply.value.model_dump() for reply in asyncio.run(scenario())]


def failure(said: OpenAIJudgeConfig, asked: Asked = ASKED) -> ReasonedError:
    """The error that a call ends with."""
    with pytest.raises(ReasonedError) as caught:
        ask(said, asked)
    return caught.value


def first(number: int, fault: Fault) -> Behaviour:
    """The first so many calls go wrong."""
    return lambda call: fault if call.number <= number else None


def only(method: str) -> Behaviour:
    """A server that knows one method and those before it not."""
    known = METHODS[METHODS.index(method) :]
    return lambda call: None if call.method in known else Fault(400, body='{"error": {"message": "unknown format"}}')


def prompts(number: int) -> list[Asked]:
    """So many different prompts."""
    return [statements_of("Who?", f"Number {i} is master.") for i in range(number)]


# Shapes


@pytest.mark.parametrize("method", METHODS)
def test_the_strictest_method_that_the_server_knows_is_used(method: str) -> None:
    """JSON schema, function call, JSON mode and plain text all bring the same reply."""
    with JudgeServer(only(method)) as server:
        assert ask(openai(server), ASKED) == [SAID]
        assert list(server.methods) == list(METHODS[: METHODS.index(method) + 1])


def test_stepping_down_happens_once_and_not_at_every_call() -> None:
    """What the server does not know is asked of it once, also by calls that are in flight together."""
    with JudgeServer(only("json_mode")) as server:

        async def scenario() -> None:
            judge = backend(openai(server))
            await judge.reply(ASKED.prompt, ASKED.shape)
            await asyncio.gather(*(judge.reply(one.prompt, one.shape) for one in prompts(20)))
            await judge.aclose()

        asyncio.run(scenario())
        assert server.methods == {"json_schema": 1, "function_calling": 1, "json_mode": 21}


def test_calls_that_find_out_together_step_down_one_step() -> None:
    """When many first calls are refused at once, no method that the server knows is skipped."""

    def behave(call: Call) -> Fault | None:
        refused = Fault(400, body='{"error": {"message": "unknown"}}', seconds=0.2)
        return refused if call.method == "json_schema" else None

    with JudgeServer(behave) as server:
        assert len(ask(openai(server), *prompts(8))) == 8
        assert server.methods == {"json_schema": 8, "function_calling": 8}


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_a_method_that_was_named_is_the_only_one(method: str) -> None:
    """A configured method is used from the start, and its refusal is final."""
    with JudgeServer() as server:
        assert ask(openai(server, method=method), ASKED) == [SAID]
        server.behave = lambda _: Fault(400, body='{"error": {"message": "unknown format"}}')
        assert failure(openai(server, method=method)).reason == "refused"
        assert list(server.methods) == [method]


def test_a_server_that_refuses_everything() -> None:
    """After the last method the call fails with what the server said."""
    with JudgeServer(lambda _: Fault(400, body='{"error": {"message": "not today"}}')) as server:
        error = failure(openai(server))
        assert server.asked.total() == len(METHODS)
    assert (error.reason, "400 'not today'" in str(error), server.url in str(error)) == ("refused", True, True)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, {"message": "The model `gpt-9` does not exist", "code": "model_not_found"}),
        (404, {"message": "Not Found"}),
        (400, {"message": "Invalid model name passed in model=gpt-9"}),
        (404, {"message": "no", "code": "DeploymentNotFound"}),
    ],
)
def test_an_unknown_model_or_path_is_asked_for_once(status: int, error: dict[str, str]) -> None:
    """No other method would find it."""
    with JudgeServer(lambda _: Fault(status, body=json.dumps({"error": error}))) as server:
        caught = failure(openai(server))
        assert server.asked.total() == 1
    assert (caught.reason, error["message"] in str(caught)) == ("refused", True)


@pytest.mark.parametrize("status", [400, 413])
def test_a_prompt_that_is_too_long(status: int) -> None:
    """It is no reason to step down, and not tried again."""
    body = '{"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}'
    with JudgeServer(lambda _: Fault(status, body=body)) as server:
        assert failure(openai(server)).reason == "too_long"
        assert server.asked.total() == 1


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{json.dumps(SAID)}\n```",
        f"Here you are:\n{json.dumps(SAID, indent=2)}\nAnything else?",
        json.dumps(SAID),
        json.dumps({**SAID, "comment": "unasked"}),
    ],
)
@pytest.mark.parametrize("method", ["json_schema", "json_mode", "text"])
def test_json_is_taken_out_of_what_stands_around_it(content: str, method: str) -> None:
    """Fences, introductions and further keys do no harm, and no second call is made for them."""
    behave = only(method)
    with JudgeServer(lambda call: behave(call) or Fault(content=content)) as server:
        assert ask(openai(server), ASKED) == [SAID]
        assert server.methods[method] == 1


# What was sent


def test_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Model, temperature, seed and token limit are those of the configuration; the draw is never sent."""
    bodies: list[dict[str, Any]] = []
    monkeypatch.setenv("JUDGE_MODEL", "big-model")

    class Listening(JudgeServer):
        def chat(self, said: dict[str, Any]) -> Any:
            bodies.append(said)
            return super().chat(said)

    with Listening() as server:
        ask(openai(server, model="${JUDGE_MODEL}", max_tokens=99, temperature=0.5), ASKED, seed=7)
        ask(openai(server, temperature=None), ASKED)
    assert bodies[0]["model"] == "big-model"
    assert (bodies[0]["temperature"], bodies[0]["seed"], bodies[0]["max_completion_tokens"]) == (0.5, 7, 99)
    assert bodies[0]["messages"] == [{"role": "user", "content": ASKED.prompt}]
    assert "temperature" not in bodies[1]


# Replies that are cut off


@pytest.mark.parametrize("method", METHODS)
def test_a_reply_that_is_cut_off_gets_more_tokens(method: str) -> None:
    """The limit is doubled until the reply is whole, and every try is counted."""
    behave, ledger = only(method), Memory()
    limits: list[int] = []

    def short(call: Call) -> Fault | None:
        if fault := behave(call):
            return fault
        limits.append(call.max_tokens)
        return Fault(content='{"statements": ["An', finish="length") if call.max_tokens < 400 else None

    with JudgeServer(short) as server:
        assert ask(openai(server, max_tokens=100), ASKED, ledger=ledger) == [SAID]
    assert limits == [100, 200, 400]
    assert ledger.spent == [Usage(calls=3, prompt_tokens=300, completion_tokens=60)]


def test_a_reply_that_is_always_cut_off() -> None:
    """After eight times the limit the call fails and says which setting to raise."""
    with JudgeServer(lambda _: Fault(content='{"statements": ["An', finish="length")) as server:
        error = failure(openai(server, max_tokens=100))
        assert server.asked.total() == 4
    assert (error.reason, "judge.max_tokens" in str(error), "800" in str(error)) == ("truncated", True, True)


# What cannot be read

GARBAGE = [
    Fault(content="I would rather not."),
    Fault(content=""),
    Fault(content='{"statements": "not a list"}'),
    Fault(content='{"statements": ["half'),
    Fault(body="<html>Bad gateway</html>", headers={"content-type": "text/html"}),
    Fault(body="<html>Bad gateway</html>"),
    Fault(body="{}"),
    Fault(body="[]"),
    Fault(body="null"),
    Fault(body='{"choices": []}'),
    Fault(body='{"choices": [{"message": null}]}'),
]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("fault", GARBAGE)
def test_garbage_is_asked_for_again(fault: Fault, method: str) -> None:
    """A reply that cannot be read is tried again, and fails as unparsable if it stays so."""
    with JudgeServer(first(2, fault)) as server:
        assert ask(openai(server, method=method), ASKED) == [SAID]
        assert server.asked.total() == 3
        server.behave = lambda _: fault
        error = failure(openai(server, method=method, retries=1))
    assert (error.reason, error.attempts) == ("unparsable", 2)


# Trying again


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(429), "rate_limited"),
        (Fault(408), "http_status"),
        (Fault(409), "http_status"),
        (Fault(500), "http_status"),
        (Fault(503), "http_status"),
    ],
)
def test_what_may_pass_is_tried_again(fault: Fault, reason: str) -> None:
    """Rate limits and server errors are tried again, then fail with their reason."""
    with JudgeServer(first(2, fault)) as server:
        assert ask(openai(server, patience=0), ASKED) == [SAID]
        assert server.asked.total() == 3
        server.behave = lambda _: fault
        error = failure(openai(server, retries=1, patience=0))
    assert (error.reason, error.attempts) == (reason, 2)


def test_an_endpoint_that_is_away_is_told_of_before_it_is_tried_again() -> None:
    """Once, and not where it has answered; a body's words stay out of the log."""
    with JudgeServer(lambda _: Fault(503, body="private words")) as server, capture_logs() as lines:
        failure(openai(server, retries=2))
        server.behave = first(1, Fault(429))
        ask(openai(server), ASKED)
    [line] = [line for line in lines if line["event"] == "the service has not answered yet"]
    assert (line["why"], line["settings"]) == ("http_status 503", "judge.base_url")
    assert line["service"].startswith("the judge at http")


@pytest.mark.slow
def test_a_reply_that_is_late_is_asked_for_again() -> None:
    """As often as may be, then it fails; a busy machine may make one late that would have come."""
    with JudgeServer(first(2, Fault(seconds=60))) as server:
        assert ask(openai(server, timeout=0.5, retries=20, patience=0), ASKED) == [SAID]
        assert server.asked.total() >= 3
        server.behave = lambda _: Fault(seconds=60)
        error = failure(openai(server, timeout=0.5, retries=1, patience=0))
    assert (error.reason, error.attempts) == ("timeout", 2)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "invalid_api_key", "unauthorized"),
        (403, "forbidden", "unauthorized"),
        (402, "payment", "refused"),
        (413, "too_large", "too_long"),
        (429, "insufficient_quota", "quota"),
    ],
)
def test_what_will_not_pass_is_final(status: int, code: str, reason: str) -> None:
    """A used-up quota or a refused key is not tried again, in another form neither."""
    body = json.dumps({"error": {"message": "no", "code": code}})
    with JudgeServer(lambda _: Fault(status, body=body)) as server:
        error = failure(openai(server))
        assert server.asked.total() == 1
    assert (error.reason, error.attempts) == (reason, 1)


def test_retry_after_is_waited_for() -> None:
    """The next call comes no earlier than the server asked."""
    came: list[float] = []

    def behave(_: Call) -> Fault | None:
        came.append(time.monotonic())
        return Fault(429, headers={"retry-after": "1"}) if len(came) == 1 else None

    with JudgeServer(behave) as server:
        ask(openai(server), ASKED)
    assert came[1] - came[0] >= 0.99


def test_a_hanging_server_costs_no_more_than_the_deadline() -> None:
    """Every call ends in time, even if the server sends nothing at all; the slots are free again after it."""
    with JudgeServer(lambda call: Fault(seconds=600) if call.seen == 0 else None) as server:
        started = time.monotonic()
        assert len(ask(openai(server, timeout=0.4, retries=20, concurrency=2), *prompts(4))) == 4
        assert time.monotonic() - started < 300


def test_a_server_that_nobody_listens_at() -> None:
    """It is a connection failure after the last try."""
    error = failure(openai(base_url="http://127.0.0.1:9/v1", retries=1))
    assert (error.reason, error.attempts) == ("connection", 2)


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    """The server sees at most `concurrency` calls at a time, and that many."""
    with JudgeServer(seconds=0.05) as server:
        ask(openai(server, concurrency=4), *prompts(24))
        assert server.peak == 4


# What it costs


def test_every_reply_is_counted() -> None:
    """Replies that were of no use were paid for as well; refusals and errors were not."""
    ledger = Memory()

    def behave(call: Call) -> Fault | None:
        return {1: Fault(500), 2: Fault(content="no JSON")}.get(call.number)

    with JudgeServer(behave) as server:
        ask(openai(server), ASKED, ledger=ledger)
    assert ledger.spent == [Usage(calls=2, prompt_tokens=200, completion_tokens=40)]


def test_a_server_that_counts_nothing() -> None:
    """A reply without usage is one call of no tokens."""
    message = {"role": "assistant", "content": json.dumps(SAID)}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    ledger = Memory()
    with JudgeServer(lambda _: Fault(body=json.dumps({**body, "choices": choices}))) as server:
        assert ask(openai(server), ASKED, ledger=ledger) == [SAID]
    assert ledger.spent == [Usage(calls=1)]


# Keys and addresses


def test_the_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPENAI_BASE_URL` is used where the experiment names no address; one it names wins."""
    with JudgeServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert ask(openai(), ASKED) == [SAID]
        assert endpoint(openai()) == server.url
        assert endpoint(openai(base_url="http://mine/v1")) == "http://mine/v1"


def test_the_key_is_sent_and_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that echoes the key in every error cannot bring it into a message."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = json.dumps({"error": {"message": "x" * 140 + f" {KEY} " * 20, "code": "x"}})
    with JudgeServer() as server:
        for status in (200, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500):
            server.behave = lambda _, status=status: Fault(status, body=said)  # type: ignore[misc]
            message = str(failure(openai(server, retries=0, patience=0)))
            assert KEY[:8] not in message
            assert len(message) <= 500


# Embeddings


def embed(said: OpenAIJudgeConfig, texts: list[str], ledger: Memory | None = None) -> list[list[float]]:
    """The vectors of some texts."""

    async def scenario() -> list[list[float]]:
        async with aclosing(backend(said.model_copy(update={"embedding_model": "e"}))) as judge:
            return (await TracedJudge(judge, ledger).embed(texts)).value

    return asyncio.run(scenario())


class Embeddings(JudgeServer):
    """A server whose embeddings go wrong: each answer once, then the real ones."""

    def __init__(self, *answers: tuple[int, str, float]) -> None:
        super().__init__()
        self.answers = [*answers]
        self.embeds = 0

    def embed(self, said: dict[str, Any]) -> Any:
        """Answer one embedding call."""
        self.embeds += 1
        if not self.answers:
            return super().embed(said)
        status, body, seconds = self.answers.pop(0)
        time.sleep(seconds)
        return status, {}, body.encode()


def test_one_vector_a_text_in_order() -> None:
    """Texts go as they are, in one call, which is counted; numbers come back to single precision."""
    ledger, texts = Memory(), ["Anna Meyer", "a berth", ""]
    with Embeddings() as server:
        found = embed(openai(server), texts, ledger)
        assert server.embeds == 1
    for text, numbers in zip(texts, found, strict=True):
        assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-7) for a, b in zip(numbers, vector(text), strict=True))
    assert len(ledger.spent) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((429, "{}", 0.0), "rate_limited"),
        ((500, "{}", 0.0), "http_status"),
        ((200, "{}", 2.5), "timeout"),
        ((200, '{"data": []}', 0.0), "bad_embedding"),
        ((200, "<html>", 0.0), "bad_embedding"),
        ((200, "[]", 0.0), "bad_embedding"),
    ],
)
def test_embeddings_are_tried_again(answer: tuple[int, str, float], reason: str) -> None:
    """Faults of the embedding model are treated as those of the judge."""
    settings = {"patience": 0.0, **({"timeout": 2.0} if reason == "timeout" else {})}
    with Embeddings(answer, answer) as server:
        assert len(embed(openai(server, **settings), ["a"])) == 1
        assert server.embeds == 3
        server.answers = [answer] * 2
        with pytest.raises(ReasonedError) as caught:
            embed(openai(server, **settings, retries=1), ["a"])
    assert caught.value.reason == reason


@pytest.mark.parametrize(("status", "reason"), [(400, "refused"), (401, "unauthorized"), (404, "refused")])
def test_embeddings_that_are_refused(status: int, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not tried again, and the key is not repeated."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    body = json.dumps({"error": {"message": f"no {KEY}"}})
    with Embeddings((status, body, 0.0)) as server, pytest.raises(JudgeError) as caught:
        embed(openai(server), ["a"])
    assert (caught.value.reason, KEY in str(caught.value)) == (reason, False)
    assert server.embeds == 1


def test_too_few_vectors() -> None:
    """A server that leaves a text out gives no vectors at all."""
    body = json.dumps({"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": [1]}]})
    with Embeddings((200, body, 0.0)) as server, pytest.raises(ReasonedError) as caught:
        embed(openai(server, retries=0), ["a", "b"])
    assert caught.value.reason == "bad_embedding"


def test_the_model_of_these_tests_is_the_judge_inside() -> None:
    """What the server says is what the embedded judge says, so that whole runs can be compared."""
    asked = verdicts_on("A berth costs 45 euros.", ["A berth costs 45 euros."])
    say: Callable[[str, str], str] = model
    with JudgeServer() as server:
        reply = asked.shape.model_validate_json(say("NLIStatementOutput", asked.prompt))
        assert ask(openai(server), asked) == [reply.model_dump()]
