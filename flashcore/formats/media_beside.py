"""Text files refer to pictures and sounds by name; these stand in a folder beside: ``deck.csv``, ``deck.media/``."""

from __future__ import annotations

import html
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from flashcore.domain.bundle import Bundle
from flashcore.domain.note import Markup, Note
from flashcore.errors import FileError, Problem
from flashcore.formats.foreign_notes import NAMED, shortened
from flashcore.formats.markdown_media import MediaFinder, references, rename_media
from flashcore.formats.media_names import MediaNames, media_names

_HTML = re.compile(
    r"""(?P<sound>\[sound:)(?P<name>[^\[\]\n]+)\]
    |<(?:img|audio|video|source|object|embed)\b[^<>]*?\s(?:src|data)\s*=\s*
     (?:"(?P<double>[^"<>]+)"|'(?P<single>[^'<>]+)'|(?P<bare>[^\s"'<>]+))""", re.IGNORECASE | re.VERBOSE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_WEB = re.compile(r"(?:[a-z][a-z0-9+.-]+:|//|#)", re.IGNORECASE)
_ANKI_FOLDER = "collection.media"


@dataclass(frozen=True, slots=True)
class WrittenText:
    """What a text file holds, as counts; ``missing_media`` are the references whose file was not there.

    ``note_types`` names those that its rows name: Anki takes no row of a note type that it does not have.
    """

    notes: int
    media: int
    missing_media: tuple[str, ...] = ()
    note_types: tuple[str, ...] = ()


def media_folder(path: Path) -> Path:
    """Where the pictures and sounds of a text file stand."""
    return path.with_name(f"{path.stem}.media")


def references_of(text: str, markup: Markup) -> Iterator[str]:
    """The files that a field refers to, as it names them, but for those on the web. Linear time."""
    if markup is Markup.MARKDOWN:
        for one in references(text):
            if not one.is_broken and not _WEB.match(one.target):
                yield one.target
        return
    if "[sound:" not in text and "<" not in text:
        return
    for found in _HTML.finditer(text):
        name = html.unescape(found["name"] or found["double"] or found["single"] or found["bare"])
        if not _WEB.match(name):
            yield name


def renamed(text: str, markup: Markup, names: MediaNames) -> str:
    """A field with the references in it under the names that the files have in the folder."""
    changed = {reference: name for reference, name in names.by_reference.items() if reference != name}
    if not changed:
        return text
    if markup is Markup.MARKDOWN:
        return rename_media(text, changed)

    def named(found: re.Match[str]) -> str:
        group = next(group for group in ("name", "double", "single", "bare") if found[group])
        reference = html.unescape(found[group])
        if _WEB.match(reference) or (name := names(reference)) == reference:
            return found[0]
        start, end = found.span(group)
        name = name.replace(" ", "%20") if group == "bare" else name
        return found[0][:start - found.start()] + html.escape(name) + found[0][end - found.start():]

    return _HTML.sub(named, text)


def media_of(notes: Iterable[Note], path: Path | None) -> tuple[dict[str, Path], tuple[Problem, ...]]:
    """The files that notes refer to, by reference, and a warning about those that are not there.

    They are looked for in the folder beside, in ``collection.media`` beside, and beside the file itself.
    """
    folders = [] if path is None else [
        _Folder(folder) for folder in (media_folder(path), path.parent / _ANKI_FOLDER, path.parent)]
    found: dict[str, Path] = {}
    missing: dict[str, None] = {}
    for note in notes:
        for text in note.fields:
            for name in references_of(text, note.markup):
                if name in found or name in missing:
                    continue
                file = next((file for folder in folders if (file := folder.file(name)) is not None), None)
                if file is not None:
                    found[name] = file
                else:
                    missing[name] = None
    if not missing:
        return found, ()
    named = ", ".join(shortened(name) for name in list(missing)[:NAMED]) + (", ..." if len(missing) > NAMED else "")
    where = f"put them into {media_folder(path).name} beside the file" if path is not None else "the text has no folder"
    many = f"{len(missing)} pictures or sounds are missing" if len(missing) > 1 else "1 picture or sound is missing"
    return found, (Problem(0, f"{many}: {named}", where),)


class _Folder:
    """Finds files in a folder. What it holds is listed once, so that a name that is not there costs nothing."""

    def __init__(self, folder: Path) -> None:
        self._finder = MediaFinder(folder / "deck", None)
        try:
            self._names = {unicodedata.normalize("NFC", name) for name in os.listdir(folder)}
        except OSError:
            self._names = set()

    def file(self, reference: str) -> Path | None:
        """The file of a reference; None where there is none, or where it leads out of the folder."""
        starts = {unicodedata.normalize("NFC", spelling).removeprefix("./").partition("/")[0]
                  for spelling in (reference, unquote(reference), _ESCAPED.sub(r"\1", reference))}
        if not starts & self._names or self._finder.look_up(reference):
            return None
        return self._finder.found.get(reference)


def chosen_media(bundle: Bundle, media: Mapping[str, Path] | None) -> MediaNames:
    """The names of the files of a bundle: of ``media`` where it is given, else of the bundle's own."""
    return media_names(bundle.media if media is None else media)


def write_with_media(path: Path, text: str, names: MediaNames, encoding: str = "utf-8") -> None:
    """Writes a text file, and its media before it; each is there whole or not at all. Files that are there stay.

    Raises:
        FileError: something cannot be written; a text file that was there before is unchanged.
    """
    try:
        if names.files:
            folder = media_folder(path)
            folder.mkdir(exist_ok=True)
            for name, source in names.files.items():
                if not _is_there(folder / name, source):
                    with source.open("rb") as file:
                        _write(folder / name, iter(lambda: file.read(1 << 20), b""))
        data = text.encode(encoding, "replace")
        _write(path, (data[start:start + (1 << 20)] for start in range(0, len(data), 1 << 20)))
    except OSError as error:
        raise FileError(path, f"it cannot be written ({error.strerror or error})",
                        "free some space or choose another place", "the old file, if there was one, is kept") from error


def _is_there(target: Path, source: Path) -> bool:
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return False
    return target.samefile(source) or target.read_bytes() == source.read_bytes()


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o666 & ~_umask() if mode is None else mode)
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
