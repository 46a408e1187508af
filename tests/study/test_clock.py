"""Study days: a rollover hour of wall time in the learner's zone, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import Watch
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.study_day import start_of, study_day, utc_offset_minutes
from flashcore.study.clock import Clock

NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe",
                         "Pacific/Kiritimati", "Pacific/Pago_Pago"]).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 7), 23), (date(2026, 10, 31), 25), (date(2026, 6, 1), 24)])
def test_a_day_with_a_change_of_the_clocks_starts_at_the_same_hour_of_the_wall(day: date, hours: int) -> None:
    clock = Clock(zone=NEW_YORK)
    first, second = clock.start_of(day, 4), clock.start_of(day + timedelta(days=1), 4)
    assert [moment.astimezone(NEW_YORK).hour for moment in (first, second)] == [4, 4]
    assert second - first == timedelta(hours=hours)


def test_half_past_one_comes_twice_in_autumn_and_is_one_study_day() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert [moment.astimezone(NEW_YORK).strftime("%H:%M") for moment in (first, second)] == ["01:30", "01:30"]
    assert study_day(first, NEW_YORK) == study_day(second, NEW_YORK) == date(2026, 10, 31)


def test_a_rollover_hour_that_the_clocks_leave_out_is_the_next_one_there_is() -> None:
    before, after = datetime(2026, 3, 8, 6, 59, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert [study_day(moment, NEW_YORK, 2) for moment in (before, after)] == [date(2026, 3, 7), date(2026, 3, 8)]
    assert Clock(zone=NEW_YORK).start_of(date(2026, 3, 8), 2) in (after, after - timedelta(hours=1))


@given(MOMENTS, ZONES, st.integers(3, 23))
def test_every_moment_lies_in_its_study_day(moment: datetime, zone: ZoneInfo, hour: int) -> None:
    clock = Clock(zone=zone)
    day = clock.today(moment, hour)
    assert clock.start_of(day, hour) <= moment < clock.start_of(day + timedelta(days=1), hour)


@given(st.dates(date(1975, 1, 1), date(2200, 1, 1)), st.integers(-720, 840), st.integers(0, 23))
def test_the_start_of_a_day_at_an_offset_is_its_first_moment(day: date, offset: int, hour: int) -> None:
    start = start_of(day, offset, hour)
    local = start + timedelta(minutes=offset)
    assert (local.date(), local.hour, local.minute) == (day, hour, 0)


def test_the_offset_is_in_whole_minutes() -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert [utc_offset_minutes(moment, ZoneInfo(zone)) for zone in (
        "UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe")] == [0, 345, -300, 660]


def test_now_is_in_whole_milliseconds_of_utc() -> None:
    watch = Watch(datetime(2026, 3, 2, 9, 0, 0, 123_999, tzinfo=NEW_YORK))
    assert watch.clock().now() == datetime(2026, 3, 2, 14, 0, 0, 123_000, tzinfo=UTC)
    assert watch.clock().now().tzinfo is UTC


def test_names_are_never_given_twice() -> None:
    assert len({Clock().new_uuid() for _ in range(1_000)}) == 1_000
    clock = Watch().clock()
    assert len({clock.new_uuid() for _ in range(1_000)}) == 1_000
