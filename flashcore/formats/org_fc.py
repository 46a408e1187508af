"""Cards of org-fc: headings tagged ``:fc:``. Headings -> notes with the schedules of the drawer ``:REVIEW_DATA:``.

Facts (its manual): the property FC_TYPE is normal, double, cloze, text-input or vocab; the answer is the heading
``Back`` below, or the text where there is none. Deletions are ``{{text}}``, ``{{text}{hint}}`` or either with ``@id``
before the last brace. The drawer has a table with a row for each position (front, back, or the id of a deletion):
ease, box, interval (days), due. A box below 0 or 0 is a new card. Its log stands in another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcore.domain.bundle import BundledCard, Learned
from flashcore.domain.note_type import BASIC, REVERSED
from flashcore.domain.schedule import CardState
from flashcore.formats.foreign_schedule import (
    LARGEST_EASE,
    LONGEST_INTERVAL_DAYS,
    SMALLEST_EASE,
    local_day,
    memory_from,
    moment_from,
    number_from,
)
from flashcore.formats.org_entry import ANSWER_TITLES, Deletion, Notes, table_rows
from flashcore.formats.org_markup import to_markdown
from flashcore.formats.org_outline import Heading

TAG, DRAWER = "fc", "REVIEW_DATA"
_MARKS = frozenset((TAG, "suspended"))
_DELETION = re.compile(r"\{\{(?P<text>(?:[^{}$\n]++|\$[^$\n]++\$|\{[^{}\n]*+\})++)\}"
                       r"(?:\{(?P<hint>[^{}\n]*+)\})?(?:@(?P<id>\w+))?\}")


def is_fc(heading: Heading) -> bool:
    """Whether a heading is a card of org-fc."""
    return any(tag.lower() == TAG for tag in heading.tags) or "FC_TYPE" in heading.properties


def add_fc(notes: Notes, place: int) -> None:
    """Add the note of a heading."""
    heading = notes.outline.headings[place]
    kind = heading.properties.get("FC_TYPE", "normal").lower()
    rows = _rows(notes, heading)
    suspended = any(tag.lower() == "suspended" for tag in heading.tags)

    def card(ordinal: int, position: str) -> Iterator[BundledCard]:
        learned = rows.get(position)
        if learned is not None or suspended:
            yield BundledCard(ordinal, learned=learned, is_suspended=suspended)

    back = next((one for one in notes.outline.children(place)
                 if notes.outline.headings[one].title.lower() in ANSWER_TITLES), None)
    if kind == "cloze":
        text = "\n".join((heading.title, "", *notes.side(place, _MARKS)))
        deletions = list(_deletions(text))
        if not deletions:
            notes.skip(place, "it has no deletion {{text}}")
            return
        cards = [one for name, deletion in deletions for one in card(deletion.ordinals[0], name)]
        unique = {one.ordinal: one for one in cards}
        notes.add_cloze(place, text, [one for _, one in deletions], [unique[ordinal] for ordinal in sorted(unique)],
                        without=_MARKS)
        return
    title = to_markdown([heading.title])
    if back is None:
        front, answer = title, to_markdown(notes.side(place, _MARKS))
    else:
        front = to_markdown([heading.title, "", *heading.body])
        answer = to_markdown(notes.side(back, _MARKS))
    if kind in ("double", "vocab"):
        notes.add(place, REVERSED, (front, answer), [*card(0, "front"), *card(1, "back")], without=_MARKS)
    else:
        notes.add(place, BASIC, (front, answer), card(0, "front"), without=_MARKS)


def _deletions(text: str) -> Iterator[tuple[str, Deletion]]:
    """(position, deletion) of a text: its id, else its number among them from 0."""
    ordinals: dict[str, int] = {}
    for number, found in enumerate(_DELETION.finditer(text)):
        name = found["id"] or str(number)
        ordinal = ordinals.setdefault(name, len(ordinals))
        yield name, Deletion(found.start(), found.end(), found["text"], (found["hint"] or "").strip(), (ordinal,))


def _rows(notes: Notes, heading: Heading) -> dict[str, Learned | None]:
    """The schedules of a heading, by position; None for a new card."""
    number, lines = heading.drawers.get(DRAWER, (heading.number, []))
    found: dict[str, Learned | None] = {}
    for row in table_rows(lines):
        position = row.get("position", "").strip()
        due_at = moment_from(row.get("due", ""))
        interval = number_from(row.get("interval", row.get("scheduled_days", "0")), 0, LONGEST_INTERVAL_DAYS)
        ease, box = number_from(row.get("ease", "2.5"), 0, LARGEST_EASE), number_from(row.get("box", "1"), -9, 10**6)
        memory = memory_from(row.get("stability"), row.get("difficulty"))
        if due_at is None or interval is None or ease is None or box is None:
            notes.problem(number, f"the schedule of position {position[:20]!r} cannot be read",
                          "mend the table in :REVIEW_DATA:, or remove it: the card is new then")
            continue
        if memory is None and (box <= 0 or not interval):
            found[position] = None
            continue
        days = round(interval) if interval else round(memory.stability_days) if memory is not None else 1
        found[position] = Learned(
            CardState.REVIEW, local_day(due_at), interval_days=min(max(days, 1), LONGEST_INTERVAL_DAYS), memory=memory,
            ease=None if memory is not None else max(ease, SMALLEST_EASE),
            last_at=moment_from(row.get("last_review", row.get("last-review", ""))))
    return found
