"""How Anki sorts notes and tells duplicates: the first field without markup, and its checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from html.entities import html5

_MEDIA_TAG = re.compile(r"<(?:img|audio|video|object)\b[^<>]*?\b(?:src|data)="
                        r"(?:\"([^\"<>]+)\"|'([^'<>]+)'|([^\s\"'<>]+))[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_OPENING = re.compile(r"<(?:(?P<comment>!--)|(?P<style>style\b)|(?P<script>script\b))?", re.IGNORECASE)
_CLOSING = {"comment": re.compile("-->"), "style": re.compile("</style>", re.IGNORECASE),
            "script": re.compile("</script>", re.IGNORECASE), None: re.compile(">")}


def stripped(field: str) -> str:
    """A field as Anki sorts by it and looks for duplicates: without tags, the names of pictures kept.

    A text of which one ``&`` begins no entity keeps them all, as in Anki.
    """
    if "<" in field:
        field = "".join(_without_tags(_MEDIA_TAG.sub(lambda tag: f" {tag[1] or tag[2] or tag[3]} ", field)))
    if "&" not in field:
        return field
    try:
        plain, count = _ENTITY.subn(_character, field)
    except (KeyError, ValueError):
        return field
    return plain.replace("\xa0", " ") if count == field.count("&") else field


def _without_tags(field: str) -> Iterator[str]:
    """What stands between tags, comments, styles and scripts. What is never closed is looked for once only."""
    position = 0
    unclosed: set[str | None] = set()
    while opened := _OPENING.search(field, position):
        kinds = [kind for kind in (opened.lastgroup, None) if kind not in unclosed]
        closed = None
        for kind in kinds:
            closed = _CLOSING[kind].search(field, opened.end())
            if closed is not None:
                break
            unclosed.add(kind)
        if closed is None:
            break
        yield field[position:opened.start()]
        position = closed.end()
    yield field[position:]


def _character(found: re.Match[str]) -> str:
    name = found[1]
    if name[0] != "#":
        return html5[f"{name};"]
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    if 0xD800 <= number < 0xE000:
        raise ValueError
    return chr(number)


def checksum(field: str) -> int:
    """What Anki looks for duplicates by: the first 32 bits of the SHA-1 of the stripped first field."""
    return int.from_bytes(hashlib.sha1(stripped(field).encode(), usedforsecurity=False).digest()[:4], "big")
