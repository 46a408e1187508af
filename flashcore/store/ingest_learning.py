"""What a staging file says was learned: its reviews merged into the log, its schedules taken where they are later.

The same review is the same card, millisecond and rating. Of a card that the collection has: if the file holds every
answer we have and a later one, its schedule is taken; if each side has answers that the other lacks, ours stands;
otherwise nothing changes. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.store import staged
from flashcore.store.columns import Number, to_millis
from flashcore.store.history import stands
from flashcore.store.schema import SCHEDULE_COLUMNS, card, deck, review, schedule

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_LATEST_DAY = 2_932_000  # in the year 9997: a date can still hold it and a day more
_LONGEST_DAYS = 200_000


@dataclass(frozen=True, slots=True)
class Zone:
    """The offsets from UTC of a zone: each (from which ms, minutes east), ascending; and the rollover hour."""

    offsets: Sequence[tuple[int, int]]
    rollover_hour: int

    def offset_minutes(self, at: ColumnElement[int]) -> ColumnElement[int]:
        """Minutes east of UTC at a moment."""
        changes = list(zip(self.offsets, self.offsets[1:], strict=False))
        if not changes:
            return literal(self.offsets[0][1])
        return case(*((at < until, minutes) for (_, minutes), (until, _) in changes), else_=self.offsets[-1][1])

    def study_day(self, at: ColumnElement[int]) -> ColumnElement[int]:
        """The study day of a moment after 1970, in days since then."""
        local = at + (self.offset_minutes(at) * _MINUTE_MS - self.rollover_hour * _HOUR_MS)
        return local // literal(_DAY_MS)


@dataclass(slots=True)
class LearningCounts:
    """What came of the reviews and schedules of a file."""

    reviews_new: int = 0
    reviews_same: int = 0
    rescheduled: int = 0
    diverged: int = 0


def span_of_reviews(connection: Connection) -> tuple[int, int]:
    """The earliest and the latest moment (ms) that the file knows of; 0, 0 without any."""
    rows = [connection.execute(select(func.min(column), func.max(column))).one()
            for column in (staged.review.c.answered_at, staged.card.c.last_at, staged.card.c.due_at)]
    known = [value for row in rows for value in row if value is not None]
    return (min(known), max(known)) if known else (0, 0)


def merge_reviews(connection: Connection, first_seq: int, zone: Zone, now: datetime) -> LearningCounts:
    """Add the reviews that the collection does not have and choose the cards whose schedule is taken."""
    counts = LearningCounts()
    held_before = connection.execute(select(func.count()).select_from(staged.card_map)
                                     .where(staged.card_map.c.is_new == 0)).scalar_one()
    has_orphans = connection.execute(select(exists().where(staged.review.c.card_id < 0))).scalar_one()
    connection.execute(insert(staged.taken).from_select(
        ["staged_id", "id"], select(staged.card_map.c.staged_id, staged.card_map.c.id)
        .join(staged.card, staged.card.c.id == staged.card_map.c.staged_id)
        .where(staged.card_map.c.is_new == 1, staged.card.c.state.is_not(None))))
    unknown = None
    if held_before or has_orphans:
        unknown = _rows_of_known(connection, has_orphans)
    if held_before:
        _choose_among_known(connection, counts, to_millis(now) + _DAY_MS)
    [total] = connection.execute(select(func.count()).select_from(staged.review)).one()
    counts.reviews_new = total if unknown is None else unknown
    counts.reviews_same = total - counts.reviews_new
    for place, of_cards in ((staged.card_map.c.id, True), (staged.review.c.card_id, False)):
        if not (of_cards or has_orphans):
            continue
        source = select(*_review_values(first_seq, place, zone)).select_from(staged.review)
        if of_cards:
            source = source.join(staged.card_map, staged.card_map.c.staged_id == staged.review.c.card_id)
        else:
            source = source.where(staged.review.c.card_id < 0)
        if unknown is not None:
            source = source.join(staged.new_review, staged.new_review.c.staged_id == staged.review.c.id)
        connection.execute(insert(review).from_select(_REVIEW_COLUMNS, source.order_by(staged.review.c.id)))
    return counts


_REVIEW_COLUMNS = ["seq", "card_id", "kind", "answered_at", "utc_offset_minutes", "study_day", "rating", "duration_ms",
                   "origin", "interval", "last_interval", "factor"]


def _review_values(first_seq: int, place: ColumnElement[int], zone: Zone) -> list[ColumnElement[Any]]:
    row = staged.review.c
    return [row.id + (first_seq - 1), place, literal(str(ReviewKind.IMPORTED)), row.answered_at,
            zone.offset_minutes(row.answered_at), zone.study_day(row.answered_at), row.rating, row.duration_ms,
            row.origin, row.interval, row.last_interval, row.factor]


def _same(place: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a row of ``review`` is the staged one, undone ones too: an answer taken back does not return."""
    return and_(review.c.card_id == place, review.c.answered_at == staged.review.c.answered_at,
                review.c.rating.is_not_distinct_from(staged.review.c.rating))


