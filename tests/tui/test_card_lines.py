from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from flashcore.study.rich_text import Paragraph, Span, Style, html_to_text
from flashcore.tui.rendering import Block, blocks_of, lines_of


def laid_out(html: str, width: int) -> list[str]:
    return [line.plain.rstrip() for _, line in lines_of(blocks_of(html_to_text(html)), width)]


def test_paragraphs_are_parted_by_an_empty_line_and_wrapped_at_words() -> None:
    assert laid_out("<p>one two three</p><p>four</p>", 9) == ["one two", "three", "", "four"]


def test_items_of_a_list_hang_under_their_text() -> None:
    assert laid_out("<ul><li>one two three</li><li>four</li></ul>", 10) == ["• one two", "  three", "• four"]


def test_numbered_and_nested_items_keep_their_columns() -> None:
    assert laid_out("<ol><li>one two<ul><li>deep enough</li></ul></li></ol>", 12) == [
        "1. one two", "   • deep", "     enough"]


def test_a_table_keeps_its_columns_where_it_fits_and_loses_no_word_where_not() -> None:
    html = ("<table><tr><th>ion</th><th>where it is mostly found</th></tr>"
            "<tr><td>Na</td><td>outside the cell</td></tr></table>")
    assert laid_out(html, 40) == ["ion | where it is mostly found", "----+-------------------------",
                                  "Na  | outside the cell"]
    assert laid_out(html, 20) == ["ion | where it is", "  mostly found", "----+---------------", "Na  | outside the",
                                  "  cell"]


def test_code_keeps_its_columns_and_its_styles_where_it_is_folded() -> None:
    text = Content("    indented code that is long").stylize("bold", 18, 22)
    lines = [line for _, line in lines_of([Block(text, wraps=False)], 17)]
    assert [line.plain for line in lines] == ["    indented code", "  that is long"]
    assert [(span.start, span.end) for span in lines[1].spans if span.style == "bold"] == [(2, 6)]


def test_styles_become_those_of_the_theme() -> None:
    blocks = blocks_of((Paragraph("an ejection fraction of [percent]", (Span(24, 33, Style.CLOZE),)),))
    assert [(span.start, span.end, span.style) for span in blocks[0].content.spans] == [(24, 33, "bold $mark")]


def test_every_style_of_card_text_has_a_look() -> None:
    text = tuple(Paragraph("x", (Span(0, 1, style),)) for style in Style)
    assert all(block.content.spans[0].style for block in blocks_of(text) if block.content)


def test_a_note_stands_at_the_end_of_the_first_line_or_of_the_last_or_below() -> None:
    def lines(text: str, width: int) -> list[str]:
        block = Block(Content(text), Content("A  "), 3, Content("RIGHT"))
        return [line.plain.rstrip() for _, line in lines_of([block], width)]

    assert lines("short", 20) == ["A  short       RIGHT"]
    assert lines("a text of two lines", 16) == ["A  a text of two", "   lines   RIGHT"]
    assert lines("one two three four five six", 13) == ["A  one two", "   three four", "   five six", "   RIGHT"]


def test_lines_know_their_block() -> None:
    blocks = [Block(Content("one two")), Block(Content("three"))]
    assert [(place, line.plain) for place, line in lines_of(blocks, 8)] == [(0, "one two"), (1, "three")]


@given(st.text(max_size=300), st.integers(8, 60), st.integers(0, 70), st.booleans())
def test_no_line_is_wider_than_asked(text: str, width: int, indent: int, wraps: bool) -> None:
    from flashcore.domain.visible import visible

    block = Block(Content(visible(text)), Content(" " * indent), indent, Content("RIGHT"), wraps)
    for _, line in lines_of([block], width):
        assert line.cell_length <= width


@given(st.text(alphabet="ab \n", max_size=300), st.integers(8, 40))
def test_no_letter_is_lost(text: str, width: int) -> None:
    lines = [line.plain for _, line in lines_of([Block(Content(text))], width)]
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize("text", ["word " * 200_000, "x" * 1_000_000, "line\n" * 200_000, "漢" * 300_000])
def test_the_first_window_of_a_megabyte_is_laid_out_at_once(text: str) -> None:
    began = time.perf_counter()
    lines = lines_of([Block(Content(text))], 76)
    for _ in range(100):
        next(lines)
    assert time.perf_counter() - began < 0.2
