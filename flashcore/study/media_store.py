"""Pictures and sounds of deck files, copied into the media folder of the collection."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from flashcore.domain.note import Note
from flashcore.errors import FileError

_NOT_IN_MARKDOWN = re.compile(r"[\s()\[\]]+")


def _media_name(name: str) -> str:
    """A file name that every file system and Anki take, and that stands in Markdown without quoting."""
    from flashcore.formats.media_names import safe_name

    return safe_name(_NOT_IN_MARKDOWN.sub("_", name))


class MediaStore:
    """The media folder during one import: files are copied before the transaction ends and removed if it fails."""

    def __init__(self, folder: Path, known: Mapping[str, str], *, is_dry_run: bool = False) -> None:
        self._folder, self._known, self._is_dry_run = folder, dict(known), is_dry_run
        self.added: dict[str, tuple[str, int]] = {}
        """name -> (SHA-256, size in bytes) of each file that was new."""

    def take(self, files: Mapping[str, Path]) -> dict[str, str]:
        """Copy files in; returns reference -> name in the media folder.

        A file of the same content keeps the name it has; another file of the same name gets part of its hash.

        Raises:
            FileError: a file cannot be read or copied.
        """
        return {reference: self._take(path) for reference, path in files.items()}

    def _take(self, path: Path) -> str:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise FileError(path, f"the picture cannot be read ({error.strerror or error})") from error
        digest, name = sha256(data).hexdigest(), _media_name(path.name)
        by_lower = {held.casefold(): held for held in self._known}
        held = by_lower.get(name.casefold())
        if held is not None and self._known[held] != digest:
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem or suffix}-{digest[:8]}{dot}{suffix if stem else ''}"
            held = by_lower.get(name.casefold())
        if held is not None:
            return held
        self._known[name] = digest
        self.added[name] = digest, len(data)
        if not self._is_dry_run:
            self._write(name, data)
        return name

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self._folder / f".{name}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self._folder / name)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise FileError(self._folder / name, f"the picture cannot be saved ({error.strerror or error})") from error

    def give_up(self) -> None:
        """Remove what was copied, for a transaction that failed."""
        for name in () if self._is_dry_run else self.added:
            (self._folder / name).unlink(missing_ok=True)


def with_names(note: Note, names: Mapping[str, str]) -> Note:
    """A note whose references to media are the names that they have in the media folder."""
    if not names:
        return note
    from flashcore.formats.markdown_media import rename_media

    return replace(note, fields=tuple(rename_media(field, names) for field in note.fields))


def copy_out(source: Path, target: Path) -> None:
    """Copy a media file to where an export wants it.

    Raises:
        FileError: it cannot be copied.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise FileError(target, f"the picture cannot be written ({error.strerror or error})") from error
