"""The one door to the ``fsrs`` package: memory states, recall and intervals, in whole study days.

py-fsrs counts elapsed time in blocks of 24 hours, Anki and the FSRS optimiser in study days with a rollover hour; an
answer at 22:00 and one at 08:00 the next morning are one day apart here. So moments never reach the package: it is
given a fixed midnight and that midnight plus the study days elapsed.

Formulas: FSRS-6, https://github.com/open-spaced-repetition/fsrs4anki/wiki/The-Algorithm
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from flashcore.domain.review import Rating
from flashcore.domain.schedule import MemoryState

if TYPE_CHECKING:
    import fsrs

_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
_FARTHEST_DAYS = 1_000_000  # keeps the moments given to the package inside the years that datetime knows


@lru_cache(maxsize=64)
def _scheduler(parameters: tuple[float, ...]) -> fsrs.Scheduler:
    import fsrs

    return fsrs.Scheduler(parameters=parameters, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def check_parameters(parameters: tuple[float, ...]) -> None:
    """Accept 21 FSRS-6 weights inside the bounds of the package.

    Raises:
        ValueError: another count, or a weight out of bounds; the text names each.
    """
    _scheduler(parameters)


@lru_cache(maxsize=64)  # the outcomes on the buttons and the answer ask for the same states
def next_memory(
    memory: MemoryState | None, elapsed_days: int, rating: Rating, parameters: tuple[float, ...]
) -> MemoryState:
    """The memory state after an answer. ``memory`` None: the first answer. Elapsed 0: the same study day.

    A negative elapsed time (a clock that went back) counts as the same day.
    """
    import fsrs

    if memory is None:
        card = fsrs.Card(card_id=0, due=_MIDNIGHT)
    else:
        card = fsrs.Card(card_id=0, state=fsrs.State.Review, stability=memory.stability_days,
                         difficulty=memory.difficulty, due=_MIDNIGHT, last_review=_MIDNIGHT)
    at = _MIDNIGHT + timedelta(days=min(max(elapsed_days, 0), _FARTHEST_DAYS))
    after, _ = _scheduler(parameters).review_card(card, fsrs.Rating(int(rating)), at)
    assert after.stability is not None and after.difficulty is not None
    return MemoryState(after.stability, after.difficulty)


def forgetting_factor(parameters: tuple[float, ...]) -> tuple[float, float]:
    """(factor, decay) of the forgetting curve R = (1 + factor * t / S) ** decay, with R(S, S) = 0.9."""
    decay = -parameters[20]
    return 0.9 ** (1 / decay) - 1, decay


def retrievability(stability_days: float, elapsed_days: float, parameters: tuple[float, ...]) -> float:
    """Probability of recall after ``elapsed_days`` (negative counts as 0), in (0, 1]."""
    factor, decay = forgetting_factor(parameters)
    return float((1 + factor * max(elapsed_days, 0) / stability_days) ** decay)


def interval_per_stability(retention: float, parameters: tuple[float, ...]) -> float:
    """Days, for each day of stability, until recall has fallen to ``retention`` (a probability in (0, 1))."""
    factor, decay = forgetting_factor(parameters)
    return float((retention ** (1 / decay) - 1) / factor)


def interval(stability_days: float, retention: float, parameters: tuple[float, ...]) -> float:
    """Days until recall falls to ``retention``; not rounded, not fuzzed, not capped."""
    return stability_days * interval_per_stability(retention, parameters)
