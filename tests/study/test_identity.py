"""Which stored note a note of a file is: by its id, by its text, by a question that is alike between two neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import MONDAY, a_note, a_pair
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.bundle import BundledNote
from flashcore.domain.note import Note
from flashcore.store.content import Base, StoredNote
from flashcore.study import identity
from flashcore.study.collection import Collection


def guid_of(note: Note, *taken: str) -> str:
    return identity.made_guid(note.note_type.name, note.fields, dict.fromkeys(taken))


def stored(note_id: int, note: Note, line: int = 1, base: Note | None = None) -> StoredNote:
    held = base or note
    return StoredNote(note_id, note, MONDAY, MONDAY, Path("/deck.md"), line, Base(held.fields, held.tags, "D"))


def read(*notes: Note) -> list[BundledNote]:
    return [BundledNote(Note(note.guid if note.guid.startswith("id-") else "", note.note_type, note.fields, note.tags),
                        "D", line) for line, note in enumerate(notes, 1)]


def matched(of_file: list[BundledNote], held: list[StoredNote], ids: dict[str, StoredNote] | None = None) -> dict:
    return {index: one.id for index, one in identity.match(of_file, held, ids or {}).items()}


def test_white_space_and_empty_fields_at_the_end_make_no_difference() -> None:
    assert identity.normalised(("a  b\n c", "d", "", "")) == identity.normalised(("a b c", " d "))
    assert identity.normalised(("a", "")) != identity.normalised(("", "a"))


def test_the_id_comes_before_the_text() -> None:
    held = [stored(1, a_note("One?")), stored(2, a_note("Two?"))]
    of_file = read(a_note("Two?", guid="id-1"), a_note("One?", guid="id-2"))
    assert matched(of_file, held, {"id-1": held[0], "id-2": held[1]}) == {0: 1, 1: 2}


def test_the_text_of_the_last_import_counts_and_not_the_one_edited_here() -> None:
    held = [stored(1, a_note("Edited in the collection?"), base=a_note("As in the file?"))]
    assert matched(read(a_note("As in the file?")), held) == {0: 1}


def test_equal_texts_of_different_kinds_are_different_notes() -> None:
    assert matched(read(a_pair("One", "1")), [stored(1, a_note("One", "1"))]) == {}


def test_a_question_that_is_alike_between_two_matched_neighbours_is_an_edit() -> None:
    held = [stored(1, a_note("First?"), 1), stored(2, a_note("What is the second question?"), 2),
            stored(3, a_note("Third?"), 3)]
    of_file = read(a_note("First?"), a_note("What was the second question?"), a_note("Third?"))
    assert matched(of_file, held) == {0: 1, 1: 2, 2: 3}
    moved_away = read(a_note("What was the second question?"), a_note("First?"), a_note("Third?"))
    assert matched(moved_away, held) == {1: 1, 2: 3}


def test_the_start_and_the_end_of_the_file_are_neighbours() -> None:
    held = [stored(1, a_note("What is the only question?"), 1)]
    assert matched(read(a_note("What was the only question?")), held) == {0: 1}


@pytest.mark.parametrize(("new", "is_same"), [
    ("abcdefghij", True), ("abcdefxxxx", True), ("abcdexxxxx", False), ("xxxxxxxxxx", False)])
def test_a_ratio_of_six_tenths_is_alike(new: str, is_same: bool) -> None:
    assert identity.EDITED_RATIO == 0.6
    assert matched(read(a_note(new)), [stored(1, a_note("abcdefghij"))]) == ({0: 1} if is_same else {})


def test_edits_keep_their_order_and_the_likest_pairs_win() -> None:
    held = [stored(1, a_note("What is the first heart sound?"), 1),
            stored(2, a_note("What is the second heart sound?"), 2)]
    assert matched(read(a_note("What is the second heart sound, and why?")), held) == {0: 2}
    both = read(a_note("Now what is the first heart sound?"), a_note("Now what is the second heart sound?"))
    assert matched(both, held) == {0: 1, 1: 2}


def test_a_note_with_an_id_of_its_own_is_no_edit_of_another() -> None:
    other = Note("id-other", a_note().note_type, a_note("What is the question?").fields)
    assert matched(read(a_note("What was the question?", guid="id-new")), [stored(1, other)]) == {}
    made = Note(guid_of(other), other.note_type, other.fields)
    assert matched(read(a_note("What was the question?", guid="id-new")), [stored(1, made)]) == {0: 1}


def test_thousands_of_edits_are_aligned_in_a_moment() -> None:
    held = [stored(number, a_note(f"What is the answer to question number {number}?"), number)
            for number in range(1, 1_500)]
    of_file = read(*(a_note(f"What is THE answer to question number {number}?") for number in range(1, 1_500)))
    assert matched(of_file, held) == {number - 1: number for number in range(1, 1_500)}


@given(st.text(), st.text())
def test_the_same_text_gives_the_same_guid_everywhere(question: str, answer: str) -> None:
    guid = guid_of(a_note(question, answer))
    assert guid == guid_of(a_note(f" {question}  ", answer))
    assert identity.is_made_guid(guid)
    assert guid_of(a_note(question, answer), guid) != guid


def test_a_change_all_over_a_long_file_leaves_each_history_with_its_question(collection: Collection,
                                                                            tmp_path: Path) -> None:
    deck = tmp_path / "long.md"
    deck.write_text("".join(f"Q: What is the value number {number}?\nA: {number}\n\n" for number in range(300)),
                    encoding="utf-8")
    collection.import_file(deck)
    before = {row.question: row.card for row in collection.search("")}
    deck.write_text("".join(f"Q: What is the value number {number}?\nA: about {number}\n\n"
                            for number in range(300) if number not in (0, 7, 150)), encoding="utf-8")
    report = collection.import_file(deck)
    assert (report.new, report.updated, report.suspended) == (0, 297, 3)
    assert {row.question: row.card for row in collection.search("")} == before
    assert [row.answer for row in collection.search("-is:suspended")][:3] == ["about 1", "about 2", "about 3"]
