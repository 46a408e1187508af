"""What each rating does to a card: learning steps, relearning, intervals in days, fuzz, leeches, odd clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import fsrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashcore.domain.deck import Preset
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.domain.study_day import start_of
from flashcore.scheduling import memory
from flashcore.scheduling.scheduler import fuzz_seed, fuzzed, is_leech, outcome, outcomes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
AGAIN, HARD, GOOD, EASY = Rating
USUAL = Preset()
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def preset(learning: tuple[int, ...] = (MINUTE, 10 * MINUTE), relearning: tuple[int, ...] = (10 * MINUTE,), *,
           retention: float = 0.9, longest: int = 36_500, rollover: int = 4) -> Preset:
    return Preset(retention, learning_steps_seconds=learning, relearning_steps_seconds=relearning,
                  maximum_interval_days=longest, rollover_hour=rollover)


def buttons(schedule: Schedule | None, with_preset: Preset = USUAL, seed: float = 0.5) -> Mapping[Rating, Schedule]:
    """The outcomes at the moment a card is due, or of a new card now."""
    if schedule is None:
        return outcomes(None, NOW, TODAY, 0, with_preset, seed)
    return outcomes(schedule, schedule.due_at, schedule.due_on, 0, with_preset, seed)


def given_ratings(*ratings: Rating, with_preset: Preset = USUAL) -> Schedule:
    """The schedule of a new card after these answers, each given when it was due."""
    held: Schedule | None = None
    for rating in ratings:
        held = buttons(held, with_preset)[rating]
    assert held is not None
    return held


def waits(found: Mapping[Rating, Schedule], at: datetime = NOW) -> list[object]:
    """What the four buttons say: (state, step, seconds) for steps of minutes, (state, step, "days") otherwise."""
    return [(found[rating].state.name, found[rating].step,
             "days" if found[rating].interval_days else (found[rating].due_at - at) / timedelta(seconds=1))
            for rating in Rating]


# learning steps


def test_a_new_card_starts_on_the_first_step_and_good_goes_to_the_second() -> None:
    assert waits(buttons(None)) == [
        ("LEARNING", 0, 60), ("LEARNING", 0, 330), ("LEARNING", 1, 600), ("REVIEW", None, "days")]


def test_on_the_last_step_hard_repeats_it_and_good_ends_learning() -> None:
    held = given_ratings(GOOD)
    assert waits(buttons(held), held.due_at) == [
        ("LEARNING", 0, 60), ("LEARNING", 1, 600), ("REVIEW", None, "days"), ("REVIEW", None, "days")]


def test_again_goes_back_to_the_first_step() -> None:
    held = given_ratings(GOOD, AGAIN)
    assert (held.state, held.step, held.lapses, held.reps) == (CardState.LEARNING, 0, 0, 2)


def test_hard_on_the_only_step_waits_half_as_long_again() -> None:
    assert waits(buttons(None, preset(learning=(10 * MINUTE,)))) == [
        ("LEARNING", 0, 600), ("LEARNING", 0, 900), ("REVIEW", None, "days"), ("REVIEW", None, "days")]


def test_hard_on_the_only_step_waits_at_most_a_day_more() -> None:
    hard = buttons(None, preset(learning=(3 * DAY,)))[HARD]
    assert (hard.state, hard.step, hard.interval_days) == (CardState.LEARNING, 0, 4)


def test_hard_on_the_first_of_two_steps_waits_between_them() -> None:
    hard = buttons(None, preset(learning=(2 * MINUTE, HOUR)))[HARD]
    assert hard.due_at - NOW == timedelta(minutes=31)


def test_good_walks_through_every_step() -> None:
    steps = preset(learning=(MINUTE, 5 * MINUTE, HOUR))
    walked = [given_ratings(*[GOOD] * count, with_preset=steps) for count in (1, 2, 3)]
    assert [(one.state, one.step) for one in walked] == [
        (CardState.LEARNING, 1), (CardState.LEARNING, 2), (CardState.REVIEW, None)]


def test_without_steps_every_rating_gives_days_at_once() -> None:
    found = buttons(None, preset(learning=()))
    assert [found[rating].state for rating in Rating] == [CardState.REVIEW] * 4
    assert [found[rating].interval_days for rating in Rating] == sorted(
        {found[rating].interval_days for rating in Rating})


def test_a_step_of_a_day_lands_on_the_start_of_the_next_study_day() -> None:
    good = buttons(None, preset(learning=(MINUTE, DAY)))[GOOD]
    assert good == Schedule(CardState.LEARNING, datetime(2026, 3, 3, 4, 0, tzinfo=UTC), date(2026, 3, 3), 1, 1,
                            good.memory, 1, 0, NOW, TODAY)


def test_after_a_step_of_days_the_interval_is_longer_than_the_step() -> None:
    held = given_ratings(GOOD, with_preset=preset(learning=(MINUTE, 3 * DAY)))
    found = outcomes(held, held.due_at, held.due_on, 0, preset(learning=(MINUTE, 3 * DAY)), 0.5)
    assert found[HARD].interval_days == 3
    assert found[GOOD].interval_days > 3
    assert found[EASY].interval_days > found[GOOD].interval_days


def test_a_step_that_no_longer_exists_counts_as_the_last_one() -> None:
    held = given_ratings(GOOD, GOOD, with_preset=preset(learning=(MINUTE, MINUTE, MINUTE)))
    assert held.step == 2
    found = buttons(held, preset(learning=(MINUTE, 10 * MINUTE)))
    assert waits(found, held.due_at) == [
        ("LEARNING", 0, 60), ("LEARNING", 1, 600), ("REVIEW", None, "days"), ("REVIEW", None, "days")]


def test_a_step_ends_on_the_study_day_it_ends_in() -> None:
    late = datetime(2026, 3, 3, 3, 55, tzinfo=UTC)
    found = outcomes(None, late, TODAY, 0, Preset(), 0.5)
    assert (found[AGAIN].due_on, found[GOOD].due_on) == (TODAY, date(2026, 3, 3))


# review and relearning


def test_again_in_review_is_a_lapse_and_goes_to_relearning() -> None:
    held = given_ratings(GOOD, GOOD)
    assert waits(buttons(held), held.due_at) == [
        ("RELEARNING", 0, 600), ("REVIEW", None, "days"), ("REVIEW", None, "days"), ("REVIEW", None, "days")]
    assert [buttons(held)[rating].lapses for rating in Rating] == [1, 0, 0, 0]


def test_again_in_relearning_is_no_second_lapse() -> None:
    held = given_ratings(GOOD, GOOD, AGAIN, AGAIN)
    assert (held.state, held.lapses) == (CardState.RELEARNING, 1)
    assert waits(buttons(held), held.due_at) == [
        ("RELEARNING", 0, 600), ("RELEARNING", 0, 900), ("REVIEW", None, "days"), ("REVIEW", None, "days")]


def test_without_relearning_steps_a_lapse_stays_in_review() -> None:
    again = buttons(given_ratings(GOOD, GOOD), preset(relearning=()))[AGAIN]
    assert (again.state, again.step, again.lapses) == (CardState.REVIEW, None, 1)
    assert again.interval_days >= 1


def test_the_interval_is_the_one_of_the_memory_state() -> None:
    held = given_ratings(EASY)
    good = buttons(held)[GOOD]
    assert good.memory == memory.next_memory(
        held.memory, (held.due_on - TODAY).days, GOOD, Preset().parameters)
    assert good.memory is not None
    exact = memory.interval(good.memory.stability_days, 0.9, Preset().parameters)
    assert abs(good.interval_days - exact) <= 1 + 0.15 * 4.5 + 0.1 * 13 + 0.05 * exact + 0.5


def test_a_higher_retention_asks_sooner() -> None:
    often, seldom = preset(retention=0.97), preset(retention=0.8)
    held = given_ratings(EASY)
    assert buttons(held, often)[GOOD].interval_days < buttons(held)[GOOD].interval_days
    assert buttons(held)[GOOD].interval_days < buttons(held, seldom)[GOOD].interval_days


# hypothesis: any state, any preset

STEPS = st.lists(st.one_of(st.integers(1, 2 * HOUR), st.integers(1, 40).map(lambda days: days * DAY)),
                 max_size=5).map(tuple)
PRESETS = st.builds(
    preset, STEPS, STEPS, retention=st.floats(0.70, 0.99), longest=st.integers(1, 36_500), rollover=st.integers(0, 23))
SEEDS = st.floats(0, 1, exclude_max=True)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule that a card may have, also from presets with other steps than today's."""
    state = draw(st.sampled_from([CardState.LEARNING, CardState.REVIEW, CardState.RELEARNING]))
    days = draw(st.integers(1, 36_500)) if state is CardState.REVIEW else draw(st.integers(0, 3))
    last_on = TODAY - timedelta(days=draw(st.integers(-400, 4_000)))
    due_on = min(last_on, TODAY + timedelta(days=1)) + timedelta(days=days)
    return Schedule(
        state, start_of(due_on, 0) if days else NOW, due_on, days,
        None if state is CardState.REVIEW else draw(st.integers(0, 6)),
        MemoryState(draw(st.floats(0.001, 36_500)), draw(st.floats(1, 10))),
        draw(st.integers(1, 500)), draw(st.integers(0, 100)),
        datetime(last_on.year, last_on.month, last_on.day, 12, tzinfo=UTC), last_on)


