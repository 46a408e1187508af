"""hashcards' learning: its JSON export (which has the texts) and its database (which has only hashes). Bytes -> bundle.

    export    -> hashcards_export
    database  -> hashcards_rows; the cards of the deck files beside it -> hashcards_hash; joined by hash, here
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from flashcore.domain.bundle import Bundle
from flashcore.domain.cloze import Deletion, parse_cloze
from flashcore.domain.note import Note
from flashcore.domain.note_type import CLOZE
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.deck_folder import joined, read_folder, unmatched, with_cards
from flashcore.formats.foreign_sqlite import HEADER, columns_of, opened_bytes
from flashcore.formats.hashcards_export import read_export
from flashcore.formats.hashcards_hash import bare, hashed_cards, hidden_text
from flashcore.formats.hashcards_rows import read_database


def looks_like_hashcards(data: bytes) -> bool:
    """Whether bytes are a database or an export of hashcards."""
    if not data.startswith(HEADER):
        return b'"familyHash"' in data[:1_000_000]
    try:
        with opened_bytes(data, "-") as connection:
            return {"card_hash", "grade"} <= set(columns_of(connection, "reviews"))
    except FileError:
        return False


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a hashcards collection, with schedules and the whole log.

    A database needs the deck files in its folder (or ``options.root``); its notes are those files' notes.

    Raises:
        FileError: neither an export nor a database of hashcards, or one without its deck files.
    """
    if not data.startswith(HEADER):
        return read_export(data, options)
    files, warnings = read_files(data, options)
    return joined(files.items(), warnings)


def read_files(data: bytes, options: ReadOptions) -> tuple[dict[Path, Bundle], tuple[Problem, ...]]:
    """The deck files that a database belongs to, each with the learning of its cards, and warnings about the rest.

    Raises:
        FileError: no database of hashcards, or no deck files in its folder.
    """
    name = options.path or "-"
    rows = read_database(data, name)
    folder = read_folder(options, name)
    bundles: dict[Path, Bundle] = {}
    left = rows.studied()
    for file in folder.files:
        by_line: dict[int, list[tuple[str | None, str]]] = {}
        for card in hashed_cards(file.text):
            known = next((one for one in card.hashes if one in left), "")
            by_line.setdefault(card.line, []).append((card.hidden, known))
        notes = []
        for one in file.bundle.notes:
            found = dict(_ordinals(one.note, by_line.get(one.line, ())))
            left.difference_update(found.values())
            notes.append(with_cards(one, (rows.card(ordinal, known) for ordinal, known in found.items())))
        bundles[file.path] = Bundle(tuple(notes), file.bundle.media, file.bundle.warnings)
    warnings = [*folder.warnings, *rows.warnings(), *unmatched(left)]
    return bundles, tuple(warnings)


def _ordinals(note: Note, cards: Iterable[tuple[str | None, str]]) -> Iterator[tuple[int, str]]:
    """(ordinal, hash) of the cards of a note, of which hashcards has these: a deletion is known by its text."""
    if note.note_type is not CLOZE:
        yield from ((0, known) for hidden, known in cards if hidden is None and known)
        return
    deletions = [piece for piece in parse_cloze(note.question, note.cloze_ordinals) if isinstance(piece, Deletion)]
    waiting: dict[str, list[int]] = {}
    for deletion in reversed(deletions):
        waiting.setdefault(bare(hidden_text(deletion)), []).append(deletion.ordinals[0])
    for hidden, known in cards:
        places = waiting.get(bare(hidden or ""))
        if places:
            ordinal = places.pop()
            if known:
                yield ordinal, known
