"""Files that are whole or not there at all."""

from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a text in place of what stood there; a reader sees the old one or the new one, never a part.

    Raises `OSError`, and then leaves what stood there.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
