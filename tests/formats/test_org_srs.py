from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import BundledCard, BundledReview, Learned, Origin
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import DeckFileError
from flashcore.formats import ReadOptions
from flashcore.formats.org import read

HEAD = "| ! | timestamp            | rating | stability | difficulty | state |\n|---+---|\n"
NEW = HEAD + "|   | 2024-12-16T15:25:21Z | | 0.0 | 0.0 | :new |\n| * | 2024-12-16T15:25:21Z | | | | |\n"
STUDIED = HEAD + """|   | 2026-01-01T12:00:00Z |        |   0.0  | 0.0 | :new      |
|   | 2026-01-01T12:01:00Z | :again |   0.4  | 7.3 | :learning |
|   | 2026-01-01T12:05:00Z | :good  |   3.25 | 5.5 | :review   |
|   | 2026-01-04T12:00:00Z | :again |   1.5  | 6.4 | :relearning |
|   | 2026-01-04T12:10:00Z | :easy  |  12.75 | 5.5 | :review   |
| * | 2026-01-17T12:10:00Z |        |        |     |           |
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


REVIEWS = (BundledReview(at("2026-01-01T12:01:00"), Rating.AGAIN, Origin.LEARN, factor=800),
           BundledReview(at("2026-01-01T12:05:00"), Rating.GOOD, Origin.LEARN, factor=600),
           BundledReview(at("2026-01-04T12:00:00"), Rating.AGAIN, Origin.REVIEW, factor=700),
           BundledReview(at("2026-01-04T12:10:00"), Rating.EASY, Origin.RELEARN, interval=13, factor=600))
LEARNED = Learned(CardState.REVIEW, date(2026, 1, 17), interval_days=13, memory=MemoryState(12.75, 5.5), reps=4,
                  lapses=1, last_at=at("2026-01-04T12:10:00"))


def entry(items: dict[str, str], text: str, title: str = "License") -> str:
    drawer = "".join(f"#+NAME: srsitem:1-2{name}\n{table}" for name, table in items.items())
    return f"* {title}\n:PROPERTIES:\n:ID: 1-2\n:END:\n:SRSITEMS:\n{drawer}:END:\n{text}"


def notes(text: str) -> list[tuple[object, ...]]:
    return [(one.note.note_type, *(field for field in one.note.fields if field))
            for one in read(text.encode(), ReadOptions()).notes]


@pytest.mark.parametrize("text, found", [
    (entry({"": NEW}, "GPL"), [(BASIC, "License", "GPL")]),
    (entry({"::card": NEW}, "Which?\n** Back\nGPL"), [(BASIC, "License\n\nWhich?", "GPL")]),
    (entry({"": NEW}, "** Front\nWhich?\n** Back\nGPL"), [(BASIC, "License\n\nWhich?", "GPL")]),
    (entry({"::card::front": NEW, "::card::back": NEW}, "Keys\n** Front\n=ESC=\n** Back\n=C-[="),
     [(REVERSED, "License\n\nKeys\n\n`ESC`", "`C-[`")]),
    (entry({"::cloze::a1": NEW, "::cloze::b2": NEW}, "Written in {{a1}{1976}{year}} by {{b2}{David}}, {{a1}{so}}."),
     [(CLOZE, "License\n\nWritten in {{c1::1976::year}} by {{c2::David}}, {{c1::so}}.")]),
    (entry({"::cloze::a1": NEW, "": NEW}, "It is {{a1}{GPL}}."),
     [(BASIC, "License", "It is GPL."), (CLOZE, "License\n\nIt is [GPL].")]),
    (entry({"::cloze::a": NEW}, "| Lisp | {{a}{(defun f (x) ..)}} |\n"),
     [(CLOZE, "License\n\n| Lisp | [(defun f (x) ..)] |\n| --- | --- |")]),
])
def test_each_form_of_an_entry_is_a_note(text: str, found: list[tuple[object, ...]]) -> None:
    assert notes(text) == found


def test_the_log_is_read_with_its_memory_and_only_asked_items_have_one() -> None:
    text = entry({"::card::front": STUDIED, "::card::back": NEW}, "GPL")
    (one,) = read(text.encode(), ReadOptions()).notes
    assert one.note.guid == "1-2"
    assert one.cards == (BundledCard(0, learned=LEARNED, reviews=REVIEWS),)


def test_an_item_in_a_learning_step_is_due_at_its_moment() -> None:
    table = HEAD + "| | 2026-01-01T12:00:00Z | :good | 2.5 | 5.5 | :learning |\n| * | 2026-01-01T12:10:00Z | | | | |\n"
    (one,) = read(entry({"": table}, "GPL").encode(), ReadOptions()).notes
    assert one.cards[0].learned == Learned(
        CardState.LEARNING, None, due_at=at("2026-01-01T12:10:00"), steps_left=1, memory=MemoryState(2.5, 5.5), reps=1,
        last_at=at("2026-01-01T12:00:00"))


def test_each_deletion_has_the_log_of_its_name() -> None:
    (one,) = read(entry({"::cloze::b2": STUDIED, "::cloze::gone": STUDIED}, "{{a1}{x}} {{b2}{y}}").encode(),
                  ReadOptions()).notes
    assert one.cards == (BundledCard(1, learned=LEARNED, reviews=REVIEWS),)


@pytest.mark.parametrize("old, new", [("2026-01-04T12:00:00Z", "then"), (":easy", ":superb"),
                                      ("2026-01-17T12:10:00Z", "9999-01-17T12:10:00Z")])
def test_E28_E29_a_row_that_cannot_be_meant_refuses_the_file(old: str, new: str) -> None:
    with pytest.raises(DeckFileError) as refused:
        read(entry({"": STUDIED.replace(old, new)}, "GPL").encode(), ReadOptions())
    assert [problem.line for problem in refused.value.problems] == [6]


ratings = st.lists(st.tuples(st.sampled_from(("again", "hard", "good", "easy")), st.integers(1, 400),
                             st.integers(1, 36_000), st.integers(10, 100)), min_size=1, max_size=8)


@settings(deadline=None)
@given(ratings, st.integers(1, 1000))
def test_what_was_written_is_what_is_read(log: list[tuple[str, int, int, int]], days: int) -> None:
    moment, table, wanted = datetime(2020, 1, 1, 12, tzinfo=UTC), HEAD, []
    for word, gap, stability, difficulty in log:
        moment += timedelta(days=gap)
        table += f"| | {moment:%Y-%m-%dT%H:%M:%SZ} | :{word} | {stability / 10} | {difficulty / 10} | :review |\n"
        wanted.append((moment, Rating[word.upper()]))
    due = moment + timedelta(days=days)
    table += f"| * | {due:%Y-%m-%dT%H:%M:%SZ} | | | | |\n"
    (one,) = read(entry({"": table}, "GPL").encode(), ReadOptions()).notes
    (card,) = one.cards
    assert [(review.answered_at, review.rating) for review in card.reviews] == wanted
    assert card.learned == Learned(
        CardState.REVIEW, due.date(), interval_days=days, reps=len(log), last_at=moment,
        memory=MemoryState(log[-1][2] / 10, log[-1][3] / 10), lapses=sum(word == "again" for word, *_ in log[1:]))
