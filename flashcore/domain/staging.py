"""A staging file: a bundle as tables of typed columns, for decks too large to hold as records.

Readers of packages leave one, an import moves its rows into the collection set by set; an export fills one, and
writers make a package of it. It is an SQLite database without views, triggers or indexes beyond its keys. Every id
counts from 1 in the order of the file, so that a row's place in the collection is an addition.
"""

from __future__ import annotations

from collections.abc import Mapping

Columns = Mapping[str, str]

TABLES: Mapping[str, Columns] = {
    # kind: NoteKind; fields and templates as JSON lists; anki: JSON of what Anki keeps besides, or empty
    "note_type": {"id": "INTEGER PRIMARY KEY", "name": "TEXT NOT NULL", "kind": "TEXT NOT NULL",
                  "fields": "TEXT NOT NULL", "templates": "TEXT NOT NULL", "css": "TEXT NOT NULL",
                  "anki": "TEXT NOT NULL"},
    # options: JSON object of option key -> text, or empty
    "deck": {"id": "INTEGER PRIMARY KEY", "name": "TEXT NOT NULL", "options": "TEXT NOT NULL", "anki": "TEXT NOT NULL"},
    # fields joined by U+001F; tags by single spaces; moments in ms since 1970 (changed_at null: not known);
    # deck_id is where its cards are that have no row; absent: fields that the file leaves out, joined by U+001F
    "note": {"id": "INTEGER PRIMARY KEY", "guid": "TEXT NOT NULL", "note_type_id": "INTEGER NOT NULL",
             "deck_id": "INTEGER NOT NULL", "markup": "TEXT NOT NULL", "fields": "TEXT NOT NULL",
             "tags": "TEXT NOT NULL", "cloze_ordinals": "TEXT NOT NULL", "added_at": "INTEGER",
             "changed_at": "INTEGER", "line": "INTEGER NOT NULL", "absent": "TEXT NOT NULL"},
    # state null: new. due_on is a study day since 1970-01-01, due_at (ms) stands for a step of minutes instead;
    # steps_left counts this one; ease in permille; anki: what Anki keeps besides, as JSON (see CardExtras), or null
    "card": {"id": "INTEGER PRIMARY KEY", "note_id": "INTEGER NOT NULL", "ordinal": "INTEGER NOT NULL",
             "deck_id": "INTEGER NOT NULL", "added_at": "INTEGER", "is_suspended": "INTEGER NOT NULL",
             "is_buried": "INTEGER NOT NULL", "flag": "INTEGER NOT NULL", "position": "INTEGER", "state": "INTEGER",
             "due_on": "INTEGER", "due_at": "INTEGER", "interval_days": "INTEGER", "steps_left": "INTEGER",
             "stability": "REAL", "difficulty": "REAL", "reps": "INTEGER", "lapses": "INTEGER", "last_at": "INTEGER",
             "ease": "INTEGER", "anki": "TEXT"},
    # sorted by card, then moment; card_id negative: the id that the other program gave a card it had deleted
    "review": {"id": "INTEGER PRIMARY KEY", "card_id": "INTEGER NOT NULL", "answered_at": "INTEGER NOT NULL",
               "rating": "INTEGER", "origin": "TEXT NOT NULL", "duration_ms": "INTEGER NOT NULL",
               "interval": "INTEGER NOT NULL", "last_interval": "INTEGER NOT NULL", "factor": "INTEGER NOT NULL"},
    # file: its name in the folder of the staging file
    "media": {"name": "TEXT PRIMARY KEY", "file": "TEXT NOT NULL", "sha256": "TEXT NOT NULL",
              "size": "INTEGER NOT NULL"},
    # what flashcore's own file says besides, as the collection keeps it: days since 1970-01-01, moments in ms.
    # Such a file fills these instead of ``review`` and the columns of ``card`` from ``state`` on
    "own_file": {"id": "INTEGER PRIMARY KEY", "path": "TEXT NOT NULL", "sha256": "TEXT NOT NULL",
                 "read_at": "INTEGER NOT NULL"},
    "own_note": {"note_id": "INTEGER PRIMARY KEY", "file_id": "INTEGER", "line": "INTEGER NOT NULL",
                 "id_in_file": "TEXT NOT NULL", "base_fields": "TEXT", "base_tags": "TEXT", "base_deck": "TEXT"},
    "own_card": {"card_id": "INTEGER PRIMARY KEY", "suspension": "TEXT", "buried_until": "INTEGER"},
    "own_schedule": {"card_id": "INTEGER PRIMARY KEY", "state": "INTEGER NOT NULL", "due_at": "INTEGER NOT NULL",
                     "due_on": "INTEGER NOT NULL", "interval_days": "INTEGER NOT NULL", "step": "INTEGER",
                     "stability_days": "REAL", "difficulty": "REAL", "reps": "INTEGER NOT NULL",
                     "lapses": "INTEGER NOT NULL", "last_at": "INTEGER", "last_on": "INTEGER"},
    # options: the preset as its canonical JSON; name: what the file calls it
    "own_preset": {"id": "INTEGER PRIMARY KEY", "name": "TEXT NOT NULL", "options": "TEXT NOT NULL"},
    # in the order of the log; card_id negative: the number of a card that is gone
    "own_review": {"id": "INTEGER PRIMARY KEY", "uuid": "TEXT", "card_id": "INTEGER NOT NULL", "kind": "TEXT NOT NULL",
                   "answered_at": "INTEGER NOT NULL", "utc_offset_minutes": "INTEGER NOT NULL",
                   "study_day": "INTEGER NOT NULL", "rating": "INTEGER", "duration_ms": "INTEGER",
                   "preset_id": "INTEGER", "choice": "TEXT", "correct": "INTEGER", "undoes": "TEXT",
                   "leech": "TEXT NOT NULL", "origin": "TEXT NOT NULL", "before_state": "INTEGER",
                   "before_due_at": "INTEGER", "before_due_on": "INTEGER", "before_interval_days": "INTEGER",
                   "before_step": "INTEGER", "before_stability_days": "REAL", "before_difficulty": "REAL",
                   "before_reps": "INTEGER", "before_lapses": "INTEGER", "before_last_at": "INTEGER",
                   "before_last_on": "INTEGER", "interval": "INTEGER", "last_interval": "INTEGER",
                   "factor": "INTEGER"},
    # deck empty: the collection
    "own_option": {"deck": "TEXT NOT NULL", "key": "TEXT NOT NULL", "value": "TEXT NOT NULL"},
    "problem": {"id": "INTEGER PRIMARY KEY", "line": "INTEGER NOT NULL", "what": "TEXT NOT NULL",
                "hint": "TEXT NOT NULL"},
    "skipped": {"id": "INTEGER PRIMARY KEY", "note": "TEXT NOT NULL", "reason": "TEXT NOT NULL"},
    # what holds for the whole file, by key: see Fact
    "fact": {"key": "TEXT PRIMARY KEY", "value": "TEXT NOT NULL"},
}


