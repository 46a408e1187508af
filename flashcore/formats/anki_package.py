"""The container of an Anki package (.apkg, .colpkg): which collection counts, where it goes, and its media.

A package is a zip archive of a collection, a list of media and the media, numbered. The member ``meta`` says in which
of three forms: 1 ``collection.anki2``, 2 ``collection.anki21``, 3 ``collection.anki21b``, where collection, list and
media are zstd. The newer forms hold a ``collection.anki2`` too, whose one note asks to update Anki: it is never read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from flashcore.errors import Problem
from flashcore.formats.anki_messages import media_entries, package_version
from flashcore.formats.archive import LARGEST_COLLECTION_BYTES, LARGEST_MEDIA_BYTES, MOST_ENTRIES, Archive, MemberError
from flashcore.formats.media_names import safe_name
from flashcore.formats.text_file import composed

Version = Literal[1, 2, 3]
COLLECTIONS: dict[Version, str] = {1: "collection.anki2", 2: "collection.anki21", 3: "collection.anki21b"}
LARGEST_MEDIA_LIST_BYTES = 64 << 20

_MOST_META_BYTES = 64 << 10
_SMALL_MEDIA_BYTES = 4 << 20
"""A file up to this size is held in memory, so that a copy of one that is there is never written."""
_SQLITE = b"SQLite format 3\0"
_NAMED = 3  # of the files that one problem is about
_MOST_REASONS = 10
_LONGEST_LISTED = 512  # characters; no system takes a name of more than 255
_SMALL_LIST, _LONGEST_LINE = 2_000, 512
"""A list may have this many lines more than there are members, of so many bytes each on average."""


@dataclass(frozen=True, slots=True)
class MediaMember:
    """A picture or sound: its safe name, its member in the archive, its size in bytes as far as the package says.

    ``listed`` is the name as the package lists it, in NFC: what the notes call it. The two differ where that name was
    not safe. No two names are equal; two may differ only in case.
    """

    name: str
    member: str
    size: int
    is_zstd: bool
    listed: str


@dataclass(frozen=True, slots=True)
class UnpackedPackage:
    """A package whose collection is unpacked and whose media are not. ``problems`` name what was left out, and why.

    ``listed_count`` is how many media the package says it holds; those that are not in ``media`` are left out.
    """

    collection: Path
    version: Version
    media: tuple[MediaMember, ...]
    problems: tuple[Problem, ...]
    listed_count: int


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A picture or sound that is unpacked: its name in the package (safe), and the file in the folder that holds it."""

    name: str
    file: str
    sha256: str
    size: int


@dataclass(slots=True)
class _LeftOut:
    """Names of files by the reason why they are left out."""

    by_reason: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        if reason not in self.by_reason and len(self.by_reason) >= _MOST_REASONS:
            reason = "left out for other reasons"
        self.by_reason.setdefault(reason, []).append(name)

    def problems(self, of: int) -> tuple[Problem, ...]:
        return tuple(Problem(0, f"{len(names):,} of {of:,} media {reason}: {_some(names)}")
                     for reason, names in self.by_reason.items())


def unpack_collection(archive: Archive, folder: Path) -> UnpackedPackage:
    """The collection of a package, unpacked into ``folder`` under its own name, and the list of its media.

    Raises:
        FileError: no package, one of a newer Anki, or one beyond the limits of ``archive``.
    """
    version = _version(archive)
    name = COLLECTIONS[version]
    archive.check(name, LARGEST_COLLECTION_BYTES)
    listed = _listed(archive, version)
    media, problems = _media(archive, version, listed)
    collection = folder / name
    archive.write(_contents(archive, name, LARGEST_COLLECTION_BYTES, is_zstd=version == 3), collection)
    with collection.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            archive.refuse(f"the {name} in it is no Anki collection", "export it again")
    return UnpackedPackage(collection, version, media, problems, len(listed))


def unpack_media(
    archive: Archive, package: UnpackedPackage, folder: Path, progress: Callable[[int, int], None] | None = None,
) -> tuple[tuple[StoredMedia, ...], tuple[Problem, ...]]:
    """The media of a package, each stored in ``folder`` under its SHA-256, equal ones once; in the order of the list.

    One damaged or oversized file is left out and named. ``progress`` is told how many bytes of how many are done.

    Raises:
        FileError: the package unpacks to more than an archive may, or the folder cannot take it.
    """
    order = {name: position for position, name in enumerate(archive.names)}
    media = sorted(package.media, key=lambda one: order[one.member])
    done, total = 0, sum(archive.packed_size(one.member) for one in media)
    stored: dict[str, StoredMedia] = {}
    held: set[str] = set()
    left_out = _LeftOut()
    for one in media:
        try:
            stored[one.name] = _stored(archive, one, folder, held)
        except MemberError as error:
            left_out.add(f"left out ({error.reason})", one.listed)
        done += archive.packed_size(one.member)
        if progress is not None:
            progress(done, total)
    return (tuple(stored[one.name] for one in package.media if one.name in stored),
            left_out.problems(len(package.media)))


