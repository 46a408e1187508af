"""The rows of a staging file into the tables of Anki's schema 11, set by set.

The staging file is attached as ``stage``. Ids in Anki are moments in milliseconds, each used once and none later than
now: where the staging file has such they are taken, else given out in order.
"""

from __future__ import annotations

import html
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flashcore.domain.deck import SEPARATOR
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import OWN_NOTE_TYPES
from flashcore.formats.anki_catalogue import DeckPlace, Kind, digest
from flashcore.formats.anki_markdown import as_own, html_fields, markdown_field, storable
from flashcore.formats.anki_sorting import checksum, stripped
from flashcore.formats.markdown_media import rename_media
from flashcore.formats.media_names import MediaNames

_NO_PROGRESS = frozenset(("leech", "marked"))
"""Tags that tell of somebody's learning; Anki too takes them off what is shared."""
_HIGHEST_POSITION = 1_000_000
"""Anki's Check Database moves new cards that stand further back."""
_INTEGER = 2_147_483_647
_LONGEST_STABILITY = 1e9
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Log:
    """The review log of the staging file: how many rows, the first and last moment, whether some cards are gone."""

    count: int
    earliest: int
    latest: int
    has_gone_cards: bool


@dataclass(slots=True)
class Filling:
    """What the statements share.

    Days are study days since 1970-01-01: ``day_0`` the one that due numbers count from, ``today`` that of now; they
    begin ``day_start_s`` seconds after midnight UTC.
    """

    cursor: sqlite3.Cursor
    kinds: Mapping[int, Kind]
    decks: Mapping[int, DeckPlace]
    names: MediaNames
    now_ms: int
    day_0: int
    today: int
    day_start_s: int
    log: Log
    with_scheduling: bool
    is_collection: bool

    def count(self, statement: str, **values: Any) -> int:
        """The one number that a query gives."""
        number: int = self.cursor.execute(statement, values).fetchone()[0] or 0
        return number


def fill(filling: Filling) -> set[str]:
    """Notes, cards and the log; returns the tags that the notes have."""
    cursor = filling.cursor
    for name in ("note_id", "card_id"):
        cursor.execute(f"CREATE TEMP TABLE {name} (id INTEGER PRIMARY KEY, anki INTEGER NOT NULL)")
    _write_kinds(filling)
    _give_ids(filling, "note_id", "SELECT id, added_at FROM stage.note")
    tags = _write_notes(filling)
    _add_missing_cards(filling)
    _give_ids(filling, "card_id", "SELECT c.id, coalesce(c.added_at, n.anki) FROM card_row c "
                                  "CROSS JOIN note_id n ON n.id = c.note_id")
    cursor.execute("CREATE TEMP TABLE last_answer (id INTEGER PRIMARY KEY, review INTEGER, at INTEGER)")
    if filling.with_scheduling:
        _write_reviews(filling)
    _write_cards(filling)
    return tags


def _write_kinds(filling: Filling) -> None:
    cursor = filling.cursor
    cursor.execute("CREATE TEMP TABLE kind (id INTEGER PRIMARY KEY, model_id INTEGER, separators INTEGER, suffix TEXT, "
                   "sort_field INTEGER, is_moved INTEGER, card_count INTEGER)")
    for number, kind in filling.kinds.items():
        count = len(kind.note_type.fields)
        cursor.execute("INSERT INTO kind VALUES (?, ?, ?, ?, ?, ?, ?)", (
            number, kind.model_id, count - 1, "\x1f" * (kind.field_count - count), kind.sort_field,
            kind.places is not None, _INTEGER if kind.is_cloze else kind.template_count))
    cursor.execute("CREATE TEMP TABLE place (id INTEGER PRIMARY KEY, deck_id INTEGER, retention REAL, decay REAL)")
    cursor.executemany("INSERT INTO place VALUES (?, ?, ?, ?)", (
        (number, place.deck_id, place.retention, place.decay) for number, place in filling.decks.items()))


