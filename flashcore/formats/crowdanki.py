"""CrowdAnki's JSON -> bundle: a tree of decks with their notes, note types and presets, and a folder ``media`` beside.

The file is ``X/X.json``, ``X/deck.json`` or any other ``.json``. It holds no cards and no learning: all of it is new.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, NoteType
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_looks import anki_note_type
from flashcore.formats.anki_models import Json, config_of, deck_options, note_type_of, recovered_type
from flashcore.formats.foreign_json import objects, read_json, taken_from, word
from flashcore.formats.foreign_notes import (
    NoteReport,
    clean_fields,
    clean_guid,
    clean_tags,
    deck_name,
    file_in,
    is_file_name,
    shortened,
)
from flashcore.formats.text_file import composed

MEDIA_FOLDER = "media"
JOINED = "flashcore_joined"
"""A key of the root deck: it only joins decks that have no parent in common, and is none itself."""
_OWN = {anki_note_type(own): own for own in (BASIC, REVERSED, CLOZE)}
"""The own note types, by their look in Anki."""
_DEEPEST_CHILDREN = 500
_STOCK_OPTIONS = deck_options(config_of("Default", {}))
"""What Anki's own preset says. A deck that nobody gave options has it, so it says nothing."""
_REFERENCE = re.compile(r"\bsrc\s*+=\s*+(?:\"([^\"<>]*+)\"|'([^'<>]*+)'|([^\s\"'<>]++))|\[sound:([^\[\]]++)\]",
                        re.IGNORECASE)
_WEB = re.compile(r"(?:[a-z][a-z0-9+.-]+:|//)", re.IGNORECASE)


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a CrowdAnki file, deck by deck, parents first.

    Raises:
        FileError: it is no JSON, no deck of CrowdAnki, or nested too deeply.
    """
    root = read_json(data, options.path, options.encoding)
    if not isinstance(root, dict) or not any(isinstance(root.get(key), list) for key in ("notes", "children")):
        raise FileError(options.path or "-", "it is no deck of CrowdAnki: it has neither notes nor children",
                        "choose the .json file that CrowdAnki exported")
    return _Reader(root, options).bundle()


def deck_file(folder: Path) -> Path | None:
    """The deck file of a folder that CrowdAnki exported: ``X/X.json``, else ``X/deck.json``; None where it has none."""
    for name in (f"{folder.name}.json", "deck.json"):
        if (folder / name).is_file():
            return folder / name
    return None


def uuid_of(*words: str) -> str:
    """An id in the form of a UUID (RFC 4122, version 5) that only depends on words: the same in every export."""
    digest = bytearray(hashlib.sha1("\x1f".join(("flashcore", *words)).encode("utf-8", "replace"),
                                    usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def references(text: str) -> Iterator[str]:
    """The files that the HTML of a field names, as they are written there. Linear time."""
    for found in _REFERENCE.finditer(text):
        name = html.unescape(next(group for group in found.groups() if group is not None))
        if name and not _WEB.match(name):
            yield name


def renamed(text: str, name_of: Callable[[str], str]) -> str:
    """The HTML of a field in which each file it names has another name."""

    def rename(found: re.Match[str]) -> str:
        group = found.lastindex or 0
        reference = html.unescape(found[group])
        name = reference if _WEB.match(reference) else name_of(reference)
        if name == reference:
            return found[0]
        start, end = found.start(group) - found.start(), found.end(group) - found.start()
        return found[0][:start] + html.escape(name) + found[0][end:]

    return _REFERENCE.sub(rename, text)


@dataclass(frozen=True, slots=True)
class _Place:
    """A deck that is still to be read, with what its parent's preset says."""

    deck: Json
    name: tuple[str, ...]
    depth: int
    inherited: Mapping[str, str]


