"""Note types: which fields a note has and how its cards are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """How a note yields cards: one per template, one per cloze deletion, or one vignette."""

    STANDARD = "standard"
    CLOZE = "cloze"
    VIGNETTE = "vignette"


@dataclass(frozen=True, slots=True)
class Template:
    """One card of a standard note: its two sides, with fields in ``{{double braces}}`` as in Anki."""

    name: str
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """The names of a note's fields, in order, and the templates of its cards.

    ``anki`` is what Anki keeps of the type besides (its id, fonts, sorting ...), as JSON, to go back as it came.
    """

    name: str
    kind: NoteKind
    fields: tuple[str, ...]
    templates: tuple[Template, ...]
    css: str = ""
    anki: str = ""

    def index(self, field: str) -> int | None:
        """The place of a field by name, or None where the type has none of that name."""
        return self.fields.index(field) if field in self.fields else None


_AFTER = "{{#Why}}<div class=why>{{Why}}</div>{{/Why}}{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"

BASIC = NoteType(
    "flashcore basic", NoteKind.STANDARD, ("Front", "Back", "Why", "Source"),
    (Template("Card 1", "{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}" + _AFTER),),
)
REVERSED = NoteType(
    "flashcore reversed", NoteKind.STANDARD, ("Term", "Definition", "Why", "Source"),
    (Template("Definition", "{{Term}}", "{{FrontSide}}<hr id=answer>{{Definition}}" + _AFTER),
     Template("Term", "{{Definition}}", "{{FrontSide}}<hr id=answer>{{Term}}" + _AFTER)),
)
CLOZE = NoteType(
    "flashcore cloze", NoteKind.CLOZE, ("Text", "Why", "Source"),
    (Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}}" + _AFTER),),
)
VIGNETTE = NoteType(
    "flashcore vignette", NoteKind.VIGNETTE, ("Stem", "Options", "Why", "Source", "Order"),
    (Template("Vignette", "{{Stem}}<div class=options>{{Options}}</div>",
              "{{FrontSide}}<hr id=answer>{{Options}}" + _AFTER),),
)
OWN_NOTE_TYPES = (BASIC, REVERSED, CLOZE, VIGNETTE)
"""The note types that the plain-text deck writes. Theirs is the markup ``markdown``."""
