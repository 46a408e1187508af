import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.formats.html import markdown_to_html
from flashcore.study.rich_text import CUT, LONGEST_SIDE, CardText, Paragraph, Span, Style, html_to_text, plain


def text_of(markdown: str) -> CardText:
    return html_to_text(markdown_to_html(markdown))


@pytest.mark.parametrize(("html", "shown"), [
    ("plain  words\n here", (Paragraph("plain words here"),)),
    ("", ()),
    ("<p> a</p> <p>b </p>", (Paragraph("a"), Paragraph("b"))),
    ("<div>a</div>b<br>c&nbsp; &lt;d&gt;", (Paragraph("a"), Paragraph("b\nc  <d>"))),
    ("a <b>b <i>c</i></b>", (Paragraph("a b c", (Span(2, 5, Style.BOLD), Span(4, 5, Style.ITALIC))),)),
    ("<u>u</u><s>s</s>", (Paragraph("us", (Span(0, 1, Style.UNDERLINE), Span(1, 2, Style.STRIKE))),)),
    ('<span style="font-weight: bold">b</span><span class="x cloze">c</span>',
     (Paragraph("bc", (Span(0, 1, Style.BOLD), Span(1, 2, Style.CLOZE))),)),
    ("<h2>Head</h2>text", (Paragraph("Head", (Span(0, 4, Style.BOLD),)), Paragraph("text"))),
    ("<hr>", (Paragraph("---"),)),
    ("<dl><dt>T<dd>D</dl>", (Paragraph("T", (Span(0, 1, Style.BOLD),)), Paragraph("D", indent=2))),
    ("<pre>  a\n\tb\n\n</pre>", (Paragraph("  a\n    b", (Span(0, 9, Style.CODE),), preformatted=True),)),
    ("<ruby>漢<rp>[</rp><rt>かん</rt></ruby>", (Paragraph("漢(かん)"),)),
    ("<script>x</script><style>y</style><iframe>z</iframe><!-- c -->a", (Paragraph("a"),)),
])
def test_html_becomes_paragraphs_with_spans(html: str, shown: CardText) -> None:
    assert html_to_text(html) == shown


@pytest.mark.parametrize(("markdown", "lines"), [
    ("- a\n  - b\n\n    more\n- c", "• a\n  • b\n    more\n• c"),
    ("2. a\n3. b\n   - c", "2. a\n3. b\n   • c"),
    ("- [ ] open\n- [x] done", "[ ] open\n[x] done"),
    ("- - a", "• • a"),
    ("> q\n> - x\n>\n>   y", "> q\n> • x\n>   y"),
    ("- a\n  > q", "• a\n  > q"),
    ("a  \nb", "a\nb"),
    ("```\nx = 1\n  y\n```", "x = 1\n  y"),
])
def test_lists_and_quotes_keep_their_markers_and_depth(markdown: str, lines: str) -> None:
    assert plain(text_of(markdown)) == lines


def test_an_ordered_list_of_html_keeps_letters_and_numbers() -> None:
    assert plain(html_to_text("<ol type=A><li>x<li value=4>y</ol><ol start=9><li>z</ol>")) == "A. x\nD. y\n9. z"


def test_a_table_stands_in_columns_under_its_head() -> None:
    shown = text_of("| drug | mg |\n|---|--:|\n| β-**blocker** | 5 |\n| 日本 | 100 |")
    assert shown == (Paragraph(
        "drug      |  mg\n"
        "----------+----\n"
        "β-blocker |   5\n"
        "日本      | 100",
        (Span(0, 4, Style.BOLD), Span(13, 15, Style.BOLD), Span(34, 41, Style.BOLD)), preformatted=True),)


def test_a_table_too_wide_for_a_terminal_is_lines_that_wrap() -> None:
    row = f"| {'long ' * 10}| {'words ' * 10}|"
    lines = f"{('long ' * 10).strip()} | {('words ' * 10).strip()}"
    assert plain(text_of(f"{row}\n|---|---|\n{row}")) == f"{lines}\n{lines}"


