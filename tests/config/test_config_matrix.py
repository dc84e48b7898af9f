"""What a matrix may say, what its variants are called, and how a mistake in it is told."""

from typing import Any

import pytest

from rag_eval import config, configfile
from rag_eval.config import matrix
from rag_eval.errors import ConfigError
from rag_eval.targets.http.config import HttpConfig

HTTP = "name: s\ndataset: d\ntarget: {kind: http, url: 'http://x', body: {query: q, opts: [{k: 1}, 2]}}\n"
REPLAY = "name: s\ndataset: d\ntarget: {kind: replay}\n"


def _variants(text: str, base: str = HTTP) -> tuple[config.Experiment, tuple[matrix.Variant, ...]]:
    experiment = configfile.parse(f"{base}matrix: {text}\n", "s.yaml")
    assert experiment.matrix is not None
    return experiment, experiment.matrix


def test_of_lists_all_combinations_and_listed_variants_as_they_are() -> None:
    """The last key changes fastest; written down and read again they are the same."""
    experiment, combined = _variants("{target.body.k: [1, 2], target.url: ['http://a', 'http://b']}")
    assert [list(variant.values()) for variant in combined] == [
        [1, "http://a"], [1, "http://b"], [2, "http://a"], [2, "http://b"],
    ]  # fmt: skip
    assert matrix.labels(combined)[0] == "k=1, url=a"
    assert configfile.parse(configfile.dump(experiment), "again") == experiment
    _, listed = _variants("[{name: as before, target.body.k: 1}, {target.body.k: 2}, {}]")
    assert matrix.labels(listed) == ["as before", "k=2", "as it is"]
    assert matrix.settings(listed[0]) == {"target.body.k": 1}


@pytest.mark.parametrize(
    ("key", "value", "body"),
    [
        ("target.body.k", 3, {"query": "q", "opts": [{"k": 1}, 2], "k": 3}),
        ('target.body."top.k"', 3, {"query": "q", "opts": [{"k": 1}, 2], "top.k": 3}),
        ("target.body.opts.0.k", 3, {"query": "q", "opts": [{"k": 3}, 2]}),
        ("target.body.a.b", None, {"query": "q", "opts": [{"k": 1}, 2], "a": {"b": None}}),
        ("target.body", "text", "text"),
    ],
)
def test_a_setting_is_put_where_its_path_leads(key: str, value: Any, body: Any) -> None:
    """Also under a key with dots of its own, into a list, and where nothing stood; everything else stays."""
    experiment, _ = _variants("{target.timeout: [1, 2]}")
    revised = configfile.revised(experiment, {key: value}, "here")
    assert isinstance(revised.target, HttpConfig)
    assert revised.target.body == body
    assert revised.target.url == "http://x"
    assert revised.model_fields_set == experiment.model_fields_set


def test_what_the_file_leaves_out_keeps_its_default() -> None:
    """A body that nobody wrote still asks the question."""
    experiment = configfile.parse("name: s\ndataset: d\ntarget: {kind: http, url: 'http://x'}\n", "s.yaml")
    revised = configfile.revised(experiment, {"target.body.k": 3}, "here")
    assert isinstance(revised.target, HttpConfig)
    assert revised.target.body == {"query": "{{ user_input }}", "k": 3}
    assert "metrics" not in revised.model_fields_set


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3", "s.yaml:4: matrix: reads `target.body.top_k: [3, 5, 8]`, or is a list of variants"),
        ("{target.body.k: 3}", "target.body.k: takes a list of values"),
        ("{target.body.k: []}", "target.body.k: takes a list of values"),
        ("{target.body.k: [3]}", "has 1 variant; it takes two"),
        ("[]", "has 0 variants; it takes two"),
        ("{target.body.k: [3, 3]}", "two variants have the settings"),
        ("[{name: a}, {name: a, target.url: b}]", "two variants are called a"),
        ("[{name: 3}, {target.url: b}]", "name: 3 is no text"),
        ("[3, 4]", "a listed variant is a mapping"),
        (f"{{target.body.a: {list(range(11))}, target.body.b: {list(range(10))}}}", "makes 110 variants, at most 100"),
        ("{judge.model: [a, b]}", "may not vary judge: scores of one variant and another would not compare"),
        ("{metrics: [[latency], [mrr]]}", "may not vary metrics: scores of one variant"),
        ("{dataset.path: [a, b]}", "may not vary dataset: scores of one variant"),
        ("{gates: [[], []]}", "may not vary gates: it changes no answer"),
        ("{seed: [1, 2]}", "may not vary seed: every variant has the same"),
        ("{name: [a, b]}", "may not vary name: a matrix varies the system under test"),
        ("{target..k: [1, 2]}", "target..k: is no dotted key; a part with dots stands in quotes"),
        ("{target.kind: [http, replay]}", "another kind has other settings; give all of them"),
        ("{target.body.d: [2026-01-01, 4]}", "not a valid JSON value"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_to_write_instead(text: str, told: str) -> None:
    """By file, line and key."""
    with pytest.raises(ConfigError) as raised:
        _variants(text)
    assert told in str(raised.value)
    assert str(raised.value).startswith("s.yaml:")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("target.timout", 3, "here: target.timout: no such key. Did you mean timeout?"),
        ("target.timeout", "soon", "here: target.timeout: Input should be a valid number"),
        ("target.body.query.k", 3, "here: target.body.query.k: there is no 'k' in 'q'"),
        ("target.body.opts.7", 3, "here: target.body.opts.7: there is no '7' in a list of 2"),
        ("target.headers.Authorization", "x", "Authorization holds a secret"),
        ("target.url", "http://u:pw@h", "a password stands in the URL"),
    ],
)
def test_a_variant_that_cannot_be_is_told(key: str, value: Any, told: str) -> None:
    """With the sentence that the same mistake in the file has."""
    experiment, _ = _variants("{target.timeout: [1, 2]}")
    with pytest.raises(ConfigError) as raised:
        configfile.revised(experiment, {key: value}, "here")
    assert told in str(raised.value)


def test_names_are_short_and_unlike() -> None:
    """Labels say as much of a path as tells it from others; runs are named by letters that a folder can have."""
    _, both = _variants("{target.body.k: [1, 2], target.query.k: [a, b]}")
    assert matrix.labels(both)[0] == "body.k=1, query.k=a"
    _, long = _variants(f"{{target.url: ['https://h/{'x' * 90}1', 'https://h/{'x' * 90}2']}}")
    labels = matrix.labels(long)
    assert labels[0] != labels[1]
    names = matrix.run_names("n" * 100, [*labels, "Ä/ö", "??", "!!"])
    assert len({*names}) == 5
    assert all(len(name) <= 100 for name in names)
    for name in names:
        configfile.parse(HTTP.replace("name: s", f"name: {name}"), "x")
    assert matrix.run_names("s", ["top_k=3, rerank=true"]) == ["s-top_k-3-rerank-true"]


def test_whole_targets_may_be_listed() -> None:
    """For versions that are of another kind."""
    experiment, listed = _variants("{target: [{kind: replay, path: a}, {kind: http, url: 'http://b'}]}", REPLAY)
    kinds = [configfile.revised(experiment, matrix.settings(variant), "x").target.kind for variant in listed]
    assert kinds == ["replay", "http"]
