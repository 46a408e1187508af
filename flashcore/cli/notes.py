"""Write notes: add, edit."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flashcore.cli import completion
from flashcore.cli.command import Command, examples, group
from flashcore.cli.editor import edit_card, edit_text
from flashcore.cli.output import counted, put, say
from flashcore.cli.place import Here
from flashcore.cli.terminal import can_ask
from flashcore.errors import DeckFileError, Problem, UsageError

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

commands = group()

_TEMPLATE = """\
<!-- One card or more, in the form of a deck file. Comments like this one are not kept.
     Q: and A: ask one way, T: and D: both ways, C: hides what stands in [brackets]. -->

Q:
A:
"""
_WRITTEN_LINE_END = re.compile(r"\\n(?=(?:[ACDQTV]|Why|Source|Tags):|[-*] \[[ xX]\])")
"""A line end as it is written inside the quotes of a shell; in front of a marker only, for TeX has ``\\nu``."""


@commands.command("add", cls=Command, short_help="Add cards.", epilog=examples(
    r"flashcore add --deck 'Step 1::Renal' 'Q: Where does ADH act?\nA: In the collecting duct.'",
    "flashcore add --tag renal --tag physiology 'C: ADH inserts [aquaporin-2].'",
    "flashcore add --deck Inbox - < cards.txt",
    "flashcore add --deck Inbox       write it in your editor"))
def add(
    here: Here,
    text: Annotated[str | None, typer.Argument(
        metavar="TEXT", show_default=False,
        help="Cards in the form of a deck file, - for stdin; without it your editor opens.")] = None,
    deck: Annotated[str | None, typer.Option("--deck", metavar="D", autocompletion=completion.decks, help=(
        "The deck; made where there is none."))] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="T", help="A tag; may be given again.")] = None,
) -> None:
    """Add cards, written as in a deck file. The ids of the new cards are printed.

    \b
    Q: a question          T: a term            C: a text with [hidden] words
    A: its answer          D: its definition
    """
    if text is None and not can_ask():
        raise UsageError("add needs the TEXT of a card, or - to read it from stdin; without a terminal there is no "
                         "editor. flashcore add --help shows how")
    with here.writing() as collection:
        if text is None:
            if not edit_text(_TEMPLATE, lambda edited: _add(collection, edited, deck, tags or [])):
                say("Nothing was added.")
        else:
            written = _stdin_text() if text == "-" else text
            if "\n" not in written:
                written = _WRITTEN_LINE_END.sub("\n", written)
            _add(collection, written, deck, tags or [])


def _stdin_text() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DeckFileError("-", [Problem(line, f"byte {error.start + 1} is not UTF-8")]) from error


def _add(collection: Collection, text: str, deck: str | None, tags: list[str]) -> bool:
    """Add every note of a text and print the ids of its cards; returns True.

    Raises:
        DeckFileError: the text has problems; nothing of it was added.
    """
    front = ""
    if words := " ".join(tags).replace(",", " ").split():
        if text.lstrip().startswith("---"):
            raise UsageError("--tag does not go with a text that has tags of its own at its head; nothing was changed")
        front = f"---\ntags: {' '.join(words)}\n---\n"
    report = collection.import_paths(["-"], stdin=(front + text).encode("utf-8", "replace"), deck=deck, is_dry_run=True)
    if report.is_refused:
        shift = front.count("\n")
        raise DeckFileError("the text", [Problem(max(problem.line - shift, 0), problem.what, problem.hint)
                                         for problem in report.files[0].problems])
    if not report.shown:
        raise UsageError("there is no card in the text: a question begins with Q: and its answer with A:, each on a "
                         "line of its own; nothing was changed")
    for one in report.shown:
        added = collection.add_note(one.note.note_type, one.note.fields, one.deck, one.note.tags)
        for card_id in added.card_ids:
            put(str(card_id))
        say(f"{counted(len(added.card_ids), 'card')} added to {one.deck}.")
        if added.duplicate_of is not None:
            say(f"Note {added.duplicate_of} has the same question.")
    return True


@commands.command("edit", cls=Command, short_help="Edit the note of a card in your editor.", epilog=examples(
    "flashcore edit 12", "EDITOR='code --wait' flashcore edit 12"))
def edit(here: Here,
         card: Annotated[int, typer.Argument(metavar="CARD", help="A card id, as search shows it.")]) -> None:
    """Edit the note of a card in $VISUAL or $EDITOR. What you learned stays.

    A note that stands in a deck file is edited there, at its line, and the file is taken in again.
    """
    if not can_ask():
        raise UsageError("edit opens your editor, so it needs a terminal on stdin and stdout; nothing was changed")
    with here.writing() as collection:
        say(edit_card(collection, card))
