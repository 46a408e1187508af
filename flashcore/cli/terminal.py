"""What stands at the other end of the three streams: a terminal that can draw, one that can be asked, or neither."""

from __future__ import annotations

import os
import sys


def can_show_app() -> bool:
    """Whether the full-screen app can run: it reads stdin, draws on stderr, and leaves stdout to the terminal."""
    return all(map(is_terminal, (sys.stdin, sys.stdout, sys.stderr))) and os.environ.get("TERM") != "dumb"


def can_ask() -> bool:
    """Whether a person can be asked a question, or be given an editor: stdin and stdout are terminals."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def can_show_progress() -> bool:
    """Whether a line on stderr may be drawn over and over."""
    return is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: object) -> bool:
    """Whether a stream of the process is a terminal; one that was closed before the program began is None."""
    return bool(getattr(stream, "isatty", lambda: False)())
