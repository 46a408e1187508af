"""The two sides of a card whose note type came with templates, as HTML: fields put where the templates show them.

Tags of our own tell the reader of the HTML what it cannot see: ``<flashcore-field>`` stands around a field that only
the answer has, ``<flashcore-text>`` around any other field of a page that a script builds, ``<flashcore-hint>`` around
what is shown only when it is asked for. What cannot be shown is a sentence, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from flashcore.domain.card_template import (
    FRONT_SIDE,
    Part,
    ReadTemplate,
    Section,
    Shown,
    is_blank,
    is_met,
    places,
    read_template,
    shows_a_field,
)
from flashcore.domain.cloze import Deletion, Pieces, deletions_of, parse_cloze, plain_text
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import filled_names
from flashcore.domain.note_type import OWN_NOTE_TYPES, NoteKind
from flashcore.formats.cloze_html import cloze_to_screen
from flashcore.formats.html import markdown_to_html
from flashcore.study.occlusion import MASK_FIELDS, Shape, has_masks, read_shapes
from flashcore.study.typed import TypeIn, expected_text, strip_html

NO_HINT = "..."
"""What a blank without a hint says, in square brackets."""

FIELD_TAG, TEXT_TAG, HINT_TAG = "flashcore-field", "flashcore-text", "flashcore-hint"

SWITCHED_ON = ("y", "yes", "x", "1", "true", "on")
"""What a field holds that is no text but tells a script what to do."""

LONGEST_FIELD = 262_144
"""Characters of a field that are put into a template, embedded pictures aside; what follows is left out."""
MOST_FILTERED = 4 * LONGEST_FIELD
"""Characters that the filters of one side are given; what a template wants beyond that is left out."""
MOST_SHOWN = 4 * LONGEST_FIELD
"""Characters of HTML of one side; a field that is shown a thousand times must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card stands, for templates that show it."""

    deck: str = ""
    flag: int = 0


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Sides:
    """A card's sides as HTML. ``problems`` are sentences to be read with the question."""

    front: str
    back: str
    type_in: TypeIn | None = None
    shapes: tuple[Shape, ...] = ()
    problems: tuple[str, ...] = ()
    is_scripted: bool = False
    """Whether a script builds the pages of this cloze card, so that only fields are read, those of the answer one by
    one under their names."""


def card_sides(note: Note, ordinal: int, place: Place) -> Sides:
    """Both sides of card ``ordinal`` (from 0) by the template of its note type, which must have one. Linear time."""
    templates = note.note_type.templates
    is_cloze = note.note_type.kind is NoteKind.CLOZE
    template = templates[0 if is_cloze else min(ordinal, len(templates) - 1)]
    front, back = read_template(template.front), read_template(template.back)
    fields = note.note_type.fields
    if problem := front.problem_with(fields):
        return Sides("", "", problems=(f"The front template {template.name!r} of this card has a problem: {problem}.",))
    is_scripted = is_cloze and _SCRIPT.search(template.back) is not None and any(
        _CLOZE.intersection(shown.filters) for shown in places(front.parts) if isinstance(shown, Shown))
    card = _Card(note, ordinal, place, template.name)
    question = _Side(card, is_answer=False, is_scripted=is_scripted)
    question.add(front.parts)
    problems = list(_blanks(card, front))
    if problem := back.problem_with(fields):
        problems.append(f"The back template {template.name!r} of this card has a problem: {problem}.")
        back = ReadTemplate()
    answer = _Side(card, is_answer=True, is_scripted=is_scripted, question=question)
    answer.add(back.parts)
    return Sides(question.html(), answer.html(), question.type_in, card.shapes, tuple(problems), is_scripted)


def cloze_html(text: str, note: Note, ordinal: int, is_revealed: bool) -> str:
    """A cloze text as HTML, the deletions of one card as spans of class ``cloze``, in brackets while they are asked."""
    return _cloze_html(_pieces(text, note), note, ordinal, is_revealed)


def _cloze_html(pieces: Pieces, note: Note, ordinal: int, is_revealed: bool) -> str:
    return cloze_to_screen(tuple(_asked(pieces, ordinal, is_revealed)), note.markup, as_blanks=not is_revealed)


def _pieces(text: str, note: Note) -> Pieces:
    return parse_cloze(text, note.cloze_ordinals, brackets=note.markup is Markup.MARKDOWN)


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


_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_OWN = frozenset(note_type.name for note_type in OWN_NOTE_TYPES)