def _give_ids(filling: Filling, table: str, rows: str) -> None:
    """Fills a table of ids from a query of id and moment, which may be null."""
    cursor, now_ms = filling.cursor, filling.now_ms
    count, different, known, earliest, latest = cursor.execute(
        f"WITH r (id, at) AS ({rows}) SELECT count(*), count(DISTINCT at), count(at), min(at), max(at) FROM r"
    ).fetchone()
    if count == different == known and (not count or (earliest > 0 and latest <= now_ms)):
        cursor.execute(f"INSERT INTO {table} {rows}")
        return
    ordered = cursor.connection.execute(f"WITH r (id, at) AS ({rows}) SELECT id, coalesce(at, ?) FROM r ORDER BY 2, 1",
                                        (now_ms,))
    cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", unique_moments(ordered, count, now_ms))


def unique_moments(rows: Iterable[tuple[int, int]], count: int, now_ms: int) -> Iterator[tuple[int, int]]:
    """Rows of id and moment, sorted by moment, with each moment moved so that none is twice and none after now."""
    last = 0
    for left, (number, moment) in enumerate(rows):
        last = max(last + 1, moment)
        yield number, min(last, now_ms - (count - 1 - left))


# notes

_FIRST = "substr(s.fields, 1, coalesce(nullif(instr(s.fields, char(31)), 0), length(s.fields) + 1) - 1)"
_IS_PLAIN = ("length(s.fields) = length(CAST(s.fields AS BLOB)) AND instr(s.fields, '<') = 0 "
             "AND instr(s.fields, '&') = 0")
"""Only ASCII, and no markup."""
_HTML_NOTES = f"""
    INSERT INTO notes
    SELECT i.anki, s.guid, k.model_id, coalesce(s.changed_at, :now) / 1000, -1, anki_tags(s.tags), s.fields || k.suffix,
        CASE WHEN {_IS_PLAIN} THEN {_FIRST} ELSE stripped({_FIRST}) END,
        checksum({_FIRST}), 0, ''
    FROM note_id i CROSS JOIN stage.note s ON s.id = i.id CROSS JOIN kind k ON k.id = s.note_type_id
    WHERE s.markup = 'html' AND NOT k.is_moved AND k.sort_field = 0 AND s.guid <> '' AND coalesce(s.changed_at, 0) >= 0
        AND length(s.fields) - length(replace(s.fields, char(31), '')) = k.separators"""
_NAMES_NO_MEDIA = " AND s.fields NOT LIKE '%src%' AND s.fields NOT LIKE '%[sound:%'"
_OTHER_NOTES = """
    SELECT i.anki, s.note_type_id, s.guid, coalesce(s.changed_at, :now), s.fields, s.cloze_ordinals, s.tags, s.markup,
        s.deck_id, s.line
    FROM note_id i CROSS JOIN stage.note s ON s.id = i.id CROSS JOIN kind k ON k.id = s.note_type_id
    WHERE i.anki NOT IN (SELECT id FROM notes)"""


def _write_notes(filling: Filling) -> set[str]:
    cursor, connection = filling.cursor, filling.cursor.connection
    tags = _Tags(with_progress=filling.with_scheduling)
    for name, function in (("anki_tags", tags), ("stripped", stripped), ("checksum", checksum)):
        connection.create_function(name, 1, function, deterministic=True)
    moved = {reference: name for reference, name in filling.names.by_reference.items() if reference != name}
    taken = cursor.execute(_HTML_NOTES + (_NAMES_NO_MEDIA if moved else ""), {"now": filling.now_ms}).rowcount
    if taken < filling.count("SELECT count(*) FROM note_id"):
        others = connection.execute(_OTHER_NOTES, {"now": filling.now_ms})
        cursor.executemany(f"INSERT INTO notes VALUES ({', '.join('?' * 11)})", _others(filling, others, tags, moved))
    return tags.used


