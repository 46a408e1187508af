"""Files <-> bundles of notes. One module per format; this one only knows which module reads or writes which file.

Importing it loads no format: ``reader_for`` and ``writer_for`` give the module by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flashcore.domain.deck import DEFAULT_DECK
from flashcore.domain.note_type import NoteType
from flashcore.errors import FileError, NotFoundError, nearest
from flashcore.errors import Problem as Problem


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name, the suffixes of its files, and the modules that read and write it (empty: none does).

    ``is_staged``: read by a limited child process into a staging file, as packages and tables are; else the file is
    one that people write, and remembered. A staged ``reader`` is ``module:function``, or a module with ``read``.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str = ""
    writer: str = ""
    is_staged: bool = False
    has_learning: bool = False
    """Whether its files carry schedules and the review log."""

    @property
    def job(self) -> dict[str, str]:
        """What the child process is told of the reader."""
        if ":" in self.reader:
            return {"reader": self.reader}
        return {"reader": "flashcore.formats.bundle_job:stage_bundle", "module": self.reader}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader is told beside the bytes of a file.

    ``path`` is the file (None: standard input), ``root`` the folder that was given whole. ``deck`` is used where the
    file names none. ``delimiter`` and ``encoding`` are the learner's word and beat what the file seems to be.
    ``note_types`` are those of the collection, by name. ``folder`` is an empty folder for what is unpacked.
    """

    path: Path | None = None
    deck: str = DEFAULT_DECK
    root: Path | None = None
    encoding: str | None = None
    delimiter: str | None = None
    note_types: Mapping[str, NoteType] = field(default_factory=dict)
    folder: Path | None = None


FORMATS = (
    Format("markdown", (".md",), "flashcore.formats.markdown_deck", "flashcore.formats.markdown_writer"),
    Format("anki", (".apkg", ".colpkg"), "flashcore.formats.anki_collection:stage_package",
           "flashcore.formats.anki_writer", is_staged=True, has_learning=True),
    Format("jsonl", (".jsonl",), "flashcore.formats.jsonl:stage", "flashcore.formats.jsonl_writer", is_staged=True,
           has_learning=True),
    Format("obsidian", (), "flashcore.formats.obsidian_sr"),
    Format("org", (".org",), "flashcore.formats.org"),
    Format("anki-collection", (".anki2", ".anki21"), "flashcore.formats.anki_collection:stage_collection",
           is_staged=True),
    Format("anki-text", (), "flashcore.formats.anki_text", "flashcore.formats.anki_text_writer", is_staged=True),
    Format("csv", (".csv", ".tsv", ".txt"), "flashcore.formats.delimited", "flashcore.formats.csv_writer",
           is_staged=True),
    Format("quizlet", (), "flashcore.formats.quizlet", is_staged=True),
    Format("supermemo", (), "flashcore.formats.supermemo", is_staged=True),
    Format("crowdanki", (".json",), "flashcore.formats.crowdanki", "flashcore.formats.crowdanki_writer",
           is_staged=True),
    Format("anki-json", (".anki-json",), "flashcore.formats.anki_json", is_staged=True),
    Format("hashcards", (), "flashcore.formats.hashcards", is_staged=True),
    Format("repeater", (".db",), "flashcore.formats.repeater"),
    Format("mnemosyne", (".cards",), "flashcore.formats.mnemosyne", is_staged=True),
    Format("mnemosyne-xml", (".xml",), "flashcore.formats.mnemosyne_xml", is_staged=True),
    Format("mnemosyne-tsv", (), "flashcore.formats.mnemosyne_tsv", is_staged=True),
)
WRITTEN_SUFFIXES = {".txt": "anki-text"}
"""Suffixes that are written in another format than they are read in where nothing tells."""


def reader_for(path: Path | None, format: str | None = None) -> Format:
    """The format that reads a file: by name, else by the file's suffix; standard input (None) is Markdown.

    Raises:
        NotFoundError: no format that can be read has that name.
        FileError: no reader knows the suffix.
    """
    return _chosen([one for one in FORMATS if one.reader], path, format, "read")


def writer_for(path: Path | None, format: str | None = None) -> Format:
    """The format that writes a file: by name, else by the file's suffix; standard output (None) is Markdown.

    Raises:
        NotFoundError: no format that can be written has that name.
        FileError: no writer knows the suffix.
    """
    if format is None and path is not None:
        format = WRITTEN_SUFFIXES.get(path.suffix.lower())
    return _chosen([one for one in FORMATS if one.writer], path, format, "write")


def _chosen(formats: Iterable[Format], path: Path | None, name: str | None, verb: str) -> Format:
    by_name = {one.name: one for one in formats}
    by_suffix = {suffix: one for one in by_name.values() for suffix in one.suffixes}
    if name is not None:
        wanted = name.lower()
        found = by_name.get(wanted) or by_suffix.get(f".{wanted.removeprefix('.')}")
        if found is None:
            raise NotFoundError("format", name, [*by_name, *by_suffix])
        return found
    if path is None:
        return by_name["markdown"]
    suffix = path.suffix.lower()
    if suffix in by_suffix:
        return by_suffix[suffix]
    near = nearest(suffix, by_suffix)
    raise FileError(path, f"flashcore cannot {verb} {suffix or 'a file without a suffix'}",
                    f"did you mean {near}?" if near else
                    f"it can {verb} {', '.join(by_suffix)}; for another suffix name the format with --format")
