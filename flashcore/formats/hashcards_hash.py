"""The hashes by which hashcards knows the cards of a deck file (facts: hashcards' parser and card types, 2025-2026).

A card is the BLAKE3 hash of ``Basic``, question and answer; or of ``Cloze``, the text without brackets, and the first
and last byte of what it hides, as 64-bit little-endian numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from flashcore.domain.cloze import Deletion, plain_text
from flashcore.formats.deck_folder import WHITE_SPACE
from flashcore.formats.text_file import clean_text


@dataclass(frozen=True, slots=True)
class HashedCard:
    """A card of a deck file: the line of its marker (from 1), the text it hides (a question card: none), its hashes.

    Versions of hashcards differ in what brackets of links and behind backslashes mean, so a cloze card may have more
    than one; the newest version's is the first.
    """

    line: int
    hidden: str | None
    hashes: tuple[str, ...]


def hashed_cards(text: str) -> list[HashedCard]:
    """The cards of a deck file, in order. Linear time; a card that hashcards would refuse is left out."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    first = _after_front_matter(lines)
    cards: list[HashedCard] = []
    kind, number, question = "", 0, ""
    part: list[str] = []
    fence = ""

    def end() -> None:
        body = "\n".join(part)
        if kind == "A":
            cards.append(_basic(number, question, body))
        elif kind == "C":
            cards.extend(_clozes(number, body.strip(WHITE_SPACE)))

    for place, line in enumerate(lines[first:], first + 1):
        start = line.lstrip(WHITE_SPACE)[:3]
        if fence or start in ("```", "~~~"):
            fence = start if not fence else "" if start == fence else fence
            part.append(line)
            continue
        marker = line[:2]
        if marker in ("Q:", "C:"):
            end()
            kind, number, part = marker[0], place, [line[2:].strip(WHITE_SPACE)]
        elif marker == "A:" and kind == "Q":
            kind, question, part = "A", "\n".join(part), [line[2:].strip(WHITE_SPACE)]
        elif line.strip(WHITE_SPACE) == "---":
            end()
            kind, part = "", []
        else:
            part.append(line)
    end()
    return cards


def _after_front_matter(lines: list[str]) -> int:
    if lines[0].strip(WHITE_SPACE) != "---":
        return 0
    return next((number + 1 for number, line in enumerate(lines[1:], 1) if line.strip(WHITE_SPACE) == "---"), 0)


def _digest(*parts: bytes) -> str:
    from blake3 import blake3

    return blake3(b"".join(parts)).hexdigest()


def _basic(line: int, question: str, answer: str) -> HashedCard:
    return HashedCard(line, None, (_digest(b"Basic", question.strip(WHITE_SPACE).encode(),
                                           answer.strip(WHITE_SPACE).encode()),))


def _clozes(line: int, text: str) -> list[HashedCard]:
    readings = [without_brackets(text, links=links, escapes=escapes)
                for links, escapes in ((True, True), (False, True), (False, False))]
    found: list[HashedCard] = []
    for place, (start, end) in enumerate(readings[0][1]):
        hashes = [_digest(b"Cloze", clean, spans[place][0].to_bytes(8, "little"), spans[place][1].to_bytes(8, "little"))
                  for clean, spans in readings if len(spans) == len(readings[0][1])]
        hidden = readings[0][0][start:end + 1].decode(errors="replace")
        found.append(HashedCard(line, hidden, tuple(dict.fromkeys(hashes))))
    return found


def without_brackets(text: str, *, links: bool = True, escapes: bool = True) -> tuple[bytes, list[tuple[int, int]]]:
    r"""A cloze text without the brackets of its deletions, in UTF-8, and (first, last byte) of what each hides.

    Brackets stay where they belong to an image, with ``links`` also to a link; with ``escapes`` ``\[`` is a bracket.
    """
    data = text.encode("utf-8", "replace")
    clean = bytearray()
    spans: list[tuple[int, int]] = []
    start: int | None = None
    literal = False  # inside ![..] or the [..] of a link
    skip_until = 0
    for place, byte in enumerate(data):
        following = data[place + 1:place + 2]
        if place < skip_until:
            clean.append(byte)
        elif byte == 0x5C and escapes and following in (b"[", b"]"):
            skip_until = place + 2
        elif byte == 0x5B and not literal:
            if links and _opens_link(data, place):
                literal = True
                clean.append(byte)
            elif start is None:
                start = len(clean)
        elif byte == 0x5D and literal:
            literal = False
            clean.append(byte)
        elif byte == 0x5D:
            if start is not None and len(clean) > start:
                spans.append((start, len(clean) - 1))
            start = None
        else:
            literal = literal or (byte == 0x21 and following == b"[")
            clean.append(byte)
    return bytes(clean), spans


def _opens_link(data: bytes, place: int) -> bool:
    place += 1
    while place < len(data):
        if data[place] == 0x5C:
            place += 2
        elif data[place] == 0x5B:
            return False
        elif data[place] == 0x5D:
            return data[place + 1:place + 2] == b"("
        else:
            place += 1
    return False


def bare(text: str) -> str:
    r"""A hidden text by which two readings of it are compared: in NFC, without what differs between them."""
    return "".join(clean_text(text)[0].replace("\\[", "[").replace("\\]", "]").split())


def hidden_text(deletion: Deletion) -> str:
    """What hashcards hides with this deletion: it knows no hints, so ``::`` and the hint are part of the text."""
    return plain_text(deletion.pieces) + (f"::{deletion.hint}" if deletion.hint else "")
