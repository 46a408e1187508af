"""A zip archive that nobody vouches for: its directory is checked whole before any member is read.

What is refused is refused from the directory, so a bomb costs milliseconds and no disk. What the directory says is
then held against the bytes that really come out. Symbolic links and file modes mean nothing here: a member is bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from flashcore.errors import FileError

LARGEST_FILE_BYTES = 2 << 30
MOST_UNPACKED_BYTES = 4 << 30
"""All members together, and what zstd makes of them."""
LARGEST_MEDIA_BYTES = 256 << 20
LARGEST_COLLECTION_BYTES = 1 << 30
HIGHEST_RATIO = 200
"""Unpacked to packed bytes, of a member or archive of more than ``SMALL_BYTES``. Deflate ends at 1,032."""
SMALL_BYTES = 1 << 20
MOST_ENTRIES = 100_000
LARGEST_DIRECTORY_BYTES = 64 << 20

_CHUNK_BYTES = 256 << 10
_TAIL_BYTES = 22 + 0xFFFF
"""The end record with the longest comment (APPNOTE 4.3.16)."""
_END, _LOCATOR, _END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_LOCAL, _ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_AGAIN = "download it again, or export it again"
_LOOKS_LIKE = (
    (b"Rar!\x1a\x07", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"), (b"%PDF-", "a PDF"),
    (b"SQLite format 3\0", "a bare SQLite database"), (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"), (b"MZ", "a Windows program"), (b"\x7fELF", "a program"),
    (b"<!DOCTYPE", "a web page"), (b"<!doctype", "a web page"), (b"<html", "a web page"),
    (b"PK\x07\x08", "one part of a split zip archive"),
)


class MemberError(FileError):
    """One member that cannot be unpacked; the others may be whole. ``reason`` says why, as the end of a sentence."""

    def __init__(self, path: Path, member: str, reason: str, hint: str = "") -> None:
        super().__init__(path, f"{_shown(member)} in it {reason}", hint)
        self.member, self.reason = member, reason


class Archive:
    """The members of an open archive. Made by ``open_archive``; closed by ``with``."""

    def __init__(self, path: Path, file: IO[bytes], members: zipfile.ZipFile, ends: dict[str, int]) -> None:
        self.path = path
        self._file, self._zip, self._ends = file, members, ends
        self._infos = {info.filename: info for info in members.infolist()}
        self._unpacked_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names as they stand in the archive, folders too, in the order of their bytes."""
        return tuple(self._ends)

    def size(self, name: str) -> int:
        """The unpacked size in bytes that the directory gives a member."""
        return self._infos[name].file_size

    def packed_size(self, name: str) -> int:
        """The bytes that a member takes in the archive."""
        return self._infos[name].compress_size

    def refuse(self, what: str, hint: str = "") -> NoReturn:
        raise FileError(self.path, what, hint)

    def check(self, name: str, most_bytes: int) -> None:
        """Whether the directory lets a member be unpacked to at most ``most_bytes``.

        Raises:
            MemberError: it says more, or an unlikely ratio, or there is no such member.
        """
        info = self._infos.get(name)
        if info is None:
            raise MemberError(self.path, name, "is missing", _AGAIN)
        if info.file_size > most_bytes:
            raise MemberError(self.path, name,
                              f"would unpack to {info.file_size:,} bytes; the limit is {most_bytes:,}")
        if is_bomb(info.file_size, info.compress_size):
            raise MemberError(self.path, name, _bomb(info.file_size, info.compress_size))

    def chunks(self, name: str, most_bytes: int) -> Iterator[bytes]:
        """The bytes of a member, piece by piece, counted and with its checksum proved at the end.

        Raises:
            MemberError: as ``check`` says, or the bytes are not what the directory promises.
            FileError: it lies over another member, or the archive unpacks to more than it may.
        """
        self.check(name, most_bytes)
        info = self._infos[name]
        count = 0
        try:
            self._check_place(info)
            with self._zip.open(info) as member:
                while chunk := member.read(_CHUNK_BYTES):
                    count += len(chunk)
                    self.count_unpacked(len(chunk))
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
                struct.error) as error:
            raise MemberError(self.path, name, f"is damaged ({_why(error)})", _AGAIN) from error
        if count != info.file_size:
            raise MemberError(self.path, name, f"holds {count:,} bytes where {info.file_size:,} are promised", _AGAIN)

    def read(self, name: str, most_bytes: int) -> bytes:
        """The bytes of a member. Raises as ``chunks`` does."""
        return b"".join(self.chunks(name, most_bytes))

    def copy(self, name: str, target: Path, most_bytes: int) -> tuple[str, int]:
        """Writes a member to a new file; returns its SHA-256 in hex and its size in bytes.

        Raises:
            FileError: as ``chunks`` does, or the file cannot be written; no part of it stays.
        """
        digest = hashlib.sha256()
        size = self.write(self.chunks(name, most_bytes), target, digest)
        return digest.hexdigest(), size

    def write(self, chunks: Iterable[bytes], target: Path, digest: hashlib._Hash | None = None) -> int:
        """Writes bytes that came from this archive to a new file, as ``copy`` does, and adds them to a digest."""
        size = 0
        try:
            file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # ten times as fast as an IO object
            try:
                for chunk in chunks:
                    if digest is not None:
                        digest.update(chunk)
                    size += len(chunk)
                    left = memoryview(chunk)
                    while left:
                        left = left[os.write(file, left):]
            except BaseException:
                os.unlink(target)
                raise
            finally:
                os.close(file)
        except OSError as error:
            raise FileError(self.path, f"it cannot be unpacked to {target.parent} ({error.strerror or error})",
                            "make room there, or set TMPDIR to another folder") from error
        return size

    def count_unpacked(self, size_bytes: int) -> None:
        """Adds to what was unpacked so far.

        Raises:
            FileError: it is more than an archive may hold.
        """
        self._unpacked_bytes += size_bytes
        if self._unpacked_bytes > MOST_UNPACKED_BYTES:
            self.refuse(f"it unpacks to more than {MOST_UNPACKED_BYTES:,} bytes in all")

    def _check_place(self, info: zipfile.ZipInfo) -> None:
        """The exact check for overlaps: only the local header knows where the bytes of a member begin."""
        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or not header.startswith(_LOCAL):
            raise zipfile.BadZipFile("its header is missing")
        name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
        start = info.header_offset + 30 + name_bytes + extra_bytes
        if start + info.compress_size > self._ends[info.filename]:
            self.refuse(_overlap(info.filename))


