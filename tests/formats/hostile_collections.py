"""Anki collections made by hand, in the form of its schema 11: honest ones, and what no honest program writes."""

from __future__ import annotations

import copy
import json
import random
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flashcore.domain.staging import TABLES as TABLES_OF_STAGE
from flashcore.formats import staging
from flashcore.formats.anki_collection import stage_collection, stage_package

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
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


def sql(*statements: str) -> Edit:
    """An edit that runs these statements."""
    def edit(database: sqlite3.Connection) -> None:
        for statement in statements:
            database.execute(statement)
    return edit


def json_of(column: str, change: Callable[[Any], Any]) -> Edit:
    """An edit of the JSON of a column of table ``col``: models, decks, dconf, conf."""
    def edit(database: sqlite3.Connection) -> None:
        [text] = database.execute(f"SELECT {column} FROM col").fetchone()
        held = json.loads(text)
        change(held)
        database.execute(f"UPDATE col SET {column} = ?", (json.dumps(held),))
    return edit


def front_of_basic(template: str) -> Edit:
    """An edit that gives the note type Basic another front."""
    return json_of("models", lambda models: models[str(BASIC)]["tmpls"][0].update(qfmt=template))


def values(table: str, where: str, **columns: Any) -> Edit:
    """An edit that sets columns of some rows."""
    names = ", ".join(f"{name} = ?" for name in columns)
    return lambda database: database.execute(f"UPDATE {table} SET {names} WHERE {where}", tuple(columns.values()))


