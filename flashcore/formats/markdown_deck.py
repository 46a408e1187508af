"""The plain-text deck: Markdown that people write, and the decks of hashcards and repeater. Text -> bundle.

Any error refuses the file, with all its problems: nothing of a deck is taken by halves.

    lines -> markdown_lines (comments, fences) -> markdown_blocks (which lines are which card) -> notes, here
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.cloze import BracketProblem, Deletion, Fault, deletions_of, scan_brackets
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteType
from flashcore.domain.taxonomy import Depth, asks_mechanism
from flashcore.domain.vignette import options_to_field
from flashcore.errors import DeckFileError, Problem
from flashcore.formats.front_matter import FrontMatter, read_front_matter
from flashcore.formats.markdown_blocks import ANSWER, AS_TEXT, Block, Part, Section, read_blocks
from flashcore.formats.markdown_lines import Line
from flashcore.formats.markdown_media import MediaFinder, references, rename_media
from flashcore.formats.markdown_options import split_options
from flashcore.formats.markdown_tags import MOST_TAGS, card_tags, read_tags
from flashcore.formats.text_file import clean_text, decode

LARGEST_NOTE_BYTES = 1024 * 1024
MOST_DELETIONS = 500
"""As many as Anki has: c1 to c500."""
_MOST_BRACKET_PROBLEMS = 50
NOTE_TYPES = {"Q": BASIC, "T": REVERSED, "C": CLOZE, "V": VIGNETTE}
"""The note type that each opening marker makes."""


def read_markdown_deck(text: str, *, path: Path | None, default_deck: str, root: Path | None = None) -> Bundle:
    """The notes of a plain-text deck, in file order.

    ``path`` is the file, for its pictures (None: standard input); ``default_deck`` is used where the front matter
    names none; ``root`` is the folder that ``@/`` means in a picture's name (None: the file's own).

    Raises:
        DeckFileError: the text has problems; all of them are named.
    """
    cleaned, warnings = clean_text(text)
    lines = cleaned.split("\n")
    problems: list[Problem] = []
    head = read_front_matter(lines, problems, warnings)
    blocks = read_blocks(lines[head.length:], head.length + 1, head.is_hashcards, problems, warnings)
    reader = _NoteReader(head, MediaFinder(path, root), problems, warnings)
    deck = head.deck or clean_deck_name(default_deck)
    notes = [BundledNote(note, deck, block.number) for block in blocks if (note := reader.note(block)) is not None]
    if problems:
        raise DeckFileError(path or "-", sorted(problems, key=lambda problem: problem.line))
    return Bundle(tuple(notes), reader.media.found, tuple(sorted(warnings, key=lambda problem: problem.line)))


def add_id_comments(text: str, ids: Mapping[int, str]) -> str:
    """The text of a deck file with an id comment at the end of each card in ``ids`` (line of the card -> id).

    A card that has an id keeps it. Everything else stays as it is, line ends too.
    """
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    plain = clean_text(text)[0].split("\n")
    head = read_front_matter(plain, [], [])
    comments = {block.last_number: ids[block.number]
                for block in read_blocks(plain[head.length:], head.length + 1, head.is_hashcards, [], [])
                if not block.guid and block.number in ids}
    end = "\r\n" if "\r\n" in text else "\n" if "\n" in text or "\r" not in text else "\r"
    written: list[str] = []
    for number, line in enumerate(lines, 1):
        written.append(line)
        if number in comments:
            written.append(("" if line.endswith(("\n", "\r")) else end) + f"<!-- id: {comments[number]} -->{end}")
    return "".join(written)


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a part, and the line of the file that each of its lines is."""

    text: str
    numbers: Sequence[int]
    starts: Sequence[int]

    def number_at(self, offset: int) -> int:
        """The line of the file in which an offset of the text stands."""
        return self.numbers[bisect_right(self.starts, offset) - 1]


def _text_of(lines: Sequence[Line], number: int) -> _Text:
    """Lines as text, without blank lines around; a first line that has a line to itself keeps its indent."""
    filled = [place for place, line in enumerate(lines) if line.text.strip()]
    kept = lines[filled[0]:filled[-1] + 1] if filled else []
    texts = [line.text if line.text.strip() else "" for line in kept]
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text) + 1)
    return _Text("\n".join(texts).rstrip(), [line.number for line in kept] or [number], starts)


