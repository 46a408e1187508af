"""Memory states of many cards at once, from the rows of another program's review log.

What counts of a log is decided as Anki 26.9 decides it when it works out memory states for FSRS; each rule was read
off its results, and tests hold them beside it:

- a row without a rating is no answer, and a row of a filtered deck with factor 0 (cramming) moved nothing: both are
  left out
- a manual row with factor 0 made the card new: what came before it is history
- the history starts at the first row of the last run of learning rows; cramming does not end such a run, any other row
  does, also one without a rating
- where there are no learning rows, or the first of that run is ignored because of its age, the beginning is not
  known: the first row left that has an interval of a day or more gives the state it left, from its interval and its
  factor (FSRS's difficulty up to 1100, else the ease of SM-2, 0 standing for 2.5), and the rows after it follow
- an ignored run counts all the same if its first row is the last of the card's whole log
- time between two answers is counted in study days; two on one day follow the short-term formula

The k-th answers of all cards are worked out together, so the cost is that of the rows, not of a call for each.
Formulas: FSRS-6, https://github.com/open-spaced-repetition/fsrs4anki/wiki/The-Algorithm
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flashcore.scheduling.memory import forgetting_factor
from flashcore.scheduling.sm2 import HISTORICAL_RETENTION, STARTING_EASE, memory_from_sm2

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Ints = IntArray | Sequence[int]
Weights = tuple[float, ...]

LEARN, REVIEW, RELEARN, FILTERED, MANUAL, RESCHEDULED = range(6)
"""The numbers of ``kind``: those of Anki's log. A reset is a MANUAL row with factor 0."""

_DAY_SECONDS = 86_400
_LEAST_STABILITY, _MOST_STABILITY = 0.001, 36_500.0
_LEAST_GAIN = 1e-12  # stands for 0 where weights say that nothing is ever gained
_HIGHEST_FSRS_FACTOR = 1100  # Anki writes FSRS's difficulty 1-10 as 100-1100; an ease is 1300 and more
_FEW_CARDS = 24  # from so few cards on, a step of numpy costs more than one of plain Python for each


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """One entry for each distinct card, in the order of the rows.

    ``stability`` is in days and ``difficulty`` 1-10, both nan where the log gives no state; ``last_day`` is the study
    day of the last answer that counted (days since 1970-01-01), -1 where there is none.
    """

    card: IntArray
    stability: FloatArray
    difficulty: FloatArray
    last_day: IntArray


def rebuild(
    card: Ints, day: Ints, rating: Ints, kind: Ints, factor: Ints, *, interval: Ints,
    parameters: Weights | Sequence[Weights], parameter_set: Ints | None = None,
    sm2_retention: float | Sequence[float] = HISTORICAL_RETENTION, is_ignored: BoolArray | Sequence[bool] | None = None,
) -> Rebuilt:
    """The memory state that each card's log leaves; rows are sorted by card, then by time.

    ``card`` is any number that tells cards apart; ``day`` the study day (days since 1970-01-01; Anki counts
    one after today as today); ``rating`` 1-4, 0 for none; ``kind`` one of LEARN ... RESCHEDULED; ``factor`` and
    ``interval`` (days; seconds where negative) as Anki writes them. ``is_ignored`` marks rows too old for the options
    of the deck: answered before the UTC midnight at which Anki's "ignore cards reviewed before" begins.

    ``parameters`` are 21 weights of FSRS-6 inside their bounds, or several such sets of which ``parameter_set`` picks
    one for each distinct card, in the order of the rows; ``sm2_retention`` is then one probability, or one a set.

    Raises:
        ValueError: a retention that is not in (0, 1), or not one for each set.
    """
    sets = _sets(parameters)
    retentions = [sm2_retention] * len(sets) if isinstance(sm2_retention, float | int) else list(sm2_retention)
    card, day, rating, kind, factor, interval = (
        np.asarray(column, dtype=np.int64) for column in (card, day, rating, kind, factor, interval))
    first = _starts(card)
    stability, difficulty = np.full(len(first), np.nan), np.full(len(first), np.nan)
    last_day = np.full(len(first), -1, dtype=np.int64)
    if not len(first):
        return Rebuilt(card[:0], stability, difficulty, last_day)

    old = None if is_ignored is None else np.asarray(is_ignored, dtype=np.bool_)
    counts, is_whole = _rows_that_count(first, rating, kind, factor, interval, old)
    rows = np.flatnonzero(counts)
    place = np.searchsorted(rows, first)  # of each card's first row that counts
    length = np.diff(place, append=len(rows))
    answered = np.flatnonzero(length)
    last_day[answered] = day[rows[(place + length)[answered] - 1]]
    log = _Log(rating[rows], day[rows], factor[rows], interval[rows])
    which = np.zeros(len(first), dtype=np.int64) if parameter_set is None else np.asarray(parameter_set, np.int64)
    for number, (weights, retention) in enumerate(zip(sets, retentions, strict=True)):
        cards = answered[which[answered] == number]
        cards = cards[np.argsort(-length[cards], kind="stable")]  # longest first: those still going are a prefix
        if len(cards):
            stability[cards], difficulty[cards] = _Model(weights, retention).states(
                log, place[cards], length[cards], is_whole[cards])
    return Rebuilt(card[first], stability, difficulty, last_day)


