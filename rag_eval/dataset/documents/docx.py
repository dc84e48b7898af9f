"""The text of a Word document, by python-docx: headings, paragraphs, lists and tables, as Markdown has them."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.documents.document import UnreadableError

_OLE = b"\xd0\xcf\x11\xe0"
_LARGEST = 1 << 28
"""Bytes that the parts of a document may unpack to, which are all held in memory; a zip bomb is larger."""
_LARGEST_TEXT = 24 << 20
"""Bytes of its text, which take twenty times as much memory; a thousand pages have ten million."""
_BROKEN = (ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError)
_BROKEN_TOO = (struct.error, zipfile.BadZipFile, zlib.error)
"""What python-docx lets through on files that break the standard, beside its own errors."""


def read(path: Path) -> str:
    """The text; raises `UnreadableError` for an encrypted, broken or empty document."""
    import docx
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import XmlchemyError
    from lxml import etree

    _look_at(path)
    try:
        document = docx.Document(str(path))
        text = "\n\n".join(_blocks(document.iter_inner_content()))
    except (PythonDocxError, OpcError, XmlchemyError, etree.LxmlError, *_BROKEN, *_BROKEN_TOO) as error:
        raise UnreadableError("broken", f"is a broken Word document: {str(error)[:120]}. Save it again.") from error
    if not text.strip():
        raise UnreadableError("no_text", "holds no text, only pictures, or nothing")
    return text


def _look_at(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(4)
    if head == _OLE:
        message = "is encrypted, or in the old .doc format; save it as .docx without a password"
        raise UnreadableError("password_protected", message)
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
            text = sum(part.file_size for part in parts.infolist() if part.filename.lower().endswith((".xml", ".rels")))
    except (*_BROKEN, *_BROKEN_TOO) as error:
        raise UnreadableError("broken", f"is no Word document: {error}") from error
    if size > _LARGEST or text > _LARGEST_TEXT:
        message = f"unpacks to {size:,} bytes, {text:,} of them text, which no document should; cut it into several"
        raise UnreadableError("too_large", message)


def _blocks(content: Any) -> Iterator[str]:
    """Paragraphs; the items of a list and the rows of a table stand close together."""
    items: list[str] = []
    for block in content:
        text = _table(block) if hasattr(block, "rows") else _paragraph(block)
        if text.startswith("- "):
            items.append(text)
            continue
        if items:
            yield "\n".join(items)
            items = []
        if text:
            yield text
    if items:
        yield "\n".join(items)


def _paragraph(block: Any) -> str:
    text = str(block.text).strip()
    style = str(block.style.name) if block.style is not None else ""
    heading = re.fullmatch(r"[Hh]eading (\d)", style)
    if text and (heading or style == "Title"):
        return f"{'#' * min(6, int(heading[1])) if heading else '#'} {' '.join(text.split())}"
    return f"- {text}" if text and style.startswith("List") else text


def _table(block: Any) -> str:
    rows = [[" ".join(cell.text.split()) for cell in _once(row.cells)] for row in block.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows if any(cells))


def _once(cells: Any) -> Iterator[Any]:
    """A merged cell comes once for each column that it spans."""
    last = None
    for cell in cells:
        if cell._tc is not last:  # noqa: SLF001 - python-docx tells merged cells apart by nothing else
            yield cell
        last = cell._tc  # noqa: SLF001
