"""CSV as it is written: reading it gives the same notes, and a spreadsheet finds no formula in it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, OWN_NOTE_TYPES, NoteKind, NoteType, Template
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_stock import KNOWN, STOCK_BASIC
from flashcore.formats.csv_form import guarded, unguarded
from flashcore.formats.csv_writer import write
from flashcore.formats.delimited import read
from flashcore.formats.media_beside import WrittenText
from flashcore.formats.text_file import clean_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AN_KING = NoteType("AnKing", NoteKind.CLOZE, ("Text", "Extra", "One by one", "Tags", "=x"), (Template("a", "b", "c"),))


def a_note(guid: str, note_type: NoteType, *fields: str, tags: tuple[str, ...] = (), deck: str = "Deck",
           markup: Markup = Markup.MARKDOWN, ordinals: tuple[int, ...] = ()) -> BundledNote:
    fields += ("",) * (len(note_type.fields) - len(fields))
    return BundledNote(Note(guid, note_type, fields, tags, markup, ordinals), deck)


def again(path: Path, **options: object) -> Bundle:
    return read(path.read_bytes(), ReadOptions(path=path, **options))  # type: ignore[arg-type]


def plain(bundle: Bundle) -> list[BundledNote]:
    """What the format carries: not the look of a note type, nor the line."""
    return [replace(one, line=0, note=replace(one.note, note_type=replace(one.note.note_type, templates=(), css="")))
            for one in bundle.notes]


def test_a_table_reads_well(tmp_path: Path) -> None:
    path = tmp_path / "deck.csv"
    notes = (a_note("g1", BASIC, "What, then?", 'It is "so".', tags=("system::renal-urinary", "two words", "b")),
             a_note("#2", STOCK_BASIC, "a\nb", "<b>c</b>", markup=Markup.HTML, deck="A::B"),
             a_note("", CLOZE, "a [b] [c]", ordinals=(0, 4)))
    counts = write(Bundle(notes), path, now=NOW)
    assert counts == WrittenText(3, 0, (), ("flashcore basic", "Basic", "flashcore cloze"))
    assert path.read_text() == """\