@pytest.mark.parametrize(("html", "shown"), [
    ("H<sub>2</sub>O", "H₂O"),
    ("10<sup>-<b>3</b></sup>", "10⁻³"),
    ("x<sub>Q</sub><sup>Qq</sup>", "x_{Q}^{Qq}"),
    ("<sub>a<sub>2</sub></sub>", "ₐ₂"),
    (r"\(x^2\) and \[\frac{a}{b}\] end", "x² and\na/b\nend"),
    (r"<code>\(x^2\)</code> \(open", r"\(x^2\) \(open"),
    ("[latex]x^2[/latex] [$]\\beta[/$]", "x² β"),
    (r"[latex]$\alpha$ is a \textbf{letter}[/latex]", "α is a letter"),
    (r"[latex]<div>a</div><div>$x^2$</div>[/latex] b", "a x² b"),
    (r"\(\color{red}{x}\hspace{1em}\require{mhchem}\ce{H2}\)", "xH₂"),
    (r"\(\nosuchmacro{x}\)", r"\nosuchmacro{x}"),
])
def test_raised_and_lowered_text_and_formulas_can_be_read(html: str, shown: str) -> None:
    assert plain(html_to_text(html)) == shown


def test_pictures_sounds_and_links_say_what_they_are_and_keep_their_target() -> None:
    shown = text_of("![the heart](figs/h.png) ![](figs/a%20b.png) ![](s.mp3) [site](http://a.org) <http://b.org>")
    assert shown == (Paragraph(
        "[picture: the heart] [picture: a b.png] [sound: s.mp3] site (http://a.org) http://b.org", (
            Span(0, 20, Style.IMAGE, "figs/h.png"), Span(21, 39, Style.IMAGE, "figs/a%20b.png"),
            Span(40, 54, Style.SOUND, "s.mp3"), Span(55, 74, Style.LINK, "http://a.org"),
            Span(75, 87, Style.LINK, "http://b.org"))),)


def test_g5_a_link_shows_its_real_target() -> None:
    assert plain(html_to_text('<a href="javascript:alert(1)">https://bank.org</a>')) == (
        "https://bank.org (javascript:alert(1))")


def test_g1_nothing_in_a_card_can_command_the_terminal() -> None:
    hostile = ("\x1b]0;t\x07<b>\u202eb</b><img alt='\x9b2J'><a href='\x1b[2J'>x</a>[sound:\x1b.mp3]"
               "<pre>\x08</pre>&#27;&#x9b;")
    assert plain(html_to_text(hostile)) == (
        "␛]0;t␇<U+202E>b[picture: �2J]x (␛[2J)[sound: ␛.mp3]\n␈\n␛›")


def test_g3_marks_spread_over_elements_are_cut_too() -> None:
    assert html_to_text("e" + "<b>\u0301</b>" * 500) == (Paragraph("e" + "\u0301" * 8),)


@pytest.mark.parametrize("html", [
    "<div>" * 5_000 + "x", "<b><i>" * 5_000 + "x", "<blockquote>" * 5_000 + "x", "<ul><li>" * 5_000 + "x",
    "<table><tr><td>" * 2_000 + "x", "<sub>" * 5_000 + "x", "<a href=x>" * 5_000 + "x", "\\(" * 30_000 + "x",
])
def test_depth_and_number_of_elements_crash_nothing(html: str) -> None:
    assert {"x", "ₓ"} & set(plain(html_to_text(html)))


def test_a_side_that_is_too_long_is_cut_and_says_so() -> None:
    assert html_to_text("a" * 200_000) == (Paragraph("a" * LONGEST_SIDE), CUT)
    assert html_to_text("<p>" + "a" * 200_000 + "<p>b") == (Paragraph("a" * LONGEST_SIDE), CUT)


@given(st.text(st.sampled_from("ab <>/&;'\"=\\()[]$*_`|-\n\x1b\u202e\u0301{}^tdrpulsic"), max_size=120))
def test_any_text_is_read_and_its_spans_lie_in_it(text: str) -> None:
    for shown in (html_to_text(text), text_of(text), text_of(f"<b>{text}")):
        for paragraph in shown:
            assert "\x1b" not in paragraph.text
            assert all(0 <= span.start <= span.end <= len(paragraph.text) for span in paragraph.spans)
            assert list(paragraph.spans) == sorted(paragraph.spans, key=lambda span: span.start)
