"""Notes, cards, decks and media: add, change, find, remove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, insert, or_, select, update

from flashcore.domain.card import Card, Suspension
from flashcore.domain.note import Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import NoteType
from flashcore.domain.taxonomy import NEW_CARD_CYCLE, Depth
from flashcore.store.axes import axis_columns, write_tags
from flashcore.store.changes import ChangeSet
from flashcore.store.columns import from_day, from_millis, to_millis
from flashcore.store.decks import deck_id
from flashcore.store.note_types import note_type_id, note_types
from flashcore.store.schema import (
    FIELD_SEPARATOR,
    ORDER_STEP,
    card,
    deck,
    deck_file,
    media,
    note,
    note_columns,
    note_type,
    split_fields,
    to_note,
)

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Base:
    """What a note held when its file was last imported."""

    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A note with its place in the collection and, where it came from one, its deck file and line (1-based).

    ``id_in_file`` is the id comment that the file gives it; it may differ from the guid, which never changes.
    """

    id: int
    note: Note
    added_at: datetime
    changed_at: datetime
    file: Path | None = None
    line: int = 0
    base: Base | None = None
    id_in_file: str = ""


def add_note(changes: ChangeSet, value: Note, deck_name: str, now: datetime) -> tuple[int, list[int]]:
    """Add a note with its cards; returns the note's id and those of its cards, in ordinal order."""
    connection, at = changes.connection, to_millis(now)
    row = {**note_columns(value), **axis_columns(value, deck_name), "added_at": at, "changed_at": at,
           "note_type_id": note_type_id(connection, value.note_type)}
    note_id = changes.insert(note, row)
    write_tags(connection, {note_id: (value.tags, deck_name)})
    place = deck_id(connection, deck_name, changes)
    return note_id, [_add_card(changes, note_id, ordinal, place) for ordinal in card_ordinals(value)]


def _add_card(changes: ChangeSet, note_id: int, ordinal: int, place: int) -> int:
    card_id = changes.insert(card, {"note_id": note_id, "ordinal": ordinal, "deck_id": place, "new_order": 0})
    changes.update(card, [card_id], new_order=card_id * ORDER_STEP)
    return card_id


def change_note(changes: ChangeSet, note_id: int, value: Note, now: datetime, *, changed_at: int | None = None,
                **file_columns: Any) -> bool:
    """Give a note new fields or tags; cards it yields anew are added, cards it no longer yields are set aside.

    ``changed_at`` is when that happened (ms), where it was not now; ``file_columns`` say what a file told of it. A
    change without any is the learner's own: what the note held before it is kept, so that an import can tell the two
    apart. Returns whether the note itself differs from before. Schedules are never touched.
    """
    connection = changes.connection
    deck_name = first_decks(connection, [note_id]).get(note_id, "")
    columns = {**note_columns(value), **axis_columns(value, deck_name),
               "note_type_id": note_type_id(connection, value.note_type)}
    base = None if file_columns or changed_at is not None else _without_base(connection, note_id)
    is_changed = changes.update_each(note, {note_id: columns}) > 0
    if is_changed and base is not None:
        changes.update_each(note, {note_id: base})
    if file_columns:
        changes.update_each(note, {note_id: file_columns})
    if not is_changed:
        return False
    changes.update(note, [note_id], changed_at=to_millis(now) if changed_at is None else changed_at)
    write_tags(connection, {note_id: (value.tags, deck_name)})
    held = {row.ordinal: row for row in connection.execute(
        select(card.c.id, card.c.ordinal, card.c.deck_id, card.c.suspension).where(card.c.note_id == note_id))}
    wanted = card_ordinals(value)
    place = next(iter(held.values())).deck_id if held else deck_id(connection, "Default")
    for ordinal in wanted:
        if ordinal not in held:
            _add_card(changes, note_id, ordinal, place)
    gone = [row.id for ordinal, row in held.items() if ordinal not in wanted and row.suspension is None]
    changes.update(card, gone, suspension=str(Suspension.LEFT_FILE))
    back = [row.id for ordinal, row in held.items()
            if ordinal in wanted and row.suspension == str(Suspension.LEFT_FILE)]
    changes.update(card, back, suspension=None)
    return True


def _without_base(connection: Connection, note_id: int) -> dict[str, Any] | None:
    """What a note holds before the learner changes it, as the columns of a base; None where it has one."""
    row = connection.execute(select(note.c.fields, note.c.tags, note.c.base_fields).where(note.c.id == note_id)).one()
    if row.base_fields is not None:
        return None
    return {"base_fields": row.fields, "base_tags": row.tags, "base_deck": ""}


