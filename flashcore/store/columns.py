"""The column types, once, for SQLite's STRICT tables and for PostgreSQL.

A STRICT table takes only INTEGER, TEXT, REAL and BLOB; PostgreSQL's INTEGER has 32 bits, too few for milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import REAL, BigInteger, Double, Integer, LargeBinary, Text
from sqlalchemy.types import TypeEngine

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits: ids, counts, seq."""
Millis = BigInteger().with_variant(Integer(), "sqlite")
"""A moment in milliseconds since 1970-01-01 UTC."""
Day = BigInteger().with_variant(Integer(), "sqlite")
"""A study day, in days since 1970-01-01."""
Flag = BigInteger().with_variant(Integer(), "sqlite")
"""0 or 1."""
Fraction: TypeEngine[Any] = Double().with_variant(REAL(), "sqlite")
Words = Text()
Blob = LargeBinary()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)


def to_millis(moment: datetime) -> int:
    """Whole milliseconds, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_millis(millis: int) -> datetime:
    """The aware UTC moment."""
    return _EPOCH + timedelta(milliseconds=millis)


def to_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_DAY


def from_day(day: int) -> date:
    """The date."""
    return date.fromordinal(day + _EPOCH_DAY)
