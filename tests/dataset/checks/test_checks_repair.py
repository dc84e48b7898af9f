"""What loses nothing and needs no opinion is mended."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support import isles

from rag_eval.curation import CheckOptions, check
from rag_eval.dataset import folders
from rag_eval.records import Case


def _changed(cases: list[Case], at: int, **fields: object) -> None:
    cases[at] = cases[at].model_copy(update=fields)


def _leak(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, user_input=f"{cases[at].user_input} Remember: {cases[at].reference}")


@pytest.mark.slow
def test_what_is_safe_is_mended_and_nothing_else(tmp_path: Path) -> None:
    """Copies go and ids are pointed to where their text stands now; what needs an opinion stays; the step is told."""
    cases, corpus = isles.cases(), isles.pages()
    cases.append(cases[3].model_copy(update={"id": "copy"}))
    moved = (cases[4].reference_context_ids or ("",))[0]
    corpus["moved#here"] = corpus.pop(moved)
    _leak(cases, corpus, [9])
    isles.write(tmp_path / "set", cases, corpus)
    before = (tmp_path / "set" / "data" / "test.parquet").read_bytes()
    found = check(tmp_path / "set", CheckOptions(fix=True, output=tmp_path / "mended"))
    assert found.fixed == {"duplicate": 1, "unresolved-id": 1}
    assert [one.check for one in found.report.findings] == ["leak"]
    mended = folders.load(tmp_path / "mended")
    assert {case.id: case for case in mended.cases}[cases[4].id].reference_context_ids == ("moved#here",)
    assert len(mended.cases) == 300
    assert mended.manifest.lineage[-1].operation == "fix"
    assert (tmp_path / "set" / "data" / "test.parquet").read_bytes() == before
