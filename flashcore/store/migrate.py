"""Collections of earlier versions: each step from one schema to the next, in one transaction with its number.

Alembic writes the statements; it is imported only where a collection is older than this version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, text

from flashcore.store.columns import Millis, Words
from flashcore.store.schema import SCHEMA_VERSION, metadata

if TYPE_CHECKING:
    from alembic.operations import Operations


def migrate(connection: Connection, version: int) -> None:
    """Bring the tables from a schema version to this one, inside a transaction that the caller ends."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    operations = Operations(MigrationContext.configure(connection))
    for number in range(version, SCHEMA_VERSION):
        _STEPS[number](operations, connection)
    connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))


def keep_copy(driver: sqlite3.Connection, folder: Path, version: int) -> Path:
    """A copy of the collection as it was before, made once, checked, and under its name only when it is whole."""
    copy = folder / f"before-schema-{SCHEMA_VERSION}-from-{version}.db"
    if copy.exists():
        return copy
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = copy.with_name(copy.name + ".new")
    unfinished.unlink(missing_ok=True)
    target = sqlite3.connect(unfinished)
    try:
        driver.backup(target)
        [sound] = target.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        target.close()
    if sound != "ok":
        unfinished.unlink()
        raise sqlite3.DatabaseError(f"the collection is damaged ({sound})")
    unfinished.rename(copy)
    return copy


def _to_2(operations: Operations, connection: Connection) -> None:
    """What other programs know: columns for it in note types, decks, cards and the log; labels; imported files."""
    operations.add_column("note_type", Column("anki", Words, nullable=False, server_default=""))
    operations.add_column("deck", Column("anki", Words, nullable=False, server_default=""))
    operations.add_column("card", Column("added_at", Millis))
    operations.add_column("card", Column("anki", Words))
    # a column that becomes nullable, and other indexes: the log moves into a table made anew
    for index in ("review_by_card", "review_by_day", "review_undoing"):
        operations.drop_index(index, "review")
    operations.rename_table("review", "review_1")
    for name in ("review", "label", "imported_file"):
        metadata.tables[name].create(connection)
    held = ", ".join(f'"{row[1]}"' for row in connection.execute(text("PRAGMA table_info(review_1)")))
    operations.execute(f"INSERT INTO review ({held}) SELECT {held} FROM review_1 ORDER BY seq")
    operations.drop_table("review_1")


_STEPS: dict[int, Callable[[Operations, Connection], None]] = {1: _to_2}
