"""A run as one HTML file that needs nothing else: no network, no script from elsewhere, opens from disk."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import islice
from typing import Any

import jinja2

from rag_eval.journal import Journal, Row
from rag_eval.records import REFUSED, Answer, Failure, NotApplicable, Outcome, Score, Summary
from rag_eval.reports import words

MOST = 500
"""Cases that the page holds, the worst first; all of them are in `results.parquet`."""


def run(summary: Summary, journal: Journal) -> str:
    """The page of a run: its table, and its worst cases with answer, contexts and evidence."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("rag_eval.reports").joinpath("templates/run.html").read_text(encoding="utf-8")
    )
    names = [metric.name for metric in summary.metrics]
    order = _worst_first(journal, summary)
    rows = [_case(journal.row(case_id), names) for case_id in islice(order, MOST)]
    return template.render(
        summary=summary, words=words, names=names, cases=rows, left_out=summary.cases - len(rows), bar=_bar
    )


def _worst_first(journal: Journal, summary: Summary) -> Iterator[str]:
    """Cases with a failure, then by rising mean of their bounded scores, in the dataset's order among equals."""
    bounded = {metric.name for metric in summary.metrics if metric.bounded}
    ranked = sorted(
        (0 if failed else 1, mean if mean is not None else 1.0, position, case_id)
        for position, case_id, failed, mean in journal.ranking(bounded)
    )
    return (case_id for *_, case_id in ranked)


def _case(row: Row, names: list[str]) -> dict[str, Any]:
    answer = row.reply if isinstance(row.reply, Answer) else None
    contexts = list(answer.retrieved_contexts or ()) if answer else []
    ids = list(answer.retrieved_context_ids or ()) if answer else []
    wanted = set(row.case.reference_context_ids or ())
    known = answer is not None and answer.retrieved_context_ids is not None
    labelled = [(ids[i] if i < len(ids) else f"{i + 1}", text) for i, text in enumerate(contexts)]
    return {
        "case": row.case,
        "answer": answer,
        "failure": row.reply if isinstance(row.reply, Failure) else None,
        "contexts": [(label, text, label in wanted) for label, text in labelled],
        "missed": sorted(wanted - set(ids)) if known else [],
        "scores": [_cell(row.outcomes, name) for name in names],
        "evidence": [
            (name, o.evidence)
            for name, o in row.outcomes.items()
            if isinstance(o, Score | NotApplicable) and o.evidence.verdicts
        ],
    }


def _cell(outcomes: Mapping[str, Outcome], name: str) -> dict[str, str]:
    match outcomes.get(name):
        case Score(value=value):
            return {"kind": "score", "text": words.number(value, 2), "why": ""}
        case Failure(reason=reason, message=message):
            return {"kind": "failure", "text": reason, "why": message}
        case None:
            return {"kind": "none", "text": "–", "why": "not scored yet"}
        case NotApplicable(reason="refused"):
            return {"kind": "none", "text": REFUSED, "why": "the answer refuses, and so claims nothing"}
        case other:
            return {"kind": "none", "text": "n/a", "why": other.reason}


def _bar(low: float, mean: float, high: float) -> dict[str, str]:
    """Where a mean and its interval stand on a line from 0 to 1, in per cent."""
    left, right = max(0.0, low), min(1.0, high)
    return {
        "left": f"{left:.2%}",
        "width": f"{max(right - left, 0.004):.2%}",
        "mean": f"{min(max(mean, 0), 1):.2%}",
    }
