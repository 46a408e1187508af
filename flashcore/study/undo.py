"""Take back the newest answer or change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcore.domain.card import Suspension
from flashcore.domain.review import Review, ReviewKind
from flashcore.domain.visible import visible
from flashcore.errors import UndoRefused
from flashcore.store import content, history
from flashcore.store.changes import ChangeSet, take_back
from flashcore.store.database import Connection
from flashcore.store.history import RecordedChange
from flashcore.store.schema import card, note
from flashcore.study.card_face import card_face, plain_question

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

CURATION = {
    "add": "adding", "edit": "editing", "suspend": "suspending", "unsuspend": "unsuspending", "bury": "burying",
    "unbury": "unburying", "reset": "resetting", "delete": "deleting", "move": "moving", "flag": "flagging",
    "tag": "tagging", "untag": "untagging"}
"""The kinds of change that can be taken back, and how each is spoken of."""
_QUESTION_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, in words. ``uuid`` names the answer or change, ``card_id`` the one card that was answered or
    set aside."""

    what: str
    uuid: str
    card_id: int | None = None
    is_answer: bool = True


def undo(collection: Collection) -> Undone | None:
    """Take back the newest answer or change that stands; None where there is none.

    Raises:
        UndoRefused: something later builds on it; nothing was changed.
    """
    collection.changed()
    with collection.database.write() as connection:
        answer = history.newest_answer(connection)
        change = history.newest_change(connection, CURATION)
        if answer is not None and (change is None or answer.seq > change.seq):
            return _undo_answer(collection, connection, answer)
        return _undo_change(collection, connection, change) if change is not None else None


def _undo_answer(collection: Collection, connection: Connection, answer: Review) -> Undone:
    held = content.cards_by_id(connection, [answer.card_id]).get(answer.card_id)
    if held is None:
        raise UndoRefused("the newest answer", "its card is no longer in the collection")
    stored = content.notes_by_id(connection, [held.note_id])[held.note_id]
    question = visible(" ".join(plain_question(card_face(stored.note, held.ordinal)).split()))
    if len(question) > _QUESTION_LENGTH:
        question = question[:_QUESTION_LENGTH].rstrip() + "..."
    rating = answer.rating.name.capitalize() if answer.rating else ""
    what = f"the answer {rating} on {question!r}"
    if answer.kind is ReviewKind.SCHEDULED:
        now = history.schedule_of(connection, held.id)
        if now is None or now.last_at != answer.answered_at:
            raise UndoRefused(what, "the schedule of the card was changed since")
        history.write_schedule(connection, held.id, answer.before)
        if answer.before is None:
            content.order_new_cards(connection, [held.note_id])
    changes, did = ChangeSet(connection), answer.leech.split()
    if "tagged" in did:
        tags = [tag for tag in stored.note.tags if tag.lower() != "leech"]
        changes.update(note, [held.note_id], tags=" ".join(tags))
        content.refresh_from_tags(changes, [held.note_id])
    if "suspended" in did and held.suspension is Suspension.LEECH:
        changes.update(card, [held.id], suspension=None)
    now_at = collection.now()
    row = Review(collection.database.next_seq(connection), collection.clock.new_uuid(), answer.card_id,
                 ReviewKind.UNDO, now_at, collection.offset_minutes(now_at), collection.today(), undoes=answer.uuid)
    history.record_review(connection, row, None)
    return Undone(what, answer.uuid, answer.card_id)


def _undo_change(collection: Collection, connection: Connection, recorded: RecordedChange) -> Undone:
    changes = ChangeSet(connection)
    after = json.loads(recorded.after)
    noun = "note" if recorded.what in ("tag", "untag", "edit", "add") else "card"
    count = len(after.get("schedule" if recorded.what == "reset" else noun, ()))
    what = f"{CURATION[recorded.what]} {count} {noun}{'s' if count != 1 else ''}"
    card_ids, note_ids = ([int(text) for text in after.get(table, ())] for table in ("card", "note"))
    touched = {*note_ids, *(one.note_id for one in content.cards_by_id(connection, card_ids).values())}
    left = content.topics_of(connection, touched)
    take_back(changes, what, recorded.before, recorded.after)
    content.refresh_from_tags(changes, note_ids)
    if recorded.what not in ("suspend", "unsuspend", "bury", "unbury", "flag"):
        touched |= {one.note_id for one in content.cards_by_id(connection, card_ids).values()}
        content.order_new_cards(connection, touched, left)
    now = collection.now()
    for uuid, card_id in after.get("resets", {}).items():
        history.record_review(connection, Review(
            collection.database.next_seq(connection), collection.clock.new_uuid(), card_id, ReviewKind.UNDO, now,
            collection.offset_minutes(now), collection.today(), undoes=uuid), None)
    changes.save(collection.database.next_seq(connection), collection.clock.new_uuid(), "undo", now,
                 undoes=recorded.uuid)
    is_one_set_aside = recorded.what in ("suspend", "bury") and len(card_ids) == 1
    return Undone(what, recorded.uuid, card_ids[0] if is_one_set_aside else None, is_answer=False)
