"""Bundle -> plain-text decks. What is written reads back as the note that was given.

A file holds one deck; several decks are several files. What the format cannot carry is made what it can, so that
reading gives the same again: HTML comments are private and left out; white space around fields, blank lines' spaces and
the indent that all further lines of an option share go; a line in a field that would be a heading, a ``---`` or a
conflict mark is indented by a space; an unclosed fence is closed, an unclosed comment or bracket escaped; tags come in
canonical order, white space and commas in them as ``_``, values that a closed axis does not have with ``-`` for ``::``;
``cloze_ordinals`` stay in the collection; one vignette with ``order: fixed`` fixes the order for its file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.cloze import Fault, scan_brackets
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.markdown_spans import FENCE_OPENING
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import CLOZE, OWN_NOTE_TYPES, VIGNETTE
from flashcore.domain.vignette import Option, Vignette
from flashcore.errors import DeckFileError, FileError, Problem
from flashcore.formats.markdown_blocks import is_option
from flashcore.formats.markdown_deck import default_depth, read_markdown_deck
from flashcore.formats.markdown_lines import LineScanner, is_conflict_mark
from flashcore.formats.markdown_options import option_text, trimmed
from flashcore.formats.markdown_tags import ONE_VALUE, axis_of, card_tags, read_tags
from flashcore.formats.media_names import safe_name
from flashcore.formats.text_file import clean_text

ToMarkdown = Callable[[Note], Note]
"""Makes a note of another markup or note type one of the four that a deck file holds."""

_PARTS = {"Front": "Q", "Back": "A", "Term": "T", "Definition": "D", "Text": "C", "Stem": "V", "Why": "Why",
          "Source": "Source"}
_MARKER = re.compile(r"\\*+(?:[QACTDV]|Why|Source|Tags):")
_STRUCTURE = re.compile(r"---\s*\Z|#{1,6}(?:\s|\Z)")
_COMMON_AXES = ("system", "discipline", "step", "yield")
_MOST_PASSES = 20


def write_markdown_deck(
    notes: Sequence[BundledNote], *, to_markdown: ToMarkdown | None = None, path: Path | str = "-"
) -> str:
    """The deck file of notes of one deck. ``path`` is what errors name.

    Raises:
        FileError: notes of several decks; or a note that no deck file can hold, named by its question.
    """
    decks = list(dict.fromkeys(clean_deck_name(one.deck) for one in notes))
    if len(decks) > 1:
        raise FileError(path, f"a deck file holds one deck, these notes are of {len(decks)}: {', '.join(decks[:3])}"
                        + (", ..." if len(decks) > 3 else ""), "choose one with deck:NAME, or export to a folder")
    written = [_writable(one.note, to_markdown, path) for one in notes]
    for guid, count in Counter(note.guid for note in written if note.guid).items():
        if count > 1:
            raise FileError(path, f"{count} notes have the id {guid!r}", "give each its own")
    common = _common(written) if len(written) > 1 else {}
    source = _common_source(written) if len(written) > 1 else ""
    is_fixed = any(note.field("Order") == "fixed" for note in written)
    head = {"deck": _yaml(decks[0])} if decks else {}
    for axis, values in common.items():
        head[axis] = _yaml(values[0]) if len(values) == 1 else "[" + ", ".join(map(_yaml, values)) + "]"
    head |= {"order": "fixed"} if is_fixed else {}
    head |= {"source": _yaml(source)} if source else {}
    lines = ["---", *(f"{key}: {value}" for key, value in head.items()), "---"] if head else []
    for note in written:
        lines += ["", _checked(note, path, common, source)]
    return "\n".join(lines).lstrip("\n") + "\n"


def write_markdown_files(bundle: Bundle, *, to_markdown: ToMarkdown | None = None) -> dict[str, str]:
    """File name -> text, one file for each deck of the bundle, named after it (``A::B`` is ``A - B.md``).

    Raises:
        FileError: a note that no deck file can hold, named by its question.
    """
    by_deck: dict[str, list[BundledNote]] = {}
    for one in bundle.notes:
        by_deck.setdefault(clean_deck_name(one.deck), []).append(one)
    files: dict[str, str] = {}
    taken = {"readme"}  # a README.md is never read
    for deck, notes in by_deck.items():
        stem = name = safe_name(deck.replace("::", " - "))[:100]
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem} ({number})"
        taken.add(name.casefold())
        files[f"{name}.md"] = write_markdown_deck(notes, to_markdown=to_markdown, path=f"{name}.md")
    return files


def _writable(note: Note, to_markdown: ToMarkdown | None, path: Path | str) -> Note:
    """The note as it is written: Markdown, of an own type, with the tags that reading it will give."""
    if to_markdown is not None and (note.markup is not Markup.MARKDOWN or note.note_type not in OWN_NOTE_TYPES):
        note = to_markdown(note)
    if note.markup is not Markup.MARKDOWN or note.note_type not in OWN_NOTE_TYPES:
        why = f"its type {note.note_type.name!r} with {note.markup} fields has no form in Markdown"
        raise _refusal(note, path, why, "export to .apkg")
    return replace(note, tags=_normal_tags(note))


def _refusal(note: Note, path: Path | str, why: str, hint: str) -> FileError:
    question = " ".join(note.question.split())[:60]
    return FileError(path, f"the note {question!r} cannot be written: {why}", hint)


def _checked(note: Note, path: Path | str, common: Mapping[str, Sequence[str]], source: str) -> str:
    """The note's text, read back to make sure that it is one note of the same kind and id."""
    problem = ""
    for with_lists in (True, False) if note.note_type == VIGNETTE else (True,):
        text = "\n".join(_note_lines(note, common, source, with_lists))
        try:
            found = read_markdown_deck(text, path=None, default_deck="").notes
        except DeckFileError as error:
            problem = f"{error.problems[0].what} ({error.problems[0].hint})"
            continue
        if len(found) == 1 and _is_same_note(found[0].note, note):
            return text
        problem = "it does not read back as the same note"
    raise _refusal(note, path, problem, "mend it, or export to .apkg")


