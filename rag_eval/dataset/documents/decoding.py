"""From bytes to text: what the file says of itself, then UTF-8, then what the Web takes for Western pages."""

import codecs
import re

from rag_eval.dataset.documents.document import UnreadableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITH_MARK = {
    "utf-8": "utf-8-sig", "utf-32-le": "utf-32", "utf-32-be": "utf-32", "utf-16-le": "utf-16", "utf-16-be": "utf-16",
}  # fmt: skip
_DECLARED = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+encoding=["']([\w.:-]+)""", re.IGNORECASE
)
_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254",
    "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
"""Python's name of an encoding to that of the wider one by which browsers read it (WHATWG encoding standard)."""
_TRIED = ("ascii", "iso8859-1", "cp1252")
"""Those that browsers read as windows-1252."""
_NO_PAGES = ("utf", "unicode", "raw", "punycode", "idna")
"""How names begin of what is tried anyway, or what no page is written in that ASCII could be read of."""
_HEAD = 4096
_LAST_RESORT = "windows-1252"
"""What the WHATWG encoding standard has browsers take where nothing is declared, for most locales."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02


def decode(raw: bytes, *, html: bool = False) -> tuple[str, str]:
    """The text and the name of its encoding; line ends stay as they are, a byte order mark goes.

    Raises `UnreadableError` for what is no text.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            # By the name that Python reads the whole file by, mark and all.
            return _strictly(raw.removeprefix(mark), name), _WITH_MARK.get(name, name)
    for name in (*_declared(raw, html=html), "utf-8"):
        try:
            return _checked(raw.decode(name)), name
        except UnicodeError:
            continue
    if b"\0" in raw:
        raise UnreadableError("not_text", "holds NUL bytes, so it is no text in UTF-8 or any Western encoding")
    # Five of its bytes mean nothing; a browser shows them as replacement characters too.
    return _checked(raw.decode(_LAST_RESORT, errors="replace")), _LAST_RESORT


def _declared(raw: bytes, *, html: bool) -> list[str]:
    """What a page says of itself, unless it says what is tried anyway; many that are UTF-8 say ISO-8859-1."""
    match = _DECLARED.search(raw[:_HEAD]) if html else None
    if match is None:
        return []
    try:
        name = codecs.lookup((match[1] or match[2]).decode("ascii", "replace")).name
        b" ".decode(name)  # not with nothing, of which no encoding is asked
    except (LookupError, UnicodeError):
        return []
    return [] if name in _TRIED or name.startswith(_NO_PAGES) else [_WIDER.get(name, name)]


def _strictly(raw: bytes, encoding: str) -> str:
    try:
        return _checked(raw.decode(encoding))
    except UnicodeDecodeError as error:
        message = f"begins as {encoding}, but byte {error.start} is none; save it again as UTF-8"
        raise UnreadableError("bad_encoding", message) from error


def _checked(text: str) -> str:
    controls = len(_CONTROLS.findall(text[:65536]))
    if "\0" in text or controls > _MOST_CONTROLS * max(50, min(len(text), 65536)):
        raise UnreadableError("not_text", "holds control characters as only binary files do")
    return text
