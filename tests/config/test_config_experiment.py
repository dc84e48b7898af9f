"""An experiment as a model: frozen, with metrics that are known, and the same after it was written and read."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import samples

from rag_eval import config, configfile
from rag_eval.config import Experiment
from rag_eval.config.sensitive import is_secret, looks_secret
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
        headers=st.dictionaries(
            _words.filter(lambda name: not is_secret(name)), _words.filter(lambda v: not looks_secret(v)), max_size=3
        ),
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


@pytest.mark.slow
@given(_experiments)
@example(samples.experiment(dataset="one\x85two\u2028three\u2029four"))
def test_an_experiment_survives_its_own_yaml(said: Experiment) -> None:
    """What is written into a run's folder is read back as the same experiment."""
    assert configfile.parse(configfile.dump(said), "again") == said


@given(_experiments)
def test_any_experiment_can_be_flattened(said: Experiment) -> None:
    """Each value that is a text or a number is under a key of its own."""
    flat = configfile.flatten(said)
    assert flat["name"] == said.name
    assert flat["judge.concurrency"] == said.judge.concurrency
    assert not any(isinstance(value, list) for value in flat.values())


def test_an_experiment_is_frozen() -> None:
    """What runs is what was read."""
    with pytest.raises(ValidationError, match="frozen"):
        samples.experiment().seed = 1
