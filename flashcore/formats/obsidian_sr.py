"""Notes of Obsidian with cards of its Spaced Repetition plugin, and their schedules. Bytes -> bundle.

Any error refuses the file, with all its problems.

    lines -> obsidian_cards (which lines are which card) -> notes, here
    comments, store -> obsidian_schedule; settings of the plugin, pictures by name -> obsidian_vault
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned, Skipped
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.markdown_spans import FENCE_OPENING, closes_fence, literal_spans
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED
from flashcore.errors import DeckFileError, FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.cloze_markdown import LARGEST_PAGE_BYTES, Hidden, to_cloze_markdown
from flashcore.formats.markdown_deck import LARGEST_NOTE_BYTES, MOST_DELETIONS, default_depth
from flashcore.formats.markdown_media import references
from flashcore.formats.markdown_tags import card_tags, read_tags
from flashcore.formats.obsidian_cards import (
    COMMENT,
    Block,
    Kind,
    Syntax,
    deck_tags,
    deletions,
    is_deck_tag,
    read_blocks,
)
from flashcore.formats.obsidian_schedule import STORE_NAMES, NotASchedule, read_comment, read_store
from flashcore.formats.obsidian_vault import Vault
from flashcore.formats.text_file import clean_text, decode

_OUR_MARKER = re.compile(r"[QACTV]:")
_EMBED = re.compile(r"(?P<embed>!?)\[\[(?P<target>[^\[\]|\n]*+)(?:\|(?P<shown>[^\[\]\n]*+))?\]\]")
_MEDIA_SUFFIXES = frozenset((
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".svg", ".webp", ".avif", ".mp3", ".wav", ".m4a", ".ogg", ".flac", ".3gp",
    ".mp4", ".webm", ".ogv", ".mov", ".mkv"))
_HINT = re.compile(r"\^\[(?P<hint>[^\[\]\n]*+)\]")
_SEQUENCE = re.compile(r"\[\^(?P<sequence>\d{1,3}|[ahs]{1,500})\]")
_FRONT_TAG = re.compile(r"(?:tags?)\s*:\s*(?P<words>.*)\Z", re.IGNORECASE)


def looks_like_obsidian(text: str) -> bool:
    """Whether a Markdown text is a note with cards of Obsidian's plugin, and not a deck of our own.

    A line that starts with ``Q:``, ``A:``, ``C:``, ``T:`` or ``V:`` tells our own; else a tag ``#flashcards``, also in
    the front matter, or a schedule comment tells the plugin's.
    """
    lines = clean_text(text)[0].split("\n")
    syntax = Syntax()
    end = _front_matter_end(lines)
    is_obsidian = any(is_deck_tag(tag, syntax) for tag in _front_tags(lines[:end]))
    fence = ""
    for line in lines[end:]:
        if fence:
            fence = "" if closes_fence(line, fence) else fence
        elif opening := FENCE_OPENING.match(line):
            fence = opening[1]
        elif _OUR_MARKER.match(line):
            return False
        elif not is_obsidian and (COMMENT.search(line) or deck_tags(line, syntax)):
            is_obsidian = True
    return is_obsidian


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The cards of a note of Obsidian, with their schedules.

    Raises:
        FileError: larger than 4 MiB, or not a text in that encoding.
        DeckFileError: the note has problems; all of them are named.
    """
    if len(data) > LARGEST_PAGE_BYTES:
        raise FileError(options.path or "-", f"it is larger than {LARGEST_PAGE_BYTES >> 20} MiB", "split it")
    text, warnings = clean_text(decode(data, options.path or Path("-"), options.encoding))
    if options.path is not None and options.path.name in STORE_NAMES:
        return Bundle((), warnings=tuple(warnings))  # read beside the notes that it belongs to
    lines = text.split("\n")
    reader = _Reader(Vault(options), options, warnings)
    end = _front_matter_end(lines)
    reader.take_front_matter(lines[:end])
    blocks = read_blocks(lines[end:], end + 1, reader.syntax_for(lines), reader.problems)
    reader.take_first_deck(blocks)
    notes = [note for block in blocks if (note := reader.note(block)) is not None]
    if reader.problems:
        raise DeckFileError(options.path or "-", sorted(reader.problems, key=lambda problem: problem.line))
    return Bundle(tuple(notes), reader.media, tuple(sorted(warnings, key=lambda problem: problem.line)),
                  tuple(reader.skipped))


