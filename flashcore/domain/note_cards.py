"""Which cards a note yields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from flashcore.domain.card_template import LONGEST_TEMPLATE, is_blank, read_template, shows_a_field
from flashcore.domain.cloze import cloze_ordinals_of, parse_cloze
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType


def card_ordinals(note: Note) -> tuple[int, ...]:
    """The ordinals of the note's cards, ascending: its deletions, its one vignette, or its templates with a front.

    Empty where the note asks nothing: a cloze note without deletions, a standard note without a text on any front. A
    template that cannot be read makes no card.
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
    filled = filled_names(note)
    return tuple(ordinal for ordinal, template in enumerate(note.note_type.templates)
                 if _shows_text(template.front, note.note_type.fields, filled))


def filled_names(note: Note) -> set[str]:
    """The fields that hold something, and ``Tags`` where the note has any."""
    filled = {name for name, text in zip(note.note_type.fields, note.fields, strict=False) if not is_blank(text)}
    return filled | {"Tags"} if note.tags else filled


def _shows_text(front: str, fields: Collection[str], filled: Collection[str]) -> bool:
    read = read_template(front)
    return shows_a_field(read.parts, filled) and not read.problem_with(fields)


_TAG = re.compile(r"\{\{([^{}]*+)\}\}")
_CLOZE_FILTERS = frozenset(("cloze", "cloze-only"))


def _cloze_texts(note: Note) -> Iterator[str]:
    """The fields whose deletions make cards: all of a note from Anki, as there; of ours those that are shown so."""
    if note.markup is Markup.HTML:
        yield from (field for field in note.fields if "{{c" in field)
    else:
        for name in cloze_fields(note.note_type):
            yield note.field(name)


@lru_cache(maxsize=32)
def cloze_fields(note_type: NoteType) -> tuple[str, ...]:
    """The fields that a template shows as a cloze, under whatever condition; the first field where none does."""
    names: list[str] = []
    for template in note_type.templates:
        for tag in _TAG.finditer(template.front[:LONGEST_TEMPLATE]):
            *filters, name = (word.strip() for word in tag[1].split(":"))
            is_cloze = not _CLOZE_FILTERS.isdisjoint(filters)
            if is_cloze and name not in names and note_type.index(name) is not None:
                names.append(name)
    return tuple(names) or note_type.fields[:1]
