"""Another name for a run. What it was called before is remembered, so that it is still found by that."""

from rag_eval import config
from rag_eval.errors import MismatchError, UsageError
from rag_eval.runs import names
from rag_eval.runs.folder import RunFolder, place


def rename(folder: RunFolder, name: str) -> RunFolder:
    """Give a run the name of another experiment; its id keeps its time, and gets a number where it is taken.

    The experiment in its folder stays as it was run. What was made from the journal says the old name until it is made
    again. Killed in the middle, it is done by doing it again. Raises `UsageError` for what is no name, and
    `MismatchError` for a run that another process works on.
    """
    folder = RunFolder(folder.path.resolve())
    name = _checked(folder.id, name)
    time = names.time_of(folder.id)
    wanted = f"{time}-{name}" if time else name
    with folder.write() as journal:
        former = dict.fromkeys([*journal.meta.former, folder.id])
        with journal.transaction():
            journal.remember(name=name, former=[*former])
        if folder.id.partition("~")[0] == wanted:
            return folder
        try:
            return RunFolder(place(folder.path.with_name(wanted), journal.move))
        except OSError as error:
            raise UsageError(f"{folder.path}: cannot be renamed: {error.strerror}") from error


def _checked(run: str, name: str) -> str:
    """A name for a run, without the time that may stand before it if that is its own; raises `UsageError`."""
    time = names.time_of(name)
    if time is not None and time != names.time_of(run):
        raise UsageError(
            f"{name}: a run keeps its time: give only what is to stand behind {names.time_of(run) or 'it'}"
        )
    try:
        return config.checked_name(names.experiment_of(name) if time else name)
    except ValueError as error:
        raise UsageError(str(error)) from error


def former_names(folder: RunFolder) -> list[str]:
    """The ids that a run had before; none where it cannot be read."""
    try:
        with folder.open_() as journal:
            return list(journal.meta.former)
    except (MismatchError, OSError, ValueError):
        return []
