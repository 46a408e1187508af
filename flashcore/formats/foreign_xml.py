"""Flat XML that nobody vouches for: a root, records in it, named texts in each. Bytes -> records, in a stream.

No document type is taken, so there are no entities but XML's own five: nothing is expanded, nothing is fetched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from flashcore.errors import FileError

LARGEST_XML_BYTES = 64 * 1024 * 1024
LARGEST_TEXT_BYTES = 1024 * 1024
MOST_TEXT_BYTES = 96 * 1024 * 1024
"""The memory that all texts together may take; one character beyond Latin-1 makes a text two to four times as large."""
LARGEST_TAG_BYTES = 1024 * 1024
MOST_RECORDS = 200_000
MOST_ELEMENTS = 3_000_000
MOST_TEXTS = 100
DEEPEST = 16
_CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Record:
    """An element below the root: its name, attributes, 1-based line, and the texts of its children by name.

    ``root`` are the attributes of the root. A text longer than a field may be is kept so long that it still is.
    """

    name: str
    attributes: dict[str, str]
    line: int
    root: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """What a handler raises to end the parser."""


def read_records(chunks: Iterable[bytes], path: Path | str, roots: tuple[str, ...],
                 encoding: str | None = None) -> Iterator[Record]:
    """The records of an XML document, each as soon as it is complete. ``roots`` are the names its root may have.

    Raises:
        FileError: no XML, another root, a document type, or more of something than the limits of this module.
    """
    try:
        handler = _Handler(roots, encoding)
        for chunk in chunks:
            for start in range(0, len(chunk), _CHUNK_BYTES):
                handler.feed(chunk[start:start + _CHUNK_BYTES])
                yield from handler.taken()
        handler.parser.Parse(b"", True)
        yield from handler.taken()
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise FileError(path, f"line {error.lineno} column {error.offset + 1} is no XML: {what}",
                        "export it again, or mend that line") from error
    except _Refused as error:
        raise FileError(path, str(error)) from None
    except (LookupError, ValueError) as error:  # an encoding that expat or Python does not know
        raise FileError(path, f"it is in an encoding that cannot be read ({error})", "save it as UTF-8") from error


class _Handler:
    def __init__(self, roots: tuple[str, ...], encoding: str | None) -> None:
        self.roots = roots
        self.depth = self.elements = self.records = self.fed = self.text_bytes = 0
        self.root: dict[str, str] = {}
        self.done: list[Record] = []
        self.record: Record | None = None
        self.pieces: list[str] = []
        self.piece_chars = 0
        self.parser = parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters

    def feed(self, chunk: bytes) -> None:
        self.fed += len(chunk)
        if self.fed > LARGEST_XML_BYTES:
            raise _Refused(f"its XML is larger than {LARGEST_XML_BYTES >> 20} MiB")
        self.parser.Parse(chunk, False)
        if self.fed - self.parser.CurrentByteIndex > LARGEST_TAG_BYTES + _CHUNK_BYTES:
            raise _Refused(f"line {self.parser.CurrentLineNumber}: a tag is larger than {LARGEST_TAG_BYTES >> 20} MiB")

    def taken(self) -> list[Record]:
        done, self.done = self.done, []
        return done

    def refuse_doctype(self, *_: object) -> None:
        raise _Refused(f"line {self.parser.CurrentLineNumber}: it declares a document type, and with it entities, "
                       "which no file of this kind has")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS:
            raise _Refused(f"line {self.parser.CurrentLineNumber}: its elements are nested more than {DEEPEST} deep"
                           if self.depth > DEEPEST else f"it has more than {MOST_ELEMENTS:,} elements")
        if self.depth == 1 and name not in self.roots:
            raise _Refused(f"it is XML, but its root is <{name[:40]}> and not <{'> or <'.join(self.roots)}>")
        if self.depth == 1:
            self.root = attributes
        elif self.depth == 2:
            self.records += 1
            if self.records > MOST_RECORDS:
                raise _Refused(f"it has more than {MOST_RECORDS:,} entries")
            self.record = Record(name, attributes, self.parser.CurrentLineNumber, self.root)
        elif self.depth == 3:
            self.pieces.clear()
            self.piece_chars = 0

    def characters(self, text: str) -> None:
        if self.depth >= 3 and self.piece_chars <= LARGEST_TEXT_BYTES:
            self.pieces.append(text)
            self.piece_chars += len(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.record is None:
            return
        if self.depth == 1:
            self.done.append(self.record)
            self.record = None
        elif self.depth == 2:
            text = "".join(self.pieces)
            self.text_bytes += sys.getsizeof(text)
            if self.text_bytes > MOST_TEXT_BYTES:
                raise _Refused(f"its texts take more than {MOST_TEXT_BYTES >> 20} MiB")
            self.record.texts[name] = text
            if len(self.record.texts) > MOST_TEXTS:
                raise _Refused(f"line {self.parser.CurrentLineNumber}: an entry has more than {MOST_TEXTS} parts")
