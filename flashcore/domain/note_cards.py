"""Which cards a note yields."""
from __future__ import annotations

from flashcore.domain.cloze import cloze_ordinals_of, parse_cloze
from flashcore.domain.note import Note
from flashcore.domain.note_type import NoteKind


def card_ordinals(note: Note) -> tuple[int, ...]:
    """The ordinals of the cards, ascending."""
    if note.note_type.kind is NoteKind.CLOZE:
        return cloze_ordinals_of(parse_cloze(note.question, note.cloze_ordinals))
    if note.note_type.kind is NoteKind.VIGNETTE:
        return (0,)
    return tuple(range(len(note.note_type.templates)))
