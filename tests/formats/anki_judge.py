"""The real Anki as the judge of packages: what it holds after an import, in the terms of a staging file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from anki.collection import Collection as Anki
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

NOTHING_TO_FIX = ("Database rebuilt and optimized.", True)


@dataclass(frozen=True, slots=True)
class Held:
    """What Anki holds. Cards by (guid, ordinal); days relative to the study day of now."""

    notes: dict[str, tuple[Any, ...]]
    cards: dict[tuple[str, int], dict[str, Any]]
    reviews: list[tuple[Any, ...]] = field(default_factory=list)
    presets: dict[str, dict[str, Any]] = field(default_factory=dict)


@cache
def _empty() -> Path:
    path = Path(mkdtemp()) / "collection.anki2"
    Anki(str(path)).close()
    return path


@contextmanager
def an_anki(folder: Path) -> Iterator[Anki]:
    """An empty collection of Anki."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "collection.anki2"
    shutil.copyfile(_empty(), path)
    collection = Anki(str(path))
    try:
        yield collection
    finally:
        collection.close()


@contextmanager
def restored(folder: Path, package: Path) -> Iterator[Anki]:
    """The collection that Anki restores from a .colpkg."""
    media = folder / "collection.media"
    media.mkdir(parents=True, exist_ok=True)
    path = folder / "collection.anki2"
    with an_anki(folder / "other") as other:
        backend = other._backend
    backend.import_collection_package(col_path=str(path), backup_path=str(package), media_folder=str(media),
                                      media_db=str(folder / "collection.media.db2"))
    collection = Anki(str(path))
    try:
        yield collection
    finally:
        collection.close()


def import_package(anki: Anki, path: Path, *, with_scheduling: bool = True) -> dict[str, int]:
    """Anki's own counts."""
    options = ImportAnkiPackageOptions(with_scheduling=with_scheduling, with_deck_configs=with_scheduling)
    log = anki.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log
    return {what: len(getattr(log, what)) for what in ("new", "updated", "duplicate", "conflicting")}


def held(anki: Anki) -> Held:
    """Everything of a collection that a package carries."""
    assert anki.db is not None
    guids = dict(anki.db.all("select id, guid from notes"))
    models = {model["id"]: model["name"] for model in anki.models.all()}
    decks = {deck["id"]: deck["name"] for deck in anki.decks.all()}
    notes = {guid: (models[mid], changed, tuple(tags.split()), fields, str(sort), checksum) for
             guid, mid, changed, tags, fields, sort, checksum in
             anki.db.all("select guid, mid, mod, tags, flds, sfld, csum from notes")}
    today = anki.sched.today
    columns = ("type", "queue", "due", "ivl", "factor", "reps", "lapses", "left", "flags")
    cards: dict[tuple[str, int], dict[str, Any]] = {}
    names: dict[int, tuple[str, int]] = {}
    for number, nid, did, ordinal, data, *values in anki.db.all(
            f"select id, nid, did, ord, data, {', '.join(columns)} from cards"):
        names[number] = guids[nid], ordinal
        card = dict(zip(columns, values, strict=True)) | {"deck": decks[did], "data": json.loads(data or "{}")}
        if card["type"] == 2 or (card["type"] in (1, 3) and card["due"] < 1_000_000):
            card["due"] -= today
        cards[guids[nid], ordinal] = card
    reviews = [(number, names.get(cid, cid), *values) for number, cid, *values in anki.db.all(
        "select id, cid, ease, ivl, lastIvl, factor, time, type from revlog order by id")]
    presets = {deck["name"]: anki.decks.config_dict_for_deck_id(deck["id"]) for deck in anki.decks.all()}
    return Held(notes, cards, reviews, presets)
