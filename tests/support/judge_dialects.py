"""Judges on loopback that refuse what well-known endpoints refuse, in their words, and reply in their forms.

Each is an OpenAI-compatible API as its documentation, or its source, has it; `DIALECTS` has them all.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from support.judge_server import Fault, JudgeServer

Body = Mapping[str, Any]


def _refusal(status: int, body: Any) -> Fault:
    return Fault(status, body=json.dumps(body))


def _of_openai(message: str, param: str | None = None, code: str | None = None) -> Fault:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return _refusal(400, {"error": error})


def _is_strict(schema: Any) -> bool:
    """Whether a schema has what strict JSON schema demands of each object in it."""
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, dict):
        return True
    fields = schema.get("properties")
    whole = not fields or (schema.get("additionalProperties") is False and {*schema.get("required", ())} == {*fields})
    return whole and all(map(_is_strict, schema.values()))


def _refuses_loose_schemas(body: Body) -> Fault | None:
    form = body.get("response_format") or {}
    if form.get("type") != "json_schema" or _is_strict(form["json_schema"]["schema"]):
        return None
    return _of_openai("Invalid schema for response_format: 'required' must include every key", "response_format")


def reasoning(body: Body, _: int) -> Fault | None:
    """OpenAI's models that reason: no temperature but their own, and no limit under its old name."""
    if "max_tokens" in body:
        words = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return _of_openai(words, "max_tokens", "unsupported_parameter")
    if body.get("temperature", 1) != 1:
        words = "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) value is"
        return _of_openai(f"{words} supported.", "temperature", "unsupported_value")
    return _refuses_loose_schemas(body)


def azure(body: Body, number: int) -> Fault | None:
    """An older version of Azure's API: limits under their old name, no JSON schema, and a limit of tokens a minute."""
    if "max_completion_tokens" in body:
        return _of_openai("Unrecognized request argument supplied: max_completion_tokens")
    if (body.get("response_format") or {}).get("type") == "json_schema":
        words = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
        return _of_openai(words)
    if number % 40 == 20:
        words = "Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 1"
        return _refusal(429, {"error": {"code": "429", "message": f"{words} second."}})
    return None


def mistral(body: Body, _: int) -> Fault | None:
    """Mistral: all that it does not know at once, with where it stood."""
    unknown = [name for name in ("seed", "max_completion_tokens") if name in body]
    detail = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 0}
        for name in unknown
    ]
    error = {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error", "param": None}
    return _refusal(422, {**error, "code": None}) if unknown else None


def gemini(body: Body, number: int) -> Fault | None:
    """Gemini: errors in a list, names only in words, schemas without `additionalProperties`."""
    unknown = '"seed"' if "seed" in body else ""
    if "additionalProperties" in json.dumps(body.get("response_format")):
        unknown = unknown or "\"additionalProperties\" at 'generation_config.response_schema'"
    if unknown:
        words = f"Invalid JSON payload received. Unknown name {unknown}: Cannot find field."
        violations = [{"description": words}]
        details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
        error = {"code": 400, "message": words, "status": "INVALID_ARGUMENT", "details": details}
        return _refusal(400, [{"error": error}])
    if number % 50 == 25:
        words = "You exceeded your current quota, please check your plan and billing details."
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
        error = {"code": 429, "message": words, "status": "RESOURCE_EXHAUSTED", "details": [retry]}
        return _refusal(429, [{"error": error}])
    return None


def vllm(body: Body, _: int) -> Fault | None:
    """VLLM, and Ollama behind it: no tools unless they were switched on, and errors as the `repr` of a list."""
    if "max_completion_tokens" in body:
        words = (
            "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not "
            "permitted', 'input': 2048}]"
        )
        return _refusal(
            400, {"object": "error", "message": words, "type": "BadRequestError", "param": None, "code": 400}
        )
    if body.get("tools"):
        words = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        return _refusal(
            400, {"object": "error", "message": words, "type": "BadRequestError", "param": None, "code": 400}
        )
    return None


def groq(body: Body, number: int) -> Fault | None:
    """Groq: JSON that its model did not get right is an error, one time in five."""
    if (body.get("response_format") or {}).get("type") == "json_schema" and number % 5 == 0:
        words = "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details."
        error = {"message": words, "type": "invalid_request_error", "code": "json_validate_failed"}
        return _refusal(400, {"error": {**error, "failed_generation": '{"statements": ['}})
    return None


def _in_thoughts(answer: dict[str, Any]) -> None:
    """Reasoning beside the reply, and counted."""
    answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": 15}
    answer["service_tier"] = "default"


def _in_filters(answer: dict[str, Any]) -> None:
    """What Azure's filters found."""
    found = {"hate": {"filtered": False, "severity": "safe"}}
    answer["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": found}]
    answer["choices"][0]["content_filter_results"] = found


def _in_parts(answer: dict[str, Any]) -> None:
    """A message in parts, of which the first are thoughts."""
    message = answer["choices"][0]["message"]
    if isinstance(message["content"], str):
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": 'So {"statements": []}?'}]}
        message["content"] = [thought, {"type": "text", "text": message["content"]}]


def _in_fences(answer: dict[str, Any]) -> None:
    """A message in a fence, and no count of tokens but the sum."""
    message = answer["choices"][0]["message"]
    if isinstance(message["content"], str):
        message["content"] = f"```json\n{message['content']}\n```"


def _after_thinking(answer: dict[str, Any]) -> None:
    """What the model thought stands before its reply, which braces are in, too."""
    message = answer["choices"][0]["message"]
    message["reasoning_content"] = None
    message["content"] = f'<think>\nThe shape is {{"statements": [...]}}.\n</think>\n\n{message["content"]}'


def _plainly(_: dict[str, Any]) -> None:
    """As OpenAI's."""


@dataclass(frozen=True)
class Dialect:
    """What an endpoint refuses, how it replies, and what is left out or another method in the end."""

    refuse: Callable[[Body, int], Fault | None]
    change: Callable[[dict[str, Any]], None]
    left_out: frozenset[str]
    method: str = "json_schema"


_LIMIT = "max_completion_tokens"
DIALECTS = {
    "reasoning": Dialect(reasoning, _in_thoughts, frozenset({"temperature"})),
    "azure": Dialect(azure, _in_filters, frozenset({_LIMIT}), "function_calling"),
    "mistral": Dialect(mistral, _in_parts, frozenset({_LIMIT, "seed"})),
    "gemini": Dialect(gemini, _in_fences, frozenset({"seed"}), "function_calling"),
    "vllm": Dialect(vllm, _after_thinking, frozenset({_LIMIT})),
    "groq": Dialect(groq, _plainly, frozenset()),
}


class DialectServer(JudgeServer):
    """A judge with an API of one of the dialects."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect = dialect
        self.refused: Counter[int] = Counter()
        """Status to number of refusals."""
        self.calls = 0

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Refuse a call, or answer it in the dialect's form."""
        with self._lock:
            self.calls += 1
            number = self.calls
        if fault := self._dialect.refuse(said, number):
            self.refused[fault.status] += 1
            return fault.status, fault.headers, (fault.body or "").encode()
        status, headers, body = super().chat(said)
        answer = json.loads(body)
        self._dialect.change(answer)
        return status, headers, json.dumps(answer).encode()
