"""The plain-text deck, rule by rule. Whole decks are in test_hurried_decks.py."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, VIGNETTE
from flashcore.domain.vignette import Option, Vignette
from flashcore.errors import DeckFileError, Problem
from flashcore.formats.markdown_deck import add_id_comments, read_markdown_deck


def read(text: str, path: Path | None = None, root: Path | None = None) -> Bundle:
    return read_markdown_deck(text, path=path, default_deck="folder::deck", root=root)


def notes(text: str) -> list[tuple[str, ...]]:
    """The kind of each note and its filled fields."""
    return [(one.note.note_type.name.removeprefix("flashcore "),
        *filter(None, one.note.fields)) for one in read(text).notes]


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DeckFileError) as caught:
        read(text)
    assert all(problem.hint for problem in caught.value.problems)
    return [(problem.line, problem.what) for problem in caught.value.problems]


def warnings(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.what) for problem in read(text).warnings]


def tags(text: str) -> tuple[str, ...]:
    (one,) = read(text).notes
    return one.note.tags


def test_a_note_has_its_type_fields_tags_deck_and_line() -> None:
    (one,) = read("\nQ: Why?\nA: So.\nWhy: idea\nSource: book\nTags: b a\n<!-- id: g -->\n").notes
    assert (one.note, one.deck, one.line) == (Note(
        "g", BASIC, ("Why?", "So.", "idea", "book"), ("depth::mechanism", "b", "a"), Markup.MARKDOWN), "folder::deck",
        2)


def test_the_four_kinds_have_their_note_types() -> None:
    bundle = read("T: a\nD: b\nC: [c]\nQ: d\nA: e\n\nV: f\n- [x] g\n- [ ] h\n- [ ] i\n")
    assert [one.note.note_type for one in bundle.notes] == [REVERSED, CLOZE, BASIC, VIGNETTE]


def test_a_file_without_a_marker_has_no_notes() -> None:
    assert read("# Readme\n\ntext [x]\n") == read("") == Bundle(())


# ------------------------------------------------------------------------------------------------- markers

@pytest.mark.parametrize("before", ["", "---\n", "# H\n", "\n", "text\n\n", "<!-- c -->\n", "Q: x\nA: y <!-- c -->\n",
    "# H\nTags: a\n"])
def test_t_and_v_open_after_what_may_stand_before_them(before: str) -> None:
    assert notes(f"{before}T: a\nD: b\n")[-1] == ("reversed", "a", "b")
    assert notes(f"{before}V: a\n- [x] b\n- [ ] c\n- [ ] d\n")[-1][0] == "vignette"


@pytest.mark.parametrize("before", ["text\n", "Q: x\nA: y\n", "C: [c]\n"])
def test_elsewhere_t_is_text(before: str) -> None:
    assert all(kind != "reversed" for kind, *_ in notes(f"{before}T: 39.1\n"))


@pytest.mark.parametrize("before", ["text\n", "Q: x\nA: y\n", "C: [c]\n", "Q: x\nA: y\nTags: a\n"])
def test_q_and_c_open_anywhere(before: str) -> None:
    assert notes(f"{before}Q: a\nA: b\n")[-1] == ("basic", "a", "b")
    assert notes(f"{before}C: [a]\n")[-1] == ("cloze", "[a]")


@pytest.mark.parametrize("line", [" Q: a", "\tC: a", r"\Q: a", r"\T: a", r"\Why: a", r"\Tags: a", "q: a", "Q : a",
    "**Q:** a", "> Q: a", "- C: a"])
def test_an_indented_or_escaped_marker_and_what_is_none_is_text(line: str) -> None:
    text = line[1:] if line.startswith("\\") else line
    assert notes(f"Q: x\nA: y\n{line}\n") == [("basic", "x", f"y\n{text}")]


def test_of_several_backslashes_one_is_taken() -> None:
    assert notes("Q: x\nA: y\n\\\\Q: z\n") == [("basic", "x", "y\n\\Q: z")]


def test_a_marker_needs_no_space_and_its_text_may_start_on_the_next_line() -> None:
    assert notes("Q:a\nA:\n\nb\n") == [("basic", "a", "b")]


def test_letters_are_text_in_a_vignette_until_its_options_and_a_blank_line() -> None:
    assert notes("V: s\nA: a\n\nQ: q\n- [x] a\n- [ ] b\n- [ ] c\n\nQ: z\nA: y\n") == [
        ("vignette", "s\nA: a\n\nQ: q", "- [x] a\n- [ ] b\n- [ ] c"), ("basic", "z", "y")]


def test_a_letter_right_after_the_last_option_needs_a_blank_line() -> None:
    assert problems("V: s\n- [x] a\n- [ ] b\n- [ ] c\nQ: z\nA: y\n") == [(5, "an unindented line after an option")]


def test_an_answer_after_a_finished_vignette_is_an_error() -> None:
    assert problems("V: s\n- [x] a\n- [ ] b\n- [ ] c\n\nA: y\n")[0] == (6, "A: without Q:")


def test_v_opens_in_a_vignette_after_a_blank_line() -> None:
    assert problems("V: s\n\nV: t\n- [x] a\n- [ ] b\n- [ ] c\n") == [(1, "V: without options")]


@pytest.mark.parametrize(("text", "expected"), [
    ("A: b", (1, "A: without Q:")),
    ("D: b", (1, "D: without T:")),
    ("Q: a", (1, "Q: without A:")),
    ("T: a", (1, "T: without D:")),
    ("Q: a\nA:", (1, "Q: without A:")),
    ("Q:\nA: b", (1, "Q: without a text")),
    ("T: a\nA: b\nD: c", (2, "A: without Q:")),
    ("Q: a\nA: b\nA: c", (3, "a second A: in the card of line 1")),
    ("Q: a\nA: b\nD: c", (3, "D: in the finished card of line 1")),
    ("Q: a\nA: b\nWhy: c\nWhy: d", (4, "a second Why: in the card of line 1")),
    ("C: a", (1, "C: without a deletion")),
    ("C:", (1, "C: without a deletion")),
    ("C: [a", (1, "[ without its partner")),
    ("C: a]", (1, "] without its partner")),
    ("C: []", (1, "the deletion [] is empty")),
    ("V: a", (1, "V: without options")),
    ("V:\n- [x] a\n- [ ] b\n- [ ] c", (1, "V: without a text")),
    ("<<<<<<< HEAD", (1, "a merge conflict was left here")),
    (">>>>>>> x", (1, "a merge conflict was left here")),
    ("||||||| base", (1, "a merge conflict was left here")),
    ("text\n<!-- never", (2, "the comment that starts here has no end: <!-- without -->")),
    ("text\n~~~~ sh\n~~~", (2, "the fence ~~~~ that starts here is never closed")),
    ("<!-- id: a -->", (1, "the id 'a' belongs to no card")),
    ("Q: a\nA: b\n<!-- id: -->", (3, "an id is one word, this is ''")),
    ("Q: a\nA: b\nTags: depth::foo", (3, "no depth named 'foo'")),
    ("Q: a\nA: b\nTags: system::", (3, "the tag 'system::' has no value")),
    ("C: " + "[a] " * 501, (1, "more than 500 deletions in one card")),
    ("Q: a\nA: b\nTags: " + " ".join(map(str, range(1001))), (1, "a card has at most 1000 tags, this has 1002")),
    ("Q: a\nA: b\nTags: " + "a::" * 20 + "b", (3, f"the tag {('a::' * 20)[:40]!r} has more than 20 levels")),
], ids=lambda value: repr(value)[:40])
def test_each_error_names_line_and_what(text: str, expected: tuple[int, str]) -> None:
    assert problems(text) == [expected]


def test_all_problems_come_at_once_in_the_order_of_lines() -> None:
    assert [line for line, _ in problems("A: x\n\nC: y\nQ: z\n\nV: v\n- [ ] a\n- [ ] b\n- [ ] c\n")] == [1, 3, 4, 7]


@pytest.mark.parametrize("text", ["Q: a\nA: b\nA: c", "Q: a\nA: b\nD: c"])
def test_the_cure_of_a_second_answer_is_named(text: str) -> None:
    with pytest.raises(DeckFileError, match=r"indent it or write \\[AD]: \(an ABCDE mnemonic is written indented\)"):
        read(text)


def test_the_sentence_of_a_refused_file_names_file_line_what_and_cure() -> None:
    with pytest.raises(DeckFileError) as caught:
        read("Q: a", path=Path("x/heart.md"))
    assert str(caught.value).startswith("x/heart.md:1: Q: without A: (write A: under it; ")


# ------------------------------------------------------------------------------------------------- options

def options(text: str) -> tuple[Option, ...]:
    (one,) = read(text).notes
    return Vignette.from_note(one.note).options


def test_wrapped_options_and_explanations_are_taken_together() -> None:
    text = "V: s\n- [ ] a\n  wrapped\n\n  paragraph\n      > why\n      more why\n\n   - list\n- [x] b\n- [ ] c\n"
    assert options(text) == (
        Option("a\nwrapped\n\nparagraph\n\n - list", False, "why\nmore why"), Option("b", True), Option("c", False))


def test_a_private_comment_over_two_lines_leaves_an_option_whole() -> None:
    assert options("V: s\n- [ ] a <!-- ask\n  him --> b\n  > no <!-- x\n  --> why\n- [x] b\n- [ ] c\n")[0] == (
        Option("a\nb", False, "no\nwhy"))


def test_code_in_an_option_is_its_text() -> None:
    first, *_ = options("V: s\n- [ ] ```\n  > x\n  - [x] y\n  ```\n- [x] b\n- [ ] c\n")
    assert first == Option("```\n> x\n- [x] y\n```", False)


def test_options_may_all_be_indented() -> None:
    assert options("V: s\n  - [ ] a\n  more\n  > why\n   - [x] b\n - [ ] c\n") == (
        Option("a\nmore", False, "why"), Option("b", True), Option("c", False))


@pytest.mark.parametrize("box", ["[x]", "[X]", "[ x]", "[x ]"])
def test_a_tick_may_be_typed_in_several_ways(box: str) -> None:
    assert [option.is_right for option in options(f"V: s\n- [ ] a\n* {box} b\n1. [] c\n")] == [False, True, False]


@pytest.mark.parametrize("count", [3, 8])
def test_three_to_eight_options_are_taken(count: int) -> None:
    assert len(options("V: s\n- [x] a\n" + "- [ ] b\n" * (count - 1))) == count


@pytest.mark.parametrize("count", [1, 2, 9])
def test_fewer_or_more_are_an_error(count: int) -> None:
    text = "V: s\n- [x] a\n" + "- [ ] b\n" * (count - 1)
    assert problems(text) == [(2, f"a vignette has 3-8 options, that of line 1 has {count}")]


def test_options_end_with_why_where_there_is_one() -> None:
    (one,) = read("V: s\n- [x] a\n- [ ] b\n- [ ] c\nWhy: list\n- [ ] x\n- [ ] y\n").notes
    assert one.note.fields[1:3] == ("- [x] a\n- [ ] b\n- [ ] c", "list\n- [ ] x\n- [ ] y")


def test_a_list_of_the_case_right_above_the_question_is_told_by_its_tick() -> None:
    text = "V: s\n- [x] smokes\nWhich?\n- [ ] a\n- [x] b\n- [ ] c\n"
    assert notes(text) == [("vignette", "s\n- [x] smokes\nWhich?", "- [ ] a\n- [x] b\n- [ ] c")]
    assert warnings(text) == [(2, "this task list is read as part of the vignette's text")]


# ---------------------------------------------------------------------------------------------------- tags

def test_tags_are_separated_by_spaces_or_commas_and_each_stands_once() -> None:
    assert tags("Q: a\nA: b\nTags: x,y  z, x X\nTags: w") == ("depth::recall", "x", "y", "z", "w")


def test_bare_words_of_depth_and_discipline_become_axes_other_words_stay() -> None:
    assert tags("Q: a\nA: b\nTags: Pathology application cardiovascular high recall-ish") == (
        "discipline::pathology", "depth::application", "cardiovascular", "high", "recall-ish")


def test_axes_come_in_canonical_order_and_by_slug() -> None:
    words = "z source::x topic::A yield::HIGH step::2CK depth::Recall discipline::phys involves::lung System::Cardio"
    assert tags(f"Q: a\nA: b\nTags: {words}") == (
        "system::cardiovascular", "involves::respiratory", "discipline::physiology", "depth::recall", "step::2ck",
        "yield::high", "topic::A", "source::x", "z")


def test_foreign_tags_stay_verbatim() -> None:
    foreign = "#AK_Step1_v12::#UWorld::Step::1234"
    assert tags(f"Q: a\nA: b\nTags: {foreign}") == ("depth::recall", foreign)


def test_an_unknown_system_names_the_nearest_and_a_discipline_its_axis() -> None:
    with pytest.raises(DeckFileError) as caught:
        read("Q: a\nA: b\nTags: system::cardiolgy involves::micro")
    assert caught.value.problems == (
        Problem(3, "no system named 'cardiolgy'", "did you mean 'cardiology'?"),
        Problem(3, "no system named 'micro'",
                "microbiology is a discipline, not a system: write discipline::microbiology"))


def test_the_system_a_card_replaces_becomes_involved() -> None:
    assert tags("---\nsystem: heart\n---\nQ: a\nA: b\nTags: system::kidney") == (
        "system::renal-urinary", "involves::cardiovascular", "depth::recall")
    assert tags("---\nsystem: heart\n---\nQ: a\nA: b\nTags: system::cardio involves::heart")[0:2] == (
        "system::cardiovascular", "depth::recall")


def test_the_tags_of_a_heading_hold_for_what_is_below_it() -> None:
    text = "# A\n\n<!-- c -->\nTags: one\n## B\nTags: step::1\nQ: q\nA: a\nTags: step::3\n# C\nQ: q\nA: a\n"
    assert [one.note.tags for one in read(text).notes] == [
        ("depth::recall", "step::3", "topic::a::b", "one"), ("depth::recall", "topic::c")]


@pytest.mark.parametrize(("heading", "topic"), [
    ("# Heart failure", "heart-failure"), ("## Na+/K+ (pump) ##", "na-k-pump"), ("# Ödem & Ascites", "ödem-ascites"),
    ("###### 2025-12-28 Class", "2025-12-28-class"), ("#\tTab_bed", "tab-bed"), ("# [Valves](valves.md)", "valves"),
])
def test_a_heading_is_a_topic(heading: str, topic: str) -> None:
    assert tags(f"{heading}\nQ: a\nA: b") == ("depth::recall", f"topic::{topic}")


# ------------------------------------------------------------------------------------------- limits, media

def test_text_is_nfc_without_nul_and_with_one_kind_of_line_end() -> None:
    bundle = read("Q: cafe\u0301\r\nA: a\0b\rc")
    assert bundle.notes[0].note.fields[:2] == ("caf\u00e9", "ab\nc")
    assert bundle.warnings == (Problem(2, "1 NUL character removed"),)


def test_a_line_of_ten_megabytes_is_an_error_and_notes_of_that_size_are_none() -> None:
    began = time.process_time()
    assert problems("C: x\nQ: [" + "ab " * 3_500_000 + "\nA: x")[-1] == (
        2, "the text of this card is 10.0 MiB long, at most 1 MiB is taken")
    assert read("x" * 10_000_000).notes == ()
    assert time.process_time() - began < 5


@pytest.mark.parametrize(("before", "part", "count"), [
    ("", "Q: what?\nA: this\n\n", 70_000), ("Q: x\nA: y\n", "line\n", 200_000), ("", "C: [Na+] and [b]\n", 50_000),
    ("", "# h\nTags: a\n", 100_000), ("", "Q: a\nA: b\n<!-- x -->\n", 60_000), ("", "\n", 200_000),
    ("", "V: s\n- [x] a\n- [ ] b\n- [ ] c\n\n", 40_000), ("Q: a\nA: b", "<!-- x -->", 90_000),
    ("C: [c]", "{{c1::", 100_000),
])
def test_long_files_take_time_in_proportion(before: str, part: str, count: int) -> None:
    began = time.process_time()
    with suppress(DeckFileError):
        read(before + part * count)
    assert time.process_time() - began < 25


def test_pictures_of_the_folder_are_found_and_others_named_once(tmp_path: Path) -> None:
    deck = tmp_path / "decks" / "a.md"
    (deck.parent / "img").mkdir(parents=True)
    for name in ("decks/img/heart (1).png", "decks/b.png", "outside.png", "root.png"):
        (tmp_path / name).write_bytes(b"x")
    (deck.parent / "link.png").symlink_to(tmp_path / "outside.png")
    bundle = read(
        'Q: ![a](b.png "title") ![b](<img/heart (1).png>) ![c](img/heart%20(1).png) ![](b.png)\n'
        "A: ![](../outside.png) ![](link.png) ![](no.png) ![](no.png) ![](/etc/passwd) ![](https://x.org/y.png) "
        "![](@/root.png)\n",
        path=deck, root=tmp_path)
    assert bundle.media == {
        "b.png": deck.parent / "b.png", "img/heart (1).png": deck.parent / "img/heart (1).png",
        "img/heart%20(1).png": deck.parent / "img/heart (1).png", "@/root.png": tmp_path / "root.png"}
    assert [warning.what for warning in bundle.warnings] == [
        "the picture '../outside.png' lies outside the folder of the deck file",
        "the picture 'link.png' lies outside the folder of the deck file", "the picture 'no.png' is missing",
        "the picture '/etc/passwd' lies outside the folder of the deck file"]
    assert len(bundle.notes) == 1


def test_a_text_without_a_file_has_no_pictures() -> None:
    assert warnings("Q: ![](a.png)\nA: b") == [(1, "the picture 'a.png' cannot be found: the text has no folder")]


# ------------------------------------------------------------------------------------------------ id comments

def test_id_comments_are_written_at_the_end_of_their_cards() -> None:
    text = "Q: a\r\nA: b\r\n\r\nstill b\r\n\r\nC: [c]\r\n<!-- id: has -->\r\n---\r\nnotes\r\n\r\nT: d\r\nD: e"
    assert add_id_comments(text, {1: "one", 6: "two", 11: "three"}) == (
        "Q: a\r\nA: b\r\n\r\nstill b\r\n<!-- id: one -->\r\n\r\nC: [c]\r\n<!-- id: has -->\r\n---\r\nnotes\r\n\r\n"
        "T: d\r\nD: e\r\n<!-- id: three -->\r\n")


def test_only_the_cards_asked_for_get_an_id() -> None:
    text = "Q: a\nA: b\nTags: x\nQ: c\nA: d\n"
    assert add_id_comments(text, {4: "g"}) == "Q: a\nA: b\nTags: x\nQ: c\nA: d\n<!-- id: g -->\n"
    assert add_id_comments(text, {}) == text


# ---------------------------------------------------------------------------------------- nothing ever crashes

PIECES = (
    "Q: ", "A: ", "C: ", "T: ", "D: ", "V: ", "Why: ", "Source: ", "Tags: ", "- [ ] ", "- [x] ", "1. [X] ", "  > ",
    "    ", "\t", "---", "# H", "```", "~~~", "`", "<!-- ", "-->", "<!-- id: a -->", "<!---->", "[a]", "[b::c]", "[",
    "]", "{{c1::x}}", "{{c1::", "}}", "\\", "\\T: ", "$", "\\(", "\\[", "word", "why", "e\u0301", "\u0301", "\xa0",
    "\u2028", "\r", "\0", "](u)", "![i](x.png)", "system::renal", "depth::foo", "pathology", "<<<<<<< a", "deck: x",
    "tags: [a, &b c]", 'name = "x"', "order: fixed", "\n", "\n", "\n\n", " ",
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=400)
@given(TEXTS | st.text(max_size=200))
def test_any_text_is_read_or_refused_with_lines_of_the_file(text: str) -> None:
    count = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    try:
        found = read(text).warnings
    except DeckFileError as error:
        found = error.problems
        assert found
    assert all(1 <= problem.line <= count for problem in found)


@settings(max_examples=300)
@given(TEXTS)
def test_written_ids_are_all_that_changes(text: str) -> None:
    try:
        before = read(text).notes
    except DeckFileError:
        return
    after = read(add_id_comments(text, {one.line: f"id-{one.line}" for one in before})).notes
    assert [(one.note.note_type, one.note.fields, one.note.tags) for one in after] == [
        (one.note.note_type, one.note.fields, one.note.tags) for one in before]
    assert all(one.note.guid in (was.note.guid or f"id-{was.line}", "") for one, was in zip(after, before, strict=True))
