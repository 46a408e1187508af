"""What a session hands to a front end: a card to ask, or the end of the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from flashcore.domain.card import Card
from flashcore.domain.note import Note
from flashcore.domain.review import Rating
from flashcore.domain.schedule import Schedule
from flashcore.domain.taxonomy import Axes, Depth
from flashcore.study.card_face import CardFace
from flashcore.study.typed import compared


@dataclass(frozen=True, slots=True)
class Prompt:
    """One card being asked.

    ``outcomes`` are the schedules of the four ratings, worked out at ``shown_at``; answering picks one of them. They
    are empty in a cram session, which moves no schedule. ``position`` counts from 1; ``total`` is how many cards the
    session has as far as is known now. ``file`` and ``line`` tell where the note stands if it came from a deck file.
    """

    card: Card
    note: Note
    face: CardFace
    axes: Axes
    depth: Depth
    schedule: Schedule | None
    outcomes: Mapping[Rating, Schedule]
    shown_at: datetime
    position: int
    total: int
    is_cram: bool
    show_system_before: bool
    file: Path | None = None
    line: int = 0

    def interval_label(self, rating: Rating) -> str:
        """The time until the card comes back after this rating, short: ``10 min``, ``2 d``, ``1.1 mo``, ``1.2 y``."""
        outcome = self.outcomes.get(rating)
        return "" if outcome is None else interval_label(outcome, self.shown_at)

    def usual_rating(self, choice: str | None) -> Rating:
        """What space and enter mean on the answer side: Again after a wrong letter or text, else Good."""
        return Rating.AGAIN if choice is not None and not self.is_right(choice) else Rating.GOOD

    def is_right(self, choice: str) -> bool:
        """Whether the shown letter (either case) is the right option of a vignette, or a typed text what it should be.

        Any text is right where nothing was to be typed.
        """
        if self.face.type_in is not None:
            return compared(self.face.type_in, choice).is_right
        if not self.face.options:
            return True
        return any(option.is_right for option in self.face.options if option.letter.lower() == choice.lower())


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of the session, for the summary."""

    card_id: int
    question: str
    rating: Rating
    duration_ms: int
    system: str | None
    file: Path | None
    line: int
    was_right: bool | None = None

    @property
    def is_missed(self) -> bool:
        """Rated Again, or a wrong letter."""
        return self.rating is Rating.AGAIN or self.was_right is False


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a session. ``tomorrow_cards`` counts due and new ones; ``next_due_at`` is when a card that was
    answered before is asked again, if any is."""

    answers: tuple[Answered, ...]
    by_system: Mapping[str, int] = field(default_factory=dict)
    tomorrow_cards: int = 0
    tomorrow_minutes: int = 0
    next_due_at: datetime | None = None

    @property
    def minutes(self) -> float:
        """Time spent answering."""
        return sum(answer.duration_ms for answer in self.answers) / 60_000

    @property
    def missed(self) -> tuple[Answered, ...]:
        """The cards that were missed at least once, each once, in the order they were first missed."""
        first: dict[int, Answered] = {}
        for answer in self.answers:
            if answer.is_missed:
                first.setdefault(answer.card_id, answer)
        return tuple(first.values())


def interval_label(outcome: Schedule, now: datetime) -> str:
    """How long until a schedule is due, in one number and a unit."""
    if outcome.interval_days == 0:
        seconds = (outcome.due_at - now) / timedelta(seconds=1)
        if seconds < 3600:
            return f"{max(round(seconds / 60), 1)} min"
        return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"
    days = outcome.interval_days
    if days < 31:
        return f"{days} d"
    if days < 365:
        return f"{days / 30.4375:.1f}".removesuffix(".0") + " mo"
    return f"{days / 365.25:.1f}".removesuffix(".0") + " y"


def interval_words(outcome: Schedule, now: datetime) -> str:
    """The same in words, for the plain mode: ``10 minutes``, ``1 day``, ``1.1 months``."""
    number, unit = interval_label(outcome, now).split(" ")
    word = {"min": "minute", "h": "hour", "d": "day", "mo": "month", "y": "year"}[unit]
    return f"{number} {word}" + ("" if number == "1" else "s")


def due_on_label(day: date, today: date) -> str:
    """A study day as people say it: today, tomorrow, in 5 days, else the date."""
    distance = (day - today).days
    if distance <= 0:
        return "today"
    return "tomorrow" if distance == 1 else f"in {distance} days" if distance < 31 else day.isoformat()
