"""The law of the log over a real collection: whatever is done, replaying the log gives the schedules that are stored,
and taking everything back gives the collection that it began with."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from builders import Watch, a_cloze, a_collection, a_note, a_pair, a_vignette, added
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from flashcore.domain.review import Rating
from flashcore.scheduling.replay import replay
from flashcore.store import history
from flashcore.store.schema import card, deck, note, note_tag, schedule
from flashcore.study.collection import Collection

RATINGS = st.sampled_from(Rating)
OPTIONS = st.sampled_from([
    {"desired_retention": "0.95"}, {"desired_retention": "0.75"}, {"learning_steps": "none"},
    {"learning_steps": "1m 10m 1d"}, {"relearning_steps": "1d"}, {"relearning_steps": "none"}, {"rollover_hour": "0"},
    {"rollover_hour": "12"}, {"rollover_hour": "default"}, {"maximum_interval_days": "3"}, {"leech_threshold": "1"},
    {"leech_threshold": "2", "leech_suspend": "yes"}, {"leech_suspend": "no"}])
DECK_OPTIONS = st.sampled_from([{"desired_retention": "0.85"}, {"learning_steps": "5m"}, {"leech_threshold": "3"}])
DECKS = st.sampled_from(["Medicine", "Medicine::Heart", "Law"])
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]


def content(collection: Collection) -> dict[str, list[Any]]:
    """All rows of what a learner has written and of what is due."""
    with collection.database.read() as connection:
        return {table.name: [tuple(row) for row in connection.execute(
            select(table).order_by(*table.primary_key.columns))] for table in (deck, note, note_tag, card, schedule)}


class Life(RuleBasedStateMachine):
    """A learner who does everything that can be done, in any order, at any hour, in any zone."""

    @initialize(zone=st.sampled_from(ZONES), hour=st.integers(0, 23))
    def begin(self, zone: str, hour: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.watch = Watch(zone=ZoneInfo(zone))
        self.watch.forward(days=4, hours=hour)  # the clocks of New York change on 8 March 2026
        self.collection = a_collection(Path(self.folder.name), self.watch)
        for number in range(3):
            added(self.collection, a_note(f"Fact {number}?", tags="topic::heart leech" if number else "topic::heart"))
        added(self.collection, a_note("Why a murmur?", tags="topic::heart system::cardiovascular"), "Medicine::Heart")
        added(self.collection, a_pair())
        added(self.collection, a_cloze())
        added(self.collection, a_vignette())
        self.ids = self.collection.find("")
        self.began_at = self.changes()
        self.content = content(self.collection)

    def changes(self) -> int:
        with self.collection.database.read() as connection:
            return history.last_seq(connection)

    def one(self, number: int) -> list[int]:
        """One card of those that are there."""
        ids = self.collection.find("")
        return [ids[number % len(ids)]] if ids else []

    @rule(rating=RATINGS)
    def answers_what_is_due(self, rating: Rating) -> None:
        self.collection.review().answer(rating, 5_000, "b")

    @rule(ratings=st.lists(RATINGS, min_size=2, max_size=5))
    def studies_a_while(self, ratings: list[Rating]) -> None:
        session = self.collection.review()
        for rating in ratings:
            session.answer(rating, 5_000)
            self.watch.forward(minutes=2)

    @rule(number=st.integers(0, 50), ratings=st.lists(RATINGS, min_size=1, max_size=3))
    def answers_a_card_due_or_not(self, number: int, ratings: list[Rating]) -> None:
        for rating in ratings:
            self.collection.review(card_ids=self.one(number)).answer(rating, 5_000)
            self.watch.forward(seconds=30)

    @rule(number=st.integers(0, 50))
    def forgets_a_card_again_and_again(self, number: int) -> None:
        for _ in range(3):
            self.collection.review(card_ids=self.one(number)).answer(Rating.EASY, 5_000)
            self.watch.forward(days=3)
            self.collection.review(card_ids=self.one(number)).answer(Rating.AGAIN, 5_000)

    @rule(number=st.integers(0, 50), rating=RATINGS)
    def crams(self, number: int, rating: Rating) -> None:
        before = content(self.collection)
        self.collection.review(card_ids=self.one(number), is_cram=True).answer(rating, 5_000)
        assert content(self.collection) == before

    @rule(rating=RATINGS)
    def answers_and_takes_it_back(self, rating: Rating) -> None:
        before, session = content(self.collection), self.collection.review()
        if session.show() is not None:
            session.answer(rating, 5_000)
            session.undo()
            assert content(self.collection) == before

    @rule()
    def takes_back(self) -> None:
        if self.changes() > self.began_at and self.newest_is_ours():
            self.collection.undo()

    def newest_is_ours(self) -> bool:
        with self.collection.database.read() as connection:
            answer, change = history.newest_answer(connection), history.newest_change(connection, UNDOABLE)
        return max((one.seq for one in (answer, change) if one), default=0) > self.began_at

    @rule(numbers=st.lists(st.integers(0, 50), min_size=1, max_size=4), what=st.sampled_from([
        "suspend", "unsuspend", "bury", "unbury", "reset"]))
    def changes_cards(self, numbers: list[int], what: str) -> None:
        getattr(self.collection, what)([card_id for number in numbers for card_id in self.one(number)])

    @rule(number=st.integers(0, 50), name=DECKS)
    def moves(self, number: int, name: str) -> None:
        self.collection.move(self.one(number), name)

    @rule(number=st.integers(0, 50), tags=st.sampled_from(["leech", "hard", "depth::mechanism", "topic::kidney"]),
          takes=st.booleans())
    def tags(self, number: int, tags: str, takes: bool) -> None:
        (self.collection.untag if takes else self.collection.tag)(self.one(number), [tags])

    @rule(number=st.integers(0, 50), colour=st.integers(0, 7))
    def flags(self, number: int, colour: int) -> None:
        self.collection.flag(self.one(number), colour)

    @rule(number=st.integers(0, 50))
    def deletes(self, number: int) -> None:
        self.collection.delete(self.one(number))

    @rule(name=DECKS)
    def adds(self, name: str) -> None:
        added(self.collection, a_note("Added?", tags="topic::heart"), name)

    @rule(values=OPTIONS)
    def sets_options(self, values: dict[str, str]) -> None:
        self.collection.set_options(None, values)

    @rule(values=DECK_OPTIONS)
    def sets_options_of_a_deck(self, values: dict[str, str]) -> None:
        if any(row.deck == "Medicine" for row in self.collection.decks()):
            self.collection.set_options("Medicine", values)

    @rule(days=st.integers(-2, 40), hours=st.integers(0, 30))
    def lets_time_pass(self, days: int, hours: int) -> None:
        self.watch.forward(days=days, hours=hours)

    @rule(zone=st.sampled_from(ZONES))
    def closes_and_opens_perhaps_far_away(self, zone: str) -> None:
        self.collection.close()
        self.watch.zone = ZoneInfo(zone)
        self.collection = a_collection(Path(self.folder.name), self.watch)

    @invariant()
    def the_log_gives_the_schedules(self) -> None:
        report = self.collection.check()
        assert report.ok, report.problems
        with self.collection.database.read() as connection:
            held, presets = history.schedules(connection), history.presets(connection)
            names, logs = history.card_names(connection), dict(history.logs(connection))
        assert held == {card_id: after for card_id, name in names.items()
                        if (after := replay(logs.get(card_id, ()), presets, *name)) is not None}

    @invariant()
    def new_cards_are_those_without_a_schedule(self) -> None:
        rows = content(self.collection)
        answered, columns = {row[0] for row in rows["schedule"]}, list(card.columns.keys())
        for row in rows["card"]:
            values = dict(zip(columns, row, strict=True))
            assert (values["new_order"] is None) == (values["id"] in answered)

    def teardown(self) -> None:
        if not hasattr(self, "content"):
            return
        while self.newest_is_ours():
            assert self.collection.undo() is not None
        after = content(self.collection)
        assert after["schedule"] == []
        assert after == self.content
        self.collection.close()
        self.folder.cleanup()


UNDOABLE = ("add", "edit", "suspend", "unsuspend", "bury", "unbury", "reset", "delete", "move", "flag", "tag", "untag")

TestLife = Life.TestCase
TestLife.settings = settings(settings.get_profile("flashcore"), max_examples=30, stateful_step_count=20,
                             suppress_health_check=list(HealthCheck))
