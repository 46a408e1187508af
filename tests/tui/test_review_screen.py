from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stage import RunApp, StillClock, log_of, screen_text, settle

from flashcore.domain.note_type import CLOZE
from flashcore.errors import CardChanged, StoreError, UndoRefused
from flashcore.study.collection import Collection
from flashcore.study.session import Session
from flashcore.tui.review import ReviewScreen
from flashcore.tui.summary import SummaryScreen

Cards = dict[str, tuple[int, ...]]


async def test_the_question_side_tells_nothing_but_place_time_and_kind(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, _):
        shown = screen_text(app)
    assert "1 of 1 · recall · 0:00" in shown
    assert "Why does lying flat" in shown
    for secret in ("Venous return", "cardiovascular", "physiology", "heart-failure", "Step 1", "Again"):
        assert secret not in shown


async def test_the_system_can_be_shown_before_the_reveal(run_app: RunApp, cards: Cards, path: Path) -> None:
    with Collection.open(path) as collection:
        collection.set_options(None, {"show_system": "before"})
    async with run_app("Why") as (app, _):
        shown = screen_text(app)
    assert "cardiovascular" in shown
    assert "heart-failure" not in shown


async def test_the_answer_side_shows_answer_why_source_and_four_intervals(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("space")
        shown = screen_text(app)
    for words in ("Venous return rises", "Why: Gravity", "Source: own", "1 Again 1 min", "2 Hard 6 min",
                  "3 Good 10 min", "4 Easy", "cardiovascular · physiology · heart failure"):
        assert words in shown


async def test_the_interval_given_is_the_one_on_the_button(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space")
        label = app.screen.prompt.interval_label(4)  # type: ignore[attr-defined]
        await press("4")
    with Collection.open_for_reading(path) as collection:
        schedule = collection.card_details(cards["why"][0]).schedule
    assert schedule is not None
    assert label == f"{schedule.interval_days} d"


@pytest.mark.parametrize(("key", "rating"), [("1", "again"), ("2", "hard"), ("3", "good"), ("4", "easy"),
                                             ("space", "good"), ("enter", "good")])
async def test_a_key_on_the_answer_side_rates(run_app: RunApp, cards: Cards, path: Path, key: str, rating: str) -> None:
    async with run_app("Why") as (_, press):
        await press("space", key)
    assert log_of(path) == [(cards["why"][0], rating, "scheduled", None)]


async def test_digits_do_nothing_on_the_question_side(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("1", "2", "3", "4", "0", "7")
        assert not app.screen.is_revealed  # type: ignore[attr-defined]
    assert log_of(path) == []


async def test_a_digit_pressed_twice_at_once_is_one_answer(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("") as (app, press):
        await press("space")
        await press.pilot.press("3", "3", "3")
        await settle(press.pilot)
        assert isinstance(app.screen, ReviewScreen)
    assert len(log_of(path)) == 1


async def test_keys_typed_ahead_are_all_done_in_turn(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("") as (_, press):
        await press.pilot.press("space", "3", "space", "2", "space", "1")
        await settle(press.pilot)
    assert [rating for _, rating, _, _ in log_of(path)] == ["good", "hard", "again"]


async def test_unknown_keys_and_pasted_text_do_nothing(run_app: RunApp, cards: Cards, path: Path) -> None:
    from textual.events import Paste

    async with run_app("Why") as (app, press):
        before = screen_text(app)
        await press("z", "ctrl+n", "f7", "insert", "ö", "left")
        app.post_message(Paste("space 3 3 3 q"))
        await settle(press.pilot)
        assert screen_text(app) == before
    assert log_of(path) == []


@pytest.mark.parametrize("key", ["u", "ctrl+z"])
async def test_undo_brings_the_question_back(run_app: RunApp, cards: Cards, path: Path, key: str) -> None:
    async with run_app("") as (app, press):
        first = app.screen.prompt.card.id  # type: ignore[attr-defined]
        await press("space", "3", key)
        assert app.screen.prompt.card.id == first  # type: ignore[attr-defined]
        assert not app.screen.is_revealed  # type: ignore[attr-defined]
        assert "Undone: the answer Good on" in screen_text(app)
    assert log_of(path) == []


async def test_undo_without_anything_to_undo_says_so(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("space")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Session, "undo", lambda _: None)
            await press("u")
        assert "Nothing to undo." in screen_text(app)


async def test_saved_is_said_only_after_the_commit(
        run_app: RunApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import threading

    gate, real = threading.Event(), Session.answer

    def slow(self: Session, *args: Any, **kwargs: Any) -> Any:
        gate.wait(5)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Session, "answer", slow)
    async with run_app("") as (app, press):
        await press("space")
        await press.pilot.press("3")
        await asyncio.sleep(0.05)
        assert "Saved" not in screen_text(app)
        gate.set()
        await settle(press.pilot)
        assert "Saved: Good, 10 min." in screen_text(app)


async def test_a_write_that_failed_keeps_the_card_and_can_be_tried_again(
        run_app: RunApp, cards: Cards, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Session.answer

    def full(*_: Any, **__: Any) -> Any:
        raise StoreError("the disk is full; the answer was not saved")

    async with run_app("Why") as (app, press):
        monkeypatch.setattr(Session, "answer", full)
        await press("space", "2")
        shown = screen_text(app)
        assert "NOT saved" in shown
        assert "r = try again" in shown
        assert "the disk is full" in shown
        assert "Venous return" in shown
        monkeypatch.setattr(Session, "answer", real)
        await press("r")
    assert log_of(path) == [(cards["why"][0], "hard", "scheduled", None)]


async def test_a_card_that_was_changed_meanwhile_is_shown_anew(
        run_app: RunApp, cards: Cards, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Session.answer

    def changed(self: Session, *_: Any, **__: Any) -> Any:
        raise CardChanged(cards["why"][0])

    async with run_app("Why") as (app, press):
        monkeypatch.setattr(Session, "answer", changed)
        await press("space", "3")
        assert "was changed since it was shown" in screen_text(app)
        assert not app.screen.is_revealed  # type: ignore[attr-defined]
        monkeypatch.setattr(Session, "answer", real)
        await press("space", "3")
    assert log_of(path) == [(cards["why"][0], "good", "scheduled", None)]


@pytest.mark.parametrize(("key", "query", "count"), [
    ("minus", "-is:due -is:new", 0), ("at", "is:suspended", 1), ("exclamation_mark", "is:suspended", 2)])
async def test_a_card_or_note_can_be_set_aside(run_app: RunApp, cards: Cards, path: Path, key: str, query: str,
                                               count: int) -> None:
    async with run_app("Cor") as (app, press):
        first = app.screen.prompt.card.id  # type: ignore[attr-defined]
        await press(key)
        assert not isinstance(app.screen, ReviewScreen) or app.screen.prompt.card.id != first
        assert "u = undo" in screen_text(app)
        with Collection.open_for_reading(path) as collection:
            assert len(collection.find("is:suspended")) == count
        await press("u")
        assert app.screen.prompt.card.id == first or key != "at"  # type: ignore[attr-defined]
    with Collection.open_for_reading(path) as collection:
        assert collection.find("is:suspended") == []


@pytest.mark.parametrize("key", ["minus", "equals_sign"])
async def test_a_buried_card_waits_for_tomorrow(run_app: RunApp, cards: Cards, path: Path, key: str) -> None:
    async with run_app("Why") as (app, press):
        await press(key)
        assert isinstance(app.screen, SummaryScreen)
    with Collection.open_for_reading(path) as collection:
        assert collection.card_details(cards["why"][0]).card.buried_until is not None


async def test_f_and_a_digit_flag_the_card_without_rating_it(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "f", "3")
        shown = screen_text(app)
        assert "Flag 3." in shown
        assert "0:00 · flag 3" in shown
        await press("f", "escape", "f", "0")
        assert "· flag" not in screen_text(app)
    assert log_of(path) == []


async def test_star_marks_and_unmarks_the_note(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "asterisk")
        assert "Marked." in screen_text(app)
        with Collection.open_for_reading(path) as collection:
            assert "marked" in collection.card_details(cards["why"][0]).note.tags
        await press("asterisk")
        assert "Not marked." in screen_text(app)


async def test_card_info_waits_for_the_answer_side(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("i")
        assert isinstance(app.screen, ReviewScreen)
        await press("space", "i")
        assert "Step 1::Cardiovascular" in screen_text(app)
        await press("q")
        assert "Venous return" in screen_text(app)


async def test_a_cram_session_shows_no_intervals_and_moves_nothing(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why", is_cram=True) as (app, press):
        await press("space")
        shown = screen_text(app)
        assert "no schedule" in shown
        assert "min" not in shown.splitlines()[-2]
        await press("3")
    assert log_of(path) == [(cards["why"][0], "good", "cram", None)]
    with Collection.open_for_reading(path) as collection:
        assert collection.card_details(cards["why"][0]).schedule is None


async def test_the_time_is_from_showing_to_rating(run_app: RunApp, cards: Cards, path: Path) -> None:
    seconds = [100.0]
    async with run_app("Why", seconds=lambda: seconds[0]) as (app, press):
        seconds[0] = 172.0
        await press("space")
        assert "1:12" in screen_text(app)
        await press("3")
    with Collection.open_for_reading(path) as collection:
        assert collection.card_details(cards["why"][0]).reviews[0].duration_ms == 72_000


async def test_leaving_a_session_without_answers_goes_straight_back(run_app: RunApp, cards: Cards) -> None:
    from flashcore.tui.home import HomeScreen

    async with run_app() as (app, press):
        await press("space", "q")
        assert isinstance(app.screen, HomeScreen)


async def test_a_session_from_the_command_line_ends_the_app(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why") as (app, press):
        await press("space", "4")
        assert isinstance(app.screen, SummaryScreen)
        await press("q")
    assert app.return_code == 0


async def test_a_query_without_cards_says_so(run_app: RunApp, cards: Cards) -> None:
    async with run_app("nowhere") as (app, press):
        assert "Nothing to study here now." in screen_text(app)
        await press("q")
    assert app.return_code == 0


async def test_at_40_columns_all_four_buttons_are_whole(run_app: RunApp, cards: Cards) -> None:
    async with run_app("Why", size=(40, 20)) as (app, press):
        await press("space")
        lines = screen_text(app).splitlines()
    assert lines[-3].split() == ["1", "Again", "2", "Hard", "3", "Good", "4", "Easy"]
    assert lines[-2].split() == ["1", "min", "6", "min", "10", "min", "6", "d"]


async def test_resizing_keeps_the_card_its_side_and_the_keys(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press("space")
        for size in ((40, 12), (20, 8), (120, 40), (80, 24)):
            await press.pilot.resize_terminal(*size)
            await settle(press.pilot)
        assert "Venous return" in screen_text(app)
        await press("3")
    assert len(log_of(path)) == 1


async def test_what_was_written_is_tidied_while_a_card_stands(
        run_app: RunApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from flashcore.tui import review

    calls: list[str] = []
    monkeypatch.setattr(review, "_QUIET_SECONDS", 0.05)
    monkeypatch.setattr(Collection, "checkpoint", lambda _: calls.append("checkpoint"))
    async with run_app("Why"):
        await asyncio.sleep(0.2)
    assert calls == ["checkpoint"]


async def test_a_click_on_a_button_or_a_key_at_the_foot_is_that_key(run_app: RunApp, cards: Cards, path: Path) -> None:
    async with run_app("Why") as (app, press):
        await press.pilot.click(offset=(5, 22))
        await settle(press.pilot)
        assert "Venous return" in screen_text(app)
        assert await press.pilot.click(offset=(screen_text(app).splitlines()[22].index("2 Hard") + 3, 22))
        await settle(press.pilot)
        assert "Saved: Hard" in screen_text(app)
        assert await press.pilot.click(offset=(screen_text(app).splitlines()[23].index("u undo") + 2, 23))
        await settle(press.pilot)
        assert "Undone" in screen_text(app)
    assert log_of(path) == []


async def test_a_change_that_failed_can_be_tried_again_too(
        run_app: RunApp, cards: Cards, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Session.suspend_card

    full = [True]

    def suspend_card(self: Session) -> None:
        if full:
            raise StoreError("the disk is full; nothing was changed.")
        real(self)

    monkeypatch.setattr(Session, "suspend_card", suspend_card)
    async with run_app("Why") as (app, press):
        await press("at")
        assert "the disk is full; nothing was changed. r = try again." in screen_text(app)
        full.clear()
        await press("r")
    with Collection.open_for_reading(path) as collection:
        assert collection.find("is:suspended") == list(cards["why"])


async def test_an_undo_that_is_refused_says_why_and_keeps_the_card(
        run_app: RunApp, cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Session) -> None:
        raise UndoRefused("the edit", "a later import builds on it")

    monkeypatch.setattr(Session, "undo", refused)
    async with run_app("Why") as (app, press):
        await press("space", "u", "r")
        shown = screen_text(app)
    assert "cannot undo the edit: a later import builds on it" in shown
    assert "try again" not in shown
    assert "Venous return" in shown


async def test_a_long_cloze_stays_where_it_was_scrolled_to(run_app: RunApp, path: Path, still: StillClock) -> None:
    text = "\n\n".join([*(f"Sentence {number}." for number in range(40)), "The last is [hidden]."])
    with Collection.open(path, clock=still.clock()) as collection:
        collection.add_note(CLOZE, (text, "", ""), "Default", ())
    async with run_app("") as (app, press):
        assert "more below: j" in screen_text(app)
        await press("G")
        assert "The last is [...]." in screen_text(app)
        await press("space")
        assert "The last is hidden." in screen_text(app)
        assert "more below" not in screen_text(app)
