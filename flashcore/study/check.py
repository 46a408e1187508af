"""Where a collection is, what it holds, and whether it is sound."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flashcore.errors import StoreError
from flashcore.scheduling.replay import replay
from flashcore.store import content, history
from flashcore.store.database import Connection, backup_folder
from flashcore.store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Info:
    """Where things are and how many; ``reviews`` counts answers that stand and other programs' rows."""

    version: str
    collection: str
    schema: int
    notes: int
    cards: int
    reviews: int
    media: int
    backups: int

    def to_json(self) -> dict[str, Any]:
        """The object of ``flashcore info --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckProblem:
    """One thing that is wrong, where, and what to do."""

    what: str
    where: str
    hint: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """``ok`` where there is no problem."""

    ok: bool
    problems: tuple[CheckProblem, ...]

    def to_json(self) -> dict[str, Any]:
        """The object of ``flashcore check --json``."""
        return {"ok": self.ok, "problems": [asdict(problem) for problem in self.problems]}


def info(collection: Collection) -> Info:
    """See ``Collection.info``."""
    from flashcore import __version__

    with collection.database.read() as connection:
        notes, cards, media = content.count_content(connection)
        reviews = history.count_reviews(connection)
    path = collection.path
    folder = backup_folder(path)
    backups = sum(1 for file in folder.iterdir() if file.is_file()) if folder.is_dir() else 0
    return Info(__version__, str(path), SCHEMA_VERSION, notes, cards, reviews, media, backups)


def check(collection: Collection) -> CheckReport:
    """See ``Collection.check``: SQLite's integrity, foreign keys, and replay of the log against what is stored."""
    database, problems = collection.database, list[CheckProblem]()
    try:
        problems += [CheckProblem(str(row[0]), "the database file", "keep a copy of it and restore your newest backup")
                     for row in database.pragma("integrity_check") if row[0] != "ok"]
        problems += [CheckProblem("a row points at one that is not there", f"table {row[0]}, row {row[1]} -> {row[2]}",
                                  "restore your newest backup") for row in database.pragma("foreign_key_check")]
        if not problems:
            with database.read() as connection:
                problems += _replay_problems(connection)
    except StoreError as error:
        problems.append(CheckProblem(str(error), "the database file", "restore your newest backup"))
    return CheckReport(not problems, tuple(problems))


def _replay_problems(connection: Connection) -> list[CheckProblem]:
    stored, presets, names = history.schedules(connection), history.presets(connection), history.card_names(connection)
    differ = []
    for card_id, rows in history.logs(connection):
        if card_id not in names:
            continue  # the history of a card that was deleted
        if replay(rows, presets, *names[card_id]) != stored.pop(card_id, None):
            differ.append(card_id)
    differ += stored
    return [CheckProblem("the stored schedule is not the one its review log gives", f"card {card_id}",
                         "the log is right; nothing is lost") for card_id in differ[:_MOST_NAMED]]
