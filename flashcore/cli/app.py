"""Wires the commands together, and is the one place where an error becomes a sentence and an exit code.

    0 ok (warnings too) - 1 failed - 2 usage - 3 not found - 4 bad file - 5 store - 130 interrupted
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from flashcore.cli import output
from flashcore.cli.command import examples, read_plainly, write_parameters
from flashcore.cli.place import Place, Setting
from flashcore.cli.terminal import can_show_app
from flashcore.errors import FlashcoreError, UsageError, nearest

if TYPE_CHECKING:
    from typer._click.core import Command, Context, Parameter
    from typer._click.formatting import HelpFormatter

    from flashcore.study.clock import Clock

_GROUPS = {
    "study": ("review", "due", "decks"),
    "transfer": ("import", "export"),
    "cards": ("search", "suspend", "unsuspend", "bury", "unbury", "reset", "delete", "move", "flag", "tag", "untag",
              "undo"),
    "notes": ("add", "edit"),
    "upkeep": ("options", "info", "check", "demo"),
}
"""The file of each command. A file is imported only when one of its commands is run, or for the list of all."""

_INTERRUPTED = 130


@cache
def _commands_of(file: str) -> Mapping[str, Command]:
    return get_group(import_module(f"flashcore.cli.{file}").commands).commands


class _Commands(TyperGroup):
    """All commands, each made when it is asked for."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return read_plainly(super().get_params(ctx))

    def list_commands(self, ctx: Context) -> list[str]:
        return [name for names in _GROUPS.values() for name in names]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        for file, names in _GROUPS.items():
            if cmd_name in names:
                return _commands_of(file)[cmd_name]
        return None

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and name not in self.list_commands(ctx):
            near = nearest(name, self.list_commands(ctx))
            hint = f"did you mean {near!r}?" if near else "flashcore --help lists them"
            raise UsageError(f"no command named {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        write_parameters(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)


_app = typer.Typer(cls=_Commands, rich_markup_mode=None, epilog=examples(
    "flashcore import bundled      take in the deck that comes with flashcore",
    "flashcore                     open the app",
    "flashcore review --system renal",
    "flashcore due --json"))


def _show_version(wanted: bool) -> None:
    if wanted:
        from flashcore import __version__

        output.put(f"flashcore {__version__}")
        raise typer.Exit


@_app.callback(invoke_without_command=True)
def _flashcore(
    context: typer.Context,
    collection: Annotated[str | None, typer.Option(
        "--collection", metavar="PATH", help="The collection to use instead of yours; also after the command."),
    ] = None,
    version: Annotated[bool, typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version and exit.")] = False,
) -> int:
    """Flashcards by organ system in the terminal.

    Without a command, on a terminal, the app opens.
    """
    setting: Setting = context.obj
    setting.collection = collection
    if context.invoked_subcommand is not None:
        return 0
    if not can_show_app():
        output.say("flashcore opens its app on a terminal only. Elsewhere name a command:")
        for names in _GROUPS.values():
            output.say("    " + " ".join(names))
        output.say("flashcore COMMAND --help tells more; flashcore --help tells what each does.")
        return UsageError.exit_code
    from flashcore.cli.config import collection_path
    from flashcore.tui.app import run_app

    place = Place(collection_path(collection), setting.clock)
    return run_app(place.path, clock=place.clock)


def main(arguments: Sequence[str] | None = None, *,
         clock: Clock | Callable[[], datetime] | None = None) -> int:
    """Run one command line and return its exit code; ``arguments`` None are those of the process."""
    try:
        return _sentenced(sys.argv[1:] if arguments is None else arguments, clock)
    except output.ReaderGone:
        return 0


def _sentenced(arguments: Sequence[str], clock: Clock | Callable[[], datetime] | None) -> int:
    try:
        answer = get_command(_app).main(list(arguments), prog_name="flashcore", standalone_mode=False,
                                        obj=Setting(clock))
        output.flush()
        return answer if isinstance(answer, int) else 0
    except FlashcoreError as error:
        output.say(str(error))
        return error.exit_code
    except typer.exceptions.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "flashcore"
        output.say(f"{error.format_message()}\n{command} --help shows how it is written.")
        return UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except output.ReaderGone:
        raise
    except Exception as error:
        return _bug(error, clock)


def _bug(error: Exception, clock: Clock | Callable[[], datetime] | None) -> int:
    """Keep the traceback where it can be sent from, and say so in one line."""
    from flashcore.study.clock import Clock
    from flashcore.tui.crash import tell_crash

    used = clock if isinstance(clock, Clock) else Clock() if clock is None else Clock(clock)
    tell_crash(error, used.now())
    return FlashcoreError.exit_code
