"""Find cards and change what becomes of them: search, suspend, bury, reset, delete, move, flag, tag, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from flashcore.cli import completion
from flashcore.cli.command import (
    Cards,
    Command,
    Deck,
    Discipline,
    Json,
    QueryWords,
    System,
    Tag,
    Topic,
    Where,
    check_decks,
    examples,
    group,
    query_of,
)
from flashcore.cli.output import counted, put, put_json, put_pages, say, table
from flashcore.cli.place import Here
from flashcore.errors import UsageError

if TYPE_CHECKING:
    from flashcore.study.collection import Collection
    from flashcore.study.found import FoundCard

commands = group()


@commands.command("search", cls=Command, short_help="Find cards.", epilog=examples(
    "flashcore search heart failure",
    "flashcore search system:renal is:due",
    "flashcore search --system renal 'prop:lapses>=4 -is:suspended'",
    "flashcore search 'rated:7:1' --json       missed in the last 7 days"))
def search(here: Here, query: QueryWords = None, deck: Deck = None, system: System = None,
           discipline: Discipline = None, topic: Topic = None, tag: Tag = None, json: Json = False) -> None:
    """Find cards, suspended ones too. Words side by side must all be there.

    \b
    deck:NAME  system:NAME  primary:NAME  discipline:NAME  topic:NAME  tag:NAME
    depth:recall, mechanism or application
    is:due, new, learning, review, suspended, leech or untagged
    prop:s>30 (stability in days)  prop:r<0.9 (recall now)  prop:d>7 (difficulty)
    prop:lapses>3  prop:reps>9  prop:ivl>21  prop:due<0
    rated:7 (answered in 7 days)  rated:2:1 (and missed)  added:7
    "a phrase"  -not  or  ( )
    """
    wanted = query_of(query, deck=deck, system=system, discipline=discipline, topic=topic, tag=tag)
    with here.reading() as collection:
        check_decks(collection, wanted)
        found = collection.search(wanted)
    if json:
        put_json([card.to_json() for card in found])
        return
    if found:
        put_pages(table(("CARD", "STATE", "DUE", "SYSTEM", "QUESTION"), map(_row, found), elastic=4))
    say(f"{counted(len(found), 'card')} found.")


def _row(card: FoundCard) -> tuple[str | int, ...]:
    shown = card.to_json()
    state = "suspended" if shown["suspended"] else shown["state"]
    return shown["card"], state, (shown["due_at"] or "")[:10], shown["primary"] or "", shown["question"]


@commands.command("suspend", cls=Command, short_help="Set cards aside until told otherwise.", epilog=examples(
    "flashcore suspend 12 13", "flashcore suspend --where 'deck:Old -is:suspended'"))
def suspend(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Set cards aside: they are not asked until unsuspended."""
    _change(here, cards, where, lambda collection, ids: collection.suspend(ids), "suspended")


@commands.command("unsuspend", cls=Command, short_help="Ask cards again that were set aside.", epilog=examples(
    "flashcore unsuspend 12", "flashcore unsuspend --where 'system:renal is:suspended'"))
