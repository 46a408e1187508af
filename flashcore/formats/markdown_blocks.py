"""A plain-text deck as blocks: which lines belong to which card, and to which part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from flashcore.errors import Problem
from flashcore.formats.markdown_lines import Line, LineScanner, conflict_problem, is_conflict_mark
from flashcore.formats.markdown_tags import split_words, topic_slug

_MARKER = re.compile(r"(Q|A|C|T|D|V|Why|Source|Tags):(.*)", re.DOTALL)
_HASHCARDS_MARKER = re.compile(r"(Q|A|C):(.*)", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})(?:\s+(.*))?\Z", re.DOTALL)

AS_TEXT = "if the line is text, indent it or write \\{}:"
"""How every error about a marker ends: the cure where it was not meant as one."""


@dataclass(slots=True)
class Part:
    """The lines of one part of a card. ``starts_on_marker``: the first of them stood beside the marker."""

    number: int
    lines: list[Line] = field(default_factory=list)
    starts_on_marker: bool = False


@dataclass(slots=True)
class Section:
    """A heading: its level (1-6), its part of the topic, and the words of its ``Tags:`` lines."""

    level: int
    slug: str
    words: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """A card as it stands in the file. ``kind`` is the marker that opens it; ``parts`` are named by theirs.

    ``last_number`` is its last line that is not blank; 0 where a comment is still open there.
    """

    kind: str
    number: int
    sections: tuple[Section, ...]
    parts: dict[str, Part]
    current: str
    last_number: int = 0
    words: list[tuple[int, str]] = field(default_factory=list)
    guid: str = ""
    has_options: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the card has all that it needs."""
        return {"Q": "A" in self.parts, "T": "D" in self.parts, "V": self.has_options}.get(self.kind, True)

    @property
    def is_guarded(self) -> bool:
        """Whether letters at the start of a line are text here: in a vignette and its options, and in a ``Why:``."""
        return self.current in ("V", "Why")


ANSWER = {"Q": "A", "T": "D"}
"""The marker of the answer of each kind that has one."""


def read_blocks(
    lines: Sequence[str], first_number: int, is_hashcards: bool, problems: list[Problem], warnings: list[Problem]
) -> list[Block]:
    """The cards of the lines, in order. What is wrong with their outline is added to the problems.

    ``first_number`` is the number of the first line. In a file of hashcards only ``Q: A: C:`` and ``---`` are markers.
    """
    reader = _Reader(LineScanner(lines, first_number), is_hashcards, problems, warnings)
    reader.read()
    return reader.blocks


