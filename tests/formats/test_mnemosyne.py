"""Mnemosyne 2 card sets: facts and cards, learning, media, and archives that nobody vouches for."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from flashcore.domain.bundle import Bundle, BundledCard, BundledNote, Learned, Skipped
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, NoteKind, NoteType, Template
from flashcore.domain.schedule import CardState
from flashcore.errors import FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.mnemosyne import read
from flashcore.formats.mnemosyne_types import MAP, VOCABULARY, to_cloze, to_html

NEW = {"gr": "-1", "e": "2.5", "ac_rp": "0", "rt_rp": "0", "lps": "0", "l_rp": "-1", "n_rp": "-1"}
TAGS = ("<log type='10' o_id='t1'><name>organ::heart valve</name></log>"
        "<log type='10' o_id='t2'><name>__UNTAGGED__</name></log>")


def a_fact(name: str = "fact-1", /, **texts: str) -> str:
    inside = "".join(f"<{key}>{escape(text)}</{key}>" for key, text in texts.items())
    return f"<log type='16' o_id='{name}'>{inside}</log>"


def a_card(kind: str = "1", view: str = "1.1", fact: str = "fact-1", tags: str = "t1", extra: str = "",
           **learning: str) -> str:
    attributes = {"o_id": "c", "card_t": kind, "fact": fact, "fact_v": view, "tags": tags, **NEW, **learning}
    inside = f"<extra>{escape(extra)}</extra>" if extra else ""
    written = " ".join(f"{key}={quoteattr(text)}" for key, text in attributes.items())
    return f"<log type='6' {written}>{inside}</log>"


def a_set(path: Path, *entries: str, name: str = "Heart", xml: bytes | None = None, **members: bytes) -> Path:
    body = f"<openSM2sync number_of_entries='9'>{TAGS}{''.join(entries)}</openSM2sync>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cards.xml", xml if xml is not None else body.encode())
        archive.writestr("METADATA", f"card_set_name:{name}\nauthor_name:A\ntags:\n")
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def bundle_of(path: Path, folder: Path | None = None) -> Bundle:
    return read(path.read_bytes(), ReadOptions(path=path, folder=folder))


def notes_of(path: Path, *entries: str) -> list[Note]:
    return [one.note for one in bundle_of(a_set(path / "x.cards", *entries)).notes]


def test_a_fact_is_a_note_in_the_deck_of_the_set_with_the_tags_of_its_card(tmp_path: Path) -> None:
    path = a_set(tmp_path / "x.cards", a_fact(f="Q <b>1</b>\nmore", b="A"), a_card(tags="t1,t2"))
    note = Note("fact-1", BASIC, ("Q <b>1</b><br>more", "A", "", ""), ("organ::heart_valve",), Markup.HTML)
    assert bundle_of(path) == Bundle((BundledNote(note, "Heart"),))
    assert read(path.read_bytes(), ReadOptions()) == bundle_of(path)


def test_the_built_in_card_types_are_note_types(tmp_path: Path) -> None:
    words = {"f": "cor", "p_1": "kor", "m_1": "heart", "n": "n."}
    notes = notes_of(
        tmp_path, a_fact("fact-2", f="a", b="b"), a_card("2", "2.1", "fact-2"), a_card("2", "2.2", "fact-2"),
        a_fact("fact-3", **words), a_card("3::Latin", "3.1", "fact-3"),
        a_fact("fact-4", loc="Spleen", marked="<img src='m.png'>", blank="blank"), a_card("4", "4.1", "fact-4"),
        a_fact("fact-6", **words), a_card("6", "6.1", "fact-6"))
    assert [(note.note_type, note.fields, card_ordinals(note)) for note in notes] == [
        (REVERSED, ("a", "b", "", ""), (0, 1)), (VOCABULARY, ("cor", "kor", "heart", "n."), (0, 1)),
        (MAP, ("Spleen", "<img src='m.png'>", "blank"), (0, 1)), (VOCABULARY, ("cor", "kor", "heart", "n."), (0, 1))]


def test_clozes_are_numbered_and_keep_their_hints(tmp_path: Path) -> None:
    state = {"gr": "4", "ac_rp": "1", "l_rp": "1700000000", "n_rp": "1700524800"}
    path = a_set(tmp_path / "x.cards", a_fact(text="[Aorta:vessel] and <$>x</$> [vena]"),
                 a_card("5", "5.1", extra="{'cloze': 'vena', 'index': 1}", **state),
                 a_card("5", "5.1", extra="{'cloze': 'Aorta:vessel', 'index': 0}"))
    (one,) = bundle_of(path).notes
    assert one.note == Note("fact-1", CLOZE, (r"{{c1::Aorta::vessel}} and \(x\) {{c2::vena}}", "", ""),
                            ("organ::heart_valve",), Markup.HTML)
    assert [card.ordinal for card in one.cards] == [1]


def test_a_sentence_with_clozes_is_two_notes(tmp_path: Path) -> None:
    state = {"gr": "4", "ac_rp": "1", "l_rp": "1700000000", "n_rp": "1700524800"}
    path = a_set(tmp_path / "x.cards", a_fact(f="Il [cuore:organ] batte", p_1="p", m_1="It beats"),
                 a_card("6", "6.1", **state), a_card("6", "6.2", extra="{'cloze': 'cuore', 'index': 0}"))
    first, second = bundle_of(path).notes
    assert (first.note.note_type, first.note.fields, first.cards) == (
        CLOZE, ("Il {{c1::cuore::organ}} batte", "p<br>It beats", ""), ())
    assert (second.note.note_type, second.note.fields, second.note.guid) == (
        BASIC, ("Il cuore batte", "p<br>It beats", "", ""), "fact-1.1")
    assert [card.ordinal for card in second.cards] == [0]


@pytest.mark.parametrize(("text", "expected"), [
    ("[a}}b:h::i]", "{{c1::a&#125;&#125;b::h:&#58;i}}"), ("{{c1::x}} [y]", "{&#123;c1::x}} {{c1::y}}"),
    ("[] [ :x] [a:]", "[] [ :x] {{c1::a}}"), ("no", "no")])
def test_what_would_end_a_deletion_is_written_another_way(text: str, expected: str) -> None:
    assert to_cloze(text)[0] == expected


def test_marks_of_mathematics_and_sounds_become_those_of_anki() -> None:
    assert to_html("<latex>a</latex><$$>b</$$><$>open\n<audio src='x.mp3'></audio><video controls src=y.mp4>") == (
        r"[latex]a[/latex]\[b\]<$>open<br>[sound:x.mp3][sound:y.mp4]")


def test_a_grade_of_two_and_more_is_a_card_in_review(tmp_path: Path) -> None:
    day = 86_400
    state = {"gr": "3", "e": "2.36", "ac_rp": "2", "rt_rp": "5", "lps": "1", "l_rp": str(20_000 * day + 50_000),
             "n_rp": str(20_030 * day)}
    (one,) = bundle_of(a_set(tmp_path / "x.cards", a_fact(f="Q", b="A"), a_card(**state))).notes
    assert one.cards == (BundledCard(0, learned=Learned(
        CardState.REVIEW, date(2024, 11, 3), interval_days=30, reps=7, lapses=1,
        last_at=datetime(2024, 10, 4, 13, 53, 20, tzinfo=UTC), ease=2.36)),)


@pytest.mark.parametrize(("lapses", "state"), [("0", CardState.LEARNING), ("2", CardState.RELEARNING)])
def test_a_grade_below_two_is_a_card_to_be_learned(tmp_path: Path, lapses: str, state: CardState) -> None:
    values = {"gr": "1", "ac_rp": "3", "lps": lapses, "l_rp": "1700000000", "n_rp": "1700000000"}
    (one,) = bundle_of(a_set(tmp_path / "x.cards", a_fact(f="Q", b="A"), a_card(**values))).notes
    at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert one.cards == (BundledCard(0, learned=Learned(
        state, None, due_at=at, steps_left=1, reps=3, lapses=int(lapses), last_at=at, ease=2.5)),)


@pytest.mark.parametrize("values", [
    {}, {"gr": "nan"}, {"gr": "4", "ac_rp": "1", "n_rp": "1e308", "l_rp": "x"}, {"gr": "4", "n_rp": "-5", "ac_rp": "1"},
    {"gr": "99", "ac_rp": "1"}, {"gr": "4", "ac_rp": "0", "n_rp": "1700000000"}])
def test_E36_learning_that_means_nothing_leaves_the_card_new(tmp_path: Path, values: dict[str, str]) -> None:
    (one,) = bundle_of(a_set(tmp_path / "x.cards", a_fact(f="Q", b="A"), a_card(**values))).notes
    assert one.cards == ()


def test_a_card_type_of_ones_own_becomes_a_note_type(tmp_path: Path) -> None:
    views = ("<log type='19' o_id='v1'><name>Ask drug</name><q_fact_keys>['d']</q_fact_keys><a_fact_keys>['c', 'x']"
             "</a_fact_keys></log><log type='19' o_id='v2'><name>Ask class</name><q_fact_keys>['c']</q_fact_keys>"
             "<a_fact_keys>['d']</a_fact_keys></log>")
    kind = ("<log type='22' o_id='7'><name>Drugs</name><fact_keys_and_names>[('d', 'Drug'), ('c', 'Class')]"
            "</fact_keys_and_names><fact_views>['v1', 'v2']</fact_views></log>")
    state = {"gr": "4", "ac_rp": "1", "l_rp": "1700000000", "n_rp": "1700524800"}
    path = a_set(tmp_path / "x.cards", views, kind, a_fact(d="Digoxin", c="Glycoside"),
                 a_card("7", "v1"), a_card("7", "v2", **state))
    (one,) = bundle_of(path).notes
    assert one.note.note_type == NoteType("Mnemosyne Drugs", NoteKind.STANDARD, ("Drug", "Class"), (
        Template("Ask drug", "<div>{{Drug}}</div>", "{{FrontSide}}<hr id=answer><div>{{Class}}</div>"),
        Template("Ask class", "<div>{{Class}}</div>", "{{FrontSide}}<hr id=answer><div>{{Drug}}</div>")))
    assert (one.note.fields, [card.ordinal for card in one.cards]) == (("Digoxin", "Glycoside"), [1])


@pytest.mark.parametrize("text", [
    "__import__('os').system('touch x')", "(" * 9000, "-" * 9000 + "1", "['a'" * 900, "[('d',)]", "1" * 9000],
    ids=["call", "brackets", "signs", "lists", "pair", "digits"])
def test_python_in_a_file_is_never_run_and_its_notes_are_taken(tmp_path: Path, text: str) -> None:
    kind = (f"<log type='22' o_id='7'><name>N</name><fact_keys_and_names>{escape(text)}</fact_keys_and_names>"
            f"<fact_views>['v']</fact_views></log>")
    bundle = bundle_of(a_set(tmp_path / "x.cards", kind, a_fact(b="A", f="Q"), a_card("7", "v", extra=text)))
    assert [(one.note.fields, one.note.note_type.fields) for one in bundle.notes] == [(("Q", "A"), ("f", "b"))]
    assert bundle.warnings == (Problem(0, "a card type cannot be read; its notes ask for their first field: '7'"),)


def test_media_that_notes_name_are_unpacked_each_under_its_own_name(tmp_path: Path) -> None:
    path = a_set(tmp_path / "x.cards", a_fact(f="<img src='maps/a.png'>", b="<img src=\"b/a.png\"><img src=gone.png>"),
                 a_card(), **{"maps/a.png": b"1", "b/a.png": b"2", "other.exe": b"3"})
    (tmp_path / "media").mkdir()
    bundle = bundle_of(path, tmp_path / "media")
    assert {name: (file.name, file.read_bytes()) for name, file in bundle.media.items()} == {
        "maps/a.png": ("a.png", b"1"), "b/a.png": ("a.png", b"2")}
    assert sorted(file.name for file in (tmp_path / "media").rglob("*") if file.is_file()) == ["a.png", "a.png"]
    assert bundle.warnings == (Problem(0, "a media file is not in the card set: 'gone.png'"),)
    assert bundle_of(path).media == {}


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/evil.png", "a\\..\\evil.png", "C:evil.png"])
def test_E12_no_media_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    path = a_set(tmp_path / "x.cards", a_fact(f=f"<img src='{name}'>", b="A"), a_card(), **{name: b"x"})
    (tmp_path / "a" / "media").mkdir(parents=True)
    bundle = bundle_of(path, tmp_path / "a" / "media")
    assert (bundle.media, len(bundle.notes)) == ({}, 1)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    assert len(bundle.warnings) == 1


def test_facts_without_cards_or_texts_are_skipped_and_named(tmp_path: Path) -> None:
    bundle = bundle_of(a_set(
        tmp_path / "x.cards", a_fact("fact-1", f="Alone", b=""), a_fact("fact-2", f=" ", b=""), a_card(fact="fact-2"),
        a_fact("fact-3", text="no cloze"), a_card("5", "5.1", fact="fact-3"), a_fact("fact-4", f="", b="A"),
        a_card(fact="fact-4"), a_fact("fact-5", f="x" * 1_100_000), a_card(fact="fact-5"), a_card(fact="unknown")))
    assert (bundle.notes, bundle.skipped) == ((), (
        Skipped("Alone", "it has no cards"), Skipped("(empty)", "all its fields are empty"),
        Skipped("no cloze", "it asks nothing"), Skipped("A", "it asks nothing"),
        Skipped("x" * 60 + "...", "a field of it is larger than 1 MiB")))


def test_a_short_id_that_two_people_may_have_given_is_no_guid(tmp_path: Path) -> None:
    (note,) = notes_of(tmp_path, a_fact("C", f="Q", b="A"), a_card(fact="C"))
    assert note.guid == ""


BODY = b"<openSM2sync><log type='16'><f>&b;</f></log></openSM2sync>"
BOMB = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>" + BODY
OUTSIDE = b"<!DOCTYPE x [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + BODY


HOSTILE = {
    "entity bomb": (BOMB, "it declares a document type"),
    "external entity": (OUTSIDE, "it declares a document type"),
    "unknown entity": (b"<openSM2sync><log>&x;</log></openSM2sync>", "no XML: undefined entity"),
    "mismatched tag": (b"<openSM2sync><log></openSM2sync>", "line 1 column 21 is no XML: mismatched tag"),
    "cut short": (b"<openSM2sync>", "no XML: no element found"),
    "empty": (b"", "no XML: no element found"),
    "another root": (b"<html/>", "its root is <html> and not <openSM2sync>"),
    "encoding": (b"<?xml version='1.0' encoding='nonsense'?><openSM2sync/>", "an encoding that cannot be read"),
    "depth": (b"<openSM2sync>" + b"<a>" * 20_000, "nested more than 16 deep"),
    "attributes": (b"<openSM2sync><log " + b" ".join(b"a%d='1'" % number for number in range(200_000)) + b"/>",
                   "a tag is larger"),
    "parts": (b"<openSM2sync><log>" + b"".join(b"<a%d/>" % number for number in range(200)) + b"</log>",
              "more than 100 parts"),
    "entries": (b"<openSM2sync>" + b"<log/>" * 200_001 + b"</openSM2sync>", "more than 200,000 entries"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_F9_hostile_or_broken_xml_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    xml, what = HOSTILE[name]
    path = tmp_path / "x.cards"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cards.xml", xml)
    with pytest.raises(FileError) as caught:
        bundle_of(path)
    assert what in str(caught.value)


def test_E3_an_archive_without_cards_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.cards", "w") as archive:
        archive.writestr("METADATA", "card_set_name:x")
    with pytest.raises(FileError, match="it holds no cards"):
        bundle_of(tmp_path / "x.cards")


def test_E1_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.cards").write_bytes(b"hello")
    with pytest.raises(FileError, match="not a zip archive"):
        bundle_of(tmp_path / "x.cards")


def test_E7_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.cards"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cards.xml", b"<openSM2sync>" + b" " * 70_000_000 + b"</openSM2sync>")
    with pytest.raises(FileError, match="would unpack to"):
        bundle_of(path)


def test_own_types_are_equal_between_readings(tmp_path: Path) -> None:
    path = a_set(tmp_path / "x.cards", a_fact(f="Q", b="A"), a_card("zz::y", "zz"))
    assert bundle_of(path) == bundle_of(path)
    (one,) = bundle_of(path).notes
    assert replace(one.note, tags=()) == Note("fact-1", NoteType(
        "Mnemosyne zz (f, b)", NoteKind.STANDARD, ("f", "b"),
        (Template("Card 1", "{{f}}", "{{FrontSide}}<hr id=answer><div>{{b}}</div>"),)), ("Q", "A"), (), Markup.HTML)
