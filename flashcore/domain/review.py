"""One line of the review log, the truth from which every schedule can be made again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from flashcore.domain.schedule import Schedule


class Rating(IntEnum):
    """How an answer went; the numbers are those of Anki and FSRS."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class ReviewKind(StrEnum):
    """What a row of the log is."""

    SCHEDULED = "scheduled"
    """An answer that moved the schedule."""
    CRAM = "cram"
    """An answer that moved nothing."""
    RESET = "reset"
    """The card was made new again; what came before is history."""
    UNDO = "undo"
    """Takes back the row that ``undoes`` names."""
    IMPORTED = "imported"
    """A row of another program, its own kind in ``origin``: history, never a schedule."""
    STATE = "state"
    """A schedule carried whole, from ``before``; replay starts here."""


@dataclass(frozen=True, slots=True)
class Review:
    """One row. ``seq`` is its place in the log, which is what orders it - never the clock.

    ``study_day`` and ``utc_offset_minutes`` are as decided when it was written and are never worked out again.
    ``before`` is the schedule in force at this row, before its answer (None: the card was new). ``preset_id`` names
    the scheduling options it was answered under. ``choice`` is the letter of the option as it stands in the note
    (a = first), or the text that was typed; ``correct`` whether it was the right one; both None where nothing was
    chosen. ``leech`` says what else the answer did because it made the card a leech: "tagged", "suspended", or both
    with a space between.
    """

    seq: int
    uuid: str
    card_id: int
    kind: ReviewKind
    answered_at: datetime
    utc_offset_minutes: int
    study_day: date
    rating: Rating | None = None
    duration_ms: int | None = None
    preset_id: int | None = None
    choice: str | None = None
    correct: bool | None = None
    undoes: str | None = None
    leech: str = ""
    origin: str = ""
    before: Schedule | None = None
