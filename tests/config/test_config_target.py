"""What experiments say of services, however they are reached: what is left out, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from rag_eval.config.target import BreakerConfig, SelectConfig, StreamConfig, TlsConfig
from rag_eval.records import Record


@pytest.mark.parametrize("kind", [BreakerConfig, SelectConfig, TlsConfig])
def test_a_word_that_is_none_is_refused(kind: type[Record]) -> None:
    """A setting that was misspelt would else do nothing, and nobody would know."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind.model_validate({"verfiy": False})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("failures", 0),
        ("failures", -1),
        ("failures", 1.5),
        ("failures", None),
        ("recovery", 0),
        ("recovery", -1),
        ("recovery", float("nan")),
        ("patience", 0),
        ("patience", float("nan")),
        ("patience", "soon"),
        ("patience", float("inf")),
        ("recovery", float("inf")),
    ],
)
def test_a_breaker_that_could_never_close_or_open_is_refused(setting: str, value: Any) -> None:
    """No number of failures at all, no time to wait, or a time that is no number."""
    with pytest.raises(ValidationError, match=setting):
        BreakerConfig.model_validate({setting: value})


def test_a_breaker_may_open_at_once_and_look_again_at_once() -> None:
    """A first failure is the least that opens one."""
    settings = BreakerConfig.model_validate({"failures": 1, "recovery": 0.001})
    assert (settings.failures, settings.recovery) == (1, 0.001)
    assert settings.patience > settings.recovery


def test_certificates_are_checked_unless_somebody_says_otherwise() -> None:
    """Only a plain no does."""
    assert TlsConfig().verify
    assert not TlsConfig.model_validate({"verify": False}).verify
    with pytest.raises(ValidationError, match="verify"):
        TlsConfig.model_validate({"verify": "sometimes"})


def test_no_secret_is_written_into_an_experiment() -> None:
    """The key's password is named by the variable that holds it."""
    secret = [name for name in TlsConfig.model_fields if "password" in name]
    assert secret
    assert all(name.endswith("_env") for name in secret)


@pytest.mark.parametrize(
    ("settings", "complains"),
    [
        ({}, "kind"),
        ({"kind": "ndjson"}, "delta"),
        ({"kind": "websocket", "delta": "text"}, "kind"),
        ({"kind": "ndjson", "delta": None}, "delta"),
        ({"kind": "text", "delta": "text"}, "delta"),
        ({"kind": "sse", "delta": "text", "needs_done": "perhaps"}, "needs_done"),
        ({"kind": "sse", "delta": "text", "pieces": "prepend"}, "pieces"),
        ({"kind": "sse", "delta": "text", "done": 1}, "done"),
    ],
)
def test_a_stream_must_say_what_it_is_and_where_its_text_stands(settings: dict[str, Any], complains: str) -> None:
    """What is missing or wrong is named."""
    with pytest.raises(ValidationError, match=complains):
        StreamConfig.model_validate(settings)


@pytest.mark.parametrize("needs_done", [True, False, "auto"])
def test_whether_a_stream_needs_its_last_event_keeps_its_three_answers(needs_done: object) -> None:
    """A yes is no `auto` and a no is no zero."""
    stream = StreamConfig.model_validate({"kind": "ndjson", "delta": "text", "needs_done": needs_done})
    assert stream.needs_done is needs_done or stream.needs_done == needs_done
    assert type(stream.needs_done) is type(needs_done)


def test_what_a_model_thought_stays_unless_it_is_dropped() -> None:
    """There are these two ways only."""
    assert SelectConfig().thinking == "keep"
    assert SelectConfig.model_validate({"thinking": "drop"}).thinking == "drop"
    with pytest.raises(ValidationError, match="thinking"):
        SelectConfig.model_validate({"thinking": "hide"})


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    """A run keeps what it began with."""
    with pytest.raises(ValidationError, match="frozen"):
        BreakerConfig().failures = 1
