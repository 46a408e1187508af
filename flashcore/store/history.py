"""The review log: record an answer, read it, take the newest back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from flashcore.domain.deck import Preset
from flashcore.domain.review import Review, ReviewKind
from flashcore.domain.schedule import Schedule
from flashcore.errors import CardChanged
from flashcore.store.columns import to_millis
from flashcore.store.schema import (
    ORDER_STEP,
    REVIEW_COLUMNS,
    SCHEDULE_COLUMNS,
    card,
    change,
    new_id,
    note,
    preset,
    preset_text,
    review,
    review_row,
    schedule,
    schedule_values,
    to_preset,
    to_review,
    to_schedule,
)

_INSERT_REVIEW = insert(review)
_INSERT_SCHEDULE = insert(schedule)
_NO_LONGER_NEW = update(card).where(card.c.id == bindparam("key")).values(new_order=None)
_UPDATE_SCHEDULE = (
    update(schedule)
    .where(schedule.c.card_id == bindparam("key"), schedule.c.reps == bindparam("shown_reps"),
           schedule.c.due_at == bindparam("shown_due_at"), schedule.c.state == bindparam("shown_state"))
    .values({name: bindparam(f"new_{name}") for name in SCHEDULE_COLUMNS})
)


def last_seq(connection: Connection) -> int:
    """The highest number of the sequence that ``review`` and ``change`` share; 0 in an empty collection."""
    newest = [connection.execute(select(func.max(table.c.seq))).scalar() or 0 for table in (review, change)]
    return int(max(newest))


def preset_id(connection: Connection, value: Preset) -> int:
    """The id of a preset, added where it was never used before."""
    text = preset_text(value)
    found = connection.execute(select(preset.c.id).where(preset.c.options == text)).scalar()
    if found is not None:
        return int(found)
    return new_id(connection.execute(insert(preset).values(options=text)))


def presets(connection: Connection) -> dict[int, Preset]:
    """All presets that answers were given under."""
    return {row.id: to_preset(row.options) for row in connection.execute(select(preset))}


def record_review(connection: Connection, row: Review, after: Schedule | None) -> None:
    """Write an answer and the schedule it leaves; ``after`` None: the schedule stays (a cram answer).

    Raises:
        CardChanged: the stored schedule is no longer ``row.before``; the transaction must be given up.
    """
    connection.execute(_INSERT_REVIEW, review_row(row))
    if after is None:
        return
    values = schedule_values(after)
    if row.before is None:
        try:
            connection.execute(_INSERT_SCHEDULE, {"card_id": row.card_id,
                                                  **dict(zip(SCHEDULE_COLUMNS, values, strict=True))})
        except IntegrityError as error:
            raise CardChanged(row.card_id) from error
        connection.execute(_NO_LONGER_NEW, {"key": row.card_id})
        return
    shown = {"key": row.card_id, "shown_reps": row.before.reps, "shown_due_at": to_millis(row.before.due_at),
             "shown_state": int(row.before.state)}
    new = {f"new_{name}": value for name, value in zip(SCHEDULE_COLUMNS, values, strict=True)}
    if connection.execute(_UPDATE_SCHEDULE, {**shown, **new}).rowcount != 1:
        raise CardChanged(row.card_id)


def write_schedule(connection: Connection, card_id: int, value: Schedule | None) -> None:
    """Make the stored schedule of a card this one; None makes the card new, last among the new ones."""
    connection.execute(delete(schedule).where(schedule.c.card_id == card_id))
    connection.execute(update(card).where(card.c.id == card_id)
                       .values(new_order=card_id * ORDER_STEP if value is None else None))
    if value is not None:
        row = dict(zip(SCHEDULE_COLUMNS, schedule_values(value), strict=True))
        connection.execute(_INSERT_SCHEDULE, {"card_id": card_id, **row})


_SCHEDULE_OF = select(*(schedule.c[name] for name in SCHEDULE_COLUMNS)).where(schedule.c.card_id == bindparam("key"))


def schedule_of(connection: Connection, card_id: int) -> Schedule | None:
    """The schedule of a card; None: it is new."""
    row = connection.execute(_SCHEDULE_OF, {"key": card_id}).first()
    return to_schedule(tuple(row)) if row is not None else None


def schedules(connection: Connection) -> dict[int, Schedule | None]:
    """The schedules of all cards that have one."""
    rows = connection.execute(select(schedule.c.card_id, *(schedule.c[name] for name in SCHEDULE_COLUMNS)))
    return {row[0]: to_schedule(row[1:]) for row in rows}


_REVIEWS = select(*(review.c[name] for name in REVIEW_COLUMNS))


def log_of(connection: Connection, card_id: int) -> list[Review]:
    """The rows of the log of one card, in order, undone ones included."""
    rows = connection.execute(_REVIEWS.where(review.c.card_id == card_id).order_by(review.c.seq))
    return [to_review(tuple(row)) for row in rows]


def logs(connection: Connection) -> Iterator[tuple[int, list[Review]]]:
    """(card id, its rows in order) for every card that has any, card by card."""
    held: list[Review] = []
    for row in connection.execute(_REVIEWS.order_by(review.c.card_id, review.c.seq)):
        value = to_review(tuple(row))
        if held and held[0].card_id != value.card_id:
            yield held[0].card_id, held
            held = []
        held.append(value)
    if held:
        yield held[0].card_id, held


def card_names(connection: Connection) -> dict[int, tuple[str, int]]:
    """(guid of the note, ordinal) of every card."""
    rows = connection.execute(select(card.c.id, note.c.guid, card.c.ordinal).join(note, note.c.id == card.c.note_id))
    return {row[0]: (row[1], row[2]) for row in rows}


def stands() -> ColumnElement[bool]:
    """Whether a row of ``review`` was not taken back."""
    later = review.alias("later")
    return ~exists(select(later.c.seq).where(later.c.undoes == review.c.uuid))


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """One line of table ``change``, its two sides still as JSON."""

    seq: int
    uuid: str
    what: str
    before: str
    after: str


def newest_answer(connection: Connection) -> Review | None:
    """The newest answer that was not taken back."""
    row = connection.execute(
        _REVIEWS.where(review.c.kind.in_([str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM)]), stands())
        .order_by(review.c.seq.desc()).limit(1)).first()
    return to_review(tuple(row)) if row is not None else None


def newest_change(connection: Connection, kinds: Iterable[str]) -> RecordedChange | None:
    """The newest change of these kinds that was not taken back."""
    later = change.alias("later")
    row = connection.execute(
        select(change.c.seq, change.c.uuid, change.c.what, change.c.before, change.c.after)
        .where(change.c.what.in_(list(kinds)), ~exists(select(later.c.seq).where(later.c.undoes == change.c.uuid)))
        .order_by(change.c.seq.desc()).limit(1)).first()
    return RecordedChange(*row) if row is not None else None


def count_reviews(connection: Connection) -> int:
    """Rows of the log that are history: own answers that stand, cram ones too, and other programs' rows."""
    kinds = [str(ReviewKind.SCHEDULED), str(ReviewKind.CRAM), str(ReviewKind.IMPORTED)]
    return int(connection.execute(select(func.count()).select_from(review)
                                  .where(review.c.kind.in_(kinds), stands())).scalar_one())
