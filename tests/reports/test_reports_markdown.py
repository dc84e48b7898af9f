"""Runs and comparisons as Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples
from support.rendering import Rendered

from rag_eval.records import Interval, MetricSummary, Movement, SliceComparison, Usage
from rag_eval.reports import formatting, markdown

_NASTY = "a | b\nc\\|d <script>alert(1)</script> <!-- `x` ![i](http://evil/x) [l](u) &lt; *s*"


def _cells(line: str) -> list[str]:
    """The cells of a table's row as GitHub and MLflow read them."""
    inner = line.removeprefix("| ").removesuffix(" |")
    return [re.sub(r"\\(.)", r"\1", cell) for cell in re.findall(r"(?:^|(?<= \| ))((?:\\.|[^\\|])*?)(?= \| |$)", inner)]


def test_a_run_at_a_glance() -> None:
    """Each metric has its mean, interval, counts and bounds, and what it came from is said."""
    run = samples.summary(
        samples.metric(n=95, failed=5, worst_low=0.8, worst_high=0.9, failures={"timeout": 5}),
        samples.metric("latency", higher_is_better=False, bounded=False, worst_low=None, worst_high=None),
        samples.metric("context_recall", n=0, not_applicable=100, mean=None, interval=None),
        tags={"fees": {"faithfulness": 0.5}},
        usage=Usage(calls=7, prompt_tokens=100, completion_tokens=20, cost_usd=0.0123),
    )
    text = markdown.run(run)
    assert text.startswith("# harbour-strong\n\nRun `20261123-091500-harbour-strong`: 100 of 100 cases answered")
    assert "| faithfulness | 0.888 | [0.812, 0.946] | 95 of 100 | 0 | 5 | 0 | [0.800, 0.900] |" in text
    assert "| latency ↓ | 0.888 | [0.812, 0.946] | 100 | 0 | 0 | 0 | – |" in text
    assert "| context_recall | – | – | 0 | 0 | 0 | 100 | – |" in text
    assert "| faithfulness | 5 × timeout |  |" in text
    assert "| fees | 0.50 | – | – |" in text
    assert f"`{'f' * 64}`, rag-eval 0.1.0. 7 judge calls, 100 + 20 tokens, $0.0123." in text
    assert text.endswith("\n")


def test_every_warning_is_a_note() -> None:
    """Of a run as of a comparison, the embedded judge's first."""
    assert f"\n> **Note.** {formatting.EMBEDDED}\n" in markdown.run(samples.summary())
    assert f"\n> **Note.** {formatting.EMBEDDED}\n" in markdown.comparison(samples.comparison())
    assert "**Note.**" not in markdown.run(samples.summary(embedded_judge=False))
    assert "**Note.**" not in markdown.comparison(samples.comparison(embedded_judge=False))
    assert "by force although judges differ" in markdown.comparison(samples.comparison(differences=("judges differ",)))


def test_what_was_not_spent_is_said() -> None:
    """Calls without a price have no dollars."""
    assert "No judge call was paid for." in markdown.run(samples.summary())
    spent = samples.summary(usage=Usage(calls=1, prompt_tokens=2, completion_tokens=3))
    assert "1 judge calls, 2 + 3 tokens.\n" in markdown.run(spent)


def test_a_comparison_at_a_glance() -> None:
    """B against A: the difference with its sign and interval, the counts, and what may be said."""
    text = markdown.comparison(samples.comparison())
    assert text.startswith("# harbour-strong against harbour-weak\n\nA is `20261123-091500-harbour-weak`, B is `")
    assert "| faithfulness | 0.512 | 0.634 | +0.122 | [+0.051, +0.153] | 30 / 50 / 20 | 100 | B is better |" in text
    assert "moved most" not in text


def test_what_moved_most_is_listed() -> None:
    """Five cases a metric, losses before gains."""
    moved = tuple(Movement(case_id=f"case-{i}", user_input=f"Question {i}?", a=0.0, b=1.0) for i in range(9))
    lost = Movement(case_id="case-9", user_input="Question 9?", a=1.0, b=0.5)
    text = markdown.comparison(samples.comparison(samples.compared(moved=(lost, *moved))))
    assert "## What moved most\n\n**faithfulness, lost most (1 of 20)**\n\n| case | A | B | question |" in text
    assert text.index("case-9") < text.index("**faithfulness, gained most (5 of") < text.index("case-0")
    assert "| case-4 | 0.000 | 1.000 | Question 4? |" in text
    assert "case-5" not in text


