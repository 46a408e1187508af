"""Every exception that flashcore raises on purpose.

The sentence of an error is built once, in ``__str__``: what, where, what was kept, what to do next.
The facts stay attributes, so a front end may show them its own way.

    FlashcoreError                 anything below; the front ends catch exactly this
    ├── UsageError                 the words of a command or an option value do not fit            exit 2
    │   └── QueryError             a search query that cannot be read
    ├── NotFoundError              a named deck, card, system, file ... that does not exist        exit 3
    ├── FileError                  a file that cannot be taken or written                          exit 4
    │   └── DeckFileError          a deck file with problems, all of them, each with its line
    └── StoreError                 the collection cannot be opened, read or written                exit 5
        ├── CollectionInUse        another process holds the writer's lock
        ├── NotACollection         empty, foreign, damaged or made by a newer flashcore
        ├── ReadOnlyCollection     asked to change a collection that is open for reading
        └── CardChanged            the card is no longer as it was when it was shown
    UndoRefused is a StoreError too: something later builds on what would be undone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SHOWN = 80  # characters of a long query that its error repeats


class FlashcoreError(Exception):
    """What every error of flashcore is; ``exit_code`` is what the command line leaves with."""

    exit_code = 1


class UsageError(FlashcoreError):
    """Words that do not fit: an unknown option key, a value out of range, commands that exclude each other."""

    exit_code = 2


class QueryError(UsageError):
    """A search query that cannot be read. ``position`` is the offset in the query where it stops making sense."""

    def __init__(self, query: str, position: int, what: str, hint: str = "") -> None:
        super().__init__(query, position, what, hint)
        self.query, self.position, self.what, self.hint = query, position, what, hint

    def __str__(self) -> str:
        start = max(self.position - _SHOWN // 2, 0) if len(self.query) > _SHOWN else 0
        shown = self.query[start:start + _SHOWN]
        shown = ("..." if start else "") + shown + ("..." if start + len(shown) < len(self.query) else "")
        sentence = f"cannot read the query {shown!r} at character {self.position + 1}: {self.what}"
        return f"{sentence}. {self.hint}" if self.hint else sentence


class NotFoundError(FlashcoreError):
    """Something named that is not there; ``nearest`` is the valid name that looks most like it."""

    exit_code = 3

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(kind, name)
        self.kind, self.name, self.hint = kind, name, hint
        self.nearest = nearest(name, known)

    def __str__(self) -> str:
        sentence = f"no {self.kind} named {self.name!r}"
        if self.hint:
            return f"{sentence}: {self.hint}"
        return f"{sentence}; did you mean {self.nearest!r}?" if self.nearest else sentence


class FileError(FlashcoreError):
    """A file that cannot be taken or written. ``kept`` says what is unchanged, ``hint`` what to do next."""

    exit_code = 4

    def __init__(self, path: Path | str, what: str, hint: str = "", kept: str = "nothing was changed") -> None:
        super().__init__(str(path), what)
        self.path, self.what, self.hint, self.kept = Path(path), what, hint, kept

    def __str__(self) -> str:
        parts = [f"{self.path}: {self.what}"]
        parts += [part for part in (self.kept, self.hint) if part]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: the 1-based line (0: the file as a whole), what it is, and its cure."""

    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.what}" + (f" ({self.hint})" if self.hint else "")


class DeckFileError(FileError):
    """A deck file that is refused whole, with every problem it has."""

    def __init__(self, path: Path | str, problems: Sequence[Problem]) -> None:
        count = len(problems)
        super().__init__(path, f"{count} problem{'s' if count != 1 else ''}", "mend the file and import it again")
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [f"{self.path}:{problem.line}: {problem.what}" + (f" ({problem.hint})" if problem.hint else "")
                 for problem in self.problems]
        return "\n".join([*lines, f"{self.path}: refused, {self.what}; {self.kept}; {self.hint}"])


class StoreError(FlashcoreError):
    """The collection cannot be opened, read or written."""

    exit_code = 5


class CollectionInUse(StoreError):
    """Another process holds the writer's lock; ``holder`` is what it wrote beside it (process, terminal, since)."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(str(path), holder)
        self.path, self.holder = path, holder

    def __str__(self) -> str:
        who = self.holder or "another program"
        return (f"{self.path} is already open for writing in {who}; nothing was changed. "
                "Close it there, or use a command that only reads (due, search, export, info).")


class NotACollection(StoreError):
    """A file that is no collection this version can open. The file is left as it is."""

    def __init__(self, path: Path, what: str, hint: str) -> None:
        super().__init__(str(path), what)
        self.path, self.what, self.hint = path, what, hint

    def __str__(self) -> str:
        return f"{self.path} {self.what}; the file was left as it is. {self.hint}"


class ReadOnlyCollection(StoreError):
    """A change was asked of a collection that is open for reading."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(str(path), why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{self.path} is open for reading only: {self.why}; nothing was changed"


class CardChanged(StoreError):
    """The stored schedule is not the one that the session showed, so the answer would rest on something old."""

    def __init__(self, card_id: int) -> None:
        super().__init__(card_id)
        self.card_id = card_id

    def __str__(self) -> str:
        return (f"card {self.card_id} was changed since it was shown; the answer was not saved. "
                "It will be shown again as it is now.")


class UndoRefused(StoreError):
    """The newest answer or change cannot be undone, because something later builds on it."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(what, why)
        self.what, self.why = what, why

    def __str__(self) -> str:
        return f"cannot undo {self.what}: {self.why}; nothing was changed"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like ``name``, or None where none comes near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
