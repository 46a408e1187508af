"""Changing cards and notes: what each command does, what it counts, and that undo takes each back - also after the
collection was closed and opened again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import Watch, a_cloze, a_collection, a_note, a_pair, added, answered, new_cards, reviewed, schedule_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from flashcore.domain.card import Suspension
from flashcore.domain.note_type import BASIC
from flashcore.domain.review import ReviewKind
from flashcore.errors import DeckFileError, NotFoundError, ReadOnlyCollection, UsageError
from flashcore.store.schema import card, deck, note, note_tag, schedule
from flashcore.study.collection import Collection
from flashcore.study.curation import clean_tags


def content(collection: Collection) -> dict[str, list]:
    with collection.database.read() as connection:
        return {table.name: [tuple(row) for row in connection.execute(
            select(table).order_by(*table.primary_key.columns))] for table in (deck, note, note_tag, card, schedule)}


def filled(collection: Collection) -> list[int]:
    """A pair, a learned card and a cloze, in a topic."""
    pair = added(collection, a_pair(tags="system::heart topic::valves one"))
    learned, = added(collection, a_note("Learned?", tags="topic::valves"))
    reviewed(collection, learned, "good good again")
    return [*pair, learned, *added(collection, a_cloze(), "Law")]


COMMANDS: dict[str, Callable[[Collection, list[int]], object]] = {
    "suspend": lambda collection, ids: collection.suspend(ids),
    "bury": lambda collection, ids: collection.bury(ids),
    "reset": lambda collection, ids: collection.reset(ids),
    "delete some": lambda collection, ids: collection.delete(ids[:1]),
    "delete all": lambda collection, ids: collection.delete(ids),
    "move": lambda collection, ids: collection.move(ids, "Law"),
    "move to a new deck": lambda collection, ids: collection.move(ids, "New::Deck"),
    "flag": lambda collection, ids: collection.flag(ids, 5),
    "tag": lambda collection, ids: collection.tag(ids, ["hard", "system::renal", "topic::rhythm"]),
    "untag": lambda collection, ids: collection.untag(ids, ["one", "topic::valves", "system::heart"]),
    "add": lambda collection, ids: added(collection, a_note("New?", tags="topic::valves")),
    "add in a new deck": lambda collection, ids: added(collection, a_pair(), "Another"),
    "edit": lambda collection, ids: collection.edit_note_text(
        ids[0], collection.note_text(ids[0]).replace("Cor pulmonale", "Heart of the lung")),
    "edit a cloze": lambda collection, ids: collection.edit_note_text(
        ids[-1], collection.note_text(ids[-1]).replace("[left]", "left").replace("valve", "[valve] [of]")),
}


@pytest.mark.parametrize("reopens", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_taken_back_whole(tmp_path: Path, command: str, reopens: bool) -> None:
    watch = Watch()
    with a_collection(tmp_path, watch) as collection:
        ids = filled(collection)
        before = content(collection)
        COMMANDS[command](collection, ids)
        after = content(collection)
        assert after != before
        assert collection.check().ok
        watch.forward(days=2)
        if not reopens:
            assert collection.undo() is not None
            assert content(collection) == before
            assert collection.check().ok
    if reopens:
        with a_collection(tmp_path, watch) as collection:
            assert content(collection) == after
            assert collection.undo() is not None
            assert content(collection) == before
            assert collection.check().ok


def test_unsuspend_and_unbury_are_taken_back_too(collection: Collection) -> None:
    ids = new_cards(collection, 3)
    collection.suspend(ids[:2])
    collection.bury(ids[1:])
    before = content(collection)
    assert (collection.unsuspend(ids), collection.unbury(ids)) == (2, 2)
    assert collection.due().new == 3
    collection.undo()
    collection.undo()
    assert content(collection) == before


@pytest.mark.parametrize("command", [
    "suspend", "unsuspend", "bury", "unbury", "reset", "delete", "move", "flag", "tag", "untag"])
def test_an_unknown_card_changes_nothing(collection: Collection, command: str) -> None:
    ids = filled(collection)
    before, words = content(collection), {"move": ["New"], "flag": [1], "tag": [["x"]], "untag": [["one"]]}
    with pytest.raises(NotFoundError) as unknown:
        getattr(collection, command)([*ids, 999], *words.get(command, []))
    assert str(unknown.value) == "no card named '999': flashcore search --json lists the cards and their ids"
    assert content(collection) == before


def test_a_collection_open_for_reading_is_not_changed(collection: Collection, tmp_path: Path) -> None:
    ids = filled(collection)
    with Collection.open_for_reading(tmp_path / "collection.db", clock=collection.clock) as reader:
        for command in COMMANDS.values():
            with pytest.raises(ReadOnlyCollection):
                command(reader, ids)
        with pytest.raises(ReadOnlyCollection):
            reader.undo()
        with pytest.raises(ReadOnlyCollection):
            reader.set_options(None, {"new_per_day": "1"})


def test_what_is_so_already_is_not_counted_and_is_no_change(collection: Collection) -> None:
    first, second = new_cards(collection, 2)
    assert [collection.suspend([first]), collection.suspend([first, second, second])] == [1, 1]
    assert [collection.flag([first], 3), collection.flag([first, second], 3), collection.flag([first], 3)] == [1, 1, 0]
    assert [collection.bury([first]), collection.bury([first])] == [1, 0]
    assert [collection.move([first], "medicine"), collection.move([], "New")] == [0, 0]
    assert [collection.tag([first], ["a"]), collection.tag([first], ["A"]), collection.untag([first], ["none"])] == [
        1, 0, 0]
    assert [collection.reset([first]), collection.delete([])] == [0, 0]
    assert [row.deck for row in collection.decks()] == ["Medicine"]
    undone = []
    while (one := collection.undo()) is not None:
        undone.append(one.what)
    assert undone == ["tagging 1 note", "burying 1 card", "flagging 1 card", "flagging 1 card", "suspending 1 card",
                      "suspending 1 card", "adding 1 note", "adding 1 note"]


def test_suspending_keeps_an_older_reason_and_unsuspending_takes_any(collection: Collection) -> None:
    collection.set_options(None, {"leech_threshold": "1", "leech_suspend": "yes"})
    leech, other = new_cards(collection, 2)
    reviewed(collection, leech, "good good again")
    assert collection.suspend([leech, other]) == 1
    assert [collection.card_details(card_id).card.suspension for card_id in (leech, other)] == [
        Suspension.LEECH, Suspension.BY_HAND]
    assert collection.unsuspend([leech, other]) == 2
    assert collection.find("is:suspended") == []


def test_burying_is_until_the_next_study_day(collection: Collection, watch: Watch) -> None:
    card_id, = new_cards(collection, 1)
    watch.now = watch.now.replace(hour=2)
    collection.bury([card_id])
    assert collection.card_details(card_id).card.buried_until == date(2026, 3, 2)


def test_a_reset_card_is_new_and_its_history_stays(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    reviewed(collection, card_id, "good easy again")
    assert collection.reset([card_id, card_id]) == 1
    details = collection.card_details(card_id)
    assert (details.schedule, details.card.new_order is not None) == (None, True)
    assert [row.kind for row in details.reviews] == [ReviewKind.SCHEDULED] * 3 + [ReviewKind.RESET]
    assert collection.info().reviews == 3
    answered(collection, card_id, "good")
    assert schedule_of(collection, card_id).reps == 1
    assert collection.check().ok


def test_deleting_leaves_siblings_and_takes_the_note_with_its_last_card(collection: Collection) -> None:
    first, second = added(collection, a_pair())
    reviewed(collection, first, "easy")
    assert collection.delete([first]) == 1
    assert collection.find("") == [second]
    assert collection.delete([second]) == 1
    assert (collection.info().notes, collection.info().cards, collection.info().reviews) == (0, 0, 1)
    assert collection.check().ok
    with pytest.raises(NotFoundError):
        collection.card_details(first)


def test_a_deck_is_made_where_a_card_is_moved_and_its_name_is_cleaned(collection: Collection) -> None:
    first, second = added(collection, a_pair())
    assert collection.move([first], " A :: :: B ") == 1
    assert (collection.card_details(first).card.deck, collection.card_details(second).card.deck) == (
        "A::B", "Medicine")
    assert collection.move([first], "a::b") == 0


def test_undoing_a_move_leaves_a_deck_that_others_are_in_by_now(collection: Collection, tmp_path: Path) -> None:
    card_id, = new_cards(collection, 1)
    collection.move([card_id], "New")
    file = tmp_path / "new.md"
    file.write_text("---\ndeck: New\n---\n\nQ: In?\nA: Yes.\n")
    collection.import_file(file)
    assert collection.undo().what == "moving 1 card"
    assert [(row.deck, row.cards) for row in collection.decks()] == [("Medicine", 1), ("New", 1)]
    assert collection.check().ok


@pytest.mark.parametrize("colour", [-1, 8])
def test_there_are_seven_flags(collection: Collection, colour: int) -> None:
    card_id, = new_cards(collection, 1)
    with pytest.raises(UsageError, match=f"flag {colour}: flags are 1 to 7, and 0 for none; nothing was changed"):
        collection.flag([card_id], colour)


# tags


@pytest.mark.parametrize(("held", "given_tags", "after"), [
    ("one", ["two"], "one two"), ("one", ["ONE", "two, three"], "one two three"),
    ("system::cardiovascular", ["system::renal"], "system::renal-urinary"),
    ("system::heart involves::renal x", ["system::Kidney"], "involves::renal x system::renal-urinary"),
    ("depth::recall", ["mechanism"], "depth::mechanism"), ("", ["Pathology"], "discipline::pathology"),
    ("step::1 yield::low", ["step::2ck", "yield::high"], "step::2ck yield::high"),
    ("discipline::pathology", ["discipline::anatomy"], "discipline::pathology discipline::anatomy"),
    ("topic::a", ["topic::b"], "topic::a topic::b"), ("systematic depth", ["system::renal"], "systematic depth "
                                                      "system::renal-urinary")])
def test_tags_are_added_and_an_axis_with_one_value_takes_the_new_one(
        collection: Collection, held: str, given_tags: list[str], after: str) -> None:
    card_id, = added(collection, a_note(tags=held))
    assert collection.tag([card_id], given_tags) == 1
    assert collection.card_details(card_id).note.tags == tuple(after.split())
    assert set(collection.find(f"tag:{after.rsplit(maxsplit=1)[-1]}")) == {card_id}


def test_tags_are_counted_by_note_and_found_at_once(collection: Collection) -> None:
    pair, other = added(collection, a_pair()), new_cards(collection, 1)
    assert collection.tag([*pair, *other], ["hard"]) == 2
    assert collection.find("tag:hard") == [*pair, *other]
    assert collection.untag(pair, ["HARD"]) == 1
    assert collection.find("tag:hard") == other


@pytest.mark.parametrize(("words", "error"), [
    ([""], UsageError), ([" , "], UsageError), (["::"], UsageError), (["depth::foo"], NotFoundError),
    (["system::hart"], NotFoundError), (["step::4"], NotFoundError)])
def test_tags_that_make_no_sense_change_nothing(collection: Collection, words: list[str], error: type) -> None:
    card_id, = new_cards(collection, 1)
    before = content(collection)
    with pytest.raises(error):
        collection.tag([card_id], words)
    assert content(collection) == before


@given(st.lists(st.text(alphabet="ab: ,:", max_size=12), min_size=1, max_size=4))
def test_cleaned_tags_hold_no_spaces_or_commas_and_each_once(words: list[str]) -> None:
    try:
        cleaned = clean_tags(words)
    except UsageError:
        return
    assert len(set(cleaned)) == len(cleaned)
    assert all(tag and not set(tag) & {" ", ","} and tag.strip(":") == tag for tag in cleaned)


# adding and editing


def test_a_note_added_twice_is_named_and_not_refused(collection: Collection) -> None:
    first = collection.add_note(BASIC, ("Same?", "one", "", ""), "A::B", ["x", "y"])
    second = collection.add_note(BASIC, ("Same?", "two", "", ""), "", [])
    assert (first.duplicate_of, second.duplicate_of) == (None, first.note_id)
    details = collection.card_details(second.card_ids[0])
    assert (details.card.deck, details.note.fields) == ("Default", ("Same?", "two", "", ""))
    assert collection.card_details(first.card_ids[0]).note.tags == ("x", "y")
    assert first.guid != second.guid


def test_editing_keeps_learning_and_tells_whether_anything_changed(collection: Collection, watch: Watch) -> None:
    card_id, = new_cards(collection, 1)
    held = reviewed(collection, card_id, "good good")
    text = collection.note_text(card_id)
    assert not collection.edit_note_text(card_id, text)
    assert collection.edit_note_text(card_id, text.replace("Haemoglobin", "Hb"))
    details = collection.card_details(card_id)
    assert (details.note.fields[1], details.schedule) == ("Hb", held)
    assert not collection.edit_note_text(card_id, collection.note_text(card_id))


def test_a_deletion_added_in_the_middle_keeps_the_histories(collection: Collection) -> None:
    first, second = added(collection, a_cloze("The [mitral] valve, the [left] ventricle."))
    held = [reviewed(collection, first, "easy"), reviewed(collection, second, "good")]
    text = collection.note_text(first).replace("valve", "[valve]")
    assert collection.edit_note_text(first, text)
    assert [schedule_of(collection, card_id) for card_id in (first, second)] == held
    answers = {one.card: one.answer for one in collection.search()}
    third = next(card_id for card_id in answers if card_id not in (first, second))
    assert ("mitral" in answers[first], "left" in answers[second], schedule_of(collection, third)) == (True, True, None)
    hidden = {one.card: one.question for one in collection.search()}
    assert "mitral" not in hidden[first] and "left" not in hidden[second] and "valve" not in hidden[third]
    assert collection.check().ok


@pytest.mark.parametrize("text", ["", "just words\n", "Q: one?\nA: 1\n\nQ: two?\nA: 2\n", "Q: one?\n"])
def test_a_text_that_is_not_one_note_is_refused_and_nothing_changed(collection: Collection, text: str) -> None:
    card_id, = new_cards(collection, 1)
    before = content(collection)
    with pytest.raises(DeckFileError):
        collection.edit_note_text(card_id, text)
    assert content(collection) == before


def test_a_change_is_seen_by_the_next_session(collection: Collection, watch: Watch) -> None:
    first, second = new_cards(collection, 2)
    session = collection.review()
    session.answer(3, 1_000)
    collection.move([second], "Elsewhere")
    watch.now += timedelta(minutes=30)
    assert {collection.review("deck:Elsewhere").show().card.id} == {second}
    assert schedule_of(collection, first) is not None
