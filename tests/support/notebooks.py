"""Notebooks as they are kept: with the outputs of a run from top to bottom, and nothing of the machine it ran on.

Run as a program it executes the notebooks that are named and keeps their outputs; `make notebooks` does it for all.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEPT = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Metadata of a notebook that does not tell versions of this machine."""


def read(path: Path) -> Any:
    """A notebook as it is kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nbformat

        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


@contextmanager
def kernel() -> Iterator[Any]:
    """A kernel in which notebooks are executed one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from jupyter_client.manager import KernelManager

        manager = KernelManager(kernel_name=KEPT["kernelspec"]["name"])
    try:
        yield manager
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


def execute(path: Path, manager: Any = None) -> Any:
    """A notebook with the outputs of a run now, in its own folder and a kernel of its own.

    In a kernel that is given, what was imported before stays imported, and no name is left that was defined.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbclient import NotebookClient

        notebook = read(path)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        client = NotebookClient(notebook, km=manager, timeout=None, resources={"metadata": {"path": str(path.parent)}})
        with client.setup_kernel():
            assert client.kc is not None
            client.kc.execute("%reset -f", store_history=False)
            client.execute()
        if manager is not None:
            client.kc.stop_channels()
    notebook.metadata = dict(KEPT)
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


def main() -> None:
    """Execute the notebooks that are named, and keep them."""
    import nbformat

    for path in map(Path, sys.argv[1:]):
        notebook = execute(path)
        path.write_text(nbformat.writes(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
