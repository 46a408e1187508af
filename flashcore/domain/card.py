"""A card: one question that a note asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Suspension(StrEnum):
    """Why a card is not asked until told otherwise."""

    BY_HAND = "by_hand"
    LEECH = "leech"
    LEFT_FILE = "left_file"
    """Its note left the deck file; the card comes back by itself when the note does."""


@dataclass(frozen=True, slots=True)
class Card:
    """One of the cards of a note. ``ordinal`` counts from 0: the template, or the cloze deletion.

    ``flag`` is 0 (none) to 7, the colours of Anki. ``buried_until`` is the first study day on which the card is
    asked again. ``new_order`` sorts cards that were never answered; None once a card was.
    """

    id: int
    note_id: int
    guid: str
    ordinal: int
    deck: str
    suspension: Suspension | None = None
    buried_until: date | None = None
    flag: int = 0
    new_order: int | None = None

    def is_buried(self, today: date) -> bool:
        """Whether the card waits for a later study day than ``today``."""
        return self.buried_until is not None and self.buried_until > today
