"""When a card is next due, and why: the state that FSRS and the learning steps keep for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum


class CardState(IntEnum):
    """Where a card stands; the numbers are stored."""

    NEW = 0
    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class MemoryState:
    """FSRS's two numbers: stability (days until recall falls to 90 %, 0.001-36500) and difficulty (1-10)."""

    stability_days: float
    difficulty: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a card that was answered at least once. A new card has none (``NEW`` below stands for it).

    ``due_at`` is aware UTC. ``interval_days`` is 0 for a step of minutes, which is due at that very moment; otherwise
    the card is due on the study day ``due_on``, and ``due_at`` is the start of that day in the zone of the answer.
    ``step`` is the index of the learning step it stands on, None in review. ``last_on`` is the study day of the last
    answer: elapsed time counts in study days, as in Anki.
    """

    state: CardState
    due_at: datetime
    due_on: date
    interval_days: int
    step: int | None
    memory: MemoryState | None
    reps: int
    lapses: int
    last_at: datetime | None
    last_on: date | None

    def is_due(self, now: datetime, today: date) -> bool:
        """Whether the card may be asked: its minutes are up, or its study day has come."""
        return self.due_at <= now if self.interval_days == 0 else self.due_on <= today
