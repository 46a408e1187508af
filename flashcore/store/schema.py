"""Each table and, right under it, row <-> domain both ways.

``review`` and ``change`` are only ever added to and share one sequence, so together they tell in which order
everything happened. ``schedule`` is a cache of the log: replaying a card's reviews gives its row again; a new card has
none. Learning and content share no row, so a change of content cannot damage learning.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    CursorResult,
    ForeignKey,
    Index,
    MetaData,
    RowMapping,
    Table,
    UniqueConstraint,
)

from flashcore.domain.deck import Preset
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import CardState, MemoryState, Schedule
from flashcore.store.columns import (
    Day,
    Flag,
    Fraction,
    Millis,
    Number,
    Words,
    from_day,
    from_millis,
    to_day,
    to_millis,
)

APPLICATION_ID = 0x666C7363  # "flsc"
SCHEMA_VERSION = 2
FIELD_SEPARATOR = "\x1f"

metadata = MetaData()


def _table(name: str, *columns: Any, **extra: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True, **extra)


def new_id(result: CursorResult[Any]) -> int:
    """The key that a row got when it was inserted."""
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


note_type = _table(
    "note_type",
    Column("id", Number, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("fields", Words, nullable=False),
    Column("templates", Words, nullable=False),
    Column("css", Words, nullable=False),
    Column("anki", Words, nullable=False, server_default=""),
)


def note_type_row(kind: NoteType) -> dict[str, Any]:
    """The columns of a note type, but for its id."""
    templates = [[template.name, template.front, template.back] for template in kind.templates]
    return {"name": kind.name, "kind": str(kind.kind), "fields": json.dumps(kind.fields, ensure_ascii=False),
            "templates": json.dumps(templates, ensure_ascii=False), "css": kind.css, "anki": kind.anki}


def to_note_type(row: RowMapping) -> NoteType:
    """The note type of a row."""
    return NoteType(row["name"], NoteKind(row["kind"]), tuple(json.loads(row["fields"])),
                    tuple(Template(*parts) for parts in json.loads(row["templates"])), row["css"], row["anki"])


deck = _table(
    "deck",
    Column("id", Number, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    # what Anki keeps of the deck besides, as JSON: its id and description
    Column("anki", Words, nullable=False, server_default=""),
)

deck_file = _table(
    "deck_file",
    Column("id", Number, primary_key=True),
    Column("path", Words, nullable=False, unique=True),
    Column("sha256", Words, nullable=False),
    Column("read_at", Millis, nullable=False),
)

note = _table(
    "note",
    Column("id", Number, primary_key=True),
    Column("guid", Words, nullable=False, unique=True),
    Column("note_type_id", Number, ForeignKey("note_type.id"), nullable=False),
    Column("markup", Words, nullable=False),
    Column("fields", Words, nullable=False),
    Column("tags", Words, nullable=False),
    Column("cloze_ordinals", Words, nullable=False, server_default=""),
    Column("added_at", Millis, nullable=False),
    Column("changed_at", Millis, nullable=False),
    # where the note stands in a deck file, and what it held at its last import (the base of the three-way merge)
    Column("file_id", Number, ForeignKey("deck_file.id")),
    Column("line", Number, nullable=False, server_default="0"),
    Column("id_in_file", Words, nullable=False, server_default=""),
    Column("base_fields", Words),
    Column("base_tags", Words),
    Column("base_deck", Words),
    # read from the tags at every write, for choosing and counting
    Column("primary_system", Words),
    Column("depth", Words, nullable=False),
    Column("topic", Words),
    Index("note_by_file", "file_id"),
    sqlite_autoincrement=True,
)

note_tag = _table(
    "note_tag",
    Column("tag", Words, primary_key=True),
    Column("note_id", Number, ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
    Index("note_tag_by_note", "note_id"),
    sqlite_with_rowid=False,
)
"""One row for each tag of a note, in lower case, for finding; how the learner wrote them stands in ``note.tags``."""


def join_fields(fields: Sequence[str]) -> str:
    """Fields as one text; the separator inside a field is replaced by its picture."""
    return FIELD_SEPARATOR.join(field.replace(FIELD_SEPARATOR, "\u241f") for field in fields)


def split_fields(fields: str) -> tuple[str, ...]:
    """The fields of a row."""
    return tuple(fields.split(FIELD_SEPARATOR))


def note_columns(value: Note) -> dict[str, Any]:
    """The columns that hold what the learner wrote; ids, times, file and axes are the caller's."""
    return {"guid": value.guid, "markup": str(value.markup), "fields": join_fields(value.fields),
            "tags": " ".join(value.tags), "cloze_ordinals": " ".join(map(str, value.cloze_ordinals))}


