from __future__ import annotations

import pytest
from stage import RunApp, screen_text, settle
from textual.binding import Binding

from flashcore.tui import keys
from flashcore.tui.app import FlashcoreApp
from flashcore.tui.card_info import CardInfoScreen
from flashcore.tui.first_run import FirstRunScreen
from flashcore.tui.help import HelpScreen
from flashcore.tui.home import HomeScreen
from flashcore.tui.import_screen import ImportScreen
from flashcore.tui.palette import KeyCommands
from flashcore.tui.review import ReviewScreen
from flashcore.tui.screen import FlashcoreScreen
from flashcore.tui.summary import SummaryScreen

Cards = dict[str, tuple[int, ...]]
SCREENS: list[type[FlashcoreScreen[object]]] = [HomeScreen, ReviewScreen, SummaryScreen, HelpScreen, CardInfoScreen,
                                                ImportScreen, FirstRunScreen]


@pytest.mark.parametrize("screen", SCREENS)
def test_every_key_of_a_screen_has_its_action(screen: type[FlashcoreScreen[object]]) -> None:
    for key in screen.KEYS:
        name = key.action.partition("(")[0]
        owner = FlashcoreApp if name.startswith("app.") else screen
        assert hasattr(owner, f"action_{name.removeprefix('app.')}"), key


@pytest.mark.parametrize("screen", SCREENS)
def test_every_key_of_a_table_is_bound(screen: type[FlashcoreScreen[object]]) -> None:
    bound = {name for binding in [*screen.BINDINGS, *FlashcoreApp.BINDINGS] if isinstance(binding, Binding)
             for name in binding.key.split(",")}
    assert {name for key in screen.KEYS if key.keys for name in key.keys.split(",")} <= bound


def test_every_key_in_help_says_what_it_does() -> None:
    listed = [key for _, table in keys.HELP_GROUPS for key in table if key.is_in_help and key.shown]
    assert all(key.does for key in listed)
    for needed in (*"1234ue-=@!*irx", "space", "f 0-7", "a-h", "A-H"):
        assert needed in [key.shown for key in listed]


async def test_help_shows_the_keys_of_the_screen_it_was_opened_from_first(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("question_mark")
        assert screen_text(app).splitlines()[2].strip() == "Home"
        await press("q", "space", "question_mark")
        assert screen_text(app).splitlines()[2].strip() == "On a card"
        await press("G")
        assert "ctrl+p" in screen_text(app)
        await press("question_mark", "escape")
        assert isinstance(app.screen, ReviewScreen)


async def test_the_palette_runs_an_action_by_name(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "ctrl+p")
        await press.pilot.press(*"mark the")
        await settle(press.pilot)
        await press("enter")
        await settle(press.pilot)
        assert "Marked." in screen_text(app)


ON_SOME_CARDS = ("show the hints that the card keeps folded", "type the answer; esc leaves the line")


@pytest.mark.parametrize(("keys_before", "absent"), [
    ((), {"Good: you knew it", "card info", "try again what could not be saved", *ON_SOME_CARDS}),
    (("space",), {"try again what could not be saved", *ON_SOME_CARDS})])
async def test_the_palette_has_every_action_that_counts_now_and_no_other(
        run_app: RunApp, cards: Cards, keys_before: tuple[str, ...], absent: set[str]) -> None:
    async with run_app("Why") as (app, press):
        await press(*keys_before)
        found = {hit.text async for hit in KeyCommands(app.screen).discover()}
        assert list(app.get_system_commands(app.screen)) == []
    every = {key.does for key in ReviewScreen.KEYS if key.is_in_palette}
    assert absent.isdisjoint(found)
    assert {"edit the note in $EDITOR", "suspend the card until told", "these keys", "light or dark colours"} <= found
    if keys_before:
        assert found == every - absent


async def test_colours_change_between_dark_and_light(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        assert app.theme == "flashcore-dark"
        await app.run_action("app.change_colours")
        assert app.theme == "flashcore-light"
        await settle(press.pilot)
        assert "Why does lying flat" in screen_text(app)
