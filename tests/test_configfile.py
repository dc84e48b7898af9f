"""What an experiment file may say, and how a mistake in it is told."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support import samples

from rag_eval import config, configfile
from rag_eval.config import Experiment
from rag_eval.errors import ConfigError
from rag_eval.judges.kinds.custom import CustomJudgeConfig
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, PricesConfig
from rag_eval.plugins import METRICS
from rag_eval.targets.custom import CustomTargetConfig
from rag_eval.targets.http.auth.bearer import BearerConfig
from rag_eval.targets.http.auth.login import LoginConfig
from rag_eval.targets.http.auth.none import NoAuthConfig
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.replay.config import ReplayConfig

PLAIN = "name: strong\ndataset: questions.jsonl\ntarget: {kind: replay}\n"


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
        (PLAIN + "mlflow:\n  url: x\n", "strong.yaml:5: mlflow.url: no such key."),
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
        ("name: a\ndataset: d\ntarget: {kind: htp}\n", "strong.yaml:3: target: Input tag 'htp' found"),
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


@pytest.mark.parametrize(
    "text", ["name: [", "a: b: c", "\tname: a", "name: 2026-13-45", "a: \x00", "[" * 3000, "--- 1\n--- 2"]
)
def test_what_is_not_yaml_is_said_not_to_be(text: str) -> None:
    """Whatever the parser makes of it, the file is named."""
    assert _told(text).startswith("strong.yaml: is not YAML: ")


def test_a_place_in_broken_yaml_is_told() -> None:
    """With its line."""
    assert "line 3" in _told("name: a\ndataset: d\ntarget: }\n")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("faithfullness", "no metric is called 'faithfullness'. Did you mean faithfulness?"),
        ("ncdg@5", "no metric is called 'ncdg@5'. Did you mean ndcg@k?"),
        ("hit@0", "no metric is called 'hit@0'"),
        ("hit@k", "no metric is called 'hit@k'"),
        ("hit@", "no metric is called 'hit@'"),
        ("hit", "no metric is called 'hit'"),
        ("hit@05", "no metric is called 'hit@05'"),
        ("mrr@5", "no metric is called 'mrr@5'"),
        ("zzz", "There are: correctness, faithfulness, "),
    ],
)
def test_an_unknown_metric_is_named(name: str, told: str) -> None:
    """With the one that was probably meant, and all there are."""
    assert told in _told(PLAIN + f"metrics: [latency, '{name}']\n")
    assert "strong.yaml:4: metrics: " in _told(PLAIN + f"metrics: [latency, '{name}']\n")


def test_a_metric_stands_once() -> None:
    """The one that stands twice is named; another k makes another metric."""
    assert "strong.yaml:4: metrics: hit@5 stands twice in the list" in _told(PLAIN + "metrics: [hit@5, mrr, hit@5]\n")
    assert samples.experiment(metrics=("hit@5", "hit@10")).metrics == ("hit@5", "hit@10")


@pytest.mark.parametrize("name", [m.replace("@k", "@3") for m in METRICS.builtin] + ["package.module:name", "hit@100"])
def test_a_known_metric_is_accepted(name: str) -> None:
    """Every name that is listed, with a number in place of k, and one's own."""
    assert samples.experiment(metrics=(name,)).metrics == (name,)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """Whether it is missing, a folder, or not text; and how to make one is said."""
    strange = tmp_path / "strange.yaml"
    strange.write_bytes(b"name: \xff\xfe")
    for path in (tmp_path / "missing.yaml", tmp_path, strange):
        with pytest.raises(ConfigError, match="cannot be read") as raised:
            configfile.load(path)
        assert str(raised.value).startswith(str(path))
        assert "rag-eval init" in str(raised.value)


