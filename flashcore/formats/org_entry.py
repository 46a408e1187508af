"""What the three card systems of Org share: the text of a heading and of those under it, deletions, tables, stamps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flashcore.domain.bundle import BundledCard, BundledNote, Learned, Skipped
from flashcore.domain.note import Note
from flashcore.domain.note_type import CLOZE, NoteType
from flashcore.errors import Problem
from flashcore.formats.cloze_markdown import Hidden, to_cloze_markdown
from flashcore.formats.foreign_schedule import day_from, moment_from
from flashcore.formats.markdown_deck import LARGEST_NOTE_BYTES, MOST_DELETIONS, default_depth
from flashcore.formats.markdown_tags import card_tags, read_tags
from flashcore.formats.org_markup import inline, to_markdown
from flashcore.formats.org_outline import Outline

ANSWER_TITLES = frozenset((
    "answer", "the answer", "answers", "back", "solution", "svar", "svaret", "antwort", "réponse", "respuesta",
    "risposta", "resposta", "odpowiedź", "ответ", "答え", "答案"))
"""Headings that say no more than that the answer stands under them."""
PLAIN_TITLES = frozenset(("item", "question", "card", "fact", "drill", "flashcard", "fråga", "frage"))
"""Headings that say no more than that there is a card."""

MOST_DELETIONS_IN_FILE = 100_000
_STAMP = re.compile(r"[<\[](?P<day>\d{4}-\d{2}-\d{2})(?:[^\d<>\[\]]*?(?P<time>\d{1,2}:\d{2}))?[^<>\[\]]*[>\]]")
_PLACE = re.compile("\ue000(\\d+)\ue001")
_WORD = re.compile(r"[^\s,]{1,200}\Z")


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion in the text of Org: where it stands, what it hides, its hint, the cards that ask for it."""

    start: int
    end: int
    text: str
    hint: str
    ordinals: tuple[int, ...]


@dataclass(slots=True)
class Notes:
    """The notes of a file as they are found; ``deck`` is where they go."""

    outline: Outline
    deck: str
    problems: list[Problem]
    found: list[BundledNote] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    deletions: int = 0

    def add(self, place: int, note_type: NoteType, fields: Sequence[str], learned: Iterable[BundledCard] = (), *,
            suffix: str = "", without: Collection[str] = (), line: int = 0) -> None:
        """Add a note of the heading at ``place``. ``suffix`` tells further notes of it apart; ``without`` are tags that
        are marks of the card system, not of the subject."""
        heading = self.outline.headings[place]
        if not all(text.strip() for text in fields[:1 if note_type is CLOZE else 2]):
            self.skip(place, "it has no answer" if fields[0].strip() else "it has no question")
            return
        if sum(map(len, fields)) > LARGEST_NOTE_BYTES:
            self.problem(heading.number, "the text of this card is longer than 1 MiB", "split it")
            return
        unread: list[Problem] = []
        tags = [tag for word in self.outline.inherited_tags(place) if word.lower() not in without
                for tag in read_tags([(heading.number, word)], unread)]
        fields = [*fields, *[""] * (len(note_type.fields) - len(fields))]
        note = Note(self._guid(place, suffix), note_type, tuple(fields),
                    card_tags([tags], [], default_depth(note_type, fields[0])))
        self.found.append(BundledNote(note, self.deck, line or heading.number, tuple(learned),
                                      absent=frozenset(("Source",))))

    def add_cloze(self, place: int, text: str, deletions: Sequence[Deletion], cards: Iterable[BundledCard],
                  why: str = "", *, suffix: str = "", without: Collection[str] = ()) -> None:
        """Add a cloze note of Org's text."""
        heading = self.outline.headings[place]
        if len(deletions) > MOST_DELETIONS:
            self.problem(heading.number, f"more than {MOST_DELETIONS} deletions in one card", "split it")
            return
        self.deletions += len(deletions)
        if self.deletions > MOST_DELETIONS_IN_FILE:
            if self.deletions - len(deletions) <= MOST_DELETIONS_IN_FILE:
                self.problem(heading.number, f"more than {MOST_DELETIONS_IN_FILE} deletions in one file", "split it")
            return
        made = to_cloze_markdown(pieces_of(text, deletions))
        if not made:
            self.skip(place, "what it hides cannot be written as a deletion: it stands in code, or in another one")
            return
        self.add(place, CLOZE, (made, why), cards, suffix=suffix, without=without)

    def skip(self, place: int, reason: str) -> None:
        """Name a card that is not taken."""
        heading = self.outline.headings[place]
        self.skipped.append(Skipped((heading.title or " ".join(heading.body))[:60], reason))

    def problem(self, number: int, what: str, hint: str = "") -> None:
        """Add what is wrong."""
        self.problems.append(Problem(number, what, hint))

    def _guid(self, place: int, suffix: str) -> str:
        heading = self.outline.headings[place]
        found = heading.properties.get("ID", "")
        if not _WORD.match(found):
            return ""
        guid = found + suffix
        if guid in self.ids and self.ids[guid] != heading.number:
            self.problem(heading.number, f"the ID {found[:60]!r} is already that of the heading of line "
                                         f"{self.ids[guid]}", "give each heading an ID of its own")
        self.ids[guid] = heading.number
        return guid

    # ---------------------------------------------------------------------------------------------------- texts

    def below(self, place: int, skipped: Collection[str] = ()) -> Iterator[int]:
        """The places of everything under a heading, without the subtrees of those that have one of these tags."""
        headings = self.outline.headings
        one = place + 1
        while one < headings[place].end:
            if headings[one].is_comment or any(tag.lower() in skipped for tag in headings[one].tags):
                one = headings[one].end
                continue
            yield one
            one += 1

    def side(self, place: int, skipped: Collection[str] = (), *, titled: bool = False) -> list[str]:
        """The lines of Org of a heading and all under it; ``titled``: its own title first, where that says anything."""
        headings = self.outline.headings
        lines = [*(_titled(headings[place].title) if titled else ()), *headings[place].body]
        for one in self.below(place, skipped):
            lines += ["", *_titled(headings[one].title), "", *headings[one].body]
        return lines


