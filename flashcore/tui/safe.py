"""The only way for text from decks, files and people into a widget: made visible, and never read as markup."""

from __future__ import annotations

from textual.content import Content

from flashcore.domain.visible import visible


def one_line(text: str, style: str = "") -> Content:
    """A name, tag, path or sentence on one line; runs of white space become one space."""
    return Content.styled(line_text(text), style) if style else Content(line_text(text))


def line_text(text: str) -> str:
    """The text of ``one_line``."""
    return visible(" ".join(text.split()), keep="")


def block(text: str) -> Content:
    """Text of several lines, such as the problems of a deck file."""
    return Content(visible(text).expandtabs(4))


def shortened(content: Content, width: int) -> Content:
    """``content`` cut to so many cells, with an ellipsis where something is missing."""
    return content if content.cell_length <= width else content.truncate(max(width, 1), ellipsis=True)
