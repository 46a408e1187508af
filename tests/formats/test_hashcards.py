from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import BundledCard, BundledReview, Learned, Origin, Skipped
from flashcore.domain.cloze import Deletion, parse_cloze, plain_text
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.hashcards import looks_like_hashcards, read, read_files
from flashcore.formats.hashcards_export import with_brackets
from flashcore.formats.hashcards_hash import hashed_cards, without_brackets
from flashcore.formats.markdown_deck import read_markdown_deck

SCHEMA = (
    "CREATE TABLE cards (card_hash TEXT PRIMARY KEY, added_at TEXT NOT NULL, last_reviewed_at TEXT, stability REAL, "
    "difficulty REAL, interval_raw REAL, interval_days INTEGER, due_date TEXT, review_count INTEGER NOT NULL) STRICT",
    "CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT NOT NULL) STRICT",
    "CREATE TABLE reviews (review_id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, card_hash TEXT NOT NULL, "
    "reviewed_at TEXT NOT NULL, grade TEXT NOT NULL, stability REAL NOT NULL, difficulty REAL NOT NULL, "
    "interval_raw REAL NOT NULL, interval_days INTEGER NOT NULL, due_date TEXT NOT NULL, duration_ms INTEGER, "
    "voided INTEGER NOT NULL DEFAULT 0) STRICT",
)
OLD_SCHEMA = (
    "CREATE TABLE cards (card_hash TEXT PRIMARY KEY, added_at TEXT, stability REAL, difficulty REAL, due_date TEXT, "
    "review_count INTEGER)",
    "CREATE TABLE reviews (review_id INTEGER PRIMARY KEY, session_id INTEGER, card_hash TEXT, reviewed_at TEXT, "
    "grade TEXT, stability REAL, difficulty REAL, due_date TEXT)",
)
DECK = """---
name = "Heart"
---
Q: Which valve stands
before the left ventricle?
A: The mitral valve

C: The [aorta] leaves the [left ventricle::which?], see [a map](map.html) and ![x](heart.png).
---
stray text

Q: Rust?
A: A language
# of systems
"""
BASIC_HASH = blake3(b"BasicWhich valve stands\nbefore the left ventricle?The mitral valve").hexdigest()
CLOZE_TEXT = b"The aorta leaves the left ventricle::which?, see [a map](map.html) and ![x](heart.png)."


def cloze_hash(text: bytes, hidden: bytes) -> str:
    start = text.index(hidden)
    return blake3(b"Cloze" + text + start.to_bytes(8, "little") + (start + len(hidden) - 1).to_bytes(8, "little")
                  ).hexdigest()


AORTA, VENTRICLE = cloze_hash(CLOZE_TEXT, b"aorta"), cloze_hash(CLOZE_TEXT, b"left ventricle::which?")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def a_review(known: str, at: str, grade: str, due: str, days: int, difficulty: float = 5.5) -> dict[str, Any]:
    return {"hash": known, "reviewedAt": at, "grade": grade, "stability": 3.2, "difficulty": difficulty,
            "intervalRaw": days + 0.2, "intervalDays": days, "dueDate": due}


def a_card(known: str, content: dict[str, Any], performance: dict[str, Any] | None = None, line: int = 0,
           deck: str = "Heart", file: str = "/home/me/decks/Heart.md") -> dict[str, Any]:
    return {"hash": known, "familyHash": None, "deckName": deck, "content": content, "performance": performance,
            "location": {"filePath": file, "lineStart": line, "lineEnd": line + 1}}


def performance(at: str, due: str, days: int, count: int) -> dict[str, Any]:
    return {"lastReviewedAt": at, "stability": 12.345678901234567, "difficulty": 5.25, "intervalRaw": 12.3,
            "intervalDays": days, "dueDate": due, "reviewCount": count}


def exported(cards: list[dict[str, Any]], reviews: list[dict[str, Any]] = ()) -> bytes:  # type: ignore[assignment]
    session = {"sessionId": 1, "startedAt": "2026-01-01T08:00:00", "endedAt": "2026-01-01T09:00:00",
               "reviews": list(reviews)}
    return json.dumps({"cards": cards, "sessions": [session]}, indent=2).encode()


