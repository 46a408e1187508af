"""The rows of an Anki collection into a staging file: notes, cards and the review log, set by set.

Every set is one statement inside SQLite. What its conditions reject takes a second, slower look row by row: it is
repaired where that is possible, else left out; either way it is counted and named.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flashcore.errors import Problem
from flashcore.formats.anki_models import recovered_type
from flashcore.formats.anki_repairs import (
    HIGHEST_ORDINAL,
    add_missing_cards,
    drop_twins,
    mend_cards,
    separate_guids,
    skip,
)
from flashcore.formats.staging import insert_rows, note_type_row

MOST_FIELD_BYTES = 1024 * 1024
MOST_TAGS = 1000
DEEPEST_TAG = 20
LONGEST_TAG = 1000
_NEWEST_MS = 4_102_444_800_000  # 2100-01-01: a later row is no answer of anybody
_FARTHEST_DAYS = 200_000
_SEPARATOR = "\x1f"


@dataclass(slots=True)
class Source:
    """An Anki collection that is attached as ``source`` to a staging file, and what is known of it.

    Ids are Anki's: ``kinds`` note type -> (our id, fields), ``decks`` deck -> our id, without filtered decks.
    ``day_0`` is the day that its due numbers count from, in days since 1970-01-01. ``recovered`` are our ids of the
    deck for cards without one.
    """

    connection: sqlite3.Connection
    kinds: dict[int, tuple[int, int]]
    decks: dict[int, int]
    default_deck: int
    day_0: int
    now_ms: int
    is_version_1: bool
    with_learning: bool
    counts: Counter[str] = field(default_factory=Counter)
    repaired: list[str] = field(default_factory=list)


def stage_content(source: Source) -> None:
    """Notes and cards, with ``with_learning`` what was learned of them."""
    connection = source.connection
    connection.create_function("clean", 1, _Cleaner(source), deterministic=True)
    connection.create_function("clean_tags", 1, _TagCleaner(source), deterministic=True)
    connection.create_function("is_text", 1, _is_text, deterministic=True)
    connection.execute("CREATE TEMP TABLE kind_of (foreign_id INTEGER PRIMARY KEY, id INTEGER, separators INTEGER)")
    connection.executemany("INSERT INTO kind_of VALUES (?, ?, ?)",
                           ((key, number, count - 1) for key, (number, count) in source.kinds.items()))
    connection.execute("CREATE TEMP TABLE deck_of (foreign_id INTEGER PRIMARY KEY, id INTEGER)")
    connection.executemany("INSERT INTO deck_of VALUES (?, ?)", source.decks.items())
    _stage_notes(source)
    _stage_cards(source)
    for table in ("note", "card"):  # an id that is no moment told its rows apart until here
        connection.execute(f"UPDATE {table} SET added_at = NULL WHERE added_at NOT BETWEEN 1 AND {_NEWEST_MS}")


# notes

_PLAIN = "length({0}) = length(CAST({0} AS BLOB))"
"""Of a text in UTF-8: only ASCII, and no NUL (SQLite's length of a text ends there)."""
_NOTE_IS_GOOD = f"""
    typeof(n.id) = 'integer' AND n.id > 0 AND typeof(n.guid) = 'text' AND length(n.guid) BETWEEN 1 AND 200
    AND {_PLAIN.format('n.guid')}
    AND typeof(n.mod) = 'integer' AND n.mod BETWEEN 0 AND 4102444800
    AND typeof(n.flds) = 'text' AND length(CAST(n.flds AS BLOB)) <= {MOST_FIELD_BYTES}
    AND typeof(n.tags) = 'text' AND length(n.tags) <= 20000
    AND length(n.flds) - length(replace(n.flds, char(31), '')) = k.separators
    AND is_text(CAST(n.guid || ' ' || n.tags || ' ' || n.flds AS BLOB))"""
_TAGS_ARE_PLAIN = f"{_PLAIN.format('n.tags')} AND instr(n.tags, '  ') = 0 AND instr(n.tags, char(9)) = 0 " \
                  "AND instr(n.tags, char(10)) = 0 AND length(n.tags) < 1000"


def _stage_notes(source: Source) -> None:
    connection = source.connection
    columns = "guid, note_type_id, deck_id, markup, fields, tags, cloze_ordinals, added_at, changed_at, line, absent"
    connection.execute("CREATE TEMP TABLE note_of (foreign_id INTEGER PRIMARY KEY, id INTEGER)")
    connection.execute(
        f"""INSERT INTO note ({columns}) SELECT n.guid, k.id, :deck, 'html',
            CASE WHEN {_PLAIN.format('n.flds')} THEN n.flds ELSE clean(CAST(n.flds AS BLOB)) END,
            CASE WHEN {_TAGS_ARE_PLAIN} THEN trim(n.tags) ELSE clean_tags(CAST(n.tags AS BLOB)) END,
            '', n.id, n.mod * 1000, 0, ''
        FROM source.notes n JOIN kind_of k ON k.foreign_id = n.mid WHERE {_NOTE_IS_GOOD} ORDER BY n.id""",
        {"deck": source.default_deck})
    connection.execute("INSERT OR IGNORE INTO note_of SELECT added_at, id FROM note")
    [staged] = connection.execute("SELECT count(*) FROM note").fetchone()
    [held] = connection.execute("SELECT count(*) FROM source.notes").fetchone()
    if staged < held:
        _NoteMender(source).mend()
    separate_guids(source)


def _is_text(value: bytes) -> bool:
    """Whether bytes are UTF-8 without NUL. To SQLite each byte beyond ASCII may pass for a character of its own."""
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


class _Cleaner:
    """Fields as text in NFC without NUL; bytes that are no UTF-8 become U+FFFD."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __call__(self, value: Any) -> str:
        data = bytes(value)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("utf-8", "replace")
            self._source.counts["texts held bytes that are none; they became \N{REPLACEMENT CHARACTER}"] += 1
        if "\0" in text:
            text = text.replace("\0", "")
            self._source.counts["texts held NUL characters, which were removed"] += 1
        return text if text.isascii() else unicodedata.normalize("NFC", text)


class _TagCleaner(_Cleaner):
    """Tags separated by single spaces, none twice, not too many and not too deep."""

    def __call__(self, value: Any) -> str:
        tags = dict.fromkeys(super().__call__(value).split())
        kept = [tag for tag in tags if tag.count("::") < DEEPEST_TAG and len(tag) <= LONGEST_TAG][:MOST_TAGS]
        if len(kept) < len(tags):
            self._source.counts[f"notes had more than {MOST_TAGS} tags, or some of more than {DEEPEST_TAG} levels or "
                                f"{LONGEST_TAG} letters; those were left out"] += 1
        return " ".join(kept)


class _NoteMender:
    """The notes that the fast way did not take."""

    def __init__(self, source: Source) -> None:
        self.source, self.connection = source, source.connection
        self.clean, self.clean_tags = _Cleaner(source), _TagCleaner(source)
        self.recovered: dict[int, int] = {}

    def mend(self) -> None:
        seen: set[int] = set()
        rows = self.connection.execute(
            "SELECT n.id, CAST(n.guid AS BLOB), n.mid, n.mod, CAST(n.tags AS BLOB), typeof(n.flds), "
            f"length(CAST(n.flds AS BLOB)), substr(CAST(n.flds AS BLOB), 1, {MOST_FIELD_BYTES}) FROM source.notes n "
            "WHERE n.id IS NULL OR n.id NOT IN (SELECT foreign_id FROM note_of)")
        while batch := rows.fetchmany(500):
            for row in batch:
                self._mend(row, seen)

    def _mend(self, row: tuple[Any, ...], seen: set[int]) -> None:
        foreign_id, guid, kind, changed, tags, held_type, size, fields = row
        if not isinstance(foreign_id, int) or foreign_id <= 0 or foreign_id in seen:
            words = " ".join(self.clean((fields or b"")[:400]).replace(_SEPARATOR, " ").split())[:80]
            skip(self.connection, words, "it has no id by which its cards could be told")
            return
        seen.add(foreign_id)
        counts = self.source.counts
        text = self.clean(fields or b"")
        if held_type != "text":
            counts["notes held something else than text, which was read as text"] += 1
        if size and size > MOST_FIELD_BYTES:
            text = text[:-4] + "..."
            counts[f"notes were larger than {MOST_FIELD_BYTES >> 20} MiB and were cut there"] += 1
        number, wanted = self.source.kinds.get(kind, (0, 0)) if isinstance(kind, int) else (0, 0)
        parts = text.split(_SEPARATOR)
        if not number:
            parts = parts[:99] + ["<br>".join(parts[99:])] * (len(parts) > 99)
            parts += [""] * (2 - len(parts))
            number = self._recovered(len(parts))
            counts["notes of an unknown note type got one of the name Recovered"] += 1
        elif len(parts) != wanted:
            counts["notes had more or fewer fields than their type; all text was kept"] += 1
            parts = [*parts, *[""] * (wanted - len(parts))] if len(parts) < wanted else [
                *parts[:wanted - 1], "<br>".join(part for part in parts[wanted - 1:] if part)]
        name = self.clean(guid or b"")[:200]
        if not name:
            name = f"anki-{foreign_id}"
            counts["notes had no guid and got one"] += 1
        at = changed if isinstance(changed, int) and 0 <= changed <= 4_102_444_800 else 0
        added = self.connection.execute(
            "INSERT INTO note (guid, note_type_id, deck_id, markup, fields, tags, cloze_ordinals, added_at, "
            "changed_at, line, absent) VALUES (?, ?, ?, 'html', ?, ?, '', ?, ?, 0, '')",
            (name, number, self.source.default_deck, _SEPARATOR.join(parts), self.clean_tags(tags or b""), foreign_id,
             at * 1000))
        self.connection.execute("INSERT OR IGNORE INTO note_of VALUES (?, ?)", (foreign_id, added.lastrowid))

    def _recovered(self, count: int) -> int:
        """A note type of so many fields, for notes whose own is not in the file."""
        if count not in self.recovered:
            [number] = self.connection.execute("SELECT coalesce(max(id), 0) + 1 FROM note_type").fetchone()
            insert_rows(self.connection, "note_type", [note_type_row(number, recovered_type(count))])
            self.recovered[count] = number
        return self.recovered[count]


# cards

_NUMBERS = ("ord", "mod", "type", "queue", "due", "ivl", "factor", "reps", "lapses", "left", "odue", "odid", "flags")
_CARD_IS_GOOD = " AND ".join(f"typeof(c.{name}) = 'integer'" for name in ("id", *_NUMBERS)) + f"""
    AND c.ord BETWEEN 0 AND {HIGHEST_ORDINAL} AND c.type BETWEEN 0 AND 3
    AND c.due BETWEEN -2147483648 AND 4102444800 AND c.odue BETWEEN -2147483648 AND 4102444800
    AND c.ivl BETWEEN -2147483648 AND {_FARTHEST_DAYS} AND c.factor BETWEEN -2147483648 AND 2147483647
    AND c.reps BETWEEN 0 AND 10000000 AND c.lapses BETWEEN 0 AND 10000000
    AND (c.type <> 2 OR CASE WHEN c.odid <> 0 THEN c.odue ELSE c.due END BETWEEN -{_FARTHEST_DAYS} AND {_FARTHEST_DAYS})
    AND typeof(c.data) IN ('text', 'null')"""

_LEARNED = """
    nullif(c.type, 0),
    CASE WHEN c.type = 2 OR (c.type <> 0 AND abs(c.real_due) < 1000000) THEN :day_0 + c.real_due END,
    CASE WHEN c.type IN (1, 3) AND abs(c.real_due) >= 1000000 THEN max(c.real_due, 0) * 1000 END,
    CASE c.type WHEN 2 THEN max(c.ivl, 1) WHEN 0 THEN NULL ELSE max(c.ivl, 0) END,
    CASE WHEN c.type IN (1, 3) THEN max(c.left % 1000, 0) ELSE 0 END,
    CASE WHEN c.type <> 0 AND c.s > 0 AND c.s < 1e6 AND c.d >= 1 AND c.d <= 10 THEN c.s END,
    CASE WHEN c.type <> 0 AND c.s > 0 AND c.s < 1e6 AND c.d >= 1 AND c.d <= 10 THEN c.d END,
    c.reps, c.lapses,
    CASE WHEN c.type <> 0 AND typeof(c.lrt) = 'integer' AND c.lrt BETWEEN 1 AND 4102444800 THEN c.lrt * 1000 END,
    CASE WHEN c.type <> 0 AND c.factor BETWEEN 1000 AND 20000 THEN c.factor END,
    CASE WHEN c.type <> 0 OR c.pos IS NOT NULL OR c.cd IS NOT NULL THEN '{"ease":' || c.factor
        || coalesce(',"pos":' || c.pos, '')
        || CASE WHEN c.dr > 0 AND c.dr < 1 THEN ',"dr":' || c.dr ELSE '' END
        || CASE WHEN c.decay > 0 AND c.decay < 10 THEN ',"decay":' || c.decay ELSE '' END
        || CASE WHEN c.type IN (1, 3) AND c.ivl >= 0 THEN ',"ivl":' || c.ivl ELSE '' END
        || CASE WHEN typeof(c.cd) = 'text' AND length(c.cd) <= 100 AND is_text(CAST(c.cd AS BLOB))
          THEN ',"cd":' || json_quote(c.cd) ELSE '' END
        || '}' END"""
_NOTHING_LEARNED = ", ".join(["NULL"] * 12)
_UNPACKED = """
    WITH known AS MATERIALIZED (
        SELECT id,
               CASE WHEN length(data) > 2 AND json_valid(data) AND json_type(data) = 'object' THEN data END AS extras
        FROM source.cards WHERE :with_learning OR type <> 0),
    extra AS MATERIALIZED (
        SELECT id, extras ->> '$.s' AS s, extras ->> '$.d' AS d, extras ->> '$.dr' AS dr, extras ->> '$.decay' AS decay,
               extras ->> '$.lrt' AS lrt, extras ->> '$.pos' AS pos, extras ->> '$.cd' AS cd
        FROM known WHERE extras IS NOT NULL),
    unpacked AS (
        SELECT a.id, nid, ord, mod, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags, data,
               CASE WHEN :is_version_1 AND type = 2 AND queue IN (1, 3) THEN 3 ELSE type END AS type,
               CASE WHEN odid <> 0 AND odue <> 0 THEN odue ELSE due END AS real_due,
               CASE WHEN odid <> 0 THEN odid ELSE did END AS real_did, s, d, dr, decay, lrt, cd,
               CASE WHEN typeof(pos) = 'integer' AND pos BETWEEN 0 AND 2147483647 THEN pos END AS pos
        FROM source.cards a LEFT JOIN extra e ON e.id = a.id)"""
"""Once unpacked, the JSON is not read again for each value that is taken from it."""


def _stage_cards(source: Source) -> None:
    connection = source.connection
    if source.with_learning:
        learned, state = _LEARNED, "CASE WHEN c.queue = -1 THEN 1 ELSE 0 END, c.queue IN (-2, -3), c.flags & 7, " \
                                   "CASE WHEN c.type = 0 THEN c.real_due END"
    else:
        learned, state = _NOTHING_LEARNED, "0, 0, 0, CASE WHEN c.type = 0 THEN c.real_due ELSE c.pos END"
    columns = ("note_id, ordinal, deck_id, added_at, is_suspended, is_buried, flag, position, state, due_on, due_at, "
               "interval_days, steps_left, stability, difficulty, reps, lapses, last_at, ease, anki")
    connection.execute(
        f"""{_UNPACKED} INSERT INTO card ({columns})
        SELECT n.id, c.ord, coalesce(k.id, :deck), c.id, {state}, {learned} FROM unpacked c
        JOIN note_of n ON n.foreign_id = c.nid LEFT JOIN deck_of k ON k.foreign_id = c.real_did
        WHERE {_CARD_IS_GOOD} ORDER BY c.type <> 0, c.real_due, c.id""",
        {"deck": source.default_deck, "day_0": source.day_0, "is_version_1": source.is_version_1,
         "with_learning": source.with_learning})
    connection.execute("CREATE TEMP TABLE card_of (foreign_id INTEGER PRIMARY KEY, id INTEGER)")
    connection.execute("INSERT OR IGNORE INTO card_of SELECT added_at, id FROM card")
    mend_cards(source)
    drop_twins(source)
    add_missing_cards(source)
    [lost] = connection.execute(
        f"SELECT count(*) FROM source.cards c WHERE {_CARD_IS_GOOD} AND "
        "coalesce(CASE WHEN c.odid <> 0 THEN c.odid ELSE c.did END, 0) NOT IN (SELECT foreign_id FROM deck_of)"
    ).fetchone()
    if lost:
        source.counts["cards had no deck in the file and went into the deck Recovered"] += lost
    # decks of the notes, for what has no card; the first card's
    connection.execute("UPDATE note SET deck_id = c.deck_id FROM (SELECT note_id, deck_id, min(ordinal) FROM card "
                       "GROUP BY note_id) c WHERE c.note_id = note.id AND c.deck_id <> note.deck_id")


# reviews

_REVIEW_IS_GOOD = f"""
    r.id BETWEEN 1 AND {_NEWEST_MS} AND r.ease BETWEEN 0 AND 4 AND r.type BETWEEN 0 AND 5
    AND r.ivl BETWEEN -2147483647 AND 2147483647 AND r.lastIvl BETWEEN -2147483647 AND 2147483647
    AND r.factor BETWEEN -2147483647 AND 2147483647 AND r.time BETWEEN 0 AND 2147483647"""
"""What is no number at all is in no range either."""
_REVIEW_IS_WHOLE = " AND ".join(f"typeof(r.{name}) = 'integer'" for name in (
    "id", "cid", "ease", "type", "ivl", "lastIvl", "factor", "time"))
_REVIEW_COLUMNS = "card_id, answered_at, rating, origin, duration_ms, interval, last_interval, factor"
_ORIGIN = ("CASE r.type WHEN 0 THEN 'learn' WHEN 1 THEN 'review' WHEN 2 THEN 'relearn' WHEN 3 THEN 'filtered' "
           "WHEN 5 THEN 'rescheduled' ELSE CASE WHEN r.factor = 0 AND r.ease = 0 THEN 'reset' ELSE 'manual' END END")
_RATING = "nullif(r.ease, 0)"
_RATING_OF_VERSION_1 = "CASE WHEN r.ease IN (2, 3) AND r.type IN (0, 2) THEN r.ease + 1 ELSE nullif(r.ease, 0) END"
"""The first scheduler had three buttons for learning cards: 2 was Good and 3 Easy."""


def stage_reviews(source: Source) -> None:
    """The log, into the second file. After ``stage_content``."""
    connection = source.connection
    connection.execute("SAVEPOINT reviews")
    try:
        _insert_reviews(source, _REVIEW_IS_GOOD)
    except sqlite3.IntegrityError:  # a table of whole numbers takes no fraction, and the rare one may cost the time
        connection.execute("ROLLBACK TO reviews")
        _insert_reviews(source, f"{_REVIEW_IS_GOOD} AND {_REVIEW_IS_WHOLE}")
    connection.execute("RELEASE reviews")
    [future] = connection.execute("SELECT count(*) FROM source.revlog WHERE id > ? AND id <= ?",
                                  (source.now_ms, _NEWEST_MS)).fetchone()
    if future:
        source.counts["reviews are dated in the future; they were kept as history and schedule nothing"] += future


def _insert_reviews(source: Source, condition: str) -> None:
    connection = source.connection
    rating = _RATING_OF_VERSION_1 if source.is_version_1 else _RATING
    values = f"r.id, {rating}, {_ORIGIN}, r.time, r.ivl, r.lastIvl, r.factor"
    staged = connection.execute(
        f"INSERT INTO log.review ({_REVIEW_COLUMNS}) SELECT k.id, {values} FROM (SELECT * FROM card_of ORDER BY id) k "
        f"CROSS JOIN source.revlog r ON r.cid = k.foreign_id WHERE {condition}"
        + ("" if _has_index(connection) else " ORDER BY k.id, r.id")).rowcount
    [held] = connection.execute("SELECT count(*) FROM source.revlog").fetchone()
    if staged == held:
        return
    orphans = connection.execute(
        f"INSERT INTO log.review ({_REVIEW_COLUMNS}) SELECT -r.cid, {values} FROM source.revlog r WHERE r.cid > 0 "
        f"AND r.cid NOT IN (SELECT foreign_id FROM card_of) AND {condition} ORDER BY r.cid, r.id").rowcount
    if orphans:
        source.counts["reviews belong to cards that are not in the file; they were kept as history"] += orphans
    if staged + orphans < held:
        source.counts["reviews held values that no review can have and were left out"] += held - staged - orphans


def _has_index(connection: sqlite3.Connection) -> bool:
    """Whether the log can be read card by card without sorting it."""
    names = [row[1] for row in connection.execute("PRAGMA source.index_list(revlog)")]
    return any([column[2] for column in connection.execute(f"PRAGMA source.index_info({name})")] == ["cid"]
               for name in names if name.isidentifier())


def problems(source: Source) -> list[Problem]:
    """What was repaired or left out, counted."""
    return [Problem(0, f"{count:,} {what}") for what, count in source.counts.items()]
