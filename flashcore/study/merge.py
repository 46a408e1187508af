"""Two truths made one: a note as its file has it, as the collection has it, and as both had it at the last import."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flashcore.domain.cloze import carried_ordinals
from flashcore.domain.note import Note
from flashcore.domain.note_type import NoteKind
from flashcore.store.content import Base, StoredNote
from flashcore.study.import_report import Conflict

_OURS_ALONE = frozenset({"leech", "marked"})
_ONE_VALUE = ("system", "depth", "step", "yield")


@dataclass(frozen=True, slots=True)
class Merged:
    """The note as it is to be; ``is_kept_local`` where the collection's own change stands."""

    note: Note
    is_kept_local: bool
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Protected:
    """What no import changes: fields by name in any case, and tags with everything under them."""

    fields: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()

    def has_field(self, name: str) -> bool:
        """Whether a field is protected."""
        return name.casefold() in {field.casefold() for field in self.fields}

    def has_tag(self, tag: str) -> bool:
        """Whether a tag is protected, or stands under one that is."""
        lower = tag.casefold()
        return any(lower == root.casefold() or lower.startswith(f"{root.casefold()}::") for root in self.tags)


def merged(stored: StoredNote, read: Note, file: str, line: int, *, theirs: bool,
           protected: Protected = Protected()) -> Merged:
    """Merge field by field and the tags. Only one side changed: its text. Both: the collection's, and a conflict.

    ``theirs`` takes the file's text instead, but for what is protected.
    """
    ours, base = stored.note, stored.base or Base(stored.note.fields, stored.note.tags, "")
    conflicts: list[Conflict] = []
    is_kept = False
    if _has_place_for_ours(ours, base, read, protected, theirs=theirs):
        note_type, markup, chosen = read.note_type, read.markup, []
        held = _by_name(ours, base) if _is_alike(ours, read) else {}
        for name, new in zip(note_type.fields, read.fields, strict=True):
            mine, before = held.get(name, (new, new))
            if protected.has_field(name):
                chosen.append(mine)
                is_kept |= mine != new
                continue
            if theirs or mine in (before, new):
                chosen.append(new)
                continue
            chosen.append(mine)
            if new == before:
                is_kept = True
            else:
                conflicts.append(Conflict(file, line, name, mine, new))
        fields = tuple(chosen)
    else:
        conflicts.append(Conflict(file, line, "kind of card", ours.note_type.name, read.note_type.name))
        note_type, fields, markup = ours.note_type, ours.fields, ours.markup
    tags, tags_kept = _merged_tags(base.tags, ours.tags, read.tags, theirs=theirs)
    lost = [tag for tag in ours.tags if tag not in tags and (protected.has_tag(tag) or tag.lower() in _OURS_ALONE)]
    tags, tags_kept = (*tags, *lost), tags_kept or any(protected.has_tag(tag) for tag in lost)
    result = replace(ours, note_type=note_type, fields=fields, markup=markup, tags=tags, cloze_ordinals=())
    if note_type.kind is NoteKind.CLOZE:
        result = replace(result, cloze_ordinals=ours.cloze_ordinals if fields == ours.fields else carried_ordinals(
            ours.question, ours.cloze_ordinals, result.question))
    return Merged(result, is_kept or tags_kept, tuple(conflicts))


def _is_alike(ours: Note, read: Note) -> bool:
    """Whether the fields of both can be compared by name."""
    return ours.note_type.kind is read.note_type.kind and ours.markup is read.markup


def _by_name(ours: Note, base: Base) -> dict[str, tuple[str, str | None]]:
    """Each field of ours: its text, and the one before (None: not known, as the note had other fields then)."""
    before: tuple[str | None, ...] = base.fields if len(base.fields) == len(ours.fields) else (None,) * len(ours.fields)
    return dict(zip(ours.note_type.fields, zip(ours.fields, before, strict=True), strict=True))


def _has_place_for_ours(ours: Note, base: Base, read: Note, protected: Protected, *, theirs: bool) -> bool:
    """Whether the note type of the file has a field for each text that must not be lost."""
    if ours.note_type == read.note_type and ours.markup == read.markup:
        return True
    kept = {name for name, (mine, before) in _by_name(ours, base).items()
            if (mine != before and not theirs) or (mine and protected.has_field(name))}
    return not kept or (_is_alike(ours, read) and kept <= set(read.note_type.fields))


def _merged_tags(base: tuple[str, ...], ours: tuple[str, ...], read: tuple[str, ...],
                 *, theirs: bool) -> tuple[tuple[str, ...], bool]:
    """The file's tags with what the collection added and without what it took away, and whether that differs.

    On an axis that takes one value the collection's own choice stands.
    """
    before, mine, new = set(base), set(ours), set(read)
    added, removed = mine - before, before - mine
    if theirs:
        added = {tag for tag in added if tag.lower() in _OURS_ALONE}
        removed = set()
    chosen_axes = {axis for tag in added - new for axis in _ONE_VALUE if tag.startswith(f"{axis}::")}
    tags = [tag for tag in read if tag not in removed and not any(
        tag.startswith(f"{axis}::") and tag not in added for axis in chosen_axes)]
    tags += [tag for tag in ours if tag in added and tag not in new]
    if before == new and set(tags) == mine:
        tags = list(ours)
    is_kept = bool({tag for tag in added - new if tag.lower() not in _OURS_ALONE} or removed & new)
    return tuple(tags), is_kept
