from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC
from flashcore.errors import DeckFileError, FileError
from flashcore.formats import ReadOptions
from flashcore.formats.org import read


def taken(text: str, path: Path | None = None) -> Bundle:
    return read(text.encode(), ReadOptions(path=path, deck="Heart"))


def test_a_file_may_hold_cards_of_all_three_systems() -> None:
    bundle = taken("""#+TITLE: Heart
* a :drill:
** Answer
1
* b
:SRSITEMS:
#+NAME: srsitem:x
:END:
2
* c :fc:
3
* no card
4
""")
    assert [(one.note.fields[:2], one.deck, one.line) for one in bundle.notes] == [
        (("a", "1"), "Heart", 2), (("b", "2"), "Heart", 5), (("c", "3"), "Heart", 10)]
    assert bundle.warnings == ()


def test_the_id_of_a_heading_is_that_of_its_note_and_tags_come_from_all_above() -> None:
    bundle = taken("#+FILETAGS: :year1:\n* Valves :anatomy:\n** TODO [#A] Mitral :drill:leech:left:\n"
                   ":PROPERTIES:\n:ID: 12-ab\n:END:\nWhere?\n*** Answer\nleft\n")
    (one,) = bundle.notes
    assert one.note == Note("12-ab", BASIC, ("Mitral\n\nWhere?", "left", "", ""), one.note.tags)
    assert [tag for tag in one.note.tags if "::" not in tag or "anatomy" in tag] == [
        tag for tag in one.note.tags if tag != "depth::recall"]
    assert {"year1", "left"} <= set(one.note.tags)
    assert not {"drill", "leech"} & set(one.note.tags)


def test_planning_properties_comments_and_keywords_are_no_text() -> None:
    (one,) = taken("* a :drill:\n  SCHEDULED: <2026-03-20 Fri> DEADLINE: <2026-03-21 Sat>\n  :PROPERTIES:\n  :X: y\n"
                   "  :END:\n:LOGBOOK:\n- State\n:END:\n# a comment\n#+ATTR_ORG: :width 100\nWhat?\n#tag\n"
                   "** Answer\nThat\n").notes
    assert one.note.fields[:2] == ("a\n\nWhat?\n#tag", "That")


def test_a_heading_marked_as_comment_and_all_below_it_are_left_out() -> None:
    bundle = taken("* COMMENT later :drill:\n** b :drill:\nx\n* c :drill:\n** COMMENT d\nno\n** Answer\nyes\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("c", "yes")]


@pytest.mark.parametrize("text, lines", [
    ("* a :drill:\n:PROPERTIES:\n:ID: 1\n* b", [2]), ("* a :drill:\n#+begin_src c\nx\n", [2]),
    ("* a\n<<<<<<< HEAD\n* b\n:X:\n", [2, 4]),
    ("* a :drill:\n:PROPERTIES:\n:ID: 1\n:END:\nx\n* b :drill:\n:PROPERTIES:\n:ID: 1\n:END:\ny\n", [6]),
])
def test_F11_any_problem_refuses_the_file_with_all_lines(text: str, lines: list[int]) -> None:
    with pytest.raises(DeckFileError) as refused:
        taken(text)
    assert [problem.line for problem in refused.value.problems] == lines


def test_a_file_without_cards_says_what_cards_are() -> None:
    bundle = taken("* a\ntext\n")
    assert (bundle.notes, [one.what for one in bundle.warnings]) == ((), ["it holds no cards"])


def test_F1_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileError, match="line 1 byte 3"):
        read(b"* \xff", ReadOptions())


def test_pictures_are_found_beside_the_file_and_missing_ones_named(tmp_path: Path) -> None:
    (tmp_path / "heart.png").write_bytes(b"png")
    bundle = taken("* a :drill:\n[[file:heart.png]] [[file:gone.png]]\n** Answer\nb\n", tmp_path / "a.org")
    assert bundle.media == {"heart.png": tmp_path / "heart.png"}
    assert [one.what for one in bundle.warnings] == ["the picture 'gone.png' is missing"]


def test_more_lines_or_headings_than_any_file_has_are_refused() -> None:
    for text in ("\n" * 500_001, "* a\n" * 50_002):
        with pytest.raises(DeckFileError, match="it has more than"):
            taken(text)
    with pytest.raises(FileError, match="larger than 4 MiB"):
        taken(" " * (4 * 1024 * 1024 + 1))


@pytest.mark.parametrize("unit", ["* a :drill:\n", "[a", "[[a", "*a ", "/a/", "$a", "\\(", "\\[a", "{{a}{", "=a",
                                  "[fn:", "- [", "| a ", "[a][", "{{", "**** a\n", "_a_b", "[[a]] [",
                                  "#+begin_src\n", ": a\n"])
@pytest.mark.parametrize("head", ["* a :drill:\n", "* a :fc:\n:PROPERTIES:\n:FC_TYPE: cloze\n:END:\n"])
def test_F10_a_hostile_file_is_read_or_refused(unit: str, head: str) -> None:
    data = (head + unit * (200_000 // len(unit))).encode()
    try:
        assert len(read(data, ReadOptions()).warnings) < 10
    except DeckFileError as refused:
        assert refused.problems


def test_headings_nested_a_thousand_deep_are_read() -> None:
    bundle = taken("\n".join(f"{'*' * depth} {depth} :drill:\n{depth}?" for depth in range(1, 1000)))
    assert len(bundle.notes) == 999


@given(st.text(st.sampled_from("ab*:[]{}#+|\n -<>E.NDdril"), max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        taken(f"* card :drill:\n{text}\n** Answer\n{text}\n")
    except DeckFileError as refused:
        assert refused.problems
