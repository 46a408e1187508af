"""Reading flashcore's own format: what a line says, and what becomes of lines that say something else."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import fsrs.scheduler
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.staging import TABLES
from flashcore.errors import FileError
from flashcore.formats import jsonl, staging
from flashcore.formats.child import ChildLimits, run_child
from flashcore.formats.jsonl_values import HIGHEST_PARAMETERS, LOWEST_PARAMETERS

HEADER: dict[str, Any] = {"format": "flashcore", "version": 1, "is_whole": True, "with_learning": True}
NOTE_TYPE: dict[str, Any] = {"type": "note_type", "name": "Basic", "kind": "standard", "fields": ["Front", "Back"],
                             "templates": [{"name": "Card 1", "front": "{{Front}}", "back": "{{Back}}"}]}
NOTE: dict[str, Any] = {"type": "note", "guid": "n1", "note_type": "Basic", "deck": "Heart", "markup": "html",
                        "fields": ["Q", "A"], "tags": ["x", "y::z"], "added_at": 1000, "changed_at": 2000}
CARD: dict[str, Any] = {"type": "card", "note": "n1", "ordinal": 0}
SCHEDULE: dict[str, Any] = {
    "state": "review", "due_at": 1_772_596_800_000, "due_on": "2026-03-04", "interval_days": 2, "stability_days": 2.5,
    "difficulty": 5.25, "reps": 3, "lapses": 1, "last_at": 1_772_442_000_000, "last_on": "2026-03-02"}
PRESET: dict[str, Any] = {
    "type": "preset", "id": "p", "desired_retention": 0.9, "parameters": list(LOWEST_PARAMETERS),
    "learning_steps_seconds": [60], "relearning_steps_seconds": [], "maximum_interval_days": 365, "rollover_hour": 4}
REVIEW: dict[str, Any] = {
    "type": "review", "note": "n1", "ordinal": 0, "kind": "scheduled", "uuid": "u1", "answered_at": 1_772_442_000_000,
    "utc_offset_minutes": 60, "study_day": "2026-03-02", "rating": 3, "duration_ms": 5000, "preset": "p"}
IMPORTED: dict[str, Any] = {
    "type": "review", "note": "n1", "ordinal": 0, "kind": "imported", "origin": "review", "rating": 2,
    "answered_at": 1_772_300_000_000, "study_day": "2026-02-28", "interval": 4, "last_interval": -600, "factor": 2500}
WHOLE = [HEADER, NOTE_TYPE, NOTE, CARD, PRESET, REVIEW, IMPORTED]


def text(lines: Iterable[dict[str, Any] | str | bytes], *, ends: bool = True) -> bytes:
    """The lines of a file, with the last one that it needs."""
    made = [line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
            for line in lines]
    data = b"".join(line + b"\n" for line in made)
    end = {"type": "end", "lines": len(made), "sha256": hashlib.sha256(data).hexdigest()}
    return data + (json.dumps(end).encode() + b"\n" if ends else b"")


def staged(folder: Path, data: bytes, **job: Any) -> dict[str, list[tuple[Any, ...]]]:
    """The tables that a file is read into, those that are not empty."""
    (folder / "all.jsonl").write_bytes(data)
    place = folder / "staged"
    place.mkdir()
    jsonl.stage({"path": str(folder / "all.jsonl"), **job}, place)
    with closing(staging.open_staging(place / staging.NAME)) as connection:
        tables = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    tables["fact"] = sorted(tables["fact"])
    return {table: rows for table, rows in tables.items() if rows}


def facts(tables: dict[str, list[tuple[Any, ...]]]) -> dict[str, str]:
    return dict(tables["fact"])


def short(value: object) -> str:
    return str(value)[:40]


def problems(tables: dict[str, list[tuple[Any, ...]]]) -> list[tuple[int, str]]:
    return [(line, what) for _, line, what, _ in tables.get("problem", ())]


def test_every_line_becomes_rows(tmp_path: Path) -> None:
    card = {**CARD, "deck": "Heart::Valves", "flag": 3, "suspension": "leech", "buried_until": "2026-03-05",
            "added_at": 1001, "anki": {"pos": 7, "ease": "high", "dr": 0.9}, "schedule": {**SCHEDULE, "step": 1}}
    note = {**NOTE, "cloze_ordinals": [1, 0], "file": "/decks/a.md", "line": 4, "id_in_file": "one",
            "base": {"fields": ["q", "a"], "tags": ["x"], "deck": "Heart"}}
    found = staged(tmp_path, text([
        HEADER, {"type": "option", "key": "new_per_day", "value": "5"},
        {"type": "option", "deck": "Heart", "key": "new_per_day", "value": "6"}, {**NOTE_TYPE, "css": "p {}"},
        {"type": "deck", "name": "Heart", "anki": {"id": 5, "desc": "All of it"}},
        {"type": "deck_file", "path": "/decks/a.md", "sha256": "ab", "read_at": 3000}, note, card, PRESET,
        {**REVIEW, "before": SCHEDULE, "choice": "b", "correct": True, "leech": "tagged"}, IMPORTED,
        {"type": "review", "gone": 77, "kind": "undo", "uuid": "u2", "undoes": "u1", "answered_at": 5,
         "study_day": "1970-01-01"}]))
    day = 20_514  # 2 March 2026
    schedule = (2, 1_772_596_800_000, day + 2, 2, None, 2.5, 5.25, 3, 1, 1_772_442_000_000, day)
    preset = json.dumps({key: PRESET[key] for key in sorted(PRESET) if key not in ("type", "id")})
    nothing = (None,) * 11
    assert found == {
        "own_option": [("", "new_per_day", "5"), ("Heart", "new_per_day", "6")],
        "note_type": [(1, "Basic", "standard", '["Front", "Back"]', '[["Card 1", "{{Front}}", "{{Back}}"]]', "p {}",
                       "")],
        "deck": [(1, "Heart", "", '{"desc": "All of it", "id": 5}'), (2, "Heart::Valves", "", "")],
        "own_file": [(1, "/decks/a.md", "ab", 3000)],
        "note": [(1, "n1", 1, 1, "html", "Q\x1fA", "x y::z", "1 0", 1000, 2000, 7, "")],
        "own_note": [(1, 1, 4, "one", "q\x1fa", "x", "Heart")],
        "card": [(1, 1, 0, 2, 1001, 1, 0, 3, None, 2, *(None,) * 10, '{"dr":0.9,"pos":7}')],
        "own_card": [(1, "leech", day + 3)],
        "own_schedule": [(1, *schedule[:4], 1, *schedule[5:])],
        "own_preset": [(1, "p", preset)],
        "own_review": [
            (1, "u1", 1, "scheduled", 1_772_442_000_000, 60, day, 3, 5000, 1, "b", 1, None, "tagged", "", *schedule,
             None, None, None),
            (2, None, 1, "imported", 1_772_300_000_000, 0, day - 2, 2, None, None, None, None, None, "", "review",
             *nothing, 4, -600, 2500),
            (3, "u2", -77, "undo", 5, 0, 0, None, None, None, None, None, "u1", "", "", *nothing, None, None, None)],
        "fact": [("is_intact", "1"), ("is_own", "1"), ("is_whole", "1"), ("media_missing", "0"), ("on_match", "add"),
                 ("with_learning", "1")]}


def test_without_scheduling_only_notes_and_new_cards_are_read(tmp_path: Path) -> None:
    lines = [*WHOLE, {"type": "option", "key": "new_per_day", "value": "5"}]
    lines[3] = {**CARD, "schedule": SCHEDULE, "flag": 1, "suspension": "by_hand"}
    found = staged(tmp_path, text(lines), with_learning=False)
    assert found["card"] == [(1, 1, 0, 1, None, 0, 0, 0, *(None,) * 13)]
    assert not {"own_review", "own_schedule", "own_option", "own_preset", "own_card", "problem"} & found.keys()


@pytest.mark.parametrize(("line", "what"), [
    ("not JSON", "it is no JSON: expecting value"),
    ('{"type": "card"', "it is no JSON: expecting ',' delimiter"),
    ("[1, 2]", "it is no JSON object"),
    ("7", "it is no JSON object"),
    ("[" * 200_000, "its lists and objects are nested too deeply"),
    ('{"type": "card", "note": ' + "[" * 200_000 + "]" * 200_000 + "}", "its lists and objects are nested too deeply"),
    ('{"type": "card", "ordinal": ' + "1" * 5_000 + "}", "it holds a number that is none"),
    ('{"type": "card", "ordinal": NaN}', "it holds a number that is none"),
    ('{"type": "card", "ordinal": -Infinity}', "it holds a number that is none"),
    (b'{"type": "\xff"}', "it is not UTF-8"),
    ('{"note": "n1"}', "it does not say its type"),
    ('{"type": 7}', "it does not say its type"),
    ('{"type": "grade"}', "nothing is known of its type 'grade'"),
    ('{"type": "' + "x" * 9_000_000 + '"}', "it is longer than 8 MiB"),
    ({**CARD, "note": "n2"}, "no line above it tells of its note"),
    ({**CARD, "note": ["n1"]}, "no line above it tells of its note"),
    (CARD, "its note has a card of that ordinal already"),
    ({**CARD, "ordinal": True}, "its ordinal is not a whole number that may stand there"),
    ({**CARD, "ordinal": 1e3}, "its ordinal is not a whole number that may stand there"),
    ({**CARD, "ordinal": 1 << 70}, "its ordinal is not a whole number that may stand there"),
    ({**CARD, "ordinal": 1, "flag": 8}, "its flag is not a whole number that may stand there"),
    ({**CARD, "ordinal": 1, "suspension": ["leech"]}, "its suspension is none of by_hand, leech, left_file"),
    ({**CARD, "ordinal": 1, "buried_until": "2026-02-30"}, "its buried_until is no date such as 2026-03-02"),
    ({**CARD, "ordinal": 1, "buried_until": 5}, "its buried_until is no date such as 2026-03-02"),
    ({**CARD, "ordinal": 1, "anki": "{}"}, "what Anki keeps of it is no object"),
    ({**CARD, "ordinal": 1, "schedule": 1}, "its schedule is no object"),
    ({**CARD, "ordinal": 1, "schedule": {**SCHEDULE, "state": "new"}},
     "the state of its schedule is none of learning, review, relearning"),
    ({**CARD, "ordinal": 1, "schedule": {**SCHEDULE, "state": []}},
     "the state of its schedule is none of learning, review, relearning"),
    ({**CARD, "ordinal": 1, "schedule": {**SCHEDULE, "difficulty": None}}, "its schedule is not whole"),
    ({**CARD, "ordinal": 1, "schedule": {**SCHEDULE, "stability_days": 0}},
     "its stability_days is not a number that may stand there"),
    ('{"type": "card", "note": "n1", "ordinal": 1, "schedule": {"state": "review", "stability_days": 1e999}}',
     "its stability_days is not a number that may stand there"),
    ({**REVIEW, "kind": "answer"}, "its kind is none that a review has"),
    ({**REVIEW, "kind": {}}, "its kind is none that a review has"),
    ({**REVIEW, "uuid": None}, "it has no uuid"),
    ({**REVIEW, "uuid": "u\n"}, "its uuid is not a name that it may have"),
    ({**REVIEW, "rating": 5}, "its rating is not a whole number that may stand there"),
    ({**REVIEW, "rating": None}, "it is an answer without a rating, or no line above it tells its preset"),
    ({**REVIEW, "preset": "q"}, "it is an answer without a rating, or no line above it tells its preset"),
    ({**REVIEW, "preset": []}, "it is an answer without a rating, or no line above it tells its preset"),
    ({**REVIEW, "undoes": "u0"}, "what it says of undoes, leech, correct or origin does not fit its kind"),
    ({**REVIEW, "leech": {}}, "what it says of undoes, leech, correct or origin does not fit its kind"),
    ({**REVIEW, "correct": "yes"}, "what it says of undoes, leech, correct or origin does not fit its kind"),
    ({**REVIEW, "answered_at": 10 ** 15}, "its answered_at is not a whole number that may stand there"),
    ({**REVIEW, "study_day": None}, "it has no study_day"),
    ({**REVIEW, "ordinal": 1}, "no line above it tells of its card"),
    ({**REVIEW, "note": None, "gone": 0}, "its gone is not a whole number that may stand there"),
    ({**IMPORTED, "origin": "guess"}, "what it says does not fit a row of another program"),
    ({**IMPORTED, "uuid": "u"}, "what it says does not fit a row of another program"),
    ({**PRESET, "id": "q", "parameters": [1.0] * 20}, "its parameters are not 21 weights of FSRS-6"),
    ({**PRESET, "id": "q", "parameters": [200.0] * 21}, "its parameters are not 21 weights of FSRS-6"),
    ({**PRESET, "id": "q", "learning_steps_seconds": [0]}, "its learning_steps_seconds are not steps in seconds"),
    (PRESET, "its id is that of another preset"),
    ({**NOTE_TYPE, "name": "Other", "kind": "odd"}, "its kind is none of standard, cloze, vignette"),
    ({**NOTE_TYPE, "name": "Other", "fields": []}, "it has no fields, or a template that is no object"),
    ({**NOTE_TYPE, "name": "Other", "anki": {"a": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}},
     "what Anki keeps of it is no object, or nested too deeply"),
    (NOTE_TYPE, "its name is that of another note type"),
    ({"type": "deck"}, "its name is not a name that it may have"),
    ({"type": "deck_file", "path": "a\x1b[2J", "sha256": "x", "read_at": 1}, "its path is not a name that it may have"),
    ({"type": "option", "key": "k" * 300}, "its key is not a name that it may have"),
    ({"type": "media", "name": "a.png"}, "it needs a name, a sha256 and a size"),
    ({"type": "media", "name": "../a.png", "sha256": "0" * 64, "size": 1},
     "'../a.png' is no name that a file may have"),
], ids=short)
def test_a_line_that_cannot_be_taken_is_left_out_and_named(
        tmp_path: Path, line: dict[str, Any] | str | bytes, what: str) -> None:
    found = staged(tmp_path, text([*WHOLE, line, {**NOTE, "guid": "n9"}]))
    assert problems(found) == [(8, f"it was left out: {what}")]
    assert [row[1] for row in found["note"]] == ["n1", "n9"]
    assert (len(found["card"]), len(found["own_review"]), facts(found)["is_intact"]) == (1, 2, "0")


@pytest.mark.parametrize(("change", "reason"), [
    ({"guid": "n1"}, "its guid is that of another note"), ({"guid": ""}, "its guid is not a name that it may have"),
    ({"note_type": "Cloze"}, "no line above it tells its note type"),
    ({"fields": ["a", 7]}, "a field of it is no text"),
    ({"fields": "a"}, "its fields are no list"), ({"fields": ["a"] * 3}, "it has 3 fields, its note type has 2"),
    ({"fields": ["a"] * 101}, "it has 101 fields; 100 are the most"), ({"tags": ["a b"]}, "a tag of it is no word"),
    ({"tags": [1]}, "a tag of it is no word"), ({"markup": "tex"}, "its markup is neither markdown nor html"),
    ({"cloze_ordinals": [-1]}, "its cloze_ordinals are not whole numbers"),
    ({"file": "/decks/b.md"}, "no line above it tells of its file"),
    ({"base": ["x"]}, "its base is no object"), ({"deck": 5}, "its deck is not a name that it may have"),
    ({"added_at": "now"}, "its added_at is not a whole number that may stand there"),
])
def test_a_note_that_cannot_be_taken_is_skipped_and_named(
        tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    note = {**NOTE, "guid": "n2", "fields": ["What?", "That"], **change}
    found = staged(tmp_path, text([*WHOLE, note]))
    assert [row[2] for row in found["skipped"]] == [f"line 8: {reason}"]
    assert [row[1] for row in found["note"]] == ["n1"]
    assert facts(found)["is_intact"] == "0"


def test_many_lines_of_one_fault_are_one_problem(tmp_path: Path) -> None:
    found = staged(tmp_path, text([*WHOLE, *["{"] * 1000, *[{**CARD, "note": f"m{place}"} for place in range(30)]]))
    assert problems(found) == [
        (8, "it was left out, and 999 lines after it: it is no JSON: expecting property name enclosed in double "
            "quotes"),
        (1008, "it was left out, and 29 lines after it: no line above it tells of its note")]


def test_a_text_keeps_everything_but_what_the_collection_cannot_hold(tmp_path: Path) -> None:
    fields = ["e\u0301 \u202e\U0001f9e0\r\n\u2028", "half \ud800, NUL \0, \x1f"]
    found = staged(tmp_path, text([HEADER, NOTE_TYPE, {**NOTE, "fields": fields}]))
    assert found["note"][0][5] == "e\u0301 \u202e\U0001f9e0\r\n\u2028\x1fhalf \ufffd\ufffd\ufffd, NUL , \u241f"


@pytest.mark.parametrize(("data", "what"), [
    (b"", "its first line does not say that it is flashcore's own format"),
    (b"\n\n", "its first line does not say that it is flashcore's own format"),
    (b"[]\n", "its first line does not say that it is flashcore's own format"),
    (b"[" * 200_000, "its first line does not say that it is flashcore's own format"),
    (b"\xff\xfe{}", "its first line does not say that it is flashcore's own format"),
    (text([NOTE]), "its first line does not say that it is flashcore's own format"),
    (text([{"format": "anki", "version": 1}]), "its first line does not say that it is flashcore's own format"),
    (text([{"format": "flashcore"}]), "its first line does not say which version of the format it is"),
    (text([{"format": "flashcore", "version": "1"}]), "its first line does not say which version of the format it is"),
    (text([{"format": "flashcore", "version": 2}]),
     "it was written by a newer flashcore (version 2 of the format, this one knows 1)"),
    (text([HEADER, *["{"] * 100_001]), "more than 100,000 of its lines cannot be read"),
], ids=short)
def test_another_file_is_refused_whole(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(FileError) as refused:
        staged(tmp_path, data)
    assert refused.value.what == what


@pytest.mark.parametrize("data", [
    text(WHOLE, ends=False), text(WHOLE)[:-30], text(WHOLE).replace(b'"Q"', b'"R"'),
    text(WHOLE) + json.dumps({**NOTE, "guid": "n2"}).encode(), text(WHOLE).replace(b"\n", b"\r\n")],
    ids=["no end", "cut", "changed", "longer", "other line ends"])
def test_a_file_that_was_cut_or_changed_is_read_and_known_to_be(tmp_path: Path, data: bytes) -> None:
    found = staged(tmp_path, data)
    assert (facts(found)["is_intact"], found["note"][0][1]) == ("0", "n1")
    is_cut = not data.rstrip().endswith(b"}") or b'"end"' not in data
    assert any("its last line is missing" in what for _, what in problems(found)) == is_cut


def test_a_byte_order_mark_and_empty_lines_are_no_fault(tmp_path: Path) -> None:
    found = staged(tmp_path, b"\xef\xbb\xbf" + text([HEADER, "", NOTE_TYPE, "", NOTE]))
    assert (problems(found), len(found["note"])) == ([], 1)


def test_media_come_with_their_hash(tmp_path: Path) -> None:
    folder = tmp_path / "all.media"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"picture")
    (folder / "changed.png").write_bytes(b"another")
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret")
    digest = hashlib.sha256(b"picture").hexdigest()
    lines = [{"type": "media", "name": name, "sha256": "0" * 64 if "changed" in name else digest, "size": 7}
             for name in ("a.png", "changed.png", "gone.png", "A.PNG")]
    lines.append({"type": "media", "name": "link.png", "sha256": hashlib.sha256(b"secret").hexdigest(), "size": 6})
    found = staged(tmp_path, text([HEADER, *lines, NOTE_TYPE, NOTE]))
    assert found["media"] == [("a.png", digest, digest, 7)]
    assert (tmp_path / "staged" / digest).read_bytes() == b"picture"
    assert problems(found) == [
        (3, "the media file 'changed.png' is not the one that was exported, and was left out"),
        (5, "it was left out: the file 'A.PNG' stands in the list twice"),
        (0, "2 pictures or sounds are missing: gone.png, link.png")]
    assert (facts(found)["media_missing"], len(found["note"])) == ("3", 1)


def test_the_bounds_of_the_weights_are_those_of_the_package() -> None:
    assert tuple(fsrs.scheduler.LOWER_BOUNDS_PARAMETERS) == LOWEST_PARAMETERS
    assert tuple(fsrs.scheduler.UPPER_BOUNDS_PARAMETERS) == HIGHEST_PARAMETERS


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 80), 1 << 80) | st.floats() | st.text(max_size=5)
    | st.sampled_from(["n1", "p", "u1", "imported", "scheduled", "2026-03-02", "leech", "review"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5)


@given(place=st.integers(1, len(WHOLE) - 1), data=st.data())
def test_no_value_in_any_place_makes_the_reader_fail(
        tmp_path_factory: pytest.TempPathFactory, place: int, data: st.DataObject) -> None:
    line = {**WHOLE[place], "schedule": SCHEDULE} if WHOLE[place] is CARD else dict(WHOLE[place])
    key = data.draw(st.sampled_from([*line, "before", "anki", "base", "deck", "choice", "buried_until"]))
    inner = line.get(key)
    value = data.draw(ODD)
    if isinstance(inner, dict) and data.draw(st.booleans()):
        value = {**inner, data.draw(st.sampled_from(list(inner))): value}
    lines = [*WHOLE[:place], {**line, key: value}, *WHOLE[place + 1:]]
    found = staged(tmp_path_factory.mktemp("odd"), text(lines))
    assert "is_own" in facts(found)


@pytest.mark.parametrize("data", [
    pytest.param(lambda: text([*WHOLE, '{"type": "' + "x" * 100_000_000 + '"}']), id="a line of 100 MB"),
    pytest.param(lambda: text([*WHOLE, *["{" * 100] * 90_000]), id="10 MB of lines that are none"),
    pytest.param(lambda: text(WHOLE) + b"\n" * 10_000_000, id="10 MB of empty lines"),
    pytest.param(lambda: text([*WHOLE, *("[" * 900 + "]" * 900 for _ in range(5_500))]), id="10 MB of lists"),
    pytest.param(lambda: text([*WHOLE, *("1" * 4_300 for _ in range(2_300))]), id="10 MB of long numbers"),
    pytest.param(lambda: text([*WHOLE, *({**NOTE, "guid": f"m{place}", "fields": []} for place in range(60_000))]),
                 id="10 MB of small notes"),
])
def test_a_hostile_file_is_read_or_refused_within_the_limits(tmp_path: Path, data: Any) -> None:
    path, folder = tmp_path / "all.jsonl", tmp_path / "staged"
    path.write_bytes(data())
    folder.mkdir()
    try:
        run_child({"reader": "flashcore.formats.jsonl:stage", "path": str(path)}, folder,
                  limits=ChildLimits.for_file(path.stat().st_size))
    except FileError as refused:
        assert "limit" in refused.what or "lines cannot be read" in refused.what
    else:
        with closing(sqlite3.connect(folder / staging.NAME)) as connection:
            assert connection.execute("SELECT count(*) FROM note WHERE guid = 'n1'").fetchone() == (1,)
