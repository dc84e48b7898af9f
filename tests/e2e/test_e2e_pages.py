"""The pages of a run, of a comparison and of a load test, in headless Chromium and from disk."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.pages import chromium, faults, opened
from support.runs import only, replay
from typer.testing import CliRunner

from rag_eval.cli import app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_CASES = 66
"""More than are drawn before anybody asks for more."""
_LONG = "x" * 4000
_EVIL = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


def _captured(
    *, worse: Sequence[int] = (), better: Sequence[int] = (), failed: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """Answers about islands: right in an even number, wrong in an odd one, unless said otherwise."""
    rows: list[dict[str, Any]] = []
    for n in range(_CASES):
        right = (n % 2 == 0 and n not in worse) or n in better
        right_answer = f"The ferry to island {n} costs {2000 + n} pounds."
        price = 2000 + n if right else 2500 + n
        rows.append({
            "id": f"case-{n:03d}",
            "user_input": f"What does the ferry to island {n} cost?",
            "response": f"The ferry to island {n} costs {price} pounds.",
            "retrieved_contexts": [right_answer, "Dogs travel free."][: 1 + n % 2],
            "retrieved_context_ids": [f"ferry#{n}", "dogs"][: 1 + n % 2],
            "reference": right_answer,
            "reference_context_ids": [f"ferry#{n}"],
            "tags": ["even" if n % 2 == 0 else "odd"],
            "latency_s": 0.5 + n / 1000,
        })  # fmt: skip
    rows[7]["user_input"] += f" {_EVIL} {_LONG}"
    rows[7]["response"] += f" {_EVIL} {_LONG}"
    for n in failed:
        rows[n] = {**rows[n], "error": "no luck", "response": None}
    return rows


@dataclass
class Pages:
    """What was written, and the browser to look at it."""

    run: Path
    comparison: Path
    browser: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: Path, width: int = 1300, scheme: str = "light", *, axe: bool = False, hash_: str = "") -> Any:
        """A page that has read its cases, and that is listened to."""
        page = opened(self.browser, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=axe)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(path.as_uri() + hash_)
        page.locator("html[data-ready=true]").wait_for(state="attached")
        return page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Two runs and their comparison; nothing was asked from elsewhere and no error written at the end."""
    folder = tmp_path_factory.mktemp("pages")
    said = {"metrics": ["correctness", "faithfulness", "recall@5", "latency"], "mlflow": {"enabled": False}}
    assert replay(folder, "first", _captured(), **said).exit_code == 0
    assert replay(folder, "second", _captured(worse=range(0, 20, 2), better=(1, 3)), **said).exit_code == 0
    command = [
        "compare",
        "first",
        "second",
        "--runs",
        str(folder / "runs"),
        "--comparisons",
        str(folder / "comparisons"),
    ]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    with chromium() as browser:
        made = Pages(only(folder, "first") / "report.html", Path(json.loads(result.stdout)["page"]), browser)
        yield made
    assert {url.partition(":")[0] for url in made.requests} <= {"file", "data"}
    assert made.errors == []


def _listed(page: Any) -> list[str]:
    found: list[str] = page.locator("#cases > li").evaluate_all("items => items.map(item => item.dataset.id)")
    return found


def _shown(page: Any) -> int:
    return int(page.locator("#count").inner_text().split()[0])


def test_the_answers_of_a_regression_are_two_clicks_away(pages: Pages) -> None:
    """The page opens on what regressed, the largest loss first; one click shows both answers, the words that differ."""
    page = pages.open(pages.comparison)
    assert page.locator(".tile[data-show=regressed] b").inner_text() == "10"
    assert sorted(_listed(page)) == [f"case-{n:03d}" for n in range(0, 20, 2)]
    page.locator("#cases .head").first.click()
    answers = page.locator("[data-part=answer]")
    assert answers.count() == 2
    assert answers.first.locator("del").count() == 1
    number = int(page.locator("#cases > li.is-open").get_attribute("data-id")[-3:])
    assert answers.nth(1).locator("ins").inner_text() == str(2500 + number)
    assert "lost" in page.locator(".claims").first.inner_text()
    assert "★ in the reference" in page.locator(".passages").first.inner_text()


def test_by_keyboard_alone(pages: Pages) -> None:
    """Seven keys: open the next two, change what is compared, label both, close, find."""
    page = pages.open(pages.comparison)
    for key in ("n", "n", "d", "2", "p", "3", "/"):
        page.keyboard.press(key)
    assert page.locator("#cases > li.is-open").get_attribute("data-id") == _listed(page)[0]
    assert page.locator("#labels").inner_text() == "Download 2 labels"
    assert page.evaluate("document.activeElement.id") == "find"
    with page.expect_download() as waiting:
        page.locator("#labels").click()
    labels = [json.loads(line) for line in Path(waiting.value.path()).read_text().splitlines()]
    assert [label["label"] for label in labels] == ["bad", "judge_wrong"]
    assert {label["run"] for label in labels} == {pages.comparison.parent.name.partition("--")[2]}


