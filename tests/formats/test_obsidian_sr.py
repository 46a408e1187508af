from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.bundle import Bundle, BundledCard, Learned, Skipped
from flashcore.domain.note import Note
from flashcore.domain.note_type import BASIC, CLOZE, REVERSED, NoteType
from flashcore.domain.schedule import CardState, MemoryState
from flashcore.errors import DeckFileError, FileError, Problem
from flashcore.formats import ReadOptions
from flashcore.formats.obsidian_schedule import NotASchedule, read_comment
from flashcore.formats.obsidian_sr import looks_like_obsidian, read


def taken(text: str, path: Path | None = None, root: Path | None = None) -> Bundle:
    return read(text.encode(), ReadOptions(path=path, root=root))


def sides(text: str) -> list[tuple[str, ...]]:
    """The kind and the filled fields of every note."""
    return [(one.note.note_type.name.removeprefix("flashcore "), *(field for field in one.note.fields if field))
            for one in taken(text).notes]


def a_note(note_type: NoteType, *fields: str) -> Note:
    return Note("", note_type, (*fields, *("" for _ in note_type.fields[len(fields):])), ("depth::recall",))


def sm2(due: date, days: int, ease: float) -> Learned:
    return Learned(CardState.REVIEW, due, interval_days=days, ease=ease)


# ------------------------------------------------------------------------------------------------------- cards


def test_each_kind_of_card_is_a_note_with_its_line_and_deck() -> None:
    bundle = taken("""# Heart

#flashcards/heart

Mitral::left side
Aorta:::the great artery

Which valve
is right?
?
the tricuspid
valve

Systole
??
contraction

The ==vagus== slows the ==heart==.
""")
    assert [(one.note, one.line) for one in bundle.notes] == [
        (a_note(BASIC, "Mitral", "left side"), 5), (a_note(REVERSED, "Aorta", "the great artery"), 6),
        (a_note(BASIC, "Which valve\nis right?", "the tricuspid\nvalve"), 8),
        (a_note(REVERSED, "Systole", "contraction"), 14), (a_note(CLOZE, "The [vagus] slows the [heart]."), 18)]
    assert {one.deck for one in bundle.notes} == {"flashcards::heart"}
    assert (bundle.warnings, bundle.skipped) == ((), ())


@pytest.mark.parametrize("text, found", [
    ("a `x::y` b", []), ("`a::b`::c", [("basic", "`a::b`", "c")]), ("```\na::b\n```", []),
    ("~~~cpp\na::b\n\nc::d\n~~~\n", []), ("- front::back", [("basic", "front", "back")]),
    ("1. front:::back", [("reversed", "front", "back")]), ("a::b::c", [("basic", "a", "b::c")]),
    ("? \na", []), ("q\n?\na\n?\nb", [("basic", "q", "a\n?\nb")]), ("====\n\nno `==card==` here", []),
    ("**bold** and {{curly}}", []), ("<!-- a::b\nc::d -->\ne::f", [("basic", "e", "f")]),
    ("q::a ^block-1", [("basic", "q", "a")]), ("#flashcards/x q::a", [("basic", "q", "a")]),
    ("q\n?\n```py\nx = 1\n\ny = 2\n```\nend\n\nafter", [("basic", "q", "```py\nx = 1\n\ny = 2\n```\nend")]),
    ("text\nq::a\nmore", [("basic", "q", "a")]), ("q\n?\na\n\nb\n+++\nq2::a2", [
        ("basic", "q", "a\n\nb"), ("basic", "q2", "a2")]),
])
def test_separators_count_only_where_the_plugin_counts_them(text: str, found: list[tuple[str, ...]]) -> None:
    assert sides(text) == found


def test_a_side_that_is_empty_is_skipped_and_named() -> None:
    bundle = taken("due::\n\n::lonely\n")
    assert bundle.notes == ()
    assert bundle.skipped == (Skipped("due", "its answer is empty"), Skipped("lonely", "its question is empty"))


