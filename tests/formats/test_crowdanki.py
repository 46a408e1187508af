"""CrowdAnki's JSON in and out: decks, note types, presets, media, and what is wrong with a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, a_cloze, a_note, a_pair, a_vignette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle, BundledNote, Skipped
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, NoteKind, NoteType, Template
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.anki_models import STOCK_NOTE_TYPES, config_of, deck_options, model_of
from flashcore.formats.crowdanki import deck_file, read, uuid_of
from flashcore.formats.crowdanki_writer import WrittenDeck, write
from flashcore.formats.text_file import composed

BASIC_MODEL = {**model_of(STOCK_NOTE_TYPES["Basic"]), "__type__": "NoteModel", "crowdanki_uuid": "m1"}
THREE = NoteType("Three", NoteKind.STANDARD, ("One", "Two", "Three"), (Template("Card 1", "{{One}}", "{{Two}}"),))


def a_row(*fields: str, guid: str = "g1", model: str = "m1", **more: object) -> dict[str, object]:
    return {"__type__": "Note", "data": "", "fields": list(fields or ("Q", "A")), "flags": 0, "guid": guid,
            "note_model_uuid": model, "tags": [], **more}


def a_deck(name: str = "Cardio", *rows: object, **more: object) -> dict[str, object]:
    return {"__type__": "Deck", "name": name, "crowdanki_uuid": "d", "children": [], "deck_config_uuid": "",
            "notes": list(rows), "media_files": [], **more}


def a_file(name: str = "Cardio", *rows: object, **more: object) -> dict[str, object]:
    return a_deck(name, *rows, **{"note_models": [BASIC_MODEL], "deck_configurations": [], **more})


def bundle_of(root: object, path: Path | None = None) -> Bundle:
    return read(json.dumps(root).encode(), ReadOptions(path=path, deck="Given"))


def refusal(data: bytes) -> str:
    with pytest.raises(FileError) as caught:
        read(data, ReadOptions(path=Path("x.json")))
    return str(caught.value)


def with_uuid(note_type: NoteType, uuid: str = "m1") -> NoteType:
    return replace(note_type, anki=json.dumps({"crowdanki_uuid": uuid}))


STOCK_BASIC = with_uuid(STOCK_NOTE_TYPES["Basic"])


def test_notes_come_with_their_note_type_deck_and_tags() -> None:
    root = a_file("Step 1::Heart", a_row("<b>Q</b>", "A", tags=["x", "a::b"]),
                  children=[a_deck("Valves", a_row("Q2", "A2", guid="g2"))])
    assert bundle_of(root) == Bundle((
        BundledNote(Note("g1", STOCK_BASIC, ("<b>Q</b>", "A"), ("x", "a::b"), Markup.HTML), "Step 1::Heart"),
        BundledNote(Note("g2", STOCK_BASIC, ("Q2", "A2"), (), Markup.HTML), "Step 1::Heart::Valves")))


def test_notes_of_parents_come_first_and_children_in_file_order() -> None:
    root = a_file("A", a_row("1", guid="1"), children=[
        a_deck("Z", a_row("2", guid="2"), children=[a_deck("Y", a_row("3", guid="3"))]),
        a_deck("B", a_row("4", guid="4"))])
    assert [(one.note.question, one.deck) for one in bundle_of(root).notes] == [
        ("1", "A"), ("2", "A::Z"), ("3", "A::Z::Y"), ("4", "A::B")]


def test_of_note_types_with_one_uuid_the_one_with_as_many_fields_is_taken() -> None:
    clone = {**model_of(THREE), "crowdanki_uuid": "m1"}
    bundle = bundle_of(a_file("D", a_row("a", "b"), a_row("a", "b", "c", guid="g2"), note_models=[BASIC_MODEL, clone]))
    assert [one.note.note_type for one in bundle.notes] == [STOCK_BASIC, with_uuid(THREE)]
    assert bundle.warnings == ()


def test_a_note_with_another_number_of_fields_keeps_them_all() -> None:
    bundle = bundle_of(a_file("D", a_row("only"), a_row("a", "b", "", "d", guid="g2")))
    assert [one.note.fields for one in bundle.notes] == [("only", ""), ("a", "b<br>d")]
    assert bundle.warnings == (Problem(0, "2 notes have more or fewer fields than their note type 'Basic'",
                                       "missing ones are empty, further ones stand in the last"),)


def test_E30_a_note_whose_note_type_is_missing_gets_one_made_from_its_fields() -> None:
    bundle = bundle_of(a_file("D", a_row("a", "b", "c", model="gone")))
    (one,) = bundle.notes
    assert (one.note.note_type.name, one.note.note_type.fields, one.note.fields) == (
        "Recovered (3 fields)", ("Field 1", "Field 2", "Field 3"), ("a", "b", "c"))
    assert bundle.warnings == (
        Problem(0, "the note type of a note is not in the file; it was made from its fields"),)


def test_a_preset_becomes_options_where_it_differs_from_that_of_the_parent() -> None:
    mine = {**config_of("Mine", {"new_per_day": "7"}), "crowdanki_uuid": "c1"}
    stock = {**config_of("Default", {}), "crowdanki_uuid": "c2"}
    root = a_file("A", deck_config_uuid="c1", deck_configurations=[mine, stock], children=[
        a_deck("Same", deck_config_uuid="c1"), a_deck("Stock", deck_config_uuid="c2"),
        a_deck("Stale", deck_config_uuid="?")])
    bundle = bundle_of(root)
    assert bundle.options == {"A": deck_options(mine), "A::Stock": deck_options(stock)}
    assert bundle.warnings == (
        Problem(0, "the options of a deck are not in the file: 'A::Stale'", "they keep those of their parents"),)


def test_the_preset_that_every_deck_of_anki_has_says_nothing() -> None:
    stock = {**config_of("Default", {}), "crowdanki_uuid": "c"}
    old = {key: value for key, value in stock.items() if key not in ("desiredRetention", "fsrsParams6")}
    for one in (stock, old):
        assert bundle_of(a_file("A", deck_config_uuid="c", deck_configurations=[one])).options == {}


def test_media_are_taken_from_the_folder_beside_the_file(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for name in ("heart beat.png", "listed.mp3", "é.png"):
        (media / name).write_bytes(b"x")
    root = a_file("D", a_row('<img src="heart%20beat.png"><IMG SRC=\'https://x.org/a.png\'>', "[sound:gone.mp3]"),
                  media_files=["listed.mp3", "e\u0301.png", "gone.mp3"])
    bundle = bundle_of(root, tmp_path / "D.json")
    assert bundle.media == {"heart%20beat.png": media / "heart beat.png", "listed.mp3": media / "listed.mp3",
                            "é.png": media / "é.png"}
    assert bundle.warnings == (Problem(0, "a media file is missing in the folder media: 'gone.mp3'",
                                       "copy them there and import again"),)
    assert len(bundle.notes) == 1


def test_F12_a_media_name_that_leads_out_of_the_folder_is_not_taken(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (media / "link.png").symlink_to(tmp_path / "secret.png")
    names = ["../secret.png", "..", "", "a/b.png", "..\\secret.png", "C:x.png", "link.png", 7,
             str(tmp_path / "secret.png"), "x\0.png", "l" * 300]
    root = a_file("D", a_row('<img src="../secret.png"><img src="link.png">', "A"), media_files=names)
    bundle = bundle_of(root, tmp_path / "D.json")
    assert bundle.media == {}
    assert [problem.what.split(":")[0] for problem in bundle.warnings] == [
        "10 media files were left out", "a media file is missing in the folder media"]
    assert len(bundle.notes) == 1


def test_F12_notes_without_a_guid_or_with_that_of_another_are_taken_without() -> None:
    rows = [a_row("a", "", guid=""), {key: value for key, value in a_row("b", "").items() if key != "guid"},
            a_row("c", "", guid="g"), a_row("d", "", guid="g"), a_row("c", "", guid="g")]
    bundle = bundle_of(a_file("D", *rows))
    assert [(one.note.question, one.note.guid) for one in bundle.notes] == [("a", ""), ("b", ""), ("c", "g"), ("d", "")]
    assert bundle.skipped == (Skipped("c", "the file holds it twice, with one guid"),)
    assert [problem.what for problem in bundle.warnings] == [
        "2 notes have no guid; they are known by their first field",
        "a note has the guid of another; it is known by its first field"]


def test_F12_what_is_not_json_is_refused_with_its_place() -> None:
    assert refusal(b"{\n 'a': 1}") == (
        "x.json: line 2 column 2 is no JSON: expecting property name enclosed in double quotes; nothing was changed; "
        "export it again")
    assert "no number" not in refusal(b"") and "the file is empty" in refusal(b"")
    assert "NaN is not JSON" in refusal(b'{"notes": [NaN]}')
    assert "-Infinity is not JSON" in refusal(b'{"notes": [-Infinity]}')
    assert "it is no deck of CrowdAnki" in refusal(b'{"a": 1}')
    assert "it is no deck of CrowdAnki" in refusal(b"[]")


def test_F1_bytes_that_are_no_text_are_named_with_line_and_byte() -> None:
    assert "line 2 byte 3 is not UTF-8; nothing was changed; try --encoding latin-1" in refusal(b'{\n"a\xff": 1}')


def test_a_file_in_utf_16_or_with_a_mark_is_read() -> None:
    text = json.dumps(a_file("D", a_row()))
    for data in (text.encode("utf-16"), text.encode("utf-8-sig"), text.encode("utf-16-le")):
        assert len(read(data, ReadOptions()).notes) == 1


def test_E17_numbers_of_thousands_of_digits_and_deep_nesting_are_refused() -> None:
    assert "a number that is none" in refusal(b'{"notes": [' + b"9" * 5000 + b"]}")
    assert "nested too deeply" in refusal(b'{"notes": ' + b"[" * 200_000)


@pytest.mark.parametrize("depth", [501, 10_000])
def test_F12_decks_nested_thousands_deep_are_refused(depth: int) -> None:
    text = '{"name": "a", "children": [' * depth + '{"name": "b", "notes": []}' + "]}" * depth
    assert "nested" in refusal(text.encode())


def test_E27_a_deck_deeper_than_20_levels_is_joined_to_the_20th() -> None:
    root: dict[str, Any] = a_deck("21", a_row())
    for level in range(20, 0, -1):
        root = a_deck(str(level), children=[root])
    bundle = bundle_of({**root, "note_models": [BASIC_MODEL]})
    assert [one.deck for one in bundle.notes] == ["::".join(map(str, range(1, 21)))]
    assert bundle.warnings == (Problem(0, "a deck was nested too deeply, and was joined to its parent: '21'",
                                       "a deck is up to 20 levels deep"),)


def test_values_of_the_wrong_kind_are_skipped_and_the_rest_is_taken() -> None:
    root = a_file("D", 7, a_row(), a_row(fields=None, guid="n"), a_row(fields=["<i>x</i> y", {}], guid="m"),
                  a_row("", " ", guid="e"), a_row("f" * 1_100_000, guid="l"), children=[3, a_deck("", a_row(guid="c"))],
                  media_files=3, deck_configurations={}, note_models=[BASIC_MODEL, 4, {"name": "empty"}], tags="x")
    bundle = bundle_of(root)
    assert [(one.note.guid, one.deck) for one in bundle.notes] == [("g1", "D"), ("c", "D")]
    assert "a value among the notes is none" in [problem.what for problem in bundle.warnings]
    assert bundle.skipped == (
        Skipped("(empty)", "it has no fields"),
        Skipped("x y", "a field of it is no text"), Skipped("(empty)", "all its fields are empty"),
        Skipped("f" * 60 + "...", "a field of it is larger than 1 MiB"))


def test_E31_a_note_type_nested_too_deep_is_left_out_and_its_notes_are_taken() -> None:
    deep = {**BASIC_MODEL, "tmpls": [{"name": "c", "ord": 0, "qfmt": "{{#Front}}" * 65, "afmt": ""}]}
    bundle = bundle_of(a_file("D", a_row(), note_models=[deep]))
    assert bundle.warnings[0].what == (
        "a note type was left out: the template 'c' of 'Basic' is nested 65 deep; 64 is the most")
    assert bundle.notes[0].note.note_type.name == "Recovered (2 fields)"


def test_a_file_of_millions_of_empty_objects_is_refused_before_it_is_read() -> None:
    assert "which no deck does" in refusal(b'{"notes": [' + b"{}," * 300_000 + b"{}]}")


def test_the_deck_file_of_a_folder_is_the_one_of_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "Heart"
    folder.mkdir()
    assert deck_file(folder) is None
    (folder / "deck.json").touch()
    assert deck_file(folder) == folder / "deck.json"
    (folder / "Heart.json").touch()
    assert deck_file(folder) == folder / "Heart.json"


# out


def written(bundle: Bundle, path: Path) -> Any:
    return json.loads(write(bundle, path, now=MONDAY).path.read_text(encoding="utf-8"))


def test_a_deck_is_written_as_the_add_on_reads_it(tmp_path: Path) -> None:
    note = Note("g1", STOCK_BASIC, ("Q", "A"), ("a b",), Markup.HTML)
    root = written(Bundle((BundledNote(note, "A::B"),)), tmp_path / "Out")
    (preset,) = root.pop("deck_configurations")
    (model,) = root.pop("note_models")
    no_preset = uuid_of("preset", "")
    assert root == {
        "__type__": "Deck", "children": [], "crowdanki_uuid": uuid_of("deck", "A::B"), "deck_config_uuid": no_preset,
        "desc": "", "dyn": 0, "extendNew": 10, "extendRev": 50, "media_files": [], "name": "A::B", "notes": [
            {"__type__": "Note", "data": "", "fields": ["Q", "A"], "flags": 0, "guid": "g1", "note_model_uuid": "m1",
             "tags": ["a_b"]}]}
    assert (preset["__type__"], preset["name"], preset["crowdanki_uuid"]) == ("DeckConfig", "Default", no_preset)
    assert (model["__type__"], model["name"], model["crowdanki_uuid"]) == ("NoteModel", "Basic", "m1")
    assert not {"id", "mod", "usn", "did"} & {*preset, *model}


def test_a_uuid_has_the_form_of_version_5() -> None:
    found = uuid_of("deck", "x")
    assert found == uuid_of("deck", "x") != uuid_of("preset", "x")
    assert (len(found), found[14], found[19] in "89ab", found.count("-")) == (36, "5", True, 4)


def test_the_same_notes_make_the_same_bytes(tmp_path: Path) -> None:
    bundle = Bundle(tuple(BundledNote(note, deck) for note, deck in (
        (a_note("a", guid="1"), "Z"), (a_pair("b", guid="2"), "A::B"), (a_cloze("[c]", guid="3"), "A"))))
    first = write(bundle, tmp_path / "x.json", now=MONDAY).path.read_bytes()
    assert write(bundle, tmp_path / "x.json", now=MONDAY.replace(year=2030)).path.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.json"]


def test_markdown_notes_are_written_as_html_and_come_back_as_own_note_types(tmp_path: Path) -> None:
    notes = (a_note("**Q**", "A", guid="1"), a_cloze("The [mitral] valve", guid="2"), a_vignette(guid="3"))
    written_deck = write(Bundle(tuple(BundledNote(note, "D") for note in notes)), tmp_path / "x.json", now=MONDAY)
    back = read(written_deck.path.read_bytes(), ReadOptions(written_deck.path))
    assert [(one.note.note_type.name, one.note.markup) for one in back.notes] == [
        (note.note_type.name, Markup.HTML) for note in notes]
    assert back.notes[0].note.note_type == BASIC and back.notes[1].note.note_type == CLOZE
    assert back.notes[0].note.question.strip() == "<strong>Q</strong>"
    assert "{{c1::mitral}}" in back.notes[1].note.question


def test_decks_without_a_common_parent_keep_their_names(tmp_path: Path) -> None:
    notes = tuple(BundledNote(Note(str(place), STOCK_BASIC, ("Q", ""), (), Markup.HTML), deck)
                  for place, deck in enumerate(("A", "A::B", "C")))
    path = write(Bundle(notes), tmp_path / "All", now=MONDAY).path
    assert path == tmp_path / "All" / "All.json"
    assert (json.loads(path.read_bytes())["name"], read(path.read_bytes(), ReadOptions(path)).notes) == ("All", notes)


def test_media_are_copied_under_safe_names_and_missing_ones_are_told(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes(folder.encode())
    note = Note("g", STOCK_BASIC, ('<img src="x.png">', '<img src="b/x.png">[sound:gone.mp3]'), (), Markup.HTML)
    media = {"x.png": tmp_path / "a" / "x.png", "b/x.png": tmp_path / "b" / "x.png", "gone.mp3": tmp_path / "gone.mp3"}
    done = write(Bundle((BundledNote(note, "D"),), media), tmp_path / "out" / "D.json", now=MONDAY)
    assert done == WrittenDeck(tmp_path / "out" / "D.json", 1, 1, 2, ("gone.mp3",))
    back = read(done.path.read_bytes(), ReadOptions(done.path))
    second = next(name for name in back.media if name != "x.png")
    assert back.notes[0].note.fields == ('<img src="x.png">', f'<img src="{second}">[sound:gone.mp3]')
    assert {name: path.read_bytes() for name, path in back.media.items()} == {"x.png": b"a", second: b"b"}
    assert back.warnings == ()


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError) as caught:
        write(Bundle((BundledNote(a_note(), "D"),)), tmp_path / "file" / "x.json", now=MONDAY)
    assert "cannot be written" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_G13_a_file_that_was_there_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FileError):
        write(Bundle((BundledNote(a_note(), "D"),)), tmp_path / "x.json", now=MONDAY)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.json", "old")]


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cn"),
                        exclude_characters=":\ufeff")
WORDS = st.text(LETTERS, min_size=1, max_size=8).map(composed)
TEXTS = st.builds(lambda start, end: f"{start}<br>\n{end}", WORDS, WORDS)
TYPES = st.builds(
    lambda name, kind, fields, css: NoteType(
        name, kind, tuple(fields), (Template("Card 1", "{{cloze:%s}}" % fields[0], "{{%s}}" % fields[-1]),), css),  # noqa: UP031
    WORDS, st.sampled_from((NoteKind.STANDARD, NoteKind.CLOZE)), st.lists(WORDS, min_size=1, max_size=4, unique=True),
    WORDS)
DECKS = st.lists(WORDS, min_size=1, max_size=3).map("::".join)
OPTIONS = st.builds(lambda new, steps, retention: deck_options(config_of("x", {
    "new_per_day": str(new), "learning_steps": steps, "desired_retention": str(retention)})),
    st.integers(0, 9999), st.sampled_from(("none", "1m 10m", "30s 1d", "90m")), st.sampled_from((0.7, 0.85, 0.99)))


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    kinds = draw(st.lists(TYPES, min_size=1, max_size=3, unique_by=lambda one: one.name))
    decks = draw(st.lists(DECKS, min_size=1, max_size=4, unique=True))
    notes = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(kinds))
        fields = tuple(draw(TEXTS) for _ in kind.fields)
        tags = tuple(draw(st.lists(WORDS, max_size=2, unique=True)))
        notes.append(BundledNote(Note(f"guid {number}", kind, fields, tags, Markup.HTML), draw(st.sampled_from(decks))))
    used = {one.deck for one in notes}
    options = {deck: draw(OPTIONS) for deck in sorted(used) if draw(st.booleans())}
    for deck in [*options]:  # a deck that says what its parent says is told by the parent alone
        parents = [deck.rsplit("::", level)[0] for level in range(1, deck.count("::") + 1)]
        said = next((options[parent] for parent in parents if parent in options), None)
        if said == options[deck]:
            del options[deck]
    return Bundle(tuple(notes), options=options)


def in_deck_order(bundle: Bundle) -> tuple[BundledNote, ...]:
    return tuple(sorted(bundle.notes, key=lambda one: one.deck.split("::")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bundles())
def test_what_is_written_is_read_back_as_it_was(tmp_path: Path, bundle: Bundle) -> None:
    path = write(bundle, tmp_path / "deck.json", now=MONDAY).path
    back = read(path.read_bytes(), ReadOptions(path))
    assert back == replace(bundle, notes=in_deck_order(bundle))
    assert write(back, tmp_path / "again" / "deck.json", now=MONDAY).path.read_bytes() == path.read_bytes()
