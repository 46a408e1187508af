"""Cloze deletions: both forms, what is text, what is wrong, and which card a deletion keeps after an edit."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.cloze import (
    BracketProblem,
    Deletion,
    Fault,
    carried_ordinals,
    cloze_ordinals_of,
    cloze_signatures,
    parse_cloze,
    plain_text,
    scan_brackets,
)


def hidden(text: str) -> list[str]:
    return [plain_text(piece.pieces) for piece in parse_cloze(text) if isinstance(piece, Deletion)]


def faults(text: str) -> list[tuple[int, Fault]]:
    return [(problem.offset, problem.fault) for problem in scan_brackets(text)[1]]


def test_each_outermost_pair_of_brackets_is_a_deletion_with_its_own_card() -> None:
    assert parse_cloze("An EF of [40%::percent] or [less].") == (
        "An EF of ", Deletion((0,), ("40%",), "percent"), " or ", Deletion((1,), ("less",)), ".")


def test_inner_brackets_belong_to_what_is_hidden() -> None:
    assert hidden("[a [b] c] d") == ["a [b] c"]


@pytest.mark.parametrize(("inside", "text", "hint"), [
    ("std::vector::a container", "std::vector", "a container"),
    ("$a::b$", "$a::b$", ""),
    ("`a::b`", "`a::b`", ""),
    (r"\(a::b\)::letters", r"\(a::b\)", "letters"),
    ("a [b::c] d", "a [b::c] d", ""),
    (r"a \[ b::c", r"a \[ b", "c"),
    ("x::letter", "x", "letter"),
    ("a::", "a", ""),
    ("40% :: percent", "40%", "percent"),
])
def test_the_hint_starts_at_the_last_double_colon_outside_of_formulas_code_and_inner_brackets(
        inside: str, text: str, hint: str) -> None:
    assert parse_cloze(f"[{inside}]") == (Deletion((0,), (text,), hint),)


@pytest.mark.parametrize("text", [
    "$[x]$", "$$[x]$$", r"\([x]\)", "`[x]`", "``a ` [x]``", "```\n[x]\n```", "~~~\n[x]\n~~~", "[^1]", "[[Page]]",
    "[[Page|name]]",
    "[ ]", "[x]", "[a](b)", "[a](b.md 'title')", "[a](<b c>)", "[a [b] c](d)", "![a](b.png)", "![a [b] c](d.png)",
    r"\[a\]", "\\[\n[a] = 1\n\n[b]\n\\]", "- [X] done", "> [!note] callout", "[a]()", r"\[one line [x]\]",
])
def test_brackets_that_mean_something_else_are_text(text: str) -> None:
    assert (parse_cloze(text), faults(text)) == ((text,), [])


@pytest.mark.parametrize(("text", "expected"), [
    ("[ACE](vitamin K antagonist)", ["ACE"]),
    ("chromosome [X]", ["X"]),
    ("costs $5 [a day] and $10", ["a day"]),
    ("$ [a] $", ["a"]),
    ("US$ 5 [a] or 5$ [b]", ["a", "b"]),
    ("`open [a]", ["a"]),
    ("`a\n\n[b]`", ["b"]),
    ("[[Na+] out, [K+] in]", ["[Na+] out, [K+] in"]),
    ("[see [40%](url)]", ["see [40%](url)"]),
    (r"\\[a]", ["a"]),
    ("$x$ [a] $y$", ["a"]),
])
def test_what_only_looks_like_it_is_a_deletion(text: str, expected: list[str]) -> None:
    assert hidden(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("a [b", [(2, Fault.UNMATCHED)]),
    ("a] b", [(1, Fault.UNMATCHED)]),
    ("[0, [1) x]", [(0, Fault.UNMATCHED)]),
    ("[]", [(0, Fault.EMPTY)]),
    ("[  ]", [(0, Fault.EMPTY)]),
    ("[::hint]", [(0, Fault.EMPTY)]),
    ("x {{c1::y", [(2, Fault.UNMATCHED)]),
    ("{{c1::}} {{c2::a}}", [(0, Fault.EMPTY)]),
    ("{{c2::a}} {{c501::b}}", [(10, Fault.BEYOND)]),
])
def test_what_is_wrong_is_named_with_its_offset(text: str, expected: list[tuple[int, Fault]]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize("ion", ["Na+", "K+", "HCO3-", "HCO₃⁻", "Ca2+", "Ca²⁺", "Ca++", "Cl−", "PO4^3-", "Mg^{2+}"])
def test_an_ion_beside_another_deletion_is_pointed_at(ion: str) -> None:
    assert scan_brackets(f"[{ion}] is [low]")[1] == (BracketProblem(0, Fault.ION, f"[{ion}]"),)
    assert faults(f"Aldosterone wastes [{ion}]") == faults(f"[{ion}::a cation] is [low]") == []


@pytest.mark.parametrize("word", ["CD4+", "HBsAg+", "beta-", "A-", "NaCl", "TSH"])
def test_other_words_with_a_sign_are_no_ions(word: str) -> None:
    assert faults(f"[{word}] is [low]") == []


def test_in_a_text_with_the_form_of_anki_brackets_are_text() -> None:
    assert parse_cloze("{{c1::a::b::c}} [d] {{c3::e}} }}") == (
        Deletion((0,), ("a",), "b::c"), " [d] ", Deletion((2,), ("e",)), " }}")


def test_a_deletion_of_anki_may_be_on_several_cards_and_hold_others() -> None:
    pieces = parse_cloze("{{c1,2::x {{c3::y::in}} z::out}}")
    assert pieces == (Deletion((0, 1), ("x ", Deletion((2,), ("y",), "in"), " z"), "out"),)
    assert cloze_ordinals_of(pieces) == (0, 1, 2)
    assert cloze_signatures(pieces) == {0: "x y z", 1: "x y z", 2: "y"}


@pytest.mark.parametrize("text", ["{{c0::a}}", "{{c501::a}}", "{{c99999999999999999999::a}}", "{{c1::a", "{{c1:a}}",
    "{{c,::a}}"])
def test_what_is_no_deletion_of_anki_is_text(text: str) -> None:
    assert parse_cloze(text) == (text,)


def test_deletions_nest_eight_deep_and_what_lies_deeper_is_text() -> None:
    text = "".join(f"{{{{c{depth}::" for depth in range(1, 11)) + "x" + "}}" * 10
    assert cloze_ordinals_of(parse_cloze(text)) == tuple(range(8))
    assert plain_text(parse_cloze(text)) == "{{c9::{{c10::x}}}}"


def test_in_html_only_braces_count_also_in_what_would_be_code_in_markdown() -> None:
    assert parse_cloze("[a] `{{c2::b}}`", brackets=False) == ("[a] `", Deletion((1,), ("b",)), "`")
    assert hidden("Anki writes `{{c2::b}}` for [this]") == ["this"]


def test_the_cards_of_brackets_are_those_given_and_then_new_ones() -> None:
    assert cloze_ordinals_of(parse_cloze("[a] [b] [c]", (5, 2))) == (2, 5, 6)


@pytest.mark.parametrize(("old", "ordinals", "new", "expected"), [
    ("[a] [b]", (), "[a] [b]", (0, 1)),
    ("[a] [b]", (4, 2), "[b] [a]", (2, 4)),
    ("[a] [b]", (), "[new] [a] [b]", (2, 0, 1)),
    ("[a] [b]", (), "[a] [new] [b]", (0, 2, 1)),
    ("[a] [b] [c]", (), "[c]", (2,)),
    ("[a] [b] [c]", (), "[a] [B] [c]", (0, 1, 2)),
    ("[a] [b] [c]", (), "[new] [a] [B] [c]", (3, 0, 1, 2)),
    ("[40%] and [EF]", (), "[35%] and [EF]", (0, 1)),
    ("[a] [a]", (3, 1), "[a] [a] [a]", (3, 1, 4)),
    ("[a]", (0, 7), "[a] [b]", (0, 8)),
    ("{{c3::a}} {{c1::b}}", (), "[b] [a]", (0, 2)),
    ("[a]", (), "{{c1::a}}", ()),
    ("[a]", (), "nothing", ()),
    ("nothing", (), "[a]", (0,)),
])
def test_after_an_edit_a_deletion_keeps_its_card(
        old: str, ordinals: tuple[int, ...], new: str, expected: tuple[int, ...]) -> None:
    assert carried_ordinals(old, ordinals, new) == expected


_CLOZES = st.lists(st.sampled_from(["[a] ", "[b] ", "[c::h] ", "x ", "[a [b]] ", "$[d]$ ", "{{c2::e}} "]),
    max_size=8).map("".join)


@given(_CLOZES, st.lists(st.integers(0, 20), unique=True, max_size=9), _CLOZES)
def test_an_edit_never_gives_one_card_to_two_deletions(old: str, ordinals: list[int], new: str) -> None:
    carried = carried_ordinals(old, ordinals, new)
    assert len(set(carried)) == len(carried)
    assert len(carried) in (0, len(hidden(new)))
    fresh = set(carried) - set(cloze_ordinals_of(parse_cloze(old, ordinals)))
    assert all(ordinal > max(ordinals, default=-1) for ordinal in fresh)


@given(st.text("[]{}c1,:$`\\()!x \n", max_size=60))
def test_reading_never_fails_and_loses_no_text(text: str) -> None:
    pieces, problems = scan_brackets(text)
    assert all(0 <= problem.offset < len(text) for problem in problems)
    assert "".join(piece for piece in pieces if isinstance(piece, str)) in text or len(pieces) > 1
    assert parse_cloze(text) == pieces


@pytest.mark.parametrize("part", ["[", "]", "[a", "[a]", "{{c1::", "{{c1::a}}", "`", "` `` ", "$a ", "\\(", "\\[",
    "[](x \"", "[^", "![",
                                  "[a](b", "```\n", "[a::b[c]d"])
def test_a_long_text_takes_time_in_proportion(part: str) -> None:
    text = part * (200_000 // len(part))
    began = time.process_time()
    scan_brackets(text)
    assert time.process_time() - began < 5


def test_a_million_brackets_are_read() -> None:
    assert len(scan_brackets("[" * 1_000_000)[1]) == 1_000_000
