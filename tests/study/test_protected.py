"""Fields and tags that the learner protects survive every update of a deck."""

from __future__ import annotations

from pathlib import Path

import pytest
from formats.hostile_collections import BASIC, Package, a_model, contents

from flashcore.domain.note import Note
from flashcore.study.collection import Collection
from flashcore.study.import_report import ImportReport

NEWER, NEWEST = 1_800_000_000, 1_900_000_000


def a_deck(back: str = "Back", extra: str = "", tags: str = "", mod: int = 1_700_000_000,
           fields: tuple[str, ...] = ("Front", "Back", "Extra")) -> Package:
    made = Package()
    made.models[BASIC] = a_model(BASIC, "Basic", fields, [("{{Front}}", "{{Back}}")], mod=mod)
    texts = {"Front": "Front", "Back": back, "Extra": extra}
    return made.note("one", *(texts.get(name, "") for name in fields), tags=tags, mod=mod)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


def takes(collection: Collection, made: Package, folder: Path, **how: bool) -> ImportReport:
    report = collection.import_file(made.package(folder / f"{len(list(folder.iterdir()))}.apkg"), **how)
    assert not report.is_refused
    assert collection.check().ok
    assert report.new + report.updated + report.same + report.skipped == 1
    return report


def the_note(collection: Collection) -> Note:
    return collection.card_details(collection.find("")[0]).note


@pytest.mark.parametrize("theirs", [False, True])
@pytest.mark.parametrize("named", ["Extra", "extra", "Hint, EXTRA ,Source"])
def test_a_protected_field_is_changed_by_no_import(
        collection: Collection, folder: Path, named: str, theirs: bool) -> None:
    takes(collection, a_deck(extra="First extra"), folder)
    collection.set_options(None, {"protected_fields": named})
    report = takes(collection, a_deck("New back", "New extra", mod=NEWER), folder, theirs=theirs)
    assert (report.updated, report.kept_local, report.conflicts) == (1, 1, [])
    assert the_note(collection).fields == ("Front", "New back", "First extra")


def test_a_protected_field_that_is_the_same_is_not_counted(collection: Collection, folder: Path) -> None:
    collection.set_options(None, {"protected_fields": "Extra"})
    takes(collection, a_deck(extra="Extra"), folder)
    assert takes(collection, a_deck("New back", "Extra", mod=NEWER), folder).kept_local == 0


def test_new_notes_come_with_all_their_fields(collection: Collection, folder: Path) -> None:
    collection.set_options(None, {"protected_fields": "Extra", "protected_tags": "Mine"})
    takes(collection, a_deck(extra="Extra", tags="Mine::one two"), folder)
    found = the_note(collection)
    assert (found.fields, found.tags) == (("Front", "Back", "Extra"), ("Mine::one", "two"))


def test_once_it_is_no_longer_protected_the_same_file_changes_the_field(collection: Collection, folder: Path) -> None:
    takes(collection, a_deck(extra="First extra"), folder)
    collection.set_options(None, {"protected_fields": "Extra"})
    path = a_deck(extra="New extra", mod=NEWER).package(folder / "again.apkg")
    assert collection.import_file(path).updated == 0
    before = contents(collection.path)
    assert collection.import_file(path).updated == 0
    assert contents(collection.path) == before
    collection.set_options(None, {"protected_fields": "none"})
    assert collection.import_file(path).updated == 1
    assert the_note(collection).fields[2] == "New extra"


@pytest.mark.parametrize("theirs", [False, True])
def test_a_protected_field_survives_a_change_of_the_note_type(
        collection: Collection, folder: Path, theirs: bool) -> None:
    takes(collection, a_deck(extra="First extra"), folder)
    collection.set_options(None, {"protected_fields": "Extra"})
    more = a_deck("New back", "New extra", mod=NEWER, fields=("Front", "Extra", "More", "Back"))
    assert takes(collection, more, folder, theirs=theirs).updated == 1
    assert the_note(collection).fields == ("Front", "First extra", "", "New back")
    gone = a_deck("Last back", mod=NEWEST, fields=("Front", "Back"))
    report = takes(collection, gone, folder, theirs=theirs)
    assert [(one.what, one.ours, one.theirs) for one in report.conflicts] == [("kind of card", "Basic+", "Basic++")]
    assert the_note(collection).fields == ("Front", "First extra", "", "New back")


def test_a_type_without_the_field_is_taken_where_nothing_stands_in_it(collection: Collection, folder: Path) -> None:
    takes(collection, a_deck(), folder)
    collection.set_options(None, {"protected_fields": "Extra"})
    report = takes(collection, a_deck("Last", mod=NEWER, fields=("Front", "Back")), folder)
    assert (report.updated, the_note(collection).fields) == (1, ("Front", "Last"))


@pytest.mark.parametrize("theirs", [False, True])
def test_protected_tags_and_all_under_them_survive(collection: Collection, folder: Path, theirs: bool) -> None:
    takes(collection, a_deck(tags="Mine::hard mine Mine2 theirs"), folder)
    collection.set_options(None, {"protected_tags": "Mine, Course::Week_1"})
    report = takes(collection, a_deck(tags="new", mod=NEWER), folder, theirs=theirs)
    assert (report.updated, report.kept_local) == (1, 1)
    assert set(the_note(collection).tags) == {"new", "Mine::hard", "mine"}


@pytest.mark.parametrize("theirs", [False, True])
def test_leech_and_marked_survive_without_being_protected(collection: Collection, folder: Path, theirs: bool) -> None:
    takes(collection, a_deck(tags="one"), folder)
    collection.tag(collection.find(""), ["leech", "marked"])
    report = takes(collection, a_deck(tags="two", mod=NEWER), folder, theirs=theirs)
    assert set(the_note(collection).tags) == {"two", "leech", "marked"}
    assert (report.updated, report.kept_local) == (1, 0)


def test_tags_added_here_survive_and_those_taken_away_here_stay_away(collection: Collection, folder: Path) -> None:
    takes(collection, a_deck(tags="one two"), folder)
    card = collection.find("")
    collection.tag(card, ["mine"])
    collection.untag(card, ["two"])
    report = takes(collection, a_deck(tags="one two three", mod=NEWER), folder)
    assert (set(the_note(collection).tags), report.kept_local) == ({"one", "three", "mine"}, 1)
    takes(collection, a_deck(tags="one two three", mod=NEWEST), folder, theirs=True)
    assert set(the_note(collection).tags) == {"one", "two", "three"}
