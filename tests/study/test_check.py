"""Check finds what is wrong, and info tells what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_collection, a_note, added, answered, new_cards, reviewed
from sqlalchemy import delete, insert, text, update

from flashcore.errors import NotACollection
from flashcore.store.schema import card, note_tag, review, schedule
from flashcore.study.check import CheckProblem, CheckReport, Info
from flashcore.study.collection import Collection

NOT_THE_LOGS = "the stored schedule is not the one its review log gives"


def test_a_sound_collection_is_ok(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    reviewed(collection, card_id, "good good again")
    assert collection.check() == CheckReport(True, ())
    assert collection.check().to_json() == {"ok": True, "problems": []}


@pytest.mark.parametrize("tampers", [
    update(schedule).values(stability_days=schedule.c.stability_days + 1e-9),
    update(schedule).values(due_on=schedule.c.due_on + 1), update(schedule).values(lapses=7), delete(schedule),
    delete(review), update(review).values(rating=1)])
def test_a_schedule_that_is_not_the_logs_is_found(collection: Collection, tampers) -> None:
    first, second = new_cards(collection, 2)
    reviewed(collection, second, "good good")
    with collection.database.write() as connection:
        connection.execute(tampers)
    assert collection.check() == CheckReport(False, (
        CheckProblem(NOT_THE_LOGS, f"card {second}", "the log is right; nothing is lost"),))
    assert first != second


def test_a_row_that_points_nowhere_is_found(collection: Collection) -> None:
    added(collection, a_note())
    with collection.database.read() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))  # has no effect inside a transaction
    collection.database.pragma("foreign_keys=OFF")
    with collection.database.write() as connection:
        connection.execute(insert(note_tag).values(tag="lost", note_id=99))
    collection.database.pragma("foreign_keys=ON")
    problem, = collection.check().problems
    assert (problem.what, problem.hint) == ("a row points at one that is not there", "restore your newest backup")
    assert problem.where.startswith("table note_tag, row ")


def test_a_damaged_page_is_found_or_refused(tmp_path: Path) -> None:
    with a_collection(tmp_path) as collection:
        new_cards(collection, 60)
    path = tmp_path / "collection.db"
    data = bytearray(path.read_bytes())
    data[8 * 4096:9 * 4096] = bytes(4096)
    path.write_bytes(data)
    try:
        with a_collection(tmp_path) as collection:
            report = collection.check()
    except NotACollection:
        return
    assert not report.ok
    assert report.problems[0].where == "the database file"


def test_the_history_of_a_deleted_card_is_no_problem(collection: Collection) -> None:
    card_id, = new_cards(collection, 1)
    reviewed(collection, card_id, "good")
    collection.delete([card_id])
    assert collection.check().ok
    with collection.database.read() as connection:
        assert connection.execute(card.select()).all() == []


def test_info_tells_where_things_are_and_how_many(collection: Collection, tmp_path: Path) -> None:
    first, _ = new_cards(collection, 2)
    answered(collection, first, "good")
    answered(collection, first, "good", is_cram=True)
    answered(collection, first, "again")
    collection.undo()
    collection.reset([first])
    (tmp_path / "collection.backups").mkdir()
    (tmp_path / "collection.backups" / "one.db").touch()
    from flashcore import __version__

    assert collection.info() == Info(__version__, str(tmp_path / "collection.db"), 2, 2, 2, 2, 0, 1)
    assert list(collection.info().to_json()) == [
        "version", "collection", "schema", "notes", "cards", "reviews", "media", "backups"]
