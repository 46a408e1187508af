from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flashcore.tui.words import clock_words, counted, exam_words, minutes_words, next_words

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(("count", "words"), [(0, "0 cards"), (1, "1 card"), (28_417, "28,417 cards")])
def test_counts_are_words(count: int, words: str) -> None:
    assert counted(count, "card") == words


@pytest.mark.parametrize(("days", "words"), [
    (-1, ""), (0, "exam today"), (1, "exam tomorrow"), (90, "exam in 90 days")])
def test_the_exam_is_counted_down(days: int, words: str) -> None:
    assert exam_words(date(2026, 11, 23) + timedelta(days=days), date(2026, 11, 23)) == words


@pytest.mark.parametrize(("at", "words"), [
    (None, "Next: 38 tomorrow"),
    (NOW - timedelta(minutes=5), "Next: in 1 minute"),
    (NOW + timedelta(minutes=7), "Next: in 7 minutes"),
    (datetime(2026, 11, 24, 4, 0, tzinfo=UTC), "Next: 38 tomorrow from 04:00"),
    (datetime(2026, 11, 26, 4, 0, tzinfo=UTC), "Next: Thu 26 Nov from 04:00")])
def test_next_is_told_as_people_say_it(at: datetime | None, words: str) -> None:
    assert next_words(at, NOW, UTC, 38) == words


def test_next_is_nothing_where_nothing_ever_comes() -> None:
    assert next_words(None, NOW, UTC, 0) == ""


@pytest.mark.parametrize(("minutes", "words"), [(0.4, "less than a minute"), (1, "1 minute"), (9.4, "9 minutes")])
def test_minutes_are_words(minutes: float, words: str) -> None:
    assert minutes_words(minutes) == words


@pytest.mark.parametrize(("seconds", "words"), [(-1, "0:00"), (72, "1:12"), (3725, "1:02:05")])
def test_the_time_on_a_card(seconds: float, words: str) -> None:
    assert clock_words(seconds) == words
