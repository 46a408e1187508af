"""The bytes of a text file that people write, as text."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from flashcore.errors import FileError, Problem, UsageError

LARGEST_FILE_BYTES = 64 * 1024 * 1024

_MARKS = (  # the longer before the one that it begins with
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST_COMBINING_RUN = 30
"""Combining characters in a row that are composed; UAX #15 knows of no language with more (stream-safe text)."""


def decode(data: bytes, path: Path, encoding: str | None = None) -> str:
    """The text of a file: in its encoding, else as its byte order mark tells, else UTF-8. Line ends stay as they are.

    Raises:
        FileError: larger than 64 MiB, or not in that encoding; line and byte are named.
        UsageError: there is no such encoding.
    """
    if len(data) > LARGEST_FILE_BYTES:
        raise FileError(path, f"it is larger than {LARGEST_FILE_BYTES >> 20} MiB", "split it into several files")
    chosen = encoding or mark_of(data)
    try:
        return data.decode(chosen).removeprefix("\ufeff")
    except LookupError as error:
        raise UsageError(f"there is no text encoding {encoding!r}; try utf-8, latin-1, cp1252 or utf-16") from error
    except UnicodeError as error:
        raise FileError(path, *_where(data, error, chosen, encoding)) from error


def mark_of(data: bytes) -> str:
    """The encoding that the first bytes of a file tell: by a byte order mark, else UTF-16 by its zeros, else UTF-8."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    start = data[:1024]
    if len(data) % 2 == 0 and start.count(0) * 3 > len(start):
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    return "utf-8"


def _where(data: bytes, error: UnicodeError, chosen: str, asked: str | None) -> tuple[str, str]:
    name = {"utf-8-sig": "utf-8"}.get(chosen, chosen).upper()
    if not isinstance(error, UnicodeDecodeError):
        return f"it is not {name}", "try another --encoding"
    before = data[:error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    byte = error.start - max(data.rfind(b"\n", 0, error.start), data.rfind(b"\r", 0, error.start))
    hint = "try another --encoding" if asked else "try --encoding latin-1"
    return f"line {line} byte {byte} is not {name}", hint


def clean_text(text: str) -> tuple[str, list[Problem]]:
    """Text with ``\\n`` as its only line end, in NFC, without NUL and half surrogates, and warnings about these."""
    warnings: list[Problem] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if count := text.count("\0"):
        line = text.count("\n", 0, text.index("\0")) + 1
        warnings.append(Problem(line, f"{count} NUL character{'s' if count > 1 else ''} removed"))
        text = text.replace("\0", "")
    if text.isascii():
        return text, warnings
    try:
        text.encode()
    except UnicodeEncodeError as error:
        warnings.append(Problem(text.count("\n", 0, error.start) + 1, "characters that are no text were replaced",
                                "the file was read in the wrong encoding, or is damaged"))
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return composed(text), warnings


def composed(text: str) -> str:
    """The text in NFC, which is how one and the same word is always equal to itself. Linear time.

    A letter with more than 30 combining characters stays as it is: composing takes quadratic time in their number.
    """
    if text.isascii():
        return text
    parts: list[str] = []
    start = run = 0
    for position, char in enumerate(text):
        if char >= "\u0300" and unicodedata.combining(char):
            run += 1
            continue
        if run > _LONGEST_COMBINING_RUN:
            letter = max(position - run - 1, start)
            parts += [unicodedata.normalize("NFC", text[start:letter]), text[letter:position]]
            start = position
        run = 0
    if run > _LONGEST_COMBINING_RUN:
        letter = max(len(text) - run - 1, start)
        parts += [unicodedata.normalize("NFC", text[start:letter]), text[letter:]]
        start = len(text)
    return "".join(parts) + unicodedata.normalize("NFC", text[start:])
