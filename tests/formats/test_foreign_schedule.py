from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from flashcore.domain.schedule import MemoryState
from flashcore.formats.foreign_schedule import (
    count_from,
    day_from,
    difficulty_factor,
    local_day,
    memory_from,
    moment_from,
    number_from,
)


@pytest.mark.parametrize("text", ["2026-03-02", "02-03-2026", "2.3.2026", "Mon Mar 02 2026", "March 2, 2026",
                                  " 2026/03/02 ", "2026-03-02T12:00:00"])
def test_a_day_is_read_in_every_form_that_programs_write(text: str) -> None:
    assert day_from(text) == date(2026, 3, 2)


@pytest.mark.parametrize("value", ["", "2026-02-30", "Mon Foo 02 2026", "0001-01-01", "9999-01-01", "tomorrow",
                                   20260302, None, "2026-03-02" * 9])
def test_E28_a_day_that_cannot_be_meant_is_none(value: object) -> None:
    assert day_from(value) is None


def test_a_moment_without_an_offset_is_the_wall_time_of_this_computer() -> None:
    assert moment_from("2026-03-02T12:00:00.123456789+02:00") == datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert moment_from("2026-03-02T12:00:00Z") == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert moment_from("2026-03-02T12:00:00") == datetime(2026, 3, 2, 12).astimezone(UTC)
    assert local_day(datetime(2026, 3, 2, 3, 59).astimezone()) == date(2026, 3, 1)


@pytest.mark.parametrize("value", ["", "then", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", 1.5,
                                   None, b"x"])
def test_E28_a_moment_that_cannot_be_meant_is_none(value: object) -> None:
    assert moment_from(value) is None


@pytest.mark.parametrize("value, found", [(3, 3.0), ("2.5", 2.5), (True, None), ("nan", None), (float("inf"), None),
                                          (10**400, None), ("9" * 50, None), (-1, None), (11, None), (b"1", None)])
def test_E29_a_number_is_finite_and_in_its_range(value: object, found: float | None) -> None:
    assert number_from(value, 0, 10) == found


def test_a_state_of_memory_is_moved_into_its_ranges_and_none_where_there_is_none() -> None:
    assert memory_from(1e6, 10.5) == MemoryState(36_500.0, 10.0)
    assert memory_from("0.0001", "0.5") == MemoryState(0.001, 1.0)
    assert (memory_from(0, 5), memory_from(5, None), memory_from("x", 5)) == (None, None, None)
    assert [difficulty_factor(one) for one in (1, 5.5, 10, None)] == [100, 600, 1100, 0]
    assert (count_from("2.6"), count_from(-1)) == (3, None)