def unsuspend(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Ask cards again that were set aside, whatever the reason."""
    _change(here, cards, where, lambda collection, ids: collection.unsuspend(ids), "unsuspended")


@commands.command("bury", cls=Command, short_help="Leave cards for tomorrow.", epilog=examples(
    "flashcore bury 12", "flashcore bury --where 'topic:shock is:due'"))
def bury(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Leave cards for the next study day."""
    _change(here, cards, where, lambda collection, ids: collection.bury(ids), "buried until tomorrow")


@commands.command("unbury", cls=Command, short_help="Ask buried cards today.", epilog=examples(
    "flashcore unbury 12", "flashcore unbury --where '()'      all of them"))
def unbury(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Ask buried cards today after all."""
    _change(here, cards, where, lambda collection, ids: collection.unbury(ids), "no longer buried")


@commands.command("reset", cls=Command, short_help="Make cards new again.", epilog=examples(
    "flashcore reset 12", "flashcore reset --where 'is:leech system:renal'"))
def reset(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Make cards new again. Their history stays in the log, and undo gives the schedule back."""
    _change(here, cards, where, lambda collection, ids: collection.reset(ids), "made new")


@commands.command("delete", cls=Command, short_help="Delete cards, and notes that have none left.", epilog=examples(
    "flashcore delete 12", "flashcore delete --where 'deck:Old'", "flashcore undo      bring them back"))
def delete(here: Here, cards: Cards = None, where: Where = None) -> None:
    """Delete cards, and notes that have none left. Their reviews stay in the log; undo brings all of it back."""
    _change(here, cards, where, lambda collection, ids: collection.delete(ids), "deleted")


@commands.command("move", cls=Command, short_help="Put cards into a deck.", epilog=examples(
    "flashcore move 'Step 1::Renal' 12 13", "flashcore move Old --where 'added:7 tag:draft'"))
def move(here: Here,
         deck: Annotated[str, typer.Argument(metavar="DECK", autocompletion=completion.decks, help=(
             "The deck, with :: between a deck and the one under it; made where there is none."))],
         cards: Cards = None, where: Where = None) -> None:
    """Put cards into a deck."""
    if not deck.strip(": "):
        raise UsageError("the name of the deck is empty; nothing was changed")
    _change(here, cards, where, lambda collection, ids: collection.move(ids, deck), f"moved to {deck}")


@commands.command("flag", cls=Command, short_help="Give cards a flag, 1 to 7; 0 takes it away.", epilog=examples(
    "flashcore flag 3 12 13", "flashcore flag 0 --where '()'      take all flags away"))
def flag(here: Here,
         flag: Annotated[int, typer.Argument(metavar="FLAG", min=0, max=7, help="1 to 7, as in Anki; 0 for none.")],
         cards: Cards = None, where: Where = None) -> None:
    """Give cards a flag."""
    did = f"flagged {flag}" if flag else "no longer flagged"
    _change(here, cards, where, lambda collection, ids: collection.flag(ids, flag), did)


_TagWord = Annotated[str, typer.Argument(metavar="TAG", help="A tag; several are separated by commas.")]


@commands.command("tag", cls=Command, short_help="Give the notes of cards a tag.", epilog=examples(
    "flashcore tag exam-week 12 13", "flashcore tag system::renal-urinary --where 'nephron is:untagged'"))
def tag(here: Here, tag: _TagWord, cards: Cards = None, where: Where = None) -> None:
    """Give the notes of cards a tag. A second system::, depth::, step:: or yield:: replaces the first."""
    _change(here, cards, where, lambda collection, ids: collection.tag(ids, [tag]), f"tagged {tag}", "note")


@commands.command("untag", cls=Command, short_help="Take a tag from the notes of cards.", epilog=examples(
    "flashcore untag exam-week --where 'tag:exam-week'"))
def untag(here: Here, tag: _TagWord, cards: Cards = None, where: Where = None) -> None:
    """Take a tag from the notes of cards."""
    _change(here, cards, where, lambda collection, ids: collection.untag(ids, [tag]), f"without the tag {tag}", "note")


@commands.command("undo", cls=Command, short_help="Take back the newest answer or change.", epilog=examples(
    "flashcore undo      again for the one before it"))
def undo(here: Here) -> None:
    """Take back the newest answer, or the newest command that changed cards, also after a restart."""
    with here.writing() as collection:
        undone = collection.undo()
    if undone is None:
        say("There is nothing to undo.")
    else:
        put(f"Undone: {undone.what}.")


def _change(here: Here, cards: list[int] | None, where: str | None, act: Callable[[Collection, list[int]], int],
            did: str, noun: str = "card") -> None:
    """Do something to the cards named, or to those a query finds, and say to how many it made a difference."""
    if bool(cards) == (where is not None):
        raise UsageError("name the cards by their ids or by --where QUERY, one of the two; nothing was changed")
    if where is not None and not where.strip():
        raise UsageError("an empty --where is every card; where that is meant write --where '()'. Nothing was changed")
    wanted = query_of([where]) if where is not None else None
    with here.writing() as collection:
        if wanted is None:
            ids = list(dict.fromkeys(cards or ()))
        else:
            check_decks(collection, wanted)
            ids = collection.find(wanted)
        if not ids:
            say(f"No card matches {where}; nothing was changed.")
            return
        count = act(collection, ids)
    asked = "" if noun != "card" or count == len(ids) else f" of {len(ids)}"
    rest = "" if not asked else "; the others were so before"
    if asked:
        say(f"{count}{asked} cards {did}{rest}.")
    else:
        say(f"{counted(count, noun)} {did}.")
