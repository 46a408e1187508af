"""What an Anki collection says beside its rows: note types, decks, presets, settings - from schema 11 or 14 to 18.

Both forms come out as the JSON of schema 11, so that what reads them need not know which it was.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from flashcore.errors import FileError, Problem
from flashcore.formats.anki_messages import parsed
from flashcore.formats.foreign_sqlite import columns_of, require_columns
from flashcore.formats.text_file import clean_text

Json = Mapping[str, Any]

NEWEST_SCHEMA = 18
MOST_JSON_BYTES = 64 * 1024 * 1024
_ID = re.compile(r"-?[0-9]{1,18}")
_SEPARATED = 14
"""From this schema on note types, decks and presets have tables of their own."""

_ROWS = {"notes": ("id", "guid", "mid", "mod", "tags", "flds"),
         "cards": ("id", "nid", "did", "ord", "type", "queue", "due", "ivl", "factor", "reps", "lapses", "left",
                   "odue", "odid", "flags", "data"),
         "revlog": ("id", "cid", "ease", "ivl", "lastIvl", "factor", "time", "type")}


@dataclass(slots=True)
class Metadata:
    """Note types, decks and presets by Anki's id, as JSON of schema 11; ``created_at`` is ``col.crt`` in seconds."""

    created_at: int
    models: dict[int, Json]
    decks: dict[int, Json]
    presets: dict[int, Json]
    settings: Json
    problems: list[Problem] = field(default_factory=list)


def read_metadata(connection: sqlite3.Connection, name: Path | str) -> Metadata:
    """Everything but the rows of ``notes``, ``cards`` and ``revlog``, whose columns are checked.

    Raises:
        FileError: a table or column is missing, the collection is of a newer Anki, or its note types cannot be read.
    """
    _refuse_virtual(connection, name)
    require_columns(connection, name, {"col": ("crt", "ver"), **_ROWS})
    row = connection.execute("SELECT crt, ver FROM col").fetchone()
    if row is None:
        raise FileError(name, "its table col is empty", "export the deck again from Anki")
    created_at, version = row
    if not isinstance(version, int) or not isinstance(created_at, int) or version < 1:
        raise FileError(name, "its table col does not say which schema it has", "export the deck again from Anki")
    if version > NEWEST_SCHEMA:
        raise FileError(name, f"it was made by a newer Anki (schema {version}, known are up to {NEWEST_SCHEMA})",
                        "export it with support for older Anki versions")
    if version < 11:
        raise FileError(name, f"it was made by an Anki of 2012 or before (schema {version})",
                        "open it in a newer Anki and export it from there")
    try:
        if version < _SEPARATED:
            return _of_schema_11(connection, created_at)
        return _of_tables(connection, name, created_at, version)
    except (ValueError, RecursionError) as error:
        raise FileError(name, f"its note types or decks cannot be read ({str(error)[:200]})",
                        "export the deck again from Anki") from error


def _refuse_virtual(connection: sqlite3.Connection, name: Path | str) -> None:
    for table, statement in connection.execute("SELECT lower(name), sql FROM sqlite_master WHERE type = 'table'"):
        if table in ("col", *_ROWS) and str(statement).lstrip().lower().startswith("create virtual"):
            raise FileError(name, f"its table {table} is no plain one; a file with one is not read",
                            "export the deck again from Anki")


def _of_schema_11(connection: sqlite3.Connection, created_at: int) -> Metadata:
    conf, models, decks, presets = connection.execute("SELECT conf, models, decks, dconf FROM col").fetchone()
    problems: list[Problem] = []
    held: list[Json] = []
    for text, what, else_ in ((decks, "its decks", {}), (presets, "its deck options", {}),
                              (conf, "its settings", {"schedVer": 2})):
        try:
            held.append(_object(text))
        except (ValueError, RecursionError):
            held.append(else_)
            problems.append(Problem(0, f"{what} cannot be read and were left out", "export the deck again from Anki"))
    return Metadata(created_at, _by_id(_object(models)), _by_id(held[0]), _by_id(held[1]), held[2], problems)


def _by_id(held: Json) -> dict[int, Json]:
    return {int(key): value for key, value in held.items() if isinstance(value, dict) and _ID.fullmatch(key)}


