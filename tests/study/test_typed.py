"""Answers that are typed, with the real Anki as the judge of what is right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from anki.collection import Collection as Anki
from hypothesis import given
from hypothesis import strategies as st

from flashcore.study.typed import (
    LONGEST_COMPARED,
    Comparison,
    Difference,
    Fate,
    Part,
    TypeIn,
    compared,
    expected_text,
    strip_html,
)


@pytest.fixture(scope="module")
def anki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    collection = Anki(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


def test_the_difference_is_told_letter_by_letter() -> None:
    assert compared(TypeIn("sitting"), "kitten") == Comparison(
        (Part("k", Fate.WRONG), Part("itt", Fate.SAME), Part("e", Fate.WRONG), Part("n", Fate.SAME)),
        (Part("s", Fate.MISSED), Part("itt", Fate.SAME), Part("i", Fate.MISSED), Part("n", Fate.SAME),
         Part("g", Fate.MISSED)),
        (Difference("k", "s"), Difference("e", "i"), Difference("", "g")))


def test_the_right_text_has_no_difference() -> None:
    assert compared(TypeIn("a b"), " a  b ") == Comparison(
        (Part("a b", Fate.SAME),), (Part("a b", Fate.SAME),), ())


def test_a_letter_and_its_marks_are_one() -> None:
    assert compared(TypeIn("שָׁלוֹם"), "שלום").differences == (Difference("ש", "שָׁ"), Difference("ו", "וֹ"))


def test_marks_do_not_count_where_the_card_says_so_and_the_right_text_is_shown() -> None:
    assert compared(TypeIn("résumé", ignores_marks=True), "resume") == Comparison(
        (Part("résumé", Fate.SAME),), (Part("résumé", Fate.SAME),), ())


def test_texts_too_long_to_compare_differ_as_a_whole() -> None:
    right, typed = "ab" * LONGEST_COMPARED, "ba" * LONGEST_COMPARED
    assert compared(TypeIn(right), typed).differences == (Difference(typed, right),)
    assert compared(TypeIn(right), right).is_right


def test_g1_what_was_typed_cannot_command_the_terminal() -> None:
    assert compared(TypeIn("a"), "\x1b[2Ja").typed == (Part("␛[2J", Fate.WRONG), Part("a", Fate.SAME))


@pytest.mark.parametrize("ignores_marks", [False, True])
@pytest.mark.parametrize(("right", "typed"), [
    ("abc", "abc"), ("abc", "ABC"), ("abc", "abd"), ("é", "e\u0301"), ("é", "e"), ("É", "é"), ("ﬁ", "fi"), ("µ", "μ"),
    ("שָׁלוֹם", "שלום"), ("ελληνικά", "ελληνικα"), ("ال", "اَل"), ("ÀB", "AB"), ("日本語", "日本"), ("a-b", "a b"),
    ("a<b>b</b>c", "abc"), ("a&amp;b", "a&b"), ("a<br>b", "a b"), ("<div>a</div>", "a"), ("[sound:x.mp3]hi", "hi"),
    ("x&nbsp;y", "x y"), ("&lt;b&gt;", "<b>"), ("<img src=a.png>foo", "foo"), ("a<script>x</script>", "a"),
    ("ab", "<b>ab</b>"), ("<p>a</p><p>b</p>", "ab"),
])
def test_anki_finds_the_same_answers_right(anki: Anki, right: str, typed: str, ignores_marks: bool) -> None:
    shown = anki.compare_answer(right, typed, not ignores_marks)
    ours = compared(TypeIn(expected_text(right), ignores_marks), typed)
    assert ours.is_right is not ("typeBad" in shown or "typeMissed" in shown)


@pytest.mark.parametrize("field", [
    "<div>a</div><div>b</div>", "a<br><br >b", "  a  ", "a\nb", "x[sound:a]", "<ul><li>x</li><li>y</li></ul>",
    "a<div class=q>b</div>", "a<!-- x -->b", "<br>a<br>", "1 < 2", "<style>x</style>b", "a&lt;b"])
def test_the_text_to_type_is_the_one_anki_expects(anki: Anki, field: str) -> None:
    theirs = re.sub("</?code[^>]*>", "", anki.compare_answer(field, "", True))
    assert expected_text(field) == strip_html(theirs)


@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_both_lines_hold_all_that_was_typed_and_all_that_is_right(right: str, typed: str, ignores_marks: bool) -> None:
    found = compared(TypeIn(right, ignores_marks), typed)
    assert compared(TypeIn(right, ignores_marks), right).is_right
    assert "".join(part.text for part in found.expected) == "".join(
        part.text for part in compared(TypeIn(right), "").expected)
    assert found.is_right is all(part.fate is Fate.SAME for part in (*found.typed, *found.expected))


@pytest.mark.parametrize("text", ["<" * 100_000, "<!--" * 30_000, "<script" * 20_000, "<a>" * 50_000])
def test_tags_without_end_are_read_once(text: str) -> None:
    assert strip_html(text) in (text, "")
