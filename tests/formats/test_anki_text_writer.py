"""Anki's text format as it is written: the real Anki takes every row, and reading it gives the same notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_judge import NoteSeen, anki, imports, seen

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, OWN_NOTE_TYPES, REVERSED, VIGNETTE, NoteKind, NoteType, Template
from flashcore.domain.vignette import Option, options_to_field
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_looks import anki_note_type, package_note_type
from flashcore.formats.anki_stock import KNOWN, STOCK_BASIC
from flashcore.formats.anki_text import read
from flashcore.formats.anki_text_writer import write
from flashcore.formats.media_beside import WrittenText
from flashcore.formats.text_file import clean_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPTIONS = options_to_field((Option("Less **afterload**", False, "It would lower it."), Option("$x$", True)))
FOREIGN = NoteType("My type", NoteKind.STANDARD, ("A", "B", "C"), (Template("One", "{{A}}", "{{B}}"),), "")
IN_ANKI = [*(package_note_type(own) for own in OWN_NOTE_TYPES), FOREIGN]


def a_note(guid: str, note_type: NoteType, *fields: str, tags: tuple[str, ...] = (), deck: str = "Deck",
           markup: Markup = Markup.MARKDOWN, ordinals: tuple[int, ...] = ()) -> BundledNote:
    fields += ("",) * (len(note_type.fields) - len(fields))
    return BundledNote(Note(guid, note_type, fields, tags, markup, ordinals), deck)


def again(path: Path) -> Bundle:
    return read(path.read_bytes(), ReadOptions(path=path, note_types={FOREIGN.name: FOREIGN}))


def by_anki(path: Path) -> tuple[dict[str, int], list[NoteSeen]]:
    with anki(*IN_ANKI) as collection:
        return imports(collection, path), seen(collection)


NOTES = (
    a_note("#a\"b", BASIC, "Q **b**", "A\n\nB", tags=("system::neuro", "x"), deck="Step 1::Neuro"),
    a_note("terms", REVERSED, "T\tt", "D", deck="Step 1"),
    a_note("cloze", CLOZE, "The [mitral] valve [left]", "why", ordinals=(0, 3)),
    a_note("case", VIGNETTE, "A man.", OPTIONS, "idea", "", "fixed"),
    a_note("html", STOCK_BASIC, "<i>q</i>\n\"x\"", "#b", markup=Markup.HTML),
    a_note("edited", BASIC, "<i>q</i>", "b", markup=Markup.HTML),
    a_note("mine", FOREIGN, "{{c1::no}}", "", "c", markup=Markup.HTML),
)


def test_the_real_anki_takes_every_row_and_sees_the_form_of_our_packages(tmp_path: Path) -> None:
    path = tmp_path / "deck.txt"
    assert write(Bundle(NOTES), path, now=NOW) == WrittenText(7, 0, (), (
        "flashcore basic", "flashcore reversed", "flashcore cloze", "flashcore vignette", "Basic", "My type"))
    assert path.read_text().splitlines()[:6] == [
        "#separator:tab", "#html:true", "#guid column:1", "#notetype column:2", "#deck column:3", "#tags column:12"]
    counts, notes = by_anki(path)
    assert counts == {"new": 7}
    found = {guid: (kind, fields, set(tags), deck) for kind, fields, tags, deck, guid in notes}
    assert found['#a"b'] == ("flashcore basic", (
        "Q <strong>b</strong>", "<p>A</p>\n<p>B</p>", "", "", '{"Front": "Q **b**", "Back": "A\\n\\nB"}'),
        {"system::neuro", "x"}, "Step 1::Neuro")
    assert found["cloze"][1][:2] == ("The {{c1::mitral}} valve {{c4::left}}", "why")
    assert found["case"][1][1:3] == (
        '<ol class=options type="A"><li>Less <strong>afterload</strong></li><li class=right>\\(x\\)</li></ol>',
        "<b>B.</b> \\(x\\)")
    assert found["html"] == ("Basic", ("<i>q</i>\n\"x\"", "#b"), set(), "Deck")
    assert found["edited"][1] == ("<i>q</i>", "b", "", "", "")
    assert found["mine"] == ("My type", ("{{c1::no}}", "", "c"), set(), "Deck")
    assert found["terms"][3] == "Step 1"


def test_reading_it_gives_the_notes_in_markdown_and_in_html(tmp_path: Path) -> None:
    path = tmp_path / "deck.txt"
    write(Bundle(NOTES), path, now=NOW)
    found = again(path)
    assert found.warnings == () and found.skipped == ()
    by_guid = {one.note.guid: one for one in found.notes}
    assert by_guid == {one.note.guid: replace(one, line=by_guid[one.note.guid].line) for one in NOTES}


def test_what_anki_exports_again_reads_as_the_same_notes(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.txt", tmp_path / "theirs.txt"
    write(Bundle(NOTES), ours, now=NOW)
    with anki(*IN_ANKI) as collection:
        imports(collection, ours)
        collection.export_note_csv(out_path=str(theirs), limit=None, with_html=True, with_tags=True, with_deck=True,
                                   with_notetype=True, with_guid=True)
    assert {one.note.guid: (one.note, one.deck) for one in again(theirs).notes} == {
        one.note.guid: (one.note, one.deck) for one in NOTES}


def test_anki_finds_nothing_to_change_when_it_takes_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "deck.txt"
    write(Bundle(NOTES), path, now=NOW)
    with anki(*IN_ANKI) as collection:
        imports(collection, path)
        before = seen(collection)
        imports(collection, path)
        assert seen(collection) == before
        assert collection.fix_integrity()[1]


def test_a_deck_comes_before_its_subdecks_because_anki_would_make_a_second_one(tmp_path: Path) -> None:
    path = tmp_path / "deck.txt"
    notes = (a_note("1", STOCK_BASIC, "a", deck="A::B", markup=Markup.HTML),
             a_note("2", STOCK_BASIC, "b", deck="a", markup=Markup.HTML),
             a_note("3", STOCK_BASIC, "c", deck="A::B", markup=Markup.HTML))
    write(Bundle(notes), path, now=NOW)
    assert [one.note.guid for one in again(path).notes] == ["2", "1", "3"]
    assert {deck for *_, deck, _ in by_anki(path)[1]} == {"a", "a::B"}
    write(Bundle((*notes[::2], a_note("4", STOCK_BASIC, "d", deck="C", markup=Markup.HTML))), path, now=NOW)
    assert [one.note.guid for one in again(path).notes] == ["1", "3", "4"]


def test_the_note_type_of_an_edited_vignette_stays_what_anki_has(tmp_path: Path) -> None:
    path = tmp_path / "deck.txt"
    write(Bundle(NOTES), path, now=NOW)
    path.write_text(path.read_text().replace("A man.", "A woman.", 1))
    (found,) = [one.note for one in again(path).notes if one.note.guid == "case"]
    assert (found.note_type, found.markup) == (anki_note_type(VIGNETTE), Markup.HTML)
    assert found.fields[0] == "A woman."
    assert len(found.fields) == len(found.note_type.fields) == 7


def test_media_are_written_beside_under_the_names_that_the_fields_have(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"a")
    (tmp_path / "b.mp3").write_bytes(b"b")
    path = tmp_path / "deck.txt"
    notes = (a_note("1", BASIC, "![](in/a.png)", "a"),
             a_note("2", STOCK_BASIC, "[sound:b.mp3]", '<img src="c.png">', markup=Markup.HTML))
    media = {"in/a.png": tmp_path / "in" / "a.png", "b.mp3": tmp_path / "b.mp3", "c.png": tmp_path / "c.png"}
    counts = write(Bundle(notes), path, now=NOW, media=media)
    assert counts == WrittenText(2, 2, ("c.png",), ("flashcore basic", "Basic"))
    assert sorted(file.name for file in (tmp_path / "deck.media").iterdir()) == ["a.png", "b.mp3"]
    found = again(path)
    assert found.notes[0].note.fields[0] == "![](a.png)"
    assert found.media == {"a.png": tmp_path / "deck.media" / "a.png", "b.mp3": tmp_path / "deck.media" / "b.mp3"}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it cannot be written"):
        write(Bundle(()), tmp_path / "no" / "deck.txt", now=NOW)


CHARS = st.sampled_from("ab,;\"'#<>& \t\né日{}[]:\u2028\xa0") | st.characters(codec="utf-8",
                                                                            exclude_categories=["Cc", "Cs"])
TEXTS = st.text(CHARS, max_size=10).map(lambda text: clean_text(text)[0])
TAGS = st.lists(st.sampled_from(["a", "x::y", "#b", "ü"]), max_size=2, unique=True).map(tuple)
DECKS = st.sampled_from(["A", "A::B", "A::B::C", "D e", "#x", '"y"'])


@st.composite
def html_bundles(draw: st.DrawFn) -> Bundle:
    """Notes in HTML, of any type but a vignette."""
    notes = []
    for number in range(draw(st.integers(1, 6))):
        kinds = [kind for kind in (*KNOWN.values(), FOREIGN) if kind.kind is not NoteKind.VIGNETTE]
        note_type = draw(st.sampled_from(kinds))
        first, *others = [draw(TEXTS) for _ in note_type.fields]
        note = Note(f"{draw(st.sampled_from(['', '#', chr(34), ' ']))}{number}", note_type, (first + "x", *others),
                    draw(TAGS), Markup.HTML)
        notes.append(BundledNote(note, draw(DECKS)))
    return Bundle(tuple(notes))


@st.composite
def markdown_bundles(draw: st.DrawFn) -> Bundle:
    """Notes as plain-text decks hold them."""
    notes = []
    for number in range(draw(st.integers(1, 4))):
        note_type = draw(st.sampled_from(OWN_NOTE_TYPES))
        fields = ["x" + draw(TEXTS) for _ in note_type.fields]
        if note_type is CLOZE:
            fields[0] = f"{draw(TEXTS)} [z] {draw(TEXTS)}"
        if note_type is VIGNETTE:
            fields[1] = options_to_field([Option(f"o{draw(TEXTS)}", place == 1, draw(TEXTS)) for place in range(3)])
            fields[4] = draw(st.sampled_from(["", "fixed"]))
        notes.append(BundledNote(Note(f"g{number}", note_type, tuple(fields), draw(TAGS)), draw(DECKS)))
    return Bundle(tuple(notes))


def sorted_plain(bundle: Bundle) -> list[BundledNote]:
    return sorted((replace(one, line=0) for one in bundle.notes), key=lambda one: one.note.guid)


@settings(max_examples=200)
@given(html_bundles() | markdown_bundles())
def test_reading_what_was_written_gives_the_same_notes(bundle: Bundle) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deck.txt"
        write(bundle, path, now=NOW)
        found = again(path)
        assert sorted_plain(found) == sorted_plain(bundle)
        assert found.skipped == ()


@settings(max_examples=40)
@given(html_bundles())
def test_the_real_anki_imports_the_same_notes(bundle: Bundle) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deck.txt"
        write(bundle, path, now=NOW)
        counts, notes = by_anki(path)
        assert counts == {"new": len(bundle.notes)}
        extra = {own.name: ("",) for own in OWN_NOTE_TYPES}
        assert notes == sorted(((one.note.note_type.name, one.note.fields + extra.get(one.note.note_type.name, ()),
                                 frozenset(one.note.tags), one.deck, one.note.guid) for one in bundle.notes), key=repr)
