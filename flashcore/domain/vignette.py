"""A vignette: a short case, its options, and the one that is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from flashcore.domain.note import Note

FEWEST_OPTIONS, MOST_OPTIONS = 3, 8


@dataclass(frozen=True, slots=True)
class Option:
    """One option, in the note's markup. ``explanation`` says why it is right or wrong; it may be empty."""

    text: str
    is_right: bool
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Vignette:
    """A stem and its options in the order of the note."""

    stem: str
    options: tuple[Option, ...]
    fixed_order: bool = False

    @classmethod
    def from_note(cls, note: Note) -> Vignette:
        """The vignette that a note holds; without options where its field Options is no task list."""
        return cls(note.field("Stem"), options_from_field(note.field("Options")), note.field("Order") == "fixed")


def options_to_field(options: Sequence[Option]) -> str:
    """The field Options: a Markdown task list, ``- [x]`` before the right option.

    Further lines of an option, and its explanation as lines that begin with ``>``, are indented by two. Any text
    comes back exactly from ``options_from_field``.
    """
    lines: list[str] = []
    for option in options:
        first, *others = option.text.split("\n")
        lines.append(f"- [{'x' if option.is_right else ' '}] {first}")
        lines += [("  \\" if _QUOTE.match(line) else "  ") + line if line else "" for line in others]
        if option.explanation:
            lines += [f"  > {line}" if line else "  >" for line in option.explanation.split("\n")]
    return "\n".join(lines)


_QUOTE = re.compile(r"\\*+>")
_ITEM = re.compile(r"- \[([ xX])\](?: |$)")


def options_from_field(field: str) -> tuple[Option, ...]:
    """The options of a field Options. Never raises; lines before the first option are left out."""
    options: list[_Lines] = []
    for line in field.split("\n"):
        if found := _ITEM.match(line):
            options.append(_Lines(found[1] != " ", line[found.end():]))
        elif options:
            options[-1].add(line)
    return tuple(one.option() for one in options)


class _Lines:
    """The lines of one option."""

    def __init__(self, is_right: bool, first: str) -> None:
        self.is_right, self.text, self.why = is_right, [first], list[str]()

    def add(self, line: str) -> None:
        """A line below the first: of the explanation, or more text."""
        inside = line[2:] if line.startswith("  ") else line
        if line.startswith("  >"):
            self.why.append(inside[2:] if inside.startswith("> ") else inside[1:])
        elif line.startswith("  \\") and _QUOTE.match(inside):
            self.text.append(inside[1:])
        else:
            self.text.append(inside)

    def option(self) -> Option:
        """The option that the lines are."""
        return Option("\n".join(self.text), self.is_right, "\n".join(self.why))


_NUMBER = re.compile(
    r"(?:about|approximately|less than|more than|at least|at most)?[ ]?[<>≤≥~≈=±+−–-]{0,2}\s?[$€£]?\s?"
    r"(?:\d[\d.,:/]*+|[.]\d++)(?:\s?(?:[-–−×x±^]|to)\s?[-−–+]?\d[\d.,:/^]*+){0,3}\s?(?P<unit>[^\d\s]\S*+(?:\s\S++){0,2})?\Z",
    re.IGNORECASE)
_ABOUT_THE_OTHERS = re.compile(
    r"\b(?:all|none|neither|both|any)\b(?:\s+\w+){0,2}?\s+(?:above|below|options?|choices|answers)\b", re.IGNORECASE)


def showing_order(vignette: Vignette, seed: str) -> tuple[int, ...]:
    """The places of the options in the note, in the order of one showing; the same seed gives the same order.

    They stay as they stand where the note asks for it, where all are numbers (with or without units), and where one
    speaks of the others ("all of the above").
    """
    places = range(len(vignette.options))
    texts = [" ".join(option.text.split()).strip("*_`.") for option in vignette.options]
    is_fixed = (vignette.fixed_order or all(len(text) <= 80 and _NUMBER.match(text) for text in texts)
                or any(_ABOUT_THE_OTHERS.search(text) for text in texts))
    if is_fixed:
        return tuple(places)

    def drawn(place: int) -> bytes:
        return blake2b(f"{seed}\0{place}".encode("utf-8", "surrogatepass")).digest()

    return tuple(sorted(places, key=drawn))
