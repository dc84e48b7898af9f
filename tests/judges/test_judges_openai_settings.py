"""What is set for a language model, and what follows from it."""

from typing import Any

import pytest

from rag_eval.errors import ConfigError
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, api_key, endpoint


def openai(**settings: Any) -> OpenAIJudgeConfig:
    """A judge's configuration."""
    return OpenAIJudgeConfig.model_validate({"kind": "openai", "model": "m", **settings})


def test_the_address_is_that_of_the_experiment_or_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's own where there is neither."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert endpoint(openai()) is None
    monkeypatch.setenv("OPENAI_BASE_URL", "http://theirs/v1")
    assert endpoint(openai()) == "http://theirs/v1"
    assert endpoint(openai(base_url="http://mine/v1")) == "http://mine/v1"


def test_the_key_is_read_from_the_variable_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One's own address does without, unless somebody names a variable for it."""
    monkeypatch.setenv("MY_KEY", "sk-mine")
    assert api_key(openai(api_key_env="MY_KEY")) == "sk-mine"
    monkeypatch.delenv("MY_KEY")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert api_key(openai(base_url="http://mine/v1")) == "none"
    for more in ({}, {"base_url": "http://mine/v1"}):
        with pytest.raises(ConfigError, match=r"judge\.api_key_env: environment variable MY_KEY is not set"):
            api_key(openai(api_key_env="MY_KEY", **more))
    assert openai(api_key_env="MY_KEY", base_url="http://mine/v1").variables == ("MY_KEY",)


def test_what_must_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key, unless somebody else serves the model."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert openai().variables == ("OPENAI_API_KEY",)
    assert openai(base_url="http://mine/v1").variables == ()
    assert openai(base_url="http://mine/v1").addresses == {"base_url": "http://mine/v1"}


def test_what_tokens_cost() -> None:
    """By the prices of a million; nothing is known where there are none."""
    priced = openai(prices={"prompt": 2.0, "completion": 8.0})
    assert priced.is_priced
    assert priced.cost_usd(500_000, 250_000) == pytest.approx(3.0)
    assert not openai().is_priced
    assert openai().cost_usd(1, 1) is None
