"""A sweep in words, on a terminal, as Markdown and as a page, for every way it may come out."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from support.pages import Parsed
from support.ranking import result, row

from rag_eval.records import GateResult, Interval
from rag_eval.sweep import drawing, page, report
from rag_eval.sweep.folder import SweepFolder
from rag_eval.sweep.result import CorrectedMean, SweepResult
from rag_eval.sweep.telling import Wording

_EVIL = '<script>alert(1)</script>" onload="alert(2)'


def _sentences(found: SweepResult) -> tuple[str, ...]:
    return Wording(found, None).sentences()  # type: ignore[arg-type]  # of the measured runs sentences say nothing


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"contenders": ("k=1",)}, "k=1 is best, with correctness 0.700: every other variant is clearly worse."),
        ({}, "k=1 leads with correctness 0.700; k=2 cannot be told apart from it, 1 other is clearly worse."),
        (
            {"contenders": ("k=1", "k=2", "k=3")},
            "k=1 leads with correctness 0.700, and no variant can be told apart from it.",
        ),
        (
            {"leader": None, "questions": 5},
            "Too few questions to rank 3 variants: 5 have a value of correctness in all of them, and it takes six.",
        ),
    ],
)
def test_the_first_sentence_says_who_leads_and_whether_that_can_be_told(changes: dict[str, Any], told: str) -> None:
    """It can stand alone."""
    assert _sentences(result(**changes))[0] == told


def test_which_number_is_quoted() -> None:
    """The corrected one; the seen one where every half chose the same; with care where nothing could be halved."""
    assert "Quote 0.660 [0.550, 0.770] for it, not 0.700" in _sentences(result())[1]
    always = result(row(1, "k=1", 0.7, share=1.0), row(2, "k=2", 0.6))
    assert _sentences(always)[1].startswith("Quote 0.700 [0.550, 0.770]: either half of the questions chose it")
    assert _sentences(result(value=None))[1].startswith("Quote 0.700 with care: it is the best of 3 that were seen")
    single = result(row(1, "k=1", 0.7), row(2, "k=2", None), contenders=("k=1",))
    assert _sentences(single)[0] == "k=1 is the only variant with a value of correctness."
    assert not any("Quote" in sentence for sentence in _sentences(single))


def test_a_gain_says_whether_it_may_be_nothing() -> None:
    """By its interval; and what was seen where that is another number."""
    low = Interval(low=-0.02, high=0.1, level=0.95, method="jackknife")
    gain = CorrectedMean(naive=0.07, value=0.04, interval=low)
    told = _sentences(result(gain=gain, baseline="k=3"))[2]
    assert told == (
        "Against k=3 the choice is worth +0.040 [-0.020, +0.100], not the +0.070 that was seen: "
        "it may be worth nothing."
    )
    sure = CorrectedMean(naive=0.07, value=0.07, interval=low.model_copy(update={"low": 0.02}))
    assert _sentences(result(gain=sure))[2] == "Against k=1 the choice is worth +0.070 [+0.020, +0.100]."


def test_gates_of_the_leader_are_told_with_those_of_all() -> None:
    """A leader that fails one must not ship."""
    gates = {o: (GateResult(expression="g", outcome=o, sentence="s"),) for o in ("passed", "failed")}
    rows = (row(1, "k=1", 0.7, gates=gates["failed"]), row(2, "k=2", 0.6, gates=gates["passed"]))
    assert _sentences(result(*rows))[1] == "It fails a gate and must not ship; 1 of 2 variants keep all of theirs."


def test_labels_with_commas_stand_in_quotation_marks() -> None:
    """So that a list of them can be read; of many variants the number is given."""
    rows = [row(n, f"k={n}, r=true", 0.7 - n / 100) for n in range(1, 8)]
    told = _sentences(result(*rows))
    assert told[0].startswith('"k=1, r=true" leads')
    assert '"k=2, r=true" cannot be told apart from it, 5 others are clearly worse.' in told[0]
    many = result(*rows, contenders=[row.label for row in rows[:6]])
    assert "; 5 variants cannot be told apart from it, 1 other is clearly worse." in _sentences(many)[0]
    assert "Every variant is on the Pareto front of correctness and latency." in told


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_word_is_cut_on_a_narrow_terminal(width: int) -> None:
    """Columns are left out, and long labels stand in several lines."""
    rows = [row(n, f"top_k={n}, rerank=true, model=small-{n}", 0.7 - n / 50, tokens=50.0 * n) for n in range(1, 4)]
    found = result(*rows)
    printed = StringIO()
    console = Console(width=width, file=printed)
    for part in report.terminal(found.model_copy(update={"sentences": _sentences(found)})):
        console.print(part)
    text = printed.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for word in ("rerank=true", "model=small-3", "correctness", "may be the best"):
        assert word in text


def test_what_somebody_wrote_is_inert(tmp_path: Path) -> None:
    """In the page and in Markdown; a page needs nothing else."""
    rows = (row(1, _EVIL, 0.7), row(2, f"b {_EVIL}", 0.6), row(3, "c", None, latency_p50=None))
    found = result(*rows, primary="correctness", name="s", warnings=(_EVIL,), sentences=(_EVIL, "and"))
    folder = SweepFolder(tmp_path / "sweeps" / "x")
    text = page.html(found, folder, {rows[1].label: "comparisons/a--b/compare.html"})
    parsed = Parsed(text)
    assert not {tag for tag, _ in parsed.tags} & {"script", "img", "iframe"}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert parsed.open == []
    assert parsed.text.count("<script>alert(1)</script>") >= 5
    links = [attributes["href"] for tag, attributes in parsed.tags if tag == "a"]
    assert "comparisons/a--b/compare.html" in links
    assert "<script" not in report.text(found, {_EVIL: "x"}).replace("\\<", "")


def test_the_page_shows_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    """No plot without times, no tokens where none are told; a p as small as it can be told."""
    folder = SweepFolder(tmp_path / "x")
    text = Parsed(page.html(result(), folder, {})).text
    assert "Quality and time" in text
    assert "tokens" not in text
    assert "< 0.001" in text
    assert "◇ 0.660 [0.550, 0.770]" in text
    bare = result(*[row(n, f"k={n}", 0.5, latency_p50=None, tokens=20.0, cost_usd=0.001) for n in (1, 2)])
    told = Parsed(page.html(bare, folder, {})).text
    assert "Quality and time" not in told
    assert "tokens" in told
    assert "$0.00100" in told


def test_ticks_are_round_numbers_between_the_ends() -> None:
    """However small or large these are."""
    assert drawing.ticks(0.068, 0.192) == [0.1, 0.15]
    assert drawing.ticks(0.0321, 0.0513) == [0.035, 0.04, 0.045, 0.05]
    assert drawing.ticks(0, 1000) == [0, 200, 400, 600, 800, 1000]
    assert drawing.ticks(-0.3, 0.3) == [-0.2, 0.0, 0.2]
