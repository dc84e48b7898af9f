"""`rag-eval review`."""

import getpass
import shlex
import threading
import time
import webbrowser
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval import files
from rag_eval.cli import printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.dataset.folders import DatasetFolder

_LONGEST_NAME = 100

EXAMPLES = """
[bold]Examples[/bold]

rag-eval review datasets/drafts --reviewer ana

rag-eval review datasets/drafts --agreement

rag-eval review datasets/drafts --to-csv ana.csv --reviewer ana

rag-eval review datasets/drafts --from-csv ana.csv --reviewer ana

rag-eval review datasets/drafts --publish datasets/support
"""


class OnDisagreement(StrEnum):
    """What to publish where reviewers disagree and nobody settled it."""

    FAIL = "fail"
    LATEST = "latest"
    DROP = "drop"


@guarded
def review(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    *,
    reviewer: Annotated[str | None, typer.Option(help="Who decides.", show_default="the login name")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    ready_file: Annotated[Path | None, typer.Option(help="Write the link here once it listens, for scripts.")] = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="Say how far reviewers agree, and end.")] = False,
    publish: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write what was decided as a new dataset folder, and end.")
    ] = None,
    keep_undecided: Annotated[
        bool, typer.Option("--keep-undecided", help="With --publish: keep what nobody decided, as it is.")
    ] = False,
    on_disagreement: Annotated[
        OnDisagreement, typer.Option(help="With --publish: fail, take the latest decision, or drop the case.")
    ] = OnDisagreement.FAIL,
    to_csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a sheet to decide in, and end.")] = None,
    from_csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read a sheet back as decisions, and end.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --to-csv: write over a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --agreement or --publish: print as JSON.")] = False,
) -> None:
    """Decide about the cases of a dataset, in a page on this machine or in a spreadsheet, and publish what holds.

    Decisions are kept in review.db in the dataset's folder; nothing in it is ever changed or deleted.
    """
    modes = {"--agreement": agreement, "--publish": publish, "--to-csv": to_csv, "--from-csv": from_csv}
    _expect_sense(modes, for_publish=keep_undecided or on_disagreement is not OnDisagreement.FAIL, as_json=as_json)
    folder = _loaded(dataset)
    if agreement:
        _agreement(folder, as_json=as_json)
    elif publish is not None:
        _publish(folder, publish, on_disagreement, keep_undecided=keep_undecided, as_json=as_json)
    elif to_csv is not None:
        _to_csv(folder, _named(reviewer), to_csv, over=force)
    elif from_csv is not None:
        _from_csv(folder, _named(reviewer), from_csv)
    else:
        _serve(folder, _named(reviewer), port, ready_file, open_=open_)


def _expect_sense(modes: Mapping[str, object], *, for_publish: bool, as_json: bool) -> None:
    asked = [name for name, value in modes.items() if value]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} are different things. Do: one after the other")
    if for_publish and asked != ["--publish"]:
        raise UsageError("--keep-undecided and --on-disagreement go with --publish OUT")
    if as_json and asked not in (["--agreement"], ["--publish"]):
        raise UsageError("--json goes with --agreement or --publish OUT")


def _loaded(dataset: Path) -> "DatasetFolder":
    from rag_eval import telemetry
    from rag_eval.dataset import folders

    telemetry.silence()
    return folders.load(dataset)


def _named(reviewer: str | None) -> str:
    name = (_login() if reviewer is None else reviewer).strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"--reviewer {name!r}: expected a name of 1 to {_LONGEST_NAME} letters, as in --reviewer ana")
    return name


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:  # a container's user may have no name
        raise UsageError("your login name is not known. Do: --reviewer NAME") from error


def _agreement(folder: "DatasetFolder", *, as_json: bool) -> None:
    from rag_eval.dataset.review import agreement, decisions
    from rag_eval.dataset.review.consensus import consensus_of

    report = agreement.agreement(consensus_of(folder.cases, decisions.load(folder.path)))
    if as_json:
        printing.as_json(report)
    else:
        printing.say("\n".join(agreement.as_lines(report)))


def _publish(
    folder: "DatasetFolder", out: Path, on_disagreement: OnDisagreement, *, keep_undecided: bool, as_json: bool
) -> None:
    from rag_eval.dataset.review import decisions, publishing

    done = publishing.publish(
        folder,
        decisions.load(folder.path),
        out,
        keep_undecided=keep_undecided,
        on_disagreement=on_disagreement.value,
    )
    made, counts = done.written.manifest, done.counts
    if as_json:
        printing.as_json(made, folder=str(out), review=counts.model_dump())
        return
    printing.say(f"{out}: {made.rows} cases, fingerprint {made.fingerprint}")
    applied = {**counts.model_dump(exclude={"undecided", "stale"})}
    printing.say(", ".join(f"{name} {count}" for name, count in applied.items() if count) or "none of them decided")
    if counts.undecided:
        printing.say(f"{counts.undecided} undecided: {'kept as they were' if keep_undecided else 'left out'}")
    if counts.stale:
        print_note(f"{counts.stale} decisions were not applied: their cases are others now than when they were shown")


def _to_csv(folder: "DatasetFolder", reviewer: str, file: Path, *, over: bool) -> None:
    from rag_eval.dataset.review import decisions, spreadsheet

    rows = spreadsheet.write(folder, decisions.load(folder.path), reviewer, file, over=over)
    printing.say(f"{file}: {rows} rows for {reviewer}")
    print_note(f"When done: rag-eval review {folder.path} --from-csv {file} --reviewer {shlex.quote(reviewer)}")


def _from_csv(folder: "DatasetFolder", reviewer: str, file: Path) -> None:
    from rag_eval.dataset.review import decisions, spreadsheet

    with decisions.DecisionStore.open_(folder.path, time.time) as store:
        before = [kept.decision for kept in store.after(0)]
        taken = spreadsheet.read(folder, before, reviewer, file, store.now())
        store.keep(taken.decisions)
    by_verdict = Counter(decision.verdict for decision in taken.decisions)
    verdicts = f" ({', '.join(f'{name} {count}' for name, count in sorted(by_verdict.items()))})" if by_verdict else ""
    printing.say(f"{len(taken.decisions)} decisions of {reviewer} taken over{verdicts}")
    printing.say(f"{taken.unchanged} were known already, {taken.undecided} rows have no verdict")


def _serve(folder: "DatasetFolder", reviewer: str, port: int, ready_file: Path | None, *, open_: bool) -> None:
    from rag_eval.dataset.review import decisions
    from rag_eval.dataset.review.session import open_session

    try:
        from rag_eval.dataset.review import server
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing. Do: pip install 'rag-eval[review]'") from error

    def ready(link: str) -> None:
        print_note(f"{reviewer} reviews {folder.path} at\n\n    {link}\n\nThe link works once. Ctrl-C ends it.")
        if ready_file is not None:
            # Whoever has the link may decide.
            files.write_ready_file(ready_file, link, private=True)
        if open_:
            # A browser of the terminal would keep the server waiting.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    with decisions.DecisionStore.open_(folder.path, time.time) as store:
        kept = open_session(folder, store, reviewer)
        try:
            server.serve(kept, port, ready)
        finally:
            kept.corpus.close()