@pytest.mark.parametrize("text, written", [
    ("==number==^[a hint] and ==b==", "[number::a hint] and [b]"),
    ("==1;;answer;;hint== ==2;;b==", "[answer::hint] [b]"),
    ("==a==^[h][^1] ==b==[^2] ==c==[^1]", "{{c1::a::h}} {{c2::b}} {{c1::c}}"),
    ("==one==[^ahh] ==two==[^hah] ==ctx==[^shs]", "[one] [two] ctx"),
    ("==`std::vector`== is", "[`std::vector`] is"),
    ("==a[0]== and [note] and [l](u)", "[a\\[0\\]] and \\[note\\] and [l](u)"),
    ("==x== marks", "{{c1::x}} marks"), ("==$x^{2^{3}}$==", "[$x^{2^{3}}$]"),
    ("a {{question}} with {{part}} <!--SR:!2024-05-22,1,230-->", "a [question] with [part]"),
    ("a **bold** one <!--SR:!2024-05-22,1,230-->", "a [bold] one"),
])
def test_what_is_hidden_stays_hidden_with_its_hint_and_number(text: str, written: str) -> None:
    assert sides(text) == [("cloze", written)]


# ------------------------------------------------------------------------------------------------------- decks


def test_a_tag_holds_for_the_cards_below_it_and_one_before_a_card_for_that_card() -> None:
    bundle = taken("above::x\n\n#flashcards/a\nq1::a\n#flashcards/b q2::a\nq3::a\n\n"
                   "#flashcards/c #flashcards/d\nq4::a\n")
    assert [(one.note.question, one.deck, one.note.tags) for one in bundle.notes] == [
        ("above", "flashcards::a", ("depth::recall",)), ("q1", "flashcards::a", ("depth::recall",)),
        ("q2", "flashcards::b", ("depth::recall",)), ("q3", "flashcards::a", ("depth::recall",)),
        ("q4", "flashcards::c", ("depth::recall", "flashcards::d"))]


def test_the_front_matter_names_the_deck_and_tags_and_note_reviews_are_ignored() -> None:
    bundle = taken("---\nsr-due: 2025-02-21\nsr-ease: 270\ntags:\n  - flashcards/heart\n  - physiology\n---\nq::a\n")
    assert [(one.deck, one.line, one.cards) for one in bundle.notes] == [("flashcards::heart", 8, ())]
    assert "physiology" in " ".join(bundle.notes[0].note.tags)


def test_without_a_tag_the_folder_is_the_deck(tmp_path: Path) -> None:
    (tmp_path / "Year 1" / "Heart").mkdir(parents=True)
    note = tmp_path / "Year 1" / "Heart" / "n.md"
    assert taken("q::a", path=note, root=tmp_path).notes[0].deck == "Year 1::Heart"
    assert taken("q::a").notes[0].deck == "Default"


def test_the_settings_of_the_plugin_are_followed(tmp_path: Path) -> None:
    folder = tmp_path / ".obsidian" / "plugins" / "obsidian-spaced-repetition"
    folder.mkdir(parents=True)
    (folder / "data.json").write_text(json.dumps({"settings": {
        "flashcardTags": ["#med"], "singleLineCardSeparator": ">>", "singleLineReversedCardSeparator": "<>",
        "multilineCardSeparator": "--", "multilineReversedCardSeparator": "---", "multilineCardEndMarker": "END",
        "clozePatterns": ["**[123;;]answer[;;hint]**"]}}))
    bundle = taken("#med/heart\nq >> a::b\nx<>y\n\nlong\n--\na\n\nb\nEND\n\na **bold** ==light==\n",
                   path=tmp_path / "sub" / "n.md")
    assert [(one.note.note_type, one.note.fields[:2], one.deck) for one in bundle.notes] == [
        (BASIC, ("q", "a::b"), "med::heart"), (REVERSED, ("x", "y"), "med::heart"),
        (BASIC, ("long", "a\n\nb"), "med::heart"), (CLOZE, ("a [bold] ==light==", ""), "med::heart")]


# --------------------------------------------------------------------------------------------------- schedules


