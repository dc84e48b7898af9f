"""What may go wrong before the service answers its first question, and one thing that may go wrong after.

* `StagingError`: the message says what is wrong, where, and what to do
    * `SettingsError`: the environment does not say what it must
    * `CorpusError`: the pages cannot be read as a corpus
    * `ProfileError`: no profile has this name
    * `ListenError`: the address cannot be listened on
    * `WriterError`: the language model gave no usable answer; never reaches the client
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


class WriterError(StagingError):
    """The language model did not write an answer; the service then extracts one."""
