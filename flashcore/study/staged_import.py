"""Import packages and tables: a limited child process reads them into a staging file, this merges that, set by set.

A file is one transaction. Exactly the same file again is known by its SHA-256 and not even read.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import Skipped
from flashcore.domain.staging import Fact
from flashcore.errors import FileError, Problem
from flashcore.formats import Format
from flashcore.formats.child import Child, ChildLimits
from flashcore.formats.staging import CONTENT, LOG_NAME, NAME, open_staging, read_bundle
from flashcore.store import history, imports, ingest_learning, staged
from flashcore.store.changes import ChangeSet
from flashcore.store.database import Connection, Database
from flashcore.store.ingest_learning import LearningCounts
from flashcore.store.note_types import note_types
from flashcore.study.import_report import FileReport, ImportReport
from flashcore.study.learning import merge_learning
from flashcore.study.staged_media import StagedMedia
from flashcore.study.staged_notes import NoteCounts, StagedNotes

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StagedSettings:
    """How packages and tables are taken. ``deck`` None: the one that the file names."""

    deck: str | None = None
    theirs: bool = False
    with_scheduling: bool = True
    is_dry_run: bool = False
    shows: bool = False
    """The report holds the notes as they were read."""


def import_staged(collection: Collection, database: Database, path: Path, format: Format, job: Mapping[str, str],
                  settings: StagedSettings, report: ImportReport, file: FileReport,
                  progress: Progress | None = None) -> None:
    """Read and merge one file; ``job`` is what its reader is told besides.

    Raises:
        FileError: it is refused; nothing was changed.
    """
    try:
        with path.open("rb") as opened:
            sha256 = file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror or error})", "check who may read it") from error
    chosen = collection.option_set().collection()
    told = json.dumps([format.name, settings.deck, settings.with_scheduling, job, chosen.protected_fields,
                       chosen.protected_tags], sort_keys=True)
    if not settings.theirs and not settings.shows and _is_known(database, sha256, told, report, file):
        return
    with _folder(collection.path, is_dry_run=settings.is_dry_run) as folder:
        media = StagedMedia(collection.media_path, folder, is_dry_run=settings.is_dry_run)
        try:
            with _reading(collection, path, format, job, settings, folder, progress) as child:
                child.wait_for(CONTENT)
                with staged.importing(database, folder / NAME) as connection:
                    merge = _Merge(collection, database, connection, settings, report, file)
                    merge.take_notes()  # while the child reads the log
                    child.result()
                    if (folder / LOG_NAME).exists():
                        staged.add_log(database, connection, folder / LOG_NAME)
                    merge.take_rest(media, sha256, told)
            if settings.shows:
                with closing(open_staging(folder / NAME)) as staging:
                    report.shown += read_bundle(staging).notes
        except BaseException:
            media.give_up()
            raise
        finally:
            collection.forget_options()


def _is_known(database: Database, sha256: str, told: str, report: ImportReport, file: FileReport) -> bool:
    """Whether exactly this file was imported and nothing was deleted since; then it changes nothing."""
    with database.read() as connection:
        held = imports.known_import(connection, sha256, told)
    if held is None:
        return False
    file.notes, file.cards = held["notes"], held["cards"]
    file.skipped += [Skipped(*one) for one in held["skipped"]]
    report.same += held["notes"] - len(file.skipped)
    report.skipped += len(file.skipped)
    report.reviews_same += held["reviews"]
    report.untagged += held["untagged"]
    report.systems.update(held["systems"])
    return True


def _reading(collection: Collection, path: Path, format: Format, job: Mapping[str, str], settings: StagedSettings,
             folder: Path, progress: Progress | None) -> Child:
    """The limited child process that leaves staging files of a file in a folder."""
    now = collection.now()
    known = {}
    if ":" not in format.reader:  # tables may name a note type of the collection instead of saying what it is
        with collection.database.read() as connection:
            known["note_types"] = [
                [kind.name, str(kind.kind), kind.fields, [[one.name, one.front, one.back] for one in kind.templates],
                 kind.css] for kind in note_types(connection).values()]
    return Child({**job, **known, **format.job, "path": str(path), "now_ms": round(now.timestamp() * 1000),
                  "utc_offset_minutes": collection.offset_minutes(now), "with_learning": settings.with_scheduling},
                 folder, limits=ChildLimits.for_file(path.stat().st_size), progress=progress)


class _Merge:
    """The merge of one file, in its transaction: first notes and cards, then what the reader finds out last."""

    def __init__(self, collection: Collection, database: Database, connection: Connection, settings: StagedSettings,
                 report: ImportReport, file: FileReport) -> None:
        self._collection, self._database, self._connection = collection, database, connection
        self._settings, self._report, self._file = settings, report, file
        self._changes = ChangeSet(connection)
        self._notes = StagedNotes(collection, connection, self._changes, settings.deck, file,
                                  imports.facts(connection), theirs=settings.theirs,
                                  with_options=settings.with_scheduling)

    def take_notes(self) -> None:
        """Match the notes and add the new ones."""
        self._notes.add()

    def take_rest(self, media: StagedMedia, sha256: str, told: str) -> None:
        """Media, newer texts of known notes, reviews and schedules, and the report."""
        connection, file, report = self._connection, self._file, self._report
        file.problems += [Problem(*row) for row in imports.problems(connection)]
        file.skipped += [Skipped(*row) for row in imports.skipped(connection)]
        counts = self._notes.update(media.take(connection))
        staged_notes, cards, reviews = ingest_learning.staged_counts(connection)
        learned = self._merge_learning(reviews)
        systems, untagged = imports.systems(connection)
        seq = self._database.next_seq(connection)
        if counts.new or learned.reviews_new or learned.rescheduled or not self._changes.is_empty():
            self._changes.save(seq, self._collection.clock.new_uuid(), "import", self._collection.now(), also={
                "import": {"sha256": sha256, "path": file.path, "new": counts.new, "updated": counts.updated,
                           "first_note": counts.first_note, "reviews": learned.reviews_new}})
        file.notes, file.cards = staged_notes + len(file.skipped), cards
        if not self._settings.theirs:
            imports.remember_import(connection, sha256, told, history.last_seq(connection), {
                "notes": file.notes, "cards": cards, "reviews": reviews, "untagged": untagged, "systems": systems,
                "skipped": [[one.note, one.reason] for one in file.skipped]})
        _report(report, file, counts)
        report.add_learned(learned)
        report.media_new += len(media.added)
        report.media_missing += int(imports.facts(connection).get(Fact.MEDIA_MISSING, "0"))
        report.systems.update(systems)
        report.untagged += untagged

    def _merge_learning(self, reviews: int) -> LearningCounts:
        facts = imports.facts(self._connection)
        if facts.get(Fact.IS_OWN) != "1":
            return merge_learning(self._collection, self._database, self._connection)
        from flashcore.study.own_import import merge_own

        return merge_own(self._collection, self._database, self._connection, self._file,
                         is_intact=facts.get(Fact.IS_INTACT) == "1", row_count=reviews)


def _report(report: ImportReport, file: FileReport, counts: NoteCounts) -> None:
    report.new += counts.new
    report.updated += counts.updated
    report.same += counts.same
    report.kept_local += counts.kept_local
    report.conflicts += counts.conflicts
    report.skipped += len(file.skipped)


@contextmanager
def _folder(collection: Path, *, is_dry_run: bool) -> Iterator[Path]:
    """A folder for one import, on the disk of the collection, so that media move without being copied."""
    place = None if is_dry_run else collection.parent
    try:
        name = tempfile.mkdtemp(prefix=f".{collection.stem}-import-", dir=place)
    except OSError as error:
        raise FileError(collection, f"no folder for the import can be made beside it ({error.strerror or error})",
                        "free some space or check who may write there") from error
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)

