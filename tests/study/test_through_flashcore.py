"""Anki -> flashcore -> Anki: what the real Anki holds afterwards is what it holds after importing its own package.

Equal are notes, note types, decks with their options, cards in every state, the log and media. What is not, and why:

- ids of decks and presets in an .apkg, and the names of presets: Anki gives new ones at every import, and decks of
  equal options share one preset
- a card that Anki itself buried (queue -2) counts as buried by hand (-3): both come back tomorrow
- ``left``: only the steps that remain, not how many of them Anki once thought would fit into the day (the thousands,
  which it no longer reads), and not more than the deck has
- a card that is set aside while on a step of days has in an .apkg the moment at which that day begins: Anki would take
  the day for one of its own collection
- default weights are written out: another version's defaults would move intervals
- filtered decks are not taken, their cards go home; what of a deck is no option of ours (timers, sounds, colours ...)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from anki.collection import Collection as Anki
from anki_side import (
    LEARN,
    NOTHING_TO_FIX,
    RELEARN,
    REVIEW,
    TWO_SIDES,
    AnkiState,
    CardState,
    DeckState,
    Held,
    NoteState,
    an_anki,
    anki_package,
    anki_states,
    build,
    differences,
    held,
    into_anki,
    into_flashcore,
    read_here,
    restored,
)
from hypothesis import given, settings

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.formats import child

DEFAULT_WEIGHTS = [round(weight, 4) for weight in FSRS_6_PARAMETERS]


@contextmanager
def _reading_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "run_child", read_here)
        yield


@contextmanager
def _taken_by_anki(folder: Path, package: Path, rollover: int) -> Iterator[Anki]:
    """The Anki that a package was given to."""
    if package.suffix == ".colpkg":
        with restored(folder, package) as anki:
            yield anki
    else:
        with an_anki(folder, rollover=rollover) as anki:
            into_anki(anki, package)
            yield anki


def _settled(found: Held, wanted: Held, rollover: int, *, is_collection: bool) -> Held:
    """Without what cannot be equal."""
    for name, deck in found.decks.items():
        deck["parameters"] = deck["parameters"] or DEFAULT_WEIGHTS
        if not is_collection:
            deck["id"] = wanted.decks[name]["id"] if name in wanted.decks else 0
    for key, card in found.cards.items():
        other = wanted.cards.get(key, card)
        if card["queue"] == -2:
            card["queue"] = -3
        if card["type"] in (LEARN, RELEARN):
            steps = found.decks[card["deck"]]["relearning_steps" if card["type"] == RELEARN else "steps"]
            card["left"] = min(card["left"] % 1000, max(len(steps), 1))
            if card["queue"] < 0 and isinstance(other["due"], date) and not is_collection:
                moment = card["due"] if isinstance(card["due"], int) else None
                card["due"] = (
                    card["due"]
                    if moment is None
                    else (datetime.fromtimestamp(moment).astimezone() - timedelta(hours=rollover)).date()
                )
    return found


def _check(state: AnkiState, form: str, *, is_legacy: bool) -> None:
    with TemporaryDirectory() as name, _reading_here():
        folder, is_collection = Path(name), form == "colpkg"
        with an_anki(folder / "first", rollover=state.rollover) as anki:
            build(anki, state)
            due = {key: card["due"] for key, card in held(anki).cards.items()}
            theirs = anki_package(anki, folder / f"theirs.{form}", is_legacy=is_legacy)
        with _taken_by_anki(folder / "second", theirs, state.rollover) as anki:
            wanted = held(anki)
        for key, card in wanted.cards.items():
            card["due"] = due[key]  # an .apkg of Anki forgets the rollover hour, and with it a day at some hours
        ours = folder / f"ours.{form}"
        with into_flashcore(folder / "ours", theirs, rollover=state.rollover) as collection:
            assert collection.check().ok
            collection.export(ours)
        with _taken_by_anki(folder / "third", ours, state.rollover) as anki:
            found = held(anki)
            assert anki.fix_integrity() == NOTHING_TO_FIX
        _settled(found, wanted, state.rollover, is_collection=is_collection)
        _settled(wanted, wanted, state.rollover, is_collection=is_collection)
        assert differences(found, wanted) == []


@settings(max_examples=4)
@given(anki_states())
def test_a_package_of_anki_goes_through_flashcore_unchanged(state: AnkiState) -> None:
    _check(state, "apkg", is_legacy=False)


@settings(max_examples=2)
@given(anki_states())
def test_a_package_of_an_older_anki_goes_through_flashcore_unchanged(state: AnkiState) -> None:
    _check(state, "apkg", is_legacy=True)


@settings(max_examples=3)
@given(anki_states())
def test_a_whole_collection_of_anki_goes_through_flashcore_unchanged(state: AnkiState) -> None:
    _check(state, "colpkg", is_legacy=False)


@settings(max_examples=2)
@given(anki_states())
def test_a_whole_collection_of_an_older_anki_goes_through_flashcore_unchanged(state: AnkiState) -> None:
    _check(state, "colpkg", is_legacy=True)


def _a_state() -> AnkiState:
    """Something of everything, for what is looked at by name."""
    log = (
        (40 * 86_400, 3, -600, 0, 0, 4_000, 0),
        (39 * 86_400, 3, 4, -600, 300, 6_000, 1),
        (30 * 86_400, 4, 25, 4, 280, 5_000, 1),
        (9 * 86_400, 2, 30, 25, 0, 900, 3),
        (8 * 86_400, 0, 20, 30, 290, 0, 5),
    )
    data: tuple[tuple[str, Any], ...] = (
        ("pos", 4),
        ("s", 31.5),
        ("d", 4.25),
        ("dr", 0.85),
        ("decay", 0.2),
        ("lrt", -30 * 86_400),
        ("cd", '{"v":1}'),
    )
    review = CardState(REVIEW, 2, 12, ivl=25, factor=2650, reps=3, lapses=1, flags=4, by_day=True, data=data, log=log)
    return AnkiState(
        (
            NoteState(
                0,
                ('heart <img src="heart.png">', "قلب"),
                "a b::c leech",
                "guid!1",
                1,
                90,
                (review, CardState(0, -1, 77, flags=1)),
            ),
        ),
        (DeckState("Anatomy", "all of it", (("desiredRetention", 0.85), ("new", 33))), DeckState("Anatomy::Heart")),
        (("heart.png", b"\x89PNG"),),
        ((1_300_000_000_000, (50 * 86_400, 2, 3, 1, 2500, 1_000, 1)),),
    )


def test_what_flashcore_makes_of_a_card_of_anki(tmp_path: Path) -> None:
    with an_anki(tmp_path / "anki") as anki:
        build(anki, _a_state())
        package = anki_package(anki, tmp_path / "all.colpkg")
    with into_flashcore(tmp_path / "ours", package) as collection:
        second, first = collection.search("")  # new cards come in first
        details = collection.card_details(first.card)
        assert details.schedule is not None
        assert details.schedule.memory is not None
        assert (details.schedule.due_on - collection.today()).days == 12
        assert (details.schedule.interval_days, details.schedule.reps, details.schedule.lapses) == (25, 3, 1)
        assert (details.schedule.memory.stability_days, details.schedule.memory.difficulty) == (31.5, 4.25)
        assert collection.options("Anatomy")["desired_retention"].value == 0.85
        assert collection.options("Anatomy")["new_per_day"].value == 33
        assert details.note.fields == ('heart <img src="heart.png">', "قلب")
        assert details.note.tags == ("a", "b::c", "leech")
        assert details.note.note_type.templates[0].front == TWO_SIDES.templates[0][0]
        assert (collection.media_path / "heart.png").read_bytes() == b"\x89PNG"
        assert collection.card_details(second.card).card.suspension is not None
        assert collection.find("rated:50") == [first.card]
