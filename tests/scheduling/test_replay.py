"""A card's log -> its schedule: what counts, from where, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.deck import Preset
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.scheduling.replay import replay, standing
from flashcore.scheduling.scheduler import fuzz_seed, outcome

PRESETS = {1: Preset(), 2: Preset(0.97, learning_steps_seconds=(), relearning_steps_seconds=())}
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Log:
    """A log that is written line by line; ``held`` is the schedule that the answers leave."""

    def __init__(self, guid: str = "guid", ordinal: int = 0) -> None:
        self.guid, self.ordinal, self.rows, self.held = guid, ordinal, list[Review](), None
        self._numbers = count(1)

    def add(self, kind: ReviewKind, day: int = 0, **values: object) -> Review:
        seq, at = next(self._numbers), START + timedelta(days=day)
        row = Review(seq, f"row{seq}", 7, kind, at, 0, at.date(), before=self.held, **values)  # type: ignore[arg-type]
        self.rows.append(row)
        return row

    def answer(self, rating: Rating, day: int = 0, preset_id: int = 1) -> Review:
        row = self.add(ReviewKind.SCHEDULED, day, rating=rating, preset_id=preset_id)
        seed = fuzz_seed(self.guid, self.ordinal, self.held.reps if self.held else 0)
        self.held = outcome(self.held, rating, row.answered_at, row.study_day, 0, PRESETS[preset_id], seed)
        return row

    def undo(self, row: Review) -> Review:
        self.held = row.before
        return self.add(ReviewKind.UNDO, undoes=row.uuid)

    def replayed(self) -> Schedule | None:
        return replay(self.rows, PRESETS, self.guid, self.ordinal)


STATE = Schedule(CardState.REVIEW, START, date(2026, 3, 2), 30, None, MemoryState(30.0, 5.0), 9, 1,
                 START - timedelta(days=30), date(2026, 1, 31))


def test_an_empty_log_is_a_new_card() -> None:
    assert Log().replayed() is None


def test_the_answers_give_the_schedule_each_under_its_own_preset() -> None:
    log = Log()
    log.answer(Rating.GOOD)
    log.answer(Rating.GOOD)
    log.answer(Rating.AGAIN, day=5, preset_id=2)
    log.answer(Rating.GOOD, day=9, preset_id=2)
    assert log.replayed() == log.held
    other = [replace(row, preset_id=1) for row in log.rows]
    assert replay(other, PRESETS, "guid", 0) != log.held


def test_cram_answers_and_other_programs_rows_move_nothing() -> None:
    log = Log()
    log.answer(Rating.GOOD)
    log.add(ReviewKind.CRAM, rating=Rating.AGAIN)
    log.add(ReviewKind.IMPORTED, rating=Rating.EASY, origin="manual")
    assert log.replayed() == log.held


def test_after_a_reset_only_later_answers_count() -> None:
    log = Log()
    log.answer(Rating.EASY)
    log.add(ReviewKind.RESET, day=1)
    log.held = None
    assert log.replayed() is None
    log.answer(Rating.GOOD, day=2)
    assert log.replayed() == log.held
    assert log.held is not None and log.held.reps == 1


def test_a_carried_state_is_where_replay_starts() -> None:
    log = Log()
    log.answer(Rating.AGAIN)
    log.held = STATE
    log.add(ReviewKind.STATE, day=1)
    assert log.replayed() == STATE
    log.answer(Rating.GOOD, day=2)
    assert log.replayed() == log.held
    assert log.held.reps == 10


def test_what_was_taken_back_does_not_count_and_neither_does_its_fuzz() -> None:
    log = Log()
    log.answer(Rating.GOOD)
    log.answer(Rating.GOOD)
    before = log.held
    log.undo(log.answer(Rating.AGAIN, day=4))
    assert log.replayed() == before
    log.answer(Rating.GOOD, day=4)
    straight = Log()
    for day, rating in ((0, Rating.GOOD), (0, Rating.GOOD), (4, Rating.GOOD)):
        straight.answer(rating, day)
    assert log.replayed() == straight.held


def test_a_reset_that_was_taken_back_does_not_count() -> None:
    log = Log()
    log.answer(Rating.EASY)
    held = log.held
    row = log.add(ReviewKind.RESET, day=1)
    log.add(ReviewKind.UNDO, day=1, undoes=row.uuid)
    assert log.replayed() == held


def test_the_place_in_the_log_orders_it_and_not_the_clock() -> None:
    log = Log()
    log.answer(Rating.EASY, day=400)
    log.answer(Rating.GOOD, day=0)
    assert log.replayed() == log.held
    assert replay(reversed(log.rows), PRESETS, "guid", 0) == log.held


def test_the_rows_that_stand_are_in_order_and_without_what_was_taken_back() -> None:
    log = Log()
    first = log.answer(Rating.GOOD)
    second = log.answer(Rating.AGAIN)
    log.undo(second)
    third = log.add(ReviewKind.CRAM, rating=Rating.HARD)
    assert standing(reversed(log.rows)) == [first, third]


def test_the_guid_and_ordinal_decide_the_fuzz_and_nothing_else_of_the_card_does() -> None:
    def long_history(guid: str, ordinal: int) -> Log:
        log = Log(guid, ordinal)
        for day in (0, 1, 20, 90, 300, 800):
            log.answer(Rating.EASY, day)
        return log

    first = long_history("guid", 0)
    moved = [replace(row, card_id=99, uuid=f"other{row.uuid}") for row in first.rows]
    assert replay(moved, PRESETS, "guid", 0) == first.held
    others = [long_history(f"guid{number}", 0).held for number in range(5)]
    assert len({one.due_on for one in others if one}) > 1


@given(st.lists(st.tuples(st.sampled_from(["answer", "undo", "reset", "cram", "state"]), st.sampled_from(Rating),
                          st.integers(-3, 40), st.sampled_from([1, 2])), max_size=30))
def test_any_log_replays_to_the_schedule_it_was_written_from(
        acts: list[tuple[str, Rating, int, int]]) -> None:
    log, day, undoable = Log(), 0, list[Review]()
    for act, rating, days, preset_id in acts:
        day += days
        if act == "answer":
            undoable.append(log.answer(rating, day, preset_id))
        elif act == "undo" and undoable:
            log.undo(undoable.pop())
        elif act == "cram":
            log.add(ReviewKind.CRAM, day, rating=rating)
        elif act == "reset":
            undoable.append(log.add(ReviewKind.RESET, day))
            log.held = None
        elif act == "state":
            undoable.clear()
            log.held = STATE
            log.add(ReviewKind.STATE, day)
        assert log.replayed() == log.held
