"""All formats of rows by name, those of other packages too."""

from pathlib import Path

from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import ConfigError
from rag_eval.plugins import ROW_FORMATS


def installed() -> tuple[RowFormat, ...]:
    """All formats, ours first; raises `ConfigError` where one of another package is none."""
    return tuple(_load(name) for name in ROW_FORMATS.names())


def of_file(path: Path) -> RowFormat | None:
    """The format of a file by the ending of its name; None where none is known."""
    suffix = path.suffix.lower()
    return next((each for each in installed() if suffix in each.suffixes), None)


def suffixes() -> tuple[str, ...]:
    """File name endings that can be read."""
    return tuple(suffix for each in installed() for suffix in each.suffixes)


def _load(name: str) -> RowFormat:
    row_format = ROW_FORMATS.load(name)
    if not isinstance(row_format, RowFormat):
        raise ConfigError(
            f"the entry point {name!r} of {ROW_FORMATS.group} must name a {RowFormat.__module__}.RowFormat, "
            f"found {type(row_format).__name__}"
        )
    return row_format
