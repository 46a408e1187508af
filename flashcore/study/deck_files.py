"""What a path given to import stands for: files, folders, standard input, the bundled decks - read, not yet merged."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from flashcore.domain.bundle import Bundle
from flashcore.errors import FileError, NotFoundError, Problem, nearest
from flashcore.formats import Format, ReadOptions, reader_for
from flashcore.study.bundled import PREFIX, find_bundled

LARGEST_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """One deck file to read. ``key`` is how the collection remembers it: its resolved path, ``bundled:NAME``, or
    empty for standard input. ``shown`` is how the learner named it; ``root`` the folder that was given whole, for
    references of hashcards that begin with ``@/``."""

    key: str
    shown: str
    path: Path | None
    default_deck: str
    root: Path | None = None


def sources(paths: Sequence[str]) -> list[Source]:
    """The deck files that paths stand for, each once, in order; folders are searched, ``README.md`` is never read.

    A path that does not exist stays among them, to be refused when it is read while the others are taken.

    Raises:
        NotFoundError: none of the paths exists, or no bundled deck has that name.
    """
    found: dict[str, Source] = {}
    for word in paths:
        for source in _sources(word):
            found.setdefault(source.key or f"-{len(found)}", source)
    missing = [source.shown for source in found.values() if source.path is not None and not source.path.exists()]
    if missing and len(missing) == len(found):
        wanted = Path(missing[0]).expanduser()
        near = nearest(wanted.name, [one.name for one in wanted.parent.iterdir()] if wanted.parent.is_dir() else [])
        raise NotFoundError("file", missing[0], [str(wanted.parent / near)] if near else ())
    return list(found.values())


def _sources(word: str) -> Iterable[Source]:
    if word == "-":
        yield Source("", "-", None, "Default")
        return
    if word == "bundled" or word.startswith(PREFIX):
        for deck in find_bundled(word):
            yield Source(f"{PREFIX}{deck.name}", f"{PREFIX}{deck.name}", deck.path, f"Step 1::{deck.name}")
        return
    path = Path(word).expanduser()
    if path.is_dir() and (crowdanki := _crowdanki(path)) is not None:
        yield _of_file(crowdanki, str(crowdanki), path.resolve())
    elif path.is_dir():
        for file in _deck_files(path):
            yield _of_file(file, str(file), path.resolve())
    else:
        yield _of_file(path, word)


def _crowdanki(folder: Path) -> Path | None:
    """The deck file of a folder that CrowdAnki exported."""
    from flashcore.formats.crowdanki import deck_file

    found = deck_file(folder)
    return found if found is not None and b'"note_models"' in _bytes(found) else None


def _of_file(path: Path, shown: str, root: Path | None = None) -> Source:
    resolved = path.resolve()
    return Source(str(resolved), shown, resolved, f"{resolved.parent.name or 'Default'}::{resolved.stem}", root)


_PEOPLES = (".md", ".org")
"""Suffixes of the files that a folder is searched for."""


def _deck_files(folder: Path) -> list[Path]:
    files = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files += [Path(root) / name for name in sorted(names)
                  if name.lower().endswith(_PEOPLES) and name.lower() != "readme.md" and not name.startswith(".")]
    return files


def folder_keys(paths: Sequence[str]) -> list[str]:
    """The resolved folders among the paths: files gone from them are files the learner removed."""
    return [str(Path(word).expanduser().resolve()) for word in paths
            if word != "-" and not word.startswith("bundled") and Path(word).expanduser().is_dir()]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The bytes of a deck file, their SHA-256 (hexadecimal), and what it holds."""

    data: bytes
    sha256: str
    bundle: Bundle


