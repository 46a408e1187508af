"""What the formats of Mnemosyne have in common: its card types as note types, its markup as HTML, its grades.

Mnemosyne keeps facts; a card type makes cards of a fact. Its built-in ones are 1 front to back, 2 both ways,
3 vocabulary, 4 map, 5 cloze and 6 sentence.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from flashcore.domain.bundle import Learned
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.domain.schedule import CardState
from flashcore.formats.crowdanki import references
from flashcore.formats.foreign_notes import NoteReport, clean_guid, clean_tags
from flashcore.formats.foreign_schedule import LONGEST_INTERVAL_DAYS
from flashcore.formats.markdown_media import MediaFinder

_HR = "{{FrontSide}}<hr id=answer>"


def _shown(*fields: str) -> str:
    return "".join(f"{{{{#{name}}}}}<div>{{{{{name}}}}}</div>{{{{/{name}}}}}" for name in fields)


VOCABULARY = NoteType(
    "Mnemosyne vocabulary", NoteKind.STANDARD, ("Foreign word", "Pronunciation", "Meaning", "Notes"),
    (Template("Recognition", "{{Foreign word}}", _HR + _shown("Pronunciation", "Meaning", "Notes")),
     Template("Production", "{{Meaning}}", _HR + _shown("Foreign word", "Pronunciation", "Notes"))))
MAP = NoteType(
    "Mnemosyne map", NoteKind.STANDARD, ("Location", "Marked map", "Blank map"),
    (Template("Recognition", "{{Marked map}}", _HR + "{{Location}}"),
     Template("Production", "{{#Blank map}}{{Location}}{{/Blank map}}<div>{{Blank map}}</div>",
              "{{Location}}<hr id=answer>{{Marked map}}")))

MOST_CLOZES = 500
"""As many as Anki has: c1 to c500."""
_CLOZE = re.compile(r"\[([^\[\]]+)\]")
_LATEX = (("<$$>", "</$$>", r"\[", r"\]"), ("<$>", "</$>", r"\(", r"\)"),
          ("<latex>", "</latex>", "[latex]", "[/latex]"))
_SOUND = re.compile(r"<(?:audio|video)\b([^<>]*+)>(?:\s*+</(?:audio|video)>)?", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"']++))", re.IGNORECASE)
_ENTITY = re.compile(r"&#(\d{1,7}|x[0-9a-f]{1,6});", re.IGNORECASE)
_MARKUP = {ord(char) for char in "<>&\""}
_SHORTEST_ID = 6
_CATEGORIES_WITHOUT_NAME = frozenset(("<default>", "__UNTAGGED__", ""))


def to_html(text: str) -> str:
    """Mnemosyne's markup as Anki's: HTML in which a line end breaks the line, with mathematics and sounds."""
    text = text.strip()
    if "<" in text:
        for opening, closing, start, end in _LATEX:
            text = _exchanged(text, opening, closing, start, end)
        text = _SOUND.sub(_sound, text)
    return text.replace("\n", "<br>") if "\n" in text else text


def _exchanged(text: str, opening: str, closing: str, start: str, end: str) -> str:
    """The text with a pair of marks exchanged for another, wherever both are there. Linear time."""
    parts: list[str] = []
    position = 0
    while (at := text.find(opening, position)) >= 0 and (until := text.find(closing, at)) >= 0:
        parts += [text[position:at], start, text[at + len(opening):until], end]
        position = until + len(closing)
    return "".join((*parts, text[position:]))


def _sound(found: re.Match[str]) -> str:
    source = _SOURCE.search(found[1])
    name = next((group for group in source.groups() if group), "") if source else ""
    return f"[sound:{html.unescape(name).rstrip('/')}]" if name and not set(name) & set("[]") else found[0]


def plain_characters(text: str) -> str:
    """``&#960;`` as the character it means, where that is no markup."""

    def character(found: re.Match[str]) -> str:
        number = int(found[1][1:], 16) if found[1][0] in "xX" else int(found[1])
        is_text = 32 <= number < 0x110000 and not 0xD800 <= number < 0xE000 and number not in _MARKUP
        return chr(number) if is_text else found[0]

    return _ENTITY.sub(character, text) if "&#" in text else text


def to_cloze(text: str) -> tuple[str, int]:
    """``[answer:hint]`` as ``{{c1::answer::hint}}``, numbered from the left, and how many there are."""
    count = 0

    def deletion(found: re.Match[str]) -> str:
        nonlocal count
        if count == MOST_CLOZES:
            return found[0]
        answer, colon, hint = found[1].partition(":")
        if not answer.strip():
            return found[0]
        count += 1
        return f"{{{{c{count}::{_inside(answer)}{'::' + _inside(hint) if colon and hint.strip() else ''}}}}}"

    return _CLOZE.sub(deletion, text.replace("{{c", "{&#123;c")), count


def without_brackets(text: str) -> str:
    """The sentence of which clozes are made, with the answers in their places."""
    return _CLOZE.sub(lambda found: found[1].partition(":")[0], text)


def _inside(text: str) -> str:
    """What stands in a deletion, without what would end it or start a hint."""
    return text.replace("}", "&#125;").replace("::", ":&#58;")


def fact_guid(name: str) -> str:
    """The id of a fact as that of its note; empty where it is so short that two people may have given it."""
    return clean_guid(name) if len(name) >= _SHORTEST_ID else ""


def note_media(fields: Iterable[str], finder: MediaFinder, report: NoteReport) -> None:
    """Looks for the files that the fields of a note name beside their file, and says which are not there."""
    named = [field for field in fields if "=" in field or "[" in field]
    for reference in dict.fromkeys(one for field in named for one in references(field)):
        if fault := finder.look_up(reference):
            several = fault.replace("is ", "are ", 1).replace("lies ", "lie ", 1)
            report.count(f"a picture or sound {fault}", f"pictures or sounds {several}", name=reference)


def tag_words(names: Iterator[str], report: NoteReport) -> tuple[str, ...]:
    """Tags without white space, which parts tags here. Categories that stand for none are left out."""
    named = [name.strip() for name in names]
    return clean_tags(["_".join(name.split()) for name in named if name not in _CATEGORIES_WITHOUT_NAME], report)


def learned(grade: int, ease: float | None, reps: int, lapses: int, last_at: datetime | None,
            due_on: date | None) -> Learned | None:
    """Where a card stands that was graded. Grades 2-5 are known, in days; 0 and 1 are to be learned (again)."""
    if grade < 0 or reps + lapses == 0:
        return None
    if grade >= 2 and due_on is not None:
        last_on = last_at.date() if last_at is not None else None
        interval = (due_on - last_on).days if last_on is not None else 1
        return Learned(CardState.REVIEW, due_on, interval_days=min(max(interval, 1), LONGEST_INTERVAL_DAYS), reps=reps,
                       lapses=lapses, last_at=last_at, ease=ease)
    if last_at is None:
        return None
    state = CardState.RELEARNING if lapses else CardState.LEARNING
    return Learned(state, None, due_at=last_at, steps_left=1, reps=reps, lapses=lapses, last_at=last_at, ease=ease)


def moment(seconds: float) -> datetime:
    """The moment so many seconds after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
