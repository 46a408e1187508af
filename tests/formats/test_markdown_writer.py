"""Deck files as they are written: reading them gives the notes again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_markdown_deck import TEXTS

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, OWN_NOTE_TYPES, REVERSED, VIGNETTE
from flashcore.domain.vignette import Option, options_to_field
from flashcore.errors import DeckFileError, FileError
from flashcore.formats.markdown_deck import read_markdown_deck
from flashcore.formats.markdown_writer import write_markdown_deck, write_markdown_files

OPTIONS = options_to_field([Option("a", False, "no"), Option("b", True), Option("c", False)])


def written(*notes: Note, deck: str = "D") -> str:
    return write_markdown_deck([BundledNote(note, deck) for note in notes])


def again(*notes: Note, deck: str = "D") -> list[Note]:
    found = read_markdown_deck(written(*notes, deck=deck), path=None, default_deck="other").notes
    assert {one.deck for one in found} <= {deck}
    return [one.note for one in found]


def a_basic(front: str = "q", back: str = "a", *tags: str, guid: str = "", why: str = "", source: str = "") -> Note:
    return Note(guid, BASIC, (front, back, why, source), ("depth::recall", *tags))


def test_a_deck_reads_well() -> None:
    notes = (
        Note("hf", BASIC, ("Why?", "So.", "", "book"), ("system::renal-urinary", "depth::mechanism", "step::1", "x")),
        Note("", CLOZE, ("a [b]", "", "book"), ("system::renal-urinary", "depth::recall", "step::1")),
        Note("", REVERSED, ("t", "d", "w", "book"), ("system::renal-urinary", "depth::application", "step::1")),
        Note("", VIGNETTE, ("s", OPTIONS, "", "book", "fixed"),
        ("system::renal-urinary", "depth::application", "step::1")))
    assert written(*notes, deck="Step 1::Renal") == """\
---
deck: Step 1::Renal
system: renal-urinary
step: 1
order: fixed
source: book
---

Q: Why?
A: So.
Tags: x
<!-- id: hf -->

C: a [b]

T: t
D: d
Why: w
Tags: depth::application

V: s
- [ ] a
  > no
