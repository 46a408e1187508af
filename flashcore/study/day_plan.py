"""What a study day asks of a learner: after daily limits, without buried and suspended cards, siblings kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flashcore.domain.deck import SEPARATOR, ancestors
from flashcore.domain.query_terms import And, DeckIs, Query
from flashcore.domain.schedule import CardState
from flashcore.store import day, decks
from flashcore.store.database import Connection
from flashcore.store.day import AnswerToday, Candidate
from flashcore.store.selection import View
from flashcore.study.options import OptionSet


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Cards by why they are asked: learning steps of minutes that end before the day does, learning steps of days that
    are due, due cards, new cards."""

    steps: tuple[Candidate, ...]
    day_steps: tuple[Candidate, ...]
    due: tuple[Candidate, ...]
    new: tuple[Candidate, ...]

    @property
    def learning(self) -> tuple[Candidate, ...]:
        """All cards on learning steps."""
        return self.steps + self.day_steps


@dataclass(frozen=True, slots=True)
class Asks:
    """How many cards are asked."""

    new: int = 0
    learning: int = 0
    due: int = 0


def plan_day(connection: Connection, query: Query, view: View, options: OptionSet) -> DayPlan:
    """The plan of the study day of ``view`` for the cards that a query selects.

    A deck's limits hold for it and everything under it, so a card needs room in its deck and in all its parents - up to
    the deck that the query names, whose own limits alone count then, as in Anki. What was answered today counts. New
    cards need room among the reviews too, which take it first, after learning steps of days. A card waits for tomorrow
    where a sibling was answered today or is asked today.
    """
    return _Planner(connection, query, view, options).plan


def plan_by_deck(connection: Connection, query: Query, view: View,
                 options: OptionSet) -> tuple[DayPlan, dict[str, Asks]]:
    """The plan, and what each deck would ask if it were studied alone, its parents' limits left aside; by name, every
    parent included."""
    planner = _Planner(connection, query, view, options)
    return planner.plan, planner.by_deck()


class _Planner:
    """One plan; the lines of new cards are read on where the counts of single decks go beyond it."""

    def __init__(self, connection: Connection, query: Query, view: View, options: OptionSet) -> None:
        self._names = decks.deck_names(connection)
        answers = day.answers_today(connection, view)
        steps = day.step_cards(connection, query, view)
        self._apart = _Apart(answers)
        self._apart.claim(steps)
        self._limits = _Limits(self._names, options, answers)
        asked = self._apart.one_of_each_note(day.due_cards(connection, query, view))
        self._wanted = steps, [one for one in asked if one.is_learning], [one for one in asked if not one.is_learning]
        room = _Room(self._limits, self._names, _deck_of(query))
        day_steps, due = room.due(self._wanted[1]), room.due(self._wanted[2])
        self._apart.claim(day_steps)
        self._apart.claim(due)
        new_cards = day.NewCards(connection, query, view)
        self._lines = {deck_id: filter(self._apart.is_free, new_cards.of_deck(deck_id)) for deck_id in sorted(
            day.decks_with_new_cards(connection), key=lambda deck_id: self._names[deck_id])}
        self.plan = DayPlan(tuple(steps), tuple(day_steps), tuple(due), tuple(self._new_in_turn(room)))

    def _new_in_turn(self, room: _Room) -> Iterator[Candidate]:
        """One new card of each deck after the other, so that a limit above them is shared by all."""
        left = list(self._lines.items())
        while left:
            going_on = []
            for deck_id, line in left:
                if room.has_new(deck_id) and (candidate := next(line, None)) is not None:
                    room.take_new(deck_id)
                    self._apart.claim([candidate])
                    going_on.append((deck_id, line))
                    yield candidate
            left = going_on

    def by_deck(self) -> dict[str, Asks]:
        """What each deck would ask alone. A limit cuts what its children ask, each cut by its own already."""
        steps, day_steps, due = (self._by_name(cards) for cards in self._wanted)
        new, ids = self._by_name(self.plan.new), {name: deck_id for deck_id, name in self._names.items()}
        limits, found = self._limits, dict[str, Asks]()
        below = {name: [0, 0, 0] for name in limits.names}
        for name in sorted(limits.names, key=lambda name: -name.count(SEPARATOR)):  # children first
            left = limits.due_left[name]
            of_days = min(day_steps[name] + below[name][1], left)
            of_review = min(due[name] + below[name][2], left - of_days)
            left = min(limits.new_left[name], left - of_days - of_review)
            of_new = new[name] + below[name][0]
            if of_new < left and name in ids:
                of_new += self._more_new(ids[name], left - of_new)
            found[name] = Asks(min(of_new, left), of_days, of_review)
            if parent := name.rpartition(SEPARATOR)[0]:
                for place, count in enumerate((found[name].new, of_days, of_review)):
                    below[parent][place] += count
        # steps of minutes know no limits
        for name, count in steps.items():
            for deck in ancestors(name):
                found[deck] = replace(found[deck], learning=found[deck].learning + count)
        return found

    def _by_name(self, cards: Iterable[Candidate]) -> Counter[str]:
        return Counter(self._names[candidate.deck_id] for candidate in cards)

    def _more_new(self, deck_id: int, count: int) -> int:
        """How many notes have new cards in a deck beyond those of the plan; at most ``count``."""
        found: set[int] = set()
        for candidate in self._lines.get(deck_id, ()):
            found.add(candidate.note_id)
            if len(found) == count:
                break
        return len(found)


