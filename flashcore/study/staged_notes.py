"""The notes of a staging file, merged into the collection.

A note is the same by guid, then by first field within its note type. Its content is taken where it is newer; a file
that does not say how old it is counts as newer. What the learner changed since the last import stays, and so do
protected fields and tags. Content never touches learning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from flashcore.domain.bundle import OnMatch
from flashcore.domain.deck import ancestors, clean_deck_name
from flashcore.domain.media_references import with_media_names
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteType
from flashcore.domain.staging import Fact
from flashcore.domain.tag_trees import derive_labels
from flashcore.domain.taxonomy import Depth, asks_mechanism, read_axes
from flashcore.errors import FlashcoreError, Problem
from flashcore.store import axes, content, decks, imports, ingest_notes, options
from flashcore.store.changes import ChangeSet
from flashcore.store.database import Connection
from flashcore.store.note_types import note_types
from flashcore.store.schema import split_fields
from flashcore.study import identity
from flashcore.study.import_report import Conflict, FileReport
from flashcore.study.merge import Protected, merged
from flashcore.study.options import OPTIONS, OptionSet, read_option

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


_MECHANISM = str(Depth.MECHANISM)
_MOST_TEXTS = 65_536
"""How many texts of tags are remembered with what they say."""


@dataclass(slots=True)
class NoteCounts:
    """What became of the notes of a file. The new ones have ids from ``first_note`` on."""

    new: int = 0
    updated: int = 0
    same: int = 0
    kept_local: int = 0
    first_note: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


class StagedNotes:
    """One merge, inside the transaction of its import."""

    def __init__(self, collection: Collection, connection: Connection, changes: ChangeSet, deck: str | None,
                 file: FileReport, facts: Mapping[str, str], *, theirs: bool, with_options: bool) -> None:
        self._collection, self._connection, self._changes = collection, connection, changes
        self._deck, self._file, self._facts, self._theirs = deck, file, facts, theirs
        self._with_options = with_options
        self._counts = NoteCounts()
        self._matched = 0
        self._known_kinds: set[int] = set()
        self._on_match = OnMatch(facts.get(Fact.ON_MATCH, OnMatch.UPDATE))
        self._is_own, self._was_empty = facts.get(Fact.IS_OWN) == "1", False

    def add(self) -> None:
        """Match the notes and add the new ones; the maps of the staging file are filled afterwards."""
        connection, counts = self._connection, self._counts
        was_empty = self._was_empty = decks.is_empty(connection)
        self._known_kinds = set(note_types(connection))
        ingest_notes.map_note_types(connection)
        self._map_decks(self._file, was_empty=was_empty)
        if not was_empty:
            self._matched = ingest_notes.match_by_guid(connection)
            if self._on_match is not OnMatch.ADD:
                self._matched += ingest_notes.match_by_first_field(
                    connection, in_deck=self._facts.get(Fact.MATCH_IN_DECK) == "1")
        reading = _TagReading(note_types(connection))
        counts.first_note, counts.new = ingest_notes.add_new_notes(
            connection, self._guids(), self._collection.now(), reading.labels, reading.axes, reading.depth)
        ingest_notes.add_new_cards(connection)
        if self._is_own:
            from flashcore.study import own_import

            own_import.place_new(connection)
        if with_topic := ingest_notes.new_notes_with_topic(connection):
            content.order_new_cards(connection, with_topic)

    def update(self, names: Mapping[str, str]) -> NoteCounts:
        """Take the newer texts of known notes; ``names`` are media that are called otherwise here."""
        ingest_notes.rename_media(self._connection, names)
        if self._matched and self._on_match is not OnMatch.KEEP:
            self._update(self._counts, names)
        if not (self._is_own and self._was_empty):
            ingest_notes.forget_unused_note_types(self._connection, self._known_kinds)
        self._counts.same = self._matched - self._counts.updated
        return self._counts

    def _map_decks(self, file: FileReport, *, was_empty: bool) -> None:
        """Find or make the decks; one that is new here brings its options."""
        connection = self._connection
        # a deck under which another one is exists too, in the spelling of that one
        names = decks.deck_names(connection)
        ids = {name.casefold(): key for key, name in names.items()}
        held = {part.casefold(): part for name in names.values() for part in ancestors(name)}
        were_here = frozenset(held)
        in_use = ingest_notes.staged_decks_in_use(connection)
        places: dict[int, tuple[str, int]] = {}
        brought: dict[str, Mapping[str, str]] = {}
        for staged_id, staged_name, text, anki in ingest_notes.staged_decks(connection):
            name = self._deck or _spelt_as(clean_deck_name(staged_name), held)
            if staged_id not in in_use and (self._deck or name.casefold() in were_here):
                continue
            if name.casefold() not in ids:
                ids[name.casefold()] = ingest_notes.add_deck(connection, name)
            places[staged_id] = name, ids[name.casefold()]
            if name.casefold() not in were_here and not self._deck:
                decks.keep_anki(connection, places[staged_id][1], anki)
                if text and self._with_options:
                    brought[name] = json.loads(text)
            held |= {part.casefold(): part for part in ancestors(name) if part.casefold() not in held}
        if was_empty and self._facts.get(Fact.IS_WHOLE) == "1" and self._with_options:
            self._take_rollover_hour()
        self._write_options(brought, file)
        if self._is_own and self._with_options:
            from flashcore.study import own_import

            own_import.take_options(connection, file, with_decks=not self._deck)
        chosen = OptionSet(options.read_options(connection))
        self._collection.use_options(chosen)
        ingest_notes.map_decks(connection, {
            staged_id: (deck_id, len((preset := chosen.for_deck(name).preset).learning_steps_seconds),
                        len(preset.relearning_steps_seconds)) for staged_id, (name, deck_id) in places.items()})

    def _take_rollover_hour(self) -> None:
        hour = self._facts.get(Fact.ROLLOVER_HOUR, "")
        if hour and "rollover_hour" not in options.read_options(self._connection).get("", {}) \
                and hour != str(OPTIONS["rollover_hour"].default):
            options.write_option(self._connection, "", "rollover_hour", read_option("rollover_hour", hour,
                                                                                    of_deck=False))

    def _write_options(self, brought: Mapping[str, Mapping[str, str]], file: FileReport) -> None:
        """Set what differs from what a deck inherits, parents first."""
        held = options.read_options(self._connection)
        inherited = OptionSet(held)  # which sees what is added to the dictionary
        written: dict[tuple[str, str], str] = {}
        for name in sorted(brought, key=lambda deck: (deck.count("::"), deck)):
            for key, text in brought[name].items():
                try:
                    canonical = read_option(key, text, of_deck=True)
                except FlashcoreError as error:
                    file.problems.append(Problem(0, f"an option of the deck {name} was left out: {error}"))
                    continue
                if OPTIONS[key].read(canonical) != inherited.value(key, name).value:
                    held.setdefault(name, {})[key] = canonical
                    written[name, key] = canonical
        imports.write_options(self._connection, written)

    def _guids(self) -> dict[int, str]:
        """A guid for each new note to which the file gives none."""
        found: dict[int, str] = {}
        taken: dict[str, object] = {}
        for staged_id, kind, fields in ingest_notes.notes_without_guid(self._connection):
            guid = identity.made_guid(kind, split_fields(fields), taken)
            taken[guid] = True
            found[staged_id] = guid
        held = content.note_ids_by_guid(self._connection, list(taken)) if taken else {}
        for staged_id, kind, fields in ingest_notes.notes_without_guid(self._connection) if held else ():
            if found[staged_id] in held:
                found[staged_id] = identity.made_guid(kind, split_fields(fields), taken | dict.fromkeys(held))
                taken[found[staged_id]] = True
        return found

    def _update(self, counts: NoteCounts, names: Mapping[str, str]) -> None:
        """Take the content of known notes where the file's is newer, note by note: these are few."""
        connection, kinds = self._connection, note_types(self._connection)
        option = self._collection.option_set().collection()
        protected = Protected(frozenset(option.protected_fields), tuple(option.protected_tags))
        differing = imports.differing_notes(connection, every=self._theirs)
        if not self._theirs:
            counts.kept_local += imports.count_edited_later(connection)
        held = content.notes_by_id(connection, [one.note_id for one in differing])
        for one in differing:
            stored = held[one.note_id]
            fields = split_fields(with_media_names(one.fields, names))
            read = Note(stored.note.guid, kinds[one.note_type_id], fields, tuple(one.tags.split()), Markup(one.markup),
                        tuple(map(int, one.cloze_ordinals.split())))
            if one.absent:
                read = _filled(read, stored.note, frozenset(split_fields(one.absent)))
            if read.markup is Markup.HTML and stored.note.markup is Markup.MARKDOWN:
                read = _unrendered(read, stored.note)
            if self._is_own:  # both are the learner's own words: the later ones hold
                stored = replace(stored, base=None)
            result = merged(stored, read, self._file.path, one.line, theirs=self._theirs, protected=protected)
            if self._is_own and result.note.fields == read.fields:
                result = replace(result, note=replace(result.note, cloze_ordinals=read.cloze_ordinals))
            has_base = not self._is_own and (stored.base is not None or one.changed_at is None)
            base = imports.base_columns(read, stored.base.deck if stored.base else "") if has_base else {}
            is_changed = content.change_note(self._changes, stored.id, result.note, self._collection.now(),
                                             changed_at=one.changed_at, **base)
            counts.updated += is_changed
            counts.kept_local += result.is_kept_local
            counts.conflicts += result.conflicts


