"""Opening a collection: who may write, who may read, what is refused, and what a kill leaves."""

from __future__ import annotations

import ast
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import processes
import pytest
from builders import Watch, a_collection, a_note, added

from flashcore.errors import CollectionInUse, ReadOnlyCollection, StoreError
from flashcore.store.database import Database
from flashcore.store.decks import deck_id, deck_names
from flashcore.store.schema import APPLICATION_ID, SCHEMA_VERSION
from flashcore.study.collection import Collection


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(deck_names(connection).values())


def put(database: Database, *decks: str) -> None:
    with database.write() as connection:
        for name in decks:
            deck_id(connection, name)


# the lock


HOLD = """
import sys
from pathlib import Path
from flashcore.store.database import Database
database = Database.open(Path(sys.argv[1]), "process 1234 (terminal pts/3) since 2026-03-02 10:02")
print("open", flush=True)
sys.stdin.readline()
"""


def test_a_second_writer_is_refused_and_told_who_holds_it(path: Path) -> None:
    with processes.start(HOLD, path) as process:
        assert process.stdout and process.stdout.readline() == "open\n"
        with pytest.raises(CollectionInUse) as refused:
            Database.open(path, "me")
        process.kill()
    assert refused.value.holder == "process 1234 (terminal pts/3) since 2026-03-02 10:02"
    assert str(refused.value) == (
        f"{path} is already open for writing in process 1234 (terminal pts/3) since 2026-03-02 10:02; nothing was "
        "changed. Close it there, or use a command that only reads (due, search, export, info).")
    Database.open(path, "me").close()  # the kernel gave the lock free


def test_a_second_writer_is_refused_in_the_same_process_and_through_a_symbolic_link(
        database: Database, path: Path) -> None:
    link = path.with_name("other.db")
    link.symlink_to(path)
    for name in (path, link):
        with pytest.raises(CollectionInUse):
            Database.open(name, "me")
    put(database, "still open")
    assert names(database) == {"still open"}


def test_a_process_says_which_it_is(path: Path) -> None:
    with Collection.open(path, clock=Watch().clock()):
        assert path.with_suffix(".lock").read_text().startswith(f"process {os.getpid()}")
        assert path.with_suffix(".lock").read_text().endswith("since 2026-03-02 09:00")
    assert path.with_suffix(".lock").read_text() == ""


def test_two_collections_in_one_folder_have_locks_of_their_own(tmp_path: Path) -> None:
    first, second = (Database.open(tmp_path / name, "me") for name in ("one.db", "two.db"))
    for opened in (first, second):
        put(opened, "fine")
        opened.close()


# readers


READ = """
import sys
from pathlib import Path
from flashcore.store.database import Database
from flashcore.store.decks import deck_names
database = Database.open_for_reading(Path(sys.argv[1]))
with database.read() as connection:
    print(*sorted(deck_names(connection).values()))
database.close()
"""


def test_readers_see_what_was_committed_while_a_writer_works(database: Database, path: Path) -> None:
    put(database, "committed")
    with database.write() as connection:
        deck_id(connection, "unfinished")
        assert processes.run(READ, path) == "committed\n"
    assert processes.run(READ, path) == "committed unfinished\n"


def test_a_reader_in_the_middle_of_a_look_does_not_hold_up_the_writer(database: Database, path: Path) -> None:
    put(database, "before")
    reader = Database.open_for_reading(path)
    with reader.read() as connection:
        assert set(deck_names(connection).values()) == {"before"}
        put(database, "after")
        assert set(deck_names(connection).values()) == {"before"}  # one consistent look
    assert names(reader) == {"before", "after"}
    reader.close()


def test_a_reader_cannot_write(database: Database, path: Path) -> None:
    reader = Database.open_for_reading(path)
    with pytest.raises(ReadOnlyCollection) as refused, reader.write() as connection:
        deck_id(connection, "never")
    assert str(refused.value) == (
        f"{path} is open for reading only: it was opened by a command that only reads; nothing was changed")
    reader.checkpoint()
    reader.close()
    assert names(database) == set()


