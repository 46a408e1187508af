"""Text that would command a terminal: shown as text by every command, stored as given."""

from __future__ import annotations

import json
import re
import sys

import pytest
from desk import Desk, environment

from flashcore.domain.note_type import BASIC, CLOZE, VIGNETTE
from flashcore.domain.vignette import Option, options_to_field

EVIL = "\x1b]52;c;QUFB\x07\x1b[2J\x9b31m\x1bP+q\x1b\\[/b][@click=app.quit]\u202eabc\u2066\U000e0041\x08\x7f"
TAG = "t\x1b[2Ja\x9bg\u202e[/b]"
DECK = "De\x1b]0;owned\x07ck\x9b[/]\u202e"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@pytest.fixture
def evil_desk(desk: Desk) -> Desk:
    """A collection whose every text would like to command the terminal."""
    desk.add(BASIC, (f"What is {EVIL}?", f"It is {EVIL}", EVIL, EVIL), DECK, (TAG, "system::cardiovascular"))
    desk.add(CLOZE, (f"{EVIL} hides [x {EVIL}::hint {EVIL}]", EVIL, EVIL), DECK, (TAG,))
    options = options_to_field([Option(f"One {EVIL}", False, EVIL), Option(f"Two {EVIL}", True, EVIL),
                                Option(f"Three {EVIL}", False, EVIL)])
    desk.add(VIGNETTE, (f"A man {EVIL}", options, EVIL, EVIL, "fixed"), DECK, (TAG,))
    return desk


COMMANDS = [
    ["due"], ["due", "--json"], ["decks"], ["decks", "--json"], ["search"], ["search", "--json"], ["search", EVIL],
    ["search", "--deck", EVIL], ["search", "--tag", TAG], ["search", "--system", EVIL], ["search", f"dek:{EVIL}"],
    ["options"], ["options", "--json"], ["options", DECK], ["options", EVIL], ["options", f"{EVIL}=3"],
    ["options", DECK, "new_per_day=3"], ["options", f"new_per_day={EVIL}"], ["options", "a", EVIL],
    ["info"], ["info", "--json"], ["check"], ["check", "--json"], ["review"], ["review", "--cram"],
    ["review", "--system", EVIL], ["suspend", EVIL], ["suspend", "--where", EVIL], ["bury", "1"], ["reset", "1"],
    ["move", EVIL, "1"], ["flag", EVIL, "1"], ["tag", TAG, "1"], ["untag", TAG, "1"], ["delete", "1"], ["undo"],
    ["edit", "1"], ["edit", EVIL], ["add", EVIL], ["add", "--deck", EVIL, f"Q: {EVIL}\nA: {EVIL}"],
    ["import", EVIL.replace("/", "")], ["import", f"bundled:{EVIL}"], ["import", "x", "--format", EVIL],
    ["export", EVIL.replace("/", "")], ["export", "x", "--format", EVIL], [EVIL], ["--collection", EVIL, "due"],
    ["due", EVIL], ["due", f"--{EVIL}"], ["review", "--limit", EVIL],
]
SESSION = "\n".join(("", "i", EVIL, "f 3", "3", "", "i", "u", "", "1", "b", ":i", "b", "i", "", "4", ":?", "s", "u",
                     "e", "", "3", "q"))


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0] if words[0] != EVIL else "evil")
def test_G1_no_command_writes_what_a_terminal_obeys(evil_desk: Desk, words: list[str]) -> None:
    evil_desk.monkeypatch.chdir(evil_desk.folder)
    answered = evil_desk.run(*words, stdin=SESSION)
    assert answered.code in (0, 2, 3, 4)
    assert answered.out + answered.err
    assert OBEYED.findall(answered.out + answered.err) == []
    assert "fault in the program" not in answered.err


def test_G2_markup_is_shown_as_it_was_written(evil_desk: Desk) -> None:
    assert "[/b][@click=app.quit]" in evil_desk.run("search").out
    assert "[/b][@click=app.quit]" in evil_desk.run("review", stdin=SESSION).out


def test_what_is_stored_is_what_was_given(evil_desk: Desk) -> None:
    found = json.loads(evil_desk.run("search", "--json").out)
    assert (found[0]["deck"], found[0]["tags"]) == (DECK, [TAG, "system::cardiovascular"])
    with evil_desk.collection() as collection:
        assert collection.card_details(1).note.fields == (f"What is {EVIL}?", f"It is {EVIL}", EVIL, EVIL)


def test_a_hostile_deck_file_in_a_hostile_folder_is_imported_and_shown_as_text(desk: Desk) -> None:
    name = "re\x1b[2Jnal\u202e.md"
    path = desk.deck_file(f"# {EVIL}\n\nQ: What is {EVIL}?\nA: {EVIL}\nTags: {TAG}\n\nC: [a {EVIL}] b\n", name)
    bad = desk.deck_file(f"Q: {EVIL}\n\nC: none {EVIL}\n\nQ: a\nA: b\nTags: depth::{TAG}\n", f"bad{name}")
    for words in ([path, bad], [path, bad, "--json"], [path, bad, "--dry-run", "--show"]):
        answered = desk.run("import", *words)
        assert answered.code == 4
        assert OBEYED.findall(answered.out + answered.err) == []


def test_a_bug_with_hostile_text_is_told_as_text(evil_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from flashcore.study.collection import Collection

    def fail(self: Collection) -> None:
        raise ValueError(EVIL)

    monkeypatch.setattr(Collection, "decks", fail)
    answered = evil_desk.run("decks")
    assert answered.code == 1
    assert OBEYED.findall(answered.out + answered.err) == []


@pytest.mark.parametrize("command", ["search --json", "search", "due --json", "review", "--help"])
def test_nothing_obeyed_reaches_a_real_terminal(evil_desk: Desk, command: str) -> None:
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(sys.executable, ["-m", "flashcore", *command.split()], timeout=20, dimensions=(24, 80),
                          env=environment(TERM="dumb"))
    if command == "review":
        child.sendline("")
        child.sendline("q")
    written = child.read().decode("utf-8").replace("\r\n", "\n")
    child.wait()
    assert OBEYED.findall(written) == []
