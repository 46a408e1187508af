"""Wires the app: the collection's thread, the themes, the palette, and which screen comes after which."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from flashcore.domain.query import Query, parse_query
from flashcore.errors import FlashcoreError
from flashcore.study.clock import Clock
from flashcore.tui import theme
from flashcore.tui.keys import EVERYWHERE, bindings
from flashcore.tui.palette import KeyCommands
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.worker import CollectionThread

if TYPE_CHECKING:
    from flashcore.study.collection import Collection
    from flashcore.study.prompt import Finished, Prompt
    from flashcore.study.session import Session
    from flashcore.tui.review import ReviewScreen

_LAST_RESORT_SECONDS = 5.0
"""After a signal to end, how long a terminal that takes no more output may hold the process up."""


@dataclass(frozen=True, slots=True)
class Start:
    """What to study at once; ``query`` None: the home screen."""

    query: str | Query | None = None
    is_cram: bool = False
    limit: int | None = None


class FlashcoreApp(App[None]):
    """The terminal app over one open collection."""

    CSS_PATH = "styles.tcss"
    TITLE = "flashcore"
    COMMANDS: ClassVar = {KeyCommands}
    BINDINGS: ClassVar[list[BindingType]] = bindings(EVERYWHERE)

    def __init__(self, thread: CollectionThread, clock: Clock, start: Start | None = None, *,
                 monotonic: Callable[[], float] = time.monotonic) -> None:
        is_plain = "NO_COLOR" in os.environ
        # With the terminal's own colours, NO_COLOR means no colour at all, instead of greys that may not fit it.
        super().__init__(ansi_color=True if is_plain else None)
        self.thread, self.clock, self.monotonic = thread, clock, monotonic
        self.unfinished_files: dict[int, tuple[Path, int]] = {}
        """By card: a deck file that was edited and refused, and the line of its first problem."""
        self.unfinished_texts: dict[int, Path] = {}
        """By card: a file with the text of a note that was edited and refused."""
        self._start = start or Start()
        for one in theme.THEMES:
            self.register_theme(one)
        wanted = theme.PLAIN if is_plain else theme.first_theme(os.environ)
        self.theme = wanted if wanted in self.available_themes else theme.DARK

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own style names, for a theme that does not have them."""
        return theme.FOREIGN_DEFAULTS

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's: the palette holds what the keys do."""
        return ()

    def on_mount(self) -> None:
        """Goes to the first screen."""
        self._watch_signals()
        begin = self._show_home() if self._start.query is None else self._start_studying()
        self.run_worker(begin, name="start")

    # which screen comes after which

    async def _show_home(self) -> None:
        from flashcore.tui.home import HomeScreen

        home = HomeScreen()
        await self.push_screen(home)
        if await self.thread.do(lambda collection: collection.is_first_run):
            from flashcore.tui.first_run import FirstRunScreen

            self.push_screen(FirstRunScreen(), home.greet)

    async def _start_studying(self) -> None:
        start = self._start
        session, prompt = await self._open_session(start.query or "", is_cram=start.is_cram, limit=start.limit)
        if prompt is not None:
            self._push_review(session, prompt)
            return
        from flashcore.tui.summary import SummaryScreen

        finished = await self.thread.do(lambda _: session.finished())
        self.push_screen(SummaryScreen(session, finished, "Nothing to study here now."), lambda _: self._back())

    async def study(self, screen: FlashcoreScreen[None], query: str | Query, *, is_cram: bool = False,
                    name: str = "") -> None:
        """Starts a session from a screen, or says there that nothing is due."""
        if self.screen is not screen:
            return  # the key was pressed twice, and the session of the first is there
        session, prompt = await self._open_session(query, is_cram=is_cram)
        if prompt is None:
            screen.say(f"Nothing is due in {name}." if name else "Nothing is due.")
        else:
            screen.say("")
            self._push_review(session, prompt)

    async def _open_session(self, query: str | Query, *, is_cram: bool = False,
                            limit: int | None = None) -> tuple[Session, Prompt | None]:
        def work(collection: Collection) -> tuple[Session, Prompt | None]:
            session = collection.review(query, is_cram=is_cram, limit=limit)
            return session, session.show()

        return await self.thread.do(work)

    def _push_review(self, session: Session, prompt: Prompt) -> None:
        from flashcore.tui.review import ReviewScreen

        self.push_screen(ReviewScreen(session, prompt), lambda _: self._back())

    def _back(self) -> None:
        """Where a session was started from the command line, its end is the end of the app."""
        if self._start.query is not None:
            self.exit(return_code=0)

    def show_summary(self, review: ReviewScreen, finished: Finished, message: str = "", *, cards_left: int = 0) -> None:
        """The summary over a review screen, which goes on where the learner wants more."""
        from flashcore.tui.summary import SummaryScreen

        self.push_screen(SummaryScreen(review.session, finished, message, cards_left=cards_left), review.after_summary)

    def show_import(self) -> None:
        """Asks for a deck file."""
        from flashcore.tui.import_screen import ImportScreen

        self.push_screen(ImportScreen())

    async def show_card_info(self, card_id: int) -> None:
        """What is known of a card."""
        from flashcore.tui.card_info import CardInfoScreen

        self.push_screen(CardInfoScreen(card_id))

    def action_show_help(self) -> None:
        """The keys, those of this screen first."""
        from flashcore.tui.help import HelpScreen

        if isinstance(self.screen, FlashcoreScreen) and not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen.HELP_TITLE))

    def action_change_colours(self) -> None:
        """Light or dark; without colours there is nothing to change."""
        if not self.no_color:
            self.theme = theme.DARK if self.theme == theme.LIGHT else theme.LIGHT

    # the end

    async def action_quit(self) -> None:
        """Leaves as soon as what was asked of the collection is done."""
        screen = self.screen
        if isinstance(screen, FlashcoreScreen):
            screen.in_turn(self._quit)
        else:
            await self._quit()

    async def _quit(self) -> None:
        self.exit(return_code=0)

    def action_help_quit(self) -> None:
        """Ctrl+C, where nothing is selected to be copied."""
        self.exit(return_code=130)

    def _watch_signals(self) -> None:
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self._end, number)

    def _end(self, number: signal.Signals) -> None:
        code = 128 + number
        last_resort = threading.Timer(_LAST_RESORT_SECONDS, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        """A fault ends the app; ``run_app`` tells it, without the values of variables that Textual would print."""
        self._close_messages_no_wait()

    @property
    def fault(self) -> Exception | None:
        """The error that nobody expected, once there is one."""
        fault = self._exception
        return fault.error if isinstance(fault, WorkerFailed) and isinstance(fault.error, Exception) else fault


def run_app(collection_path: Path | str, clock: Clock | Callable[[], datetime] | None = None,
            query: str | Query | None = None, is_cram: bool = False, limit: int | None = None) -> int:
    """Runs the app on a terminal until the learner leaves it; returns the exit code.

    ``query`` None starts at home; a query (empty: everything due) starts studying at once, ``is_cram`` without
    moving the schedule, at most ``limit`` cards.

    Raises:
        StoreError, QueryError, NotFoundError: before anything is drawn.
    """
    from flashcore.study.collection import Collection

    used = clock if isinstance(clock, Clock) else Clock() if clock is None else Clock(clock)
    start = Start(parse_query(query) if isinstance(query, str) else query, is_cram, limit)
    thread = CollectionThread(lambda: Collection.open(collection_path, clock=used))
    try:
        app = FlashcoreApp(thread, used, start)
        app.run()
    finally:
        thread.close()
    fault = app.fault
    if isinstance(fault, FlashcoreError):
        raise fault
    if fault is not None:
        from flashcore.tui.crash import tell_crash

        tell_crash(fault, used.now())
        return 1
    return app.return_code or 0
