"""Changes that are no answers: written together with a record of each row before and after, and taken back from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, exists, insert, select, update

from flashcore.errors import UndoRefused
from flashcore.store.columns import to_millis
from flashcore.store.schema import card, change, deck, note, schedule

_IN_ORDER = (deck, note, card, schedule)  # parents first: inserted in this order, deleted in the other
_NOT_THE_LEARNERS = frozenset({"new_order"})  # worked out again whenever notes of the topic change
_AT_ONCE = 5_000

Image = dict[str, dict[int, dict[str, Any] | None]]
"""For each table and row the columns of interest; None where there is no such row."""


class ChangeSet:
    """Writes rows and remembers both sides of each, for one line of table ``change``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before: Image = {}
        self.after: Image = {}

    def update(self, table: Table, keys: Sequence[int], **values: Any) -> int:
        """Set the same columns of many rows; rows that hold those values already are left out of count and record."""
        return self.update_each(table, dict.fromkeys(keys, values))

    def update_each(self, table: Table, values: Mapping[int, Mapping[str, Any]]) -> int:
        """Set columns row by row, all rows the same columns; returns how many rows differ from before."""
        if not values:
            return 0
        names = sorted(next(iter(values.values())))
        key = table.primary_key.columns[0]
        held: dict[int, dict[str, Any]] = {}
        for chunk in _chunks(list(values)):
            rows = self.connection.execute(select(key, *(table.c[name] for name in names)).where(key.in_(chunk)))
            held |= {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
        different = {row_id: dict(values[row_id]) for row_id in held if held[row_id] != dict(values[row_id])}
        for row_id, now in different.items():
            self._remember(table, row_id, held[row_id], now)
        if different:
            statement = update(table).where(key == bindparam("row_key")).values({name: bindparam(f"new_{name}")
                                                                                 for name in names})
            self.connection.execute(statement, [
                {"row_key": row_id, **{f"new_{name}": value for name, value in now.items()}}
                for row_id, now in different.items()])
        return len(different)

    def insert(self, table: Table, row: Mapping[str, Any]) -> int:
        """Add a row and return its key."""
        key = table.primary_key.columns[0]
        result = self.connection.execute(insert(table).values(dict(row)))
        row_id = int(result.inserted_primary_key[0]) if result.inserted_primary_key else int(row[key.name])
        whole = self.connection.execute(select(table).where(key == row_id)).mappings().one()
        self._remember(table, row_id, None, dict(whole))
        return row_id

    def delete(self, table: Table, keys: Sequence[int]) -> int:
        """Remove rows, kept whole in the record; returns how many there were."""
        key = table.primary_key.columns[0]
        count = 0
        for chunk in _chunks(keys):
            rows: Sequence[RowMapping] = self.connection.execute(select(table).where(key.in_(chunk))).mappings().all()
            for row in rows:
                self._remember(table, row[key.name], dict(row), None)
            self.connection.execute(delete(table).where(key.in_(chunk)))
            count += len(rows)
        return count

    def save(self, seq: int, uuid: str, what: str, changed_at: datetime, undoes: str | None = None,
             also: Mapping[str, Any] | None = None) -> None:
        """Write the line of table ``change``; ``also`` goes into its ``after`` beside the rows."""
        after: dict[str, Any] = {**self.after, **(also or {})}
        self.connection.execute(insert(change).values(
            seq=seq, uuid=uuid, what=what, changed_at=to_millis(changed_at), undoes=undoes,
            before=json.dumps(self.before, ensure_ascii=False), after=json.dumps(after, ensure_ascii=False)))

    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not self.after

    def _remember(self, table: Table, row_id: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        first, second = self.before.setdefault(table.name, {}), self.after.setdefault(table.name, {})
        if row_id in first:  # a second touch in the same change: the first before stands
            earlier = first[row_id]
            if earlier is not None and before is not None:
                first[row_id] = {**before, **earlier}
            second[row_id] = {**(second[row_id] or {}), **after} if after is not None else None
        else:
            first[row_id], second[row_id] = before, after


def take_back(changes: ChangeSet, what: str, before: str, after: str) -> None:
    """Put back every row of a recorded change, as part of the new change set.

    Raises:
        UndoRefused: a row no longer is as that change left it.
    """
    wanted, left = json.loads(before), json.loads(after)
    for table in _IN_ORDER:
        for text, columns in left.get(table.name, {}).items():
            _check(changes.connection, table, int(text), columns, what)
    gone = {table: [int(text) for text, columns in wanted.get(table.name, {}).items() if columns is None]
            for table in _IN_ORDER}
    for table in (schedule, card, note):
        changes.delete(table, gone[table])
    for table in _IN_ORDER:
        updates: dict[tuple[str, ...], dict[int, dict[str, Any]]] = {}
        for text, columns in wanted.get(table.name, {}).items():
            if columns is None:
                continue
            if left[table.name][text] is None:
                changes.insert(table, columns)
            else:
                updates.setdefault(tuple(sorted(columns)), {})[int(text)] = columns
        for group in updates.values():
            changes.update_each(table, group)
    # last, as its cards are elsewhere only now; one that holds cards of others by now stays
    changes.delete(deck, [row_id for row_id in gone[deck] if not changes.connection.execute(
        select(exists().where(card.c.deck_id == row_id))).scalar()])


def _check(connection: Connection, table: Table, row_id: int, columns: Mapping[str, Any] | None, what: str) -> None:
    key = table.primary_key.columns[0]
    row = connection.execute(select(table).where(key == row_id)).mappings().first()
    if columns is None:
        if row is not None:
            raise UndoRefused(what, f"{table.name} {row_id} exists again")
    elif row is None:
        raise UndoRefused(what, f"{table.name} {row_id} is no longer there")
    elif any(row[name] != value for name, value in columns.items() if name not in _NOT_THE_LEARNERS):
        raise UndoRefused(what, f"{table.name} {row_id} was changed since, by an import or an answer")


def _chunks(keys: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield list(keys[start:start + _AT_ONCE])
