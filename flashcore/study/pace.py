"""How long a learner takes: seconds a card, minutes a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

DEFAULT_LEARNING_SECONDS = 15.0
"""One showing of a new card: first answers of 10,000 users (fsrs-rs 6.6 defaults: 19.6, 18.8, 13.8 and 10.7 s for
Again to Easy, given .24, .094, .495 and .171 of the time)."""
DEFAULT_REVIEW_SECONDS = 14.0
"""One review: 19.4, 17.6, 12.4 and 8.9 s at 90 % recall, from the same source."""
SHOWINGS_OF_A_NEW_CARD = 2
ENOUGH_ANSWERS = 50
STUDY_DAYS = 14
DEFAULT_MINUTES_A_DAY = 30
RECENT_ANSWERS = 1_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for one showing of a learning card and for one review."""

    learning_seconds: float = DEFAULT_LEARNING_SECONDS
    review_seconds: float = DEFAULT_REVIEW_SECONDS

    def minutes(self, *, new: int, learning: int, due: int) -> int:
        """Minutes that so many cards take, rounded up; 0 for none."""
        seconds = (new * SHOWINGS_OF_A_NEW_CARD + learning) * self.learning_seconds + due * self.review_seconds
        return int(-(-seconds // 60))


def pace_of(durations: Sequence[tuple[bool, int]]) -> Pace:
    """The pace that answers show: (whether the card was new or learning, milliseconds) of the last ones."""
    learning = [milliseconds / 1000 for is_learning, milliseconds in durations if is_learning]
    reviews = [milliseconds / 1000 for is_learning, milliseconds in durations if not is_learning]
    return Pace(median(learning) if len(learning) >= ENOUGH_ANSWERS else DEFAULT_LEARNING_SECONDS,
                median(reviews) if len(reviews) >= ENOUGH_ANSWERS else DEFAULT_REVIEW_SECONDS)


def minutes_a_day(days: Sequence[int]) -> int:
    """The median, in minutes, of the milliseconds spent on each of the last 14 study days; 30 before there are 14."""
    return max(round(median(days) / 60_000), 1) if len(days) >= STUDY_DAYS else DEFAULT_MINUTES_A_DAY
