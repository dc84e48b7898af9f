"""Reviewing in headless Chromium: nothing is lost when the server is killed, and what is shown is what was decided."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score
from support.forker import ForkedProcess, Forker
from support.pages import chromium, faults, opened
from support.reviewing import asked, decision, ferry, written

from rag_eval.dataset import folders, writing
from rag_eval.dataset.review import publishing
from rag_eval.dataset.review.decisions import DecisionStore, ReviewDecision, load, newest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_CASES = 14
_DESK = {"viewport": {"width": 1280, "height": 800}}
_KINDS = ["accept", "unanswerable", "reject", "edit", "accept"]
_KEYS = {"accept": "a", "unanswerable": "u", "reject": "r"}
_EDIT = " As far as is known."


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; skips where there is none."""
    with chromium() as browser:
        yield browser


class Review:
    """`rag-eval review` on datasets of a test, in processes of their own that end with it."""

    def __init__(self, forker: Forker, running: ExitStack) -> None:
        self._forker = forker
        self._running = running

    def serve(self, folder: Path, reviewer: str, port: int = 0) -> tuple[ForkedProcess, str]:
        """The process, and the link that it wrote."""
        ready = folder.parent / f"link-{reviewer}"
        ready.unlink(missing_ok=True)
        options = ["--no-open", "--port", str(port), "--reviewer", reviewer, "--ready-file", str(ready)]
        out, error = folder.parent / "out", folder.parent / "error"
        started = self._forker.start("review", str(folder), *options, out=out, error=error)
        process = self._running.enter_context(started)
        while not ready.exists():
            assert process.poll() is None, error.read_text()
            time.sleep(0.02)
        return process, ready.read_text()


@pytest.fixture
def review(forker: Forker, browser: Any) -> Iterator[Review]:
    """Datasets can be served; at the end no page is left that would ask on."""
    with ExitStack() as running:
        yield Review(forker, running)
        for context in browser.contexts:
            context.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _open(page: Any, link: str) -> Any:
    """A page that went to a link; it must never complain, but for a server that is gone."""
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda told: page.complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.goto(link)
    page.locator("#q").wait_for()
    return page


def _complaints(page: Any) -> list[str]:
    return [told for told in page.complaints if "Failed to load resource" not in told]


def _decide(page: Any, verdict: str) -> None:
    """One decision by keyboard alone."""
    if verdict != "edit":
        page.keyboard.press(_KEYS[verdict])
        return
    page.keyboard.press("e")
    page.locator("#er:focus").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.type(_EDIT)
    page.keyboard.press("Control+Enter")
    page.locator("#q").wait_for()


def _saved(page: Any, count: int) -> None:
    page.get_by_text(f"{count} of {_CASES} decided").wait_for()
    page.get_by_text("All saved").wait_for()


def _verdicts(folder: Path, reviewer: str) -> dict[str, str]:
    return {one.case_id: one.verdict for one in newest(load(folder)).values() if one.reviewer == reviewer}


def test_nothing_is_lost_when_the_server_is_killed_in_the_middle(browser: Any, review: Review, tmp_path: Path) -> None:
    """14 decisions by keyboard, a SIGKILL among them: all are in review.db, none twice; then a second reviewer."""
    folder = written(tmp_path / "drafts", [ferry(number) for number in range(_CASES)]).path
    wanted = [_KINDS[number % len(_KINDS)] for number in range(_CASES)]
    port = _free_port()
    server, link = review.serve(folder, "ana", port)
    page = _open(opened(browser, **_DESK), link)
    assert "token" not in page.url
    for verdict in wanted[:7]:
        _decide(page, verdict)
    _saved(page, 7)
    # The eighth is sent to a server that dies: whether it was kept or not is not known here.
    _decide(page, wanted[7])
    server.kill()
    server.wait()
    for verdict in wanted[8:11]:
        _decide(page, verdict)
    page.get_by_role("alert").get_by_text("The server does not answer.").wait_for()
    assert page.get_by_text("Not saved: ").is_visible()
    assert len(load(folder)) in (7, 8)
    server, link = review.serve(folder, "ana", port)
    page.get_by_text("does not know this page").wait_for()
    # The new link is opened beside the old page: both go on, and what was not sent is sent once.
    other = _open(page.context.new_page(), link)
    _saved(page, 11)
    _saved(other, 11)
    assert not page.get_by_role("alert").is_visible()
    for verdict in wanted[11:]:
        _decide(page, verdict)
    page.get_by_text("Everything is decided.").wait_for()
    _saved(page, _CASES)
    assert not _complaints(page) + _complaints(other)
    server.kill()
    server.wait()
    kept = load(folder)
    assert len(kept) == len({one.uuid for one in kept}) == _CASES
    assert [one.verdict for one in sorted(kept, key=_number)] == wanted
    assert all(one.reference and one.reference.endswith(_EDIT) for one in kept if one.verdict == "edit")
    _second_reviewer(browser, review, folder, tmp_path)


