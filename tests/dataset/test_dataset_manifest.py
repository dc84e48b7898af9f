"""What a dataset folder says of itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval.dataset import fingerprint, manifest
from rag_eval.errors import DataError
from rag_eval.records import Case

Save = Callable[[str, str | bytes], Path]
CASE = Case(id="a", user_input="q", reference="r", reference_contexts=("x", "y"), tags=("s", "t"))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "b"},
        {"user_input": "q "},
        {"reference": None},
        {"reference_contexts": ("y", "x")},
        {"reference_contexts": ("xy",)},
        {"reference_context_ids": ("x",)},
        {"answerable": False},
        {"tags": ("s",)},
    ],
)
def test_what_counts(change: dict[str, Any]) -> None:
    """Whatever a score may depend on changes the fingerprint, the order of contexts too."""
    assert fingerprint([CASE.model_copy(update=change)]) != fingerprint([CASE])


@pytest.mark.parametrize(
    "change", [{"metadata": {"page": 5}}, {"tags": ("t", "s")}, {"reference_context_ids": ()}], ids=str
)
def test_what_does_not_count(change: dict[str, Any]) -> None:
    """Metadata, the order of tags, and whether nothing is written as empty or left out do not."""
    assert fingerprint([CASE.model_copy(update=change)]) == fingerprint([CASE])


_CASES = st.lists(st.builds(Case, id=st.text(min_size=1), user_input=st.text(min_size=1)), max_size=5)


@pytest.mark.slow
@settings(deadline=None)
@given(_CASES, st.randoms(use_true_random=False))
def test_order_does_not_count(held: list[Case], rng: Any) -> None:
    """Cases have one fingerprint in any order, and another one when one of them is there once more."""
    shuffled = held.copy()
    rng.shuffle(shuffled)
    assert fingerprint(shuffled) == fingerprint(held)
    assert fingerprint([*held, CASE]) != fingerprint(held)
    assert fingerprint([*held, CASE, CASE]) != fingerprint([*held, CASE])


def test_digest(save: Save, tmp_path: Path) -> None:
    """A file's digest is of its content, a folder's of the names and contents of its files, however deep."""
    before = manifest.digest(save("a.csv", "x"))
    assert manifest.digest(save("b.csv", "x")) == before
    assert manifest.digest(save("a.csv", "y")) != before
    save("one/a/b.md", "x")
    save("two/a/b.md", "x")
    save("three/a-b.md", "x")
    one, two, three = (manifest.digest(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "a: [", "name: x\nrows: many\n", "format: 2\n", b"name: na\xefve\n", "name: x\nunknown: 1\n"],
)
def test_bad_manifest(save: Save, tmp_path: Path, content: str | bytes) -> None:
    """A manifest that is not one is an error that names it."""
    save(manifest.FILE, content)
    with pytest.raises(DataError, match=r"manifest\.yaml: (cannot be read|expected a manifest)"):
        manifest.load(tmp_path)


def test_data_file(save: Save, tmp_path: Path) -> None:
    """A folder is a dataset of ours by its manifest."""
    assert manifest.data_file(tmp_path) is None
    save(manifest.FILE, "")
    assert manifest.data_file(tmp_path) == tmp_path / "data/test.parquet"
