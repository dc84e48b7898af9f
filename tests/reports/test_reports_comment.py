"""Two versions in a comment: short, always at the same place, and harmless whatever anybody wrote."""

import re
from typing import Any

import pytest
from support import samples
from support.rendering import Rendered

from rag_eval.records import Movement
from rag_eval.reports import comment, formatting

NASTY = "a | b\nc `x` ``y`` <script>alert(1)</script> <!-- z --> </details> ![i](http://evil/x) @octocat #12 \u202eabc"


gate = samples.gate


def subject(*metrics: Any, **changes: Any) -> comment.CommentSubject:
    """What a comment is about."""
    about: dict[str, Any] = {
        "name": "support", "outcome": "failed", "focus": ("faithfulness",), "head": samples.summary(), "remarks": (),
        "sides": comment.VERSIONS,
    }  # fmt: skip
    mine = {key: changes.pop(key) for key in list(changes) if key in about}
    return comment.CommentSubject(**{**about, **mine}, comparison=samples.comparison(*metrics, **changes))


def test_a_comment_says_the_verdict_then_the_gates_then_numbers() -> None:
    """Its first line is a marker by which it is found again; gates that did not pass stand first."""
    text = comment.comment(
        subject(
            samples.compared(loss=1, moved=(Movement(case_id="q7", user_input="Why?", a=1.0, b=0.25),)),
            gates=(gate("passed", "one"), gate("undecided", "two"), gate("failed", "three")),
            sentences=("B is worse.", "Refusals: none."),
            remarks=("The judge was slow.",),
            primary="faithfulness",
        )
    )
    lines = text.split("\n")
    assert lines[0] == comment.marker("support") == "<!-- rag-eval:support -->"
    assert lines[1] == "## ❌ support: must not ship"
    assert "**B is worse.**" in lines
    assert "Refusals: none. The judge was slow." in lines
    assert [line for line in lines if line.startswith(("| ❌", "| ❔", "| ✅"))] == [
        "| ❌ | three |",
        "| ❔ | two |",
        "| ✅ | one |",
    ]
    assert "- 1.00 → 0.25 `q7` `Why?`" in lines
    assert formatting.EMBEDDED in text


@pytest.mark.parametrize("count", [0, 1, 6, 60])
def test_a_comment_has_at_most_forty_lines(count: int) -> None:
    """However many gates, metrics and questions there are; what is left out is counted."""
    lost = tuple(Movement(case_id=f"q{n}", user_input="Why?", a=1.0, b=0.0) for n in range(count))
    metrics = [samples.compared(f"m{n}", moved=lost, loss=count) for n in range(count)]
    gates = tuple(gate("failed") for _ in range(count))
    text = comment.comment(subject(*metrics, gates=gates, primary="m0", focus=[m.name for m in metrics][:9]))
    assert text.count("\n") <= comment.LINES
    assert text.count("<details>") == text.count("</details>") <= 1
    if count == 60:
        assert "| … | and 54 more" in text
        assert re.search(r"\(\d+ more in comparison\.md\)", text)


def test_nothing_that_anybody_wrote_is_live() -> None:
    """No HTML, image, link, mention, reference or break-out; letters that turn the others around are gone."""
    text = comment.comment(
        subject(
            samples.compared(NASTY[:30], loss=1, moved=(Movement(case_id=NASTY, user_input=NASTY, a=1.0, b=0.0),)),
            gates=(gate("failed", NASTY),),
            sentences=(NASTY, NASTY),
            primary=NASTY[:30],
            focus=(NASTY[:30],),
        )
    )
    spans = re.compile(r"(`+) .*? \1(?!`)|`[^`]*`")
    bare = "\n".join(spans.sub("", re.sub(r"\\[`<|&*\\]", "", line)) for line in text.split("\n")[1:])
    assert bare.count("<details>") == bare.count("</details>") == 1
    bare = re.sub(r"</?(details|summary|sub)>", "", bare)
    assert not re.search(r"<|(?<!\w)@\w|#\d|://|\]\(|`", bare), bare
    assert "\u202e" not in text
    [row] = [line for line in text.split("\n") if line.startswith("| ❌")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


@pytest.mark.parametrize("text", ["", "x", "`", "``a`", "a ` b", "y" * 500, "\n"])
def test_code_holds_any_text(text: str) -> None:
    """What is inside is no shorter a run of backticks than its fence."""
    shown = comment.code(text)
    fence = re.match(r"`+", shown)
    assert fence is not None
    assert shown.endswith(fence[0])
    assert fence[0] not in shown[len(fence[0]) : -len(fence[0])]
    assert len(shown) < 140


_TAGS = {
    "h2", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "details", "summary", "sub",
}  # fmt: skip


def test_what_a_browser_gets_is_a_comment_with_whole_tables() -> None:
    """By a renderer of GitHub's Markdown: the tables are tables, also the one that is folded, with what is counted."""
    lost = (Movement(case_id=NASTY, user_input=NASTY, a=1.0, b=0.0),)
    metrics = [samples.compared(name, loss=4, win=7, moved=lost, note=NASTY) for name in ("one", "two | three", "four")]
    text = comment.comment(
        subject(*metrics, gates=(gate("failed", NASTY), gate("passed")), sentences=(NASTY, NASTY), primary="one")
    )
    page = Rendered(text)
    assert page.tags <= _TAGS
    assert [len(table) for table in page.tables] == [3, 2, 3]
    assert all(len(row) == len(table[0]) for table in page.tables for row in table)
    assert page.tables[1][0] == ["metric", "base", "head", "head − base", "95 % interval", "won/lost", "so"]
    assert page.tables[2][1][0] == "two | three"
    assert page.tables[1][1][5:] == ["7/4", "head is better"]
    folded = page.html.partition("<details>")[2].partition("</details>")[0]
    assert "<table>" in folded
    assert folded.index("</summary>") < folded.index("<table>")
    assert not re.search(r"\n *\|", page.raw)


def test_runs_that_were_made_apart_are_called_a_and_b() -> None:
    """And what is left out stands on their page."""
    metrics = [samples.compared(f"m{n}") for n in range(40)]
    text = comment.comment(subject(*metrics, sides=comment.RUNS, focus=["m0"]))
    assert "| metric | A | B | B − A | 95 % interval | won/lost | so |" in text
    assert "more in compare.html" in text
    assert "to both at once" not in text
    assert "base" not in text


def test_times_have_their_unit_and_mark() -> None:
    """In the table, and over the questions that lost."""
    moved = (Movement(case_id="c", user_input="Why?", a=1.0, b=1.25),)
    latency = samples.compared("latency", unit="s", higher_is_better=False, loss=1, moved=moved)
    text = comment.comment(subject(latency, primary="latency", focus=("latency",)))
    assert "| latency (s) ↓ | 0.512 |" in text
    assert "Lost in latency (s) ↓: 1 of 100 questions" in text
    assert "- 1.00 → 1.25 s `c` `Why?`" in text
