"""The registry: which format reads or writes a file, found without loading any."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from flashcore.errors import FileError, NotFoundError
from flashcore.formats import FORMATS, reader_for, writer_for


@pytest.mark.parametrize(("path", "format", "expected"), [
    (Path("a.md"), None, "markdown"), (Path("a.MD"), None, "markdown"), (None, None, "markdown"),
    (Path("a.txt"), "markdown", "markdown"),
    (Path("a.txt"), ".md", "markdown"), (Path("a.txt"), "MD", "markdown"),
])
def test_a_reader_is_found_by_suffix_or_name(path: Path | None, format: str | None, expected: str) -> None:
    assert reader_for(path, format).name == expected


def test_a_writer_is_found_by_suffix_or_name() -> None:
    assert (writer_for(Path("a.apkg")).name, writer_for(Path("a.md")).name, writer_for(Path("x"), "anki").name) == (
        "anki", "markdown", "anki")


def test_an_unknown_suffix_or_name_gets_the_nearest() -> None:
    with pytest.raises(FileError, match=r"cannot write \.apk.*did you mean \.apkg\?"):
        writer_for(Path("a.apk"))
    with pytest.raises(FileError, match=r"cannot read \.pdf.*it can read \.md"):
        reader_for(Path("a.pdf"))
    with pytest.raises(NotFoundError, match="did you mean 'markdown'"):
        reader_for(Path("a.md"), "markdwon")


def test_every_module_exists() -> None:
    for one in FORMATS:
        for name in filter(None, (one.reader, one.writer)):
            module, _, function = name.partition(":")
            assert callable(getattr(import_module(module), function or ("read" if name == one.reader else "write"),
                                    None)) or one.name in ("markdown", "anki"), name


def test_importing_formats_loads_no_format() -> None:
    code = ("import sys, flashcore.formats\n"
            "print([n for n in sys.modules if n.startswith(('flashcore.formats.', 'yaml', 'genanki', 'markdown_it'))])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
        check=True).stdout.strip() == "[]"
