from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.formats.org_markup import inline, literal_spans, to_markdown


@pytest.mark.parametrize("org, markdown", [
    ("a *bold* /it/ _under_ +gone+ =code= ~verb~ end", "a **bold** *it* *under* ~~gone~~ `code` `verb` end"),
    ("*a /b/ c*", "**a *b* c**"), ("a*b*c 2 * 3 * 4 a/b/c", "a*b*c 2 * 3 * 4 a/b/c"), ("* not bold *", "* not bold *"),
    ("(/see/), \"*x*\"", "(*see*), \"**x**\""), ("____ and _____", "____ and _____"), ("=a*b*c=", "`a*b*c`"),
    ("=a`b=", "`` a`b ``"), ("*open", "*open"), ("*a\n\nb*", "*a\n\nb*"), ("*a\nb*", "**a\nb**"),
    ("[[https://x.org/a b][the /site/]]", "[the *site*](<https://x.org/a b>)"),
    ("[[https://x.org]]", "<https://x.org>"), ("[[id:1-2][Heart]]", "Heart"), ("[[Heart]]", "Heart"),
    ("[[file:img/heart.png]]", "![](img/heart.png)"), ("[[./my lung.JPG][lung]]", "![lung](<./my lung.JPG>)"),
    ("[[https://x.org/a.png]]", "![](https://x.org/a.png)"), ("[[file:notes.org::*Heart][notes]]", "notes"),
    ("see[fn:1] [fn:note] x", "see[^1] [^note] x"),
    (r"\( a_1*b* \) and \[ *x* \] and $*y*$", r"\( a_1*b* \) and \[ *x* \] and $*y*$"),
    (r"\alpha{} to \rightarrow \beta, 37\deg{}C", "α to → β, 37°C"), (r"\unknown \frac{1}{2}", r"\unknown \frac{1}{2}"),
    ("one\\\\\ntwo", "one  \ntwo"), ("costs $5 and $6", "costs $5 and $6"), ("=~both~=", "`~both~`"),
])
def test_markup_inside_a_line_is_that_of_markdown(org: str, markdown: str) -> None:
    assert inline(org) == markdown


@pytest.mark.parametrize("org, markdown", [
    ("- a\n+ b\n 1. c\n 2) d", "- a\n- b\n 1. c\n 2) d"), ("- [ ] a\n- [X] b\n- [-] c", "- [ ] a\n- [x] b\n- [ ] c"),
    ("3. [@3] third", "3. third"), ("- term :: what it is", "- **term**: what it is"),
    ("E. coli is", "E. coli is"),
    ("#+BEGIN_SRC python -n\n  x = [1]\n  ,* star\n#+END_SRC", "```python\nx = [1]\n* star\n```"),
    ("#+begin_example\n```\n#+end_example", "````\n```\n````"),
    ("a\n#+begin_comment\nhidden\n#+end_comment\nb", "a\nb"),
    ("#+begin_quote\na\nb\n#+end_quote\nc", "> a\n> b\nc"), (": fixed\n: width", "    fixed\n    width"),
    ("a\n-----\nb", "a\n* * *\nb"),
    ("text\n| a | *b* |\n|---+---|\n| 1 | \\alpha |\nend", "text\n\n| a | **b** |\n| --- | --- |\n| 1 | α |\n\nend"),
    ("| a | b |\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |"), ("|---|", ""), ("\n\na\n\n\n\nb\n\n", "a\n\nb"),
])
def test_lists_tables_and_blocks_are_those_of_markdown(org: str, markdown: str) -> None:
    assert to_markdown(org.split("\n")) == markdown


def test_brackets_in_links_code_mathematics_and_blocks_are_literal() -> None:
    text = "a [x] =[y]= [[l][d]] $[m]$ [fn:1]\n#+begin_src c\n[z]\n#+end_src\n[w]"
    spans = literal_spans(text)
    assert [text[start:start + 3] for start in (text.index("[x]"), text.index("[w]"))
            if not any(first <= start < last for first, last in spans)] == ["[x]", "[w]"]
    for inside in ("[y]", "[[l]", "[d]", "[m]", "[fn:1]", "[z]"):
        assert any(first <= text.index(inside) < last for first, last in spans), inside


@given(st.text(st.sampled_from("ab*/_+=~[]\\$()|-:#\n ,{}1."), max_size=60))
def test_any_text_becomes_markdown(text: str) -> None:
    lines = text.split("\n")
    assert to_markdown(lines) == to_markdown(lines).strip("\n")
    assert all(start < end for start, end in literal_spans(text))


@given(st.text(st.sampled_from("ab ,.é1"), max_size=40))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert inline(text) == text
