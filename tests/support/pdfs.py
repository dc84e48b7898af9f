"""PDFs to test with: one page per text, and what can be wrong with them."""

from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate

PICTURE = b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q"
"""A page's content that draws one grey dot."""


def pdf(texts: Sequence[str], *, contents: dict[int, bytes] | None = None) -> bytes:
    """A PDF with a page for each text, a line for each of its lines; `contents` sets a page's drawing, from 0."""
    font, first = 3, 4
    kids = " ".join(f"{first + 2 * at} 0 R" for at in range(len(texts)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(texts)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for at, text in enumerate(texts):
        drawn = (contents or {}).get(at, _drawn(text))
        resources = f"<</Font<</F1 {font} 0 R>>>>"
        page = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources{resources}/Contents {first + 2 * at + 1} 0 R>>"
        )
        objects += [page.encode(), b"<</Length %d>>\nstream\n%b\nendstream" % (len(drawn), drawn)]
    return file_of(objects)


def encrypted(plain: bytes, algorithm: str, *, user: str, owner: str) -> bytes:
    """The same PDF under passwords, by `RC4-40`, `RC4-128`, `AES-128` or `AES-256`."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=BytesIO(plain))
    writer.encrypt(user, owner, algorithm=algorithm)
    return _written(writer)


def outlined(plain: bytes, titles: Sequence[str]) -> bytes:
    """The same PDF with an outline: a title for each page."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=BytesIO(plain))
    for number, title in enumerate(titles):
        writer.add_outline_item(title=title, page_number=number)
    return _written(writer)


def _written(writer: object) -> bytes:
    into = BytesIO()
    writer.write(into)  # type: ignore[attr-defined]  # pypdf ships no types
    return into.getvalue()


def _drawn(text: str) -> bytes:
    lines = b"".join(b"(%b) Tj T*\n" % _escaped(line) for line in text.split("\n"))
    return b"BT /F1 12 Tf 14 TL 50 740 Td\n%bET" % lines


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def file_of(objects: Sequence[bytes]) -> bytes:
    """A PDF of objects that are numbered from 1; the first is its catalogue."""
    head = b"%PDF-1.4\n"
    bodies = [b"%d 0 obj\n%b\nendobj\n" % (number, body) for number, body in enumerate(objects, start=1)]
    *starts, end = accumulate(map(len, bodies), initial=len(head))
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, end)
    return b"%b%bxref\n0 %d\n0000000000 65535 f \n%b%b" % (head, b"".join(bodies), len(objects) + 1, table, trailer)
