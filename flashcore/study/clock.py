"""The only place that asks what time it is or draws a random number."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from flashcore.domain.study_day import start_of, study_day, utc_offset_minutes


def _system_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What a collection knows of the world: the time (aware), the zone (None: this computer's), fresh names."""

    now_of: Callable[[], datetime] = _system_now
    zone: tzinfo | None = None
    new_uuid: Callable[[], str] = lambda: uuid.uuid4().hex

    def now(self) -> datetime:
        """Now in UTC, in whole milliseconds, as the log keeps it."""
        moment = self.now_of().astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def today(self, moment: datetime, rollover_hour: int) -> date:
        """The study day of a moment."""
        return study_day(moment, self.zone, rollover_hour)

    def offset_minutes(self, moment: datetime) -> int:
        """Minutes east of UTC at a moment."""
        return utc_offset_minutes(moment, self.zone)

    def start_of(self, day: date, rollover_hour: int) -> datetime:
        """The moment a study day starts here, with the offset from UTC that holds then."""
        offset = self.offset_minutes(start_of(day, 0, rollover_hour))  # may be that of hours before or after
        return start_of(day, self.offset_minutes(start_of(day, offset, rollover_hour)), rollover_hour)
