"""The lines of flashcore's JSONL as rows of a staging file: each value is checked, as nobody's word is taken for it."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable
from typing import Any

from flashcore.domain.bundle import Origin, Skipped
from flashcore.domain.card import Suspension
from flashcore.domain.deck import DEFAULT_DECK, clean_deck_name
from flashcore.domain.note import Markup
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.domain.review import ReviewKind
from flashcore.domain.staging import TABLES
from flashcore.errors import Problem
from flashcore.formats import staging
from flashcore.formats.jsonl_values import (
    EARLIEST_MS,
    LATEST_MS,
    Fault,
    Line,
    card_extras,
    day,
    deck_extras,
    listed,
    number,
    optional,
    optional_word,
    preset_text,
    schedule,
    text_of,
    type_extras,
    word,
)

__all__ = ["Fault", "Line", "Report", "Rows"]

_AT_ONCE = 2_000
_MOST_DECKS, _MOST_TYPES, _MOST_FIELDS, _MOST_TAGS, _MOST_TEMPLATES = 10_000, 1_000, 100, 1_000, 100
_LONGEST_DECK, _LONGEST_PATH, _LONGEST_TYPED = 2_000, 4_096, 1_000
_ORDINALS = 1 << 20
_MOST_MS = 1 << 50
_NAMED = 50
_NO_SCHEDULE = (None,) * 11
_ROW = "id, card_id, kind, answered_at, utc_offset_minutes, study_day, rating, duration_ms, "
_REVIEWS = {
    "own_review": _ROW + "uuid, preset_id, choice, correct, undoes, leech, origin, " + ", ".join(
        name for name in TABLES["own_review"] if name.startswith("before_")),
    "foreign": _ROW + "leech, origin, interval, last_interval, factor"}
"""The columns that own rows of the log have, and those of other programs': most of either are empty in the other."""
_OWN_KEYS = frozenset(("uuid", "preset", "choice", "correct", "undoes", "leech"))
_KINDS = frozenset(map(str, ReviewKind))
_ORIGINS = frozenset(map(str, Origin))
_SUSPENSIONS = frozenset(map(str, Suspension))
_LEECH = frozenset(("", "tagged", "suspended", "tagged suspended"))
_ANSWERS = frozenset((str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM)))
_IMPORTED, _SCHEDULED, _UNDO = str(ReviewKind.IMPORTED), str(ReviewKind.SCHEDULED), str(ReviewKind.UNDO)


class Report:
    """What is said of a file: lines that were left out, by the reason, notes among them, and media."""

    def __init__(self) -> None:
        self.skipped: list[Skipped] = []
        self._warnings: list[Problem] = []
        self._faults: dict[tuple[str, str], list[int]] = {}
        self._others = 0
        self._missing: list[str] = []
        self._missing_count = 0

    def warn(self, what: str, hint: str = "", line: int = 0) -> None:
        """Say something once."""
        self._warnings.append(Problem(line, what, hint))

    def fault(self, line: int, fault: Fault) -> None:
        """A line was left out."""
        key = fault.what, fault.hint
        if key in self._faults:
            self._faults[key][1] += 1
        elif len(self._faults) < _NAMED:
            self._faults[key] = [line, 1]
        else:
            self._others += 1

    def missing(self, name: str) -> None:
        """A media file is not there."""
        self._missing_count += 1
        if len(self._missing) < 5:
            self._missing.append(name[:60])

    def problems(self) -> list[Problem]:
        """Everything, by the line where it is first."""
        found = [Problem(line, f"it was left out: {what}" if count == 1 else
                         f"it was left out, and {count - 1:,} lines after it: {what}", hint)
                 for (what, hint), (line, count) in self._faults.items()]
        found = sorted([*found, *self._warnings], key=lambda one: one.line)
        if self._others:
            found.append(Problem(0, f"{self._others:,} further lines were left out"))
        if self._missing_count:
            named = ", ".join(self._missing) + (", ..." if self._missing_count > len(self._missing) else "")
            many = "1 picture or sound is" if self._missing_count == 1 else (
                f"{self._missing_count:,} pictures or sounds are")
            found.append(Problem(0, f"{many} missing: {named}", "they belong into the folder beside the file"))
        return found


