from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from stage import RunApp, StillClock, log_of, screen_text, settle, study

from flashcore.study.collection import Collection
from flashcore.tui.home import HomeScreen
from flashcore.tui.import_screen import ImportScreen
from flashcore.tui.review import ReviewScreen

Cards = dict[str, tuple[int, ...]]


async def test_home_shows_today_tomorrow_exam_and_minutes(run_app: RunApp, cards: Cards, path: Path,
                                                          still: StillClock) -> None:
    study(path, still, {cards["why"][0]: "easy"}, days_ago=30)
    with Collection.open(path, clock=still.clock()) as collection:
        collection.set_options(None, {"exam_on": "2027-02-21", "minutes_per_day": "60"})
    async with run_app() as (app, _):
        shown = screen_text(app)
    for words in ("Mon 23 Nov   exam in 90 days", "1 due · 0 learning · 4 new", "of your 60 minutes", "tomorrow",
                  "study today, systems mixed", "5 cards"):
        assert words in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["SYSTEM", "DUE", "NEW", "CARDS"] in lines
    assert ["cardiovascular", "1", "2", "4"] in lines
    assert ["no", "system", "0", "1", "1"] in lines
    assert "14 systems have no cards yet" in shown


async def test_no_key_of_home_is_promised_before_what_it_does_exists(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("m", "b", "t", "w", "a")
        assert isinstance(app.screen, HomeScreen)
        shown = screen_text(app)
    for word in ("mastery", "browse", "stats", "weakest", "most to gain"):
        assert word not in shown


async def test_tab_shows_decks_and_back(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("tab")
        shown = screen_text(app)
        assert "DECK" in shown
        assert "   Cardiovascular" in shown
        assert "tab systems" in shown
        await press("tab")
        assert "SYSTEM" in screen_text(app)


async def test_enter_studies_the_highlighted_system(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("j", "enter")
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.prompt.card.id == cards["vignette"][0]


async def test_enter_studies_the_cards_without_a_system(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("G", "enter")
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.prompt.card.id == cards["untagged"][0]


async def test_enter_studies_the_highlighted_deck_with_its_children(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("tab", "j", "j", "k", "enter")
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.prompt.total == 4


async def test_x_asks_the_lately_missed_without_moving_the_schedule(run_app: RunApp, cards: Cards, path: Path,
                                                                    still: StillClock) -> None:
    study(path, still, {cards["why"][0]: "again"}, days_ago=1)
    async with run_app() as (app, press):
        assert "missed in the last 2 days (does not move the schedule)" in screen_text(app)
        await press("x", "space", "3")
    assert [(rating, kind) for _, rating, kind, _ in log_of(path)] == [("again", "scheduled"), ("good", "cram")]


async def test_nothing_due_says_when_something_is(run_app: RunApp, cards: Cards, path: Path, still: StillClock) -> None:
    everything = {card_id: "easy" for ids in cards.values() for card_id in ids}
    study(path, still, everything, days_ago=0)
    async with run_app() as (app, press):
        shown = screen_text(app)
        assert "nothing due" in shown
        assert "Next: Sun 29 Nov from 04:00" in shown
        await press("space")
        assert isinstance(app.screen, HomeScreen)
        assert "Nothing is due." in screen_text(app)


async def test_an_empty_collection_shows_how_to_begin(run_app: RunApp) -> None:
    async with run_app() as (app, press):
        await press("escape")
        shown = screen_text(app)
        assert "No cards yet." in shown
        assert "i  import a deck file" in shown
        await press("i")
        assert isinstance(app.screen, ImportScreen)
        await press("escape", "q")
    assert app.return_code == 0


async def test_counts_are_fresh_after_a_session(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        assert "0 learning · 5 new" in screen_text(app)
        await press("space", "space", "1", "q", "q")
        assert "1 learning" in screen_text(app)


async def test_undo_at_home_takes_back_the_newest_answer(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app() as (app, press):
        await press("space", "space", "3", "q", "q", "u")
        assert "Undone: the answer Good" in screen_text(app)
        assert "0 learning · 5 new" in screen_text(app)
    assert log_of(path) == []


async def test_40_columns_keep_system_due_and_new(run_app: RunApp, cards: Cards) -> None:
    async with run_app(size=(40, 20)) as (app, _):
        shown = screen_text(app)
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert ["cardiovascular", "0", "3", "4"] in [line.split() for line in shown.splitlines()]
    assert "q quit" in shown


async def test_an_exam_that_is_past_is_not_counted_down(run_app: RunApp, cards: Cards, path: Path,
                                                        still: StillClock) -> None:
    with Collection.open(path, clock=still.clock()) as collection:
        collection.set_options(None, {"exam_on": f"{still.now + timedelta(days=1):%Y-%m-%d}"})
    async with run_app() as (app, press):
        assert "exam tomorrow" in screen_text(app)
        still.now += timedelta(days=2)
        await press("tab", "i", "escape")
        assert "exam" not in screen_text(app)


async def test_space_pressed_twice_at_once_starts_one_session(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press.pilot.press("space", "space", "q")
        await settle(press.pilot)
        await press("q")
        assert isinstance(app.screen, HomeScreen)
        assert [type(screen) for screen in app.screen_stack[1:]] == [HomeScreen]