LEARNED = Learned(CardState.REVIEW, date(2026, 1, 25), interval_days=12, memory=MemoryState(12.345678901234567, 5.25),
                  reps=3, lapses=1, last_at=local("2026-01-13T08:00:02"))
REVIEWS = (
    BundledReview(local("2026-01-01T08:00:00"), Rating.GOOD, Origin.LEARN, interval=3, factor=600),
    BundledReview(local("2026-01-04T08:00:01"), Rating.AGAIN, Origin.REVIEW, interval=1, last_interval=3, factor=600),
    BundledReview(local("2026-01-13T08:00:02"), Rating.EASY, Origin.REVIEW, interval=12, last_interval=1, factor=572),
)
ROWS = [("2026-01-01T08:00:00", "good", "2026-01-04", 3, 5.5), ("2026-01-04T08:00:01", "forgot", "2026-01-05", 1, 5.5),
        ("2026-01-13T08:00:02", "easy", "2026-01-25", 12, 5.25)]


def a_database(folder: Path, known: str, *more: str, schema: tuple[str, ...] = SCHEMA) -> bytes:
    path = folder / "hashcards.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in schema:
            connection.execute(statement)
        is_old = schema is OLD_SCHEMA
        for one in (known, *more):
            connection.execute(
                "INSERT INTO cards (card_hash, added_at, stability, difficulty, due_date, review_count) "
                "VALUES (?, '2026-01-01T08:00:00', 12.345678901234567, 5.25, '2026-01-25', 3)", (one,))
            for at, grade, due, days, difficulty in ROWS:
                connection.execute(
                    "INSERT INTO reviews (session_id, card_hash, reviewed_at, grade, stability, difficulty, due_date"
                    + ("" if is_old else ", interval_raw, interval_days") + ") VALUES (1, ?, ?, ?, 3.2, ?, ?"
                    + ("" if is_old else f", {days}.2, {days}") + ")", (one, at, grade, difficulty, due))
        if not is_old:
            connection.execute("UPDATE cards SET interval_days = 12, last_reviewed_at = '2026-01-13T08:00:02'")
    return path.read_bytes()


def test_an_export_gives_notes_with_schedules_and_the_whole_log() -> None:
    data = exported(
        [a_card("b", {"basic": {"question": "Q1", "answer": "A1"}},
                performance("2026-01-13T08:00:02", "2026-01-25", 12, 3), line=4),
         a_card("n", {"basic": {"question": "Why does it beat?", "answer": "A2"}}, line=9, deck="a/b")],
        [a_review("b", at, grade, due, days, difficulty) for at, grade, due, days, difficulty in ROWS])
    first, second = read(data, ReadOptions()).notes
    assert first.note == Note("", BASIC, ("Q1", "A1", "", ""), ("depth::recall",))
    assert (first.deck, first.line, first.cards) == ("Heart", 5, (BundledCard(0, learned=LEARNED, reviews=REVIEWS),))
    assert (second.deck, second.line, second.cards) == ("a::b", 10, ())
    assert second.note.tags == ("depth::mechanism",)


def test_siblings_of_an_export_are_one_note_and_it_is_the_note_of_the_deck_file() -> None:
    text = CLOZE_TEXT.decode()
    spans = [(text.index("left v"), text.index("left v") + len("left ventricle::which?") - 1), (4, 8)]
    cards = [a_card(f"h{place}", {"cloze": {"text": text, "start": start, "end": end}}, line=4,
                    performance=performance("2026-01-13T08:00:02", "2026-01-25", 12, 3) if place == 0 else None)
             for place, (start, end) in enumerate(spans)]
    (one,) = read(exported(cards), ReadOptions()).notes
    plain = read_markdown_deck(DECK, path=None, default_deck="x").notes[1]
    assert one.note == plain.note
    assert [card.ordinal for card in one.cards] == [1]


