"""Draw the pictures of the README anew: ``python docs/pictures.py``. The bundled deck, a clock that stands still."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flashcore.domain.review import Rating
from flashcore.study.clock import Clock
from flashcore.study.collection import Collection
from flashcore.tui.app import FlashcoreApp, Start
from flashcore.tui.worker import CollectionThread

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLOCK = Clock(lambda: NOW, UTC)
WRONG = "a wrong letter"
PICTURES = {
    "home": (None, ()),
    "question": ("depth:recall", ()),
    "answer": ("depth:mechanism", ("space",)),
    "vignette": ("depth:application", (WRONG, "enter")),
}


def fill(path: Path) -> None:
    """The bundled deck with a week of study behind it."""
    moment = NOW - timedelta(days=6)
    with Collection.open(path, clock=Clock(lambda: moment, UTC)) as collection:
        collection.import_paths(["bundled"])
        collection.set_options(None, {"exam_on": "2027-02-21", "minutes_per_day": "60"})
        for day in range(6):
            moment = NOW - timedelta(days=6 - day)
            session = collection.review(limit=12)
            for number in range(30):
                if session.show() is None:
                    break
                session.answer(Rating.AGAIN if number % 7 == 3 else Rating.GOOD, 9_000)
                moment += timedelta(seconds=45)


async def draw(path: Path) -> None:
    """Each picture from an app of its own."""
    for name, (query, keys) in PICTURES.items():
        thread = CollectionThread(lambda: Collection.open(path, clock=CLOCK))
        app = FlashcoreApp(thread, CLOCK, Start(query, False), monotonic=lambda: 0.0)
        async with app.run_test(size=(80, 24)) as pilot:
            for key in ("", *keys):
                if key == WRONG:
                    options = app.screen.prompt.face.options
                    key = next(option.letter.lower() for option in options if not option.is_right)
                if key:
                    await pilot.press(key)
                await pilot.app.workers.wait_for_complete()
                await pilot.pause(0.3)
            (HERE / f"{name}.svg").write_text(app.export_screenshot(title="flashcore"), encoding="utf-8")
        with suppress(RuntimeError):  # the app closed it
            thread.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "pictures.db")
        asyncio.run(draw(Path(folder) / "pictures.db"))
