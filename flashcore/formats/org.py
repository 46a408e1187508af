"""Org files with cards of org-drill, org-srs or org-fc; a file may hold all three. Bytes -> bundle.

Any error refuses the file, with all its problems.

    lines -> org_outline (headings, properties, drawers) -> org_drill, org_srs, org_fc (which heading is which note)
    texts -> org_markup (Org's markup as Markdown); what the three share -> org_entry
"""

from __future__ import annotations

from pathlib import Path

from flashcore.domain.bundle import Bundle
from flashcore.domain.deck import clean_deck_name
from flashcore.errors import DeckFileError, FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.cloze_markdown import LARGEST_PAGE_BYTES
from flashcore.formats.markdown_media import MediaFinder, references
from flashcore.formats.org_drill import add_drill, is_drill
from flashcore.formats.org_entry import Notes
from flashcore.formats.org_fc import add_fc, is_fc
from flashcore.formats.org_outline import read_outline
from flashcore.formats.org_srs import add_srs, is_srs
from flashcore.formats.text_file import clean_text, decode


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The cards of an Org file, with their schedules.

    Raises:
        FileError: larger than 4 MiB, or not a text in that encoding.
        DeckFileError: the file has problems; all of them are named.
    """
    if len(data) > LARGEST_PAGE_BYTES:
        raise FileError(options.path or "-", f"it is larger than {LARGEST_PAGE_BYTES >> 20} MiB", "split it")
    text, warnings = clean_text(decode(data, options.path or Path("-"), options.encoding))
    text = text.replace("\ue000", "").replace("\ue001", "")  # these mark deletions while markup is converted
    problems: list[Problem] = []
    outline = read_outline(text.split("\n"), problems)
    notes = Notes(outline, clean_deck_name(options.deck), problems)
    place = 1
    while place < len(outline.headings):
        heading = outline.headings[place]
        if heading.is_comment:
            place = heading.end
            continue
        if is_srs(heading):
            add_srs(notes, place)
        elif is_drill(heading):
            add_drill(notes, place)
        elif is_fc(heading):
            add_fc(notes, place)
        place += 1
    if problems:
        raise DeckFileError(options.path or "-", sorted(problems, key=lambda problem: problem.line))
    if not notes.found and not notes.skipped:
        warnings.append(Problem(0, "it holds no cards", "cards of org-drill have the tag :drill:, of org-fc :fc:, of "
                                                        "org-srs a drawer :SRSITEMS:"))
    finder = MediaFinder(options.path, options.root)
    named: set[str] = set()
    for one in notes.found:
        for field in one.note.fields:
            for found in references(field):
                what = finder.look_up(found.target)
                if what and found.target not in named:
                    named.add(found.target)
                    warnings.append(Problem(one.line, f"the picture {found.target[:80]!r} {what}",
                                            "put it beside the file or below; the card is kept without it"))
    return Bundle(tuple(notes.found), finder.found, tuple(warnings), tuple(notes.skipped))
