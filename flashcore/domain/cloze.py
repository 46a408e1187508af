"""Cloze deletions: which parts of a text are hidden, on which card, and with which hint.

Two forms. In a text with any ``{{c1::text::hint}}`` (Anki's) only these are deletions and brackets are text; else each
outermost pair of balanced ``[text::hint]`` is one, except brackets that mean something else in Markdown: in code and
mathematics, ``\\[..\\]``, links, images, ``[[..]]``, ``[^1]``, ``[ ]`` and ``[x]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from flashcore.domain.markdown_spans import Span, code_spans, literal_spans

DEEPEST_NESTING = 8
LARGEST_ORDINAL = 499
"""``c500`` is the last deletion that is one; what lies beyond these two limits is text."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A hidden part of a text. ``ordinals`` are the cards (from 0) that ask for it, ``pieces`` what it hides."""

    ordinals: tuple[int, ...]
    pieces: tuple[str | Deletion, ...]
    hint: str = ""


Pieces = Sequence[str | Deletion]


class Fault(StrEnum):
    """What can be wrong with the brackets of a text."""

    UNMATCHED = "unmatched"
    """A bracket, or a ``{{c1::``, without its partner."""
    EMPTY = "empty"
    """A deletion that hides nothing."""
    ION = "ion"
    """``[Na+]`` beside another deletion: perhaps a concentration, not a deletion."""
    BEYOND = "beyond"
    """A ``{{c501::`` or one nested too deep, which is read as text."""


@dataclass(frozen=True, slots=True)
class BracketProblem:
    """A fault, the offset in the text where it stands, and the characters there."""

    offset: int
    fault: Fault
    found: str


def parse_cloze(text: str, cloze_ordinals: Sequence[int] = (), *, brackets: bool = True) -> tuple[str | Deletion, ...]:
    """The text in pieces, its deletions among them. Never raises: what makes no deletion is text.

    ``cloze_ordinals`` are the cards of the bracket deletions in text order; missing ones are numbered on. With
    ``brackets`` False (HTML from Anki) only the form in braces counts, in code too.
    """
    if not brackets:
        return _read_braces(text, ())[0]
    return scan_brackets(text, cloze_ordinals)[0]


def scan_brackets(
    text: str, cloze_ordinals: Sequence[int] = ()
) -> tuple[tuple[str | Deletion, ...], tuple[BracketProblem, ...]]:
    """The pieces of a Markdown text and everything that is wrong with its brackets, by offset. Linear time."""
    faults: tuple[BracketProblem, ...] = ()
    if "{{c" in text:
        pieces, faults = _read_braces(text, code_spans(text))
        if any(isinstance(piece, Deletion) for piece in pieces):
            return pieces, faults
    pieces, problems = _read_brackets(text, cloze_ordinals)
    return pieces, tuple(sorted((*faults, *problems), key=lambda problem: problem.offset))


def has_braces(text: str) -> bool:
    """Whether the deletions of a Markdown text are in Anki's form, so that its brackets are text."""
    return "{{c" in text and any(isinstance(piece, Deletion) for piece in _read_braces(text, code_spans(text))[0])


def cloze_ordinals_of(pieces: Pieces) -> tuple[int, ...]:
    """The cards that the deletions make, ascending, nested ones too."""
    return tuple(sorted({ordinal for deletion in deletions_of(pieces) for ordinal in deletion.ordinals}))


def deletions_of(pieces: Pieces) -> Iterator[Deletion]:
    """Every deletion in text order, an outer one before those in it."""
    for piece in pieces:
        if isinstance(piece, Deletion):
            yield piece
            yield from deletions_of(piece.pieces)


def plain_text(pieces: Pieces) -> str:
    """The text with nothing hidden: without the delimiters and hints of its deletions."""
    return "".join(piece if isinstance(piece, str) else plain_text(piece.pieces) for piece in pieces)


def cloze_signatures(pieces: Pieces) -> dict[int, str]:
    """ordinal -> the text it hides; several deletions of one card joined by line breaks."""
    texts: dict[int, list[str]] = {}
    for deletion in deletions_of(pieces):
        for ordinal in deletion.ordinals:
            texts.setdefault(ordinal, []).append(plain_text(deletion.pieces))
    return {ordinal: "\n".join(parts) for ordinal, parts in texts.items()}


