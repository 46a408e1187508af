"""Edit a note as text: in its deck file where that still holds it, else in the collection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import BundledNote
from flashcore.domain.cloze import carried_ordinals
from flashcore.domain.note import Markup
from flashcore.domain.note_type import NoteKind
from flashcore.errors import DeckFileError, FlashcoreError, Problem, UsageError
from flashcore.store import content
from flashcore.study import curation, deck_files
from flashcore.study.bundled import PREFIX
from flashcore.study.identity import text_key
from flashcore.study.media_store import MediaStore, with_names

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

NOTE_FILE = "the note"


@dataclass(frozen=True, slots=True)
class EditPlace:
    """A deck file and the 1-based line of the note in it; ``file`` None: the note is edited in the collection."""

    file: Path | None
    line: int = 0


def edit_place(collection: Collection, card_id: int) -> EditPlace:
    """See ``Collection.edit_place``."""
    details = collection.card_details(card_id)
    if details.file is None or str(details.file).startswith(PREFIX):
        return EditPlace(None)
    with collection.database.read() as connection:
        stored = content.notes_by_id(connection, [details.card.note_id])[details.card.note_id]
        known = content.media_hashes(connection)
    if stored.base is None or details.file is None:
        return EditPlace(None)
    wanted = text_key(stored.note.note_type.name, stored.base.fields)
    try:
        for source in deck_files.sources([str(details.file)]):
            bundle = deck_files.read(source, None).bundle
            names = MediaStore(collection.media_path, known, is_dry_run=True).take(bundle.media)
            for one in bundle.notes:
                is_it = one.note.guid in (stored.note.guid, stored.id_in_file) if one.note.guid else True
                if is_it and text_key(one.note.note_type.name, with_names(one.note, names).fields) == wanted:
                    return EditPlace(details.file, one.line)
    except FlashcoreError:
        pass  # the file is gone or has problems: the collection's own text is what can be edited
    return EditPlace(None)


def note_text(collection: Collection, card_id: int) -> str:
    """See ``Collection.note_text``."""
    from flashcore.formats.markdown_writer import write_markdown_deck

    details = collection.card_details(card_id)
    if details.note.markup is not Markup.MARKDOWN:
        raise UsageError(f"card {card_id}: a note with HTML fields is not edited as plain text; nothing was changed")
    return write_markdown_deck([BundledNote(replace(details.note, guid=""), details.card.deck)])


def edit_note_text(collection: Collection, card_id: int, text: str) -> bool:
    """See ``Collection.edit_note_text``."""
    from flashcore.formats.markdown_deck import read_markdown_deck

    details = collection.card_details(card_id)
    notes = read_markdown_deck(text, path=None, default_deck=details.card.deck).notes
    if len(notes) != 1:
        raise DeckFileError(NOTE_FILE, [Problem(0, f"it holds {len(notes)} notes, wanted is exactly one",
                                                "new cards are added with flashcore add or in a deck file")])
    old, value = details.note, replace(notes[0].note, guid=details.note.guid)
    if value.note_type == old.note_type:
        # what the learner left alone stays as it is stored, which the text may have shown in another form
        shown = read_markdown_deck(note_text(collection, card_id), path=None, default_deck="").notes[0].note
        value = replace(value, tags=old.tags if value.tags == shown.tags else value.tags, fields=tuple(
            mine if new == was else new for mine, was, new in zip(old.fields, shown.fields, value.fields, strict=True)))
    if value.note_type.kind is NoteKind.CLOZE and old.note_type.kind is NoteKind.CLOZE:
        value = replace(value, cloze_ordinals=old.cloze_ordinals if value.fields == old.fields else carried_ordinals(
            old.question, old.cloze_ordinals, value.question))
    return curation.edit_note(collection, details.card.note_id, value)
