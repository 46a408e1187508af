"""Two truths made one: what the file changed, what the collection changed, what both did - field by field and tag by
tag; dry runs; what is never undone by an import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import MONDAY, Watch, a_cloze, a_collection, a_note, a_vignette, added, reviewed, schedule_of
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.card import Suspension
from flashcore.domain.note import Note
from flashcore.errors import NotFoundError, Problem, ReadOnlyCollection
from flashcore.store.content import Base, StoredNote
from flashcore.study.collection import Collection
from flashcore.study.editing import EditPlace
from flashcore.study.import_report import Conflict, ImportReport
from flashcore.study.merge import Merged, merged

# the merge of one note


def merge(base: Note, ours: Note, theirs: Note, *, takes_file: bool = False) -> Merged:
    stored = StoredNote(1, ours, MONDAY, MONDAY, Path("/deck.md"), 1, Base(base.fields, base.tags, "D"))
    return merged(stored, theirs, "deck.md", 7, theirs=takes_file)


def note(question: str = "Q?", answer: str = "A", tags: str = "") -> Note:
    return a_note(question, answer, tags=tags, guid="one")


BASE = note("Q?", "A", "one two")


@pytest.mark.parametrize(("ours", "theirs", "result", "is_kept", "conflicts"), [
    (BASE, BASE, BASE, False, ()),
    (BASE, note("Q!", "B", "one two"), note("Q!", "B", "one two"), False, ()),
    (note("Q!", "A", "one two"), BASE, note("Q!", "A", "one two"), True, ()),
    (note("Q!", "A", "one two"), note("Q?", "B", "one two"), note("Q!", "B", "one two"), True, ()),
    (note("Q!", "A", "one two"), note("Q!", "A", "one two"), note("Q!", "A", "one two"), False, ()),
    (note("ours", "A", "one two"), note("theirs", "B", "one two"), note("ours", "B", "one two"), False,
     (Conflict("deck.md", 7, "Front", "ours", "theirs"),)),
    (note("ours", "mine", "one two"), note("theirs", "A", "one two"), note("ours", "mine", "one two"), True,
     (Conflict("deck.md", 7, "Front", "ours", "theirs"),)),
])
def test_each_field_is_merged_alone(
        ours: Note, theirs: Note, result: Note, is_kept: bool, conflicts: tuple[Conflict, ...]) -> None:
    assert merge(BASE, ours, theirs) == Merged(result, is_kept, conflicts)
    assert merge(BASE, ours, theirs, takes_file=True) == Merged(theirs, False, ())


@pytest.mark.parametrize(("base", "ours", "theirs", "result", "is_kept"), [
    ("one two", "one two", "one two three", "one two three", False),
    ("one two", "one two", "two", "two", False),
    ("one two", "one two mine", "one two", "one two mine", True),
    ("one two", "one", "one two", "one", True),
    ("one two", "one mine", "two three", "three mine", True),
    ("one two", "two one", "one two", "two one", False),
    ("", "leech marked", "", "leech marked", False),
    ("system::heart", "system::lung", "system::heart new", "new system::lung", True),
    ("system::heart", "system::lung", "system::renal", "system::lung", True),
    ("depth::recall", "depth::recall", "depth::mechanism", "depth::mechanism", False),
    ("", "same", "same", "same", False),
])
def test_tags_are_merged_one_by_one(base: str, ours: str, theirs: str, result: str, is_kept: bool) -> None:
    found = merge(note(tags=base), note(tags=ours), note(tags=theirs))
    assert (found.note.tags, found.is_kept_local, found.conflicts) == (tuple(result.split()), is_kept, ())


def test_taking_the_files_tags_leaves_leech_and_marked() -> None:
    found = merge(note(tags="one"), note(tags="two leech Marked"), note(tags="three"), takes_file=True)
    assert found.note.tags == ("three", "leech", "Marked")


def test_another_kind_of_card_is_taken_where_the_text_was_not_touched_here() -> None:
    cloze = a_cloze("[a] is b", guid="one")
    assert merge(BASE, BASE, cloze).note.note_type == cloze.note_type
    touched = merge(BASE, note("ours", tags="one two"), cloze)
    assert (touched.note.note_type, touched.note.fields[0]) == (BASE.note_type, "ours")
    assert touched.conflicts == (Conflict("deck.md", 7, "kind of card", "flashcore basic", "flashcore cloze"),)


WORDS = st.sampled_from(["", "a", "b", "c"])
TAGS = st.lists(st.sampled_from(["x", "y", "z", "leech"]), unique=True).map(" ".join)
NOTES = st.builds(note, WORDS, WORDS, TAGS)


@given(NOTES, NOTES, NOTES, st.booleans())
def test_a_merge_takes_every_text_from_one_side_and_merging_again_changes_nothing(
        base: Note, ours: Note, theirs: Note, takes_file: bool) -> None:
    found = merge(base, ours, theirs, takes_file=takes_file)
    for name, before, mine, new, result in zip(
            base.note_type.fields, base.fields, ours.fields, theirs.fields, found.note.fields, strict=True):
        assert result in (mine, new), name
        if mine == before or takes_file:
            assert result == new
        elif new == before:
            assert result == mine
    again = merge(theirs, found.note, theirs)
    assert (again.note.fields, sorted(again.note.tags), again.conflicts) == (
        found.note.fields, sorted(found.note.tags), ())


# over a collection


@dataclass
class Deck:
    collection: Collection
    path: Path

    def imported(self, text: str, **how: object) -> ImportReport:
        self.path.write_text(text)
        report = self.collection.import_file(self.path, **how)
        assert self.collection.check().ok
        return report

    @property
    def card_id(self) -> int:
        return self.collection.find("")[0]

    @property
    def note(self) -> Note:
        return self.collection.card_details(self.card_id).note

    def edits(self, old: str, new: str) -> None:
        text = self.collection.note_text(self.card_id)
        assert old in text
        assert self.collection.edit_note_text(self.card_id, text.replace(old, new))


@pytest.fixture
def deck(collection: Collection, tmp_path: Path) -> Deck:
    made = Deck(collection, tmp_path / "heart.md")
    made.imported(text())
    return made


def text(question: str = "What is preload?", answer: str = "The stretch before contraction.", tags: str = "course"
         ) -> str:
    return f"---\ndeck: Heart\n---\n\nQ: {question}\nA: {answer}\nTags: {tags}\n"


def test_what_only_the_file_changed_is_taken(deck: Deck) -> None:
    report = deck.imported(text(answer="The end-diastolic stretch.", tags="course new"))
    assert (report.updated, report.kept_local, report.conflicts) == (1, 0, [])
    assert (deck.note.fields[1], deck.note.tags) == (
        "The end-diastolic stretch.", ("depth::recall", "course", "new"))


def test_what_only_the_collection_changed_is_kept_and_counted(deck: Deck) -> None:
    deck.edits("The stretch", "My stretch")
    deck.collection.tag([deck.card_id], ["mine"])
    for _ in range(2):
        report = deck.imported(text())
        assert (report.same, report.updated, report.kept_local, report.conflicts) == (1, 0, 1, [])
        assert (deck.note.fields[1], "mine" in deck.note.tags) == ("My stretch before contraction.", True)


def test_what_both_changed_is_kept_and_named_with_both_texts(deck: Deck) -> None:
    deck.edits("The stretch", "My stretch")
    report = deck.imported(text(question="So what is preload?", answer="Their stretch."))
    assert (report.updated, report.kept_local) == (1, 0)
    assert report.conflicts == [
        Conflict(str(deck.path), 5, "Back", "My stretch before contraction.", "Their stretch.")]
    assert deck.note.fields[:2] == ("So what is preload?", "My stretch before contraction.")
    assert report.to_json()["conflicts"] == 1
    again = deck.imported(text(question="So what is preload?", answer="Their stretch."))
    assert (again.same, again.kept_local, again.conflicts) == (1, 1, [])


def test_theirs_takes_the_file(deck: Deck) -> None:
    deck.edits("The stretch", "My stretch")
    deck.collection.tag([deck.card_id], ["mine", "marked"])
    report = deck.imported(text(answer="Their stretch."), theirs=True)
    assert (report.updated, report.kept_local, report.conflicts) == (1, 0, [])
    assert (deck.note.fields[1], deck.note.tags) == ("Their stretch.", ("depth::recall", "course", "marked"))


def test_flags_leeches_suspensions_decks_and_learning_are_never_undone(deck: Deck) -> None:
    collection, card_id = deck.collection, deck.card_id
    collection.set_options(None, {"leech_threshold": "1"})
    held = reviewed(collection, card_id, "good good again")
    collection.flag([card_id], 4)
    collection.suspend([card_id])
    collection.bury([card_id])
    collection.move([card_id], "Mine")
    before = collection.card_details(card_id).card
    for how in ({}, {"theirs": True}):
        deck.imported(text(answer="Other."), **how)
        deck.imported(text(), **how)
        assert collection.card_details(card_id).card == before
        assert schedule_of(collection, card_id) == held
        assert "leech" in deck.note.tags
        assert collection.card_details(card_id).card.suspension is Suspension.BY_HAND


def test_the_deck_of_the_file_moves_its_cards(deck: Deck) -> None:
    report = deck.imported(text().replace("deck: Heart", "deck: Heart::Basics"))
    assert (report.updated, deck.collection.card_details(deck.card_id).card.deck) == (1, "Heart::Basics")
    assert deck.collection.import_file(deck.path, deck="Elsewhere").updated == 1
    assert deck.collection.card_details(deck.card_id).card.deck == "Elsewhere"


def test_tags_taken_away_here_stay_away_until_the_file_adds_them_anew(deck: Deck) -> None:
    deck.collection.untag([deck.card_id], ["course"])
    assert deck.imported(text()).kept_local == 1
    assert deck.note.tags == ("depth::recall",)
    deck.imported(text(tags="other"))
    deck.imported(text(tags="other course"))
    assert deck.note.tags == ("depth::recall", "other", "course")


def test_the_system_chosen_here_stands_against_the_files(deck: Deck) -> None:
    deck.imported(text().replace("deck: Heart", "deck: Heart\nsystem: heart"))
    deck.collection.tag([deck.card_id], ["system::respiratory"])
    report = deck.imported(text(tags="new").replace("deck: Heart", "deck: Heart\nsystem: renal"))
    assert report.kept_local == 1
    assert deck.collection.card_details(deck.card_id).axes.primary == "respiratory"


# what an import reports


def test_a_report_counts_every_note_and_every_system(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.md").write_text("---\nsystem: heart\n---\n\nQ: 1?\nA: 1\n\nC: [1] [2]\n")
    (tmp_path / "b" / "c.md").write_text("Q: 2?\nA: 2\nTags: system::renal\n\nQ: 3?\nA: 3\n\nQ: 3?\nA: 3\n")
    (tmp_path / "bad.md").write_text("Q: 4?\n\nV: A man\n- [x] one\n- [x] two\n- [ ] three\n")
    (tmp_path / "README.md").write_text("Q: never?\nA: read\n")
    report = collection.import_file(tmp_path)
    assert (report.new, report.updated, report.same, report.skipped, report.untagged) == (4, 0, 0, 1, 2)
    assert report.systems == {"cardiovascular": 2, "renal-urinary": 1}
    assert [(Path(file.path).name, file.refused, file.notes, file.cards) for file in report.files] == [
        ("a.md", False, 2, 3), ("bad.md", True, 0, 0), ("c.md", False, 3, 3)]
    assert report.is_refused
    assert len(next(file for file in report.files if file.refused).problems) == 2
    assert collection.info().notes == 4
    assert list(report.to_json()) == [
        "new", "updated", "same", "skipped", "suspended", "reviews_new", "reviews_same", "rescheduled", "diverged",
        "kept_local", "conflicts", "media_new", "media_missing", "systems", "untagged", "files"]


def test_progress_is_told_by_file(collection: Collection, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.md").write_text(f"Q: {name}?\nA: 1\n")
    steps: list[tuple[int, int]] = []
    collection.import_paths([str(tmp_path)], progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_path_that_is_not_there_is_named_with_the_nearest(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "heart.md").write_text("Q: 1?\nA: 1\n")
    with pytest.raises(NotFoundError, match=r"did you mean .*heart\.md"):
        collection.import_file(tmp_path / "hart.md")
    with pytest.raises(NotFoundError):
        collection.import_paths(["bundled:nonsense"])


def test_a_dry_run_tells_the_same_and_changes_nothing(collection: Collection, tmp_path: Path) -> None:
    folder = tmp_path / "decks"
    folder.mkdir()
    (folder / "a.md").write_text("Q: 1?\nA: ![x](x.png)\n\nQ: 2?\nA: 2\n")
    (folder / "x.png").write_bytes(b"picture")
    collection.import_file(folder)
    (folder / "a.md").write_text("Q: 2?\nA: two\n\nQ: 3?\nA: ![y](y.png)\n")
    (folder / "y.png").write_bytes(b"another")
    before, files = dump(collection), sorted(collection.media_path.iterdir())
    dry = collection.import_paths([str(folder)], is_dry_run=True)
    assert (dump(collection), sorted(collection.media_path.iterdir())) == (before, files)
    assert [(one.note.question, one.line) for one in dry.shown] == [("2?", 1), ("3?", 4)]
    real = collection.import_file(folder)
    assert dry.to_json() == real.to_json()
    assert (real.new, real.updated, real.suspended, real.media_new) == (1, 1, 1, 1)
    assert dump(collection) != before


def dump(collection: Collection) -> list[str]:
    with collection.database.read() as connection:
        return list(connection.connection.driver_connection.iterdump())


def test_a_dry_run_works_on_a_collection_open_for_reading_and_on_none(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Q: 1?\nA: 1\n")
    path = tmp_path / "collection.db"
    for expected in (0, 1):
        with Collection.open_for_reading(path, clock=Watch().clock()) as reader:
            assert reader.import_paths([str(tmp_path / "a.md")], is_dry_run=True).same == expected
            with pytest.raises(ReadOnlyCollection):
                reader.import_file(tmp_path / "a.md")
            assert reader.info().notes == expected
        with a_collection(tmp_path) as collection:
            collection.import_file(tmp_path / "a.md")


# pictures


def test_pictures_come_along_once_and_are_named_apart(collection: Collection, tmp_path: Path) -> None:
    for folder, data in (("one", b"1"), ("two", b"2"), ("same", b"1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "heart.png").write_bytes(data)
        (tmp_path / folder / "deck.md").write_text(f"Q: {folder}?\nA: ![](heart.png)\n")
    report = collection.import_paths([str(tmp_path / name) for name in ("one", "two", "same")])
    assert (report.media_new, report.media_missing) == (2, 0)
    answers = [one.note.fields[1] for one in map(collection.card_details, collection.find(""))]
    assert answers[0] == answers[2] == "![](heart.png)" != answers[1]
    assert {file.read_bytes() for file in collection.media_path.iterdir()} == {b"1", b"2"}
    assert collection.import_paths([str(tmp_path / name) for name in ("one", "two", "same")]).same == 3


def test_a_picture_that_is_missing_is_a_warning_and_the_card_is_kept(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "deck.md").write_text("Q: 1?\nA: ![](gone.png)\n")
    report = collection.import_file(tmp_path / "deck.md")
    assert (report.new, report.media_missing, report.is_refused) == (1, 1, False)


# editing where the note stands


def test_a_note_is_edited_in_its_file_while_that_holds_what_was_imported(deck: Deck) -> None:
    assert deck.collection.edit_place(deck.card_id) == EditPlace(deck.path, 5)
    deck.path.write_text("\n\n" + deck.path.read_text().replace("---\ndeck: Heart\n---\n", ""))
    assert deck.collection.edit_place(deck.card_id).line == 4
    deck.path.write_text(text(answer="Changed since."))
    assert deck.collection.edit_place(deck.card_id) == EditPlace(None)
    deck.path.unlink()
    assert deck.collection.edit_place(deck.card_id) == EditPlace(None)


def test_a_note_with_a_picture_in_a_folder_is_edited_in_its_file_too(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "pictures of hearts").mkdir()
    (tmp_path / "pictures of hearts" / "my heart.png").write_bytes(b"1")
    file = tmp_path / "deck.md"
    file.write_text("Q: 1?\nA: ![](<pictures of hearts/my heart.png>)\n")
    collection.import_file(file)
    card_id, = collection.find("")
    assert collection.edit_place(card_id) == EditPlace(file, 1)
    (tmp_path / "other.md").write_text("Q: 1?\nA: ![](<pictures of hearts/my heart.png>)\n")
    assert collection.import_file(tmp_path / "other.md").skipped == 1


def test_what_was_edited_in_the_file_comes_back(deck: Deck) -> None:
    held = reviewed(deck.collection, deck.card_id, "easy")
    deck.path.write_text(text(answer="Edited."))
    report = deck.collection.import_back(deck.path)
    assert (report.updated, deck.note.fields[1]) == (1, "Edited.")
    assert schedule_of(deck.collection, deck.card_id) == held


def test_a_note_without_a_file_is_edited_in_the_collection(collection: Collection) -> None:
    card_id, = added(collection, a_vignette())
    assert collection.edit_place(card_id) == EditPlace(None)
    changed = collection.note_text(card_id).replace("anaemia", "severe anaemia")
    assert collection.edit_note_text(card_id, changed)
    assert "severe anaemia" in collection.card_details(card_id).note.fields[1]


def test_problems_of_a_file_are_all_named_with_line_and_cure(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_text("Q: no answer?\n\nC: no deletion\n")
    problems = collection.import_file(tmp_path / "bad.md").files[0].problems
    assert [problem.line for problem in problems] == [1, 3]
    assert all(isinstance(problem, Problem) and problem.what for problem in problems)


def test_ids_are_not_written_into_a_file_that_was_changed_meanwhile(
        collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flashcore.study import transfer

    file, add_notes = tmp_path / "deck.md", transfer.ingest.add_notes

    def edited_meanwhile(*words):
        file.write_text("Q: 1?\nA: edited while it was imported\n")
        return add_notes(*words)

    file.write_text("Q: 1?\nA: 1\n")
    monkeypatch.setattr(transfer.ingest, "add_notes", edited_meanwhile)
    report = collection.import_paths([str(file)], write_ids=True)
    assert (report.new, report.is_refused) == (1, False)
    assert "changed while it was imported" in report.files[0].problems[0].what
    assert file.read_text() == "Q: 1?\nA: edited while it was imported\n"


def test_ids_are_written_in_the_encoding_of_the_file(collection: Collection, tmp_path: Path) -> None:
    file = tmp_path / "deck.md"
    file.write_bytes("Q: Ärger?\r\nA: ja\r\n".encode("latin-1"))
    report = collection.import_paths([str(file)], write_ids=True, encoding="latin-1")
    assert (report.new, report.is_refused, report.files[0].problems) == (1, False, [])
    assert file.read_bytes().decode("latin-1").startswith("Q: Ärger?\r\nA: ja\r\n<!-- id: fc-")
    assert collection.import_paths([str(file)], encoding="latin-1").same == 1
