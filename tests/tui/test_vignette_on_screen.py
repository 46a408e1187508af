from __future__ import annotations

from pathlib import Path

import pytest
from stage import RunApp, log_of, screen_text

from flashcore.study.collection import Collection
from flashcore.tui.vignette import Picks

Cards = dict[str, tuple[int, ...]]
QUERY = "system:renal"


def test_choosing_another_letter_replaces_the_first() -> None:
    assert Picks().choose("A").choose("C") == Picks("C")


def test_striking_the_chosen_letter_takes_the_choice_back_and_choosing_a_struck_one_lets_it_stand() -> None:
    assert Picks("B").strike("B") == Picks("", frozenset("B"))
    assert Picks("", frozenset("AB")).choose("B") == Picks("B", frozenset("A"))
    assert Picks("A").strike("C").strike("C") == Picks("A")


async def test_the_question_side_shows_lettered_options_and_no_word_about_which_is_right(
        run_app: RunApp, cards: Cards) -> None:
    async with run_app(QUERY) as (app, _):
        shown = screen_text(app)
    for words in ("A  Osmotic", "B  Decreased", "C  Aquaporin", "D  Primary", "a-d  choose", "A-D  strike out"):
        assert words in shown
    for secret in ("RIGHT", "Right", "makes ADH", "renal"):
        assert secret not in shown


async def test_a_chosen_letter_is_marked_and_a_struck_one_too(run_app: RunApp, cards: Cards) -> None:
    async with run_app(QUERY) as (app, press):
        await press("b", "A")
        shown = screen_text(app)
        assert "> B  Decreased" in shown
        assert "x A  Osmotic" in shown
        assert "enter  answer B" in shown
        await press("c", "A")
        shown = screen_text(app)
        assert "> C  Aquaporin" in shown
        assert "  A  Osmotic" in shown
        assert "> B" not in shown


@pytest.mark.parametrize("confirm", ["enter", "space"])
async def test_after_a_wrong_letter_the_own_and_the_right_explanation_come_first(
        run_app: RunApp, cards: Cards, confirm: str) -> None:
    async with run_app(QUERY) as (app, press):
        await press("b", confirm)
        shown = screen_text(app)
        for words in ("your answer: WRONG", "Yours (B): Lack of aldosterone", "Right (C): The tumor makes ADH",
                      "Others: j for more.", "space = Again, because the letter was wrong."):
            assert words in shown
        assert "Glucose would be high" not in shown
        await press("j")
        shown = screen_text(app)
        assert "Not A: Glucose would be high" in shown
        assert "Not D: The urine would be dilute." in shown


async def test_space_after_a_wrong_letter_is_again(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (_, press):
        await press("b", "enter", "space")
    assert log_of(path) == [(cards["vignette"][0], "again", "scheduled", "b")]


async def test_space_after_the_right_letter_is_good(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (app, press):
        await press("c", "enter")
        assert "your answer: RIGHT" in screen_text(app)
        await press("space")
    assert log_of(path) == [(cards["vignette"][0], "good", "scheduled", "c")]


@pytest.mark.parametrize(("key", "rating"), [("3", "good"), ("4", "easy")])
async def test_good_and_easy_after_a_wrong_letter_are_asked_once_more(
        run_app: RunApp, cards: Cards, path: Path, key: str, rating: str) -> None:
    async with run_app(QUERY) as (app, press):
        await press("b", "enter", key)
        assert f"{key} once more for {rating.capitalize()}" in screen_text(app)
        assert log_of(path) == []
        await press(key)
    assert log_of(path) == [(cards["vignette"][0], rating, "scheduled", "b")]


async def test_another_digit_after_the_question_is_not_its_confirmation(
        run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (app, press):
        await press("b", "enter", "3", "4")
        assert "4 once more for Easy" in screen_text(app)
        await press("2")
    assert log_of(path) == [(cards["vignette"][0], "hard", "scheduled", "b")]


@pytest.mark.parametrize("reveal", ["space", "enter"])
async def test_revealing_without_a_letter_records_no_choice(
        run_app: RunApp, cards: Cards, path: Path, reveal: str) -> None:
    async with run_app(QUERY) as (app, press):
        await press(reveal)
        shown = screen_text(app)
        assert "RIGHT" in shown
        assert "your answer" not in shown
        await press("3")
    assert log_of(path) == [(cards["vignette"][0], "good", "scheduled", None)]


async def test_letters_are_options_only_so_edit_and_flag_wait_for_the_answer(
        run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (app, press):
        await press("e", "f", "g", "G", "h")
        shown = screen_text(app)
        assert "This one has the options A to D." in shown
        assert "Flag" not in shown
        await press("a", "enter", "f", "2")
        assert "Flag 2." in screen_text(app)


async def test_undo_and_suspend_work_while_a_vignette_asks(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (app, press):
        await press("at")
        with Collection.open_for_reading(path) as collection:
            assert collection.find("is:suspended") == list(cards["vignette"])
        await press("u")
        assert "A  Osmotic" in screen_text(app)


async def test_a_choice_does_not_outlive_its_card(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app(QUERY) as (app, press):
        await press("b", "enter", "1", "u")
        assert "> B" not in screen_text(app)


async def test_at_40_columns_a_long_option_hangs_and_its_verdict_is_whole(run_app: RunApp, cards: Cards) -> None:
    async with run_app(QUERY, size=(40, 30)) as (app, press):
        await press("b", "enter")
        shown = screen_text(app)
    assert " = C  Aquaporin-2 insertion in the\n      collecting duct            RIGHT" in shown
    assert " > B  Decreased aldosterone secretion\n      your answer: WRONG" in shown
