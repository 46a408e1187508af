"""What a package says beside its rows: note types, decks, presets and settings, as the JSON of Anki's schema 11."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import genanki

from flashcore.domain.deck import DEFAULT_DECK, FSRS_6_PARAMETERS, SEPARATOR, ancestors, clean_deck_name
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType
from flashcore.formats.anki_looks import LOOKS_CHANGED_AT, anki_note_type, package_note_type
from flashcore.formats.anki_markdown import storable
from flashcore.formats.anki_models import model_of
from flashcore.formats.anki_presets import config_of

_DEFAULT_ID = 1
"""Anki's own id of the deck ``Default`` and of the preset ``Default``."""
_LOWEST_ID, _ID_COUNT = 1 << 30, (1 << 40) - (1 << 30)
"""Ids of decks and note types: above those that genanki's users draw, below any time stamp that Anki draws."""
_LARGEST_ID = (1 << 53) - 1
_DEEPEST_DECK = 20
_OWN = {own.name: own for own in OWN_NOTE_TYPES}


@dataclass(frozen=True, slots=True)
class Kind:
    """A note type of the staging file in the package. ``places`` are those of its fields there, None: as they stand."""

    note_type: NoteType
    model_id: int
    field_count: int
    sort_field: int
    template_count: int
    places: tuple[int, ...] | None
    is_ours: bool = False

    @property
    def is_cloze(self) -> bool:
        """Whether its cards are deletions, so that their number has no bound."""
        return self.note_type.kind is NoteKind.CLOZE

    def placed(self, fields: list[str]) -> list[str]:
        """The fields of a note in HTML where the package has them, as many as the type has there."""
        if self.places is None:
            return (fields + [""] * self.field_count)[:self.field_count]
        held = [""] * self.field_count
        for place, field in zip(self.places, fields, strict=False):
            held[place] = field
        return held


@dataclass(frozen=True, slots=True)
class DeckPlace:
    """A deck of the staging file in the package; retention and decay are what holds for cards that do not say."""

    deck_id: int
    retention: float
    decay: float


class NoteTypes:
    """The note types of a package by id. Ours keep theirs for ever; that of another is Anki's, else from its name."""

    def __init__(self, note_types: Mapping[int, NoteType]) -> None:
        self.models: dict[int, dict[str, Any]] = {}
        self.kinds: dict[int, Kind] = {}
        self._ours: dict[str, int] = {}
        for number, note_type in note_types.items():
            own = _own_of(note_type)
            self.kinds[number] = self._our_kind(note_type, own, note_types) if own else self._kind(note_type)

    def _kind(self, note_type: NoteType) -> Kind:
        return _kind_of(note_type, self._add(model_of(note_type), note_type, changed_at=0), None)

    def _our_kind(self, note_type: NoteType, own: NoteType, all_types: Mapping[int, NoteType]) -> Kind:
        """Notes of ours share one note type in Anki, also those that were edited there."""
        if own.name not in self._ours:
            looks = next((other for other in all_types.values() if _own_of(other) is own and _is_changed(other, own)),
                         None)
            changed_at = int(LOOKS_CHANGED_AT.timestamp()) if looks is None else 0
            model = self._add(model_of(package_note_type(own, looks)), anki_note_type(own), changed_at)
            self._ours[own.name] = int(model["id"])
        model = self.models[self._ours[own.name]]
        names = [field["name"] for field in model["flds"]]
        return _kind_of(note_type, model, tuple(names.index(field) for field in note_type.fields), is_ours=True)

    def _add(self, model: dict[str, Any], note_type: NoteType, changed_at: int) -> dict[str, Any]:
        number = model["id"]
        if not isinstance(number, int) or not 0 < number <= _LARGEST_ID or number in self.models:
            number = fixed_id("note type", note_type.name, note_type.kind, *note_type.fields,
                              *(each["name"] for each in model["tmpls"]))
        if number in self.models:
            number = fixed_id("note type", repr(note_type))
        sort_field = model["sortf"]
        if not isinstance(sort_field, int) or not 0 <= sort_field < len(model["flds"]):
            model["sortf"] = 0
        self.models[number] = model | {"id": number, "mod": changed_at, "usn": -1, "req": _required(model)}
        return self.models[number]


def _own_of(note_type: NoteType) -> NoteType | None:
    """Which of our note types it is: by name and fields, with those of the package or without.

    A vignette that was edited in Anki is no vignette here any more, so its type has the name with a ``+``.
    """
    own = _OWN.get(note_type.name.rstrip("+"))
    if own is None:
        return None
    shown = package_note_type(own)
    is_same = (note_type.fields in (own.fields, shown.fields[:-1], shown.fields)
               and len(note_type.templates) == len(own.templates)
               and (note_type.kind is NoteKind.CLOZE) == (own.kind is NoteKind.CLOZE))
    return own if is_same else None


def _is_changed(note_type: NoteType, own: NoteType) -> bool:
    """Whether somebody changed templates or styling in Anki."""
    shown = anki_note_type(own)
    return (note_type.templates, note_type.css) not in ((own.templates, own.css), (shown.templates, shown.css))


def _kind_of(note_type: NoteType, model: Mapping[str, Any], places: tuple[int, ...] | None,
             is_ours: bool = False) -> Kind:
    count = len(model["flds"])
    if places == tuple(range(len(places or ()))):
        places = None
    return Kind(note_type, model["id"], count, model["sortf"], len(model["tmpls"]), places, is_ours)


