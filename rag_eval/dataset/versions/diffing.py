"""What differs between two datasets, case by case and field by field."""

from collections.abc import Sequence

from pydantic import JsonValue

from rag_eval.dataset.folders import DatasetFolder
from rag_eval.records import Case, Record

FIELDS = tuple(name for name in Case.model_fields if name not in ("id", "metadata"))
"""Fields that are compared: those that the fingerprint is of."""


class CaseChange(Record):
    """A case that both have, with what differs."""

    id: str
    new_id: str | None = None
    """Where the same question stands under another id, as ids that are made of question and answer do."""
    fields: dict[str, tuple[JsonValue, JsonValue]]
    """Field to what it was and what it is."""


class DatasetDifference(Record):
    """What B has that A has not, and the other way round."""

    a: str
    """Fingerprint of the first."""
    b: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[CaseChange, ...]
    renamed: dict[str, str]
    """Old id to new one, of cases that say the same under another id."""
    same: int

    @property
    def is_empty(self) -> bool:
        """Whether the two hold the same."""
        return not (self.added or self.removed or self.changed or self.renamed)


def diff(a: DatasetFolder, b: DatasetFolder) -> DatasetDifference:
    """Compare two datasets by id; a case that went under one id and came under another is a renamed one.

    What then is left of both is compared by its question: it has changed, and is not gone.
    """
    old, new = _by_id(a.cases), _by_id(b.cases)
    shared = [key for key in old if key in new]
    changed = [change for key in shared if (change := _changed(old[key], new[key])) is not None]
    renamed = _renamed(
        [case for key, case in old.items() if key not in new], [c for k, c in new.items() if k not in old]
    )
    gone = [case for key, case in old.items() if key not in new and key not in renamed]
    come = [case for key, case in new.items() if key not in old and key not in renamed.values()]
    mended = _mended(gone, come)
    changed += mended
    return DatasetDifference(
        a=a.manifest.fingerprint,
        b=b.manifest.fingerprint,
        added=tuple(case.id for case in come if case.id not in {change.new_id for change in mended}),
        removed=tuple(case.id for case in gone if case.id not in {change.id for change in mended}),
        changed=tuple(changed),
        renamed=renamed,
        same=len(shared) - (len(changed) - len(mended)),
    )


def _by_id(cases: Sequence[Case]) -> dict[str, Case]:
    return {case.id: case for case in cases}


def content(case: Case) -> dict[str, JsonValue]:
    """What a case says, apart from its id: empty and absent are one, tags have no order."""
    fields = case.model_dump(mode="json", include=set(FIELDS))
    fields["tags"] = sorted(case.tags)
    return {name: value or None if name != "answerable" else value for name, value in fields.items()}


def _mended(gone: Sequence[Case], come: Sequence[Case]) -> list[CaseChange]:
    """Cases whose question came again, with what else differs; each once."""
    waiting: dict[str, list[Case]] = {}
    for case in come:
        waiting.setdefault(_question(case), []).append(case)
    pairs = [(case, again.pop(0)) for case in gone if (again := waiting.get(_question(case)))]
    changes = [(_changed(old, new), new.id) for old, new in pairs]
    return [change.model_copy(update={"new_id": key}) for change, key in changes if change is not None]


def _question(case: Case) -> str:
    """The question, however it is spaced and capitalised; with another word or sign it is another one."""
    return " ".join(case.user_input.casefold().split())


def _changed(old: Case, new: Case) -> CaseChange | None:
    before, after = content(old), content(new)
    fields = {name: (before[name], after[name]) for name in FIELDS if before[name] != after[name]}
    return CaseChange(id=old.id, fields=fields) if fields else None


def _renamed(gone: Sequence[Case], come: Sequence[Case]) -> dict[str, str]:
    waiting: dict[str, list[str]] = {}
    for case in come:
        waiting.setdefault(repr(content(case)), []).append(case.id)
    pairs: dict[str, str] = {}
    for case in gone:
        if same := waiting.get(repr(content(case))):
            pairs[case.id] = same.pop(0)
    return pairs