def carried_ordinals(old_text: str, old_ordinals: Sequence[int], new_text: str) -> tuple[int, ...]:
    """The card of each bracket deletion of an edited text, so that every card keeps its history.

    First the deletions with the same text, then those at the same position between such neighbours, then those at the
    same place of the text; any other gets a fresh ordinal, above all of ``old_ordinals``, which may name retired
    cards after those of the deletions. Empty where the new text has no bracket deletions.
    """
    new = [deletion for deletion in scan_brackets(new_text)[0] if isinstance(deletion, Deletion)]
    if not new or has_braces(new_text):
        return ()
    before = cloze_signatures(scan_brackets(old_text, old_ordinals)[0])
    old = list(before.items())
    texts = [plain_text(deletion.pieces) for deletion in new]
    partner: dict[int, int] = {}
    for place, text in enumerate(texts[:len(old)]):
        if old[place][1] == text:
            partner[place] = place
    waiting: dict[str, list[int]] = {}
    for place in sorted(set(range(len(old))) - set(partner.values()), reverse=True):
        waiting.setdefault(old[place][1], []).append(place)
    for place, text in enumerate(texts):
        if place not in partner and waiting.get(text):
            partner[place] = waiting[text].pop()
    _pair_gaps(partner, len(old), len(new))
    fresh = max((-1, *before, *old_ordinals)) + 1
    ordinals: list[int] = []
    for place in range(len(new)):
        if place in partner:
            ordinals.append(old[partner[place]][0])
        else:
            ordinals.append(fresh)
            fresh += 1
    return tuple(ordinals)


def _pair_gaps(partner: dict[int, int], old_count: int, new_count: int) -> None:
    """Pair what stands between two neighbours that are paired in the same order; then what stands at the same place."""
    taken = set(partner.values())
    anchors = [(-1, -1), *sorted(partner.items()), (new_count, old_count)]
    passed = -1
    for (new_from, old_from), (new_to, old_to) in pairwise(anchors):
        free = [place for place in range(max(old_from, passed) + 1, old_to) if place not in taken]
        passed = max(passed, old_to)
        for place, old_place in zip(range(new_from + 1, new_to), free, strict=False):
            partner[place] = old_place
            taken.add(old_place)
    for place in range(min(old_count, new_count)):
        if place not in partner and place not in taken:
            partner[place] = place
            taken.add(place)


# ---------------------------------------------------------------------------------------------- [text::hint]

_TEXT_BRACKETS = re.compile(r"\[\[[^\[\]\n]++\]\]|\[\^[^\[\]\s]++\]|\[[ x]\]")
_LIST_BOX = re.compile(r"(?:^|\n)[ \t]*+(?:[-*+]|[0-9]{1,9}[.)])[ \t]++\Z")
_CALLOUT = re.compile(r"\[![A-Za-z-]++\]")
LINK_TARGET = re.compile(
    r"\(\s*+(?:<(?P<angled>[^<>\n]*+)>|(?P<plain>(?:[^\s()<>\\]|\\.|\((?:[^\s()\\]|\\.)*+\))*+))"
    r"""(?:\s++(?:"[^"\n]*+"|'[^'\n]*+'|\([^()\n]*+\)))?+\s*+\)""")
"""What follows the ``]`` of a Markdown link or image: a target without spaces or in ``<>``, perhaps a title."""
_ION = re.compile(
    r"(?:Na|K|Cl|Ca|Mg|H|H3O|OH|HCO3|CO3|PO4|HPO4|H2PO4|SO4|NH4|NO[23]|Li|Fe|Cu|Zn|F|I|Br)"
    r"\s?\^?\{?(?:[0-9]?[+-]{1,3}|[+-][0-9])\}?\Z")
_PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−–", "01234567890123456789+---")


