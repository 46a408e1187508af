"""The cards in a note of Obsidian, as its Spaced Repetition plugin finds them. Lines -> blocks.

Facts (the plugin's documentation, MIT): ``front::back`` and ``front:::back`` on one line; ``?`` or ``??`` alone on a
line between the two sides; ``==hidden==`` anywhere in a paragraph. A blank line ends a card, with an end marker only
that does. Separators inside backticks and fences do not count. The schedule is a comment behind the card or on the
next line, or in a callout ``[!sr|card-metadata]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from flashcore.domain.markdown_spans import closes_fence, code_spans
from flashcore.errors import Problem
from flashcore.formats.markdown_lines import conflict_problem, is_conflict_mark


class Kind(StrEnum):
    """How a card is written. The reversed ones have two siblings, a cloze one for each deletion."""

    INLINE = "inline"
    INLINE_REVERSED = "inline reversed"
    LINES = "lines"
    LINES_REVERSED = "lines reversed"
    CLOZE = "cloze"


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the plugin's settings say: the separators, the deck tags, what else hides text beside ``==``."""

    tags: tuple[str, ...] = ("flashcards",)
    inline: str = "::"
    inline_reversed: str = ":::"
    lines: str = "?"
    lines_reversed: str = "??"
    end_marker: str = ""
    highlights: bool = True
    bold: bool | None = None
    """None: not known, so it counts only in a paragraph that has a schedule."""
    curly: bool | None = None
    by_folder: bool = False


@dataclass(slots=True)
class Block:
    """A card as it stands in the file. ``decks`` are those of its tags; ``schedule`` the text after ``SR:``."""

    kind: Kind
    number: int
    front: str
    back: str = ""
    decks: tuple[str, ...] = ()
    schedule: str | None = None
    schedule_number: int = 0
    id: str = ""


MOST_LINES, MOST_CARDS = 500_000, 50_000
"""As many as one note may have; a note of Obsidian is a page, and reading takes time and memory for each."""
COMMENT = re.compile(r"<!--\s*SR:(?P<text>[^<>]*?)-->")
_CALLOUT = re.compile(r">\s*\[!sr\|card-metadata\]", re.IGNORECASE)
_BLOCK_ID = re.compile(r"[ \t]\^(?P<id>[A-Za-z0-9-]+)[ \t]*\Z")
_TAG = re.compile(r"(?<![^\s>])#(?P<tag>[\w/-]*[^\W\d][\w/-]*)")
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[.\]\s+)?(?=\S)")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
HIGHLIGHT = re.compile(r"==(?!=)(?P<text>[^\n=]++(?:=[^\n=]++)*)==(?!=)")
BOLD = re.compile(r"\*\*(?![*\s])(?P<text>[^\n*]++(?:\*[^\n*]++)*)\*\*")
CURLY = re.compile(r"\{\{(?P<text>[^\n{}]++)\}\}")


@dataclass(slots=True)
class _Reader:
    syntax: Syntax
    problems: list[Problem]
    blocks: list[Block] = field(default_factory=list)
    decks: tuple[str, ...] = ()
    kind: Kind | None = None
    paragraph: list[str] = field(default_factory=list)
    start: int = 0
    separator: int = -1
    """The place in the paragraph of the line that separates the sides."""
    schedule: tuple[int, str] | None = None
    follows_card: bool = False
    """Only blank lines stand between the last card and here."""


