"""Gates as people write them: what is read, and what is said of what cannot be."""

from typing import Any

import pytest

from rag_eval.errors import ConfigError
from rag_eval.gates.expressions import CasesGate, ValueGate, guardrail, parse, quantile


@pytest.mark.parametrize(
    ("text", "fields", "limit"),
    [
        ("faithfulness.mean >= 0.85", {"subject": "faithfulness", "statistic": "mean"}, (">=", 0.85, "")),
        ("recall@5.mean≥70%", {"subject": "recall@5", "statistic": "mean"}, (">=", 0.7, "%")),
        ("a[numeric].mean >= .7", {"subject": "a", "tag": "numeric"}, (">=", 0.7, "")),
        ('"my.own metric"["two words"].mean >= 1', {"subject": "my.own metric", "tag": "two words"}, (">=", 1, "")),
        ("a.drop_vs(main) <= 0.02", {"statistic": "drop_vs", "baseline": "main"}, ("<=", 0.02, "")),
        ("a.drop_vs(release-1.4) <= smallest", {"baseline": "release-1.4"}, ("<=", None, "")),
        ("a.drop_vs <= 1%", {"baseline": "main"}, ("<=", 0.01, "%")),
        ("coverage >= 98%", {"subject": "coverage", "statistic": ""}, (">=", 0.98, "%")),
        ("a.coverage >= 1", {"subject": "a", "statistic": "coverage"}, (">=", 1, "")),
        ("answered[hard] >= 0.99", {"subject": "answered", "tag": "hard"}, (">=", 0.99, "")),
        ("answered.drop_vs <= 0.01", {"subject": "answered", "statistic": "drop_vs"}, ("<=", 0.01, "")),
        ("latency.p95 <= 2s", {"subject": "latency", "statistic": "p95"}, ("<=", 2, "s")),
        ("latency.p50  <=  150 ms", {"statistic": "p50"}, ("<=", 0.15, "s")),
        ("cost <= 5 USD", {"subject": "cost"}, ("<=", 5, "USD")),
        ("refusals.invented <= 0.1", {"subject": "refusals", "statistic": "invented"}, ("<=", 0.1, "")),
    ],
)
def test_a_value_and_its_limit_are_read(text: str, fields: dict[str, Any], limit: tuple[str, float, str]) -> None:
    """With slices, baselines, units, and names in quotes."""
    gate = parse(text)
    assert isinstance(gate, ValueGate)
    assert gate.text == " ".join(text.split())
    assert fields.items() <= gate.model_dump().items()
    assert (gate.limit.relation, gate.limit.value, gate.limit.unit) == limit


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("required: tag:must-pass", {"kind": "required", "by": "tag", "key": "must-pass", "metric": None}),
        ("required: id:docs/a#b:3", {"by": "id", "key": "docs/a#b:3", "baseline": None}),
        ('required: tag:"must pass" recall@5 >= 0.8', {"key": "must pass", "metric": "recall@5"}),
        ("no_regression: tag:approved", {"kind": "no_regression", "baseline": "main"}),
        ("no_regression(release): tag:ok a", {"baseline": "release", "metric": "a", "limit": None}),
    ],
)
def test_cases_that_must_do_are_read(text: str, fields: dict[str, Any]) -> None:
    """By tag or id, with a metric of their own."""
    gate = parse(text)
    assert isinstance(gate, CasesGate)
    assert fields.items() <= gate.model_dump().items()


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", 0, "expected a metric, coverage, answered, cost, refusals, required or no_regression, and there the text"),
        ("faithfulness >= 0.8", 13, "expected .mean, .drop_vs(BASELINE), .coverage, .p50, .p95, .p99, found '>= 0.8'"),
        ("faithfulness.mean > 0.8", 18, "expected >= or <=, found '> 0.8'"),
        ("faithfulness.maen >= 0.8", 13, "maen is none of .mean, .drop_vs(BASELINE), .coverage"),
        ("a.p00 >= 1", 2, "p00 is none of"),
        ("a.mean >=", 9, "expected a number, and there the text ends"),
        ("a.mean >= much", 10, "expected a number, found 'much'"),
        ("a.mean >= 0.8.5", 10, "expected a number"),
        ("a.mean >= 0.8 0.9", 14, "expected the end, found '0.9'"),
        ("a.p95 <= 2 h", 11, "h is no unit; there are %, s, ms and USD"),
        ("a.drop_vs(main) >= 0.02", 16, "expected <= here, not >="),
        ("a.drop_vs(main) <= -1", 19, "what may be lost is not negative"),
        ("a.drop_vs( <= 1", 11, "expected the name of a baseline"),
        ("a[b.mean >= 1", 13, "expected ], and there the text ends"),
        ("coverage <= 0.9", 9, "expected >= here, not <="),
        ("cost[x] <= 3", 4, "the cost is that of the whole run and has no slice"),
        ("cost.mean <= 3", 4, "expected <=, as cost is one number"),
        ("refusals <= 0.1", 9, "expected .invented, .over"),
        ("required must", 9, "expected : and tag:NAME or id:NAME"),
        ("required: label:x", 10, "expected tag:NAME or id:NAME, found 'label:x'"),
        ("required: tag:x a", 17, "expected >= or <=, and there the text ends"),
    ],
)
def test_what_cannot_be_read_is_shown_with_its_place(text: str, place: int, problem: str) -> None:
    """What was expected, what is there, and a mark beneath it."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "gates[1]")
    message, shown, mark = str(caught.value).split("\n")
    assert message.startswith(f"gates[1]: {problem}")
    assert shown == f"  {text}"
    assert mark == f"  {' ' * place}^"


def test_a_near_statistic_is_named() -> None:
    """As with every name that is not known."""
    with pytest.raises(ConfigError, match=r"Did you mean mean\?"):
        parse("a.maen >= 1")


def test_a_guardrail_is_a_gate_on_what_matters() -> None:
    """Also for a metric that has to be quoted."""
    assert guardrail("hit@5").text == "hit@5.drop_vs(main) <= smallest"
    quoted = guardrail("my.own")
    assert isinstance(quoted, ValueGate)
    assert (quoted.subject, quoted.limit.value) == ("my.own", None)


def test_a_limit_is_kept_up_to_rounding() -> None:
    """0.1 + 0.2 keeps both >= 0.3 and <= 0.3."""
    for relation in (">=", "<="):
        gate = parse(f"a.mean {relation} 0.3")
        assert gate.limit
        assert gate.limit.kept(0.1 + 0.2)
    assert quantile("p95") == pytest.approx(0.95)
    assert quantile("mean") is None
