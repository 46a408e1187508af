"""Undo over answers and changes: the newest first, whatever it was, also after the collection was opened again."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import Watch, a_collection, a_note, added, answered, new_cards, reviewed, schedule_of

from flashcore.domain.review import ReviewKind
from flashcore.errors import UndoRefused
from flashcore.store import history
from flashcore.study.collection import Collection


def test_there_is_nothing_to_undo_in_a_new_collection(collection: Collection) -> None:
    assert collection.undo() is None


def test_answers_and_changes_are_undone_in_the_order_they_came(collection: Collection) -> None:
    card_id, = added(collection, a_note("One?"))
    collection.flag([card_id], 2)
    answered(collection, card_id, "good")
    collection.tag([card_id], ["hard"])
    answered(collection, card_id, "again")
    answered(collection, card_id, "easy", is_cram=True)
    undone = []
    while (one := collection.undo()) is not None:
        undone.append((one.what, one.card_id, one.is_answer))
    assert undone == [
        ("the answer Easy on 'One?'", card_id, True), ("the answer Again on 'One?'", card_id, True),
        ("tagging 1 note", None, False), ("the answer Good on 'One?'", card_id, True),
        ("flagging 1 card", None, False), ("adding 1 note", None, False)]


def test_undo_goes_on_after_the_collection_was_opened_again(tmp_path: Path) -> None:
    watch = Watch()
    with a_collection(tmp_path, watch) as collection:
        card_id, = added(collection, a_note("One?"))
        held = reviewed(collection, card_id, "good good")
        answered(collection, card_id, "again")
    with a_collection(tmp_path, watch) as collection:
        assert collection.undo().what == "the answer Again on 'One?'"
        assert schedule_of(collection, card_id) == held
    with a_collection(tmp_path, watch) as collection:
        assert collection.undo().what == "the answer Good on 'One?'"
        assert collection.check().ok


def test_what_was_undone_stays_in_the_log(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    answered(collection, card_id, "good")
    undone = collection.undo()
    with collection.database.read() as connection:
        rows = history.log_of(connection, card_id)
    assert [(row.kind, row.undoes) for row in rows] == [(ReviewKind.SCHEDULED, None), (ReviewKind.UNDO, undone.uuid)]
    assert collection.card_details(card_id).reviews == ()
    assert collection.info().reviews == 0


def test_an_undone_answer_does_not_change_what_the_next_one_gives(tmp_path: Path) -> None:
    given = []
    for undoes in (False, True):
        folder, watch = tmp_path / str(undoes), Watch()
        folder.mkdir()
        with a_collection(folder, watch) as collection:
            # the same guid in both, as fuzz is seeded by it
            from flashcore.study import curation

            card_id, = curation.add_note(collection, a_note(guid="same"), "Medicine").card_ids
            for rating in ("easy", "good", "easy", "easy"):
                watch.forward(days=30)
                if undoes:
                    answered(collection, card_id, "again")
                    collection.undo()
                answered(collection, card_id, rating)
            given.append(schedule_of(collection, card_id))
    assert given[0] == given[1]


def test_options_and_imports_are_not_undone(collection: Collection, tmp_path: Path) -> None:
    card_id, = new_cards(collection, 1)
    collection.flag([card_id], 1)
    collection.set_options(None, {"new_per_day": "5"})
    (tmp_path / "deck.md").write_text("Q: In?\nA: Yes.\n")
    collection.import_file(tmp_path / "deck.md")
    assert collection.undo().what == "flagging 1 card"
    assert collection.options()["new_per_day"].value == 5
    assert collection.info().notes == 2


def test_an_answer_given_at_the_same_millisecond_is_undone_alone(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    for rating in ("again", "good", "good"):
        answered(collection, card_id, rating)  # the watch stands still
    for left in (2, 1, 0):
        collection.undo()
        held = schedule_of(collection, card_id)
        assert (held.reps if held else 0) == left
        assert collection.check().ok


def test_undo_after_the_clock_went_back_takes_the_newest_by_its_place_in_the_log(
        collection: Collection, watch: Watch) -> None:
    first, second = new_cards(collection, 2)
    watch.forward(days=400)
    answered(collection, first, "good")
    watch.forward(days=-400)
    answered(collection, second, "good")
    assert [collection.undo().card_id, collection.undo().card_id] == [second, first]


def test_a_change_is_not_undone_where_an_import_changed_the_note_since(
        collection: Collection, tmp_path: Path) -> None:
    file = tmp_path / "deck.md"
    file.write_text("Q: One?\nA: 1\n<!-- id: one -->\n")
    collection.import_file(file)
    card_id, = collection.find("")
    collection.tag([card_id], ["hard"])
    file.write_text("Q: One?\nA: 2\nTags: new\n<!-- id: one -->\n")
    collection.import_file(file)
    with pytest.raises(UndoRefused) as refused:
        collection.undo()
    assert str(refused.value) == ("cannot undo tagging 1 note: note 1 was changed since, by an import or an "
                                  "answer; nothing was changed")
    assert collection.card_details(card_id).note.tags == ("depth::recall", "new", "hard")
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
    with collection.database.write() as connection:  # as an import of another program's schedule would
        history.write_schedule(connection, card_id, None)
    with pytest.raises(UndoRefused) as refused:
        collection.undo()
    assert "the schedule of the card was changed since; nothing was changed" in str(refused.value)
    assert collection.info().reviews == 1
