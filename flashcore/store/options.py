"""Options that were set, as text, for the collection (deck "") or a deck."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from flashcore.store.schema import option


def read_options(connection: Connection) -> dict[str, dict[str, str]]:
    """deck name ("" for the collection) -> key -> value."""
    held: dict[str, dict[str, str]] = {}
    for row in connection.execute(select(option)):
        held.setdefault(row.deck, {})[row.key] = row.value
    return held


def write_option(connection: Connection, deck: str, key: str, value: str | None) -> None:
    """Set one option; None takes the setting away, so that the parent's or the default holds again."""
    connection.execute(delete(option).where(option.c.deck == deck, option.c.key == key))
    if value is not None:
        connection.execute(insert(option).values(deck=deck, key=key, value=value))
