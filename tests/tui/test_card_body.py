from __future__ import annotations

from stage import settle
from textual.app import App, ComposeResult
from textual.content import Content

from flashcore.tui.card_body import CardBody
from flashcore.tui.rendering import EMPTY, Block


class BodyApp(App[None]):
    """Nothing but the text of a card."""

    hints: list[bool]

    def compose(self) -> ComposeResult:
        self.hints = []
        yield CardBody()

    def on_card_body_scrolled(self, event: CardBody.Scrolled) -> None:
        self.hints.append(event.has_more)

    @property
    def body(self) -> CardBody:
        return self.query_one(CardBody)

    def top(self) -> str:
        """The first line of the window."""
        return self.screen._compositor.render_strips()[0].text.strip().rstrip("▁▂▃▄▅▆▇█ ")


def numbered(count: int) -> list[Block]:
    return [Block(Content(f"line {number}")) for number in range(count)]


async def test_a_short_card_does_not_scroll_and_promises_nothing_below() -> None:
    app = BodyApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.body.show(numbered(3), from_block=2)
        await settle(pilot)
        assert app.top() == "line 0"
        assert app.hints[-1] is False


async def test_a_long_card_tells_that_more_is_below_until_the_end_is_seen() -> None:
    app = BodyApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.body.show(numbered(200))
        await settle(pilot)
        assert app.body.has_more
        assert app.hints[-1] is True
        app.body.scroll_lines(1)
        await settle(pilot)
        assert app.top() == "line 1"
        app.body.scroll_pages(1)
        await settle(pilot)
        assert app.top() == "line 10"
        app.body.scroll_to_edge(bottom=True)
        await settle(pilot)
        assert app.top() == "line 190"
        assert app.hints[-1] is False
        app.body.scroll_to_edge(bottom=False)
        await settle(pilot)
        assert app.top() == "line 0"


async def test_the_answer_comes_into_view_no_further_than_needed() -> None:
    app = BodyApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.body.show(numbered(12), from_block=6)
        await settle(pilot)
        assert app.top() == "line 2"
        app.body.show(numbered(30), from_block=6)
        await settle(pilot)
        assert app.top() == "line 6"
        app.body.show(numbered(3000), from_block=2900)
        await settle(pilot)
        assert app.top() == "line 2900"


async def test_a_changed_width_keeps_the_paragraph_at_the_top() -> None:
    app = BodyApp()
    async with app.run_test(size=(40, 10)) as pilot:
        words = " ".join(["word"] * 40)
        app.body.show([block for number in range(30)
                       for block in (Block(Content(f"start {number} {words}")), EMPTY)])
        await pilot.pause()
        app.body.scroll_lines(next(number for number, line in enumerate(app.body._lines) if "start 4 " in line.plain))
        await settle(pilot)
        for size in ((80, 10), (23, 12), (40, 10)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert app.top().startswith("start 4 "), size


async def test_only_lines_near_the_window_are_laid_out() -> None:
    app = BodyApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.body.show(numbered(10_000))
        await pilot.pause()
        assert app.body.virtual_size.height < 100