def _read_brackets(
    text: str, cloze_ordinals: Sequence[int]
) -> tuple[tuple[str | Deletion, ...], tuple[BracketProblem, ...]]:
    if "[" not in text and "]" not in text:
        return ((text,) if text else ()), ()
    literal = literal_spans(text)
    pairs, problems = _bracket_pairs(text, literal)
    deletions: list[tuple[Span, str, str]] = []
    for start, end in pairs:
        hidden, hint = _hint_apart(text, start + 1, end - 1, literal)
        if hidden.strip():
            deletions.append(((start, end), hidden, hint))
        else:
            problems.append(BracketProblem(start, Fault.EMPTY, text[start:end]))
    if len(deletions) > 1:
        problems += [BracketProblem(start, Fault.ION, text[start:end]) for (start, end), hidden, hint in deletions
                     if not hint and _ION.match(hidden.strip().translate(_PLAIN_DIGITS))]
    pieces: list[str | Deletion] = []
    position = 0
    fresh = max(cloze_ordinals, default=-1) + 1
    for number, ((start, end), hidden, hint) in enumerate(deletions):
        if start > position:
            pieces.append(text[position:start])
        if number < len(cloze_ordinals):
            ordinal = cloze_ordinals[number]
        else:
            ordinal, fresh = fresh, fresh + 1
        pieces.append(Deletion((ordinal,), (hidden,), hint))
        position = end
    pieces += [text[position:]] if position < len(text) else []
    return tuple(pieces), tuple(sorted(problems, key=lambda problem: problem.offset))


def _bracket_pairs(text: str, literal: Sequence[Span]) -> tuple[list[Span], list[BracketProblem]]:
    """The outermost pairs of brackets that are deletions, and the brackets without a partner."""
    opened: list[int] = []
    pairs: list[Span] = []
    problems: list[BracketProblem] = []
    for start, end in _between(literal, len(text)):
        position = start
        while found := _BRACKET.search(text, position, end):
            at = found.start()
            position = at + 1
            if text[at] == "\\":
                position += 1
            elif text[at] == "[":
                if skip := _text_brackets(text, at):
                    position = skip
                else:
                    opened.append(at)
            elif not opened:
                problems.append(BracketProblem(at, Fault.UNMATCHED, "]"))
            else:
                first = opened.pop()
                target = LINK_TARGET.match(text, position) if text.startswith("(", position) else None
                while pairs and pairs[-1][0] > first:
                    pairs.pop()
                if target is None:
                    pairs.append((first, position))
                elif target.end() <= end:
                    position = target.end()
    problems += [BracketProblem(at, Fault.UNMATCHED, "[") for at in opened]
    return pairs, problems


_BRACKET = re.compile(r"\\|[\[\]]")


def _text_brackets(text: str, at: int) -> int:
    """The end of brackets at ``at`` that mean something else than a deletion; 0 where they do not."""
    found = _TEXT_BRACKETS.match(text, at)
    if found is None and text.startswith("[X]", at) and _LIST_BOX.search(text, max(at - 80, 0), at):
        return at + 3
    if found is None and text.startswith("[!", at):
        line = text.rfind("\n", max(at - 80, 0), at) + 1
        before = text[line:at]
        found = _CALLOUT.match(text, at) if len(before) < 80 and before.strip(" \t>") == "" and ">" in before else None
    if found is None:
        return 0
    is_link = found[0] in ("[ ]", "[x]") and LINK_TARGET.match(text, found.end()) is not None
    return 0 if is_link else found.end()


def _hint_apart(text: str, start: int, end: int, literal: Sequence[Span]) -> tuple[str, str]:
    """What is hidden and its hint, which starts at the last ``::`` outside literal text and inner brackets."""
    inside = text[start:end]
    if "::" not in inside:
        return inside, ""
    masked = list(inside)
    for first, last in _overlapping(literal, start, end):
        masked[first - start:last - start] = "\0" * (last - first)
    depth = 0
    for place, char in enumerate(masked):
        if char in "[]" and masked[place - 1:place] != ["\\"]:
            depth += 1 if char == "[" else -1
        elif depth > 0:
            masked[place] = "\0"
    place = "".join(masked).rfind("::")
    return (inside, "") if place < 0 else (inside[:place].rstrip(), inside[place + 2:].strip())


def _overlapping(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] <= start:
            low = middle + 1
        else:
            high = middle
    for place in range(low, len(spans)):
        if spans[place][0] >= end:
            return
        yield max(spans[place][0], start), min(spans[place][1], end)


