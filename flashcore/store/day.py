"""What a study day asks: due cards, learning steps, new cards in order, and counts for reports (read-only SQL)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, case, func, null, select

from flashcore.domain.bundle import Origin
from flashcore.domain.query_terms import Query
from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.store.columns import from_day, from_millis, to_day, to_millis
from flashcore.store.history import stands
from flashcore.store.schema import card, change, deck, note, review, schedule
from flashcore.store.selection import View, among, may_be_asked

_OWN_ANSWERS = (str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM))
_FIRST_LOOK = 10
"""So many new cards of a deck are read at first, then twice as many as before."""
_LARGEST_LOOK = 5_000


class Candidate(NamedTuple):
    """A card that could be asked today; ``due_at`` is set for steps of minutes. A tuple, as there are thousands.

    ``is_learning``: it is on a learning step, of minutes or of days.
    """

    card_id: int
    note_id: int
    deck_id: int
    system: str | None
    due_on: int = 0
    due_at: datetime | None = None
    is_learning: bool = False


class AnswerToday(NamedTuple):
    """An answer of the study day that stands. ``asked_as``: NEW, REVIEW (a step of days too) or LEARNING (minutes)."""

    card_id: int
    note_id: int
    deck_id: int
    asked_as: CardState


_TODAY: BindParameter[int] = bindparam("today")
_SHUFFLE: BindParameter[int] = bindparam("shuffle")
_IS_LEARNING = schedule.c.state != int(CardState.REVIEW)
_DUE = (
    select(schedule.c.card_id, card.c.note_id, card.c.deck_id, note.c.primary_system, schedule.c.due_on, null(),
           _IS_LEARNING)
    .join(card, card.c.id == schedule.c.card_id).join(note, note.c.id == card.c.note_id)
    .where(schedule.c.due_on <= _TODAY, schedule.c.interval_days > 0, may_be_asked(_TODAY))
    # a multiplicative hash: cards of one day in an order that differs from day to day but not within one
    .order_by(schedule.c.due_on, (schedule.c.card_id * 2_654_435_761 + _SHUFFLE) % 4_294_967_296, schedule.c.card_id))
_STEPS = (
    select(schedule.c.card_id, card.c.note_id, card.c.deck_id, note.c.primary_system, schedule.c.due_on,
           schedule.c.due_at)
    .join(card, card.c.id == schedule.c.card_id).join(note, note.c.id == card.c.note_id)
    .where(schedule.c.due_on <= _TODAY, schedule.c.interval_days == 0, may_be_asked(_TODAY))
    .order_by(schedule.c.due_at, schedule.c.card_id))
_NEW = (
    select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system, card.c.new_order)
    .join(note, note.c.id == card.c.note_id)
    .where(card.c.deck_id == bindparam("place"), card.c.new_order > bindparam("after"), may_be_asked(_TODAY))
    .order_by(card.c.new_order, card.c.id).limit(bindparam("count")))
_DECKS_WITH_NEW = select(deck.c.id).where(
    select(card.c.id).where(card.c.deck_id == deck.c.id, card.c.new_order.is_not(None),
                            card.c.suspension.is_(None)).exists())
_ANSWERS = (
    select(card.c.id, card.c.note_id, card.c.deck_id,
           case((review.c.before_state.is_(None), int(CardState.NEW)),
                (review.c.before_interval_days > 0, int(CardState.REVIEW)), else_=int(CardState.LEARNING)))
    .join(review, review.c.card_id == card.c.id)
    .where(review.c.study_day == _TODAY, review.c.kind == str(ReviewKind.SCHEDULED), stands()))
_IMPORTED_SINCE = select(
    select(change.c.seq).where(change.c.what == "import", change.c.changed_at >= bindparam("since")).exists())
_logged = (
    # the log of other programs is not found by day; a card that was answered today says so itself
    select(review.c.card_id, review.c.study_day, review.c.rating, review.c.origin, review.c.last_interval,
           func.lag(review.c.origin, 1, str(Origin.RESET)).over(
               partition_by=review.c.card_id, order_by=(review.c.answered_at, review.c.seq)).label("origin_before"))
    .where(review.c.kind == str(ReviewKind.IMPORTED),
           review.c.card_id.in_(select(schedule.c.card_id).where(schedule.c.last_on == _TODAY))).subquery())
_IMPORTED_ANSWERS = (
    select(card.c.id, card.c.note_id, card.c.deck_id,
           case((_logged.c.origin == str(Origin.REVIEW), int(CardState.REVIEW)),
                (_logged.c.origin == str(Origin.FILTERED), int(CardState.LEARNING)),
                (and_(_logged.c.origin == str(Origin.LEARN), _logged.c.origin_before == str(Origin.RESET)),
                 int(CardState.NEW)),
                (_logged.c.last_interval > 0, int(CardState.REVIEW)), else_=int(CardState.LEARNING)))
    .join(_logged, _logged.c.card_id == card.c.id)
    .where(_logged.c.study_day == _TODAY, _logged.c.rating.is_not(None)))


def due_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Cards whose study day has come, the longest due first; steps of days are among them, those of minutes not."""
    today = to_day(view.today)
    rows = connection.execute(_restricted(_DUE, query, view), {"today": today, "shuffle": today * 40_503})
    return list(map(Candidate._make, rows))


