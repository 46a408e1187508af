"""A session: preview is answer, show is idempotent, undo, vignettes, cram, limits, a day that ends in the middle."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.card import Suspension
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.errors import CardChanged, ReadOnlyCollection, UndoRefused
from flashcore.study.collection import Collection
from flashcore.study.prompt import Answered, Finished, Prompt
from flashcore.study.session import Session

AGAIN, HARD, GOOD, EASY = Rating


def shown(session: Session) -> Prompt:
    prompt = session.show()
    assert prompt is not None
    return prompt


def newest(collection: Collection, card_id: int) -> Review:
    return collection.card_details(card_id).reviews[-1]


# what is shown


def test_showing_again_changes_nothing(collection: Collection, watch: Watch) -> None:
    new_cards(collection, 2)
    session = collection.review()
    first = shown(session)
    watch.forward(minutes=5)
    assert session.show() is first
    assert session.counts.total == 2
    assert collection.info().reviews == 0


def test_a_prompt_holds_all_that_a_screen_shows(collection: Collection) -> None:
    card_id, = added(collection, a_note("Why blue?", "Cold.", tags="system::heart topic::skin"), "A::B")
    prompt = shown(collection.review())
    assert (prompt.card.id, prompt.card.deck, prompt.note.question) == (card_id, "A::B", "Why blue?")
    assert (prompt.axes.primary, str(prompt.depth), prompt.schedule) == ("cardiovascular", "mechanism", None)
    assert [prompt.interval_label(rating) for rating in Rating] == [
        "1 min", "6 min", "10 min", f"{prompt.outcomes[EASY].interval_days} d"]
    assert (prompt.position, prompt.total, prompt.is_cram, prompt.file, prompt.line) == (1, 1, False, None, 0)
    assert not prompt.show_system_before
    collection.set_options(None, {"show_system": "before"})
    assert shown(collection.review()).show_system_before


def test_position_and_total_count_what_was_asked_and_what_is_left(collection: Collection) -> None:
    new_cards(collection, 3)
    session = collection.review()
    places = []
    while (prompt := session.show()) is not None and len(places) < 4:
        places.append((prompt.position, prompt.total))
        session.answer(AGAIN if len(places) == 1 else EASY, 1_000)
    assert places == [(1, 3), (2, 4), (3, 4), (4, 4)]


# preview is answer


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(ratings=st.lists(st.sampled_from(Rating), min_size=1, max_size=8), seconds=st.integers(0, 3_000),
       zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]), hour=st.integers(0, 23))
def test_the_interval_given_is_the_one_on_the_button(
        tmp_path_factory: pytest.TempPathFactory, ratings: list[Rating], seconds: int, zone: str, hour: int) -> None:
    watch = Watch(zone=ZoneInfo(zone))
    watch.forward(hours=hour)
    with a_collection(tmp_path_factory.mktemp("preview"), watch) as collection:
        card_id, = new_cards(collection, 1)
        for rating in ratings:
            held = schedule_of(collection, card_id)
            watch.now = max(watch.now, held.due_at) if held else watch.now
            session = collection.review(card_ids=[card_id])
            prompt = shown(session)
            label, promised = prompt.interval_label(rating), prompt.outcomes[rating]
            watch.forward(seconds=seconds)
            answered_at = watch.now
            session.answer(rating, 1_000)
            given_now = schedule_of(collection, card_id)
            assert (given_now.state, given_now.interval_days, given_now.memory, given_now.step) == (
                promised.state, promised.interval_days, promised.memory, promised.step)
            if promised.interval_days:
                assert (given_now.due_on, given_now.due_at, prompt.interval_label(rating)) == (
                    promised.due_on, promised.due_at, label)
            else:
                assert given_now.due_at - answered_at == promised.due_at - prompt.shown_at
            assert (given_now.last_at, given_now.last_on) == (answered_at, promised.last_on)


def test_options_set_while_a_card_is_shown_hold_from_the_next_showing_on(collection: Collection) -> None:
    card_id, other = new_cards(collection, 2)
    session = collection.review()
    promised = shown(session).outcomes[EASY]
    collection.set_options(None, {"desired_retention": "0.75", "learning_steps": "none"})
    session.answer(EASY, 1_000)
    assert schedule_of(collection, card_id) == promised
    assert shown(session).outcomes[AGAIN].state is CardState.REVIEW
    assert collection.check().ok
    assert shown(session).card.id == other


def test_the_day_that_ends_between_showing_and_answering_leaves_the_interval_as_promised(
        collection: Collection, watch: Watch) -> None:
    card_id, = new_cards(collection, 1)
    watch.now = watch.now.replace(hour=3, minute=59) + timedelta(days=1)
    session = collection.review()
    promised = shown(session).outcomes[EASY]
    watch.forward(minutes=5)
    session.answer(EASY, 1_000)
    given_now = schedule_of(collection, card_id)
    assert (given_now.interval_days, given_now.due_on) == (promised.interval_days, promised.due_on)
    assert newest(collection, card_id).study_day == date(2026, 3, 2)
    assert collection.check().ok


# what an answer leaves


def test_an_answer_is_one_line_of_the_log(collection: Collection, watch: Watch) -> None:
    card_id, = new_cards(collection, 1)
    finished = collection.review().answer(EASY, 4_200)
    assert isinstance(finished, Finished)
    row = newest(collection, card_id)
    assert row == Review(row.seq, row.uuid, card_id, ReviewKind.SCHEDULED, watch.now, 0, date(2026, 3, 2), EASY, 4_200,
                         row.preset_id, before=None)


def test_answering_a_finished_session_is_no_answer(collection: Collection) -> None:
    session = collection.review()
    assert isinstance(session.answer(GOOD, 1_000), Finished)
    assert collection.info().reviews == 0


def test_the_summary_tells_what_was_answered_and_what_comes(collection: Collection, watch: Watch) -> None:
    heart, = added(collection, a_note("Heart?", tags="system::heart"))
    added(collection, a_note("Nothing?"))
    session = collection.review()
    session.answer(AGAIN, 30_000)
    session.answer(EASY, 30_000)
    watch.forward(minutes=1)
    finished = session.answer(EASY, 60_000)
    assert isinstance(finished, Finished)
    assert finished.answers == (
        Answered(heart, "Heart?", AGAIN, 30_000, "cardiovascular", None, 0),
        Answered(heart + 1, "Nothing?", EASY, 30_000, None, None, 0),
        Answered(heart, "Heart?", EASY, 60_000, "cardiovascular", None, 0))
    assert finished.by_system == {"cardiovascular": 2, "no system": 1}
    assert finished.minutes == 2
    assert [answer.card_id for answer in finished.missed] == [heart]
    assert finished.next_due_at == min(schedule_of(collection, card_id).due_at for card_id in (heart, heart + 1))
    assert session.finished() == finished


def test_a_negative_duration_is_none(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    collection.review().answer(GOOD, -5)
    assert newest(collection, card_id).duration_ms == 0


def test_a_card_changed_since_it_was_shown_is_shown_anew(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    session = collection.review()
    assert shown(session).schedule is None
    answered(collection, card_id, "good")
    with pytest.raises(CardChanged):
        session.answer(GOOD, 1_000)
    assert collection.info().reviews == 1
    assert shown(session).schedule == schedule_of(collection, card_id)
    session.answer(GOOD, 1_000)
    assert collection.info().reviews == 2
    assert collection.check().ok


def test_a_card_deleted_while_it_waits_is_passed_over(collection: Collection) -> None:
    first, second, third = new_cards(collection, 3)
    session = collection.review()
    shown(session)
    session.prepare()
    collection.delete([second])
    session.answer(EASY, 1_000)
    assert shown(session).card.id == third
    assert first != third


def test_a_collection_open_for_reading_shows_but_takes_no_answer(collection: Collection, tmp_path: Path) -> None:
    new_cards(collection, 1)
    with Collection.open_for_reading(tmp_path / "collection.db", clock=collection.clock) as reader:
        session = reader.review()
        assert shown(session).outcomes
        with pytest.raises(ReadOnlyCollection):
            session.answer(GOOD, 1_000)


def test_the_card_after_is_prepared_as_it_will_be(collection: Collection) -> None:
    first, second = new_cards(collection, 2)
    session = collection.review()
    assert shown(session).card.id == first
    session.prepare()
    collection.tag([second], ["marked"])
    session.answer(EASY, 1_000)
    assert shown(session).note.tags == ("marked",)


# undo


def test_undo_takes_the_newest_answer_back_and_shows_its_card_next(collection: Collection) -> None:
    first, second = new_cards(collection, 2)
    session = collection.review()
    before = shown(session)
    session.answer(EASY, 1_000)
    assert shown(session).card.id == second
    undone = session.undo()
    assert undone is not None
    assert undone.what.startswith("the answer Easy on 'Question ")
    assert (undone.card_id, undone.is_answer) == (first, True)
    again = shown(session)
    assert (again.card, again.outcomes, again.position) == (before.card, before.outcomes, 1)
    assert session.finished().answers == ()
    assert session.counts.total == 2


def test_undo_goes_back_as_far_as_there_are_answers_and_then_says_so(collection: Collection, watch: Watch) -> None:
    ids = new_cards(collection, 3)
    session = collection.review()
    for rating in (AGAIN, GOOD, EASY, HARD, AGAIN):
        session.answer(rating, 1_000)
        watch.forward(minutes=1)
    for _ in range(5):
        assert session.undo() is not None
    assert shown(session).card.id == ids[0]
    assert all(schedule_of(collection, card_id) is None for card_id in ids)
    while collection.undo() is not None:  # the notes that were added
        pass
    assert session.undo() is None
    with pytest.raises(CardChanged):
        session.answer(GOOD, 1_000)
    assert session.show() is None


def test_a_question_of_many_words_is_named_by_its_first(collection: Collection) -> None:
    added(collection, a_note("What  is\n\x1b[31m " + "very " * 20 + "long?"))
    session = collection.review()
    session.answer(GOOD, 1_000)
    undone = session.undo()
    assert undone is not None
    assert "\x1b" not in undone.what
    assert undone.what.endswith("...'")
    assert len(undone.what) < 90


def test_undoing_what_is_no_answer_shows_the_card_it_was_about(collection: Collection) -> None:
    first, second, _ = new_cards(collection, 3)
    session = collection.review()
    assert shown(session).card.id == first
    session.suspend_card()
    assert shown(session).card.id == second
    undone = session.undo()
    assert undone is not None and undone.what == "the command suspend (1 card)"
    assert shown(session).card.id == first
    assert shown(session).card.suspension is None


def test_undoing_a_change_of_a_card_that_is_not_in_the_session_does_not_show_it(collection: Collection) -> None:
    card_id, other = new_cards(collection, 2)
    reviewed(collection, other, "easy")
    collection.suspend([other])
    session = collection.review()
    session.undo()
    assert shown(session).card.id == card_id
    assert session.counts.total == 1


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


# the study day ends in the middle of a session


def test_a_new_study_day_brings_its_own_cards(collection: Collection, watch: Watch) -> None:
    new_cards(collection, 6)
    collection.set_options(None, {"new_per_day": "2"})
    watch.now = watch.now.replace(hour=3, minute=30) + timedelta(days=1)
    session = collection.review()
    order = [shown(session).card.id]
    session.answer(EASY, 1_000)
    waiting = shown(session).card.id
    watch.forward(hours=1)
    assert shown(session).card.id == waiting  # the card on the screen stays
    session.answer(EASY, 1_000)
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(EASY, 1_000)
    assert len({*order, waiting}) == 4
    assert collection.check().ok


def test_siblings_left_for_tomorrow_come_when_tomorrow_does(collection: Collection, watch: Watch) -> None:
    first, second = added(collection, a_pair())
    session = collection.review()
    session.answer(EASY, 1_000)
    assert session.show() is None
    watch.forward(days=1)
    assert shown(session).card.id == second
    assert first != second


# on the card shown


def test_a_card_or_a_whole_note_is_set_aside_and_the_next_one_shown(collection: Collection) -> None:
    cloze, pair = added(collection, a_cloze("[a] [b]")), added(collection, a_pair())
    last, = new_cards(collection, 1)
    session = collection.review()
    assert shown(session).card.id == cloze[0]
    session.suspend_note()
    assert shown(session).card.id == pair[0]
    session.bury_note()
    assert shown(session).card.id == last
    session.bury_card()
    assert session.show() is None
    held = {card_id: collection.card_details(card_id).card for card_id in (*cloze, *pair, last)}
    assert [held[card_id].suspension for card_id in cloze] == [Suspension.BY_HAND] * 2
    assert [held[card_id].buried_until for card_id in (*pair, last)] == [date(2026, 3, 3)] * 3
    for what in ("bury (1 card)", "bury (2 cards)", "suspend (2 cards)"):
        undone = session.undo()
        assert undone is not None and undone.what == f"the command {what}"
    assert {collection.card_details(card_id).card for card_id in held} != set(held.values())
    assert collection.due().new == 3


def test_a_flag_and_a_mark_stay_on_the_card_shown(collection: Collection) -> None:
    card_id, = added(collection, a_note(tags="one"))
    session = collection.review()
    shown(session)
    assert session.flag(3).card.flag == 3
    assert session.toggle_mark().note.tags == ("one", "marked")
    details = collection.card_details(card_id)
    assert (details.card.flag, details.note.tags) == (3, ("one", "marked"))
    assert session.toggle_mark().note.tags == ("one",)
    assert session.flag(0).card.flag == 0
    session.answer(GOOD, 1_000)
    assert newest(collection, card_id).rating is GOOD


def test_acts_on_a_finished_session_do_nothing(collection: Collection) -> None:
    session = collection.review()
    for act in (session.suspend_card, session.suspend_note, session.bury_card, session.bury_note):
        act()
    assert (session.flag(1), session.toggle_mark(), session.refresh()) == (None, None, None)
    assert collection.undo() is None


def test_after_an_edit_the_card_is_shown_as_it_is_now(collection: Collection) -> None:
    added(collection, a_note("Old?"))
    session = collection.review()
    before = shown(session)
    collection.edit_note_text(before.card.id, collection.note_text(before.card.id).replace("Old?", "New?"))
    after = session.refresh()
    assert after is not None
    assert (after.card.id, after.note.question, after.outcomes) == (before.card.id, "New?", before.outcomes)
    session.answer(GOOD, 1_000)
    assert collection.check().ok


def test_an_answer_older_than_a_later_reset_is_undone_after_it(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    answered(collection, card_id, "good")
    held = schedule_of(collection, card_id)
    collection.reset([card_id])
    assert schedule_of(collection, card_id) is None
    collection.undo()
    assert schedule_of(collection, card_id) == held
    collection.undo()
    assert schedule_of(collection, card_id) is None
    assert collection.check().ok


def test_undo_is_refused_where_something_later_builds_on_the_answer(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    answered(collection, card_id, "good")
    from flashcore.store import history

    with collection.database.write() as connection:  # as an import of another program's schedule would
        history.write_schedule(connection, card_id, None)
    with pytest.raises(UndoRefused) as refused:
        collection.undo()
    assert "the schedule of the card was changed since; nothing was changed" in str(refused.value)
    assert collection.info().reviews == 1
