"""A bundle as an Anki package (.apkg), through genanki.

What genanki leaves to its users, or gets wrong, is done here: stable ids, cards of one note in different decks, the
ordinals of nested and multiple deletions, tags with spaces, media of one name in two folders, compression, an atomic
file. New cards only: a package carries no schedule.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import sqlite3
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import genanki

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.deck import DEFAULT_DECK, SEPARATOR, clean_deck_name
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.errors import FileError
from flashcore.formats.anki_looks import LOOKS_CHANGED_AT, anki_note_type, vignette_fields
from flashcore.formats.cloze_html import cloze_to_anki
from flashcore.formats.html import markdown_to_html
from flashcore.formats.media_names import MediaNames, media_names

_DEFAULT_DECK_ID = 1
_LOWEST_ID, _ID_COUNT = 1 << 30, (1 << 40) - (1 << 30)
"""Ids of decks and note types: above those that genanki's users draw, below any time stamp that Anki draws."""
_DEEPEST_DECK = 20
_PACKED = frozenset((
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".webm"))
"""Files that are compressed already."""


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """What a package holds, as counts; ``missing_media`` are the references whose file was not there."""

    notes: int
    cards: int
    decks: int
    media: int
    missing_media: tuple[str, ...] = ()


def write_package(
    bundle: Bundle, path: Path, media: Mapping[str, Path], *, now: datetime,
    card_decks: Mapping[tuple[str, int], str] | None = None, changed_at: Mapping[str, datetime] | None = None,
) -> WrittenPackage:
    """Writes the notes of a bundle and their cards, as new cards, to ``path``, replacing it in one step.

    ``media`` maps each reference in the fields to its file. ``card_decks`` names the deck of a card by guid and
    ordinal, where it is not its note's. ``changed_at`` (aware) is when each guid last changed, ``now`` where it is
    not said: Anki updates a note that it has only if the package's is newer. ``now`` also dates the ids.

    Raises:
        FileError: the file cannot be written; what was there before is unchanged.
    """
    try:
        names = media_names(media)
        package = _Package(names, now)
        for bundled in bundle.notes:
            package.add(bundled, card_decks or {}, (changed_at or {}).get(bundled.note.guid, now))
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            finished = Path(folder) / "package"
            package.write(finished, Path(folder) / "collection")
            os.replace(finished, path)
        _sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(path, f"cannot be written: {reason}", "free some space or choose another place") from error
    decks = {card[2] for card in package.cards}
    return WrittenPackage(len(package.notes), len(package.cards), len(decks), len(names.files), names.missing)


class _Model(genanki.Model):
    """A note type. genanki renders every template to find the fields it needs, and fails on foreign ones."""

    @property
    def _req(self) -> list[list[Any]]:
        places = {field["name"]: place for place, field in enumerate(self.fields)}
        required: list[list[Any]] = []
        for number, template in enumerate(self.templates):
            shown = re.findall(r"\{\{(?:[^{}]*:)?([^{}:#^/]+)\}\}", template["qfmt"])
            required.append([number, "any", sorted({places[name] for name in shown if name in places}) or [0]])
        return required


