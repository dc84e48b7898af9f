"""A dataset parted so that nothing leaks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import datasets
from rag_eval.dataset import fingerprint, folders, writing
from rag_eval.dataset.checks.duplicates import repeated
from rag_eval.dataset.drafting import CORPUS_COLUMNS
from rag_eval.dataset.manifest import Source, Step
from rag_eval.dataset.versions import PARTS, diff, merge, split
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.errors import UsageError
from rag_eval.records import Case

_SHARES = {"dev": 0.2, "test": 0.6, "held-out": 0.2}
_WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima")


def _question(number: int) -> str:
    """A question that shares no word with another."""
    return " ".join(f"{_WORDS[int(digit)]}{number}" for digit in f"{number:03}")


def _case(number: int, *ids: str, **more: Any) -> Case:
    return Case(**{"id": f"c{number}", "user_input": _question(number), "reference_context_ids": ids, **more})


def _write(folder: Path, cases: Sequence[Case], documents: Mapping[str, str] | None = None) -> Path:
    extras = {}
    if documents is not None:
        rows = [{"id": key, "text": key, "document": document} for key, document in documents.items()]
        extras = {writing.CORPUS: writing.table(rows, CORPUS_COLUMNS)}
    about = DatasetInfo(
        "set",
        sources=(Source(path="a.csv", sha256="0", rows=len(cases)),),
        fields={"user_input": "q"},
        corpus=Source(path="docs", sha256="0", rows=len(documents or {})),
        lineage=(Step(operation="build", rag_eval="1"),),
    )
    writing.write(folder, cases, lambda _: about, extras)
    return folder


def _parts(base: Path) -> dict[str, tuple[Case, ...]]:
    return {part.name: folders.load(part).cases for part in sorted(base.iterdir())}


def _sides(base: Path, *keys: str) -> set[str]:
    return {name for name, cases in _parts(base).items() for case in cases if case.id in keys}


def test_parts(tmp_path: Path) -> None:
    """Parts are datasets with the shares that were asked for, the corpus, and the lineage with what was done."""
    documents = {f"d{at}#1": f"d{at}" for at in range(40)}
    source = _write(tmp_path / "set", [_case(at, f"d{at}#1") for at in range(40)], documents)
    done = split(source, tmp_path / "parts", _SHARES, seed=7)
    found = {name: folders.load(tmp_path / "parts" / name) for name in PARTS}
    assert {name: len(one.cases) for name, one in found.items()} == {"dev": 8, "test": 24, "held-out": 8}
    assert (done.groups, done.largest, done.bridges) == (40, 1, ())
    whole = folders.load(source).manifest
    for name, one in found.items():
        assert done.written[name].manifest == one.manifest
        assert one.manifest.name == f"set-{name}"
        assert (one.manifest.sources, one.manifest.corpus, one.manifest.fields) == (
            whole.sources,
            whole.corpus,
            whole.fields,
        )
        assert [step.operation for step in one.manifest.lineage] == ["build", "split"]
        assert one.manifest.lineage[-1].inputs == {str(source): whole.fingerprint}
        assert one.manifest.lineage[-1].details == {"part": name, "shares": _SHARES, "seed": 7}
        assert (one.path / writing.CORPUS).read_bytes() == (source / writing.CORPUS).read_bytes()
        assert [case.id for case in one.cases] == sorted((case.id for case in one.cases), key=lambda key: int(key[1:]))


@pytest.mark.usefixtures("own_cache")
def test_loaded_by_datasets(tmp_path: Path) -> None:
    """Hugging Face `datasets` loads a part and its corpus."""
    source = _write(tmp_path / "set", [_case(at, f"d{at}") for at in range(4)], {"d0": "d0"})
    split(source, tmp_path / "parts", {"dev": 0.5, "test": 0.5})
    assert len(datasets.load_dataset(str(tmp_path / "parts/dev"), split="test")) == 2
    assert datasets.load_dataset(str(tmp_path / "parts/dev"), "corpus", split="test")["id"][:] == ["d0"]


_TIED = {
    "one document": ([_case(0, "d#1"), _case(1, "d#2")], None),
    "one document by the corpus": ([_case(0, "p1"), _case(1, "p2")], {"p1": "d", "p2": "d"}),
    "through a third": ([_case(0, "d#1"), _case(1, "e#1"), _case(2, "d#2", "e#2")], None),
    "one question": ([_case(0, "d#1"), _case(1, "e#1", user_input=f"{_question(0)}?")], None),
    "one text": ([_case(0, reference_contexts=("x",)), _case(1, reference_contexts=("y", "x"))], None),
    "unanswerable, near one document": (
        [_case(0, "d#1"), _case(1, answerable=False, metadata={"draft": {"near": ["d#2"]}})],
        None,
    ),
}


@pytest.mark.parametrize("how", _TIED)
def test_tied(tmp_path: Path, how: str) -> None:
    """Cases that share a document or a text, or ask the same, stand on one side, also through others."""
    tied, documents = _TIED[how]
    source = _write(tmp_path / "set", [*tied, *(_case(at, f"o{at}") for at in range(10, 16))], documents)
    for seed in range(4):
        done = split(source, tmp_path / f"{seed}", {"dev": 0.5, "test": 0.5}, seed=seed)
        assert len(_sides(tmp_path / f"{seed}", *(case.id for case in tied))) == 1
        assert (done.groups, done.largest) == (7, len(tied))


_FREE = {
    "documents": [_case(0, "d#1"), _case(1, "e#1")],
    "nothing said": [_case(0), _case(1)],
    "headings": [_case(0, reference_contexts=("# One\nx",)), _case(1, reference_contexts=("# Two\ny",))],
    "signs": [_case(0, reference_contexts=("C# is old",)), _case(1, reference_contexts=("C# is new",))],
    "ids of a number": [_case(0, "#1"), _case(1, "#2")],
    "numbers": [
        _case(0, user_input="What does a ticket for 2 cost?"),
        _case(1, user_input="What does a ticket for 3 cost?"),
    ],
    "answerable ones near": [_case(0, "d#1"), _case(1, "e#1", metadata={"draft": {"near": ["d#2"]}})],
}


@pytest.mark.parametrize("how", _FREE)
def test_free(tmp_path: Path, how: str) -> None:
    """Cases that share nothing are not held together, whatever their passages begin with."""
    done = split(_write(tmp_path / "set", _FREE[how]), tmp_path / "parts", {"dev": 0.5, "test": 0.5})
    assert done.groups == 2


def test_bridges(tmp_path: Path) -> None:
    """Cases of several documents may be left out, and are named; else they tie everything to one side."""
    cases = [_case(at, f"d{at}#1") for at in range(6)] + [_case(9, *(f"d{at}#2" for at in range(6)))]
    source = _write(tmp_path / "set", cases)
    message = r"nothing is left for \w+: 7 of 7 cases hang together by shared documents\. --drop-bridges leaves out"
    with pytest.raises(UsageError, match=message):
        split(source, tmp_path / "parts", _SHARES)
    assert not (tmp_path / "parts").exists()
    done = split(source, tmp_path / "parts", _SHARES, drop_bridges=True)
    assert done.bridges == ("c9",)
    assert _sides(tmp_path / "parts", "c9") == set()
    assert sum(map(len, _parts(tmp_path / "parts").values())) == 6


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"dev": 0.5, "test": 0.6}, r"the shares make 1\.1 and not 1: dev 0\.5, test 0\.6"),
        ({"dev": -0.5, "test": 1.5}, "the shares make 1 and not 1"),
        ({"dev": 0.0}, "the shares make 0"),
        ({}, "the shares make 0"),
    ],
)
def test_bad_shares(tmp_path: Path, shares: dict[str, float], says: str) -> None:
    """Shares that are not 1 in all are an error."""
    with pytest.raises(UsageError, match=says):
        split(_write(tmp_path / "set", [_case(0)]), tmp_path / "parts", shares)


def test_too_small(tmp_path: Path) -> None:
    """A dataset too small for its parts, or an empty one, is an error, and nothing is written."""
    for cases in ([_case(0)], []):
        with pytest.raises(UsageError, match="nothing is left for"):
            split(_write(tmp_path / "set", cases), tmp_path / "parts", _SHARES)
    assert not (tmp_path / "parts").exists()


def test_share_of_nothing(tmp_path: Path) -> None:
    """A part whose share is 0 is not written."""
    source = _write(tmp_path / "set", [_case(at) for at in range(4)])
    done = split(source, tmp_path / "parts", {"dev": 0.5, "test": 0.5, "held-out": 0})
    assert [*done.written] == ["dev", "test"]
    assert [*_parts(tmp_path / "parts")] == ["dev", "test"]


def test_seed(tmp_path: Path) -> None:
    """The same seed gives the same parts, another one others."""
    source = _write(tmp_path / "set", [_case(at, f"d{at}") for at in range(30)])
    made = {}
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        split(source, tmp_path / name, _SHARES, seed=seed)
        made[name] = _parts(tmp_path / name)
    assert made["one"] == made["again"] != made["two"]


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 14), max_size=3), min_size=6, max_size=30),
    st.integers(0, 5),
    st.booleans(),
    st.sampled_from([_SHARES, {"dev": 0.5, "test": 0.5}, {"dev": 0.1, "test": 0.9}]),
)
def test_any_split(
    tmp_path_factory: pytest.TempPathFactory,
    sources: list[list[int]],
    seed: int,
    drop: bool,  # noqa: FBT001 - drawn
    shares: dict[str, float],
) -> None:
    """No document is on two sides, no case is lost or doubled, and no part is further off than the largest group."""
    base = tmp_path_factory.mktemp("split")
    cases = [_case(at, *(f"d{document}#{at}" for document in ids)) for at, ids in enumerate(sources)]
    source = _write(base / "set", cases)
    try:
        done = split(source, base / "parts", shares, seed=seed, drop_bridges=drop)
    except UsageError as error:
        assume("nothing is left" not in str(error))
        raise
    parts = _parts(base / "parts")
    assert Counter(case.id for part in parts.values() for case in part) + Counter(done.bridges) == Counter(
        case.id for case in cases
    )
    held = {
        name: {key.partition("#")[0] for one in part for key in one.reference_context_ids or ()}
        for name, part in parts.items()
    }
    assert sum(map(len, held.values())) == len(set().union(*held.values()))
    whole = sum(map(len, parts.values()))
    assert all(abs(len(part) - shares[name] * whole) <= done.largest for name, part in parts.items())
    if not drop:
        again = merge([base / "parts" / name for name in parts], base / "again").written.manifest
        assert again.fingerprint == fingerprint(cases)
        assert diff(folders.load(source), folders.load(base / "again")).is_empty


def test_cases_with_one_value_stay_together(tmp_path: Path) -> None:
    """By a column that the rows came with; a name that none has is told with one that some have."""
    cases = [_case(at, metadata={"filing": f"f{at % 10}"}) for at in range(60)]
    source = _write(tmp_path / "set", cases)
    done = split(source, tmp_path / "parts", _SHARES, group_by="filing")
    assert (done.groups, done.largest) == (10, 6)
    for filing in range(10):
        assert len(_sides(tmp_path / "parts", *(f"c{at}" for at in range(filing, 60, 10)))) == 1
    with pytest.raises(UsageError, match=r"--group-by fillings: no case has .*; did you mean filing\?"):
        split(source, tmp_path / "others", _SHARES, group_by="fillings")


def test_what_a_check_calls_one_fact_stands_on_one_side(tmp_path: Path) -> None:
    """Also where no case names its sources: the rule is that of `dataset check`."""
    asked = ("When does the swimming pool open in summer?", "At what time does the pool open during summer?")
    twins = [_case(at, user_input=question, reference="At six.") for at, question in enumerate(asked)]
    cases = [*twins, *(_case(at, reference=f"R{at}.") for at in range(2, 40))]
    pairs = {(0, 1)}
    assert {*repeated(cases)} == pairs
    split(_write(tmp_path / "set", cases), tmp_path / "parts", _SHARES)
    assert len(_sides(tmp_path / "parts", "c0", "c1")) == 1
