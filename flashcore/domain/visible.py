"""Text made safe for a terminal: what would command it, or hide in it, is shown as a mark.

Every string that came from a file, a deck or a person passes through ``visible`` on its way to a screen; what is
stored stays as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MAX_MARKS = 8
"""Combining marks that one base character may carry, and joiners that one chain of emoji may have."""

_SYMBOL_FOR_NUL = 0x2400
_DELETE = "\x7f"
_JOINER = "\u200d"

_CONTROLS = tuple(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
"""C0, DEL and C1: what a terminal obeys."""
_TAGS = r"\U000e0000-\U000e007f"
"""Tag characters: text that nobody sees."""
_HIDDEN = (
    r"\u2028\u2029"  # separators that some programs take for the end of a line
    r"\u202a-\u202e\u2066-\u206f"  # embeddings, overrides, isolates: they reorder what stands around them
    r"\ud800-\udfff"  # halves of surrogate pairs: they cannot be written at all
)
_PILE = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_MARKS + 1}}}")
"""Where too many marks could stand on one character: combining marks are neither word nor space."""

_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


def visible(text: str, keep: str = "\n\t") -> str:
    """``text`` with control characters, bidirectional overrides, tag characters and lone surrogates as visible marks.

    Control characters become their pictures (ESC is ``␛``), bidirectional controls their number (``<U+202E>``), the
    rest ``\N{REPLACEMENT CHARACTER}``. More than 8 combining marks on one character, and runs or endless chains of
    joiners, are cut. The control characters of ``keep`` stay. Right-to-left letters are never touched. Linear time.
    """
    unsafe, each = _patterns(keep)
    if unsafe.search(text) is not None:
        text = each.sub(_mark, text)
    if not text.isascii() and (_JOINER in text or _PILE.search(text) is not None):
        text = _cut_clusters(text)
    return text


@cache
def _patterns(keep: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """One that finds whether there is anything to mark, quickly; and one that finds each, a run of tags as one."""
    controls = "".join(re.escape(char) for char in _CONTROLS if char not in keep)
    return re.compile(f"[{controls}{_HIDDEN}{_TAGS}]"), re.compile(f"[{_TAGS}]+|[{controls}{_HIDDEN}]")


def _mark(found: re.Match[str]) -> str:
    char = found[0][0]
    code = ord(char)
    if code < 0x20:
        return chr(_SYMBOL_FOR_NUL + code)
    if char == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    if code in (0x2028, 0x2029):
        return "\N{SYMBOL FOR NEWLINE}"
    return f"<U+{code:04X}>" if 0x202A <= code <= 0x206F else "\N{REPLACEMENT CHARACTER}"


def _cut_clusters(text: str) -> str:
    kept: list[str] = []
    marks = joins = 0
    joined = False
    for char in text:
        if char in _INVISIBLE:
            joins += char == _JOINER
            if joined or joins > MAX_MARKS:
                continue
            joined = True
        elif unicodedata.category(char) in ("Mn", "Mc", "Me"):
            marks += 1
            if marks > MAX_MARKS:
                continue
        else:
            if not joined and char not in _SKIN_TONES:
                joins = 0
            marks, joined = 0, False
        kept.append(char)
    return "".join(kept)
