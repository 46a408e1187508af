"""A staging file beside the collection: attached for reading, and the tables that map its rows to ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, case, cast, func, text
from sqlalchemy.schema import CreateTable, DropTable

from flashcore.domain.staging import TABLES, create_statement
from flashcore.errors import FileError
from flashcore.store.columns import Flag, Fraction, Number, Words

if TYPE_CHECKING:
    from flashcore.store.database import Database

_SCHEMA, _LOG = "staged", "staged_log"
_CACHE, _IMPORT_CACHE = -2_000, -65_536
"""Kibibytes of pages that are held: SQLite's default for single answers, more for the many rows of an import."""
_TYPES = {"INTEGER": Number, "REAL": Fraction, "TEXT": Words}
_staged = MetaData(schema=_SCHEMA)


_views = MetaData(schema="temp")
_OF_BOTH = ("review", "media", "problem", "skipped", "fact")
"""Tables that a second file may have rows of; they are read through a view of both."""


def _of_stage(name: str) -> Any:
    """A table under another name, as ours are called the same."""
    columns = (Column(column, _TYPES[kind.split()[0]]) for column, kind in TABLES[name].items())
    table = Table(name, _staged, *columns)
    if name not in _OF_BOTH:
        return table.alias(f"staged_{name}")
    return Table(f"staged_{name}", _views, *(Column(column.name, column.type) for column in table.columns))


def target(name: str) -> Table:
    """A table of the staging file, to put rows into."""
    return _staged.tables[f"{_SCHEMA}.{name}"]


note_type, deck, note, card, review, media, problem, skipped, fact = map(_of_stage, (
    "note_type", "deck", "note", "card", "review", "media", "problem", "skipped", "fact"))
own_file, own_note, own_card, own_schedule, own_preset, own_review, own_option = map(_of_stage, (
    "own_file", "own_note", "own_card", "own_schedule", "own_preset", "own_review", "own_option"))

_mapped = MetaData(schema="temp")


def _of_import(name: str, *columns: Column[object]) -> Table:
    return Table(name, _mapped, *columns)


def _key(name: str) -> Column[object]:
    return Column(name, Number, primary_key=True, autoincrement=False)


kind_map = _of_import("kind_map", _key("staged_id"), Column("id", Number))
deck_map = _of_import("deck_map", _key("staged_id"), Column("id", Number), Column("learning_steps", Number),
                      Column("relearning_steps", Number))
note_map = _of_import("note_map", _key("staged_id"), Column("id", Number), Column("is_new", Flag),
                      Column("guid", Words))
card_map = _of_import("card_map", _key("staged_id"), Column("id", Number), Column("is_new", Flag))
new_review = _of_import("new_review", _key("staged_id"))
taken = _of_import("taken", _key("staged_id"), Column("id", Number))
"""The cards whose schedule is taken from the file."""
memory = _of_import("memory", _key("staged_id"), Column("stability", Fraction), Column("difficulty", Fraction))
"""Memory states that were made from the log, as the file has none."""
replaced = _of_import("replaced", _key("id"), Column("interval", Number), Column("factor", Number))
"""What the schedules were that make room for the file's, as another program's log would have it."""


chosen = _of_import("chosen", Column("staged_id", Number, primary_key=True), Column("id", Number))
"""The cards that an export takes."""
own_answer = _of_import("own_answer", _key("seq"), Column("card_id", Number), Column("origin", Words),
                        Column("interval", Number), Column("last_interval", Number), Column("factor", Number))
"""Own answers that stand, as another program would write them."""


own_place = _of_import("own_place", _key("card_id"), Column("place", Number))
"""Which card each of an own log is on the other side, by its id on this one; negative: a card that is gone."""
own_row = _of_import("own_row", _key("id"), Column("card_id", Number))
"""The rows of an own file that are new here, and their cards."""
own_preset_map = _of_import("own_preset_map", _key("staged_id"), Column("id", Number))


def foreign_interval(days: ColumnElement[Any], due_at: ColumnElement[Any],
                     since: ColumnElement[Any]) -> ColumnElement[Any]:
    """An interval as another program's log has it: days, or seconds where negative; null where nothing was due."""
    return case((days > 0, days), else_=-func.max((due_at - since) // 1000, 0))


def foreign_factor(difficulty: ColumnElement[Any]) -> ColumnElement[Any]:
    """A difficulty of 1-10 as Anki writes it where SM-2's ease would stand: 100-1100."""
    return cast(func.round(100 + (difficulty - 1) * 1000 / 9), Number)


def check_staging(path: Path) -> None:
    """Make sure that a file holds the tables of a staging file and nothing else: no view, no trigger, no index.

    Raises:
        FileError: it does not.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            held = {str(row[0]): row[1] for row in connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE NOT (type = 'index' AND sql IS NULL)")}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise FileError(path, f"what was read of it cannot be used ({error})", "import it again") from error
    if held != {table: create_statement(table) for table in TABLES}:
        raise FileError(path, "what was read of it is not what a reader leaves", "import it again")


@contextmanager
def importing(database: Database, staging: Path) -> Iterator[Connection]:
    """One transaction that writes to the collection and reads a staging file.

    Raises:
        FileError: the file is no staging file.
    """
    check_staging(staging)
    driver = database.driver()
    _attach(driver, staging, _SCHEMA)
    driver.execute(f"PRAGMA cache_size={_IMPORT_CACHE}")
    try:
        with database.write() as connection, _maps(connection):
            _make_views(connection, [_SCHEMA])
            yield connection
            _drop_views(connection)
    finally:
        driver.execute(f"PRAGMA cache_size={_CACHE}")
        for schema in {row[1] for row in driver.execute("PRAGMA database_list")} & {_SCHEMA, _LOG}:
            driver.execute(f"DETACH {schema}")


def add_log(database: Database, connection: Connection, log: Path) -> None:
    """Read the second file too, inside the transaction.

    Raises:
        FileError: the file is no staging file.
    """
    check_staging(log)
    _attach(database.driver(), log, _LOG)
    _drop_views(connection)
    _make_views(connection, [_SCHEMA, _LOG])


def _attach(driver: sqlite3.Connection, path: Path, schema: str) -> None:
    driver.execute(f"ATTACH ? AS {schema}", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))


def _make_views(connection: Connection, files: Sequence[str]) -> None:
    for name in _OF_BOTH:
        # the reviews stand in one of them: a view of both would sort them anew
        read = files[-1:] if name == "review" else files
        connection.execute(text(f"CREATE TEMP VIEW staged_{name} AS "
                                + " UNION ALL ".join(f"SELECT * FROM {file}.{name}" for file in read)))


def _drop_views(connection: Connection) -> None:
    for name in _OF_BOTH:
        connection.execute(text(f"DROP VIEW temp.staged_{name}"))


@contextmanager
def exporting(database: Database, staging: Path) -> Iterator[Connection]:
    """One look at the collection that can fill the tables of an empty staging file."""
    driver = database.driver()
    driver.execute("ATTACH ? AS staged", (f"{staging.absolute().as_uri()}?mode=rw",))
    for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size={_IMPORT_CACHE}"):
        driver.execute(f"PRAGMA staged.{pragma}")
    try:
        with database.read() as connection, _maps(connection):
            yield connection
    finally:
        driver.execute("DETACH staged")


@contextmanager
def _maps(connection: Connection) -> Iterator[None]:
    """Empty tables for the maps, which go with the transaction."""
    for table in _mapped.sorted_tables:
        connection.execute(CreateTable(table))
    yield
    for table in _mapped.sorted_tables:
        connection.execute(DropTable(table))
