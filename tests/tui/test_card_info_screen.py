from __future__ import annotations

from datetime import UTC
from pathlib import Path

from stage import StillClock, study

from flashcore.study.collection import Collection
from flashcore.tui.card_info import info_blocks

Cards = dict[str, tuple[int, ...]]


def _lines(path: Path, still: StillClock, card_id: int) -> list[str]:
    with Collection.open_for_reading(path, clock=still.clock()) as collection:
        blocks = info_blocks(collection.card_details(card_id), collection.today(), UTC)
    return [(block.first + block.content).plain for block in blocks]


def test_card_info_of_a_new_card(path: Path, still: StillClock, cards: Cards) -> None:
    assert _lines(path, still, cards["untagged"][0]) == [
        "deck           Odds", "system         none", "depth          recall", "tags           none",
        "added          2026-11-23", f"card           {cards['untagged'][0]} (number 1 of note 5)", "",
        "state          new", "", "Never answered"]


def test_card_info_tells_schedule_memory_and_history(path: Path, still: StillClock, cards: Cards) -> None:
    card_id = cards["why"][0]
    study(path, still, {card_id: "easy"}, days_ago=3)
    with Collection.open(path, clock=still.clock()) as collection:
        collection.flag([card_id], 4)
        collection.suspend([card_id])
        collection.bury([card_id])
    lines = _lines(path, still, card_id)
    for line in ("state          review", "               suspended by hand", "flag           4",
                 "answers        1 answer, 0 lapses", "2026-11-20 09:00 · Easy · 9 s"):
        assert line in lines
    text = "\n".join(lines)
    for words in ("buried, comes back tomorrow", "due            in ", "(R, by FSRS)", "days (S)", "of 10 (D)"):
        assert words in text


def test_card_info_tells_a_learning_step_to_the_minute_and_the_chosen_option(
        path: Path, still: StillClock, cards: Cards) -> None:
    from flashcore.domain.review import Rating

    with Collection.open(path, clock=still.clock()) as collection:
        collection.review(card_ids=cards["vignette"]).answer(Rating.AGAIN, 4_000, "b")
    lines = _lines(path, still, cards["vignette"][0])
    assert "due            2026-11-23 09:01" in lines
    assert "2026-11-23 09:00 · Again · chose option b of the note, wrong · 4 s" in lines
