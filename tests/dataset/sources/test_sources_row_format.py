"""What a format of rows says of itself."""

from pathlib import Path

import pytest

from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.plugins import ROW_FORMATS


def _formats() -> list[RowFormat]:
    return [ROW_FORMATS.load(name) for name in ROW_FORMATS.names()]


def test_a_format_that_says_nothing_else_reads_every_file_with_its_ending() -> None:
    """Also within a folder of Hugging Face."""
    assert RowFormat((".x",), lambda _: iter(())).readable(Path("any/file.x"))


def test_endings_are_what_a_name_is_compared_with() -> None:
    """In small letters and with their dot, else no file would ever be of the format."""
    for row_format in _formats():
        assert row_format.suffixes
        for suffix in row_format.suffixes:
            assert suffix == suffix.lower()
            assert suffix.startswith(".")
            assert Path(f"name{suffix}").suffix


def test_no_two_formats_claim_an_ending() -> None:
    """Which one reads a file is never a matter of their order."""
    suffixes = [suffix for row_format in _formats() for suffix in row_format.suffixes]
    assert len({*suffixes}) == len(suffixes)


@pytest.mark.parametrize("name", ROW_FORMATS.names())
def test_a_file_that_is_not_there_is_an_error_when_it_is_read(name: str, tmp_path: Path) -> None:
    """And not an empty dataset."""
    row_format: RowFormat = ROW_FORMATS.load(name)
    with pytest.raises(Exception, match="gone"):
        list(row_format.read(tmp_path / f"gone{row_format.suffixes[0]}"))