def _blanks(card: _Card, front: ReadTemplate) -> Iterator[str]:
    """Why a front asks nothing, where it does not."""
    note = card.note
    if note.note_type.kind is NoteKind.CLOZE:
        if not any(_is_asked(field, card) for field in note.fields):
            yield (f"This card asks nothing: its note has no deletion c{card.ordinal + 1}. "
                   "Edit the note, or delete the card.")
    elif not shows_a_field(front.parts, card.filled, card.ordinal):
        yield "The front of this card is blank: none of the fields that its template shows is filled."


def _is_asked(field: str, card: _Card) -> bool:
    """Whether a field has a deletion of the card."""
    if read_shapes(field):
        return any(card.ordinal in shape.ordinals for shape in read_shapes(field))
    return any(card.ordinal in one.ordinals for one in deletions_of(_pieces(_shortened(field), card.note)))


class _Card:
    """What both sides of a card are made from."""

    def __init__(self, note: Note, ordinal: int, place: Place, template: str) -> None:
        self.note, self.ordinal = note, ordinal
        self._values: dict[str, str] = {}
        self.filled = filled_names(note)
        self.special = {
            "Tags": escape(" ".join(note.tags), quote=False), "Type": note.note_type.name, "Deck": place.deck,
            "Subdeck": place.deck.rpartition("::")[2], "Card": template, "CardFlag": f"flag{place.flag}"}
        self.shapes: tuple[Shape, ...] = ()
        self.unseen = MASK_FIELDS if has_masks(note.note_type) else (
            ("Why", "Source") if note.note_type.name in _OWN else ())
        """Fields that are told in another way."""

    def value(self, name: str) -> str:
        """What a field holds, or what stands for it."""
        if name not in self._values:
            self._values[name] = self.special[name] if name in self.special else _shortened(self.note.field(name))
        return self._values[name]


@dataclass(frozen=True, slots=True)
class _Speech:
    """Words that a computer voice would say. They are shown where nothing else shows that field."""

    name: str
    html: str


