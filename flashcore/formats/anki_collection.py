"""An Anki collection - out of a package, or as a bare file - into a staging file, with scheduling and review log.

Runs in the limited child process: what is read here is nobody's word.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

from flashcore.domain.deck import DEFAULT_DECK, FSRS_6_PARAMETERS, clean_deck_name
from flashcore.domain.media_references import with_media_names
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteType
from flashcore.domain.staging import Fact
from flashcore.errors import FileError, Problem
from flashcore.formats import staging
from flashcore.formats.anki_metadata import Json, Metadata, clean_name, read_metadata
from flashcore.formats.anki_models import note_type_of
from flashcore.formats.anki_presets import deck_options
from flashcore.formats.anki_rows import Source, problems, stage_content, stage_reviews
from flashcore.formats.child_job import ready
from flashcore.formats.foreign_sqlite import foreign_errors, open_foreign
from flashcore.formats.media_names import safe_name

_RECOVERED = "Recovered"
_UNSAID = {"desired_retention": "0.9", "parameters": " ".join(map(repr, FSRS_6_PARAMETERS))}
"""What holds in Anki where a preset does not say it; here it would be what the parent of the deck has."""
_DEEPEST_DECK = 20
_LONGEST_DECK_NAME = 1000
_DAY_SECONDS = 86_400
_NEWEST_CREATION = 4_102_444_800
_LEAST_DEADLINE_SECONDS = 10
_LARGEST_VALUE_BYTES = 32 * 1024 * 1024
"""A note up to this size is cut to what a note may have; the limits of the child leave room for copies of it."""
_MOST_TRIES, _SECONDS_BETWEEN_TRIES = 10, 0.3
_BYTES_A_SECOND = 4_000_000
"""Reading may take a second for so many bytes of the collection, and never less than ten in all."""

Progress = Callable[[int, int], None]


def stage_package(job: Mapping[str, Any], folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Stage an .apkg or .colpkg: ``job`` has path, now_ms, utc_offset_minutes, with_learning.

    Raises:
        FileError: no package, damaged, too large, or of a newer Anki.
    """
    from flashcore.formats.anki_package import unpack_collection, unpack_media
    from flashcore.formats.archive import open_archive

    path = Path(job["path"])
    with open_archive(path) as archive:
        package = unpack_collection(archive, folder)
        found = list(package.problems)
        names = {one.listed: one.name for one in package.media if one.listed != one.name}
        with closing(_stage(package.collection, path, folder, job, found, path.suffix.lower() == ".colpkg", names)) \
                as connection:
            os.unlink(package.collection)
            stored, media_problems = unpack_media(archive, package, folder)
            found += media_problems
            staging.insert_rows(connection, "media", ((one.name, one.file, one.sha256, one.size) for one in stored),
                                "log")
            return _finish(connection, found, {Fact.MEDIA_MISSING: str(package.listed_count - len(stored))})


def stage_collection(job: Mapping[str, Any], folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Stage a bare collection, with the media folder beside it. The file itself is only read, also while Anki runs.

    Raises:
        FileError: no collection, damaged, locked, or of a newer Anki.
    """
    path = Path(job["path"])
    copy = folder / "collection"
    _copy_live(path, copy)
    found: list[Problem] = []
    with closing(_stage(copy, path, folder, job, found, is_whole=True)) as connection:
        os.unlink(copy)
        staging.insert_rows(connection, "media", _media_beside(path, folder, found), "log")
        return _finish(connection, found, {})


def _copy_live(path: Path, copy: Path) -> None:
    """A copy of a database that another program may have open, with what stands only in its write-ahead log."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise FileError(path, "it is no Anki collection", "is it the file that Anki calls collection.anki2?")
    has_log, is_shared = (path.with_name(path.name + suffix).exists() for suffix in ("-wal", "-shm"))
    with foreign_errors(path):
        if has_log and not is_shared:  # Anki keeps it for itself, and a reader would leave a -shm beside it
            _copy_locked(path, copy)
            return
        mode = "mode=ro" if has_log else "mode=ro&immutable=1"
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=5)) as source, \
                closing(sqlite3.connect(copy)) as target:
            source.execute("SELECT count(*) FROM sqlite_master")  # a copy of a locked file would wait for ever
            target.execute("PRAGMA synchronous=OFF")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")


def _copy_locked(path: Path, copy: Path) -> None:
    """A copy of a database that Anki, which is running, keeps for itself: the file and its log as they are on the disk.

    What is in the log counts from its last commit backwards, so a copy of both is sound if neither changed meanwhile.
    """
    files = [path, path.with_name(path.name + "-wal")]
    for _ in range(_MOST_TRIES):
        before = [(held.st_size, held.st_mtime_ns) for held in (file.stat() for file in files)]
        for file, target in zip(files, (copy, copy.with_name(copy.name + "-wal")), strict=True):
            shutil.copyfile(file, target)
        if before == [(held.st_size, held.st_mtime_ns) for held in (file.stat() for file in files)]:
            with closing(sqlite3.connect(copy)) as target_connection:
                target_connection.execute("PRAGMA journal_mode=DELETE")
            return
        time.sleep(_SECONDS_BETWEEN_TRIES)
    raise FileError(path, "Anki is writing to it all the time", "close Anki, then import it again")


