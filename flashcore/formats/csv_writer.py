"""Notes as CSV, or TSV where the file is called .tsv. Reading it gives the same notes: see ``csv_form``.

What the format cannot carry: templates and styling of note types that the collection does not have, learning, and
characters that are no text (NUL, half surrogates). Line ends in fields become ``\\n``, texts NFC, as in every reader.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledNote
from flashcore.formats.csv_form import CsvColumns, guarded
from flashcore.formats.media_beside import WrittenText, chosen_media, renamed, write_with_media
from flashcore.formats.media_names import MediaNames
from flashcore.formats.table_rows import row_text
from flashcore.formats.text_file import clean_text


def write(bundle: Bundle, path: Path, *, now: datetime, media: Mapping[str, Path] | None = None,
          is_spreadsheet: bool = False) -> WrittenText:
    """Writes the notes to ``path`` and the files of ``media`` (reference -> file) into a folder beside it.

    ``is_spreadsheet`` puts a ``'`` before each cell that Excel or LibreOffice might take for a formula and marks the
    text as UTF-8 for Excel; reading the file takes the ``'`` away. ``now`` is not used: a table has no date.

    Raises:
        FileError: a file cannot be written; what was there before is unchanged.
    """
    names = chosen_media(bundle, media)
    delimiter = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
    columns = CsvColumns(bundle.notes)
    out = io.StringIO()
    head = columns.names()
    if is_spreadsheet:
        head = ["'guid", *map(guarded, head[1:])]
    out.write(row_text(head, delimiter) + "\n")
    for one in bundle.notes:
        cells = [clean_text(cell)[0] for cell in columns.cells(_renamed(one, names))]
        out.write(row_text(map(guarded, cells) if is_spreadsheet else cells, delimiter) + "\n")
    write_with_media(path, out.getvalue(), names, "utf-8-sig" if is_spreadsheet else "utf-8")
    types = tuple(dict.fromkeys(one.note.note_type.name for one in bundle.notes))
    return WrittenText(len(bundle.notes), len(names.files), names.missing, types)


def _renamed(one: BundledNote, names: MediaNames) -> BundledNote:
    note = one.note
    fields = tuple(renamed(text, note.markup, names) for text in note.fields)
    return one if fields == note.fields else replace(one, note=replace(note, fields=fields))
