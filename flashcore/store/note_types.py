"""Note types: those of the collection, and which of them one from a file is."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert, select, update

from flashcore.domain.note_type import NoteType
from flashcore.store.schema import new_id, note_type, note_type_row, to_note_type


def note_types(connection: Connection) -> dict[int, NoteType]:
    """All note types by id."""
    return {row["id"]: to_note_type(row) for row in connection.execute(select(note_type)).mappings()}


def note_type_id(connection: Connection, value: NoteType) -> int:
    """The id of a note type; one that the collection has not is added, under a name of its own.

    It is the same type if kind, fields and the names of its templates are equal, and Anki's id or else the name is.
    Then the newer sides and styling hold, where Anki tells which are newer; else those of the collection.
    """
    held = note_types(connection)
    alike = {key: kind for key, kind in held.items() if _shape(kind) == _shape(value)}
    theirs = _anki(value)
    for key, kind in alike.items():
        if theirs.get("id") and _anki(kind).get("id") == theirs["id"]:
            if kind != value and _changed_at(value) > _changed_at(kind):
                connection.execute(update(note_type).where(note_type.c.id == key).values(
                    {**note_type_row(value), "name": kind.name}))
            return key
    for key, kind in alike.items():
        if kind.name == value.name and not (theirs.get("id") and _anki(kind).get("id")):
            if theirs and not kind.anki:
                connection.execute(update(note_type).where(note_type.c.id == key).values(anki=value.anki))
            return key
    for key, kind in alike.items():
        if (kind.name, kind.templates, kind.css) == (value.name, value.templates, value.css):
            return key
    names = {kind.name for kind in held.values()}
    name = value.name
    while name in names:
        name += "+"
    return new_id(connection.execute(insert(note_type).values({**note_type_row(value), "name": name})))


def _shape(kind: NoteType) -> tuple[Any, ...]:
    return kind.kind, kind.fields, tuple(template.name for template in kind.templates)


def _anki(kind: NoteType) -> dict[str, Any]:
    try:
        held = json.loads(kind.anki) if kind.anki else {}
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def _changed_at(kind: NoteType) -> int:
    at = _anki(kind).get("mod")
    return at if isinstance(at, int) else 0
