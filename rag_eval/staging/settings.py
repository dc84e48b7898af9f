"""What the environment may say about the service.

| variable | default | meaning |
| --- | --- | --- |
| `RAG_STAGING_USERNAME`, `RAG_STAGING_PASSWORD` | none, required | the one user who may log in |
| `RAG_STAGING_PROFILE` | `strong` | how the pages are indexed, see `profiles` |
| `RAG_STAGING_CORPUS` | the packaged handbook | folder of Markdown pages |
| `RAG_STAGING_TOKEN_TTL_S` | 3600 | how long a token is good, in seconds |
| `RAG_STAGING_LLM_BASE_URL`, `RAG_STAGING_LLM_MODEL` | none | OpenAI-like endpoint that writes answers |
| `RAG_STAGING_LLM_API_KEY_ENV` | `OPENAI_API_KEY` | the variable with its key; a local server needs none |
| `RAG_STAGING_LLM_TIMEOUT_S` | 20 | how long it may take, all in all, in seconds |

A variable that is set to nothing counts as not set.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from rag_eval.staging.errors import SettingsError
from rag_eval.staging.profiles import profile_named

_KEY_ENV = "RAG_STAGING_LLM_API_KEY_ENV"


def _variable(field: str) -> str:
    return f"RAG_STAGING_{field.upper()}"


def _known_profile(name: str) -> str:
    return profile_named(name).name


class Settings(BaseModel):
    """The service as it was asked for: frozen, and valid once it exists."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        alias_generator=AliasGenerator(validation_alias=_variable),
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    username: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)
    profile: Annotated[str, AfterValidator(_known_profile)] = "strong"
    corpus: Path | None = None
    """Folder of pages; None for the packaged handbook."""
    token_ttl_s: int = Field(default=3600, ge=1)
    """Seconds that a token is good for."""
    llm_base_url: HttpUrl | None = None
    llm_model: str | None = None
    llm_api_key: SecretStr | None = None
    llm_timeout_s: float = Field(default=20, gt=0)
    """Seconds for one answer, tries included."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.llm_base_url is None) != (self.llm_model is None):
            raise ValueError("RAG_STAGING_LLM_BASE_URL and RAG_STAGING_LLM_MODEL belong together; set both or neither")
        return self

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from variables such as `os.environ`; others than those above are left alone.

        Raises:
            SettingsError: one is missing or wrong; the message names each variable and repeats no value.
        """
        fields = set(cls.model_fields) - {"llm_api_key"}
        given: dict[str, str] = {name: value for field in fields if (value := environ.get(name := _variable(field)))}
        try:
            return cls.model_validate(given | _api_key(environ))
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(one) for one in error.errors())) from error


def _api_key(environ: Mapping[str, str]) -> dict[str, str]:
    """Look up the key under the name that the environment gives; a name that was given must lead to one."""
    name = environ.get(_KEY_ENV)
    key = environ.get(name or "OPENAI_API_KEY")
    if name and not key:
        raise SettingsError(f"{_KEY_ENV} names the variable {name}, which is not set")
    return {"llm_api_key": key} if key else {}


def _sentence(error: ErrorDetails) -> str:
    """Say one thing that is wrong, the variable first."""
    said = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    if error["type"] == "missing":
        said = "must be set"
    return ": ".join([*(str(part) for part in error["loc"][:1]), said])
