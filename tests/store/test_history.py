"""The review log: what is written with an answer, the guard against a stale one, and what is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import a_note
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from flashcore.domain.deck import Preset
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.errors import CardChanged
from flashcore.scheduling.scheduler import outcomes
from flashcore.store import content, history
from flashcore.store.changes import ChangeSet
from flashcore.store.database import Database
from flashcore.store.schema import card, preset_text, review_row, to_preset, to_review

NOW = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def a_card(connection: Connection, guid: str = "one") -> int:
    return content.add_note(ChangeSet(connection), a_note(guid=guid), "Medicine", NOW)[1][0]


def after(before: Schedule | None = None, rating: Rating = Rating.GOOD) -> Schedule:
    return outcomes(before, NOW, TODAY, 0, Preset(), 0.5)[rating]


def an_answer(seq: int, card_id: int, before: Schedule | None = None, *, preset_id: int = 1,
              **values: object) -> Review:
    kept: Mapping[str, object] = {"kind": ReviewKind.SCHEDULED, "rating": Rating.GOOD, "duration_ms": 4_200, **values}
    return Review(seq, f"uuid{seq}", card_id, answered_at=NOW, utc_offset_minutes=60, study_day=TODAY, before=before,
                  preset_id=preset_id, **kept)  # type: ignore[arg-type]


def an_undo(seq: int, card_id: int, undoes: str) -> Review:
    return an_answer(seq, card_id, kind=ReviewKind.UNDO, undoes=undoes, rating=None)


def test_an_answer_is_a_line_of_the_log_and_the_schedule_it_leaves(database: Database) -> None:
    with database.write() as connection:
        card_id, preset_id = a_card(connection), history.preset_id(connection, Preset())
        first = an_answer(1, card_id, preset_id=preset_id, choice="b", correct=False, leech="tagged")
        history.record_review(connection, first, after())
        second = an_answer(2, card_id, after(), preset_id=preset_id, rating=Rating.EASY)
        history.record_review(connection, second, after(after(), Rating.EASY))
    with database.read() as connection:
        assert history.log_of(connection, card_id) == [first, second]
        assert dict(history.logs(connection)) == {card_id: [first, second]}
        assert history.schedule_of(connection, card_id) == after(after(), Rating.EASY)
        assert history.schedules(connection) == {card_id: after(after(), Rating.EASY)}
        assert history.presets(connection) == {preset_id: Preset()}
        assert history.card_names(connection) == {card_id: ("one", 0)}
        assert connection.execute(select(card.c.new_order)).scalar() is None


def test_a_cram_answer_leaves_the_schedule(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
        history.record_review(connection, an_answer(1, card_id, kind=ReviewKind.CRAM), None)
        assert history.schedule_of(connection, card_id) is None
        assert history.count_reviews(connection) == 1


STALE = [
    pytest.param(None, id="shown as new, answered since"),
    pytest.param(after(after()), id="another step"),
    pytest.param(replace(after(), due_at=after().due_at + timedelta(milliseconds=1)), id="due at another moment"),
    pytest.param(replace(after(), state=CardState.REVIEW), id="another state"),
]


@pytest.mark.parametrize("shown", STALE)
def test_an_answer_to_what_is_no_longer_so_is_refused_and_nothing_is_written(
        database: Database, shown: Schedule | None) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
        history.record_review(connection, an_answer(1, card_id), after())
    with pytest.raises(CardChanged) as refused, database.write() as connection:
        history.record_review(connection, an_answer(2, card_id, shown), after(after(), Rating.EASY))
    assert str(refused.value) == (
        f"card {card_id} was changed since it was shown; the answer was not saved. It will be shown again as it is "
        "now.")
    with database.read() as connection:
        assert [row.seq for row in history.log_of(connection, card_id)] == [1]
        assert history.schedule_of(connection, card_id) == after()


def test_an_answer_to_a_card_that_was_reset_or_deleted_is_refused(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
    with pytest.raises(CardChanged), database.write() as connection:
        history.record_review(connection, an_answer(1, card_id, after()), after(after()))
    with pytest.raises(CardChanged), database.write() as connection:
        history.record_review(connection, an_answer(1, 99), after())
    with database.read() as connection:
        assert list(history.logs(connection)) == []


def test_an_answer_is_taken_back_once(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
        history.record_review(connection, an_answer(1, card_id), after())
        history.record_review(connection, an_undo(2, card_id, "uuid1"), None)
    with pytest.raises(IntegrityError), database.write() as connection:
        history.record_review(connection, an_undo(3, card_id, "uuid1"), None)


def test_the_newest_answer_is_the_newest_by_place_in_the_log_that_stands(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
        assert history.newest_answer(connection) is None
        later = NOW + timedelta(days=400)
        history.record_review(connection, replace(an_answer(1, card_id), answered_at=later), after())
        history.record_review(connection, an_answer(2, card_id, kind=ReviewKind.CRAM), None)
        history.record_review(connection, an_answer(3, card_id, kind=ReviewKind.RESET, rating=None), None)
        newest = history.newest_answer(connection)
        assert newest is not None and newest.seq == 2
        history.record_review(connection, an_undo(4, card_id, "uuid2"), None)
        newest = history.newest_answer(connection)
        assert newest is not None and newest.seq == 1
        assert history.last_seq(connection) == 4


def test_the_count_of_reviews_is_of_answers_that_stand_and_of_other_programs_rows(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        history.preset_id(connection, Preset())
        history.record_review(connection, an_answer(1, card_id), after())
        rest = [(ReviewKind.CRAM, ""), (ReviewKind.IMPORTED, "manual"), (ReviewKind.IMPORTED, "filtered"),
                (ReviewKind.STATE, ""), (ReviewKind.RESET, "")]
        for seq, (kind, origin) in enumerate(rest, 2):
            history.record_review(connection, an_answer(seq, card_id, kind=kind, origin=origin), None)
        assert history.count_reviews(connection) == 4
        history.record_review(connection, an_undo(9, card_id, "uuid2"), None)
        assert history.count_reviews(connection) == 3


def test_a_schedule_is_put_back_and_taken_away(database: Database) -> None:
    with database.write() as connection:
        card_id = a_card(connection)
        order = connection.execute(select(card.c.new_order)).scalar()
        history.write_schedule(connection, card_id, after())
        assert history.schedule_of(connection, card_id) == after()
        assert connection.execute(select(card.c.new_order)).scalar() is None
        history.write_schedule(connection, card_id, None)
        assert history.schedule_of(connection, card_id) is None
        assert connection.execute(select(card.c.new_order)).scalar() == order


def test_the_same_preset_is_kept_once(database: Database) -> None:
    with database.write() as connection:
        first = history.preset_id(connection, Preset())
        other = history.preset_id(connection, Preset(desired_retention=0.85))
        assert history.preset_id(connection, Preset()) == first != other
        assert history.presets(connection) == {first: Preset(), other: Preset(desired_retention=0.85)}


MOMENTS = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
SCHEDULES = st.builds(
    Schedule, st.sampled_from([CardState.LEARNING, CardState.REVIEW, CardState.RELEARNING]), MOMENTS, st.dates(),
    st.integers(0, 36_500), st.none() | st.integers(0, 20),
    st.none() | st.builds(MemoryState, st.floats(0.001, 1e9), st.floats(1, 10)), st.integers(1, 10**6),
    st.integers(0, 10**6), st.none() | MOMENTS, st.none() | st.dates())
REVIEWS = st.builds(
    Review, st.integers(1, 2**62), st.text(min_size=1), st.integers(1, 2**62), st.sampled_from(ReviewKind), MOMENTS,
    st.integers(-900, 900), st.dates(), st.none() | st.sampled_from(Rating), st.none() | st.integers(0, 2**40),
    st.none() | st.integers(1, 99), st.none() | st.sampled_from("abcdefgh"), st.none() | st.booleans(),
    st.none() | st.text(min_size=1), st.sampled_from(["", "tagged", "suspended"]), st.text(), st.none() | SCHEDULES)


@given(REVIEWS)
def test_a_line_of_the_log_comes_back_from_its_columns_exactly(row: Review) -> None:
    assert to_review(list(review_row(row).values())) == row


@given(st.builds(Preset, st.floats(0.7, 0.99), st.tuples(*[st.floats(0, 10)] * 21),
                 st.lists(st.integers(1, 10**6)).map(tuple), st.lists(st.integers(1, 10**6)).map(tuple),
                 st.integers(1, 36_500), st.integers(0, 23)))
def test_a_preset_comes_back_from_its_text_exactly(value: Preset) -> None:
    assert to_preset(preset_text(value)) == value
