"""The own rows of a staging file - deck files, options, presets, the log, schedules - into the collection, set by set.

The same row of the log is the same uuid; of another program's rows, which have none, the same card, millisecond and
rating. What becomes of a card's schedule is decided by ``study.own_import``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, literal, or_, select, update

from flashcore.domain.card import Suspension
from flashcore.domain.review import ReviewKind
from flashcore.store import staged
from flashcore.store.extract_own import FIRST_GONE, ROW_COLUMNS, gone_cards, number_of_gone, numbers_of
from flashcore.store.schema import SCHEDULE_COLUMNS, card, change, deck_file, note, option, preset, review, schedule

_AT_ONCE = 5_000


def place_notes(connection: Connection) -> None:
    """Say of new notes where they stand in their deck files, and what they held there."""
    path = staged.own_file.c
    connection.execute(insert(deck_file).from_select(
        ["path", "sha256", "read_at"], select(path.path, path.sha256, path.read_at)
        .where(~exists(select(deck_file.c.id).where(deck_file.c.path == path.path))).order_by(path.id)))
    row = staged.own_note.c
    file_id = (select(deck_file.c.id).join(staged.own_file, path.path == deck_file.c.path)
               .where(path.id == row.file_id).scalar_subquery())
    connection.execute(update(note).values(
        file_id=file_id, line=row.line, id_in_file=row.id_in_file, base_fields=row.base_fields,
        base_tags=row.base_tags, base_deck=row.base_deck)
        .where(note.c.id == staged.note_map.c.id, staged.note_map.c.is_new == 1,
               row.note_id == staged.note_map.c.staged_id))


def place_cards(connection: Connection) -> list[int]:
    """Say why new cards are set aside, and give those whose log is here, as they were deleted, that log again and the
    ids that they had; returns these. They count as known then."""
    row, place = staged.own_card.c, staged.card_map.c
    connection.execute(update(card).values(
        suspension=row.suspension, buried_until=row.buried_until)
        .where(card.c.id == place.id, place.is_new == 1, row.card_id == place.staged_id))
    gone = {number: card_id for card_id, number in gone_cards(connection).items()}
    gone |= {-card_id: card_id for card_id in connection.execute(
        select(review.c.card_id).where(review.c.card_id <= -FIRST_GONE).distinct()).scalars()}
    if not gone:
        return []
    own = staged.own_review.c
    first = (select(func.min(own.id)).join(staged.card_map, place.staged_id == own.card_id).where(place.is_new == 1)
             .group_by(own.card_id))
    back: dict[int, int] = {}
    for card_id, *parts in connection.execute(
            select(place.id, own.uuid, own.answered_at, own.rating, own.kind, own.origin)
            .join(staged.card_map, place.staged_id == own.card_id).where(own.id.in_(first))).all():
        old = gone.pop(number_of_gone(*parts), None)
        if old is not None:
            back[card_id] = old
    for card_id, old in back.items():
        if old < 0:  # it was never here before; only its log was
            connection.execute(update(review).where(review.c.card_id == old).values(card_id=card_id))
            back[card_id] = card_id
        else:
            connection.execute(update(card).where(card.c.id == card_id).values(id=old))
        connection.execute(update(staged.card_map).where(place.id == card_id).values(id=back[card_id], is_new=0))
    return list(back.values())


def staged_options(connection: Connection) -> list[tuple[str, str, str]]:
    """(deck, key, value) of each option of the file; deck empty: the collection."""
    row = staged.own_option.c
    return [(found.deck, found.key, found.value) for found in connection.execute(
        select(staged.own_option).order_by(func.length(row.deck), row.deck, row.key))]


def options_of_ours(connection: Connection) -> set[tuple[str, str]]:
    """(deck, key) of each option that was ever set here, also of those that were set back to what they were."""
    ours = {(row.deck, row.key) for row in connection.execute(select(option.c.deck, option.c.key))}
    for text in connection.execute(select(change.c.after).where(change.c.what == "options")).scalars():
        for held in json.loads(text).get("option", {}).values():
            ours |= {(held["deck"], key) for key in held if key != "deck"}
    return ours


def add_options(connection: Connection, rows: Sequence[tuple[str, str, str]]) -> None:
    """Set options (deck, key, value) that the collection does not have."""
    if rows:
        connection.execute(insert(option), [{"deck": deck, "key": key, "value": value} for deck, key, value in rows])


# the log


def find_new_rows(connection: Connection) -> None:
    """Note the rows of the file's log that the collection does not have, with their cards here."""
    own, place = staged.own_review.c, staged.own_place.c
    connection.execute(insert(staged.own_place).from_select(
        ["card_id", "place"], select(staged.card_map.c.staged_id, staged.card_map.c.id)))
    has_log = connection.execute(select(exists(select(review.c.seq)))).scalar()
    living = _place_gone(connection, has_log=bool(has_log))
    statement = select(own.id, place.place).join(staged.own_place, place.card_id == own.card_id)
    if has_log:
        same = select(review.c.seq).where(review.c.card_id == place.place, review.c.answered_at == own.answered_at,
                                          review.c.rating.is_not_distinct_from(own.rating))
        named = select(review.c.seq).where(review.c.uuid == own.uuid, review.c.card_id == place.place)
        statement = statement.where(or_(
            and_(own.uuid.is_not(None), ~exists(named),
                 or_(own.rating.is_(None), ~exists(same.where(review.c.uuid.is_(None))))),
            and_(own.uuid.is_(None), ~exists(same.where(or_(own.rating.is_not(None), review.c.uuid.is_(None)))))))
    if living:  # their other rows are those that the file has too
        statement = statement.where(or_(own.uuid.is_not(None), own.card_id.not_in(living)))
    connection.execute(insert(staged.own_row).from_select(["id", "card_id"], statement.order_by(own.id)))


