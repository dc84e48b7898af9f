"""A system is known again by what it is asked, and no secret is kept of it."""

from typing import Any

import pytest

from rag_eval.targets import differences, identity
from rag_eval.targets.custom import CustomTargetConfig
from rag_eval.targets.http.config import HttpConfig

SECRET = "s3cret-0123456789/@abcdef"


def http(**said: Any) -> dict[str, Any]:
    """What is kept of a service."""
    target = HttpConfig.model_validate({"kind": "http", "url": "http://127.0.0.1:9/ask", **said})
    return identity(target, "salt")


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://ada:${VALUE}@127.0.0.1:9/ask"},
        {"url": "http://127.0.0.1:9/ask?api_key=${VALUE}"},
        {"headers": {"X-Api-Key": "${VALUE}"}},
        {"body": {"token": "${VALUE}", "q": "{{ user_input }}"}},
        {"auth": {"kind": "bearer", "token_env": "VALUE"}},
    ],
)
def test_a_key_may_be_renewed(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not kept, nor anything that tells another from it."""
    monkeypatch.setenv("VALUE", SECRET)
    before = http(**said)
    assert "s3cret" not in str(before)
    monkeypatch.setenv("VALUE", "another-9876543210")
    assert differences(before, http(**said)) == []


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"body": {"filter": {"tenant": ["of ${VALUE}"]}}}, "body.filter.tenant.0"),
        ({"query": {"lang": "${VALUE}"}}, "query.lang"),
        ({"headers": {"X-Tenant": "${VALUE}"}}, "headers.X-Tenant"),
        ({"url": "http://127.0.0.1:9/t/${VALUE}"}, "url"),
        ({"url": "http://127.0.0.1:9/ask?tenant=${VALUE}"}, "url"),
    ],
)
def test_another_value_is_another_system(said: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it does not look like a key; what may be a secret is kept as a mark."""
    monkeypatch.setenv("VALUE", "s3cret-0123456789-abcdef")
    before = http(**said)
    assert "s3cret" not in str(before)
    assert differences(before, http(**said)) == []
    monkeypatch.setenv("VALUE", "another-9876543210")
    (difference,) = differences(before, http(**said))
    assert difference.startswith(f"target.{key} differs (")
    assert "another" not in difference


def test_how_it_is_asked_is_no_part_of_it() -> None:
    """Nor is a setting that is written out at its default."""
    more = {"timeout": 5, "retries": 0, "rate": "1/second", "concurrency": 9, "breaker": None, "method": "POST"}
    assert differences(http(), http(**more)) == []
    assert differences(http(), http(repeats=2)) == ["target.repeats differs (not set and 2)"]
    stream = {"kind": "sse", "delta": "a"}
    assert differences(http(stream=stream), http(stream={**stream, "needs_done": "auto"})) == []


def test_a_part_of_ones_own() -> None:
    """Is what it is called with, as it is."""
    made = [identity(CustomTargetConfig(kind="custom", use="a:b", options={"k": "${K}", "n": n}), "s") for n in (1, 2)]
    assert differences(*made) == ["target.options.n differs (1 and 2)"]
