"""flashcore's own format: everything of a collection as JSON Lines, to keep, to move, to compare in git.

UTF-8, one JSON object a line, keys sorted, no white space outside of texts, what some programs take for the end of a
line escaped; the lines in a fixed order, so that two exports differ where the collections do. Moments are whole
milliseconds since 1970-01-01 UTC (``..._at``), study days are dates (``"2026-03-02"``, ``..._on``), intervals are days
(``..._days``). A key that is missing is null, 0, false, or an empty text or list. A line may only name what stands
above it. Keys that are not in this list are left out when read.

The first line:

    format          ``"flashcore"``
    version         1. A reader takes every version up to its own and refuses a later one
    is_whole        the whole collection, not the notes of a query
    with_learning   with what was learned; without, the lines and keys marked * are left out

``"type": "option"`` *, by deck and key: an option that was set
    deck (the collection's where missing), key, value: as the command ``options`` takes them
``"type": "note_type"``, by name
    name; kind: standard, cloze or vignette; fields: their names; templates: name, front, back of each; css;
    anki: an object of what Anki keeps of it besides
``"type": "deck"``, by name
    name: ``A::B::C``; anki: what Anki keeps of it besides
``"type": "deck_file"`` *, in the order they were read first: a file that notes were imported from
    path; sha256: of its bytes; read_at
``"type": "media"``, by name: a picture or sound, whose file stands in the folder ``FILE.media`` beside ``FILE.jsonl``
    name; sha256: of its bytes; size: in bytes
``"type": "note"``, in the order they were added
    guid: names the note in every collection; note_type: its name; deck: where its first card is (``Default`` where
    missing); markup: markdown or html; fields: texts in the order of the note type; tags; added_at, changed_at;
    cloze_ordinals: which card each bracket deletion makes, where that is not the order of the text;
    file *, line *, id_in_file *: where it stands in a deck file, and the id it has there;
    base *: fields, tags and deck as its file had them when it was last imported
``"type": "card"``, in the order they were added
    note: guid; ordinal: its template or deletion, from 0; deck: where it is not the note's; added_at: where it is not
    the note's; flag *: 1-7; suspension *: by_hand, leech or left_file; buried_until *: the first study day that it is
    asked again; schedule *: missing while it is new; anki *: what Anki keeps of it besides (see CardExtras)
    A schedule: state (learning, review, relearning), due_at, due_on, interval_days (0: a step of minutes), step (of
    those that it stands on, from 0), stability_days, difficulty (1-10), reps, lapses, last_at, last_on
``"type": "preset"`` *, by id: options that answers were given under
    id; desired_retention (0-1); parameters: the 21 weights of FSRS-6; learning_steps_seconds;
    relearning_steps_seconds; maximum_interval_days; rollover_hour
``"type": "review"`` *, in the order of the log, the newest last
    note and ordinal: the card; or gone: the number of a card that is no longer there;
    kind: scheduled (an answer), cram (one that moved nothing), reset (made new), undo (takes back the row ``undoes``),
    state (a schedule carried whole, in ``before``; null: new), imported (another program's row, its own kind in
    ``origin``: learn, review, relearn, filtered, manual, rescheduled, reset);
    uuid: of every row but those imported; answered_at; utc_offset_minutes: east, where the answer was given;
    study_day; rating: 1-4; duration_ms; preset: id; choice: the option's letter in the note, or what was typed;
    correct; undoes: uuid; leech: what else the answer did, tagged and suspended; before: the schedule before it;
    interval, last_interval (days, seconds where negative) and factor (permille): as another program wrote them
``"type": "end"``, the last line
    lines: how many stand above it; sha256: of the bytes above it. A file that was changed by hand does not match, and
    its schedules are then held against its reviews
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from flashcore.domain.bundle import OnMatch
from flashcore.domain.staging import Fact
from flashcore.errors import FileError
from flashcore.formats import staging
from flashcore.formats.jsonl_rows import Fault, Line, Rows

FORMAT, VERSION = "flashcore", 1
LONGEST_LINE_BYTES = 8 * 1024 * 1024
MOST_BAD_LINES = 100_000
"""A file with more of them is no deck, and naming them takes longer than reading one."""
_BLOCK = 1 << 20
_PROGRESS_LINES = 5_000
_SHA256 = re.compile(r"[0-9a-f]{64}")

Progress = Callable[[int, int], None]


def media_folder(path: Path) -> Path:
    """Where the pictures and sounds of a file stand."""
    return path.with_name(f"{path.stem}.media")


def stage(job: Mapping[str, Any], folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Stage a file: ``job`` has path, with_learning. Runs in the limited child process.

    A line that cannot be taken is left out, counted and named with its number; so are media that are missing or are
    not what their line says.

    Raises:
        FileError: it is no such file, of a later version, or holds very many lines that are none.
    """
    path = Path(job["path"])
    connection = staging.create_staging(folder / staging.NAME)
    try:
        connection.execute("BEGIN")
        _Reader(path, folder, connection, with_learning=bool(job.get("with_learning", True))).read(progress)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return {}


