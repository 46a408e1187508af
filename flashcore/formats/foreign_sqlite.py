"""SQLite files that other programs made, or that somebody made to do harm. Only ever read, from a copy of our own.

What the limits are for: a view or a column may be a query that never ends, a trigger may delete, a field may be a
gigabyte. So views and triggers are refused, only plain tables are read, and the clock runs.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flashcore.errors import FileError

DEADLINE_SECONDS = 10.0
"""How long all reading of one file may take."""
LARGEST_VALUE_BYTES = 5 * 1024 * 1024
"""SQLite refuses to hand out a longer text or blob (SQLITE_LIMIT_LENGTH)."""
HEADER = b"SQLite format 3\0"
"""The first 16 bytes of every SQLite database (sqlite.org/fileformat2.html)."""

_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_FUNCTIONS = frozenset((
    "abs", "avg", "cast", "coalesce", "count", "dense_rank", "group_concat", "hex", "ifnull", "iif", "instr",
    "json_extract", "json_type", "json_valid", "lag", "last_value", "lead", "length", "like", "lower", "ltrim", "max",
    "min", "nullif", "octet_length", "rank", "replace", "round", "row_number", "rtrim", "substr", "substring", "sum",
    "total", "trim", "typeof", "unicode", "upper",
))
_HINT = "is it the file that the program wrote, and complete?"


def open_foreign(path: Path, *, deadline_seconds: float = DEADLINE_SECONDS, name: Path | str | None = None,
                 functions: Collection[str] = ()) -> sqlite3.Connection:
    """A connection that can read the plain tables of a file and do nothing else.

    Nobody may write the file meanwhile (``immutable=1``: no locks, no look at a ``-wal``), so ``path`` is a copy of
    our own. Texts that are not UTF-8 arrive with U+FFFD. After ``deadline_seconds`` every statement fails with
    ``sqlite3.OperationalError``; run the statements in ``foreign_errors``. ``name`` is what errors call the file.
    ``functions`` are SQL functions beyond the harmless ones of SQLite that the statements use.

    Raises:
        FileError: no SQLite database, a damaged one, or one with views, triggers or computed columns.
    """
    named = name if name is not None else path
    with foreign_errors(named):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True,
                                     isolation_level=None, cached_statements=0)
    try:
        with foreign_errors(named):
            _limit(connection, deadline_seconds)
            tables = _plain_tables(connection, named)
            connection.set_authorizer(_Authorizer(tables, functions))
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def opened_bytes(data: bytes, name: Path | str, *, folder: Path | None = None,
                 deadline_seconds: float = DEADLINE_SECONDS) -> Iterator[sqlite3.Connection]:
    """The database that ``data`` is, read from a copy that is gone afterwards; see ``open_foreign``.

    Everything that SQLite says against the file inside the ``with`` becomes a FileError. ``folder`` is where the copy
    stands meanwhile (None: the system's place for such files).
    """
    if not data.startswith(HEADER):
        raise FileError(name, "it is no SQLite database", _HINT)
    with tempfile.TemporaryDirectory(prefix="flashcore-", dir=folder) as home:
        copy = Path(home) / "foreign.db"
        try:
            copy.write_bytes(data)
        except OSError as error:
            raise FileError(name, f"no copy of it could be written to read from: {error.strerror}") from error
        connection = open_foreign(copy, deadline_seconds=deadline_seconds, name=name)
        try:
            with foreign_errors(name):
                yield connection
        finally:
            connection.close()


@contextmanager
def foreign_errors(name: Path | str) -> Iterator[None]:
    """Turns what SQLite raises inside the ``with`` into a FileError about the file called ``name``."""
    try:
        yield
    except sqlite3.Error as error:
        raise FileError(name, *_in_words(error)) from error
    except UnicodeDecodeError as error:  # from sqlite3 itself: a damaged schema makes messages that are no text
        raise FileError(name, "the database is damaged (its names are no text)", _HINT) from error


def require_columns(connection: sqlite3.Connection, name: Path | str, wanted: Mapping[str, Collection[str]]) -> None:
    """Make sure that the tables are there with these columns; more of either does no harm.

    Raises:
        FileError: one is missing; it is named.
    """
    for table, columns in wanted.items():
        present = columns_of(connection, table)
        if not present:
            raise FileError(name, f"it has no table {table}", _HINT)
        known = {column.lower() for column in present}  # SQLite does not tell the case of names either
        missing = [column for column in columns if column.lower() not in known]
        if missing:
            raise FileError(name, f"its table {table} has no column {', '.join(missing)}", _HINT)


def columns_of(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """The columns of a table in their order; none where there is no such table."""
    quoted = table.replace('"', '""')
    return tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{quoted}")'))


def _limit(connection: sqlite3.Connection, deadline_seconds: float) -> None:
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0",
                   "temp_store = MEMORY", "cache_size = -16384"):
        connection.execute(f"PRAGMA {pragma}")
    ends_at = time.monotonic() + deadline_seconds
    connection.set_progress_handler(lambda: time.monotonic() > ends_at, _INSTRUCTIONS_BETWEEN_LOOKS)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _plain_tables(connection: sqlite3.Connection, name: Path | str) -> frozenset[str]:
    """The names of the tables that hold rows of their own, in lower case."""
    tables: set[str] = set()
    for kind, table, statement in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind in ("view", "trigger"):
            raise FileError(name, f"it holds a {kind}, {str(table)[:60]!r}; a file with one is not read",
                            "export the deck again from the program it is from")
        if kind != "table" or not isinstance(statement, str) or not isinstance(table, str):
            continue
        if statement.lstrip().lower().startswith("create virtual"):
            continue
        tables.add(table.lower())
        quoted = table.replace('"', '""')
        for column in connection.execute(f'PRAGMA table_xinfo("{quoted}")'):
            if column[6] in (2, 3):  # generated: virtual, stored
                raise FileError(name, f"the column {str(column[1])[:60]!r} of its table {table[:60]!r} is computed; "
                                "a file with one is not read", "export the deck again from the program it is from")
    return frozenset(tables)


class _Authorizer:
    """Says to SQLite which parts of a statement are allowed: reading plain tables, and harmless functions."""

    def __init__(self, tables: frozenset[str], functions: Collection[str]) -> None:
        self._tables = tables | {"sqlite_master", "sqlite_schema", ""}  # "": the rows of a subquery
        self._functions = _FUNCTIONS | {function.lower() for function in functions}

    def __call__(self, action: int, first: str | None, second: str | None, database: str | None,
                 source: str | None) -> int:
        match action:
            case sqlite3.SQLITE_SELECT:
                is_allowed = True
            case sqlite3.SQLITE_READ:
                is_allowed = source is None and (first or "").lower() in self._tables
            case sqlite3.SQLITE_FUNCTION:
                is_allowed = (second or "").lower() in self._functions
            case sqlite3.SQLITE_PRAGMA:
                is_allowed = (first or "").lower() in ("table_info", "table_xinfo")
            case _:
                is_allowed = False
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


def _in_words(error: sqlite3.Error) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorname", "")
    words = str(error)[:200]
    if code == "SQLITE_INTERRUPT":
        return "reading it takes too long, so it was given up", "export the deck again from the program it is from"
    if code == "SQLITE_NOTADB":
        return "it is no SQLite database", _HINT
    if code == "SQLITE_TOOBIG":
        return f"a value in it is larger than {LARGEST_VALUE_BYTES >> 20} MiB", "shorten it in the program it is from"
    if code.startswith("SQLITE_CORRUPT"):
        return f"the database is damaged ({words})", "copy or export it again from the program it is from"
    return f"the database cannot be read ({words})", _HINT
