"""Notes and cards of a staging file into the collection, set by set: which are ours already, and the new ones."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from flashcore.domain.media_references import with_media_names
from flashcore.domain.note_type import NoteType
from flashcore.domain.tag_trees import Label
from flashcore.store import staged
from flashcore.store.axes import tag_rows
from flashcore.store.columns import to_millis
from flashcore.store.note_types import note_type_id
from flashcore.store.schema import (
    FIELD_SEPARATOR,
    ORDER_STEP,
    card,
    deck,
    label,
    new_id,
    note,
    note_tag,
    note_type,
    to_note_type,
)


def map_note_types(connection: Connection) -> dict[int, NoteType]:
    """Find or add each note type of the file; returns them by their id in the file."""
    kinds = {row["id"]: to_note_type(row) for row in connection.execute(select(staged.note_type)).mappings()}
    if kinds:
        connection.execute(insert(staged.kind_map), [
            {"staged_id": key, "id": note_type_id(connection, kind)} for key, kind in kinds.items()])
    return kinds


def forget_unused_note_types(connection: Connection, known: Collection[int]) -> None:
    """Take away the note types that came with this file and that no note has: its notes are known under others."""
    new = [key for key in connection.execute(select(staged.kind_map.c.id)).scalars() if key not in known]
    if new:
        connection.execute(delete(note_type).where(note_type.c.id.in_(new), ~exists(
            select(note.c.id).where(note.c.note_type_id == note_type.c.id))))


def staged_decks(connection: Connection) -> list[tuple[int, str, str, str]]:
    """(id, name, options as JSON, what Anki keeps besides) of each deck of the file."""
    return [tuple(row) for row in connection.execute(select(staged.deck).order_by(staged.deck.c.id))]


def add_deck(connection: Connection, name: str) -> int:
    """Add a deck of a name that no other has in any case; returns its id."""
    return new_id(connection.execute(insert(deck).values(name=name)))


def staged_decks_in_use(connection: Connection) -> set[int]:
    """The ids of the decks of the file that any note or card of it is in."""
    return set(connection.execute(select(staged.card.c.deck_id).union(select(staged.note.c.deck_id))).scalars())


def map_decks(connection: Connection, decks: Mapping[int, tuple[int, int, int]]) -> None:
    """Say which deck each of the file's is: its id, and how many learning and relearning steps it has."""
    if decks:
        connection.execute(insert(staged.deck_map), [
            {"staged_id": key, "id": place, "learning_steps": learning, "relearning_steps": relearning}
            for key, (place, learning, relearning) in decks.items()])


def map_notes(connection: Connection, ids: Mapping[int, int]) -> None:
    """Say which note each of the file's is."""
    if ids:
        connection.execute(insert(staged.note_map), [
            {"staged_id": key, "id": note_id, "is_new": 0, "guid": None} for key, note_id in ids.items()])


def match_by_guid(connection: Connection) -> int:
    """Map the notes that the collection has by guid; returns how many."""
    connection.execute(insert(staged.note_map).from_select(
        ["staged_id", "id", "is_new", "guid"],
        select(staged.note.c.id, note.c.id, literal(0), note.c.guid)
        .join(note, note.c.guid == staged.note.c.guid).where(staged.note.c.guid != "")))
    return int(connection.execute(select(func.count()).select_from(staged.note_map)).scalar_one())


def match_by_first_field(connection: Connection, *, in_deck: bool) -> int:
    """Map notes of equal first field and note type, each at most once; returns how many.

    ``in_deck``: only where a card of the note is in the same deck. An empty first field matches nothing.
    """
    unmapped = ~exists(select(staged.note_map.c.staged_id).where(staged.note_map.c.staged_id == staged.note.c.id))
    unclaimed = ~exists(select(staged.note_map.c.id).where(staged.note_map.c.id == note.c.id))
    kinds = select(staged.kind_map.c.id).join(staged.note, staged.note.c.note_type_id == staged.kind_map.c.staged_id) \
        .where(unmapped)
    ours: dict[tuple[int, str, int], int] = {}
    place = (select(func.min(card.c.deck_id)).where(card.c.note_id == note.c.id).scalar_subquery()
             if in_deck else literal(0))
    for note_id, kind, fields, deck_id in connection.execute(
            select(note.c.id, note.c.note_type_id, note.c.fields, place)
            .where(note.c.note_type_id.in_(kinds), unclaimed).order_by(note.c.id)):
        if key := first_field_key(fields):
            ours.setdefault((kind, key, deck_id or 0), note_id)
    if not ours:
        return 0
    theirs = connection.execute(
        select(staged.note.c.id, staged.kind_map.c.id, staged.note.c.fields,
               staged.deck_map.c.id if in_deck else literal(0))
        .join(staged.kind_map, staged.kind_map.c.staged_id == staged.note.c.note_type_id)
        .join(staged.deck_map, staged.deck_map.c.staged_id == staged.note.c.deck_id)
        .where(unmapped).order_by(staged.note.c.id)).all()
    found = []
    for staged_id, kind, fields, deck_id in theirs:
        note_id = ours.pop((kind, first_field_key(fields), deck_id), None)
        if note_id is not None:
            found.append({"staged_id": staged_id, "id": note_id, "is_new": 0, "guid": None})
    if found:
        connection.execute(insert(staged.note_map), found)
    return len(found)


