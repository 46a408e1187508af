import pytest

from flashcore.formats.html import LONGEST_TEXT, markdown_to_html, without_comments


@pytest.mark.parametrize(("text", "html"), [
    ("Plain words, 5 < 6? No: letters only.", "Plain words, 5 &lt; 6? No: letters only."),
    ("one\nparagraph", "one\nparagraph"),
    ("Windows\r\nlines", "Windows\nlines"),
    ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
    ("**bold** _it_ ~~no~~ `a < b`", "<strong>bold</strong> <em>it</em> <s>no</s> <code>a &lt; b</code>"),
    ("line  \nbreak", "line<br>\nbreak"),
    ("# Head", "<h1>Head</h1>"),
    ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
    ("5. is an item", '<ol start="5">\n<li>is an item</li>\n</ol>'),
    ("5 mg of\nx", "5 mg of\nx"),
    ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
    ('say "&beta;" & go', 'say "β" &amp; go'),
    ("| a | b |\n|---|--:|\n| 1 | 2 |",
     '<table>\n<thead>\n<tr>\n<th>a</th>\n<th style="text-align:right">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
     '<td>1</td>\n<td style="text-align:right">2</td>\n</tr>\n</tbody>\n</table>'),
    ("[site](https://a.org/ü?b=1&c=2)", '<a href="https://a.org/ü?b=1&amp;c=2">site</a>'),
    ("![a *heart*](<figs/my heart.png>)", '<img src="figs/my heart.png" alt="a heart">'),
    ("![](sounds/S1.mp3)", "[sound:sounds/S1.mp3]"),
    ("[K+]: 4.0", "[K+]: 4.0"),
])
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert markdown_to_html(text) == html


@pytest.mark.parametrize(("text", "html"), [
    ("$x_1*2*$ and $y$", r"\(x_1*2*\) and \(y\)"),
    ("$$x$$ inside", r"\[x\] inside"),
    (r"\(a<b\)", r"\(a&lt;b\)"),
    ("\\[\na_1 - b\n- c\n\\]", "<p>\\[a_1 - b\n- c\\]</p>"),
    ("before\n$$\nx\n\n= y\n$$\nafter", "<p>before</p>\n<p>\\[x\n\n= y\\]</p>\n<p>after</p>"),
    ("costs $5 and $10", "costs $5 and $10"),
    ("$x$5", "$x$5"),
    ("$ x$ or $y $", "$ x$ or $y $"),
    ("\\$z$", "$z$"),
    ("`$x$` and ``\\(y\\)``", r"<code>$x$</code> and <code>\(y\)</code>"),
    ("$a\\$b$", r"\(a\$b\)"),
    ("\\( is open", "( is open"),
    ("$$\nnever closed", "$$\nnever closed"),
    (r"\[not alone\]", "[not alone]"),
])
def test_mathematics_is_kept_letter_by_letter_for_mathjax(text: str, html: str) -> None:
    assert markdown_to_html(text) == html


@pytest.mark.parametrize(("text", "html"), [
    ("H<sub>2</sub>O<br>10<sup>3</sup> <B>b</B>", "H<sub>2</sub>O<br>\n10<sup>3</sup> <b>b</b>"),
    ("<b>open", "<b>open</b>"),
    ("<b>one\n\ntwo", "<p><b>one</b></p>\n<p>two</p>"),
    ("**<b>x**</b>", "<strong><b>x</b></strong>&lt;/b&gt;"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("<img src=x onerror=y> <b onclick=z>", "&lt;img src=x onerror=y&gt; &lt;b onclick=z&gt;"),
    ("<div>\n*x*\n</div>", "&lt;div&gt;\n<em>x</em>\n&lt;/div&gt;"),
    ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ("[x](<java\tscript:y>)", "[x](&lt;java\tscript:y&gt;)"),
    ("![x](file:///etc/passwd)", "![x](file:///etc/passwd)"),
    ('![x"onerror=y](a.png)', '<img src="a.png" alt="x&quot;onerror=y">'),
])
def test_g5_raw_html_is_text_but_for_a_few_tags_and_those_are_balanced(text: str, html: str) -> None:
    assert markdown_to_html(text) == html


@pytest.mark.parametrize(("text", "left"), [
    ("a <!-- secret --> b", "a  b"),
    ("a <!-- one\n\ntwo --> b", "a  b"),
    ("a\n<!-- id: x -->\nb", "a\nb"),
    ("- a\n  <!-- secret -->\n- b", "- a\n- b"),
    ("`<!-- code -->` and \\<!-- secret -->", "`<!-- code -->` and \\<!-- secret -->"),
    ("```\n<!-- code -->\n```\n<!-- secret -->", "```\n<!-- code -->\n```\n"),
    ("1. ~~~\n   <!-- code -->\n   ~~~\n<!-- a --><!-- b -->c", "1. ~~~\n   <!-- code -->\n   ~~~\nc"),
    ("never <!-- closed", "never <!-- closed"),
    ("tick ` <!-- secret -->", "tick ` "),
])
def test_comments_are_private_and_vanish_but_in_code(text: str, left: str) -> None:
    assert without_comments(text) == left


def test_f10_a_text_too_long_for_markdown_is_shown_as_it_is_without_its_comments() -> None:
    text = "**a** <b>\n" * (LONGEST_TEXT // 10 + 1) + "`<!-- secret -->`"
    line = "**a** &lt;b&gt;<br>\n"
    assert markdown_to_html(text) == line * (LONGEST_TEXT // 10 + 1) + "``"


@pytest.mark.parametrize("bomb", [
    "[" * 50_000, "![" * 30_000, "> " * 5_000 + "x", "- " * 5_000 + "x", "*a _b " * 10_000, "<b>" * 20_000,
    "|" + "a|" * 900 + "\n|" + "-|" * 900 + "\n" + "|\n" * 300, "\\(" * 30_000, "$$\n" * 20_000, "`" * 60_000,
])
def test_f10_a_bomb_comes_out_as_plain_text_with_nothing_lost(bomb: str) -> None:
    escaped = bomb.strip().replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>\n")
    assert markdown_to_html(bomb) == escaped


def test_a_reference_to_media_gets_the_name_it_is_given() -> None:
    html = markdown_to_html("![h](a/h.png) ![](b/s.ogg)", media_name=lambda reference: reference.replace("/", "-"))
    assert html == '<img src="a-h.png" alt="h"> [sound:b-s.ogg]'