def read_blocks(lines: Sequence[str], first_number: int, syntax: Syntax, problems: list[Problem]) -> list[Block]:
    """The cards of the lines, in order; ``first_number`` is that of the first line."""
    reader = _Reader(syntax, problems)
    if len(lines) > MOST_LINES:
        problems.append(Problem(0, f"it has more than {MOST_LINES} lines", "split it into several notes"))
        return []
    place = 0
    while place < len(lines):
        if len(reader.blocks) > MOST_CARDS:
            problems.append(Problem(first_number + place, f"it has more than {MOST_CARDS} cards", "split it"))
            return []
        number, line = first_number + place, lines[place].rstrip()
        place += 1
        if is_conflict_mark(line):
            problems.append(conflict_problem(number))
        elif _CALLOUT.match(line):
            while place < len(lines) and lines[place].startswith(">"):
                _take_comment(reader, first_number + place, lines[place])
                place += 1
        elif line.startswith("<!--") and not COMMENT.match(line):
            while "-->" not in line and place < len(lines):
                line = lines[place]
                place += 1
        elif _is_end(reader, line):
            _end(reader)
        elif opening := _FENCE.match(line):
            _start(reader, number, line)
            while place < len(lines) and not closes_fence(lines[place], opening[1]):
                reader.paragraph.append(lines[place])
                place += 1
            if place == len(lines):
                problems.append(Problem(number, f"the fence {opening[1][:10]} that starts here is never closed",
                                        f"write {opening[1][:10]} alone on a line after it"))
            reader.paragraph += lines[place:place + 1]
            place += 1
        else:
            _read_line(reader, number, line)
    _end(reader)
    return reader.blocks


def _is_end(reader: _Reader, line: str) -> bool:
    marker = reader.syntax.end_marker
    is_blank = not line.strip()
    return (is_blank and (not marker or reader.kind is None)) or (bool(marker) and line.strip() == marker)


def _start(reader: _Reader, number: int, line: str) -> None:
    if not reader.paragraph:
        reader.start = number
    reader.paragraph.append(line)
    reader.follows_card = False


def _read_line(reader: _Reader, number: int, line: str) -> None:
    syntax, text = reader.syntax, _take_comment(reader, number, line)
    if text != line and not text.strip():
        return
    found = _inline(text, syntax)
    if found is not None:
        _end_unfinished(reader)
        kind, place, separator = found
        reader.kind, reader.start, reader.paragraph = kind, number, [text]
        bullet = _BULLET.match(text)
        front = text[bullet.end():place] if bullet and bullet.end() <= place else text[:place]
        _add(reader, front, text[place + len(separator):])
        return
    _start(reader, number, text)
    word = text.strip()
    if word in (syntax.lines, syntax.lines_reversed) and len(reader.paragraph) > 1 and reader.separator < 0:
        reader.kind = Kind.LINES if word == syntax.lines else Kind.LINES_REVERSED
        reader.separator = len(reader.paragraph) - 1
    elif reader.kind is None and _hides(text, syntax, reader.schedule is not None):
        reader.kind = Kind.CLOZE
    if reader.kind is None:
        tags = deck_tags(text, syntax)
        if tags and not _TAG.sub("", text).strip():
            reader.decks = tags
            reader.paragraph.clear()
        elif tags and not text.startswith("#"):
            reader.decks = tags


def _inline(text: str, syntax: Syntax) -> tuple[Kind, int, str] | None:
    """The separator of a card on one line, and where it stands: the longer one first, never in code."""
    separators = sorted(((syntax.inline_reversed, Kind.INLINE_REVERSED), (syntax.inline, Kind.INLINE)),
                        key=lambda one: -len(one[0]))
    spans: list[tuple[int, int]] | None = None
    for separator, kind in separators:
        place = text.find(separator) if separator else -1
        if place < 0:
            continue
        spans = code_spans(text) if spans is None else spans
        for start, end in spans:
            if start <= place < end:
                place = text.find(separator, end)
        if place >= 0:
            return kind, place, separator
    return None


def _hides(text: str, syntax: Syntax, has_schedule: bool) -> bool:
    return next(deletions(text, syntax, has_schedule), None) is not None


