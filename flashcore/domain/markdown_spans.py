"""Where a Markdown text is literal: fences, code, mathematics. Brackets, comments and markers mean nothing in there.

Every function takes time in proportion to its text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

Span = tuple[int, int]

FENCE_OPENING = re.compile(
    r"[^\S\n]*+(?:(?:[-*+]|[0-9]{1,9}[.)])[^\S\n]++)*+(?:\[[ \t]?[xX]?[ \t]?\][^\S\n]*+)?+(`{3,}+(?![^\n]*`)|~{3,}+)")
"""A line that opens a fence, also as the first line of a list entry or an option; group 1 is the fence itself."""

_LONGEST_INDENT = 200
_TOKEN = re.compile(r"\\[\s\S]|`++|\$++")
_BLANK = re.compile(r"\n[ \t]*+\n")


def closes_fence(line: str, fence: str) -> bool:
    """Whether a line ends the fence that was opened by ``fence`` (three or more of one character)."""
    stripped = line.strip()
    return len(stripped) >= len(fence) and stripped == fence[0] * len(stripped)


def code_spans(text: str) -> list[Span]:
    """Fences and inline code, in order, as (start, end) offsets with their delimiters."""
    return _spans(text, with_math=False)


def literal_spans(text: str) -> list[Span]:
    r"""Fences, inline code and mathematics (``$..$``, ``$$..$$``, ``\(..\)``, ``\[..\]``), as (start, end) offsets.

    ``\[`` alone on its line reaches to the next ``\]``, any other to the next ``\]`` of its line. A ``$`` before a
    space or whose partner stands after a space or before a digit is an amount of money.
    """
    return _spans(text, with_math=True)


def _spans(text: str, with_math: bool) -> list[Span]:
    if not any(char in text for char in ("`", "~", "$", "\\")):
        return []
    return _Scan(text, with_math).spans()


class _Scan:
    """One pass over a text, with every place where something may close looked up beforehand."""

    def __init__(self, text: str, with_math: bool) -> None:
        self.text, self.with_math = text, with_math
        self.fences = list(_fences(text))
        self.bounds = sorted([found.start() for found in _BLANK.finditer(text)] + [start for start, _ in self.fences])
        self.ticks: dict[int, list[int]] = {}
        for found in re.finditer("`++", text):
            self.ticks.setdefault(len(found[0]), []).append(found.start())
        dollars = [found.span() for found in re.finditer(r"\$++", text)] if with_math else []
        self.dollars = [start for start, _ in dollars if text[start - 1:start] != "\\"]
        self.double_dollars = [start for start, end in dollars if end - start == 2 and text[start - 1:start] != "\\"]
        self.next_at: dict[str, int] = {}

    def spans(self) -> list[Span]:
        found: list[Span] = []
        position = fence = 0
        while True:
            token = _TOKEN.search(self.text, position)
            start = token.start() if token else len(self.text)
            while fence < len(self.fences) and self.fences[fence][0] <= start:
                found.append(self.fences[fence])
                position = max(position, self.fences[fence][1])
                fence += 1
            if token is None:
                return found
            if start < position:
                continue
            end = self._end(token[0], start)
            if end:
                found.append((start, end))
            position = end or token.end()

    def _end(self, token: str, start: int) -> int:
        """The end of the span that a token opens; 0 where it opens none."""
        after = start + len(token)
        if token[0] == "`":
            return self._paired(self.ticks[len(token)], after, len(token)) if len(token) in self.ticks else 0
        if not self.with_math:
            return 0
        if token == "$":
            return self._amount_or_math(after)
        if token == "$$":
            place = bisect_left(self.double_dollars, after)
            return self.double_dollars[place] + 2 if place < len(self.double_dollars) else 0
        if token == "\\(":
            end = self._next("\\)", after)
            return end + 2 if 0 <= end < self._paragraph_end(after) else 0
        if token == "\\[":
            end = self._next("\\]", after)
            return end + 2 if end >= 0 and (self._is_alone(start, after) or end < self._next("\n", after)) else 0
        return 0

    def _paired(self, places: list[int], after: int, length: int) -> int:
        place = bisect_left(places, after)
        is_here = place < len(places) and places[place] < self._paragraph_end(after)
        return places[place] + length if is_here else 0

    def _amount_or_math(self, after: int) -> int:
        place = bisect_left(self.dollars, after)
        if place == len(self.dollars) or self.text[after:after + 1].isspace():
            return 0
        end = self.dollars[place]
        is_math = (end > after and not self.text[end - 1].isspace() and not self.text[end + 1:end + 2].isdigit()
                   and end < self._paragraph_end(after))
        return end + 1 if is_math else 0

    def _is_alone(self, start: int, after: int) -> bool:
        line = self.text.rfind("\n", max(start - _LONGEST_INDENT, 0), start) + 1
        end = self._next("\n", after)
        return (line > 0 or start < _LONGEST_INDENT) and end - after < _LONGEST_INDENT and not (
            self.text[line:start].strip() or self.text[after:end].strip())

    def _paragraph_end(self, position: int) -> int:
        place = bisect_left(self.bounds, position)
        return self.bounds[place] if place < len(self.bounds) else len(self.text)

    def _next(self, what: str, position: int) -> int:
        """Where ``what`` stands next; a newline: else the end of the text. Remembered, so that many cost as one."""
        known = self.next_at.get(what, -2)
        if known == -1 or known >= position:
            return known
        known = self.text.find(what, position)
        if known < 0 and what == "\n":
            known = len(self.text)
        self.next_at[what] = known
        return known


def _fences(text: str) -> Iterator[Span]:
    if "```" not in text and "~~~" not in text:
        return
    fence, start, position = "", 0, 0
    for line in text.split("\n"):
        if fence:
            if closes_fence(line, fence):
                yield start, position + len(line)
                fence = ""
        elif opening := FENCE_OPENING.match(line):
            fence, start = opening[1], position + opening.start(1)
        position += len(line) + 1
    if fence:
        yield start, len(text)
