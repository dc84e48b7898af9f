"""Searching the corpus beside a dataset."""

from pathlib import Path

import pytest
from support.reviewing import ferry, written

from rag_eval.dataset import folders, manifest, writing
from rag_eval.dataset.review.corpus import MOST, ReviewCorpus, excerpt, stems
from rag_eval.errors import UsageError

_ROWS = [{"id": f"fares#{n}", "text": f"A single to island {n} costs {n + 3} pounds."} for n in range(20)]
_ICE = {"id": "food#ice", "text": f"{'On board there is a bar. ' * 12}Ice creams are sold on the upper deck in summer."}


@pytest.fixture
def folder(tmp_path: Path) -> folders.DatasetFolder:
    """A dataset with a corpus."""
    rows = [*_ROWS, _ICE]
    return written(
        tmp_path / "set", [ferry(1)], {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    )


def test_the_nearest_passages_come_first(folder: folders.DatasetFolder) -> None:
    """By other forms of the words too; of a long one the part that has them is shown, and all of it on demand."""
    corpus = ReviewCorpus(folder)
    assert corpus.is_there
    found = corpus.search("Does the ferry sell an ice cream?")
    assert found.passages == 21
    assert [hit.id for hit in found.hits] == ["food#ice"]
    assert found.hits[0].beginning.startswith("…")
    assert found.hits[0].beginning.endswith("Ice creams are sold on the upper deck in summer.")
    assert corpus.passage("food#ice").text == _ICE["text"]
    assert len(corpus.search("single").hits) == MOST
    corpus.close()


@pytest.mark.parametrize("words", ["of the and", "zzz", "?", '" OR *', "NEAR(a b)"])
def test_words_that_are_nowhere_bring_nothing(folder: folders.DatasetFolder, words: str) -> None:
    """Nor are they read as a query of SQLite's."""
    assert ReviewCorpus(folder).search(words).hits == ()


def test_a_passage_that_is_not_there_is_said(folder: folders.DatasetFolder) -> None:
    """By its id."""
    with pytest.raises(UsageError, match="nowhere: is no passage"):
        ReviewCorpus(folder).passage("nowhere")


def test_without_a_corpus_nothing_is_searched(tmp_path: Path) -> None:
    """And how to get one is said."""
    corpus = ReviewCorpus(written(tmp_path / "set", [ferry(1)]))
    assert not corpus.is_there
    with pytest.raises(UsageError, match="--corpus"):
        corpus.search("ice")


def test_a_corpus_that_the_manifest_names_is_read_where_it_is(tmp_path: Path) -> None:
    """As of a dataset that was written without it."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "food.md").write_text("# Food\n\n## Ice cream\n\nIce cream is sold on deck.\n")
    plain = written(tmp_path / "set", [ferry(1)])
    source = manifest.Source(path=str(pages), sha256="0" * 64, rows=1)
    named = folders.DatasetFolder(plain.path, plain.manifest.model_copy(update={"corpus": source}), plain.cases)
    assert [hit.id for hit in ReviewCorpus(named).search("ice").hits] == ["food#ice-cream"]


def test_an_excerpt_begins_near_what_was_searched_for() -> None:
    """Between words; a short text is shown whole, and one without the words from its beginning."""
    text = f"{'Some words stand here. ' * 20}Parcels travel free."
    shown = excerpt(text, stems("parcel"))
    assert "Parcels travel free." in shown
    assert set(shown.strip("…").split()) <= set(text.split())
    assert excerpt("Parcels travel free.", stems("parcels")) == "Parcels travel free."
    assert excerpt(text, stems("zzz")).startswith("Some words")
