"""What a search query is made of, as values: terms, and how they are joined. Their written form is in ``query``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from flashcore.domain.deck import SEPARATOR
from flashcore.domain.review import Rating
from flashcore.domain.taxonomy import Depth, find_discipline, find_system
from flashcore.errors import UsageError

MAX_DAYS = 36_500


class State(StrEnum):
    """What ``is:`` asks of a card."""

    DUE = "due"
    NEW = "new"
    LEARNING = "learning"
    REVIEW = "review"
    SUSPENDED = "suspended"
    LEECH = "leech"
    UNTAGGED = "untagged"


class PropertyName(StrEnum):
    """What ``prop:`` compares."""

    STABILITY = "s"
    """In days."""
    RETRIEVABILITY = "r"
    """The chance to recall it now, 0-1, as flashcore shows it (calibrated)."""
    FSRS_RETRIEVABILITY = "fsrs_r"
    """FSRS's own estimate, 0-1."""
    DIFFICULTY = "d"
    """FSRS's difficulty, 1-10."""
    LAPSES = "lapses"
    REPS = "reps"
    INTERVAL = "ivl"
    """In days."""
    DUE = "due"
    """In days from today; below 0 is overdue."""


class Operator(StrEnum):
    """How ``prop:`` compares the card's number with the one given."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Everything:
    """Every card."""


@dataclass(frozen=True, slots=True)
class _Joined:
    parts: tuple[Query, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise ValueError("two parts or more are needed; conjunction() takes any number")


@dataclass(frozen=True, slots=True)
class And(_Joined):
    """Cards for which all parts hold; two or more."""


@dataclass(frozen=True, slots=True)
class Or(_Joined):
    """Cards for which at least one part holds; two or more."""


@dataclass(frozen=True, slots=True)
class Not:
    """Cards for which the part does not hold."""

    part: Query


@dataclass(frozen=True, slots=True)
class Text:
    """Cards with this literal text, which is not empty."""

    text: str

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("there is no text between the quotes")


@dataclass(frozen=True, slots=True)
class _Named:
    name: str

    def __post_init__(self) -> None:
        name, before = self.name, ""
        # Taking out the space in "A: ::B" puts three colons together, so once is not always enough.
        while name != before:
            before, parts = name, [part.strip() for part in name.split(SEPARATOR)]
            name = SEPARATOR.join(part for part in parts if part)
        object.__setattr__(self, "name", name)
        if not self.name:
            raise ValueError("a name is missing")


@dataclass(frozen=True, slots=True)
class DeckIs(_Named):
    """Cards in this deck or under it, without regard to case; ``*`` in the name stands for any text.

    Names are kept as decks are named: each part stripped, empty parts dropped. The same holds for topics and tags.
    """


@dataclass(frozen=True, slots=True)
class TopicIs(_Named):
    """Cards of this topic (the value of a ``topic::`` tag) or one under it; case and ``*`` as for decks."""


@dataclass(frozen=True, slots=True)
class TagIs(_Named):
    """Cards whose note has this tag or one under it; case and ``*`` as for decks."""


@dataclass(frozen=True, slots=True)
class SystemIs:
    """Cards of the organ system with this slug: as primary one, or involved too unless ``primary_only``."""

    slug: str
    primary_only: bool = False


@dataclass(frozen=True, slots=True)
class DisciplineIs:
    """Cards of the discipline with this slug."""

    slug: str


@dataclass(frozen=True, slots=True)
class DepthIs:
    """Cards that ask for a fact, a mechanism or an application."""

    depth: Depth


@dataclass(frozen=True, slots=True)
class StateIs:
    """Cards in this state. ``DUE`` knows no daily limits."""

    state: State


@dataclass(frozen=True, slots=True)
class Property:
    """Cards whose number compares so with ``value``, which is finite, and 0-1 for a retrievability."""

    name: PropertyName
    operator: Operator
    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError("the number is too large")
        if self.name in (PropertyName.RETRIEVABILITY, PropertyName.FSRS_RETRIEVABILITY) and not 0 <= self.value <= 1:
            raise ValueError(f"{self.name} is a probability from 0 to 1, so 0.9 for 90 %")


@dataclass(frozen=True, slots=True)
class Rated:
    """Cards answered in the last ``days`` study days, today being 1; with this rating, or any where it is None."""

    days: int
    rating: Rating | None = None

    def __post_init__(self) -> None:
        _check_days(self.days)


@dataclass(frozen=True, slots=True)
class Added:
    """Cards added in the last ``days`` study days, today being 1."""

    days: int

    def __post_init__(self) -> None:
        _check_days(self.days)


Query: TypeAlias = (Everything | And | Or | Not | Text | DeckIs | SystemIs | DisciplineIs | DepthIs | TopicIs | TagIs
                    | StateIs | Property | Rated | Added)


def _check_days(days: int) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"days are counted from 1, which is today, to {MAX_DAYS}")


def conjunction(*queries: Query) -> Query:
    """What all the queries together ask for; everything where there are none."""
    parts: list[Query] = []
    for query in queries:
        if isinstance(query, And):
            parts += query.parts
        elif not isinstance(query, Everything):
            parts.append(query)
    if not parts:
        return Everything()
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def from_options(*, deck: str | None = None, system: str | None = None, discipline: str | None = None,
                 topic: str | None = None, tag: str | None = None) -> Query:
    """The query that the short forms of a command line stand for (``--deck`` and so on); None was not given.

    Raises:
        UsageError: an empty name.
        NotFoundError: a system or discipline that does not exist.
    """
    makers: tuple[tuple[str, str | None, Callable[[str], Query]], ...] = (
        ("deck", deck, DeckIs), ("system", system, lambda name: SystemIs(find_system(name))),
        ("discipline", discipline, lambda name: DisciplineIs(find_discipline(name))),
        ("topic", topic, TopicIs), ("tag", tag, TagIs))
    parts = []
    for option, name, make in makers:
        if name is not None:
            try:
                parts.append(make(name))
            except ValueError as error:
                raise UsageError(f"--{option}: {error}") from error
    return conjunction(*parts)
