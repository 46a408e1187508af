"""Anki's text files: the real Anki and the reader make the same notes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from anki_judge import NoteSeen, anki, imports, seen
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle
from flashcore.errors import DeckFileError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_text import read
from flashcore.formats.table_rows import DELIMITER_NAMES, row_text

STOCK = ("Basic", "Cloze", "Basic (optional reversed card)", "Image Occlusion", "Basic (type in the answer)")


def bundle_of(text: str, path: str = "deck.txt", **options: object) -> Bundle:
    return read(text.encode(), ReadOptions(path=Path(path), **options))  # type: ignore[arg-type]


def notes_of(text: str, **options: object) -> list[tuple[str, tuple[str, ...], tuple[str, ...], str, str]]:
    return [(one.note.note_type.name, one.note.fields, one.note.tags, one.deck, one.note.guid)
            for one in bundle_of(text, **options).notes]


def said(bundle: Bundle) -> list[str]:
    return [str(problem) for problem in bundle.warnings]


def merged(notes: Sequence[NoteSeen]) -> list[NoteSeen]:
    """Without what differs on purpose: twins are one note, no deck is the default deck, nothing asked is no note.

    A row that Anki skips may still have spelled a deck first, so their case is not compared here.
    """
    found: dict[tuple[object, ...], frozenset[str]] = {}
    for kind, fields, tags, deck, guid in notes:
        if fields[0]:
            key = kind, fields, "default" if deck == "blank" else deck.lower(), guid
            found[key] = found.get(key, frozenset()) | _tags(tags)
    return sorted(((kind, fields, tags, deck, guid)  # type: ignore[misc]
                   for (kind, fields, deck, guid), tags in found.items()), key=repr)


def _tags(tags: Iterable[str]) -> frozenset[str]:
    """Tags without empty parts, which Anki calls ``blank``."""
    parted = (tuple(part for part in tag.split("::") if part not in ("", "blank")) for tag in tags)
    return frozenset("::".join(parts) for parts in parted if parts)


def as_seen(bundle: Bundle) -> list[NoteSeen]:
    return [(one.note.note_type.name, one.note.fields, frozenset(tag.lower() for tag in one.note.tags), one.deck,
             one.note.guid) for one in bundle.notes]


def by_anki(data: bytes, guids: Sequence[str]) -> list[NoteSeen]:
    with anki() as collection, TemporaryDirectory() as folder:
        path = Path(folder) / "deck.txt"
        path.write_bytes(data)
        imports(collection, path)
        return seen(collection, guids)


CELLS = st.text(st.sampled_from("ab<>&\"'#é,;:|\t \n{}1"), max_size=8) | st.sampled_from(
    ["<b>x</b>", "# a", "{{c1::a}}", "cafe\u0301", "&amp;", "a  b", '"q" r', "日本", "tags: x", "\u2028"])
TAGS = st.lists(st.sampled_from(["a", "B", "b", "x::y", "ümlaut", "1"]), max_size=3).map(" ".join)
DECKS = st.sampled_from(["A", "a", "C::B", "c::d", "1", "Z y", "Default"])  # Anki makes A+ of A after A::B
NAMES = st.sampled_from([*STOCK, "basic"])


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A file of Anki's format with any of its heads, and the guids that it gives."""
    separator = draw(st.sampled_from(list(DELIMITER_NAMES)))
    char = DELIMITER_NAMES[separator]
    width = draw(st.integers(1, 6))
    kinds = draw(st.lists(st.sampled_from(["guid", "notetype", "deck", "tags"]), unique=True, max_size=width - 1))
    places = dict(zip(kinds, draw(st.permutations(range(1, width + 1))), strict=False))
    head = [f"#{kind} column:{place}" for kind, place in places.items()]
    optional = ["#html:true", "#html:False", "#tags:g H", "#if matches:keep both", "# words", "#x:y", "#html:perhaps"]
    if "notetype" not in places:
        optional.append(f"#notetype:{draw(NAMES)}")
    if "deck" not in places:
        optional.append(f"#DECK:{draw(DECKS)}")
    if draw(st.booleans()):
        labels = draw(st.lists(st.sampled_from(["Front", "Back", "Text", "Add Reverse", "x", ""]), min_size=1,
                               max_size=6))
        optional.append("#columns:" + row_text(labels, char))
    head = draw(st.permutations(head + draw(st.lists(st.sampled_from(optional), unique=True))))
    name = draw(st.sampled_from([separator, separator.upper(), char]))
    if "notetype" in places or draw(st.integers(0, 4)):
        head = [f"#separator:{name}", *head]
    else:  # it is guessed, and may be another than the one the cells are written for
        head = [line for line in head if "columns" not in line]
    lines, guids = list(head), []
    for number in range(draw(st.integers(1, 7))):
        cells = [draw(CELLS) for _ in range(width)]
        for kind, place in places.items():
            cells[place - 1] = draw({"guid": st.just(f"g{number}"), "notetype": NAMES, "deck": DECKS,
                                     "tags": TAGS}[kind])
        guids.append(f"g{number}")
        if not draw(st.integers(0, 3)):
            least = places.get("notetype", 0) + 1
            cells = cells[:draw(st.integers(least, 7))] + draw(st.lists(CELLS, max_size=2))
        lines.append(row_text(cells, char) if draw(st.booleans()) else char.join(
            '"' + cell.replace('"', '""') + '"' for cell in cells))
        lines += draw(st.sampled_from([[], [], [""], ["#between"]]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + draw(st.sampled_from(["\n", "\r\n"])).join(lines)).encode(), guids


@settings(max_examples=150)
@given(files())
def test_anki_and_the_reader_make_the_same_notes(file: tuple[bytes, list[str]]) -> None:
    data, guids = file
    try:
        bundle = read(data, ReadOptions(path=Path("deck.txt")))
    except DeckFileError:  # guessing another separator than the quotes were made for, which Anki cannot know either
        assert b"#separator" not in data
        return
    assume(not any("has the id" in one.reason for one in bundle.skipped))  # Anki makes two notes of one id
    mine = as_seen(bundle)
    assert merged(mine) == merged(by_anki(data, [*guids, *(one[-1] for one in mine)]))