def deletions(text: str, syntax: Syntax, has_schedule: bool) -> Iterator[re.Match[str]]:
    """What a text hides, of the first form that hides anything in it: ``==``, else ``**``, else ``{{}}``."""
    forms = ((HIGHLIGHT, syntax.highlights), (BOLD, has_schedule if syntax.bold is None else syntax.bold),
             (CURLY, has_schedule if syntax.curly is None else syntax.curly))
    spans: list[tuple[int, int]] | None = None
    for form, counts in forms:
        is_found, place = False, 0
        for found in form.finditer(text) if counts else ():
            spans = code_spans(text) if spans is None else spans
            while place < len(spans) and spans[place][1] <= found.start():
                place += 1
            if place == len(spans) or found.start() < spans[place][0]:
                is_found = True
                yield found
        if is_found:
            return


def _take_comment(reader: _Reader, number: int, line: str) -> str:
    """The line without its schedule comment, which belongs to the card being read, else to the one before."""
    if "<!--" not in line:
        return line
    spans = code_spans(line)
    found = next((one for one in COMMENT.finditer(line)
                  if not any(start < one.start() < end for start, end in spans)), None)
    if found is None:
        return line
    rest = (line[:found.start()].rstrip() + line[found.end():]).rstrip()
    stands_alone = not rest.strip(" >")
    if stands_alone and reader.follows_card and reader.blocks[-1].schedule is None:
        last = reader.blocks[-1]
        last.schedule, last.schedule_number = found["text"], number
        return ""
    reader.schedule = number, found["text"]
    if reader.kind is None and reader.paragraph and _hides("\n".join(reader.paragraph), reader.syntax, True):
        reader.kind = Kind.CLOZE
    return "" if stands_alone else rest


def deck_tags(text: str, syntax: Syntax) -> tuple[str, ...]:
    """The deck tags of a line, without ``#``, in order."""
    if "#" not in text:
        return ()
    tags = (found["tag"].strip("/") for found in _TAG.finditer(text))
    return tuple(dict.fromkeys(tag for tag in tags if is_deck_tag(tag, syntax)))


def is_deck_tag(tag: str, syntax: Syntax) -> bool:
    """Whether a tag names a deck: one of the settings or below it."""
    lower = tag.lower()
    return any(lower == wanted or lower.startswith(wanted + "/") for wanted in syntax.tags)


def _end_unfinished(reader: _Reader) -> None:
    """A card on one line ends what stands above it, as in the plugin: that was no card of its own."""
    reader.kind, reader.separator = None, -1
    reader.paragraph.clear()


def _end(reader: _Reader) -> None:
    if reader.kind is not None:
        lines = reader.paragraph
        if reader.separator >= 0:
            _add(reader, "\n".join(lines[:reader.separator]), "\n".join(lines[reader.separator + 1:]))
        else:
            _add(reader, "\n".join(lines), "")
    elif reader.paragraph:
        reader.decks = deck_tags(reader.paragraph[0], reader.syntax) or reader.decks
    reader.kind, reader.separator, reader.schedule = None, -1, None
    reader.paragraph.clear()


def _add(reader: _Reader, front: str, back: str) -> None:
    assert reader.kind is not None
    own: tuple[str, ...] = ()
    while found := _TAG.match(front.lstrip()):
        tag = found["tag"].strip("/")
        if not is_deck_tag(tag, reader.syntax):
            break
        own += (tag,)
        front = front.lstrip()[found.end():].lstrip(" \t")
    front, front_id = _without_id(front.strip("\n"))
    back, back_id = _without_id(back.strip("\n"))
    number, text = reader.schedule or (0, None)
    reader.blocks.append(Block(reader.kind, reader.start, front.strip(), back.strip(), own or reader.decks, text,
                               number, back_id or front_id))
    reader.follows_card = True
    reader.kind, reader.separator, reader.schedule = None, -1, None
    reader.paragraph.clear()


def _without_id(text: str) -> tuple[str, str]:
    found = _BLOCK_ID.search(text)
    return (text[:found.start()], found["id"]) if found else (text, "")
