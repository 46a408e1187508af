"""Write notes of the collection into a deck file of another format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.deck import DEFAULT_DECK
from flashcore.domain.query_terms import Query
from flashcore.formats import writer_for
from flashcore.store import content
from flashcore.store.selection import find_cards
from flashcore.study.files import write_atomically
from flashcore.study.import_report import ExportReport
from flashcore.study.media_store import copy_out

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


def export(collection: Collection, path: Path, query: Query, *, format: str | None = None) -> ExportReport:
    """See ``Collection.export``. A note goes out whole, with all its cards, if the query selects one of them."""
    chosen = writer_for(path, format or ("markdown" if path.is_dir() else None))
    with collection.database.read() as connection:
        found = content.cards_by_id(connection, find_cards(connection, query, collection.view()))
        note_ids = sorted({card.note_id for card in found.values()})
        notes = content.notes_by_id(connection, note_ids)
        cards = content.cards_of_notes(connection, note_ids)
        names = list(content.media_hashes(connection))
    decks = {card.note_id: card.deck for card in reversed(cards)}
    bundle = Bundle(tuple(BundledNote(stored.note, decks.get(stored.id, DEFAULT_DECK), stored.line)
                          for stored in notes.values()))
    media = {name: collection.media_path / name for name in names
             if any(name in field for one in bundle.notes for field in one.note.fields)}
    if chosen.name == "anki":
        from flashcore.formats.anki_writer import write_package

        write_package(bundle, path, media, now=collection.now(),
                      card_decks={(card.guid, card.ordinal): card.deck for card in cards},
                      changed_at={stored.note.guid: stored.changed_at for stored in notes.values()})
        return ExportReport(len(notes), len(cards), len(media), (str(path),))
    files = _export_markdown(bundle, path, media)
    return ExportReport(len(notes), len(cards), len(media), tuple(map(str, files)))


def _export_markdown(bundle: Bundle, path: Path, media: Mapping[str, Path]) -> list[Path]:
    """One deck into a file, or each deck into a file of its own in a folder; pictures into a folder beside it."""
    from flashcore.formats.markdown_media import rename_media
    from flashcore.formats.markdown_writer import write_markdown_deck, write_markdown_files

    folder = path if path.is_dir() else path.parent
    beside = "media" if path.is_dir() else f"{path.stem}.media"
    moved = {name: f"{beside}/{name}" for name in media}
    bundle = replace(bundle, notes=tuple(
        replace(one, note=replace(one.note, fields=tuple(rename_media(field, moved) for field in one.note.fields)))
        for one in bundle.notes))
    if path.is_dir():
        texts = {folder / name: text for name, text in write_markdown_files(bundle).items()}
    else:
        texts = {path: write_markdown_deck(bundle.notes, path=path)}
    for name, file in media.items():
        copy_out(file, folder / beside / name)
    for target, text in texts.items():
        write_atomically(target, text.encode())
    return list(texts)
