"""What differs between two datasets is told case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.versions import Write, plain_case, write_set

from rag_eval.dataset import folders
from rag_eval.dataset.versions import diff
from rag_eval.records import Case

_A, _B, _C = plain_case("a", "Why?"), plain_case("b", "How?"), plain_case("c", "Who?")


def test_diff(write: Write) -> None:
    """Cases are added, removed, renamed or changed, those changed field by field."""
    old = plain_case("x", "Where?", reference="Here.", tags=("s", "t"), reference_context_ids=("d#1",))
    new = plain_case(
        "x", "Where?", reference="There.", tags=("t", "u"), reference_context_ids=("d#1",), answerable=False
    )
    a, b = write("old", [_A, _B, old]), write("new", [plain_case("b2", "How?"), _C, new])
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
    a = write("one", [_A, plain_case("x", "q", tags=("s", "t"), metadata={"k": 1}, reference="")])
    b = write("two", [plain_case("x", "q", tags=("t", "s"), reference_contexts=()), _A])
    assert diff(folders.load(a), folders.load(b)).is_empty


def test_renamed_once(write: Write) -> None:
    """Of several equal cases each is the new name of one at most."""
    a = write("one", [plain_case("1", "q"), plain_case("2", "q")])
    b = write("two", [plain_case("3", "q"), plain_case("4", "q"), plain_case("5", "q")])
    found = diff(folders.load(a), folders.load(b))
    assert (found.renamed, found.added, found.removed) == ({"1": "3", "2": "4"}, ("5",), ())


def test_a_question_under_another_id_has_changed(write: Write) -> None:
    """Ids that are made of question and answer are others once an answer is mended; each question counts once."""
    old = [plain_case("1", "When does it open?", reference="At 6."), plain_case("2", "Who?"), plain_case("4", "Who?")]
    new = [plain_case("3", "When does it  open?", reference="At 7."), plain_case("5", "who?", reference="Ada.")]
    found = diff(folders.load(write("a", old)), folders.load(write("b", new)))
    assert [(change.id, change.new_id, [*change.fields]) for change in found.changed] == [
        ("1", "3", ["user_input", "reference"]),
        ("2", "5", ["user_input", "reference"]),
    ]
    assert (found.added, found.removed, found.renamed, found.same) == ((), ("4",), {}, 0)


_SETS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("QRST"), max_size=5).map(
    lambda said: [plain_case(key, question) for key, question in said.items()]
)


@pytest.mark.slow
@given(_SETS, _SETS)
def test_any_diff(tmp_path_factory: pytest.TempPathFactory, one: list[Case], other: list[Case]) -> None:
    """Nothing differs from itself; otherwise every case is counted once, and swapping the two swaps the answer."""
    base = tmp_path_factory.mktemp("diff")
    a, b = folders.load(write_set(base / "a", one)), folders.load(write_set(base / "b", other))
    assert diff(a, a).is_empty
    assert diff(a, a).same == len(one)
    there, back = diff(a, b), diff(b, a)
    assert there.same + len(there.changed) + len(there.removed) + len(there.renamed) == len(one)
    assert there.same + len(there.changed) + len(there.added) + len(there.renamed) == len(other)
    assert len(there.added) == len(back.removed)
    assert len(there.renamed) == len(back.renamed)
    assert {one.id for one in there.changed} == {one.id for one in back.changed}
    assert there.is_empty is (a.manifest.fingerprint == b.manifest.fingerprint)