def _titled(title: str) -> list[str]:
    return [f"*{title}*", ""] if title and title.lower() not in ANSWER_TITLES else []


def answer_of(notes: Notes, places: Sequence[int], skipped: Collection[str] = ()) -> str:
    """The answer that stands under these headings, as Markdown; a heading without a text is itself the answer."""
    headings = notes.outline.headings
    parts: list[str] = []
    for place in places:
        lines = notes.side(place, skipped)
        if any(line.strip() for line in lines):
            title = headings[place].title
            parts.append(to_markdown(notes.side(place, skipped, titled=title.lower() not in ANSWER_TITLES)))
        else:
            parts.append(to_markdown([headings[place].title]))
    return "\n\n".join(part for part in parts if part)


def question_of(notes: Notes, place: int) -> list[str]:
    """The title of a heading and its text as lines of Org; a title that says nothing is left out."""
    heading = notes.outline.headings[place]
    has_body = any(line.strip() for line in heading.body)
    title = [] if has_body and heading.title.lower() in PLAIN_TITLES else [heading.title, ""]
    return [*title, *heading.body]


def pieces_of(text: str, deletions: Sequence[Deletion]) -> list[str | Hidden]:
    """The text as Markdown in pieces, its deletions among them; what a deletion hides is Markdown of its own."""
    parts: list[str] = []
    position = 0
    for number, one in enumerate(deletions):
        parts += [text[position:one.start], f"\ue000{number}\ue001"]
        position = one.end
    parts.append(text[position:])
    pieces: list[str | Hidden] = []
    for place, piece in enumerate(_PLACE.split(to_markdown("".join(parts).split("\n")))):
        if place % 2 == 0:
            pieces.append(piece)
            continue
        one = deletions[int(piece)]
        shown = to_markdown(one.text.split("\n")) if "\n" in one.text else inline(one.text)
        pieces.append(Hidden(shown, one.ordinals, inline(one.hint)))
    return pieces


def revealed(text: str, deletions: Sequence[Deletion]) -> str:
    """The text of Org with nothing hidden."""
    parts: list[str] = []
    position = 0
    for one in deletions:
        parts += [text[position:one.start], one.text]
        position = one.end
    return "".join((*parts, text[position:]))


def stamp_from(text: str) -> datetime | None:
    """The moment that a time stamp of Org names, in the wall time of this computer; without a time of day, noon."""
    found = _STAMP.search(text)
    if found is None:
        return None
    return moment_from(f"{found['day']}T{found['time'] or '12:00':0>5}:00")


def stamp_day(text: str) -> date | None:
    """The day that a time stamp of Org names."""
    found = _STAMP.search(text)
    return day_from(found["day"]) if found is not None else None


def table_rows(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of the first table in the lines, by the names of its first row."""
    names: list[str] | None = None
    for line in lines:
        row = line.strip()
        if not row.startswith("|"):
            if names is not None:
                return
            continue
        if row.startswith("|-"):
            continue
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if names is None:
            names = [cell.lower() for cell in cells]
        else:
            yield dict(zip(names, cells, strict=False))


def cards_from(learned: Iterable[tuple[int, Learned | None]]) -> list[BundledCard]:
    """The cards that have a schedule."""
    return [BundledCard(ordinal, learned=one) for ordinal, one in learned if one is not None]
