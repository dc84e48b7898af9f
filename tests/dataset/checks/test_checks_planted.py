"""Defects planted into a clean set of 300: every kind is found where it was planted, and hardly anything elsewhere."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from support import isles

from rag_eval import config
from rag_eval.curation import CheckOptions, check
from rag_eval.dataset import folders
from rag_eval.dataset.checks import DatasetFinding
from rag_eval.plugins import CHECKS
from rag_eval.records import Case

MOST_FALSE = 0.02


PLANTED = 6


Plant = Callable[[list[Case], dict[str, str], Sequence[int]], None]
"""Changes the cases at some places, or the corpus beneath them."""


def _changed(cases: list[Case], at: int, **fields: object) -> None:
    cases[at] = cases[at].model_copy(update=fields)


def _duplicate(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        question = cases[at].user_input.upper().replace("?", " ?!")
        cases.append(cases[at].model_copy(update={"id": f"{cases[at].id}-again", "user_input": question}))


def _paraphrase(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        words = cases[at].user_input.rstrip("?").split()
        question = f"Could you please tell me, {' '.join(words).lower()}, roughly, as of this season?"
        cases.append(cases[at].model_copy(update={"id": f"{cases[at].id}-again", "user_input": question}))


def _contradiction(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        other = {"id": f"{cases[at].id}-again", "reference": "Nobody has ever counted that, says the harbour master."}
        cases.append(cases[at].model_copy(update=other))


def _leak(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, user_input=f"{cases[at].user_input} Remember: {cases[at].reference}")


def _lexical(cases: list[Case], corpus: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        key = (cases[at].reference_context_ids or ("",))[0]
        told = corpus[key].partition("\n")[2].split(". ")[0].rstrip(".")
        _changed(cases, at, user_input=f"{told}?")


def _unsupported(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, reference="The bell foundry of Aachen cast it for the abbey's jubilee.")


def _wrong_number(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, reference=f"{(cases[at].reference or '').rstrip('.')}, that is 773129 in all.")


def _answerable(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, answerable=False)


def _unresolved(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, reference_context_ids=("isles/gone.md#nowhere",))


def _drift(cases: list[Case], corpus: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        key = (cases[at].reference_context_ids or ("",))[0]
        corpus[key] = f"{corpus[key]} Since the spring all of this has changed."


def _span(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, metadata={"spans": [{"text": "what was never written"}]})


def _unfinished(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at, said in zip(places, ("TODO", "n/a", "TBD: ask Ann", "{{ answer }}", "see above", "…"), strict=True):
        _changed(cases, at, reference=said)


def _garbled(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, user_input=f"{cases[at].user_input} I asked at the cafÃ© already.")


def _no_reference(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, reference=None)


def _refusal(cases: list[Case], _: dict[str, str], places: Sequence[int]) -> None:
    for at in places:
        _changed(cases, at, reference="The context does not say.")


PLANTS: dict[str, tuple[str, Plant]] = {
    "duplicate": ("duplicate", _duplicate),
    "paraphrase": ("paraphrase", _paraphrase),
    "contradiction": ("contradiction", _contradiction),
    "leak": ("leak", _leak),
    "lexical": ("lexical", _lexical),
    "unsupported": ("unsupported", _unsupported),
    "wrong number": ("unsupported", _wrong_number),
    "answerable": ("answerable", _answerable),
    "unresolved-id": ("unresolved-id", _unresolved),
    "drift": ("drift", _drift),
    "span": ("span", _span),
    "unfinished": ("unfinished", _unfinished),
    "garbled": ("garbled", _garbled),
    "no-reference": ("no-reference", _no_reference),
    "refusal": ("refusal", _refusal),
}
"""What is planted, and the check that must find it."""


def _findings(tmp_path: Path, cases: list[Case], corpus: dict[str, str]) -> tuple[DatasetFinding, ...]:
    isles.write(tmp_path / "set", cases, corpus)
    return check(tmp_path / "set").report.findings


def _rows(findings: Sequence[DatasetFinding]) -> set[str]:
    return {row for one in findings for row in one.rows}


@pytest.mark.slow
def test_the_clean_set_passes(tmp_path: Path) -> None:
    """Of 300 clean rows at most 2 % are found fault with; in fact none is."""
    cases = isles.cases()
    assert len(cases) == 300
    findings = _findings(tmp_path, cases, isles.pages())
    assert len(_rows(findings)) <= MOST_FALSE * len(cases)
    assert not findings


@pytest.mark.slow
def test_all_together_are_found(tmp_path: Path) -> None:
    """Fifteen kinds of defect in one set, each in places of its own: each kind is found in all of its places."""
    cases, corpus = isles.cases(), isles.pages()
    order = Random(3).sample(range(270), PLANTED * len(PLANTS))
    places = {name: sorted(order[n * PLANTED : (n + 1) * PLANTED]) for n, name in enumerate(PLANTS)}
    for name, (_, plant) in PLANTS.items():
        plant(cases, corpus, places[name])
    findings = _findings(tmp_path, cases, corpus)
    for name, (expected, _) in PLANTS.items():
        found = _rows([one for one in findings if one.check == expected])
        assert {cases[at].id for at in places[name]} <= found, name
    untouched = {case.id for at, case in enumerate(cases[:300]) if at not in set(order)}
    assert len(_rows(findings) & untouched) <= MOST_FALSE * len(cases)


def test_more_than_twelve_kinds_are_planted() -> None:
    """Together the tests of this file plant nearly every check that there is."""
    planted = {expected for expected, _ in PLANTS.values()} | {
        "imbalance",
        "too-few",
        "saturated",
        "constant",
        "unstable",
    }
    assert len(planted) >= 12
    assert set(CHECKS.names()) - planted == {"partly-supported", "not-judged", "draft"}


@pytest.mark.slow
def test_the_demos_own_set_passes(repository: Path) -> None:
    """Nothing is found in the harbour set."""
    report = check(repository / "datasets" / "harbour").report
    assert report.findings == ()
    assert report.rows == 163


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(("name", "rows"), [("clapnq_dev", 150), ("xquad_en", 150)])
def test_published_sets_hold_little_that_is_wrong(realdata: Path, tmp_path: Path, name: str, rows: int) -> None:
    """At most 2 % of the rows of published sets are errors by the embedded judge; swapped references nearly all are."""
    from rag_eval import dataset

    fields = {"reference_contexts": "retrieved_contexts", "response": "", "retrieved_contexts": ""}
    source = config.DatasetConfig(path=str(realdata / name / "data.jsonl"), fields=fields)
    dataset.build(source, tmp_path / "all", on_error="quarantine")
    cases = [case for case in folders.load(tmp_path / "all").cases if case.answerable and case.reference][:rows]
    kept = {row for case in cases for row in (case.id,)}
    isles.write(tmp_path / "clean", cases, {})
    clean = check(tmp_path / "clean", CheckOptions(skip=("unresolved-id",))).report
    assert len(_rows(clean.at_least("error")) & kept) <= MOST_FALSE * rows
    ahead = len(cases) // 2
    swapped = [
        case.model_copy(update={"reference": cases[(at + ahead) % len(cases)].reference})
        for at, case in enumerate(cases)
    ]
    isles.write(tmp_path / "swapped", swapped, {})
    found = check(tmp_path / "swapped", CheckOptions(only=("unsupported",))).report
    assert len(_rows(found.findings)) >= 0.9 * len(cases)
