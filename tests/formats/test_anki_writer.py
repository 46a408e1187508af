import errno
import os
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from anki.collection import Collection as Anki
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteKind, NoteType, Template
from flashcore.domain.vignette import Option, options_to_field
from flashcore.errors import FileError
from flashcore.formats.anki_markdown import note_from_anki
from flashcore.formats.anki_tables import anki_tags
from flashcore.formats.anki_writer import WrittenPackage, write_package
from flashcore.formats.staging import create_staging, write_bundle

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
FOREIGN = NoteType("Basic", NoteKind.STANDARD, ("F", "B"), (Template("c", "{{F}}", "{{B}}"),), ".card { color: red }")


def a_note(guid: str, note_type: NoteType, *fields: str, tags: tuple[str, ...] = (), deck: str = "Deck",
           markup: Markup = Markup.MARKDOWN, changed_at: datetime | None = None) -> BundledNote:
    fields += ("",) * (len(note_type.fields) - len(fields))
    return BundledNote(Note(guid, note_type, fields, tags, markup), deck, changed_at=changed_at)


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    (tmp_path / "anki").mkdir()
    collection = Anki(str(tmp_path / "anki" / "collection.anki2"))
    yield collection
    collection.close()


def imported(anki: Anki, path: Path) -> dict[str, int]:
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
    log = anki.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log
    return {what: len(getattr(log, what)) for what in ("new", "updated", "duplicate", "conflicting")}


def found(anki: Anki) -> dict[str, tuple[str, list[str], list[str], list[tuple[int, str]]]]:
    """guid -> note type, fields (without the Markdown), tags, and the ordinal and deck of each card."""
    notes = [anki.get_note(note_id) for note_id in anki.find_notes("")]
    return {note.guid: (note.note_type()["name"], [text for name, text in note.items() if name != "Markdown"],
                        note.tags, [(card.ord, anki.decks.name(card.did)) for card in note.cards()]) for note in notes}


def written(path: Path, *notes: BundledNote, media: Mapping[str, Path] | None = None,
            now: datetime = NOW) -> WrittenPackage:
    """Writes a package of notes through a staging file beside the folder it is in."""
    staging = path.parent.parent / f"{path.parent.name}.staging"
    staging.unlink(missing_ok=True)
    with closing(create_staging(staging)) as connection:
        write_bundle(connection, Bundle(notes))
    return write_package(staging, path, media or {}, now=now)


OPTIONS = options_to_field((Option("Less **afterload**", False, "It would lower it."),
                            Option("$x$", True, "A stiff one."), Option("None", False)))


