"""CSV and TSV as people keep them: which delimiter, which header, and nothing without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle, Skipped
from flashcore.domain.note import Markup
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, NoteKind
from flashcore.errors import DeckFileError, FileError, UsageError
from flashcore.formats import ReadOptions
from flashcore.formats.delimited import read
from flashcore.formats.table_rows import MOST_ROWS


def bundle_of(text: str, path: str = "deck.csv", **options: object) -> Bundle:
    return read(text.encode(), ReadOptions(path=Path(path), **options))  # type: ignore[arg-type]


def fields_of(text: str, path: str = "deck.csv", **options: object) -> list[tuple[str, ...]]:
    return [one.note.fields for one in bundle_of(text, path, **options).notes]


def pairs(text: str, path: str = "deck.csv", **options: object) -> list[tuple[str, ...]]:
    return [fields[:2] for fields in fields_of(text, path, **options)]


def said(bundle: Bundle) -> list[str]:
    return [str(problem) for problem in bundle.warnings]


@pytest.mark.parametrize(("text", "delimiter"), [
    ("a,b\nc,d\n", "comma"), ("a;b\nc;d\n", "semicolon"), ("a|b\nc|d\n", "pipe"), ("a\tb\nc\td\n", "tab"),
    ('a,"b"\nc,d\n', "comma"), ("Front;Back\na;b\nc;d\n", "semicolon"), ("a,b\n\nc,d\n\n", "comma"),
])
def test_the_delimiter_is_found_and_said(text: str, delimiter: str) -> None:
    assert pairs(text) == [("a", "b"), ("c", "d")]
    assert said(bundle_of(text))[0] == (
        f"line 1: the cells are parted by {delimiter} (--delimiter chooses another)")


def test_a_header_row_tells_the_delimiter_before_any_count_does() -> None:
    assert pairs("Front,Back\na; b,c; d\n") == [("a; b", "c; d")]
    assert pairs("Front;Back\na, b;c, d\n") == [("a, b", "c, d")]


def test_rows_of_equal_length_tell_it_before_rows_with_two_cells() -> None:
    assert pairs("a; x,b\nc,d; y; z\n") == [("a; x", "b"), ("c", "d; y; z")]
    bundle = bundle_of("a;b,c\nd;e,f\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("a", "b,c"), ("d", "e,f")]
    assert said(bundle)[0] == (
        "line 1: the cells are parted by semicolon; comma would fit too (--delimiter chooses another)")


def test_the_learners_word_and_the_suffix_tsv_beat_what_it_looks_like() -> None:
    assert pairs("a;b,c\nd;e,f\n", delimiter="comma") == [("a;b", "c"), ("d;e", "f")]
    assert pairs("a,b\tc\n", "deck.tsv") == [("a,b", "c")]
    with pytest.raises(UsageError, match="is no delimiter"):
        bundle_of("a,b\n", delimiter="")


def test_lines_that_nothing_parts_are_refused_but_for_clozes() -> None:
    with pytest.raises(FileError, match=r"no tab, pipe, semicolon or comma parts its lines.*--delimiter"):
        bundle_of("one\ntwo\n")
    assert fields_of("the {{c1::heart}}\nthe {{c1::lung}}\n") == [
        ("the {{c1::heart}}", "", ""), ("the {{c1::lung}}", "", "")]


def test_without_a_header_two_columns_are_question_and_answer() -> None:
    bundle = bundle_of("What < is?,That\n")
    (one,) = bundle.notes
    assert (one.line, one.deck, one.note.note_type, one.note.fields, one.note.markup, one.absent) == (
        1, "Default", BASIC, ("What &lt; is?", "That", "", ""), Markup.HTML, {"Why", "Source", "Tags"})
    assert said(bundle)[1] == ("line 1: without a header row: column 1 is the question, 2 the answer "
                               "(a first row with the names of the columns says so)")


@pytest.mark.parametrize(("third", "tags", "why"), [
    (("heart", "x::y z::w"), ("x::y", "z::w"), ""), (("heart", ""), (), ""), (("two words", "x"), (), "x"),
])
def test_a_third_column_holds_tags_only_where_it_can_hold_nothing_else(
        third: tuple[str, str], tags: tuple[str, ...], why: str) -> None:
    bundle = bundle_of(f"a,b,{third[0]}\nc,d,{third[1]}\n")
    assert (bundle.notes[1].note.tags, bundle.notes[1].note.field("Why")) == (tags, why)
    assert ("3 says why" if "two words" in third else "3 holds tags") in said(bundle)[1]


def test_a_header_names_every_column_and_others_are_named_as_left_out() -> None:
    text = ("GUID,Question,Definition,Extra,Reference,Tag,Deck,Chapter\n"
            "g,q,a,w,s,x y,A::B,3\n,r,b,,,,,\n")
    bundle = bundle_of(text, deck="Own")
    assert [(one.note.guid, one.note.fields, one.note.tags, one.deck, one.absent) for one in bundle.notes] == [
        ("g", ("q", "a", "w", "s"), ("x", "y"), "A::B", frozenset()), ("", ("r", "b", "", ""), (), "Own", frozenset())]
    assert said(bundle)[1:] == [
        "line 1: line 1 is read as a header: GUID = guid, Question = question, Definition = answer, Extra = why, "
        "Reference = source, Tag = tags, Deck = deck",
        "column 8 (Chapter) is left out; 1 row has text in it "
        "(a header row says what a column holds: question, answer, why, source, tags, deck)"]


@pytest.mark.parametrize("first", ["Question,what", "Front,Front", "Answer,Tags", "Term,Meaning"])
def test_a_row_that_does_not_name_question_and_answer_is_no_header(first: str) -> None:
    assert len(bundle_of(f"{first}\na,b\n").notes) == 2


def test_a_question_with_deletions_is_a_cloze_and_the_answer_its_why() -> None:
    bundle = bundle_of("text,extra,tags\nthe {{c1::heart}} & lung,more,x\nplain,no answer,\n")
    (one,) = bundle.notes
    assert (one.note.note_type, one.note.fields, one.note.tags, one.absent) == (
        CLOZE, ("the {{c1::heart}} &amp; lung", "more", ""), ("x",), {"Source"})
    assert bundle.skipped == (Skipped("plain", "line 3: it has no answer"),)


def test_a_column_of_note_types_takes_the_fields_by_their_names() -> None:
    text = ("note type,term,definition,Back Extra,markup\nflashcore reversed,t,d,,\nCloze,{{c1::x}},,e,\n"
            "Mine,a {{c1::b}},c,d,\n,q,*a*,,Markdown\n,q,a,,tex\n")
    bundle = bundle_of(text)
    assert [(one.note.note_type.name, one.note.fields, one.note.markup) for one in bundle.notes] == [
        ("flashcore reversed", ("t", "d", "", ""), Markup.HTML), ("Cloze", ("{{c1::x}}", "e"), Markup.HTML),
        ("Mine", ("a {{c1::b}}", "c", "d"), Markup.HTML), ("flashcore basic", ("q", "*a*", "", ""), Markup.MARKDOWN)]
    assert bundle.notes[0].note.note_type == REVERSED
    assert (bundle.notes[2].note.note_type.fields, bundle.notes[2].note.note_type.kind) == (
        ("term", "definition", "Back Extra"), NoteKind.CLOZE)
    assert bundle.skipped == (Skipped("q", "line 6: 'tex' is no markup; it is markdown or html"),)
    assert any(one.startswith("the note type 'Mine' is not known here") for one in said(bundle))


def test_tags_of_html_anywhere_make_the_file_html_and_that_is_said() -> None:
    bundle = bundle_of("a < b,c\nd,e<br>f\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("a < b", "c"), ("d", "e<br>f")]
    assert "line 2: the texts are read as HTML, because '<br>' stands here" in said(bundle)
    assert pairs('"a\nb",c < d & e > f\n') == [("a<br>b", "c &lt; d &amp; e &gt; f")]


@pytest.mark.parametrize("head", ["#separator:comma\n#html:true\n", "tags: x\n"])
def test_a_file_with_ankis_head_is_read_as_anki_reads_it(head: str) -> None:
    assert [(one.note.note_type.name, one.note.fields) for one in bundle_of(head + "a,b\n").notes] == [
        ("Basic", ("a", "b"))]


def test_a_row_of_our_own_form_that_is_wrong_is_skipped_and_named() -> None:
    head = "guid,note type,fields,kind,markup,deck,cards,tags,Front,Back\n"
    text = head + "\n".join([
        "a,Nope,,,html,D,,,f,b", "b,Basic,,,md,D,,,f,b", 'c,Basic,,,html,D,,"""x",f,b', "d,X,A:A,,html,D,,,f,b",
        "e,X,A,odd,html,D,,,f,b", "f,Basic,,,html,D,x,,f,b", "g,Basic,,,html,D,0,,f,b", "h,Basic,,,html,D,,,,",
        "i,Basic,,,html,D,,,f", "j,Basic,,,html,D,,,f,b,more", "k,Basic,,,html,,,,f,b", "k,Basic,,,html,,,,g,b"])
    bundle = bundle_of(text, deck="Own")
    assert [(one.note.guid, one.note.fields, one.deck, one.absent) for one in bundle.notes] == [
        ("i", ("f", ""), "D", {"Back"}), ("j", ("f", "b"), "D", frozenset()), ("k", ("f", "b"), "Own", frozenset())]
    assert [one.reason for one in bundle.skipped] == [
        "line 2: its note type 'Nope' is not known, and the column fields does not list it",
        "line 3: 'md' is no markup; it is markdown or html",
        "line 4: the quotes in its column tags or fields do not fit",
        "line 5: its note type 'X' has two fields of one name",
        "line 6: 'odd' is no kind of note type; it is one of standard, cloze, vignette",
        "line 7: 'x' are no numbers of cards", "line 8: the number of a card is 1 to 500",
        "line 9 has no text in any field", "line 13 has the id 'k' of line 12"]
    assert said(bundle) == ["line 10: the row has 9 of 10 columns",
                            "line 11: 1 cell is left out: 'more' (Basic has no such field)"]


