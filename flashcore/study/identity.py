"""Which note of the collection a note of a deck file is.

In order: the id comment; exact text in this file; between two matched neighbours, in order, a similar question; exact
text elsewhere. Pure functions over what the file holds and what the collection remembers of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise

from flashcore.domain.bundle import BundledNote
from flashcore.domain.note import Note
from flashcore.store.content import StoredNote

EDITED_RATIO = 0.6
"""How alike (difflib's ratio) two questions must be for one to be an edit of the other."""
_MOST_PAIRS = 40_000  # beyond this a gap is aligned by its own order instead of by trying every pair


def normalised(fields: Sequence[str]) -> str:
    """The text of a note as it is compared: white space folded, empty fields at the end dropped."""
    texts = [" ".join(field.split()) for field in fields]
    while texts and not texts[-1]:
        texts.pop()
    return "\x1f".join(texts)


def text_key(note_type: str, fields: Sequence[str]) -> tuple[str, str]:
    """What two notes of the same text share."""
    return note_type, normalised(fields)


def known_fields(stored: StoredNote) -> tuple[str, ...]:
    """The text a note had in its file, as far as the collection knows."""
    return stored.base.fields if stored.base else stored.note.fields


def match(read: Sequence[BundledNote], held: Sequence[StoredNote],
          by_id: Mapping[str, StoredNote]) -> dict[int, StoredNote]:
    """index in ``read`` -> the stored note it is, by id, by exact text in this file, by a similar question.

    ``held`` are the notes that the collection remembers from this file, in the order of their lines.
    """
    found: dict[int, StoredNote] = {}
    for index, one in enumerate(read):
        if one.note.guid and one.note.guid in by_id:
            found[index] = by_id[one.note.guid]
    taken = {stored.id for stored in found.values()}
    by_text: dict[tuple[str, str], list[StoredNote]] = {}
    for stored in held:
        if stored.id not in taken:
            by_text.setdefault(text_key(stored.note.note_type.name, known_fields(stored)), []).append(stored)
    for index, one in enumerate(read):
        same = by_text.get(text_key(one.note.note_type.name, one.note.fields))
        if index not in found and same:
            found[index] = same.pop(0)
    _match_edited(read, held, found)
    return found


def _may_be(one: BundledNote, stored: StoredNote) -> bool:
    """An id that the collection does not know is a new note, unless the stored one got its guid from no file."""
    return not one.note.guid or is_made_guid(stored.note.guid)


def _match_edited(read: Sequence[BundledNote], held: Sequence[StoredNote], found: dict[int, StoredNote]) -> None:
    places = {stored.id: place for place, stored in enumerate(held)}
    anchors = [(-1, -1), *((index, places[stored.id]) for index, stored in sorted(found.items())
                           if stored.id in places), (len(read), len(held))]
    taken = {stored.id for stored in found.values()}
    for (index, place), (next_index, next_place) in pairwise(anchors):
        ours = [at for at in range(index + 1, next_index) if at not in found]
        theirs = [stored for stored in held[place + 1:max(next_place, 0)] if stored.id not in taken]
        for at, stored in _align(read, ours, theirs):
            found[at] = stored


def _align(read: Sequence[BundledNote], ours: Sequence[int],
           theirs: Sequence[StoredNote]) -> list[tuple[int, StoredNote]]:
    """Pairs in order whose questions are alike.

    A gap too wide for trying every pair, as after a change all over a file, is first cut at equal questions.
    """
    if len(ours) * len(theirs) <= _MOST_PAIRS:
        return _best_pairs(read, ours, theirs)
    equal = difflib.SequenceMatcher(
        None, [_question_key(stored.note, known_fields(stored)) for stored in theirs],
        [_question_key(read[at].note, read[at].note.fields) for at in ours], autojunk=False).get_matching_blocks()
    pairs: list[tuple[int, StoredNote]] = []
    old = new = 0
    for block in equal:
        gap, held = ours[new:block.b], theirs[old:block.a]
        if len(gap) * len(held) <= _MOST_PAIRS:
            pairs += _best_pairs(read, gap, held)
        else:
            pairs += [pair for pair in zip(gap, held, strict=False) if _ratio(read[pair[0]], pair[1])]
        old, new = block.a + block.size, block.b + block.size
        pairs += [pair for pair in zip(ours[block.b:new], theirs[block.a:old], strict=True)
                  if _may_be(read[pair[0]], pair[1])]
    return pairs


def _question_key(note: Note, fields: Sequence[str]) -> tuple[str, str]:
    return note.note_type.name, " ".join(fields[0].split())


def _best_pairs(read: Sequence[BundledNote], ours: Sequence[int],
                theirs: Sequence[StoredNote]) -> list[tuple[int, StoredNote]]:
    """The pairs in order with the greatest sum of ratios."""
    if not ours or not theirs:
        return []
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    ratios = [[_ratio(read[at], stored) for stored in theirs] for at in ours]
    for row in range(len(ours) - 1, -1, -1):
        for column in range(len(theirs) - 1, -1, -1):
            pair = best[row + 1][column + 1] + ratios[row][column] if ratios[row][column] else 0.0
            best[row][column] = max(pair, best[row + 1][column], best[row][column + 1])
    pairs, row, column = [], 0, 0
    while row < len(ours) and column < len(theirs):
        ratio = ratios[row][column]
        if ratio and best[row][column] == best[row + 1][column + 1] + ratio:
            pairs.append((ours[row], theirs[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs


def _ratio(one: BundledNote, stored: StoredNote) -> float:
    """How alike the questions are, 0 where less than ``EDITED_RATIO`` or where the two cannot be the same note."""
    if one.note.note_type.name != stored.note.note_type.name or not _may_be(one, stored):
        return 0.0
    matcher = difflib.SequenceMatcher(None, " ".join(known_fields(stored)[0].split()),
                                      " ".join(one.note.question.split()), autojunk=False)
    if matcher.real_quick_ratio() < EDITED_RATIO or matcher.quick_ratio() < EDITED_RATIO:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= EDITED_RATIO else 0.0


_MADE = "fc-"


def made_guid(note_type: str, fields: Sequence[str], taken: Mapping[str, object]) -> str:
    """A guid for a note whose file gives none: the same text gives the same guid in every collection."""
    salt = 0
    while True:
        text = "\x1e".join(text_key(note_type, fields)) + (f"\x1e{salt}" if salt else "")
        guid = _MADE + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=7).hexdigest()
        if guid not in taken:
            return guid
        salt += 1


def is_made_guid(guid: str) -> bool:
    """Whether a guid was made here, for a note without an id of its own."""
    return guid.startswith(_MADE)