def test_a_bare_string_is_the_path_of_a_dataset() -> None:
    """The short way and the long way mean the same."""
    assert samples.experiment() == samples.experiment(dataset={"path": "questions.jsonl"})


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("http://${HOST}:${PORT}/", {"HOST": "h", "PORT": "1"}, "http://h:1/"),
        ("${A:-d}", {"A": "x"}, "x"),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-}", {}, ""),
        ("${A:-http://h:1/p?q=$r}", {}, "http://h:1/p?q=$r"),
        ("${A}", {"A": ""}, ""),
        ("${A}", {"A": "${B}", "B": "x"}, "${B}"),
        ("$A {A} ${1A} {{ user_input }}", {"A": "x"}, "$A {A} ${1A} {{ user_input }}"),
    ],
)
def test_a_variable_is_replaced(text: str, environ: Mapping[str, str], expected: str) -> None:
    """By its value, else by its default, once; what is no variable stays as it is."""
    assert config.expand(text, environ) == expected


def test_an_unset_variable_is_named() -> None:
    """With the place that wants it, and what to do."""
    with pytest.raises(
        ConfigError, match=r"target\.url: environment variable RAG_URL is not set. Do: export RAG_URL=…"
    ):
        config.expand("${RAG_URL}/query", {}, where="target.url")


def test_the_environment_is_the_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another is given."""
    monkeypatch.setenv("RAG_URL", "http://h")
    assert config.expand("${RAG_URL}") == "http://h"
    assert config.secret("RAG_URL", where="w") == "http://h"


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}])
def test_a_secret_must_be_there(environ: Mapping[str, str]) -> None:
    """An empty one is none."""
    with pytest.raises(ConfigError, match=r"^target\.auth\.token_env: environment variable TOKEN is not set"):
        config.secret("TOKEN", environ, where="target.auth.token_env")


def test_no_secret_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes into a run's folder or into MLflow holds the variable's name and not its value."""
    names = ("RAG_TOKEN", "RAG_PASSWORD", "RAG_USER", "RAG_HOST", "RAG_KEY", "RAG_STORE")
    for name in names:
        monkeypatch.setenv(name, f"value-of-{name}")
    said = samples.experiment(
        dataset="${RAG_HOST}/questions.jsonl",
        target={
            "kind": "http",
            "url": "http://${RAG_USER}:${RAG_PASSWORD}@${RAG_HOST}/query",
            "headers": {"X-Key": "${RAG_KEY}"},
            "body": {"query": "{{ user_input }}", "deep": [{"key": "${RAG_KEY}"}]},
            "auth": {"kind": "bearer", "token_env": "RAG_TOKEN"},
        },
        judge={"kind": "openai", "model": "m", "base_url": "http://${RAG_HOST}/v1", "api_key_env": "RAG_KEY"},
        mlflow={"tracking_uri": "http://u:${RAG_PASSWORD}@${RAG_STORE}"},
    )
    for written in (configfile.dump(said), str(configfile.flatten(said))):
        assert "value-of" not in written
        assert all(name in written for name in names)


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