def _front_matter_end(lines: Sequence[str]) -> int:
    """How many lines the front matter takes; 0 where there is none."""
    if lines[0].rstrip() != "---":
        return 0
    return next((number + 1 for number, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)


def _front_tags(lines: Sequence[str]) -> Iterator[str]:
    """The tags that a front matter names, in a list or on a line."""
    in_list = False
    for line in lines:
        found = _FRONT_TAG.match(line)
        if found:
            in_list = not found["words"].strip()
            yield from (word for word in re.split(r"[\s,\[\]\"'#]+", found["words"]) if word)
        elif in_list and line.lstrip().startswith("- "):
            yield line.lstrip()[2:].strip().strip("\"'#")
        else:
            in_list = False


class _Reader:
    def __init__(self, vault: Vault, options: ReadOptions, warnings: list[Problem]) -> None:
        self.vault, self.syntax, self.warnings = vault, vault.syntax, warnings
        self.default = clean_deck_name(vault.folder_deck or options.deck)
        self.first_decks: tuple[str, ...] = ()
        self.problems: list[Problem] = []
        self.skipped: list[Skipped] = []
        self.tags: list[str] = []
        self.media: dict[str, Path] = {}
        self.missing: set[str] = set()
        self.stored: dict[str, list[Learned | None]] | None = None

    def take_front_matter(self, lines: Sequence[str]) -> None:
        """Decks and tags of the whole note; ``sr-due`` and the like are about reading it again, not about cards."""
        tags = list(_front_tags(lines))
        self.first_decks = tuple(tag for tag in tags if is_deck_tag(tag, self.syntax))
        words = [(1, tag.strip("/").replace("/", "::")) for tag in tags if not is_deck_tag(tag, self.syntax)]
        unread: list[Problem] = []
        for word in words:
            self.tags += read_tags([word], unread)

    def syntax_for(self, lines: Sequence[str]) -> Syntax:
        """The syntax of this note: where the settings are not known, ``+++`` alone on a line ends cards."""
        has_marker = not self.syntax.end_marker and any(line.rstrip() == "+++" for line in lines)
        return replace(self.syntax, end_marker="+++") if has_marker else self.syntax

    def take_first_deck(self, blocks: Sequence[Block]) -> None:
        """Cards above the first tag belong to the deck of the front matter, else of the first tag below."""
        self.first_decks = self.first_decks or next((block.decks for block in blocks if block.decks), ())

    def note(self, block: Block) -> BundledNote | None:
        """The note of a card, or None where it has no two sides, or a problem."""
        if len(block.front) + len(block.back) > LARGEST_NOTE_BYTES:
            self.problems.append(Problem(block.number, "the text of this card is longer than 1 MiB", "split it"))
            return None
        front, back = (self._readable(text, block.number) for text in (block.front, block.back))
        if block.kind is Kind.CLOZE:
            note_type, count, text = CLOZE, 0, ""
            pieces = list(self._pieces(front, block))
            ordinals = sorted({ordinal for piece in pieces if isinstance(piece, Hidden) for ordinal in piece.ordinals})
            if not ordinals or ordinals[-1] >= MOST_DELETIONS:
                self.problems.append(Problem(block.number, f"no deletion, or more than {MOST_DELETIONS}", "split it"))
                return None
            text, count = to_cloze_markdown(pieces), ordinals[-1] + 1
            if not text:
                self.skipped.append(Skipped(block.front[:60], "what it hides cannot be written as a deletion"))
                return None
            fields = [text]
        else:
            if not front or not back:
                self.skipped.append(Skipped((front or back)[:60], f"its {'answer' if front else 'question'} is empty"))
                return None
            is_reversed = block.kind in (Kind.INLINE_REVERSED, Kind.LINES_REVERSED)
            note_type, count, fields = REVERSED if is_reversed else BASIC, 1 + is_reversed, [front, back]
        decks = [tag.replace("/", "::") for tag in block.decks or self.first_decks]
        deck = self.default if self.syntax.by_folder or not decks else clean_deck_name(decks[0])
        tags = card_tags([self.tags, decks[1:]], [], default_depth(note_type, fields[0]))
        fields += [""] * (len(note_type.fields) - len(fields))
        cards = tuple(BundledCard(ordinal, learned=learned) for ordinal, learned
                      in enumerate(self._schedules(block, count)) if learned is not None)
        return BundledNote(Note("", note_type, tuple(fields), tags), deck, block.number, cards,
                           absent=frozenset(("Why", "Source", "Tags")))

    def _schedules(self, block: Block, count: int) -> list[Learned | None]:
        if block.schedule is None:
            if not block.id:
                return []
            if self.stored is None:
                store = self.vault.store()
                self.stored = read_store(store) if store is not None else {}
            short = block.id.removeprefix("sr-data-id-").removeprefix("sr-id-")
            return (self.stored.get(block.id) or self.stored.get(short) or [])[:count]
        try:
            schedules = read_comment(block.schedule)
        except NotASchedule as error:
            self.problems.append(Problem(block.schedule_number, f"the schedule {str(error)[:60]!r} cannot be read",
                                         "mend the comment <!--SR:..-->, or delete it: the card is new then"))
            return []
        if any(one is not None for one in schedules[count:]):
            self.warnings.append(Problem(block.schedule_number,
                                         f"{len(schedules)} schedules for {count} card{'s' if count > 1 else ''}; "
                                         "the last are left out", "a deletion was removed since"))
        return schedules[:count]

    def _pieces(self, text: str, block: Block) -> Iterator[str | Hidden]:
        position = number = 0
        for found in deletions(text, self.syntax, block.schedule is not None):
            if found.start() < position:
                continue
            yield text[position:found.start()]
            position = found.end()
            hidden, hint, sequence = found["text"], "", ""
            parts = hidden.split(";;")
            if len(parts) > 1 and re.fullmatch(r"\d{1,3}|[ahs]{1,500}", parts[0]):
                sequence, *parts = parts
            if len(parts) > 1:
                hint = parts.pop().strip()
            hidden = ";;".join(parts)
            if after := _HINT.match(text, position):
                hint, position = after["hint"].strip(), after.end()
            if after := _SEQUENCE.match(text, position):
                sequence, position = after["sequence"], after.end()
            if not sequence:
                ordinals: tuple[int, ...] = (number,)
            elif sequence.isdecimal():
                ordinals = (max(int(sequence), 1) - 1,)
            else:
                ordinals = tuple(place for place, action in enumerate(sequence) if action == "a")
            number += 1
            yield Hidden(hidden, ordinals, hint) if ordinals and hidden.strip() else hidden
        yield text[position:]

    def _readable(self, text: str, number: int) -> str:
        """The text with links of Obsidian as what they show, and embedded pictures as those of Markdown."""
        if "[[" in text:
            spans, parts, position, place = literal_spans(text), list[str](), 0, 0
            for found in _EMBED.finditer(text):
                while place < len(spans) and spans[place][1] <= found.start():
                    place += 1
                if place < len(spans) and spans[place][0] <= found.start():
                    continue
                parts += [text[position:found.start()], self._shown(found)]
                position = found.end()
            text = "".join((*parts, text[position:]))
        for one in references(text):
            self._find(one.target, number)
        return text

    def _shown(self, found: re.Match[str]) -> str:
        target, shown = found["target"].strip(), (found["shown"] or "").strip()
        if found["embed"] and Path(target).suffix.lower() in _MEDIA_SUFFIXES and not set(target) & set("<>\\"):
            described = "" if re.fullmatch(r"\d*(?:x\d+)?", shown) else shown
            return f"![{described}](<{target}>)" if set(target) & set(" ()") else f"![{described}]({target})"
        return shown or target.lstrip("#").replace("#", " > ").replace("|", " ") or found[0]

    def _find(self, target: str, number: int) -> None:
        if target in self.media or target in self.missing or re.match(r"https?:|data:|//", target, re.IGNORECASE):
            return
        file = self.vault.find(target) or self.vault.find(unquote(target))
        if file is not None:
            self.media[target] = file
        else:
            self.missing.add(target)
            self.warnings.append(Problem(number, f"the picture {target[:80]!r} is missing",
                                         "put it into the vault; the card is kept without it"))