_TAGS = re.compile(r"<!--.*?-->|<(?!img\b)[^<>]*>", re.DOTALL | re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]*?\bsrc=[\"']?([^\"'<>]+)[^<>]*>", re.IGNORECASE)


def first_field_key(fields: str) -> str:
    """The first field as Anki compares it: without markup but for the names of pictures, white space folded."""
    first = fields.split(FIELD_SEPARATOR, 1)[0]
    if "<" in first or "&" in first:
        first = html.unescape(_TAGS.sub("", _IMAGE.sub(r" \1 ", first)))
    return " ".join(first.split())


def notes_without_guid(connection: Connection) -> list[tuple[int, str, str]]:
    """(id, note type, fields) of each new note to which the file gives no guid."""
    return [tuple(row) for row in connection.execute(
        select(staged.note.c.id, staged.note_type.c.name, staged.note.c.fields)
        .join(staged.note_type, staged.note_type.c.id == staged.note.c.note_type_id)
        .where(staged.note.c.guid == "", ~exists(select(staged.note_map.c.staged_id).where(
            staged.note_map.c.staged_id == staged.note.c.id))).order_by(staged.note.c.id))]


def add_new_notes(connection: Connection, guids: Mapping[int, str], now: datetime,
                  labels_of: Callable[[str, str], tuple[Label, ...]],
                  axes_of: Callable[[str, str], tuple[str | None, str | None]],
                  depth_of: Callable[[str, int, str], str]) -> tuple[int, int]:
    """Add the notes that are not mapped, under ``guids`` where the file gives them none.

    ``axes_of`` (tags, deck) gives primary system and topic, ``depth_of`` (tags, note type, fields) the depth,
    ``labels_of`` what tags and deck say. Returns the first id and how many.
    """
    first = _next_id(connection, note)
    taken = exists(select(staged.note_map.c.staged_id).where(staged.note_map.c.staged_id == staged.note.c.id))
    # a guid that the collection has already stands for another note here
    connection.execute(insert(staged.note_map).from_select(
        ["staged_id", "id", "is_new", "guid"],
        select(staged.note.c.id, staged.note.c.id + (first - 1), literal(1), func.nullif(staged.note.c.guid, ""))
        .where(~taken)))
    if guids:
        _name_new_notes(connection, guids)
    driver = _driver(connection)
    driver.create_function("system_of", 2, lambda tags, name: axes_of(tags, name)[0])
    driver.create_function("topic_of", 1, lambda tags: axes_of(tags, "")[1])
    driver.create_function("depth_of", 3, depth_of)
    at, source = to_millis(now), staged.note
    kind = staged.kind_map.c.id
    connection.execute(insert(note).from_select(
        ["id", "guid", "note_type_id", "markup", "fields", "tags", "cloze_ordinals", "added_at", "changed_at",
         "primary_system", "topic", "depth"],
        select(staged.note_map.c.id, staged.note_map.c.guid, kind, source.c.markup, source.c.fields, source.c.tags,
               source.c.cloze_ordinals, func.coalesce(source.c.added_at, at), func.coalesce(source.c.changed_at, at),
               func.system_of(source.c.tags, staged.deck.c.name), func.topic_of(source.c.tags),
               func.depth_of(source.c.tags, kind, func.substr(source.c.fields, 1, 200)))
        .join(staged.note_map, staged.note_map.c.staged_id == source.c.id)
        .join(staged.kind_map, staged.kind_map.c.staged_id == source.c.note_type_id)
        .join(staged.deck, staged.deck.c.id == source.c.deck_id)
        .where(staged.note_map.c.is_new == 1).order_by(source.c.id)))
    _remember_base(connection)
    count = int(connection.execute(select(func.count()).select_from(staged.note_map)
                                   .where(staged.note_map.c.is_new == 1)).scalar_one())
    if count:
        _write_tags(connection, labels_of)
    return first, count