def test_a_question_cannot_break_its_table() -> None:
    """Bars, line breaks, HTML, links, pictures and code marks stay texts in their cell."""
    moved = (Movement(case_id="a|b", user_input=_NASTY, a=0.0, b=1.0),)
    text = markdown.comparison(samples.comparison(samples.compared(moved=moved), embedded_judge=False))
    line = next(line for line in text.splitlines() if line.startswith("| a"))
    assert _cells(line.replace("\u200b", "")) == ["a|b", "0.000", "1.000", " ".join(_NASTY.split())]
    bare = re.sub(r"\\.", "", line)
    assert not re.search(r"[<`&*]|\]\(|://", bare)


@given(
    st.lists(st.lists(st.text(), min_size=2, max_size=3), min_size=1, max_size=3).filter(
        lambda rows: len({*map(len, rows)}) == 1
    )
)
def test_a_table_has_the_cells_it_was_given(rows: list[list[str]]) -> None:
    """Whatever they hold, each row is one line with as many cells as heads."""
    lines = markdown.table(["head"] * len(rows[0]), rows).split("\n")
    assert len(lines) == len(rows) + 2
    for line, row in zip(lines[2:], rows, strict=True):
        assert line.isprintable() or not set(line) & set("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == len(row) + 1


@pytest.mark.parametrize("text", ["context_recall", "[0.1, 0.2]", "win / tie / loss", "B − A", "hit@5", "95 %"])
def test_plain_words_stay_plain(text: str) -> None:
    """What Markdown would not misread is not cluttered."""
    assert markdown.table(["h"], [[text]]).endswith(f"| {text} |")


_WRITTEN = (
    "a | b\n*c* _d_ ~~e~~ <script>1</script> <!-- ![i](http://evil/x) www.evil.org @octocat x@evil.org #12 GH-3 \x1b[2J"
)


_TAGS = {"h1", "h2", "p", "strong", "code", "ul", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}


def _noted() -> MetricSummary:
    return samples.metric(_WRITTEN[:9], n=5, failed=5, failures={_WRITTEN: 5}, label=_WRITTEN)


@pytest.mark.parametrize(
    "text",
    [
        markdown.run(
            samples.summary(_noted(), tags={_WRITTEN: {_WRITTEN[:9]: 0.5}}, gates=(samples.gate(sentence=_WRITTEN),))
        ),
        markdown.comparison(
            samples.comparison(
                samples.compared(
                    _WRITTEN[:9], moved=(Movement(case_id=_WRITTEN, user_input=_WRITTEN, a=0.0, b=1.0),), note=_WRITTEN
                ),
                gates=(samples.gate(sentence=_WRITTEN),),
                sentences=(_WRITTEN, _WRITTEN),
            )
        ),
    ],
    ids=["run", "comparison"],
)
def test_what_a_browser_gets_is_what_was_written(text: str) -> None:
    """By a renderer of GitHub's Markdown: headings and whole tables, and nothing that anybody wrote is live."""
    page = Rendered(text)
    assert page.tags <= _TAGS
    assert page.count("h1") == 1
    assert page.count("h2") >= 2
    assert page.count("table") == len(re.findall(r"^\| --- \|", text, flags=re.MULTILINE)) >= 2
    assert all(len(row) == len(table[0]) for table in page.tables for row in table)
    shown = " ".join(_WRITTEN.replace("\x1b", "␛").split())
    cells = [cell for table in page.tables for row in table for cell in row]
    assert any(shown in cell for cell in cells)
    assert not re.search(r"://|(?<!\w)@\w|@evil|#1|GH-|www\.\w", page.raw)
    assert "\x1b" not in text


def test_a_lower_better_metric_has_its_unit_and_mark_everywhere() -> None:
    """In the table of metrics, by tag, and over what moved."""
    latency = samples.metric("latency", unit="s", higher_is_better=False, failed=1, failures={"timeout": 1})
    text = markdown.run(samples.summary(latency, tags={"fees": {"latency": 0.5}}))
    assert text.count("latency (s) ↓ |") == 3
    moved = (Movement(case_id="c", user_input="Why?", a=1.0, b=2.0),)
    compared = samples.compared("latency", unit="s", higher_is_better=False, moved=moved)
    found = samples.comparison(compared, primary="latency", slices=(SliceComparison(tag="fees", metric=compared),))
    text = markdown.comparison(found)
    assert "**latency (s) ↓, lost most (1 of 20)**" in text
    assert "| latency (s) ↓ by tag |" in text
    assert "| latency (s) ↓ | 0.512" in text


def test_an_interval_is_never_without_width() -> None:
    """Of times that differ by a tenth of a millisecond there are as many digits as it takes, in the mean too."""
    narrow = Interval(low=0.00811, high=0.00839, method="m")
    text = markdown.run(samples.summary(samples.metric("latency", mean=0.00825, interval=narrow, note="")))
    assert "| latency | 0.0083 | [0.0081, 0.0084] |" in text
