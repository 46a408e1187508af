"""The tags of a plain-text deck: words become axes, and those of file, section and card become one list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from flashcore.domain.taxonomy import canonical_tag, disciplines, systems
from flashcore.errors import NotFoundError, Problem

MOST_TAGS = 1000
DEEPEST_TAG = 20

ONE_VALUE = ("system", "depth", "step", "yield")
"""Axes on which a note has one value: the card's own wins over its section's, that over its file's."""
AXES = ("system", "involves", "discipline", "depth", "step", "yield", "topic", "source")
"""Every axis, in the order in which a note names them; ordinary tags follow."""

Words = Sequence[tuple[int, str]]
"""Words with the 1-based line they stand in."""


def split_words(text: str) -> list[str]:
    """The words of a ``Tags:`` line: separated by spaces or commas."""
    return [word for word in re.split(r"[\s,]+", text) if word]


def axis_of(tag: str) -> tuple[str, str]:
    """The axis of a tag and its value; an empty axis for an ordinary tag."""
    axis, separator, value = tag.partition("::")
    return (axis.lower(), value) if separator and axis.lower() in AXES else ("", tag)


def read_tags(words: Words, problems: list[Problem]) -> list[str]:
    """The tags that the words of one level (a file, a section, a card) mean, in the order given."""
    tags: list[str] = []
    chosen: dict[str, str] = {}
    for line, word in words:
        tag = _read_tag(line, word, problems)
        if tag is None:
            continue
        axis, value = axis_of(tag)
        if axis in ONE_VALUE and chosen.setdefault(axis, tag) != tag:
            cure = f"write involves::{value} for the one that does not decide" if axis == "system" else "keep one"
            problems.append(Problem(line, f"two values for {axis}: {axis_of(chosen[axis])[1]} and {value}", cure))
        else:
            tags.append(tag)
    return tags


def _read_tag(line: int, word: str, problems: list[Problem]) -> str | None:
    if word.count("::") >= DEEPEST_TAG:
        problems.append(Problem(line, f"the tag {word[:40]!r} has more than {DEEPEST_TAG} levels", "shorten it"))
        return None
    axis, value = axis_of(word)
    if axis and not value:
        problems.append(Problem(line, f"the tag {word!r} has no value", f"write {axis}::VALUE"))
        return None
    try:
        tag = canonical_tag(word)
    except NotFoundError as error:
        problems.append(unknown_value(line, error))
        return None
    return f"{axis}::{value}" if axis in ("topic", "source") else tag


def unknown_value(line: int, error: NotFoundError) -> Problem:
    """The problem that a value is which its closed list does not have."""
    hint = error.hint.replace(": --discipline ", ", not a system: write discipline::").replace(
        ": --system ", ", not a discipline: write system::")
    if not hint and error.nearest:
        hint = f"did you mean {error.nearest!r}?"
    elif not hint:
        known = disciplines() if error.kind == "discipline" else systems() if error.kind == "system" else ()
        hint = f"there are {', '.join(known)}" if known else ""
    return Problem(line, f"no {error.kind} named {error.name[:40]!r}", hint)


def card_tags(levels: Iterable[Sequence[str]], topic: Sequence[str], default_depth: str) -> tuple[str, ...]:
    """The tags of a card, in canonical order, from those of its file, sections and own, outermost first.

    ``topic`` is the path of headings. A system that a nearer level replaces becomes ``involves::``.
    """
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {axis: [] for axis in (*AXES, "")}
    if topic:
        several["topic"].append("topic::" + "::".join(topic))
    for level in levels:
        for tag in level:
            axis = axis_of(tag)[0]
            if axis not in ONE_VALUE:
                several[axis].append(tag)
                continue
            replaced = single.get(axis)
            if axis == "system" and replaced and replaced != tag:
                several["involves"].append(f"involves::{axis_of(replaced)[1]}")
            single[axis] = tag
    single.setdefault("depth", f"depth::{default_depth}")
    primary = _head(single.get("system", ""))
    several["involves"] = [tag for tag in several["involves"] if _head(tag) != primary]
    ordered = [tag for axis in AXES for tag in ([single[axis]] if axis in single else several[axis])]
    by_spelling: dict[str, str] = {}
    for tag in (*ordered, *several[""]):
        by_spelling.setdefault(tag.casefold(), tag)
    return tuple(by_spelling.values())


def _head(tag: str) -> str:
    """The system that a tag of ``system::`` or ``involves::`` names, without what may follow it."""
    return axis_of(tag)[1].partition("::")[0] if tag else ""


def topic_slug(heading: str) -> str:
    """A heading as part of a topic: lower case, every run of other characters than letters and digits a hyphen."""
    words = _LINK.sub(r"\1", heading)
    return re.sub(r"[^\w]+|_+", "-", words.lower()).strip("-").replace("--", "-")


_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
