"""The vault of Obsidian around a note: the settings of the Spaced Repetition plugin, and files by their name alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flashcore.formats import ReadOptions
from flashcore.formats.obsidian_cards import Syntax
from flashcore.formats.obsidian_schedule import STORE_NAMES

MOST_FILES = 200_000
_LARGEST_SETTINGS_BYTES = 4 * 1024 * 1024
_DEEPEST_VAULT = 20
_SETTINGS = Path(".obsidian/plugins/obsidian-spaced-repetition/data.json")
_SECONDS_REMEMBERED = 20
"""How long the names of a vault are remembered: long enough to import its notes, short enough to see a new file."""


class Vault:
    """The folder of a vault, and the note in it that is being read."""

    def __init__(self, options: ReadOptions) -> None:
        self.path = options.path.resolve() if options.path is not None else None
        self.root = self._find_root(options)
        self.syntax = self._read_syntax()

    def _find_root(self, options: ReadOptions) -> Path | None:
        """The folder that holds ``.obsidian``, else the one that was given whole, else that of the note."""
        if self.path is None:
            return options.root
        for folder in list(self.path.parents)[:_DEEPEST_VAULT]:
            if (folder / ".obsidian").is_dir():
                return folder
        return options.root.resolve() if options.root is not None else self.path.parent

    def _read_syntax(self) -> Syntax:
        settings = _json(self.root / _SETTINGS) if self.root is not None else {}
        found = settings.get("settings", settings)
        return syntax_from(found) if isinstance(found, dict) and found else Syntax()

    @property
    def folder_deck(self) -> str:
        """The folders between the root and the note, as a deck name; empty at the root."""
        if self.path is None or self.root is None or not self.path.is_relative_to(self.root):
            return ""
        return "::".join(self.path.relative_to(self.root).parts[:-1])

    def find(self, name: str) -> Path | None:
        """The file that a link names: beside the note, from the root, else the one of that name anywhere in it."""
        if self.root is None or not name:
            return None
        folder = self.path.parent if self.path is not None else self.root
        for start in (folder, self.root):
            if (found := _file_in(self.root, start / name)) is not None:
                return found
        relative = self._names().get(Path(name).name.casefold())
        return _file_in(self.root, self.root / relative) if relative is not None else None

    def store(self) -> Path | None:
        """The file in which newer versions of the plugin keep the schedules."""
        if self.root is None:
            return None
        for name in STORE_NAMES:
            for folder in ("Spaced Repetition/Schedule Data", "Spaced Repetition"):
                if (found := _file_in(self.root, self.root / folder / name)) is not None:
                    return found
        relative = next((names[name] for names in (self._names(),) for name in STORE_NAMES if name in names), None)
        return _file_in(self.root, self.root / relative) if relative is not None else None

    def _names(self) -> Mapping[str, str]:
        assert self.root is not None
        return _names_below(self.root, int(time.monotonic() / _SECONDS_REMEMBERED))


def syntax_from(settings: Mapping[str, Any]) -> Syntax:
    """What the plugin's settings say; what they leave out is the plugin's default."""
    default = Syntax()

    def text(key: str, otherwise: str) -> str:
        found = settings.get(key)
        return found if isinstance(found, str) and len(found) <= 20 else otherwise

    tags = settings.get("flashcardTags")
    words = [tag.lstrip("#").lower() for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    patterns = settings.get("clozePatterns")
    forms = {str(pattern)[:2] for pattern in patterns} if isinstance(patterns, list) else None

    def hides(key: str, mark: str, otherwise: bool | None) -> bool | None:
        found = settings.get(key)
        return mark in forms if forms is not None else found if isinstance(found, bool) else otherwise

    return Syntax(
        tags=tuple(word for word in words if word) or default.tags,
        inline=text("singleLineCardSeparator", default.inline) or default.inline,
        inline_reversed=text("singleLineReversedCardSeparator", default.inline_reversed) or default.inline_reversed,
        lines=text("multilineCardSeparator", default.lines) or default.lines,
        lines_reversed=text("multilineReversedCardSeparator", default.lines_reversed) or default.lines_reversed,
        end_marker=text("multilineCardEndMarker", ""),
        highlights=bool(hides("convertHighlightsToClozes", "==", True)),
        bold=hides("convertBoldTextToClozes", "**", None),
        curly=hides("convertCurlyBracketsToClozes", "{{", None),
        by_folder=settings.get("convertFoldersToDecks") is True,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_SETTINGS_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _file_in(root: Path, path: Path) -> Path | None:
    """The resolved file, if it is one and lies in the vault: a note must not name any other file."""
    try:
        resolved = path.resolve()
        return resolved if resolved.is_relative_to(root.resolve()) and resolved.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


@lru_cache(maxsize=2)
def _names_below(root: Path, _window: int) -> dict[str, str]:
    """name in lower case -> path below the root, of the file nearest to it; hidden folders are left out."""
    names: dict[str, str] = {}
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        count += len(files)
        if count > MOST_FILES:
            break
        for name in sorted(files):
            relative = os.path.relpath(os.path.join(folder, name), root)
            known = names.setdefault(name.casefold(), relative)
            if relative.count(os.sep) < known.count(os.sep):
                names[name.casefold()] = relative
    return names
