"""The two sides of a card as blocks: what is asked, and what stands there after the reveal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from flashcore.domain.note_type import NoteKind
from flashcore.study.prompt import Prompt
from flashcore.study.rich_text import NamedText, plain
from flashcore.study.typed import Comparison
from flashcore.tui.rendering import EMPTY, Block, blocks_of
from flashcore.tui.safe import line_text, one_line
from flashcore.tui.type_line import compared_blocks
from flashcore.tui.vignette import Picks, Verdict, asked_blocks, explained_blocks, judged_blocks, other_blocks

_SHORT_SOURCE = 50
"""Cells of a source that may stand at the end of another line."""


@dataclass(frozen=True, slots=True)
class Side:
    """Blocks to show, and the one that must come into view first; or the text stays where it was scrolled to."""

    blocks: list[Block]
    from_block: int = 0
    keeps_place: bool = False


def question_side(prompt: Prompt, picks: Picks, *, shows_clues: bool = False) -> Side:
    """What is asked; nothing that gives the answer away. Hints are told by name until they are asked for."""
    face = prompt.face
    blocks = blocks_of(face.question)
    if face.options:
        blocks += [EMPTY, *asked_blocks(face.options, picks)]
    if face.clues and not shows_clues:
        names = ", ".join(clue.name for clue in face.clues if clue.name)
        blocks += [EMPTY, Block(Content.assemble(("h", "bold $foreground"), f"  hint{f': {names}' if names else ''}")
                                .stylize_before("$quiet"))]
    elif face.clues:
        blocks += named_blocks(face.clues, "Hint")
    return Side(blocks)


def named_blocks(texts: Sequence[NamedText], otherwise: str) -> list[Block]:
    """Texts under their names, an empty line before each; a table or a list starts on a line of its own."""
    blocks: list[Block] = []
    for one in texts:
        name = Content(f"{one.name or otherwise}: ").stylize("bold $mark")
        starts_apart = bool(one.text) and (one.text[0].preformatted or bool(one.text[0].marker))
        blocks += [EMPTY, *([Block(name), *blocks_of(one.text)] if starts_apart else blocks_of(one.text, lead=name))]
    return blocks


def answer_side(prompt: Prompt, verdict: Verdict | None, *, shows_others: bool, comparison: Comparison | None = None
                ) -> Side:
    """The question again, the answer, why, and where it is from.

    A cloze card shows its text once, with the deletion filled in. What was typed stands over what is right.
    """
    face = prompt.face
    if verdict is not None:
        blocks = [*blocks_of(face.question), EMPTY]
        start = len(blocks)
        blocks += [*judged_blocks(verdict), EMPTY, *explained_blocks(verdict)]
    elif prompt.note.note_type.kind is NoteKind.CLOZE and comparison is None:
        blocks, start = blocks_of(face.answer), 0
    else:
        blocks = [*blocks_of(face.question, style="$quiet"), EMPTY]
        start = len(blocks)
        is_told = comparison is not None and face.type_in is not None and plain(face.answer) == face.type_in.expected
        if comparison is not None:
            blocks += compared_blocks(comparison)
        if not is_told:
            blocks += [*([EMPTY] if comparison is not None else []), *blocks_of(face.answer)]
    blocks += named_blocks(face.extras, "More")
    if face.why:
        blocks += [EMPTY, *blocks_of(face.why, lead=Content("Why: ").stylize("bold $mark"))]
    others = other_blocks(verdict, shows_others=shows_others) if verdict is not None else []
    source = blocks_of(face.source, style="$quiet", lead=Content("Source: ").stylize("$quiet")) if face.source else []
    if len(others) == len(source) == 1 and source[0].content.cell_length <= _SHORT_SOURCE:
        others, source = [replace(others[0], note=source[0].content)], []
    for part in (others, source):
        blocks += [EMPTY, *part] if part else []
    return Side(blocks, start, keeps_place=start == 0)


def place_words(prompt: Prompt, *, is_short: bool = False) -> str:
    """Where in the session the card stands, and its kind: ``12 of 64 · vignette``."""
    parts = [f"{prompt.position:,} of {prompt.total:,}"]
    if not is_short:
        parts.append(line_text(prompt.face.kind_name))
    if prompt.is_cram:
        parts.append("again" if is_short else "no schedule")
    return " · ".join(parts)


def origin(prompt: Prompt, *, is_revealed: bool) -> Content:
    """System, disciplines and last topic; before the reveal nothing, or the system if the learner wants it."""
    axes = prompt.axes
    names = [axes.primary or "no system"]
    if is_revealed:
        names += axes.disciplines
        names += [topic.split("::")[-1].replace("-", " ") for topic in axes.topics[-1:]]
    elif not prompt.show_system_before:
        return Content("")
    return one_line(" · ".join(names), "$quiet")


def marks(prompt: Prompt) -> str:
    """The flag and the mark of a card in words; empty where it has neither."""
    words = [f"flag {prompt.card.flag}"] if prompt.card.flag else []
    if "marked" in (tag.lower() for tag in prompt.note.tags):
        words.append("marked")
    return " · ".join(words)
