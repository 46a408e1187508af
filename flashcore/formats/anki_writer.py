"""A staging file as an Anki package (.apkg, .colpkg), through genanki, with scheduling, history, presets and media.

What genanki leaves to its users, or gets wrong, is done here: stable ids, cards of one note in different decks, the
ordinals of nested and multiple deletions, tags with spaces, media of one name in two folders, compression, an atomic
file, and all of learning: genanki knows new cards only.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import genanki

from flashcore.domain.staging import Fact
from flashcore.errors import FileError
from flashcore.formats.anki_catalogue import Decks, NoteTypes, write_catalogue
from flashcore.formats.anki_tables import Filling, Log, fill, log_of
from flashcore.formats.media_names import MediaNames, media_names
from flashcore.formats.staging import note_types

_DEFAULT_ROLLOVER_HOUR = 4
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_COLLECTION_LEVEL = 1
"""How hard zlib works on the collection: the levels above make it a tenth smaller in three times the time."""
_PACKED = frozenset((
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".webm"))
"""Files that are compressed already."""
_LEAST_CACHE_KB, _MOST_CACHE_KB = 16_384, 262_144
_PACKAGE_INDEXES = frozenset(("ix_cards_nid",))
"""What a reader of a package looks rows up by; the other indexes are a third of its bytes, for one reading of each."""
_PACKAGE_PAGE_BYTES = 16_384
"""A tenth faster to fill than SQLite's pages of 4096 bytes, which a collection has that somebody goes on to use."""


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """What a package holds, as counts; ``missing_media`` are the references whose file was not there."""

    notes: int
    cards: int
    decks: int
    media: int
    missing_media: tuple[str, ...] = ()
    reviews: int = 0


def write_package(staging: Path, path: Path, media: Mapping[str, Path], *, now: datetime, with_scheduling: bool = True,
                  is_collection: bool = False) -> WrittenPackage:
    """Writes what a staging file holds to ``path``, replacing it in one step.

    ``media`` maps each reference in the fields to its file. ``now`` (aware) is the latest moment that an id or a change
    may have. Without scheduling every card is new, without flag, and the log and the presets stay out.
    ``is_collection``: for a .colpkg, which replaces a whole collection in Anki.

    Raises:
        FileError: the file cannot be written; what was there before is unchanged.
    """
    try:
        package = _Package(staging, media_names(media), now, with_scheduling, is_collection)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            finished = Path(folder) / "package"
            counts = package.write(finished, Path(folder) / "collection")
            os.replace(finished, path)
        _sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(path, f"cannot be written: {reason}", "free some space or choose another place") from error
    return counts