def format_of(source: Source, format: str | None = None) -> Format:
    """The format of a file: by name, else by suffix, else by what it begins with.

    Raises:
        FileError: no reader knows it, or it cannot be read.
    """
    if source.path is None:
        return reader_for(None, format)
    if not source.path.exists():
        raise FileError(source.path, "there is no such file", "check the name")
    chosen = reader_for(source.path, format)
    if format is not None and f".{format.lower().removeprefix('.')}" not in chosen.suffixes:
        return _of_database(source.path, chosen)
    suffix = source.path.suffix.lower() if format is None else f".{format.lower().removeprefix('.')}"
    if suffix in _ALIKE:
        from flashcore.formats.recognise import recognised

        if name := recognised(source.path, suffix, _bytes(source.path)):
            chosen = reader_for(None, name)
    return _of_database(source.path, chosen)


_ALIKE = frozenset((".md", ".txt", ".csv", ".tsv", ".json", ".db"))
"""Suffixes that several formats share."""
OF_FOLDERS = frozenset(("repeater", "hashcards-db"))
"""Formats whose files tell of the deck files beside them."""


def _of_database(path: Path, chosen: Format) -> Format:
    """The export of hashcards is a file like any other; its database belongs to deck files."""
    if chosen.name == "hashcards" and path.suffix.lower() != ".json":
        return replace(chosen, name="hashcards-db", is_staged=False)
    return chosen


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            with path.open("rb") as file:
                return file.read(1_000_000)
        return path.read_bytes()
    except OSError as error:
        raise FileError(path, f"it cannot be read ({error.strerror or error})", "check who may read it") from error


def read_folder(source: Source, chosen: Format) -> tuple[list[tuple[Source, ReadFile]], tuple[Problem, ...]]:
    """The deck files that a database belongs to, each with what was learned of its cards, and warnings.

    Raises:
        FileError: it is no such database, or the deck files are not in its folder.
    """
    assert source.path is not None
    options = ReadOptions(source.path, source.default_deck, source.root)
    bundles, warnings = import_module(chosen.reader).read_files(_bytes(source.path), options)
    found = []
    for path, bundle in bundles.items():
        data = path.read_bytes()
        found.append((_of_file(path, str(path), source.root), ReadFile(data, sha256(data).hexdigest(), bundle)))
    return found, warnings


@contextmanager
def as_file(source: Source, stdin: bytes | None) -> Iterator[Path]:
    """The file of a source; standard input as a file that is gone afterwards."""
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="flashcore-") as folder:
        path = Path(folder) / "standard-input"
        path.write_bytes(stdin or b"")
        yield path


def read(source: Source, encoding: str | None, stdin: bytes | None = None, format: str | None = None) -> ReadFile:
    """Read one deck file; ``format`` names it where the suffix does not.

    Raises:
        FileError: no reader knows its suffix; it cannot be read, is too large, or is not in its encoding.
        DeckFileError: it has problems, all of them named.
    """
    from flashcore.formats.markdown_deck import read_markdown_deck
    from flashcore.formats.text_file import decode

    name: Path | str = source.path or "-"
    if not source.key.isascii() and any("\ud800" <= letter <= "\udfff" for letter in source.key):
        raise FileError(name, "the name of the file or of a folder above it is not UTF-8", "rename it")
    if source.path is not None and format is None:
        reader_for(source.path)
    if source.path is None:
        data = stdin or b""
    else:
        if not source.path.exists():
            raise FileError(name, "there is no such file", "check the name")
        try:
            if source.path.stat().st_size > LARGEST_FILE_BYTES:
                raise FileError(name, f"it is larger than {LARGEST_FILE_BYTES >> 20} MiB", "split it into several")
            data = source.path.read_bytes()
        except OSError as error:
            raise FileError(name, f"it cannot be read ({error.strerror or error})", "check who may read it") from error
    chosen = format_of(source, format)
    if chosen.name != "markdown":
        options = ReadOptions(source.path, source.default_deck, source.root, encoding)
        return ReadFile(data, sha256(data).hexdigest(), import_module(chosen.reader).read(data, options))
    text = decode(data, Path(name), encoding)
    bundle = read_markdown_deck(text, path=source.path, default_deck=source.default_deck, root=source.root)
    return ReadFile(data, sha256(data).hexdigest(), bundle)
