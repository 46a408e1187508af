"""Who may import whom, and who may use what: two tables, held against every line of the package.

The message of a failure is the rule that was broken, and where.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import processes
import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "flashcore"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "domain": {"errors"},
    "scheduling": {"domain", "errors"},
    "store": {"domain", "errors"},
    "formats": {"domain", "errors"},
    "study": {"scheduling", "store", "formats", "domain", "errors"},
    "tui": {"study", "domain", "errors"},
    "cli": {"tui", "study", "domain", "errors"},
    "__init__": {"study", "domain", "errors"},
    "__main__": {"cli"},
}
"""Room -> the rooms it may import, besides itself and the version number."""

MAY_USE: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("store/",),
    "sqlite3": ("store/", "formats/"),  # the driver under sqlalchemy; Anki's file is a format
    "fcntl": ("store/database.py",),
    "fsrs": ("scheduling/memory.py",),
    "textual": ("tui/",),
    "rich": ("tui/", "cli/"),
    "typer": ("cli/",),
    "genanki": ("formats/",),
    "google": ("formats/anki_messages.py",),
    "backports": ("formats/zstd_stream.py",),
    "compression": ("formats/zstd_stream.py",),
    "blake3": ("formats/",),
    "alembic": ("store/migrate.py",),
    "numpy": ("scheduling/batch.py",),
    "yaml": ("formats/",),
    "markdown_it": ("formats/html.py",),
    "selectolax": ("study/html_reader.py",),
    "pylatexenc": ("study/terminal_math.py",),
    "platformdirs": ("study/collection.py", "cli/", "tui/"),
    "uuid": ("study/clock.py",),
    "random": (),
    "secrets": (),
}
"""Library -> where it may be imported. A library that is no part of Python and not in the table may be used nowhere."""

ASKS_THE_TIME = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
                 ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
                 ("os", "urandom"), ("uuid", "uuid4"), ("uuid", "uuid1")}
MAY_ASK_THE_TIME = {"study/clock.py"}
LONGEST_FILE_LINES = 400


@cache
def sources() -> dict[str, ast.Module]:
    """Path below the package -> its syntax tree."""
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(PACKAGE.rglob("*.py"))}


def room(path: str) -> str:
    return path.split("/", maxsplit=1)[0].removesuffix(".py")


def imported(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, full name) of every module and every name that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; names are written out"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


ROOMS = {room(path) for path in sources()}


def test_every_room_is_in_the_table() -> None:
    assert set(MAY_IMPORT) >= ROOMS, f"MAY_IMPORT does not say what {ROOMS - set(MAY_IMPORT)} may import"


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_each_room_imports_only_what_it_may(name: str) -> None:
    broken = []
    for path, tree in sources().items():
        if room(path) != name:
            continue
        for line, module in imported(path, tree):
            top, _, rest = module.partition(".")
            wanted = rest.split(".")[0]
            if top == "flashcore" and wanted in ROOMS and wanted != name and wanted not in MAY_IMPORT[name]:
                broken.append(f"{name} must not import flashcore.{wanted} ({path}:{line})")
    assert not broken, "\n".join(broken)


def test_each_library_is_used_only_where_it_may_be() -> None:
    broken = []
    for path, tree in sources().items():
        for line, module in imported(path, tree):
            top = module.split(".")[0]
            if top == "flashcore" or (top in sys.stdlib_module_names and top not in MAY_USE):
                continue
            places = MAY_USE.get(top)
            if places is None:
                broken.append(f"{top} is in no line of MAY_USE ({path}:{line})")
            elif not path.startswith(places):
                broken.append(f"{top} may be used only in {', '.join(places) or 'no file'} ({path}:{line})")
    assert not broken, "\n".join(broken)


def test_every_line_of_the_tables_is_needed() -> None:
    used = {module.split(".")[0] for path, tree in sources().items() for _, module in imported(path, tree)}
    idle = [f"{library} is used nowhere" for library, places in MAY_USE.items() if places and library not in used]
    assert not idle, "\n".join(idle)


def test_only_the_clock_asks_what_time_it_is_or_draws_a_name() -> None:
    broken = []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) \
                    and (node.value.id, node.attr) in ASKS_THE_TIME and path not in MAY_ASK_THE_TIME:
                broken.append(f"{node.value.id}.{node.attr} only in study/clock.py ({path}:{node.lineno})")
    assert not broken, "\n".join(broken)


def test_now_never_has_a_default() -> None:
    broken = []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            places = [*node.args.posonlyargs, *node.args.args]
            given = places[len(places) - len(node.args.defaults):] + [
                arg for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default]
            broken += [f"{arg.arg} has a default ({path}:{node.lineno})" for arg in given
                       if arg.arg in ("now", "today")]
    assert not broken, "\n".join(broken)


def test_no_file_is_two_ideas() -> None:
    lengths = {path: len((PACKAGE / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    too_long = [f"{path} has {length} lines; {LONGEST_FILE_LINES} is where a file is two ideas"
                for path, length in lengths.items() if length > LONGEST_FILE_LINES]
    assert not too_long, "\n".join(too_long)


def test_every_file_says_what_it_is() -> None:
    silent = [path for path, tree in sources().items() if not ast.get_docstring(tree)
              and path != "cli/__init__.py" and tree.body]
    assert not silent, f"no docstring: {silent}"


# what is loaded when a command runs


RUN = """
import sys, io, contextlib
from flashcore.cli import main
loaded = {}
for words in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(words.split("|"))
        except SystemExit as leaves:
            code = leaves.code
    heavy = ("textual", "sqlalchemy", "fsrs", "typer", "numpy", "alembic")
    found = sorted(name for name in heavy if name in sys.modules)
    print(words.replace("|", " "), "->", code or 0, *found, sep=" ")
"""


def loaded(*commands: str) -> dict[str, tuple[str, list[str]]]:
    """Command -> its exit code and which of the heavy libraries are loaded after it, all in one process."""
    found = {}
    for line in processes.run(RUN, *commands).splitlines():
        command, _, result = line.partition(" -> ")
        code, *modules = result.split()
        found[command] = code, modules
    return found


def test_help_and_version_start_without_textual_and_without_a_database() -> None:
    for command, (code, modules) in loaded("--help", "--version").items():
        assert code == "0", command
        assert "textual" not in modules, f"flashcore {command} must not import textual"
        assert "sqlalchemy" not in modules, f"flashcore {command} must not import sqlalchemy"


def test_the_json_commands_start_without_textual(tmp_path: Path) -> None:
    deck, where = tmp_path / "deck.md", f"--collection|{tmp_path / 'collection.db'}"
    deck.write_text("Q: one?\nA: 1\n")
    commands = [f"{command}|--json|{where}" for command in (
        f"import|{deck}", "due", "decks", "search|one", "options", "info", "check")]
    for command, (code, modules) in loaded(*commands).items():
        assert code == "0", command
        assert "textual" not in modules, f"flashcore {command} must not import textual"