def test_every_case_can_be_reached(pages: Pages) -> None:
    """By scrolling on, by search, by tag, by a link; what is counted is what is listed."""
    page = pages.open(pages.comparison)
    page.locator(".bar [data-show=all]").click()
    while page.locator("#more").is_visible():
        page.locator("#more").click()
    assert sorted(_listed(page)) == [f"case-{n:03d}" for n in range(_CASES)]
    page.locator("#find").fill("ISLAND 65")
    assert _listed(page) == ["case-065"]
    page.locator("#find").fill("")
    page.locator("#tag").select_option("odd")
    assert _shown(page) == _CASES // 2
    page = pages.open(pages.comparison, hash_="#case=case-063")
    assert page.locator("#cases > li.is-open").get_attribute("data-id") == "case-063"
    assert page.locator("#cases > li.is-open [data-part=answer]").first.is_visible()


@pytest.mark.parametrize("kind", ["comparison", "run"])
def test_what_the_page_counts_is_what_stood_in_it_before_its_script_ran(pages: Pages, kind: str) -> None:
    """On every tile, so that a printed page and an open one agree."""
    path = pages.comparison if kind == "comparison" else pages.run
    still = opened(pages.browser, java_script_enabled=False)
    still.goto(path.as_uri())
    before = still.locator(".tile b").all_inner_texts()
    assert "questions and answers are drawn by this file's own script" in still.locator("noscript").inner_text()
    assert pages.open(path).locator(".tile b").all_inner_texts() == before


def test_a_metric_s_lost_questions_are_a_click_away(pages: Pages) -> None:
    """The number in the table lists just so many."""
    page = pages.open(pages.comparison)
    for button in page.locator("td [data-of][data-show=regressed]").all():
        count = int(button.inner_text())
        button.click()
        assert _shown(page) == count
        assert page.locator("#metric option:checked").inner_text() == button.get_attribute("data-of")


@pytest.mark.parametrize("kind", ["comparison", "run"])
def test_no_accessibility_fault_and_nothing_to_scroll_sideways(pages: Pages, kind: str) -> None:
    """Closed, with a case open that holds a word of 4,000 letters, with the help; wide and light, narrow and dark."""
    page = pages.open(pages.comparison if kind == "comparison" else pages.run, axe=True)
    page.locator("#find").fill("xxxx")
    if kind == "comparison":
        page.locator(".bar [data-show=all]").click()
    assert _faults_of_both(page) == []
    page.locator("#cases .head").first.click()
    assert _faults_of_both(page) == []
    page.keyboard.press("Escape")
    page.locator("#keys").click()
    assert _faults_of_both(page) == []
    assert page.title() != "run", "what somebody wrote has run"


def _faults_of_both(page: Any) -> list[str]:
    """In a wide window and in a narrow one, of which the second is dark, which is a matter of contrast alone."""
    found: list[str] = []
    for width, scheme, only_ in ((1300, "light", {}), (420, "dark", {"runOnly": ["color-contrast"]})):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found += faults(page, **only_)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, scheme)
    return found


@pytest.mark.parametrize("kind", ["comparison", "run"])
def test_print_has_every_column(pages: Pages, kind: str) -> None:
    """Nothing of a table lies beyond the sheet."""
    page = pages.open(pages.comparison if kind == "comparison" else pages.run, 1050)
    page.emulate_media(media="print")
    beyond = "cells => cells.filter(cell => cell.getBoundingClientRect().right > innerWidth).length"
    assert page.locator("th, td").evaluate_all(beyond) == 0
    assert page.locator("svg.plot").first.is_visible()


def test_a_run_begins_with_the_worst_and_shows_what_scores_rest_on(pages: Pages) -> None:
    """The answer, the passages beneath it, each claim with the judge's reason."""
    page = pages.open(pages.run)
    page.locator(".tile[data-show=low]").click()
    assert _shown(page) == int(page.locator(".tile[data-show=low] b").inner_text()) > 0
    page.locator("#cases .head").first.click()
    body = page.locator("#cases > li.is-open .body")
    assert body.locator("[data-part=answer]").count() == 1
    assert body.locator(".passages li").count() >= 1
    assert body.locator(".claims tbody tr").count() >= 1
