"""Memory states from what an SM-2 scheduler keeps of a card: its ease and its interval.

The interval is taken for the time after which recall falls to the retention that the schedule used to reach; the
difficulty is the one with which FSRS's next interval after Good would be ``ease`` times as long.
Formula: ``FSRS::memory_state_from_sm2`` of the crate ``fsrs``, https://docs.rs/fsrs (a test holds both equal).
"""

from __future__ import annotations

import math

from flashcore.domain.schedule import MemoryState
from flashcore.scheduling.memory import interval_per_stability

HISTORICAL_RETENTION = 0.9
"""The share of reviews that an SM-2 schedule is taken to have passed, where nobody says: Anki's own default."""

STARTING_EASE = 2.5
"""Anki's ease of a card that has none."""

_LEAST_STABILITY = 0.001
_LEAST_GAIN = 1e-12  # stands for 0 where weights say that nothing is ever gained


def memory_from_sm2(
    ease: float, interval_days: float, sm2_retention: float, parameters: tuple[float, ...]
) -> MemoryState:
    """The memory state of a card of which only SM-2's numbers are known.

    ``ease`` is a factor (2.5); ``sm2_retention`` a probability in (0, 1): how many reviews that schedule passed.

    Raises:
        ValueError: the retention is not in (0, 1).
    """
    if not 0 < sm2_retention < 1:
        raise ValueError(f"sm2_retention must be between 0 and 1, not {sm2_retention}")
    stability = max(interval_days, _LEAST_STABILITY) / interval_per_stability(sm2_retention, parameters)
    gain = math.exp(parameters[8]) * stability ** -parameters[9] * math.expm1((1 - sm2_retention) * parameters[10])
    difficulty = 11 - (ease - 1) / max(gain, _LEAST_GAIN)
    return MemoryState(stability, min(max(difficulty, 1.0), 10.0))
