"""What the environment may say about the service.

| variable | default | meaning |
| --- | --- | --- |
| `RAG_STAGING_USERNAME`, `RAG_STAGING_PASSWORD` | none | an account that is there from the start |
| `RAG_STAGING_REGISTRATION` | `open` on loopback, else `closed` | whether anyone may make an account |
| `RAG_STAGING_JWT_SECRET` | made at start | what tokens are signed with, 32 characters or more |
| `RAG_STAGING_TOKEN_TTL_S`, `RAG_STAGING_REFRESH_TTL_S` | 3600, 604800 | how long tokens are good, in seconds |
| `RAG_STAGING_DATA` | in memory | folder for accounts and uploaded documents |
| `RAG_STAGING_PROFILE` | `strong` | how the pages are indexed, see `profiles` |
| `RAG_STAGING_CORPUS` | the packaged handbook | folder of Markdown pages |
| `RAG_STAGING_QDRANT_URL` or `RAG_STAGING_QDRANT_PATH` | none | a Qdrant server, or a folder for its local mode |
| `RAG_STAGING_QDRANT_COLLECTION` | `handbook` | its name there |
| `RAG_STAGING_QDRANT_API_KEY_ENV` | `QDRANT_API_KEY` | the variable with its key, where it wants one |
| `RAG_STAGING_EMBEDDINGS_BASE_URL`, `RAG_STAGING_EMBEDDINGS_MODEL` | none | OpenAI-like endpoint of dense vectors |
| `RAG_STAGING_LLM_BASE_URL`, `RAG_STAGING_LLM_MODEL` | none | OpenAI-like endpoint that writes answers |
| `RAG_STAGING_LLM_API_KEY_ENV` | `OPENAI_API_KEY` | the variable with its key; a local server needs none |
| `RAG_STAGING_LLM_TIMEOUT_S` | 10 | how long one try may take, in seconds |
| `RAG_STAGING_REDIS_URL` | `memory://` | where limits and written answers are kept: `redis://host:6379/0` |
| `RAG_STAGING_CACHE_TTL_S` | 300 | how long a written answer is given again, in seconds; 0 for never |
| `RAG_STAGING_QUERY_LIMIT`, `…_UPLOAD_LIMIT`, `…_ACCOUNT_LIMIT` | `10/minute`, `5/minute`, `10/minute` | by user, or \
address; `unlimited` lifts one |
| `RAG_STAGING_TRUSTED_PROXIES` | none | addresses or networks whose `X-Forwarded-For` is believed, with commas |
| `RAG_STAGING_CORS_ORIGINS` | none | origins whose pages may call, with commas |
| `RAG_STAGING_UPLOAD_BYTES`, `RAG_STAGING_DOCUMENTS` | 1048576, 100 | largest document; most of one user |
| `RAG_STAGING_DEADLINE_S` | 30 | how long a request may take, all in all, in seconds |
| `RAG_STAGING_REDIS_TIMEOUT_S` | 0.25 | seconds that Redis has for an answer before the service goes on without it |
| `RAG_STAGING_BREAKER_FAILURES`, `RAG_STAGING_BREAKER_RECOVERY_S` | 5, 30 | when a part counts as down, and how long |
| `RAG_STAGING_TRACE_CONTENT` | `false` | whether spans hold questions, passages and answers |

A variable that is set to nothing counts as not set. Where spans go is said by the standard variables `OTEL_*`.
"""

import difflib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
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

MEMORY = "memory://"
UNLIMITED = "unlimited"

_KEYS = {"llm": "OPENAI_API_KEY", "embeddings": "OPENAI_API_KEY", "qdrant": "QDRANT_API_KEY"}
"""Part to the variable that holds its key where the environment names no other."""


def variable(field: str) -> str:
    """The variable that a setting is read from."""
    return f"RAG_STAGING_{field.upper()}"


def _known_profile(name: str) -> str:
    return profile_named(name).name


