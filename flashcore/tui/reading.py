"""A screen to read and scroll: help and card info."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content

from flashcore.tui.card_body import CardBody
from flashcore.tui.lines import Foot, Rule, TwoEnds, hints
from flashcore.tui.rendering import Block
from flashcore.tui.screen import FlashcoreScreen


class ReadingScreen(FlashcoreScreen[None]):
    """Shows the blocks that ``load`` gives."""

    TITLE_WORDS: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        yield CardBody()
        yield Rule(id="edge")
        yield Foot()

    async def load(self) -> list[Block]:
        """What there is to read."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Loads the text."""
        self.query_one("#head", TwoEnds).show(Content(self.TITLE_WORDS).stylize("bold"))
        self.query_one(Foot).offer(hints(self.KEYS, "scroll_lines(1)", "leave"))
        self.call_after_refresh(self.in_turn, self._show)

    async def _show(self) -> None:
        self.query_one(CardBody).show(await self.load())

    def on_card_body_scrolled(self, event: CardBody.Scrolled) -> None:
        """Tells at the lower rule whether the text goes on."""
        self.query_one("#edge", Rule).say("more below: j" if event.has_more else "")

    def action_scroll_lines(self, count: int) -> None:
        """Scrolls by lines."""
        self.query_one(CardBody).scroll_lines(count)

    def action_scroll_pages(self, count: int) -> None:
        """Scrolls by windows."""
        self.query_one(CardBody).scroll_pages(count)

    def action_scroll_to_end(self, bottom: bool) -> None:
        """Scrolls to the first or the last line."""
        self.query_one(CardBody).scroll_to_edge(bottom=bottom)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss()
