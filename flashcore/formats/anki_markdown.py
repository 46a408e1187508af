"""Notes written in Markdown as Anki's fields, and back: what nobody edited in Anki returns as it was written.

Each of our note types has one more field in a package that holds the Markdown, as JSON in which ``&``, ``<`` and ``>``
are escaped. A note is taken from it only if it renders to exactly the fields that stand beside it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType
from flashcore.formats.anki_looks import anki_note_type, vignette_fields
from flashcore.formats.cloze_html import cloze_to_anki
from flashcore.formats.html import Rewrite, markdown_to_html

_OWN = {own.name: own for own in OWN_NOTE_TYPES}
_ORDINALS = "cloze_ordinals"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")
_HALVES = re.compile("[\ud800-\udfff]")

MOST_ORDINALS = 10_000
"""A field that lists more deletions was made by nobody."""


def storable(text: str) -> str:
    """Text that a field can hold: no separator of fields, no control characters (Anki drops them), no half pairs."""
    if text.isascii() and text.isprintable():
        return text
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", text.replace("\x1f", " ")))


def html_fields(note: Note, media_name: Rewrite | None = None) -> tuple[str, ...]:
    """The fields of a note in Markdown as Anki has them, without the field that holds the Markdown.

    ``media_name`` gives the name of a picture or sound in the package.
    """
    match note.note_type.kind:
        case NoteKind.VIGNETTE:
            fields = vignette_fields(note, media_name or str)
        case NoteKind.CLOZE:
            fields = (cloze_to_anki(note.question, note.cloze_ordinals, media_name),
                      *(markdown_to_html(field, media_name) for field in note.fields[1:]))
        case _:
            fields = tuple([markdown_to_html(field, media_name) for field in note.fields])
    return tuple(map(storable, fields))


def markdown_field(note: Note) -> str:
    """What the field for the Markdown holds: the fields that are not empty, by name, and the cloze ordinals."""
    pairs = zip(note.note_type.fields, note.fields, strict=False)
    held: dict[str, object] = {name: text for name, text in pairs if text}
    if note.cloze_ordinals:
        held[_ORDINALS] = note.cloze_ordinals
    return html.escape(json.dumps(held, ensure_ascii=False), quote=False)


def note_from_anki(note_type_name: str,
                   fields: Sequence[str]) -> tuple[NoteType, tuple[str, ...], tuple[int, ...]] | None:
    """The note type, Markdown fields and cloze ordinals of a note as it stands in Anki, all its fields in order.

    None where it is no note of ours, or where a field was edited: then its HTML is the note.
    """
    own = _OWN.get(note_type_name)
    if own is None or len(fields) != len(anki_note_type(own).fields) + 1:
        return None
    found = _written(own, fields[-1])
    if found is None:
        return None
    try:
        rendered = html_fields(found)
    except (ValueError, RecursionError):  # no note of ours renders to an error; what was typed into the field may
        return None
    return (own, found.fields, found.cloze_ordinals) if rendered == tuple(fields[:-1]) else None


def _written(own: NoteType, field: str) -> Note | None:
    """The note that a field for Markdown holds."""
    try:
        held = json.loads(html.unescape(field))
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return None
    ordinals = held.pop(_ORDINALS, [])
    if not (isinstance(ordinals, list) and len(ordinals) <= MOST_ORDINALS
            and all(type(one) is int and 0 <= one < MOST_ORDINALS for one in ordinals)):
        return None
    if not held.keys() <= set(own.fields) or not all(isinstance(text, str) for text in held.values()):
        return None
    note = Note("", own, tuple(held.get(name, "") for name in own.fields), (), Markup.MARKDOWN, tuple(ordinals))
    return note if not any(_HALVES.search(text) for text in note.fields) else None


def as_own(note: Note) -> Note:
    """The note with our note type where it is one of ours by name and fields, whatever else its type says."""
    own = _OWN.get(note.note_type.name)
    return replace(note, note_type=own) if own is not None and own.fields == note.note_type.fields else note