class _Package(genanki.Package):
    """Collects the rows of a collection, then writes them into genanki's schema."""

    def __init__(self, names: MediaNames, now: datetime) -> None:
        super().__init__([])
        self.names = names
        self.now_ms = int(now.timestamp() * 1000)
        self.date_time = max(now.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        self.notes: list[tuple[Any, ...]] = []
        self.cards: list[tuple[Any, ...]] = []
        self.decks_by_key: dict[str, genanki.Deck] = {}
        self.models: dict[NoteType, _Model] = {}

    def add(self, bundled: BundledNote, card_decks: Mapping[tuple[str, int], str], changed_at: datetime) -> None:
        """Adds a note and its cards. A note without a card would be thrown away by Anki: it keeps its first."""
        note = bundled.note
        model = self.models.get(note.note_type) or self.models.setdefault(note.note_type, self.model(note.note_type))
        guid = note.guid or _digest(note.note_type.name, *note.fields, bundled.deck, str(bundled.line))
        fields = [_storable(text) for text in _fields(note, self.names)]
        fields += [""] * (len(model.fields) - len(fields))
        place = len(self.notes) + 1
        changed_s = int(changed_at.timestamp())
        first = _stripped(fields[0])
        tags = "".join(f" {tag}" for tag in anki_tags(note.tags))
        self.notes.append((place, guid, model.model_id, changed_s, -1, tags and f"{tags} ",
                           "\x1f".join(fields[:len(model.fields)]), first, _checksum(first), 0, ""))
        for ordinal in card_ordinals(note) or (0,):
            deck = self.deck(card_decks.get((note.guid, ordinal), bundled.deck))
            self.cards.append((len(self.cards) + 1, place, deck.deck_id, ordinal, changed_s, -1, 0, 0, place,
                               0, 0, 0, 0, 0, 0, 0, 0, ""))

    def deck(self, name: str) -> genanki.Deck:
        """The deck of a name, with its parents; names that differ only in case are one deck, as in Anki."""
        deck: genanki.Deck | None = None
        for part in _deck_parts(name):
            full = f"{deck.name}{SEPARATOR}{part}" if deck else part
            key = full.casefold()
            if key not in self.decks_by_key:
                deck_id = _DEFAULT_DECK_ID if key == DEFAULT_DECK.casefold() else _fixed_id("deck", key)
                self.decks_by_key[key] = genanki.Deck(deck_id, full)
            deck = self.decks_by_key[key]
        return deck

    def model(self, note_type: NoteType) -> _Model:
        """The note type in Anki. Its id comes from name, fields and templates, so a later package has the same."""
        shown = anki_note_type(note_type)
        templates = shown.templates or (Template("Card 1", "{{%s}}" % shown.fields[0], "{{FrontSide}}"),)  # noqa: UP031
        known = {model.model_id for model in self.models.values()}
        model_id = _fixed_id("note type", shown.name, shown.kind, *shown.fields, *(each.name for each in templates))
        if model_id in known:
            model_id = _fixed_id("note type", repr(shown))
        return _Model(
            model_id, shown.name, [{"name": name} for name in shown.fields],
            [{"name": each.name, "qfmt": each.front, "afmt": each.back} for each in templates], shown.css,
            genanki.Model.CLOZE if shown.kind is NoteKind.CLOZE else genanki.Model.FRONT_BACK)

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: Iterator[int]) -> None:
        """Fills an empty database. Ids are milliseconds up to now: Anki refuses such of the future."""
        super().write_to_db(cursor, timestamp, id_gen)
        conf, decks = (json.loads(text) for text in cursor.execute("SELECT conf, decks FROM col").fetchone())
        conf["schedVer"] = 2  # else Anki takes the package for one of its old scheduler and rewrites ratings
        decks |= {str(deck.deck_id): deck.to_json() for deck in self.decks_by_key.values()}
        models = {str(model.model_id): model.to_json(LOOKS_CHANGED_AT.timestamp(), _DEFAULT_DECK_ID)
                  for model in self.models.values()}
        cursor.execute("UPDATE col SET conf = ?, decks = ?, models = ?, mod = ?, scm = ?",
                       (json.dumps(conf), json.dumps(decks), json.dumps(models), self.now_ms, self.now_ms))
        notes_from, cards_from = self.now_ms - len(self.notes), self.now_ms - len(self.cards)
        notes = ((notes_from + row[0], *row[1:]) for row in self.notes)
        cards = ((cards_from + row[0], notes_from + row[1], *row[2:]) for row in self.cards)
        cursor.executemany(f"INSERT INTO notes VALUES ({', '.join('?' * 11)})", notes)
        cursor.executemany(f"INSERT INTO cards VALUES ({', '.join('?' * 18)})", cards)

    def write(self, path: Path, database: Path) -> None:
        """Writes the package, the collection first into a file of its own; both are on disk when it returns."""
        connection = sqlite3.connect(database)
        try:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            self.write_to_db(connection.cursor(), self.now_ms / 1000, iter(()))
            connection.commit()
        finally:
            connection.close()
        with path.open("w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                self._put(archive, "collection.anki2", database)
                for number, source in enumerate(self.names.files.values()):
                    self._put(archive, str(number), source)
                listed = json.dumps(dict(enumerate(self.names.files)))
                archive.writestr(zipfile.ZipInfo("media", self.date_time), listed, zipfile.ZIP_DEFLATED)
            file.flush()
            os.fsync(file.fileno())

    def _put(self, archive: zipfile.ZipFile, name: str, source: Path) -> None:
        member = zipfile.ZipInfo(name, self.date_time)
        member.compress_type = zipfile.ZIP_STORED if source.suffix.lower() in _PACKED else zipfile.ZIP_DEFLATED
        member.file_size = source.stat().st_size
        with source.open("rb") as reading, archive.open(member, "w") as writing:
            while block := reading.read(1 << 20):
                writing.write(block)


def anki_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as Anki keeps them: no blanks or quotes in them, no empty parts, none twice in another case."""
    cleaned: dict[str, str] = {}
    for tag in tags:
        name = re.sub(r"[\x7f\"]+", "", unicodedata.normalize("NFC", _storable(tag)))
        name = re.sub(r"\s+", "_", name.strip())
        name = SEPARATOR.join(part for part in name.split(SEPARATOR) if part)
        if name:
            cleaned.setdefault(name.casefold(), name)
    return tuple(cleaned.values())


def _fields(note: Note, names: MediaNames) -> tuple[str, ...]:
    if note.markup is Markup.HTML:
        return tuple(_with_names(text, names) for text in note.fields)
    match note.note_type.kind:
        case NoteKind.VIGNETTE:
            return vignette_fields(note, names)
        case NoteKind.CLOZE:
            text = cloze_to_anki(note.question, note.cloze_ordinals, names)
            return (text, *(markdown_to_html(field, names) for field in note.fields[1:]))
    return tuple(markdown_to_html(field, names) for field in note.fields)


_MEDIA_REFERENCE = re.compile(r"(\bsrc\s*=\s*[\"']?|\[sound:)([^\"'\]<>]+)", re.IGNORECASE)


def _with_names(text: str, names: MediaNames) -> str:
    """HTML with its pictures and sounds under their names in the package."""

    def named(found: re.Match[str]) -> str:
        reference = html.unescape(found[2])
        name = names(reference)
        return found[0] if name == reference else found[1] + html.escape(name)

    return _MEDIA_REFERENCE.sub(named, text) if names.by_reference else text


def _deck_parts(name: str) -> list[str]:
    cleaned = re.sub(r"[\t\n\r\x7f]+", " ", unicodedata.normalize("NFC", _storable(name)))
    parts = clean_deck_name(cleaned).split(SEPARATOR)
    return parts[:_DEEPEST_DECK - 1] + [" ".join(parts[_DEEPEST_DECK - 1:])] * (len(parts) >= _DEEPEST_DECK)


def _storable(text: str) -> str:
    """Text that a field can hold: no separator of fields, no control characters (Anki drops them), no half pairs."""
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", text.replace("\x1f", " ")))


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1e]+")
_HALVES = re.compile("[\ud800-\udfff]")


def _stripped(field: str) -> str:
    """The first field as Anki sorts by it and looks for duplicates: without tags, the names of pictures kept."""
    named = re.sub(r"<img\b[^<>]*?\bsrc=[\"']?([^\"'<>]+)[^<>]*>", r" \1 ", field, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<!--.*?-->|<[^<>]*>", "", named, flags=re.DOTALL)).replace("\xa0", " ").strip()


def _checksum(text: str) -> int:
    return int.from_bytes(hashlib.sha1(text.encode(), usedforsecurity=False).digest()[:4], "big")


def _fixed_id(*words: str) -> int:
    return _LOWEST_ID + int(_digest(*words), 16) % _ID_COUNT


def _digest(*words: str) -> str:
    return hashlib.blake2b("\x1f".join(map(_storable, words)).encode(), digest_size=8).hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
