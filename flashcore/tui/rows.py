"""A list with a highlighted line, and columns of numbers for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.content import Content
from textual.style import Style
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from flashcore.tui.safe import shortened

T = TypeVar("T")


class Rows(OptionList):
    """Lines made of ``Content``; the highlight stays where it was when they are replaced."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(markup=False, id=id, compact=True)

    def show(self, lines: Sequence[Content]) -> None:
        """Replaces the lines."""
        place = self.highlighted
        self.clear_options()
        self.add_options([Option(line) for line in lines])
        self.highlighted = min(place or 0, len(lines) - 1) if lines else None

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """Without colours the highlighted line is reversed, which Textual's styles of lists cannot say."""
        style = super().get_visual_style(*component_classes, partial=partial)
        is_highlighted = "option-list--option-highlighted" in component_classes
        return style + Style(reverse=True) if is_highlighted and self.app.no_color else style

    def move(self, count: int) -> None:
        """Moves the highlight, and stops at both ends."""
        if self.option_count:
            self.highlighted = min(max((self.highlighted or 0) + count, 0), self.option_count - 1)


def columns(name: Content, numbers: Sequence[str], widths: Sequence[int], name_width: int) -> Content:
    """A name, cut where it must be, and numbers under one another."""
    name = shortened(name, name_width)
    name = name.pad_right(name_width - name.cell_length)
    return name + "".join(number.rjust(width) for number, width in zip(numbers, widths, strict=True))
