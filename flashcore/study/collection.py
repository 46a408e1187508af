"""A collection: everything a learner has, and what can be done with it. Used by the thread that opened it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flashcore import study
from flashcore.domain.deck import ancestors
from flashcore.domain.query_terms import Everything, Query
from flashcore.errors import NotFoundError
from flashcore.scheduling.memory import interval_per_stability
from flashcore.store import decks
from flashcore.store import options as stored_options
from flashcore.store.database import Database
from flashcore.store.selection import View, find_cards
from flashcore.study import counts
from flashcore.study.clock import Clock
from flashcore.study.options import OPTIONS, OptionSet, OptionValue, read_option
from flashcore.study.pace import Pace

if TYPE_CHECKING:
    from flashcore.domain.note_type import NoteType
    from flashcore.study.check import CheckReport, Info
    from flashcore.study.curation import NoteAdded
    from flashcore.study.details import CardDetails
    from flashcore.study.editing import EditPlace
    from flashcore.study.found import FoundCard
    from flashcore.study.import_report import ExportReport, ImportReport
    from flashcore.study.session import Session
    from flashcore.study.undo import Undone


class Collection:
    """The front ends' door to one collection file; media stand beside it in ``NAME.media``.

    Every method that changes something is one transaction and raises ReadOnlyCollection where the collection was
    opened for reading.
    """

    def __init__(self, database: Database, clock: Clock, *, exists: bool = True) -> None:
        self.database, self.clock, self.exists = database, clock, exists
        self._options: OptionSet | None = None
        self.version = 0
        """Goes up with every change but answers, so that what was loaded ahead is known to be old."""

    @classmethod
    def open(cls, path: Path | str, *, clock: Clock | Callable[[], datetime] | None = None,
             holder: str = "") -> Collection:
        """Open for writing; a collection is made where there is none.

        Raises:
            CollectionInUse, NotACollection, StoreError: see errors.py.
        """
        used = _clock(clock)
        return cls(Database.open(Path(path), holder or _holder(used)), used)

    @classmethod
    def open_for_reading(cls, path: Path | str, *, clock: Clock | Callable[[], datetime] | None = None) -> Collection:
        """Open without a lock, also while another process writes; where there is no file, an empty collection."""
        return cls(Database.open_for_reading(Path(path)), _clock(clock), exists=Path(path).exists())

    def close(self) -> None:
        """Give the collection free."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The collection file."""
        return self.database.path

    @property
    def media_path(self) -> Path:
        """The folder of its pictures and sounds, which may not exist yet."""
        path = self.database.path
        return path.with_suffix(".media") if path.suffix == ".db" else path.with_name(path.name + ".media")

    def checkpoint(self) -> None:
        """Move saved answers from the write-ahead log into the file; for moments when nobody waits."""
        self.database.checkpoint()

    # time and options

    def now(self) -> datetime:
        """Now, aware UTC, in whole milliseconds."""
        return self.clock.now()

    def today(self) -> date:
        """The study day of now."""
        return self.clock.today(self.now(), self.option_set().collection().rollover_hour)

    def offset_minutes(self, moment: datetime) -> int:
        """Minutes east of UTC at a moment."""
        return self.clock.offset_minutes(moment)

    def option_set(self) -> OptionSet:
        """All options, read once and again after each change."""
        if self._options is None:
            with self.database.read() as connection:
                self._options = OptionSet(stored_options.read_options(connection))
        return self._options

    def use_options(self, chosen: OptionSet) -> None:
        """Let these hold, which an import is about to write, until ``forget_options``."""
        self._options = chosen

    def forget_options(self) -> None:
        """Read the options anew when they are asked for next."""
        self._options = None

    def options(self, deck: str | None = None) -> dict[str, OptionValue]:
        """The options that hold for a deck, or for the collection, and where each comes from."""
        return self.option_set().values(self._deck_name(deck) if deck else "")

    def set_options(self, deck: str | None, values: Mapping[str, str]) -> None:
        """Set options from text; ``default`` takes a setting away. All are checked before any is written.

        Raises:
            NotFoundError: no such deck or option.
            UsageError: a value that does not fit.
        """
        name = self._deck_name(deck) if deck else ""
        texts = {key: None if text.strip().lower() == "default" and key in OPTIONS
                 else read_option(key, text, of_deck=bool(name)) for key, text in values.items()}
        from flashcore.store.changes import ChangeSet

        with self.database.write() as connection:
            before = stored_options.read_options(connection).get(name, {})
            for key, text in texts.items():
                stored_options.write_option(connection, name, key, text)
            changes = ChangeSet(connection)
            changes.before["option"] = {0: {"deck": name, **{key: before.get(key) for key in texts}}}
            changes.after["option"] = {0: {"deck": name, **texts}}
            changes.save(self.database.next_seq(connection), self.clock.new_uuid(), "options", self.now())
        self._options = None
        self.changed()

    def _deck_name(self, name: str) -> str:
        with self.database.read() as connection:
            known = {part for deck in decks.deck_names(connection).values() for part in ancestors(deck)}
        by_lower = {deck.casefold(): deck for deck in known}
        if name.casefold() not in by_lower:
            raise NotFoundError("deck", name, known)
        return by_lower[name.casefold()]

    def view(self) -> View:
        """The moment that queries are asked from."""
        now, options = self.now(), self.option_set()
        collection = options.collection()
        with self.database.read() as connection:
            names = decks.deck_names(connection)
        default = options.for_deck("").preset.parameters
        own = {place: options.for_deck(name).preset.parameters for place, name in names.items()}
        return View(now, self.clock.today(now, collection.rollover_hour),
                    lambda day: self.clock.start_of(day, collection.rollover_hour),
                    partial(interval_per_stability, parameters=default),
                    {place: partial(interval_per_stability, parameters=parameters)
                     for place, parameters in own.items() if parameters != default})

    # studying

    def review(self, query: str | Query = "", *, is_cram: bool = False, limit: int | None = None,
               card_ids: Sequence[int] | None = None) -> Session:
        """A session over the cards of a query (empty: all), or over given cards in their order."""
        return study.session.Session(self, _query(query), is_cram=is_cram, limit=limit, card_ids=card_ids)

    def pace(self) -> Pace:
        """How long this learner takes."""
        with self.database.read() as connection:
            return counts.pace(connection)

    def due(self, query: str | Query = "") -> counts.DueReport:
        """What would be asked today, by deck and by system."""
        with self.database.read() as connection:
            return counts.due_report(connection, _query(query), self.view(), self.option_set())

    def decks(self) -> list[counts.DeckCounts]:
        """Every deck with what it holds and asks today; parents include children."""
        with self.database.read() as connection:
            return counts.deck_counts(connection, _query(""), self.view(), self.option_set())

    def home(self) -> counts.Home:
        """The numbers of the home screen."""
        with self.database.read() as connection:
            return counts.home(connection, _query(""), self.view(), self.option_set())

    @property
    def is_first_run(self) -> bool:
        """Whether there is nothing yet: no notes, and no option was ever set."""
        with self.database.read() as connection:
            return not stored_options.read_options(connection) and decks.is_empty(connection)

    # finding

    def find(self, query: str | Query) -> list[int]:
        """The ids of the cards a query selects."""
        with self.database.read() as connection:
            return find_cards(connection, _query(query), self.view())

    def search(self, query: str | Query = "") -> list[FoundCard]:
        """The cards a query selects, with what the command line shows of them."""
        return study.found.search(self, _query(query))

    def card_details(self, card_id: int) -> CardDetails:
        """Everything about one card.

        Raises:
            NotFoundError: there is no such card.
        """
        return study.details.card_details(self, card_id)

    # curation: card ids in, how many cards or notes differ from before out

    def suspend(self, card_ids: Sequence[int]) -> int:
        """Set cards aside until told otherwise."""
        return study.curation.suspend(self, card_ids)

    def unsuspend(self, card_ids: Sequence[int]) -> int:
        """Ask cards again that were set aside."""
        return study.curation.unsuspend(self, card_ids)

    def bury(self, card_ids: Sequence[int]) -> int:
        """Leave cards for tomorrow."""
        return study.curation.bury(self, card_ids)

    def unbury(self, card_ids: Sequence[int]) -> int:
        """Ask buried cards again today."""
        return study.curation.unbury(self, card_ids)

    def reset(self, card_ids: Sequence[int]) -> int:
        """Make cards new again."""
        return study.curation.reset(self, card_ids)

    def delete(self, card_ids: Sequence[int]) -> int:
        """Delete cards, and notes left without any."""
        return study.curation.delete(self, card_ids)

    def move(self, card_ids: Sequence[int], deck: str) -> int:
        """Put cards into a deck."""
        return study.curation.move(self, card_ids, deck)

    def flag(self, card_ids: Sequence[int], colour: int) -> int:
        """Flag cards, 1-7; 0 for none."""
        return study.curation.flag(self, card_ids, colour)

    def tag(self, card_ids: Sequence[int], tags: Sequence[str]) -> int:
        """Give the notes of cards tags."""
        return study.curation.tag(self, card_ids, tags)

    def untag(self, card_ids: Sequence[int], tags: Sequence[str]) -> int:
        """Take tags from the notes of cards."""
        return study.curation.untag(self, card_ids, tags)

    def add_note(self, note_type: NoteType, fields: Sequence[str], deck: str, tags: Sequence[str] = ()) -> NoteAdded:
        """Add a note of a type to a deck."""
        from flashcore.domain.note import Note

        note = Note(self.clock.new_uuid()[:12], note_type, tuple(fields), tuple(tags))
        return study.curation.add_note(self, note, deck)

    def note_text(self, card_id: int) -> str:
        """The note of a card as plain-text deck text, for an editor."""
        return study.editing.note_text(self, card_id)

    def edit_note_text(self, card_id: int, text: str) -> bool:
        """Take back the text of ``note_text``; returns whether the note changed.

        Raises:
            DeckFileError: the text is not exactly one note, or has problems.
        """
        return study.editing.edit_note_text(self, card_id, text)

    def edit_place(self, card_id: int) -> EditPlace:
        """Where the note of a card is edited: in its deck file, or (file None) in the collection."""
        return study.editing.edit_place(self, card_id)

    def import_back(self, file: Path) -> ImportReport:
        """Import a deck file again that was edited."""
        return study.transfer.import_paths(self, [str(file)])

    def undo(self) -> Undone | None:
        """Take back the newest answer or change that was not yet taken back; None where there is none.

        Raises:
            UndoRefused: something later builds on it.
        """
        return study.undo.undo(self)

    # in, out, upkeep

    def import_file(self, path: Path | str, *, deck: str | None = None, theirs: bool = False,
                    with_scheduling: bool = True, is_dry_run: bool = False) -> ImportReport:
        """Import one file or folder; see ``import_paths``."""
        return self.import_paths([str(path)], deck=deck, theirs=theirs, with_scheduling=with_scheduling,
                                 is_dry_run=is_dry_run)

    def import_paths(self, paths: Sequence[str], *, format: str | None = None, deck: str | None = None,
                     theirs: bool = False, is_dry_run: bool = False, write_ids: bool = False,
                     encoding: str | None = None, delimiter: str | None = None, with_scheduling: bool = True,
                     stdin: bytes | None = None, shows: bool = False,
                     progress: Callable[[int, int], None] | None = None) -> ImportReport:
        """Import files, folders, ``-`` (``stdin``), ``bundled`` or ``bundled:NAME``; each file is one transaction.

        Problems of a file are in the report, they do not raise; a path that does not exist does. ``shows``: the report
        holds the notes of packages and tables too, as they were read.
        """
        return study.transfer.import_paths(self, paths, format=format, deck=deck, theirs=theirs, is_dry_run=is_dry_run,
                                     write_ids=write_ids, encoding=encoding, delimiter=delimiter,
                                           with_scheduling=with_scheduling, stdin=stdin, shows=shows,
                                           progress=progress)

    def export(self, path: Path | str, query: str | Query = "", *, format: str | None = None,
               with_scheduling: bool = True, is_spreadsheet: bool = False) -> ExportReport:
        """Write the notes of the cards a query selects; the suffix tells the format.

        Without scheduling, as for others to study: new cards, no log, no options. ``is_spreadsheet`` makes the cells
        of a .csv safe for spreadsheet programs, which take some texts for formulas.
        """
        return study.export.export(self, Path(path), _query(query), format=format, with_scheduling=with_scheduling,
                                   is_spreadsheet=is_spreadsheet)

    def info(self) -> Info:
        """Where the collection is and what it holds."""
        return study.check.info(self)

    def check(self) -> CheckReport:
        """Whether the file is sound, and the log replayed gives the schedules that are stored."""
        return study.check.check(self)

    def changed(self) -> None:
        """Let what was loaded ahead know that it is old."""
        self.version += 1


def _query(query: str | Query) -> Query:
    if not isinstance(query, str):
        return query
    if not query.strip():
        return Everything()
    from flashcore.domain.query import parse_query

    return parse_query(query)


def _clock(clock: Clock | Callable[[], datetime] | None) -> Clock:
    if isinstance(clock, Clock):
        return clock
    return Clock() if clock is None else Clock(now_of=clock)


def _holder(clock: Clock) -> str:
    """What another process is told: who has the collection open, where, since when."""
    try:
        terminal = f" (terminal {os.ttyname(0).removeprefix('/dev/')})"
    except OSError:
        terminal = ""
    return f"process {os.getpid()}{terminal} since {clock.now().astimezone(clock.zone):%Y-%m-%d %H:%M}"


def default_collection_path() -> Path:
    """Where the collection stands unless told otherwise: the platform's folder for user data."""
    from platformdirs import user_data_path

    return user_data_path("flashcore", appauthor=False) / "collection.db"



