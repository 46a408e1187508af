"""Which card next: learning steps whose minutes are up, then due and new cards mixed, learn-ahead last."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from flashcore.store.day import Candidate

LEARN_AHEAD = timedelta(minutes=20)
"""A learning step due within this is shown early when nothing else is left."""
MOST_IN_A_ROW = 3
"""So many cards of one system may follow each other while cards of another wait."""


def interleaved(*groups: Sequence[Candidate]) -> list[Candidate]:
    """The cards of all groups, each group spread evenly over the whole and keeping its own order within a system.

    No more than three cards of one system follow each other while cards of another are left.
    """
    spread: list[tuple[float, int, Candidate]] = []
    for group in groups:
        by_system: dict[str | None, list[Candidate]] = {}
        for candidate in group:
            by_system.setdefault(candidate.system, []).append(candidate)
        for cards in by_system.values():
            share = 1 / len(cards)
            spread += [((place + 0.5) * share, len(spread) + place, candidate) for place, candidate in enumerate(cards)]
    spread.sort()
    order = [entry[2] for entry in spread]
    return order if _longest_run(order) <= MOST_IN_A_ROW else _without_long_runs(order)


def _longest_run(order: Sequence[Candidate]) -> int:
    return max((sum(1 for _ in run) for _, run in groupby(order, key=attrgetter("system"))), default=0)


def _without_long_runs(order: Sequence[Candidate]) -> list[Candidate]:
    """The same order, but for cards of another system brought forward where a run would grow too long."""
    lines: dict[str | None, deque[tuple[int, Candidate]]] = {}
    for place, candidate in enumerate(order):
        lines.setdefault(candidate.system, deque()).append((place, candidate))
    heads = [(line[0][0], system or "") for system, line in lines.items()]
    named = {system or "": line for system, line in lines.items()}
    heapq.heapify(heads)
    result: list[Candidate] = []
    run, last = 0, None
    while heads:
        head = heapq.heappop(heads)
        if run >= MOST_IN_A_ROW and head[1] == last and heads:
            head = heapq.heapreplace(heads, head)
        run, last = (run + 1 if head[1] == last else 1), head[1]
        line = named[last]
        result.append(line.popleft()[1])
        if line:
            heapq.heappush(heads, (line[0][0], last))
    return result


class CardQueue:
    """The cards of one session that are still to be asked."""

    def __init__(self, steps: Iterable[Candidate], main: Iterable[Candidate]) -> None:
        self._steps: list[tuple[datetime, int, Candidate]] = []
        self._main: deque[Candidate] = deque(main)
        self._of_note = Counter(candidate.note_id for candidate in self._main)
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

    def second(self, now: datetime) -> Candidate | None:
        """The card that follows the next one, as far as is known before its answer."""
        first = self.next(now)
        if first is None:
            return None
        if self._main and first is self._main[0]:
            return self._main[1] if len(self._main) > 1 else self._steps[0][2] if self._steps else None
        return self._main[0] if self._main else None

    def put_step(self, candidate: Candidate) -> None:
        """Add a card on a step of minutes."""
        assert candidate.due_at is not None
        heapq.heappush(self._steps, (candidate.due_at, candidate.card_id, candidate))

    def put_first(self, candidate: Candidate) -> None:
        """Make a card the next one of the mixed part, taking it from wherever it stood."""
        self.drop([candidate.card_id])
        self._main.appendleft(candidate)
        self._of_note[candidate.note_id] += 1

    def put_last(self, candidate: Candidate) -> None:
        """Add a card behind all others."""
        self._main.append(candidate)
        self._of_note[candidate.note_id] += 1

    def drop(self, card_ids: Iterable[int]) -> None:
        """Take cards out."""
        gone = set(card_ids)
        self._keep(lambda candidate: candidate.card_id not in gone)
        self._steps = [entry for entry in self._steps if entry[1] not in gone]
        heapq.heapify(self._steps)

    def drop_siblings(self, note_id: int, card_id: int) -> None:
        """Take out the due and new cards of a note that were not asked yet: they wait for another day."""
        if self._of_note[note_id]:
            self._keep(lambda candidate: candidate.note_id != note_id or candidate.card_id == card_id)

    def _keep(self, stays: Callable[[Candidate], bool]) -> None:
        self._main = deque(filter(stays, self._main))
        self._of_note = Counter(candidate.note_id for candidate in self._main)

    def take(self, card_id: int) -> None:
        """Take out the card that was just answered; cheap where it is the next one."""
        if self._main and self._main[0].card_id == card_id:
            self._of_note[self._main.popleft().note_id] -= 1
        elif self._steps and self._steps[0][1] == card_id:
            heapq.heappop(self._steps)
        else:
            self.drop([card_id])

    def cards(self) -> list[Candidate]:
        """All that is left, steps first."""
        return [entry[2] for entry in sorted(self._steps, key=lambda entry: entry[:2])] + list(self._main)
