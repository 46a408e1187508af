"""What tags and decks say of notes: the columns, tag rows and labels that finding and counting rest on.

Own tags (``system::`` ...) decide; what other people's tag trees and the deck's name say stands in table ``label``,
each with the rule and the words that decided, and fills the axes that own tags leave open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert

from flashcore.domain.note import Note
from flashcore.domain.note_type import NoteKind, NoteType
from flashcore.domain.tag_trees import Label, derive_labels
from flashcore.domain.taxonomy import Axes, Depth, asks_mechanism, read_axes
from flashcore.store.schema import label, note_tag

_AT_ONCE = 5_000


def axes_of(tags: Sequence[str], deck: str) -> Axes:
    """The axes that own tags name, filled up with what other trees and the deck's name say."""
    return with_labels(read_axes(tags), derive_labels(tags, deck))


def with_labels(axes: Axes, labels: Iterable[Label]) -> Axes:
    """Axes filled up with labels."""
    found: dict[str, list[str]] = {}
    for one in labels:
        found.setdefault(one.axis, []).append(one.value)
    if not found:
        return axes
    primary = axes.primary or next(iter(found.get("system", ())), None)
    return replace(
        axes, primary=primary,
        involves=axes.involves or tuple(slug for slug in found.get("involves", ()) if slug != primary),
        disciplines=axes.disciplines or tuple(found.get("discipline", ())),
        step=axes.step or next(iter(found.get("step", ())), None),
        yield_=axes.yield_ or next(iter(found.get("yield", ())), None))


def note_depth(value: Note) -> Depth:
    """The depth that a note's tags name, else the one its kind and question tell."""
    return depth_of(value.tags, value.note_type, value.question)


def depth_of(tags: Sequence[str], kind: NoteType, question: str) -> Depth:
    """The depth that tags name, else the one that the kind of note and the question tell."""
    named = read_axes(tags).depth
    if named is not None:
        return named
    if may_ask_mechanism(kind) and asks_mechanism(question):
        return Depth.MECHANISM
    return usual_depth(kind)


def usual_depth(kind: NoteType) -> Depth:
    """The depth of a kind of note whose tags and question say nothing else."""
    return Depth.APPLICATION if kind.kind is NoteKind.VIGNETTE else Depth.RECALL


def may_ask_mechanism(kind: NoteType) -> bool:
    """Whether the question of such a note can make it one of mechanism."""
    return kind.kind is NoteKind.STANDARD and len(kind.templates) == 1


def axis_columns(value: Note, deck: str) -> dict[str, Any]:
    """The columns of ``note`` that are read from its tags and the name of its deck."""
    axes = axes_of(value.tags, deck)
    return {"primary_system": axes.primary, "depth": str(note_depth(value)),
            "topic": axes.topics[0].lower() if axes.topics else None}


def tag_rows(tags: Sequence[str], labels: Iterable[Label]) -> list[str]:
    """The tags of a note in lower case, with its axes by slug, so that a system is found however it was named."""
    axes = with_labels(read_axes(tags), labels)
    rows = {tag.lower() for tag in tags}
    if axes.primary:
        rows.add(f"system::{axes.primary}")
    rows.update(f"involves::{system}" for system in axes.involves)
    rows.update(f"discipline::{discipline}" for discipline in axes.disciplines)
    return sorted(rows)


def write_tags(connection: Connection, notes: Mapping[int, tuple[Sequence[str], str]]) -> None:
    """Make the rows of ``note_tag`` and ``label`` say what the tags and decks of these notes are."""
    keys = list(notes)
    for start in range(0, len(keys), _AT_ONCE):
        chunk = keys[start:start + _AT_ONCE]
        connection.execute(delete(note_tag).where(note_tag.c.note_id.in_(chunk)))
        connection.execute(delete(label).where(label.c.note_id.in_(chunk)))
    tags, labels = [], []
    for note_id, (words, deck) in notes.items():
        derived = derive_labels(words, deck)
        tags += [{"tag": tag, "note_id": note_id} for tag in tag_rows(words, derived)]
        labels += [{"note_id": note_id, "axis": one.axis, "value": one.value, "rule": one.rule, "words": one.words,
                    "trust": one.trust} for one in derived]
    if tags:
        connection.execute(insert(note_tag), tags)
    if labels:
        connection.execute(insert(label), labels)
