from __future__ import annotations

from pathlib import Path

from stage import RunApp, log_of, screen_text

from flashcore.tui.home import HomeScreen
from flashcore.tui.review import ReviewScreen
from flashcore.tui.summary import SummaryScreen

Cards = dict[str, tuple[int, ...]]


async def test_the_summary_counts_answers_systems_and_what_was_missed(run_app: RunApp, cards: Cards) -> None:
    seconds = [0.0]
    async with run_app("Why or SIADH or lung", seconds=lambda: seconds[0]) as (app, press):
        for key in ("1", "4", "4", "4", "4", "4"):
            if not isinstance(app.screen, ReviewScreen):
                break
            await press("space")
            seconds[0] += 61
            await press(key)
        shown = screen_text(app)
    assert "Session finished" in shown
    assert "1 missed" in shown
    assert "minutes" in shown
    assert "cardiovascular" in shown
    assert "MISSED" in shown
    assert "tomorrow" in shown


async def test_stopping_in_the_middle_says_how_many_are_left(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("space", "space", "1", "q")
        shown = screen_text(app)
        assert "Session stopped" in shown
        assert "cards left" in shown
        await press("q")
        assert isinstance(app.screen, HomeScreen)


async def test_undo_on_the_summary_goes_back_to_the_card(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "4")
        assert isinstance(app.screen, SummaryScreen)
        await press("u")
        assert isinstance(app.screen, ReviewScreen)
        shown = screen_text(app)
        assert "Why does lying flat" in shown
        assert "Undone: the answer Easy" in shown
        await press("space", "2")
    assert [rating for _, rating, _, _ in log_of(path)] == ["hard"]


async def test_x_shows_the_missed_ones_again_without_moving_the_schedule(
        run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "1", "q", "x")
        assert isinstance(app.screen, ReviewScreen)
        shown = screen_text(app)
        assert "no schedule" in shown
        assert "These answers move no schedule." in shown
        await press("space", "3")
        assert isinstance(app.screen, SummaryScreen)
        await press("q")
    assert [(rating, kind) for _, rating, kind, _ in log_of(path)] == [("again", "scheduled"), ("good", "cram")]
    assert app.return_code == 0


async def test_without_a_missed_card_x_and_e_are_no_keys(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "4", "x", "e")
        assert isinstance(app.screen, SummaryScreen)
        shown = screen_text(app)
    assert "none missed" in shown
    assert "missed again" not in shown
