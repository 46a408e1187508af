"""The law of flashcore's own format: whatever was done in a collection, its export gives the same collection again."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import processes
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
    watch_of,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import insert, literal, select

from flashcore.domain.review import Rating
from flashcore.store.ingest_own import BothLogs, Row
from flashcore.store.schema import card, review
from flashcore.study.collection import Collection
from flashcore.study.import_report import ImportReport
from flashcore.study.own_import import Decision, decided

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
        assert (report.new, report.reviews_new, report.rescheduled) == (0, 0, 0)


TestLife = Life.TestCase
TestLife.settings = settings(settings.get_profile("flashcore"), max_examples=8, stateful_step_count=15,
                             suppress_health_check=list(HealthCheck))


# one thing at a time


@pytest.fixture
def pair(tmp_path: Path, watch: Watch) -> Iterator[tuple[Collection, Collection]]:
    """Two collections of one learner, on two machines."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    with a_collection(tmp_path / "here", watch) as here, a_collection(tmp_path / "there", watch) as there:
        yield here, there


def moved(source: Collection, target: Collection, **how: Any) -> ImportReport:
    path = source.path.parent.parent / "all.jsonl"
    source.export(path)
    return imported(target, path, **how)


def edited(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


Pair = tuple[Collection, Collection]


def test_a_collection_that_went_on_is_taken_and_the_log_is_continued(pair: Pair) -> None:
    here, there = pair
    first, second = new_cards(here, 2)
    reviewed(here, first, "good")
    moved(here, there)
    reviewed(there, there.find("")[0], "good good")
    report = moved(there, here)
    assert (report.reviews_new, report.reviews_same, report.rescheduled, report.diverged) == (2, 1, 1, 0)
    assert schedule_of(here, first) == schedule_of(there, there.find("")[0])
    assert schedule_of(here, second) is None
    assert [row.kind for row in here.card_details(first).reviews] == ["scheduled"] * 3


def test_where_both_went_on_ours_stands_and_all_answers_are_kept(pair: Pair) -> None:
    here, there = pair
    card, = new_cards(here, 1)
    reviewed(here, card, "good")
    moved(here, there)
    answered(here, card, "again")
    watch_of(here).forward(minutes=1)
    answered(there, there.find("")[0], "easy")
    ours = schedule_of(here, card)
    report = moved(there, here)
    assert (report.reviews_new, report.rescheduled, report.diverged) == (1, 0, 1)
    assert schedule_of(here, card) == ours
    assert [row.kind for row in here.card_details(card).reviews] == ["scheduled"] * 3 + ["state"]


def test_a_reset_on_the_other_machine_is_one_here(pair: Pair) -> None:
    here, there = pair
    card, = new_cards(here, 1)
    reviewed(here, card, "good good")
    moved(here, there)
    there.reset(there.find(""))
    moved(there, here)
    assert schedule_of(here, card) is None
    assert here.find("is:new") == [card]


def test_an_answer_taken_back_on_the_other_machine_is_taken_back_here(pair: Pair) -> None:
    here, there = pair
    card, = new_cards(here, 1)
    before = reviewed(here, card, "good")
    reviewed(here, card, "easy")
    moved(here, there)
    there.undo()
    moved(there, here)
    assert schedule_of(here, card) == before


def test_a_card_that_was_deleted_comes_back_with_its_history_under_its_old_number(pair: Pair) -> None:
    here, there = pair
    first, second = new_cards(here, 2)
    reviewed(here, first, "good good")
    held, path = schedule_of(here, first), here.path.parent.parent / "older.jsonl"
    here.export(path)
    reviewed(here, first, "again")
    last = schedule_of(here, first)
    here.delete([first])
    moved(here, there)
    assert there.info().reviews == 3  # the history of a card that is gone goes along
    imported(here, path)
    assert here.find("") == [first, second]
    assert held != schedule_of(here, first) == last  # it was studied once more before it was deleted
    imported(there, path)
    assert there.info().reviews == 3
    assert learned(there) == learned(here)


def test_options_are_set_where_none_were_ever_set_here(pair: Pair) -> None:
    here, there = pair
    new_cards(here, 1, "Heart")
    here.set_options(None, {"new_per_day": "7", "rollover_hour": "5"})
    here.set_options("Heart", {"learning_steps": "5m", "leech_threshold": "3"})
    new_cards(there, 1, "heart")
    there.set_options(None, {"new_per_day": "9", "rollover_hour": "6"})
    there.set_options(None, {"rollover_hour": "default"})
    moved(here, there)
    assert {key: there.options()[key].value for key in ("new_per_day", "rollover_hour")} == {
        "new_per_day": 9, "rollover_hour": 4}
    assert there.options("heart")["leech_threshold"].value == 3


def test_an_option_that_is_none_is_left_out_and_named(pair: Pair) -> None:
    here, there = pair
    new_cards(here, 1)
    here.set_options(None, {"new_per_day": "7", "leech_threshold": "3"})
    path = here.path.parent.parent / "all.jsonl"
    here.export(path)
    edited(path, ('"value":"7"', '"value":"many"'), ("leech_threshold", "leach_threshold"))
    report = imported(there, path)
    assert len([one for one in report.files[0].problems if "was left out" in one.what]) == 2
    assert there.options()["new_per_day"].value == 20


def test_a_schedule_that_was_edited_in_the_file_is_taken_and_said_in_the_log(pair: Pair) -> None:
    here, there = pair
    card, = new_cards(here, 1)
    reviewed(here, card, "good good good")
    path = here.path.parent.parent / "all.jsonl"
    here.export(path)
    held = schedule_of(here, card)
    assert held is not None
    edited(path, (f'"due_on":"{held.due_on}"', '"due_on":"2026-12-24"'))
    report = imported(there, path)
    now = schedule_of(there, there.find("")[0])
    assert now == replace(held, due_on=date(2026, 12, 24))
    assert [one.what for one in report.files[0].problems] == [
        "the schedule of 1 card is not the one that its reviews give"]


def test_rows_that_stand_twice_or_name_what_is_not_there_break_no_law(pair: Pair) -> None:
    here, there = pair
    first, second = new_cards(here, 2)
    reviewed(here, first, "good good")
    reviewed(here, second, "good")
    path = here.path.parent.parent / "all.jsonl"
    here.export(path)
    lines = path.read_text().splitlines()
    reviews = [line for line in lines if '"type":"review"' in line]
    other = reviews[2].replace(json.loads(reviews[2])["note"], json.loads(reviews[0])["note"])
    undo = {"type": "review", "kind": "undo", "uuid": "x", "undoes": "nothing", "answered_at": 5,
            "study_day": "2026-01-01", "note": json.loads(reviews[0])["note"], "ordinal": 0}
    path.write_text("\n".join([*lines, reviews[0], other, json.dumps(undo), json.dumps({**undo, "uuid": "y"})]))
    report = imported(there, path)
    assert report.reviews_new == 4
    assert learned(there) == learned(here)
    imported(here, path)
    assert schedule_of(here, first) is not None


def test_a_card_that_became_a_leech_on_the_other_machine_is_one_here(pair: Pair) -> None:
    here, there = pair
    card, = new_cards(here, 1)
    here.set_options(None, {"leech_threshold": "1", "leech_suspend": "yes"})
    reviewed(here, card, "easy")
    moved(here, there)
    reviewed(there, there.find("")[0], "again")
    moved(there, here)
    assert here.find("is:leech is:suspended") == [card]
    assert schedule_of(here, card) == schedule_of(there, there.find("")[0])


def test_the_later_words_of_a_note_hold(pair: Pair) -> None:
    here, there = pair
    card = added(here, a_cloze("The [mitral] valve"))[0]
    moved(here, there)
    for number, word in enumerate(("bicuspid", "left"), 1):
        watch_of(here).forward(minutes=1)
        theirs = there.find("")[0]
        there.edit_note_text(theirs, there.note_text(theirs).replace("mitral", word).replace("bicuspid", word))
        assert moved(there, here).updated == 1, number
        assert here.card_details(card).note == there.card_details(theirs).note
    watch_of(here).forward(minutes=1)
    here.edit_note_text(card, here.note_text(card).replace("left", "mine"))
    report = moved(there, here)
    assert (report.updated, here.card_details(card).note.fields[0]) == (0, "The [mine] valve")


def test_only_the_chosen_notes_go_out_with_their_history(pair: Pair, tmp_path: Path) -> None:
    here, there = pair
    first, second = (added(here, a_note(f"Question {name}?", tags=name), "Heart::Valves")[0] for name in ("one", "two"))
    new_cards(here, 1, "Law")
    reviewed(here, first, "good")
    reviewed(here, second, "good good")
    here.set_options("Heart", {"new_per_day": "3"})
    report = here.export(tmp_path / "two.jsonl", "tag:two")
    assert (report.notes, report.cards, report.reviews) == (1, 1, 2)
    imported(there, tmp_path / "two.jsonl")
    assert [deck.deck for deck in there.decks()] == ["Heart", "Heart::Valves"]
    assert there.options("Heart::Valves")["new_per_day"].value == 3
    assert [schedule_of(there, card_id) for card_id in there.find("")] == [schedule_of(here, second)]


def test_without_scheduling_nothing_of_the_learner_goes_out(pair: Pair, tmp_path: Path) -> None:
    here, there = pair
    (tmp_path / "deck.md").write_text("Q: one?\nA: 1\n")
    imported(here, tmp_path / "deck.md")
    card = here.find("")[0]
    reviewed(here, card, "good")
    here.suspend([card])
    here.flag([card], 3)
    here.set_options(None, {"new_per_day": "3"})
    text = exported(here, tmp_path / "shared.jsonl", with_scheduling=False).decode()
    assert not [word for word in ("review", "preset", "option", "flag", "suspension", "deck.md", "base", "schedule")
                if f'"{word}"' in text or word == "deck.md" in text]
    imported(there, tmp_path / "shared.jsonl")
    assert there.find("is:new -is:suspended") == there.find("")
    here.export(tmp_path / "all.jsonl")
    imported(there, tmp_path / "all.jsonl", with_scheduling=False)
    assert (there.find("is:new -is:suspended"), there.info().reviews) == (there.find(""), 0)


def test_a_dry_run_says_the_same_and_writes_nothing(pair: Pair, tmp_path: Path) -> None:
    here, there = pair
    reviewed(here, new_cards(here, 2)[0], "good")
    here.export(tmp_path / "all.jsonl")
    said = imported(there, tmp_path / "all.jsonl", is_dry_run=True)
    assert there.find("") == []
    assert imported(there, tmp_path / "all.jsonl").to_json() == said.to_json()


def test_media_go_along_and_those_that_are_missing_are_counted(pair: Pair, tmp_path: Path) -> None:
    here, there = pair
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "deck.md").write_text("Q: ![](a.png) one?\nA: 1\n\nQ: ![](b.png) two?\nA: 2\n")
    imported(here, tmp_path / "deck.md")
    assert here.export(tmp_path / "all.jsonl").media == 2
    report = imported(there, tmp_path / "all.jsonl")
    assert (report.media_new, report.media_missing) == (2, 0)
    assert (there.media_path / "a.png").read_bytes() == b"a.png"
    assert exported(there, tmp_path / "again.jsonl") == (tmp_path / "all.jsonl").read_bytes()
    (tmp_path / "all.media" / "b.png").unlink()
    (tmp_path / "third").mkdir()
    with a_collection(tmp_path / "third", watch_of(here)) as third:
        report = imported(third, tmp_path / "all.jsonl")
        assert (report.new, report.media_new, report.media_missing) == (2, 1, 1)


