"""Make a staging file, and a bundle of records out of one or into one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flashcore.domain.bundle import (
    Bundle,
    BundledCard,
    BundledNote,
    BundledReview,
    Learned,
    OnMatch,
    Origin,
    Skipped,
)
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.domain.staging import TABLES, Fact, create_statement
from flashcore.errors import Problem

NAME = "staging.db"
"""The name of a staging file in its folder."""
LOG_NAME = "log.db"
"""A second one beside it, where a reader has one: what it finds out last, its reviews and media among it."""
CONTENT = "content"
"""The part of a result that is ready when the first one is."""
SEPARATOR = "\x1f"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_0 = date(1970, 1, 1).toordinal()


def create_staging(path: Path) -> sqlite3.Connection:
    """An empty staging file, open for filling. It is made anew if lost, so nothing waits for the disk."""
    connection = sqlite3.connect(f"file:{_quoted(path)}?mode=rwc", uri=True, isolation_level=None)
    connection.executescript("PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; "
                             "PRAGMA trusted_schema=OFF")
    for table in TABLES:
        connection.execute(create_statement(table))
    return connection


def open_staging(path: Path) -> sqlite3.Connection:
    """A staging file, for reading."""
    return sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def attach_log(connection: sqlite3.Connection, path: Path) -> None:
    """Make the second file and attach it to the first, as ``log``."""
    create_staging(path).close()
    connection.execute("ATTACH ? AS log", (f"{path.absolute().as_uri()}?mode=rw",))
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768"):
        connection.execute(f"PRAGMA log.{pragma}")


def insert_rows(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]],
                file: str = "main") -> None:
    """Add rows to a table of the first file (``main``) or the second (``log``); their values stand in the order of its
    columns."""
    places = ", ".join("?" * len(TABLES[table]))
    connection.executemany(f"INSERT INTO {file}.{table} VALUES ({places})", rows)


def insert_facts(connection: sqlite3.Connection, facts: dict[str, str], file: str = "main") -> None:
    """Say what holds for the whole bundle."""
    insert_rows(connection, "fact", facts.items(), file)


def note_type_row(number: int, kind: NoteType) -> tuple[Any, ...]:
    """A note type as a row of a staging file."""
    templates = [[template.name, template.front, template.back] for template in kind.templates]
    return (number, kind.name, str(kind.kind), json.dumps(kind.fields, ensure_ascii=False),
            json.dumps(templates, ensure_ascii=False), kind.css, kind.anki)


def note_types(connection: sqlite3.Connection) -> dict[int, NoteType]:
    """The note types of a staging file, by id."""
    return {row[0]: NoteType(row[1], NoteKind(row[2]), tuple(json.loads(row[3])),
                             tuple(Template(*parts) for parts in json.loads(row[4])), row[5], row[6])
            for row in connection.execute("SELECT * FROM note_type ORDER BY id")}


def write_bundle(connection: sqlite3.Connection, bundle: Bundle,
                 media: Iterable[tuple[str, str, str, int]] = ()) -> None:
    """Put a bundle into an empty staging file. ``media`` are its rows of that table: name, file, SHA-256, size."""
    decks: dict[str, int] = {}
    kinds: dict[NoteType, int] = {}
    connection.execute("BEGIN")
    notes = list[tuple[Any, ...]]()
    cards, reviews = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for number, one in enumerate(bundle.notes, 1):
        note, deck_id = one.note, decks.setdefault(one.deck, len(decks) + 1)
        notes.append((number, note.guid, kinds.setdefault(note.note_type, len(kinds) + 1), deck_id, str(note.markup),
                      SEPARATOR.join(field.replace(SEPARATOR, "\u241f") for field in note.fields),
                      " ".join(note.tags), " ".join(map(str, note.cloze_ordinals)), _millis(one.added_at),
                      _millis(one.changed_at), one.line, SEPARATOR.join(sorted(one.absent))))
        told = {card.ordinal: card for card in one.cards}
        for ordinal in sorted({*told, *card_ordinals(note)}):
            card = told.get(ordinal) or BundledCard(ordinal)
            place = decks.setdefault(card.deck, len(decks) + 1) if card.deck else deck_id
            cards.append(_card_row(len(cards) + 1, number, place, card))
            for row in sorted(card.reviews, key=lambda row: row.answered_at):
                reviews.append((len(reviews) + 1, len(cards), _millis(row.answered_at),
                                int(row.rating) if row.rating else None, str(row.origin), row.duration_ms,
                                row.interval, row.last_interval, row.factor))
    insert_rows(connection, "note_type", (note_type_row(number, kind) for kind, number in kinds.items()))
    for deck in bundle.options:
        decks.setdefault(deck, len(decks) + 1)
    insert_rows(connection, "deck", (
        (number, deck, json.dumps(dict(bundle.options[deck])) if deck in bundle.options else "", "")
        for deck, number in decks.items()))
    insert_rows(connection, "note", notes)
    insert_rows(connection, "card", cards)
    insert_rows(connection, "review", reviews)
    insert_rows(connection, "media", media)
    insert_rows(connection, "problem", ((number, problem.line, problem.what, problem.hint)
                                        for number, problem in enumerate(bundle.warnings, 1)))
    insert_rows(connection, "skipped", ((number, one.note, one.reason)
                                        for number, one in enumerate(bundle.skipped, 1)))
    insert_facts(connection, {Fact.ON_MATCH: str(bundle.on_match), Fact.MATCH_IN_DECK: str(int(bundle.match_in_deck))})
    connection.execute("COMMIT")


def _card_row(number: int, note_id: int, deck_id: int, card: BundledCard) -> tuple[Any, ...]:
    at = card.learned
    head = (number, note_id, card.ordinal, deck_id, None, int(card.is_suspended), int(card.is_buried), card.flag,
            card.position)
    if at is None:
        return (*head, *(None,) * 12)
    return (*head, int(at.state), at.due_on.toordinal() - _DAY_0 if at.due_on else None, _millis(at.due_at),
            at.interval_days, at.steps_left, at.memory.stability_days if at.memory else None,
            at.memory.difficulty if at.memory else None, at.reps, at.lapses, _millis(at.last_at),
            round(at.ease * 1000) if at.ease else None, None)


def read_bundle(connection: sqlite3.Connection) -> Bundle:
    """The bundle that a staging file holds; its media are named, not where they lie."""
    kinds = note_types(connection)
    decks = {row[0]: (row[1], row[2]) for row in connection.execute("SELECT id, name, options FROM deck")}
    facts = dict(connection.execute("SELECT key, value FROM fact").fetchall())
    reviews: dict[int, list[BundledReview]] = {}
    for row in connection.execute("SELECT card_id, answered_at, rating, origin, duration_ms, interval, last_interval, "
                                  "factor FROM review ORDER BY id"):
        reviews.setdefault(row[0], []).append(BundledReview(
            _moment(row[1]), Rating(row[2]) if row[2] else None, Origin(row[3]), *row[4:]))
    cards: dict[int, list[BundledCard]] = {}
    for row in connection.execute("SELECT * FROM card ORDER BY id"):
        cards.setdefault(row[1], []).append(_card(row, decks[row[3]][0], tuple(reviews.get(row[0], ()))))
    return Bundle(
        tuple(_notes(connection, kinds, {number: deck[0] for number, deck in decks.items()}, cards)),
        {}, tuple(Problem(*row) for row in connection.execute("SELECT line, what, hint FROM problem ORDER BY id")),
        tuple(Skipped(*row) for row in connection.execute("SELECT note, reason FROM skipped ORDER BY id")),
        {name: json.loads(options) for name, options in decks.values() if options},
        OnMatch(facts.get(Fact.ON_MATCH, OnMatch.UPDATE)), facts.get(Fact.MATCH_IN_DECK) == "1")


def _notes(connection: sqlite3.Connection, kinds: dict[int, NoteType], decks: dict[int, str],
           cards: dict[int, list[BundledCard]]) -> Iterator[BundledNote]:
    for row in connection.execute("SELECT * FROM note ORDER BY id"):
        number, guid, kind, deck, markup, fields, tags, ordinals, added_at, changed_at, line, absent = row
        note = Note(guid, kinds[kind], tuple(fields.split(SEPARATOR)), tuple(tags.split()), Markup(markup),
                    tuple(map(int, ordinals.split())))
        name = decks[deck]
        held = tuple(replace(card, deck="") if card.deck == name else card for card in cards.get(number, ()))
        plain = BundledCard(0)
        told = tuple(card for card in held if card != replace(plain, ordinal=card.ordinal))
        yield BundledNote(note, name, line, told, _moment(added_at) if added_at is not None else None,
                          _moment(changed_at) if changed_at is not None else None,
                          frozenset(absent.split(SEPARATOR)) if absent else frozenset())


def _card(row: tuple[Any, ...], deck: str, reviews: tuple[BundledReview, ...]) -> BundledCard:
    (_, _, ordinal, _, _, is_suspended, is_buried, flag, position, state, due_on, due_at, interval_days, steps_left,
     stability, difficulty, reps, lapses, last_at, ease, _) = row
    learned = None
    if state is not None:
        learned = Learned(
            CardState(state), date.fromordinal(due_on + _DAY_0) if due_on is not None else None,
            _moment(due_at) if due_at is not None else None, interval_days or 0, steps_left or 0,
            MemoryState(stability, difficulty) if stability is not None else None, reps or 0, lapses or 0,
            _moment(last_at) if last_at is not None else None, ease / 1000 if ease else None)
    return BundledCard(ordinal, deck, learned, reviews, bool(is_suspended), bool(is_buried), flag, position)


def _millis(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)
