"""What the screens look like, at the design size and at 40 columns. After a wanted change: pytest --snapshot-update,
and look at every picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stage import CLOZE_NOTE, OCCLUSION_NOTE, TYPED_NOTE, Keys, MakeApp, StillClock, settle, study
from textual.pilot import Pilot

from flashcore.study.collection import Collection
from flashcore.study.curation import add_note

Cards = dict[str, tuple[int, ...]]
SnapCompare = Callable[..., bool]
SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((40, 20), id="40x20")]
pytestmark = pytest.mark.parametrize("size", SIZES)


@pytest.fixture
def looks(snap_compare: SnapCompare, make_app: MakeApp, size: tuple[int, int]) -> Callable[..., bool]:
    """Whether a screen looks as it did: where the app starts, and the keys that lead to the screen."""
    def same(query: str | None, *keys: str) -> bool:
        async def run_before(pilot: Pilot[Any]) -> None:
            await settle(pilot)
            await Keys(pilot)(*keys)

        return snap_compare(make_app(query), terminal_size=size, run_before=run_before)

    return same


@pytest.fixture
def studied(cards: Cards, path: Path, still: StillClock) -> Cards:
    """The sample cards with a history, an exam and minutes a day."""
    study(path, still, {cards["why"][0]: "easy", cards["cloze"][0]: "again"}, days_ago=20)
    study(path, still, {cards["vignette"][0]: "again"}, days_ago=1)
    with Collection.open(path, clock=still.clock()) as collection:
        collection.set_options(None, {"exam_on": "2027-02-21", "minutes_per_day": "60"})
    return cards


@pytest.fixture
def foreign(path: Path, still: StillClock) -> None:
    """Notes with the note types of Anki: one is typed, one has fields behind buttons, one hides part of a picture."""
    with Collection.open(path, clock=still.clock()) as collection:
        for note in (TYPED_NOTE, CLOZE_NOTE, OCCLUSION_NOTE):
            add_note(collection, note, "Step 1")


def test_home(looks: Callable[..., bool], studied: Cards) -> None:
    assert looks(None)


def test_home_with_decks(looks: Callable[..., bool], studied: Cards) -> None:
    assert looks(None, "tab", "j")


def test_question(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks("percent")


def test_answer(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks("Why", "space")


def test_typed_question(looks: Callable[..., bool], foreign: None) -> None:
    assert looks("enzyme", *"carbamyl")


def test_typed_answer(looks: Callable[..., bool], foreign: None) -> None:
    assert looks("enzyme", *"carbamyl", "space", *"phosphatte", "enter")


def test_cloze_answer_with_fields_under_their_names(looks: Callable[..., bool], foreign: None) -> None:
    assert looks("leaflets", "space")


def test_occlusion_question(looks: Callable[..., bool], foreign: None) -> None:
    assert looks("occlusion", "h")


def test_vignette_question(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks("system:renal", "A", "b")


def test_vignette_answer_after_a_wrong_letter(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks("system:renal", "b", "enter")


def test_summary(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks("", "space", "1", "space", "3", "space", "1", "q")


def test_first_run(looks: Callable[..., bool]) -> None:
    assert looks(None)


def test_help(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks(None, "question_mark")


def test_card_info(looks: Callable[..., bool], studied: Cards) -> None:
    assert looks("Why", "space", "i")


def test_import(looks: Callable[..., bool], cards: Cards) -> None:
    assert looks(None, "i")
