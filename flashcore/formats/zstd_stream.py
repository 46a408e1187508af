"""Zstandard data that nobody vouches for, unpacked piece by piece and never further than allowed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from flashcore.formats.archive import HIGHEST_RATIO, SMALL_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGEST_WINDOW_LOG = 26
"""64 MiB of memory. Anki writes windows of 2 MiB; ``zstd -19`` of 8 MiB."""
MOST_FRAMES = 1_000
"""Anki writes one. Each costs a context, so a file of tiny frames would cost seconds."""

_CHUNK_BYTES = 256 << 10
_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: LARGEST_WINDOW_LOG}


def unpacked(chunks: Iterable[bytes], *, packed_bytes: int, most_bytes: int) -> Iterator[bytes]:
    """What zstd data unpacks to: one frame, several in a row, or nothing at all.

    ``packed_bytes`` is the size of the data: more than 200 times as much is not unpacked, beyond 1 MiB.

    Raises:
        ValueError: not zstd, damaged, cut short, or more than ``most_bytes``; the text is the end of a sentence.
    """
    ratio_bytes = max(SMALL_BYTES, HIGHEST_RATIO * packed_bytes)
    allowed = min(most_bytes, ratio_bytes)
    count, frames = 0, 0
    unpacker: zstd.ZstdDecompressor | None = None
    for chunk in chunks:
        rest = chunk
        while rest or (unpacker is not None and not unpacker.needs_input):
            if unpacker is None:
                frames += 1
                if frames > MOST_FRAMES:
                    raise ValueError(f"has more than {MOST_FRAMES:,} zstd frames, which is the limit")
                unpacker = zstd.ZstdDecompressor(options=_OPTIONS)
            try:
                piece = unpacker.decompress(rest, min(_CHUNK_BYTES, allowed - count + 1))
            except zstd.ZstdError as error:
                raise ValueError(f"is damaged ({error})") from error
            rest = b""
            count += len(piece)
            if count > allowed:
                raise ValueError(_too_much(packed_bytes, most_bytes, ratio_bytes))
            if piece:
                yield piece
            if unpacker.eof:
                rest, unpacker = unpacker.unused_data, None
    if unpacker is not None:
        raise ValueError(f"is cut short after {count:,} unpacked bytes")


def _too_much(packed_bytes: int, most_bytes: int, ratio_bytes: int) -> str:
    if most_bytes <= ratio_bytes:
        return f"unpacks to more than {most_bytes:,} bytes, which is the limit"
    return f"unpacks to more than {HIGHEST_RATIO} times its {packed_bytes:,} bytes, which is the limit"
