"""Card info: where a card is from, what its schedule rests on, and every answer it had."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from flashcore.domain.schedule import CardState
from flashcore.study.prompt import due_on_label
from flashcore.tui.keys import EVERYWHERE, READING, Key, bindings
from flashcore.tui.reading import ReadingScreen
from flashcore.tui.rendering import EMPTY, Block
from flashcore.tui.safe import one_line
from flashcore.tui.words import counted

if TYPE_CHECKING:
    from flashcore.domain.review import Review
    from flashcore.study.find import CardDetails

_LABEL_WIDTH = 14


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
        details = await self.do(lambda collection: collection.card_details(self._card_id))
        today = await self.do(lambda collection: collection.today())
        rows = _origin_rows(details, self._local) + [("", "")] + _schedule_rows(details, today_words=lambda day: (
            due_on_label(day, today)))
        blocks = [_row(label, text) for label, text in rows]
        blocks += [EMPTY, Block(Content("Answers" if details.reviews else "Never answered").stylize("bold $mark"))]
        blocks += [Block(one_line(self._review_words(review))) for review in reversed(details.reviews)]
        return blocks

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.flashcore.clock.zone)

    def _review_words(self, review: Review) -> str:
        moment = f"{self._local(review.answered_at):%Y-%m-%d %H:%M}"
        rating = review.rating.name.capitalize() if review.rating else ""
        parts = [moment, rating or review.origin or review.kind.value]
        if review.rating and review.kind.value != "scheduled":
            parts.append(review.origin or review.kind.value)
        if review.choice:
            parts.append(f"option {review.choice.upper()} of the note, {'right' if review.correct else 'wrong'}")
        if review.duration_ms:
            parts.append(f"{review.duration_ms / 1000:.0f} s")
        return " · ".join(parts)
