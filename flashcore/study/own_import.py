"""What flashcore's own file says was learned, merged into the collection: inside the transaction of an import.

New cards get their log and schedule as they are there. Of a known card the log of the file may go on where ours ends:
then it is continued and its schedule taken. Else the merge decides as it does for packages (see
``store.ingest_learning``), and a row of the log says which schedule holds from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flashcore.domain.deck import ancestors
from flashcore.domain.review import Review, ReviewKind
from flashcore.errors import FlashcoreError, Problem
from flashcore.scheduling.replay import replay
from flashcore.store import content, decks, history, ingest_own
from flashcore.store.changes import ChangeSet
from flashcore.store.database import Connection, Database
from flashcore.store.ingest_learning import LearningCounts
from flashcore.store.ingest_own import BothLogs, Row
from flashcore.store.schema import note
from flashcore.study.import_report import FileReport
from flashcore.study.options import read_option

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

_CRAM, _STATE, _RESET, _UNDO, _IMPORTED = (str(kind) for kind in (
    ReviewKind.CRAM, ReviewKind.STATE, ReviewKind.RESET, ReviewKind.UNDO, ReviewKind.IMPORTED))


def take_options(connection: Connection, file: FileReport, *, with_decks: bool) -> None:
    """Set the options of the file that were never set here."""
    ours, rows = ingest_own.options_of_ours(connection), []
    spelt = {part.casefold(): part for name in decks.deck_names(connection).values() for part in ancestors(name)}
    for named, key, text in ingest_own.staged_options(connection):
        deck = spelt.get(named.casefold(), named)
        if (deck, key) in ours or (deck and not with_decks):
            continue
        ours.add((deck, key))
        try:
            rows.append((deck, key, read_option(key, text, of_deck=bool(deck))))
        except FlashcoreError as error:
            file.problems.append(Problem(0, f"an option of {f'the deck {deck}' if deck else 'the collection'} was "
                                            f"left out: {error}"))
    ingest_own.add_options(connection, rows)


def place_new(connection: Connection) -> None:
    """Put new notes and cards where the file has them. A card that was deleted here is the same again."""
    ingest_own.place_notes(connection)
    back = ingest_own.place_cards(connection)
    if back:
        presets, names = history.presets(connection), history.card_names(connection)
        for card_id in back:
            history.write_schedule(connection, card_id,
                                   replay(history.log_of(connection, card_id), presets, *names[card_id]))


def merge_own(collection: Collection, database: Database, connection: Connection, file: FileReport, *,
              is_intact: bool, row_count: int) -> LearningCounts:
    """Merge the log of the file, of ``row_count`` rows, and take its schedules.

    ``is_intact``: the file is as flashcore wrote it; else what it says of a card is held against its log.
    """
    ingest_own.find_new_rows(connection)
    chosen = _Chosen()
    for logs in ingest_own.both_logs(connection):
        chosen.add(decided(logs), logs)
    ingest_own.leave_out(connection, chosen.left_out)
    counts = LearningCounts(diverged=chosen.diverged)
    counts.reviews_new, doubtful = ingest_own.add_rows(connection, database.next_seqs(connection, row_count))
    counts.reviews_same = row_count - counts.reviews_new
    ingest_own.add_schedules(connection)
    if chosen.taken:
        counts.rescheduled = ingest_own.take_schedules(connection, chosen.taken.values())
        made_new = set(chosen.taken.values()) - ingest_own.scheduled_in_file(connection, chosen.taken.values())
        _make_new(connection, [card_id for card_id, key in chosen.taken.items() if key in made_new])
        _mark_leeches(connection, ingest_own.notes_to_mark(connection, chosen.taken.values()))
    _say_schedules(collection, database, connection, chosen.stated)
    if not is_intact:
        doubtful = ingest_own.doubtful_cards(connection)
    wrong = _unproved(connection, doubtful)
    _say_schedules(collection, database, connection, wrong)
    if wrong:
        file.problems.append(Problem(
            0, f"the schedules of {len(wrong):,} cards are not those that their reviews give" if len(wrong) > 1 else
            "the schedule of 1 card is not the one that its reviews give", "they were taken as they stand in the file"))
    return counts


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a known card: whether the file's schedule is taken, whether the log must say which one holds,
    and which rows of the file are not added."""

    takes: bool = False
    says: bool = False
    is_diverged: bool = False
    left_out: tuple[int, ...] = ()


@dataclass(slots=True)
class _Chosen:
    taken: dict[int, int] = field(default_factory=dict)
    stated: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    diverged: int = 0

    def add(self, decision: Decision, logs: BothLogs) -> None:
        if decision.takes:
            self.taken[logs.card_id] = logs.staged_id
        if decision.says:
            self.stated.append(logs.card_id)
        self.left_out += decision.left_out
        self.diverged += decision.is_diverged


