"""Notes of ours that come back from Anki: in a staging file they become what they were, in Markdown.

Our note types have a field more in a package, which holds the note as it was written. Where its other fields were
edited in Anki, the note is the HTML that stands there.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from flashcore.domain.note import Markup
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType
from flashcore.errors import Problem
from flashcore.formats import staging
from flashcore.formats.anki_looks import anki_note_type, package_note_type
from flashcore.formats.anki_markdown import note_from_anki

_MOST_SECONDS = 1.5
"""Of computing: some 9,000 notes full of markup, or 100,000 without. The reader of a small file has four in all."""
_BATCH = 500
_SEPARATOR = "\x1f"


def restore_own(connection: sqlite3.Connection) -> list[Problem]:
    """Give staged notes of our note types back their Markdown; returns what there was no time for."""
    names = {own.name: own for own in OWN_NOTE_TYPES}
    until = time.process_time() + _MOST_SECONDS
    left = 0
    for number, name, fields in connection.execute("SELECT id, name, fields FROM note_type").fetchall():
        own = names.get(name)
        if own is not None and json.loads(fields) == list(package_note_type(own).fields):
            left += _restore(connection, number, own, until)
    return [Problem(0, f"{left:,} notes of flashcore came as HTML: so many take too long to compare with their "
                       "Markdown", "export fewer decks at a time")] if left else []


def _restore(connection: sqlite3.Connection, number: int, own: NoteType, until: float) -> int:
    """The notes of one type; returns how many were left as HTML for want of time."""
    shown = anki_note_type(own) if own.kind is NoteKind.VIGNETTE else own
    as_html = number
    if shown is not own:
        [as_html] = connection.execute("SELECT max(id) + 1 FROM note_type").fetchone()
    last = left = edited = 0
    batch = "SELECT id, fields FROM note WHERE note_type_id = ? AND id > ? ORDER BY id LIMIT ?"
    while rows := connection.execute(batch, (number, last, _BATCH)).fetchall():
        last = rows[-1][0]
        in_time = time.process_time() < until
        changed = [_columns(note_id, text.split(_SEPARATOR), own, shown, (number, as_html), in_time=in_time)
                   for note_id, text in rows]
        edited += sum(row[0] == as_html for row in changed)
        left += 0 if in_time else len(rows)
        connection.executemany("UPDATE note SET note_type_id = ?, markup = ?, fields = ?, cloze_ordinals = ? "
                               "WHERE id = ?", changed)
    columns = ("name", "kind", "fields", "templates", "css", "anki")
    connection.execute(f"UPDATE note_type SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
                       (*staging.note_type_row(number, own)[1:], number))
    if as_html != number and edited:
        staging.insert_rows(connection, "note_type", [staging.note_type_row(as_html, shown)])
    return left


def _columns(note_id: int, fields: Sequence[str], own: NoteType, shown: NoteType, types: tuple[int, int], *,
             in_time: bool) -> tuple[int, str, str, str, int]:
    """Note type, markup, fields and deletions of a note, and its id."""
    found = note_from_anki(own.name, fields) if in_time else None
    if found is None:
        return types[1], str(Markup.HTML), _SEPARATOR.join(fields[:len(shown.fields)]), "", note_id
    _, written, ordinals = found
    return types[0], str(Markup.MARKDOWN), _SEPARATOR.join(written), " ".join(map(str, ordinals)), note_id
