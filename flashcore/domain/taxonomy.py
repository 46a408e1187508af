"""Organ systems, disciplines and depths, and how they are read from tags.

The lists are data (``taxonomy.toml`` beside this file). Axes are tags of the form ``axis::value``:
``system::`` (exactly one, the primary), ``involves::`` (any number), ``discipline::``, ``depth::``, ``step::``,
``yield::``, ``topic::`` and ``source::``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from flashcore.errors import NotFoundError, nearest


class Depth(StrEnum):
    """What an answer asks for: a fact, a chain of cause, or the use of both on a patient."""

    RECALL = "recall"
    MECHANISM = "mechanism"
    APPLICATION = "application"


STEPS = ("1", "2ck", "3")
YIELDS = ("high", "medium", "low")
NEW_CARD_CYCLE = (Depth.RECALL, Depth.RECALL, Depth.MECHANISM, Depth.RECALL, Depth.APPLICATION,
                  Depth.RECALL, Depth.MECHANISM)
"""The order in which new cards of one topic come: facts first, whys and cases among them, 4:2:1."""


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a closed list: its slug, and the other words it is known by."""

    slug: str
    aliases: tuple[str, ...]


@cache
def _lists() -> dict[str, tuple[Term, ...]]:
    text = resources.files("flashcore.domain").joinpath("taxonomy.toml").read_text(encoding="utf-8")
    return {axis: tuple(Term(entry["slug"], tuple(entry["aliases"])) for entry in entries)
            for axis, entries in tomllib.loads(text).items()}


def systems() -> tuple[str, ...]:
    """The slugs of all organ systems, in the order of the outline; ``general`` comes last."""
    return tuple(term.slug for term in _lists()["system"])


def disciplines() -> tuple[str, ...]:
    """The slugs of all disciplines."""
    return tuple(term.slug for term in _lists()["discipline"])


def normalised(word: str) -> str:
    """A name as it is compared: lower case, ``&`` as "and", ``_`` and ``-`` as a space, leading digits dropped."""
    text = word.strip().lower().replace("&", " and ").replace("_", " ").replace("-", " ")
    return " ".join(re.sub(r"^[\d\s]+", "", text).split())


@cache
def _by_name(axis: str) -> dict[str, str]:
    names = {}
    for term in _lists()[axis]:
        for name in (*term.aliases, term.slug):
            names[normalised(name)] = term.slug
    return names


def find_system(name: str) -> str:
    """The slug of a system named by slug or alias.

    Raises:
        NotFoundError: no system has that name; it tells where the name is a discipline, or which name is nearest.
    """
    slug = _by_name("system").get(normalised(name))
    if slug is None:
        discipline = _by_name("discipline").get(normalised(name))
        hint = f"{discipline} is a discipline: --discipline {discipline}" if discipline else ""
        raise NotFoundError("system", name, (*systems(), *_by_name("system")), hint=hint)
    return slug


def find_discipline(name: str) -> str:
    """The slug of a discipline named by slug or alias.

    Raises:
        NotFoundError: no discipline has that name.
    """
    slug = _by_name("discipline").get(normalised(name))
    if slug is None:
        system = _by_name("system").get(normalised(name))
        hint = f"{system} is a system: --system {system}" if system else ""
        raise NotFoundError("discipline", name, (*disciplines(), *_by_name("discipline")), hint=hint)
    return slug


@dataclass(frozen=True, slots=True)
class Axes:
    """What the tags of a note say of it. ``primary`` is the one system it counts under; all else may be empty."""

    primary: str | None = None
    involves: tuple[str, ...] = ()
    disciplines: tuple[str, ...] = ()
    depth: Depth | None = None
    step: str | None = None
    yield_: str | None = None
    topics: tuple[str, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The primary system and the involved ones."""
        return (self.primary, *self.involves) if self.primary else self.involves


def read_axes(tags: Iterable[str]) -> Axes:
    """The axes that tags name. Of two values on an axis that takes one, the first counts; unknown values are left."""
    primary: str | None = None
    involves: list[str] = []
    found_disciplines: list[str] = []
    depth: Depth | None = None
    step = yield_ = None
    topics: list[str] = []
    for tag in tags:
        axis, separator, value = tag.partition("::")
        if not separator or not value:
            continue
        match axis.lower():
            case "system":
                slug = _by_name("system").get(normalised(value.split("::")[0]))
                if slug and primary is None:
                    primary = slug
                elif slug and slug != primary:
                    involves.append(slug)
            case "involves":
                if slug := _by_name("system").get(normalised(value.split("::")[0])):
                    involves.append(slug)
            case "discipline":
                if slug := _by_name("discipline").get(normalised(value.split("::")[0])):
                    found_disciplines.append(slug)
            case "depth" if depth is None and value.lower() in list(Depth):
                depth = Depth(value.lower())
            case "step" if step is None and value.lower() in STEPS:
                step = value.lower()
            case "yield" if yield_ is None and value.lower() in YIELDS:
                yield_ = value.lower()
            case "topic":
                topics.append(value)
    unique_involves = tuple(dict.fromkeys(slug for slug in involves if slug != primary))
    return Axes(primary, unique_involves, tuple(dict.fromkeys(found_disciplines)), depth, step, yield_,
                tuple(dict.fromkeys(topics)))


def canonical_tag(word: str) -> str:
    """A tag as it is kept: closed axes by slug, bare words of the lists of depth and discipline as that axis.

    Raises:
        NotFoundError: a value that a closed axis does not have; the nearest is named.
    """
    axis, separator, value = word.partition("::")
    lower = axis.lower()
    if not separator:
        if lower in list(Depth):
            return f"depth::{lower}"
        return f"discipline::{lower}" if lower in disciplines() else word
    match lower:
        case "system" | "involves":
            head, more, rest = value.partition("::")
            return f"{lower}::{find_system(head)}{more}{rest}"
        case "discipline":
            return f"discipline::{find_discipline(value)}"
        case "depth" | "step" | "yield":
            known = {"depth": tuple(Depth), "step": STEPS, "yield": YIELDS}[lower]
            if value.lower() not in known:
                raise NotFoundError(lower, value, known, hint="" if nearest(value, known) else
                                    f"{lower} is one of {', '.join(known)}")
            return f"{lower}::{value.lower()}"
    return word


_ASKS_MECHANISM = re.compile(
    r"\W*(why|how(?!\s+(?:many|much|often|long|old)\b)|explain\w*|by\s+what\s+mechanisms?)\b", re.IGNORECASE)


def asks_mechanism(question: str) -> bool:
    """Whether a question asks for a chain of cause: it begins with why, how, explain or "by what mechanism"."""
    return _ASKS_MECHANISM.match(question) is not None
