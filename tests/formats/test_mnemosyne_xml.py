"""Mnemosyne 1.x XML and tab-separated text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned, Skipped
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, REVERSED
from flashcore.domain.schedule import CardState
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions, mnemosyne_tsv
from flashcore.formats.mnemosyne_types import MAP, VOCABULARY
from flashcore.formats.mnemosyne_xml import read

START = 1_247_533_200  # 14 July 2009, 3:00 in Brussels
UNSEEN = 'u="1" gr="0" e="2.500" ac_rp="1" rt_rp="0" lps="0" l_rp="0" n_rp="0"'


def an_item(name: str, question: str, answer: str, learning: str = UNSEEN, category: str = "<default>") -> str:
    return (f'<item id="{name}" {learning}>\n <cat>{escape(category)}</cat>\n <Q>{escape(question)}</Q>\n '
            f"<A>{escape(answer)}</A>\n</item>\n")


def bundle_of(*items: str, path: Path | None = None) -> Bundle:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<mnemosyne core_version="1" time_of_start="{START}" >\n'
    category = '<category active="1"><name>x</name></category>\n'
    return read((head + category + "".join(items) + "</mnemosyne>\n").encode(), ReadOptions(path=path, deck="Given"))


def test_an_item_is_a_note_with_its_category_as_tag() -> None:
    assert bundle_of(an_item("9cff728f", "a\nb", "é", category="Netherlands: Provinces")) == Bundle((
        BundledNote(Note("9cff728f", BASIC, ("a<br>b", "é", "", ""), ("Netherlands:_Provinces",), Markup.HTML),
                    "Given", 4),))


def test_both_directions_are_one_note() -> None:
    learning = 'gr="4" e="2.5" ac_rp="1" rt_rp="2" lps="0" l_rp="3" n_rp="13"'
    (one,) = bundle_of(an_item("d2e50774.inv", "A", "Q", learning), an_item("d2e50774", "Q", "A")).notes
    assert (one.note.note_type, one.note.fields, [card.ordinal for card in one.cards]) == (
        REVERSED, ("Q", "A", "", ""), [1])


def test_both_sides_of_a_word_and_of_a_map_are_one_note() -> None:
    blank, marked = '<img src="blank.png">', '<img src="marked.png">'
    word, place = bundle_of(
        an_item("87498a1e", "f", "p\nt"), an_item("87498a1e.tr.1", "t", "f\np"),
        an_item("12345678", f'<b>Drenthe?</b>\n{blank}<card style="answerbox: overlay"/>', f"<b>Drenthe</b>\n{marked}"),
        an_item("12345678.inv", marked, "<b>Drenthe</b>")).notes
    assert (word.note.note_type, word.note.fields) == (VOCABULARY, ("f", "p", "t", ""))
    assert (place.note.note_type, place.note.fields) == (MAP, ("Drenthe", marked, blank))


def test_sides_that_do_not_fit_each_other_are_two_notes() -> None:
    notes = bundle_of(an_item("d2e50774", "Q", "A"), an_item("d2e50774.inv", "A", "other"),
                      an_item("87498a1e.tr.1", "t", "f"), an_item("87498a1e", "f", "else")).notes
    assert [(one.note.guid, one.note.note_type) for one in notes] == [
        ("d2e50774", BASIC), ("d2e50774.inv", BASIC), ("87498a1e.tr.1", BASIC), ("87498a1e", BASIC)]


@pytest.mark.parametrize(("learning", "expected"), [
    ('gr="4" e="2.36" ac_rp="2" rt_rp="5" lps="1" l_rp="10" n_rp="40"', Learned(
        CardState.REVIEW, date(2009, 8, 23), interval_days=30, reps=7, lapses=1,
        last_at=datetime(2009, 7, 24, 1, tzinfo=UTC), ease=2.36)),
    ('gr="1" e="1.1" ac_rp="2" rt_rp="5" lps="1" l_rp="10" n_rp="10"', Learned(
        CardState.RELEARNING, None, due_at=datetime(2009, 7, 24, 1, tzinfo=UTC), steps_left=1, reps=7, lapses=1,
        last_at=datetime(2009, 7, 24, 1, tzinfo=UTC))),
    (UNSEEN, None), ("", None), ('gr="4" e="nan" ac_rp="1" l_rp="1e400" n_rp="3"', None),
    ('gr="-1" ac_rp="1" l_rp="1" n_rp="3"', None), ('gr="4" ac_rp="1" l_rp="-1" n_rp="3"', None)])
def test_days_count_from_the_start_and_what_means_nothing_is_new(learning: str, expected: Learned | None) -> None:
    (one,) = bundle_of(an_item("9cff728f", "Q", "A", learning)).notes
    assert one.cards == ((BundledCard(0, learned=expected),) if expected else ())


def test_pictures_are_found_beside_the_file_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "deck" / "figs").mkdir(parents=True)
    for name in ("secret.png", "deck/figs/a.png"):
        (tmp_path / name).write_bytes(b"x")
    text = '<img src="figs/a.png"><img src="../secret.png"><img src="gone.png"><img src="https://x.org/a.png">'
    bundle = bundle_of(an_item("9cff728f", text, "A"), path=tmp_path / "deck" / "x.xml")
    assert bundle.media == {"figs/a.png": tmp_path / "deck" / "figs" / "a.png"}
    assert [problem.what for problem in bundle.warnings] == [
        "a picture or sound lies outside the folder of the deck file: '../secret.png'",
        "a picture or sound is missing: 'gone.png'"]


def test_items_without_texts_are_skipped_and_ids_that_are_taken_left_out() -> None:
    bundle = bundle_of(an_item("9cff728f", " ", ""), an_item("7cff728f", "Q", "A"), an_item("7cff728f", "Q", "B"),
                       an_item("0", "short id", "A"))
    assert [(one.note.guid, one.note.fields[1]) for one in bundle.notes] == [("7cff728f", "A"), ("", "B"), ("", "A")]
    assert bundle.skipped == (Skipped("(empty)", "all its fields are empty"),)
    assert bundle.warnings == (Problem(0, "a note has the id of another; it is known by its first field"),)


@pytest.mark.parametrize(("data", "what"), [
    (b"<mnemosyne><item><Q>a</B></item></mnemosyne>", "line 1 column 24 is no XML: mismatched tag"),
    (b"<!DOCTYPE m [<!ENTITY a 'x'>]><mnemosyne/>", "it declares a document type"),
    (b"<openSM2sync/>", "its root is <openSM2sync> and not <mnemosyne>"), (b"\xff\xfe", "no XML"),
    (b"PK\x03\x04", "no XML")])
def test_F9_hostile_or_broken_xml_is_refused_with_a_sentence(data: bytes, what: str) -> None:
    with pytest.raises(FileError) as caught:
        read(data, ReadOptions(path=Path("x.xml")))
    assert what in str(caught.value)


# tab-separated text


def table(text: str) -> Bundle:
    return mnemosyne_tsv.read(text.encode(), ReadOptions(deck="Given"))


def test_a_line_is_a_note_and_three_columns_are_a_word() -> None:
    bundle = table("Q &#960; <b>x</b>\tA &#x3b1; &#60;\r\n\ncor\tkor\theart\ncor\tkor\theart\tnotes\n")
    assert bundle == Bundle((
        BundledNote(Note("", BASIC, ("Q π <b>x</b>", "A α &#60;", "", ""), (), Markup.HTML), "Given", 1),
        BundledNote(Note("", VOCABULARY, ("cor", "kor", "heart", ""), (), Markup.HTML), "Given", 3),
        BundledNote(Note("", VOCABULARY, ("cor", "kor", "heart", "notes"), (), Markup.HTML), "Given", 4)))


def test_F3_lines_with_other_columns_are_skipped_and_named() -> None:
    bundle = table("one\n\tA\na\tb\tc\td\te\nQ\tA\n")
    assert [one.line for one in bundle.notes] == [4]
    assert bundle.skipped == (
        Skipped("one", "line 1: it has 1 column, where 2 to 4 are wanted"),
        Skipped("A", "line 2: its first column is empty"),
        Skipped("a", "line 3: it has 5 columns, where 2 to 4 are wanted"))


def test_F1_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(FileError, match="line 2 byte 1 is not UTF-8"):
        mnemosyne_tsv.read(b"a\tb\n\xff\tb\n", ReadOptions())


def test_F4_a_file_of_more_lines_than_a_deck_has_is_refused() -> None:
    with pytest.raises(FileError, match="it has 400,001 lines; 400,000 are the most"):
        table("\n" * 400_001)


@pytest.mark.parametrize("entity", ["&#0;", "&#55296;", "&#9999999;", "&#x110000;", "&#38;", "&#10;"])
def test_characters_that_are_none_stay_as_they_are_written(entity: str) -> None:
    (one,) = table(f"Q{entity}\tA\n").notes
    assert one.note.question == f"Q{entity}"
