"""Hand a note to the learner's editor, and a picture to the program that shows it. No shell is ever involved."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.cli.output import put, say
from flashcore.cli.terminal import can_ask
from flashcore.errors import DeckFileError, FileError, StoreError, UsageError
from flashcore.tui.editor import chosen_editor, editor_command

if TYPE_CHECKING:
    from flashcore.study.collection import Collection


def edit_card(collection: Collection, card_id: int) -> str:
    """Let the learner edit the note of a card; returns a sentence that says what became of it.

    A note whose deck file still holds it is edited there, at its line, and the file is imported again.

    Raises:
        NotFoundError: there is no such card.
        UsageError: there is no terminal, or no editor.
        FileError: what was written has problems; it is kept where the error says.
    """
    _check_terminal()
    place = collection.edit_place(card_id)
    if place.file is None:
        text = collection.note_text(card_id)
        is_changed = edit_text(text, lambda edited: collection.edit_note_text(card_id, edited))
        return "Edited; what you learned stays." if is_changed else "Nothing was changed."
    before = _content(place.file)
    run_editor(place.file, place.line)
    if _content(place.file) == before:
        return "Nothing was changed."
    report = collection.import_back(place.file)
    from flashcore.cli.transfer import say_problems

    say_problems(report)
    if report.is_refused:
        raise FileError(place.file, "was saved with problems, so it was not taken in",
                        "mend it and import it again", kept="the collection is as it was")
    return f"{place.file} taken in again: {report.updated} updated, {report.new} new."


def edit_text(text: str, take: Callable[[str], bool]) -> bool:
    """Let the learner edit a text until ``take`` accepts it; returns what that returns, False where nothing changed.

    Raises:
        UsageError: there is no terminal, or no editor.
        FileError: the learner gave up on a text with problems; it is kept, and the error says where.
    """
    handle, name = tempfile.mkstemp(prefix="flashcore-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    while True:
        try:
            run_editor(path, 0)
        except UsageError:
            if _content(path) == text.encode():
                path.unlink()
            else:
                say(f"Your text is kept in {path}.")
            raise
        data = _content(path)
        try:
            edited = data.decode("utf-8-sig").replace("\r\n", "\n")
            is_changed = edited != text and take(edited)
        except UnicodeDecodeError as error:
            say(f"{path}: byte {error.start + 1} is not UTF-8.")
        except (DeckFileError, UsageError) as error:
            say(str(error))
        except StoreError:
            say(f"Your text is kept in {path}.")
            raise
        else:
            path.unlink(missing_ok=True)
            return is_changed
        put("Edit it again? [Y/n]")
        if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
            raise FileError(path, "was not taken in", "your text is kept there")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from error


def run_editor(path: Path, line: int) -> None:
    """Open a file in the learner's editor at a line (1-based; 0: at its start), and wait until it is closed.

    Raises:
        UsageError: there is no terminal, or no editor, or it failed.
    """
    _check_terminal()
    command = editor_command(chosen_editor(os.environ), path, line)
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(f"the editor {command[0]} could not be started: {error.strerror or error}; nothing was "
                         "changed. Set EDITOR to one that can.") from error
    if code != 0:
        raise UsageError(f"the editor {command[0]} ended with code {code}; nothing was changed")


def _check_terminal() -> None:
    if not can_ask():
        raise UsageError("editing needs a terminal on stdin and stdout; nothing was changed")


def open_file(path: Path) -> None:
    """Show a picture or play a sound with the program of the desktop, without waiting for it.

    Raises:
        UsageError: there is no such program.
    """
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if opener is None:
        raise UsageError(f"there is no program here that opens files; the file is {path}")
    try:
        subprocess.Popen([opener, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        raise UsageError(f"{opener} could not be started: {error.strerror or error}; the file is {path}") from error
