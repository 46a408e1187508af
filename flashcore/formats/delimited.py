"""CSV and TSV: our own exports, Anki's files (which begin with ``#``), and tables that people keep.

Which delimiter: the learner's word; tab in a .tsv; else of tab, pipe, semicolon and comma the first by which line 1 is
a header row, else by which all rows have the same number of cells, else by which all rows have two or more, else by
which most have. Header rows are known by their names (``NAMES`` below). Without one, column 1 is the question, 2 the
answer; column 3 holds tags if each of its cells is one word, or words with ``::`` in them, and else says why; any
further column is left out. A question with ``{{c1::..}}`` makes a cloze note. What was chosen is said in a warning.

Quotes are strict: a quote that is never closed, and text between a closing quote and the delimiter, refuse the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import CLOZE, NoteKind, NoteType
from flashcore.errors import DeckFileError, FileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_header import starts_with_header
from flashcore.formats.anki_stock import find_note_type, made_type
from flashcore.formats.anki_text import read_anki_text
from flashcore.formats.csv_form import OwnRows, is_own_head
from flashcore.formats.foreign_notes import MOST_FIELDS, shortened
from flashcore.formats.table_notes import MOST_MADE_TYPES, PlainReader, TableNotes, deck_of, has_deletion
from flashcore.formats.table_rows import Row, checked_count, delimiter_of, fault_of, rows, shown_delimiter
from flashcore.formats.text_file import clean_text, decode

NAMES: Mapping[str, str] = {
    **dict.fromkeys(("question", "front", "term", "prompt", "text", "cloze"), "question"),
    **dict.fromkeys(("answer", "back", "definition"), "answer"),
    **dict.fromkeys(("why", "explanation", "extra", "back extra"), "why"),
    **dict.fromkeys(("source", "reference"), "source"),
    **dict.fromkeys(("tags", "tag"), "tags"), **dict.fromkeys(("note type", "notetype"), "note type"),
    "deck": "deck", "guid": "guid", "markup": "markup",
}
"""The names of a header row, in any case -> what the column holds. Each may be there once."""
_TEXTS = ("question", "answer", "why", "source")
_MEANINGS = (*_TEXTS, "tags", "deck", "guid", "note type", "markup")
_DELIMITERS = ("\t", "|", ";", ",")
_SAMPLE = 100  # rows by which a delimiter is chosen


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a table.

    Raises:
        FileError: it is not in its encoding, too large, has more than 300,000 rows, or no delimiter is found.
        DeckFileError: its quotes are wrong.
        UsageError: the delimiter or encoding that was asked for is none.
    """
    path = options.path or Path("-")
    text, warnings = clean_text(decode(data, path, options.encoding))
    if starts_with_header(text):
        return read_anki_text(text, options, warnings)
    notes = TableNotes(warnings)
    if not text.strip():
        notes.warn("the file holds no rows")
        return notes.bundle(options.path)
    delimiter = _delimiter(text, path, options, notes)
    checked_count(text, delimiter, path)
    given = rows(text, delimiter, path)
    first = next(given, Row(1, []))
    if is_own_head(first.cells):
        _read_own(first.cells, given, options, notes)
    else:
        _Table(text, first, lambda: rows(text, delimiter, path), options, notes).read()
    return notes.bundle(options.path)


def _read_own(head: Sequence[str], given: Iterable[Row], options: ReadOptions, notes: TableNotes) -> None:
    reader = OwnRows(head, options.note_types, options.deck)
    for row in given:
        fault = fault_of(row.cells)
        try:
            if fault:
                raise ValueError(fault)
            one = reader.note(row.cells, row.line)
        except ValueError as error:
            notes.skip(row.cells, f"line {row.line}: {error}")
            continue
        if not any(one.note.fields):
            notes.skip(row.cells, f"line {row.line} has no text in any field")
            continue
        if len(row.cells) < reader.width:
            notes.say("have fewer columns than the head", row.line,
                      f"the row has {len(row.cells)} of {reader.width} columns")
        extra = list(reader.left_out(row.cells, one.note.note_type))
        if extra:
            _say_extra(notes, row, extra, f"{one.note.note_type.name} has no such field")
        notes.add(one)


