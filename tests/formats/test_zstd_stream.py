from __future__ import annotations

from collections.abc import Iterable

import hostile
import pytest
from backports import zstd
from hostile import GIB, MIB
from hypothesis import given
from hypothesis import strategies as st

from flashcore.formats.zstd_stream import unpacked


def unpack(data: bytes | Iterable[bytes], packed_bytes: int | None = None, most_bytes: int = 8 * MIB) -> bytes:
    chunks = [data] if isinstance(data, bytes) else list(data)
    size = sum(map(len, chunks)) if packed_bytes is None else packed_bytes
    return b"".join(unpacked(chunks, packed_bytes=size, most_bytes=most_bytes))


def refusal(data: bytes, most_bytes: int = 8 * MIB) -> str:
    with pytest.raises(ValueError) as refused:
        unpack(data, most_bytes=most_bytes)
    return str(refused.value)


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 40))
def test_frames_in_a_row_are_unpacked_however_they_are_cut(texts: list[bytes], step: int) -> None:
    data = b"".join(map(zstd.compress, texts))
    assert unpack(data[at:at + step] for at in range(0, len(data), step)) == b"".join(texts)


def test_more_than_one_piece_comes_out_whole() -> None:
    text = b"".join(str(number).encode() for number in range(200_000))
    assert unpack(zstd.compress(text)) == text


def test_a_frame_of_something_else_is_passed_over() -> None:
    skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    assert unpack(skippable + zstd.compress(b"heart") + skippable) == b"heart"


def test_e10_a_bomb_is_unpacked_no_further_than_200_times_its_size() -> None:
    bomb = hostile.zstd_zeros(4 * GIB)
    assert len(bomb) == 131_078
    came = 0
    with pytest.raises(ValueError, match="unpacks to more than 200 times its 131,078 bytes, which is the limit"):
        for piece in unpacked([bomb], packed_bytes=len(bomb), most_bytes=4 * GIB):
            came += len(piece)
    assert 25 * MIB - 1 < came + (256 << 10) <= 200 * len(bomb) + (256 << 10)


def test_e10_no_more_comes_out_than_is_allowed() -> None:
    assert unpack(zstd.compress(bytes(1_000)), most_bytes=1_000) == bytes(1_000)
    assert refusal(zstd.compress(bytes(1_001)), most_bytes=1_000) == (
        "unpacks to more than 1,000 bytes, which is the limit")


def test_e10_a_frame_that_wants_much_memory_is_refused() -> None:
    frame = zstd.compress(b"x" * MIB, options={zstd.CompressionParameter.window_log: 27,
                                                zstd.CompressionParameter.content_size_flag: 0})
    large = frame[:5] + bytes([(27 - 10) << 3]) + frame[6:]  # a window of 128 MiB, as the exponent of its descriptor
    assert refusal(large) == (
        "is damaged (Unable to decompress Zstandard data: Frame requires too much memory for decoding)")


def test_e10_a_thousand_frames_are_taken_and_one_more_is_not() -> None:
    assert unpack(zstd.compress(b"x") * 1_000) == b"x" * 1_000
    assert refusal(zstd.compress(b"x") * 1_001) == "has more than 1,000 zstd frames, which is the limit"


def test_what_is_cut_short_or_no_zstd_says_so() -> None:
    whole = zstd.compress(b"heart" * 1_000)
    assert refusal(whole[:-3]).startswith("is cut short after ")
    assert refusal(b"no zstd").startswith("is damaged (Unable to decompress")
    assert refusal(whole + b"PK").startswith("is ")
    assert unpack(b"") == b""
