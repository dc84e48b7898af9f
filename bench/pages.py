"""How soon the pages of 5,000 cases are written, how large they are, and how quickly they open, filter and search.

Run `python bench/pages.py [CASES]`. Two versions of a system are replayed with answers and passages out of this
project's own pages, no two cases alike. It prints the seconds from the last score to the end of `rag-eval run` without
a tracker, the bytes that were written, the seconds of `rag-eval compare`, and what a headless Chromium measures.
"""

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CASES = 5000
MOST_SECONDS, MOST_BYTES = 20.0, 10_000_000
FIRST_PAINT_MS, SEARCH_MS, FILTER_MS = 1000.0, 100.0, 50.0
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
REPOSITORY = Path(__file__).resolve().parents[1]
TIMED = """async ([id, event, value]) => {
  const node = document.querySelector(id), began = performance.now();
  if (value !== null) node.value = value;
  node.dispatchEvent(new Event(event, {bubbles: true}));
  const done = performance.now();
  await new Promise(requestAnimationFrame);
  return [done - began, document.getElementById('count').textContent];
}"""


def sentences() -> list[str]:
    """Sentences of the project's documents and of the demo's pages."""
    pages = [*REPOSITORY.glob("docs/*.md"), *REPOSITORY.glob("datasets/harbour/source/pages/**/*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(pages))
    return [part for part in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if 40 < len(part) < 300]


def rows(cases: int, *, shift: int) -> list[dict[str, Any]]:
    """Captured answers; `shift` tells the two versions apart in one case of three."""
    pool, found = sentences(), []
    for number in range(cases):
        rng = random.Random(number)
        fact = f"Rule {number}: {rng.choice(pool)}"
        contexts = [" ".join(rng.sample(pool, 4)) for _ in range(4)]
        contexts.insert(rng.randrange(5), f"{fact} {rng.choice(pool)}")
        changed = shift and number % 3 == 0
        answer = f"{rng.choice(pool) if changed else fact} {rng.choice(pool)}"
        found.append({
            "id": f"case-{number:05d}", "user_input": f"What does rule {number} say of {' '.join(fact.split()[2:6])}?",
            "reference": fact, "response": answer, "retrieved_contexts": contexts,
            "retrieved_context_ids": [f"p{number}-{k}" for k in range(5)], "reference_context_ids": [f"p{number}-0"],
            "tags": [f"tag-{number % 8}"], "latency_s": 0.3 + rng.random(),
        })  # fmt: skip
    return found


def run(folder: Path, name: str, cases: int, shift: int) -> tuple[float, int]:
    """Replay one version; seconds from the last score to the end, and the bytes of the run's folder."""
    import yaml

    captured = rows(cases, shift=shift)
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, captured)))
    keep = ("id", "user_input", "reference", "reference_context_ids", "tags")
    questions = [{key: row[key] for key in keep} for row in captured]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    experiment = {
        "name": name, "dataset": "questions.jsonl", "target": {"kind": "replay", "path": f"{name}.jsonl"},
        "metrics": ["correctness", "faithfulness", "context_recall", "hit@5", "mrr", "latency"],
        "mlflow": {"enabled": False},
    }  # fmt: skip
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(experiment))
    subprocess.run(
        [sys.executable, "-m", "rag_eval", "run", f"{name}.yaml", "-q"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    ended = time.time()
    from rag_eval import runs

    made = runs.find(name, folder / "runs")
    with made.open_() as journal:
        scored = journal.sessions()[1]
    return ended - scored, sum(file.stat().st_size for file in made.path.iterdir())


def browse(page: Path) -> dict[str, float]:
    """What a browser measures, in milliseconds."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1300, "height": 900})
        opened.goto(page.as_uri())
        opened.locator("html[data-ready=true]").wait_for(state="attached")
        paint = opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        ready = opened.evaluate("performance.now()")
        search = max(opened.evaluate(TIMED, ["#find", "input", word])[0] for word in ("rule 4", "gate", "zzzz", ""))
        filtered = max(
            opened.evaluate(TIMED, ["#tag", "change", "tag-3"])[0],
            opened.evaluate(TIMED, ["#metric", "change", "1"])[0],
        )
        browser.close()
    return {"first paint": paint, "every case read": ready, "search": search, "filter": filtered}


def main() -> int:
    """Measure, print, and say by the exit code whether a mark was missed."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends = [run(folder, label, cases, shift) for shift, label in enumerate(("first", "second"))]
        began = time.monotonic()
        compare = [sys.executable, "-m", "rag_eval", "compare", "first", "second", "--json"]
        done = subprocess.run(compare, cwd=folder, check=True, capture_output=True, text=True)
        compared = time.monotonic() - began
        page = folder / json.loads(done.stdout)["page"]
        [report] = folder.glob("runs/*-second/report.html")
        sizes = {"compare.html": page.stat().st_size, "report.html": report.stat().st_size}
        measured = {kind: browse(path) for kind, path in (("compare.html", page), ("report.html", report))}
    print(f"{cases} cases, no two alike")
    for (seconds, size), version in zip(ends, ("first", "second"), strict=True):
        print(f"  run {version:<8} {seconds:6.1f} s from the last score to the end, {size / 1e6:7.1f} MB in its folder")
    print(f"  compare      {compared:6.1f} s in all, with its page")
    for kind, times in measured.items():
        told = ", ".join(f"{what} {ms:.0f} ms" for what, ms in times.items())
        print(f"  {kind:<12} {sizes[kind] / 1e6:6.2f} MB; {told}")
    slow = [
        times for times in measured.values() if times["first paint"] > FIRST_PAINT_MS or times["search"] > SEARCH_MS
    ]
    late = any(seconds > MOST_SECONDS for seconds, _ in ends)
    return int(late or bool(slow) or max(sizes.values()) > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
