from __future__ import annotations

from datetime import date

import pytest

from flashcore.domain.bundle import BundledCard, Learned
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import DeckFileError
from flashcore.formats import ReadOptions
from flashcore.formats.org import read

HEAD = "position | ease | box | interval | due"


def card(kind: str, text: str, rows: str = "", tags: str = ":fc:", head: str = HEAD) -> str:
    drawer = f":REVIEW_DATA:\n| {head} |\n|---+---|\n{rows}:END:\n" if rows else ""
    return f"* Heart {tags}\n:PROPERTIES:\n:FC_TYPE: {kind}\n:END:\n{drawer}{text}"


def sm2(due: date, days: int, ease: float) -> Learned:
    return Learned(CardState.REVIEW, due, interval_days=days, ease=ease)


def notes(text: str) -> list[tuple[object, ...]]:
    return [(one.note.note_type, *(field for field in one.note.fields if field), one.cards)
            for one in read(text.encode(), ReadOptions()).notes]


MARCH, APRIL = "2026-03-20T12:00:00Z", "2026-04-02T12:00:00Z"
ROWS = f"| front | 2.5 | 3 | 6.2 | {MARCH} |\n| back | 1.1 | 4 | 19 | {APRIL} |\n"


def test_each_card_type_is_a_note_with_its_schedules() -> None:
    front = BundledCard(0, learned=sm2(date(2026, 3, 20), 6, 2.5))
    back = BundledCard(1, learned=sm2(date(2026, 4, 2), 19, 1.3))
    assert notes(card("normal", "Where?\n** Back\nleft", ROWS)) == [(BASIC, "Heart\n\nWhere?", "left", (front,))]
    assert notes(card("normal", "left", ROWS)) == [(BASIC, "Heart", "left", (front,))]
    assert notes(card("double", "** Back\nleft", ROWS)) == [(REVERSED, "Heart", "left", (front, back))]
    assert notes(card("text-input", "left", "")) == [(BASIC, "Heart", "left", ())]


def test_deletions_have_the_schedule_of_their_id() -> None:
    rows = f"| 0 | 2.5 | 0 | 0 | {MARCH} |\n| 7 | 2.5 | 3 | 6 | {MARCH} |\n"
    text = card("cloze", "{{left}{side}@0} and {{$\\frac{1}{2}$}@7} {{x}}", rows)
    assert notes(text) == [(CLOZE, "Heart\n\n{{c1::left::side}} and {{c2::$\\frac{1}{2}$}} {{c3::x}}",
                            (BundledCard(1, learned=sm2(date(2026, 3, 20), 6, 2.5)),))]


def test_a_suspended_card_stays_suspended() -> None:
    assert notes(card("normal", "left", "", ":fc:suspended:")) == [
        (BASIC, "Heart", "left", (BundledCard(0, is_suspended=True),))]


def test_a_table_with_memory_states_gives_them() -> None:
    rows = f"| front | 12.5 | 5.5 | {MARCH} | 2026-03-08T12:00:00Z |\n"
    ((*_, cards),) = notes(card("normal", "left", rows, head="position | stability | difficulty | due | last_review"))
    assert [(one.learned.memory, one.learned.due_on, one.learned.interval_days) for one in cards] == [
        (MemoryState(12.5, 5.5), date(2026, 3, 20), 12)]


@pytest.mark.parametrize("row", [f"| front | x | 3 | 6 | {MARCH} |", "| front | 2.5 | 3 | 6 | soon |",
                                 f"| front | 2.5 | 3 | -6 | {MARCH} |"])
def test_E29_a_row_that_cannot_be_meant_refuses_the_file(row: str) -> None:
    with pytest.raises(DeckFileError, match="the schedule of position 'front' cannot be read"):
        notes(card("normal", "left", row + "\n"))


def test_a_cloze_card_without_deletions_is_named() -> None:
    bundle = read(card("cloze", "none").encode(), ReadOptions())
    assert [(one.note, one.reason) for one in bundle.skipped] == [("Heart", "it has no deletion {{text}}")]
