"""What a deck file holds, before it is part of a collection: notes, and what was learned of their cards elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from flashcore.domain.note import Note
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import Problem


class Origin(StrEnum):
    """What another program calls a row of its log. Only the first three are answers that moved a schedule."""

    LEARN = "learn"
    REVIEW = "review"
    RELEARN = "relearn"
    FILTERED = "filtered"
    """An answer in a filtered deck: extra practice, also ahead of time."""
    MANUAL = "manual"
    """The due date was set by hand."""
    RESCHEDULED = "rescheduled"
    """The program moved the due date: after a change of options, or to balance the load."""
    RESET = "reset"
    """The card was made new again."""


@dataclass(frozen=True, slots=True)
class BundledReview:
    """One row of another program's log. ``rating`` None: no answer (manual, rescheduled, reset).

    ``interval`` and ``last_interval`` are days, or seconds where negative, as Anki writes them; ``factor`` is its
    ease in permille (1300 and more), or with FSRS the difficulty as 100-1100. All three are 0 where unknown.
    """

    answered_at: datetime
    rating: Rating | None
    origin: Origin = Origin.REVIEW
    duration_ms: int = 0
    interval: int = 0
    last_interval: int = 0
    factor: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """Where a card stood in another program. Days are study days; a step of minutes has ``due_at``, not ``due_on``.

    ``memory`` None: that program does not know it; it is made from the log, else from ``ease`` (1.3 and more, as a
    factor) and the interval. ``steps_left`` counts the learning steps that remain, this one included; 0 in review.
    """

    state: CardState
    due_on: date | None
    due_at: datetime | None = None
    interval_days: int = 0
    steps_left: int = 0
    memory: MemoryState | None = None
    reps: int = 0
    lapses: int = 0
    last_at: datetime | None = None
    ease: float | None = None


@dataclass(frozen=True, slots=True)
class BundledCard:
    """One card of a note, where the file says more of it than its text. ``deck`` empty: the note's."""

    ordinal: int
    deck: str = ""
    learned: Learned | None = None
    reviews: tuple[BundledReview, ...] = ()
    is_suspended: bool = False
    is_buried: bool = False
    flag: int = 0
    position: int | None = None
    """Its place among new cards, as that program counts them."""


@dataclass(frozen=True, slots=True)
class BundledNote:
    """A note as it stands in a file: its deck and the 1-based line it starts on (0: the file has no lines).

    ``note.guid`` is the id the file gives it, or empty. Two notes of equal type and fields are told apart by line.
    ``cards`` are those of which the file says more than that they exist. ``changed_at`` None: not known, so the file
    counts as newer. ``absent`` names what the file leaves out and an update must leave alone: field names, ``Tags``.
    """

    note: Note
    deck: str
    line: int = 0
    cards: tuple[BundledCard, ...] = ()
    added_at: datetime | None = None
    changed_at: datetime | None = None
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A note that was not taken, by its first words, and why."""

    note: str
    reason: str


class OnMatch(StrEnum):
    """What becomes of a note of a file that the collection has already."""

    UPDATE = "update"
    KEEP = "keep"
    """The collection's stays as it is."""
    ADD = "add"
    """The file's is added beside it, unless it has the same guid."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Notes in file order; ``media`` maps each reference in the fields to the file it names; warnings are no errors.

    ``options`` are deck options as the command ``options`` takes them: deck -> key -> text. ``on_match`` and
    ``match_in_deck`` (look for the first field only among the notes of the same deck) are what the file itself asks.
    """

    notes: tuple[BundledNote, ...]
    media: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    on_match: OnMatch = OnMatch.UPDATE
    match_in_deck: bool = False
