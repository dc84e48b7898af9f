"""A dataset folder of an older format brought up to date, without touching its rows."""

import os
import tempfile
from pathlib import Path

from rag_eval import __version__
from rag_eval.dataset import manifest


def migrate(folder: Path) -> tuple[int, int]:
    """Write the manifest in the newest format; gives the format it had and the one it has.

    Raises `DataError` if the folder is no dataset, or one of a newer rag-eval.
    """
    before = manifest.stored_format(folder)
    if before == manifest.FORMAT:
        return before, before
    found = manifest.load(folder)
    step = manifest.Step(operation="migrate", details={"from": before, "to": manifest.FORMAT}, rag_eval=__version__)
    text = manifest.dump(found.model_copy(update={"lineage": (*found.lineage, step)}))
    handle, draft = tempfile.mkstemp(prefix=".manifest-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(folder / manifest.FILE)
    return before, manifest.FORMAT
