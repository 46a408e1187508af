"""The names that pictures and sounds have in a package: flat, safe on every system, no two files of one name."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

LONGEST_NAME_BYTES = 120
"""Anki cuts a longer file name."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\[\]<>:\"/\\|?*^]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MediaNames:
    """Which name a reference has, and which file belongs to a name. ``missing`` are references without a file."""

    by_reference: Mapping[str, str]
    files: Mapping[str, Path]
    missing: tuple[str, ...]

    def __call__(self, reference: str) -> str:
        """The name of what a reference means; an unknown one stays as it is."""
        return self.by_reference.get(reference) or self.by_reference.get(unquote(reference)) or reference


def media_names(media: Mapping[str, Path]) -> MediaNames:
    """Names for the files that references name.

    Each file keeps its own name if it is safe; of different files with one name (also in another case, which some
    systems do not tell apart) those after the first get part of the hash of their content into it. Equal files share
    a name. A reference without a folder comes first, so a name in HTML stays what it is.
    """
    by_reference: dict[str, str] = {}
    files: dict[str, Path] = {}
    taken: dict[str, str] = {}
    missing: list[str] = []
    for reference, path in sorted(media.items(), key=lambda item: ("/" in item[0], item[0])):
        if not path.is_file():
            missing.append(reference)
            continue
        name = safe_name(path.name)
        if name.casefold() in taken and not _is_same(files[taken[name.casefold()]], path):
            stem = PurePosixPath(name)
            name = safe_name(f"{stem.stem}-{_digest(path)}{stem.suffix}")
        name = taken.setdefault(name.casefold(), name)
        files.setdefault(name, path)
        by_reference[reference] = name
    return MediaNames(by_reference, files, tuple(missing))


def safe_name(name: str) -> str:
    """A file name without what some system or Anki does not allow, in NFC, at most 120 bytes long."""
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .") or "file"
    name = _RESERVED.sub(r"\1_", name, count=1) if _RESERVED.match(name) else name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        stem, dot, suffix = name, "", ""
    room = LONGEST_NAME_BYTES - len(f"{dot}{suffix}".encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def _is_same(one: Path, other: Path) -> bool:
    return one.samefile(other) or (one.stat().st_size == other.stat().st_size and _digest(one) == _digest(other))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
