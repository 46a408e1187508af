"""Which card next: learning steps whose minutes are up, then due and new cards mixed, learn-ahead last."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from flashcore.store.day import Candidate

LEARN_AHEAD = timedelta(minutes=20)
"""A learning step due within this is shown early when nothing else is left."""
MOST_IN_A_ROW = 3
"""So many cards of one system may follow each other while cards of another wait."""


def interleaved(*groups: Sequence[Candidate]) -> list[Candidate]:
    """The cards of all groups, each group spread evenly over the whole and keeping its own order within a system.

    No more than three cards of one system follow each other while cards of another are left.
    """
    waiting: dict[str | None, list[tuple[float, int, Candidate]]] = {}
    number = 0
    for group in groups:
        by_system: dict[str | None, list[Candidate]] = {}
        for candidate in group:
            by_system.setdefault(candidate.system, []).append(candidate)
        for system, cards in by_system.items():
            for place, candidate in enumerate(cards):
                number += 1
                waiting.setdefault(system, []).append(((place + 0.5) / len(cards), number, candidate))
    lines = {system: deque(sorted(cards)) for system, cards in waiting.items()}
    heads = [(line[0][:2], index, system) for index, (system, line) in enumerate(lines.items())]
    heapq.heapify(heads)
    order: list[Candidate] = []
    run = 0
    while heads:
        head = heapq.heappop(heads)
        if run >= MOST_IN_A_ROW and order[-1].system == head[2] and heads:
            head = heapq.heapreplace(heads, head)
        _, index, system = head
        run = run + 1 if order and order[-1].system == system else 1
        order.append(lines[system].popleft()[2])
        if lines[system]:
            heapq.heappush(heads, (lines[system][0][:2], index, system))
    return order


class CardQueue:
    """The cards of one session that are still to be asked."""

    def __init__(self, steps: Iterable[Candidate], main: Iterable[Candidate]) -> None:
        self._steps: list[tuple[datetime, int, Candidate]] = []
        self._main: deque[Candidate] = deque(main)
        for candidate in steps:
            self.put_step(candidate)

    def __len__(self) -> int:
        return len(self._steps) + len(self._main)

    def next(self, now: datetime) -> Candidate | None:
        """The card to ask at ``now``, left in the queue; None where nothing is due within the learn-ahead time."""
        if self._steps and self._steps[0][0] <= now:
            return self._steps[0][2]
        if self._main:
            return self._main[0]
        if self._steps and self._steps[0][0] <= now + LEARN_AHEAD:
            return self._steps[0][2]
        return None

    def put_step(self, candidate: Candidate) -> None:
        """Add a card on a step of minutes."""
        assert candidate.due_at is not None
        heapq.heappush(self._steps, (candidate.due_at, candidate.card_id, candidate))

    def put_first(self, candidate: Candidate) -> None:
        """Make a card the next one of the mixed part, taking it from wherever it stood."""
        self.drop([candidate.card_id])
        self._main.appendleft(candidate)

    def put_last(self, candidate: Candidate) -> None:
        """Add a card behind all others."""
        self._main.append(candidate)

    def drop(self, card_ids: Iterable[int]) -> None:
        """Take cards out."""
        gone = set(card_ids)
        self._main = deque(candidate for candidate in self._main if candidate.card_id not in gone)
        self._steps = [entry for entry in self._steps if entry[1] not in gone]
        heapq.heapify(self._steps)

    def drop_siblings(self, note_id: int, card_id: int) -> None:
        """Take out the due and new cards of a note that were not asked yet: they wait for another day."""
        if any(candidate.note_id == note_id and candidate.card_id != card_id for candidate in self._main):
            self._main = deque(candidate for candidate in self._main
                               if candidate.note_id != note_id or candidate.card_id == card_id)

    def take(self, card_id: int) -> None:
        """Take out the card that was just answered; cheap where it is the next one."""
        if self._main and self._main[0].card_id == card_id:
            self._main.popleft()
        elif self._steps and self._steps[0][1] == card_id:
            heapq.heappop(self._steps)
        else:
            self.drop([card_id])

    def cards(self) -> list[Candidate]:
        """All that is left, steps first."""
        return [entry[2] for entry in sorted(self._steps, key=lambda entry: entry[:2])] + list(self._main)
