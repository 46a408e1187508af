"""Hand a note to the learner's editor, and a picture to the program that shows it. No shell is ever involved."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flashcore.cli.output import put, say
from flashcore.cli.terminal import can_ask
from flashcore.errors import DeckFileError, FileError, UsageError

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

_FALLBACKS = ("nano", "vi")
_COLON_EDITORS = ("subl", "hx", "helix", "zed", "micro")
"""Editors that take ``FILE:LINE``; the others take ``+LINE FILE``, as vi, nano and emacs do."""
_GOTO_EDITORS = ("code", "codium", "cursor")
"""Editors that take ``--goto FILE:LINE`` and have to be told to wait."""


def edit_card(collection: Collection, card_id: int) -> str:
    """Let the learner edit the note of a card; returns a sentence that says what became of it.

    A note whose deck file still holds it is edited there, at its line, and the file is imported again.

    Raises:
        NotFoundError: there is no such card.
        UsageError: there is no terminal, or no editor.
        FileError: what was written cannot be read; the text is kept where the error says.
    """
    place = collection.edit_place(card_id)
    if place.file is None:
        text = collection.note_text(card_id)
        changed = edit_text(text, lambda edited: collection.edit_note_text(card_id, edited))
        return "Edited; what you learned stays." if changed else "Nothing was changed."
    before = place.file.read_bytes()
    run_editor(place.file, place.line)
    if place.file.read_bytes() == before:
        return "Nothing was changed."
    report = collection.import_back(place.file)
    from flashcore.cli.transfer import say_problems

    say_problems(report)
    if report.is_refused:
        return f"{place.file} was saved, but not taken in. Mend it and import it again."
    return f"{place.file} taken in again: {report.updated} updated, {report.new} new."


def edit_text(text: str, take: Callable[[str], bool]) -> bool:
    """Let the learner edit a text until ``take`` accepts it; returns what ``take`` returns.

    Raises:
        UsageError: there is no terminal, or no editor.
        FileError: the learner gave up on a text with problems; it is kept, and the error says where.
    """
    handle, name = tempfile.mkstemp(prefix="flashcore-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    is_done = False
    try:
        while True:
            run_editor(path, 1)
            try:
                edited = path.read_text(encoding="utf-8")
                is_changed = take(edited) if edited != text else False
            except UnicodeDecodeError as error:
                say(f"{path}: byte {error.start + 1} is not UTF-8.")
            except DeckFileError as error:
                say(str(error))
            else:
                is_done = True
                return is_changed
            put("Edit it again? [Y/n]")
            if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
                raise FileError(path, "was not taken in", "your text is kept there")
    finally:
        if is_done or path.read_bytes() == text.encode():
            path.unlink(missing_ok=True)


def run_editor(path: Path, line: int) -> None:
    """Open a file in the learner's editor at a line (1-based), and wait until it is closed.

    Raises:
        UsageError: there is no terminal, or no editor, or it failed.
    """
    if not can_ask():
        raise UsageError("editing needs a terminal on stdin and stdout; nothing was changed")
    command = _editor()
    name = Path(command[0]).name
    if name in _GOTO_EDITORS:
        command += [*(() if "--wait" in command or "-w" in command else ("--wait",)), "--goto", f"{path}:{line}"]
    elif name in _COLON_EDITORS:
        command.append(f"{path}:{line}")
    else:
        command += [f"+{line}", str(path)]
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(f"the editor {command[0]} could not be started: {error.strerror or error}; nothing was "
                         "changed. Set EDITOR to one that can.") from error
    if code != 0:
        raise UsageError(f"the editor {command[0]} ended with code {code}; nothing was changed")


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


def _editor() -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        words = os.environ.get(variable, "").strip()
        if words:
            try:
                return shlex.split(words)
            except ValueError as error:
                raise UsageError(f"{variable}={words!r} cannot be read: {error}; nothing was changed") from error
    for name in _FALLBACKS:
        if shutil.which(name):
            return [name]
    raise UsageError("there is no editor: set EDITOR to the one you use; nothing was changed")
