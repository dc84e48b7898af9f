"""Secrets are known where they stand in an experiment, by what they are called and by what they look like."""

import pytest
from pydantic import ValidationError
from support.asking import http

from rag_eval import config
from rag_eval.config.load import EndpointConfig
from rag_eval.judges.openai.settings import OpenAIJudgeConfig

_KEY = "aB3dE5gH7jK9mN1pQ3sT5vX7"
_URL = "http://127.0.0.1:9/ask"


@pytest.mark.parametrize(
    "name",
    [
        "key", "sig", "X-Auth", "X-Auth-Token", "passwd", "password", "apiKey", "API_KEY", "X-Api-Key", "X-Key",
        "Ocp-Apim-Subscription-Key", "x-functions-key", "Cookie", "Authorization", "client_secret", "access_token",
        "signature", "jwt",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    """A header or a parameter of such a name holds one: written out it is refused wherever it stands."""
    assert config.is_secret(name)
    for said in ({"headers": {name: "abc"}}, {"query": {name: "abc"}}):
        with pytest.raises(ValidationError, match=r"write \$\{NAME\}"):
            http(_URL, **said)
    with pytest.raises(ValidationError, match=r"write \$\{NAME\}"):
        http(f"{_URL}?{name}=abc")
    http(_URL, headers={name: "${RAG_KEY}"}, query={name: "{{ id }}"})


@pytest.mark.parametrize(
    "name", ["sort_key", "partition_key", "max_tokens", "tokenizer", "author", "secretary", "keyword", "design", "code"]
)
def test_names_of_other_things(name: str) -> None:
    """Names that only hold such a word are none."""
    assert not config.is_secret(name)
    http(f"{_URL}?{name}=abc", headers={name: "abc"}, body={name: "abc"})


@pytest.mark.parametrize("name", ["password", "api_key", "apiKey", "access_token"])
def test_names_inside_a_body(name: str) -> None:
    """At any depth; `key` alone, by which filters are written, is none there."""
    with pytest.raises(ValidationError, match=f"{name} holds a secret"):
        http(_URL, body={"query": "{{ user_input }}", "with": [{name: "abc"}]})
    http(_URL, body={"filter": [{"key": "lang", "value": "en"}], name: None, "max_tokens": 5})


@pytest.mark.parametrize(
    "value",
    [
        _KEY, f"Bearer {_KEY.lower()}", "sk-proj-abcdef0123456789", "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.dozjgNryP4J", "-----BEGIN RSA PRIVATE KEY-----",
        "wJalrXUtnFEMIKK7MDENGbPxRfiCYEXAMPLEKEY",
    ],
)  # fmt: skip
def test_what_a_secret_looks_like(value: str) -> None:
    """Whatever it is called, wherever it stands: headers, query, body, addresses, endpoints of a load test."""
    for said in ({"headers": {"X-Team": value}}, {"query": {"team": value}}, {"body": {"team": [value]}}):
        with pytest.raises(ValidationError, match=r"write \$\{NAME\}"):
            http(_URL, **said)
    with pytest.raises(ValidationError, match=r"write \$\{NAME\}"):
        EndpointConfig(name="e", url=_URL, body={"team": value})
    if value.isalnum():
        for make in (
            http,
            lambda url: OpenAIJudgeConfig(kind="openai", model="m", base_url=url),
            lambda url: config.MlflowConfig(tracking_uri=url),
        ):
            for url in (f"{_URL}?team={value}", f"http://{value}@127.0.0.1:9/", f"{_URL}/{value}"):
                with pytest.raises(ValidationError, match=r"write \$\{NAME\}"):
                    make(url)


@pytest.mark.parametrize(
    "value",
    [
        "gpt-4o-2024-08-06", "550e8400-e29b-41d4-a716-446655440000", "harbour-v3-2024-11-Index", "{{ user_input }}",
        "You are a helpful assistant.", "docs/Harbour/2024/FerryTimes.pdf", "sentence-transformers/all-MiniLM-L6-v2",
        "meta-llama/Llama-3.1-8B-Instruct-Turbo", "application/json", "Donaudampfschifffahrtsgesellschaftskapitän",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)  # fmt: skip
def test_what_looks_like_none(value: str) -> None:
    """Names of models, ids, paths, prompts and digests are no secrets."""
    assert not config.looks_secret(value)
    http(_URL, headers={"X-Team": "a"}, query={"team": value}, body={"team": value})
