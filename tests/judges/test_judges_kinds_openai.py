"""A language model behind an API: what is checked before the first call, and who it is."""

from typing import Any

import pytest

from rag_eval.errors import ConfigError
from rag_eval.judges.embedded.version import VERSION
from rag_eval.judges.kinds.openai import check, open_backend, origin
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, endpoint

KEY = "sk-0123456789-secret"


def openai(**settings: Any) -> OpenAIJudgeConfig:
    """A judge's configuration."""
    return OpenAIJudgeConfig.model_validate({"kind": "openai", "model": "m", **settings})


def test_an_address_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local servers often want none; OpenAI's own address does, and says so before the first call."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    check(openai(base_url="http://127.0.0.1:9/v1"))
    assert endpoint(openai()) is None
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        check(openai())
    with pytest.raises(ConfigError, match="MY_KEY is not set"):
        check(openai(api_key_env="MY_KEY"))


def test_a_model_without_a_name() -> None:
    """It is a mistake of the configuration."""
    with pytest.raises(ConfigError, match=r"judge\.model"):
        check(openai(model=" ", base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize("key", [f"{KEY}\n", "sk-é-0123456789"])
def test_a_key_that_no_header_holds(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told before the first call, by the variable's name and without the key."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY holds a character") as caught:
        check(openai())
    assert key.strip() not in str(caught.value)


def test_the_origin_of_a_language_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds what may change a reply, with variables resolved, and no credentials."""
    monkeypatch.setenv("JUDGE_MODEL", "big-model")
    monkeypatch.setenv("JUDGE_USER", "ada:s3cret")
    monkeypatch.setenv("JUDGE_KEY", "s3cret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    settings = OpenAIJudgeConfig.model_validate(
        {
            "kind": "openai",
            "model": "${JUDGE_MODEL}",
            "base_url": "https://${JUDGE_USER}@host:8443/v1?key=${JUDGE_KEY}",
            "embedding_model": "e",
        }
    )
    result = origin(settings, seed=5)
    assert result == {
        "kind": "openai",
        "model": "big-model",
        "endpoint": "https://host:8443/v1",
        "temperature": 0.0,
        "max_tokens": 2048,
        "seed": 5,
        "embeddings": "e",
    }
    plain = settings.model_copy(update={"base_url": None, "embedding_model": None})
    assert origin(plain, seed=5)["endpoint"] == "api.openai.com"
    assert origin(plain, seed=5)["embeddings"] == f"embedded {VERSION}"


@pytest.mark.parametrize(
    "change", [{"model": "n"}, {"temperature": 0.5}, {"max_tokens": 64}, {"base_url": "http://other/v1"}]
)
def test_another_setting_is_another_origin(change: dict[str, Any]) -> None:
    """Scores of judges that differ in any of these are not mixed up."""
    settings = OpenAIJudgeConfig.model_validate({"kind": "openai", "model": "m", "base_url": "http://host/v1"})
    assert origin(settings, 0) != origin(settings.model_copy(update=change), 0)
    assert origin(settings, 0) != origin(settings, 1)


def test_how_a_judge_is_asked_is_not_who_it_is() -> None:
    """Time limits, retries and concurrency do not make another judge."""
    settings = OpenAIJudgeConfig.model_validate({"kind": "openai", "model": "m", "base_url": "http://host/v1"})
    other = settings.model_copy(update={"timeout": 1.0, "retries": 9, "concurrency": 1})
    assert origin(settings, 0) == origin(other, 0)


def test_the_judge_that_is_opened_is_who_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its origin is part of the key under which its replies are kept."""
    monkeypatch.setenv("JUDGE_MODEL", "big-model")
    settings = openai(model="${JUDGE_MODEL}", base_url="http://127.0.0.1:9/v1", embedding_model="e")
    backend = open_backend(settings, 3)
    assert (backend.model, backend.embedding_model) == ("big-model", "e")
    assert backend.origin == origin(settings, 3)
