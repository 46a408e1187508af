"""Add and edit: text on the command line, stdin, and a real editor on a real terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from desk import Desk, environment


def found(desk: Desk) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = json.loads(desk.run("search", "--json").out)
    return value


def on_terminal(desk: Desk, *words: str | int, editor: str, answers: str = "") -> tuple[int, str]:
    """Run a command in a pseudo-terminal with an editor that is this line of Python (``path`` is the file)."""
    script = desk.folder / "editor.py"
    script.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[-1])\n{editor}\n", encoding="utf-8")
    child = pexpect.spawn(sys.executable, ["-m", "flashcore", *map(str, words)], timeout=30,
                          env=environment(EDITOR=f"{sys.executable} {script}"), encoding="utf-8", dimensions=(24, 200))
    said = ""
    for answer in answers:
        child.expect("Y/n")
        said += f"{child.before}{child.after}"
        child.sendline(answer)
    said = (said + child.read()).replace("\r\n", "\n")
    child.close()
    return child.exitstatus or 0, said


def test_add_prints_the_ids_of_its_cards(desk: Desk) -> None:
    answered = desk.run("add", "--deck", "Step 1::Renal", "--tag", "renal", "--tag", "physiology",
                        r"Q: Where does ADH act?\nA: In the collecting duct, at \(\nu\).")
    assert (answered.code, answered.out, answered.err) == (0, "1\n", "1 card added to Step 1::Renal.\n")
    (card,) = found(desk)
    assert (card["deck"], card["question"]) == ("Step 1::Renal", "Where does ADH act?")
    assert card["discipline"] == "physiology"
    assert "renal" in card["tags"]
    assert desk.run("undo").code == 0
    assert found(desk) == []


def test_add_takes_every_kind_and_stdin(desk: Desk) -> None:
    text = "T: Oliguria\nD: Little urine.\n\nC: ADH inserts [aquaporin-2] by [V2].\n\nQ: What?\nA: That.\n"
    answered = desk.run("add", "-", stdin=text)
    assert (answered.code, answered.out.split()) == (0, ["1", "2", "3", "4", "5"])
    assert {card["deck"] for card in found(desk)} == {"Default"}


def test_add_names_a_note_with_the_same_question(desk: Desk) -> None:
    desk.add_basic()
    answered = desk.run("add", r"Q: Where does ADH act?\nA: Elsewhere.")
    assert (answered.code, answered.err) == (0, "1 card added to Default.\nNote 1 has the same question.\n")


@pytest.mark.parametrize(("text", "code", "sentence"), [
    ("Q: What?", 4, "the text:1: "), ("just words", 2, "there is no card in the text: "),
    ("C: nothing hidden", 4, "the text:1: "), ("", 2, "there is no card in the text: "),
])
def test_a_text_with_problems_adds_nothing(desk: Desk, text: str, code: int, sentence: str) -> None:
    answered = desk.run("add", "--tag", "x", text)
    assert (answered.code, answered.out) == (code, "")
    assert answered.err.startswith(sentence), answered.err
    assert found(desk) == []


def test_stdin_that_is_no_utf8_names_line_and_byte(desk: Desk) -> None:
    answered = desk.run("add", "-", stdin="Q: What?\nA: Ödem.\n".encode("latin-1"))
    assert answered.code == 4
    assert answered.err.startswith("-:2: byte 13 is not UTF-8")


def test_edit_opens_the_note_and_keeps_what_was_learned(desk: Desk) -> None:
    desk.add_basic()
    desk.run("review", stdin="\n4\n")
    code, said = on_terminal(desk, "edit", 1, editor="path.write_text(path.read_text().replace('ADH', 'AVP'))")
    assert (code, said) == (0, "Edited; what you learned stays.\n")
    (card,) = found(desk)
    assert (card["question"], card["state"]) == ("Where does AVP act?", "review")


def test_edit_that_changes_nothing_says_so(desk: Desk) -> None:
    desk.add_basic()
    assert on_terminal(desk, "edit", 1, editor="pass") == (0, "Nothing was changed.\n")


def test_a_text_with_problems_is_offered_again_and_kept_when_given_up(desk: Desk) -> None:
    desk.add_basic()
    code, said = on_terminal(desk, "edit", 1, editor="path.write_text(path.read_text().replace('A:', 'B:'))",
                             answers="yn")
    assert code == 4
    assert said.count("Edit it again? [Y/n]") == 2
    assert said.endswith("was not taken in; nothing was changed; your text is kept there\n")
    kept = Path(said.splitlines()[-1].split(": ")[0])
    assert "B: In the" in kept.read_text(encoding="utf-8")
    kept.unlink()
    assert found(desk)[0]["question"] == "Where does ADH act?"


def test_a_note_of_a_deck_file_is_edited_there_at_its_line(desk: Desk) -> None:
    path = desk.deck_file("Q: One?\nA: Yes.\n\nQ: Where does ADH act?\nA: There.\n")
    desk.run("import", path)
    code, said = on_terminal(desk, "edit", 2, editor=(
        "assert sys.argv[-1] == " + repr(str(path)) + "\npath.write_text(path.read_text().replace('There', 'Here'))"))
    assert (code, said) == (0, f"{path} taken in again: 1 updated, 0 new.\n")
    assert "Here" in path.read_text(encoding="utf-8")
    assert found(desk)[1]["answer"] == "Here."


def test_an_editor_that_fails_changes_nothing(desk: Desk) -> None:
    desk.add_basic()
    code, said = on_terminal(desk, "edit", 1, editor="sys.exit(3)")
    assert code == 2
    assert "ended with code 3; nothing was changed" in said
    assert "is kept in" not in said
    code, said = on_terminal(desk, "edit", 1, editor="path.write_text('Q: mine'); sys.exit(3)")
    kept = Path(said.partition("Your text is kept in ")[2].splitlines()[0].removesuffix("."))
    assert (code, kept.read_text(encoding="utf-8")) == (2, "Q: mine")
    kept.unlink()


def test_add_without_text_opens_the_editor_with_a_template(desk: Desk) -> None:
    code, said = on_terminal(desk, "add", "--deck", "Inbox", editor=(
        "path.write_text(path.read_text().replace('Q:', 'Q: What?', 1).replace('Q: What?', 'Q:', 1)"
        ".replace('\\nQ:\\nA:', '\\nQ: What?\\nA: That.'))"))
    assert (code, said) == (0, "1\n1 card added to Inbox.\n")
    assert found(desk)[0]["answer"] == "That."
    assert on_terminal(desk, "add", editor="pass") == (0, "Nothing was added.\n")


def test_a_demo_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    desk.monkeypatch.setattr("tempfile.tempdir", str(temporary))
    answered = desk.run("demo", stdin="\n3\n")
    assert answered.code == 0
    assert answered.err == "This collection is thrown away when you leave.\n"
    assert "Saved: good" in answered.out
    assert list(temporary.iterdir()) == []
    assert not desk.path.exists()
