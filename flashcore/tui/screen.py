"""What all screens share: their keys, the way to the collection, one piece of work after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.screen import Screen

from flashcore.errors import FlashcoreError
from flashcore.tui.keys import Key
from flashcore.tui.lines import Foot
from flashcore.tui.safe import one_line

if TYPE_CHECKING:
    from flashcore.study.collection import Collection
    from flashcore.tui.app import FlashcoreApp

Result = TypeVar("Result")
T = TypeVar("T")


class FlashcoreScreen(Screen[Result], Generic[Result]):
    """A screen whose keys stand in a table and whose last line is a ``Foot``."""

    KEYS: ClassVar[tuple[Key, ...]] = ()
    HELP_TITLE: ClassVar[str] = ""
    """The group of keys that help shows first."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = asyncio.Lock()

    @property
    def flashcore(self) -> FlashcoreApp:
        """The app, as what it is."""
        return cast("FlashcoreApp", self.app)

    async def do(self, work: Callable[[Collection], T]) -> T:
        """What ``work`` gives, done in the collection's thread."""
        return await self.flashcore.thread.do(work)

    def in_turn(self, step: Callable[[], Awaitable[None]]) -> None:
        """Runs ``step`` when all steps given before have ended, so that no key is lost and none counts twice."""
        self.run_worker(self._take_turn(step), name="turn")

    async def _take_turn(self, step: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            try:
                await step()
            except FlashcoreError as error:
                self.failed(error, step)

    def failed(self, error: FlashcoreError, step: Callable[[], Awaitable[None]]) -> None:
        """A step did not work: its sentence goes to the foot."""
        self.say_error(str(error))

    def say(self, message: str) -> None:
        """A sentence at the foot, in place of the last one; it may hold text of decks."""
        self.query_one(Foot).say(one_line(message, "$foreground"))

    def say_error(self, message: str) -> None:
        """A sentence of what went wrong."""
        self.query_one(Foot).say(one_line(message, "bold $wrong"))
