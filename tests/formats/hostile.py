"""Archives and packages that no honest program writes, and honest ones to spoil."""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backports import zstd

GIB = 1 << 30
MIB = 1 << 20


@cache
def a_database() -> bytes:
    """The bytes of a small SQLite database."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE col (id INTEGER PRIMARY KEY)")
    connection.commit()
    data: bytes = connection.serialize()
    connection.close()
    return data


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def meta(version: int) -> bytes:
    return field(1, version)


def media_list(names: Iterable[bytes | str], size: int = 0) -> bytes:
    """The media list of a package of the newest form, not compressed."""
    return b"".join(field(1, field(1, name if isinstance(name, bytes) else name.encode()) + field(2, size))
                    for name in names)


def json_list(count: int) -> bytes:
    """The media list of an older package: each file has its number for a name."""
    return json.dumps({str(number): str(number) for number in range(count)}).encode()


def members(version: int = 3, media: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The members of an honest package, by name: a collection, its decoy, meta, the media list and the media."""
    media = media or {}
    if version == 3:
        return {"meta": meta(3), "collection.anki21b": zstd.compress(a_database()), "collection.anki2": b"a decoy",
                "media": zstd.compress(media_list(media)),
                **{str(number): zstd.compress(data) for number, data in enumerate(media.values())}}
    collection = {"collection.anki2": a_database()} if version == 1 else {
        "collection.anki21": a_database(), "collection.anki2": b"a decoy"}
    return {"meta": meta(version), **collection,
            "media": json.dumps({str(number): name for number, name in enumerate(media)}).encode(),
            **{str(number): data for number, data in enumerate(media.values())}}


def a_zip(path: Path, held: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An honest archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return path


@dataclass
class Entry:
    """One entry as it is written, true or not. ``packed`` are the bytes in the archive; None: those of ``at``."""

    name: str | bytes
    packed: bytes | None = b""
    method: int = 0
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    flags: int = 0
    at: int = 0  # offset of the local header, where ``packed`` is None
    mode: int = 0

    def encoded(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    def fields(self) -> bytes:
        packed = self.packed or b""
        size = len(packed) if self.size is None else self.size
        return struct.pack("<HHHHHLLLHH", 20, self.flags, self.method, 0, 0x21,
                           zlib.crc32(packed) if self.crc is None else self.crc,
                           len(packed) if self.packed_size is None else self.packed_size, size,
                           len(self.encoded()), 0)


def a_raw_zip(path: Path, entries: Iterable[Entry], *, prefix: bytes = b"", disk: int = 0,
              comment: bytes = b"") -> Path:
    """An archive exactly as told: headers may lie, lie over each other, or point anywhere."""
    body, directory, count = bytearray(prefix), bytearray(), 0
    for entry in entries:
        offset = entry.at if entry.packed is None else len(body)
        if entry.packed is not None:
            body += b"PK\x03\x04" + entry.fields() + entry.encoded() + entry.packed
        directory += (b"PK\x01\x02" + struct.pack("<H", 0x0314) + entry.fields()
                      + struct.pack("<HHHLL", 0, 0, 0, entry.mode << 16, offset) + entry.encoded())
        count += 1
    end = b""
    if count > 0xFFFF:
        where = len(body) + len(directory)
        end = (b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), len(body))
               + b"PK\x06\x07" + struct.pack("<LQL", 0, where, 1))
    shown = min(count, 0xFFFF)
    end += b"PK\x05\x06" + struct.pack("<HHHHLLH", disk, disk, shown, shown, len(directory), len(body), len(comment))
    path.write_bytes(bytes(body) + bytes(directory) + end + comment)
    return path


def deflated_zeros(size: int) -> bytes:
    """Deflate data of ``size`` zeros (whole MiB), about 1,000 times smaller; made in no time from one block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(bytes(MIB))
    packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size // MIB) + b"\x03\x00"


def in_the_limits(name: str, size: int) -> Entry:
    """A member of ``size`` bytes whose ratio is a little less than 200: what may cost the most and is not refused."""
    filler = random.Random(1).randbytes(size // 195)
    packer = zlib.compressobj(0, zlib.DEFLATED, -15)
    stored = packer.compress(filler) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = size // MIB * MIB - len(filler) // MIB * MIB - MIB
    crc = zlib.crc32(filler)
    for _ in range(zeros // MIB):
        crc = zlib.crc32(bytes(MIB), crc)
    return Entry(name, stored + deflated_zeros(zeros), method=8, size=len(filler) + zeros, crc=crc)


def a_bomb(name: str, size: int, *, says: int | None = None) -> Entry:
    """A member of ``size`` zeros; its checksum is only right if nobody gets that far. ``says`` is a false size."""
    return Entry(name, deflated_zeros(size), method=8, size=size if says is None else says)


def zstd_zeros(size: int) -> bytes:
    """A zstd frame of ``size`` zeros (a multiple of 128 KiB) without a stated size: 4 GiB take 131 KB."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0x00, (17 - 10) << 3])  # no flags; a window of 128 KiB
    count = size >> 17
    blocks = [struct.pack("<L", (1 << 17) << 3 | 1 << 1 | (number == count - 1))[:3] + b"\0" for number in range(count)]
    return header + b"".join(blocks)
