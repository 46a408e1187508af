"""A note: what a learner writes. Its cards are what a learner is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flashcore.domain.note_type import NoteType


class Markup(StrEnum):
    """The language that a note's fields are written in; a note keeps the one it came with."""

    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Note:
    """Fields in the order of the note type, and tags in the order they were given.

    ``guid`` names the note in every collection and export it ever appears in; it is empty only while a file that
    gives no id is being read. ``cloze_ordinals`` tells which card each bracket deletion makes, in text order; empty
    means the first deletion makes card 0, the second card 1, and so on. It differs from that once a deletion was
    added or removed in the middle, so that every card keeps its own history.
    """

    guid: str
    note_type: NoteType
    fields: tuple[str, ...]
    tags: tuple[str, ...] = ()
    markup: Markup = Markup.MARKDOWN
    cloze_ordinals: tuple[int, ...] = ()

    def field(self, name: str) -> str:
        """The text of a field by name; empty where the note type has no such field."""
        place = self.note_type.index(name)
        return self.fields[place] if place is not None and place < len(self.fields) else ""

    @property
    def question(self) -> str:
        """The first field: the text by which people know the note."""
        return self.fields[0] if self.fields else ""
