"""The quiet furniture of every screen: a line with two ends, a rule, the foot with keys or a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.style import Style
from textual.widget import Widget

from flashcore.tui.safe import shortened

if TYPE_CHECKING:
    from textual.visual import Visual

    from flashcore.tui.keys import Key


def two_ends(left: Content, right: Content, width: int) -> Content:
    """``left`` and ``right`` at the two ends of a line; the left end is kept whole as long as it can be."""
    left = shortened(left, width)
    room = width - left.cell_length - 2
    if not right or room < 4:
        return left
    right = shortened(right, room)
    return left.pad_right(width - left.cell_length - right.cell_length) + right


class TwoEnds(Widget):
    """One line: what stands left and what stands right."""

    DEFAULT_CSS = "TwoEnds { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ends = Content(""), Content("")

    def show(self, left: Content, right: Content | None = None) -> None:
        """Replaces both ends."""
        self._ends = left, right or Content("")
        self.refresh()

    def render(self) -> Visual:
        return two_ends(*self._ends, self.content_size.width)


class Rule(Widget):
    """A line across the screen, with a word at its right end where there is something to say."""

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; color: $rule; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.word = ""

    def say(self, word: str) -> None:
        """Shows ``word`` in the line; nothing when it is empty."""
        if word != self.word:
            self.word = word
            self.refresh()

    def render(self) -> Visual:
        width = self.content_size.width
        if not self.word or width < len(self.word) + 6:
            return Content("─" * width)
        return Content.assemble("─" * (width - len(self.word) - 4), (f" {self.word} ", "$quiet"), "──")


Hint = tuple[str, str, str]
"""A key at the foot: how it is written, its word, and the action that a click on it runs."""


def hints(table: Iterable[Key], *actions: str) -> list[Hint]:
    """The keys of a table with these actions, in this order."""
    by_action = {key.action: key for key in table}
    found = [by_action[action] for action in actions if action in by_action]
    return [(key.shown, key.short or key.does, key.action if "." in key.action else f"screen.{key.action}")
            for key in found]


class Foot(Widget):
    """The last line: a message if there is one, and as many keys as fit, the first ones first, the last two always.

    A message that is longer than the line takes up to four lines, so that no error is cut short.
    """

    DEFAULT_CSS = "Foot { height: auto; width: 1fr; color: $quiet; }"
    _MOST_LINES = 4
    _LEAST_ROOM = 24
    """Cells that keys need beside a message; with fewer they stand below it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: list[Hint] = []
        self.message = Content("")

    def offer(self, hints: Sequence[Hint]) -> None:
        """Replaces the keys."""
        self._hints = list(hints)
        self.refresh()

    def say(self, message: Content) -> None:
        """Replaces the message; empty takes it away."""
        self.message = message
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Visual:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        if not self.message:
            return [self._keys(width)]
        *lines, last = self.message.wrap(max(width, 1))[:self._MOST_LINES]
        room = width - last.cell_length - 3
        if room >= self._LEAST_ROOM:
            return [*lines, two_ends(last, self._keys(room), width)]
        return [*lines, last, self._keys(width)]

    def _keys(self, width: int) -> Content:
        """The keys that fit into so many cells: from the front, but the last two (help and leaving) before all."""
        order = [*range(len(self._hints))[-2:], *range(len(self._hints))[:-2]]
        kept: list[int] = []
        used = -2
        for place in order:
            size = len(self._hints[place][0]) + len(self._hints[place][1]) + 3
            if used + size <= width:
                kept.append(place)
                used += size
        parts: list[Content] = []
        for place in sorted(kept):
            shown, word, action = self._hints[place]
            part = Content.assemble((shown, "bold $foreground"), f" {word}")
            parts.append(part.stylize(Style.from_meta({"@click": action})) if action else part)
        return Content("  ").join(parts)