# faults, by number


def test_f1_the_encoding_is_told_by_a_mark_or_the_learner_and_never_guessed() -> None:
    assert [one.note.fields[1] for one in read("a,é\n".encode("utf-16"), ReadOptions()).notes] == ["é"]
    assert [one.note.fields[1] for one in read("\ufeffa,é\n".encode(), ReadOptions()).notes] == ["é"]
    with pytest.raises(FileError, match=r"line 2 byte 3 is not UTF-8.*try --encoding latin-1"):
        read(b"a,b\nc,\xe9\n", ReadOptions())
    assert [one.note.fields[1] for one in read(b"a,\xe9\n", ReadOptions(encoding="cp1252")).notes] == ["é"]


@pytest.mark.parametrize(("text", "line"), [('a,b\nc,"d\ne,f\n', 2), ('"a,b\nc,d\n', 1), ('q,a\n"x,"\ny,z\n"', 4)])
def test_f2_an_unclosed_quote_names_the_line_where_it_opened(text: str, line: int) -> None:
    with pytest.raises(DeckFileError) as caught:
        bundle_of(text)
    assert [(problem.line, problem.what) for problem in caught.value.problems] == [
        (line, "a quote opens here and is never closed")]


def test_f2_text_after_a_closing_quote_refuses_the_file_with_every_line() -> None:
    with pytest.raises(DeckFileError) as caught:
        bundle_of('"Heart" failure,a\nb,c\n"d" e,f\n')
    assert [problem.line for problem in caught.value.problems] == [1, 3]