def wait(found: Schedule, now: datetime) -> tuple[int, float]:
    return found.interval_days, 0 if found.interval_days else (found.due_at - now) / timedelta(seconds=1)


@given(st.none() | schedules(), PRESETS, SEEDS)
@example(None, preset(learning=(10 * MINUTE, MINUTE)), 0.5)
@example(None, preset(learning=(DAY, MINUTE), longest=1), 0.0)
@example(None, preset(learning=(30 * DAY, MINUTE), longest=1), 0.0)
def test_better_ratings_never_come_back_sooner(held: Schedule | None, with_preset: Preset, seed: float) -> None:
    found = outcomes(held, NOW, TODAY, 0, with_preset, seed)
    days = [wait(found[rating], NOW) for rating in Rating]
    assert days == sorted(days)
    for worse, better in zip(Rating, list(Rating)[1:], strict=False):
        before, after = found[worse].interval_days, found[better].interval_days
        if found[better].step is None and after < with_preset.maximum_interval_days:
            assert after > before


@given(st.none() | schedules(), PRESETS, SEEDS, st.sampled_from(Rating))
def test_one_outcome_is_the_one_of_the_four(
        held: Schedule | None, with_preset: Preset, seed: float, rating: Rating) -> None:
    assert outcome(held, rating, NOW, TODAY, 0, with_preset, seed) == outcomes(
        held, NOW, TODAY, 0, with_preset, seed)[rating]


