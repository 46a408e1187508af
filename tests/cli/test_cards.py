"""Curation: what the commands change, how they say it, and that undo takes each of them back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from desk import Desk

from flashcore.study.undo import CURATION


def found(desk: Desk, *query: str) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = json.loads(desk.run("search", *query, "--json").out)
    return value


def states(desk: Desk) -> list[tuple[object, ...]]:
    """(id, deck, tags, flag, suspended, buried, has a schedule) of every card."""
    with desk.collection() as collection:
        rows = [collection.card_details(card_id) for card_id in collection.find("")]
    return [(row.card.id, row.card.deck, row.note.tags, row.card.flag, row.card.suspension is not None,
             row.card.buried_until is not None, row.schedule is not None) for row in rows]


@pytest.mark.parametrize(("words", "said"), [
    (["suspend", "1", "2"], "2 cards suspended."),
    (["bury", "1"], "1 card buried until tomorrow."),
    (["reset", "1"], "1 card made new."),
    (["delete", "2"], "1 card deleted."),
    (["move", "Inbox", "1", "2"], "2 cards moved to Inbox."),
    (["flag", "3", "1"], "1 card flagged 3."),
    (["tag", "exam-week", "1", "2"], "2 notes tagged exam-week."),
    (["untag", "system::renal-urinary", "1"], "1 note without the tag system::renal-urinary."),
])
def test_each_command_says_what_it_did_and_undo_takes_it_back(desk: Desk, words: list[str], said: str) -> None:
    desk.add_basic()
    desk.add_basic("What is preload?")
    desk.run("review", "--limit", "1", stdin="\n4\n")
    before = states(desk)
    answered = desk.run(*words)
    assert (answered.code, answered.out, answered.err) == (0, "", said + "\n")
    assert states(desk) != before
    undone = desk.run("undo")
    assert (undone.code, undone.err) == (0, "")
    assert undone.out.startswith(f"Undone: {CURATION[words[0]]} ")
    assert states(desk) == before


def test_unsuspend_and_unbury_bring_cards_back(desk: Desk) -> None:
    desk.add_basic()
    before = states(desk)
    for there, back, said in (("suspend", "unsuspend", "unsuspended"), ("bury", "unbury", "no longer buried")):
        desk.run(there, 1)
        assert states(desk) != before
        assert desk.run(back, 1).err == f"1 card {said}.\n"
        assert states(desk) == before


def test_where_selects_cards_and_says_how_many_were_so_before(desk: Desk) -> None:
    for number in range(3):
        desk.add_basic(f"Question {number}?")
    desk.run("suspend", "1")
    assert desk.run("suspend", "--where", 'deck:"Step 1"').err == (
        "2 of 3 cards suspended; the others were so before.\n")
    assert desk.run("unsuspend", "--where", "()").err == "3 cards unsuspended.\n"
    assert desk.run("flag", "0", "--where", "()").err == "0 of 3 cards no longer flagged; the others were so before.\n"


def test_where_that_finds_nothing_changes_nothing(desk: Desk) -> None:
    desk.add_basic()
    answered = desk.run("delete", "--where", "tag:nothing")
    assert (answered.code, answered.err) == (0, "No card matches tag:nothing; nothing was changed.\n")


def test_an_id_given_twice_counts_once(desk: Desk) -> None:
    desk.add_basic()
    assert desk.run("suspend", 1, 1).err == "1 card suspended.\n"


def test_tags_may_be_several_and_a_second_system_replaces_the_first(desk: Desk) -> None:
    desk.add_basic()
    desk.run("tag", "system::heart,exam-week", 1)
    (card,) = found(desk)
    assert (card["tags"], card["primary"]) == (["system::cardiovascular", "exam-week"], "cardiovascular") or (
        card["primary"] == "cardiovascular" and "exam-week" in card["tags"])


def test_undo_takes_back_an_answer_and_says_which(desk: Desk) -> None:
    desk.add_basic()
    desk.run("review", stdin="\n4\n")
    assert desk.run("undo").out == "Undone: the answer Easy on 'Where does ADH act?'.\n"
    assert found(desk)[0]["state"] == "new"


def test_undo_of_nothing_is_no_error(desk: Desk) -> None:
    answered = desk.run("undo")
    assert (answered.code, answered.out, answered.err) == (0, "", "There is nothing to undo.\n")


def test_search_shows_a_table_on_stdout_and_the_count_on_stderr(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is\n\npreload?", "Filling.", "Inbox", ())
    desk.run("suspend", 2)
    desk.run("review", stdin="\n4\n")
    answered = desk.run("search")
    assert answered.out.splitlines() == [
        "CARD  STATE      DUE         SYSTEM         QUESTION",
        "   1  review     2026-11-29  renal-urinary  Where does ADH act?",
        "   2  suspended                             What is preload?"]
    assert answered.err == "2 cards found.\n"
    nothing = desk.run("search", "zebra")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "0 cards found.\n")


def test_due_and_decks_are_tables(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("What is preload?", "Filling.", "Inbox", ())
    assert desk.run("due").out.splitlines() == [
        "0 due, 0 learning, 2 new, about 1 minute.", "",
        "DECK           DUE  LEARNING  NEW",
        "Inbox            0         0    1",
        "Step 1           0         0    1",
        "Step 1::Renal    0         0    1", "",
        "SYSTEM         DUE  LEARNING  NEW",
        "renal-urinary    0         0    1", "",
        "1 card of today without a system."]
    assert desk.run("decks").out.splitlines()[0] == "DECK           NOTES  CARDS  NEW  LEARNING  DUE  SUSPENDED"


def test_options_are_set_shown_and_taken_back(desk: Desk) -> None:
    desk.add_basic()
    answered = desk.run("options", "exam_on=2027-02-21", "new_per_day=10")
    assert answered.out.splitlines() == ["OPTION       FROM        VALUE", "exam_on      collection  2027-02-21",
                                         "new_per_day  collection  10"]
    assert desk.run("options", "Step 1::Renal", "new_per_day=3").out.splitlines()[1].split() == [
        "new_per_day", "Step", "1::Renal", "3"]
    assert desk.run("options", "new_per_day=default").out.splitlines()[1].split() == ["new_per_day", "default", "20"]
    shown = desk.run("options").out.splitlines()
    assert "exam_on                collection  2027-02-21" in shown
    assert "leech_suspend          default     no" in shown


def test_check_of_a_sound_collection(desk: Desk) -> None:
    desk.add_basic()
    answered = desk.run("check")
    assert (answered.code, answered.out, answered.err) == (0, "The collection is sound.\n", "")
