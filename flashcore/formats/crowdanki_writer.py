"""A bundle as CrowdAnki's JSON with a folder ``media`` beside it, which its add-on for Anki imports.

Everything in it comes from the content and stands in one order, so the same notes make the same bytes: that is what
people who keep decks in version control want. What a learner did is not in it, nor options that Anki does not have.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flashcore.domain.bundle import Bundle
from flashcore.domain.deck import SEPARATOR, clean_deck_name
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType
from flashcore.errors import FileError
from flashcore.formats.anki_looks import anki_note_type, vignette_fields
from flashcore.formats.anki_models import config_of, model_of
from flashcore.formats.cloze_html import cloze_to_anki
from flashcore.formats.crowdanki import JOINED, MEDIA_FOLDER, references, renamed, uuid_of
from flashcore.formats.html import markdown_to_html
from flashcore.formats.media_names import MediaNames, media_names

_NOT_WRITTEN = frozenset(("id", "mod", "usn", "did"))
"""What of a model says something of one collection only; CrowdAnki leaves it out too."""


@dataclass(frozen=True, slots=True)
class WrittenDeck:
    """What was written, as counts; ``path`` is the JSON file, ``missing_media`` are references without a file."""

    path: Path
    notes: int
    decks: int
    media: int
    missing_media: tuple[str, ...] = ()


def write(bundle: Bundle, path: Path, *, now: datetime) -> WrittenDeck:
    """Writes ``path``, a ``.json`` file, or ``X/X.json`` where it is a folder ``X``; media go into ``media`` beside it.

    Each file is replaced in one step, media first; other files there stay. ``now`` is not written: see above.

    Raises:
        FileError: a file cannot be written; the JSON file that was there before is unchanged.
    """
    target = path if path.suffix.lower() == ".json" else path / f"{path.name}.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        names = media_names(bundle.media)
        root = _tree(bundle, names, target.stem)
        for name, source in names.files.items():
            _copy(source, target.parent / MEDIA_FOLDER / name)
        text = json.dumps(root, ensure_ascii=False, indent=4, sort_keys=True) + "\n"
        _replace(target, text.encode("utf-8", "replace"))
    except OSError as error:
        raise FileError(target, f"cannot be written: {error.strerror or error}",
                        "free some space or choose another place") from error
    decks = {bundled.deck for bundled in bundle.notes}
    return WrittenDeck(target, len(bundle.notes), len(decks), len(names.files), names.missing)


@dataclass(slots=True)
class _Deck:
    """A deck of the tree while it is filled."""

    name: str
    notes: list[dict[str, object]] = field(default_factory=list)
    media: set[str] = field(default_factory=set)
    children: dict[str, _Deck] = field(default_factory=dict)


def _tree(bundle: Bundle, names: MediaNames, stem: str) -> dict[str, object]:
    models = _Models()
    decks = [clean_deck_name(bundled.deck) for bundled in bundle.notes]
    top = _Deck("")
    for bundled, name in zip(bundle.notes, decks, strict=True):
        deck = _under(top, name)
        fields = _fields(bundled.note, names)
        deck.media.update(name for text in fields for name in references(text) if name in names.files)
        deck.notes.append(models.row(bundled.note, fields, name, bundled.line))
    options = {clean_deck_name(deck): said for deck, said in bundle.options.items()}
    for name in sorted(options):
        if any(deck == name or deck.startswith(name + SEPARATOR) for deck in decks):
            _under(top, name)
    root, is_joint = _root(top, options, stem)
    used = set[str]()
    written = _deck_json(root, "" if is_joint else root.name, options, "", used, names)
    if is_joint:
        written[JOINED] = True
    in_notes = {name for deck in _all_decks(top) for name in deck.media}
    written["media_files"] = sorted(root.media | (set(names.files) - in_notes))
    written["note_models"] = models.written()
    written["deck_configurations"] = [
        {**{key: value for key, value in config_of(name or "Default", options.get(name, {})).items()
            if key not in ("id", "mod", "usn")}, "__type__": "DeckConfig", "crowdanki_uuid": _config_uuid(name)}
        for name in sorted(used)]
    return written


def _under(top: _Deck, name: str) -> _Deck:
    deck = top
    for part in name.split(SEPARATOR):
        deck = deck.children.setdefault(part, _Deck(part))
    return deck


def _all_decks(top: _Deck) -> Iterator[_Deck]:
    waiting = [top]
    while waiting:
        deck = waiting.pop()
        waiting += deck.children.values()
        yield deck


def _root(top: _Deck, options: Mapping[str, Mapping[str, str]], stem: str) -> tuple[_Deck, bool]:
    """The deck that is above all others, under its full name; where there is none, one that only joins them."""
    deck, name = top, ""
    while len(deck.children) == 1 and not deck.notes and name not in options:
        (deck,) = deck.children.values()
        name = f"{name}{SEPARATOR}{deck.name}" if name else deck.name
    if name:
        return _Deck(name, deck.notes, deck.media, deck.children), False
    return _Deck(stem, [], set(), top.children), True


def _deck_json(deck: _Deck, full_name: str, options: Mapping[str, object], preset: str, used: set[str],
               names: MediaNames) -> dict[str, object]:
    """A deck with its children, which are as deep as deck names are: 20 levels at most where they come from readers."""
    preset = full_name if full_name in options else preset
    used.add(preset)
    prefix = f"{full_name}{SEPARATOR}" if full_name else ""
    return {
        "__type__": "Deck", "name": deck.name, "crowdanki_uuid": uuid_of("deck", full_name or deck.name),
        "deck_config_uuid": _config_uuid(preset), "desc": "", "dyn": 0, "extendNew": 10, "extendRev": 50,
        "children": [_deck_json(child, prefix + child.name, options, preset, used, names)
                     for _, child in sorted(deck.children.items())],
        "media_files": sorted(deck.media), "notes": deck.notes,
    }


def _config_uuid(deck: str) -> str:
    return uuid_of("preset", deck)


class _Models:
    """The note types that notes have, each with its id."""

    def __init__(self) -> None:
        self.uuids: dict[NoteType, str] = {}
        self.models: dict[str, dict[str, object]] = {}

    def row(self, note: Note, fields: tuple[str, ...], deck: str, line: int) -> dict[str, object]:
        """A note as CrowdAnki writes it, with as many fields as its type has."""
        uuid = self.uuids.get(note.note_type) or self.add(note.note_type)
        count = len(anki_note_type(note.note_type).fields)
        guid = note.guid or uuid_of("note", note.note_type.name, *note.fields, deck, str(line))
        return {"__type__": "Note", "data": "", "flags": 0, "guid": guid, "note_model_uuid": uuid,
                "fields": [*fields[:count], *[""] * (count - len(fields))], "tags": list(_tags(note.tags))}

    def add(self, note_type: NoteType) -> str:
        """The id of a note type: the one CrowdAnki gave it, else from its name, so that an update finds it again."""
        shown = anki_note_type(note_type)
        model = {key: value for key, value in model_of(shown).items() if key not in _NOT_WRITTEN}
        kept = model.get("crowdanki_uuid")
        uuid = kept if isinstance(kept, str) and kept else uuid_of("note type", shown.name)
        if uuid in self.models:
            uuid = uuid_of("note type", repr(shown))
        self.models[uuid] = {**model, "__type__": "NoteModel", "crowdanki_uuid": uuid}
        return self.uuids.setdefault(note_type, uuid)

    def written(self) -> list[dict[str, object]]:
        return [model for _, model in sorted(self.models.items(), key=lambda item: (str(item[1]["name"]), item[0]))]


def _tags(tags: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(re.sub(r"\s+", "_", tag.strip()) for tag in tags if tag.strip())


def _fields(note: Note, names: MediaNames) -> tuple[str, ...]:
    """The fields of a note as HTML, with media under their names in the folder."""
    if note.markup is Markup.HTML:
        return tuple(renamed(text, names) for text in note.fields)
    if note.note_type.kind is NoteKind.VIGNETTE:
        return vignette_fields(note, names)
    first = (cloze_to_anki(note.question, note.cloze_ordinals, names) if note.note_type.kind is NoteKind.CLOZE
             else markdown_to_html(note.question, names))
    return (first, *(markdown_to_html(text, names) for text in note.fields[1:]))


def _copy(source: Path, target: Path) -> None:
    """Copies a file whole, and only if it is another than the one there."""
    if target.is_file() and (target.samefile(source) or target.read_bytes() == source.read_bytes()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new.", dir=target.parent) as folder:
        shutil.copyfile(source, Path(folder) / "file")
        os.replace(Path(folder) / "file", target)


def _replace(target: Path, data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{target.name[:40]}.", dir=target.parent) as folder:
        finished = Path(folder) / "file"
        with finished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(finished, target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
