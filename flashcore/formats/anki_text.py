"""Anki's text files (.txt, .csv, .tsv with ``#`` lines at their head) as Anki 26.9 imports them.

Different from Anki, because nothing may go without a word: rows and cells that Anki drops silently are named; a note
type that is not known is made of the columns (Anki takes the one last used, or leaves the rows out); a row that is in
the file twice is one note; quotes that swallow lines refuse the file. A head without ``#notetype`` means Basic. Our own
note types have the columns of our packages, the last of which gives back what was written in Markdown. A number for
a note type or deck is a name here, because the ids are those of another collection; deck 1 is Anki's Default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.deck import DEFAULT_DECK, SEPARATOR
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind, NoteType
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.anki_header import AnkiHeader, guessed_separator, read_header
from flashcore.formats.anki_looks import MARKDOWN_FIELD, anki_note_type, package_note_type
from flashcore.formats.anki_markdown import note_from_anki
from flashcore.formats.anki_stock import STOCK_BASIC, find_note_type, made_type
from flashcore.formats.foreign_notes import MOST_FIELDS, shortened
from flashcore.formats.table_notes import MOST_MADE_TYPES, TableNotes, deck_of, has_deletion, plain_to_html
from flashcore.formats.table_rows import Row, checked_count, delimiter_of, fault_of, rows, shown_delimiter
from flashcore.formats.text_file import clean_text, decode

MOST_DECKS = 20_000
_ROWS_SEEN_FOR_HTML = 5
_DEFAULT_DECK_ID = "1"
_AROUND_DECK = ": \t\n\xa0"
"""What Anki takes off both ends of each part of a deck's name."""


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a file of Anki's text format.

    Raises:
        FileError: it is not in its encoding, too large, or has more than 300,000 rows or 20,000 decks.
        DeckFileError: a quote is never closed, or closed in the middle of a cell some lines later.
    """
    text, warnings = clean_text(decode(data, options.path or Path("-"), options.encoding))
    return read_anki_text(text, options, warnings)


def read_anki_text(text: str, options: ReadOptions, warnings: Iterable[Problem] = ()) -> Bundle:
    """The same for a text from ``clean_text``, with the warnings that this gave."""
    path = options.path or Path("-")
    found: list[Problem] = []
    head = read_header(text, path, found)
    body = text[head.length:]
    if options.delimiter is not None:
        head.separator = delimiter_of(options.delimiter)
    notes = TableNotes((*warnings, *found))
    if not head.separator:
        head.separator = guessed_separator(body)
        if body:
            notes.warn(f"the file names no separator; it is read with {shown_delimiter(head.separator)}, as in Anki",
                       "--delimiter chooses another", line=head.lines + 1)
    checked_count(body, head.separator, path, anki=True)
    reader = _Reader(head, options, notes, lambda: rows(body, head.separator, path, line=head.lines + 1, anki=True))
    reader.read()
    return notes.bundle(options.path, on_match=head.on_match, match_in_deck=head.match_in_deck)




@dataclass(slots=True)
class _Layout:
    """Which column holds what. ``fields`` are columns by the places of the note type's fields; None: no column."""

    note_type: NoteType
    fields: tuple[int | None, ...]
    tags: int | None
    used: frozenset[int]
    used_from_left: int
    own: NoteType | None
    """Which of ours the type is; ``note_type`` is then its form in a package."""
    absent: dict[int, frozenset[str]] = field(default_factory=dict)

    def absent_in(self, cell_count: int) -> frozenset[str]:
        """What a row of so many cells leaves out."""
        if cell_count not in self.absent:
            names = {name for name, place in zip(self.note_type.fields, self.fields, strict=True)
                     if place is None or place >= cell_count}
            if self.tags is None or self.tags >= cell_count:
                names.add("Tags")
            self.absent[cell_count] = frozenset(names - {MARKDOWN_FIELD} if self.own else names)
        return self.absent[cell_count]