guid,note type,markup,deck,cards,tags,Front,Back,Why,Source,Text
g1,flashcore basic,markdown,Deck,,"system::renal-urinary ""two words"" b","What, then?","It is ""so"".",,,
"#2",Basic,html,A::B,,,"a
b",<b>c</b>,,,
,flashcore cloze,markdown,Deck,1 5,,,,,,a [b] [c]
"""
    assert [one.note for one in again(path).notes] == [one.note for one in notes]
    assert [one.deck for one in again(path).notes] == ["Deck", "A::B", "Deck"]
    assert again(path).warnings == ()
    assert [str(path) for path in tmp_path.iterdir()] == [str(path)]


def test_a_note_type_of_somebody_else_brings_its_fields_and_kind(tmp_path: Path) -> None:
    path = tmp_path / "deck.csv"
    notes = (a_note("g", AN_KING, "{{c1::a}}", "b", "c", "d", "e", markup=Markup.HTML),)
    write(Bundle(notes), path, now=NOW)
    assert path.read_text().splitlines()[0] == (
        "guid,note type,fields,kind,markup,deck,tags,Text,Extra,One by one,Tags,=x")
    (found,) = again(path).notes
    assert (found.note.note_type.fields, found.note.note_type.kind) == (AN_KING.fields, NoteKind.CLOZE)
    assert found.note.note_type.templates == (
        Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}<br>{{One by one}}<br>{{Tags}}<br>{{=x}}"),)
    (found,) = again(path, note_types={"AnKing": AN_KING}).notes
    assert found.note == notes[0].note
    changed = replace(AN_KING, fields=("Text", "Extra"))
    (found,) = again(path, note_types={"AnKing": changed}).notes
    assert found.note.note_type.fields == AN_KING.fields


def test_a_stock_name_with_other_fields_is_another_note_type(tmp_path: Path) -> None:
    path = tmp_path / "deck.csv"
    other = NoteType("Basic", NoteKind.STANDARD, ("Back", "Front"), ())
    notes = (a_note("1", STOCK_BASIC, "f", "b", markup=Markup.HTML), a_note("2", other, "b", "f", markup=Markup.HTML))
    write(Bundle(notes), path, now=NOW)
    assert plain(again(path)) == plain(Bundle(notes))


def test_f7_a_spreadsheet_finds_no_formula_and_reading_gives_the_exact_text(tmp_path: Path) -> None:
    path = tmp_path / "deck.csv"
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "\nx", "'=1", "''@", "'", "plain", "'tis", "", "x=1"]
    notes = tuple(a_note(f"={number}", BASIC, cell or "x", cell, tags=("-tag",), deck="+deck")
                  for number, cell in enumerate(cells))
    write(Bundle(notes), path, now=NOW, is_spreadsheet=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf'guid,")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n")] == []
    assert [row[6] for row in rows[1:]] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\nx", "''=1", "'''@", "'", "plain",
                                            "'tis", "", "x=1"]
    assert plain(again(path)) == plain(Bundle(notes))
    write(Bundle(notes), path, now=NOW)
    with path.open(newline="") as file:
        assert [row[6] for row in csv.reader(file)][1:] == cells
    assert plain(again(path)) == plain(Bundle(notes))


@given(st.text(st.sampled_from("'=+-@\t\r\nx")))
def test_guarding_can_be_undone_exactly(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in tuple("=+-@\t\r\n")


def test_a_tsv_is_parted_by_tabs(tmp_path: Path) -> None:
    path = tmp_path / "deck.tsv"
    write(Bundle((a_note("g", BASIC, "a,b", "c\td"),)), path, now=NOW)
    assert path.read_text().splitlines()[1] == 'g\tflashcore basic\tmarkdown\tDeck\t\ta,b\t"c\td"\t\t'
    assert plain(again(path))[0].note.fields == ("a,b", "c\td", "", "")


def test_pictures_and_sounds_go_into_a_folder_beside_and_are_found_there(tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "to").mkdir()
    files = {"a b.png": tmp_path / "from" / "a b.png", "s.mp3": tmp_path / "from" / "s.mp3",
             "sub/a b.png": tmp_path / "from" / "sub" / "a b.png", "gone.png": tmp_path / "gone.png"}
    for name, file in files.items():
        if name != "gone.png":
            file.write_bytes(name.encode())
    path = tmp_path / "to" / "deck.csv"
    notes = (a_note("1", BASIC, "![x](<a b.png>) ![](<sub/a b.png>)", "![](gone.png) ![](https://x.y/z.png)"),
             a_note("2", STOCK_BASIC, "<img src='a b.png'> [sound:s.mp3]", '<img src="//x.y/z.png">',
                    markup=Markup.HTML))
    counts = write(Bundle(notes), path, now=NOW, media=files)
    assert counts == WrittenText(2, 3, ("gone.png",), ("flashcore basic", "Basic"))
    beside = tmp_path / "to" / "deck.media"
    second = next(file.name for file in beside.iterdir() if file.name.startswith("a b-"))
    found = again(path)
    assert [one.note.fields for one in found.notes] == [
        (f"![x](<a b.png>) ![](<{second}>)", "![](gone.png) ![](https://x.y/z.png)", "", ""), notes[1].note.fields]
    assert {name: file.read_bytes() for name, file in found.media.items()} == {
        "a b.png": b"a b.png", second: b"sub/a b.png", "s.mp3": b"s.mp3"}
    assert [str(problem) for problem in found.warnings] == [
        "1 picture or sound is missing: gone.png (put them into deck.media beside the file)"]


def test_the_media_of_the_bundle_are_written_where_none_are_given(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"x")
    (tmp_path / "to").mkdir()
    note = a_note("1", BASIC, "![](x.png)", "a")
    assert write(Bundle((note,), {"x.png": tmp_path / "x.png"}), tmp_path / "to" / "d.csv", now=NOW).media == 1
    assert again(tmp_path / "to" / "d.csv").media == {"x.png": tmp_path / "to" / "d.media" / "x.png"}


def test_a_folder_that_is_not_there_is_named_and_an_old_file_stays(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it cannot be written"):
        write(Bundle(()), tmp_path / "no" / "deck.csv", now=NOW)
    path = tmp_path / "deck.csv"
    path.write_text("old")
    (tmp_path / "deck.media").write_text("a file where the folder would be")
    (tmp_path / "x.png").write_bytes(b"x")
    with pytest.raises(FileError, match="it cannot be written"):
        write(Bundle((), {"x.png": tmp_path / "x.png"}), path, now=NOW)
    assert path.read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["deck.csv", "deck.media", "x.png"]


def test_a_table_without_notes_is_its_head(tmp_path: Path) -> None:
    write(Bundle(()), tmp_path / "deck.csv", now=NOW)
    assert (tmp_path / "deck.csv").read_text() == "guid,note type,markup,deck,tags\n"
    assert again(tmp_path / "deck.csv") == Bundle(())


CHARS = st.sampled_from("ab,;\"'#=+-@\t\n \u2028é日{}<>|:\\[]") | st.characters(codec="utf-8")
TEXTS = st.text(CHARS, max_size=12).map(lambda text: clean_text(text)[0])
TAGS = st.lists(TEXTS.filter(bool), max_size=3, unique=True).map(tuple)
MADE = st.builds(
    NoteType, st.sampled_from(["Basic", "Mine", "x, y", "=1"]), st.sampled_from([NoteKind.STANDARD, NoteKind.CLOZE]),
    st.lists(st.sampled_from(["Front", "tags", "guid", "a:b", '"q"', "=", "deck", "Back", "'x"]), min_size=1,
             max_size=4, unique=True).map(tuple), st.just(()))


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """Notes of any type; each with an id, since twins without one are one note."""
    notes = []
    for number in range(draw(st.integers(0, 5))):
        note_type = draw(st.sampled_from([*OWN_NOTE_TYPES, *KNOWN.values()]) | MADE)
        fields = draw(st.lists(TEXTS, min_size=len(note_type.fields), max_size=len(note_type.fields)).filter(any))
        ordinals = draw(st.lists(st.integers(0, 499), max_size=3, unique=True).map(tuple))
        markup = draw(st.sampled_from(Markup))
        note = Note(f"{draw(TEXTS)}{number}", note_type, tuple(fields), draw(TAGS), markup, ordinals)
        notes.append(BundledNote(note, draw(TEXTS.filter(bool))))
    return Bundle(tuple(notes))


@settings(max_examples=300)
@given(bundles(), st.booleans(), st.sampled_from([".csv", ".tsv"]))
def test_reading_what_was_written_gives_the_same_notes(bundle: Bundle, is_spreadsheet: bool, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"deck{suffix}"
        write(bundle, path, now=NOW, is_spreadsheet=is_spreadsheet)
        found = again(path)
        assert plain(found) == plain(bundle)
        assert found.skipped == ()
        write(found, path.with_name(f"again{suffix}"), now=NOW, is_spreadsheet=is_spreadsheet)
        assert path.with_name(f"again{suffix}").read_bytes() == path.read_bytes()
