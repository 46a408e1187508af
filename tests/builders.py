"""What tests are made of, so that a test shows only what matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE, NoteType
from flashcore.domain.review import Rating
from flashcore.domain.schedule import Schedule
from flashcore.domain.vignette import Option, options_to_field
from flashcore.study.clock import Clock
from flashcore.study.collection import Collection

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


class Watch:
    """A clock that stands still until it is set. The names it gives are numbers from 1, so fuzz is always the same."""

    def __init__(self, now: datetime = MONDAY, zone: tzinfo = UTC) -> None:
        self.now, self.zone, self._names = now, zone, count(1)

    def __call__(self) -> datetime:
        return self.now

    def clock(self) -> Clock:
        """The clock that a collection is opened with."""
        return Clock(self, self.zone, lambda: f"{next(self._names):012}")

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass; negative turns it back."""
        self.now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def a_note(question: str = "What carries oxygen in blood?", answer: str = "Haemoglobin", *, tags: str = "",
           guid: str = "", note_type: NoteType = BASIC, why: str = "", source: str = "",
           markup: Markup = Markup.MARKDOWN) -> Note:
    """A note with a question and an answer; ``tags`` are separated by spaces."""
    fields = question, answer, why, source
    return Note(guid or f"guid{next(_numbers)}", note_type, fields, tuple(tags.split()), markup)


def a_pair(term: str = "Cor pulmonale", definition: str = "Right heart failure caused by lung disease", *,
           tags: str = "", guid: str = "") -> Note:
    """A note that is asked in both directions: two siblings."""
    return a_note(term, definition, tags=tags, guid=guid, note_type=REVERSED)


def a_cloze(text: str = "The [mitral] valve stands before the [left] ventricle.", *, tags: str = "",
            guid: str = "") -> Note:
    """A note with one card for each deletion."""
    return Note(guid or f"guid{next(_numbers)}", CLOZE, (text, "", ""), tuple(tags.split()))


def a_vignette(stem: str = "A 67-year-old man cannot lie flat. Why?",
               options: Sequence[str] = ("low afterload", "stiff left ventricle", "anaemia", "asthma"), *,
               right: int = 1, tags: str = "", guid: str = "", order: str = "") -> Note:
    """A vignette; ``right`` is the place of the right option in the note, from 0."""
    field = options_to_field([Option(text, place == right) for place, text in enumerate(options)])
    return Note(guid or f"guid{next(_numbers)}", VIGNETTE, (stem, field, "", "", order), tuple(tags.split()))


def a_collection(folder: Path, watch: Watch | None = None) -> Collection:
    """The collection of a folder, open for writing; made where there is none."""
    return Collection.open(folder / "collection.db", clock=(watch or Watch()).clock(), holder="the test")


def added(collection: Collection, note: Note, deck: str = "Medicine") -> tuple[int, ...]:
    """Adds a note; returns the ids of its cards."""
    return collection.add_note(note.note_type, note.fields, deck, note.tags).card_ids


def new_cards(collection: Collection, number: int, deck: str = "Medicine", *, tags: str = "") -> list[int]:
    """Adds so many notes of one card each; returns the ids of their cards."""
    start = next(_numbers)
    return [added(collection, a_note(f"Question {start}.{place}?", tags=tags), deck)[0] for place in range(number)]


def watch_of(collection: Collection) -> Watch:
    """The watch that a collection lives by."""
    watch = collection.clock.now_of
    assert isinstance(watch, Watch)
    return watch


def reviewed(collection: Collection, card_id: int, ratings: str) -> Schedule:
    """Answers a card, each time when it is due: ``"good good again"``. The watch stands at the last answer."""
    watch = watch_of(collection)
    for word in ratings.split():
        held = schedule_of(collection, card_id)
        if held is not None:
            watch.now = max(watch.now, held.due_at)
        answered(collection, card_id, word)
    schedule = schedule_of(collection, card_id)
    assert schedule is not None
    return schedule


def answered(collection: Collection, card_id: int, rating: str | Rating, *, is_cram: bool = False,
             choice: str | None = None) -> None:
    """Answers a card now, due or not."""
    chosen = Rating[rating.upper()] if isinstance(rating, str) else rating
    collection.review(card_ids=[card_id], is_cram=is_cram).answer(chosen, 5_000, choice)


def schedule_of(collection: Collection, card_id: int) -> Schedule | None:
    """The schedule that the collection holds for a card."""
    return collection.card_details(card_id).schedule
