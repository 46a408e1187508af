"""Notes, cards, decks and media: what is written, and what is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import a_cloze, a_note, a_pair, a_vignette
from sqlalchemy import Connection, select, update

from flashcore.domain.card import Card, Suspension
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, NoteKind, NoteType, Template
from flashcore.domain.taxonomy import Depth
from flashcore.store import content, decks
from flashcore.store.axes import note_depth
from flashcore.store.changes import ChangeSet
from flashcore.store.columns import from_day, from_millis, to_day, to_millis
from flashcore.store.content import Base, StoredNote
from flashcore.store.database import Database
from flashcore.store.schema import ORDER_STEP, card, join_fields, note, note_tag, split_fields

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def add(connection: Connection, value: Note, deck: str = "Medicine") -> tuple[int, list[int]]:
    return content.add_note(ChangeSet(connection), value, deck, NOW)


def change(connection: Connection, note_id: int, value: Note) -> bool:
    return content.change_note(ChangeSet(connection), note_id, value, LATER)


def cards(connection: Connection, note_id: int) -> list[tuple[int, Suspension | None]]:
    return [(one.ordinal, one.suspension) for one in content.cards_of_notes(connection, [note_id])]


def tag_rows(connection: Connection) -> list[str]:
    return list(connection.execute(select(note_tag.c.tag).order_by(note_tag.c.tag)).scalars())


HTML = NoteType("Herz & Kreislauf", NoteKind.STANDARD, ("Vorder", "Rück"),
                (Template("Karte 1", "{{Vorder}}", "{{Rück}}"),), ".card { color: red }")


@pytest.mark.parametrize("value", [
    a_note(guid="basic", tags="leech Herz::Klappen", why="because", source="own"),
    a_pair(guid="pair"),
    a_vignette(guid="vignette"),
    replace(a_cloze("[a] [b] [c]", guid="cloze"), cloze_ordinals=(0, 7, 2)),
    Note("html", HTML, ("<b>Ärger</b>\x00\t\n", ""), (), Markup.HTML)])
def test_a_note_comes_back_as_it_was_written(database: Database, value: Note) -> None:
    with database.write() as connection:
        note_id, _ = add(connection, value)
    with database.read() as connection:
        assert content.notes_by_id(connection, [note_id]) == {note_id: StoredNote(note_id, value, NOW, NOW)}
        assert content.all_notes(connection) == content.notes_by_id(connection, [note_id])
        assert content.note_ids_by_guid(connection, [value.guid, "other"]) == {value.guid: note_id}


def test_the_separator_of_fields_inside_a_field_becomes_its_picture() -> None:
    assert split_fields(join_fields(("a\x1fb", "", "c"))) == ("a␟b", "", "c")


def test_each_kind_of_note_yields_its_cards(database: Database) -> None:
    with database.write() as connection:
        made = [add(connection, value) for value in (a_note(), a_pair(), a_cloze("[a] [b] [c]"), a_vignette())]
        assert [cards(connection, note_id) for note_id, _ in made] == [
            [(0, None)], [(0, None), (1, None)], [(0, None), (1, None), (2, None)], [(0, None)]]
        assert [ids for _, ids in made] == [[1], [2, 3], [4, 5, 6], [7]]
        assert content.count_content(connection) == (4, 7, 0)
        assert content.cards_by_id(connection, [3, 99]) == {
            3: Card(3, made[1][0], content.notes_by_id(connection, [2])[2].note.guid, 1, "Medicine",
                    new_order=3 * ORDER_STEP)}


def test_a_note_without_a_text_asks_nothing(database: Database) -> None:
    with database.write() as connection:
        assert add(connection, a_cloze("no deletion"))[1] == []
        assert add(connection, a_note(" ", "answer"))[1] == []


def test_decks_are_one_whatever_their_case(database: Database) -> None:
    with database.write() as connection:
        first = decks.deck_id(connection, "Medicine::Heart")
        assert decks.deck_id(connection, "MEDICINE::heart") == first
        assert decks.deck_id(connection, "Medicine") != first
        assert decks.deck_id(connection, "Über") == decks.deck_id(connection, "über") == first + 2
        assert decks.deck_names(connection) == {first: "Medicine::Heart", first + 1: "Medicine", first + 2: "Über"}


def test_editing_a_note_keeps_its_cards_and_when_it_was_added(database: Database) -> None:
    with database.write() as connection:
        note_id, _ = add(connection, a_note("Old?", guid="one", tags="a b"))
        edited = a_note("New?", guid="one", tags="b c")
        assert change(connection, note_id, edited)
        assert not change(connection, note_id, edited)
        assert content.notes_by_id(connection, [note_id]) == {
            note_id: StoredNote(note_id, edited, NOW, LATER, base=Base(("Old?", "Haemoglobin", "", ""), ("a", "b"),
                                                                       ""))}
        assert cards(connection, note_id) == [(0, None)]
        assert tag_rows(connection) == ["b", "c"]


def test_a_card_the_note_no_longer_yields_is_set_aside_and_comes_back_with_it(database: Database) -> None:
    with database.write() as connection:
        note_id, ids = add(connection, a_cloze("[a] [b] [c]", guid="one"))
        ChangeSet(connection).update(card, [ids[1]], suspension="by_hand")
        change(connection, note_id, a_cloze("[a] b c", guid="one"))
        assert cards(connection, note_id) == [
            (0, None), (1, Suspension.BY_HAND), (2, Suspension.LEFT_FILE)]
        change(connection, note_id, a_cloze("[a] [b] [c] [d]", guid="one"))
        assert cards(connection, note_id) == [(0, None), (1, Suspension.BY_HAND), (2, None), (3, None)]


def test_a_new_card_of_a_note_is_in_the_deck_of_its_siblings(database: Database) -> None:
    with database.write() as connection:
        note_id, _ = add(connection, a_cloze("[a]", guid="one"), "Law")
        change(connection, note_id, a_cloze("[a] [b]", guid="one"))
        assert [one.deck for one in content.cards_of_notes(connection, [note_id])] == ["Law", "Law"]


@pytest.mark.parametrize(("value", "system", "depth", "topic"), [
    (a_note(tags="system::heart topic::Valves::Mitral"), "cardiovascular", Depth.RECALL, "valves::mitral"),
    (a_note("Why blue?"), None, Depth.MECHANISM, None),
    (a_note("Why blue?", tags="depth::recall"), None, Depth.RECALL, None),
    (a_pair("Why blue?"), None, Depth.RECALL, None),
    (a_cloze("Why [blue]?"), None, Depth.RECALL, None),
    (a_vignette(), None, Depth.APPLICATION, None),
    (a_vignette(tags="depth::mechanism"), None, Depth.MECHANISM, None)])
def test_what_is_chosen_and_counted_by_is_read_from_the_tags(
        database: Database, value: Note, system: str | None, depth: Depth, topic: str | None) -> None:
    with database.write() as connection:
        note_id, _ = add(connection, a_note(guid=value.guid))
        change(connection, note_id, value)
        columns = select(note.c.primary_system, note.c.depth, note.c.topic)
        assert connection.execute(columns).one() == (system, str(depth), topic)
        assert note_depth(value) is depth


def test_tags_are_found_in_lower_case_and_by_slug(database: Database) -> None:
    with database.write() as connection:
        add(connection, a_note(tags="Hard system::Heart involves::kidney discipline::Pharm HARD"))
        assert tag_rows(connection) == [
            "discipline::pharm", "discipline::pharmacology", "hard", "involves::kidney", "involves::renal-urinary",
            "system::cardiovascular", "system::heart"]


def test_after_rows_were_put_back_columns_and_tags_follow_them(database: Database) -> None:
    with database.write() as connection:
        note_id, _ = add(connection, a_note(tags="a"))
        connection.execute(update(note).values(tags="b system::renal"))
        content.refresh_from_tags(ChangeSet(connection), [note_id])
        assert tag_rows(connection) == ["b", "system::renal", "system::renal-urinary"]
        assert connection.execute(select(note.c.primary_system)).scalar() == "renal-urinary"


def test_a_note_with_the_same_first_field_is_found_whatever_the_others_hold(database: Database) -> None:
    with database.write() as connection:
        first, _ = add(connection, a_note("Same?", "one"))
        add(connection, a_note("Same?", "two"))
        add(connection, a_note("Same? not", "three"))
        assert content.note_with_question(connection, "Same?") == first
        assert content.note_with_question(connection, "Same") is None
        assert content.note_with_question(connection, "Same? not") == 3


def test_files_are_remembered_once_and_their_notes_come_by_line(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        file = decks.deck_file_id(connection, "/decks/heart.md", "aa", NOW)
        assert decks.deck_file_id(connection, "/decks/heart.md", "bb", LATER) == file
        first, _ = add(connection, a_note(guid="one"))
        second, _ = add(connection, a_note(guid="two"))
        for note_id, line in ((first, 9), (second, 4)):
            connection.execute(update(note).where(note.c.id == note_id).values(
                file_id=file, line=line, id_in_file=f"id{line}", base_fields=join_fields(("q", "a")), base_tags="x y",
                base_deck="Heart"))
        held = content.notes_of_file(connection, "/decks/heart.md")
        assert [(one.id, one.line, one.file, one.base) for one in held] == [
            (second, 4, Path("/decks/heart.md"), content.Base(("q", "a"), ("x", "y"), "Heart")),
            (first, 9, Path("/decks/heart.md"), content.Base(("q", "a"), ("x", "y"), "Heart"))]
        assert content.notes_of_file(connection, "/decks/other.md") == []
        assert decks.file_paths(connection) == ["/decks/heart.md"]
        assert {word: one.id for word, one in content.notes_by_guid(connection, ["one", "id4", "no"]).items()} == {
            "one": first, "id4": second}


def test_a_guid_wins_over_the_id_another_note_has_in_its_file(database: Database) -> None:
    with database.write() as connection:
        add(connection, a_note(guid="one"))
        second, _ = add(connection, a_note(guid="two"))
        connection.execute(update(note).where(note.c.guid == "one").values(id_in_file="two"))
        assert content.notes_by_guid(connection, ["two"])["two"].id == second


def test_media_are_kept_by_name(database: Database) -> None:
    with database.write() as connection:
        content.add_media(connection, "heart.png", "aa", 12)
        assert content.media_hashes(connection) == {"heart.png": "aa"}
        assert content.count_content(connection) == (0, 0, 1)


def test_a_collection_is_empty_until_it_has_a_note(database: Database) -> None:
    with database.write() as connection:
        assert decks.is_empty(connection)
        add(connection, a_note())
        assert not decks.is_empty(connection)


def test_ids_of_what_was_deleted_are_never_given_again(database: Database) -> None:
    with database.write() as connection:
        note_id, ids = add(connection, a_note())
        changes = ChangeSet(connection)
        changes.delete(card, ids)
        changes.delete(note, [note_id])
        assert add(connection, a_note()) == (note_id + 1, [ids[0] + 1])
        assert tag_rows(connection) == []


def test_a_buried_card_waits_for_its_day() -> None:
    one = Card(1, 1, "guid", 0, "Medicine", buried_until=date(2026, 3, 3))
    assert one.is_buried(date(2026, 3, 2))
    assert not one.is_buried(date(2026, 3, 3))


def test_an_unknown_note_type_is_kept_by_name(database: Database) -> None:
    with database.write() as connection:
        first = content.note_type_id(connection, HTML)
        assert content.note_type_id(connection, HTML) == first != content.note_type_id(connection, BASIC)
        assert content.note_types(connection) == {first: HTML, first + 1: BASIC}


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(1970, 1, 1), date(2026, 3, 2), date.max])
def test_days_and_moments_come_back_exactly(day: date) -> None:
    assert from_day(to_day(day)) == day
    moment = datetime(day.year, day.month, day.day, 23, 59, 59, 999_000, tzinfo=UTC)
    assert from_millis(to_millis(moment)) == moment
