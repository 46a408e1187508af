"""The law of flashcore's own format: whatever was done in a collection, its export gives the same collection again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import (
    Watch,
    a_cloze,
    a_collection,
    a_note,
    a_pair,
    a_vignette,
    added,
    answered,
    new_cards,
    reviewed,
    schedule_of,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from flashcore.domain.review import Rating
from flashcore.study.collection import Collection
from flashcore.study.import_report import ImportReport

RATINGS = st.sampled_from(Rating)
OPTIONS = st.sampled_from([
    {"desired_retention": "0.95"}, {"learning_steps": "none"}, {"learning_steps": "1m 10m 1d"},
    {"relearning_steps": "1d"}, {"rollover_hour": "0"}, {"rollover_hour": "default"}, {"maximum_interval_days": "3"},
    {"leech_threshold": "1"}, {"leech_threshold": "2", "leech_suspend": "yes"}, {"exam_on": "2027-02-21"},
    {"protected_tags": "mine"}])
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"])
NUMBERS = st.integers(0, 50)


def exported(collection: Collection, path: Path, query: str = "", **how: bool) -> bytes:
    collection.export(path, query, **how)
    return path.read_bytes()


def imported(collection: Collection, path: Path, **how: bool) -> ImportReport:
    report = collection.import_paths([str(path)], **how)
    assert not report.is_refused, report.files
    check = collection.check()
    assert check.ok, check.problems
    return report


def names(collection: Collection) -> dict[int, tuple[str, int]]:
    """What each card is called in every collection, by its id in this one."""
    found = collection.search("")
    return {one.card: (one.guid, collection.card_details(one.card).card.ordinal) for one in found}


def learned(collection: Collection) -> dict[tuple[str, int], Any]:
    """The schedule of every card."""
    return {name: schedule_of(collection, card_id) for card_id, name in names(collection).items()}


def seen(collection: Collection) -> dict[str, Any]:
    """What a learner sees of a collection, without the numbers that are its own."""
    called = names(collection)
    search = [{**one.to_json(), "card": called[one.card], "note": one.guid} for one in collection.search("")]
    details = {}
    for card_id, name in called.items():
        one = collection.card_details(card_id)
        details[name] = [one.note, one.schedule, one.file, one.line, one.added_at, one.card.deck, one.card.suspension,
                         one.card.buried_until, one.card.flag, one.card.new_order is None,
                         [(row.uuid, row.kind, row.answered_at, row.utc_offset_minutes, row.study_day, row.rating,
                           row.duration_ms, row.choice, row.correct, row.undoes, row.leech, row.origin, row.before)
                          for row in one.reviews]]
    session, queue = collection.review(limit=5), []
    while (prompt := session.show()) is not None and len(queue) < 5:
        queue.append(called[prompt.card.id])
        session._queue.take(prompt.card.id)
        session._prompt = None
    new = [called[card_id] for card_id in sorted(
        (card_id for card_id in called if collection.card_details(card_id).schedule is None),
        key=lambda card_id: (collection.card_details(card_id).card.new_order, card_id))]
    decks = [(deck.deck, deck.notes, deck.cards, deck.new, deck.learning, deck.due, deck.suspended)
             for deck in collection.decks()]
    return {"search": search, "details": details, "due": collection.due().to_json(), "new": new, "decks": decks,
            "options": {deck: collection.options(deck) for deck in (None, *(deck[0] for deck in decks))},
            "queue": queue}


class Life(RuleBasedStateMachine):
    """A learner who does everything that can be done; at the end of each life the collection is moved."""

    @initialize(zone=ZONES)
    def begin(self, zone: str) -> None:
        self.folder = Path(tempfile.mkdtemp())
        for name in ("here", "there", "package"):
            (self.folder / name).mkdir()
        self.watch = Watch(zone=ZoneInfo(zone))
        self.collection = a_collection(self.folder / "here", self.watch)
        for number in range(2):
            added(self.collection, a_note(f"Fact {number}?", tags="topic::heart"))
        added(self.collection, a_note("Why a murmur?", tags="topic::heart system::cardiovascular"), "Medicine::Heart")
        added(self.collection, a_pair())
        added(self.collection, a_cloze())
        added(self.collection, a_vignette())
        self.decks = 0

    def one(self, number: int) -> list[int]:
        ids = self.collection.find("")
        return [ids[number % len(ids)]] if ids else []

    @rule(number=NUMBERS, ratings=st.lists(RATINGS, min_size=1, max_size=4), choice=st.sampled_from(["a", "b", None]))
    def answers(self, number: int, ratings: list[Rating], choice: str | None) -> None:
        for rating in ratings:
            for card_id in self.one(number):
                answered(self.collection, card_id, rating, choice=choice)
            self.watch.forward(minutes=2)

    @rule(number=NUMBERS, rating=RATINGS)
    def crams(self, number: int, rating: Rating) -> None:
        for card_id in self.one(number):
            answered(self.collection, card_id, rating, is_cram=True)

    @rule(number=NUMBERS)
    def forgets_again_and_again(self, number: int) -> None:
        for card_id in self.one(number):
            for _ in range(3):
                answered(self.collection, card_id, "easy")
                self.watch.forward(days=3)
                answered(self.collection, card_id, "again")

    @rule()
    def takes_back(self) -> None:
        self.collection.undo()

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3), what=st.sampled_from([
        "suspend", "unsuspend", "bury", "reset", "delete"]))
    def changes_cards(self, numbers: list[int], what: str) -> None:
        for number in numbers:
            getattr(self.collection, what)(self.one(number))

    @rule(number=NUMBERS, deck=st.sampled_from(["Medicine", "Medicine::Heart", "Law"]))
    def moves(self, number: int, deck: str) -> None:
        self.collection.move(self.one(number), deck)

    @rule(number=NUMBERS, tags=st.sampled_from(["leech", "mine", "depth::mechanism", "topic::kidney"]),
          takes=st.booleans())
    def tags(self, number: int, tags: str, takes: bool) -> None:
        (self.collection.untag if takes else self.collection.tag)(self.one(number), [tags])

    @rule(number=NUMBERS, colour=st.integers(0, 7))
    def flags(self, number: int, colour: int) -> None:
        self.collection.flag(self.one(number), colour)

    @rule(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10))
    def adds(self, text: str) -> None:
        added(self.collection, a_note(f"Added {text}?", tags="topic::heart"))

    @rule(number=NUMBERS)
    def edits(self, number: int) -> None:
        for card_id in self.one(number):
            if self.collection.card_details(card_id).note.markup == "markdown":
                text = self.collection.note_text(card_id)
                self.collection.edit_note_text(card_id, text.replace("mitral", "bicuspid").replace("carries", "brings"))

    @rule(values=OPTIONS)
    def sets_options(self, values: dict[str, str]) -> None:
        self.collection.set_options(None, values)

    @rule(values=st.sampled_from([{"desired_retention": "0.85"}, {"learning_steps": "5m"}]))
    def sets_options_of_a_deck(self, values: dict[str, str]) -> None:
        if any(row.deck == "Medicine" for row in self.collection.decks()):
            self.collection.set_options("Medicine", values)

    @rule(second=st.sampled_from(["", "Q: two?\nA: 2\n", "C: the [aorta] and the [vein]\n"]))
    def imports_a_deck_file(self, second: str) -> None:
        path = self.folder / "here" / "deck.md"
        path.write_text(f"Q: one?\nA: 1\n\n{second}")
        imported(self.collection, path)

    @rule(number=NUMBERS, ratings=st.lists(RATINGS, min_size=1, max_size=3))
    def imports_a_package(self, number: int, ratings: list[Rating]) -> None:
        self.decks += 1
        path = self.folder / "package" / f"{self.decks}.apkg"
        folder = self.folder / "package" / str(self.decks)
        folder.mkdir()
        with a_collection(folder, self.watch) as other:
            cards = added(other, a_pair(f"Term {number % 3}", "What it means"), "Other")
            for rating in ratings:
                answered(other, cards[0], rating)
                self.watch.forward(minutes=11)
            other.export(path)
        imported(self.collection, path)

    @rule(days=st.integers(-2, 40), hours=st.integers(0, 30))
    def lets_time_pass(self, days: int, hours: int) -> None:
        self.watch.forward(days=days, hours=hours)

    def teardown(self) -> None:
        if not hasattr(self, "decks"):
            return
        try:
            self.move()
        finally:
            self.collection.close()
            shutil.rmtree(self.folder)

    def move(self) -> None:
        here, file, again = self.collection, self.folder / "all.jsonl", self.folder / "again.jsonl"
        first = exported(here, file)
        with a_collection(self.folder / "there", self.watch) as there:
            imported(there, file)
            assert exported(there, again).decode().split("\n") == first.decode().split("\n")
            assert seen(there) == seen(here)
            for collection in (here, there):
                report = imported(collection, file, theirs=True)  # read again, though it is known
                assert (report.new, report.updated, report.reviews_new, report.rescheduled) == (0, 0, 0, 0)
                assert exported(collection, again) == first
            self.study_on(there, file, again)

    def study_on(self, there: Collection, file: Path, again: Path) -> None:
        """The learner goes on there, and comes back."""
        self.watch.forward(days=1)
        for card_id in there.find("")[:3]:
            answered(there, card_id, "good")
            self.watch.forward(minutes=1)
        later = exported(there, again)
        imported(self.collection, again)
        assert learned(self.collection) == learned(there)
        assert exported(self.collection, again) == later
        imported(self.collection, file)
        assert exported(self.collection, again) == later
        for collection, rating in ((self.collection, "again"), (there, "easy")):
            for card_id in collection.find("")[:2]:
                answered(collection, card_id, rating)
                self.watch.forward(minutes=1)
        mine = learned(self.collection)
        exported(there, file)
        imported(self.collection, file)
        assert learned(self.collection) == mine
        for _ in range(2):  # both have everything then
            exported(self.collection, again)
            imported(there, again)
            exported(there, file)
            imported(self.collection, file)
        assert learned(self.collection) == learned(there)
        report = imported(there, again, theirs=True)
        assert (report.new, report.updated, report.reviews_new, report.rescheduled) == (0, 0, 0, 0)


TestLife = Life.TestCase
TestLife.settings = settings(settings.get_profile("flashcore"), max_examples=12, stateful_step_count=15,
                             suppress_health_check=list(HealthCheck))
