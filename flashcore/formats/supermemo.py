"""SuperMemo's questions and answers as text: ``Q:`` and ``A:`` lines, a blank line between two items.

A part may have several lines, with its letter before each or before the first only, as SuperMemo writes both. What
belongs to no item is named.
"""

from __future__ import annotations

import re
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.table_notes import PlainReader, TableNotes, has_deletion, left_out
from flashcore.formats.table_rows import LARGEST_CELL_BYTES, MOST_ROWS
from flashcore.formats.text_file import clean_text, decode

_MOST_LINES = 4 * MOST_ROWS
_LETTER = re.compile(r"[ \t]*(?P<letter>[QA]):[ \t]?(?P<text>.*)\Z")


def looks_like_questions(text: str) -> bool:
    """Whether a text begins as this format does: its first line with a word is ``Q:``, an ``A:`` follows."""
    letters = [found["letter"] if (found := _LETTER.match(line)) else ""
               for line in text.removeprefix("\ufeff")[:65_536].splitlines() if line.strip()]
    return letters[:1] == ["Q"] and "A" in letters


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a list of questions and answers.

    Raises:
        FileError: it is not in its encoding, too large, of more than 300,000 items, or holds no ``Q:`` line.
    """
    path = options.path or Path("-")
    text, warnings = clean_text(decode(data, path, options.encoding))
    notes = TableNotes(warnings)
    if not text.strip():
        notes.warn("the file holds no items")
        return notes.bundle(options.path)
    if text.count("\n") > _MOST_LINES:
        raise FileError(path, f"it has more than {_MOST_LINES:,} lines", "split it into several files")
    plain = PlainReader(text, notes)
    item = _Item()
    was_blank, has_question, count = False, False, 0
    start = number = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line, start, number = text[start:end], end + 1, number + 1
        found = _LETTER.match(line)
        letter = found["letter"] if found else ""
        if letter == "Q" and (item.parts["A"] or was_blank or not item.line):
            item.close(plain, notes, options.deck)
            item, has_question, count = _Item(number), True, count + 1
            if count > MOST_ROWS:
                raise FileError(path, f"it has more than {MOST_ROWS:,} items", "split it into several files")
        if not line.strip():
            was_blank = True
            item.add(item.letter, "")
            continue
        if letter == "A" and (not item.line or (was_blank and any(item.parts["A"]))):
            item.close(plain, notes, options.deck)
            item = _Item(number)
        if not letter and was_blank and item.line:
            notes.say("stand after a blank line and go on with the item before them", number,
                      f"the line has neither Q: nor A:; it goes on with the item of line {item.line}")
        if not letter and not item.line:
            notes.skip([line], f"line {number} belongs to no Q: or A:")
        else:
            item.add(letter or item.letter, found["text"] if found else line)
        was_blank = False
    if not has_question:
        raise FileError(path, "no line of it begins with Q:", "is it another format? Name it with --format")
    item.close(plain, notes, options.deck)
    return notes.bundle(options.path)


class _Item:
    """A question and its answer, as far as they are read. ``line`` 0: none yet."""

    def __init__(self, line: int = 0) -> None:
        self.line, self.letter = line, "Q"
        self.parts: dict[str, list[str]] = {"Q": [], "A": []}

    def add(self, letter: str, text: str) -> None:
        """One more line of a part."""
        self.letter = letter
        self.parts[letter].append(text)

    def close(self, plain: PlainReader, notes: TableNotes, deck: str) -> None:
        """Makes the note."""
        if not self.line:
            return
        question, answer = ("\n".join(self.parts[letter]).strip() for letter in "QA")
        fault = "it has no question" if not question else "it has no answer" if not (
            answer or has_deletion(question)) else ""
        if any(len(one) * 4 > LARGEST_CELL_BYTES and len(one.encode()) > LARGEST_CELL_BYTES
               for one in (question, answer)):
            fault = f"its text is larger than {LARGEST_CELL_BYTES >> 20} MiB"
        if fault:
            notes.skip([question, answer], f"line {self.line}: {fault}")
        else:
            note = plain.note(question, answer)
            notes.add(BundledNote(note, deck, self.line, absent=left_out(note)))
