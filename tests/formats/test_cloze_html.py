from collections.abc import Iterator

import pytest
from anki.collection import Collection as Anki
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.cloze import Deletion, cloze_ordinals_of, parse_cloze
from flashcore.domain.note import Markup
from flashcore.formats.cloze_html import cloze_to_anki, cloze_to_screen


@pytest.mark.parametrize(("text", "html"), [
    ("The [heart::organ] beats.", "The {{c1::heart::organ}} beats."),
    ("**[bold]** foo[_x_]bar [_y_]",
     "<strong>{{c1::bold}}</strong> foo{{c2::<em>x</em>}}bar {{c3::<em>y</em>}}"),
    ("- [a]\n- [b]", "<ul>\n<li>{{c1::a}}</li>\n<li>{{c2::b}}</li>\n</ul>"),
    ("{{c2::a {{c1,3::b}}::hint}}", "{{c2::a {{c1,3::b}}::hint}}"),
    ("[$\\frac{a}{\\sqrt{b}}$] x", "{{c1::\\(\\frac{a}{\\sqrt{b} }\\)}} x"),
    ("$\\frac{ {{c1::b_{x} }} }{c}$", "\\(\\frac{ {{c1::b_{x} }} }{c}\\)"),
    ("[$a::b$]", "{{c1::\\(a: :b\\)}}"),
    ("[`std::vector`::type]", "{{c1::<code>std:<!-- -->:vector</code>::type}}"),
    ("[`{{a}}`]", "{{c1::<code>{{a}<!-- -->}</code>}}"),
    ("[a}] x", "{{c1::a}<!-- -->}} x"),
    ("`{{c5::code}}` [a]", "<code>{<!-- -->{c5::code}}</code> {{c1::a}}"),
    ("[![h](h.png)]", '{{c1::<img src="h.png" alt="h">}}'),
    ("\U000f0001 [icon]", "\U000f0001 {{c1::icon}}"),
    ("a <!-- [b --> c]", "a  c"),
])
def test_deletions_become_those_of_anki_and_nothing_else_does(text: str, html: str) -> None:
    assert cloze_to_anki(text) == html


def test_a_card_keeps_its_number_when_a_deletion_before_it_was_removed() -> None:
    assert cloze_to_anki("[b] [new]", (1, 2)) == "{{c2::b}} {{c3::new}}"


def test_on_a_screen_a_deletion_is_a_span_in_every_block_it_reaches() -> None:
    pieces = ("x ", Deletion((0,), ("a **b**\n\nc",)), " y")
    assert cloze_to_screen(pieces, Markup.MARKDOWN, as_blanks=False) == (
        '<p>x <span class="cloze">a </span><strong><span class="cloze">b</span></strong></p>\n'
        '<p><span class="cloze">c</span> y</p>')


def test_a_blank_stands_in_brackets_that_make_no_link() -> None:
    pieces = ("see ", Deletion((0,), ("...",)), "(70 mmHg)")
    assert cloze_to_screen(pieces, Markup.MARKDOWN, as_blanks=True) == (
        'see <span class="cloze">[</span><span class="cloze">...</span><span class="cloze">]</span>(70 mmHg)')


def test_html_from_anki_is_not_read_as_markdown() -> None:
    pieces = ("*x* <b>", Deletion((0,), ("a",)), "</b>")
    assert cloze_to_screen(pieces, Markup.HTML, as_blanks=False) == '*x* <b><span class="cloze">a</span></b>'


@pytest.fixture(scope="module")
def anki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    collection = Anki(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


MARKUP = st.lists(st.sampled_from([
    "[", "]", "{{c1::", "{{c2::", "{{c1,3::", "}}", "}", "{", "::", ":", "$", "`", "**", "_", "a", "b ", " ", "\n",
    "\n\n", "\\(", "\\)", "<b>", "</b>", "- ", "| ", "[a]", "[b::c]", "$x$", "```\n", "(u)", "!", "\\", "&amp;",
    "<", ">",
]), max_size=14).map("".join)


@given(MARKUP)
def test_anki_finds_the_cards_that_the_note_has(anki: Anki, text: str) -> None:
    note = anki.new_note(anki.models.by_name("Cloze"))
    note["Text"] = cloze_to_anki(text)
    numbers = anki._backend.cloze_numbers_in_note(note._to_backend_note())
    assert sorted(number - 1 for number in numbers) == list(cloze_ordinals_of(parse_cloze(text)))
