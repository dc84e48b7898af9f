"""A dataset folder of an older format brought up to date, without touching its rows."""

from pathlib import Path

from rag_eval import files
from rag_eval._version import __version__
from rag_eval.dataset import manifest
from rag_eval.errors import UsageError


def migrate(folder: Path) -> tuple[int, int]:
    """Write the manifest in the newest format; gives the format it had and the one it has.

    Raises `DataError` if the folder is no dataset, or one of a newer rag-eval; `UsageError` if it cannot be written.
    """
    before = manifest.stored_format(folder)
    if before == manifest.FORMAT:
        return before, before
    stored = manifest.load(folder)
    step = manifest.Step(operation="migrate", details={"from": before, "to": manifest.FORMAT}, rag_eval=__version__)
    text = manifest.dump(stored.model_copy(update={"lineage": (*stored.lineage, step)}))
    try:
        files.write_text(folder / manifest.FILE, text)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error}") from error
    return before, manifest.FORMAT
