"""Settings from the environment."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from rag_eval.staging.errors import SettingsError
from rag_eval.staging.settings import Settings, strangers

_LOGIN = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": "right horse"}
_LLM = {"RAG_STAGING_LLM_BASE_URL": "http://127.0.0.1:9/v1", "RAG_STAGING_LLM_MODEL": "m"}


def test_defaults() -> None:
    """Credentials are enough; everything else has a default, and empty or foreign variables do not count."""
    settings = Settings.from_environ({**_LOGIN, "RAG_STAGING_PROFILE": "", "RAG_STAGING_URL": "x", "HOME": "/"})
    assert settings.profile == "strong"
    assert settings.corpus is None
    assert settings.token_ttl_s == 3600
    assert settings.llm_base_url is None


def test_everything() -> None:
    """Each variable reaches its setting, the key by the name that is given for it."""
    settings = Settings.from_environ(
        {
            **_LOGIN,
            **_LLM,
            "RAG_STAGING_PROFILE": "weak",
            "RAG_STAGING_CORPUS": "some/pages",
            "RAG_STAGING_TOKEN_TTL_S": "60",
            "RAG_STAGING_LLM_API_KEY_ENV": "MY_KEY",
            "RAG_STAGING_LLM_TIMEOUT_S": "1.5",
            "MY_KEY": "k",
        }
    )
    assert (settings.profile, settings.corpus, settings.token_ttl_s) == ("weak", Path("some/pages"), 60)
    assert (str(settings.llm_base_url), settings.llm_model) == ("http://127.0.0.1:9/v1", "m")
    assert settings.llm_timeout_s == 1.5
    assert settings.llm_api_key is not None
    assert settings.llm_api_key.get_secret_value() == "k"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"RAG_STAGING_PASSWORD": ""}, "RAG_STAGING_USERNAME and RAG_STAGING_PASSWORD belong together"),
        ({"RAG_STAGING_USERNAME": ""}, "RAG_STAGING_USERNAME and RAG_STAGING_PASSWORD belong together"),
        (
            {"RAG_STAGING_USERNAME": "", "RAG_STAGING_PASSWORD": "", "RAG_STAGING_REGISTRATION": "closed"},
            "nobody could log in: set RAG_STAGING_USERNAME",
        ),
        ({"RAG_STAGING_QUERY_LIMIT": "often"}, "RAG_STAGING_QUERY_LIMIT: 'often' is no limit; it reads 10/minute"),
        ({"RAG_STAGING_UPLOAD_LIMIT": "0/minute"}, "RAG_STAGING_UPLOAD_LIMIT: '0/minute' lets nobody in"),
        ({"RAG_STAGING_TRUSTED_PROXIES": "10.0.0.0/8, lan"}, "RAG_STAGING_TRUSTED_PROXIES: 'lan' is no address"),
        ({"RAG_STAGING_REDIS_URL": "postgres://u:canary@h"}, "RAG_STAGING_REDIS_URL: reads memory://, redis://"),
        ({"RAG_STAGING_JWT_SECRET": "short"}, "RAG_STAGING_JWT_SECRET: "),
        ({"RAG_STAGING_DEADLINE_S": "0"}, "RAG_STAGING_DEADLINE_S: "),
        (
            {"RAG_STAGING_QDRANT_URL": "http://q:6333", "RAG_STAGING_QDRANT_PATH": "q"},
            "RAG_STAGING_QDRANT_URL and RAG_STAGING_QDRANT_PATH exclude each other",
        ),
        (
            {"RAG_STAGING_EMBEDDINGS_MODEL": "e", "RAG_STAGING_EMBEDDINGS_BASE_URL": "http://e/v1"},
            "RAG_STAGING_EMBEDDINGS_MODEL needs RAG_STAGING_QDRANT_URL",
        ),
        (
            {"RAG_STAGING_PROFILE": "stron"},
            "RAG_STAGING_PROFILE: no profile named 'stron'; did you mean 'strong'",
        ),
        ({"RAG_STAGING_TOKEN_TTL_S": "soon"}, "RAG_STAGING_TOKEN_TTL_S: "),
        ({"RAG_STAGING_LLM_MODEL": ""}, "RAG_STAGING_LLM_BASE_URL and RAG_STAGING_LLM_MODEL belong together"),
        ({"RAG_STAGING_LLM_BASE_URL": "ftp://x"}, "RAG_STAGING_LLM_BASE_URL: "),
        ({"RAG_STAGING_LLM_API_KEY_ENV": "NO_SUCH"}, "names the variable NO_SUCH, which is not set"),
    ],
)
def test_wrong_variable_is_named(variables: dict[str, str], says: str) -> None:
    """What is missing or wrong is named by its variable."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({**_LOGIN, **_LLM, **variables})
    assert says in str(caught.value)
    assert "canary" not in str(caught.value)


def test_what_only_looks_like_a_setting_is_told_of() -> None:
    """With the one that was probably meant; whatever has another name is somebody else's."""
    said = {
        "RAG_STAGING_QUERY_LIMITS": "1/minute",
        "RAG_STAGING_QXQ": "x",
        "RAG_STAGING_LLM_API_KEY_ENV": "K",
        "HOME": "/",
    }
    assert strangers({**_LOGIN, **_LLM, **said}) == [
        "RAG_STAGING_QUERY_LIMITS is no setting; did you mean RAG_STAGING_QUERY_LIMIT?",
        "RAG_STAGING_QXQ is no setting",
    ]


def test_all_are_named_at_once() -> None:
    """Nobody has to start the service twice to learn what is missing."""
    with pytest.raises(SettingsError, match=r"TOKEN_TTL_S: .*DEADLINE_S: "):
        Settings.from_environ({"RAG_STAGING_TOKEN_TTL_S": "x", "RAG_STAGING_DEADLINE_S": "y"})


def test_secrets_are_not_shown() -> None:
    """Neither the settings' text nor that of an error holds the password."""
    assert "right horse" not in repr(Settings.from_environ(_LOGIN))
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({**_LOGIN, "unknown": 1})
    assert "right horse" not in str(caught.value)


def test_environment_is_not_read_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the mapping that is passed counts."""
    monkeypatch.setitem(os.environ, "RAG_STAGING_PROFILE", "weak")
    assert Settings.from_environ(_LOGIN).profile == "strong"