def _others(filling: Filling, rows: Iterable[tuple[Any, ...]], tags: _Tags,
            moved: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """The notes that need more than SQL: those in Markdown, those whose fields stand elsewhere in the package."""
    for anki, number, guid, changed_at, text, ordinals, tag_text, markup, deck, line in rows:
        kind, fields = filling.kinds[number], text.split("\x1f")
        if markup == Markup.HTML:
            fields = kind.placed([with_names(field, filling.names) for field in fields])
        else:
            note = Note(guid, kind.note_type, tuple(fields), (), Markup.MARKDOWN, tuple(map(int, ordinals.split())))
            fields = _markdown_fields(as_own(note), kind, filling.names, moved)
        yield (anki, guid or digest(kind.note_type.name, text, str(deck), str(line)), kind.model_id,
               max(changed_at, 0) // 1000, -1, tags(tag_text), "\x1f".join(fields), stripped(fields[kind.sort_field]),
               checksum(fields[0]), 0, "")


def _markdown_fields(note: Note, kind: Kind, names: MediaNames, moved: Mapping[str, str]) -> list[str]:
    """A note in Markdown as HTML, and as it is in the last field, where its type is ours."""
    fields = list(html_fields(note, names))
    if kind.is_ours and note.note_type in OWN_NOTE_TYPES:
        if moved:
            note = replace(note, fields=tuple(rename_media(field, moved) for field in note.fields))
        fields.append(storable(markdown_field(note)))
    return (fields + [""] * kind.field_count)[:kind.field_count]


class _Tags:
    """Tags of a staging file as Anki writes them; most notes share theirs with others."""

    def __init__(self, *, with_progress: bool) -> None:
        self.used: set[str] = set()
        self._with_progress = with_progress
        self._known: dict[str, str] = {"": ""}

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            tags = [tag for tag in anki_tags(text.split(" "))
                    if self._with_progress or tag.casefold() not in _NO_PROGRESS]
            self.used.update(tags)
            found = f" {' '.join(tags)} " if tags else ""
            if len(self._known) < 100_000:
                self._known[text] = found
        return found


def anki_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as Anki keeps them: no blanks or quotes in them, no empty parts, none twice in another case."""
    cleaned: dict[str, str] = {}
    for tag in tags:
        name = re.sub(r"[\x7f\"]+", "", unicodedata.normalize("NFC", storable(tag)))
        name = re.sub(r"\s+", "_", name.strip())
        name = SEPARATOR.join(part for part in name.split(SEPARATOR) if part)
        if name:
            cleaned.setdefault(name.casefold(), name)
    return tuple(cleaned.values())


_MEDIA_REFERENCE = re.compile(r"(\bsrc\s*=\s*[\"']?|\[sound:)([^\"'\]<>]+)", re.IGNORECASE)


def with_names(text: str, names: MediaNames) -> str:
    """HTML with its pictures and sounds under their names in the package."""

    def named(found: re.Match[str]) -> str:
        reference = html.unescape(found[2])
        name = names(reference)
        return found[0] if name == reference else found[1] + html.escape(name)

    return _MEDIA_REFERENCE.sub(named, text) if names.by_reference else text


# cards

def _add_missing_cards(filling: Filling) -> None:
    """Makes ``card_row``, the cards of the staging file. A note without one, which Anki would throw away, gets its own.

    They are those that its text asks for, else its first.
    """
    cursor, connection = filling.cursor, filling.cursor.connection
    cursor.execute("CREATE TEMP VIEW card_row AS SELECT * FROM stage.card")
    are_all_made = filling.count("SELECT (SELECT max(ordinal) FROM stage.card) < (SELECT min(card_count) FROM kind)")
    bare = connection.execute(
        "SELECT s.id, s.note_type_id, s.deck_id, s.fields, s.markup, s.cloze_ordinals FROM stage.note s "
        "WHERE s.id NOT IN (SELECT c.note_id FROM stage.card c" + ("" if are_all_made else
        " CROSS JOIN stage.note n ON n.id = c.note_id CROSS JOIN kind k ON k.id = n.note_type_id "
        "WHERE c.ordinal < k.card_count") + ")")
    rows = [(note_id, ordinal, deck_id) for note_id, number, deck_id, fields, markup, ordinals in bare
            if number in filling.kinds
            for ordinal in card_ordinals(Note("", filling.kinds[number].note_type, tuple(fields.split("\x1f")), (),
                                              Markup(markup), tuple(map(int, ordinals.split())))) or (0,)]
    if not rows:
        return
    last = filling.count("SELECT max(id) FROM stage.card")
    cursor.execute("CREATE TEMP TABLE more_card AS SELECT * FROM stage.card WHERE 0")
    cursor.executemany("INSERT INTO more_card (id, note_id, ordinal, deck_id, is_suspended, is_buried, flag) "
                       "VALUES (?, ?, ?, ?, 0, 0, 0)", ((last + number, *row) for number, row in enumerate(rows, 1)))
    cursor.execute("DROP VIEW card_row")
    cursor.execute("CREATE TEMP VIEW card_row AS SELECT * FROM stage.card UNION ALL SELECT * FROM more_card")


_NUMBER = "min(max(coalesce({0}, 0), 0), %d)" % _INTEGER  # noqa: UP031
_HAS_MEMORY = (f"c.stability BETWEEN 0 AND {_LONGEST_STABILITY} AND c.difficulty BETWEEN 0 AND 100 "
               "AND coalesce(c.anki ->> '$.no_memory', 0) = 0")
_DUE_DAY = f"""CASE WHEN c.due_on IS NOT NULL THEN c.due_on WHEN c.due_at IS NOT NULL THEN c.due_at / {_DAY_MS}
    ELSE coalesce(c.last_at / {_DAY_MS} + coalesce(c.interval_days, 0), :today) END - :day_0"""
_POSITION = f"min(max(coalesce(c.position, {{position}}, n.place), 0), {_HIGHEST_POSITION})"
_DUE = f"""CASE coalesce(c.state, 0) WHEN 0 THEN {_POSITION} WHEN 2 THEN {_DUE_DAY}
    ELSE CASE WHEN c.due_at IS NOT NULL THEN min(c.due_at / 1000, {_INTEGER})
         WHEN (c.is_suspended OR c.is_buried) AND c.due_on IS NOT NULL AND NOT :is_collection
         THEN min(c.due_on * 86400 + :day_start, {_INTEGER}) ELSE {_DUE_DAY} END END"""
"""The due number. A card that is suspended or buried while learning gets a moment instead of its day: Anki turns the
days of all other cards of a package into its own, and would ask this one at any time."""
_QUEUE = """CASE WHEN c.is_suspended THEN -1 WHEN c.is_buried THEN -3 ELSE CASE coalesce(c.state, 0) WHEN 0 THEN 0
    WHEN 2 THEN 2 ELSE CASE WHEN c.due_at IS NOT NULL THEN 1 ELSE 3 END END END"""
_EASE = "coalesce(c.anki ->> '$.ease', c.ease, CASE WHEN coalesce(c.state, 0) = 0 THEN 0 ELSE 2500 END)"
_RETENTION = "CASE WHEN c.anki IS NULL THEN p.retention ELSE c.anki ->> '$.dr' END"
_DECAY = "CASE WHEN c.anki IS NULL THEN p.decay ELSE c.anki ->> '$.decay' END"
_LAST_AT = "CASE WHEN l.id IS NULL THEN c.last_at ELSE l.at END"
_DATA = f"""CASE WHEN coalesce(c.state, 0) = 0 AND c.anki IS NULL THEN '' ELSE '{{' || substr(
    coalesce(',"pos":' || CAST(c.anki ->> '$.pos' AS INTEGER), '')
    || CASE WHEN {_HAS_MEMORY} THEN printf(',"s":%.4f,"d":%.3f', c.stability, c.difficulty)
       || coalesce(',"dr":' || nullif(printf('%.2f', {_RETENTION}), '0.00'), '')
       || coalesce(',"decay":' || nullif(printf('%.3f', {_DECAY}), '0.000'), '')
       ELSE coalesce(',"dr":' || nullif(printf('%.2f', c.anki ->> '$.dr'), '0.00'), '')
       || coalesce(',"decay":' || nullif(printf('%.3f', c.anki ->> '$.decay'), '0.000'), '') END
    || coalesce(',"lrt":' || CASE WHEN c.state > 0 THEN {_LAST_AT} / 1000 END, '')
    || coalesce(',"cd":' || CASE json_type(c.anki, '$.cd') WHEN 'text' THEN c.anki -> '$.cd' END, ''), 2) || '}}' END"""
"""Memory state and more, as JSON with as many digits as Anki keeps; a number that is null prints as 0."""
_LEARNED = (
    "coalesce(c.state, 0)", _QUEUE, _DUE.format(position="NULL"),
    _NUMBER.format("CASE WHEN c.state IN (1, 3) THEN coalesce(c.anki ->> '$.ivl', c.interval_days) "
                   "WHEN c.state = 2 THEN c.interval_days END"),
    _NUMBER.format(_EASE), _NUMBER.format("c.reps"), _NUMBER.format("c.lapses"),
    "CASE WHEN c.state IN (1, 3) THEN " + _NUMBER.format("coalesce(c.steps_left, 1)") + " ELSE 0 END",
    "0", "0", "c.flag & 7", _DATA)
_NEW = ("0", "0", _POSITION.format(position="c.anki ->> '$.pos'"), *["0"] * 8, "''")


def _write_cards(filling: Filling) -> None:
    cursor = filling.cursor
    position = "c.position" if filling.with_scheduling else "coalesce(c.position, c.anki ->> '$.pos')"
    is_new = "coalesce(c.state, 0) = 0" if filling.with_scheduling else "1"
    last = filling.count(f"SELECT max({position}) FROM card_row c WHERE {is_new}")
    cursor.execute("CREATE TEMP TABLE new_place (id INTEGER PRIMARY KEY, place INTEGER NOT NULL)")
    cursor.execute(f"INSERT INTO new_place SELECT c.id, :last + row_number() OVER (ORDER BY c.id) FROM card_row c "
                   f"WHERE {is_new} AND {position} IS NULL", {"last": last})
    columns = ", ".join(_LEARNED if filling.with_scheduling else _NEW)
    cursor.execute(
        f"""INSERT INTO cards
        SELECT i.anki, m.anki, p.deck_id, c.ordinal, coalesce({'c.last_at, ' if filling.with_scheduling else ''}
               s.changed_at, :now) / 1000, -1, {columns}
        FROM card_id i CROSS JOIN card_row c ON c.id = i.id CROSS JOIN note_id m ON m.id = c.note_id
        CROSS JOIN stage.note s ON s.id = c.note_id CROSS JOIN kind k ON k.id = s.note_type_id
        CROSS JOIN place p ON p.id = c.deck_id LEFT JOIN new_place n ON n.id = c.id
        LEFT JOIN last_answer l ON l.id = c.id WHERE c.ordinal < k.card_count""",
        {"now": filling.now_ms, "today": filling.today, "day_0": filling.day_0, "day_start": filling.day_start_s,
         "is_collection": filling.is_collection})


# the review log

_ORIGIN = ("CASE r.origin WHEN 'review' THEN 1 WHEN 'learn' THEN 0 WHEN 'relearn' THEN 2 WHEN 'filtered' THEN 3 "
           "WHEN 'rescheduled' THEN 5 ELSE 4 END")
_FACTOR = ("CASE WHEN r.rating > 0 THEN r.factor ELSE CASE r.origin WHEN 'reset' THEN 0 "
           "WHEN 'manual' THEN coalesce(nullif(r.factor, 0), 2500) ELSE r.factor END END")
"""A manual row of factor 0 means in Anki that the card was made new again."""
_REVIEWS = f"""
    INSERT OR IGNORE INTO revlog
    SELECT {{moment}}, k.anki, -1, coalesce(r.rating, 0), r.interval, r.last_interval, {_FACTOR}, r.duration_ms,
        {_ORIGIN}
    FROM stage.review r CROSS JOIN card_id k ON k.id = r.card_id {{join}}"""


def log_of(connection: sqlite3.Connection) -> Log:
    """What the attached staging file holds of a review log."""
    row = connection.execute("SELECT count(*), coalesce(min(answered_at), 0), coalesce(max(answered_at), 0), "
                             "coalesce(min(card_id), 0) < 0 FROM stage.review").fetchone()
    return Log(*row)


def _write_reviews(filling: Filling) -> None:
    cursor, now_ms, log = filling.cursor, filling.now_ms, filling.log
    if log.has_gone_cards:
        _add_gone_cards(filling)
    _find_last_answers(filling)
    if (log.earliest > 0 and log.latest <= now_ms
            and cursor.execute(_REVIEWS.format(moment="r.answered_at", join="")).rowcount == log.count):
        return
    cursor.execute("DELETE FROM revlog")
    cursor.execute("CREATE TEMP TABLE moment (id INTEGER PRIMARY KEY, anki INTEGER NOT NULL)")
    ordered = cursor.connection.execute("SELECT id, answered_at FROM stage.review ORDER BY answered_at, id")
    cursor.executemany("INSERT INTO moment VALUES (?, ?)", unique_moments(ordered, log.count, now_ms))
    cursor.execute(_REVIEWS.format(moment="m.anki", join="CROSS JOIN moment m ON m.id = r.id"))
    cursor.execute("UPDATE last_answer SET at = (SELECT m.anki FROM moment m WHERE m.id = review) WHERE at IS NOT NULL")


_IS_ANSWER = "r.rating > 0 AND NOT (r.origin = 'filtered' AND r.factor = 0)"
_UNDECIDED = -1


def _find_last_answers(filling: Filling) -> None:
    """Fills ``last_answer``: for each card with a log the moment that Anki counts its memory from, or null.

    It is the last answer, but practice ahead of time (filtered, factor 0) does not count and a reset takes it away.
    Anki's Check Database holds ``lrt`` against it.
    """
    cursor = filling.cursor
    cursor.execute(  # the log is sorted by card, so the last row of one is followed by another card's
        f"INSERT OR REPLACE INTO last_answer SELECT r.card_id, r.id, CASE WHEN {_IS_ANSWER} THEN r.answered_at "
        f"WHEN r.origin = 'reset' THEN NULL ELSE {_UNDECIDED} END FROM stage.review r LEFT JOIN stage.review next "
        "ON next.id = r.id + 1 WHERE r.card_id > 0 AND next.card_id IS NOT r.card_id")
    if not filling.count(f"SELECT count(*) FROM last_answer WHERE at = {_UNDECIDED}"):
        return
    cursor.execute(
        f"INSERT OR REPLACE INTO last_answer SELECT card_id, max(id), at FROM (SELECT r.card_id, r.id, "
        f"CASE WHEN {_IS_ANSWER} THEN r.answered_at END AS at FROM stage.review r WHERE r.card_id IN "
        f"(SELECT id FROM last_answer WHERE at = {_UNDECIDED}) AND ({_IS_ANSWER} OR r.origin = 'reset')) "
        "GROUP BY card_id")
    cursor.execute(f"UPDATE last_answer SET at = NULL WHERE at = {_UNDECIDED}")


def _add_gone_cards(filling: Filling) -> None:
    """Ids for cards that are gone: the ones they had, unless a card of today has that."""
    cursor = filling.cursor
    for number, taken in cursor.execute(
            "SELECT g.card_id, g.card_id IN (SELECT -anki FROM card_id) "
            "FROM (SELECT DISTINCT card_id FROM stage.review WHERE card_id < 0) g").fetchall():
        anki = -number
        while taken:
            anki -= 1
            taken = cursor.execute("SELECT 1 FROM card_id WHERE anki = ?", (anki,)).fetchone()
        cursor.execute("INSERT INTO card_id VALUES (?, ?)", (number, anki))