def _number(decision: ReviewDecision) -> int:
    return int(decision.case_id.removeprefix("q-"))


def _second_reviewer(browser: Any, review: Review, folder: Path, tmp_path: Path) -> None:
    """Ben, in a browser of his own, sees nothing of what ana said until he looks at the disagreements."""
    _, link = review.serve(folder, "ben")
    page = _open(opened(browser, **_DESK), link)
    assert "ana" not in page.inner_text("main")
    for number in range(_CASES):
        _decide(page, "accept" if number % 4 else "unanswerable")
    _saved(page, _CASES)
    page.keyboard.press("d")
    shown = page.locator("[data-pair='ana|ben']")
    shown.wait_for()
    verdicts = [_verdicts(folder, name) for name in ("ana", "ben")]
    kappa = cohen_kappa_score([verdicts[0][key] for key in verdicts[0]], [verdicts[1][key] for key in verdicts[0]])
    assert float(shown.get_attribute("data-kappa")) == pytest.approx(kappa)
    assert f"{kappa:.3f}" in shown.inner_text()
    open_ = page.locator("article.duel")
    assert open_.count() == sum(verdicts[0][key] != verdicts[1][key] for key in verdicts[0])
    for _ in range(open_.count()):
        page.keyboard.press("1")
    page.get_by_text("Disagreements 0").wait_for()
    page.get_by_text("All saved").wait_for()
    assert not _complaints(page)
    done = publishing.publish(folders.load(folder), load(folder), tmp_path / "made")
    counts = Counter(verdicts[0].values())
    assert done.counts.rejected == counts["reject"], "each was settled on what ana, who stands first, had said"
    assert done.counts.edited == counts["edit"]


@pytest.fixture
def page(browser: Any, review: Review, tmp_path: Path) -> Iterator[Any]:
    """The page of ana over four drafts and a question from production."""
    folder = written(tmp_path / "drafts", [*(ferry(number) for number in range(4)), asked(4)]).path
    _, link = review.serve(folder, "ana")
    page = _open(opened(browser, **_DESK), link)
    yield page
    assert not _complaints(page)


def _all_saved(page: Any, count: int) -> None:
    page.get_by_text(f"{count} of 5 decided").wait_for()
    page.get_by_text("All saved").wait_for()


def test_everything_can_be_done_with_the_mouse(page: Any, tmp_path: Path) -> None:
    """Deciding, editing, choosing contexts, tags, comments, going elsewhere and undoing."""
    bar, save = page.get_by_role("toolbar"), page.get_by_role("button", name="Save")
    bar.get_by_role("button", name="Accept").click()
    page.get_by_label("bikes#1").uncheck()
    bar.get_by_role("button", name="Edit").click()
    page.get_by_label("Reference", exact=True).fill("It is 4 pounds.")
    save.click()
    bar.get_by_role("button", name="Comment").click()
    page.get_by_label("For whoever settles").fill("see the timetable")
    save.click()
    bar.get_by_role("button", name="Tags").click()
    page.get_by_placeholder("Type a tag").fill("hard")
    save.click()
    bar.get_by_role("button", name="Reject").click()
    page.locator("nav .row").last.click()
    page.get_by_label("fares#4").check()
    bar.get_by_role("button", name="Accept").click()
    _all_saved(page, 4)
    page.locator("nav .row").nth(3).click()
    bar.get_by_role("button", name="Unanswerable").click()
    _all_saved(page, 5)
    page.locator("nav .row").nth(3).click()
    bar.get_by_role("button", name="Undo").click()
    _all_saved(page, 4)
    found = {one.case_id: one for one in newest(load(tmp_path / "drafts")).values()}
    assert {key: one.verdict for key, one in found.items()} == {
        "q-0": "accept", "q-1": "edit", "q-2": "reject", "p-4": "accept",
    }  # fmt: skip
    assert (found["q-1"].reference, found["q-1"].reference_context_ids) == ("It is 4 pounds.", ("fares#1",))
    assert (found["q-2"].comment, found["q-2"].tags) == ("see the timetable", ("fares", "hard"))
    assert (found["p-4"].reference, found["p-4"].reference_contexts) == ("It is 4 pounds.", ("Fare 4.",))
    assert len(load(tmp_path / "drafts")) == 6, "what was undone is still there, with its undoing"