def refresh_from_tags(changes: ChangeSet, note_ids: Sequence[int]) -> None:
    """Bring what is read from tags and decks up to date, after rows of ``note`` were put back or cards moved."""
    connection = changes.connection
    places = first_decks(connection, note_ids)
    for stored in notes_by_id(connection, note_ids).values():
        place = places.get(stored.id, "")
        write_tags(connection, {stored.id: (stored.note.tags, place)})
        connection.execute(update(note).where(note.c.id == stored.id).values(axis_columns(stored.note, place)))


def first_decks(connection: Connection, note_ids: Sequence[int]) -> dict[int, str]:
    """The deck of the first card of each note."""
    found: dict[int, str] = {}
    for chunk in _chunks(list(note_ids)):
        rows = connection.execute(select(card.c.note_id, deck.c.name).join(deck, deck.c.id == card.c.deck_id)
                                  .where(card.c.note_id.in_(chunk)).order_by(card.c.note_id, card.c.ordinal.desc()))
        found |= {row[0]: row[1] for row in rows}
    return found


Topic: TypeAlias = tuple[int, str | None, str]
"""Deck, primary system and topic: cards that share all three are learned in one cycle."""


def topics_of(connection: Connection, note_ids: Iterable[int]) -> set[Topic]:
    """The topics that these notes have cards in."""
    topics: set[Topic] = set()
    for chunk in _chunks(list(note_ids)):
        topics |= {(row[0], row[1], row[2]) for row in connection.execute(
            select(card.c.deck_id, note.c.primary_system, note.c.topic).distinct()
            .join(note, note.c.id == card.c.note_id).where(note.c.id.in_(chunk), note.c.topic.is_not(None)))}
    return topics


def order_new_cards(connection: Connection, note_ids: Iterable[int], left: Iterable[Topic] = ()) -> None:
    """Put the cards of the topics of these notes into the cycle of facts, whys and cases; cards without a topic come
    in the order they were added. ``left`` are topics that the notes were in until now.

    All cards of a topic in a deck take part, answered ones too, so that the cycle goes on where it stands.
    """
    ids = list(note_ids)
    for chunk in _chunks(ids):
        without = select(note.c.id).where(note.c.id.in_(chunk), note.c.topic.is_(None))
        connection.execute(update(card).values(new_order=card.c.id * ORDER_STEP).where(
            card.c.new_order != card.c.id * ORDER_STEP, card.c.note_id.in_(without)))
    for place, system, topic in topics_of(connection, ids) | set(left):
        rows = connection.execute(
            select(card.c.id, card.c.new_order, note.c.depth).join(note, note.c.id == card.c.note_id)
            .where(card.c.deck_id == place, note.c.primary_system.is_not_distinct_from(system), note.c.topic == topic)
            .order_by(note.c.file_id, note.c.line, note.c.id, card.c.ordinal)).all()
        anchor = min((row.id for row in rows), default=0) * ORDER_STEP
        seen: dict[str, int] = {}
        updates = []
        for row in rows:
            count = seen.get(row.depth, 0)
            seen[row.depth] = count + 1
            place_in_cycle = anchor + min(_cycle_place(Depth(row.depth), count), ORDER_STEP - 1)
            if row.new_order not in (None, place_in_cycle):
                updates.append({"card_key": row.id, "order": place_in_cycle})
        if updates:
            connection.execute(update(card).where(card.c.id == bindparam("card_key"))
                               .values(new_order=bindparam("order")), updates)


def _cycle_place(depth: Depth, count: int) -> int:
    """Where the ``count``-th card (from 0) of a depth stands in the endlessly repeated cycle."""
    places = [place for place, of in enumerate(NEW_CARD_CYCLE) if of is depth]
    rounds, rest = divmod(count, len(places))
    return rounds * len(NEW_CARD_CYCLE) + places[rest]


def to_stored(row: RowMapping, kind: NoteType) -> StoredNote:
    """The stored note of a row of ``note`` joined with its file's path."""
    base = None
    if row["base_fields"] is not None:
        base = Base(split_fields(row["base_fields"]), tuple(row["base_tags"].split()), row["base_deck"])
    return StoredNote(row["id"], to_note(row, kind), from_millis(row["added_at"]), from_millis(row["changed_at"]),
                      Path(row["path"]) if row["path"] else None, row["line"], base, row["id_in_file"])


def _stored(rows: Iterable[RowMapping], kinds: Mapping[int, NoteType]) -> Iterable[StoredNote]:
    return (to_stored(row, kinds[row["note_type_id"]]) for row in rows)


