"""A dataset parted so that nothing leaks: no document, and no question in other words, stands on both sides."""

import difflib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from rag_eval._version import __version__
from rag_eval.dataset import folders, writing
from rag_eval.dataset.checks.duplicates import repeated
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.manifest import Step
from rag_eval.dataset.writing import DatasetInfo, WriteResult
from rag_eval.errors import UsageError
from rag_eval.records import Case

PARTS = ("dev", "test", "held-out")


@dataclass(frozen=True)
class SplitResult:
    """What came of splitting."""

    written: dict[str, WriteResult]
    groups: int
    """Groups of cases that hang together."""
    largest: int
    """Cases of the largest group."""
    bridges: tuple[str, ...]
    """Cases of more than one document that were left out, because that was asked."""


def split(
    folder: Path,
    output: Path,
    shares: Mapping[str, float],
    *,
    seed: int = 0,
    drop_bridges: bool = False,
    group_by: str | None = None,
) -> SplitResult:
    """Part a dataset into folders under `output`; `shares` is part to its share of the cases, 1 in all.

    Cases that share a document, or of which a check says that they ask the same, stay together, and so do those with
    the same value in the column `group_by`, which stands in their metadata; the same seed gives the same parts. With
    `drop_bridges` cases of several documents are left out where they would tie the cases of those together.
    Raises `UsageError` if a part would be empty.
    """
    _demand_shares(shares)
    dataset = folders.load(folder)
    documents = _documents(dataset, group_by)
    bridges = _bridges(dataset.cases, documents) if drop_bridges else []
    cases = [case for case in dataset.cases if case.id not in set(bridges)]
    groups = _groups(cases, documents)
    parts = _dealt(groups, {name: share for name, share in shares.items() if share}, seed)
    largest = max(map(len, groups), default=0)
    for name, members in parts.items():
        if not members:
            hint = "" if drop_bridges else " --drop-bridges leaves out the cases that tie documents together."
            tied = f"{largest} of {len(cases)} cases hang together by shared documents"
            raise UsageError(f"{folder}: nothing is left for {name}: {tied}.{hint}")
    how: dict[str, JsonValue] = {"shares": dict(shares), "seed": seed, **({"group_by": group_by} if group_by else {})}
    written = {name: _write(dataset, output / name, members, name, how) for name, members in parts.items()}
    return SplitResult(written, len(groups), largest, tuple(bridges))


def _demand_shares(shares: Mapping[str, float]) -> None:
    whole = sum(shares.values())
    if abs(whole - 1) > 1e-6 or any(share < 0 for share in shares.values()):  # noqa: PLR2004 - of rounding
        listed = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise UsageError(f"the shares make {whole:g} and not 1: {listed}")


def _documents(dataset: DatasetFolder, group_by: str | None) -> dict[str, frozenset[str]]:
    """Case id to the documents that it stands on, and to the value by which cases are kept together."""
    known = {
        str(row["id"]): str(row["document"])
        for row in folders.rows(dataset.path / writing.CORPUS)
        if row.get("document")
    }
    own = _values(dataset, group_by) if group_by else {}
    return {case.id: frozenset([*_sources(case, known), *own.get(case.id, ())]) for case in dataset.cases}


def _values(dataset: DatasetFolder, name: str) -> dict[str, list[str]]:
    """Case id to what stands in a column of its metadata; raises `UsageError` where no case has such a column."""
    values = {case.id: case.metadata.get(name) for case in dataset.cases}
    if all(value in (None, "") for value in values.values()):
        columns = sorted({column for case in dataset.cases for column in case.metadata})
        near = difflib.get_close_matches(name, columns, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(columns) or 'none'}"
        raise UsageError(f"--group-by {name}: no case has a column of that name in its metadata; {hint}")
    return {key: [f"{name}={value}"] for key, value in values.items() if value not in (None, "")}


def _sources(case: Case, known: Mapping[str, str]) -> Iterator[str]:
    """The documents of a case's passages; texts stand for themselves where there are no ids."""
    draft = case.metadata.get("draft")
    near = draft.get("near") if isinstance(draft, dict) and not case.answerable else None
    keys = [*(case.reference_context_ids or ()), *(map(str, near) if isinstance(near, list) else ())]
    yield from (known.get(key) or key.partition("#")[0] or key for key in keys)
    if not case.reference_context_ids:
        yield from case.reference_contexts or ()


def _bridges(cases: Sequence[Case], documents: Mapping[str, frozenset[str]]) -> list[str]:
    """Cases that would tie documents together that have other cases; those of one document come first."""
    leader: dict[str, str] = {}
    used: set[str] = set()

    def find(document: str) -> str:
        while leader.setdefault(document, document) != document:
            document = leader[document]
        return document

    bridges = []
    for case in sorted(cases, key=lambda each: len(documents[each.id])):
        roots = sorted({find(document) for document in documents[case.id]})
        if sum(root in used for root in roots) > 1:
            bridges.append(case.id)
            continue
        used.difference_update(roots)
        leader.update(dict.fromkeys(roots, roots[0]) if roots else {})
        used.update(roots[:1])
    return bridges


def _groups(cases: Sequence[Case], documents: Mapping[str, frozenset[str]]) -> list[list[Case]]:
    """Cases that hang together, by a document that they share or a question that is nearly the same."""
    leader = list(range(len(cases)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    first: dict[str, int] = {}
    for at, case in enumerate(cases):
        for document in sorted(documents[case.id]):
            leader[find(at)] = find(first.setdefault(document, at))
    for i, j in repeated(cases):
        leader[find(i)] = find(j)
    groups: dict[int, list[Case]] = defaultdict(list)
    for at, case in enumerate(cases):
        groups[find(at)].append(case)
    return list(groups.values())


def _dealt(groups: Sequence[list[Case]], shares: Mapping[str, float], seed: int) -> dict[str, list[Case]]:
    """Deal the groups out, the largest first, each to the part that is furthest behind."""
    rng = random.Random(seed)  # noqa: S311 - reproducible choice, no secret
    whole = sum(map(len, groups))
    order = sorted(groups, key=lambda group: (-len(group), rng.random()))
    parts: dict[str, list[Case]] = {name: [] for name in shares}
    for group in order:
        name = max(shares, key=lambda part: (shares[part] * whole - len(parts[part]), shares[part]))
        parts[name].extend(group)
    return parts


def _write(
    dataset: DatasetFolder, output: Path, members: Sequence[Case], part: str, how: Mapping[str, JsonValue]
) -> WriteResult:
    step = Step(
        operation="split",
        inputs={str(dataset.path): dataset.manifest.fingerprint},
        details={"part": part, **how},
        rag_eval=__version__,
    )
    about = DatasetInfo(
        name=f"{dataset.manifest.name}-{part}",
        sources=dataset.manifest.sources,
        fields=dataset.manifest.fields,
        corpus=dataset.manifest.corpus,
        lineage=(*dataset.manifest.lineage, step),
    )
    order = {case.id: at for at, case in enumerate(dataset.cases)}
    inside = sorted(members, key=lambda case: order[case.id])
    return writing.write(output, inside, lambda _: about, writing.copied(dataset.path))
