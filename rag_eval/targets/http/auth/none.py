"""No credentials."""

from typing import Literal

from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import Credentials


class NoAuthConfig(AuthConfig):
    """The service asks for no credentials."""

    kind: Literal["none"] = "none"


Config = NoAuthConfig


def credentials(_: NoAuthConfig) -> Credentials:
    """Nothing to send."""
    return Credentials()