def _place_gone(connection: Connection, *, has_log: bool) -> list[int]:
    """Map the cards that are gone where the file was written; returns those that are not gone here."""
    own, place = staged.own_review.c, staged.own_place
    numbers = list(connection.execute(select(own.card_id).where(own.card_id < 0).distinct()).scalars())
    if not numbers:
        return []
    places, living = {key: key for key in numbers}, []
    if has_log:
        places |= {-number: card_id for card_id, number in gone_cards(connection).items() if -number in places}
        alive = connection.execute(select(review.c.card_id).where(review.c.card_id.in_(select(card.c.id))).distinct())
        living = [-number for number in numbers_of(connection, alive.scalars().all()).values() if -number in places]
    connection.execute(insert(place), [{"card_id": key, "place": card_id} for key, card_id in places.items()])
    return living


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@dataclass(frozen=True, slots=True)
class Row:
    """What tells one row of a log from another; ``place`` orders them; ``is_new``: of the file, not of ours."""

    place: int
    uuid: str | None
    kind: str
    answered_at: int
    rating: int | None
    undoes: str | None
    is_new: bool | int = False


@dataclass(frozen=True, slots=True)
class BothLogs:
    """The log of a known card here, and in the file, where that has rows that are new."""

    card_id: int
    staged_id: int
    ours: tuple[Row, ...]
    theirs: tuple[Row, ...]


def both_logs(connection: Connection) -> Iterator[BothLogs]:
    """The two logs of each known card to which the file adds rows."""
    own, known = staged.own_review.c, staged.card_map.c
    touched = select(staged.own_row.c.card_id).join(staged.card_map, known.id == staged.own_row.c.card_id).where(
        known.is_new == 0).distinct()
    row = review.c
    held = connection.execute(
        select(row.card_id, row.seq, row.uuid, row.kind, row.answered_at, row.rating, row.undoes)
        .where(row.card_id.in_(touched)).order_by(row.card_id, row.seq)).all()
    ours = {key: tuple(Row(*found[1:]) for found in rows) for key, rows in groupby(held, lambda found: found[0])}
    told = connection.execute(
        select(known.id, known.staged_id, own.id, own.uuid, own.kind, own.answered_at, own.rating, own.undoes,
               staged.own_row.c.id.is_not(None))
        .join(staged.own_review, own.card_id == known.staged_id)
        .outerjoin(staged.own_row, staged.own_row.c.id == own.id)
        .where(known.id.in_(touched)).order_by(known.id, own.id)).all()
    for (card_id, staged_id), rows in groupby(told, lambda found: (found[0], found[1])):
        yield BothLogs(card_id, staged_id, ours.get(card_id, ()),
                       tuple(Row(*found[2:]) for found in rows))


def leave_out(connection: Connection, ids: Collection[int]) -> None:
    """Leave rows of the file out, by their id there."""
    for chunk in _chunks(ids):
        connection.execute(delete(staged.own_row).where(staged.own_row.c.id.in_(chunk)))


def add_rows(connection: Connection, first_seq: int) -> tuple[int, list[int]]:
    """Add the new rows under fresh numbers, in their order; returns how many were added, and the cards of those that
    were not, as their uuid stands here already for something else."""
    row, place = staged.own_preset.c, staged.own_preset_map
    connection.execute(insert(preset).from_select(
        ["options"], select(row.options).where(row.options.not_in(select(preset.c.options))).distinct()))
    connection.execute(insert(place).from_select(
        ["staged_id", "id"], select(row.id, preset.c.id).join(preset, preset.c.options == row.options)))
    own, new = staged.own_review.c, staged.own_row.c
    values: list[ColumnElement[Any]] = [place.c.id if name == "preset_id" else own[name] for name in ROW_COLUMNS]
    before = _count(connection, review)
    connection.execute(insert(review).prefix_with("OR IGNORE").from_select(
        ["seq", "card_id", *ROW_COLUMNS],
        select(own.id + (first_seq - 1), new.card_id, *values).select_from(staged.own_row)
        .join(staged.own_review, own.id == new.id).outerjoin(place, place.c.staged_id == own.preset_id)
        .order_by(own.id)))
    added = _count(connection, review) - before
    if added == _count(connection, staged.own_row):
        return added, []
    lost = select(new.card_id).where(~exists(
        select(review.c.seq).where(review.c.seq == new.id + (first_seq - 1)))).distinct()
    return added, list(connection.execute(lost).scalars())


