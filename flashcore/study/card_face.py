"""The two sides of a card, as they are asked and answered, for any front end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flashcore.domain.cloze import Deletion, parse_cloze, plain_text
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import OWN_NOTE_TYPES, REVERSED, NoteKind
from flashcore.domain.vignette import Vignette
from flashcore.formats.cloze_html import cloze_to_screen
from flashcore.formats.html import markdown_to_html
from flashcore.study.rich_text import CardText, Style, html_to_text, plain

NO_HINT = "..."
"""What a blank without a hint says, in square brackets."""


@dataclass(frozen=True, slots=True)
class OptionFace:
    """An option of a vignette where it is shown: ``letter`` is that of this showing, ``place`` the one in the note."""

    place: int
    letter: str
    text: CardText
    is_right: bool
    explanation: CardText


@dataclass(frozen=True, slots=True)
class CardFace:
    """What a card shows. A vignette's question is its stem, its answer the right option; options in showing order."""

    question: CardText
    answer: CardText
    why: CardText
    source: CardText
    options: tuple[OptionFace, ...]
    kind_name: str
    """What the screen calls it: recall, term, cloze or vignette."""


def card_face(note: Note, ordinal: int, order: Sequence[int] = ()) -> CardFace:
    """The face of card ``ordinal`` (from 0) of a note.

    ``order`` is the order in which the options of a vignette are shown, as their places in the note; empty is the
    note's own.
    """
    is_own = note.note_type.name in _OWN
    why, source = ((_text(note.field(name), note.markup) for name in ("Why", "Source")) if is_own else ((), ()))
    options: tuple[OptionFace, ...] = ()
    match note.note_type.kind:
        case NoteKind.VIGNETTE:
            question, answer, options = _vignette(note, order)
            kind_name = "vignette"
        case NoteKind.CLOZE if note.markup is Markup.MARKDOWN:
            question, answer = (
                html_to_text(_cloze(note.question, note, ordinal, is_revealed)) for is_revealed in (False, True))
            kind_name = "cloze"
        case NoteKind.STANDARD if note.markup is Markup.MARKDOWN and is_own:
            front, back = note.fields[0], note.field(note.note_type.fields[1])
            question, answer = (_text(side, note.markup) for side in ((back, front) if ordinal else (front, back)))
            kind_name = "term" if note.note_type.name == REVERSED.name else "recall"
        case kind:
            question, answer = _by_template(note, ordinal)
            kind_name = "cloze" if kind is NoteKind.CLOZE else "recall"
    return CardFace(question, answer, why, source, options, kind_name)


def plain_question(face: CardFace) -> str:
    """The question as one string without markup; a blank reads ``[...]`` or ``[hint]``."""
    return plain(face.question)


def plain_answer(face: CardFace) -> str:
    """The answer as one string without markup; of a cloze, what the blank held."""
    held = _marked(face.answer, Style.CLOZE)
    return "; ".join(held) if held else plain(face.answer)


def hints(face: CardFace) -> tuple[str, ...]:
    """The hint of each blank in the question, in order; empty for one that has none."""
    blanks = (blank.removeprefix("[").removesuffix("]") for blank in _marked(face.question, Style.CLOZE))
    return tuple("" if blank == NO_HINT else blank for blank in blanks)


_OWN = frozenset(note_type.name for note_type in OWN_NOTE_TYPES)


def _text(field: str, markup: Markup) -> CardText:
    if not field:
        return ()
    return html_to_text(markdown_to_html(field) if markup is Markup.MARKDOWN else field)


def _marked(text: CardText, style: Style) -> list[str]:
    return [paragraph.text[span.start:span.end]
            for paragraph in text for span in paragraph.spans if span.style is style]


def _vignette(note: Note, order: Sequence[int]) -> tuple[CardText, CardText, tuple[OptionFace, ...]]:
    vignette = Vignette.from_note(note)
    places = order if sorted(order) == list(range(len(vignette.options))) else range(len(vignette.options))
    options = tuple(
        OptionFace(place, chr(ord("A") + number), _text(option.text, note.markup), option.is_right,
                   _text(option.explanation, note.markup))
        for number, place in enumerate(places) if (option := vignette.options[place]))
    answer = next((option.text for option in options if option.is_right), ())
    return _text(vignette.stem, note.markup), answer, options


def _cloze(text: str, note: Note, ordinal: int, is_revealed: bool) -> str:
    pieces = parse_cloze(text, note.cloze_ordinals, brackets=note.markup is Markup.MARKDOWN)
    return cloze_to_screen(tuple(_asked(pieces, ordinal, is_revealed)), note.markup, as_blanks=not is_revealed)


def _asked(pieces: Sequence[str | Deletion], ordinal: int, is_revealed: bool) -> Iterator[str | Deletion]:
    """Only the deletions that are asked; the text of the others stands where they stood."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif ordinal not in piece.ordinals:
            yield from _asked(piece.pieces, ordinal, is_revealed)
        elif is_revealed:
            yield Deletion(piece.ordinals, (plain_text(piece.pieces),), "")
        else:
            yield Deletion(piece.ordinals, (piece.hint or NO_HINT,), "")


_SECTION = re.compile(r"\{\{([#^])\s*([^{}]+?)\s*\}\}((?:(?!\{\{[#^/]).)*)\{\{/\s*\2\s*\}\}", re.DOTALL)
_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_ANSWER_LINE = re.compile(r"<hr\b[^>]*\bid\s*=\s*[\"']?answer\b[^>]*>", re.IGNORECASE)
_MOST_SECTIONS = 64


def _by_template(note: Note, ordinal: int) -> tuple[CardText, CardText]:
    """The sides of a card whose note type came from elsewhere: fields put into its template."""
    templates = note.note_type.templates
    place = 0 if note.note_type.kind is NoteKind.CLOZE else min(ordinal, len(templates) - 1)
    if not templates:
        return _text(note.question, note.markup), _text("<br>".join(note.fields[1:]), note.markup)
    template = templates[place]
    front = _filled(template.front, note, ordinal, is_answer=False)
    back = _ANSWER_LINE.split(_filled(template.back, note, ordinal, is_answer=True), maxsplit=1)[-1]
    return html_to_text(front), html_to_text(back)


def _filled(template: str, note: Note, ordinal: int, is_answer: bool) -> str:
    def section(found: re.Match[str]) -> str:
        return found[3] if bool(field(found[2]).strip()) is (found[1] == "#") else ""

    def field(name: str) -> str:
        if name in ("Why", "Source") and note.note_type.name in _OWN:
            return ""
        return note.field(name)

    def value(found: re.Match[str]) -> str:
        *filters, name = (part.strip() for part in found[1].split(":"))
        if name == "Tags":
            return " ".join(note.tags)
        if any(word.startswith("tts") for word in filters) or (not is_answer and filters[:1] in (["type"], ["hint"])):
            return ""
        text = field(name)
        if "cloze" in filters:
            return _cloze(text, note, ordinal, is_answer)
        return markdown_to_html(text) if note.markup is Markup.MARKDOWN else text

    for _ in range(_MOST_SECTIONS):
        template, count = _SECTION.subn(section, template)
        if not count:
            break
    return _FIELD.sub(value, template)