def _deck_of(query: Query) -> str:
    """The deck that a query is about, or empty."""
    match query:
        case DeckIs(name) if "*" not in name:
            return name
        case And(parts):
            return max(map(_deck_of, parts), key=len)
        case _:
            return ""


class _Apart:
    """Which notes have a card that was answered today, or is to be asked today."""

    def __init__(self, answers: Iterable[AnswerToday]) -> None:
        self._answered: dict[int, set[int]] = {}
        for answer in answers:
            self._answered.setdefault(answer.note_id, set()).add(answer.card_id)
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


class _Limits:
    """How many new cards and reviews each deck, parents included, may still ask today if nothing above it counts."""

    def __init__(self, names: Mapping[int, str], options: OptionSet, answers: Sequence[AnswerToday]) -> None:
        self.names = {name for deck in names.values() for name in ancestors(deck)}
        answered: dict[CardState, Counter[str]] = {state: Counter() for state in CardState}
        for answer in answers:
            answered[answer.asked_as].update(ancestors(names[answer.deck_id]))
        new, reviews = answered[CardState.NEW], answered[CardState.REVIEW]
        held = {name: options.for_deck(name) for name in self.names}
        self.due_left = {name: max(own.reviews_per_day - reviews[name] - new[name], 0) for name, own in held.items()}
        self.new_left = {name: max(own.new_per_day - new[name], 0) for name, own in held.items()}


class _Room:
    """The limits of one plan, used up card by card; ``top`` is the deck above which none counts."""

    def __init__(self, limits: _Limits, names: Mapping[int, str], top: str) -> None:
        self._new, self._due = dict(limits.new_left), dict(limits.due_left)
        depth = top.count(SEPARATOR) if any(name.casefold() == top.casefold() for name in limits.names) else 0
        self._paths = {deck_id: tuple(name for name in ancestors(deck) if name.count(SEPARATOR) >= depth)
                       for deck_id, deck in names.items()}

    def has_new(self, deck_id: int) -> bool:
        """Whether a deck and all its parents have room for one more new card."""
        return all(self._new[name] > 0 and self._due[name] > 0 for name in self._paths[deck_id])

    def take_new(self, deck_id: int) -> None:
        """Use up one place for a new card in a deck and its parents."""
        for name in self._paths[deck_id]:
            self._new[name] -= 1
            self._due[name] -= 1

    def due(self, cards: list[Candidate]) -> list[Candidate]:
        """The reviews that the decks and their parents have room for, in the given order."""
        wanted: Counter[str] = Counter()
        for deck_id, count in Counter(candidate.deck_id for candidate in cards).items():
            for name in self._paths[deck_id]:
                wanted[name] += count
        if all(self._due[name] >= count for name, count in wanted.items()):
            for name, count in wanted.items():
                self._due[name] -= count
            return cards  # no limit is reached, which is the rule
        taken = []
        for candidate in cards:
            path = self._paths[candidate.deck_id]
            if all(self._due[name] > 0 for name in path):
                for name in path:
                    self._due[name] -= 1
                taken.append(candidate)
        return taken