class _NoteReader:
    """Makes notes of blocks; adds what is wrong with them to the problems."""

    def __init__(self, head: FrontMatter, media: MediaFinder, problems: list[Problem], warnings: list[Problem]) -> None:
        self.head, self.media = head, media
        self.problems, self.warnings = problems, warnings
        self.file_tags = read_tags(head.words, problems)
        self.section_tags: dict[int, list[str]] = {}
        self.named: set[str] = set()

    def note(self, block: Block) -> Note | None:
        """The note of a card; None where its outline is broken or its text too long, which is then a problem."""
        size = sum(len(line.text) + 1 for part in block.parts.values() for line in part.lines)
        if size * 4 > LARGEST_NOTE_BYTES:
            size = sum(len(line.text.encode()) + 1 for part in block.parts.values() for line in part.lines)
        if size > LARGEST_NOTE_BYTES:
            self.problems.append(Problem(
                block.number, f"the text of this card is {size / 2**20:.1f} MiB long, at most 1 MiB is taken",
                "split it; was something pasted here, or a --- forgotten?"))
            return None
        fields = self._fields(block)
        tags = self._tags(block, fields[0])
        return Note(block.guid, NOTE_TYPES[block.kind], fields, tags) if block.is_complete else None

    def _fields(self, block: Block) -> tuple[str, ...]:
        parts = {name: _text_of(part.lines, part.number) for name, part in block.parts.items()}
        empty = _Text("", [block.number], [0])
        question, why, source = (parts.get(name, empty) for name in (block.kind, "Why", "Source"))
        texts = [*parts.values()]
        fields: tuple[str, ...]
        if block.kind == "V":
            fields = self._vignette(block, block.parts["V"])
        elif block.kind == "C":
            self._check_brackets(block, question)
            fields = (question.text,)
        else:
            answer = parts.get(ANSWER[block.kind], empty)
            fields = (question.text, answer.text)
            if not question.text or (block.is_complete and not answer.text):
                name = ANSWER[block.kind] if question.text else block.kind
                self.problems.append(Problem(block.number, f"{block.kind}: without {name}:" if question.text else
                                             f"{name}: without a text", f"write it after {name}:"))
        self._find_media(texts)
        note_type: NoteType = NOTE_TYPES[block.kind]
        remarks = {"Why": why.text, "Source": source.text or self.head.source,
                   "Order": "fixed" if self.head.is_fixed_order else ""}
        return (*fields, *(remarks[name] for name in note_type.fields[len(fields):]))

    def _vignette(self, block: Block, part: Part) -> tuple[str, str]:
        lines, options = split_options(part.lines, block.number, self.problems, self.warnings)
        stem = _text_of(lines, block.number).text
        if not stem and options:
            self.problems.append(Problem(block.number, "V: without a text", "write the case after V:"))
        return stem, options_to_field(options)

    def _check_brackets(self, block: Block, text: _Text) -> None:
        pieces, faults = scan_brackets(text.text)
        for fault in faults[:_MOST_BRACKET_PROBLEMS]:
            problem = _bracket_problem(fault, text.number_at(fault.offset))
            (self.warnings if fault.fault in (Fault.ION, Fault.BEYOND) else self.problems).append(problem)
        if len(faults) > _MOST_BRACKET_PROBLEMS:
            left = faults[_MOST_BRACKET_PROBLEMS:]
            is_error = any(fault.fault not in (Fault.ION, Fault.BEYOND) for fault in left)
            (self.problems if is_error else self.warnings).append(
                Problem(text.number_at(left[0].offset), f"and {len(left)} more of these in this card"))
        has_errors = any(fault.fault in (Fault.UNMATCHED, Fault.EMPTY) for fault in faults)
        if not any(isinstance(piece, Deletion) for piece in pieces) and not has_errors:
            self.problems.append(Problem(
                block.number, "C: without a deletion", "put what is to be hidden in [brackets] (those of code, "
                f"formulas, links, [ ] and [x] do not count); {AS_TEXT.format('C')}"))
        elif sum(1 for _ in deletions_of(pieces)) > MOST_DELETIONS:
            self.problems.append(Problem(block.number, f"more than {MOST_DELETIONS} deletions in one card", "split it"))

    def _tags(self, block: Block, question: str) -> tuple[str, ...]:
        levels = [self.file_tags, *(self._of_section(section) for section in block.sections),
                  read_tags(block.words, self.problems)]
        topic = [section.slug for section in block.sections if section.slug]
        tags = card_tags(levels, topic, default_depth(NOTE_TYPES[block.kind], question))
        if len(tags) > MOST_TAGS:
            self.problems.append(Problem(block.number, f"a card has at most {MOST_TAGS} tags, this has {len(tags)}",
                                         "keep the ones you look for"))
        return tags

    def _of_section(self, section: Section) -> list[str]:
        known = self.section_tags.get(id(section))
        if known is None:
            known = self.section_tags[id(section)] = read_tags(section.words, self.problems)
        return known

    def _find_media(self, texts: Sequence[_Text]) -> None:
        for text in texts:
            for one in references(text.text):
                what = "is no Markdown image because of its spaces" if one.is_broken else self.media.look_up(one.target)
                if not what or one.target in self.named:
                    continue
                self.named.add(one.target)
                cure = ("write it as ![..](<name with spaces.png>)" if one.is_broken else
                        "put it beside the deck file or below; the card is kept without it")
                number = text.number_at(one.start)
                self.warnings.append(Problem(number, f"the picture {one.target[:80]!r} {what}", cure))


def default_depth(note_type: NoteType, question: str) -> Depth:
    """The depth of a note that names none: application for a vignette, mechanism for a why or how, else recall."""
    if note_type == VIGNETTE:
        return Depth.APPLICATION
    return Depth.MECHANISM if note_type == BASIC and asks_mechanism(question) else Depth.RECALL


def _bracket_problem(fault: BracketProblem, number: int) -> Problem:
    found = fault.found if len(fault.found) <= 40 else fault.found[:40] + "..."
    match fault.fault:
        case Fault.UNMATCHED:
            cure = "close it with }}" if found.startswith("{") else f"for the bracket itself write \\{found}"
            return Problem(number, f"{found} without its partner", cure)
        case Fault.EMPTY:
            return Problem(number, f"the deletion {found} is empty", "write what is to be hidden in it")
        case Fault.ION:
            inner = found[1:-1]
            return Problem(number, f"{found} is asked as a deletion beside others",
                           f"if it is a concentration write \\[{inner}\\]")
    return Problem(number, f"{found} is read as text", "deletions are c1 to c500 and at most 8 deep")


__all__ = ["add_id_comments", "decode", "default_depth", "read_markdown_deck", "rename_media"]
