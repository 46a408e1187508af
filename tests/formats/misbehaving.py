"""Readers that do what a hostile file makes a reader do. Run as the child instead of ``child_job``."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flashcore.errors import DeckFileError, FileError, NotFoundError, Problem, UsageError

Job = dict[str, Any]
Progress = Callable[[int, int], None]


def echo(job: Job, folder: Path, progress: Progress) -> dict[str, Any]:
    return {"job": job, "folder": str(folder), "is_ascii": os.environ.get("TMPDIR") == str(folder)}


def unpack(job: Job, folder: Path, progress: Progress) -> dict[str, Any]:
    """The real thing: everything of an Anki package."""
    from flashcore.formats.anki_package import unpack_collection, unpack_media
    from flashcore.formats.archive import open_archive

    with open_archive(Path(job["path"])) as archive:
        package = unpack_collection(archive, folder)
        stored, problems = unpack_media(archive, package, folder, progress)
    return {"media": len(stored), "problems": [str(one) for one in (*package.problems, *problems)]}


def chatter(job: Job, folder: Path, progress: Progress) -> dict[str, Any]:
    os.write(1, b"a library prints\n")
    os.write(2, b"x" * 1_000_000)
    for done in range(1_000):
        progress(done, 1_000)
    return {"text": "y" * 1_000_000}


def no_json(job: Job, folder: Path, progress: Progress) -> Any:
    return {"number": float("nan")}


def talks_for_ever(job: Job, folder: Path, progress: Progress) -> Any:
    return ["x" * 1_000_000] * 40


def eats_memory(job: Job, folder: Path, progress: Progress) -> Any:
    return [bytes(1_000_000) for _ in range(10_000)]


def eats_memory_in_sqlite(job: Job, folder: Path, progress: Progress) -> Any:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                       "SELECT zeroblob(100000) || i FROM n")
    return {}


def never_returns(job: Job, folder: Path, progress: Progress) -> Any:
    while True:
        pass


def sleeps(job: Job, folder: Path, progress: Progress) -> Any:
    (folder / "pid").write_text(str(os.getpid()))
    progress(0, 1)
    time.sleep(600)


def nests(job: Job, folder: Path, progress: Progress) -> Any:
    return nests(job, folder, progress)


def crashes(job: Job, folder: Path, progress: Progress) -> Any:
    ctypes.string_at(0)


def leaves(job: Job, folder: Path, progress: Progress) -> Any:
    os._exit(0)


def writes_much(job: Job, folder: Path, progress: Progress) -> Any:
    with (folder / "large").open("wb") as file:
        for _ in range(10_000):
            file.write(bytes(1_000_000))


def refuses(job: Job, folder: Path, progress: Progress) -> Any:
    raise FileError(job["path"], "it is odd", "mend it", "2 notes were kept")


def refuses_lines(job: Job, folder: Path, progress: Progress) -> Any:
    raise DeckFileError(job["path"], [Problem(3, "it is odd", "mend it"), Problem(9, "\udcff")])


def refuses_words(job: Job, folder: Path, progress: Progress) -> Any:
    raise UsageError("there is no such encoding")


def finds_nothing(job: Job, folder: Path, progress: Progress) -> Any:
    raise NotFoundError("deck", "X")


def has_a_mistake(job: Job, folder: Path, progress: Progress) -> Any:
    return {}["no such key"]


if __name__ == "__main__":
    from flashcore.formats import child_job

    sys.modules["flashcore.formats.misbehaving"] = sys.modules["__main__"]
    child_job.main()
