"""How `rag-eval load` loads a service, and what it must keep."""

import re
from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from rag_eval.config.paths import FilePath
from rag_eval.config.sensitive import Url, demand_named, texts
from rag_eval.config.target import SelectConfig, StreamConfig
from rag_eval.records import Record

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def seconds(text: object) -> object:
    """`90`, `90s`, `2m`, `1h30m` in seconds; whatever else it is as it is, for pydantic to complain about."""
    if not isinstance(text, str) or not text.strip():
        return text
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time; it reads 90s, 2m or 1h30m")
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


Duration = Annotated[float, BeforeValidator(seconds)]
"""Seconds, written as `90s`, `2m` or `1h30m`."""


class EndpointConfig(Record):
    """Another endpoint of the service that is loaded beside the target's own; what it does not say is the target's."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$", max_length=60)
    url: Url
    weight: int = Field(default=1, ge=0)
    """Its parts of the requests; 0 for none."""
    method: Literal["GET", "POST", "PUT", "PATCH"] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    """Beside the target's, or in their place."""
    body: JsonValue | None = None
    send: Literal["json", "form", "multipart", "text"] | None = None
    files: dict[str, FilePath] = Field(default_factory=dict)
    select: SelectConfig | None = None
    stream: StreamConfig | Literal["none"] | None = None
    """`none` for an endpoint that answers at once although the target answers in pieces."""
    answers: bool = True
    """Whether an answer must stand where `target.select` says, or any status from 200 to 299 will do."""

    @model_validator(mode="after")
    def _secrets_by_name(self) -> Self:
        for name, value in self.headers.items():
            demand_named(name, value)
        for name, value in texts(self.body):
            demand_named(name, value, inside=True)
        return self


class SloConfig(Record):
    """What a load test must keep, each endpoint for itself."""

    p95: float = Field(default=2.0, gt=0)
    """Seconds within which 95 of 100 requests must have been answered; a failed one counts as slower than any."""
    errors: float = Field(default=0.01, ge=0, le=1)
    """Share of requests that may fail."""


class LoadConfig(Record):
    """How `rag-eval load` loads the service."""

    users: int = Field(default=100, ge=1)
    duration: Duration = Field(default=120.0, gt=0)
    wait: tuple[float, float] = (1.0, 3.0)
    """Seconds that a user waits between an answer and the next question, from and to."""
    shape: Literal["steady", "ramp", "burst", "replay"] = "steady"
    """`steady`: all users at once; `ramp`: more and more until the end; `burst`: a fifth of them, and every half minute
    all for ten seconds; `replay`: questions when captured ones came, whatever the answers take."""
    ramp_up: Duration = Field(default=10.0, ge=0)
    """Seconds over which the users of `steady` come, and those of `replay` log in before the first question."""
    arrivals: FilePath | None = None
    """Traces whose times `replay` takes."""
    speed: float = Field(default=1.0, gt=0)
    """How many times as fast they are replayed."""
    weight: int = Field(default=3, ge=0)
    """Parts of the requests that go to the target's own URL."""
    endpoints: tuple[EndpointConfig, ...] = ()
    hosts: tuple[str, ...] = ()
    """Hosts beyond this machine that may be loaded, by name."""
    slo: SloConfig = SloConfig()
    sample: int = Field(default=30, ge=0)
    """Questions whose answers under load are scored against those at rest; 0 for none."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        low, high = self.wait
        if not 0 <= low <= high:
            raise ValueError(f"wait: from {low:g} to {high:g} s is no range")
        names = ["query", "login", "all", *(endpoint.name for endpoint in self.endpoints)]
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"endpoints: {', '.join(twice)} stands twice; `query`, `login` and `all` are taken")
        if not self.weight and not any(endpoint.weight for endpoint in self.endpoints):
            raise ValueError("every weight is 0: nothing would be asked")
        if (self.shape == "replay") != (self.arrivals is not None):
            raise ValueError("`shape: replay` and `arrivals` belong together")
        return self