@pytest.mark.parametrize("hidden, other, written", [
    ("x", "y", "{{c1::x}} and {{c2::y}}"), ("Na", "K", "[Na] and [K]"), ("[3]", "b", "[\\[3\\]] and [b]"),
    ("é", "ü", "[é] and [ü]")])
def test_deletions_are_written_so_that_they_are_read_as_what_they_hide(hidden: str, other: str, written: str) -> None:
    text = f"{hidden} and {other}"
    first = (0, len(hidden.encode()) - 1)
    second = (len(f"{hidden} and ".encode()), len(text.encode()) - 1)
    assert with_brackets(text, [first, second]) == written


def test_deletions_that_cut_a_letter_or_lie_outside_make_no_note() -> None:
    cards = [a_card("1", {"cloze": {"text": "é", "start": 0, "end": 0}}, line=1),
             a_card("2", {"cloze": {"text": "abc", "start": 1, "end": 9}}, line=2),
             a_card("3", {"basic": {"question": 1, "answer": ""}}, line=3), {"hash": 4}, "no card"]
    bundle = read(exported(cards), ReadOptions())  # type: ignore[arg-type]
    assert bundle.notes == ()
    assert sorted(one.reason for one in bundle.skipped) == [
        "it is no card with a content of hashcards"] * 3 + ["its deletions lie outside of its text"] * 2


def test_E26_a_text_over_the_limit_is_skipped_and_more_cards_than_any_collection_has_are_refused() -> None:
    bundle = read(exported([a_card("b", {"basic": {"question": "a" * 1_100_000, "answer": "A"}})]), ReadOptions())
    assert bundle.skipped == (Skipped("a" * 60, "its text is longer than 1 MiB"),)
    with pytest.raises(FileError, match="more than 200000 cards"):
        read(b'{"cards": [' + b"1," * 200_000 + b"1]}", ReadOptions())


def test_reviews_of_no_card_are_counted_and_named() -> None:
    bundle = read(exported([a_card("b", {"basic": {"question": "Q", "answer": "A"}})],
                           [a_review("gone" * 16, *ROWS[0][:4])]), ReadOptions())
    assert [one.what for one in bundle.warnings] == ["1 studied card has no text here: gonegonegone"]


def test_E28_E29_numbers_and_moments_that_cannot_be_meant_are_left_out_and_counted() -> None:
    bad = performance("2026-01-13T08:00:02", "2999-01-01", 12, 3)
    reviews = [a_review("b", "2999-01-01T00:00:00", "good", "2026-01-04", 3), a_review("b", *ROWS[0][:4]),
               a_review("b", "2026-01-05T00:00:00", "superb", "2026-01-04", 3), {"hash": "b"}]
    bundle = read(exported([a_card("b", {"basic": {"question": "Q", "answer": "A"}}, bad)], reviews), ReadOptions())
    assert [one.what for one in bundle.warnings] == [
        "1 schedule left out: no due day or no stability and difficulty that can be meant",
        "3 reviews left out: no moment, grade or due day that can be meant"]
    assert bundle.notes[0].cards == (BundledCard(0, reviews=(REVIEWS[0],)),)


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b'{"cards": 3}', b"[" * 100_000, b'{"cards": [NaN]}',
                                  b'{"cards": [' + b"1" * 5000 + b"]}", b"\xff\xfe\x00"])
def test_what_is_no_export_is_refused(data: bytes) -> None:
    with pytest.raises(FileError):
        read(data, ReadOptions())


def test_a_picture_is_found_beside_the_export_and_never_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "heart.png").write_bytes(b"png")
    secret = tmp_path.parent / "secret.png"
    secret.write_bytes(b"secret")
    cards = [a_card("1", {"basic": {"question": "![](heart.png)", "answer": "a"}}),
             a_card("2", {"basic": {"question": "![](secret.png)", "answer": "a"}}, file=str(tmp_path.parent / "x.md")),
             a_card("3", {"basic": {"question": f"![]({secret})", "answer": "a"}})]
    bundle = read(exported(cards), ReadOptions(path=tmp_path / "export.json"))
    assert bundle.media == {"heart.png": tmp_path / "heart.png"}
    assert len([one for one in bundle.warnings if "secret.png" in one.what]) == 2


