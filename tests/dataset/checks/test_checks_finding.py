"""A report crosses to other programs as one JSON document."""

import json
from pathlib import Path

import pytest
from support import isles

from rag_eval.curation import check
from rag_eval.dataset import checks


@pytest.mark.slow
def test_a_report_is_one_json_document(tmp_path: Path) -> None:
    """What a script reads back is what was found."""
    isles.write(tmp_path / "set", isles.cases())
    report = check(tmp_path / "set").report
    assert checks.CheckReport.model_validate(json.loads(report.model_dump_json())) == report
