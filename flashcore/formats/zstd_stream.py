"""Zstandard data that nobody vouches for, unpacked piece by piece and never further than allowed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from flashcore.errors import FileError
from flashcore.formats.archive import HIGHEST_RATIO, SMALL_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGEST_WINDOW_LOG = 26
"""64 MiB of memory. Anki writes windows of 2 MiB; ``zstd -19`` of 8 MiB."""
MOST_FRAMES = 1_000
"""Anki writes one. Each costs a context, so a file of tiny frames would cost seconds."""
MAGIC = b"\x28\xb5\x2f\xfd"

_CHUNK_BYTES = 256 << 10
_AGAIN = "download it again, or export it again"


def unpacked(chunks: Iterable[bytes], *, path: Path, what: str, packed_bytes: int, most_bytes: int) -> Iterator[bytes]:
    """What zstd data unpacks to. ``path`` and ``what`` (a name in it) are for errors; nothing at all is legal.

    ``packed_bytes`` is the size of the data: more than 200 times as much is not unpacked, beyond 1 MiB.

    Raises:
        FileError: not zstd, damaged, cut short, or more than ``most_bytes``.
    """
    ratio_bytes = max(SMALL_BYTES, HIGHEST_RATIO * packed_bytes)
    allowed = min(most_bytes, ratio_bytes)
    count, frames = 0, 0
    unpacker: zstd.ZstdDecompressor | None = None
    try:
        for chunk in chunks:
            rest = chunk
            while rest or (unpacker is not None and not unpacker.needs_input and not unpacker.eof):
                if unpacker is None:
                    frames += 1
                    if frames > MOST_FRAMES:
                        raise FileError(path, f"{what} in it has more than {MOST_FRAMES:,} zstd frames")
                    unpacker = zstd.ZstdDecompressor(
                        options={zstd.DecompressionParameter.window_log_max: LARGEST_WINDOW_LOG})
                piece = unpacker.decompress(rest, min(_CHUNK_BYTES, allowed - count + 1))
                rest = b""
                count += len(piece)
                if count > allowed:
                    raise FileError(path, _too_much(what, packed_bytes, most_bytes, ratio_bytes))
                if piece:
                    yield piece
                if unpacker.eof:
                    rest, unpacker = unpacker.unused_data, None
    except (zstd.ZstdError, EOFError, ValueError) as error:
        raise FileError(path, f"{what} in it is damaged ({error})", _AGAIN) from error
    if unpacker is not None:
        raise FileError(path, f"{what} in it is cut short after {count:,} bytes", _AGAIN)


def _too_much(what: str, packed_bytes: int, most_bytes: int, ratio_bytes: int) -> str:
    if most_bytes <= ratio_bytes:
        return f"{what} in it unpacks to more than {most_bytes:,} bytes, which is the limit"
    return f"{what} in it unpacks to more than {HIGHEST_RATIO} times its {packed_bytes:,} bytes, which is the limit"