@given(st.none() | schedules(), PRESETS, SEEDS, st.sampled_from(Rating), st.integers(-12 * 60, 14 * 60))
def test_every_outcome_is_a_schedule_that_makes_sense(
        held: Schedule | None, with_preset: Preset, seed: float, rating: Rating, offset: int) -> None:
    found = outcome(held, rating, NOW, TODAY, offset, with_preset, seed)
    assert found.reps == (held.reps if held else 0) + 1
    assert (found.last_at, found.last_on) == (NOW, TODAY)
    assert (found.step is None) == (found.state is CardState.REVIEW)
    assert found.due_at > NOW or found.interval_days > 0
    assert found.due_on >= TODAY
    if found.interval_days:
        assert found.due_on == TODAY + timedelta(days=found.interval_days)
        assert found.due_at == start_of(found.due_on, offset, with_preset.rollover_hour)
        if found.step is None:
            longest_step = max((*with_preset.learning_steps_seconds, *with_preset.relearning_steps_seconds, 0))
            assert found.interval_days <= max(with_preset.maximum_interval_days, longest_step // DAY + 1)


@given(schedules(), SEEDS, st.sampled_from(Rating), st.integers(1, 20_000))
def test_a_clock_that_went_back_gives_nothing_negative(
        held: Schedule, seed: float, rating: Rating, days_back: int) -> None:
    now, today = NOW - timedelta(days=days_back), TODAY - timedelta(days=days_back)
    found = outcome(held, rating, now, today, 0, Preset(), seed)
    assert found.due_at > now
    assert found.due_on >= today
    assert found.interval_days >= 0
    assert found.memory == memory.next_memory(
        held.memory, max((today - (held.last_on or today)).days, 0), rating, Preset().parameters)


def test_the_year_2200_and_the_year_1970_are_days_like_others() -> None:
    for year in (1970, 2200, 9998):
        now = datetime(year, 3, 1, 9, 0, tzinfo=UTC)
        found = outcomes(None, now, now.date(), 0, Preset(), 0.5)
        assert found[EASY].interval_days >= 1
        assert found[AGAIN].due_at == now + timedelta(minutes=1)


# fuzz


@given(st.floats(0, 40_000), SEEDS, st.integers(1, 36_500))
def test_fuzz_stays_in_the_band_of_py_fsrs(interval: float, seed: float, most: int) -> None:
    days = fuzzed(interval, seed, 1, most)
    middle = min(max(interval, 1.0), float(most))
    if middle < 2.5:
        assert days == min(round(middle), most)
        return
    spread = 1 + sum(one["factor"] * max(min(middle, one["end"]) - one["start"], 0)
                     for one in fsrs.scheduler.FUZZ_RANGES)
    low, high = max(2, round(middle - spread)), min(round(middle + spread), most)
    assert min(low, high) <= days <= high


@given(st.floats(3, 1_000))
def test_fuzz_reaches_both_ends_of_its_band(interval: float) -> None:
    found = {fuzzed(interval, step / 2_000, 1, 36_500) for step in range(2_000)}
    assert found == set(range(min(found), max(found) + 1))
    assert len(found) >= 2


def test_short_intervals_are_rounded_and_not_fuzzed() -> None:
    assert {fuzzed(2.4, seed / 10, 1, 36_500) for seed in range(10)} == {2}
    assert {fuzzed(0.1, seed / 10, 1, 36_500) for seed in range(10)} == {1}


@given(st.text(), st.integers(0, 500), st.integers(0, 10_000))
def test_the_fuzz_seed_is_the_same_for_the_same_card_and_answers(guid: str, ordinal: int, reps: int) -> None:
    seed = fuzz_seed(guid, ordinal, reps)
    assert 0 <= seed < 1
    assert seed == fuzz_seed(guid, ordinal, reps)


def test_the_fuzz_seed_is_the_same_on_every_computer() -> None:
    assert fuzz_seed("cv-hf-orthopnea", 0, 3) == 0.48311071507194125
    assert fuzz_seed("cv-hf-orthopnea", 0, 3) != fuzz_seed("cv-hf-orthopnea", 1, 3)
    assert fuzz_seed("cv-hf-orthopnea", 0, 3) != fuzz_seed("cv-hf-orthopnea", 0, 4)


def test_the_longest_interval_holds_for_every_rating() -> None:
    held = given_ratings(EASY, EASY, EASY, EASY)
    found = [buttons(held, preset(longest=30), seed / 10) for seed in range(10)]
    # fuzz may take up to 1 + 0.15 x 4.5 + 0.10 x 13 + 0.05 x 10 days away and adds none beyond the longest
    assert {one[rating].interval_days for one in found for rating in (HARD, GOOD, EASY)} == {27, 28, 29, 30}


# leeches


@pytest.mark.parametrize(("threshold", "leeches"), [
    (8, [8, 12, 16, 20]), (1, list(range(1, 21))), (2, list(range(2, 21))), (3, [3, 5, 7, 9, 11, 13, 15, 17, 19]),
    (5, [5, 8, 11, 14, 17, 20]), (0, []), (99, [])])
def test_a_card_becomes_a_leech_at_the_threshold_and_at_every_half_of_it_again(
        threshold: int, leeches: list[int]) -> None:
    assert [lapses for lapses in range(21) if is_leech(lapses, threshold)] == leeches


# days and moments


@pytest.mark.parametrize(("offset", "rollover", "due_at"), [
    (0, 4, datetime(2026, 3, 3, 4, 0, tzinfo=UTC)),
    (-300, 4, datetime(2026, 3, 3, 9, 0, tzinfo=UTC)),
    (345, 0, datetime(2026, 3, 2, 18, 15, tzinfo=UTC)),
    (60, 10, datetime(2026, 3, 3, 9, 0, tzinfo=UTC))])
def test_a_card_in_days_is_due_at_the_start_of_its_study_day_in_the_zone_of_the_answer(
        offset: int, rollover: int, due_at: datetime) -> None:
    found = outcome(None, GOOD, NOW, TODAY, offset, preset(learning=(DAY, DAY), rollover=rollover), 0.5)
    assert (found.due_on, found.due_at) == (date(2026, 3, 3), due_at)


def test_a_card_in_days_is_due_on_its_day_and_a_step_of_minutes_at_its_minute() -> None:
    good, step = buttons(None, preset(learning=()))[AGAIN], buttons(None)[AGAIN]
    assert good.is_due(NOW, good.due_on)
    assert not good.is_due(NOW + timedelta(days=400), good.due_on - timedelta(days=1))
    assert step.is_due(step.due_at, TODAY)
    assert not step.is_due(step.due_at - timedelta(milliseconds=1), TODAY + timedelta(days=9))
