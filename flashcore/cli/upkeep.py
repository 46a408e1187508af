"""The collection itself: its options, where it is, whether it is sound; and one to try things on."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flashcore.cli import completion
from flashcore.cli.command import Command, Json, examples, group
from flashcore.cli.output import counted, put, put_json, say, table
from flashcore.cli.place import Here, Place
from flashcore.cli.terminal import can_show_app
from flashcore.errors import FlashcoreError, UsageError

if TYPE_CHECKING:
    from types import FrameType

commands = group()

_ASSIGNMENT = re.compile(r"[A-Za-z_]+=")


@commands.command("options", cls=Command, short_help="Show or set options.", epilog=examples(
    "flashcore options",
    "flashcore options exam_on=2027-02-21 minutes_per_day=60",
    "flashcore options 'Step 1::Renal' new_per_day=10 'learning_steps=1m 10m'",
    "flashcore options 'Step 1::Renal' new_per_day=default      take it back"))
def options(
    here: Here,
    words: Annotated[list[str] | None, typer.Argument(
        metavar="[DECK] KEY=VALUE", show_default=False, autocompletion=completion.decks,
        help="The deck, where the options are to hold for it alone; then what to set, if anything.")] = None,
    json: Json = False,
) -> None:
    """Show or set the options of the whole collection, or of one deck and those under it.

    \b
    Of the collection:
      exam_on            a date such as 2027-02-21; none
      minutes_per_day    what you plan; none: what you did lately
      rollover_hour      when a study day begins, 0 to 23
      show_system        before or after the answer
      protected_fields   fields that no import changes, by comma; none
      protected_tags     tags no import takes away, with all under them
    Of the collection or a deck:
      desired_retention  0.70 to 0.99: the chance to recall a card when due
      parameters         the 21 weights of FSRS-6
      new_per_day  reviews_per_day
      learning_steps  relearning_steps   such as 1m 10m 1d; none
      maximum_interval_days
      leech_threshold    so many lapses make a leech
      leech_suspend      yes or no: set leeches aside
    """
    deck, values = _deck_and_values(words or [])
    if values:
        with here.writing() as collection:
            collection.set_options(deck, values)
            held = collection.options(deck)
    else:
        with here.reading() as collection:
            held = collection.options(deck)
    if json:
        put_json({"deck": deck, "options": {key: {"value": option.value, "from": option.source}
                                            for key, option in held.items()}})
        return
    rows = [(key, option.source, _value_words(option.value)) for key, option in held.items()
            if not values or key in values]
    put(table(("OPTION", "FROM", "VALUE"), rows, elastic=2))


def _deck_and_values(words: list[str]) -> tuple[str | None, dict[str, str]]:
    deck: str | None = None
    values: dict[str, str] = {}
    for place, word in enumerate(words):
        key, separator, value = word.partition("=")
        if separator and _ASSIGNMENT.match(word):
            if key in values:
                raise UsageError(f"{key} is set twice; nothing was changed")
            values[key] = value
        elif place == 0 and word.strip():
            deck = word
        else:
            raise UsageError(f"{word!r} is no KEY=VALUE; a deck comes first, in quotes where it has spaces. "
                             "Nothing was changed")
    return deck, values


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return "none" if value is None or value == "" else str(value)


@commands.command("info", cls=Command, short_help="Where things are, and how many.", epilog=examples(
    "flashcore info", "flashcore info --json"))
def info(here: Here, json: Json = False) -> None:
    """Where the collection is and what it holds."""
    with here.reading() as collection:
        found = collection.info().to_json()
    if json:
        put_json(found)
        return
    from flashcore.cli.config import config_file
    from flashcore.tui.crash import log_path

    rows = [*found.items(), ("config file", config_file()), ("log file", log_path())]
    longest = max(len(name) for name, _ in rows)
    put("\n".join(f"{name:<{longest}}  {value}" for name, value in rows))


@commands.command("check", cls=Command, short_help="Whether the collection is sound.", epilog=examples(
    "flashcore check", "flashcore check --json"))
def check(here: Here, json: Json = False) -> int:
    """Check the collection: the database, its references, and whether the review log gives the schedules it holds.

    Nothing is changed. The exit code is 1 where something is wrong.
    """
    with here.reading() as collection:
        report = collection.check()
    if json:
        put_json({"ok": report.ok, "problems": [{"what": problem.what, "where": problem.where, "hint": problem.hint}
                                                for problem in report.problems]})
    else:
        for problem in report.problems:
            put(f"{problem.where}: {problem.what}" + (f" ({problem.hint})" if problem.hint else ""))
        put("The collection is sound." if report.ok else f"{counted(len(report.problems), 'problem')} found.")
    return 0 if report.ok else FlashcoreError.exit_code


@commands.command("demo", cls=Command, short_help="Try flashcore on a throw-away collection.", epilog=examples(
    "flashcore demo"))
def demo(here: Here) -> int:
    """Try flashcore on a throw-away collection with the bundled decks. Your own collection is not touched."""
    from flashcore.cli.study import review_plainly, show_app
    from flashcore.domain.query import Everything

    with _throw_away_folder() as folder:
        place = Place(folder / "demo.db", here.clock)
        with place.writing() as collection:
            collection.import_paths(["bundled"])
        say("This collection is thrown away when you leave.")
        return show_app(place) if can_show_app() else review_plainly(place, Everything())


@contextmanager
def _throw_away_folder() -> Iterator[Path]:
    """A folder that is removed at the end, also where the terminal is closed or the process is told to end."""
    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    folder = Path(tempfile.mkdtemp(prefix="flashcore-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)
