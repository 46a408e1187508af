"""SuperMemo's questions and answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcore.domain.bundle import Bundle, Skipped
from flashcore.domain.note import Markup
from flashcore.domain.note_type import BASIC, CLOZE
from flashcore.errors import FileError
from flashcore.formats import ReadOptions
from flashcore.formats.supermemo import looks_like_questions, read


def bundle_of(text: str) -> Bundle:
    return read(text.encode(), ReadOptions(path=Path("qa.txt"), deck="SM"))


def test_items_are_questions_and_answers_with_a_blank_line_between() -> None:
    bundle = bundle_of("Q: What?\r\nA: That & this.\r\n\r\nQ: a {{c1::b}}\r\n\r\nQ:one\r\nA:two")
    assert [(one.line, one.deck, one.note.note_type, one.note.fields, one.note.markup) for one in bundle.notes] == [
        (1, "SM", BASIC, ("What?", "That &amp; this.", "", ""), Markup.HTML),
        (4, "SM", CLOZE, ("a {{c1::b}}", "", ""), Markup.HTML),
        (6, "SM", BASIC, ("one", "two", "", ""), Markup.HTML)]
    assert bundle.warnings == () and bundle.skipped == ()


def test_a_part_of_several_lines_has_its_letter_before_each_or_before_the_first() -> None:
    bundle = bundle_of("Q: one\nQ: two\nA: three\nfour\nA: five\nQ: next\nA: x\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("one<br>two", "three<br>four<br>five"), ("next", "x")]


def test_what_is_no_item_is_named() -> None:
    bundle = bundle_of("stray\n\nA: x\n\nQ: lonely\n\nQ: q\nA: a\n\nafter a blank\n\nA: no question\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("q", "a<br><br>after a blank")]
    assert bundle.skipped == (
        Skipped("stray", "line 1 belongs to no Q: or A:"), Skipped("x", "line 3: it has no question"),
        Skipped("lonely", "line 5: it has no answer"), Skipped("no question", "line 12: it has no question"))
    assert [str(problem) for problem in bundle.warnings] == [
        "line 10: the line has neither Q: nor A:; it goes on with the item of line 7"]


def test_a_file_without_questions_is_refused() -> None:
    with pytest.raises(FileError, match="no line of it begins with Q:"):
        bundle_of("a\tb\n")
    assert bundle_of("\n\n").notes == ()


def test_f1_other_bytes_than_utf_8_are_named() -> None:
    with pytest.raises(FileError, match=r"line 2 byte 4 is not UTF-8.*try --encoding latin-1"):
        read(b"Q: a\nA: \xe9\n", ReadOptions())


@pytest.mark.parametrize(("text", "is_one"), [
    ("Q: a\nA: b\n", True), ("\ufeff\n Q: a\n\nA: b", True), ("Q: a\n", False), ("a\nQ: a\nA: b", False), ("", False),
    ("Q\tA\n", False),
])
def test_the_format_is_known_by_its_beginning(text: str, is_one: bool) -> None:
    assert looks_like_questions(text) is is_one