def _is_same_note(read: Note, note: Note) -> bool:
    count = len(Vignette.from_note(read).options) if note.note_type == VIGNETTE else 0
    return (read.guid == note.guid and read.note_type == note.note_type
            and (not count or count == len(Vignette.from_note(note).options)))


def _note_lines(note: Note, common: Mapping[str, Sequence[str]], source: str, with_lists: bool) -> list[str]:
    lines: list[str] = []
    for name in note.note_type.fields:
        text = _plain(note.field(name))
        if name == "Options":
            for option in Vignette.from_note(note).options:
                lines += _option_lines(option)
        elif name in ("Why", "Source"):
            if text and not (name == "Source" and text == source):
                lines += _marked(name, text)
        elif name in _PARTS:
            text = _with_paired_brackets(text) if note.note_type == CLOZE else text
            lines += _marked(_PARTS[name], text if with_lists or name != "Stem" else _without_lists(text))
    shared = {f"{axis}::{value}" for axis, values in common.items() for value in values}
    default = f"depth::{default_depth(note.note_type, _plain(note.question))}"
    tags = [tag for tag in note.tags if tag not in shared and tag != default]
    if tags:
        lines.append(f"Tags: {' '.join(tags)}")
    if note.guid:
        lines.append(f"<!-- id: {note.guid} -->")
    return lines


def _without_lists(stem: str) -> str:
    """A stem whose task lists cannot be taken for the options."""
    return "\n".join(line.text if line.is_literal or not is_option(line.text) else line.text.replace("[", "\\[", 1)
                     for line in LineScanner(stem.split("\n")))


# ----------------------------------------------------------------------------------------------------- texts

def _plain(text: str) -> str:
    """Text without comments, and with nothing in it left open."""
    text = trimmed(clean_text(text)[0])
    if not any(sign in text for sign in ("<!--", "```", "~~~")):
        return text
    for _ in range(_MOST_PASSES):
        lines, is_beside = _beside_marker("Q", text)
        closed = _closed(lines)
        if is_beside:
            closed[0] = closed[0].removeprefix("Q:").lstrip()
        else:
            closed = closed[1:]
        plain = trimmed("\n".join(closed))
        if plain == text:
            return text
        text = plain
    return _COMMENT.sub(_escaped_comment, text)


_COMMENT = re.compile(r"(\\*)<!--")


def _escaped_comment(found: re.Match[str]) -> str:
    return found[0] if len(found[1]) % 2 else f"{found[1]}\\<!--"


def _closed(lines: Sequence[str]) -> list[str]:
    """Lines without comments; what they leave open is closed (a fence) or escaped (a comment)."""
    scanner = LineScanner(lines)
    kept = [line.text for line in scanner if not line.is_comment]
    if scanner.comment is not None:
        number, offset = scanner.comment
        place = number - 1
        tail = "\n".join((lines[place][offset:], *lines[place + 1:]))
        escaped = lines[place][:offset] + _COMMENT.sub(_escaped_comment, tail)
        return _closed([*lines[:place], *escaped.split("\n")])
    if scanner.fence:
        indent = "  " if lines[0].startswith("- [") else ""
        kept.append(indent + scanner.fence)
    return kept