def _rows_of_known(connection: Connection, has_orphans: bool) -> int:
    """Note the staged reviews that the collection does not have; returns how many."""
    row = staged.review.c
    connection.execute(insert(staged.new_review).from_select(
        ["staged_id"], select(row.id).join(staged.card_map, staged.card_map.c.staged_id == row.card_id)
        .where(or_(staged.card_map.c.is_new == 1, ~exists(select(review.c.seq).where(_same(staged.card_map.c.id)))))))
    if has_orphans:
        connection.execute(insert(staged.new_review).from_select(
            ["staged_id"], select(row.id).where(row.card_id < 0, ~exists(select(review.c.seq).where(
                _same(row.card_id))))))
    return int(connection.execute(select(func.count()).select_from(staged.new_review)).scalar_one())


def _choose_among_known(connection: Connection, counts: LearningCounts, last_ms: int) -> None:
    """Take the schedules of known cards that are later in the file.

    Rows of other programs after ``last_ms`` count for nothing: a clock was wrong. Of our own every answer counts.
    """
    row, known = staged.review.c, staged.card_map.c
    # where the file has no review that we lack it cannot be later, so only a card never answered here is left
    touched = select(row.card_id).join(staged.new_review, staged.new_review.c.staged_id == row.id)
    unseen = select(known.staged_id).join(staged.card, staged.card.c.id == known.staged_id).outerjoin(
        schedule, schedule.c.card_id == known.id).where(
        known.is_new == 0, schedule.c.card_id.is_(None), staged.card.c.state.is_not(None))
    at_stake = and_(known.is_new == 0, or_(known.staged_id.in_(touched), known.staged_id.in_(unseen)))
    ours = select(review.c.seq).where(_same(known.id))
    own = ours.where(review.c.kind != str(ReviewKind.IMPORTED)).exists()
    is_answer = row.rating.is_not(None)
    matched = ours.where(review.c.kind != str(ReviewKind.CRAM), stands()).exists()
    undone = and_(ours.exists(), ~ours.where(stands()).exists())
    theirs = (
        select(known.staged_id, known.id, func.count().label("answers"),
               func.sum(case((matched, 1), else_=0)).label("shared"),
               func.max(case((undone, None), else_=row.answered_at)).label("newest"),
               func.sum(case((undone, 1), else_=0)).label("undone"))
        .join(staged.review, and_(row.card_id == known.staged_id, is_answer))
        .where(at_stake, or_(row.answered_at <= last_ms, own))
        .group_by(known.staged_id).subquery())
    held = (
        select(review.c.card_id, func.count().label("answers"), func.max(review.c.answered_at).label("newest"))
        .where(review.c.card_id.in_(select(known.id).where(at_stake)), review.c.rating.is_not(None),
               review.c.kind != str(ReviewKind.CRAM), stands(),
               or_(review.c.answered_at <= last_ms, review.c.kind != str(ReviewKind.IMPORTED)))
        .group_by(review.c.card_id).subquery())
    both = (
        select(known.staged_id, known.id, func.coalesce(theirs.c.answers - theirs.c.undone, 0).label("theirs"),
               func.coalesce(theirs.c.shared, 0).label("shared"), func.coalesce(held.c.answers, 0).label("ours"),
               func.coalesce(theirs.c.undone, 0).label("undone"), theirs.c.newest.label("their_newest"),
               held.c.newest.label("our_newest"), staged.card.c.state,
               schedule.c.card_id.label("scheduled"))
        .join(staged.card, staged.card.c.id == known.staged_id)
        .outerjoin(theirs, theirs.c.staged_id == known.staged_id).outerjoin(held, held.c.card_id == known.id)
        .outerjoin(schedule, schedule.c.card_id == known.id).where(at_stake).subquery())
    is_later = and_(both.c.shared == both.c.ours, both.c.theirs > both.c.shared,
                    or_(both.c.our_newest.is_(None), both.c.their_newest > both.c.our_newest))
    is_first = and_(both.c.ours == 0, both.c.theirs == 0, both.c.undone == 0, both.c.scheduled.is_(None),
                    ~_was_reset(both.c.id))
    connection.execute(insert(staged.taken).from_select(
        ["staged_id", "id"], select(both.c.staged_id, both.c.id)
        .where(both.c.state.is_not(None), or_(is_later, is_first))))
    counts.rescheduled = int(connection.execute(
        select(func.count()).select_from(staged.taken).join(
            staged.card_map, staged.card_map.c.staged_id == staged.taken.c.staged_id)
        .where(staged.card_map.c.is_new == 0)).scalar_one())
    counts.diverged = int(connection.execute(
        select(func.count()).select_from(both).where(both.c.shared < both.c.ours,
                                                     both.c.theirs > both.c.shared)).scalar_one())


