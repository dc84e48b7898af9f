"""What is planned: which hosts, which endpoints, which times, and that no secret is written down."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.errors import ConfigError, DataError, UsageError
from rag_eval.loadtest import plan as plans
from rag_eval.records import Case

_CASES = [Case(id=f"c{n}", user_input=f"What is the toll of bridge {n}?") for n in range(3)]


def make(folder: Path, url: str = "http://127.0.0.1:1/q", **said: Any) -> plans.LoadPlan:
    """A plan for a target at a URL."""
    load = said.pop("load", {})
    experiment = config.Experiment.model_validate(
        {"name": "t", "dataset": "d", "target": {"kind": "http", "url": url, **said}, "load": load}
    )
    return plans.make("key", experiment, _CASES, folder, respect_limits=True)


def test_written_and_read(tmp_path: Path) -> None:
    """Whoever makes the load reads what was planned."""
    made = make(tmp_path)
    assert plans.read(tmp_path) == (made, _CASES)
    assert len(made.fingerprint) == 64
    other = tmp_path / "other"
    other.mkdir()
    assert make(other).fingerprint == made.fingerprint
    assert make(other, load={"users": 5, "shape": "burst"}).fingerprint == made.fingerprint, "the leader says how"
    assert make(other, body={"q": "{{ id }}"}).fingerprint != made.fingerprint


@pytest.mark.parametrize("url", ["http://127.0.0.1/q", "http://localhost:8/q", "http://[::1]:8/q", "http://127.8.9.1/"])
def test_this_machine_may_be_loaded(tmp_path: Path, url: str) -> None:
    """Without asking."""
    make(tmp_path, url)


@pytest.mark.parametrize(
    ("url", "load", "auth"),
    [
        ("https://rag.example.com/q", {}, {}),
        ("https://127.0.0.1.example.com/q", {}, {}),
        ("http://127.0.0.1/q", {"endpoints": [{"name": "e", "url": "https://rag.example.com/e"}]}, {}),
        (
            "http://127.0.0.1/q",
            {},
            {"kind": "login", "url": "https://rag.example.com/l", "username_env": "U", "password_env": "P"},
        ),
    ],
)
def test_other_hosts_must_be_allowed(
    tmp_path: Path, url: str, load: dict[str, Any], auth: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they stand in an experiment; by its section `load`, or by the environment."""
    more = {"auth": auth} if auth else {}
    with pytest.raises(UsageError, match=r"example\.com may not be loaded"):
        make(tmp_path, url, load=load, **more)
    host = "127.0.0.1.example.com" if "127.0.0.1.ex" in url else "rag.example.com"
    make(tmp_path, url, load={**load, "hosts": [host]}, **more)
    monkeypatch.setenv("RAG_EVAL_LOAD_HOSTS", f"other.example.com, {host}")
    make(tmp_path, url, load=load, **more)


@pytest.mark.parametrize(
    "url",
    [
        "http://{{ id }}.example.com/q",
        "{# #}http://evil.example.com/q",
        "{% if true %}http://evil.example.com{% endif %}/q",
        "http:/{{ '' }}/evil.example.com/",
        "https:{% raw %}{% endraw %}//evil.example.com/x",
        "//evil.example.com/q",
        "evil.example.com/q",
        "ftp://127.0.0.1/q",
        "http:///q",
        "",
    ],
)
def test_a_host_that_is_not_plain_to_see_is_refused(tmp_path: Path, url: str) -> None:
    """Nobody can allow what is not known."""
    with pytest.raises((ConfigError, UsageError)):
        make(tmp_path, url)
    with pytest.raises((ConfigError, UsageError)):
        make(tmp_path, load={"endpoints": [{"name": "e", "url": url}]})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1@evil.example.com/q", "http://evil.example.com./q", "http://0.0.0.0/q"]
)
def test_what_only_looks_like_this_machine(tmp_path: Path, url: str) -> None:
    """Is another host."""
    with pytest.raises(UsageError, match="may not be loaded"):
        make(tmp_path, url)


