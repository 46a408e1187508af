"""Notes, cards, schedules and the log of the collection into a staging file, set by set: what an export writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from flashcore.domain.bundle import Origin
from flashcore.domain.deck import ancestors
from flashcore.domain.review import ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.domain.staging import CardExtras
from flashcore.store import staged
from flashcore.store.columns import Number
from flashcore.store.history import stands
from flashcore.store.schema import card, deck, note, note_type, preset, review, schedule

_KINDS = (ReviewKind.SCHEDULED, ReviewKind.CRAM, ReviewKind.RESET)


def choose(connection: Connection, card_ids: Iterable[int] | None) -> None:
    """Take whole notes: all cards of those that have one of the given cards; None: every card."""
    statement = select(card.c.id).order_by(card.c.id)
    if card_ids is not None:
        connection.execute(insert(staged.taken), [{"staged_id": key, "id": key} for key in card_ids] or [
            {"staged_id": -1, "id": -1}])
        notes = select(card.c.note_id).join(staged.taken, staged.taken.c.id == card.c.id)
        statement = statement.where(card.c.note_id.in_(notes))
    connection.execute(insert(staged.chosen).from_select(["id"], statement))


def extract_notes(connection: Connection) -> None:
    """Fill note types, decks (without options), notes; the ids of kinds and decks stay ours."""
    kind = note_type.c
    connection.execute(insert(staged.target("note_type")).from_select(
        ["id", "name", "kind", "fields", "templates", "css", "anki"],
        select(kind.id, kind.name, kind.kind, kind.fields, kind.templates, kind.css, kind.anki).where(kind.id.in_(
            select(note.c.note_type_id).join(card, card.c.note_id == note.c.id)
            .join(staged.chosen, staged.chosen.c.id == card.c.id))).order_by(kind.id)))
    first = (select(card.c.note_id, func.min(card.c.ordinal).label("ordinal"), card.c.deck_id)
             .join(staged.chosen, staged.chosen.c.id == card.c.id).group_by(card.c.note_id).subquery())
    connection.execute(insert(staged.note_map).from_select(
        ["staged_id", "id", "is_new"],
        select(func.row_number().over(order_by=first.c.note_id), first.c.note_id, first.c.deck_id)))
    row, place = note.c, staged.note_map.c
    connection.execute(insert(staged.target("note")).from_select(
        ["id", "guid", "note_type_id", "deck_id", "markup", "fields", "tags", "cloze_ordinals", "added_at",
         "changed_at", "line", "absent"],
        select(place.staged_id, row.guid, row.note_type_id, place.is_new, row.markup, row.fields, row.tags,
               row.cloze_ordinals, row.added_at, row.changed_at, literal(0), literal(""))
        .join(staged.note_map, place.id == row.id).order_by(place.staged_id)))


def decks_in_use(connection: Connection, *, every: bool = False) -> list[tuple[int, str, str]]:
    """(id, name, what Anki keeps besides) of the decks that the chosen cards are in, and their parents, whose limits
    hold for them too; or of every deck."""
    rows = [tuple(row) for row in connection.execute(select(deck.c.id, deck.c.name, deck.c.anki).order_by(deck.c.name))]
    if every:
        return rows
    used = set(connection.execute(select(card.c.deck_id).join(
        staged.chosen, staged.chosen.c.id == card.c.id).distinct()).scalars())
    names = {part.casefold() for key, name, _ in rows if key in used for part in ancestors(name)}
    return [row for row in rows if row[1].casefold() in names]


def put_decks(connection: Connection, decks: Sequence[tuple[int, str, str, str]], steps: Mapping[int, tuple[int, int]],
              ) -> None:
    """Fill the decks: (id, name, options as JSON, what Anki keeps besides); ``steps`` are how many learning and
    relearning steps each has."""
    if decks:
        connection.execute(insert(staged.target("deck")), [
            {"id": key, "name": name, "options": options, "anki": anki} for key, name, options, anki in decks])
        connection.execute(insert(staged.deck_map), [
            {"staged_id": key, "id": key, "learning_steps": learning, "relearning_steps": relearning}
            for key, (learning, relearning) in steps.items()])


_CARD_COLUMNS = ["id", "note_id", "ordinal", "deck_id", "added_at", "is_suspended", "is_buried", "flag", "position"]


def extract_new_cards(connection: Connection) -> None:
    """Fill the cards, all of them new: what another learner is given."""
    connection.execute(insert(staged.target("card")).from_select(
        _CARD_COLUMNS,
        select(*_card_values(literal(0), literal(0), literal(0))).select_from(staged.chosen)
        .join(card, card.c.id == staged.chosen.c.id).join(staged.note_map, staged.note_map.c.id == card.c.note_id)
        .order_by(staged.chosen.c.staged_id)))


def _card_values(suspended: ColumnElement[int], buried: ColumnElement[int],
                 flag: ColumnElement[int]) -> list[ColumnElement[Any]]:
    return [staged.chosen.c.staged_id, staged.note_map.c.staged_id, card.c.ordinal, card.c.deck_id, card.c.added_at,
            suspended, buried, flag, func.json_extract(card.c.anki, f"$.{CardExtras.POSITION}")]


def extract_cards(connection: Connection, today: int) -> None:
    """Fill the cards with what was learned of them; ``today`` in days since 1970-01-01. After ``extract_reviews``."""
    at = schedule.c
    last = (select(review.c.card_id, func.max(review.c.seq).label("seq")).where(
        review.c.seq.in_(select(staged.own_answer.c.seq).where(staged.own_answer.c.origin != str(Origin.RESET))))
        .group_by(review.c.card_id).subquery())
    under = review.alias("under")
    # a schedule that an import brought later stands on an answer of its own
    answered = func.coalesce(under.c.answered_at == at.last_at, False)
    foreign_memory = func.coalesce(func.json_extract(card.c.anki, f"$.{CardExtras.NO_MEMORY}"), 0) == 1
    is_given = or_(answered, ~foreign_memory)
    is_step = and_(at.state.is_not(None), at.interval_days == 0)
    steps = case((at.state == int(CardState.RELEARNING), staged.deck_map.c.relearning_steps),
                 else_=staged.deck_map.c.learning_steps)
    custom = f"$.{CardExtras.CUSTOM}"
    kept = ("$." + key for key in (CardExtras.EASE, CardExtras.INTERVAL, CardExtras.NO_MEMORY))
    extras = case(
        (answered, func.json_set(
            func.json_remove(func.coalesce(card.c.anki, "{}"), *kept),
            f"$.{CardExtras.RETENTION}", func.json_extract(preset.c.options, "$.desired_retention"),
            f"$.{CardExtras.DECAY}", func.json_extract(preset.c.options, "$.parameters[20]"))),
        (at.state.is_(None), case((func.json_extract(card.c.anki, custom).is_not(None), func.json_object(
            CardExtras.CUSTOM, func.json_extract(card.c.anki, custom))))), else_=card.c.anki)
    ease = case((answered, null()), else_=func.json_extract(card.c.anki, f"$.{CardExtras.EASE}"))
    values = [
        *_card_values(cast(card.c.suspension.is_not(None), Number),
                      cast(func.coalesce(card.c.buried_until > today, False), Number), card.c.flag),
        at.state, case((is_step, null()), else_=at.due_on), case((is_step, at.due_at)), at.interval_days,
        case((at.state == int(CardState.REVIEW), 0), (at.state.is_not(None), func.max(steps - at.step, 1))),
        case((is_given, at.stability_days)), case((is_given, at.difficulty)), at.reps, at.lapses, at.last_at, ease,
        extras]
    connection.execute(insert(staged.target("card")).from_select(
        [*_CARD_COLUMNS, "state", "due_on", "due_at", "interval_days", "steps_left", "stability", "difficulty", "reps",
         "lapses", "last_at", "ease", "anki"],
        select(*values).select_from(staged.chosen).join(card, card.c.id == staged.chosen.c.id)
        .join(staged.note_map, staged.note_map.c.id == card.c.note_id)
        .join(staged.deck_map, staged.deck_map.c.id == card.c.deck_id)
        .outerjoin(schedule, at.card_id == card.c.id).outerjoin(last, last.c.card_id == card.c.id)
        .outerjoin(under, under.c.seq == last.c.seq).outerjoin(preset, preset.c.id == under.c.preset_id)
        .order_by(staged.chosen.c.staged_id)))


def extract_reviews(connection: Connection, *, with_orphans: bool) -> None:
    """Fill the log: other programs' rows as they came, own answers as another program would write them.

    Answers that were taken back and cram sessions stay out. ``with_orphans``: also rows of cards that were gone
    already where they came from.
    """
    _write_own_answers(connection)
    has_own = connection.execute(select(exists(select(staged.own_answer.c.seq)))).scalar_one()
    row, own = review.c, staged.own_answer.c
    imported = row.kind == str(ReviewKind.IMPORTED)

    def value(name: str) -> ColumnElement[Any]:
        return case((imported, row[name]), else_=own[name]) if has_own else row[name]

    columns = ["card_id", "answered_at", "rating", "origin", "duration_ms", "interval", "last_interval", "factor"]

    def values(place: ColumnElement[int] | Column[Any]) -> list[ColumnElement[Any]]:
        return [place, row.answered_at, row.rating, value("origin"), func.coalesce(row.duration_ms, 0),
                *(func.coalesce(value(name), 0) for name in ("interval", "last_interval", "factor"))]

    rows = select(*values(staged.chosen.c.staged_id)).select_from(staged.chosen).join(
        review, row.card_id == staged.chosen.c.id)
    rows = (rows.outerjoin(staged.own_answer, own.seq == row.seq).where(or_(imported, own.seq.is_not(None)))
            if has_own else rows.where(imported))
    connection.execute(insert(staged.target("review")).from_select(
        columns, rows.order_by(staged.chosen.c.staged_id, row.answered_at)))
    if with_orphans:
        has_own = False  # of cards that were gone already there are only other programs' rows
        connection.execute(insert(staged.target("review")).from_select(
            columns, select(*values(row.card_id)).select_from(review)
            .where(row.card_id < 0, imported).order_by(row.card_id, row.answered_at)))


def _write_own_answers(connection: Connection) -> None:
    """What each own answer would be in another program's log: where its card stood before it, and went after it."""
    row = review.c
    # a collection that was only imported has no answers of its own, which its partial index tells at once
    has_answers = connection.execute(select(exists(select(row.seq).where(literal_column(
        "review.kind IN ('scheduled', 'cram')"))))).scalar_one()
    columns = ["seq", "card_id", "origin", "interval", "last_interval", "factor"]
    if not has_answers:
        connection.execute(insert(staged.own_answer).from_select(columns, select(
            row.seq, row.card_id, literal(str(Origin.RESET)), literal(0), literal(0), literal(0))
            .where(row.kind == str(ReviewKind.RESET), row.uuid.is_not(None), stands())))
        return
    def following(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.lead(column).over(partition_by=row.card_id, order_by=row.seq)

    names = ("interval_days", "due_at", "difficulty")
    gave_way = and_(row.kind == str(ReviewKind.STATE), row.interval.is_not(None))  # to the schedule of a file
    own = select(
        row.seq, row.card_id, row.kind, row.answered_at, row.before_state, row.before_interval_days,
        row.before_due_at, row.before_last_at, following(row.kind).label("next_kind"),
        following(row.interval).label("next_interval"), following(row.factor).label("next_factor"),
        *(following(row[f"before_{name}"]).label(f"after_{name}") for name in names),
    ).where(or_(row.kind.in_([str(kind) for kind in _KINDS]), gave_way), stands()).subquery()

    def then(name: str) -> ColumnElement[Any]:
        return case((own.c.next_kind.is_(None), schedule.c[name]), else_=own.c[f"after_{name}"])

    is_reset, is_replaced = own.c.kind == str(ReviewKind.RESET), own.c.next_kind == str(ReviewKind.STATE)
    origin = case((is_reset, str(Origin.RESET)), (own.c.before_state == int(CardState.REVIEW), str(Origin.REVIEW)),
                  (own.c.before_state == int(CardState.RELEARNING), str(Origin.RELEARN)), else_=str(Origin.LEARN))
    interval = case((is_reset, 0), (is_replaced, own.c.next_interval), else_=staged.foreign_interval(
        then("interval_days"), then("due_at"), own.c.answered_at))
    before = case((own.c.before_state.is_(None), 0), else_=staged.foreign_interval(
        own.c.before_interval_days, own.c.before_due_at, own.c.before_last_at))
    factor = case((is_reset, 0), (is_replaced, own.c.next_factor), else_=staged.foreign_factor(then("difficulty")))
    connection.execute(insert(staged.own_answer).from_select(
        columns, select(own.c.seq, own.c.card_id, origin, func.coalesce(interval, 0), func.coalesce(before, 0),
               func.coalesce(factor, 0))
        .outerjoin(schedule, schedule.c.card_id == own.c.card_id)
        .where(own.c.kind.in_([str(ReviewKind.SCHEDULED), str(ReviewKind.RESET)]))))


def put_facts(connection: Connection, facts: Mapping[str, str]) -> None:
    """Say what holds for the whole file."""
    connection.execute(insert(staged.target("fact")), [{"key": key, "value": value} for key, value in facts.items()])


def field_texts(connection: Connection) -> Iterable[str]:
    """The fields of the chosen notes, as they are stored."""
    return connection.execute(select(staged.note.c.fields)).scalars()
