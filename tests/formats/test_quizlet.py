"""Quizlet's text: terms and definitions, whatever stands between them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle, Skipped
from flashcore.domain.note import Markup
from flashcore.domain.note_type import BASIC, CLOZE
from flashcore.errors import FileError, UsageError
from flashcore.formats import ReadOptions
from flashcore.formats.quizlet import delimiters, read


def bundle_of(text: str, delimiter: str | None = None) -> Bundle:
    return read(text.encode(), ReadOptions(path=Path("set.txt"), deck="Quizlet", delimiter=delimiter))


def pairs(text: str, delimiter: str | None = None) -> list[tuple[str, ...]]:
    return [one.note.fields[:2] for one in bundle_of(text, delimiter).notes]


def test_each_line_is_a_term_and_its_definition() -> None:
    bundle = bundle_of("Cor pulmonale\tRight heart failure\n\nthe {{c1::heart}}\t\r\na < b\tc & d\n")
    assert [(one.line, one.deck, one.note.note_type, one.note.fields, one.note.markup) for one in bundle.notes] == [
        (1, "Quizlet", BASIC, ("Cor pulmonale", "Right heart failure", "", ""), Markup.HTML),
        (3, "Quizlet", CLOZE, ("the {{c1::heart}}", "", ""), Markup.HTML),
        (4, "Quizlet", BASIC, ("a &lt; b", "c &amp; d", "", ""), Markup.HTML)]
    assert [one.absent for one in bundle.notes] == [{"Why", "Source", "Tags"}] * 3
    assert bundle.warnings == () and bundle.skipped == ()


@pytest.mark.parametrize(("text", "delimiter"), [
    ("a,b,c\nd,e\n", "comma"), ("a,b,c;d,e", "comma;semicolon"), ("a;b,c\nd;e", ";"), ("a;b,c|d;e|", ";;pipe"),
    ("a - b,c\nd - e", " - "), ("a - b,c\n\nd - e", " - ;\\n\\n"), ("a\nb,c\n\nd\ne", "newline;\\n\\n"),
    ("a-b,c\nd-e", "DASH"), ("a\tb,c\nd\te", "\\t;newline"),
])
def test_what_stands_between_can_be_said(text: str, delimiter: str) -> None:
    assert pairs(text, delimiter) == [("a", "b,c"), ("d", "e")]


def test_a_definition_of_several_lines_is_kept_and_named() -> None:
    bundle = bundle_of("a\tb\nmore\n\nand more\nc\td\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("a", "b<br>more<br><br>and more"), ("c", "d")]
    assert [str(problem) for problem in bundle.warnings] == [
        "line 2: the line has no delimiter; it goes on with the definition of line 1",
        "line 4: the line has no delimiter; it goes on with the definition of line 1"]


def test_what_has_no_term_or_no_definition_is_skipped_and_named() -> None:
    bundle = bundle_of("stray\n\tb\nc\t\nd\te\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("d", "e")]
    assert bundle.skipped == (Skipped("stray", "line 1: it has no definition"), Skipped("b", "line 2: it has no term"),
                              Skipped("c", "line 3: it has no definition"))


def test_tags_make_the_file_html_and_that_is_said() -> None:
    bundle = bundle_of("a\t<b>b</b>\nc & d\te\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("a", "<b>b</b>"), ("c & d", "e")]
    assert str(bundle.warnings[0]) == "line 1: the texts are read as HTML, because '<b>' stands here"


def test_a_file_without_the_delimiter_is_refused_with_a_hint() -> None:
    with pytest.raises(FileError, match=r"no tab stands between a term.*--delimiter dash"):
        bundle_of("a - b\n")
    assert bundle_of("\n").notes == ()


@pytest.mark.parametrize("word", ["", "comma;", "tab;tab", "newline", ";;", "x" * 21])
def test_what_cannot_be_told_apart_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="are no delimiters"):
        delimiters(word)


def test_f4_too_large_a_text_is_named() -> None:
    bundle = bundle_of("a\t" + "x" * (1 << 20) + "y\nb\tc\n")
    assert [one.note.question for one in bundle.notes] == ["b"]
    assert bundle.skipped == (Skipped("a", "line 1: its text is larger than 1 MiB"),)


PLAIN = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="<>&\"'"), min_size=1)
STRIPPED = PLAIN.filter(lambda text: text == text.strip())


@given(st.lists(st.tuples(STRIPPED, STRIPPED), max_size=6))
def test_every_pair_that_was_copied_comes_back(copied: list[tuple[str, str]]) -> None:
    wanted = list(dict.fromkeys(copied))
    assert pairs("\n".join(f"{term}\t{definition}" for term, definition in copied)) == wanted
