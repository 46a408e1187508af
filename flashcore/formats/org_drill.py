"""Cards of org-drill: headings tagged ``:drill:``. Headings -> notes with the schedule that the heading keeps.

Facts (its manual): the text under the heading is the question, what stands under the headings below it is the answer;
``[hidden]`` and ``[hidden||hint]`` are deletions. The property DRILL_CARD_TYPE says which of these are hidden at once,
or that the card is asked in several directions. One schedule for the heading: SCHEDULED, DRILL_LAST_INTERVAL (days),
DRILL_EASE, DRILL_TOTAL_REPEATS, DRILL_FAILURE_COUNT, DRILL_LAST_REVIEWED; the log is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcore.domain.bundle import Learned
from flashcore.domain.note_type import BASIC, REVERSED
from flashcore.domain.schedule import CardState
from flashcore.formats.foreign_schedule import (
    LARGEST_EASE,
    LONGEST_INTERVAL_DAYS,
    SMALLEST_EASE,
    count_from,
    local_day,
    number_from,
)
from flashcore.formats.org_entry import Deletion, Notes, answer_of, cards_from, question_of, stamp_day, stamp_from
from flashcore.formats.org_markup import literal_spans, to_markdown
from flashcore.formats.org_outline import Heading

TAG = "drill"
_MARKS = frozenset((TAG, "leech"))
_DELETION = re.compile(r"\[(?!\[)(?P<inside>(?:[^\[\]]++|\[\[[^\[\]]*+\](?:\[[^\[\]]*+\])?\])++)\]")
_NO_DELETION = re.compile(
    r"[ xX-]\Z|\d+/\d+\Z|\d*%\Z|/\Z|@\w+\Z|fn:|cite[:/]|\d{4}-\d{2}-\d{2}(?:\s[^|]*)?\Z", re.DOTALL)


def is_drill(heading: Heading) -> bool:
    """Whether a heading is a card of org-drill."""
    return any(tag.lower() == TAG for tag in heading.tags)


def add_drill(notes: Notes, place: int) -> None:
    """Add the note of a heading, or several where it is asked in more than two directions."""
    heading = notes.outline.headings[place]
    learned = _learned(notes, heading)
    kind = heading.properties.get("DRILL_CARD_TYPE", "").lower()
    sides = [one for one in notes.outline.children(place) if not is_drill(notes.outline.headings[one])
             and not notes.outline.headings[one].is_comment]
    if kind in ("twosided", "multisided") and len(sides) > 1:
        _add_sides(notes, place, sides if kind == "multisided" else sides[:2], sides, learned)
        return
    if kind in ("conjugate", "decline_noun", "spanish_verb", "translate_number"):
        notes.skip(place, f"its card type {kind} makes up its questions")
        return
    lines = question_of(notes, place)
    text = "\n".join(lines)
    deletions = list(deletions_in(text, together=not kind or kind == "simple"))
    answer = answer_of(notes, sides, _MARKS)
    if deletions:
        ordinals = sorted({ordinal for one in deletions for ordinal in one.ordinals})
        notes.add_cloze(place, text, deletions, cards_from((ordinal, learned) for ordinal in ordinals), answer,
                        without=_MARKS)
    elif not answer and any(line.strip() for line in heading.body):  # shown whole: the heading asks
        notes.add(place, BASIC, (to_markdown([heading.title]), to_markdown(heading.body)), cards_from([(0, learned)]),
                  without=_MARKS)
    else:
        notes.add(place, BASIC, (to_markdown(lines), answer), cards_from([(0, learned)]), without=_MARKS)


def deletions_in(text: str, *, together: bool) -> Iterator[Deletion]:
    """The deletions of a text; ``together``: one card asks for all of them, else each has its card."""
    spans = literal_spans(text)
    place = number = 0
    for found in _DELETION.finditer(text):
        while place < len(spans) and spans[place][1] <= found.start():
            place += 1
        if place < len(spans) and spans[place][0] <= found.start():
            continue
        inside = found["inside"]
        hidden, _, hint = inside.partition("||")
        if _NO_DELETION.match(inside) or "\n\n" in inside or not hidden.strip():
            continue
        yield Deletion(found.start(), found.end(), hidden, hint.strip(), (0 if together else number,))
        number += 1


def _add_sides(notes: Notes, place: int, asked: list[int], sides: list[int], learned: Learned | None) -> None:
    """A card whose headings ask for each other: two make one note, more make one note each."""
    heading = notes.outline.headings[place]
    context = to_markdown(heading.body)
    texts = {side: answer_of(notes, [side], _MARKS) for side in sides}
    rest = [texts[side] for side in sides if side not in asked]

    def with_context(text: str) -> str:
        return f"{context}\n\n{text}" if context and text else text

    if len(asked) == 2:
        first, second = (with_context(texts[side]) for side in asked)
        notes.add(place, REVERSED, (first, second, "\n\n".join(rest)), cards_from([(0, learned), (1, learned)]),
                  without=_MARKS)
        return
    for number, side in enumerate(asked):
        answer = "\n\n".join(texts[other] for other in sides if other != side)
        notes.add(place, BASIC, (with_context(texts[side]), answer), cards_from([(0, learned)]), without=_MARKS,
                  suffix=f"-{number + 1}" if number else "", line=notes.outline.headings[side].number)


def _learned(notes: Notes, heading: Heading) -> Learned | None:
    """The schedule of a heading; None for a new card. A number that cannot be meant is a problem."""
    found = heading.properties
    stamp = heading.planning.get("SCHEDULED")
    values = {name: found.get(name, found.get(name.removeprefix("DRILL_"), "")) for name in (
        "DRILL_LAST_INTERVAL", "DRILL_EASE", "DRILL_TOTAL_REPEATS", "DRILL_FAILURE_COUNT", "DRILL_LAST_REVIEWED")}
    if stamp is None or not any(values.values()):
        return None
    due_on = stamp_day(stamp)
    if due_on is None:
        notes.problem(heading.number, f"the date {stamp[:40]!r} after SCHEDULED: cannot be read", "mend or remove it")
        return None
    limits = {"DRILL_LAST_INTERVAL": LONGEST_INTERVAL_DAYS, "DRILL_EASE": LARGEST_EASE,
              "DRILL_TOTAL_REPEATS": 1_000_000, "DRILL_FAILURE_COUNT": 1_000_000}
    for name, high in limits.items():
        if values[name] and number_from(values[name], 0, high) is None:
            notes.problem(heading.number, f"the property {name} is no number from 0 to {high}: {values[name][:40]!r}",
                          "mend it, or remove the schedule: the card is new then")
    last_at = stamp_from(values["DRILL_LAST_REVIEWED"])
    interval = number_from(values["DRILL_LAST_INTERVAL"], 0, LONGEST_INTERVAL_DAYS)
    if interval is None:
        interval = (due_on - local_day(last_at)).days if last_at is not None else 1
    ease = number_from(values["DRILL_EASE"], 0, LARGEST_EASE)
    return Learned(CardState.REVIEW, due_on, interval_days=min(max(round(interval), 1), LONGEST_INTERVAL_DAYS),
                   reps=count_from(values["DRILL_TOTAL_REPEATS"]) or 0,
                   lapses=count_from(values["DRILL_FAILURE_COUNT"]) or 0, last_at=last_at,
                   ease=None if not ease else max(ease, SMALLEST_EASE))
