"""How often `dataset check` finds fault with published sets, and how often with the same sets after damage.

With the embedded judge, over the first rows with a reference. Needs the labelled sets; says so where they are not.
"""

import os
import random
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rag_eval import config, dataset
from rag_eval.curation import CheckOptions, check
from rag_eval.dataset import folders, writing
from rag_eval.language.lexicon import MONTHS
from rag_eval.records import Case

ROWS = 300
REALDATA = Path(os.environ.get("RAG_EVAL_REALDATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
MOST_FALSE = 0.02
FEWEST_FOUND = 0.9
FEWEST_NEGATED = 0.8
FEWEST_RENAMED = 0.5
FEWEST_BESIDE = 0.95
BESIDE = ("miscounted", "negated", "renamed")
FEWEST_ROWS = 20
"""Rows below which a share says nothing; short answers have no verb to negate."""
FIELDS = {"reference_contexts": "retrieved_contexts", "response": "", "retrieved_contexts": ""}
SETS = ("clapnq_dev", "xquad_en")


def cases(name: str, folder: Path) -> list[Case]:
    """The first answerable rows of a published set."""
    source = config.DatasetConfig(path=str(REALDATA / name / "data.jsonl"), fields=FIELDS)
    dataset.build(source, folder, on_error="quarantine")
    return [case for case in folders.load(folder).cases if case.answerable and case.reference][:ROWS]


def swapped(whole: Sequence[Case]) -> list[Case]:
    """Each case with the reference of one half the set away."""
    half = len(whole) // 2
    return [
        case.model_copy(update={"reference": whole[(at + half) % len(whole)].reference})
        for at, case in enumerate(whole)
    ]


def miscounted(whole: Sequence[Case]) -> list[Case]:
    """The cases whose reference holds a number, with one of them another."""
    rng = random.Random(1)

    def damaged(text: str) -> str:
        number = rng.choice([*re.finditer(r"\d+", text)])
        return f"{text[: number.start()]}{int(number[0]) + rng.randint(3, 40)}{text[number.end() :]}"

    held = [(case, case.reference or "") for case in whole if re.search(r"\d", case.reference or "")]
    return [case.model_copy(update={"reference": damaged(text)}) for case, text in held]


_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|can|will|may|must|could|would|should)\b")
_NAME = re.compile(r"\b[A-Z][\w'-]{2,}(?: (?:of (?:the )?)?[A-Z][\w'-]*)*")


def negated(whole: Sequence[Case]) -> list[Case]:
    """The cases whose reference has an auxiliary and no negation, with one after the first auxiliary."""
    texts = [(case, case.reference or "") for case in whole]
    return [
        case.model_copy(update={"reference": _AUXILIARY.sub(r"\g<0> not", text, count=1)})
        for case, text in texts
        if _AUXILIARY.search(text) and " not " not in text
    ]


def renamed(whole: Sequence[Case]) -> list[Case]:
    """The cases whose reference holds a name, with one in its place of which its contexts hold no word."""
    rng = random.Random(2)
    named = [(case, match) for case in whole if (match := _name(case.reference or ""))]

    def damaged(case: Case, name: re.Match[str]) -> str:
        known = " ".join([case.user_input, *(case.reference_contexts or ())]).lower()
        strange = [other[0] for _, other in named if not any(word in known for word in other[0].lower().split())]
        return f"{name.string[: name.start()]}{rng.choice(strange)}{name.string[name.end() :]}"

    return [case.model_copy(update={"reference": damaged(case, name)}) for case, name in named]


def _name(text: str) -> re.Match[str] | None:
    """The first name after a small letter or a comma that is no month."""
    names = (match for match in _NAME.finditer(text) if match[0].lower() not in MONTHS)
    return next((name for name in names if re.match(r"[a-z,] ", text[max(0, name.start() - 2) :])), None)


def share(said: Sequence[Case], folder: Path, how: CheckOptions) -> float:
    """Share of rows that an error is found in."""
    writing.write(folder, said, lambda _: writing.DatasetInfo(name="bench"))
    report = check(folder, how).report
    return len({row for one in report.at_least("error") for row in one.rows}) / len(said)


def contradicting(whole: Sequence[Case], rows: Sequence[Case], folder: Path) -> float:
    """Share of damaged rows that contradict their own row as it was published, put beside it."""
    ids = {case.id for case in rows}
    again = [case.model_copy(update={"id": f"{case.id}-again"}) for case in rows]
    both = [*(case for case in whole if case.id in ids), *again]
    writing.write(folder, both, lambda _: writing.DatasetInfo(name="bench"))
    report = check(folder, CheckOptions(only=("contradiction",))).report
    return len({row for one in report.findings for row in one.rows if row in ids}) / len(rows)


def main() -> int:
    """Print the shares; 1 if too many clean rows or too few swapped ones are found fault with."""
    if not REALDATA.is_dir():
        print(f"checks             skipped: no sets at {REALDATA}; set RAG_EVAL_REALDATA")
        return 0
    missed = False
    damages: dict[str, Callable[[Sequence[Case]], list[Case]]] = {
        "published": list,
        "swapped": swapped,
        "miscounted": miscounted,
        "negated": negated,
        "renamed": renamed,
    }
    with tempfile.TemporaryDirectory() as name:
        for part in SETS:
            whole = cases(part, Path(name) / part)
            found = {
                kind: share(rows, Path(name) / f"{part}-{kind}", CheckOptions())
                for kind, damage in damages.items()
                if len(rows := damage(whole)) >= FEWEST_ROWS
            }
            said = ", ".join(f"{kind} {value:.1%}" for kind, value in found.items())
            print(f"checks             {part}: rows with errors: {said}")
            beside = {
                kind: contradicting(whole, rows, Path(name) / f"{part}-{kind}-beside")
                for kind in BESIDE
                if len(rows := damages[kind](whole)) >= FEWEST_ROWS
            }
            shown = ", ".join(f"{kind} {value:.1%}" for kind, value in beside.items())
            print(f"checks             {part}: contradictions with the row as published: {shown}")
            missed |= found["published"] > MOST_FALSE or found["swapped"] < FEWEST_FOUND
            missed |= found.get("negated", 1) < FEWEST_NEGATED or found.get("renamed", 1) < FEWEST_RENAMED
            missed |= min(beside.values()) < FEWEST_BESIDE
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
