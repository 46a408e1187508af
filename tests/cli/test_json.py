"""--json: exactly the keys of the contract, and nothing else on stdout."""

from __future__ import annotations

import json
from typing import Any

from desk import Desk

DECK = """\
---
deck: Step 1::Renal
system: renal-urinary
---
Q: Where does ADH act?
A: In the collecting duct.
Tags: physiology topic::water

Q: Why does SIADH lower sodium?
A: Water is kept.
"""


def value_of(desk: Desk, *words: str) -> Any:
    answered = desk.run(*words, "--json")
    assert answered.code == 0, answered.err
    return json.loads(answered.out)


def test_due(desk: Desk) -> None:
    desk.add_basic()
    desk.add_basic("Untagged?", "Yes.", "Inbox", ())
    assert value_of(desk, "due") == {
        "new": 2, "learning": 0, "due": 0, "minutes": 1, "untagged": 1,
        "by_deck": [{"deck": "Inbox", "new": 1, "learning": 0, "due": 0},
                    {"deck": "Step 1", "new": 1, "learning": 0, "due": 0},
                    {"deck": "Step 1::Renal", "new": 1, "learning": 0, "due": 0}],
        "by_system": [{"system": "renal-urinary", "new": 1, "learning": 0, "due": 0}]}


def test_decks(desk: Desk) -> None:
    card_id = desk.add_basic()
    desk.add_cloze("ADH inserts [aquaporin-2] by [V2] receptors.")
    desk.run("suspend", card_id)
    whole = {"notes": 2, "cards": 3, "new": 1, "learning": 0, "due": 0, "suspended": 1}
    assert value_of(desk, "decks") == [{"deck": "Step 1", **whole}, {"deck": "Step 1::Renal", **whole}]


def test_search_of_a_new_and_of_an_answered_card(desk: Desk) -> None:
    desk.add_basic(tags=("system::renal-urinary", "involves::endocrine", "discipline::physiology", "topic::water"))
    desk.add_basic("What is preload?", "Filling.", "Step 1::Heart", ())
    desk.run("review", "--deck", "Step 1::Heart", stdin="\n4\n")
    first, second = value_of(desk, "search")
    assert first == {
        "card": 1, "note": 1, "guid": "000000000001", "deck": "Step 1::Renal",
        "tags": ["system::renal-urinary", "involves::endocrine", "discipline::physiology", "topic::water"],
        "primary": "renal-urinary", "systems": ["renal-urinary", "endocrine"], "discipline": "physiology",
        "depth": "recall", "topic": "water", "file": None, "line": None, "state": "new", "due_at": None,
        "stability_days": None, "difficulty": None, "retrievability": None, "lapses": 0, "suspended": False,
        "question": "Where does ADH act?", "answer": "In the collecting duct."}
    assert list(second) == list(first)
    assert (second["state"], second["primary"], second["lapses"], second["retrievability"]) == ("review", None, 0, 1.0)
    assert second["due_at"].endswith("T04:00:00+00:00")
    assert isinstance(second["stability_days"], float)
    assert isinstance(second["difficulty"], float)


def test_search_without_a_find_is_an_empty_list(desk: Desk) -> None:
    desk.add_basic()
    assert value_of(desk, "search", "nothing") == []


def test_options_of_the_collection_and_of_a_deck(desk: Desk) -> None:
    desk.add_basic()
    desk.run("options", "new_per_day=5")
    desk.run("options", "Step 1", "new_per_day=7", "learning_steps=1m 1h")
    whole = value_of(desk, "options")
    assert list(whole) == ["deck", "options"]
    assert whole["deck"] is None
    assert list(whole["options"]) == [
        "exam_on", "minutes_per_day", "rollover_hour", "show_system", "protected_fields", "protected_tags",
        "desired_retention", "parameters", "new_per_day",
        "reviews_per_day", "learning_steps", "relearning_steps", "maximum_interval_days", "leech_threshold",
        "leech_suspend"]
    assert whole["options"]["new_per_day"] == {"value": 5, "from": "collection"}
    assert whole["options"]["leech_suspend"] == {"value": False, "from": "default"}
    deck = value_of(desk, "options", "Step 1::Renal")
    assert deck["deck"] == "Step 1::Renal"
    assert deck["options"]["new_per_day"] == {"value": 7, "from": "Step 1"}
    assert deck["options"]["learning_steps"] == {"value": "1m 1h", "from": "Step 1"}
    assert "exam_on" not in deck["options"]


def test_info(desk: Desk) -> None:
    desk.add_basic()
    desk.run("review", stdin="\n4\n")
    found = value_of(desk, "info")
    assert found.pop("version")
    assert found.pop("schema") >= 1
    assert found == {"collection": str(desk.path), "notes": 1, "cards": 1, "reviews": 1, "media": 0, "backups": 0}


def test_check(desk: Desk) -> None:
    desk.add_basic()
    desk.run("review", stdin="\n3\n")
    assert value_of(desk, "check") == {"ok": True, "problems": []}


def test_check_of_a_schedule_that_its_log_does_not_give(desk: Desk) -> None:
    import sqlite3

    card_id = desk.add_basic()
    desk.run("review", stdin="\n4\n")
    with sqlite3.connect(desk.path) as database:
        database.execute("update schedule set reps = 7")
    database.close()
    answered = desk.run("check", "--json")
    found = json.loads(answered.out)
    assert answered.code == 1
    assert found["ok"] is False
    assert [(list(problem), problem["where"]) for problem in found["problems"]] == [
        (["what", "where", "hint"], f"card {card_id}")]


def test_import_and_import_again(desk: Desk) -> None:
    path = desk.deck_file(DECK)
    first = value_of(desk, "import", str(path))
    expected = {
        "new": 2, "updated": 0, "same": 0, "skipped": 0, "suspended": 0, "reviews_new": 0, "reviews_same": 0,
        "rescheduled": 0, "diverged": 0, "kept_local": 0, "conflicts": 0, "media_new": 0, "media_missing": 0,
        "systems": {"renal-urinary": 2}, "untagged": 0,
        "files": [{"path": str(path), "format": "markdown", "refused": False, "notes": 2, "cards": 2, "skipped": [],
                   "problems": []}]}
    assert first == expected
    assert list(first) == list(expected)
    assert value_of(desk, "import", str(path)) == {**expected, "new": 0, "same": 2}


def test_a_refused_file_stands_in_the_json_with_its_problems(desk: Desk) -> None:
    path = desk.deck_file("Q: What?\n\nQ: Who?\nA: He.\n")
    answered = desk.run("import", path, "--json")
    report = json.loads(answered.out)
    assert answered.code == 4
    (file,) = report["files"]
    assert (report["new"], file["refused"], [list(problem) for problem in file["problems"]]) == (
        0, True, [["line", "what", "hint"]])
    assert file["problems"][0]["line"] == 1


def test_an_absent_collection_is_an_empty_one_and_stays_absent(desk: Desk) -> None:
    for words, expected in ((["due"], {"new": 0, "learning": 0, "due": 0, "minutes": 0, "untagged": 0, "by_deck": [],
                                       "by_system": []}), (["decks"], []), (["search", "x"], []),
                            (["check"], {"ok": True, "problems": []})):
        answered = desk.run(*words, "--json")
        assert json.loads(answered.out) == expected
        assert answered.err.count("\n") == 1
        assert str(desk.path) in answered.err
    assert not desk.path.exists()


def test_letters_outside_ascii_stand_as_themselves(desk: Desk) -> None:
    desk.add_basic("Was tut Ödem? µg/dL")
    assert "Ödem? µg/dL" in desk.run("search", "--json").out
