"""Which cards a note yields, also one with the templates of Anki."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from anki.collection import Collection as Anki
from anki.decks import DeckId

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
    (("{{ text:Front }}", "{{Unknown}}", "{{FrontSide}}", "{{/Extra}}{{Front}}"), (0,)),
    (("{{Deck}}", "{{Tags}}", "{{#c1}}{{Front}}{{/c1}}", "<!-- {{Front}} -->"), (0,)),
])
def test_a_template_makes_a_card_if_its_front_shows_a_filled_field(fronts: tuple[str, ...],
    expected: tuple[int, ...]) -> None:
    assert cards(*fronts) == expected


@pytest.mark.parametrize("empty", ["", " \n", "<br>", "<div><br></div>", "<BR />"])
def test_a_field_of_nothing_but_line_breaks_is_empty(empty: str) -> None:
    assert cards("{{Extra}}", fields=("front", empty)) == ()


def test_a_cloze_note_of_anki_counts_all_fields_and_one_of_ours_those_its_template_names() -> None:
    note_type = NoteType("AnKing", NoteKind.CLOZE, ("Header", "Text", "More"), (Template(
        "Cloze", "{{#Header}}{{Header}}{{/Header}}{{cloze:Text}}{{type:cloze:More}}", "{{cloze:Text}}"),))
    note = Note("g", note_type, ("{{c9::h}}", "[a] `{{c1::x}}` {{c3::y}}", "{{c2::z}}"), markup=Markup.HTML)
    assert card_ordinals(note) == (0, 1, 2, 8)
    assert card_ordinals(replace(note, markup=Markup.MARKDOWN)) == (1, 2)


def test_e31_a_template_that_cannot_be_read_makes_no_card() -> None:
    assert cards("{{#Front}}" * 20_000 + "{{Front}}", "{{Front}}") == (1,)


FRONTS = ("{{Front}}", "{{Extra}}", "{{Tags}}", "{{Deck}}", "{{#Tags}}{{Front}}{{/Tags}}",
          "{{^Tags}}{{Front}}{{/Tags}}", "{{^Extra}}{{hint:Front}}{{/Extra}}", "{{#Extra}}{{Front}}{{/Extra}}",
          "{{FrontSide}}{{type:Extra}}",
          "{{#Card}}{{tts en_US:Front}}{{/Card}}", "{{#c1}}{{Front}}{{/c1}}", "{{^c1}}{{Extra}}{{/c1}}",
          "<!-- {{Front}} -->{{Extra}}", "{{=<% %>=}}<%Extra%>", "{{#Front}}{{#Extra}}x{{/Extra}}{{/Front}}{{Extra}}")
CLOZE_FRONTS = ("{{cloze:Front}}", "{{#Extra}}{{cloze:Front}}{{/Extra}}{{text:cloze:Extra}}", "{{type:cloze:Extra}}",
                "{{cloze:Front}}{{cloze-only:Extra}}", "{{edit:cloze:Front}}", "{{cloze:text:Front}}")


@pytest.fixture(scope="module")
def anki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    collection = Anki(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


def cards_of_anki(anki: Anki, fronts: tuple[str, ...], values: tuple[str, ...], tags: tuple[str, ...],
                  is_cloze: bool) -> tuple[int, ...]:
    """The cards that the real Anki makes of a note. It gives a note that asks nothing its first card."""
    models = anki.models
    note_type = models.new(f"{fronts} {is_cloze}")
    note_type["type"] = int(is_cloze)
    for name in ("Front", "Extra"):
        models.add_field(note_type, models.new_field(name))
    for place, front in enumerate(fronts):
        template = models.new_template(str(place))
        template["qfmt"], template["afmt"] = f"{front}{place}" if not is_cloze else front, front
        models.add_template(note_type, template)
    existing = models.by_name(note_type["name"])
    if existing is None:
        models.add(note_type)
        existing = models.by_name(note_type["name"])
    assert existing is not None
    note = anki.new_note(existing)
    note.fields, note.tags = list(values), list(tags)
    anki.add_note(note, DeckId(1))
    return tuple(sorted({card.ord for card in note.cards()}))


def ours(fronts: tuple[str, ...], values: tuple[str, ...], tags: tuple[str, ...], is_cloze: bool) -> tuple[int, ...]:
    kind = NoteKind.CLOZE if is_cloze else NoteKind.STANDARD
    templates = tuple(Template(str(place), front, front) for place, front in enumerate(fronts))
    return card_ordinals(Note("g", NoteType("x", kind, ("Front", "Extra"), templates), values, tags, Markup.HTML))


@pytest.mark.parametrize("tags", [(), ("a",)])
@pytest.mark.parametrize("extra", ["", "b", "<br />", "&nbsp;", "<div></div>\n", "<img src=x>"])
def test_anki_makes_the_same_cards_of_templates(anki: Anki, extra: str, tags: tuple[str, ...]) -> None:
    values = ("a", extra)
    assert ours(FRONTS, values, tags, False) == cards_of_anki(anki, FRONTS, values, tags, False)


@pytest.mark.parametrize("front", CLOZE_FRONTS)
@pytest.mark.parametrize("values", [
    ("{{c1::a}} {{c3,4::b::h}}", "{{c2::c}}"), ("{{c2::a {{c1::b {{c500::c}}}}}}", "x"),
    ("{{c0::a}}{{c01::b}}", "{{c9::}}"),
    (r"\({{c7::\frac{a}{b} }}\) {{c1::x", "{{c3::<b>y}}</b>"), ("<!-- {{c5::a}} -->{{c12::b}}", "{{c4::::h}}"),
    ("{{c1::" * 7 + "{{c2::x}}" + "}}" * 7, ""),
])
def test_anki_makes_the_same_cards_of_deletions(anki: Anki, front: str, values: tuple[str, ...]) -> None:
    assert (ours((front,), values, (), True) or (0,)) == cards_of_anki(anki, (front,), values, (), True)
