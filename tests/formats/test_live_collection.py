from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from anki.collection import Collection as AnkiCollection
from builders import a_collection

PICTURE = b"\x89PNG\r\n\x1a\n one"


def with_a_note(path: Path) -> AnkiCollection:
    """A collection of Anki that stays open, with a note that stands only in its write-ahead log."""
    anki = AnkiCollection(str(path))
    note = anki.new_note(anki.models.by_name("Basic"))
    note["Front"], note["Back"] = "Which valve?", '<img src="one.png">'
    anki.add_note(note, anki.decks.id("Heart"))
    (path.with_suffix(".media") / "one.png").write_bytes(PICTURE)
    return anki


def state(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_a_collection_that_anki_has_open_is_read_and_nothing_beside_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "Anki"
    folder.mkdir()
    anki = with_a_note(folder / "collection.anki2")
    before = state(folder)
    with a_collection(tmp_path) as collection:
        report = collection.import_file(folder / "collection.anki2")
        assert (report.new, report.media_new, report.is_refused) == (1, 1, False)
        assert [(card.question, card.deck) for card in collection.search("")] == [("Which valve?", "Heart")]
        assert (collection.media_path / "one.png").read_bytes() == PICTURE
    assert state(folder) == before
    anki.close()


def test_a_closed_collection_is_read_without_leaving_a_file_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "Anki"
    folder.mkdir()
    with_a_note(folder / "collection.anki2").close()
    before = state(folder)
    with a_collection(tmp_path) as collection:
        assert collection.import_file(folder / "collection.anki2").new == 1
    assert state(folder) == before


def test_names_of_columns_may_stand_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "collection.anki2"
    with_a_note(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        connection.execute("ALTER TABLE config RENAME COLUMN KEY TO key")
        connection.commit()
    with a_collection(tmp_path) as collection:
        assert collection.import_file(path).new == 1
