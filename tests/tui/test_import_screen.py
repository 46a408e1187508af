from __future__ import annotations

from pathlib import Path

import pytest
from stage import RunApp, screen_text, settle
from textual.events import Paste
from textual.widgets import Input

from flashcore.errors import Problem
from flashcore.study.collection import Collection
from flashcore.study.import_report import FileReport, ImportReport, Skipped
from flashcore.tui import importing
from flashcore.tui.home import HomeScreen
from flashcore.tui.importing import report_blocks
from flashcore.tui.path_input import PathSuggester, typed_path

Cards = dict[str, tuple[int, ...]]


def _type(app: object, text: str) -> None:
    app.screen.query_one(Input).value = text  # type: ignore[attr-defined]


async def test_a_path_in_and_a_counted_report_out(run_app: RunApp, cards: Cards, path: Path, tmp_path: Path) -> None:
    deck = tmp_path / "deck.md"
    deck.write_text("Q: One?\nA: Yes\n\nQ: Two?\nA: No\n")
    async with run_app() as (app, press):
        await press("i")
        _type(app, str(deck))
        await press("enter")
        shown = screen_text(app)
        assert "2 notes: 2 new, 0 updated, 0 the same, 0 skipped" in shown
        assert "Imported." in shown
        assert app.screen.query_one(Input).value == ""
        await press("escape")
        assert isinstance(app.screen, HomeScreen)
        assert "7 cards" in screen_text(app)


async def test_the_bundled_decks_are_imported_by_name(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("i", *"bundled", "enter")
        assert " 0 skipped" in screen_text(app)


async def test_a_refused_file_is_shown_with_its_problems(run_app: RunApp, cards: Cards, tmp_path: Path) -> None:
    deck = tmp_path / "deck.md"
    deck.write_text("A: answer without question\n")
    async with run_app(size=(100, 24)) as (app, press):
        await press("i")
        _type(app, str(deck))
        await press("enter")
        shown = " ".join(screen_text(app).split())
    assert "refused, nothing of it was taken; 1 problem" in shown
    assert "line 1" in shown
    assert "Refused: see above." in shown


async def test_a_file_that_is_not_there_is_a_sentence(run_app: RunApp, cards: Cards, tmp_path: Path) -> None:
    async with run_app() as (app, press):
        await press("i")
        _type(app, "/no/such/deck.md")
        await press("enter")
        assert "/no/such/deck.md" in screen_text(app).split("──")[-1]


@pytest.mark.parametrize(("key", "suspended"), [("enter", 3), ("y", 3), ("n", 0)])
async def test_a_large_import_asks_whether_the_new_cards_wait(
        run_app: RunApp, cards: Cards, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str,
        suspended: int) -> None:
    monkeypatch.setattr(importing, "_LARGE_DAYS", 0.1)
    deck = tmp_path / "deck.md"
    deck.write_text("Q: 1?\nA: 1\n\nQ: 2?\nA: 2\n\nQ: 3?\nA: 3\n")
    async with run_app(size=(100, 24)) as (app, press):
        await press("i")
        _type(app, str(deck))
        await press("enter")
        assert "3 new at 20 a day is 0.0 years; suspend all and open by system or tag? [Y/n]" in screen_text(app)
        await press(key)
    with Collection.open_for_reading(path) as collection:
        assert len(collection.find("is:suspended")) == suspended


async def test_what_is_pasted_becomes_one_plain_line(run_app: RunApp, cards: Cards) -> None:
    async with run_app() as (app, press):
        await press("i")
        app.screen.query_one(Input).post_message(Paste("/a/\x1b]52;c;b\x07deck.md\nq\n"))
        await settle(press.pilot)
        assert app.screen.query_one(Input).value == "/a/␛]52;c;b␇deck.md"


async def test_tab_completes_the_path(run_app: RunApp, cards: Cards, tmp_path: Path) -> None:
    (tmp_path / "renal.md").write_text("Q: 1?\nA: 1\n")
    async with run_app() as (app, press):
        await press("i")
        app.screen.query_one(Input).insert_text_at_cursor(f"{tmp_path}/re")
        await settle(press.pilot)
        await press("tab")
        assert app.screen.query_one(Input).value == f"{tmp_path}/renal.md"


async def test_a_name_that_would_command_the_terminal_is_never_suggested(tmp_path: Path) -> None:
    (tmp_path / "re\x1b]0;x.md").write_text("")
    (tmp_path / "other.txt").write_text("")
    (tmp_path / "folder").mkdir()
    suggester = PathSuggester()
    assert await suggester.get_suggestion(f"{tmp_path}/re") is None
    assert await suggester.get_suggestion(f"{tmp_path}/other") is None
    assert await suggester.get_suggestion(f"{tmp_path}/fo") == f"{tmp_path}/folder/"
    assert await suggester.get_suggestion("/no/such/folder/x") is None


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "'{0}'", '"{0}"', "file://{0}", "file://{1}", "{2}"])
def test_a_path_is_understood_as_terminals_paste_it(tmp_path: Path, typed: str) -> None:
    file = tmp_path / "my deck.md"
    file.write_text("")
    quoted, escaped = str(file).replace(" ", "%20"), str(file).replace(" ", "\\ ")
    assert typed_path(typed.format(file, quoted, escaped)) == str(file)


def test_home_is_written_as_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert typed_path("~/deck.md") == "/home/someone/deck.md"


def test_a_report_names_every_count_that_is_not_zero_and_no_other() -> None:
    report = ImportReport(
        new=1, updated=2, same=3, skipped=1, suspended=4, kept_local=5, media_new=6, media_missing=7, untagged=8,
        files=[FileReport("a.md", "markdown", notes=7, cards=9, skipped=[Skipped("Which [/b]?", "a duplicate")],
                          problems=[Problem(3, "a warning", "a cure")]),
               FileReport("b.md", "markdown", refused=True, problems=[Problem(n, "x") for n in range(1, 30)])])
    lines = [(block.first + block.content).plain for block in report_blocks(report)]
    assert lines[:10] == [
        "7 notes: 1 new, 2 updated, 3 the same, 1 skipped", "  4 suspended, because they left their file",
        "  5 kept as you changed them here", "  6 pictures or sounds taken in", "  7 pictures or sounds are missing",
        "  8 without a system", "a.md: 7 notes, 9 cards", "  line 3: a warning (a cure)",
        "  skipped 'Which [/b]?': a duplicate", "b.md: refused, nothing of it was taken; 29 problems"]
    assert lines[-1] == "  and 9 more"
    assert [block.content.plain for block in report_blocks(ImportReport(same=4))] == [
        "4 notes: 0 new, 0 updated, 4 the same, 0 skipped"]
