"""The pictures of the docs, made anew from the demo's runs with headless Chromium.

Run `make demo`, then `python docs/pictures/make.py`. It reads the newest runs of the demo in `runs/`, the store that
they were tracked in, and the dataset; it needs Chromium, and writes `docs/pictures/*.png`.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTH, HEIGHT = 1280, 860
A, B, CASE = "harbour-weak", "harbour-strong", "harbour-029"
PORT = "8767"


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, drawing at twice the density so that text stays sharp."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is not installed. Do: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        found.close()


@contextmanager
def served(*command: str) -> Iterator[str]:
    """A server of ours, until the pictures are taken; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rag_eval", *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert process.stdout is not None
    link = next(word for line in process.stdout for word in line.split() if word.startswith("http://127"))
    try:
        yield link
    finally:
        process.terminate()
        process.wait()


def comparison(context: Any) -> None:
    """The page of a comparison: its verdict, its metrics, and a question that was gained."""
    with served("view", A, B, "--no-open") as link:
        page = context.new_page()
        page.goto(link)
        page.locator("html[data-ready=true]").wait_for(state="attached")
        page.screenshot(path=HERE / "compare.png")
        page.evaluate("document.getElementById('metrics-title').scrollIntoView()")
        page.screenshot(path=HERE / "compare-metrics.png")
        page.goto(f"{link}#case={CASE}")
        page.locator("#cases > li.is-open").wait_for()
        page.screenshot(path=HERE / "compare-case.png")


def report(context: Any) -> None:
    """The page of a run."""
    with served("view", B, "--no-open") as link:
        page = context.new_page()
        page.goto(link)
        page.locator("html[data-ready=true]").wait_for(state="attached")
        page.screenshot(path=HERE / "report.png")


def review(context: Any) -> None:
    """The page that a ground truth is reviewed on."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = Path(folder) / "harbour"
        shutil.copytree(REPOSITORY / "datasets" / "harbour", dataset)
        with served("review", str(dataset), "--port", PORT, "--no-open") as link:
            page = context.new_page()
            page.goto(link)
            page.locator("#list button").first.wait_for()
            page.screenshot(path=HERE / "review.png")


def tracker(context: Any) -> None:
    """MLflow's own view of both runs side by side."""
    with served("ui", A, B, "--port", PORT) as link:
        page = context.new_page()
        page.goto(link)
        page.set_viewport_size({"width": 1400, "height": 900})
        page.get_by_text("compare to").first.wait_for(timeout=120_000)
        page.keyboard.press("Escape")
        close = page.locator("[aria-label=Close], [aria-label=close]").first  # the assistant's panel takes a quarter
        if close.count():
            close.click()
        page.get_by_text("★ correctness").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)  # MLflow draws its charts late, and says nothing when it is done
        page.screenshot(path=HERE / "mlflow.png")


def main() -> None:
    """Take every picture, or those that are named."""
    taken = {"comparison": comparison, "report": report, "review": review, "tracker": tracker}
    with browser() as context:
        for name in sys.argv[1:] or taken:
            taken[name](context)
            print(name)


if __name__ == "__main__":
    main()