class _Reader:
    """Makes notes of rows."""

    def __init__(self, head: AnkiHeader, options: ReadOptions, notes: TableNotes,
                 all_rows: Callable[[], Iterator[Row]]) -> None:
        self.head, self.options, self.notes, self.all_rows = head, options, notes, all_rows
        self.places = {what: number - 1 for what, number in head.places.items()}
        self.meta = frozenset(self.places.values())
        self.decks = _DeckNames(head.deck.strip() or options.deck, options.path or Path("-"))
        self.column_count = len(head.columns)
        self.is_html = bool(head.is_html)
        self.common_tags = " ".join(self.head.tags)
        self.made: dict[str, NoteType] = {}
        self.layouts: dict[str, _Layout] = {}
        self.unused: Counter[int] = Counter()

    def read(self) -> None:
        """Reads every row, once more before that where a note type is to be made of them."""
        given = self.all_rows()
        first = list(islice(given, _ROWS_SEEN_FOR_HTML))
        if not first:
            self.notes.warn("the file holds no rows")
            return
        self.column_count = self.column_count or len(first[0].cells)
        if self.head.is_html is None:
            self.is_html = any(_looks_like_html(cell) for row in first for cell in row.cells)
            self.notes.warn("the file does not say whether it holds HTML; it is read as "
                            + ("HTML" if self.is_html else "plain text") + ", as in Anki",
                            "a first line #html:true or #html:false says so")
        if "note type" in self.places or (self.head.note_type and self._known(self.head.note_type) is None):
            self._make_types()
        for row in chain(first, given):
            self._take(row)
        for place, filled in sorted(self.unused.items()):
            label = self.head.columns[place] if place < len(self.head.columns) else ""
            self.notes.warn(f"column {place + 1}{f' ({shortened(label)})' if label else ''} belongs to no field and is "
                            f"left out; {filled} row{'s have' if filled > 1 else ' has'} text in it")

    def _known(self, name: str) -> NoteType | None:
        return find_note_type(name, self.options.note_types) if name.strip() else STOCK_BASIC

    def _name_in(self, cells: Sequence[str]) -> str:
        place = self.places.get("note type")
        return self.head.note_type if place is None else cells[place] if place < len(cells) else ""

    def _make_types(self) -> None:
        """Makes the note types that are unknown, each as wide as its widest row."""
        widths: Counter[str] = Counter()
        clozes: set[str] = set()
        for row in self.all_rows():
            name = self._name_in(row.cells)
            is_known = name not in widths and (len(widths) >= MOST_MADE_TYPES or self._known(name) is not None)
            if is_known or fault_of(row.cells):
                continue
            cells = [cell for place, cell in enumerate(row.cells) if place not in self.meta]
            while cells and not cells[-1]:
                cells.pop()
            widths[name] = max(widths[name], len(cells))
            if cells and has_deletion(cells[0]):
                clozes.add(name)
        if "note type" not in self.places:
            widths = Counter({self.head.note_type: max(widths[self.head.note_type],
                                                       len(self._content_columns(len(self.head.columns))))})
        for name, width in widths.items():
            width = min(max(width, 1), MOST_FIELDS)
            fields = self._field_names(width)
            kind = NoteKind.CLOZE if name in clozes else NoteKind.STANDARD
            self.made[name] = made_type(name.strip(), fields, kind)
            self.notes.warn(f"the note type {shortened(name.strip())!r} is not known here; it is made of the columns, "
                            f"with the field{'s' if width > 1 else ''} {shortened(', '.join(fields), 200)}",
                            "import a package (.apkg) that holds it first, to have its own fields and look")

    def _content_columns(self, width: int) -> list[int]:
        return [place for place in range(width) if place not in self.meta]

    def _field_names(self, width: int) -> list[str]:
        labels = [self.head.columns[place].strip() for place in self._content_columns(len(self.head.columns))]
        names: dict[str, None] = {}
        for number in range(width):
            name = (labels[number] if number < len(labels) else "") or f"Field {number + 1}"
            while name in names:
                name += "+"
            names[name] = None
        return list(names)

    def _layout(self, name: str) -> _Layout | None:
        known = self._known(name)
        note_type = self.made.get(name) if known is None else known
        if note_type is None:
            return None
        self.layouts[name] = self._mapped(note_type, known is None)
        return self.layouts[name]

    def _mapped(self, note_type: NoteType, is_made: bool) -> _Layout:
        """The columns of a note type: by labels where the head has any, else in order; the first field has always one.

        With a column of note types there are no labels, and every row may be as long as its type needs.
        """
        name = note_type.name, note_type.fields
        own = next((own for own in OWN_NOTE_TYPES if (own.name, own.fields) == name), None)
        note_type = note_type if own is None else package_note_type(own)
        tags = self.places.get("tags")
        by_row = "note type" in self.places
        labels = self.head.columns
        columns: list[int | None]
        if by_row or is_made or not any(labels):
            free = self._content_columns(max(self.column_count, len(note_type.fields) + len(self.meta)))
            if not (by_row or is_made):
                free = [place for place in free if place < self.column_count]
            columns = [free[number] if number < len(free) else None for number in range(len(note_type.fields))]
        else:
            by_label = {label: place for place, label in enumerate(labels) if place not in self.meta}
            columns = [by_label.get(name) for name in note_type.fields]
        columns[0] = 0 if columns[0] is None else columns[0]
        taken = [place for place in columns if place is not None]
        if tags is None and not by_row and not is_made:
            tags = next((place for place in range(max(taken) + 1, self.column_count) if place not in self.meta), None)
        used = frozenset((*taken, *self.meta, *((tags,) if tags is not None else ())))
        used_from_left = next(place for place in count() if place not in used)
        return _Layout(note_type, tuple(columns), tags, used, used_from_left, own)

    def _take(self, row: Row) -> None:
        cells, notes = row.cells, self.notes
        if fault := fault_of(cells):
            notes.skip(cells, f"line {row.line}: {fault}")
            return
        name = self._name_in(cells)
        layout = self.layouts.get(name) or self._layout(name)
        if layout is None:
            notes.skip(cells, f"line {row.line}: its note type {shortened(name)!r} is not known, and the file has made "
                       f"{MOST_MADE_TYPES} before it")
            return
        length = len(cells)
        fields = [cells[place] if place is not None and place < length else "" for place in layout.fields]
        if not fields[0]:
            notes.skip(cells, f"line {row.line} has nothing in its first field, {layout.note_type.fields[0]}")
            return
        if not self.is_html:
            fields = [plain_to_html(text) for text in fields]
        self._say_what_is_ragged(row, layout)
        cell = cells[layout.tags] if layout.tags is not None and layout.tags < length else ""
        tags = notes.tags(f"{cell} {self.common_tags}" if self.common_tags else cell, row.line)
        guid, deck = (cells[place] if (place := self.places.get(what, length)) < length else ""
                      for what in ("guid", "deck"))
        note = Note(guid, layout.note_type, tuple(fields), tags, Markup.HTML)
        if layout.own is not None:
            note = _as_written(note, layout.own)
        notes.add(BundledNote(note, self.decks(deck), row.line, absent=layout.absent_in(length)))

    def _say_what_is_ragged(self, row: Row, layout: _Layout) -> None:
        cells, length = row.cells, len(row.cells)
        if length < self.column_count and "note type" not in self.places:
            self.notes.say("have fewer columns than the file", row.line,
                           f"the row has {length} of {self.column_count} columns")
        if length <= layout.used_from_left:
            return
        extra = [place for place in range(layout.used_from_left, length) if place not in layout.used and cells[place]]
        for place in extra:
            if place < self.column_count and "note type" not in self.places:
                self.unused[place] += 1
        beyond = [cells[place] for place in extra if place >= self.column_count or "note type" in self.places]
        if beyond:
            where = f"the note type has {len(layout.note_type.fields)} fields" if "note type" in self.places else (
                f"the first row has {self.column_count} columns" if not self.head.columns
                else f"the head names {self.column_count} columns")
            self.notes.say("have more cells than are taken", row.line,
                           f"{len(beyond)} cell{'s are' if len(beyond) > 1 else ' is'} left out: "
                           f"{shortened(', '.join(map(repr, (shortened(cell) for cell in beyond[:3]))), 100)}", where)