def decided(logs: BothLogs) -> Decision:
    """Merge two logs of one card."""
    matched = _matched(logs)
    new = [row for row in logs.theirs if row.is_new]
    if _goes_on(logs, matched, new):
        return Decision(takes=True)
    gone = _taken_back(logs.ours)
    ours = [row for row in logs.ours if _is_answer(row) and row.uuid not in gone]
    gone |= _taken_back(logs.theirs)
    theirs = [row for row in logs.theirs if _is_answer(row) and row.uuid not in gone]
    shared = {matched[row.place].place for row in theirs if row.place in matched} & {row.place for row in ours}
    newest = max((row.answered_at for row in ours), default=None)
    is_more = any(row.is_new for row in theirs)
    is_later = is_more and len(shared) == len(ours) and (
        newest is None or max(row.answered_at for row in theirs) > newest)
    # an answer that the other side took back stands here, as it has answers that came to be known there never
    left_out = () if is_later else tuple(row.place for row in new if row.kind == _UNDO and row.undoes in {
        one.uuid for one in logs.ours})
    moves = any(row.kind in ingest_own.MOVES_SCHEDULES and row.place not in left_out for row in new)
    return Decision(is_later, is_later or moves, not is_later and is_more and len(shared) < len(ours), left_out)


def _matched(logs: BothLogs) -> dict[int, Row]:
    """The row of ours that each known row of the file is, by its place there."""
    by_uuid = {row.uuid: row for row in logs.ours if row.uuid is not None}
    by_time: dict[tuple[int, int | None], Row] = {}
    for row in logs.ours:
        by_time.setdefault((row.answered_at, row.rating), row)
    found: dict[int, Row] = {}
    for row in logs.theirs:
        if not row.is_new:
            held = by_uuid.get(row.uuid) if row.uuid is not None else None
            held = held or by_time.get((row.answered_at, row.rating))
            if held is not None:
                found[row.place] = held
    return found


def _goes_on(logs: BothLogs, matched: dict[int, Row], new: list[Row]) -> bool:
    """Whether the file's log is ours and what came after it."""
    known = [row for row in logs.theirs if not row.is_new]
    if any(row.place not in matched for row in known) or (known and known[-1].place > new[0].place):
        return False
    places = [matched[row.place].place for row in known]
    if len(set(places)) != len(logs.ours):
        return False
    is_same = places == sorted(places) and all(
        (matched[row.place].kind == _IMPORTED) == (row.kind == _IMPORTED) for row in known)
    # from such a row on nothing of what came before it matters
    gone = _taken_back(logs.theirs)
    return is_same or any(row.kind in (_STATE, _RESET) and row.uuid not in gone for row in new)


def _is_answer(row: Row) -> bool:
    return row.rating is not None and row.kind != _CRAM


def _taken_back(rows: Iterable[Row]) -> set[str | None]:
    return {row.undoes for row in rows if row.kind == _UNDO}


def _make_new(connection: Connection, card_ids: list[int]) -> None:
    for card_id in card_ids:
        history.write_schedule(connection, card_id, None)
    notes = {one.note_id for one in content.cards_by_id(connection, card_ids).values()}
    content.order_new_cards(connection, notes)


def _mark_leeches(connection: Connection, note_ids: list[int]) -> None:
    """Tag notes as the answers did that made leeches of their cards."""
    changes = ChangeSet(connection)
    for stored in content.notes_by_id(connection, note_ids).values():
        changes.update(note, [stored.id], tags=" ".join((*stored.note.tags, "leech")))
    content.refresh_from_tags(changes, note_ids)


def _unproved(connection: Connection, card_ids: list[int]) -> list[int]:
    """The cards whose schedule is not the one that their log gives."""
    if not card_ids:
        return []
    presets, names = history.presets(connection), history.card_names(connection)
    return [card_id for card_id in card_ids if card_id in names and history.schedule_of(connection, card_id) != replay(
        history.log_of(connection, card_id), presets, *names[card_id])]


def _say_schedules(collection: Collection, database: Database, connection: Connection, card_ids: list[int]) -> None:
    """Say in the log which schedules hold from now on."""
    if not card_ids:
        return
    now = collection.now()
    for card_id in card_ids:
        history.record_review(connection, Review(
            database.next_seq(connection), collection.clock.new_uuid(), card_id, ReviewKind.STATE, now,
            collection.offset_minutes(now), collection.today(), before=history.schedule_of(connection, card_id)), None)
