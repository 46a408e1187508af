"""Cloze texts of other programs as our Markdown: what is hidden, on which card, with which hint -> ``[text::hint]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flashcore.domain.cloze import Deletion, parse_cloze, plain_text

LARGEST_PAGE_BYTES = 4 * 1024 * 1024
"""As large as a note of Obsidian or an Org file may be; people write pages of kilobytes, and converting takes time."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A part that is hidden: its Markdown, the cards (from 0) that ask for it, its hint."""

    text: str
    ordinals: tuple[int, ...]
    hint: str = ""


Pieces = Sequence[str | Hidden]


def to_cloze_markdown(pieces: Pieces) -> str:
    """The text in which exactly these parts are deletions; empty where no spelling is read back as that.

    Brackets where that is possible, since people write these; else ``{{c1::text::hint}}``. Brackets that are text get
    a backslash. As a last resort ``}}`` inside becomes ``} }`` and ``::`` an entity, which look the same.
    """
    hidden = [piece for piece in pieces if isinstance(piece, Hidden)]
    if not all(piece.text.strip() for piece in hidden):
        return ""
    wanted = [(piece.ordinals, _bare(piece.text), _bare(piece.hint)) for piece in hidden]
    spellings: list[Callable[[], str]] = [lambda: _braces(pieces, str), lambda: _braces(pieces, _without_marks)]
    if [piece.ordinals for piece in hidden] == [(number,) for number in range(len(hidden))]:
        spellings.insert(0, lambda: _brackets(pieces))
    for spelling in spellings:
        text = spelling()
        read_back = [(piece.ordinals, _bare(plain_text(piece.pieces)), _bare(piece.hint))
                     for piece in parse_cloze(text) if isinstance(piece, Deletion)]
        if read_back == wanted:
            return text
    return ""


def escaped_brackets(text: str, *, backslashes: bool = True) -> str:
    """Text in which brackets, but for those of images and links, have a backslash and so make no deletion.

    With ``backslashes`` one that has a backslash already is left alone. Linear time.
    """
    if "[" not in text and "]" not in text:
        return text
    parts: list[str] = []
    literal = backslash = False
    closing = last_opening = -1
    for place, letter in enumerate(text):
        if backslashes and (backslash or letter == "\\"):
            backslash = not backslash
            parts.append(letter)
        elif letter == "[" and not literal:
            if closing < place:
                closing = text.find("]", place)
                closing = len(text) if closing < 0 else closing
                last_opening = text.rfind("[", place, closing)
            is_link = text.startswith("](", closing) and last_opening == place
            literal = text[place - 1:place] == "!" or is_link
            parts.append(letter if literal else "\\[")
        elif letter == "]" and not literal:
            parts.append("\\]")
        else:
            literal = literal and letter != "]"
            parts.append(letter)
    return "".join(parts)


def _brackets(pieces: Pieces) -> str:
    return "".join(escaped_brackets(piece) if isinstance(piece, str) else
                   f"[{escaped_brackets(piece.text)}{'::' if piece.hint else ''}{escaped_brackets(piece.hint)}]"
                   for piece in pieces)


def _braces(pieces: Pieces, spelled: Callable[[str], str]) -> str:
    parts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        numbers = ",".join(str(ordinal + 1) for ordinal in piece.ordinals)
        hint = f"::{spelled(piece.hint)}" if piece.hint else ""
        parts.append(f"{{{{c{numbers}::{spelled(piece.text)}{hint}}}}}")
    return "".join(parts)


def _without_marks(text: str) -> str:
    while "}}" in text:
        text = text.replace("}}", "} }")
    return (text + " " if text.endswith("}") else text).replace("::", ":&#58;").replace("::", ":&#58;")


def _bare(text: str) -> str:
    return "".join(text.replace("\\[", "[").replace("\\]", "]").replace("&#58;", ":").split())
