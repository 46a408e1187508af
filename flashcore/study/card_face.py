"""The two sides of a card, as they are asked and answered, for any front end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import OWN_NOTE_TYPES, REVERSED, NoteKind
from flashcore.domain.vignette import Vignette
from flashcore.domain.visible import visible
from flashcore.formats.html import markdown_to_html
from flashcore.study.anki_template import NO_HINT, NOWHERE, Place, Sides, card_sides, cloze_html
from flashcore.study.occlusion import has_masks, mask_asked, pictures_of, shapes_asked, shapes_shown
from flashcore.study.rich_text import (
    CardText,
    NamedText,
    Paragraph,
    Span,
    Style,
    html_to_page,
    html_to_text,
    plain,
)
from flashcore.study.typed import TypeIn


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
    """What the screen calls it: recall, term, cloze, vignette, type-in or occlusion."""
    clues: tuple[NamedText, ...] = ()
    """Hints that the question shows when it is asked for them."""
    extras: tuple[NamedText, ...] = ()
    """Fields that the answer has besides, under their names."""
    type_in: TypeIn | None = None
    """What is to be typed, where the card wants that."""


def card_face(note: Note, ordinal: int, order: Sequence[int] = (), place: Place = NOWHERE) -> CardFace:
    """The face of card ``ordinal`` (from 0) of a note.

    ``order`` is the order in which the options of a vignette are shown, as their places in the note; empty is the
    note's own. ``place`` is for templates that name the deck or the flag.
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
                html_to_text(cloze_html(note.question, note, ordinal, is_revealed)) for is_revealed in (False, True))
            kind_name = "cloze"
        case NoteKind.STANDARD if note.markup is Markup.MARKDOWN and is_own:
            front, back = note.fields[0], note.field(note.note_type.fields[1])
            question, answer = (_text(side, note.markup) for side in ((back, front) if ordinal else (front, back)))
            kind_name = "term" if note.note_type.name == REVERSED.name else "recall"
        case _:
            return replace(_by_template(note, ordinal, place), why=why, source=source)
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


_ANSWER_LINE = re.compile(r"<hr\b[^>]*\bid\s*=\s*[\"']?answer\b[^>]*>", re.IGNORECASE)
_LINE = "---"


def _by_template(note: Note, ordinal: int, place: Place) -> CardFace:
    """The face of a card whose note type came from elsewhere: fields put into its template."""
    kind_name = "cloze" if note.note_type.kind is NoteKind.CLOZE else "recall"
    if not note.note_type.templates:
        question, answer = _text(note.question, note.markup), _text("<br>".join(note.fields[1:]), note.markup)
        return CardFace(question, answer, (), (), (), kind_name)
    sides, css = card_sides(note, ordinal, place), note.note_type.css
    asked = html_to_page(sides.front, css=css, is_answer=False, only_fields=sides.is_scripted)
    question = _without_lines(asked.text)
    before, *after = _ANSWER_LINE.split(sides.back, maxsplit=1)
    shown = [html_to_page(part, css=css, only_fields=sides.is_scripted) for part in (before, *after)]
    if after:
        answer = _without_lines(_new_in(shown[0].text, question) + shown[1].text)
    else:
        answer = _without_lines(_without_start(_without_lines(shown[0].text), question))
    hidden, revealed = _occlusion(note, ordinal, sides)
    if hidden:
        kind_name = "occlusion"
    elif sides.type_in is not None:
        kind_name = "type-in"
    question += (*map(_sentence, sides.problems), *hidden)
    folded = dict.fromkeys(one for page in shown for one in page.folded)
    return CardFace(question, answer + revealed, (), (), (), kind_name, clues=asked.folded, extras=tuple(folded),
                    type_in=sides.type_in)


def _sentence(words: str) -> Paragraph:
    return Paragraph(visible(words, keep=""))


def _new_in(text: CardText, question: CardText) -> CardText:
    """What stands above the answer, without the question that it repeats; a deletion filled in is no repetition."""
    asked = "\n".join(paragraph.text for paragraph in question)
    return tuple(paragraph for paragraph in text if paragraph.text not in asked
                 or any(span.style is Style.CLOZE for span in paragraph.spans))


def _without_start(text: CardText, question: CardText) -> CardText:
    """An answer without the question that it begins with, as ``{{FrontSide}}`` does."""
    start = 0
    while start < min(len(text), len(question)) and text[start].text == question[start].text:
        start += 1
    return text[start:] if 0 < start < len(text) else text


def _without_lines(text: CardText) -> CardText:
    """A side without rules at its start and end, which part it from nothing."""
    start, end = 0, len(text)
    while start < end and text[start].text == _LINE:
        start += 1
    while start < end and text[end - 1].text == _LINE:
        end -= 1
    return text[start:end]


def _occlusion(note: Note, ordinal: int, sides: Sides) -> tuple[CardText, CardText]:
    """What an occlusion card hides on its picture, and where that is; nothing for other cards."""
    if hidden := shapes_asked(sides.shapes, ordinal):
        where = shapes_shown(sides.shapes, ordinal)
    elif has_masks(note.note_type):
        hidden, where = mask_asked(note), ""
    else:
        return (), ()
    pictures = pictures_of(note)
    shown = f"Look at {pictures[0]}" if pictures else "Look at the picture"
    lead = f"{shown}: " if where else f"{shown} without its masks."
    marked = (Span(len(lead), len(lead) + len(where), Style.CLOZE),) if where else ()
    return (_sentence(hidden),), (Paragraph(lead + where, marked),)