def random_text(size: int) -> str:
    """Text that cannot be packed much."""
    return random.Random(size).randbytes(size // 2).hex()


def random_flips(count: int, seed: int) -> Callable[[bytes], bytes]:
    """Change that many bytes of a file behind its first page."""
    def flip(data: bytes) -> bytes:
        chosen, changed = random.Random(seed), bytearray(data)
        for _ in range(count):
            changed[chosen.randrange(100, len(changed))] = chosen.randrange(256)
        return bytes(changed)
    return flip


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
REFUSED: dict[str, tuple[Edit, str]] = {
    "E18 a view": (sql("ALTER TABLE notes RENAME TO held", "CREATE VIEW notes AS SELECT * FROM held"),
                   "it holds a view, 'notes'"),
    "E18 a view without end": (sql("ALTER TABLE notes RENAME TO held", f"""CREATE VIEW notes AS {ENDLESS}
        SELECT i AS id, 'g' AS guid, 1001 AS mid, 1 AS mod, '' AS tags, 'a' AS flds FROM n"""),
                               "it holds a view, 'notes'"),
    "E18 a virtual table": (sql("DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(id, guid, mid, mod, usn, "
                                "tags, flds, sfld, csum, flags, data)"), "its table notes is no plain one"),
    "E19 a trigger without end": (sql(f"""CREATE TRIGGER t AFTER INSERT ON notes BEGIN
        INSERT INTO graves {ENDLESS} SELECT i, i, i FROM n; END"""), "it holds a trigger, 't'"),
    "E20 a trigger that deletes": (sql("CREATE TRIGGER t AFTER UPDATE ON notes BEGIN DELETE FROM notes; END"),
                                   "it holds a trigger, 't'"),
    "E21 a generated column": (sql("ALTER TABLE notes ADD COLUMN huge TEXT AS (hex(zeroblob(500000000)))"),
                               "the column 'huge' of its table 'notes' is computed"),
    "E22 no notes": (sql("DROP TABLE notes"), "it has no table notes"),
    "E22 no cards": (sql("DROP TABLE cards"), "it has no table cards"),
    "E22 no log": (sql("DROP TABLE revlog"), "it has no table revlog"),
    "E22 no col": (sql("DROP TABLE col"), "it has no table col"),
    "E22 no column": (sql("ALTER TABLE notes DROP COLUMN tags"), "its table notes has no column tags"),
    "E22 no row of col": (sql("DELETE FROM col"), "its table col is empty"),
    "E22 schema 999": (sql("UPDATE col SET ver = 999"), "it was made by a newer Anki (schema 999"),
    "E22 schema of words": (sql("UPDATE col SET ver = 'new'"), "its table col does not say which schema it has"),
    "E22 note types that are none": (sql("UPDATE col SET models = '{]'"), "its note types or decks cannot be read"),
    "E31 nested without end": (sql("UPDATE col SET models = replace(hex(zeroblob(100000)), '00', '[')"),
                               "its note types or decks cannot be read"),
    "E32 a template of 6 MB": (front_of_basic(random_text(6_000_000)), "a value in it is larger than 5 MiB"),
}
"""Collections that are refused whole: edit, and how the sentence begins."""

TAKEN: dict[str, Edit] = {
    "E22 more columns": sql("ALTER TABLE notes ADD COLUMN extra TEXT DEFAULT 'x'"),
    "E24 bytes that are no text": sql(
        "UPDATE notes SET flds = CAST(x'41E9421F43' AS TEXT), tags = CAST(x'20E920' AS TEXT) WHERE guid = 'heart'"),
    "E24 bytes everywhere": sql(
        "UPDATE notes SET guid = CAST(x'E9' AS TEXT) || id", "UPDATE cards SET data = CAST(x'7B22E9' AS TEXT)",
        "UPDATE col SET models = replace(models, 'Basic', CAST(x'E9' AS TEXT)), "
        "decks = replace(decks, 'Heart', CAST(x'E9' AS TEXT))"),
    "E25 blobs": sql("UPDATE notes SET guid = CAST(guid AS BLOB), flds = CAST(flds AS BLOB), tags = x'00FF'"),
    "E25 NUL": sql("UPDATE notes SET flds = 'a' || char(0) || 'b' || char(31) || 'c', guid = guid || char(0)"),
    "E25 numbers": sql("UPDATE notes SET flds = 9e999, tags = 1.5, guid = 12"),
    "E26 a field of 6 MB": values("notes", "guid = 'heart'", flds=random_text(6_000_000) + "\x1fBack"),
    "E26 fields of 1.5 MB": values("notes", "1", flds=random_text(1_500_000) + "\x1fBack"),
    "E27 100,000 tags": values("notes", "guid = 'heart'", tags=" ".join(f"t{n}" for n in range(100_000))),
    "E27 a tag 5,000 deep": values("notes", "guid = 'heart'", tags="::".join(f"t{n}" for n in range(5_000)) + " kept"),
    "E27 a tag of 2 MB": values("notes", "guid = 'heart'", tags=random_text(2_000_000) + " kept"),
    "E27 a deck 3,000 deep": json_of("decks", lambda decks: decks[str(HEART)].update(
        name="::".join(f"d{n}" for n in range(3_000)))),
    "E27 a deck name of 2 MB": json_of("decks", lambda decks: decks[str(HEART)].update(name=random_text(2_000_000))),
    "E28 reviews at impossible times": sql(*(
        f"INSERT INTO revlog SELECT {at}, cid, usn, ease, ivl, lastIvl, factor, time, 1 FROM revlog LIMIT 1"
        for at in (7_258_118_400_000, -5, 0, 2**62))),
    "E28 a review to come": sql(
        "INSERT INTO revlog SELECT 1900000000000, cid, usn, 1, ivl, lastIvl, factor, time, 1 FROM revlog LIMIT 1",
        """UPDATE cards SET data = '{"s":10,"d":5,"lrt":1900000000}' WHERE type = 2"""),
    "E29 numbers out of range": sql(
        "UPDATE revlog SET ease = 99 WHERE id = (SELECT min(id) FROM revlog)",
        f"UPDATE cards SET ivl = {2**40} WHERE ord = 1", f"UPDATE cards SET due = {2**62} WHERE did = {LUNG}",
        "UPDATE cards SET reps = 'many' WHERE type = 2"),
    "E29 the lowest number": sql(*(f"UPDATE cards SET {name} = -9223372036854775807 - 1" for name in (
        "due", "odue", "ivl", "factor", "reps", "lapses", "left", "flags")),
        *(f"UPDATE revlog SET {name} = -9223372036854775807 - 1" for name in ("ivl", "lastIvl", "factor", "time"))),
    "E29 the lowest due": sql("UPDATE cards SET type = 1, queue = 1, due = -2000000000 WHERE type = 2"),
    "E29 the longest interval": sql("UPDATE cards SET ivl = 200000, data = '' WHERE type = 2", "DELETE FROM revlog"),
    "E29 fractions": sql("UPDATE cards SET due = 1.5, ivl = 2.5, factor = 1e300", "UPDATE revlog SET ivl = 1.5"),
    "E29 card data": sql("""UPDATE cards SET data = '{"pos":1e300,"s":"x","d":1e300,"dr":"x","lrt":1e18,"cd":[[]]}'"""),
    "E29 deep card data": values("cards", "1", data='{"s":' + "[" * 100_000),
    "E29 ids beyond time": sql(f"UPDATE notes SET id = id + {2**60}",
                               f"UPDATE cards SET nid = nid + {2**60}, id = id + {2**60}"),
    "E30 orphan cards": sql(f"UPDATE cards SET nid = 5 WHERE did = {LUNG}"),
    "E30 no cards": sql("DELETE FROM cards"),
    "E30 an unknown note type": sql("UPDATE notes SET mid = 77 WHERE guid = 'heart'"),
    "E30 a note type of words": sql("UPDATE notes SET mid = 'Basic'"),
    "E30 one field": sql("UPDATE notes SET flds = 'only'"),
    "E30 forty fields": values("notes", "1", flds="\x1f".join(f"f{n}" for n in range(40))),
    "E30 4,000 fields of no type": values("notes", "1", mid=77, flds="\x1f".join(f"f{n}" for n in range(4_000))),
    "E30 guids twice": sql("UPDATE notes SET guid = 'same'"),
    "E30 guids twice that look separated": sql(
        "UPDATE notes SET guid = 'same'",
        f"UPDATE notes SET guid = 'same-{FIRST_NOTE + 1}' WHERE id = {FIRST_NOTE + 2}"),
    "E30 no guids": sql("UPDATE notes SET guid = ''"),
    "E30 no decks": sql("UPDATE cards SET did = 99"),
    "E30 decks of words": sql("UPDATE cards SET did = 'Heart', odid = 'x'"),
    "E30 ids below zero": sql("UPDATE notes SET id = -id", "UPDATE cards SET id = -id, nid = -nid",
                              "UPDATE revlog SET cid = -cid"),
    "E30 cards of one ordinal": sql("UPDATE cards SET nid = (SELECT min(id) FROM notes), ord = 0"),
    "E31 a template nested 20,000 deep": front_of_basic("{{#Front}}" * 20_000 + "x" + "{{/Front}}" * 20_000),
    "E32 a template of 3 MB": front_of_basic(random_text(3_000_000)),
    "E32 an unclosed template": front_of_basic("{{#Front}}{{Front}}"),
    "E32 a template within itself": front_of_basic("{{FrontSide}}{{Front}}"),
    "E33 cloze 999,999": sql("UPDATE notes SET flds = '{{c999999::x}} {{c1::y}}' || char(31) WHERE guid = 'cloze'",
                             "UPDATE cards SET ord = 999998 WHERE ord = 1"),
    "E33 only cloze 999,999": sql("UPDATE notes SET flds = '{{c999999::x}}' || char(31) WHERE guid = 'cloze'",
                                  f"UPDATE cards SET ord = 999998 WHERE nid = {FIRST_NOTE + 2}"),
    "E33 cloze nested 5,000 deep": values("notes", "guid = 'cloze'",
                                          flds="{{c1::" * 5_000 + "x" + "}}" * 5_000 + "\x1f"),
    "E36 absurd options": json_of("dconf", lambda presets: presets["1"].update(
        desiredRetention=0, fsrsParams6=[1e308] * 21, new={"perDay": float("inf"), "delays": [float("nan"), -1, 1e308]},
        rev={"perDay": -1, "maxIvl": 1e308}, lapse={"leechFails": -5, "delays": "soon"})),
    "E36 options that are none": json_of("dconf", lambda presets: presets["1"].update(
        desiredRetention=float("nan"), fsrsParams6=[float("nan")] * 21, fsrsParams5="x", new=[], rev=None, lapse=7)),
    "E36 absurd settings": sql("""UPDATE col SET conf = '{"rollover":1e308,"creationOffset":NaN,"schedVer":"x"}'"""),
    "E36 settings that are none": sql("UPDATE col SET conf = 'none', dconf = '[', decks = '{]'"),
    "E36 a number of 5,000 digits": values("col", "1", conf='{"x":' + "9" * 5_000 + "}"),
    "E36 made at no time": sql(f"UPDATE col SET crt = {2**62}"),
}
"""Collections with rows that are repaired, or left out and counted; the rest is taken."""


@dataclass(frozen=True)
class Staged:
    """What a reader leaves of a collection: rows as dictionaries; notes by guid, cards by guid and ordinal."""

    notes: dict[str, dict[str, Any]]
    cards: dict[tuple[str, int], dict[str, Any]]
    decks: dict[int, dict[str, Any]]
    note_types: dict[int, dict[str, Any]]
    reviews: list[tuple[Any, ...]]
    media: dict[str, str]
    problems: list[str]
    skipped: list[tuple[str, str]]
    facts: dict[str, str]


def staged(path: Path, folder: Path, *, with_learning: bool = True, now: datetime = NOW) -> Staged:
    """Read a package or a bare collection as the child process does, but in this one."""
    folder.mkdir()
    read = stage_package if path.suffix in (".apkg", ".colpkg") else stage_collection
    read({"path": str(path), "now_ms": round(now.timestamp() * 1000), "utc_offset_minutes": 0,
          "with_learning": with_learning}, folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in (staging.NAME, staging.LOG_NAME):
        if (folder / name).exists():
            with closing(staging.open_staging(folder / name)) as connection:
                connection.row_factory = sqlite3.Row
                for table in TABLES_OF_STAGE:
                    rows.setdefault(table, []).extend(map(dict, connection.execute(f"SELECT * FROM {table}")))
    guids = {row["id"]: row["guid"] for row in rows["note"]}
    names = {row["id"]: (guids[row["note_id"]], row["ordinal"]) for row in rows["card"]}
    return Staged(
        {row["guid"]: row for row in rows["note"]}, {names[row["id"]]: row for row in rows["card"]},
        {row["id"]: row for row in rows["deck"]}, {row["id"]: row for row in rows["note_type"]},
        [(names.get(row["card_id"], row["card_id"]), row["answered_at"], row["rating"], row["origin"])
         for row in rows["review"]], {row["name"]: row["sha256"] for row in rows["media"]},
        [row["what"] for row in rows["problem"]], [(row["note"], row["reason"]) for row in rows["skipped"]],
        {row["key"]: row["value"] for row in rows["fact"]})


def studied_elsewhere(package: Path, target: Path, answers: Sequence[tuple[str, int, datetime, int, int]]) -> Path:
    """A package of ours as it comes back from a phone: answers (guid, ordinal, moment, ease, days until due)."""
    with zipfile.ZipFile(package) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    [name] = (name for name in held if name.startswith("collection."))
    collection = target.with_suffix(".phone")
    collection.write_bytes(held[name])
    with closing(sqlite3.connect(collection, isolation_level=None)) as database:
        [made_at] = database.execute("SELECT crt FROM col").fetchone()
        for guid, ordinal, at, ease, days in answers:
            [card, before, kind] = database.execute(
                "SELECT c.id, c.ivl, c.type FROM cards c JOIN notes n ON n.id = c.nid WHERE n.guid = ? AND c.ord = ?",
                (guid, ordinal)).fetchone()
            moment, second = round(at.timestamp() * 1000), int(at.timestamp())
            while database.execute("SELECT 1 FROM revlog WHERE id = ?", (moment,)).fetchone():
                moment += 1
            database.execute("INSERT INTO revlog VALUES (?, ?, 0, ?, ?, ?, 500, 3000, ?)",
                             (moment, card, ease, days, before, REVIEW if kind == 2 else LEARN))
            database.execute(
                "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = ?, reps = reps + 1, mod = ?, data = ? "
                "WHERE id = ?", ((second - made_at) // 86_400 + days, days, second,
                                 json.dumps({"s": float(days), "d": 5.0, "dr": 0.9, "lrt": second}), card))
    held[name] = collection.read_bytes()
    collection.unlink()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return target


def contents(path: Path) -> dict[str, Any]:
    """Everything that a collection of ours holds, row by row, but which files were imported; and its media."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('imported_file', 'sqlite_sequence') "
            "AND name NOT LIKE 'sqlite_stat%'")]
        held: dict[str, Any] = {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr)
                                for table in tables}
    media = path.with_suffix(".media")
    held["files"] = {file.name: file.read_bytes() for file in media.iterdir()} if media.is_dir() else {}
    return held
