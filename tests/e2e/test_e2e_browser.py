"""What a person sees of MLflow, in headless Chromium: two runs side by side."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.mlflow_server import MlflowServer
from support.pages import chromium, opened
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner

from rag_eval import config, tracking
from rag_eval.cli import app
from rag_eval.tracking import store

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, mlflow_server: MlflowServer) -> tuple[Path, Path]:
    """Two versions as the demo has them, of which the second is the baseline and does not pass its gate."""
    folder = tmp_path_factory.mktemp("runs")
    settings = {
        "mlflow": {"tracking_uri": mlflow_server.url, "experiment": "compared"},
        "metrics": ["context_recall", "faithfulness", "recall@5", "latency"],
        "baselines": str(folder / "baselines"),
    }
    assert replay(folder, "harbour-right", rows(), **settings).exit_code == 0
    assert replay(folder, "harbour-wrong", rows(wrong=2), gates=["latency.mean <= 0.01"], **settings).exit_code == 1
    wrong = only(folder, "harbour-wrong")
    arguments = ["baseline", "set", str(wrong), "main", "--baselines", settings["baselines"]]
    assert CliRunner().invoke(app, [str(argument) for argument in arguments]).exit_code == 0
    tracked = store.read(wrong)
    assert tracked is not None
    (folder / "files").mkdir()
    shutil.copyfile(wrong / "report.html", folder / "files" / "compare.html")
    mlflow = config.MlflowConfig(tracking_uri=mlflow_server.url)
    tracking.log_comparison(mlflow, tracked, folder / "files", only(folder, "harbour-right").name)
    return only(folder, "harbour-right"), wrong


@pytest.fixture(scope="module")
def page(runs: tuple[Path, Path]) -> Iterator[Any]:
    """A page of a fresh Chromium, of a size that people have."""
    with chromium() as browser:
        yield opened(browser, viewport={"width": 1400, "height": 900})


@pytest.mark.timeout(900)
def test_scores_are_on_the_first_screen_of_the_comparison(runs: tuple[Path, Path], page: Any) -> None:
    """At 1400×900, with the panel that MLflow opens at the first visit: both runs' answers and primary scores."""
    link = store.comparison_link(*runs)
    assert link is not None
    a, b = (json.loads((run / "summary.json").read_text())["metrics"] for run in runs)
    means = [next(m["mean"] for m in metrics if m["name"] == "faithfulness") for metrics in (a, b)]
    moved = f"{means[1] - means[0]:.2f}"
    page.goto(link)
    page.get_by_text(f"{CASES} of {CASES}").wait_for()
    page.get_by_text("The ferry to island 5 costs 55 pounds.").first.wait_for()
    page.get_by_text(moved).first.wait_for()
    text = page.inner_text("body")
    edge, head, answer, change = (
        page.get_by_text(seen, exact=True).first.bounding_box()
        for seen in (f"{CASES} of {CASES}", "★ faithfulness", "Response", moved)
    )
    right = edge["x"] + edge["width"]  # of the table, beside which the panel is
    assert answer["x"] < head["x"] < right, "the primary metric is the first score"
    assert change["x"] + change["width"] <= right + 1
    assert change["y"] + change["height"] <= 900
    for n in range(CASES):
        question = f"What does the ferry to island {n} cost?"
        assert text.count(question) == 1, "a question stands once, with both runs beside it"
    assert "The ferry to island 5 costs 5 pounds." in text


@pytest.mark.timeout(900)
def test_the_list_of_runs_says_which_is_which(runs: tuple[Path, Path], page: Any, mlflow_server: MlflowServer) -> None:
    """At 1400×900: names begin with what tells them apart; the baseline is flagged, the failed gate is red.

    The run's page begins with what failed, and shows the files of a comparison with their scripts running.
    """
    tracked = store.read(runs[1])
    assert tracked is not None
    page.goto(f"{mlflow_server.url}/#/experiments/{tracked.experiment_id}/evaluation-runs")
    wrong, right = page.get_by_text("⚑ wrong ·").first, page.get_by_text("right ·").first
    wrong.wait_for()
    right.wait_for()
    states = [page.locator(f"[role=row]:has-text('{name} ·') svg").count() for name in ("wrong", "right")]
    assert all(states)
    page.goto(f"{mlflow_server.url}/#/experiments/{tracked.experiment_id}/runs/{tracked.run_id}")
    page.get_by_text("1 of 1 gates failed.").wait_for()
    page.get_by_text("⚑ Baseline: main").wait_for()
    page.goto(f"{mlflow_server.url}/#/experiments/{tracked.experiment_id}/runs/{tracked.run_id}/artifacts"
              f"/comparisons/{runs[0].name}/compare.html")  # fmt: skip
    shown = page.frame_locator("iframe")
    shown.locator("#find").fill("island case-3")
    shown.get_by_text(f"1 of {CASES} shown").wait_for()
