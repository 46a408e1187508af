"""repeater's learning: its database, which has only hashes; the texts are the deck files beside it. Bytes -> bundle.

Facts (repeater's parser and tables, 2025-2026): a card is the BLAKE3 hash of its lines from ``Q:`` or ``C:`` to the
next of these or ``---``, in lower case, every run of white space one space. Only the first deletion of a cloze is
asked; versions that ask each give the others ``\\0cloze1`` and so on behind the text. ``cards.db`` stands in the
user's data folder and keeps no log; its moments are RFC 3339. A new card and a missed one are asked after minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledCard, Learned
from flashcore.domain.cloze import Deletion, parse_cloze
from flashcore.domain.note import Note
from flashcore.domain.note_type import CLOZE
from flashcore.domain.schedule import CardState
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.deck_folder import WHITE_SPACE, joined, read_folder, unmatched, with_cards
from flashcore.formats.foreign_schedule import LONGEST_INTERVAL_DAYS, count_from, local_day, memory_from, moment_from
from flashcore.formats.foreign_sqlite import HEADER, columns_of, opened_bytes, require_columns

_COLUMNS = ("card_hash", "last_reviewed_at", "stability", "difficulty", "interval_days", "due_date", "review_count")
_FIRST_STEP = timedelta(minutes=5)
_SPACES = re.compile(f"[{WHITE_SPACE}]+")


def looks_like_repeater(data: bytes) -> bool:
    """Whether bytes are a database of repeater. One of hashcards has a table of reviews beside the cards."""
    if not data.startswith(HEADER):
        return False
    try:
        with opened_bytes(data, "-") as connection:
            return set(_COLUMNS) <= set(columns_of(connection, "cards")) and not columns_of(connection, "reviews")
    except FileError:
        return False


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of the deck files in the folder of a ``cards.db`` (or ``options.root``), with their schedules.

    Raises:
        FileError: no database of repeater, or no deck files in its folder.
    """
    files, warnings = read_files(data, options)
    return joined(files.items(), warnings)


def read_files(data: bytes, options: ReadOptions) -> tuple[dict[Path, Bundle], tuple[Problem, ...]]:
    """The deck files that a database belongs to, each with the learning of its cards, and warnings about the rest.

    Raises:
        FileError: no database of repeater, or no deck files in its folder.
    """
    name = options.path or "-"
    rows = _read_database(data, name)
    folder = read_folder(options, name)
    left = set(rows.learned)
    bundles: dict[Path, Bundle] = {}
    for file in folder.files:
        blocks = dict(hashed_blocks(file.text))
        notes = []
        for one in file.bundle.notes:
            found = {ordinal: known for ordinal, known in _hashes(one.note, blocks.get(one.line, "")) if known in left}
            left.difference_update(found.values())
            notes.append(with_cards(one, (BundledCard(ordinal, learned=rows.learned[known])
                                          for ordinal, known in found.items())))
        bundles[file.path] = Bundle(tuple(notes), file.bundle.media, file.bundle.warnings)
    return bundles, (*folder.warnings, *rows.warnings(), *unmatched(left))


def hashed_blocks(text: str) -> Iterator[tuple[int, str]]:
    """(line of the marker from 1, normal form) of every card of a deck file: what is hashed. Linear time."""
    number, lines = 0, list[str]()
    for place, line in enumerate(text.split("\n"), 1):
        if line.startswith(("Q:", "C:", "---")):
            if number:
                yield number, normal_form(lines)
            number, lines = 0 if line.startswith("---") else place, []
        lines.append(line)
    if number:
        yield number, normal_form(lines)


def normal_form(lines: list[str]) -> str:
    """The lines of a card as repeater compares them: lower case, runs of white space as one space."""
    return _SPACES.sub(" ", "\n".join(lines).lower()).strip(" ")


def _hashes(note: Note, block: str) -> Iterator[tuple[int, str]]:
    from blake3 import blake3

    if not block:
        return
    ordinals = [0]
    if note.note_type is CLOZE:
        ordinals = [piece.ordinals[0] for piece in parse_cloze(note.question, note.cloze_ordinals)
                    if isinstance(piece, Deletion)]
    for place, ordinal in enumerate(ordinals):
        suffix = f"\0cloze{place}" if place else ""
        yield ordinal, blake3((block + suffix).encode("utf-8", "replace")).hexdigest()


@dataclass(slots=True)
class _Rows:
    learned: dict[str, Learned] = field(default_factory=dict)
    bad: int = 0

    def add(self, known: object, at: object, stability: object, difficulty: object, interval: object, due: object,
            reviewed: object) -> None:
        """Take the row of a card; one that was never reviewed says nothing."""
        times, due_at, last_at = count_from(reviewed), moment_from(due), moment_from(at)
        if times == 0:
            return
        if not isinstance(known, str) or times is None or due_at is None or last_at is None:
            self.bad += 1
            return
        memory = memory_from(stability, difficulty)
        days = count_from(interval, LONGEST_INTERVAL_DAYS) or 0
        if days and memory is not None:
            self.learned[known] = Learned(CardState.REVIEW, local_day(due_at), interval_days=days, memory=memory,
                                          reps=times, last_at=last_at)
        else:
            steps = 2 if due_at - last_at < _FIRST_STEP else 1  # a minute, then ten
            self.learned[known] = Learned(CardState.LEARNING, None, due_at=due_at, steps_left=steps, memory=memory,
                                          reps=times, last_at=last_at)

    def warnings(self) -> list[Problem]:
        """What of the rows was left out."""
        what = f"{self.bad} schedule{'s' if self.bad > 1 else ''} left out: no due moment or no last review"
        return [Problem(0, what)] if self.bad else []


def _read_database(data: bytes, name: Path | str) -> _Rows:
    rows = _Rows()
    with opened_bytes(data, name) as connection:
        require_columns(connection, name, {"cards": _COLUMNS})
        with closing(connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM cards")) as cursor:
            for row in cursor:
                rows.add(*row)
    return rows
