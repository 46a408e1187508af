"""Special sessions and cards: leeches, vignettes, cram, limits, given cards."""

from __future__ import annotations

import pytest
from builders import Watch, a_note, a_vignette, added, answered, new_cards, reviewed, schedule_of

from flashcore.domain.card import Suspension
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.study.collection import Collection
from flashcore.study.prompt import Finished, Prompt
from flashcore.study.session import Session

AGAIN, HARD, GOOD, EASY = Rating


def shown(session: Session) -> Prompt:
    prompt = session.show()
    assert prompt is not None
    return prompt


def newest(collection: Collection, card_id: int) -> Review:
    return collection.card_details(card_id).reviews[-1]


# leeches


def test_a_leech_is_tagged_or_set_aside_and_undo_takes_that_back(collection: Collection) -> None:
    collection.set_options(None, {"leech_threshold": "1", "leech_suspend": "yes"})
    card_id, = added(collection, a_note(tags="one Two"))
    reviewed(collection, card_id, "good good again")
    details = collection.card_details(card_id)
    assert (details.note.tags, details.card.suspension) == (("one", "Two", "leech"), Suspension.LEECH)
    assert collection.find("is:leech") == collection.find("tag:leech") == [card_id]
    collection.undo()
    details = collection.card_details(card_id)
    assert (details.note.tags, details.card.suspension) == (("one", "Two"), None)
    assert collection.find("is:leech") == []
    assert collection.check().ok


def test_a_leech_set_aside_is_not_asked_again_in_the_session(collection: Collection, watch: Watch) -> None:
    collection.set_options(None, {"leech_threshold": "1", "leech_suspend": "yes"})
    card_id, = new_cards(collection, 1)
    watch.now = reviewed(collection, card_id, "good good").due_at
    session = collection.review()
    assert isinstance(session.answer(AGAIN, 1_000), Finished)
    assert session.counts.total == 0


def test_undo_leaves_a_leech_tag_that_was_there_before(collection: Collection) -> None:
    collection.set_options(None, {"leech_threshold": "1"})
    by_hand, = added(collection, a_note("By hand?", tags="leech"))
    twice, = added(collection, a_note("Twice?"))
    for card_id, ratings in ((by_hand, "good good again"), (twice, "good good again good again")):
        reviewed(collection, card_id, ratings)
        assert collection.card_details(card_id).note.tags == ("leech",)
        collection.undo()
        assert collection.card_details(card_id).note.tags == ("leech",)


def test_undo_leaves_a_card_set_aside_that_was_so_before(collection: Collection) -> None:
    collection.set_options(None, {"leech_threshold": "1", "leech_suspend": "yes"})
    card_id, = new_cards(collection, 1)
    reviewed(collection, card_id, "good good")
    collection.suspend([card_id])
    reviewed(collection, card_id, "again")
    assert collection.card_details(card_id).card.suspension is Suspension.BY_HAND
    collection.undo()
    assert collection.card_details(card_id).card.suspension is Suspension.BY_HAND


# vignettes


def letters(prompt: Prompt) -> dict[str, int]:
    return {option.letter: option.place for option in prompt.face.options}


def test_the_choice_is_kept_as_the_letter_of_the_note_however_it_was_shown(collection: Collection) -> None:
    collection.set_options(None, {"new_per_day": "99"})
    for number in range(12):
        added(collection, a_vignette(f"Case {number}", right=number % 4))
    session, orders = collection.review(), set()
    for turn in range(12):
        prompt = shown(session)
        orders.add(tuple(letters(prompt).values()))
        letter = "abcd"[turn % 4] if turn % 2 else "ABCD"[turn % 4]
        place = letters(prompt)[letter.upper()]
        session.answer(EASY, 1_000, letter)
        row = newest(collection, prompt.card.id)
        assert (row.choice, row.correct) == ("abcd"[place], place == (prompt.card.id - 1) % 4)
    assert len(orders) > 3
    assert [answer.was_right for answer in session.finished().answers] == [
        newest(collection, answer.card_id).correct for answer in session.finished().answers]


def test_revealed_without_a_choice_nothing_was_chosen(collection: Collection) -> None:
    card_id, = added(collection, a_vignette())
    session = collection.review()
    session.answer(AGAIN, 1_000)
    assert (newest(collection, card_id).choice, newest(collection, card_id).correct) == (None, None)
    assert session.finished().answers[0].was_right is None


def test_a_letter_that_is_no_option_is_no_choice(collection: Collection) -> None:
    vignette, = added(collection, a_vignette())
    basic, = new_cards(collection, 1)
    for card_id in (vignette, basic):
        answered(collection, card_id, "good", choice="h")
        assert (newest(collection, card_id).choice, newest(collection, card_id).correct) == (None, None)


