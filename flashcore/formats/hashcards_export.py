"""The JSON export of hashcards, which has the texts of the cards beside what was learned. Bytes -> bundle.

Facts: {cards: [{hash, familyHash, deckName, location: {filePath, lineStart, lineEnd}, content: {basic: {question,
answer}} or {cloze: {text, start, end}}, performance}], sessions: [{reviews: [..]}]}. A cloze text has no brackets;
``start`` and ``end`` are the first and last byte of what the card hides. Cards of one text are siblings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flashcore.domain.bundle import Bundle, BundledNote, Skipped
from flashcore.domain.cloze import Deletion, parse_cloze
from flashcore.domain.deck import clean_deck_name
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.cloze_markdown import escaped_brackets
from flashcore.formats.deck_folder import unmatched, with_cards
from flashcore.formats.foreign_schedule import count_from
from flashcore.formats.hashcards_hash import bare, hidden_text
from flashcore.formats.hashcards_rows import Rows
from flashcore.formats.markdown_deck import LARGEST_NOTE_BYTES, default_depth
from flashcore.formats.markdown_media import MediaFinder, references
from flashcore.formats.markdown_tags import card_tags
from flashcore.formats.text_file import clean_text, decode

MOST_CARDS = 200_000
_HINT = "make it again with: hashcards export --output FILE.json"


def read_export(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of an export, with schedules and the whole log.

    Raises:
        FileError: it is none.
    """
    name = options.path or "-"
    text = decode(data, Path(name), options.encoding)
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise FileError(name, f"it is not valid JSON ({str(error)[:100]})", _HINT) from error
    if not isinstance(found, dict) or not isinstance(found.get("cards"), list):
        raise FileError(name, "it is no export of hashcards: it has no list of cards", _HINT)
    if len(found["cards"]) > MOST_CARDS:
        raise FileError(name, f"it has more than {MOST_CARDS} cards", "export the decks one by one")
    rows = Rows()
    sessions = found.get("sessions")
    for session in sessions if isinstance(sessions, list) else ():
        reviews = session.get("reviews") if isinstance(session, dict) else None
        for one in reviews if isinstance(reviews, list) else ():
            if not isinstance(one, dict):
                rows.bad_reviews += 1
                continue
            rows.add_review(one.get("hash"), one.get("reviewedAt"), one.get("grade"), one.get("difficulty"),
                            one.get("dueDate"), one.get("intervalDays"), one.get("durationMs"))
    return _ExportReader(options, rows).bundle(found["cards"])


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


@dataclass(slots=True)
class _Family:
    """The cards of an export that are one note; ``spans`` are (first, last byte, hash) of its deletions."""

    deck: str
    file: str
    line: int
    texts: tuple[str, ...]
    spans: list[tuple[int, int, str]] = field(default_factory=list)


