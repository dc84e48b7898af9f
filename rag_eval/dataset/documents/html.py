"""The readable text of a web page, by Beautiful Soup: headings, paragraphs, lists and tables, as Markdown has them."""

import re
import warnings
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from rag_eval.dataset.documents.document import UnreadableError

_LEFT_OUT = {
    "script", "style", "noscript", "template", "svg", "head", "nav", "footer", "aside", "form", "button", "iframe",
    "object", "canvas", "select", "textarea",
}  # fmt: skip
_BLOCKS = {
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_CLOSE = {"li", "tr", "dt"}
"""Blocks that are parted by one line break and not by an empty line."""
_STRUCTURE = ["table", "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "pre", "div"]
_OF_A_PAGE = ["main", "article", "h1", "h2"]
"""What a form holds that is put around the whole page, as ASP.NET does."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MAIN_SHARE = 0.4
"""Share of a page's words from which its `main` or `article` is taken for all of it."""


def read(markup: str) -> str:
    """The text of a page; raises `UnreadableError` where the page has none."""
    return read_anchored(markup)[0]


def read_anchored(markup: str) -> tuple[str, dict[int, str]]:
    """The text of a page, and the names of its headings by their offsets, where it has any.

    Raises `UnreadableError` where the page has no text.
    """
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a page that is XML, or looks like a file's name
        page = BeautifulSoup(markup, "lxml")
    text = _Text()
    _Walk(page).through(_content(page), text)
    written = text.done()
    if not written:
        raise UnreadableError("no_text", "is a page without text of its own; it may be made by its scripts only")
    return written, text.anchors


def _content(page: Any) -> Any:
    body = page.body or page
    words = len(body.get_text(" ").split())
    for main in (body.find("main"), body.find(attrs={"role": "main"}), body.find("article")):
        if main is not None and len(main.get_text(" ").split()) >= _MAIN_SHARE * words:
            return main
    return body


class _Text:
    """Lines as they come together."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        self._anchor = ""
        self._anchored: dict[int, str] = {}
        """Place of a line among the parts to the name of the heading that it is."""

    def mark(self, mark: str, anchor: str = "") -> None:
        """Put something before the next line, however many blocks deep it stands; `anchor` is its name as a heading."""
        self._mark, self._anchor = mark, anchor

    def say(self, text: str) -> None:
        """Go on with the line."""
        self._line.append(text)

    def end(self, *, close: bool) -> None:
        """End the line; `close` keeps the next one near."""
        line = re.sub(r"\s+", " ", "".join(self._line)).strip()
        self._line.clear()
        if line.strip("-# "):
            if self._anchor:
                self._anchored[len(self._parts)] = self._anchor
            self._anchor = ""
            self._parts.extend((self._mark + line, "\n" if close else "\n\n"))
            self._mark = ""
        elif not close and self._parts:
            self._parts[-1] = "\n\n"

    def verbatim(self, text: str) -> None:
        """A block that keeps its line breaks."""
        self.end(close=False)
        if text.strip():
            self._parts.extend((f"```\n{text.strip(chr(10))}\n```", "\n\n"))

    def done(self) -> str:
        """All of it."""
        self.end(close=False)
        return "".join(self._parts).strip()

    @property
    def anchors(self) -> dict[int, str]:
        """Offset of a heading in all of it to its name."""
        offsets = [0, *accumulate(map(len, self._parts))]
        return {offsets[place]: name for place, name in self._anchored.items()}


class _Walk:
    """Goes through the elements of one page.

    What an element holds is looked up once for the whole page: a search in each of many that stand in one another
    takes quadratic time.
    """

    def __init__(self, page: Any) -> None:
        self._structured = _holding(page, _STRUCTURE)
        self._paged = _holding(page, _OF_A_PAGE)

    def through(self, root: Any, text: _Text) -> None:
        """Depth first, without recursion: pages may be nested deeper than Python's stack."""
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            name = getattr(node, "name", None)
            if leaving:
                text.end(close=name in _CLOSE)
                if _head(node):
                    text.mark("")
            elif name is None:
                _say(node, text)
            elif not self._is_left_out(node):
                stack.extend(self._enter(node, text))

    def _enter(self, node: Any, text: _Text) -> Iterator[tuple[Any, bool]]:
        """What is to be visited of an element, the last first."""
        if node.name == "pre":
            text.verbatim(node.get_text())
            return
        if node.name == "br":
            text.end(close=True)
            return
        if node.name in _BLOCKS:
            text.end(close=node.name in _CLOSE)
            if mark := _head(node):
                text.mark(mark, _anchor(node))
            yield node, True
        if node.name == "tr" and id(node) not in self._structured:
            text.say(self._row(node))
            return
        for child in reversed(node.contents):
            yield child, False

    def _row(self, node: Any) -> str:
        cells = [self._cell(cell) for cell in _cells(node)]
        return f"| {' | '.join(cells)} |" if any(cells) else ""

    def _cell(self, node: Any) -> str:
        text = _Text()
        self.through(node, text)
        return " ".join(text.done().split())

    def _is_left_out(self, node: Any) -> bool:
        style = str(node.get("style", ""))
        hidden = node.has_attr("hidden") or node.get("aria-hidden") == "true" or _HIDDEN.search(style)
        form = node.name == "form" and id(node) in self._paged
        return (node.name in _LEFT_OUT and not form) or node.get("role") == "navigation" or bool(hidden)


def _holding(page: Any, names: list[str]) -> set[int]:
    """The elements in which one of these names stands, as Python's ids: each is met once."""
    holding: set[int] = set()
    for element in page.find_all(names):
        for parent in element.parents:
            if id(parent) in holding:
                break
            holding.add(id(parent))
    return holding


def _cells(row: Any) -> Iterator[Any]:
    """The cells of a row; one that stands in another is a part of that."""
    stack = [*reversed(row.contents)]
    while stack:
        node = stack.pop()
        if getattr(node, "name", None) in ("td", "th"):
            yield node
        else:
            stack.extend(reversed(getattr(node, "contents", ())))


def _say(node: Any, text: _Text) -> None:
    from bs4 import element

    if type(node) is element.NavigableString:  # not a comment, a doctype or the like
        text.say(str(node))


def _anchor(node: Any) -> str:
    """The name by which a page links to a heading: its own, that of a link in it, or of the section that it begins."""
    if not re.fullmatch(r"h[1-6]", node.name):
        return ""
    link = node.find("a", attrs={"id": True}) or node.find("a", attrs={"name": True})
    section = node.parent if node.parent is not None and node.find_previous_sibling(name=True) is None else None
    within = section.get("id") if section is not None and section.name in ("section", "div", "article") else None
    name = node.get("id") or (link and (link.get("id") or link.get("name"))) or within or ""
    return name if isinstance(name, str) and not re.search(r"\s", name) else ""


def _head(node: Any) -> str:
    if re.fullmatch(r"h[1-6]", node.name):
        return "#" * int(node.name[1]) + " "
    return "- " if node.name == "li" else ""