def _was_reset(card_id: ColumnElement[int]) -> ColumnElement[bool]:
    return exists(select(review.c.seq).where(review.c.card_id == card_id, review.c.kind == str(ReviewKind.RESET)))


def logs_without_memory(connection: Connection, zone: Zone) -> list[tuple[Any, ...]]:
    """The reviews of the cards that are taken and have no memory state, card by card in order of time.

    Each is (staged card, study day, rating or 0, origin, factor, interval).
    """
    row = staged.review.c
    return [tuple(found) for found in connection.execute(
        select(row.card_id, zone.study_day(row.answered_at), func.coalesce(row.rating, 0), row.origin, row.factor,
               row.interval)
        .join(staged.taken, staged.taken.c.staged_id == row.card_id)
        .join(staged.card, staged.card.c.id == row.card_id)
        .where(staged.card.c.stability.is_(None)).order_by(row.id))]


def cards_without_memory(connection: Connection) -> list[tuple[int, int, int, int, int]]:
    """(staged card, staged deck, state, interval in days, ease in permille or 0) of each card that is taken and has
    no memory state."""
    row = staged.card.c
    return [tuple(found) for found in connection.execute(
        select(row.id, row.deck_id, row.state, func.coalesce(row.interval_days, 0), func.coalesce(row.ease, 0))
        .join(staged.taken, staged.taken.c.staged_id == row.id).where(row.stability.is_(None)).order_by(row.id))]


def deck_names_of_stage(connection: Connection) -> dict[int, str]:
    """The decks that the file's are here, by their id in the file."""
    return {row[0]: row[1] for row in connection.execute(
        select(staged.deck_map.c.staged_id, deck.c.name).join(deck, deck.c.id == staged.deck_map.c.id))}


def set_memory(connection: Connection, states: Mapping[int, tuple[float, float]]) -> None:
    """Give staged cards the memory states that were made for them: stability in days, difficulty."""
    if states:
        connection.execute(insert(staged.memory), [
            {"staged_id": key, "stability": stability, "difficulty": difficulty}
            for key, (stability, difficulty) in states.items()])


