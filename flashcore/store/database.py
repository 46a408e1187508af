"""Open a collection: who may write, pragmas asserted, schema version, transactions.

Trap: closing any descriptor of the database file in the writing process drops SQLite's locks on it. So while a
database is open here its file is never opened except through SQLite; the header is read before the connection is, and
not at all by a reader in the process that writes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from flashcore.errors import CollectionInUse, NotACollection, ReadOnlyCollection, StoreError
from flashcore.store.history import last_seq
from flashcore.store.schema import APPLICATION_ID, SCHEMA_VERSION, metadata

__all__ = ["Connection", "Database"]

_PRAGMAS = {"synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "cell_size_check": 1, "mmap_size": 0,
            "wal_autocheckpoint": 0, "busy_timeout": 5000}
_HEADER = b"SQLite format 3\x00"
_BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What the driver raises; the second where a damaged page is part of SQLite's own sentence."""
_written_here: set[tuple[int, int]] = set()
"""(device, inode) of each collection that this process has open for writing."""


class Database:
    """One connection to one collection, used by the thread that opened it.

    A writer holds the lock beside the file until ``close``; readers hold none and work while a writer does.
    """

    def __init__(self, path: Path, engine: Engine, *, read_only: str = "", lock: int | None = None,
                 private_copy: Path | None = None) -> None:
        self.path = path
        self.read_only = read_only
        """Why nothing can be written, or empty."""
        self._engine, self._lock, self._private_copy = engine, lock, private_copy
        self._begin = "BEGIN"
        event.listen(engine, "begin", self._on_begin)
        self._connection: Connection | None = engine.connect()
        self._last_seq: int | None = None
        self._inode = _inode(path) if lock is not None else None
        if self._inode is not None:
            _written_here.add(self._inode)

    @classmethod
    def open(cls, path: Path, holder: str) -> Database:
        """Open for writing, made anew where there is no file; ``holder`` tells others who has it.

        Raises:
            CollectionInUse: another process writes to it.
            NotACollection: empty, foreign, damaged or newer.
            StoreError: it cannot be made or written there.
        """
        path = path.resolve()
        lock = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and os.stat(path).st_nlink > 1:
                raise StoreError(f"{path} has more than one hard link, so two programs could write to it under two "
                                 "names; nothing was changed. Remove the other link, or copy the file.")
            lock = _take_lock(path, holder)
            if not path.exists():
                _create(path)
            _check_header(path)
            database = cls(path, _engine(f"file:{_quoted(path)}?mode=rwc"), lock=lock)
        except OSError as error:
            _release(lock)
            raise StoreError(f"cannot open {path} for writing: {error.strerror or error}; nothing was changed. "
                             "Choose another place with --collection.") from error
        except BaseException:
            _release(lock)
            raise
        try:
            database._prepare()
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def open_for_reading(cls, path: Path) -> Database:
        """Open without a lock. Where there is no file, an empty collection that lives in memory.

        Raises:
            NotACollection, StoreError: as ``open``.
        """
        path = path.resolve()
        if not path.exists():
            engine = _engine(":memory:")
            _create_tables(engine)
            return cls(path, engine, read_only="there is no collection there yet")
        copy: Path | None = None
        try:
            is_written_here = _inode(path) in _written_here
            if not is_written_here:
                _check_header(path)
            wal = path.with_name(path.name + "-wal")
            if is_written_here or os.access(path.parent, os.W_OK):
                uri = f"file:{_quoted(path)}?mode=ro"
            elif not wal.exists():
                uri = f"file:{_quoted(path)}?mode=ro&immutable=1"
            else:
                # answers that are only in the -wal can be read only where a -shm can be made beside it
                copy = Path(tempfile.mkdtemp(prefix="flashcore-"))
                shutil.copyfile(path, copy / path.name)
                shutil.copyfile(wal, copy / wal.name)
                uri = f"file:{_quoted(copy / path.name)}?mode=rw"
        except OSError as error:
            if copy is not None:
                shutil.rmtree(copy, ignore_errors=True)
            raise StoreError(f"cannot read {path}: {error.strerror or error}. Check who may read it.") from error
        database = cls(path, _engine(uri), read_only="it was opened by a command that only reads", private_copy=copy)
        try:
            database._check_version()
            if (version := database.pragma("user_version")[0][0]) < SCHEMA_VERSION:
                older, why = database, database.read_only
                database = older.scratch()  # a reader changes nothing on the disk
                older.close()
                database._migrate(version, keeps_copy=False)
                database.read_only = why
        except BaseException:
            database.close()
            raise
        return database

    def scratch(self) -> Database:
        """A copy in memory that can be written to and is forgotten when it is closed."""
        engine = _engine(":memory:")
        with engine.connect() as connection:
            target = connection.connection.driver_connection
            assert isinstance(target, sqlite3.Connection)
            self.driver().backup(target)
        return Database(self.path, engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the collection; inside ``write`` it is part of that transaction."""
        connection = self._open_connection()
        if connection.in_transaction():
            yield connection
            return
        with self._sentences(), connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed and on disk when the block ends, nothing changed when it raises."""
        if self.read_only:
            raise ReadOnlyCollection(self.path, self.read_only)
        connection = self._open_connection()
        self._begin = "BEGIN IMMEDIATE"
        try:
            with self._sentences(), connection.begin():
                yield connection
        finally:
            self._begin = "BEGIN"

    def next_seq(self, connection: Connection) -> int:
        """The next number of the sequence of the log; the one writer keeps it, so an answer need not ask for it."""
        return self.next_seqs(connection, 1)

    def next_seqs(self, connection: Connection, count: int) -> int:
        """The first of ``count`` next numbers of the sequence; not all of them need to be used."""
        if self._last_seq is None:
            self._last_seq = last_seq(connection)
        first = self._last_seq + 1
        self._last_seq += count
        return first

    def checkpoint(self) -> None:
        """Move what stands in the write-ahead log into the database file; waits for nobody.

        Where that fails, the answers are safe in the log, and the next answer tells what is wrong.
        """
        if not self.read_only and self._connection is not None:
            with suppress(*_BROKEN):
                self.driver().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Give the file and the lock free; calling it again does nothing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if not self.read_only:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except _BROKEN:
            pass  # the answers are in the write-ahead log; the next start moves them
        finally:
            connection.close()
            self._engine.dispose()
            if self._inode is not None:
                _written_here.discard(self._inode)
            _release(self._lock)
            if self._private_copy is not None:
                shutil.rmtree(self._private_copy, ignore_errors=True)

    def pragma(self, name: str) -> list[tuple[Any, ...]]:
        """The rows that a pragma answers.

        Raises:
            NotACollection: the file is damaged.
        """
        try:
            return list(self.driver().execute(f"PRAGMA {name}").fetchall())
        except _BROKEN as error:
            raise _damaged(self.path, error) from error

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise StoreError(f"{self.path} was closed")
        return self._connection

    def driver(self) -> sqlite3.Connection:
        """The connection under SQLAlchemy's, for what only SQLite has and what stands outside of transactions."""
        driver = self._open_connection().connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver

    def _on_begin(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._begin)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """SQLite's errors in the words of this program."""
        try:
            yield
        except OperationalError as error:
            text = str(error.orig)
            if "full" in text:
                text = "the disk is full"
            raise StoreError(f"{self.path}: {text}; what was being saved was not saved, everything before it is kept. "
                             "Free some space or check the disk, then try again.") from error
        except DatabaseError as error:
            if isinstance(error.orig, sqlite3.IntegrityError):
                raise
            raise _damaged(self.path, error.orig) from error
        except UnicodeDecodeError as error:
            raise _damaged(self.path, error) from error

    def _prepare(self) -> None:
        self._check_version()  # before anything that would write to another program's file
        driver = self.driver()
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            for name, value in _PRAGMAS.items():
                driver.execute(f"PRAGMA {name}={value}")
        except sqlite3.OperationalError as error:
            raise StoreError(f"cannot open {self.path} for writing: {error}; nothing was changed.") from error
        except _BROKEN as error:
            raise _damaged(self.path, error) from error
        if (mode := self.pragma("journal_mode")[0][0]) != "wal":
            raise StoreError(f"{self.path}: this drive cannot keep a write-ahead log (journal mode {mode}); "
                             "nothing was changed. Put the collection on a local disk.")
        for name, value in _PRAGMAS.items():
            if (held := self.pragma(name)) and held[0][0] != value:
                raise StoreError(f"{self.path}: SQLite did not take {name}={value}; nothing was changed.")

        if (version := self.pragma("user_version")[0][0]) < SCHEMA_VERSION:
            self._migrate(version, keeps_copy=True)

    def _migrate(self, version: int, *, keeps_copy: bool) -> None:
        """Bring a collection of an earlier version up to date; a copy of it as it was stays among its backups."""
        from flashcore.store.migrate import keep_copy, migrate

        try:
            if keeps_copy:
                keep_copy(self.driver(), backup_folder(self.path), version)
            with self.write() as connection:
                migrate(connection, version)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.path} is of an earlier flashcore and could not be brought up to date ({error}); "
                             "nothing was changed. Free some space or check the disk, then try again.") from error

    def _check_version(self) -> None:
        _check_marks(self.path, self.pragma("application_id")[0][0], self.pragma("user_version")[0][0])


