"""The app in a real terminal: a process on a pseudo-terminal, its screen read with pyte."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte
import pytest
from stage import StillClock, log_of

from flashcore.study.collection import Collection

Cards = dict[str, tuple[int, ...]]
_START = "import sys; from flashcore.tui.app import run_app; sys.exit(run_app(sys.argv[1], query=sys.argv[2] or None))"
_WAIT_SECONDS = 15
_NOON = f"NOON{time.gmtime().tm_hour - 12:+d}"
"""A zone where it is noon: shortly before the rollover hour a step of minutes would belong to tomorrow."""


class Terminal:
    """A terminal of 80x24 with the app in it."""

    def __init__(self, path: Path, query: str = "", **environment: str) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TEXTUAL_THEME")}
        self.raw = b""
        self.process = pexpect.spawn(sys.executable, ["-c", _START, str(path), query], dimensions=(24, 80),
                                     env={**variables, "TERM": "xterm-256color", "TZ": _NOON, **environment},
                                     timeout=_WAIT_SECONDS)
        self.before = termios.tcgetattr(self.process.child_fd)

    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float = 0.05) -> None:
        """Takes in what the app writes."""
        try:
            data = self.process.read_nonblocking(65536, seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self._stream.feed(data)

    def until(self, wanted: str | Callable[[], bool]) -> None:
        """Waits for words on the screen, or for something to be so."""
        end = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < end:
            if wanted in self.text() if isinstance(wanted, str) else wanted():
                return
            self.read()
        pytest.fail(f"not seen: {wanted!r}\n{self.text()}")

    def send(self, key: str, then: str) -> None:
        """Presses a key and waits for words."""
        self.process.send(key)
        self.until(then)

    def code(self) -> int | None:
        """Waits for the end; the exit code."""
        self.until(lambda: not self.process.isalive())
        self.read()
        return self.process.exitstatus


Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal(path: Path) -> Iterator[Open]:
    terminals: list[Terminal] = []

    def make(query: str = "", **environment: str) -> Terminal:
        terminals.append(Terminal(path, query, **environment))
        return terminals[-1]

    yield make
    for terminal in terminals:
        with suppress(OSError):  # closed by the test
            terminal.process.close(force=True)


def restored(terminal: Terminal) -> bool:
    """Whether the terminal is as it was: main screen, cursor seen, no mouse, paste or key modes, line mode."""
    switched = {b"\x1b[?1049h": b"\x1b[?1049l", b"\x1b[?25l": b"\x1b[?25h", b"\x1b[?1000h": b"\x1b[?1000l",
                b"\x1b[?2004h": b"\x1b[?2004l", b"\x1b[?1004h": b"\x1b[?1004l"}
    return all(terminal.raw.rfind(off) > terminal.raw.rfind(on) for on, off in switched.items())


def answer(terminal: Terminal, key: str, saved: str) -> None:
    terminal.send(" ", "Again")
    terminal.send(key, f"Saved: {saved}")


def test_flip_grade_three_undo_one_quit(open_terminal: Open, cards: Cards, path: Path) -> None:
    terminal = open_terminal()
    terminal.until("study today, systems mixed")
    terminal.send(" ", "1 of ")
    answer(terminal, "3", "Good")
    answer(terminal, "1", "Again")
    answer(terminal, "2", "Hard")
    before = log_of(path)
    terminal.send("u", "Undone: the answer Hard")
    terminal.send("q", "Session stopped")
    terminal.send("q", "study today, systems mixed")
    terminal.process.send("q")
    assert terminal.code() == 0
    assert restored(terminal)
    assert [rating for _, rating, _, _ in before] == ["good", "again", "hard"]
    assert log_of(path) == before[:2]
    with Collection.open(path) as collection:
        assert collection.check().ok


def test_a_session_started_from_the_command_line(open_terminal: Open, cards: Cards, path: Path) -> None:
    terminal = open_terminal("system:renal")
    terminal.until("A  Osmotic")
    terminal.send("b", "enter  answer B")
    terminal.send("\r", "your answer: WRONG")
    terminal.send(" ", "Saved: Again")
    terminal.send("q", "1 missed")
    terminal.process.send("q")
    assert terminal.code() == 0
    assert log_of(path) == [(cards["vignette"][0], "again", "scheduled", "b")]


def test_kill_9_in_mid_session_loses_no_answer(open_terminal: Open, cards: Cards, path: Path) -> None:
    terminal = open_terminal()
    terminal.until("study today")
    terminal.send(" ", "1 of ")
    answer(terminal, "3", "Good")
    answer(terminal, "1", "Again")
    terminal.send(" ", "Again")
    terminal.process.kill(signal.SIGKILL)
    terminal.until(lambda: not terminal.process.isalive())
    assert [rating for _, rating, _, _ in log_of(path)] == ["good", "again"]
    again = open_terminal()
    again.until("2 learning")
    again.process.send("q")
    assert again.code() == 0
    with Collection.open(path) as collection:
        assert collection.check().ok


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_app_cleanly(open_terminal: Open, cards: Cards, path: Path, number: signal.Signals) -> None:
    terminal = open_terminal()
    terminal.until("study today")
    terminal.send(" ", "1 of ")
    answer(terminal, "3", "Good")
    terminal.process.kill(number)
    assert terminal.code() == 128 + number
    assert restored(terminal)
    assert not path.with_name(path.name + "-wal").exists()
    assert len(log_of(path)) == 1


def test_a_terminal_that_is_closed_ends_the_app(open_terminal: Open, cards: Cards, path: Path) -> None:
    terminal = open_terminal()
    terminal.until("study today")
    terminal.send(" ", "1 of ")
    answer(terminal, "3", "Good")
    os.close(terminal.process.child_fd)
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        if os.waitpid(terminal.process.pid, os.WNOHANG) != (0, 0):
            break
        time.sleep(0.05)
    else:
        pytest.fail("it still runs")
    assert len(log_of(path)) == 1


def test_the_editor_has_the_terminal_and_gives_it_back(open_terminal: Open, path: Path, tmp_path: Path,
                                                       still: StillClock) -> None:
    deck = tmp_path / "deck.md"
    deck.write_text("Q: Which node paces the heart?\nA: The sinus node\n")
    with Collection.open(path) as collection:
        collection.import_paths([str(deck)])
    editor = tmp_path / "vim"
    editor.write_text('#!/bin/sh\nprintf "EDITING $1 "\nread line\nsed -i "s/sinus/sinoatrial/" "$2"\n')
    editor.chmod(0o755)
    terminal = open_terminal("paces", EDITOR=f"{editor}", VISUAL="")
    terminal.until("Which node paces")
    terminal.send(" ", "The sinus node")
    terminal.send("e", "EDITING +1")
    assert restored(terminal)
    terminal.send("ok\r", "The sinoatrial node")
    terminal.send("4", "Session finished")
    terminal.process.send("q")
    assert terminal.code() == 0


def test_a_fault_leaves_the_terminal_whole_and_says_where_the_log_is(
        open_terminal: Open, cards: Cards, path: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import flashcore.study.session as s\n"
        "def broken(*a, **k): raise ZeroDivisionError('a fault')\n"
        "s.Session.answer = broken\n")
    terminal = open_terminal(PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[2]}", HOME=str(tmp_path),
                             XDG_STATE_HOME=str(tmp_path / "state"))
    terminal.until("study today")
    terminal.send(" ", "1 of ")
    terminal.send(" ", "Again")
    terminal.process.send("3")
    assert terminal.code() == 1
    assert restored(terminal)
    shown = terminal.raw[terminal.raw.rfind(b"\x1b[?1049l"):].decode()
    assert "flashcore stopped because of a fault in the program (ZeroDivisionError: a fault)." in shown
    assert "Traceback" not in shown
    logs = list(tmp_path.rglob("app.log"))
    assert len(logs) == 1
    assert "ZeroDivisionError: a fault" in logs[0].read_text()
