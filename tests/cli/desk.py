"""A learner at a desk: a collection of its own, a clock, and command lines through the real parser."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flashcore.cli import main
from flashcore.domain.note_type import BASIC, CLOZE, VIGNETTE, NoteType
from flashcore.domain.vignette import Option, options_to_field
from flashcore.study.clock import Clock
from flashcore.study.collection import Collection

OPTIONS = options_to_field([
    Option("Osmotic shift", False, "It would thin the cells."),
    Option("Less aldosterone", False, "Potassium would rise."),
    Option("Aquaporin-2", True, "ADH inserts it."),
])
_ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """What a process of its own needs to run this flashcore on the collection of the desk."""
    return {**os.environ, "PYTHONPATH": str(_ROOT), **more}


@dataclass
class Answered:
    """What one command line gave."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A learner at a terminal-less desk: runs command lines on one collection, at a time the test sets."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    names_given: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "collection.db"

    @property
    def clock(self) -> Clock:
        return Clock(now_of=lambda: self.now, zone=UTC, new_uuid=self._new_uuid)

    def _new_uuid(self) -> str:
        """Names in a row: the fuzz of an interval, which goes by the name of the note, is the same every time."""
        self.names_given += 1
        return f"{self.names_given:012x}{'0' * 20}"

    def run(self, *words: str | int | Path, stdin: str | bytes = "") -> Answered:
        """Run ``flashcore WORDS...`` in this process through the real parser."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        self.capsys.readouterr()
        code = main([str(word) for word in words], clock=self.clock)
        out, err = self.capsys.readouterr()
        return Answered(code, out, err)

    def pass_minutes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def collection(self) -> Collection:
        return Collection.open(self.path, clock=self.clock)

    def add(self, note_type: NoteType, fields: Sequence[str], deck: str = "Step 1::Renal",
            tags: Sequence[str] = ("system::renal-urinary",)) -> list[int]:
        """Put a note into the collection; returns the ids of its cards."""
        padded = (*fields, *[""] * (len(note_type.fields) - len(fields)))
        with self.collection() as collection:
            return list(collection.add_note(note_type, padded, deck, tags).card_ids)

    def add_basic(self, question: str = "Where does ADH act?", answer: str = "In the collecting duct.",
                  deck: str = "Step 1::Renal", tags: Sequence[str] = ("system::renal-urinary",)) -> int:
        return self.add(BASIC, (question, answer), deck, tags)[0]

    def add_cloze(self, text: str = "ADH inserts [aquaporin-2::channel].") -> int:
        return self.add(CLOZE, (text,))[0]

    def add_vignette(self) -> int:
        return self.add(VIGNETTE, ("A man has SIADH. What lowers his sodium?", OPTIONS, "Water is kept.", "own",
                                   "fixed"))[0]

    def deck_file(self, text: str, name: str = "renal.md") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
