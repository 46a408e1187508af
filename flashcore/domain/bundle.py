"""What a deck file holds, before it is part of a collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flashcore.domain.note import Note
from flashcore.errors import Problem


@dataclass(frozen=True, slots=True)
class BundledNote:
    """A note as it stands in a file: its deck and the 1-based line it starts on (0: the file has no lines).

    ``note.guid`` is the id the file gives it, or empty. Two notes of equal type and fields are told apart by line.
    """

    note: Note
    deck: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """Notes in file order; ``media`` maps each reference in the fields to the file it names; warnings are no errors."""

    notes: tuple[BundledNote, ...]
    media: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
