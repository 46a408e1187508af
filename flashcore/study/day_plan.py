"""What a study day asks of a learner: after daily limits, without buried and suspended cards, siblings kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from flashcore.domain.deck import ancestors
from flashcore.domain.query import Query
from flashcore.domain.schedule import CardState
from flashcore.store import content, day, history
from flashcore.store.database import Connection
from flashcore.store.day import Candidate
from flashcore.store.selection import View
from flashcore.study.options import OptionSet


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Cards by why they are asked: steps of minutes that end before the day does, due cards, new cards."""

    steps: tuple[Candidate, ...]
    due: tuple[Candidate, ...]
    new: tuple[Candidate, ...]


def plan_day(connection: Connection, query: Query, view: View, options: OptionSet) -> DayPlan:
    """The plan of the study day of ``view`` for the cards that a query selects.

    A deck's limit holds for it and everything under it, so a card needs room in its deck and in all its parents;
    what was answered today counts. A card waits for tomorrow where a sibling was answered today or is asked today.
    """
    names = content.deck_names(connection)
    steps = day.step_cards(connection, query, view)
    apart = _Apart(day.siblings_answered(connection, view.today))
    apart.claim(steps)
    room = _Room(names, options, history.answers_today(connection, view.today))
    due = [candidate for candidate in _shuffled(day.due_cards(connection, query, view), view.today.toordinal())
           if apart.is_free(candidate) and room.take(candidate.deck_id, is_new=False) and apart.claim([candidate])]
    lines: dict[str | None, list[Candidate]] = {}
    for deck_id in sorted(day.decks_with_new_cards(connection), key=lambda deck_id: names[deck_id]):
        for candidate in _new_of_deck(connection, deck_id, room.left(deck_id), query, view, apart):
            lines.setdefault(candidate.system, []).append(candidate)
    new = [candidate for candidate in _in_turn(lines.values())
           if apart.is_free(candidate) and room.take(candidate.deck_id, is_new=True) and apart.claim([candidate])]
    return DayPlan(tuple(steps), tuple(due), tuple(new))


def _new_of_deck(connection: Connection, deck_id: int, limit: int, query: Query, view: View,
                 apart: _Apart) -> list[Candidate]:
    """Enough of the first new cards of a deck to fill its limit with cards of different notes."""
    fetch = limit + min(limit, 50)
    while limit > 0:
        found = day.new_cards(connection, deck_id, fetch, query, view)
        notes = {candidate.note_id for candidate in found if apart.is_free(candidate)}
        if len(notes) >= limit or len(found) < fetch:
            return found
        fetch *= 4
    return []


def _in_turn(lines: Iterable[Sequence[Candidate]]) -> Iterable[Candidate]:
    """One card of each line after the other, so that a limit is shared by all systems."""
    return (candidate for row in zip_longest(*lines) for candidate in row if candidate is not None)


def _shuffled(due: Sequence[Candidate], seed: int) -> list[Candidate]:
    """The longest due first; cards of one day in an order that differs from day to day but not within one."""
    return sorted(due, key=lambda candidate: (candidate.due_on, (candidate.card_id * 2_654_435_761 ^ seed * 40_503)
                                              % 4_294_967_296, candidate.card_id))


class _Apart:
    """Which notes have a card that was answered today, or is to be asked today."""

    def __init__(self, answered: Mapping[int, set[int]]) -> None:
        self._answered = answered
        self._claimed: set[int] = set()

    def is_free(self, candidate: Candidate) -> bool:
        return candidate.note_id not in self._claimed and not (
            self._answered.get(candidate.note_id, set()) - {candidate.card_id})

    def claim(self, cards: Iterable[Candidate]) -> bool:
        self._claimed.update(candidate.note_id for candidate in cards)
        return True


class _Room:
    """How many new cards and reviews each deck may still ask today."""

    def __init__(self, names: Mapping[int, str], options: OptionSet,
                 answered: Sequence[tuple[int, CardState]]) -> None:
        self._paths = {deck_id: tuple(ancestors(name)) for deck_id, name in names.items()}
        decks = {name for path in self._paths.values() for name in path}
        self._new = {name: options.for_deck(name).new_per_day for name in decks}
        self._due = {name: options.for_deck(name).reviews_per_day for name in decks}
        for deck_id, before in answered:
            left = {CardState.NEW: self._new, CardState.REVIEW: self._due}.get(before)
            if left is not None:
                for name in self._paths[deck_id]:
                    left[name] -= 1

    def left(self, deck_id: int) -> int:
        """New cards that a deck and all its parents still have room for."""
        return max(min(self._new[name] for name in self._paths[deck_id]), 0)

    def take(self, deck_id: int, *, is_new: bool) -> bool:
        """Use up one place in a deck and its parents, where there is one in each."""
        left = self._new if is_new else self._due
        path = self._paths[deck_id]
        if any(left[name] <= 0 for name in path):
            return False
        for name in path:
            left[name] -= 1
        return True
