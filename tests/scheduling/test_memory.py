"""Memory states against two other implementations of FSRS-6, and the laws of the forgetting curve."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import fsrs
import fsrs_rs_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.domain.review import Rating
from flashcore.domain.schedule import MemoryState
from flashcore.domain.study_day import study_day
from flashcore.scheduling import memory

History = list[tuple[int, Rating]]
"""(study days since the answer before, rating); the days of the first answer are 0."""

STABILITIES = st.floats(0.001, 36_500)
PARAMETERS = st.tuples(*(st.floats(low, high) for low, high in zip(
    fsrs.scheduler.LOWER_BOUNDS_PARAMETERS, fsrs.scheduler.UPPER_BOUNDS_PARAMETERS, strict=True)))


def histories(number: int) -> list[History]:
    """Random histories: same-day answers, short gaps and long ones, every rating."""
    chance = random.Random(20260302)
    made = []
    for _ in range(number):
        length = chance.randint(1, 12)
        gaps = [0] + [chance.choice((0, 0, 1, 2, chance.randint(3, 30), chance.randint(31, 900)))
                      for _ in range(length - 1)]
        made.append([(gap, Rating(chance.choices((1, 2, 3, 4), (2, 1, 6, 1))[0])) for gap in gaps])
    return made


def after(history: History, parameters: tuple[float, ...] = FSRS_6_PARAMETERS) -> MemoryState:
    held: MemoryState | None = None
    for gap, rating in history:
        held = memory.next_memory(held, gap, rating, parameters)
    assert held is not None
    return held


def py_fsrs(history: History) -> MemoryState:
    """The package's own scheduler and learning steps, over midnights of the study days."""
    scheduler = fsrs.Scheduler(enable_fuzzing=False)
    midnight = datetime(2020, 1, 1, tzinfo=UTC)
    card = fsrs.Card(card_id=1, due=midnight)
    for gap, rating in history:
        midnight += timedelta(days=gap)
        card, _ = scheduler.review_card(card, fsrs.Rating(int(rating)), midnight)
    assert card.stability is not None and card.difficulty is not None
    return MemoryState(card.stability, card.difficulty)


def test_memory_states_are_those_of_py_fsrs_over_study_days() -> None:
    for history in histories(1_000):
        held, wanted = after(history), py_fsrs(history)
        assert held.stability_days == pytest.approx(wanted.stability_days, rel=1e-9), history
        assert held.difficulty == pytest.approx(wanted.difficulty, rel=1e-9), history


def test_memory_states_are_those_of_fsrs_rs() -> None:
    model = fsrs_rs_python.FSRS(parameters=list(FSRS_6_PARAMETERS))
    for history in histories(1_000):
        held = after(history)
        wanted = model.memory_state(fsrs_rs_python.FSRSItem(
            [fsrs_rs_python.FSRSReview(int(rating), gap) for gap, rating in history]))
        assert held.stability_days == pytest.approx(wanted.stability, rel=1e-5), history
        assert held.difficulty == pytest.approx(wanted.difficulty, rel=1e-5), history


def test_the_default_parameters_are_those_of_the_package() -> None:
    assert fsrs.scheduler.DEFAULT_PARAMETERS == FSRS_6_PARAMETERS


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_from_ten_in_the_evening_to_eight_the_next_morning_is_one_day(zone: str) -> None:
    evening = datetime(2026, 3, 2, 22, 0, tzinfo=ZoneInfo(zone))
    morning = datetime(2026, 3, 3, 8, 0, tzinfo=ZoneInfo(zone))
    elapsed = (study_day(morning, ZoneInfo(zone)) - study_day(evening, ZoneInfo(zone))).days
    assert elapsed == 1
    first = after([(0, Rating.GOOD)])
    assert memory.next_memory(first, elapsed, Rating.GOOD, FSRS_6_PARAMETERS) == py_fsrs(
        [(0, Rating.GOOD), (1, Rating.GOOD)])


def test_a_session_after_midnight_belongs_to_the_evening_before() -> None:
    assert study_day(datetime(2026, 3, 3, 3, 59, tzinfo=UTC), UTC) == date(2026, 3, 2)
    assert study_day(datetime(2026, 3, 3, 4, 0, tzinfo=UTC), UTC) == date(2026, 3, 3)


@given(st.integers(-1_000_000, -1), st.sampled_from(Rating))
def test_a_clock_that_went_back_counts_as_the_same_day(days: int, rating: Rating) -> None:
    held = MemoryState(10.0, 5.0)
    assert memory.next_memory(held, days, rating, FSRS_6_PARAMETERS) == memory.next_memory(
        held, 0, rating, FSRS_6_PARAMETERS)


@given(STABILITIES, st.integers(0, 10_000_000), st.sampled_from(Rating), st.floats(1, 10))
def test_any_state_and_any_gap_give_a_state_in_range(
        stability: float, days: int, rating: Rating, difficulty: float) -> None:
    held = memory.next_memory(MemoryState(stability, difficulty), days, rating, FSRS_6_PARAMETERS)
    assert held.stability_days >= 0.001
    assert 1 <= held.difficulty <= 10


@given(STABILITIES, st.floats(0, 100_000), st.floats(0.5, 100_000), PARAMETERS)
def test_retrievability_falls_with_time(
        stability: float, days: float, more: float, parameters: tuple[float, ...]) -> None:
    sooner = memory.retrievability(stability, days, parameters)
    later = memory.retrievability(stability, days + more, parameters)
    assert 0 < later <= sooner <= 1
    assert later < sooner or sooner - later < 1e-9


@given(STABILITIES, PARAMETERS)
def test_retrievability_is_one_at_once_and_nine_tenths_after_the_stability(
        stability: float, parameters: tuple[float, ...]) -> None:
    assert memory.retrievability(stability, 0, parameters) == 1
    assert memory.retrievability(stability, -5, parameters) == 1
    assert memory.retrievability(stability, stability, parameters) == pytest.approx(0.9)


@given(STABILITIES, st.floats(0.70, 0.99), PARAMETERS)
def test_the_interval_is_when_retrievability_has_fallen_to_the_wanted_retention(
        stability: float, retention: float, parameters: tuple[float, ...]) -> None:
    days = memory.interval(stability, retention, parameters)
    assert memory.retrievability(stability, days, parameters) == pytest.approx(retention, rel=1e-6)


@given(st.floats(0.001, 1_000), st.integers(0, 1_000), st.floats(0.05, 1))
def test_retrievability_is_that_of_the_package(stability: float, days: int, decay: float) -> None:
    parameters = (*FSRS_6_PARAMETERS[:20], min(max(decay, 0.1), 0.8))
    midnight = datetime(2020, 1, 1, tzinfo=UTC)
    card = fsrs.Card(card_id=1, state=fsrs.State.Review, stability=stability, difficulty=5.0, due=midnight,
                     last_review=midnight)
    wanted = fsrs.Scheduler(parameters).get_card_retrievability(card, midnight + timedelta(days=days))
    assert memory.retrievability(stability, days, parameters) == pytest.approx(wanted, rel=1e-12)


def test_parameters_out_of_bounds_are_named() -> None:
    with pytest.raises(ValueError, match=r"parameters\[4\] = 99"):
        memory.check_parameters((*FSRS_6_PARAMETERS[:4], 99.0, *FSRS_6_PARAMETERS[5:]))
    with pytest.raises(ValueError, match="Expected 21 parameters, got 19"):
        memory.check_parameters(FSRS_6_PARAMETERS[:19])
