"""Change cards and notes on a learner's word. Each call is one transaction and one line of the change table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flashcore.domain.card import Card, Suspension
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.note import Note
from flashcore.domain.review import Review, ReviewKind
from flashcore.domain.taxonomy import canonical_tag
from flashcore.errors import NotFoundError, UsageError
from flashcore.store import content, decks, history
from flashcore.store.changes import ChangeSet
from flashcore.store.columns import to_day
from flashcore.store.database import Connection
from flashcore.store.schema import ORDER_STEP, card, note, schedule

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A note that was added, with its cards; ``duplicate_of`` is the id of an older note with the same first field."""

    note_id: int
    guid: str
    card_ids: tuple[int, ...]
    duplicate_of: int | None


def _cards(connection: Connection, card_ids: Iterable[int]) -> dict[int, Card]:
    ids = list(dict.fromkeys(card_ids))
    found = content.cards_by_id(connection, ids)
    for card_id in ids:
        if card_id not in found:
            raise NotFoundError("card", str(card_id), hint="flashcore search --json lists the cards and their ids")
    return found


def _change(collection: Collection, what: str, act: Callable[[ChangeSet], int]) -> int:
    """Run one change in one transaction and record it, where it changed anything; returns what ``act`` counts."""
    with collection.database.write() as connection:
        changes = ChangeSet(connection)
        count = act(changes)
        if not changes.is_empty():
            changes.save(collection.database.next_seq(connection), collection.clock.new_uuid(), what, collection.now())
    collection.changed()
    return count


def _set_cards(collection: Collection, what: str, card_ids: Sequence[int], **columns: Any) -> int:
    def act(changes: ChangeSet) -> int:
        return changes.update(card, list(_cards(changes.connection, card_ids)), **columns)

    return _change(collection, what, act)


def suspend(collection: Collection, card_ids: Sequence[int]) -> int:
    """Set cards aside until told otherwise; one that is set aside for another reason keeps that reason."""
    def act(changes: ChangeSet) -> int:
        held = _cards(changes.connection, card_ids)
        return changes.update(card, [one.id for one in held.values() if one.suspension is None],
                              suspension=str(Suspension.BY_HAND))

    return _change(collection, "suspend", act)


def unsuspend(collection: Collection, card_ids: Sequence[int]) -> int:
    """Ask cards again that were set aside, whatever the reason."""
    return _set_cards(collection, "unsuspend", card_ids, suspension=None)


def bury(collection: Collection, card_ids: Sequence[int]) -> int:
    """Leave cards for the next study day."""
    return _set_cards(collection, "bury", card_ids, buried_until=to_day(collection.today() + timedelta(days=1)))


def unbury(collection: Collection, card_ids: Sequence[int]) -> int:
    """Ask buried cards again today."""
    return _set_cards(collection, "unbury", card_ids, buried_until=None)


def flag(collection: Collection, card_ids: Sequence[int], colour: int) -> int:
    """Give cards a flag, 1-7; 0 takes it away.

    Raises:
        UsageError: another number.
    """
    if not 0 <= colour <= 7:
        raise UsageError(f"flag {colour}: flags are 1 to 7, and 0 for none; nothing was changed")
    return _set_cards(collection, "flag", card_ids, flag=colour)


def move(collection: Collection, card_ids: Sequence[int], deck: str) -> int:
    """Put cards into a deck, made where there is none of that name."""
    def act(changes: ChangeSet) -> int:
        held, connection = _cards(changes.connection, card_ids), changes.connection
        if not held:
            return 0
        notes = {one.note_id for one in held.values()}
        left = content.topics_of(connection, notes)
        count = changes.update(card, list(held), deck_id=decks.deck_id(connection, clean_deck_name(deck), changes))
        content.refresh_from_tags(changes, list(notes))  # the name of the deck may tell a system
        content.order_new_cards(connection, notes, left)
        return count

    return _change(collection, "move", act)


def reset(collection: Collection, card_ids: Sequence[int]) -> int:
    """Make cards new again; their history stays in the log."""
    with collection.database.write() as connection:
        changes, now = ChangeSet(connection), collection.now()
        uuids: dict[str, int] = {}
        held = _cards(connection, card_ids)
        for card_id in held:
            before = history.schedule_of(connection, card_id)
            if before is None:
                continue
            row = Review(collection.database.next_seq(connection), collection.clock.new_uuid(), card_id,
                         ReviewKind.RESET, now, collection.offset_minutes(now), collection.today(), before=before)
            history.record_review(connection, row, None)
            uuids[row.uuid] = card_id
        changes.delete(schedule, list(uuids.values()))
        changes.update_each(card, {card_id: {"new_order": card_id * ORDER_STEP} for card_id in uuids.values()})
        content.order_new_cards(connection, {held[card_id].note_id for card_id in uuids.values()})
        if uuids:
            changes.save(collection.database.next_seq(connection), collection.clock.new_uuid(), "reset", now,
                         also={"resets": uuids})
    collection.changed()
    return len(uuids)


