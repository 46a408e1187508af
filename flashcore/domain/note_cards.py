"""Which cards a note yields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcore.domain.cloze import cloze_ordinals_of, parse_cloze
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind


def card_ordinals(note: Note) -> tuple[int, ...]:
    """The ordinals of the note's cards, ascending: its deletions, its one vignette, or its templates with a front.

    Empty where the note asks nothing: a cloze note without deletions, a standard note without a text on any front.
    """
    match note.note_type.kind:
        case NoteKind.CLOZE:
            ordinals: set[int] = set()
            for text in _cloze_texts(note):
                is_markdown = note.markup is Markup.MARKDOWN
                ordinals.update(cloze_ordinals_of(parse_cloze(text, note.cloze_ordinals, brackets=is_markdown)))
            return tuple(sorted(ordinals))
        case NoteKind.VIGNETTE:
            return (0,)
    filled = {name for name, text in zip(note.note_type.fields, note.fields, strict=False) if not _EMPTY.match(text)}
    return tuple(ordinal for ordinal, template in enumerate(note.note_type.templates)
                 if _shows_text(template.front, filled))


_EMPTY = re.compile(r"(?:\s|</?(?:br|div) ?/?>)*+\Z", re.IGNORECASE)
"""A field that Anki takes for empty: nothing but white space and line breaks."""
_TAG = re.compile(r"\{\{([^{}]*+)\}\}")


def _tags(front: str) -> Iterator[str]:
    for found in _TAG.finditer(front):
        yield found[1].strip()


def _cloze_texts(note: Note) -> Iterator[str]:
    """The fields that a template shows through the filter ``cloze``; the first field where none does."""
    names: list[str] = []
    for template in note.note_type.templates:
        for tag in _tags(template.front):
            *filters, name = (word.strip() for word in tag.split(":"))
            if "cloze" in filters and name not in names and note.note_type.index(name) is not None:
                names.append(name)
    for name in names or note.note_type.fields[:1]:
        yield note.field(name)


def _shows_text(front: str, filled: set[str]) -> bool:
    """Whether a front shows a field that is not empty, which is how Anki decides whether a card exists.

    ``{{#Field}}..{{/Field}}`` counts only where the field is filled, ``{{^Field}}..{{/Field}}`` only where it is not.
    """
    closed: list[bool] = []
    hidden = 0
    for tag in _tags(front):
        name = tag[1:].strip()
        if tag.startswith(("#", "^")):
            closed.append((name in filled) != tag.startswith("#"))
            hidden += closed[-1]
        elif tag.startswith("/"):
            hidden -= closed.pop() if closed else False
        elif not hidden and tag.rsplit(":", 1)[-1].strip() in filled:
            return True
    return False