class _Package(genanki.Package):
    """Fills genanki's schema from a staging file, and packs it."""

    def __init__(self, staging: Path, names: MediaNames, now: datetime, with_scheduling: bool,
                 is_collection: bool) -> None:
        super().__init__([])
        self.staging, self.names = staging, names
        self.now_ms = int(now.timestamp() * 1000)
        self.utc_offset_ms = int((now.utcoffset() or now - now).total_seconds() * 1000)
        self.with_scheduling, self.is_collection = with_scheduling, is_collection

    def write(self, path: Path, database: Path) -> WrittenPackage:
        """Writes the package, the collection first into a file of its own; it is on disk when it returns."""
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rwc", uri=True, isolation_level=None)
        try:
            if not self.is_collection:
                connection.execute(f"PRAGMA page_size = {_PACKAGE_PAGE_BYTES}")
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; "
                                     "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF")
            connection.execute("ATTACH ? AS stage", (f"{self.staging.absolute().as_uri()}?mode=ro&immutable=1",))
            self.write_to_db(connection.cursor(), self.now_ms / 1000, iter(()))
            notes, cards, decks, reviews = connection.execute(
                "SELECT (SELECT count(*) FROM notes), count(*), count(DISTINCT did), (SELECT count(*) FROM revlog) "
                "FROM cards").fetchone()
        finally:
            connection.close()
        with path.open("w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COLLECTION_LEVEL) as archive:
                _put(archive, "collection.anki2", database)
                for number, source in enumerate(self.names.files.values()):
                    member = zipfile.ZipInfo(str(number))
                    member.compress_type = (
                        zipfile.ZIP_STORED if source.suffix.lower() in _PACKED else zipfile.ZIP_DEFLATED)
                    _put(archive, member, source)
                archive.writestr(zipfile.ZipInfo("media"), json.dumps(dict(enumerate(self.names.files))),
                                 zipfile.ZIP_DEFLATED)
            file.flush()
            os.fsync(file.fileno())
        return WrittenPackage(notes, cards, decks, len(self.names.files), self.names.missing, reviews)

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: Iterator[int]) -> None:
        """Fills an empty database."""
        super().write_to_db(cursor, timestamp, id_gen)
        indexes = dict(cursor.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'index'").fetchall())
        cursor.execute("BEGIN")
        for name in indexes:
            cursor.execute(f"DROP INDEX {name}")
        facts = dict(cursor.execute("SELECT key, value FROM stage.fact").fetchall())
        rollover_hour = int(facts.get(Fact.ROLLOVER_HOUR, _DEFAULT_ROLLOVER_HOUR))
        today = (self.now_ms + self.utc_offset_ms - rollover_hour * _HOUR_MS) // _DAY_MS
        log = log_of(cursor.connection)
        # the log comes card by card and goes in by moment: all over the table, which must stay in memory
        cursor.execute(f"PRAGMA main.cache_size = -{min(_LEAST_CACHE_KB + log.count // 20, _MOST_CACHE_KB)}")
        day_0 = self._day_0(cursor, log, today)
        kinds = NoteTypes(note_types(cursor.connection))
        decks = Decks(cursor.execute(
            "SELECT id, name, CASE WHEN ? THEN options ELSE '' END, anki FROM stage.deck ORDER BY id",
            (self.with_scheduling,)).fetchall())
        tags = fill(Filling(
            cursor, kinds.kinds, decks.places, self.names, self.now_ms, day_0, today,
            rollover_hour * 3600 - self.utc_offset_ms // 1000, log, self.with_scheduling, self.is_collection))
        for name, statement in indexes.items():
            if self.is_collection or name in _PACKAGE_INDEXES:
                cursor.execute(statement)
        [position, has_memory] = cursor.execute(
            "SELECT coalesce(max(CASE type WHEN 0 THEN due END), 0), coalesce(max(data LIKE '%\"s\":%'), 0) FROM cards"
        ).fetchone()
        settings = {"nextPos": position + 1, "rollover": rollover_hour, "lastUnburied": today - day_0,
                    "fsrs": bool(has_memory)}
        created_at = day_0 * _DAY_MS // 1000 + rollover_hour * 3600
        write_catalogue(cursor, kinds, decks, tags, settings, created_at, self.now_ms)
        cursor.execute("COMMIT")

    def _day_0(self, cursor: sqlite3.Cursor, log: Log, today: int) -> int:
        """The day that due numbers count from: before everything that was learned, and before today in every zone."""
        [added_at] = cursor.execute("SELECT min(added_at) FROM stage.note").fetchone()
        [due_on] = cursor.execute("SELECT min(due_on) FROM stage.card").fetchone()
        moments = [moment // _DAY_MS - 1 for moment in (added_at, log.earliest) if moment]
        return max(min(today - 2, due_on if due_on is not None else today, *moments), 1)


def _put(archive: zipfile.ZipFile, member: str | zipfile.ZipInfo, source: Path) -> None:
    is_large = source.stat().st_size > 1 << 30
    with source.open("rb") as reading, archive.open(member, "w", force_zip64=is_large) as writing:
        while block := reading.read(1 << 20):
            writing.write(block)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