def test_a_comment_has_one_schedule_for_each_sibling_and_a_placeholder_is_a_new_one() -> None:
    bundle = taken("a:::b\n<!--SR:!2026-03-20,124,270!2000-01-01,1,250-->\n")
    assert bundle.notes[0].cards == (BundledCard(0, learned=sm2(date(2026, 3, 20), 124, 2.7)),)


@pytest.mark.parametrize("text", [
    "a::b <!--SR:!2026-03-20,4,270-->", "a::b\n<!--SR:!2026-03-20,4,270-->", "a::b\n\n<!--SR:!2026-03-20,4,270-->",
    "a::b\n> [!sr|card-metadata] \n>  <!--SR:!2026-03-20,4,270-->\nnext", "a\n?\nb\n<!--SR:!20-03-2026,4,270-->",
    "a\n?\nb <!--SR:!Fri Mar 20 2026,4,270-->", "the ==a== <!--SR:!2026-03-20,4.4,270-->",
    "the ==a==\n> [!SR|card-metadata]\n> <!--SR:!2026-03-20,4,270-->", "a\n?\nb\n\n> [!sr|card-metadata]\n> <!--SR:"
    "!2026-03-20,4,270-->", "a::b\n<!--SR:!2026-03-20,4,270-->\nnot::this"])
def test_a_schedule_is_found_wherever_the_plugin_puts_it(text: str) -> None:
    bundle = taken(text)
    assert bundle.notes[0].cards == (BundledCard(0, learned=sm2(date(2026, 3, 20), 4, 2.7)),)
    assert "SR" not in "".join(field for one in bundle.notes for field in one.note.fields)
    assert [one.cards for one in bundle.notes[1:]] == [()] * (len(bundle.notes) - 1)


def test_a_schedule_of_fsrs_keeps_its_memory() -> None:
    at = datetime(2026, 6, 5, 12, 3, 20, 972000, tzinfo=UTC)
    review, learning, relearning, new = read_comment(
        "!fsrs,2029-09-20T12:03:20.972Z,1203,1202.68030072,1.5,2,9,1,0,2026-06-05T12:03:20.972Z"
        "!fsrs,2026-06-05T12:13:20.972Z,0,2.3065,4.7,1,1,0,1,2026-06-05T12:03:20.972Z"
        "!fsrs,2026-06-05T12:13:20.972Z,0,0.5,8,3,8,2,0,2026-06-05T12:03:20.972Z"
        "!fsrs,2026-06-05T12:13:20.972Z,0,0,0,0,0,0,0,2026-06-05T12:03:20.972Z")
    soon = datetime(2026, 6, 5, 12, 13, 20, 972000, tzinfo=UTC)
    assert review == Learned(CardState.REVIEW, date(2029, 9, 20), interval_days=1203,
                             memory=MemoryState(1202.68030072, 1.5), reps=9, lapses=1, last_at=at)
    assert learning == Learned(CardState.LEARNING, None, due_at=soon, steps_left=1, memory=MemoryState(2.3065, 4.7),
                               reps=1, last_at=at)
    assert relearning == Learned(CardState.RELEARNING, None, due_at=soon, steps_left=1, memory=MemoryState(0.5, 8),
                                 reps=8, lapses=2, last_at=at)
    assert new is None


@pytest.mark.parametrize("segment", ["!someday,1,250", "!2026-13-01,1,250", "!2026-03-20,1", "!2026-03-20,-1,250", "!",
                                     "!fsrs,2026-03-20", "!2026-03-20,nan,250", "!9999-03-20,1,250"])
def test_E28_E29_a_schedule_that_cannot_be_meant_refuses_the_file_with_its_line(segment: str) -> None:
    with pytest.raises(NotASchedule):
        read_comment(segment)
    with pytest.raises(DeckFileError) as refused:
        taken(f"a::b\n<!--SR:{segment}-->\n\nc::d\n<!--SR:!x,1,1-->")
    assert [problem.line for problem in refused.value.problems] == [2, 5]


