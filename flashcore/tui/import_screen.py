"""The import screen: a path in, a counted report out."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from flashcore.tui.card_body import CardBody
from flashcore.tui.importing import Imported, import_path, report_blocks
from flashcore.tui.keys import ASKING, EVERYWHERE, Key, bindings
from flashcore.tui.lines import Foot, Rule, TwoEnds, hints
from flashcore.tui.path_input import PathInput, typed_path
from flashcore.tui.rendering import EMPTY, Block
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.words import counted

_HINTS = (
    ("a file", "~/decks/cardio.md: plain-text cards, also of hashcards and repeater"),
    ("a folder", "every .md file in it; what left a file is suspended, never deleted"),
    ("bundled", "the decks that come with flashcore"),
)


class ImportScreen(FlashcoreScreen[None]):
    """Importing again is safe: notes are known again, and learning is never touched."""

    KEYS: ClassVar[tuple[Key, ...]] = (*ASKING, *EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ASKING),
        Binding("tab", "complete", "complete the path", show=False, priority=True),
        Binding("y,enter", "decide(True)", show=False),
        Binding("n", "decide(False)", show=False),
        Binding("pagedown", "scroll_pages(1)", show=False),
        Binding("pageup", "scroll_pages(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._asked: Imported | None = None

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        with Horizontal(classes="line"):
            yield Static(Content("Path  ").stylize("bold"), classes="label")
            yield PathInput(id="path", placeholder="a file, a folder, or bundled")
        yield CardBody()
        yield Rule(id="edge")
        yield Foot()

    def on_mount(self) -> None:
        """Says what can be typed."""
        self.query_one("#head", TwoEnds).show(Content("Import").stylize("bold"))
        self.query_one(Foot).offer([("enter", "import", "screen.submit"), ("tab", "complete", "screen.complete"),
                                    *hints(ASKING, "leave")])
        lines = [Block(Content(text), Content(f"{label:<10}").stylize("bold"), 10) for label, text in _HINTS]
        self.call_after_refresh(self.query_one(CardBody).show, [EMPTY, *lines])
        self.query_one(PathInput).focus()

    def on_card_body_scrolled(self, event: CardBody.Scrolled) -> None:
        """Tells at the lower rule whether the report goes on."""
        self.query_one("#edge", Rule).say("more below: page down" if event.has_more else "")

    def action_complete(self) -> None:
        """Takes the completion that is shown."""
        self.query_one(PathInput).action_cursor_right()

    def action_submit(self) -> None:
        """Imports what stands in the line."""
        path = self.query_one(PathInput).value
        if path.strip():
            self.in_turn(lambda: self._import(path))

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Enter."""
        self.action_submit()

    async def _import(self, text: str) -> None:
        self.say("Importing ...")
        path = text.strip() if text.strip().startswith("bundled") else typed_path(text)
        imported = await import_path(self, path, self._tell)
        self.query_one(CardBody).show([EMPTY, *report_blocks(imported.report)])
        if imported.is_large:
            self._asked = imported
            self.query_one(PathInput).disabled = True
            self.say(imported.question)
            return
        self.query_one(PathInput).value = ""
        self.say("Refused: see above." if imported.report.is_refused else "Imported.")

    def _tell(self, done: int, of: int) -> None:
        if of > 1 and done < of:
            self.say(f"Importing {done:,} of {counted(of, 'file')} ...")

    # the question after a large import

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Yes and no are keys only while they are asked for."""
        return self._asked is not None if action == "decide" else True

    def action_decide(self, suspends: bool) -> None:
        """Sets the new cards of a large import aside, or lets them come."""
        self.in_turn(lambda: self._decide(suspends=suspends))

    async def _decide(self, *, suspends: bool) -> None:
        asked, self._asked = self._asked, None
        line = self.query_one(PathInput)
        line.disabled, line.value = False, ""
        line.focus()
        if asked is None or not suspends:
            self.say("Imported.")
            return
        count = await self.do(lambda collection: collection.suspend(asked.new_card_ids))
        self.say(f"Suspended {count:,}; for example: flashcore unsuspend --where 'system:renal'. u on home = undo.")

    def action_scroll_pages(self, count: int) -> None:
        """Scrolls the report."""
        self.query_one(CardBody).scroll_pages(count)

    def action_leave(self) -> None:
        """Back home."""
        self.in_turn(self._leave)

    async def _leave(self) -> None:
        self.dismiss()
