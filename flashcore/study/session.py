"""A study session: show -> reveal -> answer -> next, with undo. Nothing is left to save at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from flashcore.domain.card import Card, Suspension
from flashcore.domain.deck import DeckOptions, Preset
from flashcore.domain.note_type import NoteKind, NoteType
from flashcore.domain.query_terms import Everything, Query
from flashcore.domain.review import Rating, Review, ReviewKind
from flashcore.domain.schedule import Schedule
from flashcore.domain.taxonomy import Axes, Depth
from flashcore.domain.vignette import Vignette, showing_order
from flashcore.errors import CardChanged, NotFoundError
from flashcore.scheduling.scheduler import fuzz_seed, is_leech, outcome, outcomes
from flashcore.store import content, day, history
from flashcore.store.asking import Asked, load_asked
from flashcore.store.axes import axes_of, note_depth, write_tags
from flashcore.store.changes import ChangeSet
from flashcore.store.database import Connection
from flashcore.store.day import Candidate
from flashcore.store.note_types import note_types
from flashcore.store.schema import card as card_table
from flashcore.store.schema import note as note_table
from flashcore.study import counts
from flashcore.study.anki_template import Place
from flashcore.study.card_face import CardFace, card_face, plain_question
from flashcore.study.card_queue import CardQueue, interleaved
from flashcore.study.day_plan import plan_day
from flashcore.study.prompt import Answered, Finished, Prompt
from flashcore.study.undo import Undone

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


_LONGEST_TYPED = 200  # characters of a typed answer that the log keeps


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """What is left of a session; ``minutes`` at the learner's own pace."""

    due: int
    learning: int
    new: int
    minutes: int

    @property
    def total(self) -> int:
        """All cards left."""
        return self.due + self.learning + self.new


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A card drawn as the collection had it at a version."""

    asked: Asked
    face: CardFace
    axes: Axes
    depth: Depth
    version: int


class Session:
    """One run through the cards of a query, made by ``Collection.review``.

    A cram session asks every card it is given until it is known once and moves no schedule.
    """

    def __init__(self, collection: Collection, query: Query, *, is_cram: bool = False, limit: int | None = None,
                 card_ids: Sequence[int] | None = None) -> None:
        self.is_cram = is_cram
        self._collection, self._query, self._limit, self._card_ids = collection, query, limit, card_ids
        self._answers: list[tuple[str, Answered]] = []
        self._prompt: Prompt | None = None
        self._prepared: _Loaded | None = None
        self._preset_ids: dict[Preset, int] = {}
        self._options = DeckOptions()
        self._kinds: tuple[int, Mapping[int, NoteType]] = (-1, {})
        self._new_ids: set[int] = set()
        self._day: date = collection.today()
        self._queue = self._fill()

    # asking

    def show(self) -> Prompt | None:
        """The card to ask now, the same one until it is answered or set aside; None: the session is finished."""
        if self._prompt is None:
            if self._collection.today() != self._day:
                self._day = self._collection.today()
                self._queue = self._fill()
            while self._prompt is None and (candidate := self._queue.next(self._collection.now())) is not None:
                try:
                    self._prompt = self._ask(candidate)
                except NotFoundError:  # deleted since the queue was made
                    self._queue.drop([candidate.card_id])
        return self._prompt

    def answer(self, rating: Rating, duration_ms: int, choice: str | None = None) -> Prompt | Finished:
        """Record an answer to the card shown; returns what comes next, after the answer is on disk.

        ``choice`` is the letter that was chosen of a vignette, as shown, in either case.

        Raises:
            CardChanged: the card is not as it was when shown; nothing was saved, and it is shown anew.
            StoreError: the answer could not be saved; the card stays the one shown.
        """
        prompt = self.show()
        if prompt is None:
            return self.finished()
        try:
            row, after = self._record(prompt, Rating(rating), max(int(duration_ms), 0), choice)
        except CardChanged:
            self._prompt = None
            raise
        self._answers.append((row.uuid, Answered(
            prompt.card.id, plain_question(prompt.face), row.rating or Rating.AGAIN, row.duration_ms or 0,
            prompt.axes.primary, prompt.file, prompt.line, row.correct)))
        self._after_answer(prompt, row, after)
        self._prompt = None
        return self.show() or self.finished()

    def undo(self) -> Undone | None:
        """Take back the newest answer or change of the collection; a card that was answered or set aside is asked next.

        Where it was set aside, only if it belongs to this session. After any other change the card shown stays.
        """
        shown = self._prompt.card.id if self._prompt is not None else None
        undone = self._collection.undo()
        if undone is None:
            return None
        self._answers = [(uuid, answer) for uuid, answer in self._answers if uuid != undone.uuid]
        self._prompt = None
        self._queue = self._fill()
        left = {candidate.card_id for candidate in self._queue.cards()}
        first = undone.card_id if undone.is_answer or undone.card_id in left else shown if shown in left else None
        if first is not None:
            with self._collection.database.read() as connection:
                for candidate in day.candidates(connection, [first]):
                    self._queue.put_first(candidate)
        return undone

    def refresh(self) -> Prompt | None:
        """The card shown, drawn again from the collection, for after an edit."""
        if self._prompt is not None:
            shown, self._prompt = self._prompt, None
            with self._collection.database.read() as connection:
                for candidate in day.candidates(connection, [shown.card.id]):
                    self._queue.put_first(candidate)
        return self.show()

    def prepare(self) -> None:
        """Load and draw the card after the one shown, for a moment when nobody waits; answering then is quicker."""
        if self._prompt is not None and (after := self._queue.second(self._collection.now())) is not None:
            with suppress(NotFoundError):
                self._prepared = self._load(after.card_id)

    def finished(self) -> Finished:
        """The summary of what was answered so far, and what tomorrow asks."""
        answers = tuple(answer for _, answer in self._answers)
        by_system: dict[str, int] = {}
        for answer in answers:
            name = answer.system or "no system"
            by_system[name] = by_system.get(name, 0) + 1
        collection = self._collection
        with collection.database.read() as connection:
            view, options = collection.view(), collection.option_set()
            plan = plan_day(connection, Everything(), view, options)
            due = counts.due_tomorrow(connection, view.today)
            new = counts.new_tomorrow(connection, options, plan)
            next_due_at = day.next_moment(connection, view.now)
        return Finished(answers, dict(sorted(by_system.items(), key=lambda item: -item[1])), due + new,
                        collection.pace().minutes(new=new, learning=0, due=due), next_due_at)

    @property
    def counts(self) -> SessionCounts:
        """What is left, the card shown included."""
        left = self._queue.cards()
        new = sum(1 for candidate in left if candidate.card_id in self._new_ids)
        learning = sum(1 for candidate in left if candidate.is_learning)
        due = len(left) - new - learning
        return SessionCounts(due, learning, new, self._collection.pace().minutes(new=new, learning=learning, due=due))

    # on the card shown

    def suspend_card(self) -> None:
        """Set the card shown aside until told otherwise, and move on."""
        self._set_aside(self._collection.suspend, whole_note=False)

    def suspend_note(self) -> None:
        """Set all cards of the note aside, and move on."""
        self._set_aside(self._collection.suspend, whole_note=True)

    def bury_card(self) -> None:
        """Leave the card shown for tomorrow, and move on."""
        self._set_aside(self._collection.bury, whole_note=False)

    def bury_note(self) -> None:
        """Leave all cards of the note for tomorrow, and move on."""
        self._set_aside(self._collection.bury, whole_note=True)

    def flag(self, colour: int) -> Prompt | None:
        """Give the card shown a flag, 1-7, or 0 for none; the card stays."""
        if self._prompt is not None:
            self._collection.flag([self._prompt.card.id], colour)
            self._prompt = replace(self._prompt, card=replace(self._prompt.card, flag=colour))
        return self._prompt

    def toggle_mark(self) -> Prompt | None:
        """Give the note the tag ``marked``, or take it away; the card stays."""
        if self._prompt is not None:
            card_id, tags = self._prompt.card.id, self._prompt.note.tags
            if "marked" in (tag.lower() for tag in tags):
                self._collection.untag([card_id], ["marked"])
            else:
                self._collection.tag([card_id], ["marked"])
            note = self._collection.card_details(card_id).note
            self._prompt = replace(self._prompt, note=note)
        return self._prompt

    # inside

    def _fill(self) -> CardQueue:
        collection = self._collection
        with collection.database.read() as connection:
            view = collection.view()
            if self.is_cram or self._card_ids is not None:
                cards = (day.candidates(connection, self._card_ids) if self._card_ids is not None
                         else interleaved(day.all_cards(connection, self._query, view)))
                done = {answer.card_id for _, answer in self._answers
                        if not self.is_cram or answer.rating is not Rating.AGAIN}
                left = None if self._limit is None else max(self._limit - len(done), 0)
                waiting = [card for card in cards if card.card_id in done and card.due_at and not self.is_cram]
                return CardQueue(waiting, [card for card in cards if card.card_id not in done][:left])
            plan = plan_day(connection, self._query, view, collection.option_set())
        self._new_ids = {candidate.card_id for candidate in plan.new}
        left = None if self._limit is None else max(self._limit - len({a.card_id for _, a in self._answers}), 0)
        steps = plan.steps[:left]
        main = interleaved(plan.day_steps + plan.due, plan.new)
        return CardQueue(steps, main if left is None else main[:left - len(steps)])

    def _load(self, card_id: int) -> _Loaded:
        """A card as the collection has it now, drawn; what ``prepare`` left is used where nothing changed since."""
        prepared, self._prepared = self._prepared, None
        collection = self._collection
        if prepared is not None and prepared.asked.card.id == card_id and prepared.version == collection.version:
            return prepared
        with collection.database.read() as connection:
            asked = load_asked(connection, card_id, self._note_types(connection))
        if asked is None:
            raise NotFoundError("card", str(card_id))
        note, reps = asked.stored.note, asked.schedule.reps if asked.schedule else 0
        order: tuple[int, ...] = ()
        if note.note_type.kind is NoteKind.VIGNETTE:
            showings = sum(1 for _, answer in self._answers if answer.card_id == card_id) if self.is_cram else 0
            order = showing_order(Vignette.from_note(note),
                                  f"{note.guid}\x1f{asked.card.ordinal}\x1f{reps + showings}")
        return _Loaded(asked, card_face(note, asked.card.ordinal, order,
                                        Place(asked.card.deck, asked.card.flag)), axes_of(note.tags, asked.card.deck),
                       note_depth(note), collection.version)

    def _ask(self, candidate: Candidate) -> Prompt:
        collection, loaded = self._collection, self._load(candidate.card_id)
        asked, now = loaded.asked, collection.now()
        card, note, schedule = asked.card, asked.stored.note, asked.schedule
        options = collection.option_set()
        self._options = options.for_deck(card.deck)
        results = {} if self.is_cram else outcomes(
            schedule, now, collection.today(), collection.offset_minutes(now), self._options.preset,
            fuzz_seed(card.guid, card.ordinal, schedule.reps if schedule else 0))
        done = len(self._answers)
        return Prompt(card, note, loaded.face, loaded.axes, loaded.depth, schedule, results, now, done + 1,
                      done + len(self._queue), self.is_cram, options.collection().show_system == "before",
                      asked.stored.file, asked.stored.line)

    def _record(self, prompt: Prompt, rating: Rating, duration_ms: int,
                choice: str | None) -> tuple[Review, Schedule | None]:
        collection, now = self._collection, self._collection.now()
        options = self._options  # those of the buttons, whatever was set since
        # the study day is the one the card was shown on, so the interval is the one on the button even where the
        # rollover hour passes between showing and answering; steps of minutes count from the answer
        study_day = collection.clock.today(prompt.shown_at, options.preset.rollover_hour)
        offset, before = collection.offset_minutes(now), prompt.schedule
        after = None if self.is_cram else outcome(
            before, rating, now, study_day, offset, options.preset,
            fuzz_seed(prompt.card.guid, prompt.card.ordinal, before.reps if before else 0))
        leeches = (after is not None and before is not None and after.lapses > before.lapses
                   and is_leech(after.lapses, options.leech_threshold))
        with collection.database.write() as connection:
            leech = _mark_leech(connection, prompt.card, suspend=options.leech_suspend) if leeches else ""
            row = Review(
                collection.database.next_seq(connection), collection.clock.new_uuid(), prompt.card.id,
                ReviewKind.CRAM if self.is_cram else ReviewKind.SCHEDULED, now, offset, study_day, rating, duration_ms,
                None if after is None else self._preset_id(connection, options.preset),
                _kept_choice(prompt, choice), None if _kept_choice(prompt, choice) is None or choice is None
                else prompt.is_right(choice), leech=leech, before=before)
            history.record_review(connection, row, after)
        return row, after

    def _preset_id(self, connection: Connection, preset: Preset) -> int:
        """The id of a preset; known ones cost no query."""
        if preset not in self._preset_ids:
            self._preset_ids[preset] = history.preset_id(connection, preset)
        return self._preset_ids[preset]

    def _note_types(self, connection: Connection) -> Mapping[int, NoteType]:
        if self._kinds[0] != self._collection.version:
            self._kinds = self._collection.version, note_types(connection)
        return self._kinds[1]

    def _after_answer(self, prompt: Prompt, row: Review, after: Schedule | None) -> None:
        card = prompt.card
        candidate = Candidate(card.id, card.note_id, 0, prompt.axes.primary)
        self._queue.take(card.id)
        self._new_ids.discard(card.id)
        if after is None:
            if row.rating is Rating.AGAIN:
                self._queue.put_last(candidate)
            return
        self._queue.drop_siblings(card.note_id, card.id)
        if after.interval_days == 0 and after.due_on <= self._day and "suspended" not in row.leech:
            self._queue.put_step(candidate._replace(due_at=after.due_at, is_learning=True))

    def _set_aside(self, act: Callable[[Sequence[int]], int], *, whole_note: bool) -> None:
        if self._prompt is None:
            return
        card = self._prompt.card
        ids = [card.id]
        if whole_note:
            with self._collection.database.read() as connection:
                ids = [sibling.id for sibling in content.cards_of_notes(connection, [card.note_id])]
        act(ids)
        self._queue.drop(ids)
        self._prompt = None


def _kept_choice(prompt: Prompt, choice: str | None) -> str | None:
    """What the log keeps of a choice: the letter of a vignette's option as it stands in the note, or what was typed."""
    if choice is None:
        return None
    if prompt.face.type_in is not None:
        return choice[:_LONGEST_TYPED]
    return next((chr(ord("a") + option.place) for option in prompt.face.options
                 if option.letter.lower() == choice.lower()), None)


def _mark_leech(connection: Connection, card: Card, *, suspend: bool) -> str:
    """Give the note of a card the tag ``leech`` and, where asked, set the card aside; returns what of both was new."""
    changes, did = ChangeSet(connection), []
    stored = content.notes_by_id(connection, [card.note_id])[card.note_id]
    if "leech" not in (tag.lower() for tag in stored.note.tags):
        tags = (*stored.note.tags, "leech")
        changes.update(note_table, [stored.id], tags=" ".join(tags))
        write_tags(connection, {stored.id: (tags, card.deck)})
        did.append("tagged")
    if suspend and content.cards_by_id(connection, [card.id])[card.id].suspension is None:
        changes.update(card_table, [card.id], suspension=str(Suspension.LEECH))
        did.append("suspended")
    return " ".join(did)