class _Side:
    """A side being put together."""

    def __init__(self, card: _Card, *, is_answer: bool, is_scripted: bool, question: _Side | None = None) -> None:
        self.card, self.is_answer, self.is_scripted, self.question = card, is_answer, is_scripted, question
        self.out: list[str | _Speech] = []
        self.shown: set[str] = set(question.shown) if question is not None else set()
        self.type_in: TypeIn | None = None
        self._is_in_tag = False
        self._made: dict[Shown, str] = {}
        self._room, self._work = MOST_SHOWN, MOST_FILTERED

    def html(self, *, with_speech: bool = True) -> str:
        """The side as it stands."""
        shown: list[str] = []
        for part in self.out:
            if isinstance(part, str):
                shown.append(part)
            elif with_speech and part.name not in self.shown:
                shown.append(part.html)
        return _SPOKEN.sub(r"<i>[speech: \1]</i>", "".join(shown))

    def add(self, parts: Sequence[Part]) -> None:
        """Adds the parts of a template."""
        for part in parts:
            if isinstance(part, Section):
                if is_met(part, self.card.filled, self.card.ordinal):
                    self.add(part.parts)
            elif isinstance(part, Shown):
                self._add_field(part)
            else:
                self._say(part)
                opened, closed = part.rfind("<"), part.rfind(">")
                self._is_in_tag = opened > closed or (opened == closed and self._is_in_tag)

    def _say(self, html: str) -> None:
        html = html[:max(self._room, 0)]
        self._room -= len(html)
        self.out.append(html)

    def _add_field(self, shown: Shown) -> None:
        name, card = shown.name, self.card
        if name == FRONT_SIDE:
            if self.question is not None:
                self._say(self.question.html(with_speech=False))
            return
        filters = [word for word in shown.filters if word not in ("type", "nc") and not _is_speech(word)]
        if name in card.unseen or (name == "Tags" and self.is_scripted):
            return
        if self._room <= 0:
            return
        if "type" in shown.filters:
            self._add_type_in(card.value(name), shown)
            return
        if shown not in self._made:
            self._made[shown] = self._filtered(self._as_html(card.value(name), filters), name, filters)
        html = self._made[shown]
        if any(_is_speech(word) for word in shown.filters):
            if words := strip_html(html).strip():
                self.out.append(_Speech(name, f"<i>[speech: {escape(words, quote=False)}]</i>"))
            return
        is_new = self.question is not None and name not in self.question.shown
        self.shown.add(name)
        is_cloze = bool(_CLOZE.intersection(filters))
        if self.is_scripted and not is_cloze and html.strip().lower() in SWITCHED_ON:
            return
        if not self._is_in_tag and "hint" not in filters and not is_blank(html):
            if is_new and not is_cloze and name not in card.special:
                html = f'<{FIELD_TAG} name="{escape(name)}">{html}</{FIELD_TAG}>'
            elif self.is_scripted:
                html = f"<{TEXT_TAG}>{html}</{TEXT_TAG}>"
        self._say(html)

    def _add_type_in(self, value: str, shown: Shown) -> None:
        """The text to be typed is asked for by the front and shown by the back."""
        self._work -= len(value)
        if self._work < 0:
            return
        if "cloze" in shown.filters:
            value = self._deleted(value)
        elif self.card.note.markup is Markup.MARKDOWN:
            value = markdown_to_html(value)
        expected = expected_text(value)
        if self.is_answer:
            self._say(escape(expected, quote=False))
        elif expected and self.type_in is None:
            self.type_in = TypeIn(expected, "nc" in shown.filters, shown.name)

    def _deleted(self, value: str) -> str:
        """What a card's deletions hide, each once where all are the same."""
        texts = [plain_text(one.pieces) for one in deletions_of(_pieces(value, self.card.note))
                 if self.card.ordinal in one.ordinals]
        return ", ".join(texts[:1] if len(set(texts)) == 1 else texts)

    def _as_html(self, value: str, filters: Sequence[str]) -> str:
        if self.card.note.markup is Markup.MARKDOWN and not _CLOZE.intersection(filters):
            return markdown_to_html(value)
        return value

    def _filtered(self, html: str, name: str, filters: Sequence[str]) -> str:
        for word in filters:
            self._work -= len(html)
            if self._work < 0:
                return ""
            match word:
                case "text":
                    html = strip_html(html)
                case "cloze":
                    html = self._cloze(html)
                case "cloze-only":
                    html = self._cloze_only(html)
                case "hint":
                    if is_blank(html) or self._is_in_tag:
                        continue
                    html = f'<{HINT_TAG} name="{escape(name)}">{html}</{HINT_TAG}>'
                case "furigana" | "kana" | "kanji":
                    html = with_readings(html, word)
                case "":
                    pass
                case _:
                    break  # the filter of an add-on; Anki applies none of its own after it
        return html

    def _cloze(self, value: str) -> str:
        if shapes := read_shapes(value):
            self.card.shapes = shapes
            return ""
        pieces = _pieces(value, self.card.note)
        if not any(self.card.ordinal in one.ordinals for one in deletions_of(pieces)):
            return ""
        return _cloze_html(pieces, self.card.note, self.card.ordinal, self.is_answer)

    def _cloze_only(self, value: str) -> str:
        asked = [one for one in deletions_of(_pieces(value, self.card.note))
                 if self.card.ordinal in one.ordinals]
        return ", ".join(plain_text(one.pieces) if self.is_answer else one.hint or NO_HINT for one in asked)


_CLOZE = {"cloze", "cloze-only"}
_SPOKEN = re.compile(r"\[anki:tts[^\]\n]{0,200}\]([^\[]{0,2000})\[/anki:tts\]")


_EMBEDDED = re.compile(r"(?<=[\"'=(])data:[^\"'<>\s)]{1000,}+")
_LONG = 16_384


def _shortened(field: str) -> str:
    """A field as far as it can be shown: without the bytes of embedded pictures."""
    return field if len(field) <= _LONG else _EMBEDDED.sub("data:", field)[:LONGEST_FIELD]


def _is_speech(word: str) -> bool:
    return word == "tts" or word.startswith("tts ")


def with_readings(html: str, kind: str) -> str:
    """Words with their reading behind them in brackets: above them (``furigana``), alone (``kana``) or left out."""
    html = html.replace("&nbsp;", " ")
    out: list[str] = []
    position = start = first = 0
    closing = line_end = -1
    while (opening := html.find("[", start)) >= 0:
        first = max(first, html.rfind(" ", start, opening) + 1, html.rfind(">", start, opening) + 1)
        start = opening + 1
        if first == opening or html.startswith("[sound:", opening):
            continue
        if closing < opening + 2:
            closing = html.find("]", opening + 2)
        if closing < 0:
            break
        if line_end < opening:
            line_end = html.find("\n", opening)
            line_end = len(html) if line_end < 0 else line_end
        if line_end < closing:
            continue
        base, reading = html[first:opening], html[opening + 1:closing]
        out.append(html[position:first].removesuffix(" "))
        out.append(f"<ruby><rb>{base}</rb><rt>{reading}</rt></ruby>" if kind == "furigana"
                   else reading if kind == "kana" else base)
        position = start = first = closing + 1
    return "".join(out) + html[position:]