def _as_written(note: Note, own: NoteType) -> Note:
    """A note of ours in Markdown where it comes as we wrote it, else in the HTML that it has now."""
    found = note_from_anki(own.name, note.fields)
    if found is not None:
        note_type, fields, ordinals = found
        return Note(note.guid, note_type, fields, note.tags, Markup.MARKDOWN, ordinals)
    shown = anki_note_type(own) if own.kind is NoteKind.VIGNETTE else own
    return Note(note.guid, shown, note.fields[:len(shown.fields)], note.tags, Markup.HTML)


class _DeckNames:
    """Decks by the names in a file. Names that differ only in case are one deck, as in Anki; so are their parents."""

    def __init__(self, default: str, path: Path) -> None:
        self._default, self._path = default, path
        self._decks: dict[str, str] = {}
        self._parts: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The deck of a name; the id 1 is Anki's default deck."""
        if name not in self._decks:
            if len(self._decks) == MOST_DECKS:
                raise FileError(self._path, f"it names more than {MOST_DECKS:,} decks", "split it into several files")
            text = name.strip() or self._default
            deck = ""
            text = DEFAULT_DECK if (name or text) == _DEFAULT_DECK_ID else SEPARATOR.join(
                part.strip(_AROUND_DECK) for part in text.split(SEPARATOR))
            for part in deck_of(text).split(SEPARATOR):
                full = f"{deck}{SEPARATOR}{part}" if deck else part
                deck = self._parts.setdefault(full.casefold(), full)
            self._decks[name] = deck
        return self._decks[name]


def _looks_like_html(cell: str) -> bool:
    """Anki's rule: a ``<``, and after it a ``>``."""
    start = cell.find("<")
    return start >= 0 and cell.find(">", start) >= 0
