"""The documents say what is so."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import flashcore
from flashcore import errors
from flashcore.study.options import OPTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    from flashcore.cli.app import _GROUPS

    return [name for names in _GROUPS.values() for name in names]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_table_of_the_readme(command: str) -> None:
    table = README[README.index("## Commands"):README.index("## Keys")]
    assert re.search(rf"`[^`]*\b{command}\b", table), f"{command} is not in the README's table of commands"


def test_every_exception_is_in_the_tree_drawn_in_errors() -> None:
    drawn = errors.__doc__ or ""
    raised = [name for name, value in vars(errors).items()
              if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__]
    assert [name for name in raised if name not in drawn] == []
    assert len(raised) > 8


def test_every_file_of_the_map_exists() -> None:
    named = re.findall(r"(?:domain|scheduling|store|formats|study|cli|tui)/\w+\.(?:py|toml)", flashcore.__doc__ or "")
    assert [name for name in named if not (ROOT / "flashcore" / name).exists()] == []
    assert len(named) > 25


def test_the_readme_has_two_commands_for_the_set_up_and_the_check_runs_the_second() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    assert all(block.startswith("python3 -m venv .venv && ") for block in blocks)
    assert "pytest" in blocks[1] and "pytest" not in blocks[0]
    assert '"pytest" in block' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_line_of_the_readme_runs(tmp_path: Path) -> None:
    block = next(block for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) if "heart.md" in block)
    deck = block[block.index("Q:"):block.index("$ flashcore import heart.md")]
    (tmp_path / "heart.md").write_text(deck, encoding="utf-8")
    lines = re.findall(r"^\$ flashcore([^#\n]*)", README, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line)
        if not words:
            continue  # the app itself needs a terminal
        ran = subprocess.run([sys.executable, "-m", "flashcore", "--collection", str(tmp_path / "c.db"), *words],
                             cwd=tmp_path, capture_output=True, text=True, input="q\n", timeout=120, check=False)
        assert ran.returncode == 0, f"flashcore {line}: {ran.stderr}"


def test_every_option_is_named_in_the_help() -> None:
    ran = subprocess.run([sys.executable, "-m", "flashcore", "options", "--help"], capture_output=True, text=True,
                         timeout=60, check=False)
    assert [key for key in OPTIONS if key not in ran.stdout] == []


def test_the_version_is_the_same_everywhere() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == flashcore.__version__
    assert f"## {flashcore.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
