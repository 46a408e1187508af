"""Write notes of the collection into a file of another format, or all of it with everything that was learned."""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flashcore.domain.bundle import Bundle
from flashcore.domain.query_terms import Everything, Query
from flashcore.domain.staging import Fact
from flashcore.errors import UsageError
from flashcore.formats import Format, writer_for
from flashcore.store import content, extract, staged
from flashcore.store.columns import to_day
from flashcore.store.database import Connection
from flashcore.store.selection import find_cards
from flashcore.study.files import write_atomically
from flashcore.study.import_report import ExportReport
from flashcore.study.media_store import copy_out
from flashcore.study.options import option_texts

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


def export(collection: Collection, path: Path, query: Query, *, format: str | None = None,
           with_scheduling: bool = True, is_spreadsheet: bool = False) -> ExportReport:
    """See ``Collection.export``. A note goes out whole, with all its cards, if the query selects one of them."""
    chosen = writer_for(path, format or ("markdown" if path.is_dir() else None))
    if is_spreadsheet and chosen.name != "csv":
        raise UsageError("--spreadsheet is for .csv files")
    with tempfile.TemporaryDirectory(prefix="flashcore-") as folder:
        staging = Path(folder) / "staging.db"
        fill = _staged_own if chosen.name == "jsonl" else _staged
        with fill(collection, staging, query, with_scheduling=with_scheduling and chosen.has_learning) as connection:
            media = _media(collection, connection, query)
        return _write(collection, staging, chosen, path, media, with_scheduling=with_scheduling,
                      is_spreadsheet=is_spreadsheet)


@contextmanager
def _staged(collection: Collection, staging: Path, query: Query, *, with_scheduling: bool) -> Iterator[Connection]:
    """A staging file of what a query selects, filled."""
    from flashcore.formats.staging import create_staging

    create_staging(staging).close()
    is_everything = isinstance(query, Everything)
    with collection.database.read() as connection:
        card_ids = None if is_everything else find_cards(connection, query, collection.view())
    options = collection.option_set()
    with staged.exporting(collection.database, staging) as connection:
        extract.choose(connection, card_ids)
        extract.extract_notes(connection)
        decks, steps = [], {}
        for deck_id, name, anki in extract.decks_in_use(connection, every=is_everything):
            preset = options.for_deck(name).preset
            decks.append((deck_id, name, json.dumps(option_texts(options, name)) if with_scheduling else "", anki))
            steps[deck_id] = len(preset.learning_steps_seconds), len(preset.relearning_steps_seconds)
        extract.put_decks(connection, decks, steps)
        if with_scheduling:
            extract.extract_reviews(connection, with_orphans=is_everything)
            extract.extract_cards(connection, to_day(collection.today()))
        else:
            extract.extract_new_cards(connection)
        extract.put_facts(connection, {Fact.ROLLOVER_HOUR: str(options.collection().rollover_hour),
                                       Fact.IS_WHOLE: str(int(is_everything))})
        yield connection


@contextmanager
def _staged_own(collection: Collection, staging: Path, query: Query, *, with_scheduling: bool) -> Iterator[Connection]:
    """A staging file of what a query selects, filled row by row as the collection has it."""
    from flashcore.formats.staging import create_staging
    from flashcore.store.extract_own import extract_own

    create_staging(staging).close()
    is_everything = isinstance(query, Everything)
    with collection.database.read() as connection:
        card_ids = None if is_everything else find_cards(connection, query, collection.view())
    with staged.exporting(collection.database, staging) as connection:
        extract.choose(connection, card_ids)
        extract_own(connection, with_learning=with_scheduling, is_everything=is_everything)
        extract.put_facts(connection, {Fact.IS_WHOLE: str(int(is_everything)),
                                       Fact.WITH_LEARNING: str(int(with_scheduling))})
        yield connection


def _write(collection: Collection, staging: Path, chosen: Format, path: Path, media: Mapping[str, Path], *,
           with_scheduling: bool, is_spreadsheet: bool) -> ExportReport:
    if chosen.name == "anki":
        from flashcore.formats.anki_writer import write_package

        now = collection.now()
        written = write_package(staging, path, media, now=now.astimezone(collection.clock.zone),
                                with_scheduling=with_scheduling, is_collection=path.suffix.lower() == ".colpkg")
        return ExportReport(written.notes, written.cards, written.media, (str(path),), reviews=written.reviews)
    if chosen.name == "jsonl":
        from flashcore.formats import jsonl_writer

        held = jsonl_writer.write(staging, path, media)
        return ExportReport(held.notes, held.cards, held.media, (str(path),), reviews=held.reviews)
    from flashcore.formats.staging import open_staging, read_bundle

    connection = open_staging(staging)
    try:
        bundle = read_bundle(connection)
        cards = int(connection.execute("SELECT count(*) FROM card").fetchone()[0])
    finally:
        connection.close()
    if chosen.name == "markdown":
        files = _export_markdown(bundle, path, media)
    else:
        files = _export_table(collection, chosen, replace(bundle, media=media), path, is_spreadsheet=is_spreadsheet)
    return ExportReport(len(bundle.notes), cards, len(media), tuple(map(str, files)))


def _export_table(collection: Collection, chosen: Format, bundle: Bundle, path: Path, *,
                  is_spreadsheet: bool) -> list[Path]:
    """One file, by the format's own writer."""
    from importlib import import_module

    write = import_module(chosen.writer).write
    more: dict[str, object] = {"is_spreadsheet": True} if is_spreadsheet else {}
    if chosen.name != "crowdanki":
        more["media"] = bundle.media
    write(bundle, path, now=collection.now(), **more)
    return [path]


_REFERENCE = re.compile(r"(?:\bsrc\s*=\s*[\"']?|\[sound:|\]\(<?|url\([\"']?|\bdata\s*=\s*[\"']?)([^\"'<>\])\x1f]+)")


def _media(collection: Collection, connection: Connection, query: Query) -> dict[str, Path]:
    """The pictures and sounds that the chosen notes name; of the whole collection, all."""
    names = content.media_hashes(connection)
    if not isinstance(query, Everything):
        used: set[str] = set()
        for text in extract.field_texts(connection):
            if "src" in text or "[sound:" in text or "](" in text or "url(" in text:
                for found in _REFERENCE.findall(text):
                    used |= {found, html.unescape(found), unquote(found), unquote(html.unescape(found))}
        # what begins with an underscore is named by templates and styling
        names = {name: names[name] for name in names if name in used or name.startswith("_")}
    return {name: collection.media_path / name for name in names}


def _export_markdown(bundle: Bundle, path: Path, media: Mapping[str, Path]) -> list[Path]:
    """One deck into a file, or each deck into a file of its own in a folder; pictures into a folder beside it."""
    from flashcore.formats.markdown_media import rename_media
    from flashcore.formats.markdown_writer import write_markdown_deck, write_markdown_files

    folder = path if path.is_dir() else path.parent
    beside = "media" if path.is_dir() else f"{path.stem}.media"
    moved = {name: f"{beside}/{name}" for name in media}
    bundle = replace(bundle, notes=tuple(
        replace(one, note=replace(one.note, fields=tuple(rename_media(field, moved) for field in one.note.fields)))
        for one in bundle.notes))
    if path.is_dir():
        texts = {folder / name: text for name, text in write_markdown_files(bundle).items()}
    else:
        texts = {path: write_markdown_deck(bundle.notes, path=path)}
    for name, file in media.items():
        copy_out(file, folder / beside / name)
    for target, text in texts.items():
        write_atomically(target, text.encode())
    return list(texts)
