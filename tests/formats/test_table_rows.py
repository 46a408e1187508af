"""Rows and cells: what was written is read, and Python's strict reader reads it the same way."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.errors import DeckFileError, UsageError
from flashcore.formats.table_rows import MOST_PROBLEMS, Row, delimiter_of, row_text, rows

CELLS = st.text(st.sampled_from('ab",;\t#\n é'), max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5)


def cells_of(text: str, delimiter: str = ",", anki: bool = False) -> list[list[str]]:
    return [row.cells for row in rows(text, delimiter, Path("f"), anki=anki)]


@given(TABLES, st.sampled_from([",", ";", "\t", "a"]), st.booleans())
def test_rows_that_were_written_are_read(table: list[list[str]], delimiter: str, anki: bool) -> None:
    text = "".join(row_text(cells, delimiter) + "\n" for cells in table)
    assert cells_of(text, delimiter, anki) == table
    assert cells_of(text.removesuffix("\n"), delimiter, anki) == table


@given(st.text(st.sampled_from('ab",\n'), max_size=12))
def test_what_pythons_strict_reader_takes_is_read_the_same_and_nothing_else(text: str) -> None:
    try:
        expected = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        with pytest.raises(DeckFileError):
            cells_of(text)
        return
    assert cells_of(text) == expected


def test_rows_have_the_line_that_they_start_on() -> None:
    text = 'a,"b\n\nc"\n\n#x\nd,e\n'
    assert list(rows(text, ",", Path("f"), line=3)) == [
        Row(3, ["a", "b\n\nc"]), Row(7, ["#x"]), Row(8, ["d", "e"])]
    assert list(rows(text, ",", Path("f"), line=3, anki=True)) == [Row(3, ["a", "b\n\nc"]), Row(8, ["d", "e"])]


def test_faults_of_quotes_are_all_named_up_to_a_number() -> None:
    with pytest.raises(DeckFileError) as caught:
        cells_of('"a"b,c\n' * (MOST_PROBLEMS + 5))
    assert [problem.line for problem in caught.value.problems] == [*range(1, MOST_PROBLEMS + 1), 0]
    assert caught.value.problems[-1].what == "5 more cells like these"


@pytest.mark.parametrize(("word", "delimiter"), [("tab", "\t"), ("\\t", "\t"), (" Comma ", ","), ("|", "|"), (" ", " "),
                                                 ("é", "é")])
def test_a_delimiter_is_a_name_or_a_character(word: str, delimiter: str) -> None:
    assert delimiter_of(word) == delimiter


@pytest.mark.parametrize("word", ["", "ab", '"', "\n", "comma;tab"])
def test_what_cannot_part_cells_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="is no delimiter"):
        delimiter_of(word)
