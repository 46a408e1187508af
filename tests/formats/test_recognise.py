from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flashcore.formats.recognise import recognised

EXPORT_OF_HASHCARDS = b'{"cards": [{"hash": "x", "familyHash": null, "performance": null}]}'


@pytest.mark.parametrize(("suffix", "data", "name"), [
    (".md", b"Q: What?\nA: That.\n", "markdown"),
    (".md", b"#flashcards\n\nheart::cor\n", "obsidian"),
    (".md", b"heart::cor <!--SR:!2026-01-01,3,250-->\n", "obsidian"),
    (".md", b"#flashcards as a word\n\nQ: What?\nA: That.\n", "markdown"),
    (".txt", b"#separator:tab\nfront\tback\n", "anki-text"),
    (".csv", b"#notetype:Basic\nfront,back\n", "anki-text"),
    (".txt", b"Q: What?\nA: That.\n\nQ: And?\nA: This.\n", "supermemo"),
    (".csv", b"Q: What?\nA: That.\n", "csv"),
    (".txt", b"front\tback\n", "anki-text"),
    (".tsv", "front\tback\n".encode("utf-16"), "csv"),
    (".txt", "#separator:tab\nfront\tback\n".encode("utf-16"), "anki-text"),
    (".json", b'{"__type__": "Deck", "notes": []}', "crowdanki"),
    (".json", EXPORT_OF_HASHCARDS, "hashcards"),
    (".json", b'{"notetypes": [], "notes": []}', "anki-json"),
    (".json", b"[1, 2", "crowdanki"),
    (".json", b"[" * 200_000, "crowdanki"),
    (".apkg", b"PK", ""),
])
def test_a_file_is_told_by_its_suffix_and_how_it_begins(suffix: str, data: bytes, name: str) -> None:
    assert recognised(Path(f"deck{suffix}"), suffix, data) == name


def database(path: Path, *statements: str) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path.read_bytes()


def test_databases_are_told_by_their_tables(tmp_path: Path) -> None:
    hashcards = database(tmp_path / "h.db", "CREATE TABLE cards (card_hash TEXT)",
                         "CREATE TABLE reviews (card_hash TEXT, grade TEXT)")
    repeater = database(tmp_path / "r.db", "CREATE TABLE cards (card_hash TEXT, last_reviewed_at TEXT, stability REAL, "
                        "difficulty REAL, interval_days INTEGER, due_date TEXT, review_count INTEGER)")
    other = database(tmp_path / "o.db", "CREATE TABLE people (name TEXT)")
    assert [recognised(None, ".db", data) for data in (hashcards, repeater, other, b"", json.dumps({}).encode())] == [
        "hashcards", "repeater", "", "", ""]
