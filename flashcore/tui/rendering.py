"""Card text as lines of a given width: hanging indents for lists, tables as they are, styles as the theme has them.

Lines are made one by one, so that a card of a megabyte shows as quickly as a short one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content, Span

from flashcore.study.rich_text import CardText, Paragraph, Style

_STYLES = {
    Style.BOLD: "bold", Style.ITALIC: "italic", Style.UNDERLINE: "underline", Style.STRIKE: "strike",
    Style.CODE: "$mark", Style.CLOZE: "bold $mark", Style.IMAGE: "italic $mark", Style.SOUND: "italic $mark",
    Style.LINK: "underline", Style.RED: "$wrong", Style.YELLOW: "$mark", Style.GREEN: "$right", Style.BLUE: "$primary",
    Style.PURPLE: "$accent",
}
NOTHING = Content("")
_CHUNK = 4_000
"""Characters that are wrapped at once."""
_TAB = 4
_HANG = 2
"""Cells by which the rest of a line that is too long is set in."""
_GRID = " -+|=─│┼├┤"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph to be laid out.

    ``first`` stands before its first line, ``indent`` cells before the others. ``note`` is set at the right end of
    the first line where it fits, else of the last, else on a line of its own. A block that does not wrap is broken
    only at the width.
    """

    content: Content
    first: Content = NOTHING
    indent: int = 0
    note: Content = NOTHING
    wraps: bool = True


EMPTY = Block(NOTHING)
"""An empty line."""


def blocks_of(text: CardText, *, style: str = "", lead: Content | None = None, indent: int = 0) -> list[Block]:
    """The paragraphs of a card's text. ``lead`` is set before the first word; ``style`` holds for all of it."""
    blocks: list[Block] = []
    for place, paragraph in enumerate(text):
        if place and not _are_close(text[place - 1], paragraph):
            blocks.append(EMPTY)
        content = content_of(paragraph)
        if style:
            content = content.stylize_before(style)
        if lead is not None and place == 0:
            content = lead + content
        hang = indent + paragraph.indent
        first = Content(" " * hang + paragraph.marker)
        blocks.append(Block(content, first, first.cell_length, wraps=not paragraph.preformatted))
    if lead is not None and not text:
        blocks.append(Block(lead, Content(" " * indent), indent))
    return blocks


def _are_close(before: Paragraph, after: Paragraph) -> bool:
    """Whether no empty line stands between two paragraphs: items of a list, lines of a table."""
    is_list = bool(after.marker) and bool(before.marker or before.indent)
    return is_list or (before.preformatted and after.preformatted)


def content_of(paragraph: Paragraph) -> Content:
    """One paragraph as content. Its text has been through ``visible`` where it was read."""
    return Content(paragraph.text, [Span(span.start, span.end, _STYLES[span.style]) for span in paragraph.spans])


def lines_of(blocks: Sequence[Block], width: int) -> Iterator[tuple[int, Content]]:
    """Each line with the place of its block. No line is wider than ``width`` cells."""
    for place, block in enumerate(blocks):
        for line in _block_lines(block, max(width, 8)):
            yield place, line


def _block_lines(block: Block, width: int) -> Iterator[Content]:
    indent = min(block.indent, width // 2)
    first = block.first if block.first.cell_length <= width // 2 else block.first.truncate(width // 2)
    room = width - max(indent, first.cell_length)
    held: Content | None = None
    is_first = is_noted = True
    for line in _wrapped(block, room):
        if held is not None:
            yield held
        prefix = first.pad_right(max(indent - first.cell_length, 0)) if is_first else Content(" " * indent)
        held = prefix + line
        if is_first and (is_noted := _fits(held, block.note, width)):
            held = _noted(held, block.note, width)
        is_first = False
    if held is None:
        return
    if is_noted or not block.note:
        yield held
    elif _fits(held, block.note, width):
        yield _noted(held, block.note, width)
    else:
        yield held
        yield Content(" " * indent) + block.note.truncate(room, ellipsis=True)


def _fits(line: Content, note: Content, width: int) -> bool:
    return line.cell_length + 2 + note.cell_length <= width


def _noted(line: Content, note: Content, width: int) -> Content:
    return line.pad_right(width - line.cell_length - note.cell_length) + note if note else line


def _wrapped(block: Block, room: int) -> Iterator[Content]:
    for chunk in _chunks(block.content):
        if block.wraps:
            yield from chunk.wrap(room)
        else:
            for line in chunk.split(allow_blank=True):
                yield from _folded(line.expand_tabs(_TAB), room)


def _folded(line: Content, room: int) -> Iterable[Content]:
    """A line of a table or of code; what does not fit goes on below, set in. A line of a table's grid is cut."""
    if line.cell_length <= room:
        return [line]
    if not line.plain.strip(_GRID):
        return [line.truncate(room)]
    first = line.wrap(room)[0]
    rest = line[len(first):]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()):]
    hang = Content(" " * _HANG)
    return [first, *(hang + part for part in rest.wrap(room - _HANG))]


def _chunks(content: Content) -> Iterator[Content]:
    """Content in pieces that end at a space or a new line where there is one."""
    text = content.plain
    start = 0
    while len(text) - start > _CHUNK:
        end = max(text.rfind(" ", start, start + _CHUNK), text.rfind("\n", start, start + _CHUNK))
        end = end if end > start else start + _CHUNK
        yield content[start:end]
        start = end + 1 if text[end] in " \n" else end
    yield content[start:] if start else content
