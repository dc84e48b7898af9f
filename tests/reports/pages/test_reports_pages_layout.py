"""A page out of a template: what may run in it, and what is escaped."""

import base64
import hashlib
import re

import jinja2
import pytest
from markupsafe import Markup
from support import samples
from support.pages import Parsed

from rag_eval.reports.pages import layout, run
from rag_eval.reports.pages.layout import render


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "journal.db"
    with samples.journal(path, []) as journal:
        return run.html(samples.summary(name="<b>bold</b> & co"), journal)


def policy(page: str) -> str:
    """The Content-Security-Policy of a page."""
    found = next(
        attributes["content"]
        for tag, attributes in Parsed(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert found is not None
    return found


def test_only_what_stands_in_the_page_may_run(page: str) -> None:
    """The policy names script and style by their hashes, letter by letter, and allows nothing from elsewhere."""
    rules = policy(page)
    assert "default-src 'none'" in rules
    assert "unsafe-inline" not in rules
    for tag in ("script", "style"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert inside is not None
        digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in rules


def test_what_somebody_called_a_run_is_text(page: str) -> None:
    """And no markup."""
    assert "<b>bold</b>" not in page
    assert "<b>bold</b> & co" in Parsed(page).text


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    """No hole is left in a page where something was forgotten."""
    with pytest.raises(jinja2.UndefinedError):
        render("run.html")


def test_a_template_that_is_not_there_is_an_error() -> None:
    """By its name."""
    with pytest.raises(jinja2.TemplateNotFound, match=r"nothing\.html"):
        render("nothing.html")


@pytest.mark.parametrize(
    ("given", "written"),
    [("<i>", "&lt;i&gt;"), (Markup("<i>"), "<i>"), ('"', "&#34;"), ("'", "&#39;"), ("é 🦦", "é 🦦"), (1.5, "1.5")],
)
def test_what_is_not_marked_is_escaped(given: object, written: str) -> None:
    """Also in attributes."""
    template = layout._environment().from_string('<p title="{{ it }}">{{ it }}</p>')
    assert template.render(it=given) == f'<p title="{written}">{written}</p>'


def test_a_digest_is_of_the_letters_as_utf8() -> None:
    """As browsers reckon it; this one is the empty text's."""
    assert layout._digest("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    assert layout._digest("é") != layout._digest("e")
