"""A staging file of the collection's own rows as flashcore's JSONL, line by line; ``jsonl`` says what stands in it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from flashcore.domain.schedule import CardState
from flashcore.domain.staging import Fact
from flashcore.errors import FileError
from flashcore.formats.jsonl import FORMAT, VERSION, media_folder
from flashcore.formats.staging import SEPARATOR, open_staging

SCHEDULE = ("state", "due_at", "due_on", "interval_days", "step", "stability_days", "difficulty", "reps", "lapses",
            "last_at", "last_on")
_DAY_0 = date(1970, 1, 1).toordinal()
_BLOCK = 1 << 20
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenJsonl:
    """What a file holds, as counts; ``missing_media`` are the names whose file was not there."""

    notes: int
    cards: int
    reviews: int
    media: int
    missing_media: tuple[str, ...] = ()


def write(staging: Path, path: Path, media: Mapping[str, Path]) -> WrittenJsonl:
    """Write what a staging file holds to ``path``, replacing it in one step, and its media into the folder beside.

    ``media`` maps each name to its file. Media that stand in the folder already stay.

    Raises:
        FileError: something cannot be written; a file that was there before is unchanged.
    """
    try:
        lines, missing = _copied(media, media_folder(path))
        connection = open_staging(staging)
        try:
            _replace(path, (_one_line(_encode(line)) for line in _lines(connection, lines)))
            notes, cards, reviews = (connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                                     for table in ("note", "card", "own_review"))
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(path, f"it cannot be written ({reason})", "free some space or choose another place",
                        "the old file, if there was one, is kept") from error
    return WrittenJsonl(notes, cards, reviews, len(lines), missing)


def _one_line(text: str) -> str:
    """JSON without the three characters in it that many programs take for the end of a line."""
    if text.isascii():
        return text
    for char in "\x85\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _copied(media: Mapping[str, Path], folder: Path) -> tuple[list[Line], tuple[str, ...]]:
    """Copies media into the folder; their lines, by name, and the names without a file."""
    lines: list[Line] = []
    missing: list[str] = []
    for name, source in sorted(media.items()):
        if not source.is_file():
            missing.append(name)
            continue
        folder.mkdir(exist_ok=True)
        digest, size = _digest(source), source.stat().st_size
        target = folder / name
        if not (target.is_file() and target.stat().st_size == size and _digest(target) == digest):
            with _new_file(target) as file, source.open("rb") as reading:
                shutil.copyfileobj(reading, file, _BLOCK)
        lines.append({"type": "media", "name": name, "sha256": digest, "size": size})
    return lines, tuple(missing)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(path: Path, lines: Iterable[str]) -> None:
    """Writes the lines, and a last one by which the file is known to be whole."""
    digest, count = hashlib.sha256(), 0
    with _new_file(path.resolve()) as file:
        held: list[str] = []
        size = 0
        for line in lines:
            held.append(line)
            count += 1
            size += len(line)
            if size > _BLOCK:
                _put(file, held, digest)
                size = 0
        _put(file, held, digest)
        file.write((_encode({"type": "end", "lines": count, "sha256": digest.hexdigest()}) + "\n").encode())


def _put(file: BinaryIO, lines: list[str], digest: hashlib._Hash) -> None:
    if lines:
        data = ("\n".join(lines) + "\n").encode()
        digest.update(data)
        file.write(data)
        lines.clear()


class _new_file:
    """A file that takes the place of ``path`` when its block ends well, whole and on the disk, and is gone if not."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> BinaryIO:
        descriptor, name = tempfile.mkstemp(prefix=f".{self._path.name[:50]}.", dir=self._path.parent)
        self._unfinished, self._file = Path(name), os.fdopen(descriptor, "wb")
        return self._file

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            with self._file as file:
                if error is None:
                    mask = os.umask(0)
                    os.umask(mask)
                    mode = self._path.stat().st_mode & 0o777 if self._path.exists() else 0o666 & ~mask
                    os.fchmod(file.fileno(), mode)
                    file.flush()
                    os.fsync(file.fileno())
            if error is None:
                os.replace(self._unfinished, self._path)
                folder = os.open(self._path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        finally:
            self._unfinished.unlink(missing_ok=True)


def _lines(connection: sqlite3.Connection, media: list[Line]) -> Iterator[Line]:
    facts = dict(connection.execute("SELECT key, value FROM fact").fetchall())
    yield {"format": FORMAT, "version": VERSION, "is_whole": facts.get(Fact.IS_WHOLE) == "1",
           "with_learning": facts.get(Fact.WITH_LEARNING) == "1"}
    for deck, key, value in connection.execute("SELECT * FROM own_option ORDER BY deck, key"):
        yield {"type": "option", **_said(deck=deck), "key": key, "value": value}
    yield from _note_types(connection)
    for name, anki in connection.execute("SELECT name, anki FROM deck ORDER BY name"):
        yield {"type": "deck", "name": name, **_kept(anki)}
    for path, sha256, read_at in connection.execute("SELECT path, sha256, read_at FROM own_file ORDER BY id"):
        yield {"type": "deck_file", "path": path, "sha256": sha256, "read_at": read_at}
    yield from media
    yield from _notes(connection)
    yield from _cards(connection)
    for name, options in connection.execute("SELECT name, options FROM own_preset ORDER BY name"):
        yield {"type": "preset", "id": name, **json.loads(options)}
    yield from _reviews(connection)


def _note_types(connection: sqlite3.Connection) -> Iterator[Line]:
    for name, kind, fields, templates, css, anki in connection.execute(
            "SELECT name, kind, fields, templates, css, anki FROM note_type ORDER BY name"):
        sides = [{"name": card, "front": front, "back": back} for card, front, back in json.loads(templates)]
        yield {"type": "note_type", "name": name, "kind": kind, "fields": json.loads(fields), "templates": sides,
               **_said(css=css), **_kept(anki)}


def _notes(connection: sqlite3.Connection) -> Iterator[Line]:
    for (guid, kind, deck, markup, fields, tags, ordinals, added_at, changed_at, path, line, id_in_file, base_fields,
         base_tags, base_deck) in connection.execute(
            "SELECT n.guid, t.name, d.name, n.markup, n.fields, n.tags, n.cloze_ordinals, n.added_at, n.changed_at, "
            "f.path, o.line, o.id_in_file, o.base_fields, o.base_tags, o.base_deck FROM note n "
            "JOIN note_type t ON t.id = n.note_type_id LEFT JOIN deck d ON d.id = n.deck_id AND d.id > 0 "
            "LEFT JOIN own_note o ON o.note_id = n.id LEFT JOIN own_file f ON f.id = o.file_id ORDER BY n.id"):
        base = None if base_fields is None else {
            "fields": base_fields.split(SEPARATOR), **_said(tags=(base_tags or "").split(), deck=base_deck)}
        yield {"type": "note", "guid": guid, "note_type": kind, "markup": markup, "fields": fields.split(SEPARATOR),
               "added_at": added_at, "changed_at": changed_at,
               **_said(deck=deck, tags=tags.split(), cloze_ordinals=[int(word) for word in ordinals.split()],
                       file=path, line=line, id_in_file=id_in_file, base=base)}


def _cards(connection: sqlite3.Connection) -> Iterator[Line]:
    columns = ", ".join(f"s.{name}" for name in SCHEDULE)
    for guid, ordinal, deck, added_at, flag, anki, suspension, buried_until, *values in connection.execute(
            "SELECT n.guid, c.ordinal, nullif(d.name, e.name), c.added_at, c.flag, c.anki, o.suspension, "
            f"o.buried_until, {columns} FROM card c JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = c.deck_id "
            "LEFT JOIN deck e ON e.id = n.deck_id LEFT JOIN own_card o ON o.card_id = c.id "
            "LEFT JOIN own_schedule s ON s.card_id = c.id ORDER BY c.id"):
        line = {"type": "card", "note": guid, "ordinal": ordinal, **_kept(anki or ""),
                **_said(deck=deck, flag=flag, suspension=suspension, buried_until=_day(buried_until),
                        schedule=_schedule(values))}
        if added_at is not None:
            line["added_at"] = added_at
        yield line


def _reviews(connection: sqlite3.Connection) -> Iterator[Line]:
    columns = ", ".join(f"r.before_{name}" for name in SCHEDULE)
    for (card_id, guid, ordinal, kind, answered_at, offset, study_day, uuid, rating, duration_ms, preset, choice,
         correct, undoes, leech, origin, interval, last_interval, factor, *before) in connection.execute(
            "SELECT r.card_id, n.guid, c.ordinal, r.kind, r.answered_at, r.utc_offset_minutes, r.study_day, r.uuid, "
            "r.rating, r.duration_ms, p.name, r.choice, r.correct, r.undoes, r.leech, r.origin, r.interval, "
            f"r.last_interval, r.factor, {columns} FROM own_review r LEFT JOIN card c ON c.id = r.card_id "
            "LEFT JOIN note n ON n.id = c.note_id LEFT JOIN own_preset p ON p.id = r.preset_id ORDER BY r.id"):
        line = {"type": "review", "kind": kind, "answered_at": answered_at, "study_day": _day(study_day)}
        if guid is None:
            line["gone"] = -card_id
        else:
            line["note"], line["ordinal"] = guid, ordinal
        if offset:
            line["utc_offset_minutes"] = offset
        if before[0] is not None:
            line["before"] = _schedule(before)
        if correct is not None:
            line["correct"] = bool(correct)
        for key, value in (("uuid", uuid), ("rating", rating), ("duration_ms", duration_ms), ("preset", preset),
                           ("choice", choice), ("undoes", undoes), ("interval", interval),
                           ("last_interval", last_interval), ("factor", factor)):
            if value is not None:
                line[key] = value
        if leech:
            line["leech"] = leech
        if origin:
            line["origin"] = origin
        yield line


def _said(**values: Any) -> Line:
    """What is not none, empty or 0."""
    return {key: value for key, value in values.items() if value}


def _kept(anki: str) -> Line:
    return {"anki": json.loads(anki)} if anki else {}


def _schedule(values: list[Any]) -> Line | None:
    state, due_at, due_on, interval_days, step, stability, difficulty, reps, lapses, last_at, last_on = values
    if state is None:
        return None
    line = {"state": CardState(state).name.lower(), "due_at": due_at, "due_on": _day(due_on),
            "interval_days": interval_days, "reps": reps, "lapses": lapses}
    for key, value in (("step", step), ("stability_days", stability), ("difficulty", difficulty),
                       ("last_at", last_at), ("last_on", _day(last_on))):
        if value is not None:
            line[key] = value
    return line


@lru_cache(maxsize=65_536)
def _day(value: int | None) -> str | None:
    return None if value is None else date.fromordinal(value + _DAY_0).isoformat()