class Rows:
    """Takes lines, one by one; ``takers`` by the type of the line."""

    def __init__(self, connection: sqlite3.Connection, *, with_learning: bool) -> None:
        self.report = Report()
        self._connection, self._with_learning = connection, with_learning
        self._kinds: dict[str, tuple[int, int]] = {}
        self._decks: dict[str, int] = {}
        self._files: dict[str, int] = {}
        self._notes: dict[str, int] = {}
        self._deck_of_note = array("q", [0])
        self._cards: dict[int, int] = {}
        self._presets: dict[str, int] = {}
        self._options: set[tuple[str, str]] = set()
        self._reviews = 0
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        of_learning: dict[str, Callable[[Line, int], None]] = {
            "option": self._option, "deck_file": self._deck_file, "preset": self._preset, "review": self._review}
        if not with_learning:
            of_learning = dict.fromkeys(of_learning, lambda line, place: None)
        self.takers: dict[str, Callable[[Line, int], None]] = {
            "note_type": self._note_type, "deck": self._deck, "note": self._note, "card": self._card, **of_learning}

    def finish(self) -> None:
        """Write what still waits to be written."""
        for table in list(self._waiting):
            self._flush(table)

    def _put(self, table: str, row: tuple[Any, ...]) -> None:
        rows = self._waiting.setdefault(table, [])
        rows.append(row)
        if len(rows) >= _AT_ONCE:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._waiting.pop(table)
        if table in _REVIEWS:
            places = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO own_review ({_REVIEWS[table]}) VALUES ({places})", rows)
        else:
            staging.insert_rows(self._connection, table, rows)

    # what notes rest on

    def _option(self, line: Line, place: int) -> None:
        key, value = word(line, "key"), text_of(line.get("value", ""), "its value")
        deck = "" if line.get("deck") in (None, "") else self._deck_name(line)
        if len(value) > _LONGEST_PATH or (deck, key) in self._options:
            raise Fault("its option stands there twice, or its value is too long")
        self._options.add((deck, key))
        self._put("own_option", (deck, key, value))

    def _note_type(self, line: Line, place: int) -> None:
        from flashcore.formats.anki_models import model_of, note_type_of

        name = word(line, "name", 500)
        if name in self._kinds or len(self._kinds) >= _MOST_TYPES:
            raise Fault("its name is that of another note type" if name in self._kinds else
                        f"there are more than {_MOST_TYPES:,} note types")
        kind = line.get("kind")
        if kind not in tuple(NoteKind):
            raise Fault("its kind is none of standard, cloze, vignette")
        fields = tuple(text_of(one, "the name of a field") for one in listed(line.get("fields"), "its fields",
                                                                            _MOST_FIELDS))
        sides = listed(line.get("templates"), "its templates", _MOST_TEMPLATES)
        if not fields or not all(isinstance(one, dict) for one in sides):
            raise Fault("it has no fields, or a template that is no object")
        templates = tuple(Template(*(text_of(one.get(key, ""), f"the {key} of a template")
                                     for key in ("name", "front", "back"))) for one in sides)
        made = NoteType(name, NoteKind(kind), fields, templates, text_of(line.get("css", ""), "its css"),
                        type_extras(line.get("anki")))
        try:
            note_type_of(model_of(made))  # the limits that hold for the note types of packages
        except ValueError as error:
            raise Fault(str(error)) from None
        number_here = len(self._kinds) + 1
        self._kinds[name] = number_here, len(fields)
        self._put("note_type", staging.note_type_row(number_here, made))

    def _deck(self, line: Line, place: int) -> None:
        self._deck_id(self._deck_name(line, "name"), deck_extras(line.get("anki")))

    def _deck_name(self, line: Line, key: str = "deck") -> str:
        return clean_deck_name(word(line, key, _LONGEST_DECK))

    def _deck_id(self, name: str, anki: str = "") -> int:
        key = name.casefold()
        if key not in self._decks:
            if len(self._decks) >= _MOST_DECKS:
                raise Fault(f"there are more than {_MOST_DECKS:,} decks")
            self._decks[key] = len(self._decks) + 1
            self._put("deck", (self._decks[key], name, "", anki))
        return self._decks[key]

    def _deck_file(self, line: Line, place: int) -> None:
        path = word(line, "path", _LONGEST_PATH)
        if path in self._files:
            raise Fault("its path stands there twice")
        row = path, word(line, "sha256"), number(line, "read_at", EARLIEST_MS, LATEST_MS)
        self._files[path] = len(self._files) + 1
        self._put("own_file", (self._files[path], *row))

    # notes and cards

    def _note(self, line: Line, place: int) -> None:
        fields = line.get("fields")
        try:
            self._take_note(line, place)
        except Fault as fault:
            from flashcore.formats.foreign_notes import first_words

            self.report.skipped.append(Skipped(first_words(fields if isinstance(fields, list) else ()),
                                               f"line {place}: {fault.what}"))

    def _take_note(self, line: Line, place: int) -> None:
        guid, kind = word(line, "guid"), line.get("note_type")
        if guid in self._notes:
            raise Fault("its guid is that of another note")
        if not isinstance(kind, str) or kind not in self._kinds:
            raise Fault("no line above it tells its note type")
        kind_id, count = self._kinds[kind]
        fields = [text_of(one, "a field of it") for one in listed(line.get("fields"), "its fields", _MOST_FIELDS)]
        if len(fields) > count:
            raise Fault(f"it has {len(fields)} fields, its note type has {count}")
        fields += [""] * (count - len(fields))
        markup = line.get("markup", str(Markup.MARKDOWN))
        if markup not in tuple(Markup):
            raise Fault("its markup is neither markdown nor html")
        ordinals = listed(line.get("cloze_ordinals"), "its cloze_ordinals", 10_000)
        if not all(type(one) is int and 0 <= one < _ORDINALS for one in ordinals):
            raise Fault("its cloze_ordinals are not whole numbers")
        deck = self._deck_id(DEFAULT_DECK if line.get("deck") is None else self._deck_name(line))
        row = (kind_id, deck, markup, staging.SEPARATOR.join(fields), _tags(line.get("tags")),
               " ".join(map(str, ordinals)), optional(line, "added_at", EARLIEST_MS, LATEST_MS),
               optional(line, "changed_at", EARLIEST_MS, LATEST_MS), place, "")
        number_here = len(self._notes) + 1
        origin = self._place_of(line, number_here) if self._with_learning else None
        self._notes[guid] = number_here
        self._deck_of_note.append(deck)
        self._put("note", (number_here, guid, *row))
        if origin is not None:
            self._put("own_note", origin)

    def _place_of(self, line: Line, note_id: int) -> tuple[Any, ...] | None:
        """Where a note stands in a deck file, and what it held there."""
        path, base = line.get("file"), line.get("base")
        file_id = self._files.get(path) if isinstance(path, str) else None
        if path is not None and file_id is None:
            raise Fault("no line above it tells of its file")
        if file_id is None and base is None and not {"line", "id_in_file"} & line.keys():
            return None
        held: tuple[str | None, ...] = (None, None, None)
        if base is not None:
            if not isinstance(base, dict):
                raise Fault("its base is no object")
            texts = [text_of(one, "a field of its base") for one in listed(base.get("fields"), "fields of its base",
                                                                          _MOST_FIELDS)]
            held = (staging.SEPARATOR.join(texts), _tags(base.get("tags")),
                    "" if base.get("deck") in (None, "") else self._deck_name(base))
        return (note_id, file_id, optional(line, "line", 0, 1 << 40) or 0, optional_word(line, "id_in_file") or "",
                *held)

    def _card(self, line: Line, place: int) -> None:
        note_id = self._note_of(line)
        ordinal = number(line, "ordinal", 0, _ORDINALS - 1)
        key = note_id * _ORDINALS + ordinal
        if key in self._cards:
            raise Fault("its note has a card of that ordinal already")
        deck = self._deck_of_note[note_id] if line.get("deck") is None else self._deck_id(self._deck_name(line))
        added_at = optional(line, "added_at", EARLIEST_MS, LATEST_MS)
        flag = anki = suspension = buried_until = None
        learned = _NO_SCHEDULE
        if self._with_learning:
            flag, anki = optional(line, "flag", 0, 7), card_extras(line.get("anki"))
            suspension, buried_until = line.get("suspension"), day(line, "buried_until")
            if suspension is not None and not _is_one_of(suspension, _SUSPENSIONS):
                raise Fault("its suspension is none of by_hand, leech, left_file")
            if line.get("schedule") is not None:
                learned = schedule(line["schedule"])
        card_id = self._cards[key] = len(self._cards) + 1
        self._put("card", (card_id, note_id, ordinal, deck, added_at, int(suspension is not None), 0, flag or 0, None,
                           learned[0], *(None,) * 10, anki))
        if suspension is not None or buried_until is not None:
            self._put("own_card", (card_id, suspension, buried_until))
        if learned[0] is not None:
            self._put("own_schedule", (card_id, *learned))

    def _note_of(self, line: Line) -> int:
        guid = line.get("note")
        if not isinstance(guid, str) or guid not in self._notes:
            raise Fault("no line above it tells of its note")
        return self._notes[guid]

    # the log

    def _preset(self, line: Line, place: int) -> None:
        name = word(line, "id")
        if name in self._presets:
            raise Fault("its id is that of another preset")
        row = name, preset_text(line)
        self._presets[name] = len(self._presets) + 1
        self._put("own_preset", (self._presets[name], *row))

    def _review(self, line: Line, place: int) -> None:
        kind, before = line.get("kind"), line.get("before")
        if not _is_one_of(kind, _KINDS):
            raise Fault("its kind is none that a review has")
        study_day = day(line, "study_day")
        if study_day is None:
            raise Fault("it has no study_day")
        row = (self._reviews + 1, self._card_of(line), kind, number(line, "answered_at", EARLIEST_MS, LATEST_MS),
               optional(line, "utc_offset_minutes", -1439, 1439) or 0, study_day, optional(line, "rating", 1, 4),
               optional(line, "duration_ms", 0, _MOST_MS))
        if kind == _IMPORTED:
            self._put("foreign", (*row, *_foreign(line)))
        else:
            self._put("own_review", (*row, *self._own(line, str(kind)),
                                     *(_NO_SCHEDULE if before is None else schedule(before))))
        self._reviews += 1

    def _own(self, line: Line, kind: str) -> tuple[Any, ...]:
        uuid, undoes, leech = optional_word(line, "uuid"), optional_word(line, "undoes"), line.get("leech", "")
        preset, correct, choice = line.get("preset"), line.get("correct"), line.get("choice")
        if uuid is None:
            raise Fault("it has no uuid")
        preset_id = self._presets.get(preset) if isinstance(preset, str) else None
        if (kind in _ANSWERS and line.get("rating") is None) or (
                preset_id is None and (preset is not None or kind == _SCHEDULED)):
            raise Fault("it is an answer without a rating, or no line above it tells its preset")
        if (undoes is None) == (kind == _UNDO) or not _is_one_of(leech, _LEECH) \
                or correct not in (None, True, False) or "origin" in line:
            raise Fault("what it says of undoes, leech, correct or origin does not fit its kind")
        if choice is not None:
            choice = text_of(choice, "its choice")[:_LONGEST_TYPED]
        return uuid, preset_id, choice, None if correct is None else int(correct), undoes, leech, ""

    def _card_of(self, line: Line) -> int:
        if line.get("note") is None and "gone" in line:
            return -number(line, "gone", 1, _MOST_MS * 8)
        card_id = self._cards.get(self._note_of(line) * _ORDINALS + number(line, "ordinal", 0, _ORDINALS - 1))
        if card_id is None:
            raise Fault("no line above it tells of its card")
        return card_id


def _foreign(line: Line) -> tuple[Any, ...]:
    """What another program wrote."""
    origin = line.get("origin")
    if not _is_one_of(origin, _ORIGINS) or not _OWN_KEYS.isdisjoint(line):
        raise Fault("what it says does not fit a row of another program")
    return "", origin, *(optional(line, key, -_MOST_MS, _MOST_MS) for key in ("interval", "last_interval", "factor"))


def _is_one_of(value: Any, words: frozenset[str]) -> bool:
    return isinstance(value, str) and value in words


def _tags(value: Any) -> str:
    tags = listed(value, "its tags", _MOST_TAGS)
    for tag in tags:
        if not isinstance(tag, str) or len(tag.split()) != 1 or len(tag) > 500:
            raise Fault("a tag of it is no word")
    return " ".join(text_of(" ".join(tags), "a tag").split())
