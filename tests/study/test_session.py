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
from flashcore.errors import CardChanged, ReadOnlyCollection
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
    assert undone is not None and undone.what == "suspending 1 card"
    assert shown(session).card.id == first
    assert shown(session).card.suspension is None


def test_undoing_a_flag_or_a_mark_leaves_the_card_on_the_screen(collection: Collection, watch: Watch) -> None:
    start, due = watch.now, new_cards(collection, 5, tags="system::heart")
    for card_id in due:
        reviewed(collection, card_id, "easy")
    watch.now = start + timedelta(days=40)
    new_cards(collection, 5, tags="system::renal")
    session = collection.review()
    for rating in (EASY, AGAIN, GOOD, EASY):
        card_id = shown(session).card.id
        session.flag(3)
        session.toggle_mark()
        assert [session.undo().what, session.undo().what] == ["tagging 1 note", "flagging 1 card"]
        prompt = shown(session)
        assert (prompt.card.id, prompt.card.flag, "marked" in prompt.note.tags) == (card_id, 0, False)
        session.answer(rating, 1_000)
    assert collection.check().ok


def test_undoing_a_change_of_a_card_that_is_not_in_the_session_does_not_show_it(collection: Collection) -> None:
    card_id, other = new_cards(collection, 2)
    reviewed(collection, other, "easy")
    collection.suspend([other])
    session = collection.review()
    session.undo()
    assert shown(session).card.id == card_id
    assert session.counts.total == 1


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
    for what in ("burying 1 card", "burying 2 cards", "suspending 2 cards"):
        undone = session.undo()
        assert undone is not None and undone.what == what
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
