"""What leaves the program: widths, cuts, and nothing that a terminal would obey."""

from __future__ import annotations

import json
import os
import sys

import pytest

from flashcore.cli import output

HOSTILE = "\x1b]52;c;QQ==\x07 \x9b2J \x7f \u202e abc \u2066 \U000e0041 \u2028 \udcff Ödem 心"


def test_json_holds_the_same_text_without_a_character_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    output.put_json({"text": HOSTILE})
    written = capsys.readouterr().out
    assert json.loads(written) == {"text": HOSTILE}
    assert all(char == "\n" or char.isprintable() for char in written)
    assert "Ödem 心" in written


def test_text_is_made_visible_on_both_streams(capsys: pytest.CaptureFixture[str]) -> None:
    output.put(HOSTILE)
    output.say(HOSTILE)
    for written in capsys.readouterr():
        assert all(char == "\n" or char.isprintable() for char in written), written
        assert "␛]52;c;QQ==␇" in written


def test_letters_that_the_stream_cannot_carry_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    output.put("Ödem 心")
    output.put_json("Ödem 心")
    assert raw.getvalue() == "Ödem ?\n".encode("latin-1") + b'"\\u00d6dem \\u5fc3"\n'


def test_numbers_stand_to_the_right_and_wide_letters_count_twice() -> None:
    assert output.table(("DECK", "DUE"), [("心臓", 3), ("Heart", 120)]).splitlines() == [
        "DECK   DUE", "心臓     3", "Heart  120"]


def test_a_table_is_cut_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(1, "word " * 30, 2)]
    assert len(output.table(("A", "TEXT", "B"), rows, elastic=1).splitlines()[1]) > 80
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))
    header, row = output.table(("A", "TEXT", "B"), rows, elastic=1).splitlines()
    assert (len(header), len(row)) == (40, 40)
    assert row.endswith("\N{HORIZONTAL ELLIPSIS}  2") or "\N{HORIZONTAL ELLIPSIS}" in row


def test_a_cell_is_one_line_whatever_is_in_it() -> None:
    assert output.one_line("a\n\n b\tc\x1b[0m") == "a b c␛[0m"


def test_what_does_not_fit_the_terminal_goes_through_the_pager(
        capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", f"{sys.executable} -c \"import sys; print('paged', len(sys.stdin.readlines()))\"")
    output.put_pages("a\n" * 100)
    assert capfd.readouterr().out == "a\n" * 100 + "\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.put_pages("short")
    output.put_pages("a\n" * 100)
    assert capfd.readouterr().out == "short\npaged 101\n"
    monkeypatch.setenv("PAGER", "no-such-pager")
    output.put_pages("a\n" * 100)
    assert capfd.readouterr().out == "a\n" * 100 + "\n"
