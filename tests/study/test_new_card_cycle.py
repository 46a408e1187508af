"""New cards of a topic come in the cycle fact, fact, why, fact, case, fact, why - across sessions, days and imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from builders import Watch, a_note, a_vignette, added, answered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.review import Rating
from flashcore.domain.taxonomy import NEW_CARD_CYCLE, Depth
from flashcore.study.collection import Collection

WORD = {Depth.RECALL: "fact", Depth.MECHANISM: "why", Depth.APPLICATION: "case"}
CYCLE = ["fact", "fact", "why", "fact", "case", "fact", "why"]


def add(collection: Collection, word: str, number: int = 0, *, topic: str = "topic::valves", deck: str = "Heart",
        system: str = "system::heart") -> int:
    tags = f"{topic} {system}"
    match word:
        case "fact":
            note = a_note(f"What is {topic} {number}?", tags=tags)
        case "why":
            note = a_note(f"Why is {topic} {number}?", tags=tags)
        case _:
            note = a_vignette(f"A man with {topic} {number} ...", tags=tags)
    return added(collection, note, deck)[0]


def next_words(collection: Collection, number: int = 99, rating: Rating = Rating.EASY) -> list[str]:
    """The kinds of the next new cards, each answered."""
    session, words = collection.review(), []
    while len(words) < number and (prompt := session.show()) is not None:
        words.append(WORD[prompt.depth])
        session.answer(rating, 1_000)
    return words


def test_the_cycle_is_the_one_of_the_design() -> None:
    assert [WORD[depth] for depth in NEW_CARD_CYCLE] == CYCLE


@pytest.mark.parametrize("order", [
    ["fact"] * 8 + ["why"] * 4 + ["case"] * 2, ["case"] * 2 + ["why"] * 4 + ["fact"] * 8, CYCLE[::-1] * 2])
def test_new_cards_come_in_the_cycle_however_they_were_added(collection: Collection, order: Sequence[str]) -> None:
    collection.set_options(None, {"new_per_day": "50"})
    for number, word in enumerate(order):
        add(collection, word, number)
    assert next_words(collection) == CYCLE * 2


def test_within_a_kind_they_come_as_they_were_added(collection: Collection) -> None:
    ids = [add(collection, "fact", number) for number in range(4)]
    session, order = collection.review(), []
    while (prompt := session.show()) is not None:
        order.append(prompt.card.id)
        session.answer(Rating.EASY, 1_000)
    assert order == ids


def test_the_cycle_goes_on_across_days(collection: Collection, watch: Watch) -> None:
    for word in ["fact"] * 8 + ["why"] * 4 + ["case"] * 2:
        add(collection, word, 1)
    collection.set_options(None, {"new_per_day": "3"})
    days = []
    for _ in range(5):
        days += next_words(collection)
        watch.forward(days=1)
    assert days == CYCLE * 2


def test_the_cycle_goes_on_where_it_stands_when_cards_are_added(collection: Collection) -> None:
    for word in ["fact"] * 3 + ["why"]:
        add(collection, word, 1)
    assert next_words(collection, 3) == ["fact", "fact", "why"]
    for word in ["case", "why", "fact"]:
        add(collection, word, 2)
    assert next_words(collection) == ["fact", "case", "fact", "why"]


def test_where_a_kind_is_missing_the_others_come_and_nothing_is_withheld(collection: Collection) -> None:
    for word in ["case"] * 3 + ["fact"] * 2:
        add(collection, word, 1)
    assert next_words(collection) == ["fact", "fact", "case", "case", "case"]


def test_each_topic_of_each_deck_has_a_cycle_of_its_own(collection: Collection) -> None:
    collection.set_options(None, {"new_per_day": "50"})
    for topic, deck in (("topic::valves", "Heart"), ("topic::rhythm", "Heart"), ("topic::valves", "Lung")):
        for word in ("case", "why", "fact", "fact", "fact"):
            add(collection, word, 1, topic=topic, deck=deck)
    session, orders = collection.review(), {}
    while (prompt := session.show()) is not None:
        orders.setdefault((prompt.axes.topics[0], prompt.card.deck), []).append(WORD[prompt.depth])
        session.answer(Rating.EASY, 1_000)
    assert set(map(tuple, orders.values())) == {("fact", "fact", "why", "fact", "case")}
    assert len(orders) == 3


def test_cards_without_a_topic_come_as_they_were_added(collection: Collection) -> None:
    for word in ("case", "why", "fact"):
        add(collection, word, 1, topic="")
    assert next_words(collection) == ["case", "why", "fact"]


def test_a_card_moved_or_retagged_takes_its_place_in_the_cycle_there(collection: Collection) -> None:
    case = add(collection, "case", 1)
    facts = [add(collection, "fact", number, topic="topic::rhythm") for number in range(3)]
    collection.tag([case], ["hard"])
    collection.untag([case], ["topic::valves"])
    assert next_new(collection) == case  # without a topic: as it was added
    collection.tag([case], ["topic::rhythm"])
    assert next_new(collection) == facts[0]
    collection.undo()
    assert next_new(collection) == case
    collection.tag([case], ["topic::rhythm"])
    collection.move([case], "Lung")
    collection.move([case], "Heart")
    assert next_words(collection) == ["fact", "fact", "fact", "case"]


def next_new(collection: Collection) -> int:
    prompt = collection.review().show()
    assert prompt is not None
    return prompt.card.id


def test_an_undone_answer_puts_the_card_back_in_its_place(collection: Collection) -> None:
    for word in CYCLE:
        add(collection, word, 1)
    orders = {one.card: collection.card_details(one.card).card.new_order for one in collection.search()}
    session = collection.review()
    for _ in range(4):
        session.answer(Rating.EASY, 1_000)
    for _ in range(4):
        session.undo()
    assert {one.card: collection.card_details(one.card).card.new_order for one in collection.search()} == orders
    assert next_words(collection) == CYCLE


def test_a_reset_card_takes_its_place_among_the_new_ones(collection: Collection) -> None:
    ids = [add(collection, word, 1) for word in ("fact", "fact", "why", "case")]
    for card_id in ids:
        answered(collection, card_id, "easy")
    collection.reset([ids[3], ids[2], ids[0]])
    assert next_words(collection) == ["fact", "why", "case"]


def test_more_cards_at_once_than_are_read_at_once_all_come(collection: Collection) -> None:
    collection.set_options(None, {"new_per_day": "200"})
    for number in range(45):
        add(collection, CYCLE[number % 7], number)
    assert len(next_words(collection)) == 45


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(words=st.lists(st.sampled_from(["fact", "why", "case"]), min_size=1, max_size=30))
def test_any_mix_comes_as_the_endless_cycle_without_what_is_not_there(
        tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    with Collection.open(tmp_path_factory.mktemp("cycle") / "c.db", clock=Watch().clock()) as collection:
        collection.set_options(None, {"new_per_day": "100"})
        for number, word in enumerate(words):
            add(collection, word, number)
        left = {word: words.count(word) for word in ("fact", "why", "case")}
        wanted = []
        while any(left.values()):
            for word in CYCLE:
                if left[word]:
                    left[word] -= 1
                    wanted.append(word)
        assert next_words(collection) == wanted


DECK = "---\ndeck: Heart\nsystem: heart\n---\n# Valves\n\n"


def test_an_import_goes_on_with_the_cycle(collection: Collection, tmp_path: Path, watch: Watch) -> None:
    file = tmp_path / "valves.md"
    facts = "".join(f"Q: What is fact {number}?\nA: It is {number}.\n\n" for number in range(3))
    file.write_text(f"{DECK}{facts}Q: Why 1?\nA: So.\n")
    collection.import_file(file)
    assert next_words(collection, 3) == ["fact", "fact", "why"]
    watch.forward(days=1)
    file.write_text(f"{DECK}{facts}Q: Why 1?\nA: So.\n\nQ: Why 2?\nA: So.\n\nQ: What is fact 9?\nA: It is 9.\n\n"
                    "V: A man ...\n- [ ] one\n- [x] two\n- [ ] three\n")
    collection.import_file(file)
    watch.now += timedelta(hours=1)
    assert next_words(collection) == ["fact", "case", "fact", "why"]