def to_note(row: RowMapping, kind: NoteType) -> Note:
    """The note of a row."""
    return Note(row["guid"], kind, split_fields(row["fields"]), tuple(row["tags"].split()), Markup(row["markup"]),
                tuple(map(int, row["cloze_ordinals"].split())))


ORDER_STEP = 1 << 20
"""``new_order`` is the id of the first card of a topic times this, plus the card's place in the topic's cycle."""

card = _table(
    "card",
    Column("id", Number, primary_key=True),
    Column("note_id", Number, ForeignKey("note.id"), nullable=False),
    Column("ordinal", Number, nullable=False),
    Column("deck_id", Number, ForeignKey("deck.id"), nullable=False),
    Column("suspension", Words),
    Column("buried_until", Day),
    Column("flag", Number, nullable=False, server_default="0"),
    # the place among new cards; null once the card was answered, so that the new ones are found without the others
    Column("new_order", Number),
    # null: with its note
    Column("added_at", Millis),
    # what Anki keeps of the card besides, as JSON: place among new cards (pos), ease, custom data (cd) ...
    Column("anki", Words),
    UniqueConstraint("note_id", "ordinal"),
    Index("card_by_deck", "deck_id"),
    Index("card_new_by_deck", "deck_id", "new_order", sqlite_where=Column("new_order", Number).is_not(None)),
    CheckConstraint("flag BETWEEN 0 AND 7", name="flag_is_a_colour"),
    sqlite_autoincrement=True,
)

