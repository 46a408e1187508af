"""A reader of records in the child process: the bundle that it reads, put into a staging file with its media."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from hashlib import file_digest
from importlib import import_module
from pathlib import Path
from typing import Any

from flashcore.domain.bundle import Bundle
from flashcore.domain.media_references import with_media_names
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.domain.staging import Fact
from flashcore.errors import Problem
from flashcore.formats import ReadOptions, staging
from flashcore.formats.media_names import safe_name


def stage_bundle(job: Mapping[str, Any], folder: Path, progress: object = None) -> dict[str, Any]:
    """Read the file ``job["path"]`` with the module ``job["module"]``.

    ``job`` may have deck, root, encoding, delimiter, and note_types (lists of name, kind, fields, templates, css).

    Raises:
        FileError: it is refused.
    """
    path = Path(job["path"])
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    options = ReadOptions(
        path, job.get("deck") or "Default", Path(job["root"]) if job.get("root") else None, job.get("encoding") or None,
        job.get("delimiter") or None, {row[0]: _note_type(row) for row in job.get("note_types", ())}, unpacked)
    bundle: Bundle = import_module(job["module"]).read(path.read_bytes(), options)
    rows, names, missing = _media(bundle, folder)
    connection = staging.create_staging(folder / staging.NAME)
    try:
        staging.write_bundle(connection, bundle, rows)
        changed = {reference: name for reference, name in names.items() if reference != name}
        if changed:
            connection.create_function("with_media_names", 1, lambda fields: with_media_names(fields, changed))
            connection.execute("UPDATE note SET fields = with_media_names(fields) "
                               "WHERE fields <> with_media_names(fields)")
        lost = len(missing) + sum("is missing" in one.what for one in bundle.warnings)
        staging.insert_facts(connection, {Fact.MEDIA_MISSING: str(lost)})
        staging.insert_rows(connection, "problem", (
            (len(bundle.warnings) + number, one.line, one.what, one.hint) for number, one in enumerate(missing, 1)))
    finally:
        connection.close()
    shutil.rmtree(unpacked)
    return {}


def _note_type(row: list[Any]) -> NoteType:
    name, kind, fields, templates, css = row
    return NoteType(name, NoteKind(kind), tuple(fields), tuple(Template(*parts) for parts in templates), css)


def _media(bundle: Bundle, folder: Path) -> tuple[list[tuple[str, str, str, int]], dict[str, str], list[Problem]]:
    """Rows of the staging file, the name that each reference gets, and what is missing."""
    rows: dict[str, tuple[str, str, str, int]] = {}
    names: dict[str, str] = {}
    missing: list[Problem] = []
    by_lower: dict[str, str] = {}
    for reference, file in sorted(bundle.media.items()):
        try:
            with file.open("rb") as source:
                digest = file_digest(source, "sha256").hexdigest()
        except OSError as error:
            missing.append(Problem(0, f"the media file {reference[:80]!r} cannot be read "
                                      f"({error.strerror or error})", "the notes were taken without it"))
            continue
        name = safe_name(file.name)
        held = by_lower.get(name.casefold())
        if held is not None and rows[held][2] != digest:
            stem, dot, suffix = name.rpartition(".")
            name = safe_name(f"{stem or suffix}-{digest[:8]}{dot}{suffix if stem else ''}")
            held = by_lower.get(name.casefold())
        names[reference] = held or name
        if held is None:
            if not (folder / digest).exists():
                shutil.copyfile(file, folder / digest)
            rows[name] = name, digest, digest, file.stat().st_size
            by_lower[name.casefold()] = name
    return list(rows.values()), names, missing