def _stored(archive: Archive, one: MediaMember, folder: Path, held: set[str]) -> StoredMedia:
    """Unpacks one file, unless its SHA-256 is among those held already."""
    chunks = _contents(archive, one.member, LARGEST_MEDIA_BYTES, is_zstd=one.is_zstd)
    if max(one.size, archive.packed_size(one.member)) <= _SMALL_MEDIA_BYTES:
        first: list[bytes] = []
        size = 0
        for chunk in chunks:
            first.append(chunk)
            size += len(chunk)
            if size > _SMALL_MEDIA_BYTES:  # the list gave it a smaller size
                chunks = chain(first, chunks)
                break
        else:
            digest = hashlib.sha256(data := b"".join(first)).hexdigest()
            if digest not in held:
                archive.write([data], folder / digest)
                held.add(digest)
            return StoredMedia(one.name, digest, digest, size)
    counted = hashlib.sha256()
    spare = folder / "unpacking"
    size = archive.write(chunks, spare, counted)
    digest = counted.hexdigest()
    os.replace(spare, folder / digest)
    held.add(digest)
    return StoredMedia(one.name, digest, digest, size)


def _contents(archive: Archive, name: str, most_bytes: int, *, is_zstd: bool) -> Iterator[bytes]:
    """The bytes of a member, unpacked twice where it is zstd inside the zip."""
    if not is_zstd:
        yield from archive.chunks(name, most_bytes)
        return
    from flashcore.formats.zstd_stream import unpacked

    packed = archive.chunks(name, most_bytes)
    try:
        for piece in unpacked(packed, packed_bytes=archive.packed_size(name), most_bytes=most_bytes):
            archive.count_unpacked(len(piece))
            yield piece
    except ValueError as error:
        raise MemberError(archive.path, name, str(error), "export it again") from error


def _version(archive: Archive) -> Version:
    present = [version for version, name in COLLECTIONS.items() if name in archive]
    if not present:
        archive.refuse("there is no Anki collection in it", "export a deck from Anki as .apkg or .colpkg")
    if "meta" not in archive:  # Anki before 2.1.50 writes none
        return max(present)
    try:
        stated = package_version(archive.read("meta", _MOST_META_BYTES))
    except ValueError as error:
        archive.refuse(f"its member meta cannot be read ({error})", "export it again")
    version = next((version for version in COLLECTIONS if version == stated), None)
    if version is None:
        archive.refuse(f"it was made by a newer Anki (package version {stated}, known are 1 to 3)",
                       "export it again, with support for older Anki versions")
    if version == 1:  # a collection.anki2 beside a newer one is the one that asks to update Anki, whatever meta says
        return max(present)
    if version not in present:
        archive.refuse(f"there is no {COLLECTIONS[version]} in it, which its meta says it holds", "export it again")
    return version


def _media(
    archive: Archive, version: Version, listed: Sequence[tuple[str, str, int]],
) -> tuple[tuple[MediaMember, ...], tuple[Problem, ...]]:
    """What the list of media names and the archive holds, and what of it is left out."""
    found: dict[str, tuple[str, int]] = {}
    left_out = _LeftOut()
    for member, name, size in listed:
        name = composed(name) if len(name) <= _LONGEST_LISTED else ""
        if not name or name in (".", "..") or "/" in name:
            left_out.add("skipped, these are no names of files", name)
        elif name in found:
            left_out.add("skipped, their names are there twice", name)
        elif member not in archive:
            left_out.add("missing in the package", name)
        else:
            found[name] = member, size or archive.size(member)
    names = _safe_names(found)
    for name, safe in names.items():
        if safe != name:
            left_out.add("renamed", name)
    media = tuple(MediaMember(names[name], member, size, version == 3, name) for name, (member, size) in found.items())
    return media, left_out.problems(len(listed))


def _safe_names(listed: Iterable[str]) -> dict[str, str]:
    """Listed name -> a name that every system takes; no two are equal."""
    safe = {name: safe_name(name) for name in listed}
    taken = {name for name, one in safe.items() if name == one}
    for name, one in safe.items():
        if one in taken and one != name:
            stem, dot, suffix = one.rpartition(".")
            mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            short = (stem or suffix).encode()[:80].decode(errors="ignore")
            safe[name] = one = f"{short}-{mark}{dot}{suffix}" if stem else f"{short}-{mark}"
        taken.add(one)
    return safe


def _listed(archive: Archive, version: Version) -> list[tuple[str, str, int]]:
    """The list of media as it stands: member, name, size in bytes (0: the list does not say). None is a legal list."""
    if "media" not in archive:
        return []
    most = min(LARGEST_MEDIA_LIST_BYTES, (len(archive.names) + _SMALL_LIST) * _LONGEST_LINE)
    data = b"".join(_contents(archive, "media", most, is_zstd=version == 3))
    try:
        if version == 3:
            return [(str(number), entry.name, entry.size)
                    for number, entry in enumerate(media_entries(data, MOST_ENTRIES))]
        return _listed_as_json(data)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        archive.refuse(f"its list of media cannot be read ({why})", "export it again")


def _listed_as_json(data: bytes) -> list[tuple[str, str, int]]:
    """A list of the older forms: {"0": "heart.png", ...}, where numbers may be left out."""
    if not data:
        return []
    if max(data.count(mark) for mark in b'",[{') > 5 * MOST_ENTRIES:
        raise ValueError(f"it lists more than {MOST_ENTRIES:,} files, which is the limit")
    listed = json.loads(data)
    if not isinstance(listed, dict):
        raise ValueError("it is no list of names by number")
    return [(member, name if isinstance(name, str) else "", 0) for member, name in listed.items()]


def _some(names: Sequence[str]) -> str:
    """The first few of the names, so that a terminal obeys none of them, and how many more there are."""
    shown = ", ".join(repr(name if len(name) <= 60 else f"{name[:57]}...") for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
