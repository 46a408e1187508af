"""Anki collections made by hand, in the form of its schema 11: honest ones, and what no honest program writes."""

from __future__ import annotations

import copy
import json
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MADE_AT = datetime(2026, 1, 1, 4, tzinfo=UTC)
"""When the collections were made; their due numbers count days from here."""
BASIC, CLOZE, PAIR = 1001, 1002, 1003
DEFAULT, HEART, LUNG = 1, 2001, 2002
FIRST_NOTE, FIRST_CARD = 1_700_000_000_001, 1_700_000_500_001
LEARN, REVIEW, RELEARN, FILTERED, MANUAL = 0, 1, 2, 3, 4

Edit = Callable[[sqlite3.Connection], Any]

TABLES = """
    CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null, scm integer not null,
        ver integer not null, dty integer not null, usn integer not null, ls integer not null, conf text not null,
        models text not null, decks text not null, dconf text not null, tags text not null);
    CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null, mod integer not null,
        usn integer not null, tags text not null, flds text not null, sfld integer not null, csum integer not null,
        flags integer not null, data text not null);
    CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null, ord integer not null,
        mod integer not null, usn integer not null, type integer not null, queue integer not null,
        due integer not null, ivl integer not null, factor integer not null, reps integer not null,
        lapses integer not null, left integer not null, odue integer not null, odid integer not null,
        flags integer not null, data text not null);
    CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null,
        ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null,
        type integer not null);
    CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
    CREATE INDEX ix_notes_usn on notes (usn); CREATE INDEX ix_cards_usn on cards (usn);
    CREATE INDEX ix_revlog_usn on revlog (usn); CREATE INDEX ix_cards_nid on cards (nid);
    CREATE INDEX ix_cards_sched on cards (did, queue, due); CREATE INDEX ix_revlog_cid on revlog (cid);
    CREATE INDEX ix_notes_csum on notes (csum);
"""


def a_model(number: int, name: str, fields: Sequence[str], templates: Sequence[tuple[str, str]], *,
            kind: int = 0, mod: int = 1_600_000_000, css: str = "") -> dict[str, Any]:
    """A note type as Anki writes it; templates are (front, back)."""
    return {"id": number, "name": name, "type": kind, "mod": mod, "usn": 0, "sortf": 0, "did": 1, "css": css,
            "latexPre": "", "latexPost": "", "req": [], "tags": [], "vers": [],
            "flds": [{"name": each, "ord": place} for place, each in enumerate(fields)],
            "tmpls": [{"name": f"Card {place + 1}", "ord": place, "qfmt": front, "afmt": back}
                      for place, (front, back) in enumerate(templates)]}


def a_preset(number: int = 1, **more: Any) -> dict[str, Any]:
    """A deck preset as Anki writes it."""
    return {"id": number, "name": f"Preset {number}", "mod": 0, "usn": 0,
            "new": {"perDay": 30, "delays": [1, 10], "ints": [1, 4, 0], "initialFactor": 2500, "order": 1},
            "rev": {"perDay": 500, "maxIvl": 36500, "ease4": 1.3, "ivlFct": 1},
            "lapse": {"delays": [10], "leechFails": 8, "leechAction": 1, "minInt": 1, "mult": 0}, **more}


def a_deck(number: int, name: str, **more: Any) -> dict[str, Any]:
    """A deck as Anki writes it."""
    return {"id": number, "name": name, "mod": 0, "usn": 0, "dyn": 0, "conf": 1, "desc": "", **more}


def _models() -> dict[int, dict[str, Any]]:
    return {BASIC: a_model(BASIC, "Basic", ("Front", "Back"), [("{{Front}}", "{{FrontSide}}<hr>{{Back}}")]),
            CLOZE: a_model(CLOZE, "Cloze", ("Text", "Extra"), [("{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}")],
                           kind=1),
            PAIR: a_model(PAIR, "Pair", ("Front", "Back"), [("{{Front}}", "{{Back}}"), ("{{Back}}", "{{Front}}")])}


def _decks() -> dict[int, dict[str, Any]]:
    return {DEFAULT: a_deck(DEFAULT, "Default"), HEART: a_deck(HEART, "Medicine::Heart"),
            LUNG: a_deck(LUNG, "Medicine::Lung")}


def day_number(on: datetime) -> int:
    """The day that Anki calls a moment's, for ``due``."""
    return (on - MADE_AT).days