- [x] b
- [ ] c
"""
    assert again(*notes, deck="Step 1::Renal") == list(notes)


def test_a_single_note_names_its_own_tags_and_source() -> None:
    note = Note("", BASIC, ("a", "b", "", "book"), ("system::skin", "depth::recall"))
    assert written(note) == "---\ndeck: D\n---\n\nQ: a\nA: b\nSource: book\nTags: system::skin\n"


@pytest.mark.parametrize("field", [
    "Q: x", "a\nQ: x\nA: y\nC: [z]\nT: 1\nD: 2\nV: 3", "a\nWhy: x\nSource: y\nTags: z", "a\n\\Q: x\n\\\\T: y",
    "    indented code", "\tx\n\ty",
    "```\nQ: x\n---\n# y\n```", "~~~\n<!-- x -->\n~~~", "a\n\n\n\nb", "a  \nb", "`<!--` x", "a\n```py\n<!-- x\n```",
    "[x", "]", "\\[", "a\n \nb".replace(" ", ""),
    "| a | b |\n| --- | --- |\n| c | d |", "- [x] a\n- [ ] b", "a\n # heading\n ---", "\u2028x", "a\x0bb",
    "$x$ \\(y\\)", "---", "# x", "a\n>>>>>> b", "\xa0x",
])
def test_a_field_comes_back_exactly(field: str) -> None:
    note = Note("g", BASIC, (field, field, field, field), ("depth::recall",))
    assert again(note) == [note]


@pytest.mark.parametrize(("field", "normal"), [
    ("a\n# b\n---\n<<<<<<< c", "a\n # b\n ---\n <<<<<<< c"),
    ("\n\na\n  \n b \n\n", "a\n\n b"),
    ("a <!-- private --> b", "a b"),
    ("a <!-- open\nb", "a \\<!-- open\nb"),
    ("a\n```\ncode", "a\n```\ncode\n```"),
    ("cafe\u0301\r\nx\0", "caf\u00e9\nx"),
])
def test_what_a_file_cannot_carry_is_made_what_it_can(field: str, normal: str) -> None:
    (found,) = again(a_basic(field, "a"))
    assert found.fields[0] == normal
    assert again(found) == [found]


@pytest.mark.parametrize(("text", "normal"), [
    ("[a] [b", "[a] \\[b"), ("[a] b]", "[a] b\\]"), ("[a] []", "[a] \\[\\]"),
    ("{{c1::a}} {{c2::b", "{{c1::a}} {\\{c2::b"),
])
def test_brackets_that_would_be_refused_are_escaped(text: str, normal: str) -> None:
    (found,) = again(Note("", CLOZE, (text, "", "")))
    assert found.fields[0] == normal


def test_a_task_list_at_the_end_of_a_case_does_not_become_options() -> None:
    (found,) = again(Note("", VIGNETTE, ("s\n- [x] smokes", OPTIONS, "", "", "")))
    assert found.fields[:2] == ("s\n- \\[x] smokes", OPTIONS)


@pytest.mark.parametrize(("tags", "normal"), [
    (("b", "system::heart"), ("system::cardiovascular", "depth::recall", "b")),
    (("heart failure", "a,b"), ("depth::recall", "heart_failure", "a_b")),
    (("pathology", "system::foo", "depth::deep"), ("discipline::pathology", "depth::recall", "system-foo",
    "depth-deep")),
    (("system::heart", "system::lung"), ("system::cardiovascular", "involves::respiratory", "depth::recall")),
    (("depth::mechanism", "depth::recall"), ("depth::mechanism", "depth-recall")),
    (("", " ", "system::"), ("depth::recall", "system")),
])
def test_tags_become_those_that_a_file_can_name(tags: tuple[str, ...], normal: tuple[str, ...]) -> None:
    (found,) = again(Note("", BASIC, ("q", "a", "", ""), tags))
    assert found.tags == normal


@pytest.mark.parametrize("deck", ["A::B: c", "no", '"quoted"', "a\\b", "Ödem 🫀", "- x", "#x", "a # b", "123", "a\tb",
    "\x07bell", "[x]"])
def test_any_deck_name_comes_back(deck: str) -> None:
    assert again(a_basic(), deck=deck) == [a_basic()]


@pytest.mark.parametrize(("note", "why"), [
    (Note("", BASIC, ("q", "", "", "")), "Q: without A:"),
    (Note("", CLOZE, ("text", "", "")), "C: without a deletion"),
    (Note("", VIGNETTE, ("s", "- [ ] a\n- [ ] b", "", "", "")), "3-8 options"),
    (Note("two words", BASIC, ("q", "a", "", "")), "an id is one word"),
    (Note("", BASIC, ("<b>q</b>", "a", "", ""), markup=Markup.HTML), "html fields has no form in Markdown"),
])
def test_a_note_that_no_file_can_hold_is_refused_by_name(note: Note, why: str) -> None:
    with pytest.raises(FileError, match=r"the note .* cannot be written: ") as caught:
        written(note)
    assert why in str(caught.value)


def test_notes_of_other_markup_go_through_a_converter() -> None:
    html = Note("g", BASIC, ("<b>q</b>", "a", "", ""), ("depth::recall",), Markup.HTML)
    text = write_markdown_deck([BundledNote(html, "D")], to_markdown=lambda note: replace(
        note, fields=("**q**", *note.fields[1:]), markup=Markup.MARKDOWN))
    assert "Q: **q**\nA: a\n" in text


def test_a_file_holds_one_deck_and_a_folder_a_file_for_each() -> None:
    notes = (BundledNote(a_basic(), "A::B"), BundledNote(a_basic("x"), "README"), BundledNote(a_basic("y"), "A::B"),
        BundledNote(a_basic("z"), "a - b"))
    with pytest.raises(FileError,
        match=r"holds one deck, these notes are of 3: A::B, README, a - b; .* or export to a folder"):
        write_markdown_deck(notes)
    files = write_markdown_files(Bundle(notes))
    assert list(files) == ["A - B.md", "README (2).md", "a - b (2).md"]
    assert [one.deck for one in read_markdown_deck(files["A - B.md"], path=None, default_deck="d").notes] == ["A::B",
        "A::B"]


def test_a_note_type_that_was_stored_and_loaded_is_an_own_one_too() -> None:
    loaded = replace(VIGNETTE)
    assert loaded is not VIGNETTE
    note = Note("g", loaded, ("s", OPTIONS, "", "", ""), ("depth::application",))
    assert again(note) == [note]
    assert "Tags:" not in written(note)


def test_two_notes_of_one_id_are_refused() -> None:
    with pytest.raises(FileError, match="2 notes have the id 'g'"):
        written(a_basic(guid="g"), a_basic("x", guid="g"))


def test_no_notes_are_an_empty_file() -> None:
    assert read_markdown_deck(write_markdown_deck([]), path=None, default_deck="d") == Bundle(())


_CARDS = st.lists(st.tuples(st.sampled_from([
    "Q: {}\nA: {}\n", "T: {}\nD: {}\n", "C: {} [z]\n{}\n", "V: {}\n- [ ] {}\n- [x] b\n  > why\n- [ ] c\n",
    "Q: {}\nA: a\nWhy: {}\nTags: z\n",
]), TEXTS, TEXTS), min_size=1, max_size=2).map(lambda cards: "\n".join(["", *(form.format(one, two) for form, one,
two in cards)]))


@settings(max_examples=300)
@given(_CARDS | TEXTS)
def test_what_was_read_and_written_reads_the_same(text: str) -> None:
    try:
        bundle = read_markdown_deck(text, path=None, default_deck="d")
    except DeckFileError:
        return
    found = read_markdown_deck(write_markdown_deck(bundle.notes), path=None, default_deck="other")
    assert [(one.note, one.deck) for one in found.notes] == [(one.note, one.deck) for one in bundle.notes]


@st.composite
def hostile_notes(draw: st.DrawFn) -> Note:
    note_type = draw(st.sampled_from(OWN_NOTE_TYPES))
    fields = [draw(TEXTS) or "x" for _ in note_type.fields]
    if note_type is CLOZE:
        fields[0] += " [z]"
    if note_type is VIGNETTE:
        fields[1] = options_to_field([Option(draw(TEXTS) or "o", place == 1, draw(TEXTS)) for place in range(3)])
        fields[4] = draw(st.sampled_from(["", "fixed"]))
    return Note(draw(st.sampled_from(["", "g"])), note_type, tuple(fields), tuple(draw(st.lists(TEXTS, max_size=2))))


@settings(max_examples=300)
@given(hostile_notes())
def test_a_hostile_note_is_refused_by_name_or_settles_at_once(note: Note) -> None:
    try:
        (found,) = again(note)
    except FileError:
        return
    assert (found.note_type, found.guid) == (note.note_type, note.guid)
    assert again(found) == [found]