def _required(model: Mapping[str, Any]) -> list[list[Any]]:
    """For each template the fields of which one must hold a text; Anki before 2.1.28 makes cards by it."""
    places = {field["name"]: place for place, field in enumerate(model["flds"])}
    required: list[list[Any]] = []
    for number, template in enumerate(model["tmpls"]):
        shown = re.findall(r"\{\{(?:[^{}]*:)?([^{}:#^/]+)\}\}", template["qfmt"])
        required.append([number, "any", sorted({places[name] for name in shown if name in places}) or [0]])
    return required


class Decks:
    """The decks of a package with their parents, by id, and the presets that they use."""

    def __init__(self, rows: list[tuple[int, str, str, str]]) -> None:
        """``rows`` are those of the staging file: id, name, options, anki."""
        self.decks: dict[int, dict[str, Any]] = {}
        self.presets: dict[int, dict[str, Any]] = {_DEFAULT_ID: config_of("Default", {}) | {"id": _DEFAULT_ID}}
        self.places: dict[int, DeckPlace] = {}
        self._ids: dict[str, int] = {}
        self._presets_by_text: dict[str, int] = {}
        self._options = {_key(name): json.loads(options) for _, name, options, _ in rows if options}
        self._anki = {_key(name): json.loads(anki) for _, name, _, anki in rows if anki}
        for number, name, _, _ in rows:
            deck_id = self._deck(name)
            options = self._options_of(self.decks[deck_id]["name"])
            weights = options.get("parameters", "").split()
            self.places[number] = DeckPlace(deck_id, float(options.get("desired_retention", "0.9")),
                                            float(weights[-1]) if weights else FSRS_6_PARAMETERS[-1])

    def _deck(self, name: str) -> int:
        """The id of a deck, with its parents; names that differ only in case are one deck, as in Anki."""
        full = ""
        for part in _deck_parts(name):
            full = f"{full}{SEPARATOR}{part}" if full else part
            key = full.casefold()
            if key in self._ids:
                full = self.decks[self._ids[key]]["name"]
                continue
            kept = self._anki.get(key, {})
            deck_id = kept.get("id")
            if key == DEFAULT_DECK.casefold():
                deck_id = _DEFAULT_ID
            elif (not isinstance(deck_id, int) or not _DEFAULT_ID < deck_id <= _LARGEST_ID or deck_id in self.decks):
                deck_id = fixed_id("deck", key)
            self._ids[key] = deck_id
            self.decks[deck_id] = {
                **genanki.Deck(deck_id, full, str(kept.get("desc", ""))).to_json(),
                "md": bool(kept.get("md")), "mod": 0, "conf": self._preset(full), "usn": -1}
        return self._ids[full.casefold()]

    def _options_of(self, name: str) -> dict[str, str]:
        """What holds for a deck: its own options, then those of its parents. Anki's decks inherit nothing."""
        held: dict[str, str] = {}
        for deck in ancestors(name):
            held = self._options.get(deck.casefold(), {}) | held
        return held

    def _preset(self, name: str) -> int:
        """The id of the preset with the options of a deck, which is named after the first deck that has it."""
        options = self._options_of(name)
        if not options:
            return _DEFAULT_ID
        text = json.dumps(options, sort_keys=True)
        if text not in self._presets_by_text:
            number = self._presets_by_text[text] = fixed_id("preset", text)
            self.presets[number] = config_of(name, options) | {"id": number, "usn": -1}
        return self._presets_by_text[text]


def _key(name: str) -> str:
    return SEPARATOR.join(_deck_parts(name)).casefold()


def _deck_parts(name: str) -> list[str]:
    cleaned = re.sub(r"[\t\n\r\x7f]+", " ", unicodedata.normalize("NFC", storable(name)))
    parts = clean_deck_name(cleaned).split(SEPARATOR)
    return parts[:_DEEPEST_DECK - 1] + [" ".join(parts[_DEEPEST_DECK - 1:])] * (len(parts) >= _DEEPEST_DECK)


def write_catalogue(cursor: sqlite3.Cursor, note_types: NoteTypes, decks: Decks, tags: set[str],
                    settings: Mapping[str, Any], created_at: int, now_ms: int) -> None:
    """Completes the one row of genanki's table ``col``. ``created_at`` in seconds: due numbers count from its day."""
    conf, held = (json.loads(text) for text in cursor.execute("SELECT conf, decks FROM col").fetchone())
    # schedVer: else Anki takes the package for one of its first scheduler and rewrites ratings
    conf |= {"schedVer": 2, "sched2021": True, "creationOffset": 0, "curModel": next(iter(note_types.models), None),
             **settings}
    held |= {str(number): deck for number, deck in decks.decks.items()}
    values = conf, held, note_types.models, decks.presets, dict.fromkeys(sorted(tags), -1)
    cursor.execute("UPDATE col SET conf = ?, decks = ?, models = ?, dconf = ?, tags = ?, crt = ?, mod = ?, scm = ?",
                   (*(json.dumps(value, ensure_ascii=False) for value in values), created_at, now_ms, now_ms))


def fixed_id(*words: str) -> int:
    """An id that is always the same for the same words."""
    return _LOWEST_ID + int(digest(*words), 16) % _ID_COUNT


def digest(*words: str) -> str:
    """Sixteen hex digits that stand for these words."""
    return hashlib.blake2b("\x1f".join(map(storable, words)).encode(), digest_size=8).hexdigest()
