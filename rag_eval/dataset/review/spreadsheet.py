"""Reviewing in a spreadsheet: a table with a row for each case out, and back as decisions, all of it or nothing."""

import csv
import difflib
import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rag_eval import files
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.problems import BadRowsError, RowProblem
from rag_eval.dataset.review import spreadsheet_cells, spreadsheet_file
from rag_eval.dataset.review.decisions import VERDICTS, ReviewDecision, Verdict, newest
from rag_eval.dataset.review.items import (
    ReviewContext,
    ReviewItem,
    is_changed,
    review_items,
    supporting,
    supporting_contexts,
)
from rag_eval.dataset.review.items import verdict as fitting
from rag_eval.errors import UsageError

COLUMNS = (
    "id", "row_fingerprint", "dataset_fingerprint", "verdict", "user_input", "reference", "reference_context_ids",
    "contexts", "answerable", "tags", "comment",
)  # fmt: skip
_NEEDED = tuple(name for name in COLUMNS if name not in ("dataset_fingerprint", "contexts", "answerable"))
_ROW, _SET = "row-", "set-"
"""Before the fingerprints: without it some would be numbers to a spreadsheet."""
_LONGEST_CELL = 30_000
"""Excel holds 32,767 characters in a cell, and lets what is over run into the next ones."""
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_ADVICE = "Nothing was taken over. Mend them and read the sheet again, or write a new one with --to-csv."


@dataclass(frozen=True)
class SpreadsheetResult:
    """What a sheet said."""

    decisions: tuple[ReviewDecision, ...]
    """Those that are new; they are not kept yet."""
    unchanged: int
    """Rows that say what this reviewer has decided already."""
    undecided: int
    """Rows without a verdict."""


def write(
    folder: DatasetFolder, decisions: Sequence[ReviewDecision], reviewer: str, path: Path, *, over: bool = False
) -> int:
    """Write a sheet for a reviewer, with what was decided so far, and say how many rows it has.

    UTF-8 with a byte order mark, by which Excel knows it. Raises `UsageError` if the file cannot be written, or is
    there already and is not to be written `over`: it may hold a day's work that was not read back yet.
    """
    if path.exists() and not over:
        raise UsageError(f"{path}: is there already. Read it back with --from-csv, name another, or say --force.")
    mine = _mine(decisions, reviewer)
    fingerprint = _SET + folder.manifest.fingerprint
    rows = [_row(offer, mine.get((offer.id, offer.digest)), fingerprint) for offer in review_items(folder)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([spreadsheet_cells.guarded(row[name]) for name in COLUMNS] for row in rows)
    try:
        files.write_bytes(path, text.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
    return len(rows)


def _mine(decisions: Sequence[ReviewDecision], reviewer: str) -> dict[tuple[str, str], ReviewDecision]:
    mine = newest(decision for decision in decisions if decision.reviewer == reviewer).values()
    return {(decision.case_id, decision.case_digest): decision for decision in mine}


def _row(offer: ReviewItem, decision: ReviewDecision | None, fingerprint: str) -> dict[str, str]:
    contexts = supporting(offer, decision) if decision else [context for context in offer.contexts if context.supports]
    unanswerable = decision is not None and decision.verdict == "unanswerable"
    return {
        "id": offer.id,
        "row_fingerprint": _ROW + offer.digest,
        "dataset_fingerprint": fingerprint,
        "verdict": decision.verdict if decision else "",
        "user_input": decision.user_input if decision else offer.user_input,
        "reference": (decision.reference if decision else offer.reference) or "",
        "reference_context_ids": _listed([context.key for context in contexts]),
        "contexts": _readable(offer.contexts),
        "answerable": _NO[0] if unanswerable or not offer.answerable else _YES[0],
        "tags": _listed(decision.tags if decision else offer.tags),
        "comment": decision.comment if decision else "",
    }


def _readable(contexts: Sequence[ReviewContext]) -> str:
    text = "\n\n".join(f"[{context.key}] {context.text or '(text unknown)'}" for context in contexts)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]} … (the rest is in the page)"


