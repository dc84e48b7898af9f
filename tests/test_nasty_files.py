"""Every parser of files reads the kept corpus or says what is wrong: never a crash of another kind."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from support.nasty import NASTY

from rag_eval import config, configfile, dataset, traces
from rag_eval.dataset import documents, manifest
from rag_eval.dataset.sources import catalogue
from rag_eval.errors import RagEvalError
from rag_eval.journal import Journal


def _documents(path: Path) -> None:
    for read in documents.read(documents.find(str(path))):
        assert read is not None


def _rows(path: Path) -> None:
    for item in dataset.cases(config.DatasetConfig(path=str(path))):
        assert item.case.user_input


def _traces(path: Path) -> None:
    for read in traces.read(str(path)):
        assert read is not None


def _manifest(path: Path) -> None:
    manifest.load(path.parent)


PARSERS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "rows": (_rows, catalogue.suffixes()),
    "documents": (_documents, (".md", ".txt", ".html", ".pdf", ".docx")),
    "traces": (_traces, (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".parquet", ".pb", ".db")),
    "experiment": (configfile.load, (".yaml",)),
    "manifest": (_manifest, ("manifest.json",)),
    "journal": (Journal.open_, ("journal.db",)),
}
"""Name to a parser, and the endings of its files, or their names."""
CASES = [(name, ending) for name, (_, endings) in PARSERS.items() for ending in endings]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "ending"), CASES)
def test_a_file_is_read_or_refused(tmp_path: Path, name: str, ending: str) -> None:
    """With an error of ours, which says the file."""
    read, crashed = PARSERS[name][0], []
    for number, (what, content) in enumerate(NASTY.items()):
        path = tmp_path / f"{number}" / (f"file{ending}" if ending.startswith(".") else ending)
        path.parent.mkdir()
        path.write_bytes(content)
        try:
            with suppress(RagEvalError):
                read(path)
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            crashed.append(f"{what}: {type(error).__name__}: {error}"[:200])
    assert crashed == []
