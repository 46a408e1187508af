from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import processes
import pytest
from builders import Watch, answered, reviewed

from flashcore.store import migrate
from flashcore.store.schema import APPLICATION_ID, SCHEMA_VERSION
from flashcore.study.collection import Collection

OF_SCHEMA_1 = Path(__file__).with_name("schema_1.sql")


def of_schema_1(folder: Path) -> Path:
    """A collection as schema 1 kept it: three notes, answers, a flag that was taken back, a deck file."""
    path = folder / "collection.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OF_SCHEMA_1.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("PRAGMA user_version=1")
    return path


def shape(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The columns of each table and the statements of its indexes."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {table: sorted(row[1:] for row in connection.execute(f"PRAGMA table_xinfo({table})"))
                 for table in tables if not table.startswith("sqlite_")}
        return {table: [(name, kind, needed) for _, name, kind, needed, *_ in
                        ((0, *row) for row in columns)] for table, columns in found.items()} | {
            "indexes": sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"),
                              key=repr)}


def test_a_collection_of_schema_1_opens_with_all_it_holds(tmp_path: Path) -> None:
    path = of_schema_1(tmp_path)
    with Collection.open(path, clock=Watch().clock(), holder="the test") as collection:
        assert (collection.info().schema, collection.info().notes, collection.info().cards) == (SCHEMA_VERSION, 3, 4)
        assert collection.info().reviews == 4
        assert collection.check().ok
        [first] = collection.search("Q1?")
        assert (first.state, first.primary) == ("relearning", "renal-urinary")
        answered(collection, first.card, "good")
        reviewed(collection, 4, "good good")
        assert collection.check().ok


def test_its_tables_are_then_those_of_a_new_collection(tmp_path: Path) -> None:
    path = of_schema_1(tmp_path)
    Collection.open(path, clock=Watch().clock(), holder="the test").close()
    Collection.open(tmp_path / "new.db", clock=Watch().clock(), holder="the test").close()
    assert shape(path) == shape(tmp_path / "new.db")


def test_a_copy_of_it_as_it_was_stays_among_the_backups(tmp_path: Path) -> None:
    path = of_schema_1(tmp_path)
    Collection.open(path, clock=Watch().clock(), holder="the test").close()
    [copy] = (tmp_path / "collection.backups").iterdir()
    assert copy.name == f"before-schema-{SCHEMA_VERSION}-from-1.db"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM review").fetchone() == (4,)


def test_a_command_that_reads_shows_it_without_touching_the_file(tmp_path: Path) -> None:
    path = of_schema_1(tmp_path)
    before = path.read_bytes()
    with Collection.open_for_reading(path, clock=Watch().clock()) as collection:
        assert (collection.info().notes, collection.info().reviews) == (3, 4)
        assert len(collection.search("")) == 4
    assert path.read_bytes() == before
    assert not (tmp_path / "collection.backups").exists()


def test_a_step_that_fails_leaves_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = of_schema_1(tmp_path)

    def fail(operations: object, connection: object) -> None:
        migrate_to_2(operations, connection)  # type: ignore[arg-type]
        raise sqlite3.OperationalError("the disk is full")

    migrate_to_2 = migrate._STEPS[1]
    monkeypatch.setitem(migrate._STEPS, 1, fail)
    with pytest.raises(Exception, match="disk is full"):
        Collection.open(path, clock=Watch().clock(), holder="the test")
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    with Collection.open(path, clock=Watch().clock(), holder="the test") as collection:
        assert collection.check().ok


def test_alembic_is_not_loaded_for_a_collection_of_this_version(tmp_path: Path) -> None:
    told = processes.run("""
import sys
from flashcore import Collection
Collection.open(sys.argv[1]).close()
print("alembic" in sys.modules)
""", str(tmp_path / "collection.db"))
    assert told.strip() == "False"