def _media_beside(path: Path, folder: Path, found: list[Problem]) -> list[tuple[str, str, str, int]]:
    """The files of the media folder of a collection, copied."""
    beside = path.with_suffix(".media")
    rows: list[tuple[str, str, str, int]] = []
    for file in sorted(beside.iterdir()) if beside.is_dir() else ():
        if file.is_symlink() or not file.is_file() or file.name.startswith("."):
            continue
        name = safe_name(file.name)
        if name != unicodedata.normalize("NFC", file.name) or any(name == row[0] for row in rows[-1:]):
            found.append(Problem(0, f"the media file {file.name[:80]!r} has no name that is safe everywhere",
                                 "rename it in Anki"))
            continue
        with file.open("rb") as source:
            digest = file_digest(source, "sha256").hexdigest()
        if not (folder / digest).exists():
            shutil.copyfile(file, folder / digest)
        rows.append((name, digest, digest, file.stat().st_size))
    return rows


def _finish(connection: sqlite3.Connection, found: Iterable[Problem], facts: dict[str, str]) -> dict[str, Any]:
    connection.execute("BEGIN")
    staging.insert_facts(connection, facts, "log")
    staging.insert_rows(connection, "problem", ((number, one.line, one.what, one.hint)
                                                for number, one in enumerate(found, 1)), "log")
    connection.execute("COMMIT")
    return {}


def _stage(collection: Path, path: Path, folder: Path, job: Mapping[str, Any], found: list[Problem], is_whole: bool,
           names: Mapping[str, str] | None = None) -> sqlite3.Connection:
    """Stage everything of a collection but its media; ``names`` are media that get another name.

    Notes and cards go into the first file, which is not touched again, so that they can be taken while the log goes
    into the second. Returns the connection to both.
    """
    deadline = max(_LEAST_DEADLINE_SECONDS, collection.stat().st_size / _BYTES_A_SECOND)
    foreign = open_foreign(collection, deadline_seconds=deadline, name=path)
    try:
        with foreign_errors(path):
            metadata = read_metadata(foreign, path)
    finally:
        foreign.close()
    found += metadata.problems
    connection = staging.create_staging(folder / staging.NAME)
    try:
        with foreign_errors(path):
            _limit(connection, deadline)
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            staging.attach_log(connection, folder / staging.LOG_NAME)
            connection.execute("ATTACH ? AS source", (f"{collection.absolute().as_uri()}?mode=ro&immutable=1",))
            connection.execute("BEGIN")
            source = _source(connection, metadata, path, job, found)
            stage_content(source)
            found += _restore_own(connection)
            _rename_media(connection, names or {})
            staging.insert_facts(connection, {Fact.ROLLOVER_HOUR: str(_rollover_hour(metadata.settings)),
                                              Fact.IS_WHOLE: str(int(is_whole))})
            connection.execute("COMMIT")
            ready(staging.CONTENT)
            if source.with_learning:
                connection.execute("BEGIN")
                stage_reviews(source)
                connection.execute("COMMIT")
            connection.execute("DETACH source")
        found += problems(source)
    except BaseException:
        connection.close()
        raise
    return connection


def _restore_own(connection: sqlite3.Connection) -> list[Problem]:
    """Few packages have notes of ours, and rendering them takes long to load."""
    if not any(connection.execute("SELECT 1 FROM note_type WHERE name = ?", (own.name,)).fetchone()
               for own in OWN_NOTE_TYPES):
        return []
    from flashcore.formats.anki_own import restore_own

    return restore_own(connection)


def _limit(connection: sqlite3.Connection, deadline_seconds: float) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE_BYTES)
    ends_at = time.monotonic() + deadline_seconds
    connection.set_progress_handler(lambda: time.monotonic() > ends_at, 50_000)


def _source(connection: sqlite3.Connection, metadata: Metadata, path: Path, job: Mapping[str, Any],
            found: list[Problem]) -> Source:
    with_learning = bool(job.get("with_learning", True))
    kinds = _stage_note_types(connection, metadata.models, found)
    decks, default_deck = _stage_decks(connection, metadata, found, with_options=with_learning)
    settings = metadata.settings
    return Source(
        connection, kinds, decks, default_deck, _day_0(metadata, int(job.get("utc_offset_minutes", 0))),
        int(job["now_ms"]), is_version_1=_is_version_1(connection, settings), with_learning=with_learning)


def _is_version_1(connection: sqlite3.Connection, settings: Json) -> bool:
    """Whether cards were studied with Anki's first scheduler; where none ever was, the setting says nothing."""
    if settings.get("schedVer", 1) != 1:
        return False
    [is_studied] = connection.execute("SELECT EXISTS (SELECT 1 FROM source.cards WHERE queue <> 0)").fetchone()
    return bool(is_studied)


