import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.visible import MAX_MARKS, visible

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
HOSTILE = st.text(
    st.sampled_from("a\x00\x07\x08\x1b\x7f\x9b\x9d\u202e\u2066\U000e0041\ud800\u0301\u200d\u200b👩🏽é "), max_size=80)


@pytest.mark.parametrize("text", [
    "", "plain text, with punctuation!", "two\nlines\tand a tab", "Höhe, größer als… ½ µg – é", "שלום עולם", "مرحبا",
    "日本語 のテキスト", "क्षत्रिय", "👩‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍⚕️", "e\u0301 n\u0303", "\N{LEFT-TO-RIGHT MARK}", "────────────",
])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b]52;c;cm0=\x07", "␛]52;c;cm0=␇"),
    ("\x1b[2Jgone", "␛[2Jgone"),
    ("a\x08b\x00c\rd", "a␈b␀c␍d"),
    ("a\x7fb", "a␡b"),
    ("a\x9b31mb\x85", "a�31mb�"),
    ("exe\u202egnp.\u202c", "exe<U+202E>gnp.<U+202C>"),
    ("\u2066x\u2069", "<U+2066>x<U+2069>"),
    ("tag\U000e0041\U000e0042s", "tag�s"),
    ("half \ud83d", "half �"),
    ("line\u2028end", "line␤end"),
])
def test_g1_what_commands_a_terminal_or_hides_is_shown_as_a_mark(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_where_one_line_is_wanted_line_breaks_are_marks_too() -> None:
    assert visible("deck\n\tname", keep="") == "deck␊␉name"


def test_g3_more_than_eight_marks_on_a_character_are_cut() -> None:
    assert visible("a" + "\u0301" * 500 + "b") == "a" + "\u0301" * MAX_MARKS + "b"
    assert visible("a" + "\u0301\u200b" * 50) == "a\u0301\u200b" + "\u0301" * (MAX_MARKS - 1)


def test_g3_runs_and_endless_chains_of_joiners_are_cut() -> None:
    assert visible("a" + "\u200d" * 1000 + "b") == "a\u200db"
    chained = visible("👩🏽\u200d" * 1000)
    assert "👩🏽\u200d" * MAX_MARKS in chained
    assert "👩🏽\u200d" * (MAX_MARKS + 1) not in chained


@given(ANY_TEXT | HOSTILE)
def test_g1_no_control_character_but_line_break_and_tab_ever_comes_out(text: str) -> None:
    shown = visible(text)
    assert not [char for char in shown if (char < " " and char not in "\n\t") or "\x7f" <= char <= "\x9f"]
    assert not [char for char in shown if unicodedata.category(char) == "Cs" or 0xE0000 <= ord(char) <= 0xE007F]
    assert shown.encode().decode() == shown
    assert visible(shown) == shown
    assert "\n" not in visible(text, keep="")
