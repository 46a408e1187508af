"""The collection as it is, row by row, into a staging file that flashcore's own format is written from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, cast, exists, func, insert, literal, or_, select

from flashcore.domain.deck import DEFAULT_DECK
from flashcore.store import extract, staged
from flashcore.store.columns import Number
from flashcore.store.schema import (
    SCHEDULE_COLUMNS,
    card,
    deck,
    deck_file,
    note,
    note_type,
    option,
    preset,
    review,
    schedule,
)

ROW_COLUMNS = ("uuid", "kind", "answered_at", "utc_offset_minutes", "study_day", "rating", "duration_ms", "preset_id",
               "choice", "correct", "undoes", "leech", "origin", *(f"before_{name}" for name in SCHEDULE_COLUMNS),
               "interval", "last_interval", "factor")
"""The columns of ``review`` that stand in ``own_review`` under the same name; not its number and its card."""
FIRST_GONE = 1 << 51
"""Numbers of cards that are gone are this and more: above those that Anki gives cards, and exact in every JSON."""


def extract_own(connection: Connection, *, with_learning: bool, is_everything: bool) -> None:
    """Fill the staging file with the chosen notes; ``extract.choose`` said which.

    ``is_everything``: also note types, decks and options that nothing is in, and the history of cards that are gone.
    Without learning: new cards, and nothing of where the notes came from.
    """
    extract.extract_notes(connection)
    if is_everything:
        _add_rest(connection)
    _extract_decks(connection, is_everything=is_everything)
    _extract_cards(connection, with_learning=with_learning)
    if not with_learning:
        return
    _extract_places(connection, is_everything=is_everything)
    _extract_learned(connection)
    _extract_log(connection, is_everything=is_everything)
    own, target = option.c, staged.target("own_option")
    names = select(deck.c.name).where(deck.c.id.in_(select(staged.deck.c.id)))
    wanted = literal(True) if is_everything else exists(names.where(or_(
        deck.c.name == own.deck, func.substr(deck.c.name, 1, func.length(own.deck) + 2) == own.deck + "::")))
    connection.execute(insert(target).from_select(
        ["deck", "key", "value"],
        select(own.deck, own.key, own.value).where(wanted).order_by(own.deck, own.key)))


def _add_rest(connection: Connection) -> None:
    """Note types without notes, and notes without cards."""
    kind, held = note_type.c, select(staged.note_type.c.id)
    connection.execute(insert(staged.target("note_type")).from_select(
        ["id", "name", "kind", "fields", "templates", "css", "anki"],
        select(kind.id, kind.name, kind.kind, kind.fields, kind.templates, kind.css, kind.anki)
        .where(kind.id.not_in(held))))
    row = note.c
    last = select(func.coalesce(func.max(staged.note.c.id), 0)).scalar_subquery()
    connection.execute(insert(staged.target("note")).from_select(
        ["id", "guid", "note_type_id", "deck_id", "markup", "fields", "tags", "cloze_ordinals", "added_at",
         "changed_at", "line", "absent"],
        select(last + func.row_number().over(order_by=row.id), row.guid, row.note_type_id, literal(0), row.markup,
               row.fields, row.tags, row.cloze_ordinals, row.added_at, row.changed_at, literal(0), literal(""))
        .where(~exists(select(card.c.id).where(card.c.note_id == row.id)))))
    without = select(note.c.id, staged.note.c.id).join(staged.note, staged.note.c.guid == note.c.guid)
    connection.execute(insert(staged.note_map).from_select(
        ["id", "staged_id"], without.where(staged.note.c.deck_id == 0)))


def _extract_decks(connection: Connection, *, is_everything: bool) -> None:
    used = select(card.c.deck_id).join(staged.chosen, staged.chosen.c.id == card.c.id)
    statement = select(deck.c.id, deck.c.name, literal(""), deck.c.anki)
    connection.execute(insert(staged.target("deck")).from_select(
        ["id", "name", "options", "anki"], statement if is_everything else statement.where(deck.c.id.in_(used))))
    # a note without cards is in no deck; it is given to the one that every collection of Anki has
    if connection.execute(select(exists().where(staged.note.c.deck_id == 0))).scalar():
        has_default = select(staged.deck.c.id).where(func.lower(staged.deck.c.name) == DEFAULT_DECK.lower())
        if connection.execute(has_default).first() is None:
            connection.execute(insert(staged.target("deck")).values(id=0, name=DEFAULT_DECK, options="", anki=""))


def _extract_cards(connection: Connection, *, with_learning: bool) -> None:
    flag, kept = (card.c.flag, card.c.anki) if with_learning else (literal(0), literal(None))
    connection.execute(insert(staged.target("card")).from_select(
        ["id", "note_id", "ordinal", "deck_id", "added_at", "is_suspended", "is_buried", "flag", "anki"],
        select(staged.chosen.c.staged_id, staged.note_map.c.staged_id, card.c.ordinal, card.c.deck_id, card.c.added_at,
               literal(0), literal(0), flag, kept).select_from(staged.chosen)
        .join(card, card.c.id == staged.chosen.c.id).join(staged.note_map, staged.note_map.c.id == card.c.note_id)
        .order_by(staged.chosen.c.staged_id)))


def _extract_places(connection: Connection, *, is_everything: bool) -> None:
    """The deck files that the notes came from, and what they held there."""
    row = note.c
    files = select(deck_file.c.id, deck_file.c.path, deck_file.c.sha256, deck_file.c.read_at).order_by(deck_file.c.id)
    if not is_everything:
        files = files.where(deck_file.c.id.in_(
            select(row.file_id).join(staged.note_map, staged.note_map.c.id == row.id)))
    connection.execute(insert(staged.target("own_file")).from_select(["id", "path", "sha256", "read_at"], files))
    connection.execute(insert(staged.target("own_note")).from_select(
        ["note_id", "file_id", "line", "id_in_file", "base_fields", "base_tags", "base_deck"],
        select(staged.note_map.c.staged_id, row.file_id, row.line, row.id_in_file, row.base_fields, row.base_tags,
               row.base_deck).join(note, row.id == staged.note_map.c.id)
        .where(or_(row.file_id.is_not(None), row.line != 0, row.id_in_file != "", row.base_fields.is_not(None)))))


def _extract_learned(connection: Connection) -> None:
    chosen = staged.chosen.c
    connection.execute(insert(staged.target("own_card")).from_select(
        ["card_id", "suspension", "buried_until"],
        select(chosen.staged_id, card.c.suspension, card.c.buried_until).join(card, card.c.id == chosen.id)
        .where(or_(card.c.suspension.is_not(None), card.c.buried_until.is_not(None))).order_by(chosen.staged_id)))
    connection.execute(insert(staged.target("own_schedule")).from_select(
        ["card_id", *SCHEDULE_COLUMNS],
        select(chosen.staged_id, *(schedule.c[name] for name in SCHEDULE_COLUMNS))
        .join(schedule, schedule.c.card_id == chosen.id).order_by(chosen.staged_id)))


def _extract_log(connection: Connection, *, is_everything: bool) -> None:
    """The log in its order; a row keeps its number as its id."""
    place = staged.own_place.c
    connection.execute(insert(staged.own_place).from_select(
        ["card_id", "place"], select(staged.chosen.c.id, staged.chosen.c.staged_id)))
    if is_everything:
        gone = gone_cards(connection)
        foreign = select(review.c.card_id, review.c.card_id).where(review.c.card_id < 0).distinct()
        connection.execute(insert(staged.own_place).from_select(["card_id", "place"], foreign))
        if gone:
            connection.execute(insert(staged.own_place), [
                {"card_id": card_id, "place": -number} for card_id, number in gone.items()])
    # the cast keeps SQLite from reading card by card and sorting all of it anew
    connection.execute(insert(staged.target("own_review")).from_select(
        ["id", "card_id", *ROW_COLUMNS],
        select(review.c.seq, place.place, *(review.c[name] for name in ROW_COLUMNS))
        .join(staged.own_place, place.card_id == cast(review.c.card_id, Number)).order_by(review.c.seq)))
    used = select(staged.own_review.c.preset_id).where(staged.own_review.c.preset_id.is_not(None)).distinct()
    rows = connection.execute(select(preset.c.id, preset.c.options).where(preset.c.id.in_(used))).all()
    if rows:
        connection.execute(insert(staged.target("own_preset")), [
            {"id": key, "name": _preset_name(text), "options": text} for key, text in rows])


def _preset_name(text: str) -> str:
    """A name for a preset that is the same in every collection."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def gone_cards(connection: Connection) -> dict[int, int]:
    """The cards that were deleted here, and the number that each has in every export: made from its first review."""
    gone = (select(review.c.card_id).where(review.c.card_id > 0, ~exists(
        select(card.c.id).where(card.c.id == review.c.card_id))).distinct())
    return numbers_of(connection, list(connection.execute(gone).scalars()))


def numbers_of(connection: Connection, card_ids: Iterable[int]) -> dict[int, int]:
    """The number that each of these cards of the log would have were it gone."""
    found: dict[int, int] = {}
    ids = sorted(card_ids)
    for start in range(0, len(ids), 5_000):
        first = (select(func.min(review.c.seq)).where(review.c.card_id.in_(ids[start:start + 5_000]))
                 .group_by(review.c.card_id))
        for row in connection.execute(select(
                review.c.card_id, review.c.uuid, review.c.answered_at, review.c.rating, review.c.kind, review.c.origin)
                .where(review.c.seq.in_(first))):
            found[row[0]] = number_of_gone(*row[1:])
    return found


def number_of_gone(uuid: str | None, answered_at: int, rating: int | None, kind: str, origin: str) -> int:
    """The number of a card that is gone, of the first row of its log."""
    text = uuid or f"{answered_at}|{rating or 0}|{kind}|{origin}"
    made = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return made % FIRST_GONE + FIRST_GONE
