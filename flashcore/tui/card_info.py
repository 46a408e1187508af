"""Card info: where a card is from, what its schedule rests on, and every answer it had."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from flashcore.domain.card import Suspension
from flashcore.domain.review import ReviewKind
from flashcore.study.prompt import due_on_label
from flashcore.tui.keys import EVERYWHERE, READING, Key, bindings
from flashcore.tui.reading import ReadingScreen
from flashcore.tui.rendering import EMPTY, Block
from flashcore.tui.safe import line_text, one_line
from flashcore.tui.words import counted

if TYPE_CHECKING:
    from flashcore.domain.review import Review
    from flashcore.domain.schedule import Schedule
    from flashcore.study.details import CardDetails

_LABEL_WIDTH = 15
_SUSPENDED = {Suspension.BY_HAND: "suspended by hand", Suspension.LEECH: "suspended as a leech",
              Suspension.LEFT_FILE: "suspended: its note left the deck file"}


class CardInfoScreen(ReadingScreen):
    """Everything that is known of one card."""

    KEYS: ClassVar[tuple[Key, ...]] = (*READING, *EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = bindings(READING)
    HELP_TITLE = "On a card"
    TITLE_WORDS = "Card info"

    def __init__(self, card_id: int) -> None:
        super().__init__()
        self._card_id = card_id

    async def load(self) -> list[Block]:
        """The facts, then the answers, newest first."""
        details, today = await self.do(lambda collection: (collection.card_details(self._card_id), collection.today()))
        return info_blocks(details, today, self.flashcore.clock.zone)


def info_blocks(details: CardDetails, today: date, zone: tzinfo | None) -> list[Block]:
    """Card info as blocks; moments are told in ``zone`` (None: this computer's)."""
    blocks = [_row(label, text) for label, text in _origin_rows(details, zone)]
    blocks += [EMPTY, *(_row(label, text) for label, text in _schedule_rows(details, today, zone))]
    blocks += [EMPTY, Block(Content("Answers" if details.reviews else "Never answered").stylize("bold $mark"))]
    blocks += [Block(one_line(_review_words(review, zone))) for review in reversed(details.reviews)]
    return blocks


def _row(label: str, text: str) -> Block:
    return Block(one_line(text), Content(label.ljust(_LABEL_WIDTH)).stylize("$quiet"), _LABEL_WIDTH)


def _origin_rows(details: CardDetails, zone: tzinfo | None) -> list[tuple[str, str]]:
    card, axes = details.card, details.axes
    rows = [("deck", card.deck), ("system", ", ".join(axes.systems) or "none"), ("depth", str(details.depth))]
    rows.append(("tags", " ".join(details.note.tags) or "none"))
    if details.file is not None:
        rows.append(("file", f"{details.file}, line {details.line}"))
    rows.append(("added", f"{details.added_at.astimezone(zone):%Y-%m-%d}"))
    rows.append(("card", f"{card.id} (number {card.ordinal + 1} of note {card.note_id})"))
    return rows


def _schedule_rows(details: CardDetails, today: date, zone: tzinfo | None) -> list[tuple[str, str]]:
    card, schedule = details.card, details.schedule
    rows = [("state", schedule.state.name.lower() if schedule else "new")]
    if card.suspension is not None:
        rows.append(("", _SUSPENDED[card.suspension]))
    if card.buried_until is not None and card.is_buried(today):
        rows.append(("", f"buried, comes back {due_on_label(card.buried_until, today)}"))
    if card.flag:
        rows.append(("flag", str(card.flag)))
    if schedule is None:
        return rows
    rows.append(("due", _due_words(schedule, today, zone)))
    if schedule.memory is not None:
        recall = "" if details.retrievability is None else f"{details.retrievability:.0%}"
        rows += [("recall now", f"{recall} (R, by FSRS)"),
                 ("stability", f"{schedule.memory.stability_days:.1f} days (S)"),
                 ("difficulty", f"{schedule.memory.difficulty:.1f} of 10 (D)")]
    rows.append(("answers", f"{counted(schedule.reps, 'answer')}, {counted(schedule.lapses, 'lapse')}"))
    return rows


def _due_words(schedule: Schedule, today: date, zone: tzinfo | None) -> str:
    if schedule.interval_days == 0:
        return f"{schedule.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
    label = due_on_label(schedule.due_on, today)
    exact = schedule.due_on.isoformat()
    return exact if label == exact else f"{label} ({exact}, interval {counted(schedule.interval_days, 'day')})"


def _review_words(review: Review, zone: tzinfo | None) -> str:
    parts = [f"{review.answered_at.astimezone(zone):%Y-%m-%d %H:%M}"]
    if review.rating is not None:
        parts.append(review.rating.name.capitalize())
    if review.kind is not ReviewKind.SCHEDULED:
        parts.append(review.origin or str(review.kind))
    if review.choice:
        parts.append(f"chose option {review.choice} of the note, {'right' if review.correct else 'wrong'}")
    if review.duration_ms:
        parts.append(f"{review.duration_ms / 1000:.0f} s")
    return line_text(" · ".join(parts))
