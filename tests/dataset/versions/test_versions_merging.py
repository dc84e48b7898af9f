"""Datasets become one, each case and passage once, and conflicts are refused or settled."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.versions import Write, plain_case, write_set

import datasets
from rag_eval.dataset import fingerprint, folders
from rag_eval.dataset.versions import merge
from rag_eval.errors import DataError
from rag_eval.records import Case


def _ids(folder: Path) -> list[str]:
    return [case.id for case in folders.load(folder).cases]


_A, _B, _C = plain_case("a", "Why?"), plain_case("b", "How?"), plain_case("c", "Who?")


_SETS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("QRST"), max_size=5).map(
    lambda said: [plain_case(key, question) for key, question in said.items()]
)


_CLEAN = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5).map(
    lambda keys: [plain_case(key, f"Question {key}") for key in keys]
)


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(_CLEAN, _CLEAN, st.booleans())
def test_any_merge(
    tmp_path_factory: pytest.TempPathFactory,
    one: list[Case],
    other: list[Case],
    swapped: bool,  # noqa: FBT001 - drawn
) -> None:
    """Without conflicts merging is idempotent, and its fingerprint does not depend on order and grouping."""
    base = tmp_path_factory.mktemp("merge")
    a, b = write_set(base / "a", one), write_set(base / "b", other)
    both = merge([b, a] if swapped else [a, b], base / "both")
    cases = {case.id: case for case in (*one, *other)}
    assert both.written.manifest.fingerprint == fingerprint(cases.values())
    assert both.conflicts == ()
    assert both.repeated == len(one) + len(other) - len(cases)
    for parts in ([base / "both"], [base / "both", a], [b, base / "both", base / "both"], [a, b, a]):
        again = merge(parts, base / "again").written.manifest
        assert again.fingerprint == both.written.manifest.fingerprint
    assert merge([a], base / "alone").written.manifest.fingerprint == folders.load(a).manifest.fingerprint


@pytest.mark.slow
@given(st.lists(_SETS, min_size=1, max_size=4), st.sampled_from(["first", "last"]))
def test_any_conflict(tmp_path_factory: pytest.TempPathFactory, sets: list[list[Case]], taken: Any) -> None:
    """Settled by a rule, each id keeps the case of the first or the last that has it; equal cases stay once."""
    base = tmp_path_factory.mktemp("conflicts")
    parts = [write_set(base / f"{at}", cases) for at, cases in enumerate(sets)]
    merged = merge(parts, base / "merged", on_conflict=taken)
    cases = [case for part in sets for case in part]
    settled = {case.id: case for case in (cases if taken == "last" else reversed(cases))}
    kept = folders.load(base / "merged").cases
    assert {case.user_input for case in kept} == {case.user_input for case in settled.values()}
    assert len(kept) == len({case.user_input for case in kept})
    assert all(settled[case.id] == case for case in kept)
    said: dict[str, set[str]] = {}
    for case in cases:
        said.setdefault(case.id, set()).add(case.user_input)
    assert set(merged.conflicts) == {key for key, questions in said.items() if len(questions) > 1}
    assert len(set(merged.conflicts)) == len(merged.conflicts)
    if merged.conflicts:
        with pytest.raises(DataError, match=f"{len(merged.conflicts)} ids stand for different cases"):
            merge(parts, base / "refused")
        assert not (base / "refused").exists()


def test_equal_cases(write: Write, tmp_path: Path) -> None:
    """A case that is there under two ids stays under the first, in the order of the parts."""
    merged = merge([write("one", [_A, _B]), write("two", [plain_case("b2", "How?"), _C])], tmp_path / "both")
    assert _ids(tmp_path / "both") == ["a", "b", "c"]
    assert (merged.repeated, merged.conflicts) == (1, ())


@pytest.mark.parametrize(
    ("parts", "first", "last"),
    [
        ([[plain_case("x", "1")], [plain_case("x", "2")]], {"x": "1"}, {"x": "2"}),
        ([[plain_case("x", "1"), plain_case("y", "2")], [plain_case("x", "2")]], {"x": "1", "y": "2"}, {"x": "2"}),
        ([[plain_case("x", "1")], [plain_case("x", "2")], [plain_case("y", "1")]], {"x": "1"}, {"x": "2", "y": "1"}),
        ([[plain_case("x", "1")], [plain_case("x", "2")], [plain_case("y", "2")]], {"x": "1", "y": "2"}, {"x": "2"}),
        ([[plain_case("x", "1")], [plain_case("x", "2")], [plain_case("x", "3")]], {"x": "1"}, {"x": "3"}),
    ],
)
def test_conflicts(
    write: Write, tmp_path: Path, parts: list[list[Case]], first: dict[str, str], last: dict[str, str]
) -> None:
    """An id of two different cases is named once, also where another id says the same; a rule settles it."""
    paths = [write(f"part-{at}", cases) for at, cases in enumerate(parts)]
    with pytest.raises(DataError, match=r"^1 ids stand for different cases: x\. Look at them"):
        merge(paths, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    rules: tuple[tuple[Any, dict[str, str]], ...] = (("first", first), ("last", last))
    for rule, kept in rules:
        merged = merge(paths, tmp_path / "out", on_conflict=rule)
        assert merged.conflicts == ("x",)
        assert {case.id: case.user_input for case in folders.load(tmp_path / "out").cases} == kept


def test_many_conflicts(write: Write, tmp_path: Path) -> None:
    """Of many conflicts ten are named and the rest is counted."""
    paths = [write(name, [plain_case(f"{at}", f"{name} {at}") for at in range(12)]) for name in ("one", "two")]
    with pytest.raises(DataError, match=r"^12 ids stand for different cases: 0, 1, .*, 9 and 2 more\. Look at them"):
        merge(paths, tmp_path / "out")


def test_lineage(write: Write, tmp_path: Path) -> None:
    """Merging keeps name, sources and lineage of all parts, each once, and adds what was merged."""
    a, b = write("one", [_A]), write("two", [_B])
    merge([a, b], tmp_path / "both")
    found = merge([tmp_path / "both", a], tmp_path / "again", name="All").written.manifest
    assert found.name == "All"
    assert [source.path for source in found.sources] == ["one.csv", "two.csv"]
    assert [(step.operation, step.details.get("of")) for step in found.lineage] == [
        ("build", "one"),
        ("build", "two"),
        ("merge", None),
        ("merge", None),
    ]
    assert [*found.lineage[2].inputs] == [str(a), str(b)]
    assert found.lineage[3].inputs[str(a)] == folders.load(a).manifest.fingerprint
    assert found.lineage[3].details == {"repeated": 1, "conflicts": 0, "on_conflict": "fail"}


@pytest.mark.usefixtures("own_cache")
def test_corpora(write: Write, tmp_path: Path) -> None:
    """Passages and documents of all parts are there once, and load with `datasets`; the manifest counts them."""
    a = write("one", [_A], {"d#1": "x", "d#2": "y"})
    b = write("two", [_B], {"d#1": "x", "e#1": "z"})
    merged = merge([a, b, write("three", [_C]), a], tmp_path / "all")
    assert folders.passages(tmp_path / "all") == {"d#1": "x", "d#2": "y", "e#1": "z"}
    corpus = merged.written.manifest.corpus
    assert corpus is not None
    assert (corpus.path, corpus.rows) == ("one-docs + two-docs", 3)
    for name, ids in ((None, ["a", "b", "c"]), ("corpus", ["d#1", "d#2", "e#1"]), ("documents", ["d", "e"])):
        assert datasets.load_dataset(str(tmp_path / "all"), name, split="test")["id"][:] == ids


def test_conflict_of_passages(write: Write, tmp_path: Path) -> None:
    """A passage with two texts is an error that names it and both folders, whatever the rule; nothing is written."""
    a, b = write("one", [_A], {"d#1": "x"}), write("two", [_B], {"d#1": "y"})
    with pytest.raises(DataError, match=r"the passage 'd#1' has one text in .*one and another in .*two\. Build one of"):
        merge([a, b], tmp_path / "out", on_conflict="last")
    assert not (tmp_path / "out").exists()


def test_into_itself(write: Write, tmp_path: Path) -> None:
    """A merged dataset may take the place of one of its parts."""
    a, b = write("one", [_A], {"d#1": "x"}), write("two", [_B], {"e#1": "y"})
    merge([a, b], a)
    assert _ids(a) == ["a", "b"]
    assert folders.passages(a) == {"d#1": "x", "e#1": "y"}


def test_interrupted(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the corpus is written leaves the old folder, and nothing beside it."""
    a, b = write("one", [_A], {"d#1": "x"}), write("two", [_B], {"e#1": "y"})
    before = {path: path.read_bytes() for path in a.rglob("*") if path.is_file()}
    rows = folders.rows

    def stop(path: Path) -> Any:
        if path.is_relative_to(b):
            raise KeyboardInterrupt
        return rows(path)

    monkeypatch.setattr(folders, "rows", stop)
    with pytest.raises(KeyboardInterrupt):
        merge([a, b], a)
    assert {path: path.read_bytes() for path in a.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in a.parent.iterdir()) == ["one", "two"]
