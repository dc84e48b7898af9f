"""A gate's result in words: what was demanded, what became of it, and what that rests on."""

from rag_eval.gates.expressions import Gate
from rag_eval.gates.findings import GateFinding
from rag_eval.records import GateOutcome

_VERBS: dict[GateOutcome, str] = {"passed": "passes", "failed": "fails", "undecided": "undecided"}


def plain(gate: Gate, outcome: GateOutcome, why: str) -> str:
    """A result without a number."""
    return f"{gate.text.replace('>=', '≥').replace('<=', '≤')}: {_VERBS[outcome]}: {why}"


def sentence(gate: Gate, finding: GateFinding, outcome: GateOutcome, p: float | None, unit: str, against: str) -> str:
    """A result as a person reads it: `correctness.mean ≥ 0.7: fails: 0.62 [0.55, 0.69], 163 questions`."""
    parts = [_value(finding, unit), _count(finding)] if gate.kind == "value" else []
    parts.append(finding.note)
    if gate.kind == "value" and gate.limit.value is None and finding.limit is not None:
        parts.append(f"smallest is {finding.limit:.3g}")
    if finding.unanswered:
        parts.append(f"{finding.unanswered} without an answer count as 0")
    if finding.unjudged:
        could = ", whose scores could turn it" if outcome == "undecided" and p is not None else ""
        parts.append(f"the judge failed on {finding.unjudged}{could}")
    if against:
        parts.append(f"against {against}")
    return plain(gate, outcome, ", ".join(part for part in parts if part))


def _value(finding: GateFinding, unit: str) -> str:
    if finding.value is None:
        return ""
    plus = "+" if finding.signed else ""
    after = f" {unit}" if unit else ""
    digits = _digits(finding)
    text = f"{finding.value:{plus}z.{digits}f}"
    within = ""
    if finding.bounds is not None:
        within = " [{}, {}]".format(*(f"{end:{plus}z.{digits}f}" for end in finding.bounds))
    if not finding.signed:
        return f"{text}{within}{after}"
    better, worse = ("gained", "drop") if finding.higher else ("saved", "added")
    if finding.value < 0:
        return f"{better} {-finding.value:z.{digits}f}{after}{f', {worse}{within}{after}' if within else ''}"
    return f"{worse} {text}{within}{after}"


def _digits(finding: GateFinding) -> int:
    """As many as tell value and bounds from the limit, and the bounds from each other; two at least."""
    limit, bounds = finding.limit, finding.bounds
    others = [number for number in (finding.value, *(bounds or ())) if number not in (None, limit)]
    pairs = [(number, limit) for number in others] if limit is not None else []
    if bounds is not None:
        pairs.append(bounds)
    apart = (digits for digits in (2, 3) if all(f"{x:.{digits}f}" != f"{y:.{digits}f}" for x, y in pairs))
    return next(apart, 4)


def _count(finding: GateFinding) -> str:
    if not finding.n or not finding.what:
        return ""
    return f"{finding.n} {finding.what[:-1] if finding.n == 1 else finding.what}"
