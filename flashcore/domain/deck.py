"""Decks by name, and the options that a deck or the whole collection has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

DEFAULT_DECK = "Default"
SEPARATOR = "::"

FSRS_6_PARAMETERS = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)
"""The default weights of FSRS-6 (py-fsrs 6.3.2; a test holds them equal to the package's)."""


def ancestors(deck: str) -> Iterator[str]:
    """The deck itself, then its parents, outwards: A::B::C, A::B, A."""
    parts = deck.split(SEPARATOR)
    for length in range(len(parts), 0, -1):
        yield SEPARATOR.join(parts[:length])


def clean_deck_name(name: str) -> str:
    """A deck name with every part stripped and empty parts dropped; ``Default`` where nothing is left."""
    return SEPARATOR.join(part.strip() for part in name.split(SEPARATOR) if part.strip()) or DEFAULT_DECK


@dataclass(frozen=True, slots=True)
class Preset:
    """The options that decide a schedule. Every answer keeps the preset it was given under, so replay is exact.

    Steps are in seconds. ``parameters`` are the 21 weights of FSRS-6. ``desired_retention`` is a probability,
    0.70-0.99.
    """

    desired_retention: float = 0.9
    parameters: tuple[float, ...] = FSRS_6_PARAMETERS
    learning_steps_seconds: tuple[int, ...] = (60, 600)
    relearning_steps_seconds: tuple[int, ...] = (600,)
    maximum_interval_days: int = 36500
    rollover_hour: int = 4


@dataclass(frozen=True, slots=True)
class DeckOptions:
    """What holds for the cards of a deck: its own values, else the nearest parent's, else the collection's."""

    preset: Preset = Preset()
    new_per_day: int = 20
    reviews_per_day: int = 9999
    leech_threshold: int = 8
    leech_suspend: bool = False


@dataclass(frozen=True, slots=True)
class CollectionOptions:
    """What holds for the collection as a whole. ``minutes_per_day`` None: the median of the last study days."""

    exam_on: date | None = None
    minutes_per_day: int | None = None
    rollover_hour: int = 4
    show_system: str = "after"
    protected_fields: tuple[str, ...] = ()
    """Fields that no import changes, by name."""
    protected_tags: tuple[str, ...] = ()
    """Tags that no import takes away, with everything under them."""
