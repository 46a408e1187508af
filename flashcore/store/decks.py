"""Decks and deck files: their names and ids."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from flashcore.store.changes import ChangeSet
from flashcore.store.columns import to_millis
from flashcore.store.schema import deck, deck_file, new_id, note


def deck_id(connection: Connection, name: str, changes: ChangeSet | None = None) -> int:
    """The id of a deck, added where there is none; names are compared without regard to case.

    With ``changes`` a deck that is added is part of that change, and is taken back with it.
    """
    found = connection.execute(select(deck.c.id).where(func.casefold(deck.c.name) == name.casefold())).scalar()
    if found is not None:
        return int(found)
    if changes is not None:
        return changes.insert(deck, {"name": name})
    return new_id(connection.execute(insert(deck).values(name=name)))


def deck_names(connection: Connection) -> dict[int, str]:
    """All decks by id."""
    return {row[0]: row[1] for row in connection.execute(select(deck.c.id, deck.c.name))}


def deck_file_id(connection: Connection, path: str, sha256: str, now: datetime) -> int:
    """The id of a deck file, remembered as it was read just now."""
    values = {"sha256": sha256, "read_at": to_millis(now)}
    found = connection.execute(select(deck_file.c.id).where(deck_file.c.path == path)).scalar()
    if found is not None:
        connection.execute(update(deck_file).where(deck_file.c.id == found).values(values))
        return int(found)
    return new_id(connection.execute(insert(deck_file).values(path=path, **values)))


def file_paths(connection: Connection) -> list[str]:
    """The deck files that notes stand in."""
    return list(connection.execute(select(deck_file.c.path).order_by(deck_file.c.path)).scalars())


def is_empty(connection: Connection) -> bool:
    """Whether there is no note."""
    return connection.execute(select(note.c.id).limit(1)).scalar() is None


def keep_anki(connection: Connection, deck_id: int, anki: str) -> None:
    """Keep what Anki has of a deck besides, as JSON."""
    connection.execute(update(deck).where(deck.c.id == deck_id).values(anki=anki))
