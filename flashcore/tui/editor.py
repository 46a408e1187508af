"""The learner's own editor: how it is called for a file and a line, and the terminal given to it meanwhile."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashcore.errors import UsageError

if TYPE_CHECKING:
    from textual.app import App

_PLUS_LINE = frozenset(("vi", "vim", "nvim", "view", "ex", "nano", "pico", "emacs", "emacsclient", "micro", "kak",
                        "joe", "jed", "ne", "mg", "mcedit", "gedit"))
"""They take ``+LINE FILE``."""
_GO_TO = frozenset(("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"))
"""They take ``--goto FILE:LINE``, and ``--wait`` to return only when the file is closed."""
_COLON_LINE = frozenset(("hx", "helix", "subl", "zed"))
"""They take ``FILE:LINE``."""
_WAITS = frozenset(("subl", "zed"))
_FALLBACKS = ("nano", "vim", "vi")


def editor_command(editor: str, file: Path, line: int) -> list[str]:
    """The words that open ``file`` at ``line`` (0: no line) in ``editor``, which may hold arguments of its own.

    Raises:
        UsageError: ``editor`` is empty or its quotes do not close.
    """
    try:
        words = shlex.split(editor)
    except ValueError as error:
        raise UsageError(f"EDITOR is {editor!r}: {error}") from error
    if not words:
        raise UsageError("EDITOR names no program")
    name = Path(words[0]).name.removesuffix(".exe")
    path = str(file.absolute())
    waits = ["--wait"] if name in _GO_TO | _WAITS and not {"--wait", "-w"} & set(words) else []
    if name in _GO_TO:
        return [*words, *waits, "--goto", f"{path}:{line}"] if line else [*words, *waits, path]
    if name in _COLON_LINE and line:
        return [*words, *waits, f"{path}:{line}"]
    if name in _PLUS_LINE and line:
        return [*words, f"+{line}", path]
    return [*words, *waits, path]


def chosen_editor(environment: Mapping[str, str]) -> str:
    """VISUAL, else EDITOR, else the first usual one that is installed.

    Raises:
        UsageError: there is none.
    """
    for name in ("VISUAL", "EDITOR"):
        if environment.get(name, "").strip():
            return environment[name]
    for program in _FALLBACKS:
        if shutil.which(program, path=environment.get("PATH")):
            return program
    raise UsageError("no editor found: set EDITOR, for example to nano or 'code --wait'")


def run_editor(app: App[Any], file: Path, line: int) -> None:
    """Opens a file in the editor and waits; the terminal is the editor's meanwhile. No shell is involved.

    Raises:
        UsageError: there is no editor, it cannot be started, or it failed.
    """
    from textual.app import SuspendNotSupported

    environment = dict(os.environ)
    if app.no_color:
        environment["NO_COLOR"] = "1"  # the app takes it out of the environment for its own drawing
    command = editor_command(chosen_editor(environment), file, line)
    try:
        # Nothing else may run meanwhile: whatever the app drew would go into the editor's screen.
        with app.suspend():
            code = subprocess.call(command, env=environment)
    except SuspendNotSupported:
        raise UsageError("an editor cannot be opened from here; edit in another terminal") from None
    except OSError as error:
        raise UsageError(f"the editor {command[0]!r} cannot be started: {error.strerror or error}") from error
    if code:
        raise UsageError(f"the editor {command[0]!r} ended with code {code}; nothing was taken over")