def from_sm2(
    ease: FloatArray | Sequence[float], interval_days: FloatArray | Sequence[float], sm2_retention: float,
    parameters: Weights,
) -> tuple[FloatArray, FloatArray]:
    """(stability, difficulty) of many cards of which only SM-2's numbers are known: ``sm2.memory_from_sm2`` of each.

    Raises:
        ValueError: the retention is not in (0, 1).
    """
    ease, interval_days = np.asarray(ease, dtype=np.float64), np.asarray(interval_days, dtype=np.float64)
    per_day = memory_from_sm2(1.0, 1.0, sm2_retention, parameters).stability_days
    stability = np.maximum(interval_days, _LEAST_STABILITY) * per_day
    gain = math.exp(parameters[8]) * math.expm1((1 - sm2_retention) * parameters[10]) * stability ** -parameters[9]
    difficulty = 11 - (ease - 1) / np.maximum(gain, _LEAST_GAIN)
    return stability, np.clip(difficulty, 1.0, 10.0)


def _sets(parameters: Weights | Sequence[Weights]) -> list[Weights]:
    """The sets of weights, one or several."""
    several = [weights for weights in parameters if isinstance(weights, tuple)]
    return several or [tuple(weight for weight in parameters if not isinstance(weight, tuple))]


def _starts(card: IntArray) -> IntArray:
    """The index of the first row of each card."""
    return np.flatnonzero(np.diff(card, prepend=card[:1] - 1)).astype(np.int64)


def _last_where(claim: BoolArray, first: IntArray) -> IntArray:
    """The index of each card's last row of which the claim holds, -1 where there is none."""
    found: IntArray = np.maximum.reduceat(np.where(claim, np.arange(len(claim)), -1), first)
    return found


def _rows_that_count(
    first: IntArray, rating: IntArray, kind: IntArray, factor: IntArray, interval: IntArray,
    is_ignored: BoolArray | None,
) -> tuple[BoolArray, BoolArray]:
    """(for each row whether its answer counts, for each card whether its history is whole from the beginning)."""
    number = len(rating)
    length = np.diff(first, append=number)
    here = np.arange(number)
    is_cram = (kind == FILTERED) & (factor == 0)
    is_answer = (rating >= 1) & (rating <= 4) & ~is_cram
    reset = _last_where((kind == MANUAL) & (factor == 0), first)
    is_present = here >= np.repeat(reset, length)

    is_learning = (kind == LEARN) & is_answer
    plain = np.flatnonzero(~is_cram)
    goes_on = np.zeros(number, dtype=np.bool_)  # rows whose row before, cramming aside, is a learning row too
    goes_on[plain[1:]] = is_learning[plain[:-1]]
    owner_first = np.repeat(first, length)
    before = np.full(number, -1, dtype=np.int64)
    before[plain[1:]] = plain[:-1]
    goes_on &= before >= owner_first
    begins = _last_where(is_learning & ~goes_on & is_present, first)
    is_whole = begins >= 0
    if is_ignored is not None:
        is_whole &= ~is_ignored[begins] | (begins == first + length - 1)
        is_left = ~is_ignored
    else:
        is_left = np.ones(number, dtype=np.bool_)

    # Without a known beginning, the first row with an interval of a day or more is where the history starts.
    says_state = is_answer & is_present & is_left & ((interval >= 1) | (interval <= -_DAY_SECONDS))
    stated: IntArray = np.minimum.reduceat(np.where(says_state, here, number), first)
    start = np.repeat(np.where(is_whole, begins, stated), length)
    return is_answer & (here >= start), is_whole


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """The rows that count, all cards one after the other."""

    rating: IntArray
    day: IntArray
    factor: IntArray
    interval: IntArray


