"""What stands in a page: its parts that are deflated, and what a browser makes of it."""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_VOID = {"meta", "input", "br", "img", "link"}


def unpacked(page: str, part: str) -> Any:
    """The `index`, the `texts` or the `bodies` of a page."""
    found = re.search(rf'<script type="application/octet-stream" id="{part}">([^<]*)</script>', page)
    assert found is not None, f"the page has no {part}"
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def everything(page: str) -> str:
    """The page with what is deflated in it: to look for what must not stand in it."""
    parts = [json.dumps(unpacked(page, part), ensure_ascii=False) for part in ("index", "texts", "bodies")]
    return "\n".join([page, *parts])


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its texts outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Take up a text."""
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All texts, with blanks between words."""
        return " ".join(" ".join(self.texts).split())


PATIENCE_MS = 200_000
"""How long something may take to show: far longer than it does, for the machine may be slow."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A fresh Chromium; skips where there is none.

    While it is open no other event loop can run in this thread, so commands are called before.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed. Do: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def opened(browser: Any, **options: Any) -> Any:
    """A page of a context of its own, that waits as long as it takes."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def faults(page: Any, **options: Any) -> list[str]:
    """What axe-core finds in a page of a context that bypasses its Content-Security-Policy."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **options})["violations"]
    return [f"{fault['impact']}: {fault['id']} at {fault['nodes'][0]['target']}" for fault in found]
