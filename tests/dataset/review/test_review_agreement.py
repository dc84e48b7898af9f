"""How far reviewers agree: the libraries' numbers where they are defined, a reason where they are not."""

import builtins
import math
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from support.reviewing import agreed

from rag_eval.dataset.review.agreement import Agreement, as_lines
from rag_eval.errors import UsageError


def test_kappa_and_alpha_are_those_of_the_libraries() -> None:
    """Over the cases that both decided."""
    a, b = "aarueaaar", "aaruaaara"
    found = agreed(ana=a + ".", ben=b + "a")
    (pair,) = found.pairs
    assert pair.n == found.n == 9
    assert pair.observed == pytest.approx(6 / 9)
    assert pair.kappa == pytest.approx(cohen_kappa_score(list(a), list(b)))
    codes = np.array([["aeru".index(x) for x in a], ["aeru".index(x) for x in b]], dtype=float)
    assert found.alpha == pytest.approx(krippendorff.alpha(codes, level_of_measurement="nominal"))


def test_three_reviewers_have_three_kappas_and_one_alpha() -> None:
    """Cases that one of them left out still count for the others."""
    found = agreed(ana="aarr..", ben="aar.ru", cleo="..rrru")
    assert [pair.reviewers for pair in found.pairs] == [("ana", "ben"), ("ana", "cleo"), ("ben", "cleo")]
    assert [pair.n for pair in found.pairs] == [3, 2, 3]
    assert found.n == 6
    assert found.alpha is not None
    assert found.reviewers == {"ana": 4, "ben": 5, "cleo": 4}


@pytest.mark.parametrize(
    ("ana", "ben", "reason"),
    [
        ("a", "a", "fewer than 2 cases"),
        ("aa", "..", "fewer than 2"),
        ("aaa", "aaa", "only one verdict was used, accept"),
    ],
)
def test_where_it_is_not_defined_the_reason_isdecisions_of(ana: str, ben: str, reason: str) -> None:
    """And no number."""
    found = agreed(ana=ana, ben=ben)
    for pair in found.pairs:
        assert pair.kappa is None
        assert pair.reason is not None
        assert reason in pair.reason
    assert found.alpha is None
    assert found.reason is not None
    assert reason in found.reason
    assert any(reason in line for line in as_lines(found))


def test_one_reviewer_alone_is_told_so() -> None:
    """There are no pairs."""
    found = agreed(ana="aar")
    assert found.pairs == ()
    assert found.alpha is None
    assert as_lines(agreed()) == ["nobody has decided yet"]


def test_opposite_verdicts_throughout_are_defined() -> None:
    """Two categories are enough, even if each reviewer used one only."""
    (pair,) = agreed(ana="aaa", ben="rrr").pairs
    assert pair.kappa == 0


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alpha is in an extra."""
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "krippendorff":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"krippendorff is missing. Do: pip install 'rag-eval\[review\]'"):
        agreed(ana="aar", ben="ara")


@given(st.text("aeru.", max_size=12), st.text("aeru.", max_size=12), st.text("aeru.", max_size=12))
def test_never_a_nan(ana: str, ben: str, cleo: str) -> None:
    """A number between -1 and 1, or a reason."""
    found = agreed(ana=ana, ben=ben, cleo=cleo)
    for value, reason in [(found.alpha, found.reason), *((pair.kappa, pair.reason) for pair in found.pairs)]:
        assert (value is None) == (reason is not None)
        assert value is None or (not math.isnan(value) and -1 <= value <= 1 + 1e-9)
    Agreement.model_validate_json(found.model_dump_json())
