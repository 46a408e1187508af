"""The lines at the head of Anki's text files: ``#separator:tab``, ``#deck:Name``, ``#tags column:3`` ...

They are read as Anki 26.9 reads them, word for word: twelve keys in any case, any other ``#`` line is a comment; the
first line of another kind ends them. Found by giving files to Anki.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flashcore.domain.bundle import OnMatch
from flashcore.errors import DeckFileError, Problem
from flashcore.formats.table_rows import DELIMITER_NAMES, rows

_LEGACY_TAGS = "tags:"
_ENDS = "".join(DELIMITER_NAMES.values())
"""What a spreadsheet leaves after a value that it took for the first of several cells."""
_NUMBER = re.compile(r"\+?(\d{1,9})\Z", re.ASCII)
_COLUMNS = {"notetype column": "note type", "deck column": "deck", "tags column": "tags", "guid column": "guid"}
_ON_MATCH = {"update current": OnMatch.UPDATE, "keep current": OnMatch.KEEP, "keep both": OnMatch.ADD}
_IN_DECK = {"notetype": False, "notetype + deck": True}
KEYS = frozenset(("separator", "html", "tags", "columns", "notetype", "deck", *_COLUMNS, "match scope", "if matches"))
_MOST_WARNINGS = 100
_GUESSED_FROM = 8192
"""Bytes of the rows in which Anki looks for a separator that the head does not name."""


@dataclass(slots=True)
class AnkiHeader:
    """What the head says. ``columns`` are labels; ``places`` are the 1-based columns of ``guid``, ``note type`` ...

    ``length`` is the offset where the rows begin, ``lines`` how many lines come before them.
    """

    separator: str = ""
    is_html: bool | None = None
    tags: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    note_type: str = ""
    deck: str = ""
    places: dict[str, int] = field(default_factory=dict)
    on_match: OnMatch = OnMatch.UPDATE
    match_in_deck: bool = False
    length: int = 0
    lines: int = 0


def starts_with_header(text: str) -> bool:
    """Whether a text begins with a line that only Anki's files have."""
    if text.startswith(_LEGACY_TAGS):
        return True
    for line in text[:4096].split("\n"):
        if not line.startswith("#"):
            return False
        if line[1:].partition(":")[0].strip().lower() in KEYS and ":" in line:
            return True
    return False


def read_header(text: str, path: Path, warnings: list[Problem]) -> AnkiHeader:
    """The head of a text; values that Anki would ignore too are named in the warnings."""
    head = AnkiHeader()
    while head.length < len(text):
        end = text.find("\n", head.length)
        end = len(text) if end < 0 else end
        line = text[head.length:end]
        if line.startswith("#"):
            key, colon, value = line[1:].partition(":")
            key = key.strip().lower()
            if colon and key in KEYS and not _take(head, key, value, path) and len(warnings) < _MOST_WARNINGS:
                warnings.append(Problem(head.lines + 1, f"{line[:60]!r} is not understood and has no effect",
                                        _EXPECTED.get(key, "a column is a number from 1")))
        elif head.lines == 0 and line.startswith(_LEGACY_TAGS):
            head.tags = tuple(line.removeprefix(_LEGACY_TAGS).split())
        else:
            break
        head.length, head.lines = end + 1, head.lines + 1
    return head


_EXPECTED: Mapping[str, str] = {
    "separator": f"it is one of {', '.join(DELIMITER_NAMES)}, or the character itself",
    "html": "it is true or false",
    "if matches": f"it is one of: {', '.join(_ON_MATCH)}; without a space after the colon",
    "match scope": f"it is one of: {', '.join(_IN_DECK)}; without a space after the colon",
    "columns": "the labels stand as the cells of a row do",
}


def _take(head: AnkiHeader, key: str, value: str, path: Path) -> bool:
    """Takes over one line; False where Anki would not understand its value."""
    match key:
        case "separator":
            separator = _separator(value)
            head.separator = separator or head.separator
            return separator != ""
        case "html":
            is_html = {"true": True, "false": False}.get(value.rstrip(_ENDS).lower())
            head.is_html = head.is_html if is_html is None else is_html
            return is_html is not None
        case "tags":
            head.tags = tuple(value.split())
        case "columns":
            try:
                labels = next(rows(value, head.separator or "\t", path), None)
            except DeckFileError:
                return False
            head.columns = tuple(labels.cells) if labels is not None else ()
        case "notetype":
            head.note_type = value
            head.places.pop("note type", None)
        case "deck":
            head.deck = value
            head.places.pop("deck", None)
        case "if matches":
            head.on_match = _ON_MATCH.get(value, head.on_match)
            return value in _ON_MATCH
        case "match scope":
            head.match_in_deck = _IN_DECK.get(value, head.match_in_deck)
            return value in _IN_DECK
        case _:
            number = _NUMBER.match(value.rstrip(_ENDS).strip())
            if number is None or int(number[1]) == 0:
                return False
            head.places[_COLUMNS[key]] = int(number[1])
            if key == "notetype column":
                head.note_type = ""
            elif key == "deck column":
                head.deck = ""
    return True


def _separator(value: str) -> str:
    if value and not value.strip(_ENDS):
        return value[0]
    return DELIMITER_NAMES.get(value.rstrip(_ENDS).strip().lower(), "")


def guessed_separator(text: str) -> str:
    """The separator of rows whose head names none: the first of Anki's six that occurs near their start."""
    start = text[:_GUESSED_FROM].encode("utf-8", "replace")[:_GUESSED_FROM].decode(errors="ignore")
    return next((char for char in DELIMITER_NAMES.values() if char in start), " ")
