"""The note types that are known without a collection are those that the real Anki makes."""

from __future__ import annotations

from text_judge import anki

from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType, Template
from flashcore.formats.anki_stock import KNOWN, find_note_type, made_type


def test_ankis_note_types_are_known_as_anki_makes_them() -> None:
    with anki() as collection:
        theirs = {model["name"]: NoteType(
            model["name"], NoteKind.CLOZE if model["type"] else NoteKind.STANDARD,
            tuple(field["name"] for field in model["flds"]),
            tuple(Template(each["name"], each["qfmt"], each["afmt"]) for each in model["tmpls"]), model["css"],
        ) for model in collection.models.all()}
    assert {name: kind for name, kind in KNOWN.items() if kind not in OWN_NOTE_TYPES} == theirs


def test_our_own_are_known_too() -> None:
    assert [find_note_type(own.name, {}) for own in OWN_NOTE_TYPES] == list(OWN_NOTE_TYPES)


def test_a_note_type_that_only_a_file_tells_of_asks_for_its_other_fields_or_its_deletions() -> None:
    assert made_type("X", ["A", "B", "C"], NoteKind.STANDARD).templates == (
        Template("Card 1", "{{A}}", "{{FrontSide}}<hr id=answer>{{B}}<br>{{C}}"),)
    assert made_type("X", ["A"], NoteKind.CLOZE).templates == (Template("Cloze", "{{cloze:A}}", "{{cloze:A}}"),)