def backup_folder(path: Path) -> Path:
    """Where the backups of a collection stand."""
    return path.with_suffix(".backups") if path.suffix == ".db" else path.with_name(path.name + ".backups")


def _damaged(path: Path, error: BaseException | None) -> NotACollection:
    return NotACollection(path, f"cannot be read ({error})", "Keep a copy of it and restore your newest backup.")


def _engine(uri: str) -> Engine:
    def connect() -> sqlite3.Connection:
        driver = sqlite3.connect(uri, uri=uri.startswith("file:"), isolation_level=None, timeout=5)
        # SQLite's own lower() knows only ASCII
        driver.create_function("casefold", 1, str.casefold, deterministic=True)
        return driver

    return create_engine("sqlite://", creator=connect, poolclass=StaticPool)


def _create(path: Path) -> None:
    """Make an empty collection under another name and rename it, so that no kill leaves half of one."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    engine = _engine(f"file:{_quoted(unfinished)}?mode=rwc")
    _create_tables(engine)
    engine.dispose()
    os.replace(unfinished, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _create_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.exec_driver_sql("COMMIT")


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _inode(path: Path) -> tuple[int, int]:
    held = os.stat(path)
    return held.st_dev, held.st_ino


def _check_header(path: Path) -> None:
    """Look at the first bytes before SQLite does, so that each wrong file has its own sentence."""
    if path.is_dir():
        raise NotACollection(path, "is a folder", "Name a file with --collection.")
    with path.open("rb") as file:
        header = file.read(100)
    if not header:
        raise NotACollection(path, "is empty, so whatever it held is gone",
                             "Restore your newest backup, or move the file away to begin anew.")
    if not header.startswith(_HEADER):
        raise NotACollection(path, "is not a flashcore collection",
                             "Name your collection with --collection; decks come in through flashcore import.")
    if len(header) == 100:  # before SQLite, which would move another program's write-ahead log into its file
        _check_marks(path, int.from_bytes(header[68:72], "big"),
                     int.from_bytes(header[60:64], "big", signed=True))


def _check_marks(path: Path, application: int, version: int) -> None:
    if application != APPLICATION_ID:
        raise NotACollection(path, "is another program's database, not a flashcore collection",
                             "Name your collection with --collection; decks come in through flashcore import.")
    if version > SCHEMA_VERSION:
        raise NotACollection(path, f"was made by a newer flashcore (schema {version}, this one knows "
                             f"{SCHEMA_VERSION})", "Update flashcore to open it.")


def _take_lock(path: Path, holder: str) -> int:
    """The writer's lock: the kernel gives it free when the process ends, however it ends."""
    lock = os.open(path.with_name(path.name + ".lock") if path.suffix != ".db" else path.with_suffix(".lock"),
                   os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = os.pread(lock, 500, 0).decode("utf-8", "replace").strip()
        os.close(lock)
        raise CollectionInUse(path, text) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, holder.encode(), 0)
    return lock


def _release(lock: int | None) -> None:
    if lock is not None:
        os.ftruncate(lock, 0)
        os.close(lock)
