from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stage import RunApp, log_of, screen_text

from flashcore.study.collection import Collection
from flashcore.tui.app import FlashcoreApp
from flashcore.tui.review import ReviewScreen
from flashcore.tui.summary import SummaryScreen

Cards = dict[str, tuple[int, ...]]
pytest.importorskip("flashcore.formats.markdown_deck")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that can be given away; the tests have none."""
    @contextmanager
    def suspend(_: FlashcoreApp) -> Iterator[None]:
        yield

    monkeypatch.setattr(FlashcoreApp, "suspend", suspend)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets EDITOR to a program that runs a line of sed on its file."""
    def use(command: str) -> None:
        program = tmp_path / "my editor"
        program.write_text(f"#!/bin/sh\nfor file; do :; done\necho \"$@\" >> {tmp_path}/called\n{command}\n")
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", f"'{program}'")

    return use


@pytest.fixture
def deck(tmp_path: Path, path: Path) -> Path:
    """A deck file that was imported."""
    file = tmp_path / "deck.md"
    file.write_text("Q: Which node paces the heart?\nA: The sinus node\n\nQ: Second?\nA: Yes\n")
    with Collection.open(path) as collection:
        assert collection.import_paths([str(file)]).new == 2
    return file


async def test_e_edits_the_deck_file_and_shows_the_card_as_it_is_now(
        run_app: RunApp, deck: Path, path: Path, editor: Callable[[str], None]) -> None:
    editor('sed -i "s/The sinus node/The sinoatrial node/" "$file"')
    async with run_app("paces") as (app, press):
        await press("space", "e")
        shown = screen_text(app)
        assert "The sinoatrial node" in shown
        assert "Edited deck.md." in shown
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.is_revealed
        await press("3")
    assert "sinoatrial" in deck.read_text()
    assert [rating for _, rating, _, _ in log_of(path)] == ["good"]


async def test_e_on_the_question_side_stays_there(run_app: RunApp, deck: Path, editor: Callable[[str], None]) -> None:
    editor('sed -i "s/Which node/What/" "$file"')
    async with run_app("paces") as (app, press):
        await press("e")
        shown = screen_text(app)
    assert "What paces the heart?" in shown
    assert "sinus" not in shown


async def test_a_file_left_as_it_was_changes_nothing(
        run_app: RunApp, deck: Path, editor: Callable[[str], None]) -> None:
    editor("true")
    async with run_app("paces") as (app, press):
        await press("e")
        assert "Not changed." in screen_text(app)


async def test_a_file_with_problems_is_refused_and_opened_again_at_the_problem(
        run_app: RunApp, deck: Path, path: Path, tmp_path: Path, editor: Callable[[str], None]) -> None:
    editor('printf "\\nA: without a question\\n" >> "$file"')
    async with run_app("paces") as (app, press):
        await press("space", "e")
        shown = screen_text(app)
        assert "NOT taken over, e = open again" in shown
        assert "The sinus node" in shown
        editor('printf "Q: Which node paces the heart?\\nA: SA node\\n" > "$file"')
        await press("e")
        assert "SA node" in screen_text(app)


async def test_a_note_without_a_file_is_edited_by_itself(
        run_app: RunApp, cards: Cards, path: Path, editor: Callable[[str], None]) -> None:
    editor('sed -i "s/Vitamin K/Vitamin K2/" "$file"')
    async with run_app("vitamin") as (app, press):
        await press("space", "e")
        shown = screen_text(app)
        assert "Vitamin K2" in shown
        assert "Edited." in shown
    with Collection.open_for_reading(path) as collection:
        assert collection.card_details(cards["untagged"][0]).note.fields[1] == "Vitamin K2"


async def test_a_note_text_with_problems_is_kept_for_the_next_try(
        run_app: RunApp, cards: Cards, path: Path, editor: Callable[[str], None]) -> None:
    editor('sed -i "s/^A:.*/no answer any more/" "$file"')
    async with run_app("vitamin") as (app, press):
        await press("space", "e")
        assert "NOT taken over, e = open again" in screen_text(app)
        editor('sed -i "s/^no answer any more/\\nA: Vitamin K again/" "$file"')
        await press("e")
        assert "Vitamin K again" in screen_text(app)


@pytest.mark.parametrize(("command", "words"), [("exit 3", "ended with code 3"), (None, "cannot be started")])
async def test_an_editor_that_fails_is_a_sentence(
        run_app: RunApp, cards: Cards, editor: Callable[[str], None], monkeypatch: pytest.MonkeyPatch,
        command: str | None, words: str) -> None:
    if command is None:
        monkeypatch.setenv("EDITOR", "/no/such/editor")
    else:
        editor(command)
    async with run_app("Why") as (app, press):
        await press("space", "e")
        assert words in " ".join(screen_text(app).split())
        assert "Venous return" in screen_text(app)


async def test_the_summary_edits_the_highlighted_missed_card(
        run_app: RunApp, cards: Cards, path: Path, editor: Callable[[str], None]) -> None:
    editor('sed -i "s/Vitamin K/Vitamin K2/" "$file"')
    async with run_app("vitamin") as (app, press):
        await press("space", "1", "q", "e")
        assert isinstance(app.screen, SummaryScreen)
        assert "Edited." in screen_text(app)
    with Collection.open_for_reading(path) as collection:
        assert collection.card_details(cards["untagged"][0]).note.fields[1] == "Vitamin K2"
