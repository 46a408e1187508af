"""What an import reads of a staging file beside the rows that move as sets, and the files that were imported before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select

from flashcore.domain.note import Note
from flashcore.store import staged
from flashcore.store.schema import change, imported_file, join_fields, note, option

_TAKES_AWAY = ("delete", "undo")


def facts(connection: Connection) -> dict[str, str]:
    """What holds for the whole file."""
    return {row[0]: row[1] for row in connection.execute(select(staged.fact))}


def problems(connection: Connection) -> list[tuple[int, str, str]]:
    """(line, what, hint) of everything that was repaired or left out."""
    return [(row.line, row.what, row.hint) for row in connection.execute(
        select(staged.problem).order_by(staged.problem.c.id))]


def skipped(connection: Connection) -> list[tuple[str, str]]:
    """(note, reason) of the notes that were not taken."""
    return [(row.note, row.reason) for row in connection.execute(
        select(staged.skipped).order_by(staged.skipped.c.id))]


def staged_media(connection: Connection) -> list[tuple[str, str, str, int]]:
    """(name, file, SHA-256, size) of the media."""
    return [tuple(row) for row in connection.execute(select(staged.media).order_by(staged.media.c.name))]


def systems(connection: Connection) -> tuple[dict[str, int], int]:
    """How many notes of the file each primary system has, and how many have none."""
    rows = connection.execute(
        select(note.c.primary_system, func.count()).join(staged.note_map, staged.note_map.c.id == note.c.id)
        .group_by(note.c.primary_system)).all()
    return {row[0]: row[1] for row in rows if row[0] is not None}, sum(row[1] for row in rows if row[0] is None)


@dataclass(frozen=True, slots=True)
class DifferingNote:
    """A note of the file that is not as the collection has it; ``note_type_id`` is ours, ``changed_at`` in ms."""

    note_id: int
    note_type_id: int
    markup: str
    fields: str
    tags: str
    cloze_ordinals: str
    changed_at: int | None
    line: int
    absent: str


def differing_notes(connection: Connection, *, every: bool) -> list[DifferingNote]:
    """The known notes whose text or tags differ and whose file is newer; ``every``: also where it is older."""
    row = staged.note.c
    statement = (
        select(note.c.id, staged.kind_map.c.id, row.markup, row.fields, row.tags, row.cloze_ordinals, row.changed_at,
               row.line, row.absent)
        .join(staged.note_map, staged.note_map.c.id == note.c.id)
        .join(staged.note, row.id == staged.note_map.c.staged_id)
        .join(staged.kind_map, staged.kind_map.c.staged_id == row.note_type_id)
        .where(staged.note_map.c.is_new == 0, or_(note.c.fields != row.fields, note.c.tags != row.tags,
                                                  note.c.note_type_id != staged.kind_map.c.id)).order_by(row.id))
    if not every:
        statement = statement.where(or_(row.changed_at.is_(None), row.changed_at > note.c.changed_at))
    return [DifferingNote(*found) for found in connection.execute(statement)]


def count_edited_later(connection: Connection) -> int:
    """How many known notes the learner changed after the file did, so that they stay as they are here."""
    row = staged.note.c
    return int(connection.execute(
        select(func.count()).select_from(note).join(staged.note_map, staged.note_map.c.id == note.c.id)
        .join(staged.note, row.id == staged.note_map.c.staged_id)
        .where(staged.note_map.c.is_new == 0, note.c.base_fields.is_not(None), row.changed_at <= note.c.changed_at,
               note.c.fields != row.fields)).scalar_one())


def base_columns(value: Note, deck: str) -> dict[str, Any]:
    """The columns that keep what a file said of a note, to tell the learner's own changes by."""
    return {"base_fields": join_fields(value.fields), "base_tags": " ".join(value.tags), "base_deck": deck}


def write_options(connection: Connection, values: Mapping[tuple[str, str], str]) -> None:
    """Set many options: (deck, key) -> value."""
    if not values:
        return
    connection.execute(delete(option).where(option.c.deck == bindparam("of_deck"), option.c.key == bindparam("of_key")),
                       [{"of_deck": deck, "of_key": key} for deck, key in values])
    connection.execute(insert(option), [{"deck": deck, "key": key, "value": value}
                                        for (deck, key), value in values.items()])


def known_import(connection: Connection, sha256: str, settings: str) -> dict[str, Any] | None:
    """What the report said of a file that was imported before, unless something was deleted since."""
    row = connection.execute(select(imported_file.c.seq, imported_file.c.counts).where(
        imported_file.c.sha256 == sha256, imported_file.c.settings == settings)).first()
    if row is None or connection.execute(select(exists().where(
            change.c.seq > row.seq, change.c.what.in_(_TAKES_AWAY)))).scalar():
        return None
    counts: dict[str, Any] = json.loads(row.counts)
    return counts


def remember_import(connection: Connection, sha256: str, settings: str, seq: int, counts: dict[str, Any]) -> None:
    """Remember that a file was imported, when the sequence stood at ``seq``."""
    connection.execute(delete(imported_file).where(imported_file.c.sha256 == sha256,
                                                   imported_file.c.settings == settings))
    connection.execute(insert(imported_file).values(sha256=sha256, settings=settings, seq=seq,
                                                    counts=json.dumps(counts, ensure_ascii=False)))