def _listed(names: Sequence[str]) -> str:
    """Names parted by semicolons, or as JSON where that could not be read back."""
    text = "; ".join(names)
    return text if _parts(text) == list(names) else json.dumps(list(names), ensure_ascii=False)


def _parts(text: str) -> list[str]:
    """The names in a cell; raises `ValueError` where it begins like JSON and is none."""
    if text.lstrip().startswith("["):
        try:
            parts = json.loads(text)
        except (ValueError, RecursionError):
            parts = None
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return parts
    return [part.strip() for part in text.split(";") if part.strip()]


def read(
    folder: DatasetFolder, decisions: Sequence[ReviewDecision], reviewer: str, path: Path, at: str
) -> SpreadsheetResult:
    """Read a sheet back as decisions of a reviewer, made at a time.

    A row without a verdict is left as it stands: it takes nothing back. Raises `BadRowsError` with every row that
    cannot be used, and `DataError` where the file is no such table.
    """
    shown = {offer.id: offer for offer in review_items(folder)}
    mine = _mine(decisions, reviewer)
    problems: list[RowProblem] = []
    new: list[ReviewDecision] = []
    undecided = unchanged = 0
    for row in _rows(path, shown, problems):
        decision = _decision(row, shown[row.cells["id"]], reviewer, at, problems)
        before = mine.get((decision.case_id, decision.case_digest)) if decision else None
        if decision is None:
            undecided += 1
        elif _says_the_same(decision, before):
            unchanged += 1
        else:  # what settled a disagreement still does when it is changed
            new.append(decision.model_copy(update={"final": before is not None and before.final}))
    if problems:
        raise BadRowsError(sorted(problems, key=lambda problem: problem.line), _ADVICE)
    return SpreadsheetResult(tuple(new), unchanged, undecided)


def _says_the_same(decision: ReviewDecision, before: ReviewDecision | None) -> bool:
    if before is None:
        return False
    own = {"uuid", "at", "final"}
    return decision.model_dump(exclude=own) == before.model_dump(exclude=own)


def _rows(
    path: Path, shown: Mapping[str, ReviewItem], problems: list[RowProblem]
) -> Iterator[spreadsheet_file.SpreadsheetRow]:
    """The rows that are of a case as it is now; of the others, what is wrong is added to the problems."""
    seen: dict[str, int] = {}
    for line in spreadsheet_file.read(path, _NEEDED):
        row = spreadsheet_file.SpreadsheetRow(
            line.file, line.line, {name: spreadsheet_cells.plain(cell) for name, cell in line.cells.items()}
        )
        key = row.cells["id"]
        offer = shown.get(key)
        if offer is None:
            problems.append(_unknown(row, shown))
        elif key in seen:
            problems.append(row.problem("id", "each case once", f"{key!r} as in line {seen[key]}"))
        elif row.cells["row_fingerprint"].strip().removeprefix(_ROW) != offer.digest:
            expected = f"{_ROW}{offer.digest}, which {key} has now"
            problems.append(
                row.problem("row_fingerprint", expected, spreadsheet_cells.quoted(row.cells["row_fingerprint"]))
            )
        else:
            yield row
        seen.setdefault(key, row.line)


def _unknown(row: spreadsheet_file.SpreadsheetRow, shown: Mapping[str, ReviewItem]) -> RowProblem:
    key = row.cells["id"]
    digest = row.cells["row_fingerprint"].strip().removeprefix(_ROW)
    owner = next((offer.id for offer in shown.values() if offer.digest == digest), None)
    near = owner or next(iter(difflib.get_close_matches(key, shown, n=1)), None)
    hint = f" (did you mean {near}?)" if near else ""
    return row.problem("id", "the id of a case of this dataset", spreadsheet_cells.quoted(key) + hint)