def test_the_hashes_are_those_of_hashcards() -> None:
    cards = hashed_cards(DECK)
    assert [(card.line, card.hidden) for card in cards] == [
        (4, None), (8, "aorta"), (8, "left ventricle::which?"), (12, None)]
    assert [card.hashes[0] for card in cards] == [
        BASIC_HASH, AORTA, VENTRICLE, blake3(b"BasicRust?A language\n# of systems").hexdigest()]
    before_links = b"The aorta leaves the left ventricle::which?, see a map(map.html) and ![x](heart.png)."
    assert cloze_hash(before_links, b"aorta") not in cards[1].hashes  # then the link was a deletion too


def test_a_version_without_escapes_hashes_differently() -> None:
    (card,) = hashed_cards("C: \\alpha of [beta]")
    assert card.hashes == (cloze_hash(b"\\alpha of beta", b"beta"),)
    assert without_brackets(r"a \[b\] [c]") == (b"a [b] c", [(6, 6)])
    assert without_brackets(r"a \[b\] [c]", escapes=False) == (b"a \\b\\ c", [(3, 4), (6, 6)])


def test_markers_in_a_fence_are_text_for_the_hash() -> None:
    (card,) = hashed_cards("Q: a\n```\nQ: b\n---\n```\nA: c")
    assert card.hashes == (blake3(b"Basica\n```\nQ: b\n---\n```c").hexdigest(),)


@pytest.mark.parametrize("schema", [SCHEMA, OLD_SCHEMA], ids=["new tables", "old tables"])
def test_a_database_gives_the_notes_of_the_deck_files_their_learning(tmp_path: Path, schema: tuple[str, ...]) -> None:
    (tmp_path / "heart.md").write_text(DECK)
    (tmp_path / "heart.png").write_bytes(b"png")
    data = a_database(tmp_path, BASIC_HASH, VENTRICLE, "0" * 64, schema=schema)
    bundle = read(data, ReadOptions(path=tmp_path / "hashcards.db"))
    plain = read_markdown_deck(DECK, path=tmp_path / "heart.md", default_deck="x", root=tmp_path)
    assert [one.note for one in bundle.notes] == [one.note for one in plain.notes]
    assert [(one.deck, one.line) for one in bundle.notes] == [("Heart", 4), ("Heart", 8), ("Heart", 12)]
    assert [one.cards for one in bundle.notes] == [
        (BundledCard(0, learned=LEARNED, reviews=REVIEWS),), (BundledCard(1, learned=LEARNED, reviews=REVIEWS),), ()]
    assert bundle.media == {"heart.png": tmp_path / "heart.png"}
    assert [one.what for one in bundle.warnings] == [
        "1 studied card has no text here: 000000000000"]


def test_a_deck_without_a_name_gets_the_deck_that_an_import_of_the_file_gives(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "a.md").write_text("Q: q\nA: a\n")
    data = a_database(tmp_path, blake3(b"Basicqa").hexdigest())
    files, warnings = read_files(data, ReadOptions(path=tmp_path / "hashcards.db"))
    assert [(path.name, bundle.notes[0].deck, len(bundle.notes[0].cards)) for path, bundle in files.items()] == [
        ("a.md", "cards::a", 1)]
    assert warnings == ()