def _spelt_as(name: str, held: Mapping[str, str]) -> str:
    """A deck name with the part of it that the collection has already spelt as there."""
    for part in ancestors(name):
        if part.casefold() in held:
            return held[part.casefold()] + name[len(part):]
    return name


class _TagReading:
    """What tags say, each text of them read once: notes by the thousand share the same tags."""

    def __init__(self, kinds: Mapping[int, NoteType]) -> None:
        self._depths = {key: (axes.may_ask_mechanism(kind), str(axes.usual_depth(kind)))
                        for key, kind in kinds.items()}
        self.labels = lru_cache(_MOST_TEXTS)(lambda tags, deck: derive_labels(tags.split(), deck))
        self.axes = lru_cache(_MOST_TEXTS)(self._axes)
        self._named_depth = lru_cache(_MOST_TEXTS)(self._depth)

    def _axes(self, tags: str, deck: str) -> tuple[str | None, str | None]:
        found = axes.with_labels(read_axes(tags.split()), self.labels(tags, deck))
        return found.primary, found.topics[0].lower() if found.topics else None

    @staticmethod
    def _depth(tags: str) -> str | None:
        named = read_axes(tags.split()).depth
        return None if named is None else str(named)

    def depth(self, tags: str, kind: int, fields: str) -> str:
        """The depth of a note; ``fields`` is how they begin."""
        named = self._named_depth(tags)
        if named is not None:
            return named
        may_ask, usual = self._depths[kind]
        return _MECHANISM if may_ask and asks_mechanism(ingest_notes.first_field_key(fields)) else usual


def _unrendered(read: Note, held: Note) -> Note:
    """The note with the Markdown that the collection has, where its HTML is just that, as an export writes it."""
    from flashcore.formats.anki_markdown import html_fields

    rendered = html_fields(held)
    if read.fields[:len(rendered)] != rendered or any(read.fields[len(rendered) + 1:]):
        return read
    return replace(held, tags=read.tags)


def _filled(read: Note, held: Note, absent: frozenset[str]) -> Note:
    """The note with what the file leaves out as the collection has it."""
    fields = tuple(held.field(name) if name in absent and held.note_type == read.note_type else text
                   for name, text in zip(read.note_type.fields, read.fields, strict=False))
    return replace(read, fields=fields, tags=held.tags if "Tags" in absent else read.tags)
