"""Counts, days and moments in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 card``, ``2 cards``, ``28,417 cards``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def day_words(day: date) -> str:
    """``Mon 23 Nov``."""
    return f"{day:%a} {day.day} {day:%b}"


def exam_words(exam_on: date | None, today: date) -> str:
    """``exam in 90 days``; empty without an exam, or once it is past."""
    if exam_on is None or exam_on < today:
        return ""
    days = (exam_on - today).days
    return "exam today" if days == 0 else "exam tomorrow" if days == 1 else f"exam in {days:,} days"


def next_words(next_due_at: datetime | None, now: datetime, zone: tzinfo | None, tomorrow: int) -> str:
    """When a card is asked again: ``Next: 38 tomorrow from 04:00``; empty where none ever is.

    ``tomorrow`` is how many cards the next study day asks. A learning step due within hours is told in minutes.
    """
    if next_due_at is None:
        return f"Next: {tomorrow:,} tomorrow" if tomorrow else ""
    moment, here = next_due_at.astimezone(zone), now.astimezone(zone)
    wait = moment - here
    if wait < timedelta(hours=2):
        return f"Next: in {counted(max(round(wait / timedelta(minutes=1)), 1), 'minute')}"
    clock = f"{moment:%H:%M}"
    if moment.date() == here.date():
        return f"Next: today at {clock}"
    count = f"{tomorrow:,} " if tomorrow else ""
    # Shortly after midnight the study day of yesterday still runs, so its morrow is the calendar's today.
    if moment.date() == here.date() + timedelta(days=1):
        return f"Next: {count}tomorrow from {clock}"
    return f"Next: {day_words(moment.date())} from {clock}"


def minutes_words(minutes: float) -> str:
    """``9 minutes``; ``less than a minute``."""
    return "less than a minute" if minutes < 1 else counted(round(minutes), "minute")


def clock_words(seconds: float) -> str:
    """``1:12``, ``1:02:05``."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
