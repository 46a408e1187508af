"""The sample collection and the app over it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from stage import Keys, MakeApp, RunApp, StillClock, fill, settle

from flashcore.study.collection import Collection
from flashcore.tui.app import FlashcoreApp, Start
from flashcore.tui.worker import CollectionThread


@pytest.fixture
def still() -> StillClock:
    return StillClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collection.db"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[int, ...]]]:
    """A collection of the sample notes to be copied, and their card ids."""
    path = tmp_path_factory.mktemp("filled") / "collection.db"
    with Collection.open(path, clock=StillClock(numbers=count(1)).clock()) as collection:
        return path, fill(collection)


@pytest.fixture
def cards(path: Path, filled: tuple[Path, dict[str, tuple[int, ...]]]) -> dict[str, tuple[int, ...]]:
    """The sample notes in the collection at ``path``, all of them new."""
    shutil.copy(filled[0], path)
    return filled[1]


@pytest.fixture
def make_app(path: Path, still: StillClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApp]:
    """Makes the app over the collection at ``path``; it is closed after the test."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    threads: list[CollectionThread] = []

    def make(query: str | None = None, *, is_cram: bool = False, seconds: Callable[[], float] = lambda: 0.0
             ) -> FlashcoreApp:
        thread = CollectionThread(lambda: Collection.open(path, clock=still.clock()))
        threads.append(thread)
        return FlashcoreApp(thread, still.clock(), Start(query, is_cram), monotonic=seconds)

    yield make
    for thread in threads:
        with suppress(RuntimeError):  # closed by the test
            thread.close()


@pytest.fixture
def run_app(make_app: MakeApp) -> RunApp:
    """Runs the app without a terminal: ``async with run_app("query") as (app, press)``."""

    @asynccontextmanager
    async def run(query: str | None = None, *, size: tuple[int, int] = (80, 24), **how: object
                  ) -> AsyncIterator[tuple[FlashcoreApp, Keys]]:
        app = make_app(query, **how)
        try:
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                yield app, Keys(pilot)
        finally:
            app.thread.close()

    return run
