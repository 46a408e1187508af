"""Cards of org-srs: headings with a drawer ``:SRSITEMS:``. Headings -> notes with schedules and the whole log.

Facts (its manual and example): the drawer holds a table for each item, ``#+NAME: srsitem:ID``, with ``::card::front``,
``::card::back`` or ``::cloze::NAME`` behind the id. A row is an answer: timestamp (UTC), rating, and the stability,
difficulty and state after it; the row marked ``*`` is when the item is due. The sides of a card are the heading and its
text, or headings ``Front`` and ``Back`` below; deletions are ``{{NAME}{text}{hint}}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flashcore.domain.bundle import BundledCard, BundledReview, Learned, Origin
from flashcore.domain.note_type import BASIC, REVERSED
from flashcore.domain.review import Rating
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.formats.foreign_schedule import (
    LONGEST_INTERVAL_DAYS,
    difficulty_factor,
    local_day,
    memory_from,
    moment_from,
)
from flashcore.formats.org_entry import Deletion, Notes, revealed, table_rows
from flashcore.formats.org_markup import to_markdown
from flashcore.formats.org_outline import Heading

DRAWER = "SRSITEMS"
_NAME = re.compile(r"\s*#\+NAME:\s*srsitem:(?P<id>\S+?)(?:::(?P<kind>card|cloze)(?:::(?P<which>\S+))?)?\s*\Z",
                   re.IGNORECASE)
_DELETION = re.compile(r"\{\{(?P<name>[^{}\s]+)\}\{(?P<text>[^{}\n]*+(?:\{[^{}\n]*+\}[^{}\n]*+)*+)\}"
                       r"(?:\{(?P<hint>[^{}\n]*+)\})?\}")
_RATINGS = {"again": Rating.AGAIN, "hard": Rating.HARD, "good": Rating.GOOD, "easy": Rating.EASY}
_STATES = {"new": CardState.NEW, "learning": CardState.LEARNING, "review": CardState.REVIEW,
           "relearning": CardState.RELEARNING}
_ORIGINS = {CardState.NEW: Origin.LEARN, CardState.LEARNING: Origin.LEARN, CardState.REVIEW: Origin.REVIEW,
            CardState.RELEARNING: Origin.RELEARN}


@dataclass(slots=True)
class _Item:
    """What the drawer holds of one item; ``which`` is the side or the name of a deletion."""

    kind: str
    which: str
    number: int
    lines: list[str] = field(default_factory=list)


def is_srs(heading: Heading) -> bool:
    """Whether a heading is an entry of org-srs."""
    return DRAWER in heading.drawers


def add_srs(notes: Notes, place: int) -> None:
    """Add the notes of an entry: one for its card, one for its deletions."""
    heading = notes.outline.headings[place]
    items = _items(heading)
    if not items:
        notes.problem(heading.number, "the drawer :SRSITEMS: names no item", "it holds #+NAME: srsitem:.. and a table")
    front, back = _sides(notes, place)
    text = "\n".join((*front, "", *back))
    deletions = list(_deletions(text))
    sides = {item.which.lower(): item for item in items if item.kind == "card"}
    clozes = {item.which: item for item in items if item.kind == "cloze"}
    if sides:
        shown, answer = (_shown(lines) for lines in (front, back))
        ordinals = {"": 0, "front": 0, "back": 1 if len(sides) > 1 else 0}
        if set(sides) == {"back"}:
            shown, answer = answer, shown
        cards = [_card(notes, ordinals[which], item) for which, item in sides.items() if which in ordinals]
        notes.add(place, REVERSED if len(sides) > 1 else BASIC, (shown, answer),
                  sorted((card for card in cards if card is not None), key=lambda card: card.ordinal))
    if clozes:
        cards = [_card(notes, one.ordinals[0], clozes[name]) for name, one in deletions if name in clozes]
        found = {card.ordinal: card for card in cards if card is not None}
        if not deletions:
            notes.skip(place, "it has no deletion {{name}{text}}")
            return
        notes.add_cloze(place, text, [one for _, one in deletions], [found[ordinal] for ordinal in sorted(found)],
                        suffix="-cloze" if sides else "")


def _items(heading: Heading) -> list[_Item]:
    first, lines = heading.drawers[DRAWER]
    items: list[_Item] = []
    for number, line in enumerate(lines, first):
        if found := _NAME.match(line):
            items.append(_Item((found["kind"] or "card").lower(), found["which"] or "", number))
        elif items:
            items[-1].lines.append(line)
    return items


def _sides(notes: Notes, place: int) -> tuple[list[str], list[str]]:
    """The two sides of an entry as lines of Org."""
    headings = notes.outline.headings
    heading = headings[place]
    named = {headings[one].title.lower(): one for one in notes.outline.children(place)}
    title = [heading.title, ""]
    if "back" not in named:
        return title, notes.side(place)[:]
    back = notes.side(named["back"])
    front = notes.side(named["front"]) if "front" in named else []
    return [*title, *heading.body, *(["", *front] if front else [])], back


def _shown(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return to_markdown(revealed(text, [one for _, one in _deletions(text)]).split("\n"))


def _deletions(text: str) -> Iterator[tuple[str, Deletion]]:
    """(name, deletion) of a text; deletions of one name are one card."""
    ordinals: dict[str, int] = {}
    for found in _DELETION.finditer(text):
        if found["text"].strip():
            ordinal = ordinals.setdefault(found["name"], len(ordinals))
            yield found["name"], Deletion(found.start(), found.end(), found["text"], (found["hint"] or "").strip(),
                                          (ordinal,))


def _card(notes: Notes, ordinal: int, item: _Item) -> BundledCard | None:
    """The card of an item with its log; None for one that was never answered."""
    due_at: datetime | None = None
    before, memory, last_at = CardState.NEW, None, None
    reviews: list[BundledReview] = []
    lapses = 0
    for place, row in enumerate(table_rows(item.lines)):
        at = moment_from(row.get("timestamp", ""))
        word = row.get("rating", "").strip(":*~= ").lower()
        if at is None or (word and word not in _RATINGS):
            what = "has no timestamp" if at is None else f"has the unknown rating {word[:20]!r}"
            notes.problem(item.number, f"row {place + 1} of this item {what}", "mend the table, or remove it")
            return None
        if row.get("!", "") == "*":
            due_at = at
            continue
        if not word:
            continue
        rating, difficulty = _RATINGS[word], row.get("difficulty", "")
        reviews.append(BundledReview(at, rating, _ORIGINS[before], factor=difficulty_factor(difficulty)))
        lapses += before is CardState.REVIEW and rating is Rating.AGAIN
        memory, last_at = memory_from(row.get("stability", ""), difficulty), at
        before = _STATES.get(row.get("state", "").strip(": ").lower(), CardState.REVIEW)
    if not reviews:
        return None
    learned = None
    if due_at is not None and last_at is not None:
        learned = _learned(before, due_at, last_at, memory, len(reviews), lapses)
        if learned.interval_days:
            last = reviews[-1]
            reviews[-1] = BundledReview(last.answered_at, last.rating, last.origin, interval=learned.interval_days,
                                        factor=last.factor)
    return BundledCard(ordinal, learned=learned, reviews=tuple(reviews))


def _learned(state: CardState, due_at: datetime, last_at: datetime, memory: MemoryState | None, reps: int,
             lapses: int) -> Learned:
    if state is not CardState.REVIEW:
        state = CardState.RELEARNING if state is CardState.RELEARNING else CardState.LEARNING
        return Learned(state, None, due_at=due_at, steps_left=1, memory=memory, reps=reps, lapses=lapses,
                       last_at=last_at)
    days = min(max((local_day(due_at) - local_day(last_at)).days, 1), LONGEST_INTERVAL_DAYS)
    return Learned(CardState.REVIEW, local_day(due_at), interval_days=days, memory=memory, reps=reps, lapses=lapses,
                   last_at=last_at)
