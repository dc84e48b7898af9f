"""What a person sees of MLflow, in headless Chromium: two runs side by side."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.mlflow_server import MlflowServer
from support.pages import chromium
from support.runs import CASES, only, replay, rows

from rag_eval.tracking import store

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def _page() -> Iterator[Any]:
    """A page of a fresh Chromium, wide enough for every column."""
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 2200, "height": 1200})


@pytest.mark.timeout(300)
def test_mlflow_shows_two_runs_paired_by_question(tmp_path: Path) -> None:
    """GenAI → Evaluation runs → Compare: a row for each question with the answers and scores of both runs."""
    folder = tmp_path / "server"
    folder.mkdir()
    with MlflowServer(folder) as server:
        said = {"tracking_uri": server.url, "experiment": "compared"}
        metrics = ["faithfulness", "context_recall"]
        assert replay(tmp_path, "right", rows(), mlflow=said, metrics=metrics).exit_code == 0
        assert replay(tmp_path, "wrong", rows(wrong=2), mlflow=said, metrics=metrics).exit_code == 0
        link = store.comparison_link(only(tmp_path, "right"), only(tmp_path, "wrong"))
        assert link is not None
        with _page() as page:
            page.goto(link)
            page.get_by_text("Comparing").wait_for(timeout=90_000)
            page.get_by_text(f"{CASES} of {CASES}").wait_for(timeout=60_000)
            page.get_by_text("What does the ferry to island 5 cost?").first.wait_for(timeout=60_000)
            page.get_by_text("The ferry to island 5 costs 55 pounds.").first.wait_for(timeout=60_000)
            page.screenshot(path=str(tmp_path / "compare.png"))
            text = page.inner_text("body")
    for n in range(CASES):
        question = f"What does the ferry to island {n} cost?"
        assert text.count(question) == 1, "a question stands once, with both runs beside it"
    assert "The ferry to island 5 costs 5 pounds." in text
    assert "faithfulness" in text
    assert only(tmp_path, "right").name in text
    assert only(tmp_path, "wrong").name in text
    assert (tmp_path / "compare.png").stat().st_size > 20_000
