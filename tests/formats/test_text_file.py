"""The bytes of a text file: encodings told by a mark or by name, and clean text."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.errors import FileError, UsageError
from flashcore.formats.text_file import clean_text, composed, decode

FILE = Path("deck.md")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encodings_of_unicode_are_told_apart(encoding: str) -> None:
    assert decode("Q: naïve?\r\nA: ja\n".encode(encoding), FILE) == "Q: naïve?\r\nA: ja\n"


@pytest.mark.parametrize(("data", "where"), [
    (b"caf\xe9 au lait", "line 1 byte 4 is not UTF-8"),
    (b"a\r\nb\rc\n\xff", "line 4 byte 1 is not UTF-8"),
    (b"ok\n\xed\xa0\x80", "line 2 byte 1 is not UTF-8"),
])
def test_other_bytes_are_refused_with_line_byte_and_cure(data: bytes, where: str) -> None:
    with pytest.raises(FileError) as caught:
        decode(data, FILE)
    assert str(caught.value) == f"deck.md: {where}; nothing was changed; try --encoding latin-1"


def test_a_named_encoding_is_used_and_an_unknown_one_refused() -> None:
    assert decode(b"caf\xe9", FILE, "latin-1") == "café"
    with pytest.raises(FileError, match="line 1 byte 1 is not ASCII"):
        decode(b"\xe9", FILE, "ascii")
    for name in ("klingon", "zip", "hex"):
        with pytest.raises(UsageError, match=f"no text encoding '{name}'"):
            decode(b"x", FILE, name)


def test_a_file_of_more_than_64_mib_is_refused() -> None:
    with pytest.raises(FileError, match="larger than 64 MiB"):
        decode(b"x" * (64 * 2**20 + 1), FILE)


def test_half_surrogates_are_replaced_with_a_warning() -> None:
    text, warnings = clean_text("a\nb\ud800")
    assert (text, [warning.line for warning in warnings]) == ("a\nb\ufffd\ufffd\ufffd", [2])


@given(st.text(st.sampled_from("ae\u0301\u0316\u0344\u1100\u1161\u11a8 \n가"), max_size=80))
def test_composing_is_nfc_and_composing_again_changes_nothing(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    assert composed(composed(text)) == composed(text)


def test_a_heap_of_combining_characters_takes_no_time() -> None:
    heap = "e\u0301 a" + "\u0300\u0316" * 500_000 + " e\u0301"
    began = time.process_time()
    once = composed(heap)
    assert once == composed(once) == "\u00e9 a" + "\u0300\u0316" * 500_000 + " \u00e9"
    assert time.process_time() - began < 5
