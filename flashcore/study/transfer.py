"""Import deck files and export decks: each file one transaction, every note accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.domain.bundle import BundledNote, Skipped
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.taxonomy import read_axes
from flashcore.errors import DeckFileError, FileError, FlashcoreError, Problem, ReadOnlyCollection
from flashcore.formats import Format, reader_for
from flashcore.store import content, decks, ingest
from flashcore.store.changes import ChangeSet
from flashcore.store.content import StoredNote
from flashcore.store.database import Connection, Database
from flashcore.store.schema import split_fields
from flashcore.study import deck_files, file_learning, identity
from flashcore.study.bundled import PREFIX
from flashcore.study.deck_files import ReadFile, Source
from flashcore.study.import_report import FileReport, ImportReport
from flashcore.study.media_store import MediaStore, with_names
from flashcore.study.merge import merged

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

_FORMAT = "markdown"


def import_paths(collection: Collection, paths: Sequence[str], *, format: str | None = None, deck: str | None = None,
                 theirs: bool = False, is_dry_run: bool = False, write_ids: bool = False,
                 encoding: str | None = None, delimiter: str | None = None, with_scheduling: bool = True,
                 stdin: bytes | None = None, shows: bool = False,
                 progress: Callable[[int, int], None] | None = None) -> ImportReport:
    """See ``Collection.import_paths``."""
    if format is not None:
        reader_for(None, format)
    if not is_dry_run and collection.database.read_only:
        raise ReadOnlyCollection(collection.path, collection.database.read_only)
    files = deck_files.sources(paths)
    database = collection.database.scratch() if is_dry_run else collection.database
    try:
        run = _Import(collection, database, deck=clean_deck_name(deck) if deck else None, theirs=theirs,
                      is_dry_run=is_dry_run, write_ids=write_ids, encoding=encoding, delimiter=delimiter,
                      with_scheduling=with_scheduling, stdin=stdin, shows=shows, format=format)
        for number, source in enumerate(files):
            if progress is not None:
                progress(number, len(files))
            run.take(source)
        run.set_aside(deck_files.folder_keys(paths), files)
        if progress is not None:
            progress(len(files), len(files))
        return run.report
    finally:
        collection.changed()
        if is_dry_run:
            database.close()


class _Import:
    """One import of several files into one collection, or into a copy of it that is forgotten."""

    def __init__(self, collection: Collection, database: Database, *, deck: str | None, theirs: bool, is_dry_run: bool,
                 write_ids: bool, encoding: str | None, delimiter: str | None, with_scheduling: bool,
                 stdin: bytes | None, shows: bool, format: str | None) -> None:
        self.report = ImportReport(is_dry_run=is_dry_run)
        self._collection, self._database, self._deck, self._theirs = collection, database, deck, theirs
        self._is_dry_run, self._write_ids, self._encoding, self._stdin = is_dry_run, write_ids, encoding, stdin
        self._shows = shows
        self._format, self._delimiter, self._with_scheduling = format, delimiter, with_scheduling
        self._read: dict[str, ReadFile] = {}
        self._texts: dict[str, set[tuple[str, str]]] = {}
        self._gone: dict[str, set[int]] = {}
        self._ids: dict[str, Source] = {}

    def take(self, source: Source) -> None:
        """Read and merge one file; a file with problems is refused whole, and the others go on."""
        file = FileReport(source.shown, _FORMAT)
        self.report.files.append(file)
        try:
            chosen = deck_files.format_of(source, self._format)
            file.format = chosen.name
            if chosen.is_staged:
                self._take_staged(source, chosen, file)
                return
            if chosen.name in deck_files.OF_FOLDERS:
                self._take_folder(source, chosen, file)
                return
            read = deck_files.read(source, self._encoding, self._stdin, self._format)
        except DeckFileError as error:
            file.refused = True
            file.problems += error.problems
            return
        except FileError as error:
            file.refused = True
            file.problems.append(Problem(0, error.what, error.hint))
            return
        self._take_read(source, read, file)

    def _take_folder(self, source: Source, chosen: Format, file: FileReport) -> None:
        """A database of learning beside deck files: take those, each with its own."""
        found, warnings = deck_files.read_folder(source, chosen)
        file.problems += warnings
        for one, read in found:
            of_file = FileReport(one.shown, _FORMAT)
            self.report.files.append(of_file)
            self._take_read(one, read, of_file)

    def _take_read(self, source: Source, read: ReadFile, file: FileReport) -> None:
        self._read[source.key] = read
        media = self._media_store(is_dry_run=self._is_dry_run)
        try:
            self._merge(source, read, file, media)
        except FileError as error:
            media.give_up()
            file.refused = True
            file.problems.append(Problem(0, str(error)))
        except BaseException:
            media.give_up()
            raise

    def _take_staged(self, source: Source, chosen: Format, file: FileReport) -> None:
        """Take a package or a table; of standard input, out of a file of its own."""
        from flashcore.study.staged_import import StagedSettings, import_staged

        settings = StagedSettings(self._deck, self._theirs, self._with_scheduling, self._is_dry_run, self._shows)
        job = {"deck": source.default_deck, "root": str(source.root or ""), "encoding": self._encoding or "",
               "delimiter": self._delimiter or ""}
        with deck_files.as_file(source, self._stdin) as path:
            import_staged(self._collection, self._database, path, chosen, job, settings, self.report, file)

    def _media_store(self, *, is_dry_run: bool) -> MediaStore:
        with self._database.read() as connection:
            known = content.media_hashes(connection)
        return MediaStore(self._collection.media_path, known, is_dry_run=is_dry_run)

    def _merge(self, source: Source, read: ReadFile, file: FileReport, media: MediaStore) -> None:
        names = media.take(read.bundle.media)
        notes = [self._placed(one, names) for one in read.bundle.notes]
        file.problems += read.bundle.warnings
        counted = _Counts()
        file.skipped += read.bundle.skipped
        mine = [one for one in notes if self._is_first_of_its_id(source, one, file)]
        learning = mine if self._with_scheduling else ()
        with file_learning.transaction(self._database, learning) as connection:
            for name, (digest, size) in media.added.items():
                content.add_media(connection, name, digest, size)
            guids = self._merge_notes(connection, source, read, mine, file, counted)
            learned = file_learning.merge(self._collection, self._database, connection, learning, guids)
        if learned is not None:
            self.report.add_learned(learned)
        self._count(notes, file, counted, media, read)
        if self._write_ids and not self._is_dry_run and source.path and not source.key.startswith(PREFIX):
            self._put_ids(source, read, names, file, {one.line: guids[one.line] for one in read.bundle.notes
                                                      if not one.note.guid and one.line in guids})

    def _is_first_of_its_id(self, source: Source, one: BundledNote, file: FileReport) -> bool:
        """Whether no other file of this import has the id of a note; where one has, the note is skipped and named."""
        first = self._ids.setdefault(one.note.guid, source) if one.note.guid else source
        if first.key != source.key:
            file.skipped.append(_skipped(one, f"the id {one.note.guid!r} stands in {first.shown} too"))
        return first.key == source.key

    def _put_ids(self, source: Source, read: ReadFile, names: Mapping[str, str], file: FileReport,
                 ids: Mapping[int, str]) -> None:
        """Write the ids into the file and take over the lines that the notes stand on then."""
        try:
            if not _write_ids(source, read, ids, self._encoding):
                return
            read = deck_files.read(source, self._encoding, None, self._format)
        except FileError as error:
            file.problems.append(Problem(0, f"the ids were not written: {error.what}", error.hint))
            return
        notes = [self._placed(one, names) for one in read.bundle.notes]
        with self._database.write() as connection:
            mine = [one for one in notes if self._ids.get(one.note.guid, source).key == source.key]
            self._merge_notes(connection, source, read, mine, FileReport(source.shown, _FORMAT), _Counts())

    def _placed(self, one: BundledNote, names: Mapping[str, str]) -> BundledNote:
        return replace(one, note=with_names(one.note, names), deck=self._deck or clean_deck_name(one.deck))

    def _merge_notes(self, connection: Connection, source: Source, read: ReadFile, notes: Sequence[BundledNote],
                     file: FileReport, counted: _Counts) -> dict[int, str]:
        """Merge the notes of a file; returns line -> guid of each note that is in the collection afterwards."""
        now = self._collection.now()
        held = content.notes_of_file(connection, source.key) if source.key else []
        by_id = content.notes_by_guid(connection, [one.note.guid for one in notes if one.note.guid])
        found = identity.match(notes, held, by_id)
        elsewhere = self._elsewhere(connection, source, notes, found, file)
        found |= elsewhere.moved
        file_id = decks.deck_file_id(connection, source.key, read.sha256, now) if source.key else None
        changes, left = ChangeSet(connection), content.topics_of(connection, [one.id for one in found.values()])
        taken: dict[str, object] = {}
        new, guids = [], {}
        for index, one in enumerate(notes):
            if index in elsewhere.skipped:
                continue
            place = ingest.FilePlace(file_id, one.line, one.note.guid, one.note.fields, one.note.tags, one.deck)
            stored = found.get(index)
            if stored is None:
                guid = one.note.guid or self._free_guid(connection, one, taken)
                taken[guid] = True
                guids[one.line] = guid
                new.append((replace(one.note, guid=guid), place))
                continue
            guids[one.line] = stored.note.guid
            self._update(changes, stored, one, place, source, counted)
        added = ingest.add_notes(connection, new, now)
        counted.new = len(added)
        self._gone[source.key] = {stored.id for stored in held} - {stored.id for stored in found.values()}
        if added or counted.updated:
            content.order_new_cards(connection, [*added, *(stored.id for stored in found.values())], left)
        if counted.new or not changes.is_empty():
            changes.save(self._database.next_seq(connection), self._collection.clock.new_uuid(), "import", now,
                         also={"import": {"path": source.key, "new": counted.new, "updated": counted.updated}})
        return guids

    def _free_guid(self, connection: Connection, one: BundledNote, taken: Mapping[str, object]) -> str:
        guid = identity.made_guid(one.note.note_type.name, one.note.fields, taken)
        refused = dict(taken)
        while content.note_ids_by_guid(connection, [guid]):
            refused[guid] = True
            guid = identity.made_guid(one.note.note_type.name, one.note.fields, refused)
        return guid

    def _update(self, changes: ChangeSet, stored: StoredNote, one: BundledNote, place: ingest.FilePlace,
                source: Source, counted: _Counts) -> None:
        result = merged(stored, one.note, source.shown, one.line, theirs=self._theirs)
        is_changed = ingest.update_note(changes, stored.id, result.note, place,
                                        stored.base.deck if stored.base else None, self._collection.now())
        counted.updated += is_changed
        counted.same += not is_changed
        counted.kept_local += result.is_kept_local
        self.report.conflicts += result.conflicts

    def _elsewhere(self, connection: Connection, source: Source, notes: Sequence[BundledNote],
                   found: Mapping[int, StoredNote], file: FileReport) -> _Elsewhere:
        """Notes whose exact text stands elsewhere: moved here, or duplicates."""
        result = _Elsewhere()
        left = [index for index, one in enumerate(notes) if index not in found]
        if not left:
            return result
        by_text: dict[tuple[str, str], list[int]] = {}
        for note_id, kind, fields, base in content.note_texts(connection):
            for text in {fields, base or fields}:
                key = identity.text_key(kind, split_fields(text))
                by_text.setdefault(key, []).append(note_id)
        matched = {stored.id for stored in found.values()}
        lines: dict[tuple[str, str], int] = {identity.text_key(notes[index].note.note_type.name,
                                                               notes[index].note.fields): notes[index].line
                                             for index in found}
        for index in left:
            one = notes[index]
            if one.note.guid:
                continue  # an id of its own: another note, even with the same text
            key = identity.text_key(one.note.note_type.name, one.note.fields)
            if key in lines:
                result.skip(file, index, one, f"the same text stands in line {lines[key]}")
                continue
            lines[key] = one.line
            for stored in content.notes_by_id(connection, [note_id for note_id in by_text.get(key, ())
                                                           if note_id not in matched]).values():
                where = stored.file
                if where is None or str(where) == source.key or not self._holds(str(where), key):
                    result.moved[index] = stored
                    matched.add(stored.id)
                else:
                    result.skip(file, index, one, f"the same text stands in {where}, line {stored.line}")
                break
        return result

    def _holds(self, key: str, text: tuple[str, str]) -> bool:
        """Whether another deck file, as it is now, holds a note of this text."""
        if key not in self._texts:
            self._texts[key] = set()
            with suppress(FlashcoreError):
                read = self._read.get(key) or deck_files.read(deck_files.sources([key])[0], None)
                names = self._media_store(is_dry_run=True).take(read.bundle.media)
                self._texts[key] = {identity.text_key(one.note.note_type.name, with_names(one.note, names).fields)
                                    for one in read.bundle.notes}
        return text in self._texts[key]

    def set_aside(self, folders: Sequence[str], files: Sequence[Source]) -> None:
        """Suspend the cards of notes that left their file and came to no other one of this import, and of files that
        are gone from a folder that was given whole."""
        if not folders and not any(self._gone.values()):
            return
        present = {source.key for source in files}
        with self._database.write() as connection:
            changes = ChangeSet(connection)
            for path in decks.file_paths(connection):
                inside = any(Path(path).is_relative_to(folder) for folder in folders)
                is_missing = inside and path not in present and not Path(path).exists()
                if is_missing or self._gone.get(path):
                    gone = [stored.id for stored in content.notes_of_file(connection, path)
                            if stored.line and (is_missing or stored.id in self._gone[path])]
                    self.report.suspended += ingest.set_aside(changes, gone)
            if not changes.is_empty():
                changes.save(self._database.next_seq(connection), self._collection.clock.new_uuid(), "import",
                             self._collection.now())

    def _count(self, notes: Sequence[BundledNote], file: FileReport, counted: _Counts, media: MediaStore,
               read: ReadFile) -> None:
        report = self.report
        file.notes = len(notes) + len(read.bundle.skipped)
        file.cards = sum(len(card_ordinals(one.note)) for one in notes)
        report.new += counted.new
        report.updated += counted.updated
        report.same += counted.same
        report.skipped += len(file.skipped)
        report.kept_local += counted.kept_local
        report.media_new += len(media.added)
        report.media_missing += sum(1 for warning in read.bundle.warnings if "is missing" in warning.what)
        report.shown += notes
        for one in notes:
            system = read_axes(one.note.tags).primary
            if system is None:
                report.untagged += 1
            else:
                report.systems[system] += 1


class _Counts:
    """What became of the notes of one file."""

    def __init__(self) -> None:
        self.new = self.updated = self.same = self.kept_local = 0


class _Elsewhere:
    """What became of the notes whose text stands elsewhere too."""

    def __init__(self) -> None:
        self.moved: dict[int, StoredNote] = {}
        self.skipped: set[int] = set()

    def skip(self, file: FileReport, index: int, one: BundledNote, reason: str) -> None:
        """Count a duplicate and name it."""
        self.skipped.add(index)
        file.skipped.append(_skipped(one, reason))


def _skipped(one: BundledNote, reason: str) -> Skipped:
    return Skipped(" ".join(one.note.question.split())[:80], f"line {one.line}: {reason}")


def _write_ids(source: Source, read: ReadFile, ids: Mapping[int, str], encoding: str | None) -> bool:
    """Write id comments into a deck file; returns whether there was any to write.

    Raises:
        FileError: it cannot be written, or is no longer as it was read.
    """
    from flashcore.formats.markdown_deck import add_id_comments
    from flashcore.formats.text_file import decode
    from flashcore.study.files import write_atomically

    if not ids or source.path is None:
        return False
    with suppress(OSError):
        if source.path.read_bytes() != read.data:
            raise FileError(source.path, "it was changed while it was imported", "import it again")
    text = decode(read.data, source.path, encoding)
    write_atomically(source.path, add_id_comments(text, dict(ids)).encode(encoding or "utf-8"))
    return True
