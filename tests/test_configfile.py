"""What an experiment file may say, and how a mistake in it is told."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import samples
from support.yaml_bomb import BOMB

from rag_eval import configfile
from rag_eval.config import Experiment
from rag_eval.errors import ConfigError

PLAIN = "name: strong\ndataset: questions.jsonl\ntarget: {kind: replay}\n"


def test_what_an_experiment_may_come_to() -> None:
    """An experiment whose aliases blow up, or whose keys are no texts, is refused at once, by the name of its file."""
    assert "strong.yaml: is not YAML: with its aliases written out it is longer" in _told(PLAIN + BOMB)
    assert "strong.yaml: is not YAML: a key is a text" in _told(PLAIN + "? [a]\n: b\n")


def _told(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        configfile.parse(text, "strong.yaml")
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PLAIN + "metricks: [latency]\n", "strong.yaml:4: metricks: no such key. Did you mean metrics?"),
        (PLAIN + "zzz: 1\n", "strong.yaml:4: zzz: no such key."),
        (PLAIN + "openai: {}\n", "strong.yaml:4: openai: no such key."),
        (PLAIN + "judge:\n  kind: embedded\n  openai: 1\n", "strong.yaml:6: judge.openai: no such key."),
        (PLAIN + "judge: {kind: embedded, concurency: 1}", "judge.concurency: no such key. Did you mean concurrency?"),
        (PLAIN + "mlflow:\n  url: x\n", "mlflow.url: no such key. There are: tracking_uri, experiment, enabled"),
        ("name: a\ndataset: {path: d, url: x}\ntarget: {kind: replay}", "strong.yaml:2: dataset.url: no such key."),
        (PLAIN + "load:\n  user: 5\n", "strong.yaml:5: load.user: no such key. Did you mean users?"),
        (PLAIN + "load:\n  slo: {p99: 1}\n", "strong.yaml:5: load.slo.p99: no such key. Did you mean p95?"),
        (
            PLAIN + "load:\n  endpoints:\n  - {name: e, url: u, wait: 3}\n",
            "strong.yaml:6: load.endpoints.0.wait: no such key. Did you mean weight?",
        ),
        (
            PLAIN + "load: {duration: soon}\n",
            "strong.yaml:4: load.duration: 'soon' is no time; it reads 90s, 2m or 1h30m",
        ),
        (PLAIN + "seed: soon\n", "strong.yaml:4: seed: Input should be a valid integer"),
        (PLAIN + "min_coverage: 95\n", "strong.yaml:4: min_coverage: Input should be less than or equal to 1"),
        (PLAIN + "min_coverage: .nan\n", "strong.yaml:4: min_coverage: Input should be a finite number"),
        (PLAIN + "metrics: []\n", "strong.yaml:4: metrics: Tuple should have at least 1 item"),
        (PLAIN + "metrics:\n  - latency\n  - 5\n", "strong.yaml:6: metrics.1: Input should be a valid string"),
        (PLAIN + "1: 2\n", "strong.yaml:4: 1: Keys should be strings"),
        ("name: a b\ndataset: d\ntarget: {kind: replay}", "strong.yaml:1: name: 'a b' cannot name a folder of a run"),
        ("name: 2026\ndataset: d\ntarget: {kind: replay}", "strong.yaml:1: name: Input should be a valid string"),
        ("name: a\ntarget: {kind: replay}\n", "strong.yaml: dataset: is missing"),
        ("name: a\ndataset: d\ntarget:\n  kind: http\n", "strong.yaml:3: target.url: is missing"),
        ("name: a\ndataset: d\ntarget: {url: x}\n", "strong.yaml:3: target.kind: is missing"),
        (
            "name: a\ndataset: d\ntarget: {kind: htp}\n",
            "strong.yaml:3: target.kind: there is no kind 'htp'. Did you mean http? There are: http, ",
        ),
        (
            "name: a\ndataset: d\ntarget:\n  kind: http\n  url: u\n  auth:\n    kind: bearer\n    token: t\n",
            "strong.yaml:8: target.auth.token: no such key. Did you mean token_env?",
        ),
        (
            "name: a\ndataset: d\ntarget:\n  kind: http\n  url: u\n  body:\n    when:\n    - 2026-01-01\n",
            "strong.yaml:8: target.body.when.0: input was not a valid JSON value",
        ),
    ],
)
def test_a_mistake_names_file_line_and_key(text: str, told: str) -> None:
    """And what was found there, or which key was meant."""
    assert told in _told(text)


def test_every_mistake_is_told_at_once() -> None:
    """A person need not start again for each."""
    told = _told("nam: a\ndataset: d\ntarget: {kind: replay}\nseed: x\n").splitlines()
    assert told == [
        "strong.yaml: name: is missing",
        "strong.yaml:4: seed: Input should be a valid integer, unable to parse string as an integer (found 'x')",
        "strong.yaml:1: nam: no such key. Did you mean name?",
    ]


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "12"])
def test_an_experiment_is_a_mapping(text: str) -> None:
    """Anything else is said not to be one."""
    assert _told(text).startswith("strong.yaml: an experiment is a mapping of keys, found ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["name: [", "a: b: c", "\tname: a", "name: 2026-13-45", "a: \x00", "[" * 3000, "--- 1\n--- 2"]
)
def test_what_is_not_yaml_is_said_not_to_be(text: str) -> None:
    """Whatever the parser makes of it, the file is named."""
    assert _told(text).startswith("strong.yaml: is not YAML: ")


def test_a_place_in_broken_yaml_is_told() -> None:
    """With its line."""
    assert "line 3" in _told("name: a\ndataset: d\ntarget: }\n")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """Whether it is missing, a folder, or not text; and how to make one is said."""
    strange = tmp_path / "strange.yaml"
    strange.write_bytes(b"name: \xff\xfe")
    for path in (tmp_path / "missing.yaml", tmp_path, strange):
        with pytest.raises(ConfigError, match="cannot be read") as raised:
            configfile.load(path)
        assert str(raised.value).startswith(str(path))
        assert "rag-eval init" in str(raised.value)


def test_flatten_has_a_dotted_key_for_each_setting() -> None:
    """Lists are joined, what is not set is left out, and what is empty stays."""
    said = samples.experiment(
        target={"kind": "http", "url": "u", "body": {"a": {"b": [1, 2]}}}, metrics=("mrr", "latency")
    )
    flat = configfile.flatten(said)
    assert flat["name"] == "strong"
    assert flat["dataset.path"] == "questions.jsonl"
    assert flat["target.body.a.b"] == "1, 2"
    assert flat["target.select.response"] == "answer"
    assert flat["target.headers"] == {}
    assert flat["metrics"] == "mrr, latency"
    assert "mlflow.tracking_uri" not in flat


@pytest.mark.slow
@given(
    st.recursive(
        samples.values,
        lambda inner: st.dictionaries(
            st.sampled_from([*Experiment.model_fields, "kind", "http", "auth"]), inner, max_size=6
        ),
    )
)
def test_whatever_a_file_says_is_read_or_refused(said: Any) -> None:
    """Nothing but an experiment or a `ConfigError` comes of a file, whatever YAML it holds."""
    with suppress(ConfigError):
        configfile.parse(yaml.safe_dump(said), "any.yaml")


def test_the_experiment_to_start_from_is_one(repository: Path) -> None:
    """The commented file that `init` writes can be run as it is, and so can what its comments offer."""
    path = repository / "rag_eval" / "cli" / "experiment.yaml"
    assert configfile.load(path).target.kind == "http"
    text = path.read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    offered = lines[lines.index("judge:", lines.index("judge:") + 1) : lines.index("metrics:")]
    assert configfile.parse(PLAIN + "\n".join(offered), "offered").judge.kind == "openai"


def test_every_experiment_in_the_repository_is_one(repository: Path) -> None:
    """Each is read without a complaint and is named as its file is."""
    found = sorted((repository / "experiments").glob("*.yaml"))
    assert found
    assert [configfile.load(path).name for path in found] == [path.stem for path in found]


def test_a_key_that_stands_twice_is_refused() -> None:
    """YAML would silently take the last; the message names key and line."""
    with pytest.raises(ConfigError, match=r"'seed' stands twice(.|\n)*line 4"):
        configfile.parse("name: a\ndataset: q.jsonl\nseed: 1\nseed: 2\ntarget: {kind: replay}\n", "e.yaml")
