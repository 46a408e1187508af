"""Notes as other programs write them: what is mended, what is skipped, and what is said about both."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from flashcore.domain.bundle import Skipped
from flashcore.domain.deck import SEPARATOR, clean_deck_name
from flashcore.errors import Problem
from flashcore.formats.text_file import clean_text

LARGEST_FIELD_BYTES = 1024 * 1024
MOST_FIELDS = 100
MOST_TAGS = 1000
DEEPEST_TAG = DEEPEST_DECK = 20
LONGEST_TAG = 500
LONGEST_GUID = 200
LONGEST_NAME_BYTES = 255
"""The longest file name that common file systems take."""
NAMED = 5
"""As many things of a kind are named in a warning; the others are counted."""

_MARKUP = re.compile(r"<[^<>]*>|&nbsp;|\s+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORDS = 60
_LONGEST_LEVEL = 500


class NoteReport:
    """What a reader says of a file besides its notes: skipped notes, and faults of one kind as one warning."""

    def __init__(self) -> None:
        self.skipped: list[Skipped] = []
        self.warnings: list[Problem] = []
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._named: dict[tuple[str, str, str], list[str]] = {}

    def skip(self, fields: Sequence[object], reason: str) -> None:
        self.skipped.append(Skipped(first_words(fields), reason))

    def warn(self, what: str, hint: str = "", line: int = 0) -> None:
        self.warnings.append(Problem(line, what, hint))

    def count(self, one: str, many: str, hint: str = "", name: str = "") -> None:
        """A fault that may occur often: ``one`` is its sentence, ``many`` that of several, after their number."""
        key = one, many, hint
        self._counts[key] += 1
        named = self._named.setdefault(key, [])
        if name and len(named) < NAMED:
            named.append(shortened(name))

    def problems(self) -> tuple[Problem, ...]:
        """All warnings, those that were counted last."""
        counted = []
        for key, count in self._counts.items():
            one, many, hint = key
            named = ", ".join(map(repr, self._named[key])) + (", ..." if count > len(self._named[key]) else "")
            said = one if count == 1 else f"{count} {many}"
            counted.append(Problem(0, f"{said}: {named}" if self._named[key] else said, hint))
        return (*self.warnings, *counted)


def shortened(text: str, length: int = _WORDS) -> str:
    """A text as a sentence shows it: not longer than ``length``."""
    return text if len(text) <= length else text[:length].rstrip() + "..."


def first_words(fields: Sequence[object]) -> str:
    """By what a note is named: the beginning of its first field that has a text, without markup."""
    for field in fields:
        if isinstance(field, str) and (words := _MARKUP.sub(" ", field[:400]).strip()):
            return shortened(" ".join(words.split()))
    return "(empty)"


def clean_fields(values: object) -> tuple[str, ...] | str:
    """The fields of a note in NFC, or the reason why they are none. Numbers become texts, ``null`` an empty one."""
    if not isinstance(values, list | tuple) or not values:
        return "it has no fields"
    if len(values) > MOST_FIELDS:
        return f"it has {len(values)} fields; {MOST_FIELDS} are the most"
    fields: list[str] = []
    for value in values:
        if isinstance(value, bool | int | float):
            value = str(value) if abs(value) < 10 ** 20 else ""
        if not isinstance(value, str | None):
            return "a field of it is no text"
        text = clean_text(value)[0] if value else ""
        if len(text) * 4 > LARGEST_FIELD_BYTES and len(text.encode()) > LARGEST_FIELD_BYTES:
            return f"a field of it is larger than {LARGEST_FIELD_BYTES >> 20} MiB"
        fields.append(text)
    return tuple(fields) if any(field.strip() for field in fields) else "all its fields are empty"


def clean_tags(values: object, report: NoteReport) -> tuple[str, ...]:
    """Tags in the order given, each once. White space parts tags, as in Anki."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list | tuple):
        return ()
    tags: dict[str, None] = {}
    for value in values:
        for tag in clean_text(value)[0].split() if isinstance(value, str) else ():
            tag = _CONTROLS.sub("", tag)
            if not tag.strip(":"):
                continue
            if len(tag) > LONGEST_TAG or tag.count(SEPARATOR) >= DEEPEST_TAG or len(tags) == MOST_TAGS:
                report.count("a tag was left out", "tags were left out", f"a note has up to {MOST_TAGS} tags, of up to "
                             f"{LONGEST_TAG} characters and {DEEPEST_TAG} levels", tag)
                continue
            tags[tag] = None
    return tuple(tags)


def clean_guid(value: object) -> str:
    """The id that a file gives a note; empty where it gives none that can be kept."""
    text = clean_text(value)[0].strip() if isinstance(value, str) else ""
    return text if len(text) <= LONGEST_GUID and not _CONTROLS.search(text) else ""


def deck_name(parts: Iterable[str], report: NoteReport) -> str:
    """The full name of a deck. What lies deeper than 20 levels is joined to the 20th."""
    name = clean_text(SEPARATOR.join(parts))[0]
    levels = clean_deck_name(_CONTROLS.sub(" ", name)).split(SEPARATOR)
    if len(levels) > DEEPEST_DECK:
        report.count("a deck was nested too deeply, and was joined to its parent", "decks were nested too deeply, and "
                     "were joined to their parents", f"a deck is up to {DEEPEST_DECK} levels deep", levels[-1])
    return SEPARATOR.join(level[:_LONGEST_LEVEL] for level in levels[:DEEPEST_DECK])


def is_file_name(name: str) -> bool:
    """Whether a name is that of a file in a folder: no path, nothing that a system or a terminal would obey."""
    return (name not in ("", ".", "..") and not set(name) & set("/\\:") and not _CONTROLS.search(name)
            and len(name.encode("utf-8", "replace")) <= LONGEST_NAME_BYTES)


def file_in(folder: Path, name: str) -> Path | None:
    """The file of a plain name in a folder, also where a file system spells it another way; None where there is none.

    A link that leads out of the folder is none.
    """
    try:
        home = folder.resolve()
        for spelling in dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))):
            file = (home / spelling).resolve()
            if file.is_file() and file.is_relative_to(home):
                return file
    except (OSError, ValueError, RuntimeError):
        return None  # no name that a file can have
    return None
