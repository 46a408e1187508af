"""What a study day asks of a learner: after daily limits, without buried and suspended cards, siblings kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flashcore.domain.deck import ancestors
from flashcore.domain.query_terms import Query
from flashcore.domain.schedule import CardState
from flashcore.store import day, decks
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
    names = decks.deck_names(connection)
    answers = day.answers_today(connection, view.today)
    steps = day.step_cards(connection, query, view)
    apart = _Apart(answers)
    apart.claim(steps)
    room = _Room(names, options, [(deck_id, before) for _, _, deck_id, before in answers])
    due = room.due(apart.one_of_each_note(day.due_cards(connection, query, view)))
    apart.claim(due)
    new_cards = day.NewCards(connection, query, view)
    lines = [(deck_id, new_cards.of_deck(deck_id))
             for deck_id in sorted(day.decks_with_new_cards(connection), key=lambda deck_id: names[deck_id])]
    return DayPlan(tuple(steps), tuple(due), tuple(_new_in_turn(lines, apart, room)))


def _new_in_turn(lines: Sequence[tuple[int, Iterator[Candidate]]], apart: _Apart, room: _Room) -> Iterator[Candidate]:
    """One new card of each deck after the other, so that a limit above them is shared by all."""
    left = list(lines)
    while left:
        going_on = []
        for deck_id, line in left:
            if not room.has_new(deck_id):
                continue
            candidate = next(filter(apart.is_free, line), None)
            if candidate is not None:
                room.take_new(deck_id)
                apart.claim([candidate])
                going_on.append((deck_id, line))
                yield candidate
        left = going_on


class _Apart:
    """Which notes have a card that was answered today, or is to be asked today."""

    def __init__(self, answers: Iterable[tuple[int, int, int, CardState]]) -> None:
        self._answered: dict[int, set[int]] = {}
        for card_id, note_id, _, _ in answers:
            self._answered.setdefault(note_id, set()).add(card_id)
        self._claimed: set[int] = set()

    def one_of_each_note(self, cards: Iterable[Candidate]) -> list[Candidate]:
        """The first card of each note that is free."""
        first: dict[int, Candidate] = {}
        for candidate in cards:
            if candidate.note_id not in first and self.is_free(candidate):
                first[candidate.note_id] = candidate
        return list(first.values())

    def is_free(self, candidate: Candidate) -> bool:
        if candidate.note_id in self._claimed:
            return False
        answered = self._answered.get(candidate.note_id)
        return answered is None or answered == {candidate.card_id}

    def claim(self, cards: Iterable[Candidate]) -> None:
        self._claimed.update(candidate.note_id for candidate in cards)


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

    def has_new(self, deck_id: int) -> bool:
        """Whether a deck and all its parents have room for one more new card."""
        return all(self._new[name] > 0 for name in self._paths[deck_id])

    def take_new(self, deck_id: int) -> None:
        """Use up one place for a new card in a deck and its parents."""
        for name in self._paths[deck_id]:
            self._new[name] -= 1

    def due(self, cards: list[Candidate]) -> list[Candidate]:
        """The reviews that the decks and their parents have room for, in the given order."""
        wanted: Counter[str] = Counter()
        for deck_id, count in Counter(candidate.deck_id for candidate in cards).items():
            for name in self._paths[deck_id]:
                wanted[name] += count
        if all(self._due[name] >= count for name, count in wanted.items()):
            return cards  # no limit is reached, which is the rule
        taken = []
        for candidate in cards:
            path = self._paths[candidate.deck_id]
            if all(self._due[name] > 0 for name in path):
                for name in path:
                    self._due[name] -= 1
                taken.append(candidate)
        return taken