def test_undo_brings_back_what_was_decided_before(page: Any, tmp_path: Path) -> None:
    """Step by step, to the state without any decision."""
    page.keyboard.press("a")
    _all_saved(page, 1)
    page.keyboard.press("k")
    page.keyboard.press("r")
    page.keyboard.press("z")
    page.get_by_text("Accepted").first.wait_for()
    _all_saved(page, 1)
    assert _verdicts(tmp_path / "drafts", "ana") == {"q-0": "accept"}
    page.keyboard.press("z")
    _all_saved(page, 0)
    assert _verdicts(tmp_path / "drafts", "ana") == {}
    assert len(load(tmp_path / "drafts")) == 4


def test_what_was_begun_outlives_leaving_and_reloading(page: Any) -> None:
    """An edit that was left by Esc, ticks, and a comment before any decision."""
    page.keyboard.press("e")
    page.locator("#er:focus").wait_for()
    page.keyboard.type("!")
    page.keyboard.press("Escape")
    page.get_by_text("You began to edit this case.").wait_for()
    page.keyboard.press("2")
    assert not page.get_by_label("bikes#0").is_checked()
    page.keyboard.press("c")
    page.keyboard.type("not sure")
    page.keyboard.press("Control+Enter")
    page.reload()
    page.get_by_text("comment “not sure”").wait_for()
    assert not page.get_by_label("bikes#0").is_checked()
    page.keyboard.press("e")
    page.locator("#er:focus").wait_for()
    assert page.get_by_label("Reference", exact=True).input_value() == "It costs 3 pounds.!"


def test_search_filters_and_highlights(page: Any) -> None:
    """What the draft rests on is marked; the list narrows; keys typed into the search decide nothing."""
    assert page.locator("mark").all_inner_texts() == ["A single"]
    page.keyboard.press("/")
    page.keyboard.type("island nowhere")
    page.get_by_text("No case fits").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("6 costs")
    page.locator("nav .row").nth(1).wait_for(state="detached")
    page.keyboard.press("Enter")
    assert page.locator("#q").inner_text() == "What does the ferry to island 3 cost?"
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.get_by_label("Only with this tag").select_option("fares")
    assert page.locator("nav .row").count() == 4
    assert page.get_by_text("0 of 5 decided").is_visible()
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "0"


def test_the_page_fits_its_window(page: Any) -> None:
    """With nothing to scroll sideways, and with the list behind a button where it is narrow."""
    page.emulate_media(reduced_motion="reduce")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for key, there in [("1", "#q"), ("e", "#er:focus"), ("?", "#box[open]")]:
            page.keyboard.press(key)
            page.locator(there).wait_for()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, there)
            page.keyboard.press("Escape")
            page.locator("#q").wait_for()
    page.get_by_role("button", name="List of cases").click()
    page.locator("nav .row").nth(2).click()
    page.get_by_text("3 of 5", exact=True).wait_for()


def test_a_case_that_was_changed_since_is_to_be_decided_again(browser: Any, review: Review, tmp_path: Path) -> None:
    """The old decision is shown as what it is."""
    folder = written(tmp_path / "drafts", [ferry(number) for number in range(2)]).path
    server, link = review.serve(folder, "ana")
    page = _open(opened(browser), link)
    page.keyboard.press("a")
    page.get_by_text("1 of 2 decided").wait_for()
    page.get_by_text("All saved").wait_for()
    written(folder, [ferry(0, reference="Another."), ferry(1)])
    page.get_by_text("The dataset was built anew.").wait_for()
    server.kill()
    server.wait()
    _, link = review.serve(folder, "ana")
    page = _open(opened(browser), link)
    page.get_by_text("The case was changed since you decided “accept”").wait_for()
    assert page.get_by_text("0 of 2 decided").is_visible()
    assert page.get_by_role("button", name="Stale 1").is_visible()


def test_the_link_lets_in_one_browser(browser: Any, review: Review, tmp_path: Path) -> None:
    """Who opens it second, elsewhere, sees nothing; who opens it again in the same browser goes on."""
    folder = written(tmp_path / "drafts", [ferry(1)]).path
    _, link = review.serve(folder, "ana")
    first = _open(opened(browser), link)
    _open(first.context.new_page(), link)
    stranger = opened(browser)
    stranger.goto(link)
    stranger.get_by_text("This page needs the link").wait_for()
    assert "island" not in stranger.content().partition("<script")[0]