def test_options_stand_still_while_shown_and_are_shuffled_anew_the_next_time(
        collection: Collection, watch: Watch) -> None:
    card_id, = added(collection, a_vignette(options=["a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1"]))
    orders = []
    for _ in range(4):
        session = collection.review(card_ids=[card_id])
        orders.append(tuple(letters(shown(session)).values()))
        assert tuple(letters(shown(collection.review(card_ids=[card_id]))).values()) == orders[-1]
        session.answer(EASY, 1_000)
        watch.forward(days=30)
    assert len(set(orders)) > 1


def test_after_a_wrong_letter_again_is_the_usual_rating(collection: Collection) -> None:
    added(collection, a_vignette(order="fixed"))
    prompt = shown(collection.review())
    assert [prompt.usual_rating(choice) for choice in (None, "b", "B", "a", "D")] == [GOOD, GOOD, GOOD, AGAIN, AGAIN]
    assert letters(prompt) == {"A": 0, "B": 1, "C": 2, "D": 3}


# cram


def test_cram_asks_every_card_until_it_is_known_once_and_moves_nothing(collection: Collection, watch: Watch) -> None:
    first, second, third = new_cards(collection, 3)
    reviewed(collection, first, "good good")
    collection.suspend([third])
    before = schedule_of(collection, first)
    session = collection.review(is_cram=True)
    order = []
    for rating in (AGAIN, GOOD, AGAIN, EASY):
        order.append(shown(session).card.id)
        assert shown(session).outcomes == {}
        assert [shown(session).interval_label(one) for one in Rating] == [""] * 4
        session.answer(rating, 1_000)
    assert order == [first, second, first, first]
    assert session.show() is None
    assert [schedule_of(collection, card_id) for card_id in (first, second)] == [before, None]
    assert [row.kind for row in collection.card_details(second).reviews] == [ReviewKind.CRAM]
    assert newest(collection, second).preset_id is None
    assert collection.check().ok


def test_cramming_what_was_missed(collection: Collection) -> None:
    missed, known = new_cards(collection, 2)
    answered(collection, missed, "again")
    answered(collection, known, "good")
    session = collection.review("rated:2:1", is_cram=True)
    assert shown(session).card.id == missed
    session.answer(GOOD, 1_000)
    assert session.show() is None


def test_undo_in_cram_asks_the_card_again(collection: Collection) -> None:
    first, second = new_cards(collection, 2)
    session = collection.review(is_cram=True)
    session.answer(GOOD, 1_000)
    session.undo()
    assert shown(session).card.id == first
    session.answer(GOOD, 1_000)
    assert shown(session).card.id == second


# limit and given cards


def test_a_limit_counts_cards_and_their_steps_belong_to_them(collection: Collection, watch: Watch) -> None:
    new_cards(collection, 5)
    session, order = collection.review(limit=2), []
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(GOOD, 1_000)
        watch.forward(minutes=10)
    assert sorted(order) == [1, 1, 2, 2]


@pytest.mark.parametrize("is_cram", [True, False])
def test_a_limit_holds_after_an_undo_too(collection: Collection, is_cram: bool) -> None:
    new_cards(collection, 6)
    session, order = collection.review(limit=3, is_cram=is_cram), []
    session.answer(EASY, 1_000)
    session.answer(EASY, 1_000)
    session.undo()
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(EASY, 1_000)
    assert order == [2, 3]


def test_given_cards_are_asked_in_their_order_due_or_not(collection: Collection) -> None:
    first, second, third = new_cards(collection, 3)
    reviewed(collection, second, "easy")
    session, order = collection.review(card_ids=[third, second, 99]), []
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(EASY, 1_000)
    assert order == [third, second]
    assert schedule_of(collection, first) is None


def test_steps_of_given_cards_come_back_after_an_undo_too(collection: Collection, watch: Watch) -> None:
    first, second, third = new_cards(collection, 3)
    session, order = collection.review(card_ids=[first, second, third]), []
    session.answer(AGAIN, 1_000)
    session.answer(EASY, 1_000)
    session.undo()
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(EASY, 1_000)
    assert order == [second, third, first]


def test_acts_on_a_finished_session_do_nothing(collection: Collection) -> None:
    session = collection.review()
    for act in (session.suspend_card, session.suspend_note, session.bury_card, session.bury_note):
        act()
    assert (session.flag(1), session.toggle_mark(), session.refresh()) == (None, None, None)
    assert collection.undo() is None
