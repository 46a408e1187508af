"""Notes as Anki's text format, as Anki itself writes it: guid, note type, deck, fields, tags; HTML, parted by tabs.

What the format cannot carry: learning, and the fields and look of note types (Anki takes only rows whose note type it
has). Notes of plain-text decks go out in the form that our packages give them, with their Markdown in a last field; an
Anki that has not taken such a package lacks their note types. Anki, and so the reader, skips a note whose first field
is empty.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.deck import SEPARATOR, ancestors, clean_deck_name
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteType
from flashcore.formats.anki_looks import package_note_type
from flashcore.formats.anki_markdown import as_own, html_fields, markdown_field, storable
from flashcore.formats.anki_tables import anki_tags
from flashcore.formats.media_beside import WrittenText, chosen_media, renamed, write_with_media
from flashcore.formats.media_names import MediaNames
from flashcore.formats.table_rows import row_text
from flashcore.formats.text_file import clean_text

_PLACES_BEFORE_FIELDS = 3


def write(bundle: Bundle, path: Path, *, now: datetime, media: Mapping[str, Path] | None = None) -> WrittenText:
    """Writes the notes to ``path`` and the files of ``media`` (reference -> file) into a folder beside it.

    ``note_types`` of the result are those that Anki must have before it takes the rows. ``now`` is not used: the format
    has no date.

    Raises:
        FileError: a file cannot be written; what was there before is unchanged.
    """
    names = chosen_media(bundle, media)
    kinds = dict.fromkeys(one.note.note_type for one in bundle.notes)
    width = max((_field_count(kind) for kind in kinds), default=1)
    out = io.StringIO()
    out.write("#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n"
              f"#tags column:{_PLACES_BEFORE_FIELDS + width + 1}\n")
    for one in _parents_first(bundle.notes):
        note = as_own(one.note)
        fields = _fields(note, names)[:width]
        cells = (note.guid, note.note_type.name, clean_deck_name(one.deck), *fields, *[""] * (width - len(fields)),
                 " ".join(anki_tags(note.tags)))
        out.write(row_text((storable(clean_text(cell)[0]) for cell in cells), "\t") + "\n")
    write_with_media(path, out.getvalue(), names)
    return WrittenText(len(bundle.notes), len(names.files), names.missing, tuple(dict.fromkeys(
        kind.name for kind in kinds)))


def _is_own(kind: NoteType) -> bool:
    return any((own.name, own.fields) == (kind.name, kind.fields) for own in OWN_NOTE_TYPES)


def _field_count(kind: NoteType) -> int:
    return len(package_note_type(kind).fields) if _is_own(kind) else len(kind.fields)


def _fields(note: Note, names: MediaNames) -> tuple[str, ...]:
    """The fields of a note as Anki has them."""
    if note.markup is Markup.HTML:
        return tuple(renamed(text, Markup.HTML, names) for text in note.fields)
    shown = html_fields(note, names)
    if not _is_own(note.note_type):
        return shown
    fields = tuple(renamed(text, Markup.MARKDOWN, names) for text in note.fields)
    return (*shown, markdown_field(replace(note, fields=fields)))


def _parents_first(notes: Iterable[BundledNote]) -> list[BundledNote]:
    """The notes in order; but where one of a deck comes after one of its subdeck, the upper decks come first.

    Anki 26.9 makes a second deck ``A+`` for a row of ``A`` that follows one of ``A::B``.
    """
    notes = list(notes)
    implied: set[str] = set()
    seen: set[str] = set()
    for one in notes:
        deck = clean_deck_name(one.deck).casefold()
        if deck in implied and deck not in seen:
            return sorted(notes, key=lambda one: clean_deck_name(one.deck).count(SEPARATOR))
        if deck not in seen:
            seen.add(deck)
            implied.update(ancestors(deck))
    return notes
