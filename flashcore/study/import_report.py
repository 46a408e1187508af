"""What an import did, counted: every note of every file is new, updated, the same, or skipped with a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flashcore.domain.bundle import BundledNote, Skipped
from flashcore.errors import Problem

if TYPE_CHECKING:
    from flashcore.store.ingest_learning import LearningCounts


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field or the tags that both the file and the collection changed; the collection's were kept."""

    file: str
    line: int
    what: str
    ours: str
    theirs: str


@dataclass(slots=True)
class FileReport:
    """One file: how many notes and cards it holds, what was skipped, and its problems (those of a refused file too)."""

    path: str
    format: str
    refused: bool = False
    notes: int = 0
    cards: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class ImportReport:
    """All files of one import. ``shown`` holds the notes as they were read, for ``--show``."""

    new: int = 0
    updated: int = 0
    same: int = 0
    skipped: int = 0
    suspended: int = 0
    reviews_new: int = 0
    reviews_same: int = 0
    rescheduled: int = 0
    diverged: int = 0
    kept_local: int = 0
    media_new: int = 0
    media_missing: int = 0
    untagged: int = 0
    systems: Counter[str] = field(default_factory=Counter)
    files: list[FileReport] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    is_dry_run: bool = False
    shown: list[BundledNote] = field(default_factory=list)

    def add_learned(self, counts: LearningCounts) -> None:
        """Count what came of the reviews and schedules of a file."""
        self.reviews_new += counts.reviews_new
        self.reviews_same += counts.reviews_same
        self.rescheduled += counts.rescheduled
        self.diverged += counts.diverged

    @property
    def is_refused(self) -> bool:
        """Whether any file was refused."""
        return any(file.refused for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """The object of ``flashcore import --json``."""
        return {
            "new": self.new, "updated": self.updated, "same": self.same, "skipped": self.skipped,
            "suspended": self.suspended, "reviews_new": self.reviews_new, "reviews_same": self.reviews_same,
            "rescheduled": self.rescheduled, "diverged": self.diverged, "kept_local": self.kept_local,
            "conflicts": len(self.conflicts), "media_new": self.media_new, "media_missing": self.media_missing,
            "systems": dict(sorted(self.systems.items())), "untagged": self.untagged,
            "files": [{"path": file.path, "format": file.format, "refused": file.refused, "notes": file.notes,
                       "cards": file.cards,
                       "skipped": [{"note": one.note, "reason": one.reason} for one in file.skipped],
                       "problems": [{"line": one.line, "what": one.what, "hint": one.hint} for one in file.problems]}
                      for file in self.files]}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote; ``files`` are the paths."""

    notes: int
    cards: int
    media: int
    files: tuple[str, ...] = ()
    reviews: int = 0
