"""The templates of cards as Anki reads them, and what is wrong with them in a sentence."""

from __future__ import annotations

import pytest

from flashcore.domain.card_template import (
    LONGEST_TEMPLATE,
    MOST_TAGS,
    ReadTemplate,
    Section,
    Shown,
    is_blank,
    read_template,
    shows_a_field,
)

FIELDS = ("Front", "Back", "Boards and Beyond")


@pytest.mark.parametrize(("text", "parts"), [
    ("a {{ Front }} b", ("a ", Shown("Front"), " b")),
    ("{{text:cloze:Front}}", (Shown("Front", ("cloze", "text")),)),
    ("{{{Front}}}", (Shown("Front"), "}")),
    ("{{#Front}}x{{^Back}}{{Boards and Beyond}}{{/Back}}{{/ Front }}", (
        Section("Front", True, ("x", Section("Back", False, (Shown("Boards and Beyond"),)))),)),
    ("<!-- {{Nope}} {{#x}} -->{{Front}}", ("<!-- {{Nope}} {{#x}} -->", Shown("Front"))),
    ("<!-- {{Front}}", ("<!-- ", Shown("Front"))),
    ("{{Front}} {{ x", (Shown("Front"), " {{ x")),
    (" {{=<% %>=}}<%Front%> {{Back}}", (Shown("Front"), " {{Back}}")),
    ("", ()),
])
def test_a_template_is_words_fields_and_conditions(text: str, parts: tuple[object, ...]) -> None:
    assert read_template(text) == ReadTemplate(parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "problem"), [
    ("{{#Front}}x", "{{/Front}} is missing"),
    ("x{{/Front}}", "{{/Front}} ends a condition that was not begun"),
    ("{{#Front}}{{/Back}}", "it has {{/Back}} where {{/Front}} is expected"),
    ("{{Frnt}}", "it names {{Frnt}}, but there is no field called 'Frnt'; perhaps Front is meant"),
    ("{{^zzz}}{{/zzz}}", "it names {{^zzz}}, but there is no field called 'zzz'"),
    ("{{#Back}}{{text:hint:zzz}}{{/Back}}", "it names {{text:hint:zzz}}, but there is no field called 'zzz'"),
    ("{{}}", "it names {{}}, but there is no field called ''"),
    ("{{#FrontSide}}x{{/FrontSide}}", "it names {{#FrontSide}}, but there is no field called 'FrontSide'; "
                                      "perhaps Front is meant"),
])
def test_what_is_wrong_with_a_template_is_a_sentence(text: str, problem: str) -> None:
    assert read_template(text).problem_with(FIELDS) == problem


@pytest.mark.parametrize("text", [
    "{{Tags}}{{Type}}{{Deck}}{{Subdeck}}{{Card}}{{CardFlag}}{{FrontSide}}", "{{#c1}}x{{/c1}}{{^c500}}x{{/c500}}",
    "{{tts-voices:}}", "{{#Tags}}{{/Tags}}{{^Deck}}{{/Deck}}"])
def test_what_is_no_field_may_be_named_too(text: str) -> None:
    assert read_template(text).problem_with(FIELDS) == ""


def test_e31_conditions_deeper_than_64_are_refused_in_a_sentence() -> None:
    deep = "{{#Front}}" * 64 + "{{Front}}" + "{{/Front}}" * 64
    assert read_template(deep).problem == ""
    assert shows_a_field(read_template(deep).parts, {"Front"})
    for count in (65, 20_000):
        text = "{{#Front}}" * count + "{{/Front}}" * count
        assert read_template(text) == ReadTemplate(
            problem="it is longer than 256 KiB" if len(text) > LONGEST_TEMPLATE
            else "its conditions stand more than 64 deep in one another")


def test_e32_a_template_that_is_too_long_or_never_closed_is_refused_in_a_sentence() -> None:
    assert read_template("x" * LONGEST_TEMPLATE) == ReadTemplate(("x" * LONGEST_TEMPLATE,))
    assert read_template("{{Front}}" * 600_000).problem == "it is longer than 256 KiB"
    assert read_template("{{Front}}x" * (MOST_TAGS + 1)).problem == "it has more than 10,000 fields and conditions"
    for text in ("{{" * 100_000, "<!--" * 60_000, "{{Front" * 30_000, "{{#Front" * 30_000):
        assert read_template(text) == ReadTemplate((text,))


@pytest.mark.parametrize(("text", "filled", "is_shown"), [
    ("words", {"Front"}, False),
    ("{{Front}}", {"Front"}, True),
    ("{{Front}}", set(), False),
    ("{{Deck}}", set(), True),
    ("{{Tags}}", set(), False),
    ("{{Tags}}", {"Tags"}, True),
    ("{{FrontSide}}", {"Front"}, False),
    ("{{^Back}}{{Front}}{{/Back}}", {"Front"}, True),
    ("{{#c1}}{{Front}}{{/c1}}", {"Front"}, False),
    ("{{^c1}}{{Front}}{{/c1}}", {"Front"}, True),
    ("{{#Card}}{{type:Front}}{{/Card}}", {"Front"}, True),
])
def test_a_front_asks_where_it_shows_something_that_is_filled(text: str, filled: set[str], is_shown: bool) -> None:
    assert shows_a_field(read_template(text).parts, filled) is is_shown


@pytest.mark.parametrize(("field", "blank"), [
    ("", True), (" \n\t", True), ("<br>", True), ("<DIV></div >", True), ("&nbsp;", False), ("\xa0", False),
    ("<p></p>", False), ("<br class=x>", False), ("<img src=a>", False)])
def test_white_space_and_line_breaks_are_blank(field: str, blank: bool) -> None:
    assert is_blank(field) is blank