def step_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Cards on a step of minutes that ends on this study day or earlier, the earliest first."""
    rows = connection.execute(_restricted(_STEPS, query, view), {"today": to_day(view.today)})
    return [Candidate(row[0], row[1], row[2], row[3], row[4], from_millis(row[5]), True) for row in rows]


def decks_with_new_cards(connection: Connection) -> list[int]:
    """The decks that hold cards never answered."""
    return list(connection.execute(_DECKS_WITH_NEW).scalars())


def count_new(connection: Connection) -> int:
    """How many cards that may be asked were never answered."""
    return int(connection.execute(
        select(func.count()).select_from(card)
        .where(card.c.suspension.is_(None), card.c.new_order.is_not(None))).scalar_one())


class NewCards:
    """The cards of a query that were never answered, deck by deck in their order, a few at a time."""

    def __init__(self, connection: Connection, query: Query, view: View) -> None:
        self._connection, self._today = connection, to_day(view.today)
        self._statement = _restricted(_NEW, query, view)

    def of_deck(self, deck_id: int) -> Iterator[Candidate]:
        """The new cards of one deck, read as they are asked for."""
        after, count = -1, _FIRST_LOOK
        while rows := self._connection.execute(
                self._statement, {"place": deck_id, "after": after, "today": self._today, "count": count}).all():
            yield from (Candidate(row[0], row[1], row[2], row[3]) for row in rows)
            if len(rows) < count:
                return
            after, count = rows[-1][4], min(count * 2, _LARGEST_LOOK)


def all_cards(connection: Connection, query: Query, view: View) -> list[Candidate]:
    """Every card a query selects that may be asked, due or not, in the order they were added."""
    statement = (select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system)
                 .join(note, note.c.id == card.c.note_id).where(may_be_asked(view.today)).order_by(card.c.id))
    return [Candidate(*row) for row in connection.execute(_restricted(statement, query, view))]


def candidates(connection: Connection, card_ids: Sequence[int]) -> list[Candidate]:
    """The cards of these ids, in their order; ids that are no cards are left out."""
    rows = connection.execute(
        select(card.c.id, card.c.note_id, card.c.deck_id, note.c.primary_system,
               case((schedule.c.interval_days == 0, schedule.c.due_at)), _IS_LEARNING)
        .join(note, note.c.id == card.c.note_id).outerjoin(schedule, schedule.c.card_id == card.c.id)
        .where(card.c.id.in_(list(card_ids))))
    found = {row[0]: Candidate(row[0], row[1], row[2], row[3], 0, from_millis(row[4]) if row[4] is not None else None,
                               bool(row[5])) for row in rows}
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


def answers_today(connection: Connection, view: View) -> list[AnswerToday]:
    """Each scheduled answer of the study day, and those of other programs that an import of today brought."""
    today = to_day(view.today)
    rows = list(connection.execute(_ANSWERS, {"today": today}))
    if connection.execute(_IMPORTED_SINCE, {"since": to_millis(view.start_of(view.today))}).scalar_one():
        rows += connection.execute(_IMPORTED_ANSWERS, {"today": today})
    return [AnswerToday(row[0], row[1], row[2], CardState(row[3])) for row in rows]


def recent_durations(connection: Connection, count: int) -> list[tuple[bool, int]]:
    """(whether the card was new or learning, milliseconds) of the last ``count`` answers."""
    rows = connection.execute(
        select(review.c.before_state.is_distinct_from(int(CardState.REVIEW)), review.c.duration_ms)
        .where(review.c.kind.in_(_OWN_ANSWERS), review.c.duration_ms.is_not(None))
        .order_by(review.c.seq.desc()).limit(count))
    return [(bool(row[0]), row[1]) for row in rows]


def recent_days(connection: Connection, count: int) -> list[int]:
    """Milliseconds of answering on each of the last ``count`` study days that had any."""
    return [int(row[1]) for row in connection.execute(
        select(review.c.study_day, func.sum(review.c.duration_ms))
        .where(review.c.kind.in_(_OWN_ANSWERS), review.c.duration_ms.is_not(None))
        .group_by(review.c.study_day).order_by(review.c.study_day.desc()).limit(count))]


def next_moment(connection: Connection, now: datetime) -> datetime | None:
    """The earliest moment after now at which a card that is not suspended becomes due."""
    found = connection.execute(
        select(func.min(schedule.c.due_at)).join(card, card.c.id == schedule.c.card_id)
        .where(schedule.c.due_at > to_millis(now), card.c.suspension.is_(None))).scalar()
    return from_millis(found) if found is not None else None
