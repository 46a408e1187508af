"""The JSON that other programs write: bytes -> values, with a sentence for what is no JSON or costs too much."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from flashcore.errors import FileError, UsageError

LARGEST_FILE_BYTES = 256 * 1024 * 1024
_MANY = 250_000
_BYTES_PER_CONTAINER = 16
"""A list or object costs Python up to 250 bytes whatever it holds. A note has three of them in more than 100 bytes, so
a file of very many very small ones is no deck."""


def read_json(data: bytes, path: Path | None, encoding: str | None = None) -> object:
    """The value that a JSON file holds. Numbers are finite where they are written as such; names are not checked.

    Raises:
        FileError: larger than 256 MiB, not text in its encoding, not JSON, or nested too deeply.
        UsageError: there is no such encoding.
    """
    name = path or "-"
    if len(data) > LARGEST_FILE_BYTES:
        raise FileError(name, f"it is larger than {LARGEST_FILE_BYTES >> 20} MiB", "export it in parts")
    count = data.count(b"{") + data.count(b"[")
    if count > _MANY and count * _BYTES_PER_CONTAINER > len(data):
        raise FileError(name, f"it holds {count:,} lists and objects in {len(data):,} bytes, which no deck does")
    text = _decoded(data, name, encoding)
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FileError(name, f"line {error.lineno} column {error.colno} is no JSON: {error.msg.lower()}",
                        "export it again" if text.strip() else "the file is empty") from error
    except RecursionError as error:
        raise FileError(name, "its lists and objects are nested too deeply to be a deck") from error
    except ValueError as error:  # a number of thousands of digits, or NaN
        raise FileError(name, f"it holds a number that is none: {error}", "export it again") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _decoded(data: bytes, name: Path | str, encoding: str | None) -> str:
    chosen = encoding or json.detect_encoding(data)
    try:
        return data.decode(chosen)
    except LookupError as error:
        raise UsageError(f"there is no text encoding {encoding!r}; try utf-8, latin-1, cp1252 or utf-16") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = error.start - data.rfind(b"\n", 0, error.start)
        raise FileError(name, f"line {line} byte {byte} is not "
                              f"{chosen.removesuffix('-sig').upper()}",
                        "try another --encoding" if encoding else "try --encoding latin-1") from error
    except UnicodeError as error:
        raise FileError(name, f"it is not {chosen.upper()}", "try another --encoding") from error


def objects(value: object) -> Iterator[Mapping[str, object]]:
    """The objects of a list; nothing where it is no list, and no other values of it."""
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                yield one


def taken_from(value: object) -> Iterator[object]:
    """The values of a list, which is emptied as they are read: what was made of them stands in memory, they do not."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            value[place] = None
            yield one


def word(value: object) -> str:
    """A text without the white space around it; empty where it is no text."""
    return value.strip() if isinstance(value, str) else ""
