"""The notebooks run from top to bottom with public names only, and what is kept of them is what such a run gives."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import notebooks

import rag_eval

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
_MACHINE = re.compile(
    r"/(?:home|root|tmp|work|usr|Users)/|\d{8}-\d{6}|\d\d:\d\d:\d\d|127\.0\.0\.1|localhost|0x[0-9a-f]{8}"
)
"""Paths, run ids, times, hosts and addresses in memory."""
_APART = 2.0
"""Mean difference of two pictures, of 255, that the same fonts and lines stay under."""


def _outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def _said(output: Any) -> dict[str, str]:
    """What an output holds but for pictures: kind of content to text."""
    if output.output_type == "stream":
        return {output.name: output.text}
    return {kind: text for kind, text in output.data.items() if kind != "image/png"}


def _picture(output: Any) -> np.ndarray:
    from matplotlib.image import imread

    return np.asarray(imread(io.BytesIO(base64.b64decode(output.data["image/png"])), format="png")) * 255


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_is_no_blank_page(path: Path) -> None:
    """Every cell was run, in order; there are words, tables and plots, and nothing of the machine."""
    notebook = notebooks.read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert notebook.cells[0].source.startswith("# ")
    kinds = [kind for output in _outputs(notebook) for kind in output.get("data", {})]
    assert kinds.count("text/html") >= 3
    assert kinds.count("image/png") >= 1
    texts = [text for output in _outputs(notebook) for text in _said(output).values()]
    assert not [match[0] for text in texts if (match := _MACHINE.search(text))]
    assert notebook.metadata == notebooks.KEPT
    assert all(output.get("name") != "stderr" for output in _outputs(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names_are_used(path: Path) -> None:
    """Whoever reads it may do the same, today and after the next release."""
    code = "\n".join(cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code")
    names = re.findall(r"\brag_eval\.(\w+)", code)
    assert names
    assert {*names} <= {*rag_eval.__all__}
    assert not re.search(r"from rag_eval|import rag_eval\.", code)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    """One for all, as it is the imports that take long."""
    with notebooks.kernel() as kernel:
        yield kernel


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_run_gives_what_is_kept(path: Path, kernel: Any) -> None:
    """Every word and number of it, and the same pictures. `make notebooks` keeps what has changed."""
    before = {file.name for file in path.parent.iterdir()}
    kept, now = (_outputs(notebook) for notebook in (notebooks.read(path), notebooks.execute(path, kernel)))
    assert [_said(output) for output in now] == [_said(output) for output in kept]
    for mine, theirs in zip(now, kept, strict=True):
        if "image/png" in mine.get("data", {}):
            one, other = _picture(mine), _picture(theirs)
            assert one.shape == other.shape
            assert np.abs(one - other).mean() < _APART
    assert {file.name for file in path.parent.iterdir()} == before, "it leaves nothing beside itself"
