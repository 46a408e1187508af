"""Reviews of a file and of the collection made one history; schedules taken from the file or kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders import MONDAY, a_collection, a_note, added, answered, reviewed, schedule_of, watch_of
from formats.hostile_collections import MANUAL, Package, contents, studied_elsewhere
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select

from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState, Schedule
from flashcore.store.schema import imported_file, review
from flashcore.study.collection import Collection
from flashcore.study.import_report import ImportReport

FEBRUARY = datetime(2026, 2, 1, 10, tzinfo=UTC)
NAMES = ("heart", "lung", "kidney")
GUIDS = st.sampled_from(NAMES)


def day(number: float) -> datetime:
    """A moment of February, or after it."""
    return FEBRUARY + timedelta(days=number - 1)


@dataclass
class Desk:
    """A collection, and the files that come and go."""

    collection: Collection
    folder: Path
    numbers: int = 0

    def takes(self, file: Package | Path, **how: Any) -> ImportReport:
        """Import; afterwards replay still gives what is stored, and nothing that was answered is gone."""
        before = self.history()
        report = self.collection.import_file(file if isinstance(file, Path) else self.package(file), **how)
        assert not report.is_refused
        assert self.collection.check().ok
        assert report.new + report.updated + report.same + report.skipped == sum(one.notes for one in report.files)
        assert before <= self.history()
        return report

    def package(self, made: Package) -> Path:
        self.numbers += 1
        return made.package(self.folder / f"in{self.numbers}.apkg")

    def exports(self) -> Path:
        self.numbers += 1
        path = self.folder / f"out{self.numbers}.apkg"
        self.collection.export(path)
        return path

    def phone(self, package: Path, *answers: tuple[str, int, datetime, int, int]) -> Path:
        self.numbers += 1
        return studied_elsewhere(package, self.folder / f"phone{self.numbers}.apkg", answers)

    def card(self, guid: str = "heart", ordinal: int = 0) -> int:
        [found] = (one.card for one in self.collection.search() if
                   (details := self.collection.card_details(one.card)).note.guid == guid
                   and details.card.ordinal == ordinal)
        return found

    def schedule(self, guid: str = "heart") -> Schedule | None:
        return schedule_of(self.collection, self.card(guid))

    def history(self) -> set[tuple[int, int, int, str]]:
        with self.collection.database.read() as connection:
            return {tuple(row) for row in connection.execute(
                select(review.c.seq, review.c.card_id, review.c.answered_at, review.c.kind))}

    def every_answer(self) -> set[tuple[int, int, int]]:
        """Every row of the log that tells of an answer, here or elsewhere, taken back or not."""
        with self.collection.database.read() as connection:
            return {tuple(row) for row in connection.execute(
                select(review.c.card_id, review.c.answered_at, review.c.rating).where(review.c.rating.is_not(None)))}

    def rows(self, guid: str = "heart") -> list[tuple[str, int | None, datetime]]:
        """Kind, rating and moment of the rows of a card."""
        with self.collection.database.read() as connection:
            return [(row[0], row[1], datetime.fromtimestamp(row[2] / 1000, UTC)) for row in connection.execute(
                select(review.c.kind, review.c.rating, review.c.answered_at)
                .where(review.c.card_id == self.card(guid)).order_by(review.c.seq))]


@pytest.fixture
def desk(collection: Collection, tmp_path: Path) -> Desk:
    folder = tmp_path / "files"
    folder.mkdir()
    return Desk(collection, folder)


def merged(report: ImportReport) -> tuple[int, int, int, int]:
    """What came of the reviews."""
    return report.reviews_new, report.reviews_same, report.rescheduled, report.diverged


def a_package(*days: int) -> Package:
    """A note that was answered on these days of February."""
    made = Package().note("heart", "What pumps?", "The heart").note("lung", "What breathes?", "The lung")
    for number in days:
        made.answered("heart", day(number), days=number * 2, stability=float(number))
    return made


def test_a_first_import_takes_history_and_schedule(desk: Desk) -> None:
    assert merged(desk.takes(a_package(1, 5))) == (2, 0, 0, 0)
    taken = desk.schedule()
    assert (taken.state, taken.interval_days, taken.memory.stability_days, taken.reps, taken.last_at) == (
        CardState.REVIEW, 10, 5.0, 2, day(5))
    assert taken.due_on == day(15).date()
    assert desk.schedule("lung") is None


def test_a_later_history_of_the_file_wins(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    assert merged(desk.takes(a_package(1, 5, 15))) == (1, 2, 1, 0)
    assert (desk.schedule().interval_days, desk.schedule().last_at) == (30, day(15))
    assert [kind for kind, *_ in desk.rows()] == ["imported", "imported", "state", "imported", "state"]


def test_an_older_export_changes_nothing(desk: Desk) -> None:
    desk.takes(a_package(1, 5, 15))
    before = contents(desk.collection.path)
    assert merged(desk.takes(a_package(1, 5))) == (0, 2, 0, 0)
    assert merged(desk.takes(a_package())) == (0, 0, 0, 0)
    assert contents(desk.collection.path) == before


def test_studied_on_the_phone_and_came_back(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    reviewed(desk.collection, desk.card(), "good good")
    watch = watch_of(desk.collection)
    away = desk.exports()
    watch.forward(days=100)
    back = desk.phone(away, ("heart", 0, watch.now - timedelta(days=2), 3, 77))
    assert merged(desk.takes(back)) == (1, 4, 1, 0)
    assert (desk.schedule().interval_days, desk.schedule().memory.stability_days, desk.schedule().last_at) == (
        77, 77.0, watch.now - timedelta(days=2))


def test_our_own_export_changes_nothing_at_all(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    added(desk.collection, a_note("What filters?", "The kidney"))
    for card_id in desk.collection.find(""):
        reviewed(desk.collection, card_id, "good again good")
        watch_of(desk.collection).forward(seconds=1)  # to Anki no two answers are of one millisecond
    before = contents(desk.collection.path)
    report = desk.takes(desk.exports())
    assert (report.new, report.updated, report.same, report.reviews_new) == (0, 0, 3, 0)
    assert contents(desk.collection.path) == before


def test_both_sides_have_own_answers(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    away = desk.exports()
    held = reviewed(desk.collection, desk.card(), "good")
    watch_of(desk.collection).forward(days=3)
    back = desk.phone(away, ("heart", 0, watch_of(desk.collection).now - timedelta(days=1), 3, 50))
    assert merged(desk.takes(back)) == (1, 2, 0, 1)
    assert desk.schedule() == held
    assert [kind for kind, *_ in desk.rows()] == ["imported", "imported", "state", "scheduled", "imported"]
    before = contents(desk.collection.path)
    assert merged(desk.takes(desk.phone(away, (
        "heart", 0, watch_of(desk.collection).now - timedelta(days=1), 3, 50)))) == (0, 3, 0, 0)
    assert contents(desk.collection.path) == before


def test_an_answer_with_another_rating_is_another_answer(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    other = a_package(1).answered("heart", day(5), ease=1, days=1)
    assert merged(desk.takes(other)) == (1, 1, 0, 1)


def test_an_answer_taken_back_here_does_not_return(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    held = desk.schedule()
    reviewed(desk.collection, desk.card(), "again")
    away = desk.exports()
    desk.collection.undo()
    assert desk.schedule() == held
    before = contents(desk.collection.path)
    assert merged(desk.takes(away)) == (0, 3, 0, 0)
    assert desk.schedule() == held
    assert contents(desk.collection.path) == before


def test_the_first_answer_taken_back_leaves_a_new_card_new(desk: Desk) -> None:
    desk.takes(a_package())
    answered(desk.collection, desk.card(), "good")
    away = desk.exports()
    desk.collection.undo()
    assert merged(desk.takes(away)) == (0, 1, 0, 0)
    assert desk.schedule() is None


def test_a_cram_answer_here_counts_for_nothing(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    answered(desk.collection, desk.card(), "again", is_cram=True)
    away = desk.exports()
    assert merged(desk.takes(away)) == (0, 2, 0, 0)
    assert merged(desk.takes(a_package(1, 5, 15))) == (1, 2, 1, 0)
    assert desk.schedule().last_at == day(15)


def test_a_card_reset_here_stays_reset_by_an_older_export(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    reviewed(desk.collection, desk.card(), "good")
    away = desk.exports()
    desk.collection.reset([desk.card()])
    before = contents(desk.collection.path)
    for file in (away, a_package(1, 5), a_package(1)):
        assert desk.takes(file).rescheduled == 0
        assert desk.schedule() is None
    assert contents(desk.collection.path) == before


def test_a_card_without_a_log_that_was_reset_here_stays_reset(desk: Desk) -> None:
    made = a_package(1)
    made.reviews.clear()
    desk.takes(made)
    assert desk.schedule() is not None
    desk.collection.reset([desk.card()])
    made.note("third", "One more?", "Yes")
    assert desk.takes(made).new == 1
    assert desk.schedule() is None


def test_a_card_reset_there_keeps_what_stands_here(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    held = desk.schedule()
    made = a_package(1, 5)
    card = made.cards["heart", 0]
    made.reviews.append([round(day(6).timestamp() * 1000), card[0], 0, 0, 0, 10, 0, 0, MANUAL])
    card[6] = card[7] = card[9] = 0
    assert merged(desk.takes(made)) == (1, 2, 0, 0)
    assert desk.schedule() == held


def test_a_card_that_was_new_here_and_learned_there_is_taken(desk: Desk) -> None:
    desk.takes(a_package())
    assert merged(desk.takes(a_package(3))) == (1, 0, 1, 0)
    assert desk.schedule().last_at == day(3)


def test_a_row_that_only_fills_a_gap_of_the_past_moves_nothing(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    held = desk.schedule()
    assert merged(desk.takes(a_package(1, 3, 5))) == (1, 2, 0, 0)
    assert desk.schedule() == held


def test_E28_a_review_to_come_schedules_nothing(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    held = desk.schedule()
    assert merged(desk.takes(a_package(1, 5).answered("heart", day(400), days=99))) == (1, 2, 0, 0)
    assert desk.schedule() == held
    first = desk.takes(Package().note("kidney", "What filters?", "The kidney").answered("kidney", day(400), days=9))
    assert merged(first) == (1, 0, 0, 0)
    assert (desk.schedule("kidney").last_at or MONDAY) <= MONDAY


def test_without_scheduling_nothing_of_learning_is_touched(desk: Desk) -> None:
    report = desk.takes(a_package(1, 5), with_scheduling=False)
    assert (report.new, merged(report), desk.schedule(), desk.rows()) == (2, (0, 0, 0, 0), None, [])
    reviewed(desk.collection, desk.card(), "good")
    held = desk.schedule()
    assert merged(desk.takes(a_package(1, 5, 15), with_scheduling=False)) == (0, 0, 0, 0)
    assert desk.schedule() == held
    assert merged(desk.takes(a_package(1, 5, 15))) == (3, 0, 0, 1)
    assert desk.schedule() == held


def test_suspensions_and_flags_of_the_file_come_with_a_schedule_and_ours_are_never_taken_away(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    desk.collection.flag([desk.card()], 3)
    made = a_package(1, 5, 15)
    made.cards["heart", 0][7], made.cards["heart", 0][16] = -1, 5
    desk.takes(made)
    card = desk.collection.card_details(desk.card()).card
    assert (card.suspension, card.flag) == ("by_hand", 3)
    desk.takes(a_package(1, 5, 15, 20))
    assert desk.collection.card_details(desk.card()).card.suspension == "by_hand"


def test_content_never_touches_learning(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    held = reviewed(desk.collection, desk.card(), "good")
    rows = desk.rows()
    made = a_package(1, 5).note("heart", "What pumps blood?", "The heart!", mod=1_800_000_000)
    assert desk.takes(made).updated == 1
    assert (desk.schedule(), desk.rows()) == (held, rows)


@pytest.mark.parametrize("act", [
    lambda collection, card: collection.suspend([card]), lambda collection, card: collection.bury([card]),
    lambda collection, card: collection.move([card], "Mine"), lambda collection, card: collection.tag([card], ["x"]),
    lambda collection, card: collection.flag([card], 2),
], ids=["suspend", "bury", "move", "tag", "flag"])
def test_what_was_done_here_stands_through_every_import(desk: Desk, act: Callable[[Collection, int], object]) -> None:
    desk.takes(a_package(1, 5))
    act(desk.collection, desk.card())
    before = contents(desk.collection.path)
    details = desk.collection.card_details(desk.card())
    desk.takes(a_package(1))
    desk.takes(a_package(1, 5))
    assert contents(desk.collection.path) == before
    desk.takes(a_package(1, 5, 15))
    after = desk.collection.card_details(desk.card())
    assert (after.card, after.note) == (details.card, details.note)


def test_every_kind_of_row_is_kept_by_name(desk: Desk) -> None:
    desk.takes(a_package(1, 5))
    answered(desk.collection, desk.card(), "good")
    answered(desk.collection, desk.card(), "good", is_cram=True)
    desk.collection.undo()
    desk.takes(a_package(1, 5, 15))
    assert {kind for kind, *_ in desk.rows()} == {
        str(kind) for kind in (ReviewKind.IMPORTED, ReviewKind.STATE, ReviewKind.SCHEDULED, ReviewKind.CRAM,
                               ReviewKind.UNDO)}


# any order of answers here and there


class Travels(RuleBasedStateMachine):
    """Cards are answered here and on a phone, packages go out and come in, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        place = Path(self.folder.name)
        (place / "files").mkdir()
        self.collection = a_collection(place)
        self.desk = Desk(self.collection, place / "files")
        made = a_package(1).note("kidney", "What filters?", "The kidney")
        self.packages = [self.desk.package(made)]
        self.desk.takes(self.packages[0])
        self.answers = self.desk.every_answer()

    def moment(self) -> datetime:
        """Some minutes later than anything before, so that no two answers are of one millisecond."""
        watch = watch_of(self.collection)
        watch.forward(minutes=7)
        return watch.now

    @rule(guid=GUIDS, rating=st.sampled_from(["again", "hard", "good", "easy"]), is_cram=st.booleans())
    def answer_here(self, guid: str, rating: str, is_cram: bool) -> None:
        self.moment()
        answered(self.collection, self.desk.card(guid), rating, is_cram=is_cram)

    @rule()
    def undo(self) -> None:
        self.moment()
        self.collection.undo()

    @rule(guid=GUIDS)
    def reset(self, guid: str) -> None:
        self.moment()
        self.collection.reset([self.desk.card(guid)])

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        watch_of(self.collection).forward(days=days)

    @rule()
    def goes_out(self) -> None:
        self.moment()
        self.packages.append(self.desk.exports())

    @rule(data=st.data(), guid=GUIDS, ease=st.integers(1, 4), days=st.integers(1, 300))
    def answer_there(self, data: st.DataObject, guid: str, ease: int, days: int) -> None:
        package = data.draw(st.sampled_from(self.packages))
        self.packages.append(self.desk.phone(package, (guid, 0, self.moment(), ease, days)))

    @rule(data=st.data(), with_scheduling=st.booleans())
    def comes_in(self, data: st.DataObject, with_scheduling: bool) -> None:
        self.moment()
        package = data.draw(st.sampled_from(self.packages))
        before = {guid: self.desk.schedule(guid) for guid in NAMES}
        report = self.desk.takes(package, with_scheduling=with_scheduling)
        assert (report.new, report.updated, report.same) == (0, 0, 3)
        changed = [guid for guid in NAMES if self.desk.schedule(guid) != before[guid]]
        assert len(changed) <= report.rescheduled <= 3 * with_scheduling
        held = contents(self.collection.path)
        with self.collection.database.write() as connection:
            connection.execute(delete(imported_file))  # so that the same bytes are read again
        again = self.desk.takes(package, with_scheduling=with_scheduling)
        assert (again.reviews_new, again.rescheduled) == (0, 0)
        assert contents(self.collection.path) == held

    @invariant()
    def no_answer_is_lost_and_the_log_gives_what_is_stored(self) -> None:
        answers = self.desk.every_answer()
        assert self.answers <= answers
        self.answers = answers
        assert self.collection.check().ok

    def teardown(self) -> None:
        self.collection.close()
        self.folder.cleanup()


Travels.TestCase.settings = settings(max_examples=8, stateful_step_count=12, deadline=None,
                                     suppress_health_check=list(HealthCheck))
TestTravels = Travels.TestCase


class LongTravels(Travels):
    """The same, for longer."""


LongTravels.TestCase.settings = settings(Travels.TestCase.settings, max_examples=60, stateful_step_count=40)
TestLongTravels = pytest.mark.slow(LongTravels.TestCase)
