"""Which cards: a search query as SQL. Values are always bound, never part of the text of a statement."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.functions import coalesce

from flashcore.domain.query_terms import (
    Added,
    And,
    DeckIs,
    DepthIs,
    DisciplineIs,
    Everything,
    Not,
    Operator,
    Or,
    Property,
    PropertyName,
    Query,
    Rated,
    State,
    StateIs,
    SystemIs,
    TagIs,
    Text,
    TopicIs,
)
from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.store.columns import to_day, to_millis
from flashcore.store.history import stands
from flashcore.store.schema import card, deck, note, note_tag, review, schedule

_AN_ANSWER = (str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM), str(ReviewKind.IMPORTED))
_EQUAL_RECALL = 0.005  # "prop:r=0.9" means 0.9 to the percent


@dataclass(frozen=True, slots=True)
class View:
    """The moment from which a query is asked.

    ``start_of`` gives the moment a study day starts. ``days_per_stability`` tells, for a recall r in (0, 1], how many
    days for each day of stability it takes to fall to r; ``by_deck`` holds it for decks with parameters of their own.
    """

    now: datetime
    today: date
    start_of: Callable[[date], datetime]
    days_per_stability: Callable[[float], float]
    by_deck: Mapping[int, Callable[[float], float]] = field(default_factory=dict)


def find_cards(connection: Connection, query: Query, view: View) -> list[int]:
    """The ids of the cards a query selects, suspended ones too, in the order they were added."""
    return list(connection.execute(_joined(select(card.c.id)).where(where(query, view)).order_by(card.c.id)).scalars())


def among(query: Query, view: View) -> ColumnElement[bool] | None:
    """The condition that a card is one of those a query selects, for any statement over ``card``; None: all are."""
    if isinstance(query, Everything):
        return None
    return card.c.id.in_(_joined(select(card.c.id)).where(where(query, view)).correlate(None))


def _joined(statement: Select[Any]) -> Select[Any]:
    return (statement.join(note, note.c.id == card.c.note_id).join(deck, deck.c.id == card.c.deck_id)
            .outerjoin(schedule, schedule.c.card_id == card.c.id))


def where(query: Query, view: View) -> ColumnElement[bool]:
    """The condition of a query over card, note, deck and schedule; never null, so it can be negated."""
    match query:
        case Everything():
            return true()
        case And(parts):
            return and_(*(where(part, view) for part in parts))
        case Or(parts):
            return or_(*(where(part, view) for part in parts))
        case Not(part):
            return not_(where(part, view))
        case Text(text):
            wanted = unicodedata.normalize("NFC", text).casefold()
            return func.instr(func.casefold(note.c.fields), wanted) > 0  # LIKE takes no pattern beyond 50,000 bytes
        case DeckIs(name):
            return _under(func.casefold(deck.c.name), name.casefold())
        case TagIs(name):
            return _tagged(name.lower())
        case TopicIs(name):
            return _tagged(f"topic::{name.lower()}")
        case SystemIs(slug, primary_only):
            is_primary = coalesce(note.c.primary_system == slug, false())
            return is_primary if primary_only else or_(is_primary, _tagged(f"involves::{slug}"))
        case DisciplineIs(slug):
            return _tagged(f"discipline::{slug}")
        case DepthIs(depth):
            return note.c.depth == str(depth)
        case StateIs(state):
            return _state(state, view)
        case Property():
            return _property(query, view)
        case Rated(days, rating):
            answered = select(review.c.card_id).where(
                review.c.study_day > to_day(view.today) - days, review.c.study_day <= to_day(view.today),
                review.c.kind.in_(_AN_ANSWER), stands())
            if rating is not None:
                answered = answered.where(review.c.rating == int(rating))
            return card.c.id.in_(answered)
        case Added(days):
            first_day = max(view.today.toordinal() - days + 1, date.min.toordinal() + 1)
            return note.c.added_at >= to_millis(view.start_of(date.fromordinal(first_day)))


def _under(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """The name itself and everything below it; ``*`` stands for any text."""
    if "*" in name:
        pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        return or_(column.like(pattern, escape="\\"), column.like(f"{pattern}::%", escape="\\"))
    return or_(column == name, and_(column >= f"{name}::", column < f"{name}:;"))


def _tagged(name: str) -> ColumnElement[bool]:
    return note.c.id.in_(select(note_tag.c.note_id).where(_under(note_tag.c.tag, name)))


def may_be_asked(today: date | BindParameter[int]) -> ColumnElement[bool]:
    """Neither suspended nor buried on a study day, which may be a parameter of the statement."""
    day: Any = to_day(today) if isinstance(today, date) else today
    return and_(card.c.suspension.is_(None), or_(card.c.buried_until.is_(None), card.c.buried_until <= day))


def is_due(now: datetime, today: date) -> ColumnElement[bool]:
    """Its minutes are up, or its study day has come; false for new cards."""
    return coalesce(case((schedule.c.interval_days == 0, schedule.c.due_at <= to_millis(now)),
                         else_=schedule.c.due_on <= to_day(today)), false())


def _state(state: State, view: View) -> ColumnElement[bool]:
    match state:
        case State.DUE:
            return and_(is_due(view.now, view.today), may_be_asked(view.today))
        case State.NEW:
            return schedule.c.card_id.is_(None)
        case State.LEARNING:
            return coalesce(schedule.c.state.in_([int(CardState.LEARNING), int(CardState.RELEARNING)]), false())
        case State.REVIEW:
            return coalesce(schedule.c.state == int(CardState.REVIEW), false())
        case State.SUSPENDED:
            return card.c.suspension.is_not(None)
        case State.LEECH:
            return _tagged("leech")
        case State.UNTAGGED:
            return note.c.primary_system.is_(None)


_COMPARE: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.EQUAL: lambda held, value: held == value,
    Operator.NOT_EQUAL: lambda held, value: held != value,
    Operator.LESS: lambda held, value: held < value,
    Operator.AT_MOST: lambda held, value: held <= value,
    Operator.MORE: lambda held, value: held > value,
    Operator.AT_LEAST: lambda held, value: held >= value,
}
_COLUMNS = {
    PropertyName.STABILITY: schedule.c.stability_days,
    PropertyName.DIFFICULTY: schedule.c.difficulty,
    PropertyName.LAPSES: schedule.c.lapses,
    PropertyName.REPS: schedule.c.reps,
    PropertyName.INTERVAL: schedule.c.interval_days,
}


def _property(query: Property, view: View) -> ColumnElement[bool]:
    if query.name in (PropertyName.RETRIEVABILITY, PropertyName.FSRS_RETRIEVABILITY):
        return coalesce(_recall(query.operator, query.value, view), false())
    if query.name is PropertyName.DUE:
        return coalesce(_COMPARE[query.operator](schedule.c.due_on - to_day(view.today), query.value), false())
    return coalesce(_COMPARE[query.operator](_COLUMNS[query.name], query.value), false())


def _recall(operator: Operator, value: float, view: View) -> ColumnElement[bool]:
    """Recall compared without a power in SQL: it falls with time, so R < r says that more than t(r) has passed."""
    has_memory = schedule.c.stability_days.is_not(None)
    if operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        near = and_(_recall(Operator.AT_LEAST, max(value - _EQUAL_RECALL, 0.0), view),
                    _recall(Operator.AT_MOST, min(value + _EQUAL_RECALL, 1.0), view))
        return near if operator is Operator.EQUAL else and_(has_memory, not_(near))
    if value <= 0:
        return and_(has_memory, true() if operator in (Operator.MORE, Operator.AT_LEAST) else false())
    default = view.days_per_stability(value)
    ratio: Any = default
    if view.by_deck:
        ratio = case(*((card.c.deck_id == place, curve(value)) for place, curve in view.by_deck.items()), else_=default)
    elapsed = func.max(to_day(view.today) - schedule.c.last_on, 0)
    passed = {Operator.LESS: Operator.MORE, Operator.AT_MOST: Operator.AT_LEAST,
              Operator.MORE: Operator.LESS, Operator.AT_LEAST: Operator.AT_MOST}[operator]
    return and_(has_memory, _COMPARE[passed](elapsed, ratio * schedule.c.stability_days))
