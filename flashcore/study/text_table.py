"""Tables in columns of characters, and how many columns a text takes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flashcore.study.rich_text import Paragraph, Span

WIDEST_TABLE = 76
"""Columns of a terminal that a table may take; the rows of a wider one are lines that wrap."""

_BETWEEN = " | "


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of one line. ``align`` is left, right or center."""

    text: str
    spans: tuple[Span, ...] = ()
    align: str = "left"
    is_head: bool = False


def text_width(text: str) -> int:
    """Columns that a line takes in a terminal: wide characters of East Asia and emoji two, marks and joiners none."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def table_to_text(rows: Sequence[Sequence[Cell]]) -> tuple[Paragraph, ...]:
    """A table as one preformatted paragraph, a line of dashes under its head; too wide a one row by row."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], text_width(cell.text))
    if sum(widths) + len(_BETWEEN) * (len(widths) - 1) > WIDEST_TABLE:
        return tuple(Paragraph(*_row(row, [0] * len(row))) for row in rows if any(cell.text for cell in row))
    text = ""
    spans: list[Span] = []
    for number, row in enumerate(rows):
        line, found = _row(row, widths)
        spans += [Span(span.start + len(text), span.end + len(text), span.style, span.target) for span in found]
        text += f"{line}\n"
        is_head = bool(row) and all(cell.is_head for cell in row)
        if is_head and number + 1 < len(rows) and not all(cell.is_head for cell in rows[number + 1]):
            text += "-+-".join("-" * width for width in widths) + "\n"
    return (Paragraph(text.rstrip("\n"), tuple(spans), preformatted=True),) if widths else ()


def _row(row: Sequence[Cell], widths: Sequence[int]) -> tuple[str, tuple[Span, ...]]:
    text = ""
    spans: list[Span] = []
    for place, (cell, width) in enumerate(zip(row, widths, strict=False)):
        missing = max(0, width - text_width(cell.text))
        before = {"right": missing, "center": missing // 2}.get(cell.align, 0)
        text += _BETWEEN * (place > 0) + " " * before
        spans += [Span(span.start + len(text), span.end + len(text), span.style, span.target) for span in cell.spans]
        text += cell.text + " " * (missing - before)
    return text.rstrip(" "), tuple(spans)