class _Reader:
    def __init__(self, root: Json, options: ReadOptions) -> None:
        self.root, self.settings = root, options
        self.report = NoteReport()
        self.notes: list[BundledNote] = []
        self.options: dict[str, dict[str, str]] = {}
        self.fields_by_guid: dict[str, tuple[str, ...]] = {}
        self.models: dict[str, list[NoteType]] = {}
        self.presets = {word(one.get("crowdanki_uuid")): one for one in objects(root.get("deck_configurations"))}
        self.options_by_preset: dict[str, dict[str, str]] = {}
        self.media: dict[str, Path] = {}
        self.folder = options.path.parent / MEDIA_FOLDER if options.path is not None else None

    def bundle(self) -> Bundle:
        self.read_models()
        waiting = [self.root_place()]
        while waiting:
            place = waiting.pop()
            self.read_deck(place)
            waiting += reversed(list(self.children(place)))
        return Bundle(tuple(self.notes), self.media, self.report.problems(), tuple(self.report.skipped), self.options)

    def root_place(self) -> _Place:
        is_joint = self.root.get(JOINED) is True
        name = word(self.root.get("name")) or self.settings.deck
        return _Place(self.root, () if is_joint else (name,), 1, {})

    def children(self, place: _Place) -> Iterator[_Place]:
        found = place.deck.get("children")
        if found and place.depth == _DEEPEST_CHILDREN:
            raise FileError(self.settings.path or "-", f"its decks are nested more than {_DEEPEST_CHILDREN} deep",
                            "no deck is; export it again")
        said = self.options.get(deck_name(place.name, NoteReport()), place.inherited) if place.name else {}
        for child in objects(found):
            name = word(child.get("name"))
            if not name:
                self.report.count("a deck has no name; its notes are in its parent",
                                  "decks have no name; their notes are in their parents")
            yield _Place(child, (*place.name, name)[:100] if name else place.name, place.depth + 1, said)

    def read_models(self) -> None:
        """The note types by uuid. A copy of a note type may have the uuid of its model, so there can be several."""
        for model in objects(self.root.get("note_models")):
            uuid = word(model.get("crowdanki_uuid"))
            kept = {key: value for key, value in model.items() if key != "__type__"}
            if uuid == uuid_of("note type", word(model.get("name"))):
                del kept["crowdanki_uuid"]  # it was made from the name, and will be again
            try:
                note_type = note_type_of(kept)
                self.models.setdefault(uuid, []).append(_OWN.get(replace(note_type, anki=""), note_type))
            except ValueError as error:
                self.report.warn(f"a note type was left out: {error}", "its notes are taken without its templates")

    def read_deck(self, place: _Place) -> None:
        name = deck_name(place.name or (self.settings.deck,), self.report)
        if place.name:
            self.read_options(place, name)
        rows = place.deck.get("notes")
        for row in taken_from(rows):
            if isinstance(row, dict):
                self.read_note(row, name)
            else:
                self.report.count("a value among the notes is none", "values among the notes are none")
        self.read_media_list(place.deck.get("media_files"))

    def read_options(self, place: _Place, name: str) -> None:
        """The options of a deck, where they differ from its parent's. A preset that is missing is common."""
        uuid = word(place.deck.get("deck_config_uuid"))
        if uuid not in self.presets:
            if uuid:
                self.report.count("the options of a deck are not in the file", "decks have options that are not in "
                                  "the file", "they keep those of their parents", name)
            return
        if uuid not in self.options_by_preset:
            self.options_by_preset[uuid] = deck_options(self.presets[uuid], self.report.warnings)
        options = self.options_by_preset[uuid]
        said = place.inherited or _STOCK_OPTIONS
        if any(said.get(key) != text for key, text in options.items()):
            self.options[name] = options

    def read_note(self, row: Json, deck: str) -> None:
        values = row.get("fields")
        fields = clean_fields(values)
        if isinstance(fields, str):
            self.report.skip(values if isinstance(values, list) else (), fields)
            return
        guid = clean_guid(row.get("guid"))
        if not guid:
            self.report.count("a note has no guid; it is known by its first field",
                              "notes have no guid; they are known by their first field")
        elif guid in self.fields_by_guid:
            if self.fields_by_guid[guid] == fields:
                self.report.skip(fields, "the file holds it twice, with one guid")
                return
            self.report.count("a note has the guid of another; it is known by its first field",
                              "notes have the guid of another; they are known by their first field")
            guid = ""
        self.fields_by_guid.setdefault(guid, fields)
        note_type, fields = self.fitting(word(row.get("note_model_uuid")), fields)
        tags = clean_tags(row.get("tags"), self.report)
        self.notes.append(BundledNote(Note(guid, note_type, fields, tags, Markup.HTML), deck))
        for field in fields:
            self.look_up(field)

    def fitting(self, uuid: str, fields: tuple[str, ...]) -> tuple[NoteType, tuple[str, ...]]:
        """The note type of a note, and its fields as many as that has; nothing of them is lost."""
        known = self.models.get(uuid)
        if not known:
            self.report.count("the note type of a note is not in the file; it was made from its fields",
                              "notes have a note type that is not in the file; it was made from their fields")
            made = recovered_type(len(fields))
            return made, fields + ("",) * (len(made.fields) - len(fields))
        note_type = next((one for one in known if len(one.fields) == len(fields)), known[0])
        count = len(note_type.fields)
        if len(fields) != count:
            self.report.count(f"a note has more or fewer fields than its note type {shortened(note_type.name)!r}",
                              f"notes have more or fewer fields than their note type {shortened(note_type.name)!r}",
                              "missing ones are empty, further ones stand in the last")
        if len(fields) > count:
            last = "<br>".join(field for field in fields[count - 1:] if field)
            fields = (*fields[:count - 1], last)
        return note_type, fields + ("",) * (count - len(fields))

    def look_up(self, field: str) -> None:
        """Finds what a field refers to, listed or not; what is missing was named by the list, or is no file."""
        if self.folder is None or ("src" not in field and "[sound:" not in field.lower() and "SRC" not in field):
            return
        for reference in references(field):
            for name in (reference, unquote(reference)):
                if reference not in self.media and is_file_name(name) and (file := file_in(self.folder, name)):
                    self.media[reference] = file

    def read_media_list(self, names: object) -> None:
        for name in names if isinstance(names, list) else ():
            if not isinstance(name, str) or not is_file_name(name):
                self.report.count("a media file was left out: its name is no plain file name", "media files were left "
                                  "out: their names are no plain file names", "media stand in the folder media",
                                  str(name)[:200])
                continue
            key = composed(name)
            if key in self.media:
                continue
            file = file_in(self.folder, name) if self.folder is not None else None
            if file is None:
                self.report.count("a media file is missing in the folder media", "media files are missing in the "
                                  "folder media", "copy them there and import again", name)
            else:
                self.media[key] = file
