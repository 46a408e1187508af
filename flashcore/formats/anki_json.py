"""``.anki-json``: the notes that Anki's own menu Import takes as JSON -> bundle, by the rules it has there.

Anki 26.9 reads: ``notes`` (``fields`` as HTML, ``tags``, ``guid``, ``notetype``, ``deck``, ``cards``), ``notetypes``
(``name``, ``fields``, ``templates``, ``is_cloze``), ``default_notetype``, ``default_deck``, ``global_tags``,
``dupe_resolution`` (Update, Preserve, Duplicate), ``match_scope`` (Notetype, NotetypeAndDeck). A card has ``due``
(seconds since 1970), ``interval`` (days), ``ease_factor``, ``reps``, ``lapses``; the n-th is the card of template n.

Another program calls so a list ``decks`` of ``name`` and ``cards`` with ``front`` and ``back``, as plain text.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned, OnMatch
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import BASIC, NoteType
from flashcore.domain.schedule import CardState
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_models import STOCK_NOTE_TYPES, Json, note_type_of
from flashcore.formats.foreign_json import objects, read_json, taken_from, word
from flashcore.formats.foreign_notes import NoteReport, clean_fields, clean_guid, clean_tags, deck_name, shortened
from flashcore.formats.foreign_schedule import (
    FIRST_YEAR,
    LARGEST_EASE,
    LAST_YEAR,
    LONGEST_INTERVAL_DAYS,
    SMALLEST_EASE,
    count_from,
    local_day,
    number_from,
)
from flashcore.formats.text_file import clean_text

_EARLIEST_DUE, _LATEST_DUE = (datetime(year, 1, 2, 12, tzinfo=UTC).timestamp() for year in (FIRST_YEAR, LAST_YEAR))
"""A card without a due date has been due since the earliest."""
_ON_MATCH = {"Update": OnMatch.UPDATE, "Preserve": OnMatch.KEEP, "Duplicate": OnMatch.ADD}
_DEFAULT_DECK_ID = 1


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of an ``.anki-json`` file, in file order. What a note leaves out, an update leaves alone.

    Raises:
        FileError: it is no JSON, or neither of the two things that have this name.
    """
    root = read_json(data, options.path, options.encoding)
    if isinstance(root, dict) and isinstance(root.get("notes"), list):
        return _Reader(root, options).bundle()
    if isinstance(root, dict) and isinstance(root.get("decks"), list):
        return _plain_decks(root, options)
    raise FileError(options.path or "-", "it holds neither notes nor decks",
                    "an .anki-json file is an object with a list notes; CrowdAnki's files end in .json")


