"""The help screen: every key, the ones of the screen it was opened from first."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from flashcore.tui.keys import EVERYWHERE, HELP_GROUPS, READING, Key, bindings
from flashcore.tui.reading import ReadingScreen
from flashcore.tui.rendering import EMPTY, Block

_KEY_WIDTH = 8


class HelpScreen(ReadingScreen):
    """What each key does."""

    KEYS: ClassVar[tuple[Key, ...]] = (*READING, *EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = bindings(READING)
    TITLE_WORDS = "Keys"

    def __init__(self, first: str) -> None:
        super().__init__()
        self._first = first

    async def load(self) -> list[Block]:
        """The groups of keys, one after the other."""
        groups = sorted(HELP_GROUPS, key=lambda group: group[0] != self._first)
        blocks: list[Block] = []
        for title, keys in groups:
            blocks += [EMPTY] if blocks else []
            blocks.append(Block(Content(title).stylize("bold $mark")))
            for key in keys:
                if key.is_in_help:
                    first = Content(f" {key.shown}".ljust(_KEY_WIDTH)).stylize("bold")
                    blocks.append(Block(Content(key.does), first, _KEY_WIDTH))
        return blocks
