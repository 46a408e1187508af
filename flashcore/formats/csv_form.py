"""The form of our own CSV: what its columns are called, and how a note stands in a row so that nothing is lost.

    guid,note type,markup,deck,tags,Front,Back,Why,Source,Text
    x1,flashcore basic,markdown,Step 1::Heart,system::cardiovascular depth::recall,What ...?,That ...,,,

Tags are parted by spaces; one with a space in it stands in quotes. The columns after ``tags`` are fields, one for each
name that occurs; a row fills those of its note type. ``fields`` and ``kind`` stand there for note types that are
neither Anki's nor ours, ``cards`` where the deletions of a Markdown note ask other cards than 1, 2, 3 ... A first
column ``'guid`` says that cells which a spreadsheet might run have a ``'`` before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from flashcore.domain.bundle import BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import NoteKind, NoteType
from flashcore.errors import DeckFileError
from flashcore.formats.anki_stock import KNOWN, made_type
from flashcore.formats.table_notes import MOST_MADE_TYPES
from flashcore.formats.table_rows import row_text, rows

GUID, TYPE, FIELDS, KIND, MARKUP, DECK, TAGS, CARDS = (
    "guid", "note type", "fields", "kind", "markup", "deck", "tags", "cards")
_ALWAYS = (GUID, TYPE, MARKUP, DECK, TAGS)
_GUARD = "'"
_NO_PATH = Path("-")
_DEEPEST_DECK = 100
_NOTHING: frozenset[str] = frozenset()
_TO_GUARD = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")
"""What a spreadsheet would take for a formula (OWASP, and the line feed); more ``'`` before it are text."""


class CsvColumns:
    """The columns of a file that holds certain notes."""

    def __init__(self, notes: Sequence[BundledNote]) -> None:
        types = dict.fromkeys(one.note.note_type for one in notes)
        self._listed = {one for one in types if not _is_known(one)}
        needs_cards = any(one.note.cloze_ordinals for one in notes)
        self.head = [GUID, TYPE, *([FIELDS, KIND] if self._listed else []), MARKUP, DECK,
                     *([CARDS] if needs_cards else []), TAGS]
        self._place = {name: place for place, name in enumerate(self.head)}
        self._field_places: dict[str, int] = {}
        for one in types:
            for name in one.fields:
                self._field_places.setdefault(name, len(self.head) + len(self._field_places))

    def names(self) -> list[str]:
        """The first row."""
        return [*self.head, *self._field_places]

    def cells(self, one: BundledNote) -> list[str]:
        """The row of a note."""
        note = one.note
        cells = [""] * (len(self.head) + len(self._field_places))
        said = {GUID: note.guid, TYPE: note.note_type.name, MARKUP: note.markup.value, DECK: one.deck,
                TAGS: joined(note.tags, " "), CARDS: " ".join(str(ordinal + 1) for ordinal in note.cloze_ordinals)}
        if note.note_type in self._listed:
            said |= {FIELDS: joined(note.note_type.fields, ":"), KIND: note.note_type.kind.value}
        for name, place in self._place.items():
            cells[place] = said.get(name, "")
        for name, text in zip(note.note_type.fields, note.fields, strict=False):
            cells[self._field_places[name]] = text
        return cells


def _is_known(note_type: NoteType) -> bool:
    known = KNOWN.get(note_type.name)
    return known is not None and (known.fields, known.kind) == (note_type.fields, note_type.kind)


def joined(words: Iterable[str], separator: str) -> str:
    """Words in one cell; those that hold the separator, or nothing, in quotes."""
    return separator.join(row_text([word], separator) for word in words)


def parted(cell: str, separator: str) -> tuple[str, ...]:
    """The words of a cell.

    Raises:
        DeckFileError: its quotes are not those of ``joined``.
    """
    if '"' not in cell:
        return tuple(cell.split(separator)) if cell else ()
    row = next(rows(cell, separator, _NO_PATH), None)
    return tuple(row.cells) if row is not None else ()


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return _GUARD + cell if _TO_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def is_own_head(cells: Sequence[str]) -> bool:
    """Whether a row is the first of a file that we wrote."""
    names = [cell.strip() for cell in cells]
    return bool(names) and names[0].removeprefix(_GUARD) == GUID and all(name in names for name in _ALWAYS[1:])


