"""Notes, cards and reviews of an Anki collection: what is repaired, what is left out, and how it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hostile_collections import (
    FIRST_CARD,
    FIRST_NOTE,
    TAKEN,
    Edit,
    Package,
    Staged,
    a_small_collection,
    json_of,
    sql,
    staged,
    values,
)

MENDED = "cards held values that no card can have; they begin as new ones, their reviews were kept"
TAGS_LEFT_OUT = ("1 notes had more than 1000 tags, or some of more than 20 levels or 1000 letters; "
                 "those were left out",)
SIZE = "notes had more or fewer fields than their type; all text was kept"
NO_ID = "it has no id by which its cards could be told"
WORDS: dict[str, tuple[str, ...]] = {
    "E24 bytes that are no text": ("2 texts held bytes that are none; they became \ufffd",),
    "E24 bytes everywhere": ("3 texts held bytes that are none; they became \ufffd",),
    "E25 blobs": ("3 notes held something else than text, which was read as text",
                  "3 texts held bytes that are none; they became \ufffd",
                  "3 texts held NUL characters, which were removed"),
    "E25 NUL": ("6 texts held NUL characters, which were removed",),
    "E25 numbers": (f"3 {SIZE}", "2 notes had the guid of another one and got their own"),
    "E26 a field of 6 MB": ("1 notes were larger than 1 MiB and were cut there", f"1 {SIZE}"),
    "E26 fields of 1.5 MB": ("3 notes were larger than 1 MiB and were cut there", f"3 {SIZE}"),
    "E27 100,000 tags": TAGS_LEFT_OUT, "E27 a tag 5,000 deep": TAGS_LEFT_OUT, "E27 a tag of 2 MB": TAGS_LEFT_OUT,
    "E28 reviews at impossible times": ("4 reviews held values that no review can have and were left out",),
    "E28 a review to come": (
        "1 reviews are dated in the future; they were kept as history and schedule nothing",),
    "E29 numbers out of range": (f"4 {MENDED}", "1 reviews held values that no review can have and were left out"),
    "E29 the lowest number": (f"4 {MENDED}", "3 reviews held values that no review can have and were left out"),
    "E29 the lowest due": (), "E29 the longest interval": (), "E29 card data": (), "E29 deep card data": (),
    "E29 fractions": (f"4 {MENDED}", "3 reviews held values that no review can have and were left out"),
    "E29 ids beyond time": ("3 reviews belong to cards that are not in the file; they were kept as history",),
    "E30 orphan cards": ("1 cards belonged to no note and were left out",
                         "1 cards were missing and were made from their notes"),
    "E30 no cards": ("4 cards were missing and were made from their notes",
                     "3 reviews belong to cards that are not in the file; they were kept as history"),
    "E30 an unknown note type": ("1 notes of an unknown note type got one of the name Recovered",),
    "E30 a note type of words": ("3 notes of an unknown note type got one of the name Recovered",),
    "E30 one field": (f"3 {SIZE}",), "E30 forty fields": (f"3 {SIZE}",),
    "E30 4,000 fields of no type": ("3 notes of an unknown note type got one of the name Recovered",),
    "E30 guids twice": ("2 notes had the guid of another one and got their own",),
    "E30 guids twice that look separated": ("1 notes had the guid of another one and got their own",),
    "E30 no guids": ("3 notes had no guid and got one",),
    "E30 no decks": ("4 cards had no deck in the file and went into the deck Recovered",),
    "E30 decks of words": (f"4 {MENDED}",),
    "E30 ids below zero": ("4 cards belonged to no note and were left out",
                           "3 reviews held values that no review can have and were left out"),
    "E30 cards of one ordinal": (
        "3 cards asked the same of a note as another one; the one answered more often was kept",
        "3 cards were missing and were made from their notes"),
    "E33 cloze 999,999": ("1 cards ask what no note asks and were left out",),
    "E33 only cloze 999,999": ("2 cards ask what no note asks and were left out",
                               "1 reviews belong to cards that are not in the file; they were kept as history"),
    "E33 cloze nested 5,000 deep": (),
}


def read(folder: Path, edit: Edit | None = None, made: Package | None = None, **how: Any) -> Staged:
    return staged((made or a_small_collection()).package(folder / "deck.apkg", edit), folder / "staged", **how)


def told(folder: Path, name: str) -> Staged:
    """What is left of a collection of TAKEN; what is said of it is compared on the way."""
    found = read(folder, TAKEN[name])
    assert tuple(found.problems) == WORDS[name]
    assert len(found.notes) + len(found.skipped) == 3
    assert {card["note_id"] for card in found.cards.values()} == {note["id"] for note in found.notes.values()}
    return found


def fields(found: Staged, guid: str) -> list[str]:
    return found.notes[guid]["fields"].split("\x1f")


def test_an_honest_collection_is_read_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert (found.problems, found.skipped) == ([], [])
    assert {guid: (fields(found, guid), row["tags"], row["added_at"], row["changed_at"])
            for guid, row in found.notes.items()} == {
        "heart": (["What pumps?", "The heart"], "organ::heart easy", FIRST_NOTE, 1_700_000_000_000),
        "lung": (["What breathes?", "The lung"], "", FIRST_NOTE + 1, 1_700_000_000_000),
        "cloze": (["The {{c1::mitral}} valve and the {{c2::aortic}} one", "left"], "", FIRST_NOTE + 2,
                  1_700_000_000_000)}
    assert {name: (found.decks[row["deck_id"]]["name"], row["state"], row["interval_days"], row["stability"])
            for name, row in found.cards.items()} == {
        ("heart", 0): ("Medicine::Heart", 2, 15, 15.0), ("lung", 0): ("Medicine::Lung", None, None, None),
        ("cloze", 0): ("Medicine::Heart", 2, 3, 3.0), ("cloze", 1): ("Medicine::Heart", None, None, None)}
    assert [(name, rating, origin) for name, _, rating, origin in found.reviews] == [
        (("heart", 0), 3, "learn"), (("heart", 0), 3, "review"), (("cloze", 0), 2, "learn")]


@pytest.mark.parametrize("name", [name for name in WORDS if name[:3] in ("E25", "E27", "E28", "E29", "E30", "E33")])
def test_E25_to_E33_the_rest_is_taken_and_what_was_done_is_said(tmp_path: Path, name: str) -> None:
    told(tmp_path, name)


@pytest.mark.parametrize("data", ["41E942", "E9", "C3", "41F0", "80", "FF41", "EDA080"])
def test_E24_bytes_that_are_no_text_become_signs_of_it(tmp_path: Path, data: str) -> None:
    found = read(tmp_path, sql(f"UPDATE notes SET flds = CAST(x'{data}1F43' AS TEXT) WHERE guid = 'heart'"))
    assert fields(found, "heart") == [bytes.fromhex(data).decode("utf-8", "replace"), "C"]
    assert found.problems == ["1 texts held bytes that are none; they became \ufffd"]
    assert fields(found, "lung") == ["What breathes?", "The lung"]


def test_E24_bytes_that_are_no_text_spoil_nothing_elsewhere(tmp_path: Path) -> None:
    found = told(tmp_path, "E24 bytes everywhere")
    assert sorted(found.notes) == [f"\ufffd{FIRST_NOTE + place}" for place in range(3)]
    assert {row["name"] for row in found.decks.values()} == {"Medicine::\ufffd", "Medicine::Lung"}
    assert {row["name"] for row in found.note_types.values()} == {"\ufffd", "Cloze"}


def test_E24_tags_that_are_no_text(tmp_path: Path) -> None:
    assert told(tmp_path, "E24 bytes that are no text").notes["heart"]["tags"] == "\ufffd"


def test_E25_blobs_and_numbers_are_read_as_text(tmp_path: Path) -> None:
    assert fields(told(tmp_path, "E25 blobs"), "heart") == ["What pumps?", "The heart"]
    (tmp_path / "more").mkdir()
    assert fields(told(tmp_path / "more", "E25 numbers"), "12") == ["Inf", ""]


def test_E25_NUL_is_removed(tmp_path: Path) -> None:
    assert fields(told(tmp_path, "E25 NUL"), "heart") == ["ab", "c"]


@pytest.mark.parametrize("name", ["E26 a field of 6 MB", "E26 fields of 1.5 MB"])
def test_E26_a_note_is_cut_at_1_MiB(tmp_path: Path, name: str) -> None:
    found = told(tmp_path, name)
    first, last = fields(found, "heart")
    assert (len(first), first[-3:], last) == (1024 * 1024 - 1, "...", "")


def test_E27_tags_beyond_the_limits_are_left_out(tmp_path: Path) -> None:
    assert told(tmp_path, "E27 100,000 tags").notes["heart"]["tags"].split() == [f"t{n}" for n in range(1000)]
    (tmp_path / "more").mkdir()
    assert told(tmp_path / "more", "E27 a tag 5,000 deep").notes["heart"]["tags"] == "kept"


def test_E28_what_is_to_come_is_kept_as_history(tmp_path: Path) -> None:
    found = told(tmp_path, "E28 a review to come")
    assert [at for name, at, *_ in found.reviews if name == ("heart", 0)][-1] == 1_900_000_000_000


def test_E29_a_card_that_cannot_be_begins_anew_with_its_reviews(tmp_path: Path) -> None:
    found = told(tmp_path, "E29 numbers out of range")
    assert {(row["state"], row["due_on"], row["due_at"], row["stability"]) for row in found.cards.values()} == {
        (None, None, None, None)}
    assert [name for name, *_ in found.reviews] == [("heart", 0), ("cloze", 0)]


def test_E29_a_suspended_card_stays_suspended(tmp_path: Path) -> None:
    found = read(tmp_path, sql(f"UPDATE cards SET queue = -1, due = {2**62} WHERE id = {FIRST_CARD}"))
    assert {name: row["is_suspended"] for name, row in found.cards.items() if row["is_suspended"]} == {("heart", 0): 1}


@pytest.mark.parametrize(("data", "kept"), [
    ('{"pos": 7, "cd": "{}"}', {"ease": 0, "pos": 7, "cd": "{}"}),
    ('{"pos": "x", "cd": [[]], "dr": "0.9", "decay": -1}', {"ease": 0, "cd": "[[]]"}),
    ('{"pos": 1e300, "dr": 0.9, "s": 1e9, "d": 5}', {"ease": 0, "dr": 0.9}),
    ("[1, 2]", {"ease": 0}), ("nothing", {"ease": 0}), ('{"pos": -7}', {"ease": 0}),
])
def test_E29_only_what_means_something_is_kept_of_a_cards_extras(
        tmp_path: Path, data: str, kept: dict[str, Any]) -> None:
    card = read(tmp_path, values("cards", f"id = {FIRST_CARD}", data=data)).cards["heart", 0]
    assert (json.loads(card["anki"]), card["stability"]) == (kept, None)


@pytest.mark.parametrize("is_learned", [True, False])
def test_E29_a_place_among_new_cards_of_words_spoils_nothing(tmp_path: Path, is_learned: bool) -> None:
    found = read(tmp_path, values("cards", "1", data='{"pos": "first"}'), with_learning=is_learned)
    assert found.cards["heart", 0]["position"] is None


def test_E30_what_has_no_note_type_gets_one(tmp_path: Path) -> None:
    found = told(tmp_path, "E30 an unknown note type")
    assert found.note_types[found.notes["heart"]["note_type_id"]]["name"] == "Recovered (2 fields)"
    assert fields(found, "heart") == ["What pumps?", "The heart"]


def test_E30_no_text_is_lost_where_the_fields_are_too_many_or_too_few(tmp_path: Path) -> None:
    found = told(tmp_path, "E30 forty fields")
    assert fields(found, "heart") == ["f0", "<br>".join(f"f{n}" for n in range(1, 40))]
    (tmp_path / "more").mkdir()
    assert fields(told(tmp_path / "more", "E30 one field"), "heart") == ["only", ""]
    (tmp_path / "most").mkdir()
    parts = fields(told(tmp_path / "most", "E30 4,000 fields of no type"), "heart")
    assert (len(parts), parts[-1]) == (100, "<br>".join(f"f{n}" for n in range(99, 4_000)))


def test_E30_each_note_has_a_guid_of_its_own(tmp_path: Path) -> None:
    assert sorted(told(tmp_path, "E30 guids twice").notes) == [
        "same", f"same-{FIRST_NOTE + 1}", f"same-{FIRST_NOTE + 2}"]
    (tmp_path / "more").mkdir()
    assert sorted(told(tmp_path / "more", "E30 guids twice that look separated").notes) == [
        "same", f"same-{FIRST_NOTE + 1}", f"same-{FIRST_NOTE + 1}+"]
    (tmp_path / "most").mkdir()
    assert sorted(told(tmp_path / "most", "E30 no guids").notes) == [f"anki-{FIRST_NOTE + n}" for n in range(3)]


def test_E30_notes_without_an_id_are_skipped_by_name(tmp_path: Path) -> None:
    found = told(tmp_path, "E30 ids below zero")
    assert sorted(found.skipped) == [
        ("The {{c1::mitral}} valve and the {{c2::aortic}} one left", NO_ID), ("What breathes? The lung", NO_ID),
        ("What pumps? The heart", NO_ID)]


def test_E33_a_deletion_beyond_the_last_number_makes_no_card(tmp_path: Path) -> None:
    assert sorted(told(tmp_path, "E33 cloze 999,999").cards) == [("cloze", 0), ("heart", 0), ("lung", 0)]
    (tmp_path / "more").mkdir()
    assert told(tmp_path / "more", "E33 only cloze 999,999").skipped == [
        ("{{c999999::x}}", "it asks nothing: it has no card")]


def test_every_fault_of_rows_has_its_words() -> None:
    assert set(WORDS) == {name for name in TAKEN if name[:3] in ("E24", "E25", "E26", "E28", "E29", "E30", "E33")
                          or name.startswith(("E27 100", "E27 a tag"))}


def test_without_learning_every_card_is_new(tmp_path: Path) -> None:
    found = read(tmp_path, json_of("decks", lambda decks: None), with_learning=False)
    assert {(row["state"], row["flag"], row["is_suspended"], row["anki"]) for row in found.cards.values()} == {
        (None, 0, 0, None)}
    assert found.reviews == []
