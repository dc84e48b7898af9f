"""Environment variables in settings: put in where they are used, and never written down."""

from collections.abc import Mapping

import pytest
from support import samples

from rag_eval import config, configfile
from rag_eval.errors import ConfigError


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
