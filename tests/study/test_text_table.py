import pytest

from flashcore.study.rich_text import Paragraph, Span, Style
from flashcore.study.text_table import Cell, table_to_text, text_width


@pytest.mark.parametrize(("text", "columns"), [
    ("abc", 3), ("é", 1), ("e\u0301", 1), ("日本", 4), ("😀", 2), ("a\u200bb", 2), ("½→", 2), ("", 0),
])
def test_a_text_takes_as_many_columns_as_a_terminal_gives_it(text: str, columns: int) -> None:
    assert text_width(text) == columns


def test_cells_are_aligned_and_their_spans_move_with_them() -> None:
    rows = [[Cell("a", is_head=True), Cell("bcd", is_head=True)],
            [Cell("wide"), Cell("x", (Span(0, 1, Style.BOLD),), "right")], [Cell("y", align="center"), Cell("z")]]
    assert table_to_text(rows) == (Paragraph(
        "a    | bcd\n-----+----\nwide |   x\n y   | z", (Span(31, 32, Style.BOLD),), preformatted=True),)


def test_rows_may_be_ragged_or_empty() -> None:
    assert table_to_text([]) == ()
    assert table_to_text([[], [Cell("a"), Cell("b")], [Cell("c")]]) == (
        Paragraph("\na | b\nc", preformatted=True),)