def test_more_schedules_than_cards_are_told() -> None:
    bundle = taken("A {{question}} of {{parts}} <!--SR:!2024-05-22,1,230!2024-05-25,4,270!2033-03-03,3,333-->")
    assert [card.ordinal for card in bundle.notes[0].cards] == [0, 1]
    assert bundle.warnings == (
        Problem(1, "3 schedules for 2 cards; the last are left out", "a deletion was removed since"),)


def test_numbered_deletions_have_the_schedule_of_their_number() -> None:
    bundle = taken("==b==[^2] ==a==[^1] <!--SR:!2026-01-01,1,230!2026-02-02,2,240-->")
    assert bundle.notes[0].note.fields[0] == "{{c2::b}} {{c1::a}}"
    assert bundle.notes[0].cards == (BundledCard(0, learned=sm2(date(2026, 1, 1), 1, 2.3)),
                                     BundledCard(1, learned=sm2(date(2026, 2, 2), 2, 2.4)))


@pytest.mark.parametrize("store, key", [("Spaced Repetition/Schedule Data/card-schedule-data.sr.md", "sr-data-id-a1"),
                                        ("Spaced Repetition/schedule-data.sr.md", "a1"),
                                        ("my/own/card-schedule-data.sr.md", "sr-data-id-a1")])
def test_the_store_of_newer_versions_is_read_beside_the_notes(tmp_path: Path, store: str, key: str) -> None:
    path = tmp_path / store
    path.parent.mkdir(parents=True)
    found = {"version": 1, "cardSchedules": {key: [None, {"dueDate": "2026-03-20", "interval": 4, "ease": 270}]}}
    path.write_text(f"# Spaced Repetition Schedule Data\n\n```json\n{json.dumps(found, indent=2)}\n```\n")
    bundle = taken("a:::b ^sr-data-id-a1\n\nc::d ^other\n", path=tmp_path / "n.md", root=tmp_path)
    assert bundle.notes[0].note == a_note(REVERSED, "a", "b")
    assert [one.cards for one in bundle.notes] == [(BundledCard(1, learned=sm2(date(2026, 3, 20), 4, 2.7)),), ()]
    assert read(path.read_bytes(), ReadOptions(path=path)) == Bundle(())


@pytest.mark.parametrize("text", ["", "```json\n[\n```", '{"cardSchedules": {"a1": [3, {"dueDate": 5}, "!x"]}}',
                                  "[" * 100_000, '{"cardSchedules": []}'])
def test_a_store_that_says_nothing_leaves_the_cards_new(tmp_path: Path, text: str) -> None:
    (tmp_path / "card-schedule-data.sr.md").write_text(text)
    assert taken("a::b ^a1", path=tmp_path / "n.md").notes[0].cards == ()


# ------------------------------------------------------------------------------------------------ links, media


def test_links_become_readable_and_embedded_pictures_are_found_anywhere_in_the_vault(tmp_path: Path) -> None:
    (tmp_path / ".obsidian").mkdir()
    deep = tmp_path / "files" / "deep"
    deep.mkdir(parents=True)
    for name in ("heart.png", "my lung.jpg"):
        (deep / name).write_bytes(b"picture")
    (tmp_path.parent / "secret.png").write_bytes(b"secret")
    note = tmp_path / "notes" / "n.md"
    bundle = taken("[[Heart|the heart]] and [[Aorta#Arch]] `[[x]]`::![[heart.png|300]] ![[my lung.jpg]] ![[Note]] "
                   "![](files/deep/heart.png) ![](../../secret.png) ![[gone.png]]", path=note)
    assert bundle.notes[0].note.fields[:2] == (
        "the heart and Aorta > Arch `[[x]]`",
        "![](heart.png) ![](<my lung.jpg>) Note ![](files/deep/heart.png) ![](../../secret.png) ![](gone.png)")
    assert bundle.media == {"heart.png": deep / "heart.png", "my lung.jpg": deep / "my lung.jpg",
                            "files/deep/heart.png": deep / "heart.png"}
    assert [one.what for one in bundle.warnings] == ["the picture '../../secret.png' is missing",
                                                     "the picture 'gone.png' is missing"]


# ------------------------------------------------------------------------------------------- which files, faults


