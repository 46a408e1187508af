"""What each rating would do to a card: learning steps, intervals in days, fuzz.

The four outcomes are worked out once, when a card is shown. The buttons are labelled from them and the answer picks
one, so the interval on the button is the interval given.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from flashcore.domain.deck import Preset
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.domain.study_day import start_of
from flashcore.scheduling import memory

_DAY_SECONDS = 86_400
_LAST_DAY = date(9000, 1, 1)

_FUZZ_BANDS = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.10), (20.0, math.inf, 0.05))
"""Share of each part of an interval (days from, to) by which it may move: the bands of py-fsrs 6.3.2."""


def fuzz_seed(guid: str, ordinal: int, reps: int) -> float:
    """A number in [0, 1) that is the same wherever the same card has as many answers behind it."""
    digest = hashlib.blake2b(f"{guid}\x1f{ordinal}\x1f{reps}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def fuzzed(interval: float, seed: float, least: int, most: int) -> int:
    """An interval in whole days near ``interval``, chosen by ``seed`` in [0, 1), inside [least, most]."""
    middle = min(max(interval, 1.0), float(most))
    if middle < 2.5:
        return min(max(round(middle), least), most)
    spread = 1.0 + sum(share * max(min(middle, to) - start, 0.0) for start, to, share in _FUZZ_BANDS)
    low = max(2, round(middle - spread))
    high = min(round(middle + spread), most)
    low = min(low, high)
    chosen = low + math.floor(seed * (high - low + 1))
    return min(max(chosen, least), most)


def is_leech(lapses: int, threshold: int) -> bool:
    """Whether a card becomes a leech with this lapse: at the threshold, then at every half of it again."""
    if threshold <= 0 or lapses < threshold:
        return False
    return (lapses - threshold) % max(math.ceil(threshold / 2), 1) == 0


def outcomes(
    schedule: Schedule | None, now: datetime, today: date, utc_offset_minutes: int, preset: Preset, seed: float
) -> Mapping[Rating, Schedule]:
    """The schedule that each rating would leave. ``schedule`` None: a new card. ``today`` is the study day of ``now``.

    Later ratings never come back earlier: Again <= Hard <= Good <= Easy, and among intervals in days each is at least
    a day longer than the one before, up to the maximum interval.
    """
    return _Outcomes(_Answer(schedule, now, today, utc_offset_minutes, preset, seed))


def outcome(
    schedule: Schedule | None, rating: Rating, now: datetime, today: date, utc_offset_minutes: int, preset: Preset,
    seed: float,
) -> Schedule:
    """One of ``outcomes``, without working out more of the others than it rests on."""
    return _Answer(schedule, now, today, utc_offset_minutes, preset, seed).outcome(rating)


class _Outcomes(Mapping[Rating, Schedule]):
    """All of it is decided by what the answer was made from; what is asked for is worked out then, once.

    A card is shown before its buttons are: the next card need not wait for them.
    """

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self._known: dict[Rating, Schedule] = {}

    def __getitem__(self, rating: Rating) -> Schedule:
        if rating not in self._known:
            self._known[rating] = self._answer.outcome(Rating(rating))
        return self._known[rating]

    def __iter__(self) -> Iterator[Rating]:
        return iter(Rating)

    def __len__(self) -> int:
        return len(Rating)


class _Answer:
    """One answer being worked out; a rating's delay rests on that of the rating before it."""

    def __init__(self, schedule: Schedule | None, now: datetime, today: date, utc_offset_minutes: int,
                 preset: Preset, seed: float) -> None:
        self._before, self._now, self._today = schedule, now, today
        self._offset, self._preset, self._seed = utc_offset_minutes, preset, seed
        self._delays: dict[Rating, tuple[int, int]] = {}
        self._memory = schedule.memory if schedule else None
        last_on = schedule.last_on if schedule else None
        self._elapsed_days = (today - last_on).days if last_on else 0
        state = schedule.state if schedule else CardState.NEW
        self._in_review = state is CardState.REVIEW
        self._steps = (preset.relearning_steps_seconds if state in (CardState.REVIEW, CardState.RELEARNING)
                       else preset.learning_steps_seconds)
        self._step = min(schedule.step or 0, max(len(self._steps) - 1, 0)) if schedule else 0
        self._memories: dict[Rating, MemoryState] = {}

    def outcome(self, rating: Rating) -> Schedule:
        days, seconds = self._delay(rating)
        before, lapsed = self._before, self._in_review and rating is Rating.AGAIN
        step = self._next_step(rating)
        if step is None:
            state = CardState.REVIEW
        elif self._in_review or (before is not None and before.state is CardState.RELEARNING):
            state = CardState.RELEARNING
        else:
            state = CardState.LEARNING
        if days:
            due_on = min(self._today, _LAST_DAY) + timedelta(days=days)
            due_at = start_of(due_on, self._offset, self._preset.rollover_hour)
        else:
            due_at = self._now.astimezone(UTC) + timedelta(seconds=seconds)
            due_on = self._day_of(due_at)
        return Schedule(
            state=state, due_at=due_at, due_on=due_on, interval_days=days, step=step,
            memory=self._memory_after(rating), reps=(before.reps if before else 0) + 1,
            lapses=(before.lapses if before else 0) + lapsed, last_at=self._now.astimezone(UTC), last_on=self._today)

    def _day_of(self, due_at: datetime) -> date:
        """The study day of a step that ends a little later; the offset of the answer decides, as the log keeps it."""
        local = due_at + timedelta(minutes=self._offset, hours=-self._preset.rollover_hour)
        return max(local.date(), self._today)

    def _memory_after(self, rating: Rating) -> MemoryState:
        if rating not in self._memories:
            self._memories[rating] = memory.next_memory(
                self._memory, self._elapsed_days, rating, self._preset.parameters)
        return self._memories[rating]

    def _next_step(self, rating: Rating) -> int | None:
        """The learning step that the card stands on afterwards; None: it is (again) in review."""
        if not self._steps or rating is Rating.EASY or (self._in_review and rating is not Rating.AGAIN):
            return None
        if rating is Rating.AGAIN:
            return 0
        if rating is Rating.HARD:
            return self._step
        return self._step + 1 if self._step + 1 < len(self._steps) else None

    def _delay(self, rating: Rating) -> tuple[int, int]:
        """(days, seconds) until the card is due, one of them 0; never shorter than that of the rating before."""
        if rating in self._delays:
            return self._delays[rating]
        step = self._next_step(rating)
        before = self._delay(Rating(rating - 1)) if rating is not Rating.AGAIN else (0, 0)
        if step is None:
            least = before[0] + 1
            days = fuzzed(
                memory.interval(self._memory_after(rating).stability_days, self._preset.desired_retention,
                                self._preset.parameters),
                self._seed, least, max(self._preset.maximum_interval_days, 1))
            delay = (max(days, before[0]), 0)
        else:
            seconds = self._step_seconds(rating, step)
            delay = (seconds // _DAY_SECONDS, 0) if seconds >= _DAY_SECONDS else (0, seconds)
            delay = max(delay, before)
        self._delays[rating] = delay
        return delay

    def _step_seconds(self, rating: Rating, step: int) -> int:
        """Hard on the first step waits between it and the second; with one step half as long again, at most a day more.

        Those are Anki's rules for learning steps.
        """
        seconds = self._steps[step]
        if rating is not Rating.HARD or step > 0:
            return seconds
        if len(self._steps) > 1:
            return (seconds + self._steps[1]) // 2
        return min(seconds * 3 // 2, seconds + _DAY_SECONDS)
