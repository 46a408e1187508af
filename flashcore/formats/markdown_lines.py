"""The lines of a plain-text deck without their HTML comments, and which of them are literal because of a fence."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flashcore.domain.markdown_spans import FENCE_OPENING, closes_fence
from flashcore.errors import Problem
from flashcore.formats.text_file import composed


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a card may hold it. ``ids`` are the id comments that stood in it, with their lines.

    ``is_literal``: inside a fence, or its end. ``opens_fence``: its beginning. ``is_comment``: it held nothing else.
    ``ends_comment``: the last of it was a comment.
    """

    number: int
    text: str
    is_literal: bool = False
    opens_fence: bool = False
    is_comment: bool = False
    ends_comment: bool = False
    ids: tuple[tuple[int, str], ...] = ()


class LineScanner:
    """Hands out the lines one by one; afterwards it knows what was left open.

    Whoever reads the lines may say that what follows a marker opens a fence (``open_fence``).
    """

    def __init__(self, lines: Sequence[str], first_number: int = 1) -> None:
        self._lines, self._first = lines, first_number
        self.fence, self.fence_number = "", 0
        self.comment: tuple[int, int] | None = None
        """Where an unclosed comment starts: the line's number and the offset in it."""
        self._comment_text: list[str] = []

    @property
    def is_closed(self) -> bool:
        """Whether the lines so far leave neither a fence nor a comment open."""
        return self.comment is None and not self.fence

    def open_fence(self, text: str, number: int) -> bool:
        """Whether the text of a marker opens a fence; if so, the following lines are literal."""
        opening = FENCE_OPENING.match(text)
        if opening is None:
            return False
        self.fence, self.fence_number = opening[1], number
        return True

    def __iter__(self) -> Iterator[Line]:
        for number, text in enumerate(self._lines, self._first):
            if self.comment is None and not self.fence and "<!--" not in text:
                yield Line(number, text, opens_fence=self._opens(text, number))
            elif self.comment is None and self.fence:
                if closes_fence(text, self.fence):
                    self.fence = ""
                yield Line(number, text, is_literal=True)
            elif self.comment is None and self._opens(text, number):
                yield Line(number, text, opens_fence=True)
            else:
                yield self._without_comments(number, text)

    def problems(self) -> list[Problem]:
        """What was left open at the end of the file."""
        found: list[Problem] = []
        if self.comment is not None:
            found.append(Problem(self.comment[0], "the comment that starts here has no end: <!-- without -->",
                                 "close it; for the characters themselves write \\<!--"))
        if self.fence:
            found.append(Problem(self.fence_number, f"the fence {self.fence[:10]} that starts here is never closed",
                                 f"write {self.fence[:10]} alone on a line after it"))
        return found

    def _opens(self, text: str, number: int) -> bool:
        return ("```" in text or "~~~" in text) and self.open_fence(text, number)

    def _without_comments(self, number: int, text: str) -> Line:
        kept: list[str] = []
        ids: list[tuple[int, str]] = []
        position = 0
        if began_inside := self.comment is not None:
            end = text.find("-->")
            if end < 0:
                self._comment_text.append(text[:200] if len(self._comment_text) < 3 else "")
                return Line(number, "", is_comment=True)
            self._comment_text.append(text[:end])
            ids += self._closed_comment()
            position = end + 3
        ends_comment = began_inside and not text[position:].strip()
        for start, end in _comment_starts(text, position) if "<!--" in text else ():
            kept.append(text[position:start])
            position = end if end >= 0 else len(text)
            self.comment = number, start
            self._comment_text = [text[start + 4:end - 3] if end >= 0 else text[start + 4:]]
            if end >= 0:
                ids += self._closed_comment()
            ends_comment = not text[position:].strip()
        kept.append(text[position:])
        if not any(part.strip() for part in kept):
            is_comment = began_inside or len(kept) > 1
            return Line(number, "", is_comment=is_comment, ends_comment=is_comment, ids=tuple(ids))
        cleaned = _joined(["", *kept] if began_inside else kept)
        if began_inside:
            cleaned = text[:len(text) - len(text.lstrip())] + cleaned
        if ends_comment:
            cleaned = cleaned.rstrip()
        opens = self.fence == "" and self._opens(cleaned, number)
        return Line(number, cleaned, bool(self.fence) and not opens, opens, ends_comment=ends_comment, ids=tuple(ids))

    def _closed_comment(self) -> list[tuple[int, str]]:
        number = self.comment[0] if self.comment else 0
        key, colon, value = "\n".join(self._comment_text).strip().partition(":")
        self.comment, self._comment_text = None, []
        return [(number, value.strip())] if colon and key.strip().lower() == "id" else []


_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |\Z)")


def is_conflict_mark(line: str) -> bool:
    """Whether a line is a mark that a version control system left in a file it could not merge."""
    return _CONFLICT.match(line) is not None


def conflict_problem(number: int) -> Problem:
    """The problem that such a line is."""
    return Problem(number, "a merge conflict was left here", "choose one of the two versions and remove the marks")


def _joined(parts: Sequence[str]) -> str:
    """What stood around comments as one line, so that it says nothing that did not stand there.

    After a comment at the start of the line the text starts at its next word; of the spaces around one, one stays. Two
    signs that meet get a space between them: they might begin a comment or code.
    """
    pieces = [parts[0]]
    last = parts[0][-1:]
    for part in parts[1:]:
        if not last:
            part = part.lstrip()
        elif last == " " == part[:1]:
            part = part[1:]
        elif part and not (last.isalnum() or last.isspace() or part[0].isalnum() or part[0].isspace()):
            pieces.append(" ")
        pieces.append(part)
        last = part[-1:] or last
    return composed("".join(pieces))


def _comment_starts(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Where comments start in a line, outside of code, and where they end (-1: not in this line)."""
    ticks: dict[int, list[int]] = {}
    for found in re.finditer("`++", text):
        ticks.setdefault(len(found[0]), []).append(found.start())
    while token := _TOKEN.search(text, position):
        position = token.end()
        if token[0] == "<!--":
            end = text.find("-->", token.start() + 2)
            yield token.start(), end + 3 if end >= 0 else -1
            if end < 0:
                return
            position = end + 3
        elif token[0][0] == "`":
            places = ticks.get(len(token[0]), [])
            place = bisect_left(places, position)
            if place < len(places):
                position = places[place] + len(token[0])


_TOKEN = re.compile(r"\\.|`++|<!--", re.DOTALL)
