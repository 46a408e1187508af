"""Text in rows and cells, as CSV, TSV and Anki's text files have it (RFC 4180): text <-> cells.

A cell in quotes may hold the delimiter, line breaks and, doubled, quotes; a quote elsewhere than at the start of a cell
is a character like any other. Lines without any character are no rows. Lines end with ``\\n`` (see ``clean_text``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from flashcore.errors import DeckFileError, FileError, Problem, UsageError

LARGEST_CELL_BYTES = 1024 * 1024
MOST_COLUMNS = 10_000
MOST_ROWS = 300_000
MOST_PROBLEMS = 100
"""As many faults refuse a file by line; the others are counted."""

DELIMITER_NAMES = {"tab": "\t", "pipe": "|", "semicolon": ";", "colon": ":", "comma": ",", "space": " "}
"""The six of Anki, in the order in which it looks for them."""
NAME_OF_DELIMITER = {char: name for name, char in DELIMITER_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row and the 1-based line that it starts on."""

    line: int
    cells: list[str]


def delimiter_of(word: str) -> str:
    """The delimiter that a learner names: one character, one of Anki's six names, or ``\\t``.

    Raises:
        UsageError: it is none of these, or a quote or a line break.
    """
    found = DELIMITER_NAMES.get(word.strip().lower()) or ("\t" if word == "\\t" else word)
    if len(found) != 1 or found in '"\n\r\0' or "\ud800" <= found <= "\udfff":
        raise UsageError(f"{word!r} is no delimiter: give one character, or one of {', '.join(DELIMITER_NAMES)}")
    return found


def shown_delimiter(delimiter: str) -> str:
    """A delimiter as a sentence names it."""
    return NAME_OF_DELIMITER.get(delimiter) or repr(delimiter)


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    plain = f"[^{re.escape(delimiter)}\n]*+"
    return re.compile(f'"(?P<quoted>(?:[^"]++|"")*+)"(?P<rest>{plain})|(?!")(?P<plain>{plain})')


def rows(text: str, delimiter: str, path: Path, *, line: int = 1, anki: bool = False) -> Iterator[Row]:
    """The rows of a text that starts on ``line``. Linear time, one row in memory.

    With ``anki``, lines that begin with ``#`` are comments, and text after a closing quote belongs to the cell, as in
    Anki; else it is a fault, as it always is where the quotes hold a line break: there a quote that opened too much
    has most likely swallowed lines.

    Raises:
        DeckFileError: after the last row, or where a quote is never closed: faults of the quotes, by line.
    """
    cell = _cell(delimiter)
    position, length = 0, len(text)
    problems: list[Problem] = []
    faults = 0
    while position < length:
        end = text.find("\n", position)
        end = length if end < 0 else end
        if end == position or (anki and text[position] == "#"):
            position, line = end + 1, line + 1
            continue
        first = text.find('"', position, end)
        if first < 0:
            yield Row(line, text[position:end].split(delimiter))
            position, line = end + 1, line + 1
            continue
        cells: list[str] = []
        start = line
        while True:
            found = cell.match(text, position)
            if found is None:
                problems.append(Problem(line, "a quote opens here and is never closed",
                                        'write a quote at the start of a cell as """ and close it with "'))
                raise _refusal(path, problems, faults)
            quoted = found["quoted"]
            if quoted is None:
                cells.append(found["plain"])
            else:
                breaks = quoted.count("\n")
                rest = found["rest"]
                if rest and (breaks or not anki):
                    faults += 1
                    if len(problems) < MOST_PROBLEMS:
                        problems.append(Problem(line, f"after the closing quote {_after(line, breaks)}stands "
                                                      f"{rest[:20]!r}, not the delimiter",
                                                "a cell that begins with a quote ends with one; double those in it"))
                cells.append((quoted.replace('""', '"') if '"' in quoted else quoted) + rest)
                line += breaks
            position = found.end() + 1
            if position > length or text[position - 1] == "\n":
                break
        line += 1
        yield Row(start, cells)
    if problems:
        raise _refusal(path, problems, faults)


def _after(line: int, breaks: int) -> str:
    return f"in line {line + breaks} " if breaks else ""


def _refusal(path: Path, problems: list[Problem], faults: int) -> DeckFileError:
    if faults > MOST_PROBLEMS:
        problems.append(Problem(0, f"{faults - MOST_PROBLEMS} more cells like these"))
    return DeckFileError(path, problems)


def checked_count(text: str, delimiter: str, path: Path, *, anki: bool = False) -> None:
    """Refuses a text of too many rows before any note is made of it.

    Raises:
        FileError: it has more than 300,000 rows.
    """
    if text.count("\n") < MOST_ROWS:
        return
    if any(islice(rows(text, delimiter, path, anki=anki), MOST_ROWS + 1, None)):  # one more, for a header row
        raise FileError(path, f"it has more than {MOST_ROWS:,} rows", "split it into several files")


def fault_of(cells: Sequence[str]) -> str:
    """Why a row cannot be taken: too many or too large cells; empty where it can."""
    if len(cells) > MOST_COLUMNS:
        return f"it has {len(cells)} cells; {MOST_COLUMNS} are the most"
    for text in cells:
        if len(text) * 4 > LARGEST_CELL_BYTES and len(text.encode()) > LARGEST_CELL_BYTES:
            return f"a cell of it is larger than {LARGEST_CELL_BYTES >> 20} MiB"
    return ""


def row_text(cells: Iterable[str], delimiter: str) -> str:
    """A row as text, without its line break: quotes where a cell needs them, as Anki writes them.

    A first cell that begins with ``#`` is quoted too, or Anki would take the row for a comment; and so is a row of one
    empty cell, which would be no row.
    """
    text = delimiter.join(_quoted(cell, delimiter) for cell in cells)
    return text or '""'


def _quoted(cell: str, delimiter: str) -> str:
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    if delimiter in cell or "\n" in cell or "\r" in cell or cell.startswith("#"):
        return f'"{cell}"'
    return cell
