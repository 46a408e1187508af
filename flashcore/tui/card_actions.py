"""What a key does to the card or the note that is shown, besides rating it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flashcore.study.prompt import Prompt
from flashcore.tui.screen import FlashcoreScreen

if TYPE_CHECKING:
    from flashcore.study.session import Session


class CardActions(FlashcoreScreen[None]):
    """A screen that shows a card of a session. Each change can be undone."""

    def __init__(self, session: Session, prompt: Prompt) -> None:
        super().__init__()
        self.session, self.prompt = session, prompt

    async def show_next(self, message: str) -> None:
        """Shows the card that the session asks now."""
        raise NotImplementedError

    def redraw(self, prompt: Prompt | None, message: str) -> None:
        """Shows the same card on the same side, after a change to it."""
        raise NotImplementedError

    def action_bury_card(self) -> None:
        """Leaves the card for tomorrow."""
        self._set_aside(self.session.bury_card, "Buried until tomorrow. u = undo.")

    def action_bury_note(self) -> None:
        """Leaves all cards of the note for tomorrow."""
        self._set_aside(self.session.bury_note, "All cards of the note buried until tomorrow. u = undo.")

    def action_suspend_card(self) -> None:
        """Sets the card aside until told otherwise."""
        self._set_aside(self.session.suspend_card, "Suspended until told otherwise. u = undo.")

    def action_suspend_note(self) -> None:
        """Sets all cards of the note aside."""
        self._set_aside(self.session.suspend_note, "All cards of the note suspended. u = undo.")

    def _set_aside(self, change: Callable[[], object], message: str) -> None:
        async def step() -> None:
            await self.do(lambda _: change())
            await self.show_next(message)

        self.in_turn(step)

    def action_mark(self) -> None:
        """Gives the note the tag ``marked``, or takes it away."""
        async def step() -> None:
            prompt = await self.do(lambda _: self.session.toggle_mark())
            is_marked = prompt is not None and "marked" in (tag.lower() for tag in prompt.note.tags)
            self.redraw(prompt, "Marked." if is_marked else "Not marked.")

        self.in_turn(step)

    def action_info(self) -> None:
        """What is known of the card."""
        self.in_turn(partial(self.flashcore.show_card_info, self.prompt.card.id))
