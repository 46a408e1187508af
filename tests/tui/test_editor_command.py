from __future__ import annotations

from pathlib import Path

import pytest

from flashcore.errors import UsageError
from flashcore.tui.editor import chosen_editor, editor_command

FILE = Path("/decks/my cards; rm -rf.md")


@pytest.mark.parametrize(("editor", "words"), [
    ("vim", ["vim", "+37", str(FILE)]),
    ("/usr/bin/nvim -u NONE", ["/usr/bin/nvim", "-u", "NONE", "+37", str(FILE)]),
    ("nano", ["nano", "+37", str(FILE)]),
    ("emacsclient -t", ["emacsclient", "-t", "+37", str(FILE)]),
    ("code", ["code", "--wait", "--goto", f"{FILE}:37"]),
    ("code -w -n", ["code", "-w", "-n", "--goto", f"{FILE}:37"]),
    ("'/opt/My Editor/codium' --wait", ["/opt/My Editor/codium", "--wait", "--goto", f"{FILE}:37"]),
    ("hx", ["hx", f"{FILE}:37"]),
    ("subl", ["subl", "--wait", f"{FILE}:37"]),
    ("something-else", ["something-else", str(FILE)])])
def test_an_editor_is_told_the_line_in_its_own_way(editor: str, words: list[str]) -> None:
    assert editor_command(editor, FILE, 37) == words


@pytest.mark.parametrize(("editor", "words"), [
    ("vim", ["vim", str(FILE)]), ("code", ["code", "--wait", str(FILE)]), ("hx", ["hx", str(FILE)])])
def test_without_a_line_only_the_file_is_named(editor: str, words: list[str]) -> None:
    assert editor_command(editor, FILE, 0) == words


@pytest.mark.parametrize("editor", ["", "  ", "vim 'unclosed"])
def test_an_editor_that_cannot_be_read_is_refused(editor: str) -> None:
    with pytest.raises(UsageError, match="EDITOR"):
        editor_command(editor, FILE, 1)


def test_visual_comes_before_editor_and_an_installed_one_after_both(tmp_path: Path) -> None:
    assert chosen_editor({"VISUAL": "code", "EDITOR": "vim"}) == "code"
    assert chosen_editor({"VISUAL": " ", "EDITOR": "vim -n"}) == "vim -n"
    vi = tmp_path / "vi"
    vi.write_text("#!/bin/sh\n")
    vi.chmod(0o755)
    assert chosen_editor({"PATH": str(tmp_path)}) == "vi"
    with pytest.raises(UsageError, match="set EDITOR"):
        chosen_editor({"PATH": ""})