_words = st.text(max_size=12)
_few = st.integers(1, 99)
_times = st.floats(min_value=1e-3, max_value=1e6)
_maybe = st.none() | _words
_auth: st.SearchStrategy[Any] = st.one_of(
    st.just(NoAuthConfig()),
    st.builds(BearerConfig, kind=st.just("bearer"), token_env=_words),
    st.builds(LoginConfig, kind=st.just("login"), url=_words, username_env=_words, password_env=_words, token=_words),
)
_targets: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        HttpConfig,
        kind=st.just("http"),
        url=_words,
        method=st.sampled_from(["GET", "POST", "PUT"]),
        headers=st.dictionaries(_words, _words, max_size=3),
        body=samples.values,
        select=st.builds(config.SelectConfig, response=_words, retrieved_contexts=_maybe, retrieved_context_ids=_maybe),
        auth=_auth,
        timeout=_times,
        retries=st.integers(0, 9),
        concurrency=_few,
    ),
    st.builds(
        ReplayConfig,
        kind=st.just("replay"),
        path=_maybe,
        fields=st.dictionaries(_words, _words, max_size=3),
        match=st.sampled_from(["auto", "id", "question"]),
        concurrency=_few,
    ),
    st.builds(CustomTargetConfig, kind=st.just("custom"), use=_words, options=samples.details, concurrency=_few),
)
_prices = st.floats(min_value=0, max_value=1e3)
_judges: st.SearchStrategy[Any] = st.one_of(
    st.builds(EmbeddedJudgeConfig, kind=st.just("embedded"), concurrency=_few),
    st.builds(
        OpenAIJudgeConfig,
        kind=st.just("openai"),
        model=_words,
        base_url=_maybe,
        api_key_env=_words,
        temperature=st.none() | _prices,
        max_tokens=st.integers(16, 9999),
        embedding_model=_maybe,
        timeout=_times,
        retries=st.integers(0, 9),
        concurrency=_few,
        method=st.sampled_from(["auto", "json_schema", "function_calling", "json_mode"]),
        prices=st.none() | st.builds(PricesConfig, prompt=_prices, completion=_prices),
    ),
    st.builds(CustomJudgeConfig, kind=st.just("custom"), use=_words, options=samples.details, concurrency=_few),
)
_metrics = st.sampled_from([*METRICS.builtin, "mine:own"]).flatmap(
    lambda name: _few.map(lambda k: name.replace("@k", f"@{k}"))
)
_experiments = st.builds(
    Experiment,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True),
    dataset=st.builds(
        config.DatasetConfig,
        path=_words,
        split=_maybe,
        fields=st.dictionaries(_words, _words, max_size=3),
        corpus=_maybe,
    ),
    target=_targets,
    judge=_judges,
    metrics=st.lists(_metrics, min_size=1, max_size=5, unique=True).map(tuple),
    min_coverage=st.floats(0, 1),
    seed=st.integers(-(2**70), 2**70),
    runs=_words,
    mlflow=st.builds(config.MlflowConfig, tracking_uri=_maybe, experiment=_maybe, enabled=st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(_experiments)
@example(samples.experiment(dataset="one\x85two\u2028three\u2029four"))
def test_an_experiment_survives_its_own_yaml(said: Experiment) -> None:
    """What is written into a run's folder is read back as the same experiment."""
    assert configfile.parse(configfile.dump(said), "again") == said


@settings(max_examples=50, deadline=None)
@given(_experiments)
def test_any_experiment_can_be_flattened(said: Experiment) -> None:
    """Each value that is a text or a number is under a key of its own."""
    flat = configfile.flatten(said)
    assert flat["name"] == said.name
    assert flat["judge.concurrency"] == said.judge.concurrency
    assert not any(isinstance(value, list) for value in flat.values())


@settings(max_examples=100, deadline=None)
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


def test_an_experiment_is_frozen() -> None:
    """What runs is what was read."""
    with pytest.raises(ValidationError, match="frozen"):
        samples.experiment().seed = 1


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("{kind: http, url: 'http://me:hunter22@host/'}", "target.url: a password stands in the URL"),
        (
            "{kind: http, url: 'http://host/', headers: {Authorization: Bearer abc}}",
            "target.headers: Authorization holds",
        ),
        ("{kind: http, url: 'http://host/', headers: {X-Api-Key: abc}}", "target.headers: X-Api-Key holds a secret"),
    ],
)
def test_a_secret_that_is_written_out_is_refused(target: str, named: str) -> None:
    """It would be copied into run folders and into MLflow; the message says to name it instead."""
    with pytest.raises(ConfigError, match=r"write \$\{NAME\}") as caught:
        configfile.parse(f"name: a\ndataset: q.jsonl\ntarget: {target}\n", "e.yaml")
    assert named in str(caught.value)


def test_a_secret_by_name_is_taken() -> None:
    """A variable in a header or in a URL is what was asked for."""
    target = "{kind: http, url: 'http://me:${P}@host/', headers: {Authorization: 'Bearer ${T}'}}"
    assert configfile.parse(f"name: a\ndataset: q.jsonl\ntarget: {target}\n", "e.yaml").target.kind == "http"


def test_a_key_that_stands_twice_is_refused() -> None:
    """YAML would silently take the last; the message names key and line."""
    with pytest.raises(ConfigError, match=r"'seed' stands twice(.|\n)*line 4"):
        configfile.parse("name: a\ndataset: q.jsonl\nseed: 1\nseed: 2\ntarget: {kind: replay}\n", "e.yaml")
