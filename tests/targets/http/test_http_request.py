"""A case as a request: every part a template, sent in every form; on real sockets."""

from pathlib import Path
from typing import Any

import pytest
from support.asking import CASE, ask_case, echo, http, refused, serving

from rag_eval.errors import ConfigError
from rag_eval.targets.http.target import HttpTarget


def test_url_query_and_headers_are_templates_too() -> None:
    """Fields of the case in every part; what an environment variable holds is never read as a template."""
    app, came = echo()
    with serving(app) as url:
        said = http(
            f"{url}/{{{{ metadata.lang }}}}/ask",
            headers={"X-Case": "{{ id }}", "X-Key": "${RAG_BRACES}"},
            query={"q": "{{ user_input }}", "k": "3"},
            method="GET",
            body=None,
        )
        ask_case(said)
    (request,) = came
    assert (request["method"], request["path"]) == ("GET", "en/ask")
    assert request["query"] == {"q": CASE.user_input, "k": "3"}
    assert (request["headers"]["x-case"], request["headers"]["x-key"]) == ("c 1", "{{ not_a_template }}-0123456789")


@pytest.mark.parametrize(
    ("said", "kind", "held"),
    [
        ({"send": "form"}, "application/x-www-form-urlencoded", "query=When+does"),
        ({"send": "multipart"}, "multipart/form-data", 'name="query"\r\n\r\nWhen does'),
        ({"send": "text", "body": "Q: {{ user_input }}"}, "", "Q: When does"),
        ({"body": {"q": ["{{ user_input }}", 3]}}, "application/json", '"When does the ferry leave?"'),
    ],
)
def test_bodies_of_every_kind(said: dict[str, Any], kind: str, held: str) -> None:
    """JSON, form, multipart, plain text."""
    app, came = echo()
    with serving(app) as url:
        ask_case(http(url, **said))
    assert came[0]["headers"].get("content-type", "").startswith(kind)
    assert held in came[0]["body"]


def test_files_go_in_a_multipart_body(tmp_path: Path) -> None:
    """By a path that may be a template; one that is not there is a failure with its name."""
    (tmp_path / "en.txt").write_text("of the file")
    app, came = echo()
    with serving(app) as url:
        said = http(url, send="multipart", files={"doc": f"{tmp_path}/{{{{ metadata.lang }}}}.txt"})
        ask_case(said)
        gone = refused(said.model_copy(update={"files": {"doc": "/nowhere.txt"}}))
    assert 'filename="en.txt"' in came[0]["body"]
    assert "of the file" in came[0]["body"]
    assert (gone.reason, "/nowhere.txt" in str(gone)) == ("bad_template", True)


@pytest.mark.parametrize(
    ("path", "value", "sent"),
    [
        ("docs/{{ metadata.path }}", "a.txt", True),
        ("docs/{{ metadata.path }}", "sub/../a.txt", True),
        ("docs/{{ metadata.path }}", "../secret.txt", False),
        ("docs/{{ metadata.path }}", "link.txt", False),
        ("{{ metadata.path }}", "docs/a.txt", True),
        ("{{ metadata.path }}", "../outside.txt", False),
        ("{{ metadata.path }}", "{here}/../outside.txt", False),
        ("/{{ metadata.path }}", "{here}/../outside.txt", True),
        ("{here}/docs/{{ metadata.path }}", "a.txt", True),
        ("${RAG_FOLDER}/{{ metadata.path }}", "a.txt", True),
        ("${RAG_FOLDER}/{{ metadata.path }}", "../secret.txt", False),
        ("docs/{% if true %}../{% endif %}secret.txt", "", False),
        ("../outside.txt", "", True),
    ],
)
def test_a_case_sends_no_file_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, value: str, *, sent: bool
) -> None:
    """What a case says of a file stays in the folder that the experiment names before it, links looked through."""
    here = tmp_path / "here"
    (here / "docs" / "sub").mkdir(parents=True)
    for name in ("outside.txt", "here/secret.txt", "here/docs/a.txt"):
        (tmp_path / name).write_text("of the file")
    (here / "docs" / "link.txt").symlink_to(here / "secret.txt")
    monkeypatch.chdir(here)
    monkeypatch.setenv("RAG_FOLDER", "docs")
    case = CASE.model_copy(update={"metadata": {"path": value.replace("{here}", str(here))}})
    app, came = echo()
    with serving(app) as url:
        said = http(url, send="multipart", files={"doc": path.replace("{here}", str(here))}, body={})
        if sent:
            ask_case(said, case)
            assert "of the file" in came[0]["body"]
        else:
            error = refused(said, case)
            assert (error.reason, "leads out of" in str(error), came) == ("bad_template", True, [])


def test_no_case_can_lead_its_question_elsewhere() -> None:
    """Whatever stands in a field stays inside the part of the address that it was put into."""
    app, came = echo()
    case = CASE.model_copy(update={"user_input": "What is A? And #2/../x", "metadata": {"tenant": "evil.example/x?"}})
    with serving(app) as url:
        ask_case(http(f"{url}/ask/{{{{ user_input }}}}"), case)
        assert came[0]["path"] == "ask/What is A? And #2/../x"
        assert came[0]["query"] == {"query": case.user_input} or not came[0]["query"]
        elsewhere = refused(http("http://{{ metadata.tenant }}.invalid/ask", timeout=2), case)
    assert elsewhere.reason == "connection"
    assert len(came) == 1
    with pytest.raises(ConfigError, match="inside a Jinja expression"):
        HttpTarget(http("http://127.0.0.1:9", body={"q": '{{ user_input ~ "${RAG_USER}" }}'}))
