"""Quizlet's export: text that its users copy, a term, a tab and its definition on each line.

``options.delimiter`` names what stands between term and definition, and after a semicolon what stands between rows:
``comma``, ``dash;newline``, ``" - ;semicolon"``. Each is a name (tab, newline, comma, dash, semicolon, colon, pipe,
space) or the characters themselves, with ``\\t`` and ``\\n``; ``;`` alone is the delimiter of terms. There are no
quotes: the term ends at the first delimiter, and the rest is the definition. A line without a delimiter goes on with
the definition before it, because definitions of several lines come out so; it is named, since it may be a fault.
"""

from __future__ import annotations

from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.errors import FileError, UsageError
from flashcore.formats import ReadOptions
from flashcore.formats.table_notes import PlainReader, TableNotes, has_deletion, left_out
from flashcore.formats.table_rows import DELIMITER_NAMES, LARGEST_CELL_BYTES, MOST_ROWS
from flashcore.formats.text_file import clean_text, decode

_NAMES = {**DELIMITER_NAMES, "newline": "\n", "dash": "-"}
_LONGEST_DELIMITER = 20


def delimiters(word: str | None) -> tuple[str, str]:
    """What stands between term and definition, and what between rows.

    Raises:
        UsageError: one of them is empty or longer than 20 characters, or both are the same.
    """
    if word is None:
        return "\t", "\n"
    field, mark, row = (word, "", "") if word == ";" else word.partition(";") if not word.startswith(";") else (
        ";", word[1:2], word[2:])
    found = _named(field), _named(row) if mark else "\n"
    if found[0] == found[1] or any(not 0 < len(one) <= _LONGEST_DELIMITER for one in found):
        raise UsageError(f"{word!r} are no delimiters: give what stands between term and definition, then perhaps a "
                         "semicolon and what stands between rows, such as comma;newline")
    return found


def _named(word: str) -> str:
    return _NAMES.get(word.strip().lower()) or word.replace("\\t", "\t").replace("\\n", "\n")


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a list of terms and definitions.

    Raises:
        FileError: it is not in its encoding, too large, of more than 300,000 rows, or no row has a delimiter.
        UsageError: the delimiters that were asked for are none.
    """
    path = options.path or Path("-")
    field, between = delimiters(options.delimiter)
    text, warnings = clean_text(decode(data, path, options.encoding))
    notes = TableNotes(warnings)
    if not text.strip():
        notes.warn("the file holds no rows")
        return notes.bundle(options.path)
    if text.rstrip("\n").count(between) >= MOST_ROWS:
        raise FileError(path, f"it has more than {MOST_ROWS:,} rows", "split it into several files")
    if field not in text and not has_deletion(text):
        shown = next((name for name, chars in _NAMES.items() if chars == field), repr(field))
        raise FileError(path, f"no {shown} stands between a term and its definition",
                        "name what does with --delimiter, such as --delimiter dash")
    plain = PlainReader(text, notes)
    line, open_row = 1, _Row(0, "", None)
    for piece in text.split(between):
        term, found, definition = piece.partition(field)
        if found or (not open_row.line and piece.strip()) or has_deletion(piece):
            open_row.close(plain, notes, options.deck)
            open_row = _Row(line + len(piece) - len(piece.lstrip("\n")), term, definition if found else None)
        elif open_row.line:
            open_row.goes_on(piece, line)
        line += piece.count("\n") + between.count("\n")
    open_row.close(plain, notes, options.deck)
    return notes.bundle(options.path)


class _Row:
    """A term whose definition may go on. ``line`` 0: there is none yet."""

    def __init__(self, line: int, term: str, definition: str | None) -> None:
        self.line, self.term, self.definition = line, term, definition
        self.more: list[tuple[int, str]] = []

    def goes_on(self, text: str, line: int) -> None:
        self.more.append((line, text))

    def close(self, plain: PlainReader, notes: TableNotes, deck: str) -> None:
        """Makes the note."""
        if not self.line:
            return
        while self.more and not self.more[-1][1].strip():
            self.more.pop()
        for line, text in self.more:
            if text.strip():
                notes.say("have no delimiter and go on with the definition before them", line,
                          f"the line has no delimiter; it goes on with the definition of line {self.line}")
        definition = "\n".join([self.definition or "", *(text for _, text in self.more)]).strip()
        term = self.term.strip()
        fault = "it has no term" if not term else "it has no definition" if not (
            definition or has_deletion(term)) else ""
        if any(len(one) * 4 > LARGEST_CELL_BYTES and len(one.encode()) > LARGEST_CELL_BYTES
               for one in (term, definition)):
            fault = f"its text is larger than {LARGEST_CELL_BYTES >> 20} MiB"
        if fault:
            notes.skip([term, definition], f"line {self.line}: {fault}")
        else:
            note = plain.note(term, definition)
            notes.add(BundledNote(note, deck, self.line, absent=left_out(note)))
