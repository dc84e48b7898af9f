"""What may go wrong.

* `StagingError`: the message says what is wrong, where, and what to do
    * `SettingsError`: the environment does not say what it must
    * `CorpusError`: the pages cannot be read as a corpus
    * `ProfileError`: no profile has this name
    * `ListenError`: the address cannot be listened on
* `PartError`: a part of the service gave no usable result; never reaches the client, which gets a fallback
    * `Unreachable`: it was not there in time, or not at all; the one kind that is tried again
    * `PartRejection`: it answered, but not with what is needed
    * `Open`: it was not even asked, because it has failed too often just now
* `ServiceRefusal`: the client is told so, with a status and a code
"""


class StagingError(Exception):
    """Anything that a person who starts the service may be told."""


class SettingsError(StagingError):
    """A variable of the environment is missing or says something that it may not."""


class CorpusError(StagingError):
    """A folder or a page cannot be read as a corpus."""


class ProfileError(StagingError, ValueError):
    """No profile has the name that was asked for; a `ValueError`, so that a validator may raise it."""


class ListenError(StagingError):
    """The host and port cannot be listened on."""


class PartError(Exception):
    """The language model, the vector store or Redis did not do its part."""

    kind = "PartError"
    """What spans say of it."""


class Unreachable(PartError):
    """No answer: a timeout or a connection that broke or never was."""

    kind = "Unreachable"


class PartRejection(PartError):
    """An answer that says no, or that cannot be used."""

    kind = "Rejected"

    def __init__(self, message: str, *, counts: bool = True) -> None:
        """`counts` is false where it is this request that was wrong, and not the part."""
        super().__init__(message)
        self.counts = counts


class Open(PartError):
    """The circuit is open."""

    kind = "Open"


class ServiceRefusal(Exception):
    """What a client is told, in the one shape of `problems`."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}
