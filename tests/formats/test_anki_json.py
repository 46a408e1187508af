"""``.anki-json``: what Anki's own import takes from it, and what is skipped."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned, OnMatch, Skipped
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, NoteKind, NoteType, Template
from flashcore.domain.schedule import CardState
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.anki_json import read
from flashcore.formats.anki_models import STOCK_NOTE_TYPES

STOCK = STOCK_NOTE_TYPES["Basic"]


def bundle_of(root: object, **options: object) -> Bundle:
    return read(json.dumps(root).encode(), ReadOptions(deck="Given", **options))  # type: ignore[arg-type]


def a_row(*fields: object, **more: object) -> dict[str, object]:
    return {"fields": list(fields or ("Q", "A")), "tags": [], "notetype": "Basic", **more}


def test_notes_come_with_guid_deck_tags_and_note_type() -> None:
    root = {"default_deck": "A::B", "default_notetype": "Basic", "global_tags": ["g"],
            "notes": [a_row(guid="x", tags=["t u"]), {"fields": ["<b>Q</b>", "A"], "deck": "C"},
                      a_row("Q3", "", deck=1)]}
    assert bundle_of(root) == Bundle((
        BundledNote(Note("x", STOCK, ("Q", "A"), ("g", "t", "u"), Markup.HTML), "A::B"),
        BundledNote(Note("", STOCK, ("<b>Q</b>", "A"), ("g",), Markup.HTML), "C", absent=frozenset(("Tags",))),
        BundledNote(Note("", STOCK, ("Q3", ""), ("g",), Markup.HTML), "Default")))
    assert [one.deck for one in bundle_of({"notes": [a_row()]}).notes] == ["Given"]


def test_what_a_note_leaves_out_is_named_as_absent() -> None:
    (one, other) = bundle_of({"notes": [a_row("Q"), a_row("Q2", None, tags=None)]}).notes
    assert (one.note.fields, one.absent) == (("Q", ""), frozenset(("Back",)))
    assert (other.note.fields, other.absent) == (("Q2", ""), frozenset(("Back", "Tags")))


def test_note_types_of_the_file_come_before_those_of_the_collection_and_of_anki() -> None:
    mine = NoteType("Mine", NoteKind.CLOZE, ("T", "X"), (Template("C", "{{cloze:T}}", "{{cloze:T}}"),))
    held = NoteType("Held", NoteKind.STANDARD, ("H",), (Template("C", "{{H}}", ""),))
    root = {"notetypes": [{"name": "Mine", "fields": ["T", "X"], "is_cloze": True, "templates": [
        {"name": "C", "qfmt": "{{cloze:T}}", "afmt": "{{cloze:T}}"}]}, {"name": "Broken"}, 4],
        "notes": [a_row("{{c1::a}}", notetype="Mine"), a_row("h", notetype="held"), a_row(notetype="Gone"),
                  a_row(notetype=7), a_row("x", notetype="")]}
    bundle = bundle_of(root, note_types={"Held": held})
    assert [one.note.note_type for one in bundle.notes] == [mine, held]
    assert bundle.skipped == (
        Skipped("Q", "the note type 'Gone' is neither in the file nor in the collection"),
        Skipped("Q", "it names no note type"), Skipped("x", "it names no note type"))
    assert bundle.warnings == (Problem(0, "a note type was left out: 'Broken' has no fields"),)


def test_a_card_with_an_interval_is_in_review_and_any_other_is_new() -> None:
    card = {"due": 1_800_014_400, "interval": 30, "ease_factor": 2.1, "reps": 4, "lapses": 1}
    (one,) = bundle_of({"notes": [a_row(notetype="Basic (and reversed card)", cards=[{}, card, card])]}).notes
    assert one.cards == (BundledCard(1, learned=Learned(
        CardState.REVIEW, date(2027, 1, 15), interval_days=30, reps=4, lapses=1, ease=2.1)),)


@pytest.mark.parametrize("card", [7, {"interval": -1}, {"interval": 1e308}, {"interval": "x"}, {"interval": True}, {}])
def test_E36_a_card_that_means_nothing_is_new(card: object) -> None:
    (one,) = bundle_of({"notes": [a_row(cards=[card])]}).notes
    assert one.cards == ()


def test_E36_a_card_keeps_what_of_it_means_something() -> None:
    card = {"due": 1e300, "interval": 3, "ease_factor": 99, "reps": -4, "lapses": None}
    (one,) = bundle_of({"notes": [a_row(cards=[card])]}).notes
    assert one.cards == (BundledCard(0, learned=Learned(CardState.REVIEW, date(1980, 1, 2), interval_days=3)),)


@pytest.mark.parametrize(("word", "meant"), [
    ("Update", OnMatch.UPDATE), ("Preserve", OnMatch.KEEP), ("Duplicate", OnMatch.ADD), ("x", OnMatch.UPDATE)])
def test_the_file_says_what_becomes_of_notes_that_are_there(word: str, meant: OnMatch) -> None:
    bundle = bundle_of({"dupe_resolution": word, "match_scope": "NotetypeAndDeck", "notes": []})
    assert (bundle.on_match, bundle.match_in_deck) == (meant, True)
    assert bundle_of({"notes": []}) == Bundle(())


def test_rows_that_are_no_notes_are_skipped_and_named() -> None:
    bundle = bundle_of({"notes": [3, {"fields": "x"}, a_row("", "A"), a_row({}, "A"), a_row("a", "b", "c"),
                                  a_row(guid="g"), a_row("Q2", guid="g")]})
    assert [(one.note.guid, one.note.fields) for one in bundle.notes] == [
        ("", ("a", "b<br>c")), ("g", ("Q", "A")), ("", ("Q2", ""))]
    assert bundle.skipped == (
        Skipped("(empty)", "it has no fields"),
        Skipped("A", "its first field is empty"), Skipped("A", "a field of it is no text"))
    assert [problem.what for problem in bundle.warnings] == [
        "a value among the notes is none", "a note has more fields than its note type 'Basic'",
        "a note has the guid of another; it is known by its first field"]


def test_lists_of_decks_with_plain_cards_are_read_too() -> None:
    root = {"format": "anki-json", "version": 1, "decks": [{"name": "D", "cards": [
        {"id": "card-1", "front": "a < b", "back": "x\ny"}, {"fields": {"Front": "Q", "Back": "A"}},
        {"front": ""}]}, {}]}
    bundle = bundle_of(root)
    assert bundle.notes == (
        BundledNote(Note("card-1", BASIC, ("a &lt; b", "x<br>y", "", ""), (), Markup.HTML), "D"),
        BundledNote(Note("", BASIC, ("Q", "A", "", ""), (), Markup.HTML), "D"))
    assert bundle.skipped == (Skipped("(empty)", "all its fields are empty"),)


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"notes": 3}', b"3"])
def test_other_json_is_refused(data: bytes) -> None:
    with pytest.raises(FileError, match="it holds neither notes nor decks"):
        read(data, ReadOptions(path=Path("x.anki-json")))


def test_anki_takes_the_same_notes_from_the_same_file(tmp_path: Path) -> None:
    collection = pytest.importorskip("anki.collection").Collection(str(tmp_path / "x.anki2"))
    root = {"default_deck": "A::B", "default_notetype": "Basic", "global_tags": ["g"], "notetypes": [
        {"name": "Mine", "fields": ["T"], "is_cloze": True, "templates": [
            {"name": "C", "qfmt": "{{cloze:T}}", "afmt": "{{cloze:T}}"}]}],
        "notes": [a_row("Q1", "<b>A</b>", guid="a", tags=["x y"]), a_row("Q2", "A", guid="b", deck="C"), a_row("", "A"),
                  a_row("{{c1::x}}", guid="c", notetype="Mine"), a_row("Q3", notetype="Gone"),
                  a_row("Q4", None, guid="d", cards=[{"interval": 9, "ease_factor": 2.1, "reps": 3}])]}
    try:
        collection.import_json_string(json.dumps(root))
        theirs = {}
        for note_id in collection.find_notes(""):
            note = collection.get_note(note_id)
            (card,) = note.cards()
            theirs[note.guid] = (note.note_type()["name"], tuple(note.fields), set(note.tags),
                                 collection.decks.name(card.did), card.ivl, card.reps)
    finally:
        collection.close()
    ours = {}
    for one in bundle_of(root).notes:
        state = one.cards[0].learned if one.cards else None
        ours[one.note.guid] = (one.note.note_type.name, one.note.fields, set(one.note.tags), one.deck,
                               state.interval_days if state else 0, state.reps if state else 0)
    assert ours == theirs
