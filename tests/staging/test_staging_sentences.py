"""Markdown cut into pieces that can be said on their own."""

import pytest

from rag_eval.staging.sentences import sentences


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Dogs\n\nDogs may come. They stay on a lead.", ["Dogs may come.", "They stay on a lead."]),
        ("See St. Ives, e.g. its pier.\nIt is open.", ["See St. Ives, e.g. its pier.", "It is open."]),
        ("- one thing. And more\n- **another** thing", ["one thing. And more", "another thing"]),
        ("| berth | price |\n| --- | --- |\n| A | 12.50 |", ["berth: A; price: 12.50."]),
        ("Read [the rules](rules.md) and `ask`.", ["Read the rules and ask."]),
        ("> Quoted text.", ["Quoted text."]),
        ("---\n\n```", []),
        ("", []),
    ],
)
def test_markdown_falls_into_sentences_items_and_rows(markdown: str, expected: list[str]) -> None:
    """Headings and layout are left out, abbreviations end no sentence, and marks and links leave their text."""
    assert sentences(markdown) == expected
