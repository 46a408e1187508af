"""Decks as a medical student types them in a hurry, each with a sibling that says what it must yield.

The expectations were derived by hand from the rules of the format. Fields that a sibling does not name are empty; a
problem or warning is its line and words that stand in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flashcore.domain.bundle import BundledNote
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import CLOZE
from flashcore.domain.vignette import Vignette
from flashcore.errors import DeckFileError, Problem
from flashcore.formats.markdown_deck import add_id_comments, decode, read_markdown_deck
from flashcore.formats.markdown_writer import write_markdown_deck

FOLDER = Path(__file__).parent / "hurried"
FILES = sorted(FOLDER.glob("*.md"))


def told(one: BundledNote) -> dict[str, Any]:
    """A note as the siblings tell it."""
    note = one.note
    found: dict[str, Any] = {"line": one.line, "kind": note.note_type.name.removeprefix("flashcore ")}
    for name, text in zip(note.note_type.fields, note.fields, strict=True):
        if text:
            found[name] = text if name != "Options" else [
                [option.text, option.is_right, option.explanation] for option in Vignette.from_note(note).options]
    if note.note_type is CLOZE:
        found["cards"] = len(card_ordinals(note))
    found["tags"] = list(note.tags)
    return found | ({"id": note.guid} if note.guid else {})


def marked(problems: tuple[Problem, ...], expected: list[list[Any]]) -> list[list[Any]]:
    """Problems in the form of the siblings, with the expected words where they stand in the sentence."""
    words = [part for _, part in expected] + [""] * len(problems)
    return [[problem.line, part if part and part in problem.what else problem.what]
            for problem, part in zip(problems, words, strict=False)]


def read(path: Path) -> dict[str, Any]:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    try:
        bundle = read_markdown_deck(decode(path.read_bytes(), path), path=path, default_deck="hurried::deck")
    except DeckFileError as error:
        return {"problems": marked(error.problems, expected.get("problems", []))}
    found: dict[str, Any] = {"notes": [told(one) for one in bundle.notes]}
    if bundle.warnings:
        found["warnings"] = marked(bundle.warnings, expected.get("warnings", []))
    decks = {one.deck for one in bundle.notes} - {"hurried::deck"}
    return found | ({"deck": decks.pop()} if decks else {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_hurried_deck_yields_what_was_meant(path: Path) -> None:
    assert read(path) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_hurried_deck_survives_export_and_written_ids(path: Path) -> None:
    text = decode(path.read_bytes(), path)
    try:
        notes = read_markdown_deck(text, path=path, default_deck="d").notes
    except DeckFileError:
        return
    again = read_markdown_deck(write_markdown_deck(notes), path=path, default_deck="d").notes
    assert [one.note for one in again] == [one.note for one in notes]
    with_ids = add_id_comments(text, {one.line: f"id-{one.line}" for one in notes})
    named = read_markdown_deck(with_ids, path=path, default_deck="d").notes
    assert [one.note.guid for one in named] == [one.note.guid or f"id-{one.line}" for one in notes]
    assert [(one.note.fields, one.note.tags) for one in named] == [(one.note.fields, one.note.tags) for one in notes]


def test_there_are_many_of_them() -> None:
    assert len(FILES) >= 50