def _remember_base(connection: Connection) -> None:
    """Of files that do not say when a note was changed, what it held is kept, to tell the learner's changes by."""
    undated = select(staged.note_map.c.id).join(staged.note, staged.note.c.id == staged.note_map.c.staged_id).where(
        staged.note.c.changed_at.is_(None), staged.note_map.c.is_new == 1)
    connection.execute(update(note).where(note.c.id.in_(undated)).values(
        base_fields=note.c.fields, base_tags=note.c.tags, base_deck=""))


def _name_new_notes(connection: Connection, guids: Mapping[int, str]) -> None:
    for staged_id, guid in guids.items():
        connection.execute(update(staged.note_map).where(staged.note_map.c.staged_id == staged_id).values(guid=guid))


def _write_tags(connection: Connection, labels_of: Callable[[str, str], tuple[Label, ...]]) -> None:
    rows = connection.execute(
        select(staged.note_map.c.id, staged.note.c.tags, staged.deck.c.name)
        .join(staged.note, staged.note.c.id == staged.note_map.c.staged_id)
        .join(staged.deck, staged.deck.c.id == staged.note.c.deck_id)
        .where(staged.note_map.c.is_new == 1).order_by(staged.note_map.c.id)).all()
    known = lru_cache(65_536)(lambda tags, name: (labels := labels_of(tags, name), tag_rows(tags.split(), labels)))
    driver = _driver(connection)
    driver.executemany(str(insert(note_tag)), ((tag, note_id) for note_id, tags, name in rows
                                               for tag in known(tags, name)[1]))
    driver.executemany(str(insert(label)), (
        (note_id, one.axis, one.value, one.rule, one.words, one.trust)
        for note_id, tags, name in rows for one in known(tags, name)[0]))


def add_new_cards(connection: Connection) -> int:
    """Map the cards of mapped notes and add those that the collection does not have; returns how many are new."""
    first = _next_id(connection, card)
    held = and_(card.c.note_id == staged.note_map.c.id, card.c.ordinal == staged.card.c.ordinal)
    is_new = case((card.c.id.is_(None), 1), else_=0)
    statement = select(staged.card.c.id, func.coalesce(card.c.id, staged.card.c.id + (first - 1)), is_new) \
        .select_from(staged.card).join(staged.note_map, staged.note_map.c.staged_id == staged.card.c.note_id) \
        .outerjoin(card, held)
    connection.execute(insert(staged.card_map).from_select(["staged_id", "id", "is_new"], statement))
    place = staged.card_map.c.id
    connection.execute(insert(card).from_select(
        ["id", "note_id", "ordinal", "deck_id", "suspension", "flag", "new_order", "added_at", "anki"],
        select(place, staged.note_map.c.id, staged.card.c.ordinal, staged.deck_map.c.id,
               case((staged.card.c.is_suspended == 1, "by_hand")), staged.card.c.flag,
               case((staged.card.c.state.is_(None), place * ORDER_STEP)),
               staged.card.c.added_at, _extras())
        .select_from(staged.card_map).join(staged.card, staged.card.c.id == staged.card_map.c.staged_id)
        .join(staged.note_map, staged.note_map.c.staged_id == staged.card.c.note_id)
        .join(staged.deck_map, staged.deck_map.c.staged_id == staged.card.c.deck_id)
        .where(staged.card_map.c.is_new == 1).order_by(staged.card_map.c.staged_id)))
    return int(connection.execute(select(func.count()).select_from(staged.card_map)
                                  .where(staged.card_map.c.is_new == 1)).scalar_one())


def _extras() -> Any:
    """What Anki keeps of a card; a new card's place among new cards is part of it."""
    position, held = staged.card.c.position, staged.card.c.anki
    return case((position.is_(None), held), (held.is_(None), literal('{"pos":') + cast(position, Text) + "}"),
                else_=func.json_set(held, "$.pos", position))


def rename_media(connection: Connection, names: Mapping[str, str]) -> None:
    """Let new notes name their media by the names that these have here."""
    if not names:
        return
    new = select(staged.note_map.c.id).where(staged.note_map.c.is_new == 1)
    _driver(connection).create_function("with_media_names", 1, lambda fields: with_media_names(fields, names))
    renamed = func.with_media_names(note.c.fields)
    connection.execute(update(note).where(note.c.id.in_(new), note.c.fields != renamed).values(fields=renamed))


def new_notes_with_topic(connection: Connection) -> list[int]:
    """The new notes whose tags name a topic."""
    return list(connection.execute(select(note.c.id).join(staged.note_map, staged.note_map.c.id == note.c.id)
                                   .where(staged.note_map.c.is_new == 1, note.c.topic.is_not(None))).scalars())


def _next_id(connection: Connection, table: Table) -> int:
    """The id that the next row gets; ids are never used again."""
    used = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}).scalar()
    return int(used or 0) + 1


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver

