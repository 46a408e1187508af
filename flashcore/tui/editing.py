"""Editing a note from the app: in its deck file where that is current, else the text of the note by itself."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashcore.errors import DeckFileError
from flashcore.tui.editor import run_editor

if TYPE_CHECKING:
    from flashcore.tui.screen import FlashcoreScreen


async def edit_note(screen: FlashcoreScreen[Any], card_id: int) -> str:
    """Opens the note of a card in the editor and takes over what was written; returns the sentence for the foot.

    What was written and cannot be taken over is not lost: the next edit of the card opens it again.

    Raises:
        FlashcoreError: no editor, no such card, or the collection could not be written.
    """
    place = await screen.do(lambda collection: collection.edit_place(card_id))
    unfinished = screen.flashcore.unfinished_files.get(card_id)
    if unfinished is not None:
        return await _edit_file(screen, card_id, *unfinished)
    if place.file is not None:
        return await _edit_file(screen, card_id, place.file, place.line)
    return await _edit_text(screen, card_id)


async def _edit_file(screen: FlashcoreScreen[Any], card_id: int, file: Path, line: int) -> str:
    unfinished = screen.flashcore.unfinished_files
    before = _content(file)
    run_editor(screen.flashcore, file, line)
    if _content(file) == before and card_id not in unfinished:
        return "Not changed."
    report = await screen.do(lambda collection: collection.import_back(file))
    if report.is_refused:
        problem = next((problem for one in report.files for problem in one.problems), None)
        unfinished[card_id] = file, problem.line if problem is not None and problem.line else line
        return f"NOT taken over, e = open again: {file.name}: {problem}"
    unfinished.pop(card_id, None)
    if report.kept_local:
        return "The collection's own change of this note was kept."
    changed = report.new + report.updated + report.suspended
    return f"Edited {file.name}." if changed else "Nothing in the cards changed."


async def _edit_text(screen: FlashcoreScreen[Any], card_id: int) -> str:
    kept = screen.flashcore.unfinished_texts
    file = kept.get(card_id)
    if file is None or not file.exists():
        text = await screen.do(lambda collection: collection.note_text(card_id))
        handle, name = tempfile.mkstemp(prefix="flashcore-note-", suffix=".md")
        file = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as writer:
            writer.write(text)
    run_editor(screen.flashcore, file, 0)
    try:
        written = file.read_text(encoding="utf-8")
        is_changed = await screen.do(lambda collection: collection.edit_note_text(card_id, written))
    except (DeckFileError, UnicodeDecodeError) as error:
        kept[card_id] = file
        problems = error.problems if isinstance(error, DeckFileError) else ["it is not UTF-8"]
        return f"NOT taken over, e = open again: {'; '.join(map(str, problems))}"
    kept.pop(card_id, None)
    with contextlib.suppress(OSError):
        file.unlink()
    return "Edited." if is_changed else "Not changed."


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
