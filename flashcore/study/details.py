"""Everything about one card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.card import Card
from flashcore.domain.note import Note
from flashcore.domain.review import Review
from flashcore.domain.schedule import Schedule
from flashcore.domain.taxonomy import Axes, Depth
from flashcore.errors import NotFoundError
from flashcore.scheduling.memory import retrievability
from flashcore.scheduling.replay import standing
from flashcore.store import content, history
from flashcore.store.axes import axes_of, note_depth

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


@dataclass(frozen=True, slots=True)
class CardDetails:
    """Everything about one card; ``reviews`` are the rows of its log that stand, oldest first."""

    card: Card
    note: Note
    schedule: Schedule | None
    axes: Axes
    depth: Depth
    retrievability: float | None
    reviews: tuple[Review, ...]
    file: Path | None
    line: int
    added_at: datetime


def recall(collection: Collection, card: Card, schedule: Schedule | None) -> float | None:
    """FSRS's recall of a card now, 0-1; None for a card never answered."""
    if schedule is None or schedule.memory is None or schedule.last_on is None:
        return None
    parameters = collection.option_set().for_deck(card.deck).preset.parameters
    return retrievability(schedule.memory.stability_days, (collection.today() - schedule.last_on).days, parameters)


def card_details(collection: Collection, card_id: int) -> CardDetails:
    """See ``Collection.card_details``."""
    with collection.database.read() as connection:
        card = content.cards_by_id(connection, [card_id]).get(card_id)
        if card is None:
            raise NotFoundError("card", str(card_id), hint="flashcore search --json lists the cards and their ids")
        stored = content.notes_by_id(connection, [card.note_id])[card.note_id]
        schedule = history.schedule_of(connection, card_id)
        reviews = tuple(standing(history.log_of(connection, card_id)))
    return CardDetails(card, stored.note, schedule, axes_of(stored.note.tags, card.deck), note_depth(stored.note),
                       recall(collection, card, schedule), reviews, stored.file, stored.line, stored.added_at)