# -------------------------------------------------------------------------------------------------- delimiter

def _delimiter(text: str, path: Path, options: ReadOptions, notes: TableNotes) -> str:
    if options.delimiter is not None:
        return delimiter_of(options.delimiter)
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    samples = {delimiter: _sample(text, delimiter, path) for delimiter in _DELIMITERS}
    for fits in (_has_header, _is_even, _has_pairs, _has_mostly_pairs):
        found = [delimiter for delimiter, (sample, fault) in samples.items() if fault is None and fits(sample)]
        if found:
            if not is_own_head(samples[found[0]][0][0].cells):
                others = " and ".join(map(shown_delimiter, found[1:]))
                notes.warn(f"the cells are parted by {shown_delimiter(found[0])}"
                           + (f"; {others} would fit too" if others else ""), "--delimiter chooses another", line=1)
            return found[0]
    faulty = [(len(sample), fault) for sample, fault in samples.values() if fault is not None and (
        not sample or _has_mostly_pairs(sample))]
    if faulty:
        raise max(faulty, key=lambda one: one[0])[1]
    if all(has_deletion(row.cells[0]) for row in samples[_DELIMITERS[0]][0]):
        return _DELIMITERS[0]
    raise FileError(path, "no tab, pipe, semicolon or comma parts its lines into question and answer",
                    "name what does with --delimiter")


def _sample(text: str, delimiter: str, path: Path) -> tuple[list[Row], DeckFileError | None]:
    """The first rows, and what is wrong with their quotes if this were the delimiter."""
    found: list[Row] = []
    try:
        found.extend(islice(rows(text, delimiter, path), _SAMPLE))
    except DeckFileError as error:
        return found, error
    return found, None


def _has_header(sample: Sequence[Row]) -> bool:
    return is_own_head(sample[0].cells) or bool(_header(sample[0].cells))


def _is_even(sample: Sequence[Row]) -> bool:
    return len(sample[0].cells) > 1 and len({len(row.cells) for row in sample}) == 1


def _has_pairs(sample: Sequence[Row]) -> bool:
    return all(len(row.cells) > 1 for row in sample)


def _has_mostly_pairs(sample: Sequence[Row]) -> bool:
    return sum(len(row.cells) > 1 for row in sample) * 2 > len(sample)


# ------------------------------------------------------------------------------------------------------ tables

