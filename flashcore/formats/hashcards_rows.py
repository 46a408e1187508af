"""What hashcards learned, by the hash of a card: the rows of its database, and of its export.

Its grades are forgot, hard, good and easy; its moments are wall time without an offset. It knows no learning steps:
every card that was answered is due on a day.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from flashcore.domain.bundle import BundledCard, BundledReview, Learned, Origin
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState
from flashcore.errors import Problem
from flashcore.formats.foreign_schedule import (
    LONGEST_INTERVAL_DAYS,
    count_from,
    day_from,
    difficulty_factor,
    local_day,
    memory_from,
    moment_from,
)
from flashcore.formats.foreign_sqlite import columns_of, opened_bytes, require_columns

_GRADES = {"forgot": Rating.AGAIN, "hard": Rating.HARD, "good": Rating.GOOD, "easy": Rating.EASY}


@dataclass(slots=True)
class Rows:
    """What was learned, by hash."""

    learned: dict[str, Learned] = field(default_factory=dict)
    reviews: dict[str, list[tuple[BundledReview, date]]] = field(default_factory=dict)
    bad_cards: int = 0
    bad_reviews: int = 0

    def studied(self) -> set[str]:
        """The hashes of the cards that were ever answered."""
        return {*self.learned, *self.reviews}

    def add_card(self, known: object, stability: object, difficulty: object, due: object, interval: object,
                 reviewed: object, at: object) -> None:
        """Take the row of a card; one that was never reviewed says nothing."""
        times = count_from(reviewed)
        if times == 0 or (stability is None and due is None and times is not None):
            return
        memory, due_on = memory_from(stability, difficulty), day_from(due)
        if not isinstance(known, str) or memory is None or due_on is None or times is None:
            self.bad_cards += 1
            return
        days = count_from(interval, LONGEST_INTERVAL_DAYS)
        self.learned[known] = Learned(CardState.REVIEW, due_on, interval_days=days or 0, memory=memory, reps=times,
                                      last_at=moment_from(at))

    def add_review(self, known: object, at: object, grade: object, difficulty: object, due: object, interval: object,
                   duration_ms: object) -> None:
        """Take one answer; ``due`` is the day it moved the card to."""
        moment, due_on = moment_from(at), day_from(due)
        rating = _GRADES.get(grade.lower()) if isinstance(grade, str) else None
        if not isinstance(known, str) or moment is None or rating is None or due_on is None:
            self.bad_reviews += 1
            return
        days = count_from(interval, LONGEST_INTERVAL_DAYS)
        if days is None:
            days = min(max((due_on - local_day(moment)).days, 1), LONGEST_INTERVAL_DAYS)
        self.reviews.setdefault(known, []).append((BundledReview(
            moment, rating, duration_ms=count_from(duration_ms, 10**9) or 0, interval=days,
            factor=difficulty_factor(difficulty)), due_on))

    def card(self, ordinal: int, known: str) -> BundledCard:
        """The card of a hash with all that is known of it."""
        reviews: list[BundledReview] = []
        lapses = last = 0
        for place, (one, _) in enumerate(sorted(self.reviews.get(known, ()), key=lambda row: row[0].answered_at)):
            origin = Origin.REVIEW if place else Origin.LEARN
            reviews.append(replace(one, origin=origin, last_interval=last))
            lapses += bool(place) and one.rating is Rating.AGAIN
            last = one.interval
        learned = self.learned.get(known)
        if learned is not None:
            last_at = learned.last_at or (reviews[-1].answered_at if reviews else None)
            days = learned.interval_days
            if not days and last_at is not None and learned.due_on is not None:
                days = max((learned.due_on - local_day(last_at)).days, 1)
            learned = replace(learned, interval_days=days, lapses=lapses, last_at=last_at)
        return BundledCard(ordinal, learned=learned, reviews=tuple(reviews))

    def warnings(self) -> list[Problem]:
        """What of the rows was left out."""
        told = ((self.bad_cards, "schedule", "no due day or no stability and difficulty"),
                (self.bad_reviews, "review", "no moment, grade or due day"))
        return [Problem(0, f"{count} {what}{'s' if count > 1 else ''} left out: {why} that can be meant")
                for count, what, why in told if count]


# ------------------------------------------------------------------------------------------------- hashcards.db

_CARD_COLUMNS = ("card_hash", "stability", "difficulty", "due_date", "interval_days", "review_count",
                 "last_reviewed_at")
_REVIEW_COLUMNS = ("card_hash", "reviewed_at", "grade", "difficulty", "due_date", "interval_days", "duration_ms")


def read_database(data: bytes, name: Path | str) -> Rows:
    """The rows of a ``hashcards.db``.

    Raises:
        FileError: it is none.
    """
    rows = Rows()
    with opened_bytes(data, name) as connection:
        require_columns(connection, name, {
            "cards": ("card_hash", "stability", "difficulty", "due_date", "review_count"),
            "reviews": ("card_hash", "reviewed_at", "grade", "difficulty", "due_date")})
        present = columns_of(connection, "cards")
        wanted = ", ".join(column if column in present else "NULL" for column in _CARD_COLUMNS)
        with closing(connection.execute(f"SELECT {wanted} FROM cards")) as cursor:
            for known, stability, difficulty, due, interval, times, at in cursor:
                rows.add_card(known, stability, difficulty, due, interval, times, at)
        present = columns_of(connection, "reviews")
        wanted = ", ".join(column if column in present else "NULL" for column in _REVIEW_COLUMNS)
        taken = " WHERE NOT voided" if "voided" in present else ""  # a review that was taken back
        with closing(connection.execute(f"SELECT {wanted} FROM reviews{taken}")) as cursor:
            for row in cursor:
                rows.add_review(*row)
    return rows
