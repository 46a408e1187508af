"""What a file says was learned, merged into the collection: inside the transaction of an import."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flashcore.domain.bundle import Origin
from flashcore.store import ingest_learning
from flashcore.store.columns import from_millis, to_day
from flashcore.store.database import Connection, Database
from flashcore.store.ingest_learning import LearningCounts, Zone

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

_FIRST_MS, _LAST_MS = 0, 4_102_444_800_000
_KINDS = {Origin.LEARN: 0, Origin.REVIEW: 1, Origin.RELEARN: 2, Origin.FILTERED: 3, Origin.MANUAL: 4,
          Origin.RESCHEDULED: 5, Origin.RESET: 4}


def merge_learning(collection: Collection, database: Database, connection: Connection) -> LearningCounts:
    """Merge the reviews of the attached staging file, and take the schedules that are later there."""
    now, rollover_hour = collection.now(), collection.option_set().collection().rollover_hour
    zone = Zone(_offsets(collection, *ingest_learning.span_of_reviews(connection), rollover_hour), rollover_hour)
    _, cards, reviews = ingest_learning.staged_counts(connection)
    counts = ingest_learning.merge_reviews(connection, database.next_seqs(connection, reviews), zone, now)
    today = to_day(collection.today())
    _rebuild(collection, connection, zone, today)
    ingest_learning.take_schedules(connection, database.next_seqs(connection, cards), now, today,
                                   collection.offset_minutes(now), zone, today + 1)
    ingest_learning.bury_new(connection, today + 1)
    return counts


def _offsets(collection: Collection, first_ms: int, last_ms: int, rollover_hour: int) -> list[tuple[int, int]]:
    """Where the offset from UTC changes between two moments, to the minute."""
    at = from_millis(min(max(first_ms, _FIRST_MS), _LAST_MS))
    last = from_millis(min(max(last_ms, _FIRST_MS), _LAST_MS)) + timedelta(days=1)
    found = [(0, collection.offset_minutes(at))]
    while at < last:
        later = at + timedelta(days=14)
        if collection.offset_minutes(later) != found[-1][1]:
            found.append(_change(collection, at, later))
        at = later
    return found


def _change(collection: Collection, before: datetime, after: datetime) -> tuple[int, int]:
    """(ms, minutes) of the first moment between two at which another offset holds."""
    old = collection.offset_minutes(before)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        if collection.offset_minutes(middle) == old:
            before = middle
        else:
            after = middle
    after = after.astimezone(UTC).replace(second=0, microsecond=0)
    return round(after.timestamp()) * 1000, collection.offset_minutes(after)


def _rebuild(collection: Collection, connection: Connection, zone: Zone, today: int) -> None:
    """Make memory states for the cards whose file has none: from their log, else from ease and interval."""
    cards = ingest_learning.cards_without_memory(connection)
    if not cards:
        return
    from flashcore.scheduling import batch
    from flashcore.scheduling.sm2 import HISTORICAL_RETENTION, STARTING_EASE

    options, names = collection.option_set(), ingest_learning.deck_names_of_stage(connection)
    sets: dict[tuple[float, ...], int] = {}
    of_deck = {deck: sets.setdefault(options.for_deck(name).preset.parameters, len(sets))
               for deck, name in names.items()}
    deck_of = {card: deck for card, deck, *_ in cards}
    states: dict[int, tuple[float, float]] = {}
    rows = ingest_learning.logs_without_memory(connection, zone)
    if rows:
        columns = list(zip(*rows, strict=True))
        card, day, rating, origin, factor, interval = (list(column) for column in columns)
        # an answer of the future, from a clock that was wrong, counts as one of today
        made = batch.rebuild(
            card, [min(one, today) for one in day], rating, [_KINDS[Origin(one)] for one in origin], factor,
            interval=interval, parameters=list(sets),
            parameter_set=[of_deck[deck_of[one]] for one in dict.fromkeys(card)])
        for one, stability, difficulty in zip(made.card, made.stability, made.difficulty, strict=True):
            if not math.isnan(stability):
                states[int(one)] = float(stability), float(difficulty)
    left = [(one, deck, interval, ease) for one, deck, state, interval, ease in cards
            if one not in states and interval > 0]
    for parameters, number in sets.items():
        group = [row for row in left if of_deck[row[1]] == number]
        if group:
            stability, difficulty = batch.from_sm2(
                [ease / 1000 if ease else STARTING_EASE for *_, ease in group],
                [float(interval) for _, _, interval, _ in group], HISTORICAL_RETENTION, parameters)
            states |= {row[0]: (float(s), float(d)) for row, s, d in zip(group, stability, difficulty, strict=True)}
    ingest_learning.set_memory(connection, states)
