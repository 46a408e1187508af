"""The notes that rows make: each once, and whatever is not taken is said with its line."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote, OnMatch, Skipped
from flashcore.domain.deck import SEPARATOR, clean_deck_name
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE
from flashcore.errors import Problem
from flashcore.formats.foreign_notes import DEEPEST_DECK, LONGEST_TAG, MOST_TAGS, first_words
from flashcore.formats.media_beside import media_of

_LONGEST_CELL_KEPT = 200  # characters of a cell of tags that is split once for all rows
MOST_MADE_TYPES = 1000
"""Note types that one file may make known."""
MOST_LINES = 200
"""As many lines of one kind of fault are named; the others are counted."""

_TAG = re.compile(
    r"</?(?:a|b|i|u|s|p|br|hr|em|strong|small|big|del|ins|sub|sup|div|span|font|img|ul|ol|li|dl|dt|dd|table|thead|tbody|"
    r"tr|td|th|h[1-6]|code|pre|tt|center|blockquote|ruby|rt|rb)(?:\s[^<>\n]*|/)?>"
    r"|&(?:nbsp|amp|lt|gt|quot|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_SPECIAL = re.compile("[&<>\"'\n]")
_DELETION = re.compile(r"\{\{c\d+(?:,\d+)*::")


class TableNotes:
    """Collects the notes of a file in order, and what is said of its lines."""

    def __init__(self, warnings: Iterable[Problem] = ()) -> None:
        self.notes: list[BundledNote] = []
        self.skipped: list[Skipped] = []
        self.warnings = list(warnings)
        self._lines: dict[str, list[Problem]] = {}
        self._counts: dict[str, int] = {}
        self._places: dict[int, int] = {}
        self._guids: dict[str, int] = {}
        self._tags: dict[str, tuple[str, ...]] = {}

    def add(self, one: BundledNote) -> None:
        """A note, unless an earlier line holds it: then that one gets its tags."""
        note = one.note
        if note.guid:
            place = self._guids.setdefault(note.guid, len(self.notes))
        else:
            place = self._places.setdefault(hash((note.note_type.name, note.fields, one.deck)), len(self.notes))
        if place == len(self.notes):
            self.notes.append(one)
            return
        first = self.notes[place]
        if _is_twin(first, one):
            tags = tuple(dict.fromkeys((*first.note.tags, *note.tags)))
            if tags != first.note.tags or one.absent != first.absent:
                self.notes[place] = replace(first, note=replace(first.note, tags=tags),
                                            absent=first.absent & one.absent)
            self.skip(note.fields, f"line {one.line} holds the same note as line {first.line}")
        elif note.guid:
            self.skip(note.fields, f"line {one.line} has the id {note.guid[:40]!r} of line {first.line}")
        else:  # two texts of one hash
            self.notes.append(one)

    def tags(self, cell: str, line: int) -> tuple[str, ...]:
        """The tags of a cell: white space parts them; each once, whatever its case. Too many and too long ones go."""
        found = self._tags.get(cell)
        if found is not None:
            return found
        found = _tags(cell)
        kept = tuple(tag for tag in found if len(tag) <= LONGEST_TAG)[:MOST_TAGS]
        if len(kept) < len(found):
            self.say("have too many or too long tags", line,
                     f"{len(found) - len(kept)} of {len(found)} tags are left out",
                     f"a note has up to {MOST_TAGS} tags, of up to {LONGEST_TAG} characters")
        elif len(cell) <= _LONGEST_CELL_KEPT:
            self._tags[cell] = kept
        return kept

    def skip(self, cells: Sequence[str], reason: str) -> None:
        """A row that makes no note."""
        self.skipped.append(Skipped(first_words(cells), reason))

    def say(self, kind: str, line: int, what: str, hint: str = "") -> None:
        """A fault of one line. ``kind`` is what many lines have, for the sentence about those that are not named."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        named = self._lines.setdefault(kind, [])
        if len(named) < MOST_LINES:
            named.append(Problem(line, what, hint))

    def warn(self, what: str, hint: str = "", line: int = 0) -> None:
        """A sentence about the file."""
        self.warnings.append(Problem(line, what, hint))

    def bundle(self, path: Path | None, *, on_match: OnMatch = OnMatch.UPDATE, match_in_deck: bool = False) -> Bundle:
        """Everything together, with the media that stand beside the file."""
        media, missing = media_of((one.note for one in self.notes), path)
        said = [problem for named in self._lines.values() for problem in named]
        more = [Problem(0, f"{count - MOST_LINES} more lines {kind}")
                for kind, count in self._counts.items() if count > MOST_LINES]
        return Bundle(tuple(self.notes), media, (*self.warnings, *said, *more, *missing), tuple(self.skipped),
                      on_match=on_match, match_in_deck=match_in_deck)


def _is_twin(one: BundledNote, other: BundledNote) -> bool:
    return replace(one.note, tags=()) == replace(other.note, tags=()) and one.deck == other.deck


def deck_of(name: str) -> str:
    """A deck by its name in a table; what lies deeper than 20 levels is joined to the 20th."""
    levels = clean_deck_name(" ".join(name.split())).split(SEPARATOR)
    if len(levels) > DEEPEST_DECK:
        levels[DEEPEST_DECK - 1:] = [" ".join(levels[DEEPEST_DECK - 1:])]
    return SEPARATOR.join(levels)


def plain_to_html(text: str) -> str:
    """Plain text as Anki puts it into a field: escaped, its line breaks as ``<br>``."""
    return html.escape(text).replace("\n", "<br>") if _SPECIAL.search(text) else text


def html_sign(text: str) -> re.Match[str] | None:
    """The first tag or entity that shows a file to hold HTML. ``a < b and c > d`` is none."""
    return _TAG.search(text)


def has_deletion(text: str) -> bool:
    """Whether a text has a deletion in braces, which makes its note a cloze."""
    return "{{c" in text and _DELETION.search(text) is not None


class PlainReader:
    """Makes notes of the own types from questions and answers: plain text, or HTML where the file holds tags."""

    def __init__(self, text: str, notes: TableNotes) -> None:
        sign = html_sign(text)
        self.is_html = sign is not None
        if sign is not None:
            notes.warn(f"the texts are read as HTML, because {sign[0][:40]!r} stands here",
                       line=text.count("\n", 0, sign.start()) + 1)

    def field(self, text: str) -> str:
        """A text as a field of HTML."""
        text = text.strip()
        return text if self.is_html else plain_to_html(text)

    def note(self, question: str, answer: str, why: str = "", source: str = "", tags: tuple[str, ...] = (),
             guid: str = "") -> Note:
        """A cloze note where the question has deletions, else a question and its answer."""
        question, answer = self.field(question), self.field(answer)
        why, source = why and self.field(why), source and self.field(source)
        if has_deletion(question):
            return Note(guid, CLOZE, (question, "<br>".join(filter(None, (answer, why))), source), tags, Markup.HTML)
        return Note(guid, BASIC, (question, answer, why, source), tags, Markup.HTML)


def left_out(note: Note, names: Iterable[str] = ("Why", "Source", "Tags")) -> frozenset[str]:
    """Which of these fields a note of an own type leaves out, so that an update lets them be."""
    fields = note.note_type.fields
    return frozenset(name for name in names if name == "Tags" or (name in fields and not note.field(name)))


def _tags(cell: str) -> tuple[str, ...]:
    tags: dict[str, str] = {}
    for tag in cell.split():
        if tag.replace("::", ""):
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())