def test_disagreements_are_settled_by_keyboard_or_mouse(browser: Any, review: Review, tmp_path: Path) -> None:
    """By somebody who had no say before: on a side, by another verdict, by an edit; and each can be taken back."""
    cases = [ferry(number) for number in range(4)]
    folder = written(tmp_path / "drafts", cases).path
    with DecisionStore.open_(folder, time.time) as store:
        store.keep([decision(case, n) for n, case in enumerate(cases)])
        bens = [decision(case, n, "ben", "edit", reference="It costs 99 pounds.") for n, case in enumerate(cases[:3])]
        store.keep(bens)
    _, link = review.serve(folder, "cleo")
    page = _open(opened(browser, **_DESK), link)
    page.keyboard.press("d")
    page.locator("[data-pair='ana|ben']").wait_for()
    assert page.locator("article.duel").count() == 3
    assert page.locator(".side ins").all_inner_texts()[:2] == ["3", "99"], "the words that differ are marked"
    page.keyboard.press("2")
    page.keyboard.press("e")
    page.locator("#er:focus").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("Four.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("r")
    page.get_by_text("Disagreements 0").wait_for()
    page.get_by_text("All saved").wait_for()
    assert page.locator(".duel.done .side").count() == 6, "what each had said is still shown"
    page.keyboard.press("z")
    page.get_by_text("Disagreements 1").wait_for()
    page.locator("[data-case=q-2] [data-reviewer=ana]").get_by_role("button").click()
    page.get_by_text("Disagreements 0").wait_for()
    page.get_by_text("All saved").wait_for()
    assert not _complaints(page)
    publishing.publish(folders.load(folder), load(folder), tmp_path / "made")
    made = folders.load(tmp_path / "made").cases
    assert [case.reference for case in made] == [
        "It costs 99 pounds.",
        "Four.",
        "It costs 5 pounds.",
        "It costs 6 pounds.",
    ]


def test_whether_no_passage_answers_can_be_looked_up(browser: Any, review: Review, tmp_path: Path) -> None:
    """An unanswerable draft comes with what is nearest in the corpus; each passage opens, other words can be tried."""
    rows = [{"id": f"deck#{n}", "text": f"On deck {n} ice cream is sold. {'And more. ' * 60}"} for n in range(3)]
    corpus = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    bare: dict[str, Any] = {"reference": None, "reference_contexts": None, "reference_context_ids": None}
    cases = [ferry(0, user_input="Who sells ice cream?", answerable=False, **bare), ferry(1)]
    folder = written(tmp_path / "drafts", cases, corpus).path
    _, link = review.serve(folder, "ana")
    page = _open(opened(browser, **_DESK), link)
    page.locator(".hit").first.wait_for()
    assert page.locator(".hit").count() == 3
    assert page.locator(".hit mark").all_inner_texts()[:2] == ["ice", "cream"]
    first = page.locator(".hit").first
    first.click()
    page.locator(".whole:visible").wait_for()
    assert first.get_attribute("aria-expanded") == "true"
    assert page.locator(".whole").first.inner_text().count("And more.") == 60
    page.locator("#cq").fill("wine")
    page.locator("#cq").press("Enter")
    page.get_by_text("None of 3 passages has any of these words").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.get_by_text("1 of 2 decided").wait_for()
    assert page.locator("#seek").get_attribute("open") is None, "where there is an answer it is only offered"
    assert not _complaints(page)


def test_everybody_can_use_the_page(browser: Any, review: Review, tmp_path: Path) -> None:
    """axe-core finds nothing in it: cases, edits, the search, and disagreements that say what a key settles."""
    cases = [ferry(0), ferry(1, answerable=False, reference=None), ferry(2)]
    rows = [{"id": f"deck#{n}", "text": f"The ferry to island {n} has ice cream."} for n in range(3)]
    corpus = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    folder = written(tmp_path / "drafts", cases, corpus).path
    with DecisionStore.open_(folder, time.time) as store:
        store.keep([decision(case, n) for n, case in enumerate(cases)])
        store.keep([decision(cases[0], 3, "ben", "edit", reference="99."), decision(cases[2], 4, "ben", "reject")])
    _, link = review.serve(folder, "cleo")
    page = _open(opened(browser, **_DESK, bypass_csp=True), link)
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("e")
    page.locator("#er:focus").wait_for()
    _expect_no_faults(page, "edit")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.locator(".hit").first.click()
    _expect_no_faults(page, "search")
    page.keyboard.press("d")
    assert page.locator(".here .side button").all_inner_texts() == ["1\nsettles: accept", "2\nsettles: ben’s edit"]
    assert page.locator("#bar .vote").all_inner_texts() == ["1\nana\n✓ accept", "2\nben\n✎ edit"]
    settling = page.get_by_role("toolbar").get_by_role("button", name="settles")
    assert [text.split()[-1] for text in settling.all_inner_texts()] == ["accept", "edit", "reject", "unanswerable"]
    page.keyboard.press("1")
    page.get_by_text("settled by cleo: accept").wait_for()
    _expect_no_faults(page, "disagreements")
    assert not _complaints(page)


def _expect_no_faults(page: Any, state: str) -> None:
    page.emulate_media(color_scheme="light")
    assert faults(page) == [], state
    page.emulate_media(color_scheme="dark")
    assert faults(page, runOnly=["color-contrast"]) == [], (state, "dark")
