"""Writing flashcore's own format: the bytes of a file, its media, and what stays when it cannot be written."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from pathlib import Path

import pytest

from flashcore.domain.staging import Fact
from flashcore.errors import FileError
from flashcore.formats import jsonl, jsonl_writer, staging
from flashcore.formats.jsonl_writer import WrittenJsonl


def a_staging(folder: Path) -> Path:
    """A staging file of a note with a card."""
    with closing(staging.create_staging(folder / "staging.db")) as connection:
        staging.insert_facts(connection, {Fact.IS_WHOLE: "1", Fact.WITH_LEARNING: "0"})
        staging.insert_rows(connection, "note_type", [
            (4, "Basic", "standard", '["Front"]', '[["Card", "{{Front}}", ""]]', "", '{"id": 7}')])
        staging.insert_rows(connection, "deck", [(9, "Härz", "", ""), (3, "A", "", "")])
        staging.insert_rows(connection, "note", [(1, "n1", 4, 9, "html", "ß <b>\u2028\n\"", "b a", "", 1, 2, 0, "")])
        staging.insert_rows(connection, "card", [(1, 1, 0, 3, None, 0, 0, 0, *(None,) * 13)])
    return folder / "staging.db"


def test_a_file_is_lines_of_sorted_keys_that_differ_only_where_collections_do(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    assert jsonl_writer.write(a_staging(tmp_path), path, {}) == WrittenJsonl(1, 1, 0, 0)
    above = (
        '{"format":"flashcore","is_whole":true,"version":1,"with_learning":false}\n'
        '{"anki":{"id":7},"fields":["Front"],"kind":"standard","name":"Basic","templates":'
        '[{"back":"","front":"{{Front}}","name":"Card"}],"type":"note_type"}\n'
        '{"name":"A","type":"deck"}\n'
        '{"name":"Härz","type":"deck"}\n'
        '{"added_at":1,"changed_at":2,"deck":"Härz","fields":["ß <b>\\u2028\\n\\""],"guid":"n1","markup":"html",'
        '"note_type":"Basic","tags":["b","a"],"type":"note"}\n'
        '{"deck":"A","note":"n1","ordinal":0,"type":"card"}\n').encode()
    end = f'{{"lines":6,"sha256":"{hashlib.sha256(above).hexdigest()}","type":"end"}}\n'
    assert path.read_bytes() == above + end.encode()


def test_what_is_written_is_read_as_intact(tmp_path: Path) -> None:
    jsonl_writer.write(a_staging(tmp_path), tmp_path / "all.jsonl", {})
    (tmp_path / "read").mkdir()
    jsonl.stage({"path": str(tmp_path / "all.jsonl")}, tmp_path / "read")
    with closing(staging.open_staging(tmp_path / "read" / staging.NAME)) as connection:
        assert dict(connection.execute("SELECT * FROM fact"))[Fact.IS_INTACT] == "1"
        assert connection.execute("SELECT * FROM problem").fetchall() == []


def test_media_stand_in_the_folder_beside_once(tmp_path: Path) -> None:
    source, path = tmp_path / "source", tmp_path / "all.jsonl"
    source.mkdir()
    for name in ("b.png", "a.png"):
        (source / name).write_bytes(name.encode())
    media = {**{name: source / name for name in ("b.png", "a.png")}, "gone.png": source / "gone.png"}
    assert jsonl_writer.write(a_staging(tmp_path), path, media) == WrittenJsonl(1, 1, 0, 2, ("gone.png",))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line for line in lines if line.get("type") == "media"] == [
        {"type": "media", "name": name, "sha256": hashlib.sha256(name.encode()).hexdigest(), "size": 5}
        for name in ("a.png", "b.png")]
    copied = tmp_path / "all.media" / "a.png"
    before = copied.stat().st_mtime_ns
    (tmp_path / "all.media" / "b.png").write_bytes(b"xxxxx")
    jsonl_writer.write(tmp_path / "staging.db", path, media)
    assert copied.stat().st_mtime_ns == before
    assert (tmp_path / "all.media" / "b.png").read_bytes() == b"b.png"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.jsonl", "all.media", "source", "staging.db"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("old")
    with closing(staging.create_staging(tmp_path / "other.db")) as connection:
        connection.execute("DROP TABLE note")
    with pytest.raises(FileError, match="it cannot be written"):
        jsonl_writer.write(tmp_path / "other.db", path, {})
    assert path.read_text() == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.jsonl", "other.db"]
    with pytest.raises(FileError, match="it cannot be written"):
        jsonl_writer.write(a_staging(tmp_path), tmp_path / "nowhere" / "all.jsonl", {})


def test_a_file_keeps_the_rights_of_the_one_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("old")
    path.chmod(0o640)
    jsonl_writer.write(a_staging(tmp_path), path, {})
    assert path.stat().st_mode & 0o777 == 0o640
