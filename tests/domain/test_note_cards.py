"""Which cards a note yields, also one with the templates of Anki."""

from __future__ import annotations

import pytest

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteKind, NoteType, Template


def cards(*fronts: str, fields: tuple[str, ...] = ("front", "")) -> tuple[int, ...]:
    note_type = NoteType("Anki", NoteKind.STANDARD, ("Front", "Extra"),
                         tuple(Template(front, front, "{{Back}}") for front in fronts))
    return card_ordinals(Note("g", note_type, fields, markup=Markup.HTML))


def test_each_kind_of_our_own_yields_its_cards() -> None:
    assert card_ordinals(Note("g", BASIC, ("a", "b", "", ""))) == (0,)
    assert card_ordinals(Note("g", REVERSED, ("a", "b", "", ""))) == (0, 1)
    assert card_ordinals(Note("g", CLOZE, ("[a] [b] `[c]`", "", ""))) == (0, 1)
    assert card_ordinals(Note("g", CLOZE, ("[a] [b]", "", ""), cloze_ordinals=(7, 3))) == (3, 7)
    assert card_ordinals(Note("g", CLOZE, ("{{c2::a}} [b]", "", ""))) == (1,)
    assert card_ordinals(Note("g", VIGNETTE, ("a", "- [x] b", "", "", ""))) == (0,)


def test_a_cloze_note_without_deletions_yields_none() -> None:
    assert card_ordinals(Note("g", CLOZE, ("a", "", ""))) == ()


@pytest.mark.parametrize(("fronts", "expected"), [
    (("{{Front}}",), (0,)),
    (("{{Front}}", "{{Extra}}"), (0,)),
    (("text alone", "{{Front}}"), (1,)),
    (("{{#Extra}}{{Front}}{{/Extra}}", "{{^Extra}}{{Front}}{{/Extra}}"), (1,)),
    (("{{#Front}}{{#Extra}}{{Front}}{{/Extra}}{{/Front}}", "{{#Front}}{{type:Front}}{{/Front}}"), (1,)),
    (("{{ text:Front }}", "{{Unknown}}", "{{FrontSide}}", "{{/Extra}}{{Front}}"), (0, 3)),
])
def test_a_template_makes_a_card_if_its_front_shows_a_filled_field(fronts: tuple[str, ...],
    expected: tuple[int, ...]) -> None:
    assert cards(*fronts) == expected


@pytest.mark.parametrize("empty", ["", " \n", "<br>", "<div><br></div>", "<BR />"])
def test_a_field_of_nothing_but_line_breaks_is_empty(empty: str) -> None:
    assert cards("{{Extra}}", fields=("front", empty)) == ()


def test_a_cloze_note_of_anki_counts_the_fields_its_template_names() -> None:
    note_type = NoteType("AnKing", NoteKind.CLOZE, ("Header", "Text", "More"), (Template(
        "Cloze", "{{#Header}}{{Header}}{{/Header}}{{cloze:Text}}{{type:cloze:More}}", "{{cloze:Text}}"),))
    note = Note("g", note_type, ("{{c9::no}}", "[a] `{{c1::x}}` {{c3::y}}", "{{c2::z}}"), markup=Markup.HTML)
    assert card_ordinals(note) == (0, 1, 2)


def test_nested_conditions_without_end_take_no_time() -> None:
    assert cards("{{#Front}}" * 20_000 + "{{Front}}") == (0,)