def test_g14_anki_has_every_note_card_tag_and_deck_and_finds_nothing_to_mend(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    counts = written(
        path,
        a_note("basic!", BASIC, "Q **b**", "A", "why", "own",
               tags=("system::neuro", "my_course"), deck="Step 1::Neuro"),
        a_note("terms", REVERSED, "T", "D", deck="step 1"),
        a_note("cloze", CLOZE, "{{c1::a {{c3::b}}}} and {{c1,2::$\\frac{a}{\\sqrt{b}}$::h}}", deck="default"),
        a_note("case", VIGNETTE, "A man.", OPTIONS, "idea"),
        a_note("html", FOREIGN, "<i>q</i> {{c1::no}}", "a<br>", markup=Markup.HTML, deck="A::B::C"),
    )
    assert counts == WrittenPackage(notes=5, cards=8, decks=5, media=0)
    assert imported(anki, path) == {"new": 5, "updated": 0, "duplicate": 0, "conflicting": 0}
    assert found(anki) == {
        "basic!": ("flashcore basic", ["Q <strong>b</strong>", "A", "why", "own"], ["my_course", "system::neuro"],
                   [(0, "Step 1::Neuro")]),
        "terms": ("flashcore reversed", ["T", "D", "", ""], [], [(0, "Step 1"), (1, "Step 1")]),
        "cloze": ("flashcore cloze", ["{{c1::a {{c3::b}}}} and {{c1,2::\\(\\frac{a}{\\sqrt{b}}\\)::h}}", "", ""], [],
                  [(0, "Default"), (1, "Default"), (2, "Default")]),
        "case": ("flashcore vignette", [
            "A man.",
            '<ol class=options type="A"><li>Less <strong>afterload</strong></li>'
            "<li class=right>\\(x\\)</li><li>None</li></ol>",
            "<b>B.</b> \\(x\\)",
            '<ol class=explanations type="A"><li value=1>It would lower it.</li>'
            "<li class=right value=2>A stiff one.</li></ol>",
            "idea", "", ""], [], [(0, "Deck")]),
        "html": ("Basic+", ["<i>q</i> {{c1::no}}", "a<br>"], [], [(0, "A::B::C")]),
    }
    assert [deck.name for deck in anki.decks.all_names_and_ids()] == [
        "A", "A::B", "A::B::C", "Deck", "Default", "Step 1", "Step 1::Neuro"]
    assert anki.models.by_name("Basic+")["css"] == ".card { color: red }"
    assert anki.fix_integrity()[1]


def test_anki_updates_the_note_that_was_edited_and_no_other(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    notes = [a_note(f"g{number}", BASIC, f"Q{number}", "A", tags=("old",), changed_at=YESTERDAY) for number in range(5)]
    written(path, *notes)
    imported(anki, path)
    before = {note_id: anki.get_note(note_id).mod for note_id in anki.find_notes("-Q3")}
    notes[3] = a_note("g3", BASIC, "Q3 edited", "A", tags=("new",), changed_at=NOW)
    written(path, *notes, now=NOW + timedelta(minutes=1))
    assert imported(anki, path) == {"new": 0, "updated": 1, "duplicate": 4, "conflicting": 0}
    assert (anki.note_count(), anki.card_count()) == (5, 5)
    assert found(anki)["g3"] == ("flashcore basic", ["Q3 edited", "A", "", ""], ["new"], [(0, "Deck")])
    assert {note_id: anki.get_note(note_id).mod for note_id in before} == before
    assert anki.fix_integrity()[1]


def test_a_look_that_the_learner_changed_in_anki_stays(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    written(path, a_note("g", BASIC, "Q", "A"))
    imported(anki, path)
    model = anki.models.by_name("flashcore basic")
    model["css"] = "mine"
    anki.models.update_dict(model)
    written(path, a_note("g", BASIC, "Q2", "A"), now=NOW + timedelta(hours=1))
    assert imported(anki, path)["updated"] == 1
    assert anki.models.by_name("flashcore basic")["css"] == "mine"


def test_cards_of_one_note_may_lie_in_different_decks(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    written(path, replace(a_note("g", REVERSED, "T", "D"), cards=(BundledCard(1, "Other::Deck"),)))
    imported(anki, path)
    assert found(anki)["g"][3] == [(0, "Deck"), (1, "Other::Deck")]
    assert anki.fix_integrity()[1]


def test_two_pictures_of_one_name_stay_two(anki: Anki, tmp_path: Path) -> None:
    media = {}
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        media[f"{folder}/heart.png"] = tmp_path / folder / "heart.png"
        media[f"{folder}/heart.png"].write_text(folder)
    path = tmp_path / "deck.apkg"
    counts = written(path, a_note("g", BASIC, "![](a/heart.png)", "![h](b/heart.png) ![](gone.mp3)"),
                     media=media | {"gone.mp3": tmp_path / "gone.mp3"})
    assert (counts.media, counts.missing_media) == (2, ("gone.mp3",))
    imported(anki, path)
    stored = {file.name: file.read_text() for file in Path(anki.media.dir()).iterdir()}
    assert sorted(stored.values()) == ["a", "b"]
    other = next(name for name, content in stored.items() if content == "b")
    assert found(anki)["g"][1][:2] == ['<img src="heart.png">', f'<img src="{other}" alt="h"> [sound:gone.mp3]']
    note = anki.get_note(anki.find_notes("")[0])
    assert note_from_anki("flashcore basic", note.fields) == (
        BASIC, ("![](heart.png)", f"![h]({other}) ![](gone.mp3)", "", ""), ())


def test_html_names_media_as_the_package_does_and_is_else_left_alone(anki: Anki, tmp_path: Path) -> None:
    media = {}
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        media[f"{folder}/x.png"] = tmp_path / folder / "x.png"
        media[f"{folder}/x.png"].write_text(folder)
    path = tmp_path / "deck.apkg"
    plain = "<p class='q'>1 &lt; 2\N{NO-BREAK SPACE}</p>"
    written(path, a_note("g", FOREIGN, '<img src="a/x.png">', "<IMG SRC=b/x.png>", markup=Markup.HTML),
            a_note("h", FOREIGN, plain, plain, markup=Markup.HTML), media=media)
    imported(anki, path)
    other = next(file.name for file in Path(anki.media.dir()).iterdir() if file.read_text() == "b")
    assert {guid: note[1] for guid, note in found(anki).items()} == {
        "g": ['<img src="x.png">', f"<IMG SRC={other}>"], "h": [plain, plain]}


def test_a_vignette_in_html_has_its_fields_where_anki_shows_them(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    written(path, a_note("g", VIGNETTE, "stem", "<ol></ol>", "why", "source", "fixed", markup=Markup.HTML))
    imported(anki, path)
    assert found(anki)["g"][1] == ["stem", "<ol></ol>", "", "", "why", "source", "fixed"]


def test_hostile_text_reaches_anki_as_text(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    written(
        path,
        a_note("g1", BASIC, "a\x1fb\x01c <script>x</script> {{Front}}", "\x1b]2;t\x07 &amp; <",
               deck='a\x1b"::  ::b'),
        a_note("g2", CLOZE, "no deletion at all", tags=('a"b_c', "a_b", "A_B", "::x::::y")),
        a_note("", BASIC, "no guid", ""),
        a_note("g3", FOREIGN, "only one field\x1f", markup=Markup.HTML, deck="::".join(["deep"] * 300)),
        a_note("g4", BASIC, "", ""),
    )
    assert imported(anki, path)["new"] == 5
    notes = found(anki)
    assert notes["g1"][1] == ["a\N{SYMBOL FOR UNIT SEPARATOR}bc &lt;script&gt;x&lt;/script&gt; {{Front}}",
                              "]2;t &amp; &lt;", "", ""]
    assert notes["g1"][3] == [(0, 'a"::b')]
    assert notes["g2"] == ("flashcore cloze", ["no deletion at all", "", ""], ["a_b", "ab_c", "x::y"], [(0, "Deck")])
    assert notes["g3"][1] == ["only one field\N{SYMBOL FOR UNIT SEPARATOR}", ""]
    assert notes["g3"][3][0][1].count("::") == 19
    assert anki.fix_integrity()[1]


def test_two_note_types_of_one_name_and_fields_stay_two(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    other = NoteType("Basic", NoteKind.STANDARD, ("F", "B"), (Template("c", "Other {{F}}", "{{B}}"),))
    broken = NoteType("Odd", NoteKind.STANDARD, ("X",), (Template("c", "{{#X}}{{nothing}}", "{{"),))
    written(path, a_note("g1", FOREIGN, "q", markup=Markup.HTML), a_note("g2", other, "q", markup=Markup.HTML),
            a_note("g3", broken, "x", markup=Markup.HTML))
    assert imported(anki, path)["new"] == 3
    assert anki.fix_integrity()[1]
    fronts = {anki.get_note(note_id).note_type()["tmpls"][0]["qfmt"] for note_id in anki.find_notes("F:q")}
    assert fronts == {"{{F}}", "Other {{F}}"}


def test_the_collection_inside_is_of_the_newer_scheduler_and_sorts_as_anki_does(anki: Anki, tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    written(path, a_note("g", BASIC, "a **b** &amp; c ![](x.png)<br>d", ""))
    imported(anki, path)
    with zipfile.ZipFile(path) as package:
        assert {member.filename: member.compress_type for member in package.infolist()} == {
            "collection.anki2": zipfile.ZIP_DEFLATED, "media": zipfile.ZIP_DEFLATED}
        package.extract("collection.anki2", tmp_path)
    connection = sqlite3.connect(tmp_path / "collection.anki2")
    assert connection.execute("SELECT json_extract(conf, '$.schedVer') FROM col").fetchone() == (2,)
    query = "SELECT sfld, csum, mod FROM notes"
    assert [list(row) for row in connection.execute(query)] == anki.db.all(query)
    connection.close()


def test_the_same_bundle_makes_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.apkg", tmp_path / "two.apkg"
    for path in (one, two):
        written(path, a_note("g", CLOZE, "[a] [b]"), a_note("h", VIGNETTE, "s", OPTIONS))
    assert one.read_bytes() == two.read_bytes()


def test_g13_what_cannot_be_written_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deck.apkg"
    path.write_text("old")
    with pytest.raises(FileError, match="cannot be written: No such file or directory"):
        written(tmp_path / "missing" / "deck.apkg", a_note("g", BASIC, "q", "a"))
    (tmp_path / "missing.staging").unlink(missing_ok=True)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"deck\.apkg: cannot be written: No space left on device; nothing was changed"):
        written(path, a_note("g", BASIC, "q", "a"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_tags_are_those_that_anki_keeps() -> None:
    assert anki_tags(("system::neuro", "my course", "My_Course", '"q"', "a::::b", "\x1b\u3000x", "")) == (
        "system::neuro", "my_course", "q", "a::b", "x")
