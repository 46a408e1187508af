"""The head of a deck file: what it sets, what is ignored, and what is refused."""

from __future__ import annotations

import pytest

from flashcore.domain.bundle import BundledNote
from flashcore.errors import DeckFileError
from flashcore.formats.markdown_deck import read_markdown_deck

CARD = "Q: a\nA: b\n"


def card(*head: str) -> BundledNote:
    (one,) = read_markdown_deck("\n".join(("---", *head, "---", CARD)), path=None, default_deck="folder::stem").notes
    return one


def problems(*head: str, text: str = "") -> list[tuple[int, str]]:
    with pytest.raises(DeckFileError) as caught:
        read_markdown_deck(text or "\n".join(("---", *head, "---", CARD)), path=None, default_deck="d")
    assert all(problem.hint for problem in caught.value.problems)
    return [(problem.line, problem.what) for problem in caught.value.problems]


def test_every_key_is_read() -> None:
    one = card("deck: Step 1::Cardiovascular", "system: cardiology", "discipline: path, behavioral science",
        "depth: mechanism",
               "step: 2CK", "yield: High", "tags: [a, b c]", "order: fixed", "license: CC-BY-4.0", "authors:",
               "  - Ann", "  - Bob",
               "source: own; checked 2026-11")
    assert (one.deck, one.line, one.note.field("Source"), one.note.tags) == (
        "Step 1::Cardiovascular", 16, "own; checked 2026-11",
        ("system::cardiovascular", "discipline::pathology", "discipline::behavioral", "depth::mechanism", "step::2ck",
        "yield::high",
         "a", "b", "c"))


def test_keys_are_known_in_any_case_and_empty_values_set_nothing() -> None:
    one = card("Deck: X", "TAGS: a", "system:", "step: ''")
    assert (one.deck, one.note.tags) == ("X", ("depth::recall", "a"))


def test_values_stay_words() -> None:
    assert card("deck: no", "tags: [1, yes, 2026-11-01, 0x10, null]").note.tags == (
        "depth::recall", "1", "yes", "2026-11-01", "0x10", "null")


def test_without_a_deck_the_folder_and_file_name_it() -> None:
    assert card("tags: a").deck == "folder::stem"


def test_front_matter_without_a_key_of_ours_is_ignored() -> None:
    assert card("created: 2026-01-01", "<% template %>", "a: *nope").note.tags == ("depth::recall",)


def test_a_key_that_is_nearly_ours_is_pointed_at() -> None:
    bundle = read_markdown_deck("---\ndekc: X\n---\n" + CARD, path=None, default_deck="d")
    assert [(problem.line, problem.hint) for problem in bundle.warnings] == [(2, "did you mean 'deck'?")]


def test_an_unknown_key_beside_ours_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(DeckFileError, match=r":3: unknown key 'sytem' in the front matter \(did you mean 'system'\?\)"):
        card("deck: X", "sytem: heart")


@pytest.mark.parametrize(("head", "line", "what"), [
    (("deck: &a x", "tags: *a"), 2, "aliases and anchors"),
    (("tags: [*a]",), 2, "aliases and anchors"),
    (("deck: !!python/name:os.system x",), 2, "YAML tags"),
    (("tags: [[a]]",), 2, "nested too deep"),
    (("deck: X", "tags:", "  a: b"), 4, "nested too deep"),
    (("deck: " + "[" * 20_000,), 2, "nested too deep"),
    (("deck: X", "source: First Aid: page 3"), 3, "not valid YAML"),
    (("deck: X", "\ttags: a"), 3, "not valid YAML"),
    (("deck: 'X",), 2, "not valid YAML"),
    (("deck: X\x07",), 2, "a character that YAML does not allow"),
    (("tags: a", "x: &b [*b]"), 3, "aliases and anchors"),
    (("deck: X", "deck: Y"), 3, "given twice"),
    (("system: [heart, lung]",), 2, "system takes one value"),
    (("order: random",), 2, "order cannot be 'random'"),
    (("deck: X", "tags: " + "a " * 40_000), 1, "larger than 64 KiB"),
    (("deck: " + "a::" * 21 + "b",), 1, "more than 20 levels"),
    (("deck: X", "<<<<<<< HEAD", "tags: a"), 3, "a merge conflict"),
    (('name = "x', ), 2, "not valid TOML"),
    (("name = 1",), 2, "no text"),
], ids=lambda value: repr(value)[:40])
def test_what_is_not_taken_is_named_with_its_line(head: tuple[str, ...], line: int, what: str) -> None:
    (found,) = problems(*head)
    assert found[0] == line
    assert what in found[1]


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = ["tags: &a0 [x, x]", *(f"t{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))]
    assert problems(*bomb)[0][0] == 2


def test_front_matter_without_an_end_is_an_error() -> None:
    assert problems(text="---\ndeck: X\n" + CARD) == [(1, "the front matter that starts here has no end")]
    assert problems(text="---\ndeck: X\n") == [(1, "the front matter that starts here has no end")]


def test_a_line_between_cards_at_the_start_is_no_front_matter() -> None:
    bundle = read_markdown_deck("---\n" + CARD + "---\nC: [c]\n", path=None, default_deck="d")
    assert [one.line for one in bundle.notes] == [2, 5]


def test_blank_lines_and_a_byte_order_mark_may_stand_before_it() -> None:
    assert read_markdown_deck("\ufeff\n\n---\ndeck: X\n---\n" + CARD, path=None, default_deck="d").notes[0].deck == "X"


def test_hashcards_toml_names_the_deck_and_leaves_only_its_markers() -> None:
    text = '---\nname = "Cell::Biology"\ncolor = "red"\n---\nQ: a\nA: b\n# c\nWhy: d\nT: e\n'
    bundle = read_markdown_deck(text, path=None, default_deck="d")
    assert [(one.deck, one.note.fields[:2]) for one in bundle.notes] == [("Cell::Biology",
        ("a", "b\n # c\nWhy: d\nT: e"))]
    assert [problem.what for problem in bundle.warnings] == ["the key 'color' of the front matter is ignored"]