schedule = _table(
    "schedule",
    Column("card_id", Number, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("state", Number, nullable=False),
    Column("due_at", Millis, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("interval_days", Number, nullable=False),
    Column("step", Number),
    Column("stability_days", Fraction),
    Column("difficulty", Fraction),
    Column("reps", Number, nullable=False),
    Column("lapses", Number, nullable=False),
    Column("last_at", Millis),
    Column("last_on", Day),
    Index("schedule_by_due", "due_on"),
)

SCHEDULE_COLUMNS = ("state", "due_at", "due_on", "interval_days", "step", "stability_days", "difficulty", "reps",
                    "lapses", "last_at", "last_on")


def schedule_values(value: Schedule | None) -> tuple[Any, ...]:
    """The values of ``SCHEDULE_COLUMNS``; all None for a new card."""
    if value is None:
        return (None,) * len(SCHEDULE_COLUMNS)
    return (int(value.state), to_millis(value.due_at), to_day(value.due_on), value.interval_days, value.step,
            value.memory.stability_days if value.memory else None, value.memory.difficulty if value.memory else None,
            value.reps, value.lapses, to_millis(value.last_at) if value.last_at else None,
            to_day(value.last_on) if value.last_on else None)


def to_schedule(values: Sequence[Any]) -> Schedule | None:
    """The schedule of the values of ``SCHEDULE_COLUMNS``; None where they are those of a new card."""
    state, due_at, due_on, interval_days, step, stability, difficulty, reps, lapses, last_at, last_on = values
    if state is None:
        return None
    memory = MemoryState(stability, difficulty) if stability is not None else None
    return Schedule(CardState(state), from_millis(due_at), from_day(due_on), interval_days, step, memory, reps, lapses,
                    from_millis(last_at) if last_at is not None else None,
                    from_day(last_on) if last_on is not None else None)


preset = _table(
    "preset",
    Column("id", Number, primary_key=True),
    Column("options", Words, nullable=False, unique=True),
)
"""Scheduling options as they were when answers were given under them; rows are never changed."""


def preset_text(value: Preset) -> str:
    """A preset as one canonical text."""
    return json.dumps({"desired_retention": value.desired_retention, "parameters": value.parameters,
                       "learning_steps_seconds": value.learning_steps_seconds,
                       "relearning_steps_seconds": value.relearning_steps_seconds,
                       "maximum_interval_days": value.maximum_interval_days,
                       "rollover_hour": value.rollover_hour}, sort_keys=True)


def to_preset(text: str) -> Preset:
    """The preset of its canonical text."""
    held: dict[str, Any] = json.loads(text)
    for key in ("parameters", "learning_steps_seconds", "relearning_steps_seconds"):
        held[key] = tuple(held[key])
    return Preset(**held)


review = _table(
    "review",
    Column("seq", Number, primary_key=True),
    # null for rows of other programs: nothing ever takes them back
    Column("uuid", Words),
    # no foreign key: the history of a deleted card stays, and card ids are never used again; negative: the id that
    # another program gave a card that it had deleted
    Column("card_id", Number, nullable=False),
    Column("kind", Words, nullable=False),
    Column("answered_at", Millis, nullable=False),
    Column("utc_offset_minutes", Number, nullable=False),
    Column("study_day", Day, nullable=False),
    Column("rating", Number),
    Column("duration_ms", Number),
    Column("preset_id", Number, ForeignKey("preset.id")),
    Column("choice", Words),
    Column("correct", Flag),
    Column("undoes", Words),
    Column("leech", Words, nullable=False, server_default=""),
    Column("origin", Words, nullable=False, server_default=""),
    *(Column(f"before_{name}", Fraction if name in ("stability_days", "difficulty") else Number)
      for name in SCHEDULE_COLUMNS),
    # of other programs' rows, as they wrote them: days, or seconds where negative; ease or difficulty
    Column("interval", Number),
    Column("last_interval", Number),
    Column("factor", Number),
    CheckConstraint("rating BETWEEN 1 AND 4", name="rating_is_known"),
    Index("review_by_uuid", "uuid", unique=True, sqlite_where=Column("uuid", Words).is_not(None)),
    Index("review_by_card", "card_id", "answered_at", "rating"),
    # of own answers only: they are few beside what an import brings, and only they are asked for by day
    Index("own_answers_by_day", "study_day", "card_id",
          sqlite_where=Column("kind", Words).in_(["scheduled", "cram"])),
    Index("review_undoing", "undoes", unique=True, sqlite_where=Column("undoes", Words).is_not(None)),
)

REVIEW_COLUMNS = ("seq", "uuid", "card_id", "kind", "answered_at", "utc_offset_minutes", "study_day", "rating",
                  "duration_ms", "preset_id", "choice", "correct", "undoes", "leech", "origin",
                  *(f"before_{name}" for name in SCHEDULE_COLUMNS))


def review_row(value: Review) -> dict[str, Any]:
    """The columns of a line of the log."""
    plain = (value.seq, value.uuid, value.card_id, str(value.kind), to_millis(value.answered_at),
             value.utc_offset_minutes, to_day(value.study_day), int(value.rating) if value.rating else None,
             value.duration_ms, value.preset_id, value.choice, None if value.correct is None else int(value.correct),
             value.undoes, value.leech, value.origin)
    return dict(zip(REVIEW_COLUMNS, (*plain, *schedule_values(value.before)), strict=True))


def to_review(values: Sequence[Any]) -> Review:
    """The line of the log of the values of ``REVIEW_COLUMNS``."""
    (seq, uuid, card_id, kind, answered_at, offset, study_day, rating, duration_ms, preset_id, choice, correct, undoes,
     leech, origin), before = values[:15], values[15:]
    return Review(seq, uuid, card_id, ReviewKind(kind), from_millis(answered_at), offset, from_day(study_day),
                  Rating(rating) if rating is not None else None, duration_ms, preset_id, choice,
                  None if correct is None else bool(correct), undoes, leech, origin, to_schedule(before))


change = _table(
    "change",
    Column("seq", Number, primary_key=True),
    Column("uuid", Words, nullable=False, unique=True),
    Column("what", Words, nullable=False),
    Column("changed_at", Millis, nullable=False),
    Column("before", Words, nullable=False),
    Column("after", Words, nullable=False),
    Column("undoes", Words),
    Index("change_undoing", "undoes", unique=True, sqlite_where=Column("undoes", Words).is_not(None)),
)
"""What happened that is no answer: for each table and row, the columns before and after (null: no such row)."""

label = _table(
    "label",
    Column("note_id", Number, ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
    Column("axis", Words, primary_key=True),
    Column("value", Words, primary_key=True),
    Column("rule", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("trust", Number, nullable=False),
    sqlite_with_rowid=False,
)
"""What tags of other people's trees and the deck's name say of a note, each with the rule and words that decided."""

imported_file = _table(
    "imported_file",
    Column("sha256", Words, primary_key=True),
    Column("settings", Words, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("counts", Words, nullable=False),
    sqlite_with_rowid=False,
)
"""Packages and tables that were imported, by content: ``seq`` is where the sequence stood after it."""

option = _table(
    "option",
    Column("deck", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)
"""Options that were set; ``deck`` is a deck's name, or empty for the collection."""

media = _table(
    "media",
    Column("name", Words, primary_key=True),
    Column("sha256", Words, nullable=False),
    Column("size", Number, nullable=False),
)
"""The files of the media folder beside the collection."""