def test_only_live_services_are_loaded(tmp_path: Path) -> None:
    """Captured answers cannot be slow."""
    said = config.Experiment.model_validate({"name": "t", "dataset": "d", "target": {"kind": "replay"}})
    with pytest.raises(ConfigError, match="needs `kind: http`"):
        plans.make("key", said, _CASES, tmp_path, respect_limits=True)


def test_no_secret_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan names variables; their values are looked up by who sends them."""
    monkeypatch.setenv("SECRET", "canary-password-1")
    make(
        tmp_path,
        headers={"X-Api-Key": "${SECRET}"},
        auth={"kind": "bearer", "token_env": "SECRET"},
    )
    for file in tmp_path.iterdir():
        assert "canary" not in file.read_text()


def test_endpoints_take_over_what_they_do_not_say(tmp_path: Path) -> None:
    """The target's headers and body, with their own URL; those of weight 0 are not asked."""
    more = [
        {"name": "enhanced", "url": "http://127.0.0.1:1/e"},
        {
            "name": "upload", "url": "http://127.0.0.1:1/u", "send": "multipart", "body": {}, "files": {"file": "a.md"},
            "answers": False, "weight": 2,
        },
        {"name": "never", "url": "http://127.0.0.1:1/n", "weight": 0},
    ]  # fmt: skip
    found = {
        part.name: part
        for part in plans.parts(make(tmp_path, body={"q": "{{ user_input }}"}, load={"endpoints": more}))
    }
    assert {name: part.weight for name, part in found.items()} == {"query": 3, "enhanced": 1, "upload": 2}
    assert found["enhanced"].target.body == {"q": "{{ user_input }}"}
    assert (found["upload"].target.send, found["upload"].answers) == ("multipart", False)


def test_endpoints_say_what_is_theirs(tmp_path: Path) -> None:
    """Other headers beside the target's, another place of the answer, and no stream although the target has one."""
    stream = {"kind": "sse", "delta": "delta"}
    endpoint = {
        "name": "whole", "url": "http://127.0.0.1:1/w", "headers": {"X-B": "b"}, "stream": "none",
        "select": {"response": "text"},
    }  # fmt: skip
    plan = make(tmp_path, headers={"X-A": "a"}, stream=stream, load={"endpoints": [endpoint]})
    own, other = plans.parts(plans.read(tmp_path)[0])
    assert plan.target.stream is not None
    assert (own.target.stream, other.target.stream) == (plan.target.stream, None)
    assert other.target.headers == {"X-A": "a", "X-B": "b"}
    assert (own.target.select.response, other.target.select.response) == ("answer", "text")


def test_captured_times_begin_when_all_are_there(tmp_path: Path) -> None:
    """And the test ends soon after the last one."""
    lines = [{"question": "Q?", "answer": "A.", "timestamp": f"2026-01-01T00:00:{second:02}Z"} for second in (0, 7)]
    traces = tmp_path / "traces.jsonl"
    traces.write_text("\n".join(map(json.dumps, lines)))
    said = {"shape": "replay", "arrivals": str(traces), "duration": 100, "ramp_up": 3}
    assert plans.end(make(tmp_path, load=said)) == 10.5
    assert plans.end(make(tmp_path, load={**said, "duration": 5})) == pytest.approx(3.5)


def test_captured_times(tmp_path: Path) -> None:
    """Counted from the first, as fast as was asked for, until the test ends."""
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": f"2026-01-01T00:00:{second:02}Z"}
        for n, second in enumerate([10, 12, 12, 40])
    ]
    traces = tmp_path / "traces.jsonl"
    traces.write_text("\n".join(map(json.dumps, lines)))
    said = {"shape": "replay", "arrivals": str(traces), "duration": 20}
    assert make(tmp_path, load=said).arrivals == (0.0, 2.0, 2.0)
    assert make(tmp_path, load={**said, "speed": 2}).arrivals == (0.0, 1.0, 1.0, 15.0)
    traces.write_text(json.dumps({"trace_id": "t", "question": "Q?", "answer": "A."}))
    with pytest.raises(DataError, match=r"no question in .* has a time"):
        make(tmp_path, load=said)
