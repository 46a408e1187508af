"""Mnemosyne 1.x XML -> bundle: items with a category, a question, an answer and a grade.

Days (``l_rp``, ``n_rp``) count from ``time_of_start``, which is 3:00 local time of the first day. An item whose id is
that of another with ``.inv`` is its other direction, one with ``.tr.1`` the production of a word; both are one note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, REVERSED, NoteType
from flashcore.formats import ReadOptions
from flashcore.formats.foreign_notes import NoteReport, clean_fields, deck_name
from flashcore.formats.foreign_schedule import LARGEST_EASE, SMALLEST_EASE, count_from, number_from
from flashcore.formats.foreign_xml import Record, read_records
from flashcore.formats.markdown_media import MediaFinder
from flashcore.formats.mnemosyne_types import (
    MAP,
    VOCABULARY,
    fact_guid,
    learned,
    moment,
    note_media,
    tag_words,
    to_html,
)

_LATEST_SECONDS = 7_258_118_400  # the year 2200
_MOST_DAYS = 100_000
_TO_NOON = timedelta(hours=9)  # from 3:00 to where the day of the wall is the day of UTC, but for the far Pacific
_OTHER_SIDES = (".inv", ".tr.1")
_OVERLAY = re.compile(r"<card\s+style\s*=\s*\"answerbox:\s*overlay\"\s*/?>")
_BOLD = re.compile(r"\A<b>([^<>]*)</b>")


@dataclass(frozen=True, slots=True)
class _Item:
    id: str
    question: str
    answer: str
    category: str
    learned: Learned | None
    line: int


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a file that Mnemosyne 1 exported, in file order; pictures are found beside it, and below.

    Raises:
        FileError: no XML, or not Mnemosyne's; or beyond the limits of ``foreign_xml``.
    """
    report = NoteReport()
    start = 0.0
    items: list[_Item] = []
    path = options.path or "-"
    for record in read_records([data], path, ("mnemosyne",), options.encoding):
        if record.name == "item":
            start = start or number_from(record.root.get("time_of_start"), 1, _LATEST_SECONDS) or 0.0
            items.append(_item(record, start))
    deck = deck_name([options.deck], report)
    notes: list[BundledNote] = []
    finder = MediaFinder(options.path, None)
    guids: set[str] = set()
    for note, cards, line in _notes(items, report):
        fields = clean_fields(note.fields)
        if isinstance(fields, str):
            report.skip(note.fields, fields)
            continue
        if note.guid in guids:
            report.count("a note has the id of another; it is known by its first field",
                         "notes have the id of another; they are known by their first field")
        guid = "" if note.guid in guids else note.guid
        guids.update([guid] if guid else [])
        note_media(fields, finder, report)
        made = Note(guid, note.note_type, fields, note.tags, Markup.HTML)
        notes.append(BundledNote(made, deck, line, tuple(
            BundledCard(ordinal, learned=state) for ordinal, state in enumerate(cards) if state is not None)))
    return Bundle(tuple(notes), finder.found, report.problems(), tuple(report.skipped))


def _notes(items: list[_Item], report: NoteReport) -> Iterator[tuple[Note, tuple[Learned | None, ...], int]]:
    """Each item as a note, with its other side where that is one; what they hold is not yet cleaned."""
    by_id = {item.id: item for item in items}
    tags_by_category: dict[str, tuple[str, ...]] = {}
    for item in items:
        base, is_other = next(((item.id.removesuffix(end), True) for end in _OTHER_SIDES if item.id.endswith(end)),
                              (item.id, False))
        if is_other and base in by_id and _both(by_id[base], item) is not None:
            continue  # it comes with the first side, wherever that stands
        tags = tags_by_category.get(item.category)
        if tags is None:
            tags = tags_by_category[item.category] = tag_words(iter([item.category]), report)
        other = next((by_id[item.id + end] for end in _OTHER_SIDES if item.id and item.id + end in by_id), None)
        found = _both(item, other) if other is not None else None
        if found is not None and other is not None:
            note_type, fields = found
            yield (Note(fact_guid(item.id), note_type, fields, tags),
                   _in_order(note_type, item.learned, other.learned), item.line)
            continue
        yield (Note(fact_guid(item.id), BASIC, (to_html(item.question), to_html(item.answer), "", ""), tags),
               (item.learned,), item.line)


def _in_order(note_type: NoteType, first: Learned | None, other: Learned | None) -> tuple[Learned | None, ...]:
    """What was learned, by template: a map asks first for the name of what is marked, which was the other item."""
    return (other, first) if note_type is MAP else (first, other)


def _both(item: _Item, other: _Item) -> tuple[NoteType, tuple[str, ...]] | None:
    """What two items with such ids are together, or None where their texts do not fit each other."""
    if other.id.endswith(".tr.1"):
        meaning = other.question
        if other.answer.split("\n")[0] == item.question and item.answer.endswith(meaning):
            sound = item.answer.removesuffix(meaning).strip()
            return VOCABULARY, (to_html(item.question), to_html(sound), to_html(meaning), "")
        return None
    if (item.question, item.answer) == (other.answer, other.question):
        return REVERSED, (to_html(item.question), to_html(item.answer), "", "")
    name = _BOLD.match(other.answer)
    if _OVERLAY.search(item.question) and name is not None:
        blank = _BOLD.sub("", _OVERLAY.sub("", item.question)).strip()
        return MAP, (name[1], to_html(other.question), to_html(blank))
    return None


def _item(record: Record, start: float) -> _Item:
    values = record.attributes
    texts = record.texts.get("Q", ""), record.texts.get("A", ""), record.texts.get("cat", "")
    grade = count_from(values.get("gr"), 5)
    if grade is None:
        return _Item(values.get("id", ""), *texts, None, record.line)
    retention, lapses = count_from(values.get("rt_rp")) or 0, count_from(values.get("lps")) or 0
    is_unseen = grade == 0 and values.get("u") == "1" and not retention and not lapses
    last, due = (number_from(values.get(key), 0, _MOST_DAYS) for key in ("l_rp", "n_rp"))
    state = None
    if start and last is not None and due is not None and not is_unseen:
        state = learned(grade, number_from(values.get("e"), SMALLEST_EASE, LARGEST_EASE),
                        (count_from(values.get("ac_rp")) or 0) + retention, lapses,
                        moment(start + last * 86_400), (moment(start + due * 86_400) + _TO_NOON).date())
    return _Item(values.get("id", ""), *texts, state, record.line)
