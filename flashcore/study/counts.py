"""What is to be done: today's counts by deck and by system, what decks hold, the numbers of the home screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flashcore.domain.deck import ancestors
from flashcore.domain.query_terms import And, Not, Query, Rated, State, StateIs
from flashcore.domain.review import Rating
from flashcore.domain.taxonomy import systems
from flashcore.store import day, decks
from flashcore.store.database import Connection
from flashcore.store.selection import View, find_cards
from flashcore.study.day_plan import Asks, DayPlan, plan_by_deck
from flashcore.study.options import OptionSet
from flashcore.study.pace import RECENT_ANSWERS, STUDY_DAYS, Pace, minutes_a_day, pace_of

MISSED_QUERY = "rated:2:1 -is:suspended"
_MISSED = And((Rated(2, Rating.AGAIN), Not(StateIs(State.SUSPENDED))))
"""What the home screen calls missed in the last two days."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class DeckDue:
    """What a deck would ask today if it were studied alone, its children's cards included.

    The limits of its parents count only for them, as in Anki's list of decks. Learning steps of days, which take their
    place among the reviews first, count as ``learning``.
    """

    deck: str
    new: int
    learning: int
    due: int


@dataclass(frozen=True, slots=True)
class SystemDue:
    """Counts of one system for today, each card under its primary system."""

    system: str
    new: int
    learning: int
    due: int


@dataclass(frozen=True, slots=True)
class DueReport:
    """What would be asked today. ``minutes`` is an estimate at the learner's own pace; ``untagged`` have no system."""

    new: int
    learning: int
    due: int
    minutes: int
    untagged: int
    by_deck: tuple[DeckDue, ...]
    by_system: tuple[SystemDue, ...]

    @property
    def total(self) -> int:
        """All cards of today."""
        return self.new + self.learning + self.due

    def to_json(self) -> dict[str, Any]:
        """The object of ``flashcore due --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DeckCounts:
    """What a deck holds, its children's cards included, and what it asks today."""

    deck: str
    notes: int
    cards: int
    new: int
    learning: int
    due: int
    suspended: int

    def to_json(self) -> dict[str, Any]:
        """One object of ``flashcore decks --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One row of the home screen; ``system`` None stands for the cards without one."""

    system: str | None
    cards: int
    due: int
    new: int


@dataclass(frozen=True, slots=True)
class Home:
    """The numbers of the home screen.

    ``tomorrow`` counts cards that become due then; ``fullest_day`` is the one of the next seven with the most of them.
    """

    today: date
    exam_on: date | None
    due: DueReport
    minutes_per_day: int
    tomorrow: int
    fullest_day: date | None
    fullest_count: int
    missed_count: int
    systems: tuple[SystemRow, ...]
    decks: tuple[DeckDue, ...]
    systems_without_cards: int
    cards: int
    next_due_at: datetime | None


def pace(connection: Connection) -> Pace:
    """The learner's pace, from the last answers."""
    return pace_of(day.recent_durations(connection, RECENT_ANSWERS))


def due_report(connection: Connection, query: Query, view: View, options: OptionSet) -> DueReport:
    """The counts of today."""
    return _report(*plan_by_deck(connection, query, view, options), pace(connection))


def _report(plan: DayPlan, by_deck: Mapping[str, Asks], at: Pace) -> DueReport:
    by_system: dict[str | None, list[int]] = {}
    for kind, cards in enumerate((plan.new, plan.learning, plan.due)):
        for candidate in cards:
            by_system.setdefault(candidate.system, [0, 0, 0])[kind] += 1
    new, learning, due = len(plan.new), len(plan.learning), len(plan.due)
    order = {system: place for place, system in enumerate(systems())}
    return DueReport(
        new, learning, due, at.minutes(new=new, learning=learning, due=due), sum(by_system.get(None, ())),
        tuple(DeckDue(name, asks.new, asks.learning, asks.due)
              for name, asks in sorted(by_deck.items(), key=lambda item: _deck_key(item[0]))),
        tuple(SystemDue(system, *counts) for system, counts in sorted(
            ((system, counts) for system, counts in by_system.items() if system is not None),
            key=lambda item: order.get(item[0], len(order)))))


def _deck_key(name: str) -> list[str]:
    return [part.casefold() for part in name.split("::")]


def deck_counts(connection: Connection, query: Query, view: View, options: OptionSet) -> list[DeckCounts]:
    """Every deck, parents included, in the order of their names."""
    report = due_report(connection, query, view, options)
    held: dict[str, list[int]] = {row.deck: [0, 0, 0] for row in report.by_deck}
    for totals in day.deck_totals(connection):
        for name in ancestors(totals.name):
            for place, count in enumerate((totals.notes, totals.cards, totals.suspended)):
                held[name][place] += count
    return [DeckCounts(row.deck, held[row.deck][0], held[row.deck][1], row.new, row.learning, row.due,
                       held[row.deck][2]) for row in report.by_deck]


def due_tomorrow(connection: Connection, today: date) -> int:
    """Cards that become due on the study day after ``today``."""
    return sum(day.due_by_day(connection, today + timedelta(days=1), today + timedelta(days=1)).values())


def new_tomorrow(connection: Connection, options: OptionSet, plan: DayPlan) -> int:
    """New cards that the limits of the top decks let in tomorrow, if those of today's plan are answered."""
    tops = {name.split("::")[0] for name in decks.deck_names(connection).values()}
    left = max(day.count_new(connection) - len(plan.new), 0)
    return min(sum(options.for_deck(name).new_per_day for name in tops), left)


def home(connection: Connection, query: Query, view: View, options: OptionSet) -> Home:
    """Everything that the home screen shows."""
    report = due_report(connection, query, view, options)
    week = day.due_by_day(connection, view.today + timedelta(days=1), view.today + timedelta(days=_WEEK))
    fullest = max(week, key=lambda one: (week[one], -one.toordinal()), default=None)
    by_system = day.cards_by_system(connection)
    collection = options.collection()
    return Home(
        view.today, collection.exam_on, report,
        collection.minutes_per_day or minutes_a_day(day.recent_days(connection, STUDY_DAYS)),
        due_tomorrow(connection, view.today), fullest, week[fullest] if fullest else 0,
        len(find_cards(connection, _MISSED, view)), _system_rows(by_system, report),
        report.by_deck, sum(1 for system in systems() if not by_system.get(system) and system != "general"),
        sum(by_system.values()), day.next_moment(connection, view.now))


def _system_rows(cards: Mapping[str | None, int], report: DueReport) -> tuple[SystemRow, ...]:
    """The systems that have cards, most to do first; the cards without a system last."""
    today = {row.system: row for row in report.by_system}
    rows: list[SystemRow] = []
    for system, count in cards.items():
        if system is not None:
            row = today.get(system)
            rows.append(SystemRow(system, count, row.due + row.learning if row else 0, row.new if row else 0))
    rows.sort(key=lambda row: (-row.due, -row.new, row.system or ""))
    if cards.get(None):
        rows.append(SystemRow(None, cards[None], report.learning + report.due - sum(row.due for row in rows),
                              report.new - sum(row.new for row in rows)))
    return tuple(rows)
