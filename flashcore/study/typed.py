"""An answer that is typed: the text that is right, and how what was typed differs from it, letter by letter."""

from __future__ import annotations

import difflib
import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flashcore.domain.visible import visible

LONGEST_COMPARED = 400
"""Letters; longer texts are told apart as a whole."""


@dataclass(frozen=True, slots=True)
class TypeIn:
    """What a learner is to type. With ``ignores_marks`` accents and vowel signs do not count."""

    expected: str
    ignores_marks: bool = False
    field: str = ""


class Fate(StrEnum):
    """What became of a part of a typed answer."""

    SAME = "same"
    WRONG = "wrong"
    """Typed, and not so in the right answer."""
    MISSED = "missed"
    """In the right answer, and not typed so."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some letters in a row with the same fate."""

    text: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where something else was typed: ``wrong`` instead of ``right``; either may be empty."""

    wrong: str
    right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A typed answer beside the right one. Both texts are safe for a terminal."""

    typed: tuple[Part, ...]
    expected: tuple[Part, ...]
    differences: tuple[Difference, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def compared(type_in: TypeIn, text: str) -> Comparison:
    """What was typed beside what is right. Capitals count as in Anki, the amount of white space does not."""
    typed, expected = _letters(text), _letters(type_in.expected)
    typed_keys, expected_keys = ([_key(one, type_in.ignores_marks) for one in letters] for letters in (typed, expected))
    steps: Sequence[tuple[str, int, int, int, int]]
    if "".join(typed_keys) == "".join(expected_keys):
        steps = [("equal", 0, len(typed), 0, len(expected))]
    elif max(len(typed), len(expected)) > LONGEST_COMPARED:
        steps = [("replace", 0, len(typed), 0, len(expected))]
    else:
        steps = difflib.SequenceMatcher(None, typed_keys, expected_keys, autojunk=False).get_opcodes()
    ours: list[Part] = []
    theirs: list[Part] = []
    differences: list[Difference] = []
    for name, start, end, expected_start, expected_end in steps:
        wrong, right = "".join(typed[start:end]), "".join(expected[expected_start:expected_end])
        is_same = name == "equal"
        if wrong:
            ours.append(Part(right if is_same else wrong, Fate.SAME if is_same else Fate.WRONG))
        if right:
            theirs.append(Part(right, Fate.SAME if is_same else Fate.MISSED))
        if not is_same:
            differences.append(Difference(wrong, right))
    return Comparison(tuple(ours), tuple(theirs), tuple(differences))


def expected_text(field: str) -> str:
    """The text that is right to type for a field of HTML: without sounds and markup, line breaks as spaces."""
    text = _SOUND.sub("", field[:_LONGEST_FIELD])
    text = strip_html(_BREAK.sub(" ", text))
    return unicodedata.normalize("NFC", text).replace("\xa0", " ").strip()


def strip_html(text: str) -> str:
    """HTML without its tags, comments, scripts and styles, entities as characters."""
    for opening, closing in _UNSEEN:
        text = _without_closed(text, opening, closing)
    return html.unescape(text)


_LONGEST_FIELD = 65_536
_SOUND = re.compile(r"\[(?:sound|anki):[^\]\n]*+\]")
_BREAK = re.compile(r"(?:</?(?:br|div) ?/?>|\n)++", re.IGNORECASE)
_UNSEEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"), ("<", ">"))
"""What is left out, in this order, each up to the next mark that ends it."""


def _without_closed(text: str, opening: str, closing: str) -> str:
    """The text without what stands between two marks, where both are there."""
    kept: list[str] = []
    position = 0
    begins, ends = (re.compile(re.escape(mark), re.IGNORECASE) for mark in (opening, closing))
    while (start := begins.search(text, position)) is not None and (end := ends.search(text, start.end())) is not None:
        kept.append(text[position:start.start()])
        position = end.end()
    return "".join(kept) + text[position:]


def _letters(text: str) -> list[str]:
    """The letters of a text, each with the marks that stand on it."""
    letters: list[str] = []
    for char in visible(unicodedata.normalize("NFC", " ".join(text.split()))):
        if letters and unicodedata.category(char) in ("Mn", "Mc", "Me"):
            letters[-1] += char
        else:
            letters.append(char)
    return letters


def _key(letter: str, ignores_marks: bool) -> str:
    """What has to be equal in two letters."""
    if not ignores_marks:
        return letter
    apart = unicodedata.normalize("NFKD", letter)
    return "".join(char for char in apart if unicodedata.category(char) != "Mn")
