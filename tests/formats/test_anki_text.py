"""Anki's text files: the real Anki and the reader make the same notes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from anki.errors import BackendError
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from text_judge import NoteSeen, anki, imports, seen

from flashcore.domain.bundle import Bundle, BundledNote, OnMatch, Skipped
from flashcore.domain.note import Markup, Note
from flashcore.domain.note_type import BASIC, NoteKind, NoteType
from flashcore.errors import DeckFileError, FileError, Problem, UsageError
from flashcore.formats import ReadOptions
from flashcore.formats.anki_stock import STOCK_BASIC, find_note_type
from flashcore.formats.anki_text import read
from flashcore.formats.table_rows import DELIMITER_NAMES, MOST_ROWS, row_text

STOCK = ("Basic", "Cloze", "Basic (optional reversed card)", "Image Occlusion", "Basic (type in the answer)")


def bundle_of(text: str, path: str = "deck.txt", **options: object) -> Bundle:
    return read(text.encode(), ReadOptions(path=Path(path), **options))  # type: ignore[arg-type]


def notes_of(text: str, **options: object) -> list[tuple[str, tuple[str, ...], tuple[str, ...], str, str]]:
    return [(one.note.note_type.name, one.note.fields, one.note.tags, one.deck, one.note.guid)
            for one in bundle_of(text, **options).notes]


def said(bundle: Bundle) -> list[str]:
    return [str(problem) for problem in bundle.warnings]


def merged(notes: Sequence[NoteSeen]) -> list[NoteSeen]:
    """Without what differs on purpose: twins are one note, no deck is the default deck, nothing asked is no note.

    A row that Anki skips may still have spelled a deck first, so their case is not compared here.
    """
    found: dict[tuple[object, ...], frozenset[str]] = {}
    for kind, fields, tags, deck, guid in notes:
        if fields[0] and not deck.isdigit():  # Anki leaves out a row whose deck is a number that is no id
            parts = [part for part in deck.lower().split("::") if part.rstrip("+") != "blank"]
            key = kind, fields, "::".join(parts) or "default", guid
            found[key] = found.get(key, frozenset()) | _tags(tags)
    return sorted(((kind, fields, tags, deck, guid)  # type: ignore[misc]
                   for (kind, fields, deck, guid), tags in found.items()), key=repr)


def _tags(tags: Iterable[str]) -> frozenset[str]:
    """Tags without empty parts, which Anki calls ``blank``."""
    parted = (tuple(part for part in tag.split("::") if part not in ("", "blank")) for tag in tags)
    return frozenset("::".join(parts) for parts in parted if parts)


def as_seen(bundle: Bundle) -> list[NoteSeen]:
    return [(one.note.note_type.name, one.note.fields, frozenset(tag.lower() for tag in one.note.tags), one.deck,
             one.note.guid) for one in bundle.notes]


def by_anki(data: bytes, guids: Sequence[str]) -> list[NoteSeen]:
    with anki() as collection, TemporaryDirectory() as folder:
        path = Path(folder) / "deck.txt"
        path.write_bytes(data)
        try:
            imports(collection, path)
        except BackendError:  # the file has no rows
            return []
        return seen(collection, guids)


CELLS = st.text(st.sampled_from("ab<>&\"'#é,;:|\t \n{}1"), max_size=8) | st.sampled_from(
    ["<b>x</b>", "# a", "{{c1::a}}", "cafe\u0301", "&amp;", "a  b", '"q" r', "日本", "tags: x", "\u2028"])
TAGS = st.lists(st.sampled_from(["a", "B", "b", "x::y", "ümlaut", "1"]), max_size=3).map(" ".join)
DECKS = st.sampled_from(["A", "a", "C::B", "c::d", "1", "Z y", "Default"])  # Anki makes A+ of A after A::B
NAMES = st.sampled_from([*STOCK, "basic"])


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A file of Anki's format with any of its heads, and the guids that it gives."""
    separator = draw(st.sampled_from(list(DELIMITER_NAMES)))
    char = DELIMITER_NAMES[separator]
    width = draw(st.integers(1, 6))
    kinds = draw(st.lists(st.sampled_from(["guid", "notetype", "deck", "tags"]), unique=True, max_size=width - 1))
    places = dict(zip(kinds, draw(st.permutations(range(1, width + 1))), strict=False))
    head = [f"#{kind} column:{place}" for kind, place in places.items()]
    optional = ["#html:true", "#html:False", "#tags:g H", "#if matches:keep both", "# words", "#x:y", "#html:perhaps"]
    if "notetype" not in places:
        optional.append(f"#notetype:{draw(NAMES)}")
    if "deck" not in places:
        optional.append(f"#DECK:{draw(DECKS)}")
    if draw(st.booleans()):
        labels = draw(st.lists(st.sampled_from(["Front", "Back", "Text", "Add Reverse", "x", ""]), min_size=1,
                               max_size=6))
        optional.append("#columns:" + row_text(labels, char))
    head = draw(st.permutations(head + draw(st.lists(st.sampled_from(optional), unique=True))))
    name = draw(st.sampled_from([separator, separator.upper(), char]))
    if "notetype" in places or draw(st.integers(0, 4)):
        head = [f"#separator:{name}", *head]
    else:  # it is guessed, and may be another than the one the cells are written for
        head = [line for line in head if "columns" not in line]
    lines, guids = list(head), []
    for number in range(draw(st.integers(1, 7))):
        cells = [draw(CELLS) for _ in range(width)]
        for kind, place in places.items():
            cells[place - 1] = draw({"guid": st.just(f"g{number}"), "notetype": NAMES, "deck": DECKS,
                                     "tags": TAGS}[kind])
        guids.append(f"g{number}")
        match draw(st.sampled_from(["whole", "whole", "whole", "short", "long"])):
            case "short":
                cells = cells[:draw(st.integers(places.get("notetype", 0) + 1, 7))]
            case "long":
                cells += [""] * (max(places.values(), default=0) - width) + draw(st.lists(CELLS, max_size=2))
        lines.append(row_text(cells, char) if draw(st.booleans()) else char.join(
            '"' + cell.replace('"', '""') + '"' for cell in cells))
        lines += draw(st.sampled_from([[], [], [""], ["#between"]]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + draw(st.sampled_from(["\n", "\r\n"])).join(lines)).encode(), guids


@settings(max_examples=150)
@given(files())
def test_anki_and_the_reader_make_the_same_notes(file: tuple[bytes, list[str]]) -> None:
    data, guids = file
    try:
        bundle = read(data, ReadOptions(path=Path("deck.txt")))
    except DeckFileError:  # guessing another separator than the quotes were made for, which Anki cannot know either
        assert b"#separator" not in data
        return
    assume(not any("has the id" in one.reason for one in bundle.skipped))  # Anki makes two notes of one id
    mine = as_seen(bundle)
    assert merged(mine) == merged(by_anki(data, [*guids, *(one[-1] for one in mine)]))


BASIC_HEAD = "#separator:tab\n#html:true\n"


@pytest.mark.parametrize(("head", "fields", "tags", "deck", "kind"), [
    ("#separator:comma\n", ("a\tb", "c"), (), "D", "Basic"),
    ("#SEPARATOR : Comma,,\n", ("a\tb", "c"), (), "D", "Basic"),
    ("#separator:,\n", ("a\tb", "c"), (), "D", "Basic"),
    ("#separator:tab\n#html:false\n", ("a", "b,c"), (), "D", "Basic"),
    (BASIC_HEAD + "#tags:x  y x\n", ("a", "b,c"), ("x", "y"), "D", "Basic"),
    (BASIC_HEAD + "#columns:Back\tFront\n", ("b,c", "a"), (), "D", "Basic"),
    (BASIC_HEAD + "#notetype:cloze\n", ("a", "b,c"), (), "D", "Cloze"),
    (BASIC_HEAD + "#deck: E ::F\n", ("a", "b,c"), (), "E::F", "Basic"),
    (BASIC_HEAD + "#deck column:2\n", ("a", ""), (), "b,c", "Basic"),
    (BASIC_HEAD + "#tags column:2\n", ("a", ""), ("b,c",), "D", "Basic"),
    ("tags: x y\n#separator:tab\n", ("a", "b,c"), ("x", "y"), "D", "Basic"),
    ("#deck:1\n" + BASIC_HEAD, ("a", "b,c"), (), "Default", "Basic"),
])
def test_each_head_says_what_it_says_to_anki(head: str, fields: tuple[str, ...], tags: tuple[str, ...], deck: str,
                                             kind: str) -> None:
    assert notes_of(head + "a\tb,c\n", deck="D") == [(kind, fields, tags, deck, "")]


def test_a_guid_column_and_a_note_type_column_hold_for_their_rows() -> None:
    text = (BASIC_HEAD + "#guid column:1\n#notetype column:2\n#tags column:5\n"
            " g \tCloze\t{{c1::a}}\tb\tt\n\tBasic\tq\tr\n")
    assert notes_of(text) == [("Cloze", ("{{c1::a}}", "b"), ("t",), "Default", " g "),
                              ("Basic", ("q", "r"), (), "Default", "")]


@pytest.mark.parametrize(("head", "on_match", "in_deck"), [
    ("", OnMatch.UPDATE, False), ("#if matches:keep both\n", OnMatch.ADD, False),
    ("#if matches:keep current\n#match scope:notetype + deck\n", OnMatch.KEEP, True),
    ("#if matches:update current\n#match scope:notetype\n", OnMatch.UPDATE, False),
])
def test_what_becomes_of_a_match_is_handed_on(head: str, on_match: OnMatch, in_deck: bool) -> None:
    bundle = bundle_of(BASIC_HEAD + head + "a\tb\n")
    assert (bundle.on_match, bundle.match_in_deck, bundle.warnings) == (on_match, in_deck, ())


@pytest.mark.parametrize("line", [
    "#separator:xx", "#html:yes", "#html: true", "#tags column:0", "#guid column:x", "#if matches:Keep Both",
    "#match scope: notetype", '#columns:"a',
])
def test_a_head_that_anki_would_ignore_is_named_and_ignored(line: str) -> None:
    bundle = bundle_of(f"{line}\n{BASIC_HEAD}a\tb\n")
    (problem,) = bundle.warnings
    assert (problem.line, problem.what) == (1, f"{line!r} is not understood and has no effect")
    assert problem.hint
    assert [one.note.fields for one in bundle.notes] == [("a", "b")]


def test_what_is_guessed_is_said() -> None:
    assert said(bundle_of("a|b\nc|<i>d</i>\n")) == [
        "line 1: the file names no separator; it is read with pipe, as in Anki (--delimiter chooses another)",
        "the file does not say whether it holds HTML; it is read as HTML, as in Anki "
        "(a first line #html:true or #html:false says so)"]


def test_plain_text_is_escaped_as_anki_does() -> None:
    text = "#separator:tab\n#html:false\na <b> & \"q\" 'x'\t\"x\n\ny\"\n"
    assert notes_of(text)[0][1] == ("a &lt;b&gt; &amp; &quot;q&quot; &#x27;x&#x27;", "x<br><br>y")


def test_the_learners_delimiter_beats_the_head() -> None:
    assert notes_of("#separator:comma\n#html:true\na;b,c\n", delimiter="semicolon")[0][1] == ("a", "b,c")
    with pytest.raises(UsageError, match="'xx' is no delimiter: give one character"):
        bundle_of("a\n", delimiter="xx")


def test_what_a_row_leaves_out_is_told_apart_from_what_it_empties() -> None:
    text = BASIC_HEAD + "#notetype:Basic (optional reversed card)\n#columns:Front\tBack\tAdd Reverse\n"
    bundle = bundle_of(text + "a\tb\ty\nc\t\nd\n")
    assert [one.absent for one in bundle.notes] == [
        {"Tags"}, {"Add Reverse", "Tags"}, {"Back", "Add Reverse", "Tags"}]
    assert [one.note.fields for one in bundle.notes] == [("a", "b", "y"), ("c", "", ""), ("d", "", "")]
    assert bundle_of(BASIC_HEAD + "a\tb\tt\n").notes[0].absent == frozenset()


def test_an_unknown_note_type_is_made_of_the_labels_and_said() -> None:
    head = BASIC_HEAD + "#notetype:AnKing\n#columns:id\tText\t\tText\n#guid column:1\n"
    bundle = bundle_of(head + "g\t{{c1::a}}\tb\tc\td\nh\te\n")
    assert [(one.note.guid, one.note.fields) for one in bundle.notes] == [
        ("g", ("{{c1::a}}", "b", "c", "d")), ("h", ("e", "", "", ""))]
    note_type = bundle.notes[0].note.note_type
    assert (note_type.name, note_type.kind, note_type.fields) == (
        "AnKing", NoteKind.CLOZE, ("Text", "Field 2", "Text+", "Field 4"))
    assert said(bundle)[0].startswith("the note type 'AnKing' is not known here; it is made of the columns, with the "
                                      "fields Text, Field 2, Text+, Field 4")


def test_unknown_note_types_of_a_column_are_each_as_wide_as_their_widest_row() -> None:
    bundle = bundle_of(BASIC_HEAD + "#notetype column:1\n12345\ta\t\t\nB\t1\t2\t\nB\t1\t2\t3\n\tq\tr\n")
    assert [(one.note.note_type.name, one.note.note_type.fields, one.note.fields) for one in bundle.notes] == [
        ("12345", ("Field 1",), ("a",)), ("B", ("Field 1", "Field 2", "Field 3"), ("1", "2", "")),
        ("B", ("Field 1", "Field 2", "Field 3"), ("1", "2", "3")), ("Basic", ("Front", "Back"), ("q", "r"))]


def test_the_collections_note_type_of_a_name_comes_first() -> None:
    mine = NoteType("Basic", NoteKind.STANDARD, ("Q", "A", "More"), ())
    (one,) = bundle_of(BASIC_HEAD + "#notetype: basic\na\tb\tc\n", note_types={"Basic": mine}).notes
    assert (one.note.note_type, one.note.fields) == (mine, ("a", "b", "c"))
    assert find_note_type("basic", {}) == STOCK_BASIC
    assert find_note_type("Flashcore Basic ", {}) == BASIC
    assert find_note_type("other", {"Basic": mine}) is None


def test_columns_that_no_field_takes_are_named() -> None:
    bundle = bundle_of(BASIC_HEAD + "#columns:Front\tTags\tBack\na\tt\tb\nc\t\td\n")
    assert [one.note.fields for one in bundle.notes] == [("a", "b"), ("c", "d")]
    assert said(bundle) == ["column 2 (Tags) belongs to no field and is left out; 1 row has text in it"]


def test_decks_that_differ_in_case_are_one() -> None:
    text = BASIC_HEAD + "#deck column:1\nA::B\tq\t1\na::b::c\tr\t2\n\ts\t3\n A :: D: \tt\t4\n"
    assert [deck for *_, deck, _ in notes_of(text, deck="Own")] == ["A::B", "A::B::c", "Own", "A::D"]


def test_pictures_are_found_beside_the_file(tmp_path: Path) -> None:
    for name in ("deck.media/a.png", "collection.media/b c.mp3", "d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    text = (BASIC_HEAD + '"<img src=""a.png""> [sound:b c.mp3]"\t<img src=d.png>\n'
            "x\t<img src='../etc/passwd'> <img src='https://x.y/z.png'>\n")
    bundle = bundle_of(text, str(tmp_path / "deck.txt"))
    assert bundle.media == {"a.png": tmp_path / "deck.media" / "a.png", "d.png": tmp_path / "d.png",
                            "b c.mp3": tmp_path / "collection.media" / "b c.mp3"}
    assert said(bundle) == ["1 picture or sound is missing: ../etc/passwd (put them into deck.media beside the file)"]


@pytest.mark.parametrize(("text", "fields"), [
    (BASIC_HEAD + 'a"b\t"c""d"\n', ('a"b', 'c"d')), (BASIC_HEAD + '"a"b"\tc\n', ('ab"', "c")),
    (BASIC_HEAD + '"#a"\t b \n', ("#a", " b ")), (BASIC_HEAD + "\n\n#x\ty\na\tb\n", ("a", "b")),
])
def test_quotes_comments_and_blank_lines_are_read_as_anki_reads_them(text: str, fields: tuple[str, ...]) -> None:
    assert [one[1] for one in notes_of(text)] == [fields]
    assert [one[1] for one in by_anki(text.encode(), [])] == [fields]


def test_a_row_whose_deck_is_an_unknown_number_is_taken_where_anki_leaves_it_out() -> None:
    text = BASIC_HEAD + "#deck column:3\na\tb\t12\n"
    assert [one[3] for one in notes_of(text)] == ["12"]
    assert by_anki(text.encode(), []) == []


# faults, by number


@pytest.mark.parametrize("data", [
    "\ufeff#html:true\n#separator:comma\né,b\n".encode(), "#html:true\n#separator:comma\né,b\n".encode("utf-16"),
])
def test_f1_a_byte_order_mark_tells_the_encoding(data: bytes) -> None:
    assert [one.note.fields for one in read(data, ReadOptions()).notes] == [("é", "b")]


def test_f1_other_bytes_than_utf_8_are_named_and_never_guessed() -> None:
    with pytest.raises(FileError, match=r"line 2 byte 6 is not UTF-8.*try --encoding latin-1"):
        read(b"#html:true\na\tb\xc3\xa9\xe9\n", ReadOptions())
    (one,) = read(b"#html:true\na\t\xe9\n", ReadOptions(encoding="latin-1")).notes
    assert one.note.fields == ("a", "é")


def test_f2_an_unclosed_quote_names_the_line_where_it_opened() -> None:
    with pytest.raises(DeckFileError) as caught:
        bundle_of(BASIC_HEAD + 'a\tb\nc\t"d\ne\tf\n')
    assert [(problem.line, problem.what) for problem in caught.value.problems] == [
        (4, "a quote opens here and is never closed")]


def test_f2_a_quote_that_swallows_lines_up_to_the_next_one_is_refused() -> None:
    with pytest.raises(DeckFileError) as caught:
        bundle_of(BASIC_HEAD + 'a\t"b\nc\td\n"e"\tf\n')
    assert str(caught.value.problems[0]).startswith("line 3: after the closing quote in line 5 stands 'e\"', not the")


def test_f3_ragged_rows_are_reported_line_by_line_and_nothing_goes_without_a_word() -> None:
    bundle = bundle_of(BASIC_HEAD + "a\tb\nc\nd\te\tf\tg\n\th\n#c\n")
    assert [one.note.fields for one in bundle.notes] == [("a", "b"), ("c", ""), ("d", "e")]
    assert said(bundle) == ["line 4: the row has 1 of 2 columns",
                            "line 5: 2 cells are left out: 'f', 'g' (the first row has 2 columns)"]
    assert bundle.skipped == (Skipped("h", "line 6 has nothing in its first field, Front"),)


def test_f3_more_lines_than_can_be_named_are_counted() -> None:
    bundle = bundle_of(BASIC_HEAD + "a\tb\n" + "".join(f"q{number}\n" for number in range(250)))
    assert len(bundle.notes) == 251
    assert len(bundle.warnings) == 201
    assert bundle.warnings[-1] == Problem(0, "50 more lines have fewer columns than the file")


@pytest.mark.parametrize("text", ["", "#html:true\n", "# words\n\n\n", "\n"])
def test_f3_a_file_without_rows_says_so(text: str) -> None:
    assert bundle_of(text).notes == ()
    assert said(bundle_of(text))[-1] == "the file holds no rows"


def test_f4_a_cell_of_a_mebibyte_is_taken_and_a_larger_one_is_named() -> None:
    most = "é" * (1 << 19)
    bundle = bundle_of(BASIC_HEAD + f"a\t{most}\nb\t{most}x\nc\td\n")
    assert [one.note.fields for one in bundle.notes] == [("a", most), ("c", "d")]
    assert bundle.skipped == (Skipped("b", "line 4: a cell of it is larger than 1 MiB"),)


def test_f4_five_thousand_columns_are_read_and_more_than_ten_thousand_named() -> None:
    wide = "\t".join(str(number) for number in range(5000))
    bundle = bundle_of(BASIC_HEAD + f"{wide}\na\tb\n" + "x\t" * 10_000 + "\n")
    assert [one.note.fields for one in bundle.notes] == [("0", "1"), ("a", "b")]
    assert bundle.notes[0].note.tags == ("2",)
    assert bundle.skipped == (Skipped("x", "line 5: it has 10001 cells; 10000 are the most"),)
    made = bundle_of(BASIC_HEAD + f"#notetype:X\n{wide}\n").notes[0].note
    assert made.fields == tuple(str(number) for number in range(100))


def test_f4_as_many_rows_as_the_limit_are_read_and_one_more_is_refused() -> None:
    text = BASIC_HEAD + "".join(f"{number}\tb\n" for number in range(MOST_ROWS))
    assert len(bundle_of(text).notes) == MOST_ROWS
    with pytest.raises(FileError, match=r"it has more than 300,000 rows.*split it"):
        bundle_of(text + "x\ty\nz\tz\n")


def test_f5_cr_alone_ends_a_line_and_nul_goes_with_a_count() -> None:
    bundle = bundle_of("#html:true\r#separator:comma\ra\0,b\0\rc,\"d\re\"\r")
    assert [one.note.fields for one in bundle.notes] == [("a", "b"), ("c", "d\ne")]
    assert said(bundle) == ["line 3: 2 NUL characters removed"]


def test_f6_twins_are_one_note_with_the_tags_of_both_and_a_report() -> None:
    bundle = bundle_of(BASIC_HEAD + "cafe\u0301\tb\tx\ncaf\u00e9\tb\ty\n")
    assert notes_of(BASIC_HEAD + "cafe\u0301\tb\tx\ncaf\u00e9\tb\ty\n") == [
        ("Basic", ("caf\u00e9", "b"), ("x", "y"), "Default", "")]
    assert bundle.skipped == (Skipped("caf\u00e9", "line 4 holds the same note as line 3"),)


def test_f6_two_notes_of_one_id_are_one_and_the_second_is_named() -> None:
    bundle = bundle_of(BASIC_HEAD + "#guid column:1\ng\ta\tb\ng\tc\td\ng\ta\tb\n")
    assert [one.note.fields for one in bundle.notes] == [("a", "b")]
    assert bundle.skipped == (Skipped("c", "line 5 has the id 'g' of line 4"),
                              Skipped("a", "line 6 holds the same note as line 4"))


def test_more_note_types_than_a_file_may_make_are_named() -> None:
    bundle = bundle_of(BASIC_HEAD + "#notetype column:1\n" + "".join(f"N{number}\ta\n" for number in range(1002)))
    assert len(bundle.notes) == 1000
    assert [one.reason for one in bundle.skipped] == [
        f"line {line}: its note type 'N{line - 4}' is not known, and the file has made 1000 before it"
        for line in (1004, 1005)]


def test_a_deck_nested_too_deep_is_joined_and_too_many_decks_refused() -> None:
    deep = "::".join(f"d{number}" for number in range(30))
    assert bundle_of(BASIC_HEAD + f"#deck:{deep}\na\tb\n").notes[0].deck.split("::")[18:] == [
        "d18", " ".join(f"d{number}" for number in range(19, 30))]
    with pytest.raises(FileError, match="it names more than 20,000 decks"):
        bundle_of(BASIC_HEAD + "#deck column:1\n" + "".join(f"D{number}\ta\tb\n" for number in range(20_001)))


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_make_a_bundle_or_one_of_two_errors(data: bytes) -> None:
    for head in (b"", b"#notetype column:1\n", b"#columns:a\tb\n#notetype:x\n"):
        try:
            bundle = read(head + data, ReadOptions())
        except FileError:
            continue
        assert all(isinstance(one, BundledNote) and isinstance(one.note, Note) and one.note.markup is Markup.HTML
                   and len(one.note.fields) == len(one.note.note_type.fields) for one in bundle.notes)