class CardExtras:
    """Keys of the JSON in ``card.anki``. All may be missing; they hold until the card is answered here."""

    POSITION = "pos"
    """The place among new cards that the card had before it was first answered."""
    EASE = "ease"
    """SM-2's ease in permille."""
    RETENTION = "dr"
    """The desired retention that the card was last scheduled with."""
    DECAY = "decay"
    """The decay of the forgetting curve that the memory state belongs to; positive."""
    INTERVAL = "ivl"
    """The interval in days of a card that is on learning steps."""
    CUSTOM = "cd"
    """Custom data: a text of less than 100 bytes, itself JSON."""
    NO_MEMORY = "no_memory"
    """1 where stability and difficulty were made here from the log and are not to be given back."""


class Fact:
    """Keys of table ``fact``."""

    ON_MATCH = "on_match"
    MATCH_IN_DECK = "match_in_deck"
    ROLLOVER_HOUR = "rollover_hour"
    """The hour at which a day of the collection in the file begins."""
    IS_WHOLE = "is_whole"
    """The file is somebody's whole collection, not chosen decks."""
    IS_OWN = "is_own"
    """The file is flashcore's own: what was learned stands in the tables ``own_...``."""
    WITH_LEARNING = "with_learning"
    """The own file holds what was learned, not only the notes."""
    IS_INTACT = "is_intact"
    """The own file is as it was written, so its schedules are those that its reviews give."""
    MEDIA_MISSING = "media_missing"
    """How many media files the file names but does not hold."""


def create_statement(table: str) -> str:
    """The SQL that makes a table of a staging file; the same text stands in the file's own schema."""
    columns = ", ".join(f"{name} {kind}" for name, kind in TABLES[table].items())
    return f"CREATE TABLE {table} ({columns}) STRICT"
