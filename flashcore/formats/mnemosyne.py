"""Mnemosyne 2 card sets (``.cards``) -> bundle: a zip archive of ``cards.xml``, ``METADATA`` and media.

``cards.xml`` is a log of what was added, by type: 10 tag, 13 media file, 16 fact, 19 fact view, 22 card type, 6 card.
Moments are seconds since 1970; ``n_rp`` is the midnight (UTC) of the day on which a card is due. A set that was made
for sharing holds no learning (grade -1); one for merging does. Mnemosyne has tags but no decks: the set is the deck.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, NoteKind, NoteType, Template
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.archive import LARGEST_MEDIA_BYTES, Archive, open_archive
from flashcore.formats.crowdanki import references
from flashcore.formats.foreign_notes import NoteReport, clean_fields, deck_name, shortened
from flashcore.formats.foreign_schedule import LARGEST_EASE, SMALLEST_EASE, count_from, number_from
from flashcore.formats.foreign_xml import LARGEST_XML_BYTES, Record, read_records
from flashcore.formats.media_names import safe_name
from flashcore.formats.mnemosyne_types import (
    MAP,
    VOCABULARY,
    fact_guid,
    learned,
    moment,
    tag_words,
    to_cloze,
    to_html,
    without_brackets,
)
from flashcore.formats.text_file import composed

CARDS, METADATA = "cards.xml", "METADATA"
_LARGEST_METADATA_BYTES = 64 * 1024
_LONGEST_LITERAL = 10_000
_LATEST_SECONDS = 7_258_118_400  # the year 2200
_FIELDS = {"1": ("f", "b"), "2": ("f", "b"), "3": ("f", "p_1", "m_1", "n"), "4": ("loc", "marked", "blank"),
           "6": ("f", "p_1", "m_1", "n")}
_TYPES = {"1": BASIC, "2": REVERSED, "3": VOCABULARY, "4": MAP, "5": CLOZE, "6": VOCABULARY}
_MOST_PARTS = 100  # fields and templates of a card type, as in Anki's


def read(data: bytes, options: ReadOptions) -> Bundle:
    """The notes of a card set, in the order of its facts. Media go into ``options.folder``; without it they stay out.

    Raises:
        FileError: no such archive, beyond the limits of ``archive`` or ``foreign_xml``, or its XML is broken.
    """
    if options.path is not None:
        with open_archive(options.path) as archive:
            return _Set(archive, options).bundle()
    with tempfile.NamedTemporaryFile(suffix=".cards") as file:
        file.write(data)
        file.flush()
        with open_archive(Path(file.name)) as archive:
            return _Set(archive, options).bundle()


@dataclass(frozen=True, slots=True)
class _Card:
    """A card of a fact: its type and view, the ids of its tags, and its learning. ``extra`` places it among clozes."""

    type: str
    view: str
    tags: str
    learned: Learned | None
    extra: str


@dataclass(slots=True)
class _Log:
    """What the entries of ``cards.xml`` add up to."""

    tags: dict[str, str] = field(default_factory=dict)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    cards: dict[str, list[_Card]] = field(default_factory=dict)
    views: dict[str, dict[str, str]] = field(default_factory=dict)
    types: dict[str, dict[str, str]] = field(default_factory=dict)


class _Set:
    def __init__(self, archive: Archive, options: ReadOptions) -> None:
        self.archive, self.settings = archive, options
        self.report = NoteReport()
        self.log = _Log()
        self.own_types: dict[str, tuple[NoteType, tuple[str, ...], tuple[str, ...]] | None] = {}
        self.media: dict[str, Path] = {}
        self.tags_by_ids: dict[str, tuple[str, ...]] = {}
        self.members = {composed(name): name for name in archive.names}
        self.unpacked: dict[str, Path] = {}

    def bundle(self) -> Bundle:
        if CARDS not in self.archive:
            self.archive.refuse(f"it holds no {CARDS}", "export the cards from Mnemosyne as a card set (.cards)")
        chunks = self.archive.chunks(CARDS, LARGEST_XML_BYTES)
        for record in read_records(chunks, self.archive.path, ("openSM2sync",)):
            self.take(record)
        deck = deck_name([self.set_name() or self.settings.deck], self.report)
        notes: list[BundledNote] = []
        for guid in list(self.log.facts):
            notes += self.notes(guid, self.log.facts.pop(guid), deck)
        return Bundle(tuple(notes), self.media, self.report.problems(), tuple(self.report.skipped))

    def set_name(self) -> str:
        """The name that its author gave the set. ``METADATA`` is lines of key, colon, value."""
        if METADATA not in self.archive or self.archive.size(METADATA) > _LARGEST_METADATA_BYTES:
            return ""
        text = self.archive.read(METADATA, _LARGEST_METADATA_BYTES).decode("utf-8", "replace")
        lines = (line.partition(":") for line in text.splitlines())
        return next((value.strip().replace("::", ":") for key, _, value in lines if key.strip() == "card_set_name"), "")

    def take(self, record: Record) -> None:
        kind, name, log = record.attributes.get("type", ""), record.attributes.get("o_id", ""), self.log
        match kind:
            case "6":
                fact = record.attributes.get("fact", "")
                log.cards.setdefault(fact, []).append(_card(record))
            case "10" | "11":
                log.tags[name] = record.texts.get("name", "")
            case "16" | "17":
                log.facts[name] = record.texts
            case "19" | "20":
                log.views[name] = record.texts
            case "22" | "23":
                log.types[name] = record.texts

    def notes(self, guid: str, fact: dict[str, str], deck: str) -> Iterator[BundledNote]:
        """The note of a fact; two of a sentence with clozes, which is also asked as a whole."""
        cards = self.log.cards.pop(guid, [])
        if not cards:
            self.report.skip([*fact.values()], "it has no cards")
            return
        kind, _, _ = cards[0].type.partition("::")  # a copy of a built-in type is 3::name
        tags = self.tags(cards[0].tags)
        for note, by_ordinal in self.contents(kind, guid, fact, cards):
            fields = clean_fields(note.fields)
            if isinstance(fields, str):
                self.report.skip(note.fields, fields)
                continue
            made = Note(fact_guid(note.guid), note.note_type, fields, tags, Markup.HTML)
            known = set(card_ordinals(made))
            if not known:
                self.report.skip(fields, "it asks nothing")
                continue
            told = tuple(BundledCard(ordinal, learned=card.learned) for ordinal, card in sorted(by_ordinal.items())
                         if card.learned is not None and ordinal in known)
            for text in fields:
                self.look_up(text)
            yield BundledNote(made, deck, cards=told)

    def tags(self, ids: str) -> tuple[str, ...]:
        """The names of tags by their ids, which stand between commas; few sets of them recur on many cards."""
        if ids not in self.tags_by_ids:
            names = (self.log.tags.get(one.strip(), "") for one in ids.split(","))
            self.tags_by_ids[ids] = tag_words(names, self.report)
        return self.tags_by_ids[ids]

    def contents(self, kind: str, guid: str, fact: dict[str, str],
                 cards: Sequence[_Card]) -> Iterator[tuple[Note, dict[int, _Card]]]:
        """The notes of a fact, not yet cleaned, and which card is which of theirs."""
        if kind == "5":
            text, _ = to_cloze(fact.get("text", ""))
            yield Note(guid, CLOZE, (to_html(text), "", "")), {_index(card.extra, place): card
                                                               for place, card in enumerate(cards)}
            return
        if kind not in _TYPES:
            yield self.own_note(kind, guid, fact, cards)
            return
        texts = tuple(to_html(fact.get(key, "")) for key in _FIELDS[kind])
        note_type = _TYPES[kind]
        if kind == "6":
            sentence, count = to_cloze(fact.get("f", ""))
            if count:
                after = "<br>".join(text for text in texts[1:] if text)
                asked = [card for card in cards if card.view != "6.1"]
                yield Note(guid, CLOZE, (to_html(sentence), after, "")), {
                    _index(card.extra, place): card for place, card in enumerate(asked)}
                front = to_html(without_brackets(fact.get("f", "")))
                yield Note(f"{guid}.1" if guid else "", BASIC, (front, after, "", "")), {
                    _view(card.view): card for card in cards if card.view == "6.1"}
                return
        fields = texts + ("",) * (len(note_type.fields) - len(texts))
        yield Note(guid, note_type, fields), {_view(card.view): card for card in cards}

    def own_note(self, kind: str, guid: str, fact: dict[str, str],
                 cards: Sequence[_Card]) -> tuple[Note, dict[int, _Card]]:
        """A note of a card type that its author made; where that cannot be read, one field asks for the others."""
        name = cards[0].type
        if name not in self.own_types:
            self.own_types[name] = self.own_type(name)
        found = self.own_types[name]
        if found is None:
            keys: tuple[str, ...] = tuple(sorted(fact)) or ("f",)
            keys = ("f", *(key for key in keys if key != "f")) if "f" in keys else keys
            shown = shortened(self.log.types.get(name, {}).get("name", "") or kind or "cards")
            note_type = NoteType(f"Mnemosyne {shown} ({', '.join(keys)})"[:120], NoteKind.STANDARD, keys, (
                Template("Card 1", f"{{{{{keys[0]}}}}}", _back(keys[1:])),))
            self.report.count("a card type cannot be read; its notes ask for their first field", "notes have a card "
                              "type that cannot be read; they ask for their first field", name=name)
            return Note(guid, note_type, tuple(to_html(fact.get(key, "")) for key in keys)), {0: cards[0]}
        note_type, keys, views = found
        return (Note(guid, note_type, tuple(to_html(fact.get(key, "")) for key in keys)),
                {views.index(card.view): card for card in cards if card.view in views})

    def own_type(self, name: str) -> tuple[NoteType, tuple[str, ...], tuple[str, ...]] | None:
        """The note type of a card type, the keys of its facts, and its views, all as Python writes them."""
        texts = self.log.types.get(name, {})
        pairs = _literal(texts.get("fact_keys_and_names", ""))
        views = _literal(texts.get("fact_views", texts.get("fact_view_ids", "")))
        if not isinstance(pairs, list | tuple) or not isinstance(views, list | tuple) or not pairs or not views:
            return None
        if len(pairs) > _MOST_PARTS or len(views) > _MOST_PARTS:
            return None
        names: dict[str, str] = {}
        for pair in pairs:
            if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
                return None
            key, label = pair[0], composed(pair[1])
            label = "".join(char for char in label if char not in "{}:#^/").strip() or key
            names[key] = label if label not in names.values() else f"{label} ({key})"
        templates: list[Template] = []
        for view in views:
            parts = self.log.views.get(view, {}) if isinstance(view, str) else {}
            sides = [_literal(parts.get(side, "")) for side in ("q_fact_keys", "a_fact_keys")]
            asked, told = ([names[key] for key in side if isinstance(key, str) and key in names]
                           if isinstance(side, list | tuple) else [] for side in sides)
            if not asked:
                return None
            templates.append(Template(composed(parts.get("name", "").strip()) or f"Card {len(templates) + 1}",
                                      "".join(f"<div>{{{{{one}}}}}</div>" for one in asked), _back(told)))
        label = composed(texts.get("name", "").strip() or name)
        made = NoteType(f"Mnemosyne {shortened(label)}", NoteKind.STANDARD, tuple(names.values()), tuple(templates))
        return made, tuple(names), tuple(views)

    def look_up(self, text: str) -> None:
        """Unpacks the files that a field names: nothing else of the archive ever reaches the disk."""
        for reference in references(text) if "src" in text.lower() or "[sound:" in text else ():
            if reference in self.media:
                continue
            name = self.members.get(reference) or self.members.get(composed(unquote(reference))) or ""
            if not name:
                self.report.count("a media file is not in the card set", "media files are not in the card set",
                                  name=reference)
            elif set(PurePosixPath(name).parts) & {"..", "/"} or set(name) & set("\\:\0") or name.endswith("/"):
                self.report.count("a media file was left out: its name leads out of the card set", "media files were "
                                  "left out: their names lead out of the card set", name=name)
            elif self.archive.size(name) > LARGEST_MEDIA_BYTES:
                self.report.count(f"a media file is larger than {LARGEST_MEDIA_BYTES >> 20} MiB", "media files are "
                                  f"larger than {LARGEST_MEDIA_BYTES >> 20} MiB", name=name)
            elif self.settings.folder is not None:
                self.media[reference] = self.unpacked.get(name) or self.unpack(name, self.settings.folder)

    def unpack(self, name: str, folder: Path) -> Path:
        """Writes a member to a folder of its own, so that two of one name in two folders keep it."""
        target = folder / str(len(self.unpacked) + 1) / safe_name(PurePosixPath(name).name)
        try:
            target.parent.mkdir(parents=True)
        except OSError as error:
            raise FileError(self.archive.path, f"it cannot be unpacked to {folder} ({error.strerror or error})",
                            "make room there, or set TMPDIR to another folder") from error
        self.archive.copy(name, target, LARGEST_MEDIA_BYTES)
        return self.unpacked.setdefault(name, target)


def _card(record: Record) -> _Card:
    values = record.attributes
    place = values.get("card_t", ""), values.get("fact_v", ""), values.get("tags", "")
    extra = record.texts.get("extra", "")
    grade = number_from(values.get("gr"), 0, 5)
    if grade is None:  # -1: never graded
        return _Card(*place, None, extra)
    last = number_from(values.get("l_rp"), 1, _LATEST_SECONDS)
    due = number_from(values.get("n_rp"), 1, _LATEST_SECONDS)
    state = learned(
        round(grade), number_from(values.get("e"), SMALLEST_EASE, LARGEST_EASE),
        (count_from(values.get("ac_rp")) or 0) + (count_from(values.get("rt_rp")) or 0),
        count_from(values.get("lps")) or 0, moment(last) if last is not None else None,
        moment(due).date() if due is not None else None)
    return _Card(*place, state, extra)


def _view(view: str) -> int:
    """The ordinal of a card by its view: 2.1 is the first card of type 2."""
    number = view.rpartition(".")[2]
    return int(number) - 1 if number.isascii() and number.isdigit() and 0 < len(number) < 4 else -1


def _index(extra: str, place: int) -> int:
    """Which cloze of its fact a card asks for, where that is said."""
    found = _literal(extra)
    index = found.get("index") if isinstance(found, dict) else None
    return index if isinstance(index, int) and 0 <= index < 10_000 else place


def _literal(text: str) -> object:
    """A value as Python writes it, or None. Only constants are read: nothing in it is ever run."""
    if not text or len(text) > _LONGEST_LITERAL:
        return None
    try:
        value: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return value


def _back(fields: Sequence[str]) -> str:
    return "{{FrontSide}}<hr id=answer>" + "".join(f"<div>{{{{{name}}}}}</div>" for name in fields)
