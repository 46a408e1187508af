"""A line to type a path into: completion from the disk, pasted paths as terminals paste them."""

from __future__ import annotations

import asyncio
import os
import shlex
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from textual.events import Paste
from textual.suggester import Suggester
from textual.widgets import Input

from flashcore.domain.visible import visible

_MOST_NAMES = 2_000


class PathSuggester(Suggester):
    """Completes the last part of a path: the first name in the folder that starts as typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The path as far as the disk tells it; nothing where a name would not be plain text."""
        return await asyncio.to_thread(_completion, value) if value else None


def _completion(value: str) -> str | None:
    folder, _, start = value.rpartition("/")
    base = Path(os.path.expanduser(f"{folder}/" if folder or value.startswith("/") else "."))
    with suppress(OSError), os.scandir(base) as entries:
        names = sorted((entry.name, entry.is_dir()) for _, entry in zip(range(_MOST_NAMES), entries, strict=False)
                       if entry.name.startswith(start) and not (entry.name.startswith(".") and not start))
        for name, is_folder in names:
            if (is_folder or name.lower().endswith(".md")) and visible(name, keep="") == name:
                return f"{value[:len(value) - len(start)]}{name}{'/' if is_folder else ''}"
    return None


class PathInput(Input):
    """Takes text that is pasted as one line without control characters."""

    def __init__(self, *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(id=id, placeholder=placeholder, suggester=PathSuggester(), compact=True)

    def on_paste(self, event: Paste) -> None:
        """Textual hands the event on to the line itself, which takes what is left here."""
        event.text = visible(next(iter(event.text.splitlines()), ""), keep="")


def typed_path(text: str) -> str:
    """The path that was meant: ``~`` is home, quotes, backslashes and ``file://`` are what a terminal pastes."""
    text = text.strip()
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    elif not Path(text).expanduser().exists():
        with suppress(ValueError):
            words = shlex.split(text)
            text = words[0] if len(words) == 1 else text
    return os.path.expanduser(text)
