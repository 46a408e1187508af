from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import BundledCard, Learned
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.markdown_deck import read_markdown_deck
from flashcore.formats.repeater import hashed_blocks, looks_like_repeater, read, read_files

DECK = """# Notes around the cards

Q: Which  valve
\tis LEFT?
A: The Mitral one

a note in the answer
---
between

C: The [order] of a [group]
Q: last
A: one"""
VALVE = "q: which valve is left? a: the mitral one a note in the answer"
TABLE = ("CREATE TABLE cards (card_hash TEXT PRIMARY KEY, added_at TEXT NOT NULL, last_reviewed_at TEXT, "
         "stability REAL, difficulty REAL, interval_raw REAL, interval_days INTEGER NOT NULL, due_date TEXT, "
         "review_count INTEGER NOT NULL)")
REVIEWED = ("2026-03-02T12:00:00.123456789+00:00", 31.7, 5.25, 31.7, 32, "2026-04-03T12:00:00.123456789+00:00", 5)
LEARNED = Learned(CardState.REVIEW, date(2026, 4, 3), interval_days=32, memory=MemoryState(31.7, 5.25), reps=5,
                  last_at=datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC))


def digest(text: str) -> str:
    return blake3(text.encode()).hexdigest()


def a_database(folder: Path, rows: dict[str, tuple[object, ...]]) -> bytes:
    path = folder / "cards.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(TABLE)
        for known, row in rows.items():
            connection.execute("INSERT INTO cards VALUES (?, '2026-01-01T00:00:00+00:00', ?, ?, ?, ?, ?, ?, ?)",
                               (known, *row))
    return path.read_bytes()


def test_a_card_is_its_lines_in_lower_case_with_single_spaces() -> None:
    assert list(hashed_blocks(DECK)) == [(3, VALVE), (11, "c: the [order] of a [group]"), (12, "q: last a: one")]
    assert list(hashed_blocks("Q:\u00a0A\r\n\x85B\x1c")) == [(1, "q: a b\x1c")]  # White_Space of Unicode, not of Python


def test_a_database_gives_the_notes_of_the_deck_files_their_schedules(tmp_path: Path) -> None:
    (tmp_path / "math.md").write_text(DECK)
    data = a_database(tmp_path, {
        digest(VALVE): REVIEWED, digest("c: the [order] of a [group]\0cloze1"): REVIEWED,
        digest("q: last a: one"): (None, None, None, None, 0, None, 0), "f" * 64: REVIEWED})
    bundle = read(data, ReadOptions(path=tmp_path / "cards.db"))
    plain = read_markdown_deck(DECK, path=tmp_path / "math.md", default_deck=f"{tmp_path.name}::math")
    assert [(one.note, one.deck, one.line) for one in bundle.notes] == [
        (one.note, one.deck, one.line) for one in plain.notes]
    assert [one.cards for one in bundle.notes] == [
        (BundledCard(0, learned=LEARNED),), (BundledCard(1, learned=LEARNED),), ()]
    assert [one.what for one in bundle.warnings] == ["1 studied card has no text here: ffffffffffff"]


@pytest.mark.parametrize("due, steps", [("2026-03-02T12:01:00+00:00", 2), ("2026-03-02T12:10:00+00:00", 1)])
def test_a_step_of_minutes_is_due_at_its_moment(tmp_path: Path, due: str, steps: int) -> None:
    (tmp_path / "a.md").write_text("Q: q\nA: a\n")
    row = ("2026-03-02T12:00:00+00:00", None, None, 0.0, 0, due, 2)
    (one,) = read(a_database(tmp_path, {digest("q: q a: a"): row}), ReadOptions(path=tmp_path / "cards.db")).notes
    assert one.cards == (BundledCard(0, learned=Learned(
        CardState.LEARNING, None, due_at=datetime.fromisoformat(due), steps_left=steps, reps=2,
        last_at=datetime(2026, 3, 2, 12, tzinfo=UTC))),)


def test_the_folder_given_whole_may_stand_elsewhere(tmp_path: Path) -> None:
    decks, home = tmp_path / "decks", tmp_path / "data"
    decks.mkdir()
    home.mkdir()
    (decks / "a.md").write_text("Q: q\nA: a\n")
    data = a_database(home, {digest("q: q a: a"): REVIEWED})
    files, warnings = read_files(data, ReadOptions(path=home / "cards.db", root=decks))
    assert ([len(one.notes[0].cards) for one in files.values()], warnings) == ([1], ())
    with pytest.raises(FileError, match="no deck file with cards"):
        read(data, ReadOptions(path=home / "cards.db"))


def test_E29_rows_that_cannot_be_meant_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Q: q\nA: a\n")
    rows = {digest("q: q a: a"): ("yesterday", *REVIEWED[1:]), "1": (*REVIEWED[:5], "2999-01-01", 5),
            "2": (*REVIEWED[:6], "many")}
    bundle = read(a_database(tmp_path, rows), ReadOptions(path=tmp_path / "cards.db"))
    assert bundle.notes[0].cards == ()
    assert [one.what for one in bundle.warnings] == ["3 schedules left out: no due moment or no last review"]


def test_a_database_of_repeater_is_known_by_its_table(tmp_path: Path) -> None:
    data = a_database(tmp_path, {})
    assert looks_like_repeater(data)
    with closing(sqlite3.connect(tmp_path / "cards.db")) as connection, connection:
        connection.execute("CREATE TABLE reviews (card_hash, grade)")
    assert not looks_like_repeater((tmp_path / "cards.db").read_bytes())
    assert not looks_like_repeater(b"# a deck")
    with pytest.raises(FileError, match="no SQLite database"):
        read(b"# a deck", ReadOptions(path=tmp_path / "cards.db"))


texts = st.text(st.sampled_from("aBÉß .,?'\t\u00a0"), max_size=10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.booleans(), texts, texts, texts), min_size=1, max_size=6))
def test_every_card_keeps_its_schedule(tmp_path: Path, cards: list[tuple[bool, str, str, str]]) -> None:
    blocks = [f"Q: {number} {before}\nA: {number}{inside}\n\n{after}\n" if is_question else
              f"C: {number}{before} [{number}{inside}] {after} [z]\n"
              for number, (is_question, before, inside, after) in enumerate(cards)]
    (tmp_path / "deck.md").write_text("".join(blocks))
    hashes = [[" ".join(block.lower().split())] for block in blocks]
    for known, (is_question, *_) in zip(hashes, cards, strict=True):
        known += [] if is_question else [known[0] + "\0cloze1"]
    rows = {digest(known): REVIEWED for siblings in hashes for known in siblings}
    bundle = read(a_database(tmp_path, rows), ReadOptions(path=tmp_path / "cards.db"))
    assert bundle.warnings == ()
    assert [[card.ordinal for card in one.cards] for one in bundle.notes] == [
        list(range(len(known))) for known in hashes]