def notes_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, StoredNote]:
    """The notes of these ids, in id order."""
    kinds = note_types(connection)
    found: dict[int, StoredNote] = {}
    for chunk in _chunks(sorted(ids)):
        rows = connection.execute(select(note, deck_file.c.path).outerjoin(deck_file).where(note.c.id.in_(chunk))
                                  .order_by(note.c.id)).mappings()
        found |= {stored.id: stored for stored in _stored(rows, kinds)}
    return found


def notes_of_file(connection: Connection, path: str) -> list[StoredNote]:
    """The notes that stand in a deck file, in the order of their lines."""
    rows = connection.execute(select(note, deck_file.c.path).join(deck_file).where(deck_file.c.path == path)
                              .order_by(note.c.line, note.c.id)).mappings()
    return list(_stored(rows, note_types(connection)))


def notes_by_guid(connection: Connection, ids: Sequence[str]) -> dict[str, StoredNote]:
    """The notes that have these guids, or these ids in their file; keyed by the id asked for."""
    kinds, found = note_types(connection), {}
    for column in (note.c.id_in_file, note.c.guid):  # the guid wins
        for start in range(0, len(ids), _AT_ONCE):
            rows = connection.execute(select(note, deck_file.c.path).outerjoin(deck_file)
                                      .where(column.in_(ids[start:start + _AT_ONCE]))).mappings().all()
            for row, stored in zip(rows, _stored(rows, kinds), strict=True):
                found[row[column.name]] = stored
    return found


def note_texts(connection: Connection) -> list[tuple[int, str, str, str | None]]:
    """(id, name of the note type, fields, fields at the last import) of every note, fields as they are stored."""
    return [tuple(row) for row in connection.execute(
        select(note.c.id, note_type.c.name, note.c.fields, note.c.base_fields).join(note_type))]


def all_notes(connection: Connection) -> dict[int, StoredNote]:
    """Every note, in id order."""
    rows = connection.execute(select(note, deck_file.c.path).outerjoin(deck_file).order_by(note.c.id)).mappings()
    return {stored.id: stored for stored in _stored(rows, note_types(connection))}


def note_with_question(connection: Connection, question: str) -> int | None:
    """The oldest note whose first field is exactly this text."""
    return connection.execute(
        select(func.min(note.c.id)).where(or_(note.c.fields == question, and_(
            note.c.fields >= question + FIELD_SEPARATOR, note.c.fields < question + " ")))).scalar()


def note_ids_by_guid(connection: Connection, guids: Sequence[str]) -> dict[str, int]:
    """The ids of the notes that have these guids."""
    found: dict[str, int] = {}
    for start in range(0, len(guids), _AT_ONCE):
        rows = connection.execute(select(note.c.guid, note.c.id).where(note.c.guid.in_(guids[start:start + _AT_ONCE])))
        found |= {row.guid: row.id for row in rows}
    return found


def cards_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Card]:
    """The cards of these ids; an id that is no card is left out."""
    found: dict[int, Card] = {}
    for chunk in _chunks(sorted(ids)):
        found |= {value.id: value for value in _cards(connection, card.c.id.in_(chunk))}
    return found


def cards_of_notes(connection: Connection, note_ids: Iterable[int]) -> list[Card]:
    """The cards of these notes, by note and ordinal."""
    found: list[Card] = []
    for chunk in _chunks(sorted(note_ids)):
        found += _cards(connection, card.c.note_id.in_(chunk))
    return found


def _cards(connection: Connection, which: Any) -> list[Card]:
    rows = connection.execute(
        select(card, note.c.guid, deck.c.name).join(note, note.c.id == card.c.note_id)
        .join(deck, deck.c.id == card.c.deck_id).where(which).order_by(card.c.note_id, card.c.ordinal))
    return [Card(row.id, row.note_id, row.guid, row.ordinal, row.name,
                 Suspension(row.suspension) if row.suspension else None,
                 from_day(row.buried_until) if row.buried_until is not None else None, row.flag, row.new_order)
            for row in rows]


def count_content(connection: Connection) -> tuple[int, int, int]:
    """How many notes, cards and media files there are."""
    notes, cards, files = (int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                           for table in (note, card, media))
    return notes, cards, files


def media_hashes(connection: Connection) -> dict[str, str]:
    """SHA-256 (hexadecimal) of each media file by name."""
    return {row.name: row.sha256 for row in connection.execute(select(media.c.name, media.c.sha256))}


def add_media(connection: Connection, name: str, sha256: str, size: int) -> None:
    """Register a file of the media folder; ``size`` in bytes."""
    connection.execute(insert(media).values(name=name, sha256=sha256, size=size))


def _chunks(keys: Sequence[int]) -> Iterable[list[int]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield list(keys[start:start + _AT_ONCE])