def _between(spans: Iterable[Span], length: int) -> Iterator[Span]:
    position = 0
    for start, end in spans:
        if start > position:
            yield position, start
        position = end
    if position < length:
        yield position, length


# ------------------------------------------------------------------------------------- {{c1::text::hint}}

_BRACE = re.compile(r"\{\{c(?P<numbers>[0-9]++(?:,[0-9]++)*+)::|(?P<close>\}\})")


class _Open:
    """A ``{{c1::`` whose end was not yet found. ``beyond`` counts openings in it that are text, and so their ends."""

    def __init__(self, offset: int, opening: str, ordinals: tuple[int, ...]) -> None:
        self.offset, self.opening, self.ordinals, self.beyond = offset, opening, ordinals, 0
        self.pieces: list[str | Deletion] = []
        self.hint: list[str] | None = None

    def add_text(self, text: str, starts_hint: bool = True) -> None:
        """Text directly inside: the first ``::`` of it starts the hint, as in Anki."""
        if self.hint is None and self.ordinals and starts_hint and "::" in text:
            text, _, hint = text.partition("::")
            self.hint = [hint]
        elif self.hint is not None:
            self.hint.append(text)
            return
        if text:
            self.pieces.append(text)


def _read_braces(
    text: str, literal: Sequence[Span]
) -> tuple[tuple[str | Deletion, ...], tuple[BracketProblem, ...]]:
    problems: list[BracketProblem] = []
    outside = _Open(-1, "", ())
    stack = [outside]
    position = 0
    for found in _outside(_BRACE.finditer(text), literal):
        inside = stack[-1]
        inside.add_text(text[position:found.start()])
        position = found.end()
        if not found["close"]:
            ordinals = _ordinals(found["numbers"]) if len(stack) <= DEEPEST_NESTING else ()
            if ordinals:
                stack.append(_Open(found.start(), found[0], ordinals))
            else:
                problems.append(BracketProblem(found.start(), Fault.BEYOND, found[0][:40]))
                inside.add_text(found[0], starts_hint=False)
                inside.beyond += 1
        elif inside.beyond or len(stack) == 1:
            inside.add_text("}}")
            inside.beyond = max(inside.beyond - 1, 0)
        else:
            _close(stack, problems)
    stack[-1].add_text(text[position:])
    problems += [BracketProblem(one.offset, Fault.UNMATCHED, one.opening) for one in stack[1:]]
    while len(stack) > 1:
        unclosed = stack.pop()
        around = stack[-1].pieces
        around += [unclosed.opening, *unclosed.pieces]
        around.append("" if unclosed.hint is None else "::" + "".join(unclosed.hint))
    return _joined(outside.pieces), tuple(sorted(problems, key=lambda problem: problem.offset))


def _close(stack: list[_Open], problems: list[BracketProblem]) -> None:
    closed = stack.pop()
    pieces = _joined(closed.pieces)
    if not plain_text(pieces).strip():
        problems.append(BracketProblem(closed.offset, Fault.EMPTY, closed.opening + "}}"))
    stack[-1].pieces.append(Deletion(closed.ordinals, pieces, "".join(closed.hint or ()).strip()))


def _joined(pieces: Pieces) -> tuple[str | Deletion, ...]:
    """The pieces with neighbouring texts made one."""
    joined: list[str | Deletion] = []
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        if text := "".join(texts):
            joined.append(text)
        texts.clear()
        joined.append(piece)
    if text := "".join(texts):
        joined.append(text)
    return tuple(joined)


def _ordinals(numbers: str) -> tuple[int, ...]:
    found = [int(digits) - 1 for number in numbers.split(",") if len(digits := number.lstrip("0")) in (1, 2, 3)]
    return tuple(dict.fromkeys(ordinal for ordinal in found if 0 <= ordinal <= LARGEST_ORDINAL))


def _outside(found: Iterable[re.Match[str]], literal: Sequence[Span]) -> Iterator[re.Match[str]]:
    place = 0
    for match in found:
        while place < len(literal) and literal[place][1] <= match.start():
            place += 1
        if place == len(literal) or match.start() < literal[place][0]:
            yield match
