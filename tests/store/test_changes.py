"""Changes that are written with both sides of every row, and taken back from that record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import a_note, a_pair
from sqlalchemy import Connection, Table, select

from flashcore.errors import UndoRefused
from flashcore.store import content
from flashcore.store.changes import ChangeSet, take_back
from flashcore.store.database import Database
from flashcore.store.history import newest_change
from flashcore.store.schema import card, change, note

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()]


def some_cards(connection: Connection) -> list[int]:
    changes = ChangeSet(connection)
    return [card_id for one in (a_note(guid="one"), a_pair(guid="two"))
            for card_id in content.add_note(changes, one, "Medicine", NOW)[1]]


def recorded(changes: ChangeSet) -> tuple[str, str]:
    """Both sides as the table keeps them."""
    return json.dumps(changes.before), json.dumps(changes.after)


def test_rows_that_hold_the_values_already_are_neither_counted_nor_recorded(database: Database) -> None:
    with database.write() as connection:
        first, second, third = some_cards(connection)
        ChangeSet(connection).update(card, [second], flag=3)
        changes = ChangeSet(connection)
        assert changes.update(card, [first, second, third, 99], flag=3) == 2
        assert changes.before == {"card": {first: {"flag": 0}, third: {"flag": 0}}}
        assert changes.after == {"card": {first: {"flag": 3}, third: {"flag": 3}}}
        assert not changes.is_empty()
        again = ChangeSet(connection)
        assert again.update(card, [first, second, third], flag=3) == 0
        assert again.update_each(card, {}) == 0
        assert again.is_empty()


def test_a_row_touched_twice_remembers_what_it_was_first_and_is_last(database: Database) -> None:
    with database.write() as connection:
        first, *_ = some_cards(connection)
        changes = ChangeSet(connection)
        changes.update(card, [first], flag=3)
        changes.update(card, [first], flag=5)
        changes.update(card, [first], suspension="leech")
        assert changes.before == {"card": {first: {"flag": 0, "suspension": None}}}
        assert changes.after == {"card": {first: {"flag": 5, "suspension": "leech"}}}


def test_a_row_changed_and_then_removed_comes_back_as_it_was_first(database: Database) -> None:
    with database.write() as connection:
        first, *_ = some_cards(connection)
        before = rows(connection, card)
        changes = ChangeSet(connection)
        changes.update(card, [first], flag=3)
        assert changes.delete(card, [first, 99]) == 1
        take_back(ChangeSet(connection), "it", *recorded(changes))
        assert rows(connection, card) == before


def test_added_changed_and_removed_rows_are_all_put_back(database: Database) -> None:
    with database.write() as connection:
        first, second, third = some_cards(connection)
        before = rows(connection, note), rows(connection, card)
        changes = ChangeSet(connection)
        content.add_note(changes, a_note(guid="three"), "Medicine", NOW)
        changes.update(card, [first, second], flag=1)
        changes.update(card, [second], deck_id=1, suspension="by_hand")
        changes.delete(card, [third])
        after = ChangeSet(connection)
        take_back(after, "it", *recorded(changes))
        assert (rows(connection, note), rows(connection, card)) == before
        take_back(ChangeSet(connection), "it", *recorded(after))  # taking back is a change like others
        assert [row["guid"] for row in rows(connection, note)] == ["one", "two", "three"]
        assert [row["flag"] for row in rows(connection, card)] == [1, 1, 0]


@pytest.mark.parametrize(("later", "why"), [
    (lambda changes, ids: changes.update(card, ids[:1], flag=7), "card 1 was changed since, by an import or an answer"),
    (lambda changes, ids: changes.delete(card, ids[:1]), "card 1 is no longer there")])
def test_what_was_changed_since_is_not_put_back(database: Database, later: Any, why: str) -> None:
    with database.write() as connection:
        ids = some_cards(connection)
        changes = ChangeSet(connection)
        changes.update(card, ids, flag=3)
        later(ChangeSet(connection), ids)
        before = rows(connection, card)
        with pytest.raises(UndoRefused) as refused:
            take_back(ChangeSet(connection), "the command flag", *recorded(changes))
        assert str(refused.value) == f"cannot undo the command flag: {why}; nothing was changed"
        assert rows(connection, card) == before


def test_another_column_may_have_changed_since(database: Database) -> None:
    with database.write() as connection:
        ids = some_cards(connection)
        changes = ChangeSet(connection)
        changes.update(card, ids, flag=3)
        ChangeSet(connection).update(card, ids, suspension="by_hand")
        take_back(ChangeSet(connection), "it", *recorded(changes))
        assert [(row["flag"], row["suspension"]) for row in rows(connection, card)] == [(0, "by_hand")] * 3


def test_a_removed_row_that_exists_again_is_left(database: Database) -> None:
    with database.write() as connection:
        first, *_ = some_cards(connection)
        row = rows(connection, card)[0]
        changes = ChangeSet(connection)
        changes.delete(card, [first])
        ChangeSet(connection).insert(card, row)
        with pytest.raises(UndoRefused, match="card 1 exists again"):
            take_back(ChangeSet(connection), "it", *recorded(changes))


def test_thousands_of_rows_are_one_change(database: Database) -> None:
    with database.write() as connection:
        content.add_note(ChangeSet(connection), a_note(), "Medicine", NOW)
        first = rows(connection, card)[0]
        connection.execute(card.insert(), [{**first, "id": number, "ordinal": number} for number in range(2, 12_001)])
        changes = ChangeSet(connection)
        assert changes.update(card, range(1, 12_001), flag=2) == 12_000
        take_back(ChangeSet(connection), "it", *recorded(changes))
        assert {row["flag"] for row in rows(connection, card)} == {0}


def test_the_line_of_the_table_holds_both_sides_and_what_else_is_told(database: Database) -> None:
    with database.write() as connection:
        first, *_ = some_cards(connection)
        changes = ChangeSet(connection)
        changes.update(card, [first], flag=3)
        changes.save(7, "uuid", "flag", NOW, also={"why": "für später"})
        assert rows(connection, change) == [{
            "seq": 7, "uuid": "uuid", "what": "flag", "changed_at": 1_772_442_000_000, "undoes": None,
            "before": '{"card": {"1": {"flag": 0}}}',
            "after": '{"card": {"1": {"flag": 3}}, "why": "für später"}'}]


def test_the_newest_change_is_the_newest_of_its_kinds_that_stands(database: Database) -> None:
    with database.write() as connection:
        for seq, what in enumerate(("flag", "tag", "import", "move"), 1):
            ChangeSet(connection).save(seq, f"uuid{seq}", what, NOW)

        def newest(*kinds: str) -> int | None:
            found = newest_change(connection, kinds)
            return found.seq if found else None

        assert newest("flag", "tag", "move") == 4
        assert newest("flag", "tag") == 2
        ChangeSet(connection).save(5, "uuid5", "undo", NOW, undoes="uuid2")
        assert newest("flag", "tag") == 1
        assert newest("delete") is None
