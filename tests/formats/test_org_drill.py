from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import BundledCard, Learned
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED
from flashcore.domain.schedule import CardState
from flashcore.errors import DeckFileError
from flashcore.formats import ReadOptions
from flashcore.formats.org import read

STUDIED = """:PROPERTIES:
:DRILL_LAST_INTERVAL: 12.4
:DRILL_EASE: 2.36
:DRILL_TOTAL_REPEATS: 7
:DRILL_FAILURE_COUNT: 2
:DRILL_LAST_REVIEWED: [2026-03-08 Sun 10:22]
:DRILL_LAST_QUALITY: 4
{more}:END:
"""
LEARNED = Learned(CardState.REVIEW, date(2026, 3, 20), interval_days=12, reps=7, lapses=2,
                  last_at=datetime.fromisoformat("2026-03-08T10:22:00").astimezone(UTC), ease=2.36)


def drill(body: str, kind: str = "", title: str = "Item", scheduled: bool = False) -> str:
    more = f":DRILL_CARD_TYPE: {kind}\n" if kind else ""
    head = f"* {title} :drill:\n" + ("SCHEDULED: <2026-03-20 Fri>\n" if scheduled else "")
    return head + (STUDIED.format(more=more) if scheduled else f":PROPERTIES:\n{more}:END:\n" if more else "") + body


def notes(text: str) -> list[tuple[object, ...]]:
    return [(one.note.note_type, *(field for field in one.note.fields if field))
            for one in read(text.encode(), ReadOptions()).notes]


@pytest.mark.parametrize("text, found", [
    (drill("Capital?\n** The Answer\nTallinn."), [(BASIC, "Capital?", "Tallinn.")]),
    (drill("Capital?\n** Answer\n*Tallinn*\n*** More\non the sea", title="Estonia"),
     [(BASIC, "Estonia\n\nCapital?", "**Tallinn**\n\n**More**\n\non the sea")]),
    (drill("** Tallinn", title="Capital?"), [(BASIC, "Capital?", "Tallinn")]),
    (drill("Where?\n** North\nTallinn\n** South\nTartu"),
     [(BASIC, "Where?", "**North**\n\nTallinn\n\n**South**\n\nTartu")]),
    (drill("shown whole", title="Say it"), [(BASIC, "Say it", "shown whole")]),
    (drill("A [b] and [c||third] of [[l][link]] [fn:1] [ ] [2026-03-20 Fri] [1/3] =[x]="),
     [(CLOZE, "A {{c1::b}} and {{c1::c::third}} of link [^1] [ ] [2026-03-20 Fri] [1/3] `[x]`")]),
    (drill("A [b] and [c||third].", "hide1cloze"), [(CLOZE, "A [b] and [c::third].")]),
    (drill("A [b].\n** Notes\nmore", "hide1cloze"), [(CLOZE, "A [b].", "**Notes**\n\nmore")]),
    (drill("- [a\n  b]\n- [c [[https://x.org][d]]]", "show1cloze"), [(CLOZE, "- [a\n  b]\n- [c [d](https://x.org)]")]),
    (drill("Translate.\n** Spanish\nel gato\n** English\nthe cat\n** Notes\nm.", "twosided"),
     [(REVERSED, "Translate.\n\n**Spanish**\n\nel gato", "Translate.\n\n**English**\n\nthe cat", "**Notes**\n\nm.")]),
    (drill("** A\n1\n** B\n2\n** C\n3", "multisided"),
     [(BASIC, "**A**\n\n1", "**B**\n\n2\n\n**C**\n\n3"), (BASIC, "**B**\n\n2", "**A**\n\n1\n\n**C**\n\n3"),
      (BASIC, "**C**\n\n3", "**A**\n\n1\n\n**B**\n\n2")]),
    (drill("Q?\n** Answer\nyes\n** Next :drill:\nQ2?\n*** Answer\nno"),
     [(BASIC, "Q?", "yes"), (BASIC, "Next\n\nQ2?", "no")]),
])
def test_each_card_type_is_a_note(text: str, found: list[tuple[object, ...]]) -> None:
    assert notes(text) == found


def test_cards_that_no_note_can_be_are_named() -> None:
    bundle = read(f"{drill('', title='Alone')}{drill('** a', 'spanish_verb', 'hablar')}".encode(), ReadOptions())
    assert [(one.note, one.reason) for one in bundle.skipped] == [
        ("Alone", "it has no answer"), ("hablar", "its card type spanish_verb makes up its questions")]


@pytest.mark.parametrize("body, kind, ordinals", [
    ("Q?\n** A\nx", "", [0]), ("a [b] [c]", "", [0]), ("a [b] [c]", "hide1cloze", [0, 1]),
    ("** A\n1\n** B\n2", "twosided", [0, 1])])
def test_the_schedule_of_a_heading_is_that_of_all_its_cards(body: str, kind: str, ordinals: list[int]) -> None:
    (one,) = read(drill(body, kind, scheduled=True).encode(), ReadOptions()).notes
    assert one.cards == tuple(BundledCard(ordinal, learned=LEARNED) for ordinal in ordinals)


def test_a_heading_that_is_only_scheduled_by_hand_is_new() -> None:
    (one,) = read(b"* a :drill:\nSCHEDULED: <2026-03-20 Fri>\nx\n** Answer\ny", ReadOptions()).notes
    assert one.cards == ()


@pytest.mark.parametrize("old, new", [("12.4", "soon"), ("2.36", "99"), ("7", "-7"), ("2026-03-20 Fri", "2026-13-20"),
                                      ("2026-03-20 Fri", "tomorrow")])
def test_E28_E29_a_schedule_that_cannot_be_meant_refuses_the_file(old: str, new: str) -> None:
    with pytest.raises(DeckFileError) as refused:
        read(drill("Q?\n** A\nx", scheduled=True).replace(old, new).encode(), ReadOptions())
    assert [problem.line for problem in refused.value.problems] == [1]


words = st.text(st.sampled_from("ab é,."), min_size=1, max_size=10).map(lambda text: f"a{text}z")


@settings(deadline=None)
@given(st.lists(st.tuples(words, words, st.booleans(), st.dates(date(1990, 1, 1), date(2100, 1, 1)),
                          st.integers(1, 30_000), st.integers(130, 900), st.integers(0, 500)), max_size=5))
def test_what_was_written_is_what_is_read(cards: list[tuple[str, str, bool, date, int, int, int]]) -> None:
    text, wanted = "", []
    for front, back, is_cloze, due, days, ease, repeats in cards:
        text += (f"* Item :drill:\nSCHEDULED: <{due} Fri>\n:PROPERTIES:\n:DRILL_LAST_INTERVAL: {days}.0\n"
                 f":DRILL_EASE: {ease / 100}\n:DRILL_TOTAL_REPEATS: {repeats}\n:DRILL_FAILURE_COUNT: {repeats // 2}\n")
        text += (":DRILL_CARD_TYPE: hide1cloze\n" if is_cloze else "") + ":END:\n"
        text += f"{front} [{back}] end\n" if is_cloze else f"{front}\n** Answer\n{back}\n"
        learned = Learned(CardState.REVIEW, due, interval_days=days, reps=repeats, lapses=repeats // 2, ease=ease / 100)
        fields = (f"{front} [{back}] end", "") if is_cloze else (front, back)
        wanted.append((CLOZE if is_cloze else BASIC, fields, (BundledCard(0, learned=learned),)))
    assert [(one.note.note_type, one.note.fields[:2], one.cards)
            for one in read(text.encode(), ReadOptions()).notes] == wanted
