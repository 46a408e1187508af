"""Which card comes next: steps whose minutes are up, due and new cards mixed, learn-ahead, siblings, systems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby

from builders import Watch, a_cloze, a_note, a_pair, added, new_cards, reviewed, schedule_of
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.review import Rating
from flashcore.store.day import Candidate
from flashcore.study.card_queue import LEARN_AHEAD, MOST_IN_A_ROW, CardQueue, interleaved
from flashcore.study.collection import Collection
from flashcore.study.prompt import Finished

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGAIN, HARD, GOOD, EASY = Rating


def due(card_id: int, system: str | None = None, note_id: int | None = None) -> Candidate:
    return Candidate(card_id, note_id or card_id, 1, system)


def step(card_id: int, minutes: float, note_id: int | None = None) -> Candidate:
    return Candidate(card_id, note_id or card_id, 1, None, due_at=NOW + timedelta(minutes=minutes))


def next_id(queue: CardQueue, minutes: float = 0) -> int | None:
    found = queue.next(NOW + timedelta(minutes=minutes))
    return found.card_id if found else None


# the queue alone


def test_a_step_whose_minutes_are_up_comes_before_everything() -> None:
    queue = CardQueue([step(1, 5), step(2, -1)], [due(3)])
    assert [next_id(queue, minutes) for minutes in (-2, -1, 0)] == [3, 2, 2]
    queue.take(2)
    assert [next_id(queue, minutes) for minutes in (0, 4.99, 5)] == [3, 3, 1]


def test_when_nothing_else_is_left_steps_within_twenty_minutes_come_early_the_earliest_first() -> None:
    assert timedelta(minutes=20) == LEARN_AHEAD
    queue = CardQueue([step(1, 19), step(2, 3), step(3, 20.1)], [due(4)])
    assert next_id(queue) == 4
    queue.take(4)
    assert next_id(queue) == 2
    queue.take(2)
    assert next_id(queue) == 1
    queue.take(1)
    assert (next_id(queue), len(queue)) == (None, 1)
    assert next_id(queue, 0.1) == 3


def test_asking_leaves_the_card_in_the_queue() -> None:
    queue = CardQueue([], [due(1), due(2)])
    assert [next_id(queue), next_id(queue)] == [1, 1]
    assert [one.card_id for one in queue.cards()] == [1, 2]


def test_siblings_that_were_not_asked_yet_are_taken_out() -> None:
    queue = CardQueue([step(9, 5, note_id=7)], [due(1, note_id=7), due(2), due(3, note_id=7)])
    queue.take(1)
    queue.drop_siblings(7, 1)
    assert [one.card_id for one in queue.cards()] == [9, 2]


def test_cards_are_dropped_put_first_and_put_last() -> None:
    queue = CardQueue([step(1, 5), step(2, 6)], [due(3), due(4), due(5)])
    queue.drop([1, 4, 99])
    assert [one.card_id for one in queue.cards()] == [2, 3, 5]
    queue.put_first(step(2, 6))
    assert [one.card_id for one in queue.cards()] == [2, 3, 5]
    assert next_id(queue) == 2
    queue.put_last(due(8))
    queue.take(5)
    assert [one.card_id for one in queue.cards()] == [2, 3, 8]


def test_the_second_card_is_the_one_that_follows() -> None:
    def second(queue: CardQueue) -> int | None:
        found = queue.second(NOW)
        return found.card_id if found else None

    assert second(CardQueue([], [])) is None
    assert second(CardQueue([], [due(1)])) is None
    assert second(CardQueue([], [due(1), due(2)])) == 2
    assert second(CardQueue([step(3, 5)], [due(1)])) == 3
    assert second(CardQueue([step(3, -5)], [due(1)])) == 1


# cards of several systems


def runs(order: list[Candidate]) -> list[tuple[str | None, int]]:
    return [(system, len(list(run))) for system, run in groupby(order, key=lambda one: one.system)]


def test_due_and_new_cards_are_spread_over_each_other() -> None:
    order = interleaved([due(number) for number in range(1, 9)], [due(number) for number in (91, 92)])
    assert [one.card_id for one in order] == [1, 2, 91, 3, 4, 5, 6, 92, 7, 8]


def test_a_big_system_waits_for_small_ones_after_three_cards() -> None:
    order = interleaved([due(number, "heart") for number in range(20)], [due(99, "lung"), due(98, None)])
    assert max(length for _, length in runs(order)[:-1]) <= MOST_IN_A_ROW == 3
    assert runs(order)[-1][0] == "heart"


SYSTEMS = st.sampled_from(["heart", "lung", "kidney", None])


@given(st.lists(st.lists(SYSTEMS, max_size=40), max_size=3))
def test_no_more_than_three_of_a_system_follow_each_other_while_others_wait(groups: list[list[str | None]]) -> None:
    numbered, number = [], 0
    for group in groups:
        numbered.append([due(number := number + 1, system) for system in group])
    order = interleaved(*numbered)
    assert {one.card_id for one in order} == set(range(1, number + 1))
    for place, one in enumerate(order[MOST_IN_A_ROW:], MOST_IN_A_ROW):
        if {before.system for before in order[place - MOST_IN_A_ROW:place]} == {one.system}:
            assert {later.system for later in order[place:]} == {one.system}
    for group in numbered:
        for system in {one.system for one in group}:
            wanted = [one.card_id for one in group if one.system == system]
            assert [one.card_id for one in order if one.card_id in wanted] == wanted


# a session over a collection


def asked(collection: Collection, watch: Watch, rating: Rating = GOOD, *, minutes: float = 0.1, most: int = 200,
          query: str = "") -> list[int]:
    """The cards a session asks, each answered the same way after a while."""
    session, ids = collection.review(query), list[int]()
    while (prompt := session.show()) is not None and len(ids) < most:
        ids.append(prompt.card.id)
        watch.forward(minutes=minutes)
        session.answer(rating, 1_000)
    return ids


def test_a_session_asks_steps_first_then_due_and_new_then_steps_early(collection: Collection, watch: Watch) -> None:
    first, second, third = new_cards(collection, 3)
    reviewed(collection, first, "good good")
    watch.now = schedule_of(collection, first).due_at + timedelta(hours=5)
    collection.review(card_ids=[second]).answer(AGAIN, 1_000)
    watch.forward(minutes=0.5)
    session, order = collection.review(), list[int]()
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        watch.forward(minutes=0.6)
        session.answer(GOOD, 1_000)
    # first is due, third is new; second's minute is up after one of them; then the steps of ten minutes
    assert order == [first, second, third, second, third]


def test_a_session_ends_when_no_step_is_due_within_twenty_minutes(collection: Collection, watch: Watch) -> None:
    collection.set_options(None, {"learning_steps": "21m"})
    card_id, = new_cards(collection, 1)
    session = collection.review()
    finished = session.answer(AGAIN, 1_000)
    assert isinstance(finished, Finished)
    assert finished.next_due_at == watch.now + timedelta(minutes=21)
    watch.forward(minutes=1)
    prompt = session.show()
    assert prompt is not None and prompt.card.id == card_id


def test_a_learning_card_comes_back_until_it_is_known_for_the_day(collection: Collection, watch: Watch) -> None:
    first, second = new_cards(collection, 2)
    assert asked(collection, watch, AGAIN, most=7) == [first, second, first, second, first, second, first]
    assert asked(collection, watch, GOOD)[-1] in (first, second)
    assert asked(collection, watch, GOOD) == []


def test_only_one_card_of_a_note_is_asked_a_day(collection: Collection, watch: Watch) -> None:
    pair, cloze = added(collection, a_pair()), added(collection, a_cloze("[a] [b] [c]"))
    days = []
    for _ in range(4):
        days.append(set(asked(collection, watch, EASY)))
        watch.forward(days=1)
    assert days[0] == {pair[0], cloze[0]}
    assert days[1] == {pair[1], cloze[1]}
    assert days[2] == {cloze[2]}


def test_a_due_sibling_waits_for_tomorrow_where_another_was_answered_today(
        collection: Collection, watch: Watch) -> None:
    first, second = added(collection, a_pair())
    for card_id in (first, second):
        reviewed(collection, card_id, "easy")
    watch.now = max(schedule_of(collection, card_id).due_at for card_id in (first, second)) + timedelta(hours=6)
    assert len(asked(collection, watch, EASY)) == 1
    assert collection.due().total == 0
    watch.forward(days=1)
    assert len(asked(collection, watch, EASY)) == 1


def test_systems_are_mixed_in_a_session(collection: Collection, watch: Watch) -> None:
    systems = {}
    for system in ("heart", "lung", "kidney"):
        for card_id in new_cards(collection, 6, deck=f"Medicine::{system}", tags=f"system::{system}"):
            systems[card_id] = system
    order = [systems[card_id] for card_id in asked(collection, watch, EASY)]
    assert len(order) == 18
    for place in range(3, len(order)):
        if len(set(order[place - 3:place + 1])) == 1:
            assert len(set(order[place:])) == 1


def test_the_longest_due_come_first(collection: Collection, watch: Watch) -> None:
    start, ids = watch.now, new_cards(collection, 3)
    for place, card_id in enumerate(ids):
        watch.now = start + timedelta(days=20 - 10 * place)
        reviewed(collection, card_id, "easy")
    watch.forward(days=60)
    days = {card_id: schedule_of(collection, card_id).due_on for card_id in ids}
    assert asked(collection, watch, EASY) == sorted(ids, key=days.__getitem__) == ids[::-1]


def test_a_card_that_is_not_in_the_query_is_not_asked(collection: Collection, watch: Watch) -> None:
    added(collection, a_note("one?", tags="skip"))
    wanted, = added(collection, a_note("two?", tags="take"))
    assert asked(collection, watch, EASY, query="tag:take") == [wanted]