def _stage_note_types(connection: sqlite3.Connection, models: Mapping[int, Json],
                      found: list[Problem]) -> dict[int, tuple[int, int]]:
    used = {row[0] for row in connection.execute("SELECT DISTINCT mid FROM source.notes")}
    kinds: dict[int, tuple[int, int]] = {}
    rows: list[tuple[Any, ...]] = []
    for key, model in models.items():
        if key not in used:
            continue
        try:
            kind = _dated(note_type_of({**model, "id": key}), model)
        except ValueError as error:
            found.append(Problem(0, f"a note type was left out: {error}", "its notes came in as Recovered"))
            continue
        kinds[key] = len(rows) + 1, len(kind.fields)
        rows.append(staging.note_type_row(len(rows) + 1, kind))
    staging.insert_rows(connection, "note_type", rows)
    return kinds


def _dated(kind: NoteType, model: Json) -> NoteType:
    """The note type with the second of its last change, by which the newer of two is told."""
    changed_at = model.get("mod")
    if not isinstance(changed_at, int) or isinstance(changed_at, bool):
        return kind
    return replace(kind, anki=json.dumps({**json.loads(kind.anki or "{}"), "mod": changed_at}, sort_keys=True))


def _stage_decks(connection: sqlite3.Connection, metadata: Metadata, found: list[Problem], *,
                 with_options: bool) -> tuple[dict[int, int], int]:
    """Anki's deck id -> ours, and the deck for cards that have none."""
    presets = {key: deck_options(preset, found) for key, preset in metadata.presets.items()} if with_options else {}
    filtered = [clean_name(deck.get("name")) for deck in metadata.decks.values() if deck.get("dyn")]
    if filtered:
        found.append(Problem(0, f"filtered decks are not taken; their cards went back to their own decks: "
                             f"{', '.join(name[:60] for name in filtered[:5])}"))
    in_use = {row[0] for row in connection.execute(
        "SELECT DISTINCT CASE WHEN odid <> 0 THEN odid ELSE did END FROM source.cards")}
    decks: dict[int, int] = {}
    by_name: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []

    def place(name: str, options: Mapping[str, str], anki: str = "") -> int:
        key = name.casefold()
        if key not in by_name:
            by_name[key] = len(rows) + 1
            rows.append((len(rows) + 1, name, json.dumps(options) if options else "", anki))
        return by_name[key]

    for key, deck in metadata.decks.items():
        name = _deck_name(whole := clean_name(deck.get("name")))
        if name != clean_deck_name(whole):
            found.append(Problem(0, f"the deck {whole[:60]!r} has more than {_DEEPEST_DECK} levels or "
                                 f"{_LONGEST_DECK_NAME} letters; the rest of its name was shortened"))
        if key not in in_use and (deck.get("dyn") or name == DEFAULT_DECK):
            continue
        options = dict(presets.get(deck.get("conf", 1), presets.get(1, {})))
        if with_options:
            options = _UNSAID | options | _own_limits(deck)
        kept = {part: deck[part] for part in ("id", "desc", "md") if deck.get(part)}
        decks[key] = place(name, options, json.dumps(kept, sort_keys=True, ensure_ascii=False))
    recovered = place(_RECOVERED, {}) if in_use - {0} - set(decks) or not rows else rows[0][0]
    staging.insert_rows(connection, "deck", rows)
    return decks, recovered


def _deck_name(name: str) -> str:
    parts = clean_deck_name(name).split("::")
    rest = " ".join(parts[_DEEPEST_DECK - 1:])
    return clean_deck_name("::".join([*parts[:_DEEPEST_DECK - 1], rest] if rest else parts)[:_LONGEST_DECK_NAME])


def _own_limits(deck: Json) -> dict[str, str]:
    """What a deck says itself, beside its preset."""
    own: dict[str, str] = {}
    for key, option in (("newLimit", "new_per_day"), ("reviewLimit", "reviews_per_day")):
        value = deck.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9999:
            own[option] = str(value)
    retention = deck.get("desiredRetention")
    if isinstance(retention, int | float) and not isinstance(retention, bool):
        share = retention / 100 if retention > 1 else retention
        if 0.7 <= share <= 0.99:
            own["desired_retention"] = str(round(share, 4))
    return own


def _rollover_hour(settings: Json) -> int:
    hour = settings.get("rollover", 4)
    return hour if isinstance(hour, int) and 0 <= hour <= 23 else 4


def _day_0(metadata: Metadata, utc_offset_minutes: int) -> int:
    """The calendar day of the collection's creation, which due numbers count from, in days since 1970-01-01.

    Anki takes it in the zone that the collection was made in, and counts study days from there.
    """
    west = metadata.settings.get("creationOffset")
    offset = -west if isinstance(west, int) and abs(west) <= 1440 else utc_offset_minutes
    created_at = metadata.created_at if 0 < metadata.created_at < _NEWEST_CREATION else 0
    return (created_at + offset * 60) // _DAY_SECONDS


def _rename_media(connection: sqlite3.Connection, names: Mapping[str, str]) -> None:
    """Notes name a picture or sound by the name it has now."""
    if not names:
        return
    connection.create_function("with_media_names", 1, lambda fields: with_media_names(fields, names))
    connection.execute("UPDATE note SET fields = with_media_names(fields) WHERE fields <> with_media_names(fields)")

