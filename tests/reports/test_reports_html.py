"""A run as one HTML file."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from support import samples

from rag_eval.records import Answer, Case, Evidence, Failure, MetricSummary, NotApplicable, Score, Summary, Verdict
from rag_eval.reports import html, words

_EVIL = "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>\" onload=\"alert(2)"
_VOID = {"meta", "input", "br", "img", "link"}
_TIMEOUT = Failure(stage="target", reason="timeout", message=f"It took too long {_EVIL}.")
_JUDGED = Failure(stage="judge", reason="incomplete_verdicts", message="Too few.")


class _Page(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its texts outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.scripts = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.scripts += tag == "script"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def _case(number: int, **more: object) -> Case:
    return Case.model_validate({"id": f"case-{number:03d}", "user_input": f"Question {number}?", **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "journal.db"


def _summary(cases: int, *metrics: MetricSummary) -> Summary:
    return samples.summary(*metrics, planned=cases, cases=cases, answered=cases)


def test_a_question_that_holds_html_is_inert(path: Path) -> None:
    """Whatever questions, answers, contexts, ids, reasons and tags hold is shown as text and does nothing."""
    verdict = Verdict(part=_EVIL, statement=_EVIL, verdict=1, reason=_EVIL)
    case = Case(id=_EVIL, user_input=_EVIL, reference=_EVIL, reference_context_ids=(_EVIL,), tags=(_EVIL,))
    answer = Answer(response=_EVIL, retrieved_contexts=(_EVIL,), retrieved_context_ids=("other",))
    scored = {"faithfulness": Score(value=1.0, evidence=Evidence(verdicts=(verdict,)))}
    rows: samples.Rows = [(case, answer, scored), (_case(1), _TIMEOUT, {"faithfulness": NotApplicable(reason=_EVIL)})]
    run = _summary(2, samples.metric(not_applicables={_EVIL: 1}, failures={_EVIL: 1}))
    with samples.journal(path, rows) as journal:
        page = _Page(html.run(run.model_copy(update={"tags": {_EVIL: {"faithfulness": 1.0}}}), journal))
    assert page.scripts == 1
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "link", "form", "base"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.text.count("<script>alert('x')</script>") >= 9
    assert page.open == []


def test_the_page_needs_nothing_else(path: Path) -> None:
    """It loads nothing from anywhere, and forbids that anything be loaded."""
    with samples.journal(path, [(_case(0), Answer(response="See http://docs.example/."), {})]) as journal:
        text = html.run(_summary(1), journal)
    page = _Page(text)
    loading = {"src", "href", "srcset", "data", "action", "formaction", "poster", "background"}
    assert not [attributes for _, attributes in page.tags if loading & set(attributes)]
    assert "url(" not in text
    assert "@import" not in text
    assert not any(call in text for call in ("fetch(", "XMLHttpRequest", "import(", "WebSocket", "sendBeacon"))
    policies = [a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv")]
    assert len(policies) == 1
    assert (policies[0] or "").startswith("default-src 'none'; ")
    assert "http" not in (policies[0] or "")


def test_a_long_run_shows_its_worst_cases_and_says_so(path: Path) -> None:
    """Of 600 cases 500 are shown: those that failed first, then by rising score; 100 are said to be left out."""
    rows = []
    for i in range(600):
        failed = i in (100, 599)
        outcome = _JUDGED if failed else Score(value=i / 600)
        rows.append((_case(i), Answer(response="a"), {"faithfulness": outcome}))
    with samples.journal(path, rows) as journal:
        page = _Page(html.run(_summary(600), journal))
    asked = [text for text in page.texts if text.startswith("Question ")]
    expected = [100, 599, *(i for i in range(600) if i != 100)][:500]
    assert asked == [f"Question {i}?" for i in expected]
    assert sum(tag == "details" for tag, _ in page.tags) == 500
    assert "100 further cases are left out here; all are in results.parquet." in page.text


def test_a_short_run_is_shown_whole(path: Path) -> None:
    """And nothing is said of cases left out."""
    with samples.journal(path, [(_case(i), Answer(), {"faithfulness": Score(value=1.0)}) for i in range(3)]) as journal:
        page = _Page(html.run(_summary(3), journal))
    assert "left out" not in page.text
    assert [text for text in page.texts if text.startswith("Question ")] == [f"Question {i}?" for i in range(3)]


def test_failures_come_first_whatever_else_scored(path: Path) -> None:
    """Unanswered cases too, also those that nothing has scored yet; metrics without bounds do not count."""
    seconds = samples.metric("latency", bounded=False, higher_is_better=False)
    rows: samples.Rows = [
        (_case(0), Answer(), {"faithfulness": Score(value=0.5), "latency": Score(value=0.001)}),
        (_case(1), Answer(), {"faithfulness": Score(value=0.1), "latency": Score(value=99.0)}),
        (_case(2), Answer(), {"faithfulness": Score(value=1.0), "latency": _JUDGED}),
        (_case(3), _TIMEOUT, {}),
        (_case(4), Answer(), {"faithfulness": NotApplicable(reason="no contexts")}),
    ]
    with samples.journal(path, rows) as journal:
        page = _Page(html.run(_summary(5, samples.metric(), seconds), journal))
    asked = [text for text in page.texts if text.startswith("Question ")]
    assert asked == [f"Question {i}?" for i in (2, 3, 1, 0, 4)]
    assert "No answer: timeout. It took too long" in page.text


def test_a_case_is_shown_with_what_its_scores_rest_on(path: Path) -> None:
    """Answer, reference, contexts with the wanted ones marked, what was not retrieved, statements and reasons."""
    verdict = Verdict(part="response", statement="It opens at 7.", verdict=0, reason="not said")
    rows: samples.Rows = [
        (
            _case(0, reference="At 8.", reference_context_ids=("p2", "p9"), tags=("fees",)),
            Answer(response="At 7.", retrieved_contexts=("One.", "Two."), retrieved_context_ids=("p1", "p2")),
            {"faithfulness": Score(value=0.25, evidence=Evidence(verdicts=(verdict,)))},
        )
    ]
    with samples.journal(path, rows) as journal:
        page = _Page(html.run(_summary(1), journal))
    for said in ("0.25", "At 7.", "At 8.", "fees", "Not retrieved: p9", "It opens at 7. (response : not said)"):
        assert said in page.text.replace("(response: not said)", "(response : not said)")
    marked = [a for tag, a in page.tags if tag == "pre" and a.get("class") == "hit"]
    assert len(marked) == 1


@pytest.mark.parametrize("reply", [Answer(retrieved_contexts=("One.",)), _TIMEOUT])
def test_what_was_retrieved_is_not_guessed(path: Path, reply: Answer | Failure) -> None:
    """Where a system tells no ids, none is said to be missing."""
    with samples.journal(path, [(_case(0, reference_context_ids=("p1",)), reply, {})]) as journal:
        assert "Not retrieved" not in _Page(html.run(_summary(1), journal)).text


def test_the_table_tells_every_metric(path: Path) -> None:
    """With its interval as a bar where it has bounds, and the reasons of failures at hand."""
    run = samples.summary(
        samples.metric(n=95, failed=5, worst_low=0.8, worst_high=0.9, failures={"timeout": 5}),
        samples.metric("latency", bounded=False, higher_is_better=False),
        samples.metric("mrr", n=0, not_applicable=100, mean=None, interval=None, not_applicables={"no ids": 100}),
        cases=0,
    )
    with samples.journal(path, []) as journal:
        page = _Page(html.run(run, journal))
    assert "faithfulness 0.888 [0.812, 0.946] 95 of 100 0 5 0 [0.800, 0.900]" in page.text
    assert "latency ↓ 0.888" in page.text
    assert sum(a.get("class") == "line" for _, a in page.tags) == 1
    titles = [a["title"] for tag, a in page.tags if tag == "td" and a.get("title")]
    assert "5 × timeout" in titles
    assert "100 × no ids" in titles


def test_the_embedded_judge_is_named_on_the_page(path: Path) -> None:
    """And is not where a language model judged."""
    with samples.journal(path, []) as journal:
        assert words.EMBEDDED in _Page(html.run(samples.summary(cases=0), journal)).text
        other = samples.summary(cases=0, embedded_judge=False)
        assert words.EMBEDDED not in _Page(html.run(other, journal)).text
