"""The readable text of web pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import grows_linearly

from rag_eval.dataset.documents import html
from rag_eval.dataset.documents.document import UnreadableError

_LONG = "Many words are in here and they all count. " * 20


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h1>One</h1><p>a</p><h3>Two</h3><p>b</p>", "# One\n\na\n\n### Two\n\nb"),
        ("<p>a<p>b", "a\n\nb"),
        ("<p>one\n   two <b>th</b>ree</p>", "one two three"),
        ("<p>a<br>b<br/>c</p>", "a\nb\nc"),
        ("<p>&lt;a&gt; &amp; &eacute; &#8364;&nbsp;5</p>", "<a> & é € 5"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc"),
        ("<ul><li><p>a</p></li><li><div>b</div></li></ul>", "- a\n\n- b"),
        ("<ul><li></li><li>b</li></ul>", "- b"),
        ("<ul><li></li></ul><p>c</p>", "c"),
        ("<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>", "- a\n\n- b\n- c\n\n- d"),
        ("<h2><div>Head</div></h2><p>x</p>", "## Head\n\nx"),
        ("<h2> </h2><p>x</p>", "x"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\n\nb"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td></tr></table>", "| a | b |\n| 1 | |"),
        ("<table><caption>c</caption><tr><td>H<sub>2</sub>O</td><td>x<br>y</td></tr></table>", "c\n\n| H2O | x y |"),
        ("<table><tr><td><p>a</p><p>b</p></td></tr></table>", "a\n\nb"),
        ("<table><tr><td>o<table><tr><td>i</td></tr></table></td></tr></table>", "o\n\n| i |"),
        ("<table><tr></tr></table><p>x</p>", "x"),
        ("<pre>  a\n    b\n</pre><p>c</p>", "```\n  a\n    b\n```\n\nc"),
        ("<pre><code>x &lt; y</code></pre>", "```\nx < y\n```"),
        ("<pre> \n</pre>c", "c"),
        ("a<!-- b --><p>d", "a\n\nd"),
        ("<!doctype html><title>t</title><body>a", "a"),
        ("<p>a &unknown; b", "a &unknown; b"),
        ("<div><b>a<p>b</b>c</p></div></div></p>", "a\n\nbc"),
        ("just text", "just text"),
        ("page.html", "page.html"),
        ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>a</p></body></html>", "a"),
        ("<form action=x><h1>T</h1><p>a</p><input value=b></form>", "# T\n\na"),
        ("<blockquote>a</blockquote>b<hr>c", "a\n\nb\n\nc"),
    ],
)
def test_text(markup: str, text: str) -> None:
    """Blocks are parted, headings, lists, tables and code are marked as in Markdown, white space is joined."""
    assert html.read(markup) == text


@pytest.mark.parametrize(
    "left_out",
    [
        "<script>no()</script>",
        "<style>no {}</style>",
        "<noscript>no</noscript>",
        "<template>no</template>",
        "<nav><ul><li>no</li></ul></nav>",
        "<footer>no</footer>",
        "<aside>no</aside>",
        "<div hidden>no</div>",
        "<div aria-hidden=true>no</div>",
        "<div role=navigation>no</div>",
        "<p style='color: red; DISPLAY : none'>no</p>",
        "<p style='visibility:hidden'>no</p>",
        "<form><label>no</label><input></form>",
        "<button>no</button>",
        "<select><option>no</option></select>",
        "<svg><text>no</text></svg>",
        "<iframe>no</iframe>",
        "<!-- no -->",
        "<div hidden><p>a <b>no</b></p></div>",
    ],
)
def test_left_out(left_out: str) -> None:
    """What is no text of the page, or not shown, is left out, in cells of a table too."""
    assert html.read(f"<body><p>yes</p>{left_out}<p>more</p>") == "yes\n\nmore"
    assert html.read(f"<table><tr><td>yes {left_out}</td><td>b</td></tr></table>").count("no") == 0


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (f"<p>around</p><main>{_LONG}</main>", _LONG),
        (f"<p>around</p><div role=main>{_LONG}</div>", _LONG),
        (f"<p>around</p><article>{_LONG}</article>", _LONG),
        (f"<p>around</p><main>{_LONG}<article>{_LONG}</article></main>", _LONG * 2),
        (f"<main>short</main>{_LONG}", f"short\n\n{_LONG}"),
        (f"<article>one</article><article>two</article><p>{_LONG}</p>", f"one\n\ntwo\n\n{_LONG}"),
        (f"<main></main><article>{_LONG}</article><p>around</p>", _LONG),
    ],
)
def test_main(markup: str, words: str) -> None:
    """The part that a page calls its main one is taken for all of it if it holds most of the words."""
    assert html.read(markup).split() == words.split()


@pytest.mark.parametrize(
    "markup",
    ["", " ", "<html></html>", "<script>x</script>", "<body><img src=x><nav>a</nav></body>", "<p>-</p>", "<!-- a -->"],
)
def test_empty(markup: str) -> None:
    """A page without text of its own has that as its reason."""
    with pytest.raises(UnreadableError) as caught:
        html.read(markup)
    assert caught.value.reason == "no_text"


@pytest.mark.parametrize(
    ("tag", "levels"),
    [("div", 5000), ("b", 5000), ("ul><li", 2500), ("table><tr><td", 1667), ("tr><td", 2500), ("form", 5000)],
)
def test_deep(tag: str, levels: int) -> None:
    """A page nested 5,000 elements deep, none of them closed, keeps its text."""
    assert html.read(f"<h1>top</h1>{f'<{tag}>' * levels}").startswith("# top")


def test_deep_text() -> None:
    """What stands 5,000 levels deep is read."""
    assert html.read(f"{'<div>' * 5000}deep{'</div>' * 5000}") == "deep"


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        f"<p>A <b>part</b>. {'word ' * 90}</p>",
        f"<table><tr><td>a</td><td>{'word ' * 200}</td></tr></table>",
        "word ",
    ],
)
def test_large(part: str) -> None:
    """A large page is read whole in time in proportion to it."""

    def read(size: int) -> None:
        many = size // len(part)
        text = html.read(f"<body>{part * many}<p>end</p></body>")
        assert text.endswith("end")
        assert text.count("word") == many * part.count("word")

    assert grows_linearly(read, 1_000_000)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([
            "<p>", "</p>", "<li>", "<ul>", "</ul>", "<h1>", "</h1>", "<table>", "<tr>", "<td>", "</table>", "<pre>",
            "<br>", "<!--", "-->", "<div hidden>", "<script>", "</script>", "&lt;", "&#0;", "&#xD800;", "<", "a",
            "<main>", "<form>",
        ])
        | st.text(max_size=10),
        max_size=20,
    )
)  # fmt: skip
def test_any_markup(parts: list[str]) -> None:
    """Any markup is a text that can be written, without white space around it, or a page without text."""
    try:
        text = html.read("".join(parts))
    except UnreadableError as error:
        assert error.reason == "no_text"
    else:
        assert text == text.strip()
        assert text.encode()


@pytest.mark.parametrize(
    ("markup", "anchors"),
    [
        ('<h1 id="top">One</h1><p>a</p><h2>Two</h2>', {"# One": "top"}),
        ('<section id="fees"><h2>Fees</h2><p>a</p></section>', {"## Fees": "fees"}),
        ('<h2>Fees<a id="f2" href="#f2">¶</a></h2><p>a</p>', {"## Fees¶": "f2"}),
        ('<p>a</p><h2><a name="old"></a>Fees</h2>', {"## Fees": "old"}),
        ('<div id="x"><p>a</p><h2>Fees</h2></div>', {}),
        ('<ul><li id="x">a</li></ul><h2 id="b b">Fees</h2>', {}),
    ],
)
def test_headings_keep_the_names_that_a_page_gives_them(markup: str, anchors: dict[str, str]) -> None:
    """Their own, that of a link in them, or of the section that they begin; at the offset of the heading."""
    text, found = html.read_anchored(markup)
    assert {text[at:].partition("\n")[0]: name for at, name in found.items()} == anchors
