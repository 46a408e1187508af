"""Moments, days and numbers of schedules as other programs write them: checked, or None where they cannot be meant."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

from flashcore.domain.schedule import MemoryState
from flashcore.domain.study_day import study_day

FIRST_YEAR, LAST_YEAR = 1980, 2200
"""Years in which a review or a due date can lie; what lies outside is a mistake or a trick."""
LARGEST_COUNT = 1_000_000
LONGEST_INTERVAL_DAYS = 36_500
SMALLEST_STABILITY_DAYS, LARGEST_STABILITY_DAYS = 0.001, 36_500.0
SMALLEST_EASE, LARGEST_EASE = 1.3, 10.0
"""Ease factors: 1.3 is the least that SM-2 has."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FORMS = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\Z"),
    re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})\Z"),
    re.compile(r"(?:[A-Za-z]{2,9},?\s+)?(?P<name>[A-Za-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})\Z"),
)


def moment_from(value: object) -> datetime | None:
    """The moment (UTC) that an ISO 8601 text names; without an offset it is the wall time of this computer."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.astimezone(UTC) if FIRST_YEAR <= found.year <= LAST_YEAR else None
    except (ValueError, OverflowError, OSError):
        return None


def day_from(value: object) -> date | None:
    """The day that a text names: YYYY-MM-DD, DD-MM-YYYY or ``Mon Mar 02 2026``, or an ISO 8601 moment's study day."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.strip()
    for form in _DAY_FORMS:
        if found := form.match(text):
            parts = found.groupdict()
            month = _MONTHS.index(parts["name"].lower()) + 1 if parts.get("name", "").lower() in _MONTHS else 0
            try:
                day = date(int(parts["year"]), month or int(parts["month"]), int(parts["day"]))
            except (ValueError, KeyError):
                return None
            return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
    at = moment_from(text)
    return local_day(at) if at is not None else None


def local_day(moment: datetime) -> date:
    """The study day of a moment where this computer stands; other programs keep days or moments, not both."""
    return study_day(moment, None)


def number_from(value: object, low: float, high: float) -> float | None:
    """A finite number from ``low`` to ``high``, also where it is written as text."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 40 else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def count_from(value: object, high: int = LARGEST_COUNT) -> int | None:
    """A whole number from 0 to ``high``; a fraction is rounded."""
    found = number_from(value, 0, high)
    return None if found is None else round(found)


def memory_from(stability: object, difficulty: object) -> MemoryState | None:
    """The state of memory that two numbers of FSRS tell; what is just outside their ranges is moved into them."""
    days = number_from(stability, 0, 1e9)
    found = number_from(difficulty, 0, 11)
    if not days or found is None:
        return None
    return MemoryState(min(max(days, SMALLEST_STABILITY_DAYS), LARGEST_STABILITY_DAYS), min(max(found, 1.0), 10.0))


def difficulty_factor(difficulty: object) -> int:
    """A difficulty (1-10) as Anki writes it into its log: 100-1100; 0 where it is not known."""
    found = number_from(difficulty, 0, 11)
    return 0 if found is None else round((min(max(found, 1.0), 10.0) - 1) / 9 * 1000) + 100
