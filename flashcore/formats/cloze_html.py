"""Cloze notes as HTML: for Anki with ``{{c1::..::hint}}``, for a screen with the deletions as spans.

Markdown must see the text as if the deletions were not there, and the deletions must come out where they stood. So
their bounds go through the Markdown parser as characters of the private use planes, and become markup afterwards.
Beside each stands a character of punctuation on its inner side, because Markdown looks at neighbours to tell whether
``_`` starts emphasis: inside as after a bracket, outside as beside a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum

from flashcore.domain.cloze import Deletion, parse_cloze
from flashcore.domain.note import Markup
from flashcore.formats.html import Rewrite, markdown_to_html

Pieces = Sequence[str | Deletion]

_PLANES = (0xF0000, 0x100000)
_PLANE_SIZE = 0xFFFE
_LEFT, _RIGHT = "⸨", "⸩"
_APART = "<!-- -->"
"""What Anki's manual puts between two characters of a text so that they do not end a deletion or start a hint."""


class _Part(IntEnum):
    """What a piece of the rendered HTML is. The bounds of a deletion have the numbers of their characters."""

    OPEN = 0
    HINT = 1
    CLOSE = 2
    TAG = 3
    WORDS = 4


def cloze_to_anki(text: str, cloze_ordinals: Sequence[int] = (), media_name: Rewrite | None = None) -> str:
    """The Markdown text of a cloze note as Anki's HTML, its deletions numbered from 1: card ordinal + 1.

    What Anki would take for the end of a deletion or the start of a hint, and is not, is parted: in formulas by a
    space, which TeX ignores, elsewhere by an empty comment.
    """
    bounds = _Bounds(parse_cloze(text, tuple(cloze_ordinals)))
    html = markdown_to_html(bounds.text, media_name, bounds.part_in_formula)
    out: list[str] = []
    depth = 0
    before = ""
    for part, words, deletion in bounds.parts(html):
        match part:
            case _Part.TAG:
                out.append(words.replace("}}", "}&#125;").replace("::", ":&#58;") if depth else words)
            case _Part.WORDS:
                parted = re.sub(r"([}:])(?=\1)", rf"\1{_APART}", words) if depth else words
                out.append(re.sub(r"\{(?=\{c\d)", f"{{{_APART}", parted))
            case _Part.OPEN:
                depth += 1
                out.append("{{c" + ",".join(str(ordinal + 1) for ordinal in deletion.ordinals) + "::")
            case _Part.HINT:
                out.append(f"{_APART}::" if before.endswith(":") else "::")
            case _Part.CLOSE:
                depth -= 1
                out.append(f"{_APART}}}}}" if before.endswith("}") else "}}")
        before = words if part is _Part.WORDS else ""
    return "".join(out)


def cloze_to_screen(pieces: Pieces, markup: Markup, as_blanks: bool) -> str:
    """HTML in which each deletion is a ``<span class="cloze">``; in square brackets where it stands for a blank.

    A deletion over several blocks or tags is a span in each of them.
    """
    bounds = _Bounds(pieces, with_hints=False)
    html = markdown_to_html(bounds.text) if markup is Markup.MARKDOWN else bounds.text
    out: list[str] = []
    depth = 0
    for part, words, _ in bounds.parts(html):
        depth += {_Part.OPEN: 1, _Part.CLOSE: -1}.get(part, 0)
        if part in (_Part.OPEN, _Part.CLOSE):
            words = ("[" if part is _Part.OPEN else "]") if as_blanks else ""
        elif part is _Part.TAG or depth == 0 or not words.strip("\n"):
            out.append(words)
            continue
        if words:
            out.append(f'<span class="cloze">{words}</span>')
    return "".join(out)


class _Bounds:
    """A text whose deletions are bounded by characters that occur nowhere else in it."""

    def __init__(self, pieces: Pieces, with_hints: bool = True) -> None:
        self.deletions: list[Deletion] = []
        highest = max((max(word, default="") for word in _words(pieces)), default="")
        self.base = _PLANES[highest >= chr(_PLANES[0])]
        own = f"[{chr(self.base)}-{chr(self.base + _PLANE_SIZE - 1)}]"
        self.bound = re.compile(f"{_RIGHT}?({own}){_LEFT}?")
        self.seam = re.compile(rf"([}}:])(?=\1|{_RIGHT}{own})")
        self.text = "".join(self._encoded(pieces, with_hints, re.compile(own)))

    def _encoded(self, pieces: Pieces, with_hints: bool, taken: re.Pattern[str]) -> Iterator[str]:
        waiting: list[str | Deletion | tuple[int, _Part]] = list(reversed(pieces))
        while waiting:
            piece = waiting.pop()
            if isinstance(piece, str):
                yield taken.sub("\N{REPLACEMENT CHARACTER}", piece)
            elif isinstance(piece, tuple):
                yield self._bound(*piece)
            elif 3 * len(self.deletions) + 3 > _PLANE_SIZE:
                waiting += reversed(piece.pieces)
            else:
                number = len(self.deletions)
                self.deletions.append(piece)
                yield self._bound(number, _Part.OPEN)
                waiting.append((number, _Part.CLOSE))
                if with_hints and piece.hint:
                    waiting += [piece.hint, (number, _Part.HINT)]
                waiting += reversed(piece.pieces)

    def _bound(self, number: int, part: _Part) -> str:
        char = chr(self.base + 3 * number + part)
        return (_RIGHT if part is not _Part.OPEN else "") + char + (_LEFT if part is not _Part.CLOSE else "")

    def parts(self, html: str) -> list[tuple[_Part, str, Deletion]]:
        """The rendered HTML in order: tags, words, and the bounds of every deletion that came through whole."""
        nobody = Deletion((), ())
        found: list[tuple[_Part, str, int]] = []
        for place, piece in enumerate(re.split(r"(<[^<>]*>)", html)):
            if place % 2:
                found.append((_Part.TAG, self.bound.sub("", piece), -1))
                continue
            for side, words in enumerate(self.bound.split(piece)):
                number, kind = divmod(ord(words) - self.base, 3) if side % 2 else (-1, _Part.WORDS)
                found.append((_Part(kind), words, number))
        outer = {_Part.OPEN, _Part.CLOSE}
        seen = Counter(number for part, _, number in found if part in outer)
        return [(part, words, self.deletions[number] if number >= 0 else nobody)
                for part, words, number in found if words and (number < 0 or seen[number] == len(outer))]

    def part_in_formula(self, tex: str) -> str:
        """TeX in which no ``}}`` ends a deletion and no ``::`` starts a hint."""
        return re.sub(r"\{(?=\{c\d)", "{ ", self.seam.sub(r"\1 ", tex))


def _words(pieces: Pieces) -> Iterator[str]:
    waiting: list[str | Deletion] = list(pieces)
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            yield piece
        else:
            yield piece.hint
            waiting += piece.pieces
