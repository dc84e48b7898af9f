"""What readers get: Markdown as GitHub shows it, by a renderer of CommonMark with tables and HTML, and a terminal."""

from collections.abc import Iterable
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from rich.console import Console, RenderableType


def on_terminal(parts: Iterable[RenderableType], width: int = 100) -> str:
    """What stands on a terminal of some width, without colours."""
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


class Rendered(HTMLParser):
    """The tags of rendered Markdown, and its tables cell by cell; what parts links unseen is left out of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.raw = ""
        """All of its text."""
        self.html: str = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
        self.feed(self.html)
        self.close()

    @property
    def tags(self) -> set[str]:
        """Every tag that occurs."""
        return set(self.opened)

    def count(self, tag: str) -> int:
        """How often a tag occurs."""
        return self.opened.count(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up a tag."""
        self.opened.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        """Take up a text."""
        self.raw += data
        if self.opened and self.opened[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data.replace("\u200b", "").strip("\n")
