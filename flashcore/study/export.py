"""Write notes of the collection into a deck file of another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.query import Query
from flashcore.errors import NotFoundError
from flashcore.store import content
from flashcore.store.selection import find_cards
from flashcore.study.import_report import ExportReport

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

FORMATS = {".apkg": "anki", ".md": "markdown"}


def export(collection: Collection, path: Path, query: Query, *, format: str | None = None) -> ExportReport:
    """See ``Collection.export``. A note goes out whole, with all its cards, if the query selects one of them."""
    chosen = format or FORMATS.get(path.suffix.lower())
    if chosen not in FORMATS.values():
        raise NotFoundError("format", format or path.suffix or path.name, [*FORMATS, *FORMATS.values()],
                            hint="" if format else "the suffix of the file tells it: .apkg or .md")
    with collection.database.read() as connection:
        ids = find_cards(connection, query, collection.view())
        found = content.cards_by_id(connection, ids)
        note_ids = sorted({card.note_id for card in found.values()})
        notes = content.notes_by_id(connection, note_ids)
        cards = content.cards_of_notes(connection, note_ids)
        media = {name: collection.media_path / name for name in content.media_hashes(connection)}
    decks = {card.note_id: card.deck for card in reversed(cards)}
    bundle = Bundle(tuple(BundledNote(stored.note, decks.get(stored.id, "Default"), stored.line)
                          for stored in notes.values()))
    used = {name: file for name, file in media.items()
            if any(name in field for one in bundle.notes for field in one.note.fields)}
    if chosen == "anki":
        from flashcore.formats.anki_writer import write_package

        write_package(bundle, path, used, now=collection.now(),
                      card_decks={(card.guid, card.ordinal): card.deck for card in cards},
                      changed_at={stored.note.guid: stored.changed_at for stored in notes.values()})
        return ExportReport(len(notes), len(cards), len(used), (str(path),))
    return _export_markdown(bundle, path, used, len(cards))


def _export_markdown(bundle: Bundle, path: Path, media: dict[str, Path], cards: int) -> ExportReport:
    from flashcore.formats.markdown_media import rename_media  # noqa: F401
    raise NotImplementedError
