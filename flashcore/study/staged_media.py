"""Pictures and sounds that a reader left beside its staging file, moved into the media folder of the collection."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from flashcore.errors import FileError
from flashcore.store import content, imports
from flashcore.store.database import Connection


class StagedMedia:
    """The media of one import: moved before its transaction ends, removed again if it fails."""

    def __init__(self, folder: Path, staged: Path, *, is_dry_run: bool) -> None:
        self._folder, self._staged, self._is_dry_run = folder, staged, is_dry_run
        self.added: list[str] = []
        """The names that are new in the media folder."""

    def take(self, connection: Connection) -> dict[str, str]:
        """Move in what the collection does not have; returns names that became others, as another file had them.

        Raises:
            FileError: a file cannot be moved or made safe on the disk.
        """
        known = content.media_hashes(connection)
        by_lower = {name.casefold(): name for name in known}
        renamed: dict[str, str] = {}
        uses: dict[str, int] = {}
        rows = imports.staged_media(connection)
        for _, file, _, _ in rows:
            uses[file] = uses.get(file, 0) + 1
        for name, file, sha256, size in rows:
            wanted, held = name, by_lower.get(name.casefold())
            for length in (8, 16, 64):
                if held is None or known[held] == sha256:
                    break
                wanted = _with_hash(name, sha256[:length])
                held = by_lower.get(wanted.casefold())
            if (held or wanted) != name:
                renamed[name] = held or wanted
            uses[file] -= 1
            if held is not None and (self._is_dry_run or (self._folder / held).exists()):
                continue
            self._move(file, held or wanted, is_last=not uses[file])
            if held is None:
                known[wanted], by_lower[wanted.casefold()] = sha256, wanted
                content.add_media(connection, wanted, sha256, size)
                self.added.append(wanted)
        return renamed

    def _move(self, file: str, name: str, *, is_last: bool) -> None:
        if self._is_dry_run:
            return
        source, target = self._staged / file, self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not is_last:
                source = Path(shutil.copyfile(source, self._staged / f"{file}.copy"))
            with source.open("rb") as opened:
                os.fsync(opened.fileno())
            os.replace(source, target)
        except OSError as error:
            raise FileError(target, f"the picture cannot be saved ({error.strerror or error})",
                            "free some space or check who may write there") from error

    def give_up(self) -> None:
        """Remove what was moved, for a transaction that failed."""
        for name in () if self._is_dry_run else self.added:
            (self._folder / name).unlink(missing_ok=True)


def _with_hash(name: str, digest: str) -> str:
    """The name of another file of that name, told apart by its content."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem or suffix}-{digest}{dot}{suffix if stem else ''}"
