from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flashcore.errors import FileError
from flashcore.formats.foreign_sqlite import columns_of, foreign_errors, open_foreign, opened_bytes, require_columns

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 'x' AS flds FROM n"
NOTES = "CREATE TABLE notes (id INTEGER PRIMARY KEY, flds TEXT)"


def made(folder: Path, *statements: str) -> Path:
    """A database in which these statements were run."""
    path = folder / "made.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def rows(path: Path, statement: str = "SELECT id, flds FROM notes ORDER BY id") -> list[tuple[object, ...]]:
    with closing(open_foreign(path)) as connection, foreign_errors(path):
        return connection.execute(statement).fetchall()


def test_plain_tables_are_read(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "INSERT INTO notes VALUES (2, 'b'), (1, 'ä')")
    assert rows(path) == [(1, "ä"), (2, "b")]
    assert rows(path, "SELECT count(*), max(id) FROM notes") == [(2, 2)]


def test_a_name_with_signs_of_an_address_is_opened_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "100 % ?mode=rwc&x#y"
    folder.mkdir()
    assert rows(made(folder, NOTES)) == []


def test_E18_a_view_in_place_of_a_table_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it holds a view, 'notes'"):
        open_foreign(made(tmp_path, f"CREATE VIEW notes AS {ENDLESS}"))


def test_E18_a_query_that_never_ends_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, f"INSERT INTO notes SELECT id, 'x' FROM ({ENDLESS} LIMIT 2000)")
    with closing(open_foreign(path, deadline_seconds=0.05)) as connection, \
            pytest.raises(FileError, match="takes too long"), foreign_errors(path):
        connection.execute("SELECT count(*) FROM notes a, notes b, notes c").fetchall()


def test_E18_a_recursive_query_is_denied(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="not authorized"):
        rows(made(tmp_path, NOTES), ENDLESS)


def test_E19_E20_a_trigger_is_refused_and_nothing_is_deleted(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "INSERT INTO notes VALUES (1, 'a')", "CREATE TABLE graves (id)",
                "CREATE TRIGGER wipe AFTER INSERT ON graves BEGIN DELETE FROM notes; END")
    before = path.read_bytes()
    with pytest.raises(FileError, match="it holds a trigger, 'wipe'"):
        open_foreign(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", [
    "DELETE FROM notes", "UPDATE notes SET flds = ''", "INSERT INTO notes VALUES (9, '')", "DROP TABLE notes",
    "CREATE TABLE other (id)", "CREATE TEMP TABLE other (id)", "ATTACH ':memory:' AS other", "PRAGMA user_version = 9",
    "PRAGMA query_only = OFF", "SELECT load_extension('x')", "SELECT randomblob(9)", "VACUUM", "BEGIN IMMEDIATE",
])
def test_E20_nothing_but_reading_is_possible(tmp_path: Path, statement: str) -> None:
    path = made(tmp_path, NOTES, "INSERT INTO notes VALUES (1, 'a')")
    before = path.read_bytes()
    with pytest.raises(FileError, match="cannot be read"):
        rows(path, statement)
    assert (path.read_bytes(), rows(path)) == (before, [(1, "a")])


def test_E21_a_computed_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="the column 'flds' of its table 'notes' is computed"):
        open_foreign(made(tmp_path, "CREATE TABLE notes (id INTEGER, flds AS (zeroblob(1000000000)))"))


def test_E21_E26_a_value_over_the_limit_is_refused_and_one_below_it_is_read(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "INSERT INTO notes VALUES (1, cast(zeroblob(4000000) AS text))",
                "INSERT INTO notes VALUES (2, zeroblob(6000000))")
    assert rows(path, "SELECT length(cast(flds AS blob)) FROM notes WHERE id = 1") == [(4_000_000,)]
    with pytest.raises(FileError, match="a value in it is larger than 5 MiB"):
        rows(path)


def test_E22_a_missing_table_and_a_missing_column_are_named_and_more_of_both_does_no_harm(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "CREATE TABLE extra (id)")
    with closing(open_foreign(path)) as connection:
        require_columns(connection, path, {"notes": ("id",)})
        assert columns_of(connection, "notes") == ("id", "flds")
        with pytest.raises(FileError, match="it has no table cards"):
            require_columns(connection, path, {"notes": ("id",), "cards": ("id",)})
        with pytest.raises(FileError, match="its table notes has no column mid, tags"):
            require_columns(connection, path, {"notes": ("id", "mid", "tags")})


def test_E23_a_damaged_file_is_read_or_refused_but_never_more(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "CREATE INDEX by_flds ON notes (flds)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) "
                "INSERT INTO notes SELECT i, hex(zeroblob(40)) FROM n")
    data, ends = path.read_bytes(), set()
    for seed in range(300):
        chance = random.Random(seed)
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 40)):
            damaged[chance.randrange(16 if seed % 3 else 0, len(damaged))] = chance.randrange(256)
        try:
            with opened_bytes(bytes(damaged), "damaged.db", folder=tmp_path, deadline_seconds=2) as connection:
                connection.execute("SELECT id, flds FROM notes ORDER BY flds").fetchall()
            ends.add("read")
        except FileError:
            ends.add("refused")
    assert ends == {"read", "refused"}
    assert [file.name for file in tmp_path.iterdir()] == ["made.db"]


def test_E23_a_file_that_is_no_database_or_ends_early_is_refused(tmp_path: Path) -> None:
    whole = made(tmp_path, NOTES, "INSERT INTO notes VALUES (1, 'a')").read_bytes()
    for data in (b"", b"PK\x03\x04", whole[:16], whole[:100], whole[:700]):
        with pytest.raises(FileError), opened_bytes(data, "x.db") as connection:
            connection.execute("SELECT id, flds FROM notes").fetchall()
    with pytest.raises(FileError):
        open_foreign(tmp_path / "missing.db")


def test_E24_text_that_is_not_utf8_arrives_with_replacement_characters(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "INSERT INTO notes VALUES (1, cast(x'61ff62' AS text))")
    assert rows(path) == [(1, "a\ufffdb")]


def test_a_table_of_an_extension_is_not_read_and_does_not_cost_the_others(tmp_path: Path) -> None:
    path = made(tmp_path, NOTES, "CREATE VIRTUAL TABLE words USING fts5(word)")
    assert rows(path) == []
    with pytest.raises(FileError, match=r"words|not authorized"):
        rows(path, "SELECT * FROM words")
