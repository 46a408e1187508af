"""Faults G1-G4: text that would command the terminal, the markup or the layout is shown as text."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from stage import RunApp, StillClock, screen_text, settle

from flashcore.domain.note_type import BASIC, VIGNETTE
from flashcore.domain.vignette import Option, options_to_field
from flashcore.study.collection import Collection
from flashcore.tui.app import FlashcoreApp
from flashcore.tui.home import HomeScreen
from flashcore.tui.review import ReviewScreen
from flashcore.tui.summary import SummaryScreen

COMMANDS = "\x1b]52;c;cm0gLXJm\x07 \x1b]2;PWNED\x1b\\ \x1b[2J \x9b2J \x08\x7f"
MARKUP = "[/b] x[/b [@click=app.quit]leave[/] [TODO] [bold red]hi"
BIDI = "\u202eevil\u2066 a" + "\u0301" * 500 + " \U000e0041\U000e0042"
WICKED = f"{MARKUP} {COMMANDS} {BIDI}"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@pytest.fixture
def wicked(path: Path, still: StillClock) -> None:
    """A collection in which every text is hostile: fields, options, deck name, tags."""
    tags = ("discipline::physiology", "topic::[/b]\u202e", "system::renal-urinary")
    with Collection.open(path, clock=still.clock()) as collection:
        collection.add_note(BASIC, (f"Question {WICKED}", WICKED, WICKED, WICKED), f"Deck {WICKED}", tags)
        options = options_to_field([Option(f"{letter} {WICKED}".replace("\n", " "), letter == "b", MARKUP)
                                    for letter in "abc"])
        collection.add_note(VIGNETTE, (f"Stem {WICKED}", options, WICKED, WICKED, "fixed"), f"Deck {WICKED}", tags)


def nothing_commands(app: FlashcoreApp) -> str:
    """What is on the screen, once it is sure that no character of it does anything but stand there."""
    shown = screen_text(app)
    assert _CONTROLS.findall(shown.replace("\n", "")) == []
    assert "\u0301" * 9 not in shown
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert segment.style is None or not segment.style.link
            clicked = (segment.style.meta if segment.style else {}).get("@click", "")
            assert clicked != "app.quit"
    return shown


async def test_g1_g2_g3_every_screen_of_a_session_shows_hostile_text_as_text(run_app: RunApp, wicked: None) -> None:
    async with run_app(size=(100, 40)) as (app, press):
        assert "renal-urinary" in nothing_commands(app)
        await press("tab")
        assert "Deck [/b] x[/b [@click=app.quit]leave[/]" in nothing_commands(app)
        await press("enter")
        assert isinstance(app.screen, ReviewScreen)
        for _ in range(2):
            assert "[@click=app.quit]leave[/] [TODO] [bold red]hi" in nothing_commands(app)
            assert "␛]52;c;" in nothing_commands(app)
            await press("b", "space", "j", "G")
            nothing_commands(app)
            await press("i")
            assert "Deck [/b]" in nothing_commands(app)
            await press("q", "f", "1", "asterisk", "1")
            nothing_commands(app)
            await press("u", "space", "1")
        await press("q")
        assert isinstance(app.screen, SummaryScreen)
        assert "[/b] x[/b" in nothing_commands(app)
        await press("u")
        assert "Undone" in nothing_commands(app)
        await press("ctrl+p")
        nothing_commands(app)


async def test_g1_an_error_that_quotes_hostile_text_is_shown_as_text(run_app: RunApp, wicked: None) -> None:
    async with run_app(size=(100, 40)) as (app, press):
        assert isinstance(app.screen, HomeScreen)
        app.screen.say_error(f"no deck named {WICKED}")
        await settle(press.pilot)
        assert "[@click=app.quit]leave" in nothing_commands(app)
        await press("i")
        app.screen.query_one("#path").value = f"/no/{WICKED}"  # type: ignore[attr-defined]
        await press("enter")
        shown = screen_text(app).split("──")[-1]
        assert _CONTROLS.findall(shown.replace("\n", "")) == []
        assert "/no/[/b] x[/b" in shown


async def test_g3_wide_letters_leave_the_layout_intact(run_app: RunApp, path: Path, still: StillClock) -> None:
    with Collection.open(path, clock=still.clock()) as collection:
        collection.add_note(BASIC, ("漢" * 5_000, "👩‍⚕️" * 500, "", ""), "Default", ())
    async with run_app("") as (app, press):
        await press("space")
        assert all(strip.cell_length == 80 for strip in app.screen._compositor.render_strips())


async def test_g4_a_card_of_a_megabyte_is_shown_quickly(run_app: RunApp, path: Path, still: StillClock) -> None:
    with Collection.open(path, clock=still.clock()) as collection:
        collection.add_note(BASIC, ("Question?", "word and word " * 75_000, "", ""), "Default", ())
    async with run_app("") as (app, press):
        began = time.perf_counter()
        await press.pilot.press("space")
        await press.pilot.pause()
        assert time.perf_counter() - began < 1.0
        assert "word and word" in screen_text(app)
        await press("j", "ctrl+d", "3")
        assert isinstance(app.screen, (ReviewScreen, SummaryScreen))