def _object(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > MOST_JSON_BYTES:
        raise ValueError("no JSON where some is expected")
    held = json.loads(text or "{}")
    return held if isinstance(held, dict) else {}


def _of_tables(connection: sqlite3.Connection, name: Path | str, created_at: int, version: int) -> Metadata:
    has_note_types = version > _SEPARATED or bool(columns_of(connection, "notetypes"))
    require_columns(connection, name, {
        "decks": ("id", "name", "kind"), "deck_config": ("id", "name", "config"), "config": ("KEY", "val"),
        **({"notetypes": ("id", "name", "mtime_secs", "config"), "fields": ("ntid", "ord", "name", "config"),
            "templates": ("ntid", "ord", "name", "config")} if has_note_types else {})})
    problems: list[Problem] = []
    settings = {}
    for key, value in connection.execute("SELECT KEY, val FROM config"):
        try:
            settings[str(key)] = json.loads(value)
        except (ValueError, TypeError, RecursionError):
            problems.append(Problem(0, f"the setting {str(key)[:60]!r} cannot be read and was left out"))
    if has_note_types:
        models = dict(_models(connection, problems))
    else:  # schema 14 has the other tables already
        [text] = connection.execute("SELECT models FROM col").fetchone()
        models = _by_id(_object(text))
    return Metadata(created_at, models, dict(_decks(connection, problems)), dict(_presets(connection, problems)),
                    settings, problems)


def _models(connection: sqlite3.Connection, problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    rows = connection.execute("SELECT id, CAST(name AS TEXT), mtime_secs, config FROM notetypes").fetchall()
    yield from _readable(((row[0], row[1], partial(_model, connection, *row)) for row in rows), "note type", problems)


def _readable(rows: Iterable[tuple[int, str, Callable[[], Json]]], kind: str,
              problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    """Rows by id as they are made; one that is damaged is left out and named."""
    for number, name, make in rows:
        try:
            yield number, make()
        except (ValueError, TypeError, RecursionError):
            problems.append(Problem(0, f"the {kind} {str(name)[:60]!r} is damaged and was left out",
                                    "export the deck again from Anki"))


def _model(connection: sqlite3.Connection, number: int, name: str, changed_at: int, config: bytes) -> Json:
    held: Any = parsed("NotetypeConfig", config)
    fields = []
    for place, field_name, blob in connection.execute(
            "SELECT ord, name, config FROM fields WHERE ntid = ? ORDER BY ord", (number,)):
        one: Any = parsed("FieldConfig", blob)
        fields.append({"name": field_name, "ord": place, "sticky": one.sticky, "rtl": one.rtl,
                       "font": one.font_name, "size": one.font_size, "description": one.description,
                       "plainText": one.plain_text, "collapsed": one.collapsed,
                       "excludeFromSearch": one.exclude_from_search, "preventDeletion": one.prevent_deletion,
                       "id": one.id if one.HasField("id") else None,
                       "tag": one.tag if one.HasField("tag") else None, **_other(one.other)})
    templates = []
    for place, template_name, blob in connection.execute(
            "SELECT ord, name, config FROM templates WHERE ntid = ? ORDER BY ord", (number,)):
        one = parsed("TemplateConfig", blob)
        templates.append({"name": template_name, "ord": place, "qfmt": one.q_format, "afmt": one.a_format,
                          "bqfmt": one.q_format_browser, "bafmt": one.a_format_browser, "did": None,
                          "bfont": one.browser_font_name, "bsize": one.browser_font_size,
                          "id": one.id if one.HasField("id") else None, **_other(one.other)})
    model = {"id": number, "name": name, "mod": changed_at, "type": held.kind, "css": held.css,
             "sortf": held.sort_field_idx, "latexPre": held.latex_pre, "latexPost": held.latex_post,
             "latexsvg": held.latex_svg, "flds": fields, "tmpls": templates, **_other(held.other)}
    if held.original_stock_kind:
        model["originalStockKind"] = held.original_stock_kind
    if held.HasField("original_id"):
        model["originalId"] = held.original_id
    return model


def _other(data: bytes) -> dict[str, Any]:
    """What Anki itself did not know when it made schema 18 of an older collection."""
    try:
        held = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in held.items() if key not in ("flds", "tmpls", "name")} \
        if isinstance(held, dict) else {}


def _decks(connection: sqlite3.Connection, problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    rows = connection.execute("SELECT id, CAST(name AS TEXT), kind FROM decks").fetchall()
    yield from _readable(((row[0], row[1], partial(_deck, *row)) for row in rows), "deck", problems)


def _deck(number: int, name: str, blob: bytes) -> Json:
    kind: Any = parsed("DeckKind", blob)
    normal = kind.normal
    deck: dict[str, Any] = {"id": number, "name": str(name).replace("\x1f", "::"),
                            "dyn": int(kind.HasField("filtered")), "conf": normal.config_id or 1}
    if normal.description:
        deck["desc"], deck["md"] = normal.description, normal.markdown_description
    for key, value in (("newLimit", "new_limit"), ("reviewLimit", "review_limit"),
                       ("desiredRetention", "desired_retention")):
        if normal.HasField(value):
            deck[key] = getattr(normal, value)
    return deck


def _short(values: Iterable[float]) -> list[float]:
    """Numbers that were kept in 32 bits, as the shortest decimals that give those bits: 0.212, not 0.2119999975."""
    return [_shortest(value) if math.isfinite(value) else value for value in values]


def _shortest(value: float) -> float:
    bits = struct.pack("f", value)
    return next(short for digits in range(6, 10) if struct.pack("f", short := float(f"{value:.{digits}g}")) == bits)


def _presets(connection: sqlite3.Connection, problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    rows = connection.execute("SELECT id, CAST(name AS TEXT), config FROM deck_config").fetchall()
    yield from _readable(((row[0], row[1], partial(_preset, *row)) for row in rows), "preset", problems)


def _preset(number: int, name: str, blob: bytes) -> Json:
    held: Any = parsed("DeckConfig", blob)
    return {
        "id": number, "name": name,
        "new": {"perDay": held.new_per_day, "delays": list(held.learn_steps)},
        "rev": {"perDay": held.reviews_per_day, "maxIvl": held.maximum_review_interval},
        "lapse": {"delays": list(held.relearn_steps), "leechFails": held.leech_threshold,
                  "leechAction": held.leech_action},
        "desiredRetention": held.desired_retention or None, "fsrsParams6": _short(held.fsrs_params_6),
        "fsrsParams5": _short(held.fsrs_params_5), "fsrsWeights": _short(held.fsrs_params_4)}


def clean_name(value: object) -> str:
    """A name as text in NFC without control characters."""
    return " ".join(clean_text(value)[0].split()) if isinstance(value, str) else ""