def delete(collection: Collection, card_ids: Sequence[int]) -> int:
    """Delete cards, and notes that have none left; their reviews stay in the log. Undo brings all of it back."""
    def act(changes: ChangeSet) -> int:
        held = _cards(changes.connection, card_ids)
        notes = {one.note_id for one in held.values()}
        topics = content.topics_of(changes.connection, notes)
        changes.delete(schedule, list(held))
        count = changes.delete(card, list(held))
        left = {one.note_id for one in content.cards_of_notes(changes.connection, notes)}
        changes.delete(note, sorted(notes - left))
        content.order_new_cards(changes.connection, (), topics)
        return count

    return _change(collection, "delete", act)


def _retag(collection: Collection, what: str, card_ids: Sequence[int],
           new_tags: Callable[[tuple[str, ...]], tuple[str, ...]]) -> int:
    def act(changes: ChangeSet) -> int:
        connection, count = changes.connection, 0
        ids = {one.note_id for one in _cards(connection, card_ids).values()}
        left = content.topics_of(connection, ids)
        for stored in content.notes_by_id(connection, ids).values():
            tags = new_tags(stored.note.tags)
            if tags != stored.note.tags:
                count += content.change_note(changes, stored.id, _with_tags(stored.note, tags), collection.now())
        content.order_new_cards(connection, ids, left)
        return count

    return _change(collection, what, act)


def _with_tags(value: Note, tags: tuple[str, ...]) -> Note:
    return Note(value.guid, value.note_type, value.fields, tags, value.markup, value.cloze_ordinals)


def tag(collection: Collection, card_ids: Sequence[int], tags: Sequence[str]) -> int:
    """Give the notes of these cards tags; a new value of an axis that takes one (system, depth ...) replaces the old.

    Returns how many notes differ from before.
    """
    added = clean_tags(tags)

    def with_added(held: tuple[str, ...]) -> tuple[str, ...]:
        lower = {one.lower() for one in added}
        axes = {one.lower().partition("::")[0] for one in added} & {"system", "depth", "step", "yield"}
        kept = tuple(one for one in held if one.lower() in lower or one.lower().partition("::")[0] not in axes
                     or "::" not in one)
        present = {one.lower() for one in kept}
        return kept + tuple(one for one in added if one.lower() not in present)

    return _retag(collection, "tag", card_ids, with_added)


def untag(collection: Collection, card_ids: Sequence[int], tags: Sequence[str]) -> int:
    """Take tags from the notes of these cards; returns how many notes differ from before."""
    gone = {one.lower() for one in clean_tags(tags)}
    return _retag(collection, "untag", card_ids, lambda held: tuple(one for one in held if one.lower() not in gone))


def clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are kept: split at spaces and commas, each once.

    Raises:
        UsageError: no tag is left, or a value of a closed axis does not exist.
    """
    words = [word.strip(":") for text in tags for word in text.replace(",", " ").split()]
    cleaned = tuple(dict.fromkeys(canonical_tag(word) for word in words if word))
    if not cleaned:
        raise UsageError("no tag was given")
    return cleaned


def add_note(collection: Collection, value: Note, deck: str) -> NoteAdded:
    """Add a note; one with the same first field is named, not refused."""
    with collection.database.write() as connection:
        changes = ChangeSet(connection)
        older = content.note_with_question(connection, value.question)
        note_id, card_ids = content.add_note(changes, value, clean_deck_name(deck), collection.now())
        content.order_new_cards(connection, [note_id])
        changes.save(collection.database.next_seq(connection), collection.clock.new_uuid(), "add", collection.now())
    collection.changed()
    return NoteAdded(note_id, value.guid, tuple(card_ids), older)


def edit_note(collection: Collection, note_id: int, value: Note) -> bool:
    """Give a note new fields and tags; returns whether it differs from before. Learning stays as it is."""
    def act(changes: ChangeSet) -> int:
        left = content.topics_of(changes.connection, [note_id])
        changed = content.change_note(changes, note_id, value, collection.now())
        content.order_new_cards(changes.connection, [note_id], left)
        return int(changed)

    return _change(collection, "edit", act) > 0
