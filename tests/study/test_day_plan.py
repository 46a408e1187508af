"""What a study day asks: limits of decks and their parents, what today already took, buried and suspended cards; and
that the report of what is due is what a session asks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import Watch, a_collection, a_pair, added, answered, new_cards, reviewed, schedule_of, watch_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState
from flashcore.study.collection import Collection
from flashcore.study.counts import DeckDue, DueReport, SystemDue

AGAIN, HARD, GOOD, EASY = Rating


def new_of(report: DueReport) -> dict[str, int]:
    return {row.deck: row.new for row in report.by_deck}


def due_cards(collection: Collection, number: int, deck: str = "Medicine", tags: str = "") -> list[int]:
    """Cards that are due today, learned some days ago; the watch stands where it stood."""
    watch = collection.clock.now_of
    assert isinstance(watch, Watch)
    now, ids = watch.now, new_cards(collection, number, deck, tags=tags)
    watch.now = now - timedelta(days=40)
    for card_id in ids:
        reviewed(collection, card_id, "easy")
    watch.now = now
    return ids


def test_the_limit_of_a_deck_holds_for_it_and_everything_under_it(collection: Collection) -> None:
    new_cards(collection, 10, "A")
    new_cards(collection, 10, "A::B")
    new_cards(collection, 10, "A::B::C")
    new_cards(collection, 10, "D")
    collection.set_options(None, {"new_per_day": "100"})
    collection.set_options("A", {"new_per_day": "9"})
    collection.set_options("A::B::C", {"new_per_day": "2"})
    assert new_of(collection.due()) == {"A": 9, "A::B": 9, "A::B::C": 2, "D": 10}
    asked = Counter(prompt.card.deck for prompt in session_prompts(collection, watch_of(collection)))
    assert asked == {"A": 4, "A::B": 3, "A::B::C": 2, "D": 10}


def test_a_parents_limit_does_not_hold_for_a_child_that_is_studied_alone(collection: Collection) -> None:
    new_cards(collection, 10, "A::B")
    collection.set_options("A", {"new_per_day": "3"})
    collection.set_options("A::B", {"new_per_day": "50"})
    report = collection.due()
    assert (report.new, new_of(report)) == (3, {"A": 3, "A::B": 10})
    assert collection.review("deck:A::B").counts.new == 10
    assert collection.review("deck:a::b is:new").counts.new == 10
    assert collection.review("deck:A::*").counts.new == 3
    collection.set_options("A::B", {"new_per_day": "2"})
    assert collection.review("deck:A::B").counts.new == 2


def test_a_limit_above_them_is_shared_by_the_decks_in_turn(collection: Collection) -> None:
    for deck in ("A::x", "A::y", "A::z"):
        new_cards(collection, 10, deck)
    collection.set_options("A", {"new_per_day": "7"})
    report = collection.due()
    assert (report.new, new_of(report)) == (7, {"A": 7, "A::x": 7, "A::y": 7, "A::z": 7})
    asked = Counter(prompt.card.deck for prompt in session_prompts(collection, watch_of(collection)))
    assert asked == {"A::x": 3, "A::y": 2, "A::z": 2}


def test_new_cards_take_what_room_the_reviews_leave(collection: Collection) -> None:
    due_cards(collection, 4, "A::B")
    new_cards(collection, 9, "A::B")
    collection.set_options("A", {"reviews_per_day": "6"})
    assert (collection.due().due, collection.due().new) == (4, 2)
    answered(collection, collection.find("is:new")[0], EASY)
    assert (collection.due().due, collection.due().new) == (4, 1)
    collection.set_options("A", {"reviews_per_day": "4"})
    assert (collection.due().due, collection.due().new) == (3, 0)


def test_a_learning_step_of_days_takes_room_among_the_reviews_first(collection: Collection, watch: Watch) -> None:
    collection.set_options(None, {"learning_steps": "1d 3d"})
    first, second = new_cards(collection, 2, "A")
    answered(collection, first, AGAIN)
    answered(collection, second, AGAIN)
    watch.forward(days=2)
    due_cards(collection, 3, "A")
    assert (collection.due().learning, collection.due().due) == (2, 3)
    collection.set_options("A", {"reviews_per_day": "3"})
    report, counts = collection.due(), collection.review().counts
    assert (report.learning, report.due) == (counts.learning, counts.due) == (2, 1)
    assert report.by_deck == (DeckDue("A", 0, 2, 1),)
    answered(collection, first, GOOD)
    assert (collection.due().learning, collection.due().due) == (1, 1)


def test_new_cards_answered_today_count_and_tomorrow_brings_as_many_again(
        collection: Collection, watch: Watch) -> None:
    ids = new_cards(collection, 10, "A::B")
    collection.set_options("A", {"new_per_day": "4"})
    answered(collection, ids[0], EASY)
    answered(collection, ids[1], GOOD)
    answered(collection, ids[1], GOOD)
    assert new_of(collection.due()) == {"A": 2, "A::B": 2}
    collection.undo()
    collection.undo()
    assert new_of(collection.due()) == {"A": 3, "A::B": 3}
    watch.forward(days=1)
    assert new_of(collection.due()) == {"A": 4, "A::B": 4}


def test_reviews_have_a_limit_of_their_own_that_counts_what_was_answered(collection: Collection) -> None:
    ids = due_cards(collection, 8, "A::B")
    collection.set_options("A", {"reviews_per_day": "5", "new_per_day": "0"})
    assert collection.due().due == 5
    answered(collection, collection.review().show().card.id, GOOD)
    assert collection.due().due == 4
    assert len(collection.find("is:due")) == 7
    new_cards(collection, 3, "A::B")
    assert (collection.due().new, collection.due().due) == (0, 4)
    assert len(ids) == 8


def test_cram_answers_use_up_no_limit(collection: Collection) -> None:
    ids = new_cards(collection, 3)
    collection.set_options(None, {"new_per_day": "2"})
    answered(collection, ids[0], GOOD, is_cram=True)
    assert collection.due().new == 2


def test_a_limit_of_none_asks_nothing_new(collection: Collection) -> None:
    new_cards(collection, 3)
    collection.set_options(None, {"new_per_day": "0"})
    assert collection.due().total == 0
    assert collection.review().show() is None


def test_buried_and_suspended_cards_are_not_asked(collection: Collection, watch: Watch) -> None:
    first, second, third = new_cards(collection, 3)
    old, older = due_cards(collection, 2)
    collection.suspend([first, old])
    collection.bury([second, older])
    assert [one.card.id for one in session_prompts(collection, watch)] == [third]
    watch.forward(days=1)
    assert {one.card.id for one in session_prompts(collection, watch)} == {second, older}


def test_a_card_buried_on_an_earlier_day_is_asked_again(collection: Collection, watch: Watch) -> None:
    card_id, = new_cards(collection, 1)
    collection.bury([card_id])
    assert collection.due().total == 0
    watch.now = watch.now.replace(hour=3, minute=59) + timedelta(days=1)
    assert collection.due().total == 0
    watch.forward(minutes=1)
    assert collection.due().total == 1


def test_a_learning_step_counts_on_the_study_day_it_ends_in(collection: Collection, watch: Watch) -> None:
    watch.now = watch.now.replace(hour=3, minute=50) + timedelta(days=1)
    first, second = new_cards(collection, 2)
    answered(collection, first, AGAIN)
    answered(collection, second, GOOD)
    assert (collection.due().learning, collection.due().new) == (1, 0)
    watch.forward(minutes=15)
    assert collection.due().learning == 2


def test_siblings_count_once(collection: Collection) -> None:
    added(collection, a_pair())
    assert collection.due().new == 1


def test_a_sibling_of_a_card_in_learning_waits(collection: Collection) -> None:
    first, _ = added(collection, a_pair())
    answered(collection, first, AGAIN)
    assert (collection.due().new, collection.due().learning) == (0, 1)


def test_the_report_counts_by_deck_with_parents_and_by_primary_system(collection: Collection) -> None:
    new_cards(collection, 2, "Medicine::Heart", tags="system::heart involves::renal")
    due_cards(collection, 3, "Medicine::Lung", tags="system::respiratory")
    answered(collection, new_cards(collection, 1, "Medicine", tags="system::heart")[0], AGAIN)
    new_cards(collection, 1, "law")
    report = collection.due()
    assert report == DueReport(
        new=3, learning=1, due=3, minutes=report.minutes, untagged=1,
        by_deck=(DeckDue("law", 1, 0, 0), DeckDue("Medicine", 2, 1, 3), DeckDue("Medicine::Heart", 2, 0, 0),
                 DeckDue("Medicine::Lung", 0, 0, 3)),
        by_system=(SystemDue("cardiovascular", 2, 1, 0), SystemDue("respiratory", 0, 0, 3)))
    assert report.total == 7
    # 3 new cards shown twice and one step at 15 seconds, 3 reviews at 14 seconds
    assert report.minutes == 3
    assert list(report.to_json()) == ["new", "learning", "due", "minutes", "untagged", "by_deck", "by_system"]


def test_the_decks_hold_what_their_children_hold(collection: Collection) -> None:
    new_cards(collection, 2, "A::B")
    collection.suspend(new_cards(collection, 1, "A::C"))
    added(collection, a_pair(), "A")
    due_cards(collection, 1, "A::B")
    assert [row.to_json() for row in collection.decks()] == [
        {"deck": "A", "notes": 5, "cards": 6, "new": 3, "learning": 0, "due": 1, "suspended": 1},
        {"deck": "A::B", "notes": 3, "cards": 3, "new": 2, "learning": 0, "due": 1, "suspended": 0},
        {"deck": "A::C", "notes": 1, "cards": 1, "new": 0, "learning": 0, "due": 0, "suspended": 1}]


def test_the_counts_of_a_session_are_those_of_the_report(collection: Collection) -> None:
    new_cards(collection, 3)
    due_cards(collection, 2)
    counts, report = collection.review().counts, collection.due()
    assert (counts.new, counts.learning, counts.due, counts.minutes) == (
        report.new, report.learning, report.due, report.minutes)
    assert counts.total == 5


def test_an_empty_collection_asks_nothing(collection: Collection) -> None:
    assert collection.due() == DueReport(0, 0, 0, 0, 0, (), ())
    assert collection.review().show() is None
    assert collection.decks() == []


def session_prompts(collection: Collection, watch: Watch, rating: Rating = EASY) -> list:
    """Every prompt of a session; where a step is far, the watch is put forward to it."""
    session, prompts = collection.review(), []
    while True:
        prompt = session.show()
        if prompt is None:
            left = [one.due_at for one in session._queue.cards() if one.due_at]
            if not left or collection.clock.today(min(left), 4) > collection.today():
                return prompts
            watch.now = min(left)
            continue
        prompts.append(prompt)
        session.answer(rating, 1_000)


ACTS = st.lists(st.tuples(st.integers(0, 29), st.sampled_from(["answer", "bury", "suspend", "move", "day", "hours"]),
                          st.sampled_from(Rating)), max_size=40)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(acts=ACTS, limits=st.lists(st.sampled_from([0, 1, 2, 5, 50]), min_size=4, max_size=4),
       zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]))
def test_the_report_is_what_a_session_asks_first(
        tmp_path_factory: pytest.TempPathFactory, acts: list, limits: list[int], zone: str) -> None:
    watch = Watch(zone=ZoneInfo(zone))
    with a_collection(tmp_path_factory.mktemp("plan"), watch) as collection:
        decks = ["A", "A::B", "A::B::C", "D"]
        ids = [card_id for number in range(10) for card_id in (
            *new_cards(collection, 1, decks[number % 4], tags="system::heart" if number % 3 else "system::lung"),
            *added(collection, a_pair(f"term {number}"), decks[(number + 1) % 4]))]
        for deck, limit in zip(("A", "A::B", "D"), limits, strict=False):
            collection.set_options(deck, {"new_per_day": str(limit), "reviews_per_day": str(limits[3])})
        for number, act, rating in acts:
            match act:
                case "answer":
                    answered(collection, ids[number], rating)
                    watch.forward(minutes=7)
                case "move":
                    collection.move([ids[number]], decks[number % 4])
                case "day":
                    watch.forward(days=1 + number % 5)
                case "hours":
                    watch.forward(hours=number % 7)
                case _:
                    getattr(collection, act)([ids[number]])
        report = collection.due()
        assert collection.review().counts.total == report.total
        alone = {row.deck: row.new + row.learning + row.due for row in report.by_deck}
        if not any(act == "move" for _, act, _ in acts):  # siblings in two decks are kept apart only among each other
            assert alone == {deck: collection.review(f'deck:"{deck}"').counts.total for deck in alone}
        decks_asked, kinds, answered_ids = Counter(), Counter(), set()
        for prompt in session_prompts(collection, watch, GOOD):
            if prompt.card.id not in answered_ids:
                answered_ids.add(prompt.card.id)
                decks_asked[prompt.card.deck] += 1
                kinds["new" if prompt.schedule is None else
                      "due" if prompt.schedule.state is CardState.REVIEW else "learning"] += 1
        assert (kinds["new"], kinds["learning"], kinds["due"]) == (report.new, report.learning, report.due)
        for row in report.by_deck:
            inside = sum(count for deck, count in decks_asked.items()
                         if deck == row.deck or deck.startswith(f"{row.deck}::"))
            assert inside == alone[row.deck] if "::" not in row.deck else inside <= alone[row.deck]
        if schedule_of(collection, ids[0]) is not None:
            assert collection.check().ok
