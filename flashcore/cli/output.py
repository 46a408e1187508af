"""What leaves the program: data on stdout, words on stderr, and neither can command a terminal.

Nothing else in the command line writes to these streams. Text of cards, decks, tags and files passes through
``visible`` here, once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from flashcore.cli.terminal import is_terminal
from flashcore.domain.visible import visible
from flashcore.errors import FlashcoreError

_COLUMN_GAP = 2
_NARROWEST_CUT = 12
"""A column is never cut to less than this many cells, however narrow the terminal."""

_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]")


class ReaderGone(Exception):
    """Whoever read our output has closed it, as ``head`` does. There is nobody left to tell."""


def put(text: str = "") -> None:
    """Write lines of data to stdout, made safe to show.

    Raises:
        ReaderGone: stdout was closed at the other end.
        FlashcoreError: stdout takes no more, as on a full disk.
    """
    write_line(sys.stdout, text)


def put_pages(text: str) -> None:
    """Write data to stdout; on a terminal that it does not fit, through the learner's ``PAGER`` where one is set.

    Raises:
        ReaderGone, FlashcoreError: as ``put``.
    """
    pager = os.environ.get("PAGER", "").strip()
    if not pager or not is_terminal(sys.stdout) or text.count("\n") < shutil.get_terminal_size().lines - 1:
        put(text)
        return
    import shlex
    import subprocess

    try:
        subprocess.run(shlex.split(pager), input=visible(text) + "\n", encoding="utf-8", errors="replace", check=False)
    except (OSError, ValueError):
        put(text)


def say(text: str) -> None:
    """Write a line of words to stderr, made safe to show.

    Raises:
        ReaderGone: stderr was closed at the other end.
    """
    write_line(sys.stderr, text)


def write_line(stream: TextIO, text: str) -> None:
    """Write lines to a stream, made safe to show, and hand them on at once.

    Raises:
        ReaderGone: the stream was closed at the other end.
    """
    _write(stream, visible(text) + "\n")


def put_json(value: Any) -> None:
    """Write a value to stdout as JSON.

    What a terminal could obey stands as an escape, which is the same text to whoever parses it. Letters outside
    ASCII stand as themselves where stdout can carry them.
    """
    is_unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")
    text = json.dumps(value, ensure_ascii=not is_unicode, indent=2)
    _write(sys.stdout, _UNSAFE_IN_JSON.sub(_escape, text) + "\n")


def flush() -> None:
    """Hand everything written so far to the streams' readers.

    Raises:
        ReaderGone: one of them has closed its end.
    """
    _write(sys.stdout, "")
    _write(sys.stderr, "")


def one_line(text: str) -> str:
    """Text for a cell of a table: made safe, every run of white space one blank."""
    return " ".join(visible(text, keep="\n\t").split())


def table(headers: Sequence[str], rows: Iterable[Sequence[str | int]], elastic: int | None = None) -> str:
    """Lines with aligned columns: numbers to the right, words to the left.

    On a terminal that is too narrow the column ``elastic`` is cut so that each row is one line; elsewhere nothing is
    ever cut, so that a pipe gets all of it.
    """
    cells = [[one_line(str(value)) for value in row] for row in rows]
    is_number = [bool(cells) and all(row[place].isdigit() or row[place] in ("", "-") for row in cells)
                 for place in range(len(headers))]
    every = [list(headers), *cells]
    widths = [max(width(row[place]) for row in every) for place in range(len(headers))]
    if elastic is not None and is_terminal(sys.stdout):
        spare = shutil.get_terminal_size().columns - sum(widths) - _COLUMN_GAP * (len(widths) - 1)
        if spare < 0:
            widths[elastic] = max(widths[elastic] + spare, min(widths[elastic], _NARROWEST_CUT))
            for row in every:
                row[elastic] = cut(row[elastic], widths[elastic])
    gap = " " * _COLUMN_GAP
    return "\n".join(gap.join(_aligned(*cell) for cell in zip(row, widths, is_number, strict=True)).rstrip()
                     for row in every)


def width(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, cells: int) -> str:
    """The text, or its beginning and an ellipsis where it takes more than ``cells`` cells."""
    if width(text) <= cells:
        return text
    kept = text[:cells - 1]
    while width(kept) > cells - 1:
        kept = kept[:-1]
    return kept.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def counted(count: int, noun: str) -> str:
    """A number with its noun: ``1 card``, ``28,417 cards``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _aligned(text: str, cells: int, to_right: bool) -> str:
    blanks = " " * (cells - width(text))
    return blanks + text if to_right else text + blanks


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # it was closed before the program began
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        _drain(stream)
        raise ReaderGone from None
    except OSError as error:
        _drain(stream)
        raise FlashcoreError(f"the output could not be written: {error.strerror or error}") from error


def _drain(stream: TextIO) -> None:
    """Let what is still in the buffer go nowhere; it would raise again when the interpreter closes the stream."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
