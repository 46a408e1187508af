"""Notes of a deck file into the collection, set-based."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from flashcore.domain.card import Suspension
from flashcore.domain.note import Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.store.axes import axis_columns, write_tags
from flashcore.store.changes import ChangeSet
from flashcore.store.columns import to_millis
from flashcore.store.content import cards_of_notes, change_note
from flashcore.store.decks import deck_id
from flashcore.store.note_types import note_type_id
from flashcore.store.schema import ORDER_STEP, card, join_fields, note, note_columns


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a note stands, and what it held there: the base of the next merge. ``file_id`` None: no file."""

    file_id: int | None
    line: int
    id_in_file: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str

    def columns(self) -> dict[str, Any]:
        """The columns of ``note``."""
        return {"file_id": self.file_id, "line": self.line, "id_in_file": self.id_in_file,
                "base_fields": join_fields(self.fields), "base_tags": " ".join(self.tags), "base_deck": self.deck}


def add_notes(connection: Connection, notes: Sequence[tuple[Note, FilePlace]], now: datetime) -> list[int]:
    """Add notes with their cards; returns the notes' ids in the given order."""
    if not notes:
        return []
    at = to_millis(now)
    kinds = {value.note_type: 0 for value, _ in notes}
    decks = {place.deck: 0 for _, place in notes}
    kinds = {kind: note_type_id(connection, kind) for kind in kinds}
    decks = {name: deck_id(connection, name) for name in decks}
    connection.execute(insert(note), [
        {**note_columns(value), **axis_columns(value, place.deck), **place.columns(),
         "note_type_id": kinds[value.note_type], "added_at": at, "changed_at": at} for value, place in notes])
    ids: dict[str, int] = {}
    guids = [value.guid for value, _ in notes]
    for start in range(0, len(guids), 5_000):
        rows = connection.execute(select(note.c.guid, note.c.id).where(note.c.guid.in_(guids[start:start + 5_000])))
        ids |= {row[0]: row[1] for row in rows}
    write_tags(connection, {ids[value.guid]: (value.tags, place.deck) for value, place in notes})
    cards = [{"note_id": ids[value.guid], "ordinal": ordinal, "deck_id": decks[place.deck], "new_order": 0}
             for value, place in notes for ordinal in card_ordinals(value)]
    if cards:
        connection.execute(insert(card), cards)
        connection.execute(update(card).where(card.c.new_order == 0).values(new_order=card.c.id * ORDER_STEP))
    return [ids[guid] for guid in guids]


def update_note(changes: ChangeSet, note_id: int, value: Note, place: FilePlace, base_deck: str | None,
                now: datetime) -> bool:
    """Give a note what the merge decided and its new place; returns whether note or deck differ from before.

    Cards that are still in the deck the file gave before move to the one it gives now. Cards that were set aside
    because the note had left its file come back.
    """
    is_changed = change_note(changes, note_id, value, now, **place.columns())
    held = cards_of_notes(changes.connection, [note_id])
    if base_deck is not None and base_deck != place.deck:
        stayed = [one.id for one in held if one.deck == base_deck]
        is_changed |= changes.update(card, stayed, deck_id=deck_id(changes.connection, place.deck)) > 0
    wanted = set(card_ordinals(value))
    back = [one.id for one in held if one.suspension is Suspension.LEFT_FILE and one.ordinal in wanted]
    is_changed |= changes.update(card, back, suspension=None) > 0
    return is_changed


def set_aside(changes: ChangeSet, note_ids: Sequence[int]) -> int:
    """Suspend the cards of notes that left their file, those that are not suspended for another reason.

    The notes stand on line 0 of it from then on: a learner who asks such a card again keeps it, import after import.
    """
    gone = [one.id for one in cards_of_notes(changes.connection, note_ids) if one.suspension is None]
    changes.update(note, note_ids, line=0)
    return changes.update(card, gone, suspension=str(Suspension.LEFT_FILE))
