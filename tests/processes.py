"""Other processes for a test: what they print, their sudden end, and one that may write nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_NOBODY = 65_534


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}


def start(code: str, *words: object) -> subprocess.Popen[str]:
    """A process that runs Python code; ``words`` are its ``sys.argv[1:]``. Kill it, or use it in ``with``."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(), cwd="/")


def run(code: str, *words: object) -> str:
    """What the code prints, in a process of its own; an error there is an error here."""
    with start(code, *words) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def as_nobody(act: Callable[[], object]) -> str:
    """The text of what a function gives, called as a user who owns nothing (root may write everywhere)."""
    if os.getuid() != 0:
        return str(act())
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(_NOBODY)
        try:
            text = str(act())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text
