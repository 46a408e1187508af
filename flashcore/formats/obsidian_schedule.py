"""The schedules of Obsidian's Spaced Repetition plugin: its comments, and its store. Text -> what was learned.

Facts (the plugin's documentation and tests): ``<!--SR:!due,interval,ease!...-->`` has one segment for each sibling,
in order; the ease is in percent. With FSRS a segment is ``!fsrs,due,interval,stability,difficulty,state,reps,lapses,
step,last review``. A sibling that was never answered has the due day 2000-01-01. The store is a JSON block in
``card-schedule-data.sr.md``: {cardSchedules: {id: [{dueDate, interval, ease} or null, ..]}}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from flashcore.domain.bundle import Learned
from flashcore.domain.schedule import CardState
from flashcore.formats.foreign_schedule import (
    LARGEST_EASE,
    LONGEST_INTERVAL_DAYS,
    SMALLEST_EASE,
    count_from,
    day_from,
    local_day,
    memory_from,
    moment_from,
    number_from,
)

STORE_NAMES = ("card-schedule-data.sr.md", "schedule-data.sr.md")
LARGEST_STORE_BYTES = 64 * 1024 * 1024
PLACEHOLDER = date(2000, 1, 1)
LEARNING_STEPS = 2
"""Steps before a card of FSRS is in review: a minute and ten."""

_JSON_BLOCK = re.compile(r"```json\s*\n(.*?)\n\s*```", re.DOTALL)


class NotASchedule(ValueError):
    """A segment of a schedule comment that says nothing; the text is the segment."""


def read_comment(text: str) -> list[Learned | None]:
    """The schedules in the text of a comment after ``SR:``, by sibling; None for one that is new.

    Raises:
        NotASchedule: a segment cannot be read.
    """
    return [_segment(segment) for segment in text.strip().removeprefix("!").split("!")]


def _segment(segment: str) -> Learned | None:
    values = [value.strip() for value in segment.split(",")]
    if values[0] == "fsrs" and len(values) >= 10:
        found = dict(zip(("due", "interval", "stability", "difficulty", "state", "reps", "lapses", "step",
                          "lastReview"), values[1:], strict=False))
        return _fsrs(found, segment)
    if len(values) == 3:
        return _sm2(values[0], values[1], values[2], segment)
    raise NotASchedule(segment)


def _sm2(due: object, interval: object, ease: object, segment: str) -> Learned | None:
    due_on = day_from(due)
    days, percent = number_from(interval, 0, LONGEST_INTERVAL_DAYS), number_from(ease, 0, LARGEST_EASE * 100)
    if due_on == PLACEHOLDER:
        return None
    if due_on is None or days is None or percent is None:
        raise NotASchedule(segment)
    return Learned(CardState.REVIEW, due_on, interval_days=max(round(days), 1),
                   ease=max(percent / 100, SMALLEST_EASE))


def _fsrs(found: Mapping[str, object], segment: str) -> Learned | None:
    state, due_at, last_at = count_from(found.get("state"), 3), moment_from(found.get("due")), moment_from(
        found.get("lastReview"))
    days, reps, lapses = (count_from(found.get(key)) for key in ("interval", "reps", "lapses"))
    if state == 0 or (due_at is not None and due_at.date() == PLACEHOLDER):
        return None
    memory = memory_from(found.get("stability"), found.get("difficulty"))
    if state is None or due_at is None or days is None or reps is None or lapses is None or memory is None:
        raise NotASchedule(segment)
    if state == CardState.REVIEW:
        return Learned(CardState.REVIEW, local_day(due_at), interval_days=min(max(days, 1), LONGEST_INTERVAL_DAYS),
                       memory=memory, reps=reps, lapses=lapses, last_at=last_at)
    steps = LEARNING_STEPS - (count_from(found.get("step")) or 0) if state == CardState.LEARNING else 1
    return Learned(CardState(state), None, due_at=due_at, steps_left=max(steps, 1), memory=memory, reps=reps,
                   lapses=lapses, last_at=last_at)


def read_store(path: Path) -> dict[str, list[Learned | None]]:
    """The schedules of a store file, by the id of the card; none where it cannot be read."""
    try:
        if path.stat().st_size > LARGEST_STORE_BYTES:
            return {}
        text = path.read_text(encoding="utf-8", errors="replace")
        block = _JSON_BLOCK.search(text)
        found = json.loads(block[1] if block else text)
    except (OSError, ValueError, RecursionError):
        return {}
    schedules = found.get("cardSchedules", found.get("cards")) if isinstance(found, dict) else None
    read: dict[str, list[Learned | None]] = {}
    for key, siblings in schedules.items() if isinstance(schedules, dict) else ():
        if isinstance(siblings, list):
            read[str(key)] = [_stored(one) for one in siblings]
    return read


def _stored(one: Any) -> Learned | None:
    try:
        if isinstance(one, str):
            return _segment(one.removeprefix("!"))
        if not isinstance(one, dict):
            return None
        due = one.get("dueDate", one.get("due"))
        if "stability" in one:
            return _fsrs({"due": due, "lastReview": one.get("last_review"), **one}, "")
        return _sm2(due, one.get("interval"), one.get("ease"), "")
    except NotASchedule:
        return None
