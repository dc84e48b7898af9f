"""A metric in a package of somebody else's: one file and an entry point, and nothing of ours is touched."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support import packages
from support.runs import CASES, only, replay, rows

SOURCE = '''
"""How much of an answer is numbers, and how that goes with faithfulness."""

from dataclasses import dataclass

from rag_eval.metrics.derived import first_without_value
from rag_eval.metrics.spec import MetricSpec
from rag_eval.records import Evidence, NotApplicable, Score


@dataclass(frozen=True)
class NumberShare:
    async def score(self, case, answer):
        words = answer.response.split()
        numbers = [word for word in words if word.strip(".").isdigit()]
        if not numbers:
            return NotApplicable(reason="the answer holds no number")
        return Score(value=len(numbers) / len(words), evidence=Evidence(details={"numbers": numbers}))


NUMBER_SHARE = MetricSpec(
    "number_share", version="2", needs=("response",), build=lambda backend: NumberShare(), label="share of numbers"
)


def _gap(outcomes, case, reply):
    absent = first_without_value(outcomes, ("number_share", "faithfulness"))
    if absent is not None:
        return absent
    return Score(value=abs(outcomes["number_share"].value - outcomes["faithfulness"].value))


NUMBER_GAP = MetricSpec(
    "number_gap", version="1", inputs=("number_share", "faithfulness"), compute=_gap, higher_is_better=False
)
'''
OFFERS = {"rag_eval.metrics": {"number_share": "countings:NUMBER_SHARE", "number_gap": "countings:NUMBER_GAP"}}


@pytest.mark.slow
def test_a_metric_of_another_package_is_measured_like_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name in an experiment: scored and derived, with version and evidence, in the report and in a gate."""
    packages.install(tmp_path, monkeypatch, "countings", SOURCE, OFFERS)
    answers = rows()
    answers[0]["response"] = "The ferry to the island costs nothing."
    done = replay(
        tmp_path, "wordy", answers, metrics=["number_share", "number_gap"], gates=["number_share.mean >= 0.1"]
    )
    assert done.exit_code == 0, done.output
    folder = only(tmp_path, "wordy")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["origin"]["metrics"]["number_share"] == "2"
    metrics = {metric["name"]: metric for metric in summary["metrics"]}
    assert (metrics["number_share"]["n"], metrics["number_share"]["not_applicable"]) == (CASES - 1, 1)
    assert metrics["number_share"]["label"] == "share of numbers"
    assert metrics["faithfulness"]["n"] == CASES
    assert [gate["outcome"] for gate in summary["gates"]] == ["passed"]
    table = {row["id"]: row for row in pq.read_table(folder / "results.parquet").to_pylist()}
    shares = table["case-1"]["number_share"], table["case-1"]["faithfulness"]
    assert shares[0] == pytest.approx(2 / 8)
    assert table["case-1"]["number_gap"] == pytest.approx(abs(shares[0] - shares[1]))


def test_without_the_package_its_metric_is_not_known(tmp_path: Path) -> None:
    """And the message has the names that are."""
    done = replay(tmp_path, "wordy", rows(), metrics=["number_share"])
    assert done.exit_code == 2
    assert "no metric is called 'number_share'" in " ".join(done.output.split())
