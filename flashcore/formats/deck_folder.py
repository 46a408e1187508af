"""The Markdown decks of a folder, read as an import of each would read them.

hashcards and repeater keep learning in a database that knows cards only by a hash of their text; the text is here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote
from flashcore.errors import DeckFileError, FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.markdown_deck import read_markdown_deck
from flashcore.formats.text_file import LARGEST_FILE_BYTES, decode

MOST_FILES = 10_000
WHITE_SPACE = ("\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
               "\u2028\u2029\u202f\u205f\u3000")
"""What counts as white space in Rust, in which both programs are written: Unicode's White_Space."""
NAMED_HASHES = 10
"""As many rows without a card are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class DeckFile:
    """A deck file: its text as it stands there (the hashes are of that), and its notes."""

    path: Path
    text: str
    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Folder:
    """The deck files of a folder. ``warnings`` name those that were refused."""

    files: tuple[DeckFile, ...]
    warnings: tuple[Problem, ...]


def read_folder(options: ReadOptions, name: Path | str) -> Folder:
    """The deck files below ``options.root``, else below the folder of the file; ``README.md`` and hidden ones are not.

    Raises:
        FileError: there is no folder, or no deck file in it, or their texts are too many to read.
    """
    root = options.root or (options.path.parent if options.path is not None else None)
    if root is None:
        raise FileError(name, "it holds hashes but no texts, and there is no folder with the deck files",
                        "put it into the folder of the .md files")
    files: list[DeckFile] = []
    warnings: list[Problem] = []
    size = 0
    for path in _deck_paths(root, name):
        try:
            data = path.read_bytes()
            size += len(data)
            if size > LARGEST_FILE_BYTES:
                raise FileError(name, f"the deck files beside it hold more than {LARGEST_FILE_BYTES >> 20} MiB",
                                "put it into the folder of those that belong to it")
            text = decode(data, path, options.encoding)
            bundle = read_markdown_deck(text, path=path, root=root,
                                        default_deck=f"{path.parent.name or 'Default'}::{path.stem}")
        except DeckFileError as error:
            first = error.problems[0]
            warnings.append(Problem(0, f"the deck file {path.name} was refused: {error.what}, the first in line "
                                       f"{first.line}: {first.what}", "mend it and import again"))
        except FileError as error:
            if size > LARGEST_FILE_BYTES:
                raise
            warnings.append(Problem(0, f"the deck file {path.name} was refused: {error.what}", error.hint))
        except OSError as error:
            warnings.append(Problem(0, f"the deck file {path.name} cannot be read: {error.strerror}"))
        else:
            files.append(DeckFile(path, text, bundle))
    if not any(file.bundle.notes for file in files):
        raise FileError(name, "it holds hashes but no texts, and no deck file with cards stands in its folder or below",
                        "put it into the folder of the .md files")
    return Folder(tuple(files), tuple(warnings))


def _deck_paths(root: Path, name: Path | str) -> list[Path]:
    paths: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        paths += [Path(folder) / one for one in sorted(names)
                  if one.lower().endswith(".md") and one.lower() != "readme.md" and not one.startswith(".")]
        if len(paths) > MOST_FILES:
            raise FileError(name, f"more than {MOST_FILES} deck files stand in its folder and below",
                            "put it into the folder of those that belong to it")
    return [path for path in paths if path.is_file()]


def with_cards(one: BundledNote, cards: Iterable[BundledCard]) -> BundledNote:
    """The note with what is known of its cards, by ordinal."""
    return replace(one, cards=tuple(sorted(cards, key=lambda card: card.ordinal)))


def joined(files: Iterable[tuple[Path, Bundle]], warnings: Iterable[Problem]) -> Bundle:
    """Several deck files as one bundle. A reference that means two files keeps the first; a warning says so."""
    notes: list[BundledNote] = []
    media: dict[str, Path] = {}
    problems = list(warnings)
    for path, bundle in files:
        notes += bundle.notes
        problems += [replace(one, what=f"{path.name}: {one.what}") for one in bundle.warnings]
        for reference, file in bundle.media.items():
            if media.setdefault(reference, file) != file:
                problems.append(Problem(0, f"{path.name}: the picture {reference[:80]!r} has the name of another, "
                                           "which is shown instead", "import the .md files themselves first"))
    return Bundle(tuple(notes), media, tuple(problems))


def unmatched(hashes: Iterable[str]) -> list[Problem]:
    """The warning about cards that were studied and of which there is no text, by hash."""
    left = sorted(hashes)
    if not left:
        return []
    named = ", ".join(one[:12] for one in left[:NAMED_HASHES]) + (", ..." if len(left) > NAMED_HASHES else "")
    many = f"{len(left)} studied cards have" if len(left) > 1 else "1 studied card has"
    return [Problem(0, f"{many} no text here: {named}", "it was changed or removed since; that history is left out")]
