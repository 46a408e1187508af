"""Which note of the collection a note of a deck file is: editing never resets learning, what left is set aside and
comes back, moved notes are the same, duplicates are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_cloze, reviewed, schedule_of

from flashcore.domain.card import Suspension
from flashcore.domain.schedule import Schedule
from flashcore.study.collection import Collection
from flashcore.study.import_report import ImportReport, Skipped
from flashcore.study.undo import CURATION

ORTHOPNEA = "Q: Why does lying flat make a patient with heart failure short of breath?\nA: Venous return rises."
GALLOP = "Q: What makes the third heart sound?\nA: Rapid filling of a dilated ventricle."
MURMUR = "Q: Where is the murmur of aortic stenosis heard best?\nA: Right second intercostal space."
CYANOSIS = "Q: How much reduced haemoglobin turns skin blue?\nA: 5 g/dL."


class Deck:
    """A deck file that is written and imported again and again."""

    def __init__(self, collection: Collection, path: Path) -> None:
        self.collection, self.path = collection, path

    def imported(self, *cards: str, **how: object) -> ImportReport:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n\n".join(cards) + "\n")
        report = self.collection.import_paths([str(self.path)], **how)
        assert not report.is_refused, report.files
        total = sum(file.notes for file in report.files)
        assert report.new + report.updated + report.same + report.skipped == total
        assert self.collection.check().ok
        return report


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.new, report.updated, report.same, report.skipped, report.suspended


@pytest.fixture
def heart(collection: Collection, tmp_path: Path) -> Deck:
    return Deck(collection, tmp_path / "decks" / "heart.md")


def card(collection: Collection, word: str) -> int:
    """The one card whose note holds a word."""
    card_id, = collection.find(f'"{word}"')
    return card_id


def learned(collection: Collection, *words: str) -> dict[str, tuple[int, Schedule]]:
    held = {}
    for word in words:
        card_id = card(collection, word)
        held[word] = card_id, reviewed(collection, card_id, "good easy")
    return held


def left_file(collection: Collection) -> list[int]:
    return [card_id for card_id in collection.find("is:suspended")
            if collection.card_details(card_id).card.suspension is Suspension.LEFT_FILE]


# over a collection and its files


def test_editing_a_question_or_an_answer_keeps_the_history(heart: Deck, collection: Collection) -> None:
    assert counts(heart.imported(ORTHOPNEA, GALLOP, MURMUR)) == (3, 0, 0, 0, 0)
    held = learned(collection, "lying", "third", "aortic")
    edited = (ORTHOPNEA.replace("short of breath", "breathless"), GALLOP.replace("Rapid", "Fast"), MURMUR)
    assert counts(heart.imported(*edited)) == (0, 2, 1, 0, 0)
    assert {word: (card(collection, word), schedule_of(collection, card(collection, word))) for word in held} == held
    assert collection.find("breathless") == [held["lying"][0]]


def test_importing_twice_changes_nothing(heart: Deck, collection: Collection) -> None:
    cards = (ORTHOPNEA, "C: The [mitral] valve and the [left] ventricle.", "T: Cor pulmonale\nD: Right heart failure.",
             "V: A man ...\n- [ ] one\n- [x] two\n- [ ] three\nWhy: So.\nSource: own\nTags: hard system::renal")
    heart.imported(*cards)
    with collection.database.read() as connection:
        before = list(connection.connection.driver_connection.iterdump())
    assert counts(heart.imported(*cards)) == (0, 0, 4, 0, 0)
    with collection.database.read() as connection:
        assert list(connection.connection.driver_connection.iterdump()) == before


def test_what_left_its_file_is_set_aside_and_reported_and_comes_back_with_its_history(
        heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    held = learned(collection, "third")["third"]
    assert counts(heart.imported(ORTHOPNEA)) == (0, 0, 1, 0, 1)
    assert left_file(collection) == [held[0]]
    assert schedule_of(collection, held[0]) == held[1]
    assert counts(heart.imported(ORTHOPNEA)) == (0, 0, 1, 0, 0)
    assert counts(heart.imported(ORTHOPNEA, GALLOP)) == (0, 1, 1, 0, 0)
    assert left_file(collection) == []
    assert schedule_of(collection, held[0]) == held[1]


def test_all_cards_of_a_note_that_left_are_counted(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, "C: [one] [two] [three]")
    assert heart.imported(ORTHOPNEA).suspended == 3


def test_a_card_set_aside_by_hand_is_not_unsuspended_when_it_comes_back(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    card_id = card(collection, "third")
    collection.suspend([card_id])
    assert heart.imported(ORTHOPNEA).suspended == 0
    heart.imported(ORTHOPNEA, GALLOP)
    assert collection.card_details(card_id).card.suspension is Suspension.BY_HAND


def test_an_empty_file_sets_all_its_cards_aside(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    assert counts(heart.imported("just a text")) == (0, 0, 0, 0, 2)


def test_a_refused_file_sets_nothing_aside(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    heart.path.write_text("Q: no answer\n")
    report = collection.import_file(heart.path)
    assert (report.is_refused, counts(report), left_file(collection)) == (True, (0, 0, 0, 0, 0), [])
    heart.path.write_text(f"<<<<<<< ours\n{ORTHOPNEA}\n=======\n{GALLOP}\n>>>>>>> theirs\n")
    report = collection.import_file(heart.path)
    assert report.is_refused
    assert report.files[0].problems[0].line == 1
    assert left_file(collection) == []


def test_an_id_is_the_note_wherever_it_stands_and_whatever_it_says(
        heart: Deck, collection: Collection, tmp_path: Path) -> None:
    heart.imported(f"{ORTHOPNEA}\n<!-- id: cv-orthopnea -->", GALLOP)
    held = learned(collection, "lying")["lying"]
    assert collection.card_details(held[0]).note.guid == "cv-orthopnea"
    other = Deck(collection, tmp_path / "decks" / "other.md")
    assert counts(other.imported("T: Orthopnea\nD: Breathless when lying.\n<!-- id: cv-orthopnea -->")) == (
        0, 1, 0, 0, 0)
    details = collection.card_details(held[0])
    assert (details.note.question, details.schedule, details.file) == ("Orthopnea", held[1], other.path)


def test_an_id_given_to_a_note_later_keeps_its_history(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    held = learned(collection, "lying")["lying"]
    guid = collection.card_details(held[0]).note.guid
    assert counts(heart.imported(f"{ORTHOPNEA}\n<!-- id: new-id -->", GALLOP)) == (0, 0, 2, 0, 0)
    assert counts(heart.imported(GALLOP, f"{CYANOSIS}\n<!-- id: new-id -->")) == (0, 1, 1, 0, 0)
    details = collection.card_details(held[0])
    assert (details.note.guid, details.schedule, "haemoglobin" in details.note.question) == (guid, held[1], True)


def test_a_changed_id_with_the_same_text_keeps_the_history(heart: Deck, collection: Collection) -> None:
    heart.imported(f"{ORTHOPNEA}\n<!-- id: one -->")
    held = learned(collection, "lying")["lying"]
    assert counts(heart.imported(f"{ORTHOPNEA}\n<!-- id: two -->")) == (0, 0, 1, 0, 0)
    assert schedule_of(collection, held[0]) == held[1]


def test_a_changed_id_and_another_text_is_another_note(heart: Deck, collection: Collection) -> None:
    heart.imported(f"{ORTHOPNEA}\n<!-- id: one -->")
    assert counts(heart.imported(f"{ORTHOPNEA.replace('flat', 'down')}\n<!-- id: two -->")) == (1, 0, 0, 0, 1)


def test_ids_are_written_when_asked_and_the_notes_stay_the_same(heart: Deck, collection: Collection) -> None:
    heart.imported(f"{ORTHOPNEA}\n<!-- id: mine -->", GALLOP, MURMUR)
    collection.import_paths([str(heart.path)], write_ids=True)
    written = heart.path.read_text()
    assert written.count("<!-- id:") == 3
    report = collection.import_paths([str(heart.path)], write_ids=True)
    assert (counts(report), heart.path.read_text()) == ((0, 0, 3, 0, 0), written)
    guids = {collection.card_details(card_id).note.guid for card_id in collection.find("")}
    assert all(f"<!-- id: {guid} -->" in written for guid in guids)


def test_after_ids_were_written_the_lines_are_those_of_the_file(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP, MURMUR, write_ids=True)
    lines = heart.path.read_text().splitlines()
    for one in collection.search():
        assert lines[one.line - 1].startswith(f"Q: {one.question[:20]}")


def test_a_dry_run_writes_no_ids(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, is_dry_run=True, write_ids=True)
    assert heart.path.read_text() == f"{ORTHOPNEA}\n"


# notes that stand elsewhere


def test_a_note_moved_to_another_file_is_the_same_note(heart: Deck, collection: Collection, tmp_path: Path) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    held = learned(collection, "third")["third"]
    other = Deck(collection, tmp_path / "decks" / "sounds.md")
    heart.path.write_text(f"{ORTHOPNEA}\n")
    assert counts(other.imported(GALLOP)) == (0, 1, 0, 0, 0)  # its deck is that of the other file now
    details = collection.card_details(held[0])
    assert (details.file, details.line, details.card.deck) == (other.path, 1, "decks::sounds")
    assert details.schedule == held[1]
    assert counts(heart.imported(ORTHOPNEA)) == (0, 0, 1, 0, 0)


@pytest.mark.parametrize("name", ["a-sounds.md", "z-sounds.md"])
def test_a_note_moved_within_a_folder_is_not_counted_as_gone(
        heart: Deck, collection: Collection, tmp_path: Path, name: str) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    held = learned(collection, "third")["third"]
    heart.path.write_text(f"{ORTHOPNEA}\n")
    (heart.path.parent / name).write_text(f"{GALLOP}\n")
    assert counts(collection.import_file(heart.path.parent)) == (0, 1, 1, 0, 0)
    assert left_file(collection) == []
    assert schedule_of(collection, held[0]) == held[1]


def test_a_renamed_file_keeps_all_histories(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    held = learned(collection, "lying", "third")
    heart.path.rename(heart.path.with_name("cardiology.md"))
    assert counts(collection.import_file(heart.path.parent)) == (0, 2, 0, 0, 0)
    assert left_file(collection) == []
    assert {word: schedule_of(collection, card_id) for word, (card_id, _) in held.items()} == {
        word: schedule for word, (_, schedule) in held.items()}


def test_a_text_that_stands_in_two_files_is_skipped_and_named(
        heart: Deck, collection: Collection, tmp_path: Path) -> None:
    heart.imported(ORTHOPNEA, GALLOP)
    other = Deck(collection, tmp_path / "decks" / "other.md")
    report = other.imported(MURMUR, GALLOP)
    assert counts(report) == (1, 0, 0, 1, 0)
    assert report.files[0].skipped == [Skipped("What makes the third heart sound?",
                                               f"line 4: the same text stands in {heart.path}, line 4")]
    assert counts(other.imported(MURMUR, GALLOP)) == (0, 0, 1, 1, 0)
    assert collection.card_details(card(collection, "third")).file == heart.path


def test_a_text_that_stands_twice_in_a_file_is_skipped_and_named(heart: Deck, collection: Collection) -> None:
    for expected in ((1, 0, 0, 1, 0), (0, 0, 1, 1, 0)):
        report = heart.imported(GALLOP, GALLOP)
        assert counts(report) == expected
        assert report.files[0].skipped == [
            Skipped("What makes the third heart sound?", "line 4: the same text stands in line 1")]


def test_the_same_heading_twice_is_no_matter(heart: Deck, collection: Collection) -> None:
    for _ in range(2):
        heart.imported("# Valves", ORTHOPNEA, "# Valves", GALLOP)
    assert [one.topic for one in collection.search()] == ["valves", "valves"]


def test_the_same_text_with_ids_of_its_own_is_two_notes(heart: Deck, collection: Collection) -> None:
    cards = (f"{GALLOP}\n<!-- id: one -->", f"{GALLOP}\n<!-- id: two -->")
    assert counts(heart.imported(*cards)) == (2, 0, 0, 0, 0)
    assert counts(heart.imported(*cards)) == (0, 0, 2, 0, 0)


def test_a_note_of_the_collection_becomes_that_of_the_file_with_its_text(heart: Deck, collection: Collection) -> None:
    from flashcore.domain.note_type import BASIC

    card_id, = collection.add_note(
        BASIC, ("What makes the third heart sound?", "Rapid filling of a dilated ventricle.", "", ""), "Mine",
        ["depth::recall"]).card_ids
    held = reviewed(collection, card_id, "easy")
    assert counts(heart.imported(GALLOP)) == (0, 0, 1, 0, 0)
    details = collection.card_details(card_id)
    assert (details.file, details.schedule, details.card.deck) == (heart.path, held, "Mine")


def test_a_file_gone_from_a_folder_that_is_given_whole_sets_its_cards_aside(
        heart: Deck, collection: Collection, tmp_path: Path) -> None:
    heart.imported(ORTHOPNEA)
    other = Deck(collection, tmp_path / "decks" / "deep" / "lung.md")
    other.imported(CYANOSIS)
    elsewhere = Deck(collection, tmp_path / "elsewhere" / "x.md")
    elsewhere.imported(MURMUR)
    other.path.unlink()
    elsewhere.path.unlink()
    assert counts(collection.import_file(heart.path)) == (0, 0, 1, 0, 0)
    assert counts(collection.import_file(heart.path.parent)) == (0, 0, 1, 0, 1)
    assert left_file(collection) == [card(collection, "haemoglobin")]
    assert counts(collection.import_file(heart.path.parent)) == (0, 0, 1, 0, 0)
    other.path.write_text(f"{CYANOSIS}\n")
    assert counts(collection.import_file(heart.path.parent)) == (0, 1, 1, 0, 0)
    assert left_file(collection) == []


def test_standard_input_has_no_file_and_sets_nothing_aside(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA)
    for text, expected in ((GALLOP, (1, 0, 0, 0, 0)), (GALLOP, (0, 0, 1, 0, 0)), (MURMUR, (1, 0, 0, 0, 0)),
                           (ORTHOPNEA, (0, 0, 0, 1, 0))):
        assert counts(collection.import_paths(["-"], stdin=f"{text}\n".encode())) == expected
    assert left_file(collection) == []
    assert collection.card_details(card(collection, "third")).file is None


def test_the_same_file_through_a_link_is_the_same_file(heart: Deck, collection: Collection, tmp_path: Path) -> None:
    heart.imported(ORTHOPNEA)
    link = tmp_path / "link.md"
    link.symlink_to(heart.path)
    assert counts(collection.import_file(link)) == (0, 0, 1, 0, 0)
    assert counts(collection.import_paths([str(link), str(heart.path), str(heart.path.parent)])) == (0, 0, 1, 0, 0)


def test_two_files_with_one_id_are_told_and_import_again_the_same(
        heart: Deck, collection: Collection) -> None:
    heart.imported(f"{ORTHOPNEA}\n<!-- id: one -->")
    held = learned(collection, "lying")["lying"]
    (heart.path.parent / "other.md").write_text(f"{GALLOP}\n<!-- id: one -->\n")
    for _ in range(2):
        report = collection.import_file(heart.path.parent)
        assert counts(report) == (0, 0, 1, 1, 0)
        assert report.files[1].skipped == [Skipped(
            "What makes the third heart sound?", f"line 1: the id 'one' stands in {heart.path} too")]
    assert schedule_of(collection, held[0]) == held[1]


# cloze deletions


def hidden(collection: Collection) -> dict[str, int]:
    """What each card hides -> its id."""
    return {one.answer: one.card for one in collection.search() if one.question != one.answer}


def test_a_deletion_added_in_the_middle_keeps_the_histories_of_the_others(
        heart: Deck, collection: Collection) -> None:
    heart.imported("C: Blood flows from the [left atrium] to the [left ventricle] and out.")
    first, second = collection.find("")
    held = [reviewed(collection, first, "easy"), reviewed(collection, second, "good")]
    assert counts(heart.imported("C: Blood flows from the [left atrium] through the [mitral valve] to the "
                                 "[left ventricle] and out.")) == (0, 1, 0, 0, 0)
    assert [schedule_of(collection, card_id) for card_id in (first, second)] == held
    third, = set(collection.find("")) - {first, second}
    questions = {one.card: one.question for one in collection.search()}
    assert "atrium" not in questions[first] and "ventricle" in questions[first]
    assert "ventricle" not in questions[second] and "atrium" in questions[second]
    assert "mitral" not in questions[third] and schedule_of(collection, third) is None
    assert collection.due().new == 0  # its siblings were answered today
    assert counts(heart.imported("C: Blood flows from the [left atrium] through the mitral valve to the "
                                 "[left ventricle] and out.")) == (0, 1, 0, 0, 0)
    assert [schedule_of(collection, card_id) for card_id in (first, second)] == held
    assert left_file(collection) == [third]


def test_deletions_that_change_places_keep_their_histories(heart: Deck, collection: Collection) -> None:
    heart.imported("C: The [tricuspid] valve is right and the [mitral] valve is left.")
    first, second = collection.find("")
    held = reviewed(collection, first, "easy")
    heart.imported("C: The [mitral] valve is left and the [tricuspid] valve is right.")
    questions = {one.card: one.question for one in collection.search()}
    assert "tricuspid" not in questions[first] and "mitral" not in questions[second]
    assert schedule_of(collection, first) == held


def test_cards_and_ordinals_of_a_cloze_are_those_of_the_note(heart: Deck, collection: Collection) -> None:
    heart.imported("C: [a] and {b} and [c]")
    assert [collection.card_details(card_id).card.ordinal for card_id in collection.find("")] == [0, 1]
    assert a_cloze("[a] [c]").note_type == collection.card_details(1).note.note_type


def test_an_import_is_no_change_that_undo_takes_back(heart: Deck, collection: Collection) -> None:
    heart.imported(ORTHOPNEA)
    heart.imported(GALLOP)
    assert collection.undo() is None
    assert "import" not in CURATION


def test_a_card_that_left_its_file_and_was_asked_for_again_stays(collection: Collection, tmp_path: Path) -> None:
    deck = tmp_path / "valves.md"
    deck.write_text("Q: One?\nA: 1\n\nQ: Two?\nA: 2\n", encoding="utf-8")
    collection.import_file(deck)
    deck.write_text("Q: One?\nA: 1\n", encoding="utf-8")
    assert collection.import_file(deck).suspended == 1
    gone = collection.find("is:suspended")
    collection.unsuspend(gone)
    assert collection.import_file(deck).suspended == 0
    assert collection.find("is:suspended") == []
    deck.write_text("Q: One?\nA: 1\n\nQ: Two?\nA: 2\n", encoding="utf-8")
    assert (collection.import_file(deck).new, len(collection.find(""))) == (0, 2)
    deck.write_text("Q: One?\nA: 1\n", encoding="utf-8")
    assert collection.import_file(deck).suspended == 1
    assert collection.find("is:suspended") == gone
