"""How every command is made: its parameters, its help with examples, and the words several commands share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.core import TyperCommand

from flashcore.cli import completion

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter
    from typer._click.formatting import HelpFormatter

    from flashcore.domain.query import Query
    from flashcore.study.collection import Collection

_TYPE_NAME = re.compile(r" <[^>]*>$")


class Command(TyperCommand):
    """A command of flashcore: a help page of plain text, and parameters that are read without pydantic."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return read_plainly(super().get_params(ctx))

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        write_parameters(self.get_params(ctx), ctx, formatter)


class _Words:
    """Reads what stands on the command line into text, whole numbers and yes or no.

    Typer leaves that to pydantic, whose import alone takes longer than most commands.
    """

    def coerce(self, value: Any, param: Any, ctx: Context) -> Any:
        """The value of a parameter; None where it was not given."""
        annotation = param.type_descriptor.annotation
        if param.multiple or param.nargs == -1:
            kind = (*get_args(annotation), str)[0]
            return tuple(self._one(each, kind, param, ctx) for each in value or ())
        return None if value is None else self._one(value, annotation, param, ctx)

    @staticmethod
    def _one(value: Any, kind: Any, param: Any, ctx: Context) -> Any:
        if kind is not int or isinstance(value, int):
            return value
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise typer.BadParameter(f"{value!r} is no whole number", ctx=ctx, param=param)
        number = int(value)
        if (param.min is not None and number < param.min) or (param.max is not None and number > param.max):
            most = f"to {param.max}" if param.max is not None else "or more"
            raise typer.BadParameter(f"{number} is not {param.min} {most}", ctx=ctx, param=param)
        return number


def read_plainly(parameters: list[Parameter]) -> list[Parameter]:
    """The parameters, to be read by words alone; all of them are text, whole numbers, or flags."""
    for parameter in parameters:
        parameter._runtime_param = _Words()  # type: ignore[attr-defined]
    return parameters


def write_parameters(parameters: list[Parameter], ctx: Context, formatter: HelpFormatter) -> None:
    """The arguments and options of a help page, without the names of Python types."""
    for heading, kind in (("Arguments", "argument"), ("Options", "option")):
        records = [parameter.get_help_record(ctx) for parameter in parameters if parameter.param_type_name == kind]
        rows = [(_TYPE_NAME.sub("", record[0]), record[1]) for record in records if record is not None]
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)


def group() -> typer.Typer:
    """An empty group of commands; they stand beside those of the other groups, not under it."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def examples(*lines: str) -> str:
    """The last part of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def query_of(words: list[str] | None, *, deck: str | None = None, system: str | None = None,
             discipline: str | None = None, topic: str | None = None, tag: str | None = None) -> Query:
    """The query that the words of a command line and its short forms ask for together; everything where none is given.

    Raises:
        UsageError: the words cannot be read.
        NotFoundError: a system or discipline that does not exist.
    """
    from flashcore.domain.query import conjunction, from_options, parse_query

    named = from_options(deck=deck, system=system, discipline=discipline, topic=topic, tag=tag)
    return conjunction(parse_query(" ".join(words or ())), named)


def check_decks(collection: Collection, query: Query) -> None:
    """Make sure that each deck a query names is there; a name with ``*`` stands for any.

    Raises:
        NotFoundError: one is not; the nearest is named.
    """
    from flashcore.domain.query import And, DeckIs, Not, Or

    match query:
        case And(parts) | Or(parts):
            for part in parts:
                check_decks(collection, part)
        case Not(part):
            check_decks(collection, part)
        case DeckIs(name) if "*" not in name:
            collection.options(name)


Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
QueryWords = Annotated[list[str] | None, typer.Argument(
    metavar="QUERY", show_default=False,
    help="Which cards, in the search language; search --help shows it. After -- it may begin with a dash.")]
Deck = Annotated[str | None, typer.Option(
    "--deck", metavar="NAME", autocompletion=completion.decks, help="Only this deck and those under it.")]
System = Annotated[str | None, typer.Option(
    "--system", metavar="NAME", autocompletion=completion.systems, help="Only this organ system.")]
Discipline = Annotated[str | None, typer.Option(
    "--discipline", metavar="NAME", autocompletion=completion.disciplines, help="Only this discipline.")]
Topic = Annotated[str | None, typer.Option("--topic", metavar="NAME", help="Only this topic.")]
Tag = Annotated[str | None, typer.Option("--tag", metavar="NAME", help="Only notes with this tag.")]
Cards = Annotated[list[int] | None, typer.Argument(
    metavar="CARD", show_default=False, help="Card ids, as search shows them.")]
Where = Annotated[str | None, typer.Option(
    "--where", metavar="QUERY", help="All cards that a query finds, instead of card ids.")]