def take_schedules(connection: Connection, first_seq: int, now: datetime, today: int, now_offset: int, zone: Zone,
                   buried_until: int) -> int:
    """Give the cards that are taken the file's schedule, each with a STATE row of the log; returns how many.

    ``today`` and ``buried_until`` are days since 1970-01-01, ``now_offset`` minutes east of UTC.
    """
    known = select(staged.taken.c.id).join(
        staged.card_map, staged.card_map.c.staged_id == staged.taken.c.staged_id).where(staged.card_map.c.is_new == 0)
    connection.execute(insert(staged.replaced).from_select(["id", "interval", "factor"], select(
        schedule.c.card_id, staged.foreign_interval(schedule.c.interval_days, schedule.c.due_at, schedule.c.last_at),
        staged.foreign_factor(schedule.c.difficulty)).where(schedule.c.card_id.in_(known))))
    connection.execute(delete(schedule).where(schedule.c.card_id.in_(known)))
    row, day_start = staged.card.c, (zone.rollover_hour * 60 - now_offset) * _MINUTE_MS
    is_step = row.due_at.is_not(None)
    clamped = func.min(func.max(row.due_on, 0), _LATEST_DAY)
    now_ms = to_millis(now)  # what a wrong clock wrote of the future was no answer yet
    answer = staged.review.c
    untold = select(staged.taken.c.staged_id).join(staged.card, row.id == staged.taken.c.staged_id).where(
        func.coalesce(row.last_at, now_ms + 1) > now_ms)
    told = (select(answer.card_id, func.max(answer.answered_at).label("at"))
            .where(answer.card_id.in_(untold), answer.rating.is_not(None), answer.answered_at <= now_ms)
            .group_by(answer.card_id).subquery())  # once for all: the log has no index
    last_at = func.coalesce(case((row.last_at <= now_ms, row.last_at)), told.c.at)
    steps = case((row.state == int(CardState.RELEARNING), staged.deck_map.c.relearning_steps),
                 else_=staged.deck_map.c.learning_steps)
    step = func.max(func.min(steps - func.max(func.coalesce(row.steps_left, 0), 0), steps - 1), 0)
    days = func.min(func.max(func.coalesce(row.interval_days, 0), 1), _LONGEST_DAYS)
    due_at = func.min(func.max(row.due_at, 0), _LATEST_DAY * _DAY_MS)
    connection.execute(insert(schedule).from_select(
        ["card_id", *SCHEDULE_COLUMNS],
        select(staged.taken.c.id, row.state,
               case((is_step, due_at), else_=clamped * _DAY_MS + day_start),
               case((is_step, func.max(zone.study_day(due_at), 0)), else_=clamped),
               case((is_step, 0), else_=days),
               case((row.state == int(CardState.REVIEW), null()), else_=cast(step, Number)),
               func.coalesce(row.stability, staged.memory.c.stability),
               func.coalesce(row.difficulty, staged.memory.c.difficulty), row.reps, row.lapses, last_at,
               case((last_at.is_(None), case((is_step, null()), else_=func.min(clamped - days, today))),
                    else_=zone.study_day(last_at)))
        .join(staged.card, row.id == staged.taken.c.staged_id)
        .join(staged.deck_map, staged.deck_map.c.staged_id == row.deck_id)
        .outerjoin(staged.memory, staged.memory.c.staged_id == row.id)
        .outerjoin(told, told.c.card_id == row.id)))
    count = int(connection.execute(select(func.count()).select_from(staged.taken)).scalar_one())
    connection.execute(update(card).where(card.c.id.in_(known)).values(new_order=None))
    _take_marks(connection, buried_until)
    seq = staged.taken.c.staged_id + (first_seq - 1)
    values: list[ColumnElement[Any]] = [
        seq, func.printf("%x-state-%x", seq, to_millis(now)), staged.taken.c.id, literal(str(ReviewKind.STATE)),
        literal(to_millis(now)), literal(now_offset), literal(today), *(schedule.c[name] for name in SCHEDULE_COLUMNS),
        staged.replaced.c.interval, staged.replaced.c.factor]
    connection.execute(insert(review).from_select(
        ["seq", "uuid", "card_id", "kind", "answered_at", "utc_offset_minutes", "study_day",
         *(f"before_{name}" for name in SCHEDULE_COLUMNS), "interval", "factor"],
        select(*values).select_from(staged.taken)
        .join(schedule, schedule.c.card_id == staged.taken.c.id)
        .outerjoin(staged.replaced, staged.replaced.c.id == staged.taken.c.id).order_by(staged.taken.c.staged_id)))
    return count


def _take_marks(connection: Connection, buried_until: int) -> None:
    """What else comes with a schedule. Suspensions and flags of the collection are never taken away."""
    row = staged.card.c
    of_card = and_(staged.taken.c.id == card.c.id, row.id == staged.taken.c.staged_id)
    known = staged.taken.c.staged_id.in_(select(staged.card_map.c.staged_id).where(staged.card_map.c.is_new == 0))
    made_here = staged.taken.c.staged_id.in_(select(staged.memory.c.staged_id))
    connection.execute(update(card).values(anki=_extras()).where(of_card, or_(known, made_here)))
    for condition, values in (
            (and_(row.is_suspended == 1, card.c.suspension.is_(None)), {"suspension": "by_hand"}),
            (and_(row.flag != 0, card.c.flag == 0), {"flag": row.flag}),
            (row.is_buried == 1, {"buried_until": buried_until})):
        connection.execute(update(card).values(values).where(of_card, condition))


def _extras() -> ColumnElement[Any]:
    """What Anki keeps of the card, with a mark where the memory state was made here."""
    return case((and_(staged.card.c.stability.is_(None), staged.card.c.id.in_(select(staged.memory.c.staged_id))),
                 func.json_set(func.coalesce(staged.card.c.anki, "{}"), "$.no_memory", 1)),
                else_=staged.card.c.anki)


def bury_new(connection: Connection, buried_until: int) -> None:
    """New cards that the file has buried wait too."""
    place = select(staged.card_map.c.id).join(staged.card, staged.card.c.id == staged.card_map.c.staged_id).where(
        staged.card_map.c.is_new == 1, staged.card.c.is_buried == 1)
    connection.execute(update(card).where(card.c.id.in_(place)).values(buried_until=buried_until))


def staged_counts(connection: Connection) -> tuple[int, int, int]:
    """How many notes, cards and reviews the file holds."""
    notes, cards, reviews, own = (int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                                  for table in (staged.note, staged.card, staged.review, staged.own_review))
    return notes, cards, reviews + own