def test_reading_where_nothing_is_gives_an_empty_collection_and_makes_no_file(path: Path) -> None:
    reader = Database.open_for_reading(path)
    assert names(reader) == set()
    with pytest.raises(ReadOnlyCollection, match="there is no collection there yet"), reader.write():
        pass
    reader.close()
    assert list(path.parent.iterdir()) == []


def test_reading_leaves_the_file_as_it_is_and_makes_none_that_holds_anything(path: Path) -> None:
    opened = Database.open(path, "me")
    put(opened, "one")
    opened.close()
    before = path.read_bytes()
    reader = Database.open_for_reading(path)
    assert names(reader) == {"one"}
    reader.close()
    assert path.read_bytes() == before
    wal = path.with_name("collection.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0


# transactions


def test_what_raises_changes_nothing(database: Database) -> None:
    put(database, "kept")
    with pytest.raises(RuntimeError), database.write() as connection:
        deck_id(connection, "given up")
        raise RuntimeError
    assert names(database) == {"kept"}
    put(database, "later")
    assert names(database) == {"kept", "later"}


def test_a_look_inside_a_transaction_is_part_of_it(database: Database) -> None:
    with database.write() as connection:
        deck_id(connection, "unfinished")
        assert names(database) == {"unfinished"}


def test_the_sequence_goes_on_where_it_stood(path: Path) -> None:
    with a_collection(path.parent) as collection:
        added(collection, a_note())
        with collection.database.write() as connection:
            first = collection.database.next_seq(connection)
    with a_collection(path.parent) as collection, collection.database.write() as connection:
        assert first == 2
        assert collection.database.next_seq(connection) == 2  # nothing was written under it
        assert collection.database.next_seq(connection) == 3


def test_a_closed_database_says_so_and_may_be_closed_again(database: Database) -> None:
    database.close()
    database.close()
    database.checkpoint()
    with pytest.raises(StoreError, match="was closed"), database.read():
        pass


def test_a_copy_in_memory_can_be_written_and_is_forgotten(database: Database) -> None:
    put(database, "one")
    copy = database.scratch()
    put(copy, "two")
    assert names(copy) == {"one", "two"}
    copy.close()
    assert names(database) == {"one"}


def test_a_copy_of_what_a_reader_sees_can_be_written_too(database: Database, path: Path) -> None:
    put(database, "one")
    reader = Database.open_for_reading(path)
    copy = reader.scratch()
    put(copy, "two")
    copy.close()
    reader.close()
    assert names(database) == {"one"}


# how SQLite is set


def test_the_pragmas_are_those_that_keep_an_acknowledged_answer(database: Database) -> None:
    wanted = {"journal_mode": "wal", "locking_mode": "normal", "synchronous": 2, "foreign_keys": 1,
              "wal_autocheckpoint": 0, "trusted_schema": 0, "cell_size_check": 1, "mmap_size": 0,
              "busy_timeout": 5000, "application_id": APPLICATION_ID, "user_version": SCHEMA_VERSION}
    assert {name: database.pragma(name)[0][0] for name in wanted if database.pragma(name)} | {
        "mmap_size": 0} == wanted


def test_every_table_is_strict(database: Database) -> None:
    strict = {row[1]: row[5] for row in database.pragma("table_list") if not row[1].startswith("sqlite_")}
    assert strict and set(strict.values()) == {1}


def test_the_log_is_moved_into_the_file_when_asked_and_at_close(path: Path) -> None:
    opened, wal = Database.open(path, "me"), path.with_name("collection.db-wal")
    before = path.stat().st_size
    put(opened, *(f"deck {number}" for number in range(200)))
    assert wal.stat().st_size > 0
    opened.checkpoint()
    assert path.stat().st_size >= before
    put(opened, "one more")
    opened.close()
    assert not wal.exists() or wal.stat().st_size == 0
    plain = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    assert plain.execute("SELECT count(*) FROM deck").fetchone() == (201,)
    plain.close()


# folders that cannot be written


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that others may enter but not write to, with a collection of one deck."""
    folder = Path(tempfile.mkdtemp(prefix="shared-"))
    opened = Database.open(folder / "collection.db", "me")
    put(opened, "shared")
    opened.close()
    (folder / "collection.lock").chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def read(path: Path) -> str:
    reader = Database.open_for_reading(path)
    try:
        return " ".join(sorted(names(reader)))
    finally:
        reader.close()


def test_a_folder_that_cannot_be_written_is_read_and_left_as_it_is(shared: Path) -> None:
    path = shared / "collection.db"
    before = {file.name: file.read_bytes() for file in shared.iterdir()}
    assert processes.as_nobody(lambda: read(path)) == "shared"
    assert processes.as_nobody(lambda: Database.open(path, "me")) == (
        f"StoreError: cannot open {path} for writing: Permission denied; nothing was changed. Choose another place "
        "with --collection.")
    assert {file.name: file.read_bytes() for file in shared.iterdir()} == before


def test_a_place_where_nothing_can_be_made_is_named(shared: Path) -> None:
    wanted = shared / "new" / "collection.db"
    assert processes.as_nobody(lambda: Database.open(wanted, "me")) == (
        f"StoreError: cannot open {wanted} for writing: Permission denied; nothing was changed. Choose another place "
        "with --collection.")


def test_a_file_that_may_not_be_read_is_named(shared: Path) -> None:
    path = shared / "collection.db"
    path.chmod(0)
    assert processes.as_nobody(lambda: read(path)) == (
        f"StoreError: cannot read {path}: Permission denied. Check who may read it.")


def test_answers_that_are_only_in_the_log_are_read_through_a_private_copy(shared: Path) -> None:
    path = shared / "collection.db"
    shared.chmod(0o755)
    opened = Database.open(path, "me")
    put(opened, "unmoved")
    left = [path, shared / "collection.db-wal"]
    copied = processes.run("import sys, pathlib; print([pathlib.Path(p).read_bytes() for p in sys.argv[1:]])", *left)
    opened.close()
    for file, data in zip(left, ast.literal_eval(copied), strict=True):
        file.write_bytes(data)
    shared.chmod(0o555)
    before = [file.read_bytes() for file in left]
    temporary = set(Path(tempfile.gettempdir()).glob("flashcore-*"))
    assert processes.as_nobody(lambda: read(path)) == "shared unmoved"
    assert [file.read_bytes() for file in left] == before
    assert set(Path(tempfile.gettempdir()).glob("flashcore-*")) == temporary


# making one


def test_a_collection_and_its_folders_are_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "collection.db"
    Database.open(path, "me").close()
    assert {file.name for file in path.parent.iterdir()} == {"collection.db", "collection.lock"}
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_collection_is_made_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("flashcore.store.database.os.replace", fails)
        with pytest.raises(StoreError, match="No space left on device; nothing was changed"):
            Database.open(path, "me")
    assert not path.exists()
    opened = Database.open(path, "me")
    assert names(opened) == set()
    opened.close()
    assert {file.name for file in path.parent.iterdir()} == {"collection.db", "collection.lock"}


def test_half_a_collection_that_a_kill_left_is_made_anew(path: Path) -> None:
    path.with_name("collection.db.new").write_bytes(b"SQLite format 3\x00" + bytes(500))
    path.with_name("collection.db.new-journal").write_bytes(bytes(600))
    opened = Database.open(path, "me")
    put(opened, "fine")
    assert opened.pragma("integrity_check") == [("ok",)]
    opened.close()
    assert {file.name for file in path.parent.iterdir()} == {"collection.db", "collection.lock"}


def test_a_name_with_signs_that_mean_something_in_an_address_is_a_name(tmp_path: Path) -> None:
    for name in ("a?mode=ro.db", "b#c.db", "d%20e.db", "f g&h=ö.db"):
        opened = Database.open(tmp_path / name, "me")
        put(opened, name)
        opened.close()
        reader = Database.open_for_reading(tmp_path / name)
        assert names(reader) == {name}
        reader.close()
        assert (tmp_path / name).is_file()
