"""The options of a vignette: the last task list of its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flashcore.domain.vignette import FEWEST_OPTIONS, MOST_OPTIONS, Option
from flashcore.errors import Problem
from flashcore.formats.markdown_blocks import OptionLine, option_line
from flashcore.formats.markdown_lines import Line


@dataclass(slots=True)
class _Entry:
    """One option as it is read: lines of text below the first, lines of explanation."""

    number: int
    is_right: bool
    first: str
    below: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    last_was_why: bool = False

    def add(self, line: Line) -> None:
        """An indented or blank line."""
        text = line.text.strip()
        is_why = not line.is_literal and (text.startswith(">") or (
            self.last_was_why and bool(text) and not line.opens_fence))
        if is_why:
            self.why.append(text[1:].removeprefix(" ") if text.startswith(">") else text)
        else:
            self.below.append(line.text if text else "")
        self.last_was_why = is_why

    def option(self) -> Option:
        """The option that the lines are."""
        return Option(option_text(self.first, self.below), self.is_right, trimmed("\n".join(self.why)).lstrip())


@dataclass(slots=True)
class _List:
    """A task list. ``end`` is the unindented line after it, if any; ``is_close`` if no blank line parts the two."""

    start: int
    indent: int
    entries: list[_Entry] = field(default_factory=list)
    end: Line | None = None
    is_close: bool = False

    @property
    def rights(self) -> list[_Entry]:
        """The ticked entries."""
        return [entry for entry in self.entries if entry.is_right]

    def is_whole(self) -> bool:
        """Whether it could be the options by itself."""
        return FEWEST_OPTIONS <= len(self.entries) <= MOST_OPTIONS and len(self.rights) == 1


def option_text(first: str, below: Sequence[str]) -> str:
    """The text of an option: its further lines without the indent that they share, no blank lines around it."""
    filled = [line for line in below if line.strip()]
    low, high = min(filled, default=""), max(filled, default="")
    indent = 0
    while indent < len(low) and low[indent] in " \t" and low[indent] == high[indent]:
        indent += 1
    return trimmed("\n".join([first, *(line[indent:] if line.strip() else "" for line in below)])).lstrip()


def trimmed(text: str) -> str:
    """Text without blank lines around it and white space behind it; blank lines inside are empty."""
    lines = [line if line.strip() else "" for line in text.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines).rstrip()


def split_options(
    lines: Sequence[Line], number: int, problems: list[Problem], warnings: list[Problem]
) -> tuple[Sequence[Line], tuple[Option, ...]]:
    """The lines of a vignette's stem and its options; what is wrong with them is added to the lists.

    ``number`` is the line that the vignette starts on.
    """
    lists = _lists(lines)
    if not lists:
        problems.append(Problem(number, "V: without options", "write 3-8 lines - [ ] OPTION under it, "
                                "with - [x] for the right one; if the line is text, indent it or write \\V:"))
        return lines, ()
    last = lists[-1]
    found: list[Problem] = []
    for one in lists:
        is_stem = one is not last and (not one.is_close or (bool(one.rights) and last.is_whole()))
        if is_stem:
            warnings.append(Problem(one.entries[0].number, "this task list is read as part of the vignette's text",
                                    "the options are the last task list"))
        elif one.end is not None:
            cure = "indent it if it belongs to the option"
            if one is not last:
                cure += "; if the list above is part of the case, put a blank line before this line"
            found.append(Problem(one.end.number, "an unindented line after an option", cure))
    options = tuple(entry.option() for entry in last.entries)
    found += _faults(last, options, number)
    problems += found
    return lines[:last.start], options


def _faults(last: _List, options: Sequence[Option], number: int) -> list[Problem]:
    found = [Problem(entry.number, "an option without text", "write what it says, or remove the line")
             for entry, option in zip(last.entries, options, strict=True) if not option.text]
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        found.append(Problem(last.entries[0].number, f"a vignette has {FEWEST_OPTIONS}-{MOST_OPTIONS} options, that of "
                             f"line {number} has {len(options)}", "each option is a line - [ ] or - [x]"))
    rights = last.rights
    if not rights:
        found.append(Problem(last.entries[0].number, f"the vignette of line {number} has no right option",
                             "mark it with - [x]"))
    elif len(rights) > 1:
        found.append(Problem(rights[1].number, f"the vignette of line {number} has {len(rights)} right options",
                             "exactly one is marked - [x]"))
    return found


def _lists(lines: Sequence[Line]) -> list[_List]:
    """The task lists among the lines, each up to the first line that is not indented."""
    found: list[_List] = []
    current: _List | None = None
    is_after_blank = False
    for place, line in enumerate(lines):
        item = None if line.is_literal else option_line(line.text)
        if current is None:
            if item is not None:
                current = _List(place, item.indent, [_entry(line, item)])
                found.append(current)
        elif item is not None and item.indent <= current.indent + 1:
            current.entries.append(_entry(line, item))
        elif line.is_literal or not line.text.strip() or line.text[0].isspace():
            current.entries[-1].add(line)
        else:
            current.end, current.is_close = line, not is_after_blank
            current = None
        is_after_blank = not line.text.strip()
    return found


def _entry(line: Line, item: OptionLine) -> _Entry:
    return _Entry(line.number, item.is_right, item.text)