def test_a_note_without_cards_is_kept(pair: Pair, tmp_path: Path) -> None:
    here, there = pair
    added(here, a_cloze("nothing is left out here"))
    new_cards(here, 1)
    first = exported(here, tmp_path / "all.jsonl")
    report = imported(there, tmp_path / "all.jsonl")
    assert (report.new, there.info().notes, there.info().cards) == (2, 2, 1)
    assert exported(there, tmp_path / "again.jsonl") == first


def a_log(words: str, *, file: bool = False) -> tuple[Row, ...]:
    """Rows of a log: uuid:kind:minute:rating, kind by its first letter, ``>`` before the uuid that it takes back; in a
    file ``*`` marks what is new."""
    kinds = {"a": "scheduled", "c": "cram", "r": "reset", "u": "undo", "s": "state", "i": "imported"}
    rows = []
    for place, word in enumerate(words.split(), 1):
        name, kind, minute, rest = word.removeprefix("*").split(":")
        rows.append(Row(place, None if kind == "i" else name, kinds[kind], int(minute),
                        int(rest) if rest.isdigit() else None, rest[1:] if rest.startswith(">") else None,
                        word.startswith("*")))
    return tuple(rows)


@pytest.mark.parametrize(("ours", "theirs", "decision"), [
    ("1:a:1:3", "1:a:1:3 *2:a:2:3", Decision(takes=True)),
    ("", "*1:a:1:3", Decision(takes=True)),
    ("1:a:1:3 2:a:2:3", "1:a:1:3 *3:a:3:3", Decision(says=True, is_diverged=True)),
    ("1:a:1:3 2:a:2:3", "2:a:2:3 1:a:1:3 *3:a:3:3", Decision(takes=True, says=True)),  # another order: not continued
    ("1:a:1:3 2:a:2:3", "2:a:2:3 1:a:1:3 *3:s:3:", Decision(takes=True)),  # from there on the order says nothing
    ("1:a:5:3", "*2:a:1:3 1:a:5:3", Decision(says=True)),  # an older answer
    ("1:i:1:3", "1:a:1:3 *2:a:2:3", Decision(takes=True, says=True)),  # the same answer, by way of another program
    ("1:a:1:3", "1:a:1:3 *2:u:2:>1", Decision(takes=True)),
    ("1:a:1:3 2:a:2:3", "1:a:1:3 *3:u:3:>1", Decision(left_out=(2,))),  # ours was answered after it
    ("1:a:1:3 2:u:2:>1", "1:a:1:3 *3:c:3:2", Decision()),
    ("1:a:1:3 2:r:2:", "1:a:1:3 *3:a:3:3", Decision(takes=True, says=True)),
])
def test_two_logs_of_a_card_become_one(ours: str, theirs: str, decision: Decision) -> None:
    assert decided(BothLogs(1, 1, a_log(ours), a_log(theirs, file=True))) == decision


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of an export that holds everything."""
    folder = tmp_path_factory.mktemp("rich")
    watch = Watch()
    with a_collection(folder, watch) as one:
        cards = [*new_cards(one, 2, tags="topic::heart"), *added(one, a_pair()), *added(one, a_vignette())]
        for name in ("here", "there"):
            (folder / name).mkdir()
        with a_collection(folder / "there", watch) as other:
            reviewed(other, added(other, a_note("From Anki?"))[0], "good good easy")
            other.export(folder / "deck.apkg")
        imported(one, folder / "deck.apkg")
        (folder / "deck.md").write_text("Q: one?\nA: 1\n")
        imported(one, folder / "deck.md")
        for card_id in cards:
            reviewed(one, card_id, "good good")
        answered(one, cards[-1], "again", choice="b")
        answered(one, cards[0], "hard", is_cram=True)
        one.undo()
        one.reset([cards[1]])
        one.suspend([cards[2]])
        one.flag([cards[3]], 2)
        one.set_options("Medicine", {"learning_steps": "5m"})
        one.delete([cards[0]])
        return exported(one, folder / "all.jsonl").decode().splitlines()[:-1]


ODD = (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
       | st.lists(st.integers(), max_size=2)
       | st.sampled_from([0, 1, 2, 3, 1 << 40, "2026-03-05", "1801-01-01", "8999-01-01", "leech", "state", "undo"]))


def changed(value: Any, data: st.DataObject) -> Any:
    """A value of JSON with one value in it another one."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        if isinstance(value, dict):
            return {**value, key: changed(value[key], data)}
        return [*value[:key], changed(value[key], data), *value[key + 1:]]
    return data.draw(ODD)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_change_of_a_file_makes_a_collection_that_is_not_sound(
        tmp_path_factory: pytest.TempPathFactory, rich: list[str], data: st.DataObject) -> None:
    folder, lines = tmp_path_factory.mktemp("odd"), [json.loads(line) for line in rich]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(1, len(lines) - 1))
        line = changed(lines[place], data)
        lines[place] = line if isinstance(line, dict) and line.get("type") == lines[place]["type"] else lines[place]
    (folder / "all.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with a_collection(folder) as one:
        imported(one, folder / "all.jsonl")
        first = exported(one, folder / "again.jsonl")
        one.export(folder / "deck.apkg")
        watch_of(one).forward(days=400)
        for card_id in one.find("-is:suspended")[:5]:
            answered(one, card_id, "good")
        assert one.check().ok
        (folder / "there").mkdir()
        with a_collection(folder / "there") as other:
            imported(other, folder / "again.jsonl")
            assert exported(other, folder / "third.jsonl") == first


@pytest.mark.slow
def test_four_hundred_thousand_reviews_take_little_memory(tmp_path: Path, watch: Watch) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    with a_collection(tmp_path / "here", watch) as here:
        new_cards(here, 4_000)
        with here.database.write() as connection:
            for number in range(100):
                connection.execute(insert(review).from_select(
                    ["card_id", "kind", "answered_at", "utc_offset_minutes", "study_day", "rating", "origin",
                     "interval", "last_interval", "factor"],
                    select(card.c.id, literal("imported"), literal(number), literal(0), literal(0), literal(3),
                           literal("review"), literal(1), literal(1), literal(2500))))
        first = hashlib.sha256(exported(here, tmp_path / "all.jsonl")).digest()
    script = ("import resource, sys\nfrom flashcore.study.collection import Collection\n"
              "with Collection.open(sys.argv[1]) as collection:\n"
              "    assert collection.import_file(sys.argv[2]).reviews_new == 400_000\n"
              "    collection.export(sys.argv[3])\n"
              "    assert not collection.find('is:due')\n"
              "print(max(resource.getrusage(who).ru_maxrss for who in "
              "(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))\n")
    peak = processes.run(script, *map(str, (tmp_path / "there" / "collection.db", tmp_path / "all.jsonl",
                                            tmp_path / "again.jsonl")))
    assert int(peak) < 300_000
    assert hashlib.sha256((tmp_path / "again.jsonl").read_bytes()).digest() == first
