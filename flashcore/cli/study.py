"""Study, and what there is to study: review, due, decks."""

from __future__ import annotations

import io
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from flashcore.cli.command import (
    Command,
    Deck,
    Discipline,
    Json,
    QueryWords,
    System,
    Tag,
    Topic,
    check_decks,
    examples,
    group,
    query_of,
)
from flashcore.cli.output import counted, put, put_json, say, table
from flashcore.cli.place import Here, Place
from flashcore.cli.terminal import can_show_app

if TYPE_CHECKING:
    from flashcore.domain.query import Query

commands = group()


@commands.command("review", cls=Command, short_help="Study what is due, then new cards.", epilog=examples(
    "flashcore review",
    "flashcore review --system renal --limit 20",
    "flashcore review 'topic:shock depth:application'",
    "flashcore review --cram rated:2:1      the cards missed since yesterday",
    "flashcore review --plain               lines of words, for screen readers"))
def review(
    here: Here, query: QueryWords = None, deck: Deck = None, system: System = None, discipline: Discipline = None,
    topic: Topic = None, tag: Tag = None,
    cram: Annotated[bool, typer.Option("--cram", help=(
        "All cards of the query, due or not. The answers are kept, but move no schedule."))] = False,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many cards.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help=(
        "Lines of words instead of the app. So it is anyway where stdin or stdout is no terminal, or TERM is dumb."
    ))] = False,
) -> int:
    """Study what is due, then new cards, systems mixed. Every answer is saved as soon as it is given."""
    from flashcore.domain.query import Everything

    wanted = query_of(query, deck=deck, system=system, discipline=discipline, topic=topic, tag=tag)
    if plain or not can_show_app():
        return review_plainly(here, wanted, is_cram=cram, limit=limit)
    if not isinstance(wanted, Everything):
        with here.reading() as collection:
            check_decks(collection, wanted)
    return show_app(here, wanted, is_cram=cram, limit=limit)


def show_app(place: Place, query: Query | None = None, *, is_cram: bool = False, limit: int | None = None) -> int:
    """Open the app, at a session where a query is given; returns the exit code."""
    from flashcore.domain.query import to_text
    from flashcore.tui.app import run_app

    return run_app(place.path, clock=place.clock, query=None if query is None else to_text(query), is_cram=is_cram,
                   limit=limit)


def review_plainly(place: Place, query: Query, *, is_cram: bool = False, limit: int | None = None) -> int:
    """A session in plain mode on the streams of the process; returns the exit code."""
    from flashcore.cli.editor import edit_card, open_file
    from flashcore.cli.plain import PlainReview
    from flashcore.domain.query import Everything

    lines = sys.stdin if sys.stdin is not None else io.StringIO()
    if isinstance(lines, io.TextIOWrapper):
        lines.reconfigure(errors="replace")
    with place.writing() as collection:
        check_decks(collection, query)
        session = collection.review(query, is_cram=is_cram, limit=limit)
        if session.show() is None and not collection.find(query):
            put("There are no cards yet. flashcore import bundled brings the first." if isinstance(query, Everything)
                else "No card matches.")
            return 0
        return PlainReview(collection, session, lines=lines, page=sys.stdout, seconds=time.monotonic,
                           edit=lambda card_id: edit_card(collection, card_id), open_file=open_file).run()


@commands.command("due", cls=Command, short_help="What today asks, by deck and by system.", epilog=examples(
    "flashcore due", "flashcore due --json"))
def due(here: Here, json: Json = False) -> None:
    """What would be asked today, after daily limits, without buried and suspended cards."""
    with here.reading() as collection:
        report = collection.due()
    if json:
        put_json(report.to_json())
        return
    put(f"{report.due:,} due, {report.learning:,} learning, {report.new:,} new, "
        f"about {counted(report.minutes, 'minute')}.")
    heads = ("DUE", "LEARNING", "NEW")
    for head, rows in (("DECK", [(row.deck, row.due, row.learning, row.new) for row in report.by_deck]),
                       ("SYSTEM", [(row.system, row.due, row.learning, row.new) for row in report.by_system])):
        if rows:
            put()
            put(table((head, *heads), rows, elastic=0))
    if report.untagged:
        put()
        put(f"{counted(report.untagged, 'card')} of today without a system.")


@commands.command("decks", cls=Command, short_help="All decks, and what they hold.", epilog=examples(
    "flashcore decks", "flashcore decks --json"))
def decks(here: Here, json: Json = False) -> None:
    """All decks with their notes and cards, and what they ask today. A deck counts those under it too."""
    with here.reading() as collection:
        rows = collection.decks()
    if json:
        put_json([row.to_json() for row in rows])
        return
    if rows:
        put(table(("DECK", "NOTES", "CARDS", "NEW", "LEARNING", "DUE", "SUSPENDED"),
                  [(row.deck, row.notes, row.cards, row.new, row.learning, row.due, row.suspended) for row in rows],
                  elastic=0))
    else:
        say("There are no decks yet. flashcore import bundled brings the first.")
