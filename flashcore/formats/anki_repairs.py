"""Notes and cards of an Anki collection that do not fit together: given what they lack, or left out; all of it counted.

These run after the rows that are as they should be have been staged; the tables ``note_of``, ``card_of`` and
``deck_of`` say which of our ids Anki's have.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.formats.staging import SEPARATOR, insert_rows, note_types

if TYPE_CHECKING:
    from flashcore.formats.anki_rows import Source

HIGHEST_ORDINAL = 9999


def skip(connection: sqlite3.Connection, words: str, reason: str) -> None:
    """Name a note that is left out, by its first words."""
    [number] = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM skipped").fetchone()
    insert_rows(connection, "skipped", [(number, words, reason)])


def separate_guids(source: Source) -> None:
    """Give notes that share a guid with an earlier one their own."""
    connection = source.connection
    twins = connection.execute(
        "SELECT id, guid, added_at FROM note WHERE guid IN (SELECT guid FROM note GROUP BY guid HAVING count(*) > 1) "
        "ORDER BY id").fetchall()
    if not twins:
        return
    taken = {row[0] for row in connection.execute("SELECT guid FROM note")}
    seen: set[str] = set()
    for number, guid, foreign_id in twins:
        if guid in seen:
            own = f"{guid}-{foreign_id}"
            while own in taken:
                own += "+"
            taken.add(own)
            connection.execute("UPDATE note SET guid = ? WHERE id = ?", (own, number))
            source.counts["notes had the guid of another one and got their own"] += 1
        seen.add(guid)


def mend_cards(source: Source) -> None:
    """Cards with values that no card can have begin as new ones; their log stays theirs."""
    connection = source.connection
    [staged, held, orphans] = connection.execute(
        "SELECT (SELECT count(*) FROM card), count(*), coalesce(sum(c.nid NOT IN (SELECT foreign_id FROM note_of)), 0) "
        "FROM source.cards c").fetchone()
    if orphans:
        source.counts["cards belonged to no note and were left out"] += orphans
    if not (missing := held - orphans - staged):
        return
    mended = connection.execute(
        f"""INSERT INTO card (note_id, ordinal, deck_id, added_at, is_suspended, is_buried, flag)
        SELECT n.id, c.ord, coalesce(k.id, ?), c.id, CASE WHEN c.queue = -1 THEN 1 ELSE 0 END, 0, 0
        FROM source.cards c JOIN note_of n ON n.foreign_id = c.nid
        LEFT JOIN deck_of k ON k.foreign_id = CASE WHEN c.odid <> 0 THEN c.odid ELSE c.did END
        WHERE typeof(c.id) = 'integer' AND typeof(c.ord) = 'integer' AND c.ord BETWEEN 0 AND {HIGHEST_ORDINAL}
        AND c.id NOT IN (SELECT foreign_id FROM card_of) ORDER BY c.id""", (source.default_deck,)).rowcount
    connection.execute("INSERT OR IGNORE INTO card_of SELECT added_at, id FROM card")
    if mended:
        source.counts["cards held values that no card can have; they begin as new ones, their reviews were kept"] \
            += mended
    if mended < missing:
        source.counts["cards ask what no note asks and were left out"] += missing - mended


def add_missing_cards(source: Source) -> None:
    """Notes without any card get those that they yield; one that yields none is left out."""
    connection = source.connection
    rows = connection.execute("SELECT id, note_type_id, fields, tags FROM note WHERE id NOT IN "
                              "(SELECT note_id FROM card)").fetchall()
    kinds = note_types(connection) if rows else {}
    for number, kind, fields, tags in rows:
        parts = tuple(fields.split(SEPARATOR))
        ordinals = card_ordinals(Note("", kinds[kind], parts, tuple(tags.split()), Markup.HTML))
        connection.executemany(
            "INSERT INTO card (note_id, ordinal, deck_id, is_suspended, is_buried, flag) VALUES (?, ?, ?, 0, 0, 0)",
            ((number, ordinal, source.default_deck) for ordinal in ordinals))
        if ordinals:
            source.counts["cards were missing and were made from their notes"] += len(ordinals)
        else:
            skip(connection, " ".join(" ".join(parts).split())[:80], "it asks nothing: it has no card")
            connection.execute("DELETE FROM note WHERE id = ?", (number,))
            connection.execute("DELETE FROM note_of WHERE id = ?", (number,))


def drop_twins(source: Source) -> None:
    """Of two cards that ask the same of a note, the one that was answered more often stays."""
    connection = source.connection
    twins = connection.execute(
        "SELECT note_id, ordinal FROM card GROUP BY note_id, ordinal HAVING count(*) > 1").fetchall()
    for twin in twins:
        first, *others = connection.execute(
            "SELECT id FROM card WHERE note_id = ? AND ordinal = ? ORDER BY reps DESC, id", twin).fetchall()
        for other in others:
            connection.execute("DELETE FROM card WHERE id = ?", other)
            connection.execute("UPDATE card_of SET id = ? WHERE id = ?", (first[0], other[0]))
            source.counts["cards asked the same of a note as another one; the one answered more often was kept"] += 1
