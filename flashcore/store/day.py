"""What a study day asks: due cards, learning steps, new cards in order, and counts for reports (read-only SQL)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from flashcore.domain.query import Query
from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.store.columns import from_day, from_millis, to_day, to_millis
from flashcore.store.history import stands
from flashcore.store.schema import card, deck, note, review, schedule
from flashcore.store.selection import View, among, may_be_asked


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card that could be asked today. ``order`` sorts new cards; ``due_at`` is set for steps of minutes."""

    card_id: int
    note_id: int
    deck_id: int
    system: str | None
    due_on: int = 0
    due_at: datetime | None = None


def due_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Cards whose study day has come, the longest due first; steps of minutes are not among them."""
    statement = (
        select(schedule.c.card_id, card.c.note_id, card.c.deck_id, note.c.primary_system, schedule.c.due_on)
        .join(card, card.c.id == schedule.c.card_id).join(note, note.c.id == card.c.note_id)
        .where(schedule.c.due_on <= to_day(view.today), schedule.c.interval_days > 0, may_be_asked(view.today))
        .order_by(schedule.c.due_on, schedule.c.card_id))
    return [Candidate(row[0], row[1], row[2], row[3], row[4])
            for row in connection.execute(_restricted(statement, query, view))]


def step_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Cards on a step of minutes that ends on this study day or earlier, the earliest first."""
    statement = (
        select(schedule.c.card_id, card.c.note_id, card.c.deck_id, note.c.primary_system, schedule.c.due_on,
               schedule.c.due_at)
        .join(card, card.c.id == schedule.c.card_id).join(note, note.c.id == card.c.note_id)
        .where(schedule.c.interval_days == 0, schedule.c.due_on <= to_day(view.today), may_be_asked(view.today))
        .order_by(schedule.c.due_at, schedule.c.card_id))
    return [Candidate(row[0], row[1], row[2], row[3], row[4], from_millis(row[5])) for row in connection.execute(_restricted(statement, query, view))]


def decks_with_new_cards(connection: Connection) -> list[int]:
    """The decks that hold cards never answered."""
    answered = select(schedule.c.card_id)
    return list(connection.execute(select(deck.c.id).where(
        select(card.c.id).where(card.c.deck_id == deck.c.id, card.c.id.not_in(answered),
                                card.c.suspension.is_(None)).exists())).scalars())


def count_new(connection: Connection) -> int:
    """How many cards that may be asked were never answered."""
    return int(connection.execute(
        select(func.count()).select_from(card)
        .where(card.c.suspension.is_(None), card.c.id.not_in(select(schedule.c.card_id)))).scalar_one())


def new_cards(connection: Connection, deck_id: int, limit: int, query: Query, view: View) -> list[Candidate]:
    """The first cards of a deck that were never answered, in their order; at most ``limit``."""
    statement = (
        select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system)
        .join(note, note.c.id == card.c.note_id).outerjoin(schedule, schedule.c.card_id == card.c.id)
        .where(card.c.deck_id == deck_id, schedule.c.card_id.is_(None), may_be_asked(view.today))
        .order_by(card.c.new_order).limit(limit))
    return [Candidate(*row) for row in connection.execute(_restricted(statement, query, view))]


def all_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Every card a query selects that may be asked, due or not, in the order they were added."""
    statement = (select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system)
                 .join(note, note.c.id == card.c.note_id).where(may_be_asked(view.today)).order_by(card.c.id))
    return [Candidate(*row) for row in connection.execute(_restricted(statement, query, view))]


def candidates(connection: Connection, card_ids: Sequence[int]) -> list[Candidate]:
    """The cards of these ids, in their order; ids that are no cards are left out."""
    rows = connection.execute(
        select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system, schedule.c.due_at)
        .join(note, note.c.id == card.c.note_id)
        .outerjoin(schedule, and_(schedule.c.card_id == card.c.id, schedule.c.interval_days == 0))
        .where(card.c.id.in_(list(card_ids))))
    found = {row[0]: Candidate(*row[:4], 0, from_millis(row[4]) if row[4] is not None else None) for row in rows}
    return [found[card_id] for card_id in card_ids if card_id in found]


def _restricted(statement: Select[Any], query: Query, view: View) -> Select[Any]:
    condition = among(query, view)
    return statement if condition is None else statement.where(condition)


@dataclass(frozen=True, slots=True)
class DeckTotals:
    """What a deck holds, without its children."""

    deck_id: int
    name: str
    notes: int
    cards: int
    suspended: int


def deck_totals(connection: Connection) -> list[DeckTotals]:
    """Totals of every deck, by name."""
    rows = connection.execute(
        select(deck.c.id, deck.c.name, func.count(card.c.note_id.distinct()), func.count(card.c.id),
               func.count(card.c.suspension)).outerjoin(card, card.c.deck_id == deck.c.id)
        .group_by(deck.c.id).order_by(deck.c.name))
    return [DeckTotals(*row) for row in rows]


def cards_by_system(connection: Connection) -> dict[str | None, int]:
    """How many cards each primary system has; None: cards whose notes have no system."""
    rows = connection.execute(select(note.c.primary_system, func.count(card.c.id))
                              .join(card, card.c.note_id == note.c.id).group_by(note.c.primary_system))
    return {row[0]: row[1] for row in rows}


def due_by_day(connection: Connection, first: date, last: date) -> dict[date, int]:
    """How many cards become due on each study day of a span, both ends included; suspended ones left out."""
    rows = connection.execute(
        select(schedule.c.due_on, func.count()).join(card, card.c.id == schedule.c.card_id)
        .where(schedule.c.due_on.between(to_day(first), to_day(last)), card.c.suspension.is_(None))
        .group_by(schedule.c.due_on))
    return {from_day(row[0]): row[1] for row in rows}


def siblings_answered(connection: Connection, today: date) -> dict[int, set[int]]:
    """note id -> the cards of it that were answered on this study day, by their schedule."""
    rows = connection.execute(select(card.c.note_id, card.c.id).join(schedule, schedule.c.card_id == card.c.id)
                              .where(schedule.c.last_on == to_day(today)))
    found: dict[int, set[int]] = {}
    for note_id, card_id in rows:
        found.setdefault(note_id, set()).add(card_id)
    return found


def answer_durations(connection: Connection, first: date) -> list[tuple[date, bool, int]]:
    """(study day, whether the card was new or learning, milliseconds) of the answers since a study day."""
    rows = connection.execute(
        select(review.c.study_day, review.c.before_state.is_distinct_from(int(CardState.REVIEW)), review.c.duration_ms)
        .where(review.c.study_day >= to_day(first), review.c.duration_ms.is_not(None),
               review.c.kind.in_([str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM)]), stands()))
    return [(from_day(row[0]), bool(row[1]), row[2]) for row in rows]


def next_moment(connection: Connection, now: datetime) -> datetime | None:
    """The earliest moment after now at which a card that is not suspended becomes due."""
    found = connection.execute(
        select(func.min(schedule.c.due_at)).join(card, card.c.id == schedule.c.card_id)
        .where(schedule.c.due_at > to_millis(now), card.c.suspension.is_(None))).scalar()
    return from_millis(found) if found is not None else None
