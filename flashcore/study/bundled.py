"""The decks that come with flashcore: in the wheel as ``flashcore/decks``, in a checkout beside the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from flashcore.errors import NotFoundError

PREFIX = "bundled:"
"""A deck file of this kind is remembered by its name, not by where this version happens to be installed."""


@dataclass(frozen=True, slots=True)
class BundledDeck:
    """A deck file that comes with flashcore, by its name without the suffix."""

    name: str
    path: Path


def bundled_decks() -> list[BundledDeck]:
    """All of them, by name."""
    package = Path(str(resources.files("flashcore")))
    for folder in (package / "decks", package.parent / "decks"):
        if folder.is_dir():
            return [BundledDeck(path.stem, path) for path in sorted(folder.glob("*.md"))]
    return []


def find_bundled(word: str) -> list[BundledDeck]:
    """The decks that ``bundled`` (all) or ``bundled:NAME`` stands for.

    Raises:
        NotFoundError: there is no such deck.
    """
    decks = bundled_decks()
    name = word.partition(":")[2]
    if not name:
        return decks
    found = [deck for deck in decks if deck.name.casefold() == name.casefold()]
    if not found:
        raise NotFoundError("bundled deck", name, [deck.name for deck in decks])
    return found
