"""Cards from Anki in the app: an answer that is typed, hints, fields under their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import Keys, RunApp, StillClock, log_of, screen_text

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.study.collection import Collection
from flashcore.study.curation import add_note
from flashcore.tui.type_line import TypeLine

TYPED = NoteType("Basic (type in the answer)", NoteKind.STANDARD, ("Front", "Back", "Hint"), (
    Template("Card 1", "{{Front}}{{hint:Hint}}\n\n{{type:Back}}", "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}"),))

UREA = ("Which enzyme is <b>rate-limiting</b> in the urea cycle?", "carbamoyl phosphate synthetase I",
        "it needs <i>N-acetylglutamate</i>")


@pytest.fixture
def typed(path: Path, still: StillClock) -> int:
    """A card whose answer is typed, and one after it."""
    with Collection.open(path, clock=still.clock()) as collection:
        first, _second = (
            add_note(collection, Note(fields[0], TYPED, fields, markup=Markup.HTML), "Biochemistry").card_ids[0]
            for fields in (UREA, ("Second?", "two words", "")))
    return first


async def type_text(press: Keys, text: str) -> None:
    await press(*("space" if char == " " else char for char in text))


async def test_every_key_is_text_until_enter_shows_it_beside_the_right_answer(
        run_app: RunApp, typed: int, path: Path) -> None:
    async with run_app("") as (app, press):
        assert app.screen.query_one(TypeLine).has_focus
        await type_text(press, "carbamyl 1u?")
        assert "carbamyl 1u?" in screen_text(app)
        await press("enter")
        shown = screen_text(app)
        assert "Yours  carbamyl 1u?" in shown
        assert "Right  carbamoyl" in shown
        assert "space = Again, because yours differs." in shown
        assert not app.screen.query_one(TypeLine).has_focus
        await press("space")
        assert "Second?" in screen_text(app)
        assert app.screen.query_one(TypeLine).value == ""
    assert log_of(path) == [(typed, "again", "scheduled", "carbamyl 1u?")]


async def test_the_right_text_makes_good_the_usual_rating(run_app: RunApp, typed: int, path: Path) -> None:
    async with run_app("") as (app, press):
        await type_text(press, "carbamoyl phosphate synthetase I")
        await press("enter")
        assert "Right  carbamoyl phosphate synthetase I" in screen_text(app)
        assert "Yours" not in screen_text(app)
        await press("enter")
    assert log_of(path) == [(typed, "good", "scheduled", "carbamoyl phosphate synthetase I")]


async def test_good_after_a_typing_error_is_taken_at_once(run_app: RunApp, typed: int, path: Path) -> None:
    async with run_app("") as (_app, press):
        await press("x", "enter", "3")
    assert log_of(path) == [(typed, "good", "scheduled", "x")]


async def test_an_empty_line_shows_the_answer_alone(run_app: RunApp, typed: int, path: Path) -> None:
    async with run_app("") as (app, press):
        await press("enter")
        shown = screen_text(app)
        assert ("Yours" in shown, "carbamoyl phosphate synthetase I" in shown) == (False, True)
        await press("enter")
    assert log_of(path) == [(typed, "good", "scheduled", None)]


async def test_esc_gives_the_keys_back_and_t_the_line(run_app: RunApp, typed: int) -> None:
    async with run_app("") as (app, press):
        await press("a", "escape", "h")
        assert "Hint: it needs N-acetylglutamate" in screen_text(app)
        await press("t", "b")
        assert app.screen.query_one(TypeLine).value == "ab"
        await press("escape", "minus")
        assert "Second?" in screen_text(app)


async def test_hints_are_named_on_the_question_and_stand_with_the_answer(run_app: RunApp, typed: int) -> None:
    async with run_app("") as (app, _press):
        assert "h  hint: Hint" in screen_text(app)
        assert "N-acetylglutamate" not in screen_text(app)


async def test_a_blank_that_was_missed_can_be_seen(run_app: RunApp, typed: int) -> None:
    async with run_app("Second") as (app, press):
        await type_text(press, "twowords")
        await press("enter")
        assert "Right  two\N{OPEN BOX}words" in screen_text(app)


async def test_a_card_that_is_not_typed_has_no_line(run_app: RunApp, cards: dict[str, tuple[int, ...]]) -> None:
    async with run_app("Why") as (app, press):
        await press("space")
        assert not app.screen.query_one(TypeLine).is_asking
        assert "Venous return rises" in screen_text(app)