# schedules


def add_schedules(connection: Connection) -> None:
    """Give new cards the schedules of the file."""
    _insert_schedules(connection, staged.card_map.c.is_new == 1)


def take_schedules(connection: Connection, staged_ids: Collection[int]) -> int:
    """Give known cards the schedules of the file, and none where they are new there; returns how many differ.

    What is set aside or flagged there is so here too; nothing is asked again that is set aside here.
    """
    known, at, theirs = staged.card_map.c, schedule.c, staged.own_schedule.c
    count = 0
    for chunk in _chunks(staged_ids):
        of_chunk = known.staged_id.in_(chunk)
        count += int(connection.execute(
            select(func.count()).select_from(staged.card_map)
            .outerjoin(schedule, at.card_id == known.id)
            .outerjoin(staged.own_schedule, theirs.card_id == known.staged_id)
            .where(of_chunk, or_(*(at[name].is_distinct_from(theirs[name]) for name in SCHEDULE_COLUMNS)))
        ).scalar_one())
        connection.execute(delete(schedule).where(at.card_id.in_(select(known.id).where(of_chunk))))
        _insert_schedules(connection, of_chunk)
        answered = select(known.id).join(staged.own_schedule, theirs.card_id == known.staged_id).where(of_chunk)
        connection.execute(update(card).where(card.c.id.in_(answered)).values(new_order=None))
        row, mark = staged.card.c, staged.own_card.c
        flagged = and_(card.c.id == known.id, of_chunk, row.id == known.staged_id)
        connection.execute(update(card).where(flagged).values(anki=row.anki))
        connection.execute(update(card).where(flagged, row.flag != 0, card.c.flag == 0).values(flag=row.flag))
        aside = and_(card.c.id == known.id, of_chunk, mark.card_id == known.staged_id)
        connection.execute(update(card).where(
            aside, mark.suspension.is_not(None), mark.suspension != str(Suspension.LEFT_FILE),
            card.c.suspension.is_(None)).values(suspension=mark.suspension))
        connection.execute(update(card).where(
            aside, mark.buried_until > func.coalesce(card.c.buried_until, -1_000_000))
            .values(buried_until=mark.buried_until))
    return count


def _insert_schedules(connection: Connection, which: ColumnElement[bool]) -> None:
    row = staged.own_schedule.c
    connection.execute(insert(schedule).from_select(
        ["card_id", *SCHEDULE_COLUMNS],
        select(staged.card_map.c.id, *(row[name] for name in SCHEDULE_COLUMNS))
        .join(staged.own_schedule, row.card_id == staged.card_map.c.staged_id).where(which)
        .order_by(staged.card_map.c.id)))


def notes_to_mark(connection: Connection, staged_ids: Collection[int]) -> list[int]:
    """The notes of these cards that are leeches in the file and not here."""
    row, known, found = staged.note.c, staged.card_map.c, set[int]()

    def is_leech(tags: ColumnElement[str]) -> ColumnElement[bool]:
        return (literal(" ") + func.lower(tags) + " ").contains(" leech ")

    for chunk in _chunks(staged_ids):
        found |= set(connection.execute(
            select(note.c.id).join(card, card.c.note_id == note.c.id).join(staged.card_map, known.id == card.c.id)
            .join(staged.card, staged.card.c.id == known.staged_id).join(staged.note, row.id == staged.card.c.note_id)
            .where(known.staged_id.in_(chunk), is_leech(row.tags), ~is_leech(note.c.tags))).scalars())
    return sorted(found)


def scheduled_in_file(connection: Connection, staged_ids: Collection[int]) -> set[int]:
    """Which of these cards the file has a schedule of."""
    found: set[int] = set()
    for chunk in _chunks(staged_ids):
        found |= set(connection.execute(select(staged.own_schedule.c.card_id).where(
            staged.own_schedule.c.card_id.in_(chunk))).scalars())
    return found


def doubtful_cards(connection: Connection) -> list[int]:
    """The cards here to which the file gives rows of the log, or a schedule as to a new card."""
    new = select(staged.card_map.c.id).join(
        staged.own_schedule, staged.own_schedule.c.card_id == staged.card_map.c.staged_id).where(
        staged.card_map.c.is_new == 1)
    told = select(staged.own_row.c.card_id).where(staged.own_row.c.card_id.in_(select(card.c.id)))
    return sorted(connection.execute(told.union(new)).scalars())


def _chunks(keys: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start:start + _AT_ONCE]


MOVES_SCHEDULES = frozenset(map(str, (ReviewKind.SCHEDULED, ReviewKind.RESET, ReviewKind.STATE, ReviewKind.UNDO)))
"""The kinds of rows after which a replay of the log may end elsewhere."""
