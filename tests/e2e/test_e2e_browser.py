"""What a person sees, in headless Chromium: two runs side by side in MLflow, and the report page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.mlflow_server import MlflowServer
from support.runs import CASES, only, replay, rows

from rag_eval.tracking import store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def _page() -> Iterator[Any]:
    """A page of a fresh Chromium; skips where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed. Do: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser.new_page(viewport={"width": 2200, "height": 1200})
        browser.close()


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


def test_the_report_page_works_from_disk_without_a_network(tmp_path: Path) -> None:
    """It shows the table, asks for nothing from elsewhere, writes no error, and its search hides other cases."""
    assert replay(tmp_path, "page", rows(wrong=1), mlflow={"enabled": False}).exit_code == 0
    requests: list[str] = []
    errors: list[str] = []
    with _page() as page:
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((only(tmp_path, "page") / "report.html").as_uri())
        assert page.locator("details").count() == CASES
        assert "island 5" in page.locator("details .q").first.inner_text(), "the worst case stands first"
        page.locator("#find").fill("island case-3")  # each word is looked for by itself, also in the scores
        assert page.locator("details:visible").count() == 1
        page.locator("details:visible summary").click()
        assert page.locator("details:visible").get_by_text("Retrieved contexts").is_visible()
    assert all(url.startswith("file:") for url in requests)
    assert not errors
