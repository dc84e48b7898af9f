"""The page of a run."""

from pathlib import Path

import pytest
from support import samples
from support.pages import Parsed, everything, unpacked

from rag_eval.records import (
    Answer,
    Case,
    Evidence,
    Failure,
    GateResult,
    MetricSummary,
    NotApplicable,
    Score,
    SliceSummary,
    Summary,
    Verdict,
)
from rag_eval.reports import formatting
from rag_eval.reports.pages import run

_EVIL = "</script><script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>\" onload=\"alert(2)"
_TIMEOUT = Failure(stage="target", reason="timeout", message=f"It took too long {_EVIL}.")


def _case(number: int, **more: object) -> Case:
    return Case.model_validate({"id": f"case-{number:03d}", "user_input": f"Question {number}?", **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "journal.db"


def _summary(cases: int, *metrics: MetricSummary, **changes: object) -> Summary:
    return samples.summary(*metrics, planned=cases, cases=cases, answered=cases, primary="faithfulness", **changes)


def test_what_somebody_wrote_is_inert(path: Path) -> None:
    """Whatever questions, answers, contexts, ids, reasons and tags hold is shown as text and does nothing."""
    verdict = Verdict(part=_EVIL, statement=_EVIL, verdict=1, reason=_EVIL)
    case = Case(id=_EVIL, user_input=_EVIL, reference=_EVIL, reference_context_ids=(_EVIL,), tags=(_EVIL,))
    answer = Answer(response=_EVIL, retrieved_contexts=(_EVIL,), retrieved_context_ids=("other",))
    scored = {"faithfulness": Score(value=1.0, evidence=Evidence(verdicts=(verdict,)))}
    rows: samples.Rows = [(case, answer, scored), (_case(1), _TIMEOUT, {"faithfulness": NotApplicable(reason=_EVIL)})]
    metric = samples.metric(not_applicables={_EVIL: 1}, failures={_EVIL: 1})
    summary = _summary(2, metric, slices=(SliceSummary(tag=_EVIL, cases=1, metrics=(metric,)),))
    with samples.journal(path, rows) as journal:
        page = run.html(summary, journal)
    parsed = Parsed(page)
    assert sum(tag == "script" for tag, _ in parsed.tags) == 4, "three parts of data, and one script"
    assert not {tag for tag, _ in parsed.tags} & {"img", "iframe", "object", "embed", "base"}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert parsed.text.count("<script>alert('x')</script>") >= 3, "it stands there as text"
    assert parsed.open == []
    assert everything(page).count("alert('x')") >= 9


def test_the_page_needs_nothing_else(path: Path) -> None:
    """It loads nothing from anywhere, forbids that anything be loaded, and runs its own script alone."""
    with samples.journal(path, [(_case(0), Answer(response="See http://docs.example/."), {})]) as journal:
        text = run.html(_summary(1), journal)
    parsed = Parsed(text)
    links = [value for _, attributes in parsed.tags for name in ("src", "href") if (value := attributes.get(name))]
    assert set(links) == {"data:,", "#questions"}
    assert "url(" not in text
    assert not any(call in text for call in ("fetch(", "XMLHttpRequest", "import(", "WebSocket", "sendBeacon", "eval("))
    [policy] = [a["content"] or "" for tag, a in parsed.tags if tag == "meta" and a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_every_case_stands_in_it_in_the_order_of_the_dataset(path: Path) -> None:
    """Also of a run with more cases than anybody scrolls through."""
    rows: samples.Rows = [
        (_case(i), Answer(response=f"a {i}"), {"faithfulness": Score(value=i / 700)}) for i in range(700)
    ]
    with samples.journal(path, rows) as journal:
        page = run.html(_summary(700), journal)
    index, bodies = unpacked(page, "index"), unpacked(page, "bodies")
    assert index["ids"] == [f"case-{i:03d}" for i in range(700)]
    assert index["scores"][0][0][699] == pytest.approx(699 / 700)
    assert [body[2][0][0]["r"] for body in bodies] == [f"a {i}" for i in range(700)]


def test_the_table_tells_every_metric(path: Path) -> None:
    """With its interval as a drawing where it has bounds, units, a mark where less is better, reasons of failures."""
    summary = samples.summary(
        samples.metric(n=95, failed=5, worst_low=0.8, worst_high=0.9, failures={"timeout": 5}),
        samples.metric("latency", bounded=False, higher_is_better=False, unit="s"),
        samples.metric("mrr", n=0, not_applicable=100, mean=None, interval=None, not_applicables={"no ids": 100}),
        cases=0,
    )
    with samples.journal(path, []) as journal:
        page = Parsed(run.html(summary, journal))
    assert "faithfulness 0.888 [0.812, 0.946] 95 of 100 0 5 0 [0.800, 0.900]" in page.text
    assert "latency (s) ↓ 0.888" in page.text
    assert "faithfulness: 5 × timeout" in page.text
    assert "mrr: 100 × no ids" in page.text
    assert sum(a.get("class") == "plot" for _, a in page.tags) == 1


def test_gates_lead_the_verdict(path: Path) -> None:
    """Each with its sentence; the first line says what follows from all of them."""
    gate = GateResult(expression="answered >= 1", outcome="failed", sentence="answered ≥ 1: fails: 0.5, 2 questions")
    with samples.journal(path, []) as journal:
        page = Parsed(run.html(samples.summary(cases=0, gates=(gate,)), journal))
    assert "It must not ship: a gate fails." in page.text
    assert "answered ≥ 1: fails: 0.5, 2 questions" in page.text
    assert any(a.get("class") == "verdict is-bad" for _, a in page.tags)


def test_the_embedded_judge_is_named(path: Path) -> None:
    """And is not where a language model judged."""
    with samples.journal(path, []) as journal:
        assert formatting.EMBEDDED in Parsed(run.html(samples.summary(cases=0), journal)).text
        other = samples.summary(cases=0, embedded_judge=False)
        assert formatting.EMBEDDED not in Parsed(run.html(other, journal)).text