def _beside_marker(marker: str, text: str) -> tuple[list[str], bool]:
    """The lines of a part, its marker before them; whether the first stands beside it.

    Indented text and fences start on a line of their own, where both are what they are.
    """
    first, *others = text.split("\n")
    if not first or first[0].isspace() or FENCE_OPENING.match(first):
        return [f"{marker}:", *([first] if text else []), *others], False
    return [f"{marker}: {first}", *others], True


def _marked(marker: str, text: str) -> list[str]:
    """The lines of a part; those that would be a marker or end the card are escaped."""
    lines, _ = _beside_marker(marker, text)
    written: list[str] = []
    for line in LineScanner(lines):
        if line.number == 1 or line.is_literal or line.opens_fence:
            written.append(line.text)
        elif _MARKER.match(line.text):
            written.append("\\" + line.text)
        else:
            is_structure = _STRUCTURE.match(line.text) or is_conflict_mark(line.text)
            written.append(" " + line.text if is_structure else line.text)
    return written


def _with_paired_brackets(text: str) -> str:
    for _ in range(_MOST_PASSES):
        faults = [fault for fault in scan_brackets(text)[1] if fault.fault in (Fault.UNMATCHED, Fault.EMPTY)]
        places: set[int] = set()
        for fault in faults:
            is_brace = fault.found.startswith("{")
            places.add(fault.offset + is_brace)
            if fault.fault is Fault.EMPTY and not is_brace:
                places.add(fault.offset + len(fault.found) - 1)
        if not places:
            break
        bounds = [0, *sorted(places), len(text)]
        text = "\\".join(text[start:end] for start, end in pairwise(bounds))
    return text


def _option_lines(option: Option) -> list[str]:
    """The lines of an option: further ones indented by two, those of its explanation with ``>``."""
    text, why = clean_text(option.text)[0], trimmed(clean_text(option.explanation)[0]).lstrip()
    for _ in range(_MOST_PASSES):
        first, *others = text.split("\n")
        lines = [f"- [{'x' if option.is_right else ' '}] {first}", *(f"  {line}" if line else "" for line in others)]
        closed = _closed(lines)
        plain = option_text(closed[0][6:].strip(), closed[1:])
        if plain == text:
            break
        text = plain
    written = [lines[0]]
    for line in LineScanner(lines):
        if line.number > 1:
            is_quote = not line.is_literal and line.text.lstrip().startswith(">")
            written.append(line.text.replace(">", "\\>", 1) if is_quote else line.text)
    if why:
        written += _closed([f"  > {line}".rstrip() for line in why.split("\n")])
    return written


# ------------------------------------------------------------------------------------------------------ tags

def _normal_tags(note: Note) -> tuple[str, ...]:
    """The tags that reading the note will give: canonical ones, those it would refuse as ordinary ones."""
    words: list[str] = []
    chosen: set[str] = set()
    for tag in note.tags:
        word = re.sub(r"[\s,]+", "_", _COMMENT.sub(_escaped_comment, clean_text(tag)[0])).strip("_")
        problems: list[Problem] = []
        found = read_tags([(0, word)], problems) if word else []
        if problems:
            word = word.replace("::", "-").strip("-:") or "tag"
            found = read_tags([(0, word)], problems)
        for canonical in found:
            axis, value = axis_of(canonical)
            if axis in ONE_VALUE and axis in chosen:
                canonical = f"involves::{value}" if axis == "system" else canonical.replace("::", "-")
            chosen.add(axis)
            words.append(canonical)
    return card_tags([words], (), default_depth(note.note_type, _plain(note.question)))


def _common(notes: Iterable[Note]) -> dict[str, list[str]]:
    """axis -> the values that every note has on it, for the front matter; only where they are the same for all."""
    found: dict[str, list[str]] = {}
    for axis in _COMMON_AXES:
        values = {tuple(value for tag in note.tags for name, value in [axis_of(tag)] if name == axis) for note in notes}
        if len(values) == 1 and (only := values.pop()):
            found[axis] = list(only)
    return found


def _common_source(notes: Sequence[Note]) -> str:
    sources = {_plain(note.field("Source")) for note in notes}
    source = sources.pop() if len(sources) == 1 else ""
    return source if source == source.strip() else ""


def _yaml(value: str) -> str:
    if re.fullmatch(r"\w[\w.,;()/+'-]*(?: [\w.,;()/+'-]+|::\w[\w.,;()/+'-]*)*", value):
        return value
    return '"' + "".join(map(_yaml_char, value)) + '"'


def _yaml_char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    code = ord(char)
    return char if char.isprintable() else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if (
        code < 65536) else f"\\U{code:08x}"
