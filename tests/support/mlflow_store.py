"""MLflow databases that are ready: making one by its fifty migrations takes seconds, copying one nothing."""

import os
import shutil
import tempfile
from pathlib import Path

import mlflow


def ready_store(path: Path) -> Path:
    """Put an empty, migrated database at a path where none is; returns the path.

    The first one is made once for this release of MLflow and kept in the temporary folder of the machine.
    """
    if not path.exists():
        shutil.copyfile(_template(), path)
    return path


def _template() -> Path:
    kept = Path(tempfile.gettempdir()) / f"rag-eval-tests-mlflow-{mlflow.__version__}-{os.getuid()}.db"
    if not kept.exists():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "mlflow.db"
            store = SqlAlchemyStore(f"sqlite:///{made}", folder)
            store.engine.dispose()
            mine = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(made, mine)
            mine.replace(kept)
    return kept