def is_bomb(unpacked_bytes: int, packed_bytes: int) -> bool:
    """Whether so few bytes may not become so many."""
    return unpacked_bytes > max(SMALL_BYTES, HIGHEST_RATIO * packed_bytes)


def open_archive(path: Path) -> Archive:
    """The archive at ``path``, with its directory checked; use it in ``with``.

    Raises:
        FileError: cut short, not a zip archive, split, encrypted, two members of one name or in one place, or larger
            than the limits of this module; nothing was unpacked.
    """
    try:
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror or error})") from error
    try:
        size = os.fstat(file.fileno())
        if not stat.S_ISREG(size.st_mode):
            raise FileError(path, "it is no file")
        if size.st_size > LARGEST_FILE_BYTES:
            raise FileError(path, f"it has {size.st_size:,} bytes; the limit is {LARGEST_FILE_BYTES:,}")
        count, start = _directory(path, file, size.st_size)
        members = zipfile.ZipFile(file)
        if members.start_dir != start or len(members.infolist()) != count:
            raise zipfile.BadZipFile("its directory can be read in two ways")
        return Archive(path, file, members, _checked(path, members, start, size.st_size))
    except BaseException as error:
        file.close()
        if isinstance(error, (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, struct.error, OSError)):
            raise FileError(path, f"it is damaged ({_why(error)})", _AGAIN) from error
        raise


def _directory(path: Path, file: IO[bytes], size: int) -> tuple[int, int]:
    """How many entries the directory has, and its offset, found without making an object for each."""
    head = file.read(16)
    if not size:
        raise FileError(path, "it is empty", _AGAIN)
    looks = next((name for start, name in _LOOKS_LIKE if head.startswith(start)), "")
    if looks:
        raise FileError(path, f"it is {looks}, not a zip archive")
    if not head.startswith((_LOCAL, _END)):
        raise FileError(path, "it is not a zip archive")
    file.seek(max(size - _TAIL_BYTES, 0))
    tail = file.read()
    position = tail.rfind(_END)
    if position < 0 or len(tail) - position < 22:
        raise FileError(path, f"it is cut short: {size:,} bytes are here, its directory would follow them", _AGAIN)
    disk, first_disk, here, count, length, offset = struct.unpack_from("<HHHHLL", tail, position + 4)
    end = size - len(tail) + position
    locator = tail[position - 20:position] if position >= 20 else b""
    if locator.startswith(_LOCATOR):
        disk, first_disk, here, count, length, offset, end = _directory64(
            path, file, end - 20, (disk, first_disk, here, count, length, offset))
    if disk or first_disk or here != count:
        raise FileError(path, "it is one part of a split zip archive", "put it together again as one file")
    if count > MOST_ENTRIES:
        raise FileError(path, f"it has {count:,} members; the limit is {MOST_ENTRIES:,}")
    if length > LARGEST_DIRECTORY_BYTES:
        raise FileError(path, f"its directory has {length:,} bytes; the limit is {LARGEST_DIRECTORY_BYTES:,}")
    if offset + length > end:
        missing = offset + length - end
        raise FileError(path, f"it is cut short: {size:,} bytes are here, {missing:,} are missing", _AGAIN)
    if offset + length < end:
        raise FileError(path, f"{end - offset - length:,} bytes in it are no part of the archive", _AGAIN)
    file.seek(offset)
    if _entries(path, file.read(length)) != count:
        raise zipfile.BadZipFile("its directory holds another number of members than it says")
    return count, offset


