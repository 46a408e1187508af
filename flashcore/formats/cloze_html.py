"""Cloze notes as HTML: for Anki with ``{{c1::..::hint}}``, for a screen with the deletions as spans.

Markdown must see the text as if the deletions were not there, and the deletions must come out where they stood. So
their bounds go through the Markdown parser as characters of the private use planes, and become markup afterwards.
Beside each stands a character of punctuation on its inner side, because Markdown looks at neighbours to tell whether
``_`` starts emphasis: inside as after a bracket, outside as beside a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from flashcore.domain.cloze import Deletion, parse_cloze
from flashcore.domain.note import Markup
from flashcore.formats.html import Rewrite, markdown_to_html

Pieces = Sequence[str | Deletion]

_PLANES = (0xF0000, 0x100000)
_PLANE_SIZE = 0xFFFE
_OPEN, _HINT, _CLOSE = range(3)
_LEFT, _RIGHT = "⸨", "⸩"
_APART = "<!-- -->"
"""What Anki's manual puts between two characters of a text so that they do not end a deletion or start a hint."""


def cloze_to_anki(text: str, cloze_ordinals: Sequence[int] = (), media_name: Rewrite | None = None) -> str:
    """The Markdown text of a cloze note as Anki's HTML, its deletions numbered from 1: card ordinal + 1.

    What Anki would take for the end of a deletion or the start of a hint, and is not, is parted: in formulas by a
    space, which TeX ignores, elsewhere by an empty comment.
    """
    bounds = _Bounds(parse_cloze(text, tuple(cloze_ordinals)))
    html = markdown_to_html(bounds.text, media_name, bounds.part_in_formula)
    out: list[str] = []
    depth = 0
    for is_tag, part in _parts(html):
        if is_tag:
            part = bounds.pattern.sub("", part)
            out.append(part.replace("}}", "}&#125;").replace("::", ":&#58;") if depth else part)
            continue
        before = ""
        for kind, deletion, words in bounds.split(part):
            if kind is None:
                before = re.sub(r"([}:])(?=\1)", rf"\1{_APART}", words) if depth else words
                out.append(re.sub(r"\{(?=\{c\d)", f"{{{_APART}", before))
                continue
            if kind == _OPEN:
                depth += 1
                out.append("{{c" + ",".join(str(ordinal + 1) for ordinal in deletion.ordinals) + "::")
            elif kind == _HINT:
                out.append(f"{_APART}::" if before.endswith(":") else "::")
            else:
                depth -= 1
                out.append(f"{_APART}}}}}" if before.endswith("}") else "}}")
            before = ""
    return "".join(out)


def cloze_to_screen(pieces: Pieces, markup: Markup, as_blanks: bool) -> str:
    """HTML in which each deletion is a ``<span class="cloze">``; in square brackets where it stands for a blank.

    A deletion over several blocks or tags is a span in each of them.
    """
    bounds = _Bounds(pieces, with_hints=False)
    html = markdown_to_html(bounds.text) if markup is Markup.MARKDOWN else bounds.text
    out: list[str] = []
    depth = 0
    for is_tag, part in _parts(html):
        if is_tag:
            out.append(bounds.pattern.sub("", part))
            continue
        for kind, _, words in bounds.split(part):
            if kind is not None:
                depth += 1 if kind == _OPEN else -1
                words = ("[" if kind == _OPEN else "]") if as_blanks else ""
                out.append(f'<span class="cloze">{words}</span>' if words else "")
            else:
                out.append(f'<span class="cloze">{words}</span>' if depth > 0 and words.strip("\n") else words)
    return "".join(out)


def _parts(html: str) -> Iterator[tuple[bool, str]]:
    """Tags and the text between them, in turn."""
    for number, part in enumerate(re.split(r"(<[^<>]*>)", html)):
        yield bool(number % 2), part


class _Bounds:
    """A text whose deletions are marked by characters that occur nowhere else in it."""

    def __init__(self, pieces: Pieces, with_hints: bool = True) -> None:
        self.deletions: list[Deletion] = []
        words = list(_words(pieces))
        highest = max((max(word, default="") for word in words), default="")
        self.base = _PLANES[highest >= chr(_PLANES[0])]
        first, last = chr(self.base), chr(self.base + _PLANE_SIZE - 1)
        self.pattern = re.compile(f"{_RIGHT}?[{first}-{last}]{_LEFT}?")
        self.seam = re.compile(rf"([}}:])(?=\1|{_RIGHT}[{first}-{last}])")
        self.text = "".join(self._encoded(pieces, with_hints, re.compile(f"[{first}-{last}]")))

    def _encoded(self, pieces: Pieces, with_hints: bool, taken: re.Pattern[str]) -> Iterator[str]:
        waiting: list[str | Deletion | tuple[int, int]] = list(reversed(pieces))
        while waiting:
            piece = waiting.pop()
            if isinstance(piece, str):
                yield taken.sub("\N{REPLACEMENT CHARACTER}", piece)
            elif isinstance(piece, tuple):
                yield self._mark(*piece)
            elif 3 * len(self.deletions) + 3 > _PLANE_SIZE:
                waiting += reversed(piece.pieces)
            else:
                number = len(self.deletions)
                self.deletions.append(piece)
                yield self._mark(number, _OPEN)
                waiting.append((number, _CLOSE))
                if with_hints and piece.hint:
                    waiting += [piece.hint, (number, _HINT)]
                waiting += reversed(piece.pieces)

    def _mark(self, number: int, kind: int) -> str:
        return ("" if kind == _OPEN else _RIGHT) + chr(self.base + 3 * number + kind) + ("" if kind == _CLOSE else _LEFT)

    def split(self, text: str) -> Iterator[tuple[int | None, Deletion, str]]:
        """The bounds in a text, as kind and deletion, and the words between them, as kind None."""
        nobody = Deletion((), (), "")
        position = 0
        for found in self.pattern.finditer(text):
            if found.start() > position:
                yield None, nobody, text[position:found.start()]
            place = ord(found[0].strip(_LEFT + _RIGHT)) - self.base
            yield place % 3, self.deletions[place // 3], ""
            position = found.end()
        if position < len(text):
            yield None, nobody, text[position:]

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