class _Reader:
    def __init__(self, scanner: LineScanner, is_hashcards: bool, problems: list[Problem],
                 warnings: list[Problem]) -> None:
        self.scanner, self.is_hashcards = scanner, is_hashcards
        self.problems, self.warnings = problems, warnings
        self.marker = _HASHCARDS_MARKER if is_hashcards else _MARKER
        self.escaped = re.compile(rf"\\+{self.marker.pattern}", re.DOTALL)
        self.blocks: list[Block] = []
        self.block: Block | None = None
        self.sections: tuple[Section, ...] = ()
        self.under_heading = False
        self.before = "start"
        self.lines_of_id: dict[str, int] = {}

    def read(self) -> None:
        for line in self.scanner:
            self.before = self._read_line(line)
            for number, word in line.ids:
                self._take_id(number, word)
                self.before = "id" if line.is_comment else self.before
            if self.block is not None and (line.text.strip() or line.is_comment):
                self.block.last_number = line.number if self.scanner.is_closed else 0
        self._end()
        self.problems += self.scanner.problems()

    def _read_line(self, line: Line) -> str:
        """Read one line; returns what it was, for the rules about the line before."""
        text = line.text
        if line.is_comment:
            return self.before if self.before != "text" else "comment"
        if line.is_literal or line.opens_fence:
            self._add(line)
            return "text"
        if not text.strip():
            self._add(line)
            return "blank"
        if is_conflict_mark(text):
            self.problems.append(conflict_problem(line.number))
            return "text"
        if text.rstrip() == "---":
            self._end()
            return "rule"
        if not self.is_hashcards and (heading := _HEADING.match(text)):
            self._end()
            self._open_section(len(heading[1]), heading[2] or "")
            return "heading"
        found = self.marker.match(text)
        what = self._read_marker(line, found[1], found[2]) if found else ""
        if not what:
            self._read_text(line)
            what = "comment" if line.ends_comment else "text"
        return what

    def _read_text(self, line: Line) -> None:
        if self.escaped.match(line.text):
            line = Line(line.number, line.text[1:])
        elif self.is_hashcards and _HEADING.match(line.text):
            line = Line(line.number, f" {line.text}")  # still a heading for Markdown, and text for our own format
        self._add(line)

    def _read_marker(self, line: Line, name: str, text: str) -> str:
        """Read a line that looks like a marker; empty if it is text."""
        block = self.block
        is_guarded = block is not None and block.is_guarded and not (
            self.before in ("blank", "id") and block.is_complete)
        if name == "Tags":
            return self._read_tags(line, text)
        if name in ("Why", "Source"):
            return self._read_remark(line, name, text)
        if name in "TV":
            if self.before == "text" or (is_guarded and name == "T"):
                if name == "V":
                    self.warnings.append(Problem(line.number, "V: is read as text here",
                                                 "a blank line before it opens a vignette; for text indent it"))
                return ""
        elif is_guarded:
            if name == "Q" and block is not None and block.current == "Why":
                self.warnings.append(Problem(line.number, "Q: is read as text of the Why: above",
                                             "a blank line before it opens a card; for text indent it"))
            return ""
        if name in "AD":
            return self._read_answer(line, name, text)
        self._end()
        self.block = Block(name, line.number, self.sections, {}, name)
        self.blocks.append(self.block)
        return self._open_part(line, name, text)

    def _read_answer(self, line: Line, name: str, text: str) -> str:
        block, asks = self.block, "Q" if name == "A" else "T"
        if block is not None and ANSWER.get(block.kind) == name and name not in block.parts:
            return self._open_part(line, name, text)
        cure = AS_TEXT.format(name) + " (an ABCDE mnemonic is written indented)"
        if block is not None and name in block.parts:
            what = f"a second {name}: in the card of line {block.number}"
        elif block is not None and block.is_complete and name == "D":
            what = f"D: in the finished card of line {block.number}"
            cure += "; T: needs a blank line before it to open a card"
        else:
            what = f"{name}: without {asks}:"
            cure = f"write {asks}: above it; {cure}"
        self.problems.append(Problem(line.number, what, cure))
        return ""

    def _read_remark(self, line: Line, name: str, text: str) -> str:
        if self.block is None:
            self.warnings.append(Problem(line.number, f"{name}: belongs to no card here and is left out",
                                         "write it under its card, before --- or a heading"))
            return ""
        if name in self.block.parts:
            self.problems.append(Problem(line.number, f"a second {name}: in the card of line {self.block.number}",
                                         f"join the two; {AS_TEXT.format(name)}"))
            return ""
        return self._open_part(line, name, text)

    def _read_tags(self, line: Line, text: str) -> str:
        words = [(line.number, word) for word in split_words(text)]
        if self.block is not None:
            self.block.words += words
            return "text"
        if self.under_heading:
            self.sections[-1].words.extend(words)
            return "heading"
        self.warnings.append(Problem(line.number, "Tags: belongs to no card and no heading here and is left out",
                                     "write it under a card or right under a heading, or tags: in the front matter"))
        return ""

    def _open_part(self, line: Line, name: str, text: str) -> str:
        assert self.block is not None
        part = Part(line.number)
        self.block.parts[name], self.block.current = part, name
        self.under_heading = False
        if text.strip():
            part.starts_on_marker = True
            opens = self.scanner.open_fence(text.lstrip(), line.number)
            part.lines.append(Line(line.number, text.lstrip(), opens_fence=opens))
        return "comment" if line.ends_comment else "text"

    def _add(self, line: Line) -> None:
        block = self.block
        if block is None:
            self.under_heading = self.under_heading and not line.text.strip()
            return
        block.parts[block.current].lines.append(line)
        if block.current == "V" and not block.has_options and not line.is_literal:
            block.has_options = is_option(line.text)

    def _open_section(self, level: int, heading: str) -> None:
        kept = [section for section in self.sections if section.level < level]
        self.sections = (*kept, Section(level, topic_slug(heading)))
        self.under_heading = True

    def _end(self) -> None:
        block, self.block = self.block, None
        self.under_heading = False
        if block is not None and block.kind in ANSWER and not block.is_complete:
            answer = ANSWER[block.kind]
            cure = f"write {answer}: under it; {AS_TEXT.format(block.kind)}"
            self.problems.append(Problem(block.number, f"{block.kind}: without {answer}:", cure))

    def _take_id(self, number: int, word: str) -> None:
        block = self.block
        if not word or len(word.split()) != 1:
            self.problems.append(Problem(number, f"an id is one word, this is {word[:40]!r}",
                                         "write <!-- id: one-word -->, or another word than id for a private comment"))
        elif block is None:
            self.problems.append(Problem(number, f"the id {word[:40]!r} belongs to no card",
                                         "an id comment stands at the end of its card, before --- or a heading"))
        elif block.guid:
            self.problems.append(Problem(number, f"the card of line {block.number} has two ids",
                                         "an id comment stands at the end of its card; keep one"))
        elif word in self.lines_of_id:
            self.problems.append(Problem(number, f"the id {word[:40]!r} is already that of the card of line "
                                                 f"{self.lines_of_id[word]}", "give each card an id of its own"))
        else:
            block.guid = word
            self.lines_of_id[word] = block.number


_OPTION = re.compile(
    r"(?P<indent>[ \t]*+)(?P<bullet>(?:(?:[-*+•–—]|[0-9]{1,9}[.)]|[A-Za-z][.)])[ \t]++){0,3}+)"
    r"\[[ \t]?(?P<mark>[xX]?)[ \t]?\](?P<text>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OptionLine:
    """A line that starts an option: how far it is indented, whether it is ticked, and its text."""

    indent: int
    is_right: bool
    text: str


def option_line(text: str) -> OptionLine | None:
    """The option that a line starts: a box, mostly with a bullet or number before it; None where it starts none."""
    found = _OPTION.match(text)
    if found is None:
        return None
    rest = found["text"]
    if rest and rest[0] not in " \t" and (not found["bullet"] or rest[0] in "([:"):
        return None
    return OptionLine(width_of(found["indent"]), bool(found["mark"]), rest.strip())


def is_option(text: str) -> bool:
    """Whether a line starts an option."""
    return "[" in text and option_line(text) is not None


def width_of(indent: str) -> int:
    """The columns that white space takes, a tab as four."""
    return len(indent) + 3 * indent.count("\t")
