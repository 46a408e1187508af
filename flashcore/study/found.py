"""Cards found by a query."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flashcore.domain.card import Card
from flashcore.domain.query import Query
from flashcore.domain.schedule import CardState, Schedule
from flashcore.store import content, history
from flashcore.store.axes import axes_of, note_depth
from flashcore.store.selection import find_cards
from flashcore.study.anki_template import Place
from flashcore.study.card_face import card_face, plain_answer, plain_question
from flashcore.study.details import recall

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


@dataclass(frozen=True, slots=True)
class FoundCard:
    """One card of a search, as ``flashcore search --json`` gives it; texts without markup, recall 0-1 or None."""

    card: int
    note: int
    guid: str
    deck: str
    tags: list[str]
    primary: str | None
    systems: list[str]
    discipline: str | None
    depth: str
    topic: str | None
    file: str | None
    line: int | None
    state: str
    due_at: str | None
    stability_days: float | None
    difficulty: float | None
    retrievability: float | None
    lapses: int
    suspended: bool
    question: str
    answer: str

    def to_json(self) -> dict[str, Any]:
        """One object of the list."""
        return asdict(self)


def search(collection: Collection, query: Query) -> list[FoundCard]:
    """The cards a query selects, suspended ones too, in the order they were added."""
    with collection.database.read() as connection:
        ids = find_cards(connection, query, collection.view())
        cards = content.cards_by_id(connection, ids)
        notes = content.notes_by_id(connection, {card.note_id for card in cards.values()})
        schedules = history.schedules(connection)
    return [_found(collection, cards[card_id], notes[cards[card_id].note_id], schedules.get(card_id))
            for card_id in ids]


def _found(collection: Collection, card: Card, stored: content.StoredNote, schedule: Schedule | None) -> FoundCard:
    axes, note = axes_of(stored.note.tags, card.deck), stored.note
    face = card_face(note, card.ordinal, (), Place(card.deck, card.flag))
    memory = schedule.memory if schedule else None
    return FoundCard(
        card.id, card.note_id, card.guid, card.deck, list(note.tags), axes.primary, list(axes.systems),
        axes.disciplines[0] if axes.disciplines else None, str(note_depth(note)),
        axes.topics[0] if axes.topics else None, str(stored.file) if stored.file else None,
        stored.line if stored.file else None, (schedule.state if schedule else CardState.NEW).name.lower(),
        schedule.due_at.isoformat() if schedule else None, memory.stability_days if memory else None,
        memory.difficulty if memory else None, recall(collection, card, schedule),
        schedule.lapses if schedule else 0, card.suspension is not None, plain_question(face), plain_answer(face))
