"""How a command starts: what it may import, where it finds the collection, what --help and --version say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk, environment

from flashcore.cli.app import _GROUPS
from flashcore.cli.config import collection_path
from flashcore.errors import UsageError

COMMANDS = [name for names in _GROUPS.values() for name in names]
WITHOUT_TEXTUAL = ["due --json", "decks --json", "search x --json", "options --json", "info --json", "check --json",
                   "import bundled --dry-run --json", "import --json"]
LOADED = ("import sys; from flashcore.cli import main; code = main(sys.argv[1:]); "
          "print('\\n' + ' '.join(name for name in {} if name in sys.modules), file=sys.stderr); sys.exit(code)")


def loaded(desk: Desk, command: str, *modules: str) -> list[str]:
    """Which of these modules a fresh process has imported after running a command."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(modules), *command.split()], capture_output=True,
                          text=True, check=False, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1].split()


@pytest.mark.parametrize("command", ["--help", "--version", *(f"{names[0]} --help" for names in _GROUPS.values())])
def test_help_imports_neither_textual_nor_sqlalchemy(desk: Desk, command: str) -> None:
    assert loaded(desk, command, "textual", "rich", "sqlalchemy", "pydantic", "fsrs", "numpy") == []


@pytest.mark.parametrize("command", WITHOUT_TEXTUAL)
def test_json_commands_import_neither_textual_nor_pydantic(desk: Desk, command: str) -> None:
    desk.add_basic()
    assert loaded(desk, command, "textual", "rich", "pydantic", "genanki", "flashcore.tui.app") == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(desk: Desk, name: str) -> None:
    answered = desk.run(name, "--help")
    assert answered.code == 0
    assert f"Usage: flashcore {name}" in answered.out
    examples = answered.out.partition("Examples:\n")[2]
    assert f"flashcore {name}" in examples
    assert "--collection PATH" in answered.out
    assert "<str>" not in answered.out
    assert all(len(line) <= 80 for line in answered.out.splitlines() if "flashcore " not in line), answered.out


def test_help_lists_every_command_and_version_names_the_program(desk: Desk) -> None:
    help_page = desk.run("--help")
    assert help_page.code == 0
    assert [line.split()[0] for line in help_page.out.partition("Commands:\n")[2].splitlines()
            if line.startswith("  ") and not line.startswith("    ")][:len(COMMANDS)] == COMMANDS
    version = desk.run("--version")
    assert (version.code, version.out.split()[0], version.err) == (0, "flashcore", "")


def test_python_dash_m_is_the_command(desk: Desk) -> None:
    done = subprocess.run([sys.executable, "-m", "flashcore", "due", "--json"], capture_output=True, text=True,
                          check=False, env=environment())
    assert (done.returncode, json.loads(done.stdout)["new"]) == (0, 0)


def test_the_collection_may_be_named_before_and_after_the_command(desk: Desk) -> None:
    desk.add_basic()
    other = desk.folder / "other.db"
    for words in (["--collection", other, "decks"], ["decks", "--collection", other],
                  ["--collection", desk.path, "decks", "--collection", other]):
        answered = desk.run(*words)
        assert (answered.code, answered.out) == (0, "")
        assert str(other) in answered.err
    assert "Step 1::Renal" in desk.run("decks", "--collection", desk.path).out


def test_the_flag_wins_over_the_environment_and_that_over_the_config_file(desk: Desk) -> None:
    config = desk.folder.parent / "config" / "flashcore" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('collection = "mine/cards.db"\n', encoding="utf-8")
    named = {"FLASHCORE_COLLECTION": "/from/environment.db"}
    assert collection_path("/from/flag.db", named) == Path("/from/flag.db")
    assert collection_path(None, named) == Path("/from/environment.db")
    assert collection_path(None, {}) == config.parent / "mine" / "cards.db"
    config.unlink()
    assert collection_path(None, {}) == desk.folder.parent / "data" / "flashcore" / "collection.db"


def test_a_tilde_is_the_home_folder(desk: Desk) -> None:
    assert collection_path("~/cards.db", {}) == desk.folder.parent / "home" / "cards.db"


@pytest.mark.parametrize(("text", "what"), [
    ('# mine\ncolection = "x"\n', ":2: unknown key 'colection'; did you mean 'collection'?"),
    ('[keys]\nflip = "x"\n', ":1: unknown key 'keys'; the keys are collection"),
    ("collection = 3\n", ":1: 'collection' is the path of a file, in quotes, not 3"),
    ('collection = "a\\u0000b"\n', ":1: 'collection' is the path of a file, in quotes, not 'a\\x00b'"),
])
def test_a_config_file_that_does_not_fit_names_its_line_and_key(desk: Desk, text: str, what: str) -> None:
    config = desk.folder.parent / "config" / "flashcore" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        collection_path(None, {})
    assert str(caught.value) == f"{config}{what}"


def test_a_config_file_that_is_no_toml_is_a_usage_error(desk: Desk) -> None:
    config = desk.folder.parent / "config" / "flashcore" / "config.toml"
    config.parent.mkdir(parents=True)
    for content in (b"collection = \n", b"\xff\xfe"):
        config.write_bytes(content)
        desk.monkeypatch.delenv("FLASHCORE_COLLECTION", raising=False)
        answered = desk.run("due")
        assert (answered.code, answered.out) == (2, "")
        assert str(config) in answered.err


@pytest.mark.parametrize(("line", "expected"), [
    ("flashcore due --js", ["--json"]), ("flashcore unsu", ["unsuspend"]),
    ("flashcore review --system cardio", ["cardiovascular"]),
    ("flashcore search --deck 'Step", ["Step 1", "Step 1::Renal"]),
    ("flashcore import bundled:c", ["bundled:cardiovascular"]),
])
def test_the_shell_completes_commands_options_systems_and_decks(desk: Desk, line: str, expected: list[str]) -> None:
    desk.add_basic()
    done = subprocess.run(
        [sys.executable, "-m", "flashcore"], capture_output=True, text=True, check=False, env=environment(
            _FLASHCORE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(line.split()) - 1)))
    offered = [item.rpartition(",")[2] for item in done.stdout.splitlines()]
    assert offered == expected or set(expected) <= set(offered), (done.stdout, done.stderr)
