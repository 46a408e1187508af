"""The part of the screen that a card's text stands in: it scrolls, and keeps its place when the window changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

from flashcore.tui.rendering import Block, lines_of

_PAGES_AHEAD = 3
_WIDEST = 100
"""Cells of a line of text; longer ones are hard to read, however wide the window is."""


class CardBody(VerticalScroll, can_focus=False):
    """Shows blocks, laying out no more lines than are near the window."""

    DEFAULT_CSS = """
    CardBody { height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    CardBody > Static { width: 1fr; height: auto; text-wrap: nowrap; text-overflow: clip; }
    """

    class Scrolled(Message):
        """What is seen of the card changed; ``has_more`` tells whether something stands below."""

        def __init__(self, has_more: bool) -> None:
            super().__init__()
            self.has_more = has_more

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks: Sequence[Block] = ()
        self._width = 0
        self._source: Iterator[tuple[int, Content]] = iter(())
        self._lines: list[Content] = []
        self._block_of_line: list[int] = []
        self._is_complete = True
        self._text = Static(Content(""))

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, blocks: Sequence[Block], *, from_block: int = 0, keep_place: bool = False) -> None:
        """Replaces the text. It is scrolled so that ``from_block`` and what follows can be seen, as far as needed."""
        offset = self.scroll_offset.y
        self._blocks = blocks
        self._lay_out(offset if keep_place else 0)
        if keep_place:
            self._go_to(offset)
            return
        if not from_block:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.call_after_refresh(self._reveal, from_block)

    def _lay_out(self, at_least: int) -> None:
        self._width = self._room()
        self._source = lines_of(self._blocks, self._width)
        self._lines, self._block_of_line, self._is_complete = [], [], False
        self._extend(at_least)

    def _room(self) -> int:
        """Cells for text; the column of the scroll bar is always kept free, so that nothing moves when it comes."""
        return min(max(self.scrollable_content_region.width, 8), _WIDEST)

    def _extend(self, seen: int) -> None:
        """Lays out some pages more than what is seen when ``seen`` lines stand above the window."""
        wanted = seen + self.size.height * (1 + _PAGES_AHEAD)
        if self._is_complete or len(self._lines) >= wanted - self.size.height:
            return
        for place, line in self._source:
            self._lines.append(line)
            self._block_of_line.append(place)
            if len(self._lines) >= wanted:
                break
        else:
            self._is_complete = True
        self._text.update(Content("\n").join(self._lines))

    def _reveal(self, block: int) -> None:
        """Scrolls down no further than is needed for the end to be seen, and never past the start of ``block``."""
        while block and not self._is_complete and (not self._block_of_line or self._block_of_line[-1] < block):
            self._extend(len(self._lines))
        start = next((line for line, place in enumerate(self._block_of_line) if place >= block), 0)
        self._extend(start)
        overflow = max(len(self._lines) - self.size.height, 0)
        self._go_now(min(start, overflow) if block else 0)

    def _go_to(self, line: int) -> None:
        self.call_after_refresh(self._go_now, line)

    def _go_now(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True)
        self._tell()

    def scroll_lines(self, count: int) -> None:
        """Moves by lines, down where ``count`` is positive."""
        self._extend(self.scroll_offset.y + max(count, 0))
        self._go_to(max(self.scroll_offset.y + count, 0))

    def scroll_pages(self, count: int) -> None:
        """Moves by windows, less one line."""
        self.scroll_lines(count * max(self.size.height - 1, 1))

    def scroll_to_edge(self, *, bottom: bool) -> None:
        """Moves to the first or the last line."""
        while bottom and not self._is_complete:
            self._extend(len(self._lines) * 2)
        self._go_to(len(self._lines) if bottom else 0)

    @property
    def has_more(self) -> bool:
        """Whether text stands below the window."""
        return not self._is_complete or self.scroll_offset.y + self.size.height < len(self._lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._extend(int(new_value))
        self._tell()

    def _tell(self) -> None:
        self.post_message(self.Scrolled(self.has_more))

    def on_resize(self, _event: Resize) -> None:
        """Lays the text out anew where the width changed; the first line seen stays in its paragraph."""
        if self._room() == self._width:
            self._extend(self.scroll_offset.y)
            self._tell()
            return
        top = self.scroll_offset.y
        block, into = self._place_of(top)
        self._lay_out(top)
        while not self._is_complete and (not self._block_of_line or self._block_of_line[-1] <= block):
            self._extend(len(self._lines))
        starts = [line for line, place in enumerate(self._block_of_line) if place == block]
        self._go_to(0 if top == 0 else starts[min(into, len(starts) - 1)] if starts else 0)

    def _place_of(self, line: int) -> tuple[int, int]:
        """The block of a line, and how many lines of it stand above."""
        if not 0 <= line < len(self._block_of_line):
            return 0, 0
        block = self._block_of_line[line]
        return block, line - self._block_of_line.index(block)