def _rate(value: str) -> str:
    if value == UNLIMITED:
        return value
    from limits import parse_many

    try:
        items = parse_many(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no limit; it reads 10/minute, 5/second;200/hour or {UNLIMITED}") from error
    if any(item.amount < 1 for item in items):
        raise ValueError(f"{value!r} lets nobody in; it reads 10/minute, 5/second;200/hour or {UNLIMITED}")
    return value


def _with_commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError as error:
        raise ValueError(f"{value!r} is no address or network such as 10.0.0.0/8") from error


def _storage(value: SecretStr) -> SecretStr:
    # The message must not repeat it: it may hold a password.
    if not value.get_secret_value().startswith((MEMORY, "redis://", "rediss://")):
        raise ValueError(f"reads {MEMORY}, redis://host:6379/0 or rediss://host:6379/0")
    return value


Rate = Annotated[str, AfterValidator(_rate)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseModel):
    """The service as it was asked for: frozen, and valid once it exists."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        alias_generator=AliasGenerator(validation_alias=variable),
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    username: str | None = Field(default=None, min_length=1, max_length=64)
    password: SecretStr | None = Field(default=None, min_length=1, max_length=256)
    registration: Literal["open", "closed"] | None = None
    """None: as `server.serve` finds it safe."""
    jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    token_ttl_s: int = Field(default=3600, ge=1)
    refresh_ttl_s: int = Field(default=7 * 24 * 3600, ge=1)
    data: Path | None = None
    """Folder, made where there is none; None keeps everything in memory."""

    profile: Annotated[str, AfterValidator(_known_profile)] = "strong"
    corpus: Path | None = None
    """Folder of pages; None for the packaged handbook."""
    qdrant_url: HttpUrl | None = None
    qdrant_path: Path | None = None
    qdrant_collection: str = Field(default="handbook", min_length=1)
    qdrant_api_key: SecretStr | None = None
    embeddings_base_url: HttpUrl | None = None
    embeddings_model: str | None = None
    embeddings_api_key: SecretStr | None = None
    llm_base_url: HttpUrl | None = None
    llm_model: str | None = None
    llm_api_key: SecretStr | None = None
    llm_timeout_s: Seconds = 10

    redis_url: Annotated[SecretStr, AfterValidator(_storage)] = SecretStr(MEMORY)
    """Secret because it may hold a password."""
    cache_ttl_s: float = Field(default=300, ge=0)
    query_limit: Rate = "10/minute"
    upload_limit: Rate = "5/minute"
    account_limit: Rate = "10/minute"
    """Of logins, registrations and refreshes together, by address."""
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_with_commas)] = ()
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_with_commas)] = ()
    upload_bytes: int = Field(default=1024 * 1024, ge=1, le=100 * 1024 * 1024)
    documents: int = Field(default=100, ge=1)

    deadline_s: Seconds = 30
    breaker_failures: int = Field(default=5, ge=1)
    breaker_recovery_s: Seconds = 30
    redis_timeout_s: Seconds = 0.25
    trace_content: bool = False

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        pairs = (("username", "password"), ("llm_base_url", "llm_model"), ("embeddings_base_url", "embeddings_model"))
        for pair in pairs:
            if len({getattr(self, name) is None for name in pair}) > 1:
                first, other = map(variable, pair)
                raise ValueError(f"{first} and {other} belong together; set both or neither")
        if self.qdrant_url is not None and self.qdrant_path is not None:
            raise ValueError("RAG_STAGING_QDRANT_URL and RAG_STAGING_QDRANT_PATH exclude each other; set one")
        if self.embeddings_model is not None and not self.uses_qdrant:
            raise ValueError("RAG_STAGING_EMBEDDINGS_MODEL needs RAG_STAGING_QDRANT_URL or …_PATH: BM25 has no vectors")
        if self.registration == "closed" and self.username is None:
            raise ValueError("nobody could log in: set RAG_STAGING_USERNAME and RAG_STAGING_PASSWORD")
        return self

    @property
    def uses_qdrant(self) -> bool:
        """Whether passages are found by Qdrant."""
        return self.qdrant_url is not None or self.qdrant_path is not None

    @property
    def redis(self) -> str | None:
        """Where Redis is; None without one."""
        url = self.redis_url.get_secret_value()
        return None if url.startswith(MEMORY) else url

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from variables such as `os.environ`; others than those above are left alone.

        Raises:
            SettingsError: one is missing or wrong; the message names each variable and repeats no secret.
        """
        fields = set(cls.model_fields) - {f"{part}_api_key" for part in _KEYS}
        given: dict[str, str] = {name: value for field in fields if (value := environ.get(name := variable(field)))}
        keys = {f"{part}_api_key": key for part in _KEYS if (key := _api_key(part, environ))}
        try:
            return cls.model_validate(given | keys)
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(fault) for fault in error.errors())) from error


def strangers(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that looks like a setting and is none: a typo must not pass for one."""
    keys = {f"{part}_api_key" for part in _KEYS}
    known = [variable(f"{field}_env" if field in keys else field) for field in Settings.model_fields]
    prefix = variable("")
    ends = [name.removeprefix(prefix) for name in known]
    unknown = sorted(name for name in environ if name.startswith(prefix) and name not in known)
    near = {name: difflib.get_close_matches(name.removeprefix(prefix), ends, n=1) for name in unknown}
    hints = {name: f"; did you mean {prefix}{ends[0]}?" for name, ends in near.items() if ends}
    return [f"{name} is no setting{hints.get(name, '')}" for name in unknown]


def _api_key(part: str, environ: Mapping[str, str]) -> str | None:
    """Look up a key under the name that the environment gives; a name that was given must lead to one."""
    pointer = variable(f"{part}_api_key_env")
    name = environ.get(pointer)
    key = environ.get(name or _KEYS[part])
    if name and not key:
        raise SettingsError(f"{pointer} names the variable {name}, which is not set")
    return key


def _sentence(error: ErrorDetails) -> str:
    """Say one thing that is wrong, the variable first."""
    message = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    return ": ".join([*(str(part) for part in error["loc"][:1]), message])