def _header(cells: Sequence[str]) -> dict[str, int]:
    """What the columns hold by the names in a row -> their places; empty where the row is no header."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        meaning = NAMES.get(cell.strip().lower())
        if meaning is not None and meaning in found:
            return {}
        if meaning is not None:
            found[meaning] = place
    is_header = "question" in found and (
        "answer" in found or cells[found["question"]].strip().lower() in ("text", "cloze") or "note type" in found)
    return found if is_header and all(len(cell) <= 100 for cell in cells) else {}


_Layout = tuple[NoteType, tuple[int | None, ...], frozenset[int]]
"""A note type, the column of each of its fields, and all columns that go into a note of it."""


class _Table:
    """Reads a table that has its own columns."""

    def __init__(self, text: str, first: Row, all_rows: Callable[[], Iterator[Row]], options: ReadOptions,
                 notes: TableNotes) -> None:
        self.options, self.notes, self.all_rows = options, notes, all_rows
        self.places = _header(first.cells)
        self.names = [cell.strip() for cell in first.cells] if self.places else []
        self.plain = PlainReader(text, notes)
        self.unused: Counter[int] = Counter()
        self.types: dict[str, NoteType] = {}
        self.layouts: dict[str, _Layout] = {}
        self.absent: dict[tuple[str, int, bool, bool], frozenset[str]] = {}

    def read(self) -> None:
        """Reads every row."""
        given = self.all_rows()
        if self.places:
            next(given)
            self.width = len(self.names)
            what = ", ".join(f"{self.names[place]} = {meaning}" for meaning, place in self.places.items())
            self.notes.warn(f"line 1 is read as a header: {what}", line=1)
            if "note type" in self.places:
                self._make_types()
        else:
            sample = list(islice(given, _SAMPLE))
            given = chain(sample, given)
            self.width = Counter(len(row.cells) for row in sample).most_common(1)[0][0]
            self._choose_places()
        self.all_used = frozenset(self.places.values())
        self.last = max(self.places.values())
        self.pick = itemgetter(*(self.places.get(meaning, -1) for meaning in _MEANINGS))
        for row in given:
            self._take(row)
        for place, count in sorted(self.unused.items()):
            name = f" ({shortened(self.names[place])})" if place < len(self.names) else ""
            have = "rows have" if count > 1 else "row has"
            self.notes.warn(f"column {place + 1}{name} is left out; {count} {have} text in it",
                            "a header row says what a column holds: question, answer, why, source, tags, deck")

    def _choose_places(self) -> None:
        self.places = {"question": 0, "answer": 1}
        said = ["column 1 is the question", "2 the answer"]
        if self.width > 2:
            third = [row.cells[2] for row in self.all_rows() if len(row.cells) > 2]
            meaning = "tags" if all(map(_is_tags, third)) else "why"
            self.places[meaning] = 2
            said.append("3 holds tags" if meaning == "tags" else "3 says why")
        self.notes.warn(f"without a header row: {', '.join(said)}", "a first row with the names of the columns says so",
                        line=1)

    def _make_types(self) -> None:
        """Makes the note types that no one knows, with all columns of the file that are no other thing."""
        free = [name for place, name in enumerate(self.names) if name and (place not in self.places.values() or any(
            self.places.get(meaning) == place for meaning in ("question", "answer", "why", "source")))]
        fields = list(dict.fromkeys(free))[:MOST_FIELDS]
        clozes: set[str] = set()
        for row in islice(self.all_rows(), 1, None):
            name = self._cell(row.cells, "note type").strip()
            if not name or (name not in self.types and (
                    len(self.types) >= MOST_MADE_TYPES or find_note_type(name, self.options.note_types) is not None)):
                continue
            if name not in self.types:
                self.types[name] = made_type(name, fields, NoteKind.STANDARD)
            if has_deletion(self._cell(row.cells, "question")):
                clozes.add(name)
        for name in self.types:
            if name in clozes:
                self.types[name] = made_type(name, fields, NoteKind.CLOZE)
            self.notes.warn(f"the note type {shortened(name)!r} is not known here; it is made of the columns, with the "
                            f"fields {shortened(', '.join(fields), 200)}",
                            "import a package (.apkg) that holds it first, to have its own fields and look")

    def _cell(self, cells: Sequence[str], meaning: str) -> str:
        place = self.places.get(meaning)
        return cells[place] if place is not None and place < len(cells) else ""

    def _take(self, row: Row) -> None:
        cells, notes = row.cells, self.notes
        try:
            if fault := fault_of(cells):
                raise ValueError(fault)
            note, deck, used = self._note(cells, row.line)
        except ValueError as error:
            if any(cell.strip() for cell in cells):
                notes.skip(cells, f"line {row.line}: {error}")
            return
        if len(cells) != self.width or used is not self.all_used or len(used) != self.width:
            self._say_what_is_ragged(row, used)
        notes.add(BundledNote(note, deck, row.line, absent=self._absent(note, len(cells), used)))

    def _note(self, cells: Sequence[str], line: int) -> tuple[Note, str, frozenset[int]]:
        """The note of a row, its deck, and the columns that went into them.

        Raises:
            ValueError: the row makes none; the text says why.
        """
        known = [*cells[:self.last + 1], *[""] * (self.last + 1 - len(cells)), ""]
        question, answer, why, source, tag_cell, deck, guid, name, markup = self.pick(known)
        if not question.strip():
            raise ValueError("it has no question")
        name, markup, deck = name.strip(), markup.strip().lower(), deck.strip()
        tags = self.notes.tags(tag_cell, line)
        if markup not in ("", *Markup):
            raise ValueError(f"{markup[:20]!r} is no markup; it is markdown or html")
        if name:
            note_type, places, used = self.layouts.get(name) or self._layout(name)
            fields = [cells[place] if place is not None and place < len(cells) else "" for place in places]
            note = Note(guid.strip(), note_type, tuple(map(self.plain.field, fields)), tags, Markup.HTML)
        else:
            if not answer.strip() and not has_deletion(question):
                raise ValueError("it has no answer")
            note = self.plain.note(question, answer, why, source, tags, guid.strip())
            fields = [question, answer, why, source] if len(note.fields) == 4 else [
                question, "\n\n".join(filter(None, (answer, why))), source]
            used = self.all_used
        if markup == Markup.MARKDOWN:
            note = Note(guid.strip(), note.note_type, tuple(text.strip() for text in fields), tags, Markup.MARKDOWN)
        return note, deck_of(deck) if deck else self.options.deck, used

    def _absent(self, note: Note, length: int, used: frozenset[int]) -> frozenset[str]:
        """What a row of so many cells leaves out of its note. A cloze note's Why may come from the answer."""
        has_why = note.note_type is CLOZE and note.fields[1] != ""
        has_type = used is not self.all_used
        key = note.note_type.name, length, has_why, has_type
        if key not in self.absent:
            names = {"Tags"} if self.places.get("tags", length) >= length else set()
            if has_type:
                _, places, _ = self.layouts[note.note_type.name]
                names |= {field for field, place in zip(note.note_type.fields, places, strict=True)
                          if place is None or place >= length}
            else:
                names |= {field for field in ("Why", "Source") if self.places.get(field.lower(), length) >= length}
            self.absent[key] = frozenset(names if has_type or not has_why else names - {"Why"})
        return self.absent[key]

    def _layout(self, name: str) -> _Layout:
        """A note type by name, and the columns of its fields: of their names, else by what two hold for the first two.

        Raises:
            ValueError: no one knows the note type.
        """
        note_type = self.types.get(name) or find_note_type(name, self.options.note_types)
        if note_type is None:
            raise ValueError(f"its note type {shortened(name)!r} is not known, and the file has made {MOST_MADE_TYPES} "
                             "before it")
        by_name: dict[str, int] = {}
        for place, label in enumerate(self.names):
            by_name.setdefault(label, place)
            by_name.setdefault(label.casefold(), place)
        places = [by_name.get(field, by_name.get(field.casefold())) for field in note_type.fields]
        for number, meaning in enumerate(("question", "answer")[:len(places)]):
            if places[number] is None and self.places.get(meaning) not in places:
                places[number] = self.places.get(meaning)
        others = (place for meaning, place in self.places.items() if meaning not in _TEXTS)
        used = frozenset((*others, *(place for place in places if place is not None)))
        self.layouts[name] = self.layouts[note_type.name] = note_type, tuple(places), used
        return self.layouts[name]

    def _say_what_is_ragged(self, row: Row, used: frozenset[int]) -> None:
        if len(row.cells) < self.width:
            self.notes.say("have fewer columns than the others", row.line,
                           f"the row has {len(row.cells)} of {self.width} columns")
        beyond = []
        for place, cell in enumerate(row.cells):
            if place not in used and cell.strip():
                if place < self.width:
                    self.unused[place] += 1
                else:
                    beyond.append(cell)
        if beyond:
            _say_extra(self.notes, row, beyond, f"the others have {self.width} columns; quote a cell that holds the "
                       "delimiter")


def _say_extra(notes: TableNotes, row: Row, extra: Sequence[str], hint: str) -> None:
    shown = shortened(", ".join(repr(shortened(cell)) for cell in extra[:3]), 100)
    notes.say("have more cells than are taken", row.line,
              f"{len(extra)} cell{'s are' if len(extra) > 1 else ' is'} left out: {shown}", hint)


def _is_tags(cell: str) -> bool:
    words = cell.split()
    return len(words) < 2 or all("::" in word for word in words)


