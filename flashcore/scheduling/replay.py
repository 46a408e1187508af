"""A card's review log -> its schedule: the law by which every stored schedule can be proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flashcore.domain.deck import Preset
from flashcore.domain.review import Review, ReviewKind
from flashcore.domain.schedule import Schedule
from flashcore.scheduling.scheduler import fuzz_seed, outcome


def standing(reviews: Iterable[Review]) -> list[Review]:
    """The rows that count: in ``seq`` order, without UNDO rows and what they take back."""
    rows = sorted(reviews, key=lambda review: review.seq)
    undone = {row.undoes for row in rows if row.kind is ReviewKind.UNDO}
    return [row for row in rows if row.kind is not ReviewKind.UNDO and row.uuid not in undone]


def replay(reviews: Iterable[Review], presets: Mapping[int, Preset], guid: str, ordinal: int) -> Schedule | None:
    """The schedule that the log of one card leaves; None: the card is new.

    Starts at the last STATE or RESET that stands and applies the scheduled answers after it, each under the preset
    and the study day that it was given under.
    """
    schedule: Schedule | None = None
    for row in standing(reviews):
        if row.kind is ReviewKind.STATE:
            schedule = row.before
        elif row.kind is ReviewKind.RESET:
            schedule = None
        elif row.kind is ReviewKind.SCHEDULED:
            assert row.rating is not None and row.preset_id is not None
            schedule = outcome(schedule, row.rating, row.answered_at, row.study_day, row.utc_offset_minutes,
                               presets[row.preset_id], fuzz_seed(guid, ordinal, schedule.reps if schedule else 0))
    return schedule
