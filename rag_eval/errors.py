"""The errors a person may meet, each with the exit code it ends a command with.

* `RagEvalError` (3)
    * `UsageError` (2): the command line or a file it names cannot be used as given
        * `ConfigError`: an experiment file says something that it may not
        * `DataError`: rows of a dataset or a capture are not what they should be
        * `MismatchError`: two runs, or a run and its experiment, do not belong together
            * `UnknownCaseError`: a run was not asked the case
    * `UnreachableError` (3): a service outside did not answer: tracker, target or judge as a whole
        * `FirstContactError`: the first calls of a target or a judge all ended alike
    * `StorageError` (3): a file or folder of ours cannot be written, or not be read as it should
    * `WorkerError` (3): a process that scores answers for another one ended before its time
    * `IncompleteError` (3): the run ended, but too little of it was scored
    * `GateFailed` (1): a gate of the experiment or of the command line failed
    * `GateUndecided` (4): none failed, and for one there is too little to tell
    * `Interruption` (130): somebody stopped the command; says how to go on
    * `TargetError` (3): one question got no usable answer; carries the reason of the `Failure` it becomes
    * `JudgeError` (3): one judge call got no usable reply; carries the reason of the `Failure` it becomes

Exit codes: 0 passed, 1 a gate failed, 2 usage or configuration, 3 could not finish, 4 a gate is undecided, 130
interrupted.
"""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rag_eval.records import Summary, Usage


class RagEvalError(Exception):
    """Anything that ends a command with a message instead of a traceback."""

    exit_code = 3


class UsageError(RagEvalError):
    """What was asked for cannot be done as it was written."""

    exit_code = 2


class ConfigError(UsageError):
    """An experiment file does not say what it must."""


class DataError(UsageError):
    """Rows of a file are not what they should be."""


class MismatchError(UsageError):
    """Two things were put together that do not belong together."""


class UnknownCaseError(MismatchError):
    """A case that was not asked in a run."""


class UnreachableError(RagEvalError):
    """A service outside could not be reached."""


class FirstContactError(UnreachableError):
    """The first calls of a service all ended alike; `stage` is which service, `reason` the code of their failures."""

    def __init__(self, message: str, *, stage: Literal["target", "judge"] = "target", reason: str = "") -> None:
        super().__init__(message)
        self.stage, self.reason = stage, reason


class StorageError(RagEvalError):
    """What is kept could not be: the disk is full, nobody may write there, somebody else does, or a file is broken.

    `summary` is what the run came to, where that is known all the same.
    """

    summary: "Summary | None" = None


class WorkerError(RagEvalError):
    """A process that scores answers for this one ended before its time."""


class IncompleteError(RagEvalError):
    """A run ended with too few scores to stand for the dataset."""


class GateFailed(RagEvalError):
    """What was measured does not keep what was demanded."""

    exit_code = 1


class GateUndecided(RagEvalError):
    """What was measured does not tell whether what was demanded is kept."""

    exit_code = 4


class Interruption(RagEvalError):
    """Somebody stopped the command."""

    exit_code = 130


class ReasonedError(RagEvalError):
    """One call failed; `reason` is the code its `Failure` carries, `retriable` whether asking again may help.

    `attempts` is how often it was tried, `status` the HTTP status that it came with, if it came with one, `usage` what
    it cost all the same, where that is known.
    """

    def __init__(self, message: str, *, reason: str, retriable: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = str(reason)
        self.retriable = retriable
        self.status = status
        self.attempts = 1
        self.usage: Usage | None = None


class TargetError(ReasonedError):
    """A question got no usable answer."""


class JudgeError(ReasonedError):
    """A judge call got no usable reply."""
