"""The templates of cards, read: which fields they show, through which filters, under which conditions.

    {{Field}}  {{filter:filter:Field}}  {{#Field}}where it is filled{{/Field}}  {{^Field}}where it is not{{/Field}}

What stands in an HTML comment is text. A template that begins with ``{{=<% %>=}}`` has ``<%`` and ``%>`` for braces.
Reading never raises: what is wrong with a template is one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from flashcore.errors import nearest

LONGEST_TEMPLATE = 262_144
"""Characters of one side of a template."""
DEEPEST_SECTIONS = 64
MOST_TAGS = 10_000
"""Fields and conditions of one side of a template."""

FRONT_SIDE = "FrontSide"
ALWAYS_FILLED = ("Type", "Deck", "Subdeck", "Card", "CardFlag")
"""What a template may name that is no field, and is never empty."""
SPECIAL = ("Tags", *ALWAYS_FILLED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A place where a field is shown. ``filters`` stand in the order in which they are applied."""

    name: str
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Parts that are shown only where a field is filled, or only where it is not."""

    name: str
    if_filled: bool
    parts: tuple[Part, ...]


Part = str | Shown | Section


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """One side of a template. ``problem`` is empty, or why there are no parts."""

    parts: tuple[Part, ...] = ()
    problem: str = ""

    def problem_with(self, fields: Collection[str]) -> str:
        """Why the side cannot be shown for a note of these fields; empty where it can."""
        if self.problem:
            return self.problem
        for place in places(self.parts):
            is_known = place.name in fields or place.name in SPECIAL
            if isinstance(place, Section):
                is_known = is_known or _CLOZE_CARD.match(place.name) is not None
                sign = "#" if place.if_filled else "^"
            else:
                is_known = is_known or place.name == FRONT_SIDE or (not place.name and bool(place.filters))
                sign = "".join(f"{word}:" for word in reversed(place.filters))
            if not is_known:
                best = nearest(place.name, fields)
                hint = f"; perhaps {best} is meant" if best else ""
                return f"it names {{{{{sign}{place.name}}}}}, but there is no field called {place.name!r}{hint}"
        return ""


def card_condition(name: str) -> int | None:
    """The ordinal of the card that a condition such as ``{{#c1}}`` asks for; None where it asks for a field."""
    found = _CLOZE_CARD.match(name)
    return int(found[1]) - 1 if found else None


def places(parts: tuple[Part, ...]) -> Iterator[Shown | Section]:
    """Every field and condition of a template, in order."""
    for part in parts:
        if isinstance(part, Shown):
            yield part
        elif isinstance(part, Section):
            yield part
            yield from places(part.parts)


@lru_cache(maxsize=32)
def read_template(text: str) -> ReadTemplate:
    """One side of a template in parts. Linear time."""
    if len(text) > LONGEST_TEMPLATE:
        return ReadTemplate(problem=f"it is longer than {LONGEST_TEMPLATE // 1024} KiB")
    opening, closing = "{{", "}}"
    if text.lstrip().startswith(_OTHER_BRACES):
        text = text.lstrip()[len(_OTHER_BRACES):]
        opening, closing = "<%", "%>"
    opened: list[tuple[str, bool]] = []
    inside: list[list[Part]] = [[]]
    for count, (is_tag, words) in enumerate(_tokens(text, opening, closing)):
        if count > 2 * MOST_TAGS:
            return ReadTemplate(problem=f"it has more than {MOST_TAGS:,} fields and conditions")
        if not is_tag:
            inside[-1].append(words)
            continue
        tag = words.lstrip("{").strip()
        name = tag[1:].lstrip()
        if tag.startswith(("#", "^")):
            if len(opened) == DEEPEST_SECTIONS:
                return ReadTemplate(problem=f"its conditions stand more than {DEEPEST_SECTIONS} deep in one another")
            opened.append((name, tag[0] == "#"))
            inside.append([])
        elif tag.startswith("/"):
            if not opened:
                return ReadTemplate(problem=f"{{{{/{name}}}}} ends a condition that was not begun")
            begun, if_filled = opened.pop()
            if begun != name:
                return ReadTemplate(problem=f"it has {{{{/{name}}}}} where {{{{/{begun}}}}} is expected")
            parts = tuple(inside.pop())
            inside[-1].append(Section(name, if_filled, parts))
        else:
            *filters, name = tag.split(":")
            inside[-1].append(Shown(name, tuple(reversed(filters))))
    if opened:
        return ReadTemplate(problem=f"{{{{/{opened[-1][0]}}}}} is missing")
    return ReadTemplate(tuple(inside[0]))


def shows_a_field(parts: tuple[Part, ...], filled: Collection[str], ordinal: int | None = None) -> bool:
    """Whether a front shows anything of a note, which is how Anki decides whether a card exists.

    ``filled`` are the names of what is not empty. Words of the template alone are nothing. ``ordinal`` is that of a
    cloze card, for conditions such as ``{{#c1}}``.
    """
    for part in parts:
        if isinstance(part, Shown):
            if part.name in filled or part.name in ALWAYS_FILLED:
                return True
        elif (isinstance(part, Section) and is_met(part, filled, ordinal)
              and shows_a_field(part.parts, filled, ordinal)):
            return True
    return False


def is_met(section: Section, filled: Collection[str], ordinal: int | None) -> bool:
    """Whether the parts of a section are shown."""
    is_filled = section.name in filled or section.name in ALWAYS_FILLED or (
        ordinal is not None and card_condition(section.name) == ordinal)
    return is_filled is section.if_filled


def is_blank(field: str) -> bool:
    """Whether Anki takes a field for empty: nothing but white space and line breaks."""
    return _BLANK.match(field) is not None


_OTHER_BRACES = "{{=<% %>=}}"
_CLOZE_CARD = re.compile(r"c([1-9][0-9]{0,5})\Z")
_BLANK = re.compile(r"(?:[ \t\n\r\f\v]|</?(?:br|div) ?/?>)*+\Z", re.IGNORECASE)


def _tokens(text: str, opening: str, closing: str) -> Iterator[tuple[bool, str]]:
    """The text between tags, and what stands in each tag. A comment belongs to the text."""
    start = position = 0
    begins = re.compile(f"{re.escape(opening)}|<!--")
    while found := begins.search(text, position):
        if found[0] == "<!--":
            end = text.find("-->", found.end())
            if end < 0:
                begins = re.compile(re.escape(opening))
            position = found.end() if end < 0 else end + 3
            continue
        end = text.find(closing, found.end())
        if end < 0:
            break
        if found.start() > start:
            yield False, text[start:found.start()]
        yield True, text[found.end():end]
        start = position = end + len(closing)
    if start < len(text):
        yield False, text[start:]
