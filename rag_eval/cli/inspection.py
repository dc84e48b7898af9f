"""What `rag-eval doctor FILE` says of a file: what it holds, which scores that supports, and the command for it."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_eval.cli import printing
from rag_eval.cli.build import DRAFTS, From, columns, source_kind
from rag_eval.errors import DataError

if TYPE_CHECKING:
    from rag_eval.dataset import Account, RowProblem

_NEEDED = ("reference", "reference_contexts", "reference_context_ids")
_ANSWERS = ("response", "retrieved_contexts", "retrieved_context_ids")
_FROM_A_SERVICE = frozenset({"user_input", "answerable", "response", "retrieved_contexts", "retrieved_context_ids"})
"""What a metric needs that every case has, or that a service gives when it is asked."""
_LISTED = 8
"""Problems that are listed before the rest is counted."""


def tell(source: str, *, as_json: bool) -> None:
    """Print what stands at a path and what can be done with it; leaves with 2 where nothing can."""
    match source_kind(source):
        case From.ROWS:
            _tell_rows(source, as_json=as_json)
        case From.DOCUMENTS:
            _tell_documents(source, as_json=as_json)
        case _:
            way = f"rag-eval build-dataset {shlex.quote(source)} --from traces -o {_folder(source)}"
            _say({"kind": "traces", "do": [way]}, [f"{source}: captured traces"], as_json=as_json)


def _tell_rows(source: str, *, as_json: bool) -> None:
    from rag_eval.dataset.problems import problem_lines

    account, problems = _read(source)
    ways, scores = [*_ways(source, account, bad=bool(problems))], _scores(account)
    if as_json:
        record = {"kind": "rows", "account": account.model_dump(mode="json"), "scores": scores, "do": ways}
        printing.dump({**record, "problems": [str(problem) for problem in problems]})
        return
    printing.say(f"{source}: {account.rows} {'row' if account.rows == 1 else 'rows'} of questions")
    columns(account)
    lines = problem_lines(problems)
    rest = [f"… and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    for line in (
        *(f"note {remark}" for remark in account.remarks("options")),
        *(f"BAD  {problem}" for problem in [*lines[:_LISTED], *rest]),
        *(f"scores {need}: {names}" for need, names in scores.items()),
        *(f"do: {way}" for way in ways),
    ):
        printing.say(line)


def _read(source: str) -> "tuple[Account, list[RowProblem]]":
    """What became of the rows, and those that cannot be used; raises `DataError` where none can."""
    from rag_eval import config, dataset

    tally = dataset.Tally()
    items = dataset.items(config.DatasetConfig(path=source), tally)
    problems = [item for item in items if isinstance(item, dataset.RowProblem)]
    if not tally.rows:
        if problems:
            raise dataset.BadRowsError(problems, "No row can be used as it stands.")
        raise DataError(f"{source}: holds no rows")
    return tally.account({}), problems


def _scores(account: "Account") -> dict[str, str]:
    """What each field allows to be scored, with how many rows have it."""
    from rag_eval.plugins import METRICS

    by_need: dict[str, list[str]] = {"without ground truth": [], **{name: [] for name in _NEEDED}}
    for name in METRICS.names():
        spec = METRICS.load(name.replace("@k", "@5"))
        if not spec.derived:
            needs = [need for need in spec.needs if need not in _FROM_A_SERVICE and need in _NEEDED]
            by_need[needs[0] if needs else "without ground truth"].append(name)
    rows, counted = account.rows, account.having
    return {
        need if need not in _NEEDED else f"by {need}, which {counted.get(need, 0)} of {rows} rows have": ", ".join(
            names
        )
        for need, names in by_need.items()
        if names
    }


def _ways(source: str, account: "Account", *, bad: bool) -> Iterator[str]:
    """Commands that work on the file."""
    path, keep = shlex.quote(source), " --on-error quarantine" if bad else ""
    offers = "".join(f" --field {shlex.quote(f'{name}={column}')}" for column, name in account.offers.items())
    yield f"rag-eval build-dataset {path} -o {_folder(source)}{keep}{offers if 'reference' in offers else ''}"
    if not bad:
        answers = [name for name in _ANSWERS if account.having.get(name)]
        asked = "target: {kind: replay}, which scores the answers in it" if answers else "your target"
        yield f"rag-eval run EXPERIMENT.yaml --dataset {path}    # with {asked}"


def _tell_documents(source: str, *, as_json: bool) -> None:
    from rag_eval.dataset import documents

    files = documents.find(source).files
    way = f"rag-eval build-dataset {shlex.quote(source)} -o {_folder(source)} --questions {DRAFTS}"
    count = len(files)
    line = f"{source}: {count} {'document' if count == 1 else 'documents'}, out of which questions can be drafted"
    _say({"kind": "documents", "documents": count, "do": [way]}, [line], as_json=as_json)


def _say(record: Mapping[str, Any], lines: list[str], *, as_json: bool) -> None:
    if as_json:
        printing.dump(dict(record))
        return
    for line in [*lines, *(f"do: {way}" for way in record["do"])]:
        printing.say(line)


def _folder(source: str) -> str:
    name = Path(source.rstrip("/*")).name
    return shlex.quote(f"datasets/{name.partition('.')[0] or 'mine'}")
