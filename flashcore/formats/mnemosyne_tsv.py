"""Tab-separated text as Mnemosyne exports and imports it -> bundle: question TAB answer, one note to a line.

Three or four columns are its card type vocabulary: foreign word, pronunciation, meaning, notes. The texts are HTML.
"""

from __future__ import annotations

from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.foreign_notes import NoteReport, clean_fields, deck_name
from flashcore.formats.markdown_media import MediaFinder
from flashcore.formats.mnemosyne_types import VOCABULARY, note_media, plain_characters, to_html
from flashcore.formats.text_file import clean_text, decode

MOST_LINES = 400_000


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of the lines, in file order; a line with another number of columns is skipped and named.

    Raises:
        FileError: the bytes are no text in the encoding, or have more than 400,000 lines.
    """
    text, warnings = clean_text(decode(data, options.path or Path("-"), options.encoding))
    if (count := text.count("\n")) > MOST_LINES:
        raise FileError(options.path or "-", f"it has {count:,} lines; {MOST_LINES:,} are the most", "split it")
    report = NoteReport()
    report.warnings += warnings
    deck = deck_name([options.deck], report)
    finder = MediaFinder(options.path, None)
    notes: list[BundledNote] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        cells = [to_html(plain_characters(cell)) for cell in line.split("\t")]
        fields = clean_fields(cells)
        if isinstance(fields, str):
            report.skip(cells, f"line {number}: {fields}")
        elif not 2 <= len(fields) <= 4 or not fields[0]:
            report.skip(cells, f"line {number}: " + ("its first column is empty" if not fields[0] else
                                                     f"it has {len(fields)} column{'s' if len(fields) > 1 else ''}, "
                                                     "where 2 to 4 are wanted"))
        else:
            note_type = BASIC if len(fields) == 2 else VOCABULARY
            filled = (*fields, *("",) * (4 - len(fields)))
            notes.append(BundledNote(Note("", note_type, filled, (), Markup.HTML), deck, number))
            note_media(fields, finder, report)
    return Bundle(tuple(notes), finder.found, report.problems(), tuple(report.skipped))
