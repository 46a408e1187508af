"""Packages imported again: known notes found, newer texts taken, nothing doubled, every note accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import Watch, a_collection, reviewed, schedule_of, watch_of
from formats.hostile_collections import (
    BASIC,
    CLOZE,
    LUNG,
    PAIR,
    Package,
    a_deck,
    a_model,
    a_preset,
    a_small_collection,
    contents,
)

from flashcore.domain.bundle import Skipped
from flashcore.domain.note import Note
from flashcore.store import content
from flashcore.store.changes import ChangeSet
from flashcore.study.collection import Collection
from flashcore.study.import_report import Conflict, ImportReport

NEWER, NEWEST = 1_800_000_000, 1_900_000_000  # seconds; the notes of the builder are of 1,700,000,000


class Desk:
    """A collection, and the packages that come."""

    def __init__(self, collection: Collection, folder: Path) -> None:
        self.collection, self.folder, self.count = collection, folder, 0
        folder.mkdir()

    def file(self, made: Package) -> Path:
        self.count += 1
        return made.package(self.folder / f"{self.count}.apkg")

    def takes(self, made: Package | Path, **how: Any) -> ImportReport:
        """Import, after a dry run that must say the same and change nothing."""
        path = made if isinstance(made, Path) else self.file(made)
        before = contents(self.collection.path), sorted(self.collection.path.parent.iterdir())
        dry = self.collection.import_file(path, is_dry_run=True, **how)
        assert (contents(self.collection.path), sorted(self.collection.path.parent.iterdir())) == before
        report = self.collection.import_file(path, **how)
        assert report.to_json() == dry.to_json()
        assert not report.is_refused
        assert self.collection.check().ok
        [file] = report.files
        assert file.notes == report.new + report.updated + report.same + report.skipped
        assert report.skipped == len(file.skipped)
        return report

    @property
    def notes(self) -> dict[str, Note]:
        cards = (self.collection.card_details(one.card) for one in self.collection.search())
        return {details.note.guid: details.note for details in cards}

    def fields(self, guid: str) -> tuple[str, ...]:
        return self.notes[guid].fields

    def card(self, guid: str, ordinal: int = 0) -> int:
        return self.cards()[guid, ordinal]

    def cards(self) -> dict[tuple[str, int], int]:
        found = (self.collection.card_details(one.card) for one in self.collection.search())
        return {(details.note.guid, details.card.ordinal): details.card.id for details in found}

    def decks(self) -> dict[tuple[str, int], str]:
        return {name: self.collection.card_details(card).card.deck for name, card in self.cards().items()}

    def edits(self, guid: str, old: str, new: str) -> None:
        """Change a field, as an editor of notes would."""
        note, changes_at = self.notes[guid], self.collection.now()
        assert old in note.fields
        with self.collection.database.write() as connection:
            changes = ChangeSet(connection)
            [note_id] = content.note_ids_by_guid(connection, [guid]).values()
            assert content.change_note(changes, note_id, replace(note, fields=tuple(
                new if field == old else field for field in note.fields)), changes_at)
            changes.save(self.collection.database.next_seq(connection), self.collection.clock.new_uuid(), "edit",
                         changes_at)


@pytest.fixture
def desk(collection: Collection, tmp_path: Path) -> Desk:
    return Desk(collection, tmp_path / "files")


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.updated, report.same, report.skipped


# the same again


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    path = desk.file(a_small_collection())
    assert counts(desk.takes(path)) == (3, 0, 0, 0)
    before = contents(desk.collection.path)
    assert counts(desk.takes(path)) == (0, 0, 3, 0)
    assert contents(desk.collection.path) == before


def test_the_same_notes_in_another_file_change_nothing(desk: Desk) -> None:
    desk.takes(a_small_collection())
    before = contents(desk.collection.path)
    made = a_small_collection()
    made.conf["more"] = "another file"
    report = desk.takes(made)
    assert (counts(report), report.reviews_new, report.reviews_same) == ((0, 0, 3, 0), 0, 3)
    assert contents(desk.collection.path) == before


def test_the_same_bytes_are_known_and_yet_bring_back_what_was_deleted(desk: Desk) -> None:
    path = desk.file(a_small_collection())
    desk.takes(path)
    desk.collection.delete([desk.card("heart")])
    report = desk.takes(path)
    assert (counts(report), sorted(desk.notes)) == ((1, 0, 2, 0), ["cloze", "heart", "lung"])


@pytest.mark.parametrize("reopens", [True, False])
def test_what_is_deleted_after_an_import_that_changed_nothing_comes_back_too(tmp_path: Path, reopens: bool) -> None:
    watch = Watch()
    with a_collection(tmp_path, watch) as collection:
        desk = Desk(collection, tmp_path / "files")
        desk.takes(a_small_collection())
        made = a_small_collection()
        made.conf["more"] = "another file"
        path = desk.file(made)
        assert desk.takes(path).reviews_same == 3
        if not reopens:
            collection.delete([desk.card("heart")])
            assert desk.takes(path).new == 1
    with a_collection(tmp_path, watch) as collection:
        desk.collection = collection
        collection.delete([desk.card("heart")])
        assert desk.takes(path).new == 1


def test_a_report_of_known_bytes_counts_as_the_first_did(desk: Desk) -> None:
    made = a_small_collection()
    made.notes["odd"] = [-5, "odd", BASIC, 0, 0, "", "No id\x1f", "No id", 0, 0, ""]
    path = desk.file(made)
    first = desk.takes(path)
    assert (counts(first), first.files[0].skipped) == (
        (3, 0, 0, 1), [Skipped("No id", "it has no id by which its cards could be told")])
    again = desk.takes(path)
    assert (counts(again), again.files[0].skipped, again.files[0].notes) == ((0, 0, 3, 1), first.files[0].skipped, 4)


# which note is it?


def test_a_note_is_found_by_guid_though_its_text_and_type_changed(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    held = reviewed(desk.collection, desk.card("one"), "good")
    report = desk.takes(Package().note("one", "Other front", "Other back", mod=NEWER))
    assert (counts(report), desk.fields("one")) == ((0, 1, 0, 0), ("Other front", "Other back"))
    assert schedule_of(desk.collection, desk.card("one")) == held


def test_a_note_is_found_by_its_first_field_within_its_type(desk: Desk) -> None:
    desk.takes(Package().note("one", "<b>Front</b>&nbsp;side", "Back"))
    report = desk.takes(Package().note("two", "Front side", "Newer", mod=NEWER))
    assert (counts(report), list(desk.notes), desk.fields("one")) == (
        (0, 1, 0, 0), ["one"], ("Front side", "Newer"))
    report = desk.takes(Package().note("three", "Front side", "Newer", model=PAIR, cards=2))
    assert (counts(report), sorted(desk.notes)) == ((1, 0, 0, 0), ["one", "three"])


def test_each_note_is_matched_once(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    made = Package().note("two", "Front", "Second", mod=NEWER).note("three", "Front", "Third", mod=NEWER)
    assert counts(desk.takes(made)) == (1, 1, 0, 0)
    assert {guid: note.fields[1] for guid, note in desk.notes.items()} == {"one": "Second", "three": "Third"}
    before = contents(desk.collection.path)
    assert counts(desk.takes(made.note("four", "Another", "x"))) == (1, 0, 2, 0)
    desk.collection.delete([desk.card("four")])
    after = contents(desk.collection.path)
    assert (after["note"], after["card"]) == (before["note"], before["card"])


def test_the_guid_goes_before_the_first_field(desk: Desk) -> None:
    desk.takes(Package().note("one", "First", "1").note("two", "Second", "2"))
    report = desk.takes(Package().note("two", "First", "2!", mod=NEWER))
    assert (counts(report), desk.fields("one"), desk.fields("two")) == (
        (0, 1, 0, 0), ("First", "1"), ("First", "2!"))


def test_an_empty_first_field_matches_nothing(desk: Desk) -> None:
    desk.takes(Package().note("one", "", "Back", model=PAIR, cards=2).note("two", "<br>", "Back2", model=PAIR, cards=2))
    assert counts(desk.takes(Package().note("three", "", "Other", model=PAIR, cards=2, mod=NEWER))) == (1, 0, 0, 0)


def test_a_picture_alone_is_a_first_field(desk: Desk) -> None:
    desk.takes(Package().note("one", '<img src="a.png">', "Back").note("two", '<img src="b.png">', "Back"))
    assert counts(desk.takes(Package().note("x", '<IMG src="b.png" width=3>', "New", mod=NEWER))) == (0, 1, 0, 0)
    assert desk.fields("two")[1] == "New"


# whose text is newer?


def test_an_older_export_changes_nothing(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Newer", mod=NEWER, tags="a"))
    before = contents(desk.collection.path)
    for mod in (1_600_000_000, NEWER):
        report = desk.takes(Package().note("one", "Front", "Older", mod=mod, tags="b"))
        assert (counts(report), report.kept_local) == ((0, 0, 1, 0), 0)
        assert contents(desk.collection.path) == before


def test_tags_follow_the_newer_file(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back", tags="a b"))
    desk.collection.tag([desk.card("one")], ["mine", "marked"])
    desk.takes(Package().note("one", "Front", "Back", tags="b c", mod=NEWER))
    assert set(desk.notes["one"].tags) == {"b", "c", "mine", "marked"}


def test_what_only_was_edited_here_stays(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    desk.edits("one", "Back", "My back")
    report = desk.takes(Package().note("one", "New front", "Back", mod=NEWER))
    assert (counts(report), report.kept_local, report.conflicts) == ((0, 1, 0, 0), 1, [])
    assert desk.fields("one") == ("New front", "My back")


def test_what_was_edited_here_after_the_file_stays_and_is_counted(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    desk.edits("one", "Back", "My back")
    for text in ("Back", "Another back"):
        report = desk.takes(Package().note("one", "Front", text, mod=1_700_000_000))
        assert (counts(report), report.kept_local, desk.fields("one")[1]) == ((0, 0, 1, 0), 1, "My back")


def test_what_both_changed_is_a_conflict_and_theirs_takes_the_file(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    desk.edits("one", "Back", "My back")
    made = Package().note("one", "Front", "Their back", mod=NEWER)
    path = desk.file(made)
    report = desk.takes(path)
    assert (counts(report), report.conflicts) == (
        (0, 0, 1, 0), [Conflict(str(path), 0, "Back", "My back", "Their back")])
    assert desk.fields("one")[1] == "My back"
    report = desk.takes(path, theirs=True)
    assert (counts(report), report.conflicts, desk.fields("one")[1]) == ((0, 1, 0, 0), [], "Their back")
    before = contents(desk.collection.path)
    assert counts(desk.takes(path, theirs=True)) == (0, 0, 1, 0)
    assert contents(desk.collection.path) == before


# decks and options


def test_one_deck_for_all(desk: Desk) -> None:
    assert counts(desk.takes(a_small_collection(), deck="All of it")) == (3, 0, 0, 0)
    assert set(desk.decks().values()) == {"All of it"}
    assert [one.deck for one in desk.collection.decks()] == ["All of it"]


def test_decks_that_differ_in_case_are_one(desk: Desk) -> None:
    desk.takes(a_small_collection())
    made = Package().note("new", "Which?", "This", deck=2005).note("more", "What?", "That", deck=2006)
    made.decks |= {2005: a_deck(2005, "MEDICINE::heart"), 2006: a_deck(2006, "medicine::Kidney")}
    desk.takes(made)
    assert (desk.decks()["new", 0], desk.decks()["more", 0]) == ("Medicine::Heart", "Medicine::Kidney")


def test_cards_moved_here_stay_where_the_learner_put_them(desk: Desk) -> None:
    desk.takes(a_small_collection())
    desk.collection.move([desk.card("heart")], "Mine")
    made = a_small_collection().note("heart", "What pumps?", "It", mod=NEWER)
    assert desk.takes(made).updated == 1
    assert desk.decks()["heart", 0] == "Mine"


def test_a_note_in_two_decks(desk: Desk) -> None:
    made = Package().note("pair", "Front", "Back", model=PAIR, cards=2)
    made.cards["pair", 1][2] = LUNG
    desk.takes(made)
    assert desk.decks() == {("pair", 0): "Medicine::Heart", ("pair", 1): "Medicine::Lung"}
    before = contents(desk.collection.path)
    made.conf["more"] = 1
    desk.takes(made)
    assert contents(desk.collection.path) == before


def test_options_of_new_decks_are_taken_and_those_of_known_ones_left(desk: Desk) -> None:
    made = a_small_collection()
    desk.takes(made)
    assert desk.collection.options("Medicine::Heart")["new_per_day"].value == 30
    desk.collection.set_options("Medicine::Heart", {"new_per_day": "7"})
    made = a_small_collection().note("new", "Which?", "This", deck=2005)
    made.decks[2005] = a_deck(2005, "Medicine::Kidney", conf=9)
    made.presets = {1: a_preset(), 9: a_preset(9, rev={"perDay": 11})}
    made.presets[1]["new"]["perDay"] = 99
    desk.takes(made)
    assert [desk.collection.options(f"Medicine::{name}")["new_per_day"].value for name in ("Heart", "Lung", "Kidney")] \
        == [7, 30, 30]
    assert desk.collection.options("Medicine::Kidney")["reviews_per_day"].value == 11


# note types


def with_fields(*fields: str, front: str = "{{Front}}", mod: int = 1_600_000_000) -> Package:
    made = Package()
    made.models[BASIC] = a_model(BASIC, "Basic", fields, [(front, "{{Back}}")], mod=mod)
    return made


def test_a_field_added_there_comes_with_its_note_type_and_notes_are_found(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back").note("two", "Second", "2"))
    held = reviewed(desk.collection, desk.card("one"), "good")
    made = with_fields("Front", "Back", "Why", mod=NEWER).note("one", "Front", "Back", "Because", mod=NEWER)
    made.note("two", "Second", "2", "", mod=NEWER)
    assert counts(desk.takes(made)) == (0, 2, 0, 0)
    assert (desk.notes["one"].note_type.fields, desk.fields("one")) == (
        ("Front", "Back", "Why"), ("Front", "Back", "Because"))
    assert schedule_of(desk.collection, desk.card("one")) == held
    before = contents(desk.collection.path)
    made.conf["more"] = 1
    assert counts(desk.takes(made)) == (0, 0, 2, 0)
    assert contents(desk.collection.path) == before


def test_a_field_added_there_leaves_what_was_edited_here(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    desk.edits("one", "Back", "My back")
    made = with_fields("Front", "Why", "Back", mod=NEWER).note("one", "New front", "Because", "Back", mod=NEWER)
    report = desk.takes(made)
    assert (report.kept_local, report.conflicts, desk.fields("one")) == (1, [], ("New front", "Because", "My back"))


def test_a_field_renamed_there_is_a_conflict_only_where_it_was_edited_here(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back").note("two", "Second", "2"))
    desk.edits("one", "Back", "My back")
    made = with_fields("Front", "Answer", mod=NEWER).note("one", "Front", "Back", mod=NEWER)
    made.note("two", "Second", "2", mod=NEWER)
    path = desk.file(made)
    report = desk.takes(path)
    assert report.conflicts == [Conflict(str(path), 0, "kind of card", "Basic", "Basic+")]
    assert (desk.fields("one"), desk.notes["two"].note_type.fields) == (("Front", "My back"), ("Front", "Answer"))
    older = Package().note("one", "Front", "Third back", mod=NEWEST)
    assert [one.what for one in desk.takes(older).conflicts] == ["Back"]
    assert desk.takes(path, theirs=True).conflicts == []
    assert desk.fields("one") == ("Front", "Back")


def test_only_a_template_changed(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    desk.takes(with_fields("Front", "Back", front="Older {{Front}}", mod=1).note("one", "Front", "Back"))
    assert desk.notes["one"].note_type.templates[0].front == "{{Front}}"
    report = desk.takes(with_fields("Front", "Back", front="New {{Front}}", mod=NEWER).note("one", "Front", "Back"))
    assert (counts(report), desk.notes["one"].note_type.templates[0].front) == ((0, 0, 1, 0), "New {{Front}}")
    assert desk.notes["one"].note_type.name == "Basic"


def test_two_note_types_of_one_name_stay_apart(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Back"))
    made = Package().note("two", "Another", "One", model=1009)
    made.models[1009] = a_model(1009, "Basic", ("Front", "Back"), [("Mine: {{Front}}", "{{Back}}")])
    for _ in range(2):
        desk.takes(made)
        assert [(desk.notes[guid].note_type.name, desk.notes[guid].note_type.templates[0].front)
                for guid in ("one", "two")] == [("Basic", "{{Front}}"), ("Basic+", "Mine: {{Front}}")]
        made.conf["more"] = 1


def test_a_type_that_no_note_gets_is_not_kept(desk: Desk) -> None:
    desk.takes(Package().note("one", "Front", "Newer", mod=NEWER))
    before = contents(desk.collection.path)
    desk.takes(with_fields("Front", "Back", "Why").note("one", "Front", "Older", "x"))
    assert contents(desk.collection.path) == before


# media


def with_media(**media: bytes) -> Package:
    made = Package()
    made.media = {name.replace("_", "."): data for name, data in media.items()}
    return made


def test_media_of_one_name_and_other_content_get_another_name_and_only_their_notes_follow(desk: Desk) -> None:
    desk.takes(with_media(a_png=b"one", aa_png=b"two").note("one", '<img src="a.png"><img src="aa.png">', "x"))
    made = with_media(a_png=b"ONE", aa_png=b"two")
    made.note("two", '<img src="a.png"><img src="aa.png"> a.png', "[sound:a.png]")
    report = desk.takes(made)
    assert report.media_new == 1
    files = contents(desk.collection.path)["files"]
    [new] = set(files) - {"a.png", "aa.png"}
    assert (files["a.png"], files["aa.png"], files[new]) == (b"one", b"two", b"ONE")
    assert desk.fields("two") == (f'<img src="{new}"><img src="aa.png"> a.png', f"[sound:{new}]")
    assert desk.fields("one")[0] == '<img src="a.png"><img src="aa.png">'
    before = contents(desk.collection.path)
    made.conf["more"] = 1
    assert (desk.takes(made).media_new, contents(desk.collection.path)) == (0, before)


def test_an_updated_note_follows_its_media_too(desk: Desk) -> None:
    desk.takes(with_media(a_png=b"one", aa_png=b"two").note("one", '<img src="a.png"><img src="aa.png">', "x"))
    desk.takes(with_media(a_png=b"ONE", aa_png=b"two").note(
        "one", '<img src="a.png"><img src="aa.png">', "y", mod=NEWER))
    [new] = set(contents(desk.collection.path)["files"]) - {"a.png", "aa.png"}
    assert desk.fields("one") == (f'<img src="{new}"><img src="aa.png">', "y")


def test_one_content_under_two_names_and_in_another_case(desk: Desk) -> None:
    made = with_media(a_png=b"same", b_png=b"same").note("one", '<img src="a.png"><img src="b.png">', "x")
    assert desk.takes(made).media_new == 2
    assert contents(desk.collection.path)["files"] == {"a.png": b"same", "b.png": b"same"}
    made = with_media(A_png=b"same").note("two", '<img src="A.png">', "x")
    assert (desk.takes(made).media_new, desk.fields("two")[0]) == (0, '<img src="a.png">')


def test_a_media_file_that_is_gone_comes_again(desk: Desk) -> None:
    made = with_media(a_png=b"one").note("one", '<img src="a.png">', "x")
    desk.takes(made)
    (desk.collection.media_path / "a.png").unlink()
    made.conf["more"] = 1
    desk.takes(made)
    assert contents(desk.collection.path)["files"] == {"a.png": b"one"}


# what is left of a failure


def test_nothing_is_left_of_an_import_that_fails_in_the_middle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from flashcore.study import staged_import

    desk.takes(Package().note("one", "Front", "Back"))
    before = contents(desk.collection.path), sorted(desk.collection.path.parent.iterdir())

    def fails(*words: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(staged_import, "merge_learning", fails)
    with pytest.raises(RuntimeError, match="in the middle"):
        desk.collection.import_file(desk.file(with_media(a_png=b"1").note("two", '<img src="a.png">', "x")))
    media = desk.collection.media_path
    assert not media.exists() or not list(media.iterdir())
    after = [path for path in sorted(desk.collection.path.parent.iterdir()) if path != media]
    assert (contents(desk.collection.path), after) == before
    monkeypatch.undo()
    assert desk.takes(with_media(a_png=b"1").note("two", '<img src="a.png">', "x")).new == 1


def test_a_cloze_that_grew_gets_its_card_and_one_that_shrank_sets_it_aside(desk: Desk) -> None:
    desk.takes(Package().note("cloze", "{{c1::a}} b", "x", model=CLOZE))
    held = reviewed(desk.collection, desk.card("cloze"), "good")
    desk.takes(Package().note("cloze", "{{c1::a}} {{c2::b}}", "x", model=CLOZE, cards=2, mod=NEWER))
    assert sorted(desk.cards()) == [("cloze", 0), ("cloze", 1)]
    assert schedule_of(desk.collection, desk.card("cloze")) == held
    desk.takes(Package().note("cloze", "{{c1::a}} b", "x", model=CLOZE, mod=NEWEST))
    assert len(desk.collection.find("-is:suspended")) == 1
    watch_of(desk.collection).forward(days=1)
    before = contents(desk.collection.path)
    desk.takes(Package().note("cloze", "{{c1::a}} {{c2::b}}", "x", model=CLOZE, cards=2, mod=NEWER))
    assert contents(desk.collection.path) == before
