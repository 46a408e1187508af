"""How elements look, and which HTML is a knot."""

from __future__ import annotations

import pytest

from flashcore.study.html_look import colour, hidden_by, is_hidden, is_knotted, styles_of
from flashcore.study.rich_text import Style


@pytest.mark.parametrize(("css", "style"), [
    ("#f00", Style.RED), ("#AA0000", Style.RED), ("rgb(255, 170, 0)", Style.YELLOW), ("rgba(0,128,0,.5)", Style.GREEN),
    ("blue !important", Style.BLUE), ("#00ffff", Style.BLUE), ("magenta", Style.PURPLE), ("#ff00aa", Style.PURPLE),
    ("black", None), ("#fff", None), ("#777777", None), ("rgb(20,20,22)", None), ("rgba(255,0,0,0)", None),
    ("transparent", None), ("inherit", None), ("#ff", None), ("var(--x)", None), ("rgb(999,0,0)", Style.RED),
])
def test_a_colour_is_one_of_five_or_none(css: str, style: Style | None) -> None:
    assert colour(css) is style


@pytest.mark.parametrize(("attributes", "styles"), [
    ({"class": "x cloze"}, [Style.CLOZE]),
    ({"color": "red"}, [Style.RED]),
    ({"style": "font-weight: 700; text-decoration: underline"}, [Style.UNDERLINE, Style.BOLD]),
    ({"style": "background-color: rgb(255, 255, 0); color: #000"}, [Style.BOLD]),
    ({"style": "background-color: white; border-color: red"}, []),
    ({}, []),
])
def test_styles_are_read_from_attributes(attributes: dict[str, str | None], styles: list[Style]) -> None:
    assert list(styles_of(attributes)) == styles


def test_a_style_sheet_tells_what_is_hidden_wherever_it_stands() -> None:
    css = """/* a } b */ .card { color: red } .a, div#b{ display : none !important }
             @media (max-width: 9px) { .c { display: none; } } .d .e, .f:hover { display: none }
             .g { x-display: none }"""
    assert hidden_by(css) == frozenset((".a", "#b", ".c"))


@pytest.mark.parametrize(("attributes", "hidden"), [
    ({"class": "x a"}, True), ({"id": "b"}, True), ({"id": "a"}, False), ({"hidden": None}, True),
    ({"style": "color:red;display:none"}, True), ({"style": "display: block"}, False), ({}, False)])
def test_an_element_is_hidden_by_its_attributes_or_the_style_sheet(
    attributes: dict[str, str | None], hidden: bool
) -> None:
    assert is_hidden(attributes, frozenset((".a", "#b"))) is hidden


@pytest.mark.parametrize(("html", "knotted"), [
    ("<p>" * 5_000 + "<b>x</b>" * 9_000, False),
    ("<div><ul><li>" * 100 + "x" + "</ul></div>" * 100, False),
    ("<div>" * 5_000, True),
    ("<div>" + "<font>" * 300 + "</div>" + "<div>y</div>" * 2_000, True),
    ("<div>" * 200, False),
])
def test_deep_or_never_closed_elements_are_a_knot(html: str, knotted: bool) -> None:
    assert is_knotted(html) is knotted
