"""Which study day a moment belongs to.

A study day starts at a rollover hour of local wall time (4 am unless the learner says otherwise), so a session after
midnight belongs to the evening before it. Wall time decides, so a day with a clock change has 23 or 25 hours and
still starts at the same hour.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

DEFAULT_ROLLOVER_HOUR = 4


def study_day(moment: datetime, zone: tzinfo | None, rollover_hour: int = DEFAULT_ROLLOVER_HOUR) -> date:
    """The study day of an aware moment. ``zone`` None is the zone of this computer."""
    local = moment.astimezone(zone)
    return local.date() if local.hour >= rollover_hour else local.date() - timedelta(days=1)


def utc_offset_minutes(moment: datetime, zone: tzinfo | None) -> int:
    """Minutes east of UTC at that moment, rounded down to a whole minute."""
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def start_of(day: date, offset_minutes: int, rollover_hour: int = DEFAULT_ROLLOVER_HOUR) -> datetime:
    """The moment (UTC) a study day starts, for a fixed offset from UTC.

    The offset is that of the answer, which the log keeps, so the log alone gives the same moment again; where the
    clocks change before that day it is an hour off, which no decision depends on: days decide, not moments.
    """
    local = datetime.combine(day, time(hour=rollover_hour), timezone(timedelta(minutes=offset_minutes)))
    return local.astimezone(UTC)
