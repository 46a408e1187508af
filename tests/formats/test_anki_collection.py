"""Anki collections in packages and alone: which are read, which are refused, and with which words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from anki_judge import an_anki
from hostile_collections import (
    BASIC,
    HEART,
    REFUSED,
    TAKEN,
    Package,
    Staged,
    a_deck,
    a_small_collection,
    front_of_basic,
    json_of,
    random_flips,
    sql,
    staged,
    zipped,
)

from flashcore.domain.deck import FSRS_6_PARAMETERS
from flashcore.errors import FileError

DEFAULTS = " ".join(map(str, FSRS_6_PARAMETERS))
DEFAULT_RECOVERED = "cards had no deck in the file and went into the deck Recovered"


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Path]:
    """A new empty folder each time."""
    def numbered() -> Iterator[Path]:
        number = 0
        while True:
            number += 1
            yield tmp_path / f"staged{number}"
    return numbered()


@pytest.mark.parametrize("name", REFUSED)
def test_E18_to_E32_a_collection_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    edit, words = REFUSED[name]
    package = a_small_collection().package(tmp_path / "deck.apkg", edit)
    with pytest.raises(FileError) as raised:
        staged(package, tmp_path / "staged")
    assert raised.value.what.startswith(words)
    assert raised.value.path == package
    assert raised.value.hint


@pytest.mark.parametrize("name", ["E22 no cards", "E19 a trigger without end", "E22 schema 999"])
def test_a_bare_collection_is_refused_for_the_same_reasons_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    edit, words = REFUSED[name]
    path = a_small_collection().save(tmp_path / "collection.anki2", edit)
    before = path.read_bytes()
    with pytest.raises(FileError) as raised:
        staged(path, tmp_path / "staged")
    assert raised.value.what.startswith(words)
    assert (path.read_bytes(), sorted(each.name for each in tmp_path.iterdir())) == (
        before, ["collection.anki2", "staged"])


def test_E22_more_columns_do_no_harm(tmp_path: Path) -> None:
    plain = staged(a_small_collection().package(tmp_path / "plain.apkg"), tmp_path / "plain")
    more = staged(a_small_collection().package(tmp_path / "more.apkg", TAKEN["E22 more columns"]), tmp_path / "more")
    assert more == plain


def is_read_or_refused(data: bytes, tmp_path: Path, places: Iterator[Path]) -> Staged | None:
    """Nothing but a FileError may come out of a damaged file, and nothing that is no text of it."""
    try:
        found = staged(zipped(tmp_path / "deck.apkg", data), next(places))
    except FileError as error:
        assert error.what
        return None
    assert {card["note_id"] for card in found.cards.values()} <= {note["id"] for note in found.notes.values()}
    return found


@pytest.mark.parametrize("seed", range(20))
def test_E23_a_damaged_database_is_read_or_refused(tmp_path: Path, places: Iterator[Path], seed: int) -> None:
    data = a_small_collection().save(tmp_path / "whole").read_bytes()
    results = [is_read_or_refused(random_flips(count, seed * 10 + count)(data), tmp_path, places)
               for count in (1, 3, 10, 30, 200, 1000)]
    assert len(results) == 6


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(20))
def test_E23_of_two_thousand_damaged_databases_each_is_read_or_refused(
        tmp_path: Path, places: Iterator[Path], hundred: int) -> None:
    data = many_notes().save(tmp_path / "whole").read_bytes()
    results = [is_read_or_refused(random_flips(seed % 12 + 1, seed)(data), tmp_path, places)
               for seed in range(hundred * 100, hundred * 100 + 100)]
    assert any(result is not None for result in results)


def many_notes() -> Package:
    made = a_small_collection()
    for number in range(200):
        made.note(f"note {number}", f"Question {number}?", f"Answer {number}")
    return made


def test_E23_cut_short_anywhere(tmp_path: Path, places: Iterator[Path]) -> None:
    data = many_notes().save(tmp_path / "whole").read_bytes()
    for size in range(0, len(data), 1500):
        is_read_or_refused(data[:size], tmp_path, places)


def test_E27_a_deck_is_twenty_levels_deep_at_most_and_says_so(tmp_path: Path) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", TAKEN["E27 a deck 3,000 deep"]), tmp_path / "a")
    name = next(row["name"] for row in found.decks.values() if row["name"].startswith("d0"))
    assert (name.count("::"), len(name)) == (19, 1000)
    assert name.startswith("d0::d1::d2::") and "::d19 d20 d21" in name
    assert [one.split(" has ")[1] for one in found.problems] == [
        "more than 20 levels or 1000 letters; the rest of its name was shortened"]
    found = staged(a_small_collection().package(tmp_path / "b.apkg", TAKEN["E27 a deck name of 2 MB"]), tmp_path / "b")
    assert max(len(row["name"]) for row in found.decks.values()) == 1000


@pytest.mark.parametrize(("template", "words"), [
    ("{{#Front}}" * 65 + "{{Front}}" + "{{/Front}}" * 65, "is nested 65 deep; 64 is the most"),
    ("{{#Front}}" * 20_000, "is nested 20000 deep; 64 is the most"),
    ("x" * 300_000, "is larger than 256 KiB"),
], ids=["65 levels", "20,000 levels", "300 kB"])
def test_E31_E32_the_notes_of_a_template_beyond_the_limits_come_as_recovered(
        tmp_path: Path, template: str, words: str) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", front_of_basic(template)), tmp_path / "a")
    assert found.problems == [f"a note type was left out: the template 'Card 1' of 'Basic' {words}",
                              "2 notes of an unknown note type got one of the name Recovered"]
    assert sorted(row["name"] for row in found.note_types.values()) == ["Cloze", "Recovered (2 fields)"]


def test_E31_sixty_four_levels_are_taken(tmp_path: Path) -> None:
    template = "{{#Front}}" * 64 + "{{Front}}" + "{{/Front}}" * 64
    found = staged(a_small_collection().package(tmp_path / "a.apkg", front_of_basic(template)), tmp_path / "a")
    assert found.problems == []


def test_E36_absurd_options_are_left_out_or_bounded_and_said(tmp_path: Path) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", TAKEN["E36 absurd options"]), tmp_path / "a")
    options = json.loads(found.decks[1]["options"])
    assert options | {"learning_steps": "365d", "maximum_interval_days": "36500"} == options
    assert options.get("desired_retention", "0.9") == "0.9"
    assert options.get("parameters", DEFAULTS) == DEFAULTS
    assert not {"new_per_day", "reviews_per_day", "leech_threshold", "relearning_steps"} & set(options)
    assert len(found.problems) == 9
    found = staged(a_small_collection().package(tmp_path / "b.apkg", TAKEN["E36 options that are none"]),
                   tmp_path / "b")
    assert found.problems == ["preset 'Preset 1': desired_retention nan was left out",
                              "preset 'Preset 1': parameters of 21 values was left out"]


def test_E36_what_cannot_be_read_of_the_settings_is_left_out_and_the_notes_are_taken(tmp_path: Path) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", TAKEN["E36 settings that are none"]),
                   tmp_path / "a")
    assert found.problems == [
        "its decks cannot be read and were left out", "its deck options cannot be read and were left out",
        "its settings cannot be read and were left out", f"4 {DEFAULT_RECOVERED}"]
    assert sorted(found.notes) == ["cloze", "heart", "lung"]
    assert [(rating, origin) for _, _, rating, origin in found.reviews] == [(3, "learn"), (3, "review"), (2, "learn")]


@pytest.mark.parametrize("name", ["E36 absurd settings", "E36 a number of 5,000 digits", "E36 made at no time"])
def test_E36_absurd_settings_cost_nothing(tmp_path: Path, name: str) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", TAKEN[name]), tmp_path / "a")
    assert sorted(found.notes) == ["cloze", "heart", "lung"]
    assert found.facts["rollover_hour"] == "4"


def test_decks_that_differ_in_case_are_one(tmp_path: Path) -> None:
    made = a_small_collection()
    made.decks[2003] = a_deck(2003, "MEDICINE::heart")
    made.note("third", "Which?", "This", deck=2003)
    found = staged(made.package(tmp_path / "a.apkg"), tmp_path / "a")
    assert sorted(row["name"] for row in found.decks.values()) == ["Medicine::Heart", "Medicine::Lung"]
    assert found.cards["third", 0]["deck_id"] == found.cards["heart", 0]["deck_id"]


def test_two_note_types_of_one_name_stay_two(tmp_path: Path) -> None:
    made = a_small_collection()
    made.models[1009] = {**made.models[BASIC], "id": 1009}
    made.note("other", "Which?", "This", model=1009)
    found = staged(made.package(tmp_path / "a.apkg"), tmp_path / "a")
    assert sorted(row["name"] for row in found.note_types.values()) == ["Basic", "Basic", "Cloze"]


def test_media_get_safe_names_and_only_their_own_references_follow(tmp_path: Path) -> None:
    made = Package().note("one", '<img src="a:b.png"><img src="aa:b.png"> a:b.png [sound:x?.mp3]', "back")
    made.media = {"a:b.png": b"1", "aa:b.png": b"2", "x?.mp3": b"3"}
    found = staged(made.package(tmp_path / "a.apkg"), tmp_path / "a")
    assert found.notes["one"]["fields"] == (
        '<img src="a_b.png"><img src="aa_b.png"> a:b.png [sound:x_.mp3]\x1fback')
    assert sorted(found.media) == ["a_b.png", "aa_b.png", "x_.mp3"]


# the tables of newer schemas, from the real Anki


@pytest.fixture
def schema_18(tmp_path: Path) -> Path:
    """A bare collection as Anki keeps it: two notes in a deck with options."""
    with an_anki(tmp_path / "anki") as anki:
        deck = anki.decks.id("Medicine::Heart")
        for front in ("What pumps?", "What breathes?"):
            note = anki.new_note(anki.models.by_name("Basic"))
            note.fields = [front, "An organ"]
            anki.add_note(note, deck)
    path = tmp_path / "collection.anki2"
    (tmp_path / "anki" / "collection.anki2").rename(path)
    with closing(sqlite3.connect(path)) as database:  # whole in one file, as after Anki has ended
        database.execute("PRAGMA journal_mode=DELETE")
    return path


def changed(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        sql(*statements)(database)
    return path


def test_a_bare_collection_of_schema_18_is_read(schema_18: Path, tmp_path: Path) -> None:
    found = staged(schema_18, tmp_path / "staged")
    assert (found.problems, len(found.notes), {row["name"] for row in found.decks.values()}) == (
        [], 2, {"Medicine", "Medicine::Heart"})


@pytest.mark.parametrize(("statement", "words"), [
    ("UPDATE notetypes SET config = x'FF' WHERE name = 'Basic'",
     ["the note type 'Basic' is damaged and was left out",
      "2 notes of an unknown note type got one of the name Recovered"]),
    ("UPDATE templates SET config = 7 WHERE ntid IN (SELECT mid FROM notes)",
     ["the note type 'Basic' is damaged and was left out",
      "2 notes of an unknown note type got one of the name Recovered"]),
    ("UPDATE decks SET kind = x'FF' WHERE name LIKE '%Heart'",
     ["the deck 'Medicine\\x1fHeart' is damaged and was left out", f"2 {DEFAULT_RECOVERED}"]),
    ("UPDATE deck_config SET config = 'x'", ["the preset 'Default' is damaged and was left out"]),
    ("UPDATE config SET val = 'x' WHERE KEY = 'schedVer'", ["the setting 'schedVer' cannot be read and was left out"]),
])
def test_E22_one_damaged_row_of_schema_18_costs_only_itself(
        schema_18: Path, tmp_path: Path, statement: str, words: list[str]) -> None:
    found = staged(changed(schema_18, statement), tmp_path / "staged")
    assert found.problems == words
    assert len(found.notes) == 2


@pytest.mark.parametrize(("statement", "words"), [
    ("DROP TABLE notetypes", "it has no table notetypes"),
    ("DROP TABLE templates", "it has no table templates"),
    ("DROP TABLE decks", "it has no table decks"),
    ("UPDATE col SET ver = 250", "it was made by a newer Anki (schema 250, known are up to 18)"),
])
def test_E22_a_missing_table_of_schema_18_is_named(
        schema_18: Path, tmp_path: Path, statement: str, words: str) -> None:
    with pytest.raises(FileError) as raised:
        staged(changed(schema_18, statement), tmp_path / "staged")
    assert raised.value.what.startswith(words)


def test_a_filtered_deck_is_not_taken_and_its_cards_go_home(tmp_path: Path) -> None:
    made = a_small_collection()
    made.decks[3001] = a_deck(3001, "Cram", dyn=1)
    edit = sql(f"UPDATE cards SET odid = did, did = 3001, odue = due, due = -100000 WHERE did = {HEART}")
    plain = staged(a_small_collection().package(tmp_path / "plain.apkg"), tmp_path / "plain")
    found = staged(made.package(tmp_path / "a.apkg", edit), tmp_path / "a")
    assert found.problems == [
        "filtered decks are not taken; their cards went back to their own decks: Cram"]
    assert found.cards == plain.cards


def test_the_deck_named_default_is_left_out_where_nothing_is_in_it(tmp_path: Path) -> None:
    found = staged(a_small_collection().package(tmp_path / "a.apkg", json_of("decks", lambda decks: None)),
                   tmp_path / "a")
    assert sorted(row["name"] for row in found.decks.values()) == ["Medicine::Heart", "Medicine::Lung"]
