"""Notes written in Markdown keep it through a package: what nobody edited in Anki comes back as it was written."""

import html
import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE, OWN_NOTE_TYPES, REVERSED, VIGNETTE
from flashcore.domain.vignette import Option, options_to_field
from flashcore.formats.anki_markdown import html_fields, markdown_field, note_from_anki

OPTIONS = options_to_field((Option("Less **x**", False, "No & <no>."), Option("$x$", True), Option("y", False)))
PIECES = ("**a**", "[b]", "[c]", "{{c1::d::h}}", "\n", "\n\n", "- ", "$x<y$", "\\", "`c`", "![](p.png)", "<b>", "&amp;",
          "&", "::", "}}", "{{", "\u0338", "é", "\U000f0000", "| a |\n|---|\n", "<!-- x -->", '"', "\x01", " ")
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=("Cs",), exclude_characters="\0\x1f"),
                 max_size=12).map(lambda parts: unicodedata.normalize("NFC", "".join(parts)))


@st.composite
def own_notes(draw: st.DrawFn) -> Note:
    note_type = draw(st.sampled_from(OWN_NOTE_TYPES))
    fields = [draw(TEXTS) for _ in note_type.fields]
    if note_type == VIGNETTE and draw(st.booleans()):
        options = draw(st.lists(st.builds(Option, TEXTS, st.booleans(), TEXTS), min_size=3, max_size=4))
        fields[1], fields[4] = options_to_field(options), draw(st.sampled_from(("", "fixed")))
    ordinals = draw(st.lists(st.integers(0, 20), max_size=4)) if note_type == CLOZE else []
    return Note("", note_type, tuple(fields), (), cloze_ordinals=tuple(ordinals))


def in_anki(note: Note) -> list[str]:
    return [*html_fields(note), markdown_field(note)]


@given(own_notes())
@example(Note("", CLOZE, ("[a] and [b]", "why", ""), cloze_ordinals=(1, 0)))
@example(Note("", VIGNETTE, ("s", OPTIONS, "", "", "fixed")))
def test_a_note_that_nobody_edited_comes_back_as_it_was_written(note: Note) -> None:
    assert note_from_anki(note.note_type.name, in_anki(note)) == (note.note_type, note.fields, note.cloze_ordinals)


@pytest.mark.parametrize("note", [Note("", BASIC, ("a **b**", "c", "", "")), Note("", CLOZE, ("[a]", "", "")),
                                  Note("", VIGNETTE, ("s", OPTIONS, "", "", ""))])
def test_a_note_of_which_any_field_was_edited_stays_html(note: Note) -> None:
    fields = in_anki(note)
    for place in range(len(fields)):
        edited = [text + "!" if place == number else text for number, text in enumerate(fields)]
        assert note_from_anki(note.note_type.name, edited) is None


def test_the_field_holds_the_texts_by_name_so_that_people_can_read_it() -> None:
    assert markdown_field(Note("", BASIC, ("a **b** < c", "", "ü", ""))) == (
        '{"Front": "a **b** &lt; c", "Why": "ü"}')
    assert markdown_field(Note("", CLOZE, ("[a] [b]", "", ""), cloze_ordinals=(0, 2))) == (
        '{"Text": "[a] [b]", "cloze_ordinals": [0, 2]}')


@pytest.mark.parametrize("field", [
    "", "x", "[]", "null", '{"Nothing": "x"}', '{"Front": 1}', '{"Front": "a", "cloze_ordinals": ["x"]}',
    '{"Front": "a", "cloze_ordinals": [-1]}', '{"Front": "a", "cloze_ordinals": [true]}', '{"Front": "\\ud800"}',
    "[" * 100_000, '{"Front": "b"}'])
def test_a_field_that_holds_no_such_note_is_left(field: str) -> None:
    assert note_from_anki("flashcore basic", ["a", "", "", "", field]) is None


def test_only_notes_of_our_types_with_the_field_are_looked_at() -> None:
    note = Note("", REVERSED, ("a", "b", "", ""))
    assert note_from_anki("Basic", in_anki(note)) is None
    assert note_from_anki("flashcore reversed", in_anki(note)[:-1]) is None
    assert note_from_anki("flashcore reversed", [*in_anki(note), "another"]) is None


def test_a_field_of_any_length_costs_no_more_than_reading_it() -> None:
    ordinals = html.escape(json.dumps({"Text": "[a]", "cloze_ordinals": [0] * 20_000}), quote=False)
    assert note_from_anki("flashcore cloze", ["{{c1::a}}", "", "", ordinals]) is None
