"""Pictures and sounds in Markdown: which files a text refers to, and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from flashcore.domain.cloze import LINK_TARGET
from flashcore.domain.markdown_spans import code_spans

_IMAGE = re.compile(r"\\.|(?P<image>!\[(?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+\])(?=\()", re.DOTALL)
_LOOSE_TARGET = re.compile(r"\((?P<target>[^()<>\n]*+)\)")
_WEB = re.compile(r"(?:https?:|data:|//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What an image refers to: its place in the text, and the reference as it is written.

    ``is_broken``: it holds spaces outside of ``<>``, so for Markdown it is no image.
    """

    start: int
    end: int
    target: str
    is_broken: bool = False


def references(text: str) -> Iterator[Reference]:
    """The targets of the Markdown images of a text outside code, in order. Linear time."""
    if "![" not in text:
        return
    code = code_spans(text)
    place = position = 0
    while found := _IMAGE.search(text, position):
        position = found.end()
        while place < len(code) and code[place][1] <= found.start():
            place += 1
        if place < len(code) and code[place][0] <= found.start():
            position = max(position, code[place][1])
            continue
        if found["image"] is None:
            continue
        if target := LINK_TARGET.match(text, position):
            group = "angled" if target["angled"] is not None else "plain"
            if target[group]:
                yield Reference(target.start(group), target.end(group), target[group])
            position = target.end()
        elif loose := _LOOSE_TARGET.match(text, position):
            yield Reference(loose.start("target"), loose.end("target"), loose["target"], is_broken=True)


def rename_media(text: str, names: Mapping[str, str]) -> str:
    """The text with the references of its images replaced by the names they have there."""
    parts: list[str] = []
    position = 0
    for one in references(text):
        name = None if one.is_broken else names.get(one.target)
        if name is None:
            continue
        is_bare = text[one.start - 1:one.start] != "<"
        parts += [text[position:one.start], f"<{name}>" if is_bare and re.search(r"[\s()<>]", name) else name]
        position = one.end
    return "".join((*parts, text[position:]))


class MediaFinder:
    """Finds the files that references name: in the folder of the deck file, ``@/`` in the folder of the collection."""

    def __init__(self, path: Path | None, root: Path | None) -> None:
        self._folder = path.parent if path is not None else None
        self._root = root if root is not None else self._folder
        self.found: dict[str, Path] = {}
        self._faults: dict[str, str] = {}

    def look_up(self, target: str) -> str:
        """Find the file of a reference; returns why there is none, or nothing where it was found or is on the web."""
        if target in self.found or _WEB.match(target):
            return ""
        if target not in self._faults:
            self._faults[target] = self._look_up(target)
        return self._faults[target]

    def _look_up(self, target: str) -> str:
        folder = self._root if target.startswith("@/") else self._folder
        name = target.removeprefix("@/")
        if folder is None:
            return "cannot be found: the text has no folder"
        reason = "is missing"
        for spelling in dict.fromkeys((name, re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", name), unquote(name))):
            try:
                home = folder.resolve()
                file = (home / spelling).resolve()
                if not file.is_relative_to(home):
                    reason = "lies outside the folder of the deck file"
                elif file.is_file():
                    self.found[target] = file
                    return ""
            except (OSError, ValueError, RuntimeError):
                continue  # no name that a file can have
        return reason