class _Reader:
    def __init__(self, root: Json, options: ReadOptions) -> None:
        self.root, self.settings = root, options
        self.report = NoteReport()
        self.note_types: dict[str, NoteType] = {**STOCK_NOTE_TYPES, **options.note_types}
        self.by_lower: dict[str, NoteType] = {}
        self.guids: set[str] = set()

    def bundle(self) -> Bundle:
        for row in objects(self.root.get("notetypes")):
            try:
                note_type = note_type_of(_model(row))
            except ValueError as error:
                self.report.warn(f"a note type was left out: {error}")
            else:
                self.note_types[note_type.name] = note_type
        self.by_lower = {name.lower(): one for name, one in self.note_types.items()}
        notes = [note for row in taken_from(self.root["notes"]) if (note := self.note(row)) is not None]
        return Bundle(
            tuple(notes), warnings=self.report.problems(), skipped=tuple(self.report.skipped),
            on_match=_ON_MATCH.get(word(self.root.get("dupe_resolution")), OnMatch.UPDATE),
            match_in_deck=self.root.get("match_scope") == "NotetypeAndDeck")

    def note(self, row: object) -> BundledNote | None:
        if not isinstance(row, dict):
            self.report.count("a value among the notes is none", "values among the notes are none")
            return None
        values = row.get("fields")
        shown = values if isinstance(values, list) else ()
        fields = clean_fields(values)
        if isinstance(fields, str):
            self.report.skip(shown, fields)
            return None
        note_type = self.note_type(row)
        if isinstance(note_type, str):
            self.report.skip(shown, note_type)
            return None
        if not fields[0].strip():
            self.report.skip(shown, "its first field is empty")
            return None
        names = note_type.fields
        if len(fields) > len(names) and any(fields[len(names):]):
            self.report.count(f"a note has more fields than its note type {shortened(note_type.name)!r}",
                              f"notes have more fields than their note type {shortened(note_type.name)!r}",
                              "what is beyond stands in the last")
            last = "<br>".join(field for field in fields[len(names) - 1:] if field)
            fields = (*fields[:len(names) - 1], last)
        absent = {name for place, name in enumerate(names) if place >= len(shown) or shown[place] is None}
        if not isinstance(row.get("tags"), list):
            absent.add("Tags")
        filled = (*fields, *("",) * len(names))[:len(names)]
        tags = clean_tags([*self.global_tags(), *(row["tags"] if "Tags" not in absent else ())], self.report)
        note = Note(self.guid(row), note_type, filled, tags, Markup.HTML)
        return BundledNote(note, self.deck(row), cards=tuple(self.cards(row, note)), absent=frozenset(absent))

    def global_tags(self) -> Iterable[object]:
        tags = self.root.get("global_tags")
        return tags if isinstance(tags, list) else ()

    def guid(self, row: Json) -> str:
        guid = clean_guid(row.get("guid"))
        if guid in self.guids:
            self.report.count("a note has the guid of another; it is known by its first field",
                              "notes have the guid of another; they are known by their first field")
            return ""
        if guid:
            self.guids.add(guid)
        return guid

    def note_type(self, row: Json) -> NoteType | str:
        """The note type of a note by name, or the reason why it has none."""
        for value in (row.get("notetype"), self.root.get("default_notetype")):
            name = clean_text(value)[0].strip() if isinstance(value, str) else ""
            if not name:
                continue
            return self.note_types.get(name) or self.by_lower.get(name.lower()) or (
                f"the note type {shortened(name)!r} is neither in the file nor in the collection")
        return "it names no note type"

    def deck(self, row: Json) -> str:
        """The deck of a note: its own, else that of the file, else the one it is read for. Only id 1 is known."""
        for value in (row.get("deck"), self.root.get("default_deck")):
            if isinstance(value, str) and value.strip():
                return deck_name([value], self.report)
            if value == _DEFAULT_DECK_ID and not isinstance(value, bool):
                return "Default"
        return deck_name([self.settings.deck], self.report)

    def cards(self, row: Json, note: Note) -> Iterable[BundledCard]:
        """What was learned of the cards. One without an interval is new: Anki would have it due since 1970."""
        rows = row.get("cards")
        if not isinstance(rows, list) or not rows:
            return
        known = set(card_ordinals(note))
        for ordinal, card in enumerate(rows):
            if not isinstance(card, dict):
                continue
            interval = count_from(card.get("interval"), LONGEST_INTERVAL_DAYS)
            if interval is None or ordinal not in known:
                self.report.count("a card's interval or place means nothing; it starts as new",
                                  "cards have an interval or place that means nothing; they start as new")
            elif interval:
                due = number_from(card.get("due"), _EARLIEST_DUE, _LATEST_DUE) or _EARLIEST_DUE
                ease = number_from(card.get("ease_factor"), SMALLEST_EASE, LARGEST_EASE)
                yield BundledCard(ordinal, learned=Learned(
                    CardState.REVIEW, local_day(datetime.fromtimestamp(due, UTC)), interval_days=interval,
                    reps=count_from(card.get("reps")) or 0, lapses=count_from(card.get("lapses")) or 0, ease=ease))


def _model(row: Json) -> Json:
    """A note type of the file as a model of Anki's."""
    fields = row.get("fields")
    return {"name": row.get("name"), "type": 1 if row.get("is_cloze") is True else 0, "tmpls": row.get("templates"),
            "flds": [{"name": name} for name in fields] if isinstance(fields, list) else None}


def _plain_decks(root: Json, options: ReadOptions) -> Bundle:
    report = NoteReport()
    notes: list[BundledNote] = []
    guids: set[str] = set()
    for deck in objects(root["decks"]):
        name = deck_name([word(deck.get("name")) or options.deck], report)
        for card in objects(deck.get("cards")):
            kept = card.get("fields")
            named: Mapping[str, object] = kept if isinstance(kept, dict) else {}
            sides = clean_fields([card.get("front", named.get("Front")), card.get("back", named.get("Back"))])
            if isinstance(sides, str) or not sides[0].strip():
                report.skip([card.get("front"), card.get("back")], sides if isinstance(sides, str) else
                            "its question is empty")
                continue
            front, back = (html.escape(side, quote=False).replace("\n", "<br>") for side in sides)
            guid = clean_guid(card.get("id"))
            note = Note("" if guid in guids else guid, BASIC, (front, back, "", ""), (), Markup.HTML)
            guids.add(guid)
            notes.append(BundledNote(note, name))
    return Bundle(tuple(notes), warnings=report.problems(), skipped=tuple(report.skipped))
