"""A card with its note and schedule in one look: what is needed to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from flashcore.domain.card import Card, Suspension
from flashcore.domain.note_type import NoteType
from flashcore.domain.schedule import Schedule
from flashcore.store.columns import from_day
from flashcore.store.content import StoredNote, to_stored
from flashcore.store.schema import SCHEDULE_COLUMNS, card, deck, deck_file, note, schedule, to_schedule


@dataclass(frozen=True, slots=True)
class Asked:
    """A card, its note, and its schedule (None: never answered)."""

    card: Card
    stored: StoredNote
    schedule: Schedule | None


_ASKED = (
    select(note, deck_file.c.path, card.c.ordinal, card.c.suspension, card.c.buried_until, card.c.flag,
           card.c.new_order, deck.c.name.label("deck_name"),
           *(schedule.c[name].label(f"schedule_{name}") for name in SCHEDULE_COLUMNS))
    .select_from(card).join(note, note.c.id == card.c.note_id).join(deck, deck.c.id == card.c.deck_id)
    .outerjoin(deck_file, deck_file.c.id == note.c.file_id).outerjoin(schedule, schedule.c.card_id == card.c.id)
    .where(card.c.id == bindparam("key")))


def load_asked(connection: Connection, card_id: int, kinds: Mapping[int, NoteType]) -> Asked | None:
    """The card of this id with all it takes to ask it; None: there is no such card."""
    row = connection.execute(_ASKED, {"key": card_id}).mappings().first()
    if row is None:
        return None
    stored = to_stored(row, kinds[row["note_type_id"]])
    buried = row["buried_until"]
    return Asked(
        Card(card_id, stored.id, stored.note.guid, row["ordinal"], row["deck_name"],
             Suspension(row["suspension"]) if row["suspension"] else None,
             from_day(buried) if buried is not None else None, row["flag"], row["new_order"]),
        stored, to_schedule([row[f"schedule_{name}"] for name in SCHEDULE_COLUMNS]))
