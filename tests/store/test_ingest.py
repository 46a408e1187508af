"""Notes of a deck file, added many at once, updated one by one, set aside when they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from builders import a_cloze, a_note, a_pair
from sqlalchemy import Connection, select

from flashcore.domain.card import Suspension
from flashcore.domain.note import Note
from flashcore.store import content, decks, ingest
from flashcore.store.changes import ChangeSet
from flashcore.store.content import Base, StoredNote
from flashcore.store.database import Database
from flashcore.store.schema import ORDER_STEP, card, note_tag

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def place(file_id: int | None, value: Note, line: int = 1, deck: str = "Heart") -> ingest.FilePlace:
    return ingest.FilePlace(file_id, line, value.guid, value.fields, value.tags, deck)


def add(connection: Connection, *values: Note, deck: str = "Heart") -> list[int]:
    file_id = decks.deck_file_id(connection, "/heart.md", "aa", NOW)
    return ingest.add_notes(connection, [(value, place(file_id, value, line, deck))
                                         for line, value in enumerate(values, 1)], NOW)


def held(connection: Connection, note_id: int) -> list[tuple[int, str, Suspension | None]]:
    return [(one.ordinal, one.deck, one.suspension) for one in content.cards_of_notes(connection, [note_id])]


def test_many_notes_are_added_with_cards_tags_and_the_base_of_the_next_merge(database: Database) -> None:
    first, second = a_note(guid="one", tags="Hard system::heart"), a_pair(guid="two")
    with database.write() as connection:
        ids = add(connection, first, second)
        file = Path("/heart.md")
        assert content.all_notes(connection) == {
            ids[0]: StoredNote(ids[0], first, NOW, NOW, file, 1, Base(first.fields, first.tags, "Heart"), "one"),
            ids[1]: StoredNote(ids[1], second, NOW, NOW, file, 2, Base(second.fields, (), "Heart"), "two")}
        assert [held(connection, note_id) for note_id in ids] == [
            [(0, "Heart", None)], [(0, "Heart", None), (1, "Heart", None)]]
        assert connection.execute(select(card.c.new_order)).scalars().all() == [
            ORDER_STEP, 2 * ORDER_STEP, 3 * ORDER_STEP]
        assert sorted(connection.execute(select(note_tag.c.tag)).scalars()) == [
            "hard", "system::cardiovascular", "system::heart"]


def test_the_ids_come_in_the_order_given(database: Database) -> None:
    values = [a_note(f"{number}?", guid=f"guid{(number * 7) % 13_000}") for number in range(13_000)]
    with database.write() as connection:
        ids = add(connection, *values)
        stored = content.all_notes(connection)
        assert [stored[note_id].note.guid for note_id in ids] == [value.guid for value in values]
        assert add(connection) == []


def test_a_note_from_nowhere_has_no_file(database: Database) -> None:
    with database.write() as connection:
        note_id, = ingest.add_notes(connection, [(a_note(guid="one"), place(None, a_note(guid="one"), line=4))], NOW)
        stored = content.notes_by_id(connection, [note_id])[note_id]
        assert (stored.file, stored.line) == (None, 4)


def test_an_update_tells_whether_note_or_deck_differ(database: Database) -> None:
    value = a_note(guid="one")
    with database.write() as connection:
        note_id, = add(connection, value)

        def update(new: Note, line: int = 1, deck: str = "Heart", base: str = "Heart") -> bool:
            return ingest.update_note(ChangeSet(connection), note_id, new, place(1, new, line, deck), base, LATER)

        assert not update(value)
        assert not update(value, line=9)
        assert content.notes_by_id(connection, [note_id])[note_id].line == 9
        assert update(replace(value, tags=("new",)))
        assert update(replace(value, tags=("new",)), deck="Lung")
        assert held(connection, note_id) == [(0, "Lung", None)]
        stored = content.notes_by_id(connection, [note_id])[note_id]
        assert stored.base == Base(value.fields, ("new",), "Lung")


def test_a_card_the_learner_moved_stays_where_it_is(database: Database) -> None:
    value = a_pair(guid="one")
    with database.write() as connection:
        note_id, = add(connection, value)
        first = content.cards_of_notes(connection, [note_id])[0].id
        ChangeSet(connection).update(card, [first], deck_id=decks.deck_id(connection, "Mine"))
        ingest.update_note(ChangeSet(connection), note_id, value, place(1, value, deck="Lung"), "Heart", LATER)
        assert held(connection, note_id) == [(0, "Mine", None), (1, "Lung", None)]


def test_cards_that_left_are_set_aside_once_and_come_back_if_that_was_why(database: Database) -> None:
    value = a_cloze("[a] [b] [c]", guid="one")
    with database.write() as connection:
        note_id, = add(connection, value)
        ids = [one.id for one in content.cards_of_notes(connection, [note_id])]
        ChangeSet(connection).update(card, [ids[0]], suspension="by_hand")
        ChangeSet(connection).update(card, [ids[1]], suspension="leech")
        changes = ChangeSet(connection)
        assert ingest.set_aside(changes, [note_id]) == 1
        assert ingest.set_aside(changes, [note_id]) == 0
        assert [one[2] for one in held(connection, note_id)] == [
            Suspension.BY_HAND, Suspension.LEECH, Suspension.LEFT_FILE]
        assert ingest.update_note(changes, note_id, value, place(1, value), "Heart", LATER)
        assert [one[2] for one in held(connection, note_id)] == [Suspension.BY_HAND, Suspension.LEECH, None]


def test_only_cards_the_note_still_yields_come_back(database: Database) -> None:
    with database.write() as connection:
        note_id, = add(connection, a_cloze("[a] [b]", guid="one"))
        ingest.set_aside(ChangeSet(connection), [note_id])
        value = a_cloze("[a] b", guid="one")
        assert ingest.update_note(ChangeSet(connection), note_id, value, place(1, value), "Heart", LATER)
        assert [one[2] for one in held(connection, note_id)] == [None, Suspension.LEFT_FILE]