class _Model:
    """FSRS-6 with one set of weights; every table is looked up by rating."""

    def __init__(self, weights: Weights, sm2_retention: float) -> None:
        self._weights, self._sm2_retention = weights, sm2_retention
        self._curve, self._decay = forgetting_factor(weights)
        unbounded = [weights[4] - math.exp(weights[5] * (rating - 1)) + 1 for rating in range(5)]
        self._first_stability = np.clip(np.array([1.0, *weights[:4]]), _LEAST_STABILITY, _MOST_STABILITY)
        self._first_difficulty = np.clip(np.array(unbounded), 1.0, 10.0)
        self._goal = unbounded[4]
        gain = math.exp(weights[8])
        self._gain = np.array([0.0, 0.0, gain * weights[15], gain, gain * weights[16]])
        self._forget = math.exp(-weights[17] * weights[18])
        self._short = np.array([math.exp(weights[17] * (rating - 3 + weights[18])) for rating in range(5)])
        self._least_short = np.array([0.0, 0.0, 1.0, 1.0, 1.0])  # on the same day only Again lowers the stability
        self._drift = np.array([-weights[6] * (rating - 3) / 9 for rating in range(5)])

    def states(
        self, log: _Log, place: IntArray, length: IntArray, is_whole: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """(stability, difficulty) after the last answer of each card; the cards come with the longest log first.

        ``place`` is each card's first row in ``log``, ``length`` how many of its rows stand there.
        """
        stability, difficulty = self._beginnings(log, place, is_whole)
        step = 1
        going = np.searchsorted(-length, -np.arange(1, length[0] + 1), side="left")  # cards with more than n answers
        while step < length[0] and going[step - 1] > _FEW_CARDS:
            number = going[step - 1]
            rows = place[:number] + step
            elapsed = np.maximum(log.day[rows] - log.day[rows - 1], 0)
            stability[:number], difficulty[:number] = self._after(
                stability[:number], difficulty[:number], elapsed, log.rating[rows])
            step += 1
        for card in range(going[step - 1]):
            rest = slice(place[card] + step - 1, place[card] + length[card])
            stability[card], difficulty[card] = self._after_all(
                float(stability[card]), float(difficulty[card]), np.diff(log.day[rest]).tolist(),
                log.rating[rest][1:].tolist())
        return stability, difficulty

    def _beginnings(self, log: _Log, place: IntArray, is_whole: BoolArray) -> tuple[FloatArray, FloatArray]:
        rating, factor, interval = log.rating[place], log.factor[place], log.interval[place]
        known, told = self._told(factor, np.maximum(interval, 1).astype(np.float64))
        return (np.where(is_whole, self._first_stability[rating], known),
                np.where(is_whole, self._first_difficulty[rating], told))

    def _told(self, factor: IntArray, interval: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The state that a row left, from its own factor and interval."""
        ease = np.where(factor == 0, STARTING_EASE, factor / 1000)
        stability, difficulty = from_sm2(ease, interval, self._sm2_retention, self._weights)
        is_fsrs = (factor > 0) & (factor <= _HIGHEST_FSRS_FACTOR)
        return stability, np.where(is_fsrs, np.clip(factor / 100 * 0.9 + 0.1, 1.0, 10.0), difficulty)

    def _after(
        self, stability: FloatArray, difficulty: FloatArray, elapsed: IntArray, rating: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """(stability, difficulty) after one more answer of each card."""
        w = self._weights
        forgotten = 1 - (1 + self._curve * elapsed / stability) ** self._decay
        grown = stability * (1 + self._gain[rating] * (11 - difficulty) * stability ** -w[9]
                             * np.expm1(forgotten * w[10]))
        lapsed = np.minimum(w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * np.exp(forgotten * w[14]),
                            stability * self._forget)
        short = stability * np.maximum(self._short[rating] * stability ** -w[19], self._least_short[rating])
        after = np.where(elapsed == 0, short, np.where(rating == 1, lapsed, grown))
        drifted = difficulty + self._drift[rating] * (10 - difficulty)
        return (np.clip(after, _LEAST_STABILITY, _MOST_STABILITY),
                np.clip(w[7] * self._goal + (1 - w[7]) * drifted, 1.0, 10.0))

    def _after_all(
        self, stability: float, difficulty: float, elapsed: list[int], ratings: list[int]
    ) -> tuple[float, float]:
        """``_after`` for the answers of one card, in plain Python: thousands on one card are quicker so."""
        w = self._weights
        gains, shorts, drifts = self._gain.tolist(), self._short.tolist(), self._drift.tolist()
        for days, rating in zip(elapsed, ratings, strict=True):
            if days <= 0:
                change = shorts[rating] * stability ** -w[19]
                after = stability * (max(change, 1.0) if rating > 1 else change)
            else:
                forgotten = 1 - (1 + self._curve * days / stability) ** self._decay
                if rating == 1:
                    after = min(w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1)
                                * math.exp(forgotten * w[14]), stability * self._forget)
                else:
                    after = stability * (1 + gains[rating] * (11 - difficulty) * stability ** -w[9]
                                         * math.expm1(forgotten * w[10]))
            drifted = difficulty + drifts[rating] * (10 - difficulty)
            difficulty = min(max(w[7] * self._goal + (1 - w[7]) * drifted, 1.0), 10.0)
            stability = min(max(after, _LEAST_STABILITY), _MOST_STABILITY)
        return stability, difficulty
