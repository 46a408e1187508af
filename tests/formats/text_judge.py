"""The real Anki as a judge of text files: what it makes of one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from anki.collection import Collection as Anki
from anki.import_export_pb2 import ImportCsvRequest

from flashcore.domain.note_type import NoteKind, NoteType

NoteSeen = tuple[str, tuple[str, ...], frozenset[str], str, str]
"""Note type, fields, tags in lower case, deck, guid (empty where the file gives none)."""


@contextmanager
def anki(*note_types: NoteType) -> Iterator[Anki]:
    """A new collection of Anki with its stock note types and some more."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        collection = Anki(str(Path(folder) / "collection.anki2"))
        try:
            for note_type in note_types:
                _add_type(collection, note_type)
            yield collection
        finally:
            collection.close()


def _add_type(collection: Anki, note_type: NoteType) -> None:
    models = collection.models
    stock = models.by_name("Cloze" if note_type.kind is NoteKind.CLOZE else "Basic")
    model = models.copy(stock, add=False)
    model["name"] = note_type.name
    model["flds"], model["tmpls"] = [], []
    for name in note_type.fields:
        models.add_field(model, models.new_field(name))
    for each in note_type.templates:
        template = models.new_template(each.name)
        template["qfmt"], template["afmt"] = each.front, each.back
        models.add_template(model, template)
    models.add_dict(model)


def imports(collection: Anki, path: Path) -> dict[str, int]:
    """Has Anki import a text file as it proposes itself; its counts, but for those that are 0."""
    metadata = collection.get_csv_metadata(str(path), None)
    log = collection.import_csv(ImportCsvRequest(path=str(path), metadata=metadata)).log
    kinds = ("new", "updated", "duplicate", "conflicting", "first_field_match", "missing_notetype", "missing_deck",
             "empty_first_field")
    return {kind: count for kind in kinds if (count := len(getattr(log, kind)))}


def seen(collection: Anki, guids: Iterable[str] | None = None) -> list[NoteSeen]:
    """The notes of a collection, sorted; guids that are not in ``guids`` are those that Anki drew."""
    found = []
    given = None if guids is None else set(guids)
    for note in map(collection.get_note, collection.find_notes("")):
        guid = unicodedata.normalize("NFC", note.guid)  # Anki leaves it as it came
        guid = guid if given is None or guid in given else ""
        decks = {collection.decks.name(card.did) for card in note.cards()}
        assert len(decks) == 1
        found.append((note.note_type()["name"], tuple(note.fields), frozenset(tag.lower() for tag in note.tags),
                      decks.pop(), guid))
    return sorted(found, key=repr)
