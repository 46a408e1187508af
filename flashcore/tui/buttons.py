"""The four ratings with their intervals; before the reveal, in the same place, what shows the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from flashcore.domain.review import Rating

if TYPE_CHECKING:
    from textual.visual import Visual

_ONE_LINE_WIDTH = 64
"""From here on digit, word and interval stand on one line; below, the interval stands under the word."""


class RatingButtons(Widget):
    """Drawn as text, so that no button ever takes the focus from the keys. A click on one is its key."""

    DEFAULT_CSS = """
    RatingButtons { height: 1; width: 1fr; }
    RatingButtons.-tall { height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._labels: Mapping[Rating, str] = {}
        self._usual: Rating | None = None
        self._letters = self._chosen = ""
        self._is_typed = False

    def show_reveal(self, letters: str, chosen: str, *, is_typed: bool = False) -> None:
        """The question side: what space does. ``letters`` are a vignette's (``A to E``), ``chosen`` one of them.

        ``is_typed`` tells that the keys are the text of an answer, so that only enter shows it.
        """
        self._labels, self._usual = {}, None
        self._letters, self._chosen, self._is_typed = letters, chosen, is_typed
        self._fit()

    def show_ratings(self, labels: Mapping[Rating, str], usual: Rating) -> None:
        """The answer side: each rating with its interval, which is empty where nothing is scheduled."""
        self._labels, self._usual = labels, usual
        self._fit()

    def _fit(self) -> None:
        # The question side is as tall as the answer side, so that the card does not move when it is turned.
        self.set_class(self.content_size.width < _ONE_LINE_WIDTH, "-tall")
        self.refresh()

    def on_resize(self) -> None:
        """Changes between one line and two."""
        self._fit()

    def render(self) -> Visual:
        width = self.content_size.width
        if not self._labels:
            return self._reveal(is_short=width < _ONE_LINE_WIDTH).truncate(max(width, 1), ellipsis=True)
        is_tall = width < _ONE_LINE_WIDTH
        words = Content.assemble(*(self._cell(rating, width, is_tall=is_tall) for rating in Rating))
        if not is_tall or not any(self._labels.values()):
            return words
        return words + "\n" + Content.assemble(*(self._under(rating, width) for rating in Rating))

    def _reveal(self, *, is_short: bool) -> Content:
        key = "bold $mark"
        letters = self._letters.replace(" to ", "-")
        if self._is_typed:
            shown = Content.assemble(("enter", key), "  show the answer", "" if is_short else " beside yours")
        elif self._chosen:
            shown = Content.assemble(("enter", key), f"  answer {self._chosen}")
        elif letters and is_short:
            shown = Content.assemble((letters.lower(), key), " choose  ", ("space", key), " show without")
        elif letters:
            shown = Content.assemble((letters.lower(), key), "  choose    ", (letters, key), "  strike out    ",
                                     ("space", key), "  show without answering")
        else:
            shown = Content.assemble(("space", key), "  show the answer")
        return shown.stylize(Style.from_meta({"@click": "screen.go_on"}))

    def _cell(self, rating: Rating, width: int, *, is_tall: bool) -> Content:
        name = rating.name.capitalize()
        text = Content.assemble((f" {rating:d} ", "bold"), f"{name} ")
        if not is_tall and self._labels[rating]:
            text += Content.assemble((f"{self._labels[rating]} ", "" if rating is self._usual else "$quiet"))
        return self._placed(rating, text, width)

    def _under(self, rating: Rating, width: int) -> Content:
        return self._placed(rating, Content(f"   {self._labels[rating]} "), width)

    def _placed(self, rating: Rating, text: Content, width: int) -> Content:
        """The cell of a rating: the usual one stands out, each is as wide as the others."""
        size = width // len(Rating)
        text = text.truncate(size).pad_right(max(size - text.cell_length - 1, 0))
        if rating is self._usual:
            text = text.stylize("bold $block-cursor-foreground on $block-cursor-background"
                                + (" reverse" if self.app.no_color else ""))
        link = Style.from_meta({"@click": f"screen.digit({rating:d})"})
        return text.stylize(link).pad_right(max(size - text.cell_length, 0))