@dataclass
class Package:
    """An Anki collection that is being written. Moments are aware; ``mod`` is in seconds as there."""

    models: dict[int, Any] = field(default_factory=_models)
    decks: dict[int, Any] = field(default_factory=_decks)
    presets: dict[int, Any] = field(default_factory=lambda: {1: a_preset()})
    conf: dict[str, Any] = field(default_factory=lambda: {"schedVer": 2, "creationOffset": 0})
    notes: dict[str, list[Any]] = field(default_factory=dict)
    cards: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    reviews: list[list[Any]] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)

    def copied(self) -> Package:
        """Another one that holds the same."""
        return copy.deepcopy(self)

    def note(self, guid: str, *fields: str, model: int = BASIC, tags: str = "", mod: int = 1_700_000_000,
             deck: int = HEART, cards: int = 1) -> Package:
        """Add a note with so many new cards, or give one other content."""
        number = self.notes[guid][0] if guid in self.notes else FIRST_NOTE + len(self.notes)
        self.notes[guid] = [number, guid, model, mod, 0, f" {tags} " if tags else "", "\x1f".join(fields), fields[0],
                            0, 0, ""]
        for ordinal in range(cards):
            if (guid, ordinal) not in self.cards:
                place = len(self.cards)
                self.cards[guid, ordinal] = [FIRST_CARD + place, number, deck, ordinal, mod, 0, 0, 0, place + 1, 0, 0,
                                             0, 0, 0, 0, 0, 0, "{}"]
        return self

    def answered(self, guid: str, at: datetime, *, ordinal: int = 0, ease: int = 3, days: int = 10,
                 stability: float = 10.0, kind: int | None = None) -> Package:
        """Answer a card as Anki's scheduler does with FSRS: one more row of the log, due after so many days."""
        card = self.cards[guid, ordinal]
        second = int(at.timestamp())
        kind = (LEARN if card[6] == 0 else REVIEW) if kind is None else kind
        number, taken = round(at.timestamp() * 1000), {row[0] for row in self.reviews}
        while number in taken:
            number += 1
        self.reviews.append([number, card[0], 0, ease, days, card[9], 500, 4000, kind])
        card[4], card[6], card[7], card[8], card[9], card[11] = second, 2, 2, day_number(at) + days, days, card[11] + 1
        card[17] = json.dumps({"s": stability, "d": 5.0, "dr": 0.9, "lrt": second})
        return self

    def save(self, path: Path, edit: Edit | None = None) -> Path:
        """Write it as a bare collection; ``edit`` has the last word on the database."""
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.executescript(f"PRAGMA page_size=4096; BEGIN; {TABLES}")
            database.execute(f"INSERT INTO col VALUES ({', '.join('?' * 13)})", (
                1, int(MADE_AT.timestamp()), 0, 0, 11, 0, 0, 0, json.dumps(self.conf), json.dumps(self.models),
                json.dumps(self.decks), json.dumps(self.presets), "{}"))
            for table, rows, columns in (("notes", self.notes.values(), 11), ("cards", self.cards.values(), 18),
                                         ("revlog", self.reviews, 9)):
                database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows)
            database.execute("COMMIT")
            if edit is not None:
                edit(database)
        return path

    def package(self, path: Path, edit: Edit | None = None) -> Path:
        """Write it as an .apkg."""
        collection = self.save(path.with_suffix(".written"), edit)
        try:
            return zipped(path, collection.read_bytes(), self.media)
        finally:
            collection.unlink()


def zipped(path: Path, collection: bytes, media: Mapping[str, bytes] | None = None) -> Path:
    """A package of the first form around the bytes of a collection."""
    media = media or {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("collection.anki2", collection)
        archive.writestr("media", json.dumps({str(number): name for number, name in enumerate(media)}))
        for number, data in enumerate(media.values()):
            archive.writestr(str(number), data)
    return path


def a_small_collection() -> Package:
    """Three notes: one learned, one new, one with two deletions of which the first is learned."""
    made = Package().note("heart", "What pumps?", "The heart", tags="organ::heart easy")
    made.note("lung", "What breathes?", "The lung", deck=LUNG)
    made.note("cloze", "The {{c1::mitral}} valve and the {{c2::aortic}} one", "left", model=CLOZE, cards=2)
    start = datetime(2026, 2, 1, 10, tzinfo=UTC)
    made.answered("heart", start, days=5, stability=5.0).answered("heart", start + timedelta(days=5), days=15,
                                                                  stability=15.0)
    return made.answered("cloze", start, ease=2, days=3, stability=3.0)
