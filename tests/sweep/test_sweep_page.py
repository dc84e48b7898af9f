"""The page of a sweep: colours that say what is settled, and links that lead somewhere."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support import samples
from support.pages import Parsed
from support.ranking import result, row

from rag_eval.records import GateOutcome
from rag_eval.sweep import page, telling
from rag_eval.sweep.folder import SweepFolder


@pytest.mark.parametrize(
    ("changes", "gates", "tone"),
    [
        ({"contenders": ("k=1",)}, [], "good"),
        ({"contenders": ("k=1",)}, ["passed"], "good"),
        ({"contenders": ("k=1",)}, ["passed", "failed"], "bad"),
        ({"contenders": ("k=1",)}, ["undecided"], "none"),
        ({}, [], "none"),
        ({}, ["passed"], "none"),
        ({}, ["failed"], "bad"),
        ({"leader": None, "contenders": ()}, [], "warn"),
    ],
)
def test_green_is_what_is_clearly_best_and_may_ship(
    changes: dict[str, Any], gates: list[GateOutcome], tone: str
) -> None:
    """Red as soon as it must not, and nothing of the two while it cannot be told."""
    leader = row(1, "k=1", 0.7, gates=tuple(map(samples.gate, gates)))
    assert page._tone(result(leader, row(2, "k=2", 0.6), **changes)) == tone


@pytest.mark.parametrize(
    ("path", "folder", "link"),
    [
        ("runs/r1/report.html", "sweeps/s1", "../../runs/r1/report.html"),
        ("sweeps/s1/compare.html", "sweeps/s1", "compare.html"),
        ("runs/r 1#a/report.html", "sweeps/s1", "../../runs/r%201%23a/report.html"),
        ("runs/ü/report.html", "sweeps/s1", "../../runs/%C3%BC/report.html"),
    ],
)
def test_a_link_is_from_the_page_s_own_folder(
    path: str, folder: str, link: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that both may be moved together, whatever they are called and wherever one stands."""
    monkeypatch.chdir(tmp_path)
    assert page.relative(Path(path), Path(folder)) == link
    assert page.relative(tmp_path / path, Path(folder)) == link


def test_every_word_that_is_said_of_a_variant_has_a_colour() -> None:
    """A new one would be an error of the page."""
    swept = result(row(1, "k=1", 0.7), row(2, "k=2", 0.6), row(3, "k=3", 0.4), row(4, "k=4", None))
    words = {telling.so(swept, variant) for variant in swept.variants}
    assert words == page._TONES.keys()


def test_the_baseline_is_not_compared_with_itself() -> None:
    """Every other variant is, with what else got worse; one without a comparison has neither picture nor colour."""
    swept = result(row(1, "k=1", 0.7), row(2, "k=2", 0.6), row(3, "k=3", 0.5))
    swept = swept.model_copy(update={"comparisons": swept.comparisons[:1]})
    second, third = page._differences(swept, {"k=2": "comparisons/k2.html"})
    assert (second.variant.label, second.page, second.worse, second.tone) == (
        "k=2",
        "comparisons/k2.html",
        "mrr",
        "bad",
    )
    assert second.plot
    assert (third.variant.label, third.page, third.worse, third.tone) == ("k=3", None, "–", "grey")
    assert not third.plot


@pytest.mark.parametrize(
    ("changes", "there", "not_there"),
    [
        ({}, [], ["tokens", "cost", "gates"]),
        ({"tokens": 10.0}, ["tokens"], ["cost"]),
        ({"cost_usd": 0.5}, ["cost"], ["tokens"]),
        ({"gates": (samples.gate("passed"),)}, ["gates"], ["tokens"]),
    ],
)
def test_a_column_is_there_where_something_stands_in_it(
    changes: dict[str, Any], there: list[str], not_there: list[str], tmp_path: Path
) -> None:
    """Of any variant."""
    swept = result(row(1, "k=1", 0.7), row(2, "k=2", 0.6, **changes))
    parsed = Parsed(page.html(swept, SweepFolder(tmp_path), {}))
    heads = [text.strip() for text in parsed.texts]
    assert all(head in heads for head in there)
    assert not any(head in heads for head in not_there)


def test_every_run_is_linked_and_says_how_to_go_on(tmp_path: Path) -> None:
    """Each report once, from the page's folder."""
    rows = [row(n, f"k={n}", 0.7 - n / 10, run=str(tmp_path / "runs" / f"run-{n}")) for n in (1, 2)]
    folder = SweepFolder(tmp_path / "sweeps" / "s1")
    parsed = Parsed(page.html(result(*rows), folder, {}))
    links = [unquote(attributes["href"] or "") for tag, attributes in parsed.tags if tag == "a"]
    assert all(f"../../runs/run-{n}/report.html" in links for n in (1, 2))
    assert f"rag-eval sweep --resume {folder.path}" in parsed.text
