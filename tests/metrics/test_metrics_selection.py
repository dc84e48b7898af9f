"""Which metrics a list of names comes to, in which order, and with which versions."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import packages
from support.scripted import Scripted, asking

from rag_eval import config, metrics
from rag_eval.errors import ConfigError
from rag_eval.metrics import MetricSpec
from rag_eval.records import Answer, Case, Score

BEFORE = Path(__file__).parent / "metrics_before.json"
"""Order, versions, needs and traits of every metric, as they were before metrics were declared in one place."""
GROUP = "rag_eval.metrics"


def _names(specs: tuple[MetricSpec, ...], *, derived: bool) -> list[str]:
    return [spec.name for spec in specs if spec.derived == derived]


def test_declarations_say_what_runs_remember() -> None:
    """A run that was made before goes on: its metrics have the order, versions and traits that stand in its journal."""
    before = json.loads(BEFORE.read_text())
    specs = metrics.select(before["listed"], config.RefusalsConfig(phrases=("x y",)))
    assert _names(specs, derived=False) == before["order"]
    assert metrics.versions(specs) == before["versions"]
    assert [trait.model_dump(mode="json") for trait in metrics.traits(specs)] == before["traits"]
    assert {spec.name: [*spec.needs] for spec in specs if not spec.derived} == before["needs"]


def test_what_a_derived_metric_rests_on_is_measured() -> None:
    """At its place in the list, and each once."""
    specs = metrics.select(["latency", "overall", "faithfulness"])
    assert _names(specs, derived=False) == ["latency", "faithfulness", "context_recall", "refused"]
    assert _names(metrics.select(["abstention", "latency"]), derived=False) == ["refused", "latency"]


def test_refusals_are_looked_for_where_they_matter() -> None:
    """And not where every metric takes one for an answer like any other."""
    assert _names(metrics.select(["latency", "mrr"]), derived=False) == ["latency", "mrr"]
    assert _names(metrics.select(["mrr", "correctness"]), derived=False) == ["mrr", "correctness", "refused"]


def test_what_follows_is_there_by_itself() -> None:
    """Where all that it rests on is measured; whether an answer came is said of every run."""
    assert _names(metrics.select(["latency"]), derived=True) == ["answered"]
    both = ["faithfulness", "context_recall"]
    there = ["faithfulness_min", "abstention", "answered", "overall"]
    assert _names(metrics.select(both), derived=True) == there
    assert _names(metrics.select([*both, "overall", "answered"]), derived=True) == there


def test_reports_show_what_follows_from_one_metric_right_behind_it() -> None:
    """The rest of what is derived stands at the end."""
    rows = [trait.name for trait in metrics.traits(metrics.select(["latency", "faithfulness", "mrr"]))]
    assert rows == ["latency", "faithfulness", "faithfulness_min", "mrr", "refused", "abstention", "answered"]


def test_what_is_scored_for_a_gate() -> None:
    """A derived metric's inputs, and whether answers refuse where that settles one of them; other names stay."""
    specs = metrics.select(["faithfulness", "context_recall", "latency"])
    assert metrics.scored_for(specs, ["overall"]) == ["faithfulness", "context_recall", "refused"]
    assert metrics.scored_for(specs, ["latency", "cost"]) == ["latency", "cost"]
    assert metrics.scored_for(specs, ["answered"]) == []


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["latency", "faithfulness", "correctness"], "correctness"),
        (["latency", "faithfulness"], "faithfulness"),
        (["latency"], "latency"),
        ([], ""),
    ],
)
def test_the_metric_that_is_read_first(names: list[str], first: str) -> None:
    """Whether answers are right, else whether they are made up, else what the list begins with."""
    assert metrics.primary(names) == first


def test_latency_is_what_was_measured() -> None:
    """The score is the time of the answer in seconds; no judge is asked."""
    [latency] = metrics.connect(metrics.select(["latency"]), asking(Scripted({})))
    answer = Answer(response="At nine.", latency_s=1.25)
    assert asyncio.run(latency.score(Case(id="c", user_input="When?"), answer)) == Score(value=1.25)


@pytest.mark.slow
def test_declarations_are_read_without_ragas() -> None:
    """What a metric needs is known before anything heavy is imported."""
    code = (
        "import sys; from rag_eval import metrics; from rag_eval.plugins import METRICS\n"
        "specs = metrics.select([name.replace('@k', '@5') for name in METRICS.builtin])\n"
        "print(len(specs), [name for name in ('ragas', 'sklearn', 'langchain_core') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["20", "[]\n"]


_OFFER = """
from rag_eval.metrics.spec import MetricSpec
from rag_eval.records import Score

class Words:
    async def score(self, case, answer):
        return Score(value=float(len(answer.response.split())))

WORDS = MetricSpec("words", "1", ("response",), build=lambda _: Words(), bounded=False, unit="words")
TWICE = MetricSpec("twice", "1", inputs=("words",), compute=lambda o, c, r: Score(value=2 * o["words"].value))
THRICE = MetricSpec("thrice", "1", inputs=("twice",), compute=lambda o, c, r: o["twice"])

def words_at(name):
    return MetricSpec(name, "1", ("response",), build=lambda _: Words(), bounded=False)
"""


def _offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **parts: str) -> None:
    packages.install(
        tmp_path, monkeypatch, "wordy", _OFFER, {GROUP: {n.replace("_k", "@k"): p for n, p in parts.items()}}
    )


def test_a_metric_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is called by its name, as ours are, also one that is derived or has a number."""
    _offer(tmp_path, monkeypatch, words="wordy:WORDS", twice="wordy:TWICE", words_k="wordy:words_at")
    specs = metrics.select(["twice", "words@3"])
    assert _names(specs, derived=False) == ["words", "words@3"]
    assert _names(specs, derived=True) == ["answered", "twice"]
    assert "twice" not in _names(metrics.select(["words"]), derived=True)
    assert [spec.name for spec in metrics.derivable(specs, {"words": Score(value=2.0)})] == ["answered", "twice"]


@pytest.mark.parametrize(
    ("parts", "name", "message"),
    [
        ({"words": "wordy:Words"}, "words", "metric words: what is offered under this name is no MetricSpec"),
        ({"letters": "wordy:WORDS"}, "letters", "metric letters: the MetricSpec .* calls itself 'words'"),
        (
            {"thrice": "wordy:THRICE", "twice": "wordy:TWICE", "words": "wordy:WORDS"},
            "thrice",
            "metric thrice: rests on twice, which is itself derived",
        ),
    ],
)
def test_an_offer_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: dict[str, str], name: str, message: str
) -> None:
    """Is told before anything is measured."""
    _offer(tmp_path, monkeypatch, **parts)
    with pytest.raises(ConfigError, match=message):
        metrics.select([name])
