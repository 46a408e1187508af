"""The first run: four lines, each of which can be skipped."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from flashcore.tui.importing import import_path
from flashcore.tui.keys import ASKING, EVERYWHERE, Key, bindings
from flashcore.tui.lines import Foot, Rule, TwoEnds
from flashcore.tui.path_input import PathInput, typed_path
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.words import counted

_BUNDLED = "bundled:cardiovascular"
_QUESTIONS = (
    ("exam_on", "Exam date?", "year-month-day; enter: none"),
    ("minutes_per_day", "Minutes a day?", "a number; enter: as it comes"),
    ("deck", "Study the cardiovascular deck, or import yours?", "a path; enter: the cardiovascular deck"),
)
_HINT = "space shows the answer, 1-4 say how it went: 1 means you did not know it; hard is a pass."


class FirstRunScreen(FlashcoreScreen[str]):
    """Asks line by line; ends with a sentence for the home screen."""

    KEYS: ClassVar[tuple[Key, ...]] = (*ASKING, *EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ASKING)

    def __init__(self) -> None:
        super().__init__()
        self._step = 0

    def compose(self) -> ComposeResult:
        yield TwoEnds(id="head")
        yield Rule()
        with Vertical(id="questions"):
            for key, question, hint in _QUESTIONS:
                yield Static(Content(question).stylize("bold"), classes="question")
                line: Widget = (PathInput(id=key, placeholder=hint) if key == "deck"
                                else Input(id=key, placeholder=hint, compact=True))
                yield line
            yield Static(Content(_HINT), id="hint")
        yield Rule()
        yield Foot()

    def on_mount(self) -> None:
        """Starts at the first line."""
        self.query_one("#head", TwoEnds).show(Content("flashcore").stylize("bold"), Content("first run"))
        self.query_one(Foot).offer([("enter", "next", ""), ("esc", "skip all this", "screen.leave")])
        self._ask()

    def _ask(self) -> None:
        for place, (key, _, _) in enumerate(_QUESTIONS):
            line = self.query_one(f"#{key}", Input)
            line.disabled = place != self._step
        self.query_one(f"#{_QUESTIONS[self._step][0]}", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the line is stored, and the next one asked."""
        key, text = _QUESTIONS[self._step][0], event.value.strip()
        self.in_turn(lambda: self._store(key, text))

    async def _store(self, key: str, text: str) -> None:
        if key != _QUESTIONS[self._step][0]:
            return
        if key == "deck":
            await self._import(typed_path(text) if text else _BUNDLED)
            return
        if text:
            await self.do(lambda collection: collection.set_options(None, {key: text}))
        self.say("")
        self._step += 1
        self._ask()

    async def _import(self, path: str) -> None:
        self.say("Importing ...")
        imported = await import_path(self, path, lambda done, of: None)
        if imported.report.is_refused:
            problem = next((problem for file in imported.report.files for problem in file.problems), None)
            self.say_error(f"Refused, nothing was taken: {problem}")
            return
        self.dismiss(f"{counted(len(imported.new_card_ids), 'new card')}. space = begin.")

    def action_leave(self) -> None:
        """Skips what was not asked yet; home has it all."""
        self.in_turn(self._skip)

    async def _skip(self) -> None:
        self.dismiss("")
