"""What differs between two datasets is told case by case."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval.dataset import folders, writing
from rag_eval.dataset.drafting import CORPUS_COLUMNS, DOCUMENT_COLUMNS
from rag_eval.dataset.manifest import Source, Step
from rag_eval.dataset.versions import diff
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.records import Case

Write = Callable[..., Path]


def _case(key: str, question: str, **more: Any) -> Case:
    return Case(id=key, user_input=question, **more)


def _write(folder: Path, cases: Sequence[Case], passages: dict[str, str] | None = None) -> Path:
    extras: dict[str, writing.ExtraFile] = {}
    if passages is not None:
        rows = [{"id": key, "text": text, "document": key.partition("#")[0]} for key, text in passages.items()]
        whole = [{"id": name, "kind": "text", "text": name} for name in dict.fromkeys(row["document"] for row in rows)]
        extras[writing.CORPUS] = writing.table(rows, CORPUS_COLUMNS)
        extras[writing.DOCUMENTS] = writing.table(whole, DOCUMENT_COLUMNS)
    source = Source(path=f"{folder.name}.csv", sha256=folder.name, rows=len(cases))
    about = DatasetInfo(
        folder.name,
        sources=(source,),
        corpus=None if passages is None else Source(path=f"{folder.name}-docs", sha256="0", rows=len(passages)),
        lineage=(Step(operation="build", inputs={}, details={"of": folder.name}, rag_eval="1"),),
    )
    writing.write(folder, cases, lambda _: about, extras)
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a dataset folder of a name, with cases and passages; gives its path."""

    def _named(name: str, cases: Sequence[Case], passages: dict[str, str] | None = None) -> Path:
        return _write(tmp_path / name, cases, passages)

    return _named


_A, _B, _C = _case("a", "Why?"), _case("b", "How?"), _case("c", "Who?")


def test_diff(write: Write) -> None:
    """Cases are added, removed, renamed or changed, those changed field by field."""
    old = _case("x", "Where?", reference="Here.", tags=("s", "t"), reference_context_ids=("d#1",))
    new = _case("x", "Where?", reference="There.", tags=("t", "u"), reference_context_ids=("d#1",), answerable=False)
    a, b = write("old", [_A, _B, old]), write("new", [_case("b2", "How?"), _C, new])
    found = diff(folders.load(a), folders.load(b))
    assert (found.added, found.removed, found.renamed, found.same) == (("c",), ("a",), {"b": "b2"}, 0)
    (changed,) = found.changed
    assert changed.id == "x"
    assert changed.fields == {
        "reference": ("Here.", "There."),
        "answerable": (True, False),
        "tags": (["s", "t"], ["t", "u"]),
    }
    assert not found.is_empty
    assert (found.a, found.b) == (folders.load(a).manifest.fingerprint, folders.load(b).manifest.fingerprint)


def test_what_does_not_differ(write: Write) -> None:
    """The order of cases and of tags, metadata, and whether nothing is empty or left out make no difference."""
    a = write("one", [_A, _case("x", "q", tags=("s", "t"), metadata={"k": 1}, reference="")])
    b = write("two", [_case("x", "q", tags=("t", "s"), reference_contexts=()), _A])
    assert diff(folders.load(a), folders.load(b)).is_empty


def test_renamed_once(write: Write) -> None:
    """Of several equal cases each is the new name of one at most."""
    a = write("one", [_case("1", "q"), _case("2", "q")])
    b = write("two", [_case("3", "q"), _case("4", "q"), _case("5", "q")])
    found = diff(folders.load(a), folders.load(b))
    assert (found.renamed, found.added, found.removed) == ({"1": "3", "2": "4"}, ("5",), ())


_SETS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("QRST"), max_size=5).map(
    lambda said: [_case(key, question) for key, question in said.items()]
)


@settings(deadline=None, max_examples=40)
@given(_SETS, _SETS)
def test_any_diff(tmp_path_factory: pytest.TempPathFactory, one: list[Case], other: list[Case]) -> None:
    """Nothing differs from itself; otherwise every case is counted once, and swapping the two swaps the answer."""
    base = tmp_path_factory.mktemp("diff")
    a, b = folders.load(_write(base / "a", one)), folders.load(_write(base / "b", other))
    assert diff(a, a).is_empty
    assert diff(a, a).same == len(one)
    there, back = diff(a, b), diff(b, a)
    assert there.same + len(there.changed) + len(there.removed) + len(there.renamed) == len(one)
    assert there.same + len(there.changed) + len(there.added) + len(there.renamed) == len(other)
    assert len(there.added) == len(back.removed)
    assert len(there.renamed) == len(back.renamed)
    assert {one.id for one in there.changed} == {one.id for one in back.changed}
    assert there.is_empty is (a.manifest.fingerprint == b.manifest.fingerprint)