def test_a_voided_review_is_no_review(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Q: q\nA: a\n")
    a_database(tmp_path, blake3(b"Basicqa").hexdigest())
    with closing(sqlite3.connect(tmp_path / "hashcards.db")) as connection, connection:
        connection.execute("UPDATE reviews SET voided = 1 WHERE grade = 'forgot'")
    (one,) = read((tmp_path / "hashcards.db").read_bytes(), ReadOptions(path=tmp_path / "hashcards.db")).notes
    assert [review.rating for review in one.cards[0].reviews] == [Rating.GOOD, Rating.EASY]


def test_a_refused_deck_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Q: q\nA: a\n")
    (tmp_path / "b.md").write_text("Q: q without an answer\n")
    (tmp_path / "c.md").write_bytes(b"Q: \xff")
    bundle = read(a_database(tmp_path, blake3(b"Basicqa").hexdigest()), ReadOptions(path=tmp_path / "hashcards.db"))
    assert [len(one.cards) for one in bundle.notes] == [1]
    assert [one.what for one in bundle.warnings] == [
        "the deck file b.md was refused: 1 problem, the first in line 1: Q: without A:",
        "the deck file c.md was refused: line 1 byte 4 is not UTF-8"]


def test_a_database_without_deck_files_is_refused_with_what_to_do(tmp_path: Path) -> None:
    data = a_database(tmp_path, BASIC_HASH)
    with pytest.raises(FileError, match="no deck file with cards stands in its folder"):
        read(data, ReadOptions(path=tmp_path / "hashcards.db"))
    with pytest.raises(FileError, match="there is no folder"):
        read(data, ReadOptions())


def test_E22_a_database_of_something_else_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("CREATE TABLE cards (card_hash, stability, difficulty, due_date, review_count)")
    data = (tmp_path / "x.db").read_bytes()
    with pytest.raises(FileError, match="it has no table reviews"):
        read(data, ReadOptions(path=tmp_path / "x.db"))
    assert not looks_like_hashcards(data)


def test_files_of_hashcards_are_known_by_what_they_hold(tmp_path: Path) -> None:
    assert looks_like_hashcards(a_database(tmp_path, BASIC_HASH))
    assert looks_like_hashcards(exported([a_card("1", {})]))
    assert not looks_like_hashcards(b'{"cards": []}')
    assert not looks_like_hashcards(b"SQLite format 3\0 and no more")


words = st.text(st.sampled_from("ab éß∂x![]\\()$`:-\n"), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from("QC"), st.text(st.sampled_from("ab éß x!\\($:-"), max_size=8),
                          st.text(st.sampled_from("ab éßy"), min_size=1, max_size=6).filter(lambda word: word.strip()),
                          st.text(st.sampled_from("ab é()."), max_size=5)), min_size=1, max_size=6))
def test_every_card_that_both_programs_read_keeps_its_learning(
        tmp_path: Path, cards: list[tuple[str, str, str, str]]) -> None:
    text = "\n".join(f"Q: {number} {before}\nA: {hidden}{after}\n" if kind == "Q" else
                     f"C: {number} {before} [{hidden}] {after} [{hidden}z]\n"
                     for number, (kind, before, hidden, after) in enumerate(cards))
    try:
        plain = read_markdown_deck(text, path=None, default_deck="x").notes
    except FileError:
        return
    (tmp_path / "deck.md").write_text(text)
    hashes = [card.hashes[0] for card in hashed_cards(text)]
    bundle = read(a_database(tmp_path, *dict.fromkeys(hashes)), ReadOptions(path=tmp_path / "hashcards.db"))
    assert bundle.warnings == ()
    assert [one.note for one in bundle.notes] == [one.note for one in plain]
    counts = [len([1 for piece in parse_cloze(one.note.question) if isinstance(piece, Deletion)])
              if one.note.note_type is CLOZE else 1 for one in bundle.notes]
    assert [[card.ordinal for card in one.cards] for one in bundle.notes] == [list(range(count)) for count in counts]


@settings(deadline=None)
@given(words, st.data())
def test_what_an_export_hides_is_what_the_note_hides(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text) - 1))
    first, last = len(text[:start].encode()), len(text[:end + 1].encode()) - 1
    made = with_brackets(text, [(first, last)])
    hidden = [plain_text(piece.pieces) for piece in parse_cloze(made) if isinstance(piece, Deletion)]
    assert made
    if text[start:end + 1].strip() and "::" not in text and "`" not in text and "$" not in text:
        assert "".join(hidden).replace("\\", "").split() == text[start:end + 1].replace("\\", "").split()