class _Reader:
    """One file being read, line by line."""

    def __init__(self, path: Path, folder: Path, connection: sqlite3.Connection, *, with_learning: bool) -> None:
        self._path, self._folder, self._connection = path, folder, connection
        self._rows = Rows(connection, with_learning=with_learning)
        self._digest, self._ends = hashlib.sha256(), False
        self._line = self._bad = self._missing = 0
        self._media: set[str] = set()
        self._decoder = json.JSONDecoder(parse_constant=_no_number)

    def read(self, progress: Progress | None) -> None:
        """Fills the staging file."""
        size, done = self._path.stat().st_size, 0
        is_intact, above = False, b""
        with self._path.open("rb") as file:
            header = self._header(file.readline(LONGEST_LINE_BYTES))
            file.seek(0)
            for data in _lines(file):
                self._line += 1
                self._digest.update(above)
                above = data
                done += len(data)
                if progress is not None and not self._line % _PROGRESS_LINES:
                    progress(done, size)
                if self._line == 1 or not data.strip():
                    continue
                is_intact = False  # what stands below the end was not written there
                line = self._parsed(data)
                if line is None:
                    continue
                if line.get("type") == "end":
                    is_intact = self._end(line)
                    continue
                try:
                    self._take(line)
                except Fault as fault:
                    self._complain(fault)
        self._rows.finish()
        if not self._ends:
            self._rows.report.warn("its last line is missing, so a part of the file may be too",
                                   "export it again where you can", self._line)
        self._finish(header, is_intact=is_intact and not self._bad and not self._rows.report.skipped)

    def _header(self, data: bytes) -> Line:
        try:
            line = self._decoder.decode(data.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict) or line.get("format") != FORMAT:
            raise FileError(self._path, "its first line does not say that it is flashcore's own format",
                            'it begins {"format":"flashcore" in a file that flashcore export wrote')
        version = line.get("version")
        if type(version) is not int or version < 1:
            raise FileError(self._path, "its first line does not say which version of the format it is",
                            f'it holds "version":{VERSION} in a file that flashcore export wrote')
        if version > VERSION:
            shown = version if version < 10 ** 9 else "unknown"
            raise FileError(self._path, f"it was written by a newer flashcore (version {shown} of the format, this one "
                                        f"knows {VERSION})", "update flashcore to read it")
        return line

    def _parsed(self, data: bytes) -> Line | None:
        """The object of a line; None where there is none, which is said."""
        if len(data) > LONGEST_LINE_BYTES:
            self._complain(Fault(f"it is longer than {LONGEST_LINE_BYTES >> 20} MiB"))
            return None
        try:
            line = self._decoder.decode(data.decode())
        except UnicodeDecodeError:
            self._complain(Fault("it is not UTF-8"))
        except RecursionError:
            self._complain(Fault("its lists and objects are nested too deeply"))
        except ValueError as error:
            self._complain(Fault(f"it is no JSON: {error.msg.lower()}" if isinstance(error, json.JSONDecodeError)
                                 else "it holds a number that is none"))
        else:
            if isinstance(line, dict):
                return line
            self._complain(Fault("it is no JSON object"))
        return None

    def _take(self, line: Line) -> None:
        kind = line.get("type")
        if kind == "media":
            self._take_media(line)
        elif isinstance(kind, str) and kind in self._rows.takers:
            self._rows.takers[kind](line, self._line)
        else:
            shown = kind[:40] if isinstance(kind, str) else ""
            raise Fault(f"nothing is known of its type {shown!r}" if shown else "it does not say its type")

    def _complain(self, fault: Fault) -> None:
        self._bad += 1
        if self._bad > MOST_BAD_LINES:
            raise FileError(self._path, f"more than {MOST_BAD_LINES:,} of its lines cannot be read", "export it again")
        self._rows.report.fault(self._line, fault)

    def _end(self, line: Line) -> bool:
        self._ends = True
        return line.get("lines") == self._line - 1 and line.get("sha256") == self._digest.hexdigest()

    def _take_media(self, line: Line) -> None:
        name, digest, size = line.get("name"), line.get("sha256"), line.get("size")
        if not isinstance(name, str) or not isinstance(digest, str) or not _SHA256.fullmatch(digest) \
                or type(size) is not int:
            raise Fault("it needs a name, a sha256 and a size")
        from flashcore.formats.foreign_notes import file_in, is_file_name, shortened

        if not is_file_name(name) or name.startswith("."):
            raise Fault(f"{shortened(name)!r} is no name that a file may have")
        if name.casefold() in self._media:
            raise Fault(f"the file {shortened(name)!r} stands in the list twice")
        self._media.add(name.casefold())
        report, source = self._rows.report, file_in(media_folder(self._path), name)
        if source is None:
            self._missing += 1
            report.missing(name)
            return
        try:
            if not (self._folder / digest).exists():
                with source.open("rb") as file:
                    held = hashlib.file_digest(file, "sha256").hexdigest()
                if held == digest:
                    shutil.copyfile(source, self._folder / digest)
                else:
                    self._missing += 1
                    report.warn(f"the media file {shortened(name)!r} is not the one that was exported, and was left "
                                "out", "its content was changed or damaged since", self._line)
                    return
        except OSError as error:
            self._missing += 1
            report.warn(f"the media file {shortened(name)!r} cannot be read ({error.strerror or error})", "",
                        self._line)
            return
        size = (self._folder / digest).stat().st_size
        staging.insert_rows(self._connection, "media", [(name, digest, digest, size)])

    def _finish(self, header: Line, *, is_intact: bool) -> None:
        is_whole, with_learning = header.get("is_whole") is True, header.get("with_learning") is True
        staging.insert_facts(self._connection, {
            Fact.IS_OWN: "1", Fact.IS_WHOLE: str(int(is_whole)), Fact.WITH_LEARNING: str(int(with_learning)),
            Fact.IS_INTACT: str(int(is_intact)), Fact.ON_MATCH: str(OnMatch.ADD),
            Fact.MEDIA_MISSING: str(self._missing)})
        report = self._rows.report
        staging.insert_rows(self._connection, "problem", (
            (number, one.line, one.what, one.hint) for number, one in enumerate(report.problems(), 1)))
        staging.insert_rows(self._connection, "skipped", (
            (number, one.note, one.reason) for number, one in enumerate(report.skipped, 1)))


def _lines(file: Any) -> Iterator[bytes]:
    """The lines of a file with their ends; of one that is too long only its beginning, a byte longer than allowed."""
    while data := file.readline(LONGEST_LINE_BYTES + 1):
        yield data
        if len(data) > LONGEST_LINE_BYTES:
            while data and not data.endswith(b"\n"):
                data = file.readline(_BLOCK)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
