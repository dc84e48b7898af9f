"""All checks by name, the gravest first, and those of other packages after them."""

import functools
from collections.abc import Iterable, Iterator

from rag_eval.dataset.checks.check import Check
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import SEVERITIES, DatasetFinding
from rag_eval.errors import ConfigError
from rag_eval.plugins import CHECKS


def installed() -> tuple[Check, ...]:
    """All checks in the order of the catalogue; raises `ConfigError` where one of another package is none."""
    return _load(tuple(CHECKS.names()))


@functools.cache
def _load(names: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(_checked(name) for name in names)


def _checked(name: str) -> Check:
    check = CHECKS.load(name)
    if not isinstance(check, Check) or check.name != name:
        raise ConfigError(
            f"the entry point {name!r} of {CHECKS.group} must name a {Check.__module__}.Check of that name, "
            f"found {getattr(check, 'name', type(check).__name__)!r}"
        )
    return check


def without_judge(context: CheckContext) -> Iterator[DatasetFinding]:
    """Everything that can be found without asking a judge."""
    for check in installed():
        for defect in check.find(context):
            yield check.finding(defect)


def unmet(context: CheckContext) -> dict[str, str]:
    """Check to why it could not look, for those that could not."""
    reasons = {
        check.name: next((need.otherwise for need in check.needs if not need.met(context)), "") for check in installed()
    }
    return {name: reason for name, reason in reasons.items() if reason}


def ordered(findings: Iterable[DatasetFinding]) -> tuple[DatasetFinding, ...]:
    """Findings with the gravest first, then by check, then as they were found."""
    order = CHECKS.names()
    return tuple(sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), order.index(finding.check))))