class OwnRows:
    """Reads the rows below a head of ours."""

    def __init__(self, head: Sequence[str], note_types: Mapping[str, NoteType], deck: str) -> None:
        self.is_guarded = head[0].strip().startswith(_GUARD)
        names = [name if number else GUID for number, name in enumerate(head)]
        if self.is_guarded:
            names = [unguarded(name) for name in names]
        stripped = [name.strip() for name in names]
        last = max(stripped.index(name) for name in _ALWAYS)
        self._head = {name: place for place, name in enumerate(stripped[:last + 1])}
        self._fields = {name: last + 1 + place for place, name in reversed(list(enumerate(names[last + 1:])))}
        self.width = len(names)
        self._note_types, self._deck = note_types, deck
        self._types: dict[tuple[str, str, str], NoteType] = {}
        self._field_places: dict[NoteType, tuple[int | None, ...]] = {}
        self._tags: dict[str, tuple[str, ...]] = {}

    def note(self, cells: Sequence[str], line: int) -> BundledNote:
        """The note of a row.

        Raises:
            ValueError: the row is none of ours; the text says why.
        """
        if self.is_guarded:
            cells = [unguarded(cell) for cell in cells]
        said = {name: cells[place] if place < len(cells) else "" for name, place in self._head.items()}
        try:
            tags = self._tags.get(said[TAGS]) or self._tags.setdefault(said[TAGS], parted(said[TAGS], " "))
            note_type = self._type(said[TYPE], said.get(FIELDS, ""), said.get(KIND, ""))
        except DeckFileError as error:
            raise ValueError("the quotes in its column tags or fields do not fit") from error
        try:
            markup = Markup(said[MARKUP].strip().lower())
        except ValueError:
            raise ValueError(f"{said[MARKUP][:20]!r} is no markup; it is markdown or html") from None
        try:
            ordinals = tuple(int(word) - 1 for word in said.get(CARDS, "").split())
        except ValueError:
            raise ValueError(f"{said[CARDS][:20]!r} are no numbers of cards") from None
        if any(not 0 <= ordinal < 500 for ordinal in ordinals):
            raise ValueError("the number of a card is 1 to 500")
        if said[DECK].count("::") >= _DEEPEST_DECK:
            raise ValueError(f"its deck is more than {_DEEPEST_DECK} levels deep")
        places = self._places(note_type)
        fields = tuple(cells[place] if place is not None and place < len(cells) else "" for place in places)
        absent = _NOTHING if len(cells) == self.width and None not in places else frozenset(
            name for name, place in zip(note_type.fields, places, strict=True) if place is None or place >= len(cells))
        note = Note(said[GUID], note_type, fields, tags, markup, ordinals)
        return BundledNote(note, said[DECK] or self._deck, line, absent=absent)

    def _places(self, note_type: NoteType) -> tuple[int | None, ...]:
        if note_type not in self._field_places:
            self._field_places[note_type] = tuple(self._fields.get(name) for name in note_type.fields)
        return self._field_places[note_type]

    def left_out(self, cells: Sequence[str], note_type: NoteType) -> Iterator[str]:
        """The cells that belong to no field of a row's note type."""
        places = self._places(note_type)
        for place in range(len(self._head), len(cells)):
            if place not in places and cells[place]:
                yield cells[place]

    def _type(self, name: str, fields: str, kind: str) -> NoteType:
        key = name, fields, kind
        if key not in self._types:
            if len(self._types) >= MOST_MADE_TYPES:
                raise ValueError(f"its note type {name[:40]!r} is one more than the {MOST_MADE_TYPES} of a file")
            self._types[key] = self._made(name, parted(fields, ":"), kind)
        return self._types[key]

    def _made(self, name: str, fields: tuple[str, ...], kind: str) -> NoteType:
        known, held = KNOWN.get(name), self._note_types.get(name)
        if not fields:
            found = known or held
            if found is None:
                raise ValueError(f"its note type {name[:40]!r} is not known, and the column fields does not list it")
            return held if held is not None and (held.fields, held.kind) == (found.fields, found.kind) else found
        if len(set(fields)) < len(fields):
            raise ValueError(f"its note type {name[:40]!r} has two fields of one name")
        try:
            wanted = NoteKind(kind or NoteKind.STANDARD)
        except ValueError:
            raise ValueError(f"{kind[:20]!r} is no kind of note type; it is one of {', '.join(NoteKind)}") from None
        for one in (held, known):
            if one is not None and (one.fields, one.kind) == (fields, wanted):
                return one
        return made_type(name, fields, wanted)