class _ExportReader:
    def __init__(self, options: ReadOptions, rows: Rows) -> None:
        self.options, self.rows = options, rows
        self.skipped: list[Skipped] = []
        self.warnings: list[Problem] = []
        self.media: dict[str, Path] = {}
        self.finders: dict[str, MediaFinder] = {}

    def bundle(self, cards: list[Any]) -> Bundle:
        families: dict[tuple[object, ...], _Family] = {}
        for card in cards:
            one = self._family(card) if isinstance(card, dict) else None
            if one is None:
                self.skipped.append(Skipped(_first_words(card), "it is no card with a content of hashcards"))
                continue
            key = (one.deck, one.file, one.line, one.texts)
            families.setdefault(key, one)
            if families[key] is not one:
                families[key].spans += one.spans
        notes = [note for one in sorted(families.values(), key=lambda one: (one.file, one.line))
                 if (note := self._note(one)) is not None]
        taken = {known for one in families.values() for _, _, known in one.spans}
        left = unmatched(self.rows.studied() - taken)
        return Bundle(tuple(notes), self.media, (*self.warnings, *self.rows.warnings(), *left), tuple(self.skipped))

    def _family(self, card: Mapping[str, Any]) -> _Family | None:
        location, content, known = card.get("location"), card.get("content"), card.get("hash")
        deck = card.get("deckName", card.get("deckNames"))
        deck = deck[0] if isinstance(deck, list) and deck else deck
        location = location if isinstance(location, dict) else {}
        line = count_from(location.get("lineStart")) or 0
        file = location.get("filePath")
        if not isinstance(known, str) or not isinstance(content, dict):
            return None
        done = card.get("performance")
        if isinstance(done, dict):
            self.rows.add_card(known, done.get("stability"), done.get("difficulty"), done.get("dueDate"),
                               done.get("intervalDays"), done.get("reviewCount"), done.get("lastReviewedAt"))
        family = _Family(clean_deck_name(deck.replace("/", "::")) if isinstance(deck, str) else self.options.deck,
                         file if isinstance(file, str) else "", line + 1, ())
        basic, cloze = content.get("basic"), content.get("cloze")
        if isinstance(basic, dict):
            family.texts = tuple(clean_text(text)[0].strip() for text in _texts(basic, "question", "answer"))
            family.spans = [(0, 0, known)]
        elif isinstance(cloze, dict):
            family.texts = _texts(cloze, "text")
            start, end = count_from(cloze.get("start"), 10**8), count_from(cloze.get("end"), 10**8)
            if start is None or end is None or end < start:
                return None
            family.spans = [(start, end, known)]
        return family if family.texts else None

    def _note(self, one: _Family) -> BundledNote | None:
        if sum(map(len, one.texts)) > LARGEST_NOTE_BYTES:
            self.skipped.append(Skipped(_first_words(one.texts[0]), "its text is longer than 1 MiB"))
            return None
        fields: tuple[str, ...]
        if len(one.texts) == 2:
            note_type, fields, hashes = BASIC, one.texts, [one.spans[0][2]]
        else:
            note_type = CLOZE
            one.spans.sort()
            hashes = [known for _, _, known in one.spans]
            text = with_brackets(one.texts[0], [(start, end) for start, end, _ in one.spans])
            if not text:
                self.skipped.append(Skipped(_first_words(one.texts[0]), "its deletions lie outside of its text"))
                return None
            fields = (clean_text(text)[0],)
        self._find_media(one, fields)
        tags = card_tags([], [], default_depth(note_type, fields[0]))
        note = Note("", note_type, (*fields, *("" for _ in note_type.fields[len(fields):])), tags)
        studied = self.rows.studied()
        cards = [self.rows.card(ordinal, known) for ordinal, known in enumerate(hashes) if known in studied]
        return with_cards(BundledNote(note, one.deck, one.line, absent=frozenset(("Why", "Source", "Tags"))), cards)

    def _find_media(self, one: _Family, fields: Iterable[str]) -> None:
        """Pictures are looked for only in the folder of the export and below: a file must not name any other."""
        for text in fields:
            for found in references(text):
                finder = self.finders.get(one.file)
                if finder is None:
                    finder = self.finders[one.file] = MediaFinder(self._deck_path(one.file), self.options.root)
                what = finder.look_up(found.target)
                if what:
                    self.warnings.append(Problem(one.line, f"the picture {found.target[:80]!r} {what}",
                                                 "put the export into the folder of the deck files"))
                elif found.target in finder.found:
                    self.media.setdefault(found.target, finder.found[found.target])

    def _deck_path(self, file: str) -> Path | None:
        if self.options.path is None:
            return None
        root = self.options.root or self.options.path.parent
        try:
            path = Path(file)
            return path if file and path.resolve().is_relative_to(root.resolve()) else self.options.path
        except (OSError, ValueError, RuntimeError):
            return self.options.path


def with_brackets(text: str, spans: list[tuple[int, int]]) -> str:
    r"""The text with these parts (first and last byte in UTF-8, ascending) hidden as a deck file hides them.

    Brackets that are text get a backslash, as they had in the deck file. Where these would not be read back as the
    same deletions (``[x]`` is a box), they are written ``{{c1::..}}``. Empty where the parts do not fit the text.
    """
    data = text.encode()
    pieces: list[str] = []
    hidden: list[str] = []
    position = 0
    try:
        for start, end in spans:
            if start < position or end >= len(data):
                return ""
            pieces.append(data[position:start].decode())
            hidden.append(data[start:end + 1].decode())
            position = end + 1
        pieces.append(data[position:].decode())
    except UnicodeDecodeError:
        return ""
    first, *after = (escaped_brackets(piece, backslashes=False) for piece in pieces)
    bracketed = first + "".join(f"[{escaped_brackets(inner, backslashes=False)}]{text}"
                                for inner, text in zip(hidden, after, strict=True))
    read_back = [hidden_text(piece) for piece in parse_cloze(bracketed) if isinstance(piece, Deletion)]
    if [bare(one) for one in read_back] == [bare(one) for one in hidden]:
        return bracketed
    return pieces[0] + "".join(f"{{{{c{number}::{inner}}}}}{after}" for number, (inner, after)
                               in enumerate(zip(hidden, pieces[1:], strict=True), 1))


def _texts(content: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    texts = [text for key in keys if isinstance(text := content.get(key), str) and text.strip()]
    return tuple(texts) if len(texts) == len(keys) else ()


def _first_words(card: object) -> str:
    content = card.get("content") if isinstance(card, dict) else None
    for text in (content or {}).values() if isinstance(content, dict) else ():
        card = next(iter(text.values()), card) if isinstance(text, dict) else card
    return str(card)[:60]
