"""Deck files of people that tell what was learned of their cards: it is merged in the transaction of their notes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.store import content, decks, ingest_notes, staged
from flashcore.store.database import Connection, Database
from flashcore.store.ingest_learning import LearningCounts
from flashcore.study.learning import merge_learning

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


@contextmanager
def transaction(database: Database, notes: Sequence[BundledNote]) -> Iterator[Connection]:
    """A transaction of an import; where notes bring learning, with a staging file that holds them."""
    if not any(one.cards for one in notes):
        with database.write() as connection:
            yield connection
        return
    from flashcore.formats.staging import NAME, create_staging, write_bundle

    with tempfile.TemporaryDirectory(prefix="flashcore-") as folder:
        staging = create_staging(path := Path(folder) / NAME)
        write_bundle(staging, Bundle(tuple(replace(one, note=replace(one.note, guid="")) for one in notes)))
        staging.close()
        with staged.importing(database, path) as connection:
            yield connection


def merge(collection: Collection, database: Database, connection: Connection, notes: Sequence[BundledNote],
          guids: Mapping[int, str]) -> LearningCounts | None:
    """Merge what the notes bring; ``guids`` are those that the notes have now, by line. None: they bring nothing."""
    if not any(one.cards for one in notes):
        return None
    ids = content.note_ids_by_guid(connection, list(guids.values()))
    ingest_notes.map_notes(connection, {number: ids[guids[one.line]] for number, one in enumerate(notes, 1)
                                        if guids.get(one.line) in ids})
    options = collection.option_set()
    ingest_notes.map_decks(connection, {
        staged_id: (decks.deck_id(connection, name), len((preset := options.for_deck(name).preset)
                                                         .learning_steps_seconds), len(preset.relearning_steps_seconds))
        for staged_id, name, _, _ in ingest_notes.staged_decks(connection)})
    ingest_notes.add_new_cards(connection)
    return merge_learning(collection, database, connection)
