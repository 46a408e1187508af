"""Vignettes: the options as a field and back, and the order in which they are shown."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, VIGNETTE
from flashcore.domain.vignette import Option, Vignette, options_from_field, options_to_field, showing_order


def of(*texts: str, fixed_order: bool = False) -> Vignette:
    return Vignette("stem", tuple(Option(text, place == 0) for place, text in enumerate(texts)), fixed_order)


def test_the_options_are_a_markdown_task_list() -> None:
    field = options_to_field([Option("Afterload", False, "It would lower\n\nthe pressure"),
        Option("Stiff\nventricle", True)])
    assert field == ("- [ ] Afterload\n  > It would lower\n  >\n  > the pressure\n"
                     "- [x] Stiff\n  ventricle")


@pytest.mark.parametrize("text", [
    "", "a", "a\nb", "a\n\nb", "\na", "a\n", "  a", "a\n  b", "a\n> quote", "a\n\\> no quote", "a\n\\\\> two",
    "- [x] a", "a\n- [ ] b",
    "```\n- [x] a\n> b\n```", "a\n   ", "[ ]", "\n\n", "> a", "a\n  > b",
])
def test_any_text_of_an_option_comes_back(text: str) -> None:
    options = (Option(text, True, "why"), Option("b", False), Option(text, False, text))
    assert options_from_field(options_to_field(options)) == options


_LINES = st.lists(st.sampled_from(["a", ">", "> b", "\\", "- [ ] ", "- [x] c", "  ", " ", "", "```", "\t", "[ ]",
    "\xa0"]), max_size=5)
_TEXTS = _LINES.map("\n".join) | st.text("a>\\ -[]x\n", max_size=12)


@given(st.lists(st.builds(Option, _TEXTS, st.booleans(), _TEXTS), max_size=4))
def test_options_and_field_are_exact_inverses(options: list[Option]) -> None:
    assert options_from_field(options_to_field(options)) == tuple(options)


@given(_TEXTS)
def test_reading_any_field_never_fails(field: str) -> None:
    assert options_from_field(field) is not None


def test_a_note_holds_a_vignette() -> None:
    note = Note("g", VIGNETTE, ("stem", "- [ ] a\n- [x] b\n  > yes", "", "", "fixed"))
    assert Vignette.from_note(note) == Vignette("stem", (Option("a", False), Option("b", True, "yes")), True)


def test_a_note_of_another_kind_has_no_options() -> None:
    assert Vignette.from_note(Note("g", BASIC, ("a", "b", "", ""))) == Vignette("", (), False)


def test_the_same_showing_has_the_same_order_and_another_showing_another() -> None:
    vignette = of("aspirin", "heparin", "warfarin", "alteplase")
    orders = Counter(showing_order(vignette, f"showing {number}") for number in range(400))
    assert showing_order(vignette, "showing 7") == showing_order(vignette, "showing 7")
    assert len(orders) == 24
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)


def test_the_right_option_stands_at_every_place_alike() -> None:
    vignette = of("aspirin", "heparin", "warfarin", "alteplase")
    places = Counter(showing_order(vignette, str(number)).index(0) for number in range(2000))
    assert all(420 < count < 580 for count in places.values())


@pytest.mark.parametrize("texts", [
    ("10 %", "20 %", "30 %"), ("5", "10", "> 20"), ("1:4", "1:2", "1:1"), ("2 weeks", "3 months", "1 year"),
    ("0.5 mL/kg/h", "1 mL/kg/h", "2"),
    ("10-20 mg/dL", "20-30 mg/dL", "**40 mg/dL**"), ("−3", "0", "+3"), ("5 per 1,000", "6 per 1,000", "7 per 1,000"),
    ("$5", "$10", "$20"),
    ("aspirin", "heparin", "All of the above"), ("aspirin", "heparin", "None of these options"),
    ("a", "b", "Both of the above."),
])
def test_numbers_and_options_about_the_others_stay_as_they_stand(texts: tuple[str, ...]) -> None:
    assert {showing_order(of(*texts), str(number)) for number in range(40)} == {(0, 1, 2)}


@pytest.mark.parametrize("texts", [
    ("10 %", "20 %", "warfarin"), ("5 mg of aspirin by mouth", "10 mg of aspirin by mouth", "no aspirin"),
    ("All valves", "None", "Above the diaphragm"), ("B12", "folate", "iron"),
])
def test_other_options_are_shuffled(texts: tuple[str, ...]) -> None:
    assert len({showing_order(of(*texts), str(number)) for number in range(40)}) > 1


def test_a_fixed_order_stays() -> None:
    assert {showing_order(of("a", "b", "c", fixed_order=True), str(number)) for number in range(40)} == {(0, 1, 2)}