def _directory64(path: Path, file: IO[bytes], at: int, narrow: tuple[int, ...]) -> tuple[int, ...]:
    """The end record of a zip64 archive, right before its locator. It may only widen what the old record says."""
    start = at - 56
    file.seek(max(start, 0))
    record = file.read(56)
    if start < 0 or not record.startswith(_END64):
        raise zipfile.BadZipFile("its zip64 end record is missing")
    wide = struct.unpack_from("<LLQQQQ", record, 16)
    for old, new, full in zip(narrow, wide, (0xFFFF,) * 4 + (0xFFFFFFFF,) * 2, strict=True):
        if old not in (new, full):
            raise zipfile.BadZipFile("its two end records differ")
    return *wide, start


def _entries(path: Path, directory: bytes) -> int:
    """How many entries the bytes of a directory are; counts no further than the limit."""
    position = count = 0
    lengths = struct.Struct("<HHH").unpack_from
    while position < len(directory):
        if directory[position:position + 4] != _ENTRY or len(directory) - position < 46:
            raise zipfile.BadZipFile("its directory is damaged")
        position += 46 + sum(lengths(directory, position + 28))
        count += 1
        if count > MOST_ENTRIES:
            raise FileError(path, f"it has more than {MOST_ENTRIES:,} members, which is the limit")
    if position > len(directory):
        raise zipfile.BadZipFile("its directory is damaged")
    return count


def _checked(path: Path, members: zipfile.ZipFile, directory_at: int, size: int) -> dict[str, int]:
    """Where each member ends at the latest, by name, in the order of their bytes."""
    infos = sorted(members.infolist(), key=lambda info: info.header_offset)
    ends: dict[str, int] = {}
    total = 0
    for info in infos:
        if info.filename != info.orig_filename:
            raise FileError(path, f"{_shown(info.orig_filename)} is no name of a member")
        if info.filename in ends:
            raise FileError(path, f"it holds two members named {_shown(info.filename)}; readers differ which they take")
        if info.flag_bits & _ENCRYPTED:
            raise FileError(path, "it is encrypted", "unpack it with its password, and pack it again without")
        if info.compress_type not in _METHODS:
            raise FileError(path, f"{_shown(info.filename)} in it is packed by method {info.compress_type}, not 0 or 8",
                            "pack it again as an ordinary zip archive")
        ends[info.filename] = directory_at
        total += info.file_size
    if total > MOST_UNPACKED_BYTES:
        raise FileError(path, f"it would unpack to {total:,} bytes; the limit is {MOST_UNPACKED_BYTES:,}")
    if is_bomb(total, size):
        raise FileError(path, f"it {_bomb(total, size)}")
    for info, following in pairwise(infos):
        ends[info.filename] = following.header_offset
    for info in infos:
        # every local header has 30 bytes and the name; what else it has is known when the member is read
        if info.header_offset + 30 + len(info.filename) + info.compress_size > ends[info.filename]:
            raise FileError(path, _overlap(info.filename))
    return ends


def _overlap(name: str) -> str:
    return f"{_shown(name)} in it overlaps the member after it; no honest program writes that"


def _bomb(unpacked: int, packed: int) -> str:
    return (f"is {packed:,} bytes that would unpack to {unpacked:,}, {unpacked // max(packed, 1):,} times as many; "
            f"the limit is {HIGHEST_RATIO}")


def _shown(name: str) -> str:
    """A member's name for a sentence: short, and without what a terminal would obey."""
    return repr(name if len(name) <= 60 else f"{name[:57]}...")


def _why(error: BaseException) -> str:
    text = str(error)
    if text.startswith("Bad CRC-32"):
        return "its bytes do not have its checksum"
    return text[:200] or type(error).__name__
