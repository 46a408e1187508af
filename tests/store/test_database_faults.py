"""Files that are no collection, damaged ones, and what a kill and a full disk leave."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import processes
import pytest
from builders import a_collection, a_note, added, answered
from sqlalchemy import insert, select

from flashcore.errors import NotACollection, StoreError
from flashcore.store.database import Database
from flashcore.store.decks import deck_id, deck_names
from flashcore.store.schema import SCHEMA_VERSION, deck


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(deck_names(connection).values())


def put(database: Database, *decks: str) -> None:
    with database.write() as connection:
        for name in decks:
            deck_id(connection, name)


# files that are refused


def another_program(file: Path) -> None:
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE thing (name TEXT)")
    other.execute("INSERT INTO thing VALUES ('kept')")
    other.commit()
    other.close()


def newer(file: Path) -> None:
    Database.open(file, "me").close()
    made = sqlite3.connect(file)
    made.execute("PRAGMA journal_mode=DELETE")
    made.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    made.commit()
    made.close()


def damaged(file: Path) -> None:
    Database.open(file, "me").close()
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * 4000)


REFUSED = [
    pytest.param(lambda file: file.write_bytes(b""), "is empty, so whatever it held is gone", "Restore your newest "
                 "backup, or move the file away to begin anew.", id="empty"),
    pytest.param(lambda file: file.write_text("dear diary\n" * 50), "is not a flashcore collection",
                 "Name your collection with --collection; decks come in through flashcore import.", id="text"),
    pytest.param(another_program, "is another program's database, not a flashcore collection",
                 "Name your collection with --collection; decks come in through flashcore import.", id="foreign"),
    pytest.param(newer, f"was made by a newer flashcore (schema {SCHEMA_VERSION + 1}, this one knows "
                 f"{SCHEMA_VERSION})", "Update flashcore to open it.", id="newer"),
]


@pytest.mark.parametrize("opens", [lambda file: Database.open(file, "me"), Database.open_for_reading])
@pytest.mark.parametrize(("make", "what", "hint"), REFUSED)
def test_a_file_that_is_no_collection_is_refused_and_left_as_it_is(path: Path, make, what, hint, opens) -> None:
    make(path)
    before = path.read_bytes()
    with pytest.raises(NotACollection) as refused:
        opens(path)
    assert str(refused.value) == f"{path} {what}; the file was left as it is. {hint}"
    assert path.read_bytes() == before
    left = {file.name for file in path.parent.iterdir()}
    assert left <= {"collection.db", "collection.lock"}


@pytest.mark.parametrize("opens", [lambda file: Database.open(file, "me"), Database.open_for_reading])
def test_a_damaged_collection_is_refused_and_left_as_it_is(path: Path, opens) -> None:
    damaged(path)
    before = path.read_bytes()
    with pytest.raises(NotACollection, match="cannot be read"):
        opened = opens(path)
        names(opened)
    assert path.read_bytes() == before


def test_another_programs_database_keeps_what_only_its_write_ahead_log_holds(path: Path) -> None:
    """A kill left it so; opening it to look would move the log into the file."""
    other = sqlite3.connect(path.with_name("other.db"))
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE thing (name TEXT)")
    other.execute("PRAGMA wal_checkpoint")
    other.execute("INSERT INTO thing VALUES ('kept')")
    other.commit()
    for suffix in ("", "-wal"):
        shutil.copyfile(path.with_name(f"other.db{suffix}"), path.with_name(f"collection.db{suffix}"))
    other.close()
    before = path.read_bytes(), path.with_name("collection.db-wal").read_bytes()
    for opens in (lambda file: Database.open(file, "me"), Database.open_for_reading):
        with pytest.raises(NotACollection, match="another program's database"):
            opens(path)
        assert (path.read_bytes(), path.with_name("collection.db-wal").read_bytes()) == before


@pytest.mark.parametrize("opens", [lambda file: Database.open(file, "me"), Database.open_for_reading])
def test_a_folder_is_refused(path: Path, opens) -> None:
    path.mkdir()
    with pytest.raises(NotACollection, match="is a folder"):
        opens(path)


def test_a_file_with_a_second_hard_link_is_read_but_not_written(path: Path) -> None:
    opened = Database.open(path, "me")
    put(opened, "one")
    opened.close()
    os.link(path, path.with_name("twin.db"))
    before = path.read_bytes()
    with pytest.raises(StoreError) as refused:
        Database.open(path, "me")
    assert str(refused.value) == (
        f"{path} has more than one hard link, so two programs could write to it under two names; nothing was "
        "changed. Remove the other link, or copy the file.")
    reader = Database.open_for_reading(path)
    assert names(reader) == {"one"}
    reader.close()
    assert path.read_bytes() == before


# what a kill and a full disk leave


ANSWER = """
import sys
from pathlib import Path
from builders import Watch, a_collection
from flashcore.domain.review import Rating
from flashcore.study.collection import Collection
folder = Path(sys.argv[1])
with a_collection(folder) as collection:
    session = collection.review(is_cram=True)
    for number in range(1_000_000):
        session.answer(Rating.AGAIN, number)
        print(number, flush=True)
        if number == 20:
            with Collection.open_for_reading(folder / "collection.db", clock=Watch().clock()) as reader:
                reader.due(), reader.check(), reader.info()
            collection.import_paths(["-"], stdin=b"Q: new\\nA: card\\n", is_dry_run=True)
