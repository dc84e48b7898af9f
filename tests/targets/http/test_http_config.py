"""Settings of a service that cannot be used."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.asking import http

from rag_eval.errors import ConfigError
from rag_eval.targets.http.target import HttpTarget


@pytest.mark.parametrize(
    "said",
    [
        {"rate": "often"},
        {"send": "text"},
        {"send": "form", "body": "x"},
        {"files": {"a": "b"}},
        {"stream": {"kind": "sse", "delta": "[["}},
        {"conversation": "[["},
        {"rate_storage": "carrier-pigeon://coop", "rate": "1/second"},
    ],
)
def test_settings_that_cannot_be_used(said: dict[str, Any]) -> None:
    """Each is a `ConfigError` before the first question."""
    with pytest.raises((ConfigError, ValidationError)):
        HttpTarget(http("http://127.0.0.1:9", **said))