@pytest.mark.parametrize("text, is_one", [
    ("#flashcards\nq::a", True), ("q::a\n<!--SR:!2026-03-20,4,270-->", True),
    ("---\ntags: [flashcards]\n---\nq::a", True),
    ("Q: a\nA: b\n", False), ("#flashcards\n\nQ: a\nA: b", False), ("# Heading\n\ntext", False), ("", False),
    ("```\nQ: a\n```\n#flashcards/x", True), ("```\n#flashcards\n```", False), ("#flashcards-later", False),
    ("see #flashcards/heart here", True), ("a#flashcards", False)])
def test_a_note_of_obsidian_is_told_from_a_deck_of_our_own(text: str, is_one: bool) -> None:
    assert looks_like_obsidian(text) is is_one


def test_F11_a_merge_conflict_and_an_open_fence_refuse_the_file_with_their_lines() -> None:
    with pytest.raises(DeckFileError) as refused:
        taken("a::b\n<<<<<<< HEAD\nc::d\n\n```\nopen")
    assert [problem.line for problem in refused.value.problems] == [2, 5]


def test_F1_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileError, match="line 2 byte 1"):
        read(b"a::b\n\xff", ReadOptions())


@pytest.mark.parametrize("unit", ["==a", "<!--SR:", "[[a", "===b", "a::b\n", "#a", "**a", "{{a", "`a", "![[a.png",
                                  "==a== ", "a\n?\n", "==a==^[", "> [!sr|card-metadata]\n", "![](", "#flashcards/", "(",
                                  "- "])
def test_F10_a_hostile_note_is_read_or_refused(unit: str) -> None:
    data = (unit * (300_000 // len(unit))).encode()
    try:
        assert len(read(data, ReadOptions()).warnings) < 10
    except DeckFileError as refused:
        assert refused.problems


def test_a_note_with_more_lines_or_cards_than_any_page_is_refused() -> None:
    for text in ("\n" * 500_001, "a::b\n" * 50_002):
        with pytest.raises(DeckFileError, match="it has more than"):
            taken(text)
    with pytest.raises(FileError, match="larger than 4 MiB"):
        taken(" " * (4 * 1024 * 1024 + 1))


words = st.text(st.sampled_from("ab é∂-,.()"), min_size=1, max_size=12).map(str.strip).filter(bool)
schedules = st.one_of(st.none(), st.builds(
    sm2, st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.integers(1, 36_500),
    st.integers(130, 999).map(lambda percent: percent / 100)))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(("::", ":::", "?", "??", "==")), words, words, st.lists(
    schedules, min_size=2, max_size=2)), max_size=6))
def test_what_was_written_is_what_is_read(cards: list[tuple[str, str, str, list[Learned | None]]]) -> None:
    parts, wanted = ["#flashcards/deck\n"], []
    for number, (mark, front, back, learned) in enumerate(cards):
        front, back = f"f{number}{front}z", f"b{number}{back}z"
        count = 2 if mark in (":::", "??", "==") else 1
        text = {"==": f"x =={front}== y =={back}== z"}.get(mark, f"{front}{mark}{back}" if mark[0] == ":" else
                                                          f"{front}\n{mark}\n{back}")
        told = "".join(f"!{one.due_on},{one.interval_days},{round((one.ease or 0) * 100)}" if one else
                       "!2000-01-01,1,250" for one in learned[:count])
        parts.append(f"{text}\n<!--SR:{told}-->\n")
        fields = (f"x [{front}] y [{back}] z",) if mark == "==" else (front, back)
        note = a_note(CLOZE if mark == "==" else REVERSED if count == 2 else BASIC, *fields)
        wanted.append((note, tuple(BundledCard(ordinal, learned=one)
                                   for ordinal, one in enumerate(learned[:count]) if one)))
    assert [(one.note, one.cards) for one in taken("\n".join(parts)).notes] == wanted


@given(st.text(st.sampled_from("ab=:?`*{}[]()!#|^<>-SR, \n1;"), max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        taken(text)
    except DeckFileError as refused:
        assert refused.problems
