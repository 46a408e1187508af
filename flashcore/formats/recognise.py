"""Which of the formats of one suffix a file is, told by how it begins."""

from __future__ import annotations

import json
from pathlib import Path

from flashcore.formats.text_file import mark_of

_LOOKED_AT = 1_000_000
"""Bytes of the beginning that are looked at."""


def recognised(path: Path | None, suffix: str, data: bytes) -> str:
    """The name of the format of a file (None: standard input); empty where its suffix tells already."""
    head = data[:_LOOKED_AT]
    match suffix:
        case ".md":
            from flashcore.formats.obsidian_sr import looks_like_obsidian

            return "obsidian" if looks_like_obsidian(_text(head)) else "markdown"
        case ".txt" | ".csv" | ".tsv":
            return _table(suffix, _text(head))
        case ".json":
            return _json(data)
        case ".db":
            return _database(data)
    return ""


def _text(head: bytes) -> str:
    return head.decode(mark_of(head), "replace").removeprefix("\ufeff")


def _table(suffix: str, text: str) -> str:
    from flashcore.formats.anki_header import starts_with_header
    from flashcore.formats.supermemo import looks_like_questions

    if starts_with_header(text):
        return "anki-text"
    if suffix == ".txt":
        return "supermemo" if looks_like_questions(text) else "anki-text"
    return "csv"


def _json(data: bytes) -> str:
    from flashcore.formats.hashcards import looks_like_hashcards

    head = data[:_LOOKED_AT]
    if b'"__type__"' in head or b'"note_models"' in head or b'"crowdanki_uuid"' in head:
        return "crowdanki"
    if looks_like_hashcards(data):
        return "hashcards"
    try:
        keys = set(json.loads(data)) if len(data) <= _LOOKED_AT else set()
    except (ValueError, TypeError, RecursionError):
        keys = set()
    return "anki-json" if keys & {"notes", "notetypes", "default_notetype", "decks"} else "crowdanki"


def _database(data: bytes) -> str:
    from flashcore.formats.hashcards import looks_like_hashcards
    from flashcore.formats.repeater import looks_like_repeater

    if looks_like_hashcards(data):
        return "hashcards"
    return "repeater" if looks_like_repeater(data) else ""
