"""YAML of others is read as far as it may go."""

import pytest
from support.yaml_bomb import BOMB

from rag_eval import yamltext


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "with its aliases written out it is longer than 1,000,000 characters"),
        ("a: &a\n  k: 1\nb: &b {<<: [" + "*a, " * 9 + "*a]}\nc: [" + "*b, " * 45_000 + "*b]", "longer than"),
        ("a: &a [*a]", "it holds itself"),
        ("? [a, b]\n: c", "a key is a text"),
        ("? {a: b}\n: c", "a key is a text"),
        ("a: 1\na: 2", "'a' stands twice"),
        ("[" * 5000, "it is nested more than 100 deep"),
        ("a: [", "expected the node content"),
        ("when: 2026-13-45", "month must be in 1..12"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    """Aliases that blow up, circles, keys that are no texts, and what is no YAML, each with its reason."""
    with pytest.raises(ValueError, match=r"(?s).+") as raised:
        yamltext.load(text)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: 0x1f\nb: 1_000\nc: 1:30\nd: 2026-11-28\ne: yes\nf: ~\ng: .5\nh: 1e3\ni: 017",
        "a: |\n  one\n   two\n\nb: >-\n  folded\n  text\nc: 'it''s'\nd: \"\\u00e9\\x41\\n\\U0001F600\"",
        "a: &a {x: 1}\nb: {<<: *a, y: [*a]}\nc: !!str 1\nd: !!set {a, b}",
        "- a: 1 # said\n  b:\n  - c\n- ? k\n  : v\n- {a: b, 'c': [d, \"e\"]}\n- http://x/y?z=#1",
        "\ufeffa: é\u2028b\n---\n",
        "# nothing\n",
    ],
)
def test_both_readers_say_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick one, and the one that is there everywhere."""

    def read() -> str:
        try:
            return repr(yamltext.load(text))
        except ValueError:
            return "refused"

    quick = read()
    monkeypatch.setattr(yamltext, "_is_flat", lambda _: False)
    assert read() == quick


def test_what_is_too_long() -> None:
    """A text is not looked into where it is longer than it may be."""
    with pytest.raises(ValueError, match="it is longer than 10 characters"):
        yamltext.load("[" * 11, longest=10)


def test_aliases_are_read() -> None:
    """One that is used a few times is what it stands for, merged or not; a long text without any may be long."""
    assert yamltext.load("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [*a, *a]") == {
        "a": {"x": 1},
        "b": {"x": 1, "y": 2},
        "c": [{"x": 1}, {"x": 1}],
    }
    assert yamltext.load("") is None


def test_what_is_nested_is_read_as_deep_as_anybody_writes() -> None:
    """Ninety-nine lists within each other, and what stands beside them."""
    assert str(yamltext.load("[" * 99 + "1" + "]" * 99)).count("[") == 99
    assert yamltext.load("a: " + "[" * 90 + "]" * 90 + "\nb: " + "[" * 90 + "]" * 90)["b"]
