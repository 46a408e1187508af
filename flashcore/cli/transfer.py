"""Decks in and out: import, export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flashcore.cli import completion
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
from flashcore.cli.output import counted, put, put_json, put_pages, say, table
from flashcore.cli.place import Here
from flashcore.cli.terminal import can_show_progress
from flashcore.errors import FileError, UsageError

if TYPE_CHECKING:
    from flashcore.domain.bundle import BundledNote
    from flashcore.study.import_report import ImportReport

commands = group()


@commands.command("import", cls=Command, short_help="Take in decks from files and folders.", epilog=examples(
    "flashcore import bundled                    the decks that come with flashcore",
    "flashcore import ~/decks                    all .md files of a folder",
    "flashcore import renal.md --dry-run --show  see every card, write nothing",
    "flashcore import collection.colpkg          everything from Anki, with its history",
    "pbpaste | flashcore import - --deck Inbox",
    "flashcore import                            list the bundled decks"))
def import_(
    here: Here,
    paths: Annotated[list[str] | None, typer.Argument(
        metavar="PATH", show_default=False, autocompletion=completion.bundled,
        help="Files or folders, - for stdin, bundled or bundled:NAME. None lists the bundled decks.")] = None,
    format: Annotated[str | None, typer.Option("--format", metavar="F", help=(
        "The format, where the name of the file does not tell it."))] = None,
    deck: Annotated[str | None, typer.Option("--deck", metavar="D", autocompletion=completion.decks, help=(
        "The deck for all notes, instead of the one that the file names."))] = None,
    theirs: Annotated[bool, typer.Option("--theirs", help=(
        "Where file and collection were both changed, take the file's."))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")] = False,
    show: Annotated[bool, typer.Option("--show", help="With --dry-run: every card as it will be asked.")] = False,
    write_ids: Annotated[bool, typer.Option("--write-ids", help=(
        "Write the id of each note into its file, so that it is known wherever it goes."))] = False,
    scheduling: Annotated[bool, typer.Option("--scheduling/--no-scheduling", show_default=False, help=(
        "Whether schedules, review log and deck options of packages are taken; they are, unless you say no."))] = True,
    delimiter: Annotated[str | None, typer.Option("--delimiter", metavar="C", help=(
        "What stands between the fields of a text file: tab, comma, semicolon, or the sign itself."))] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", metavar="E", help=(
        "How the file is encoded, where it is not UTF-8: latin-1, cp1252, utf-16 ..."))] = None,
    json: Json = False,
) -> int:
    """Take in decks. Import the same file again at any time: what you learned stays.

    A note that left its file is suspended, never deleted. A file with errors is refused whole, with all of them
    named; the other files are taken, and the exit code is 4.
    """
    if show and not dry_run:
        raise UsageError("--show goes with --dry-run")
    if not paths:
        if any((format, deck, theirs, dry_run, write_ids, encoding)):
            raise UsageError("import needs a PATH: a file, a folder, - or bundled")
        return _list_bundled(json)
    stdin = sys.stdin.buffer.read() if "-" in paths and sys.stdin is not None else None
    from flashcore.study.deck_files import sources

    sources(paths)  # a path that does not exist is said before a collection is made
    with here.reading() if dry_run else here.writing() as collection, _progress() as progress:
        report = collection.import_paths(paths, format=format, deck=deck, theirs=theirs, is_dry_run=dry_run,
                                         write_ids=write_ids, encoding=encoding, delimiter=delimiter,
                                         with_scheduling=scheduling, stdin=stdin, shows=show, progress=progress)
    if json:
        put_json(report.to_json())
    else:
        if show and report.shown:
            put_pages("\n".join(line for bundled in report.shown for line in _shown(bundled)))
        put("\n".join(_report_lines(report, dry_run)))
        say_problems(report)
    return FileError.exit_code if report.is_refused else 0


def _list_bundled(json: bool) -> int:
    from flashcore.study.bundled import bundled_decks

    decks = bundled_decks()
    if json:
        put_json([{"name": deck.name, "path": str(deck.path)} for deck in decks])
    else:
        put(table(("DECK", "FILE"), [(f"bundled:{deck.name}", str(deck.path)) for deck in decks], elastic=1))
        say("flashcore import bundled takes all of them, flashcore import bundled:NAME one.")
    return 0


def _report_lines(report: ImportReport, is_dry_run: bool) -> Iterator[str]:
    """The counts in words; those that are always there first, then what is out of the ordinary."""
    for file in report.files:
        held = "refused, nothing of it was taken" if file.refused else (
            f"{counted(file.notes, 'note')}, {counted(file.cards, 'card')}")
        yield f"{file.path} ({file.format}): {held}"
    yield (f"{report.new:,} new, {report.updated:,} updated, {report.same:,} the same, {report.skipped:,} skipped."
           + (" Nothing was written: this was a dry run." if is_dry_run else ""))
    if report.suspended:
        yield f"{counted(report.suspended, 'card')} suspended, because the notes left their file."
    if report.kept_local:
        yield f"{counted(report.kept_local, 'change')} made here kept."
    if report.conflicts:
        yield f"{counted(len(report.conflicts), 'conflict')}: changed both here and in the file; yours were kept."
    if report.reviews_new or report.reviews_same:
        yield f"{report.reviews_new:,} new reviews, {report.reviews_same:,} known ones."
    if report.rescheduled or report.diverged:
        yield (f"{counted(report.rescheduled, 'card')} took the schedule of the file; "
               f"{counted(report.diverged, 'card')} kept their own beside its reviews.")
    if report.media_new or report.media_missing:
        yield f"{report.media_new:,} new pictures and sounds, {report.media_missing:,} missing."
    if report.systems:
        yield "Systems: " + ", ".join(f"{slug} {count:,}" for slug, count in sorted(report.systems.items())) + "."
    if report.untagged:
        yield f"{counted(report.untagged, 'note')} without a system."


def say_problems(report: ImportReport) -> None:
    """Name every problem, skipped note and conflict on stderr, each with its file and line."""
    for file in report.files:
        for problem in file.problems:
            line = f":{problem.line}" if problem.line else ""
            say(f"{file.path}{line}: {problem.what}" + (f" ({problem.hint})" if problem.hint else ""))
        for skipped in file.skipped:
            say(f"{file.path}: skipped {skipped.note!r}: {skipped.reason}")
        if file.refused:
            say(f"{file.path}: refused, {counted(len(file.problems), 'problem')}; nothing of it was taken; "
                "mend the file and import it again")
    for conflict in report.conflicts:
        say(f"{conflict.file}:{conflict.line}: {conflict.what} was changed here and in the file; yours was kept "
            "(--theirs takes the file's)")
        say(f"    here: {conflict.ours}")
        say(f"    file: {conflict.theirs}")


def _shown(bundled: BundledNote) -> Iterator[str]:
    """The cards of a note, each side as it will be seen."""
    from flashcore.domain.note_cards import card_ordinals
    from flashcore.study.anki_template import Place
    from flashcore.study.card_face import card_face
    from flashcore.study.rich_text import plain

    note = bundled.note
    for ordinal in card_ordinals(note):
        face = card_face(note, ordinal, (), Place(bundled.deck))
        yield (f"Line {bundled.line}, " if bundled.line else "") + f"{face.kind_name}, deck {bundled.deck}"
        parts = [("Question", plain(face.question))]
        for option in face.options:
            parts.append((f"{option.letter}, right" if option.is_right else option.letter, plain(option.text)))
            parts.append((f"Why {option.letter}" if option.is_right else f"Why not {option.letter}",
                          plain(option.explanation)))
        parts[1:1] = [(clue.name, plain(clue.text)) for clue in face.clues]
        if not face.options:
            parts.append(("Answer", plain(face.answer)))
        parts += [(extra.name, plain(extra.text)) for extra in face.extras]
        if face.type_in is not None:
            parts.append(("Typed", "the answer is typed"))
        parts += [("Why", plain(face.why)), ("Source", plain(face.source)),
                  ("Tags", " ".join(note.tags))]
        for label, text in parts:
            if text:
                yield f"  {label}: " + text.replace("\n", "\n    ")
        yield ""


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """What an import tells how many of its files are done: a bar on stderr where that is a terminal, else nothing."""
    if not can_show_progress():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True),
                   transient=True)
    task = bar.add_task("", total=None)

    def show(done: int, total: int) -> None:
        if total > 1:  # a single file is taken before a bar could be read
            bar.start()
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


@commands.command("export", cls=Command, short_help="Write cards to a file, for Anki or as text.", epilog=examples(
    "flashcore export renal.apkg system:renal      open it in Anki",
    "flashcore export shock.md --topic shock       a deck file again",
    "flashcore export all.jsonl                    everything, without loss",
    "flashcore export ours.apkg --no-scheduling    for others: new cards, no history",
    "flashcore export ~/decks                      one file for each deck"))
def export(
    here: Here,
    path: Annotated[str, typer.Argument(metavar="PATH", help=(
        "The file, whose suffix tells the format: .apkg .colpkg .jsonl .md .txt .csv .json. A folder gets a .md file "
        "for each deck."))],
    query: QueryWords = None, deck: Deck = None, system: System = None, discipline: Discipline = None,
    topic: Topic = None, tag: Tag = None,
    scheduling: Annotated[bool, typer.Option("--scheduling/--no-scheduling", show_default=False, help=(
        "Whether schedules, review log and deck options go out too; they do, unless you say no, as for others."),
    )] = True,
    spreadsheet: Annotated[bool, typer.Option("--spreadsheet", help=(
        "For .csv: put ' before cells that a spreadsheet would take for a formula."))] = False,
    format: Annotated[str | None, typer.Option("--format", metavar="F", help=(
        "The format, where the suffix does not tell it."))] = None,
) -> None:
    """Write the notes of the cards that a query finds; all of them without one. A file of that name is replaced."""
    wanted = query_of(query, deck=deck, system=system, discipline=discipline, topic=topic, tag=tag)
    with here.reading() as collection:
        check_decks(collection, wanted)
        report = collection.export(path, wanted, format=format, with_scheduling=scheduling,
                                   is_spreadsheet=spreadsheet)
    for file in report.files or (path,):
        put(file)
    media = f", {counted(report.media, 'media file')}" if report.media else ""
    reviews = f", {counted(report.reviews, 'review')}" if report.reviews else ""
    say(f"{counted(report.notes, 'note')}, {counted(report.cards, 'card')}{reviews}{media} exported.")
    if path.lower().endswith(".apkg") and scheduling:
        say('In Anki, choose File > Import and tick "Import any learning progress" and "Import any deck presets"; '
            "switch FSRS on in the deck options. Anki never reschedules cards that it already has.")
    elif path.lower().endswith(".colpkg"):
        say("In Anki, File > Import replaces the whole collection with this one. Switch FSRS on in the deck options.")
