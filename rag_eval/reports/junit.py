"""Gates and lost questions as JUnit XML, which every CI service shows: a test case each.

The elements and attributes are those that readers agree on (https://github.com/testmoapp/junitxml): `testsuites` >
`testsuite` > `testcase` > `failure`, `error` or `skipped`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from rag_eval.journal import Journal
from rag_eval.records import Failure, GateResult, Summary

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
_SHOWN = 5
"""Metrics without a score that are named of one question."""


@dataclass(frozen=True)
class LostQuestion:
    """A question that got no answer, or of which a metric has no score."""

    case_id: str
    question: str
    reason: str
    """The code of its first failure."""
    message: str


@dataclass(frozen=True)
class _Case:
    """One test case; `kind` is the element that says what became of it, empty where it passed."""

    name: str
    kind: str = ""
    type_: str = ""
    message: str = ""
    text: str = ""


def lost_questions(journal: Journal) -> Iterator[LostQuestion]:
    """The questions of a run that failed, in the order of the dataset."""
    for row in journal.rows():
        failures = [(name, o) for name, o in row.outcomes.items() if isinstance(o, Failure)]
        if isinstance(row.reply, Failure):
            message = f"no answer: {row.reply.message}"
            yield LostQuestion(row.case.id, row.case.user_input, row.reply.reason, message)
        elif failures:
            message = "; ".join(f"{name}: {o.message}" for name, o in failures[:_SHOWN])
            yield LostQuestion(row.case.id, row.case.user_input, failures[0][1].reason, f"no score: {message}")


def document(
    name: str,
    summary: Summary,
    decided: Sequence[GateResult],
    lost: Sequence[LostQuestion],
    host: str,
    *,
    undecided_fails: bool = False,
) -> bytes:
    """An XML document: a suite of gates and one of questions that failed.

    An undecided gate is skipped, or a failure where `undecided_fails`; a question that failed is an error.
    """
    suites = {
        f"{name}.gates": [_gate(gate, undecided_fails=undecided_fails) for gate in decided],
        f"{name}.questions": [
            _Case(q.case_id, "error", q.reason, q.message, f"{q.case_id}: {q.question}\n{q.message}") for q in lost
        ],
    }
    root = ET.Element("testsuites", {"name": name, **_counts([c for suite in suites.values() for c in suite], summary)})
    for suite, cases in suites.items():
        about = {"timestamp": _moment(summary.started), "hostname": _legal(host)}
        element = ET.SubElement(root, "testsuite", {"name": suite, **_counts(cases, summary), **about})
        for case in cases:
            _add(element, suite, case)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _gate(gate: GateResult, *, undecided_fails: bool) -> _Case:
    if gate.outcome == "passed":
        return _Case(gate.expression)
    if gate.outcome == "undecided" and not undecided_fails:
        return _Case(gate.expression, "skipped", message=gate.sentence)
    return _Case(gate.expression, "failure", gate.outcome, gate.sentence, gate.sentence)


def _counts(cases: Sequence[_Case], summary: Summary) -> dict[str, str]:
    kinds = [case.kind for case in cases]
    count = {f"{kind}s": str(kinds.count(kind)) for kind in ("failure", "error")}
    return {
        "tests": str(len(cases)),
        **count,
        "skipped": str(kinds.count("skipped")),
        "time": f"{summary.seconds:.3f}",
    }


def _moment(seconds: float) -> str:
    """A time as the schema has it: ISO 8601 without a zone; it is UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _add(suite: ET.Element, classname: str, case: _Case) -> None:
    element = ET.SubElement(suite, "testcase", {"classname": classname, "name": _legal(case.name), "time": "0"})
    if case.kind:
        about = {"message": _legal(case.message), **({"type": _legal(case.type_)} if case.type_ else {})}
        ET.SubElement(element, case.kind, about).text = _legal(case.text) or None


def _legal(text: str) -> str:
    return _ILLEGAL.sub("�", text)