def test_f3_ragged_rows_are_reported_line_by_line() -> None:
    bundle = bundle_of("question,answer,why\n1,2,3\n4,5\n6\n,7\n\n8,9,10,11\n,,\n")
    assert [one.note.fields for one in bundle.notes] == [("1", "2", "3", ""), ("4", "5", "", ""), ("8", "9", "10", "")]
    assert [one.absent for one in bundle.notes] == [{"Source", "Tags"}, {"Why", "Source", "Tags"}, {"Source", "Tags"}]
    assert bundle.skipped == (Skipped("6", "line 4: it has no answer"), Skipped("7", "line 5: it has no question"))
    assert said(bundle)[2:] == ["line 3: the row has 2 of 3 columns", "line 7: 1 cell is left out: '11' "
                                "(the others have 3 columns; quote a cell that holds the delimiter)"]


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_f3_an_empty_file_says_so(text: str) -> None:
    assert bundle_of(text) == Bundle((), warnings=bundle_of(text).warnings)
    assert said(bundle_of(text)) == ["the file holds no rows"]


def test_f4_large_cells_wide_rows_and_many_rows_have_limits_that_are_named() -> None:
    most = "x" * (1 << 20)
    bundle = bundle_of(f"question,answer\n1,{most}\n2,y{most}\n3" + ",z" * 10_000 + "\n")
    assert [(one.note.question, len(one.note.fields[1])) for one in bundle.notes] == [("1", 1 << 20)]
    assert [one.reason for one in bundle.skipped] == [
        "line 3: a cell of it is larger than 1 MiB", "line 4: it has 10001 cells; 10000 are the most"]
    assert pairs("q,a" + ",x" * 4998 + "\n") == [("q", "a")]
    rows = "question,answer\n" + "".join(f"{number},b\n" for number in range(MOST_ROWS))
    assert len(bundle_of(rows).notes) == MOST_ROWS
    with pytest.raises(FileError, match="it has more than 300,000 rows"):
        bundle_of(rows + "x,y\nz,w\n")


def test_f5_cr_alone_ends_a_line_and_nul_goes_with_a_count() -> None:
    bundle = bundle_of("a,b\0\rc,\x1bd\r")
    assert [one.note.fields[:2] for one in bundle.notes] == [("a", "b"), ("c", "\x1bd")]
    assert said(bundle)[0] == "line 1: 1 NUL character removed"


def test_f6_twins_are_one_note_and_a_report() -> None:
    bundle = bundle_of("cafe\u0301,b\ncaf\u00e9,b\n")
    assert [one.note.fields[:2] for one in bundle.notes] == [("caf\u00e9", "b")]
    assert bundle.skipped == (Skipped("caf\u00e9", "line 2 holds the same note as line 1"),)


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text(st.sampled_from('ab,;\t"\n{}c1:é#\r'), max_size=60).map(str.encode))
def test_any_bytes_make_a_bundle_or_one_of_two_errors(data: bytes) -> None:
    for head in (b"", b"question,answer,note type\n", b"guid,note type,markup,deck,tags,Front\n"):
        try:
            bundle = read(head + data, ReadOptions())
        except FileError:
            continue
        assert all(len(one.note.fields) == len(one.note.note_type.fields) for one in bundle.notes)