def _decision(
    row: spreadsheet_file.SpreadsheetRow, offer: ReviewItem, reviewer: str, at: str, problems: list[RowProblem]
) -> ReviewDecision | None:
    wrong: list[RowProblem] = []
    contexts = _contexts(row, offer, wrong)
    if not row.cells["user_input"].strip():
        wrong.append(row.problem("user_input", "a question", "nothing"))
        problems.extend(wrong)
        return None
    verdict = row.cells["verdict"].strip().casefold()
    decision = _told(row, offer, contexts, reviewer, at, cast("Verdict", verdict if verdict in VERDICTS else "accept"))
    wrong.extend(_verdict_problems(row, offer, decision, verdict))
    problems.extend(wrong)
    return decision.model_copy(update={"verdict": fitting(offer, decision)}) if verdict and not wrong else None


def _told(
    row: spreadsheet_file.SpreadsheetRow,
    offer: ReviewItem,
    contexts: Sequence[ReviewContext],
    reviewer: str,
    at: str,
    verdict: Verdict,
) -> ReviewDecision:
    texts, ids = supporting_contexts(contexts)
    return ReviewDecision(
        uuid=str(uuid.uuid4()),
        case_id=offer.id,
        case_digest=offer.digest,
        reviewer=reviewer,
        verdict=verdict,
        user_input=row.text("user_input", offer.user_input) or offer.user_input,
        reference=row.text("reference", offer.reference),
        reference_contexts=texts,
        reference_context_ids=ids,
        tags=tuple(_parts(row.cells["tags"])),
        comment=row.cells["comment"],
        at=at,
    )


def _contexts(row: spreadsheet_file.SpreadsheetRow, offer: ReviewItem, wrong: list[RowProblem]) -> list[ReviewContext]:
    by_key = {context.key: context for context in offer.contexts}
    named = list(dict.fromkeys(_parts(row.cells["reference_context_ids"])))
    lost = [key for key in named if key not in by_key]
    if lost:
        expected = f"ids that its contexts have: {', '.join(by_key) or 'it has none'}"
        wrong.append(row.problem("reference_context_ids", expected, spreadsheet_cells.quoted(lost[0])))
    return [by_key[key] for key in named if key in by_key]


def _verdict_problems(
    row: spreadsheet_file.SpreadsheetRow, offer: ReviewItem, decision: ReviewDecision, verdict: str
) -> Iterator[RowProblem]:
    words = f"{', '.join(VERDICTS)}, or nothing"
    changed = is_changed(offer, decision)
    if verdict and verdict not in VERDICTS:
        near = spreadsheet_cells.synonym(verdict) or next(iter(difflib.get_close_matches(verdict, VERDICTS, n=1)), None)
        hint = f" (did you mean {near}?)" if near else ""
        yield row.problem("verdict", words, spreadsheet_cells.quoted(row.cells["verdict"]) + hint)
    elif changed and not verdict:
        yield row.problem("verdict", "edit, since the row was changed, or what stood there before", "nothing")
    elif verdict == "edit" and not changed:
        yield row.problem("verdict", "a changed question, reference or choice of contexts, or accept", "edit")
    elif verdict in ("accept", "edit") and offer.candidate is not None and decision.reference is None:
        yield row.problem("reference", "an answer, or the verdict unanswerable", "nothing")
    yield from _answerable_problems(row, offer, verdict)


def _answerable_problems(row: spreadsheet_file.SpreadsheetRow, offer: ReviewItem, verdict: str) -> Iterator[RowProblem]:
    cell = row.cells.get("answerable", "").strip().casefold()
    if not cell or verdict == "unanswerable":
        return
    if cell not in (*_YES, *_NO):
        yield row.problem("answerable", "yes or no", spreadsheet_cells.quoted(row.cells["answerable"]))
    elif cell in _NO and offer.answerable:
        yield row.problem("answerable", "yes as it was, or the verdict unanswerable", spreadsheet_cells.quoted(cell))