"""
LOOK = """
import sqlite3, sys
for _ in range(20):
    reader = sqlite3.connect(sys.argv[1])
    reader.execute("SELECT count(*) FROM review").fetchone()
    reader.close()
"""


@pytest.mark.parametrize("acknowledged", [25, 60, 61])
def test_a_kill_loses_no_acknowledged_answer_while_a_plain_reader_opens_and_closes(
        path: Path, acknowledged: int) -> None:
    with a_collection(path.parent) as collection:
        added(collection, a_note())
    with processes.start(ANSWER, path.parent) as process:
        assert process.stdout
        last = -1
        while last < acknowledged:
            last = int(process.stdout.readline())
            if last in (5, 22):
                processes.run(LOOK, path)
        process.kill()
        rest = process.stdout.read().split("\n")
    whole = [int(line) for line in rest[:-1]]
    with a_collection(path.parent) as collection:
        assert collection.check().ok
        assert collection.info().reviews >= (whole[-1] if whole else last) + 1
        assert collection.info().reviews <= (whole[-1] if whole else last) + 2


FULL = """
import resource, sys
from pathlib import Path
from builders import a_collection
from flashcore.domain.review import Rating
from flashcore.errors import StoreError
with a_collection(Path(sys.argv[1])) as collection:
    session = collection.review(is_cram=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    shown, saved = session.show(), 0
    try:
        while True:
            session.answer(Rating.AGAIN, 1)
            saved += 1
    except StoreError as error:
        print(error)
    assert session.show().card == shown.card
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    collection.checkpoint()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    session.answer(Rating.AGAIN, 1)
    print(saved + 1)
"""


def test_a_disk_that_takes_no_more_loses_only_the_answer_that_was_not_saved(path: Path) -> None:
    with a_collection(path.parent) as collection:
        added(collection, a_note())
    sentence, saved = processes.run(FULL, path.parent).splitlines()
    assert sentence.startswith(f"{path}: ")
    assert sentence.endswith("; what was being saved was not saved, everything before it is kept. Free some space or "
                             "check the disk, then try again.")
    with a_collection(path.parent) as collection:
        assert collection.check().ok
        assert collection.info().reviews == int(saved)


def test_a_file_with_any_page_destroyed_is_refused_with_a_sentence_or_its_problems_are_found(path: Path) -> None:
    with a_collection(path.parent) as collection:
        for number in range(40):
            added(collection, a_note(f"Question {number}?", tags="system::heart topic::valves"))
        answered(collection, 1, "good")
    data = path.read_bytes()
    for page in range(1, len(data) // 4096):
        path.write_bytes(data[:page * 4096] + bytes(range(256)) * 16 + data[(page + 1) * 4096:])
        try:
            with a_collection(path.parent) as collection:
                collection.due(), collection.search("valves"), collection.home()
                assert not collection.check().ok
        except StoreError as error:
            assert str(path) in str(error)


def test_a_broken_rule_of_the_tables_is_an_error_of_the_program(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    put(database, "one")
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(deck).values(name="one"))
    with database.read() as connection:
        assert connection.execute(select(deck.c.name)).scalars().all() == ["one"]


def test_an_answer_is_on_disk_when_it_returns(path: Path) -> None:
    with a_collection(path.parent) as collection:
        card_id, = added(collection, a_note())
        answered(collection, card_id, "good")
        plain = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert plain.execute("SELECT count(*) FROM review").fetchone() == (1,)
        plain.close()
