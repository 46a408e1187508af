from __future__ import annotations

from pathlib import Path

import pytest
from stage import RunApp, screen_text

from flashcore.study.collection import Collection
from flashcore.tui.first_run import FirstRunScreen
from flashcore.tui.home import HomeScreen
from flashcore.tui.review import ReviewScreen

Cards = dict[str, tuple[int, ...]]


async def test_the_first_run_asks_four_lines_and_ends_with_something_to_study(run_app: RunApp, path: Path) -> None:
    async with run_app() as (app, press):
        assert isinstance(app.screen, FirstRunScreen)
        shown = screen_text(app)
        for words in ("Exam date?", "Minutes a day?", "Study the cardiovascular deck, or import yours?",
                      "space shows the answer, 1-4 say how it went: 1 means you did not know it;"):
            assert words in shown
        await press(*"2027-02-21".replace("-", "_").replace("_", "-"), "enter")
        await press("4", "5", "enter", "enter")
        assert isinstance(app.screen, HomeScreen)
        shown = screen_text(app)
        assert "new cards. space = begin." in shown
        assert "exam in 90 days" in shown
        await press("space")
        assert isinstance(app.screen, ReviewScreen)
    with Collection.open_for_reading(path) as collection:
        options = collection.options()
        assert str(options["exam_on"].value) == "2027-02-21"
        assert options["minutes_per_day"].value == 45
        assert not collection.is_first_run


async def test_a_date_that_is_none_is_asked_again(run_app: RunApp, path: Path) -> None:
    async with run_app() as (app, press):
        await press("s", "o", "o", "n", "enter")
        assert isinstance(app.screen, FirstRunScreen)
        assert "exam_on" in screen_text(app) or "date" in screen_text(app).splitlines()[-1]
        assert app.focused is not None
        assert app.focused.id == "exam_on"


async def test_an_own_deck_is_imported_by_its_path(run_app: RunApp, path: Path, tmp_path: Path) -> None:
    deck = tmp_path / "my deck.md"
    deck.write_text("Q: One?\nA: Yes\n")
    async with run_app() as (app, press):
        await press("enter", "enter")
        app.screen.query_one("#deck").value = str(deck)  # type: ignore[attr-defined]
        await press("enter")
        assert "1 new card. space = begin." in screen_text(app)


@pytest.mark.parametrize("text", ["A: answer without question\n", None])
async def test_a_deck_that_cannot_be_taken_is_asked_again(run_app: RunApp, path: Path, tmp_path: Path,
                                                          text: str | None) -> None:
    deck = tmp_path / "deck.md"
    if text is not None:
        deck.write_text(text)
    async with run_app() as (app, press):
        await press("enter", "enter")
        app.screen.query_one("#deck").value = str(deck)  # type: ignore[attr-defined]
        await press("enter")
        assert isinstance(app.screen, FirstRunScreen)
        assert "deck.md" in screen_text(app) or "line 1" in screen_text(app)


async def test_escape_skips_it_and_it_is_asked_again_only_while_there_is_nothing(run_app: RunApp, path: Path) -> None:
    async with run_app() as (app, press):
        await press("escape")
        assert isinstance(app.screen, HomeScreen)
    async with run_app() as (app, _):
        assert isinstance(app.screen, FirstRunScreen)


async def test_a_collection_with_cards_has_no_first_run(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, _):
        assert isinstance(app.screen, HomeScreen)


async def test_a_question_mark_in_a_line_is_text(run_app: RunApp, path: Path) -> None:
    async with run_app() as (app, press):
        await press("question_mark", "q")
        assert isinstance(app.screen, FirstRunScreen)
        assert app.screen.query_one("#exam_on").value == "?q"  # type: ignore[attr-defined]
