"""Packages with scheduling, in the real Anki: what it holds after an import is what the staging file says."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from anki_judge import NOTHING_TO_FIX, Held, an_anki, held, import_package, restored
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.note_type import BASIC, CLOZE, OWN_NOTE_TYPES, NoteKind, NoteType, Template
from flashcore.domain.staging import TABLES, Fact
from flashcore.formats.anki_looks import anki_note_type
from flashcore.formats.anki_markdown import note_from_anki
from flashcore.formats.anki_writer import WrittenPackage, write_package
from flashcore.formats.staging import create_staging, insert_facts, insert_rows, note_type_row

NOW = datetime.now().astimezone()
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
ROLLOVER_HOUR = 4
DAY_0 = date(1970, 1, 1).toordinal()
TODAY = (NOW - timedelta(hours=ROLLOVER_HOUR)).date().toordinal() - DAY_0
TWO_SIDED = NoteType("Two sides", NoteKind.STANDARD, ("A", "B"), (Template("one", "{{A}}", "{{B}}"),
                     Template("two", "{{B}}", "{{A}}")), ".card { color: red }", '{"id": 1600000000123}')
GAPS = NoteType("Gaps", NoteKind.CLOZE, ("Text", "Extra", "More"),
                (Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}}"),), anki='{"sortf": 1}')
KINDS = (TWO_SIDED, GAPS, BASIC)
DECKS = ("Anatomy", "Anatomy::Heart", "Default")

Row = dict[str, Any]


def a_row(table: str, **values: Any) -> Row:
    """A row of a staging file in which only what matters is set."""
    return {**dict.fromkeys(TABLES[table]), **values}


def a_note(number: int, kind: int = 1, fields: str = "q\x1fa", **values: Any) -> Row:
    return a_row("note", id=number, guid=f"g{number}", note_type_id=kind, deck_id=1, markup="html", tags="",
                 cloze_ordinals="", line=0, absent="", added_at=NOW_MS - 90 * DAY_MS + number,
                 changed_at=NOW_MS - DAY_MS) | {"fields": fields, **values}


def a_card(number: int, note: int, ordinal: int = 0, deck: int = 1, **values: Any) -> Row:
    return a_row("card", id=number, note_id=note, ordinal=ordinal, deck_id=deck, is_suspended=0, is_buried=0,
                 flag=0) | values


def a_review(number: int, card: int, answered_at: int, **values: Any) -> Row:
    return a_row("review", id=number, card_id=card, answered_at=answered_at, rating=3, origin="review",
                 duration_ms=4000, interval=9, last_interval=3, factor=500) | values


def staged(folder: Path, notes: list[Row], cards: list[Row], reviews: Sequence[Row] = (),
           options: dict[int, dict[str, str]] | None = None, anki: dict[int, dict[str, Any]] | None = None) -> Path:
    path = folder / "staging.db"
    path.unlink(missing_ok=True)
    with closing(create_staging(path)) as connection:
        insert_rows(connection, "note_type", [note_type_row(*row) for row in enumerate(KINDS, 1)])
        insert_rows(connection, "deck", [
            (number, name, *(json.dumps(held[number]) if held and number in held else "" for held in (options, anki)))
            for number, name in enumerate(DECKS, 1)])
        for table, rows in (("note", notes), ("card", cards), ("review", reviews)):
            insert_rows(connection, table, [tuple(row.values()) for row in rows])
        insert_facts(connection, {Fact.ROLLOVER_HOUR: str(ROLLOVER_HOUR)})
    return path


def written(folder: Path, *rows: Any, name: str = "deck.apkg", **options: Any) -> tuple[Path, WrittenPackage]:
    package = folder / name
    return package, write_package(staged(folder, *rows), package, {}, now=NOW, **options)


# what a staging file says, as Anki should hold it

def expected_notes(notes: list[Row]) -> dict[str, tuple[Any, ...]]:
    return {note["guid"]: (KINDS[note["note_type_id"] - 1].name, note["changed_at"] // 1000, set(note["tags"].split()),
                           note["fields"] + ("\x1f" if note["note_type_id"] == 3 else "")) for note in notes}


def last_answer_at(card: Row, moments: list[tuple[int, Row]]) -> int | None:
    """From when Anki counts a card's memory: its log says it, else the card itself."""
    log = [(moment, row) for moment, row in moments if row["card_id"] == card["id"]]
    for moment, row in reversed(log):
        if row["origin"] == "reset":
            return None
        if row["rating"] and (row["origin"], row["factor"]) != ("filtered", 0):
            return moment
    return None if log else card["last_at"]


def expected_card(card: Row, moments: list[tuple[int, Row]]) -> Row:
    extras = json.loads(card["anki"] or "{}")
    state = card["state"] or 0
    waits = card["is_suspended"] or card["is_buried"]
    learns = state in (1, 3)
    queue = {0: 0, 2: 2}.get(state, 1 if card["due_at"] is not None else 3)
    due = card["position"] if state == 0 else card["due_at"] // 1000 if learns and card["due_at"] is not None \
        else card["due_on"] - TODAY
    data: Row = {key: extras[key] for key in ("pos", "cd") if key in extras}
    last_at = last_answer_at(card, moments)
    if state and last_at is not None:
        data["lrt"] = last_at // 1000
    memory = card["stability"] is not None and not extras.get("no_memory")
    if memory:
        data |= {"s": card["stability"], "d": card["difficulty"]}
    if memory or card["anki"] is not None:
        ours = {"dr": 0.9, "decay": 0.1542} if card["anki"] is None else extras
        data |= {key: ours[key] for key in ("dr", "decay") if key in ours}
    return {"deck": DECKS[card["deck_id"] - 1], "type": state,
            "queue": -1 if card["is_suspended"] else -3 if card["is_buried"] else queue, "due": due,
            "ivl": extras.get("ivl", card["interval_days"] or 0) if learns else card["interval_days"] or 0,
            "factor": extras.get("ease", card["ease"] or 2500) if state else 0, "reps": card["reps"] or 0,
            "lapses": card["lapses"] or 0, "left": card["steps_left"] if learns else 0, "flags": card["flag"],
            "data": data, "waits": waits}


def check_cards(found: dict[tuple[str, int], Row], notes: list[Row], cards: list[Row], reviews: list[Row],
                is_collection: bool) -> None:
    guids = {note["id"]: note["guid"] for note in notes}
    assert found.keys() == {(guids[card["note_id"]], card["ordinal"]) for card in cards}
    for card in cards:
        wanted, held_ = expected_card(card, unique_moments(reviews)), found[guids[card["note_id"]], card["ordinal"]]
        if wanted.pop("waits") and wanted["type"] in (1, 3) and card["due_at"] is None and not is_collection:
            # a moment in place of the day, which Anki would take for a day of its own
            moment = datetime.fromtimestamp(held_["due"], NOW.tzinfo)
            assert (moment - timedelta(hours=ROLLOVER_HOUR)).date().toordinal() - DAY_0 == card["due_on"]
            wanted["due"] = held_["due"]
        data, wanted_data = held_.pop("data"), wanted.pop("data")
        assert held_ == wanted
        assert data.keys() == wanted_data.keys()
        for key, places in (("s", 4), ("d", 3), ("dr", 2), ("decay", 3)):
            if key in data:
                assert data.pop(key) == pytest.approx(wanted_data.pop(key), abs=0.51 * 10 ** -places, rel=1e-6)
        assert data == wanted_data


TYPES = {"learn": 0, "review": 1, "relearn": 2, "filtered": 3, "manual": 4, "rescheduled": 5, "reset": 4}


def unique_moments(reviews: list[Row]) -> list[tuple[int, Row]]:
    moments, last = [], 0
    for row in sorted(reviews, key=lambda row: (row["answered_at"], row["id"])):
        last = max(last + 1, row["answered_at"])
        moments.append((last, row))
    return moments


def expected_reviews(reviews: list[Row], notes: list[Row], cards: list[Row], with_gone: bool) -> list[tuple[Any, ...]]:
    guids = {note["id"]: note["guid"] for note in notes}
    names: dict[int, Any] = {card["id"]: (guids[card["note_id"]], card["ordinal"]) for card in cards}
    rows = []
    for moment, row in unique_moments(reviews):
        factor = 0 if row["origin"] == "reset" else row["factor"]
        rows.append((moment, names.get(row["card_id"], -row["card_id"]), row["rating"] or 0, row["interval"],
                     row["last_interval"], factor, row["duration_ms"], TYPES[row["origin"]]))
    return [row for row in rows if with_gone or isinstance(row[1], tuple)]


# any collection

PIECES = ("<b>", "</b>", "&amp;", "&nbsp;", "&", "<", "a", "é", "\u3000", " ", "{{c1::x}}", "<br>", "[sound:b.mp3]",
          "7", '<img src="a.png">', "<!-- c -->", "العربية", "\U0001fac0", "\n")
HTML = st.lists(st.sampled_from(PIECES) | st.characters(categories=("L", "N", "P", "Zs")), max_size=8).map(
    lambda parts: unicodedata.normalize("NFC", "".join(parts)))
TAGS = st.lists(st.sampled_from(("a", "b::c", "Zürich", "leech", "marked", "x1")), unique=True).map(" ".join)
PAST = st.integers(NOW_MS - 500 * DAY_MS, NOW_MS - DAY_MS)
DAYS = st.integers(TODAY - 400, TODAY + 9000)


@st.composite
def extras(draw: st.DrawFn, state: int) -> str | None:
    if state == 0 or draw(st.booleans()):
        return None
    held_: Row = {"ease": draw(st.integers(1300, 4000))}
    for key, values in (("pos", st.integers(0, 900_000)), ("dr", st.floats(0.7, 0.99)), ("decay", st.floats(0.1, 0.8)),
                        ("cd", st.just('{"x":"é\\""}')), ("no_memory", st.just(1)),
                        ("ivl", st.integers(1, 900) if state in (1, 3) else None)):
        if values is not None and draw(st.booleans()):
            held_[key] = draw(values)
    return json.dumps(held_)


@st.composite
def learned_cards(draw: st.DrawFn, number: int, note: int, ordinal: int) -> Row:
    state = draw(st.sampled_from((0, 1, 2, 3)))
    card = a_card(number, note, ordinal, draw(st.integers(1, 3)), flag=draw(st.integers(0, 7)),
                  is_suspended=draw(st.integers(0, 1)), is_buried=draw(st.integers(0, 1)),
                  added_at=draw(st.none() | PAST), anki=draw(extras(state)))
    if state == 0:
        return card | {"position": draw(st.integers(0, 1_000_000))}
    by_moment = state != 2 and draw(st.booleans())
    has_memory = draw(st.booleans())
    return card | {
        "state": state, "due_at": draw(st.integers(NOW_MS - DAY_MS, NOW_MS + DAY_MS)) if by_moment else None,
        "due_on": None if by_moment else draw(DAYS if state == 2 else st.integers(TODAY - 400, TODAY + 400)),
        "interval_days": draw(st.integers(1, 36_500)),
        "steps_left": draw(st.integers(1, 5)) if state != 2 else 0,
        "stability": draw(st.floats(0.001, 36_500)) if has_memory else None,
        "difficulty": draw(st.floats(1, 10)) if has_memory else None, "reps": draw(st.integers(1, 999)),
        "lapses": draw(st.integers(0, 99)), "last_at": draw(PAST), "ease": draw(st.none() | st.integers(1300, 4000))}


@st.composite
def collections(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[Row]]:
    notes, cards, reviews = [], [], []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        kind = draw(st.integers(1, len(KINDS)))
        fields = [draw(HTML) for _ in KINDS[kind - 1].fields]
        ordinals = {1: (0, 1), 2: (0, 1, 2, 41), 3: (0,)}[kind]
        if kind == 2:
            fields[0] = " ".join(f"{{{{c{ordinal + 1}::x}}}}" for ordinal in ordinals) + fields[0]
        notes.append(a_note(number, kind, "\x1f".join(fields), tags=draw(TAGS), added_at=draw(st.none() | PAST),
                            changed_at=draw(PAST)))
        for ordinal in draw(st.lists(st.sampled_from(ordinals), min_size=1, unique=True)):
            cards.append(draw(learned_cards(len(cards) + 1, number, ordinal)))
    for _ in range(draw(st.integers(0, 8))):
        origin = draw(st.sampled_from(tuple(TYPES)))
        rated = origin in ("learn", "review", "relearn", "filtered")
        reviews.append(a_review(
            0, draw(st.integers(1, len(cards)) | st.integers(-3, -1)), draw(PAST | st.just(NOW_MS - 30 * DAY_MS)),
            rating=draw(st.integers(1, 4)) if rated else None, origin=origin,
            factor=draw(st.integers(100, 4000) if origin == "manual" else st.sampled_from((0, 500, 2500))),
            interval=draw(st.integers(-86_400, 36_500)), last_interval=draw(st.integers(-86_400, 36_500)),
            duration_ms=draw(st.integers(0, 60_000))))
    ordered = sorted(reviews, key=lambda row: (row["card_id"], row["answered_at"]))
    return notes, cards, [row | {"id": number} for number, row in enumerate(ordered, 1)]


def check(found: Held, notes: list[Row], cards: list[Row], reviews: list[Row], is_collection: bool) -> None:
    assert {guid: (note[0], note[1], set(note[2]), note[3])
            for guid, note in found.notes.items()} == expected_notes(notes)
    check_cards(found.cards, notes, cards, reviews, is_collection)
    assert found.reviews == expected_reviews(reviews, notes, cards, with_gone=is_collection)


@settings(max_examples=40)
@given(collections())
def test_anki_holds_after_an_import_what_the_staging_file_says_and_finds_nothing_to_fix(
    given_: tuple[list[Row], list[Row], list[Row]]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        package, counts = written(folder, *given_)
        assert (counts.notes, counts.cards, counts.reviews) == tuple(map(len, given_))
        with an_anki(folder / "anki") as anki:
            assert import_package(anki, package)["new"] == len(given_[0])
            check(held(anki), *given_, is_collection=False)
            assert anki.fix_integrity() == NOTHING_TO_FIX


@settings(max_examples=40)
@given(collections())
def test_anki_restores_a_whole_collection_and_finds_nothing_to_fix(
    given_: tuple[list[Row], list[Row], list[Row]]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        package, _ = written(folder, *given_, name="all.colpkg", is_collection=True)
        with restored(folder / "anki", package) as anki:
            found = held(anki)
            check(found, *given_, is_collection=True)
            assert anki.fix_integrity() == NOTHING_TO_FIX
            # sort fields and checksums were ours until the check made them anew
            for note_id in anki.find_notes(""):
                anki.update_note(anki.get_note(note_id))
            assert {guid: note[4:] for guid, note in held(anki).notes.items()} == {
                guid: note[4:] for guid, note in found.notes.items()}


# one thing at a time

def in_anki(folder: Path, *rows: Any, options: dict[int, dict[str, str]] | None = None,
            anki: dict[int, dict[str, Any]] | None = None, **how: Any) -> Held:
    """What Anki holds after importing a package of these rows, and after its check found nothing to fix."""
    staging = staged(folder, *rows, options=options, anki=anki)
    write_package(staging, folder / "deck.apkg", {}, now=NOW, **how)
    with an_anki(folder / "anki") as collection:
        import_package(collection, folder / "deck.apkg")
        found = held(collection)
        assert collection.fix_integrity() == NOTHING_TO_FIX
    return found


def test_answers_of_one_millisecond_get_moments_of_their_own_in_order(tmp_path: Path) -> None:
    at = NOW_MS - 5 * DAY_MS
    reviews = [a_review(1, -77, at - 1, duration_ms=1), a_review(2, 1, at, duration_ms=2),
               a_review(3, 1, at, duration_ms=3), a_review(4, 2, at, duration_ms=4),
               a_review(5, 2, at + 1, duration_ms=5), a_review(6, 2, at + 9, duration_ms=6)]
    found = in_anki(tmp_path, [a_note(1)], [a_card(1, 1, position=0), a_card(2, 1, 1, position=1)], reviews)
    assert [(row[0] - at, row[1], row[6]) for row in found.reviews] == [
        (0, ("g1", 0), 2), (1, ("g1", 0), 3), (2, ("g1", 1), 4), (3, ("g1", 1), 5), (9, ("g1", 1), 6)]


def test_what_is_dated_in_the_future_is_dated_now_and_does_not_cost_the_package(tmp_path: Path) -> None:
    later = NOW_MS + 400 * DAY_MS
    notes = [a_note(1, added_at=later), a_note(2, added_at=-5), a_note(3, added_at=None)]
    cards = [a_card(number, number, position=number, added_at=later) for number in (1, 2, 3)]
    reviews = [a_review(1, 1, -9), a_review(2, 1, later), a_review(3, 1, later)]
    package, counts = written(tmp_path, notes, cards, reviews)
    assert (counts.notes, counts.cards, counts.reviews) == (3, 3, 3)
    with an_anki(tmp_path / "anki") as anki:
        import_package(anki, package)
        assert anki.db is not None
        assert anki.db.all("select id, guid from notes order by id") == [
            [1, "g2"], [NOW_MS - 1, "g3"], [NOW_MS, "g1"]]
        assert anki.db.list("select id from cards order by id") == [NOW_MS - 2, NOW_MS - 1, NOW_MS]
        assert anki.db.list("select id from revlog order by id") == [1, NOW_MS - 1, NOW_MS]
        assert anki.fix_integrity() == NOTHING_TO_FIX


def test_answers_of_a_card_that_is_gone_keep_its_id_unless_another_has_it(tmp_path: Path) -> None:
    at = NOW_MS - 50 * DAY_MS
    cards = [a_card(1, 1, position=0, added_at=at), a_card(2, 1, 1, position=1, added_at=at - 1)]
    reviews = [a_review(1, -at, at + 5), a_review(2, -at, at + 6), a_review(3, -4321, at + 7), a_review(4, 1, at + 8)]
    package, _ = written(tmp_path, [a_note(1)], cards, reviews, name="all.colpkg", is_collection=True)
    with restored(tmp_path / "anki", package) as anki:
        assert [row[1] for row in held(anki).reviews] == [at - 2, at - 2, 4321, ("g1", 0)]
        assert anki.fix_integrity() == NOTHING_TO_FIX


def test_new_cards_without_a_place_come_after_those_that_have_one(tmp_path: Path) -> None:
    notes = [a_note(number) for number in range(1, 6)]
    places = {1: None, 2: 7, 3: None, 4: 2, 5: 5_000_000}
    cards = [a_card(number, number, position=place) for number, place in places.items() if number != 5]
    found = in_anki(tmp_path, notes[:4], cards)
    assert {guid: card["due"] for (guid, _), card in found.cards.items()} == {"g1": 8, "g2": 7, "g3": 9, "g4": 2}
    found = in_anki(tmp_path, notes[4:], [a_card(1, 5, position=5_000_000)])
    assert found.cards["g5", 0]["due"] == 1_000_000


OPTIONS = {
    "desired_retention": "0.88", "parameters": " ".join(map(str, (
        0.3, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629,
        1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.2))), "new_per_day": "33", "reviews_per_day": "77",
    "learning_steps": "2m 1h", "relearning_steps": "none", "maximum_interval_days": "365", "leech_threshold": "5",
    "leech_suspend": "yes"}


def test_a_deck_has_its_options_as_a_preset_and_those_of_its_parents(tmp_path: Path) -> None:
    learned = {"state": 2, "due_on": TODAY + 1, "interval_days": 3, "stability": 2.0, "difficulty": 5.0,
               "last_at": NOW_MS}
    cards = [a_card(1, 1, 0, 1, position=1), a_card(2, 1, 1, 2, **learned), a_card(3, 2, 0, 3, **learned)]
    found = in_anki(tmp_path, [a_note(1), a_note(2)], cards, options={1: OPTIONS, 2: {"new_per_day": "5"}},
                    anki={1: {"id": 1500000000001, "desc": "About **it**", "md": True}})
    assert {name: (preset["name"], preset["new"]["perDay"]) for name, preset in found.presets.items()} == {
        "Anatomy": ("Anatomy", 33), "Anatomy::Heart": ("Anatomy::Heart", 5), "Default": ("Default", 20)}
    for name in ("Anatomy", "Anatomy::Heart"):
        preset = found.presets[name]
        assert preset["desiredRetention"] == pytest.approx(0.88)
        assert preset["fsrsParams6"] == pytest.approx([float(word) for word in OPTIONS["parameters"].split()])
        assert (preset["new"]["delays"], preset["lapse"]["delays"]) == ([2.0, 60.0], [])
        assert (preset["rev"]["perDay"], preset["rev"]["maxIvl"]) == (77, 365)
        assert (preset["lapse"]["leechFails"], preset["lapse"]["leechAction"]) == (5, 0)
    # a card of ours says neither retention nor decay: its deck's hold
    assert {key: card["data"] | {"s": 0, "d": 0, "lrt": 0} for key, card in found.cards.items() if card["type"]} == {
        ("g1", 1): {"s": 0, "d": 0, "lrt": 0, "dr": 0.88, "decay": 0.2},
        ("g2", 0): {"s": 0, "d": 0, "lrt": 0, "dr": 0.9, "decay": 0.154}}


def test_decks_of_equal_options_share_a_preset(tmp_path: Path) -> None:
    staging = staged(tmp_path, [a_note(1)], [a_card(1, 1, 0, 3), a_card(2, 1, 1, 2)], options={2: OPTIONS, 3: OPTIONS},
                     anki={2: {"desc": "About it"}})
    write_package(staging, tmp_path / "deck.apkg", {}, now=NOW)
    with an_anki(tmp_path / "anki") as anki:
        import_package(anki, tmp_path / "deck.apkg")
        heart = anki.decks.by_name("Anatomy::Heart")
        assert heart is not None
        assert (heart["desc"], [preset["name"] for preset in anki.decks.all_config()]) == (
            "About it", ["Default", "Anatomy::Heart"])


def test_without_scheduling_nothing_tells_of_anybodys_learning(tmp_path: Path) -> None:
    learned = {"state": 2, "due_on": TODAY + 1, "interval_days": 3, "stability": 2.0, "difficulty": 5.0, "reps": 3,
               "lapses": 1, "last_at": NOW_MS - DAY_MS, "flag": 3, "is_suspended": 1}
    cards = [a_card(1, 1, 0, anki='{"pos": 40}', **learned), a_card(2, 1, 1, is_buried=1, position=30), a_card(3, 2)]
    found = in_anki(tmp_path, [a_note(1, tags="a leech Marked"), a_note(2)], cards, [a_review(1, 1, NOW_MS - DAY_MS)],
                    options={1: OPTIONS}, with_scheduling=False)
    new = {"deck": "Anatomy", "type": 0, "queue": 0, "ivl": 0, "factor": 0, "reps": 0, "lapses": 0, "left": 0,
           "flags": 0, "data": {}}
    assert found.cards == {("g1", 0): new | {"due": 40}, ("g1", 1): new | {"due": 30}, ("g2", 0): new | {"due": 41}}
    assert (found.reviews, found.notes["g1"][2]) == ([], ("a",))
    assert found.presets["Anatomy"]["name"] == "Default"


def test_cards_that_no_template_makes_stay_out_and_a_note_without_cards_gets_its_own(tmp_path: Path) -> None:
    notes = [a_note(1), a_note(2, 2, "{{c2::a}} {{c4::b}}\x1f\x1f"), a_note(3, 2, "no deletion\x1f\x1f"), a_note(4)]
    found = in_anki(tmp_path, notes, [a_card(7, 1, 0), a_card(8, 1, 2), a_card(9, 4, 5)])
    assert sorted(found.cards) == [("g1", 0), ("g2", 1), ("g2", 3), ("g3", 0), ("g4", 0), ("g4", 1)]


def test_notes_with_too_few_or_too_many_fields_get_as_many_as_their_type_has(tmp_path: Path) -> None:
    found = in_anki(tmp_path, [a_note(1, fields="only"), a_note(2, fields="a\x1fb\x1fc"), a_note(3, 2, "{{c1::x}}")],
                    [a_card(number, number) for number in (1, 2, 3)])
    assert {guid: note[3] for guid, note in found.notes.items()} == {
        "g1": "only\x1f", "g2": "a\x1fb", "g3": "{{c1::x}}\x1f\x1f"}


def test_a_note_type_keeps_what_anki_knows_of_it(tmp_path: Path) -> None:
    package, _ = written(tmp_path, [a_note(1), a_note(2, 2, "{{c1::x}}\x1fExtra\x1f")], [a_card(1, 1), a_card(2, 2)])
    with an_anki(tmp_path / "anki") as anki:
        import_package(anki, package)
        model = anki.models.by_name("Two sides")
        assert model is not None and model["id"] == 1600000000123 and model["css"] == ".card { color: red }"
        assert anki.db is not None
        assert anki.db.scalar("select sfld from notes where guid = 'g2'") == "Extra"


def test_cards_of_ours_that_wait_keep_their_day(tmp_path: Path) -> None:
    cards = [a_card(1, 1, 0, state=3, due_on=TODAY + 2, interval_days=4, steps_left=1, last_at=NOW_MS, is_suspended=1),
             a_card(2, 1, 1, state=3, due_on=TODAY + 2, interval_days=4, steps_left=1, last_at=NOW_MS)]
    package, _ = written(tmp_path, [a_note(1)], cards)
    with an_anki(tmp_path / "anki") as anki:
        import_package(anki, package)
        anki.sched.unsuspend_cards(list(anki.find_cards("")))
        first, second = (anki.get_card(number) for number in anki.find_cards("", order="c.ord"))
        assert (second.queue, second.due) == (3, anki.sched.today + 2)
        assert first.queue == 1
        assert 86_400 < first.due - NOW.timestamp() <= 2 * 86_400


# our own notes

MARKDOWN = ("**Q** \u0338 & <b>", "$x$", "", "own")


@pytest.mark.parametrize("is_collection", [False, True])
def test_notes_in_markdown_keep_it_in_a_field_of_their_own(tmp_path: Path, is_collection: bool) -> None:
    text = "\x1f".join(unicodedata.normalize("NFC", field) for field in MARKDOWN)
    notes = [a_note(1, 3, text, markup="markdown", cloze_ordinals=""), a_note(2, 3, "<i>h</i>\x1fb\x1f\x1f")]
    package, _ = written(tmp_path, notes, [a_card(1, 1), a_card(2, 2)], is_collection=is_collection)
    with (restored if is_collection else an_anki)(tmp_path / "anki", *[package] * is_collection) as anki:
        if not is_collection:
            import_package(anki, package)
        first, second = (anki.get_note(number) for number in anki.find_notes("", order="n.guid"))
        assert note_from_anki("flashcore basic", first.fields) == (BASIC, tuple(text.split("\x1f")), ())
        assert note_from_anki("flashcore basic", second.fields) is None
        assert second.fields == ["<i>h</i>", "b", "", "", ""]
        last = anki.models.by_name("flashcore basic")["flds"][-1]
        assert (last["name"], last["collapsed"], last["excludeFromSearch"]) == ("Markdown", True, True)
        assert anki.fix_integrity() == NOTHING_TO_FIX


@pytest.mark.parametrize("own", OWN_NOTE_TYPES, ids=lambda own: own.name)
def test_an_own_type_that_was_edited_in_anki_is_one_type_with_ours(tmp_path: Path, own: NoteType) -> None:
    shown = anki_note_type(own)
    edited = NoteType(own.name, shown.kind, shown.fields, shown.templates, "mine", '{"id": 1700000000009}')
    path = tmp_path / "staging.db"
    first = "{{c1::a}}" if own == CLOZE else "a"
    with closing(create_staging(path)) as connection:
        insert_rows(connection, "note_type", [note_type_row(1, own), note_type_row(2, edited)])
        insert_rows(connection, "deck", [(1, "D", "", "")])
        insert_rows(connection, "note", [tuple(row.values()) for row in (
            a_note(1, 1, first + "\x1f" * (len(own.fields) - 1), markup="markdown"),
            a_note(2, 2, "\x1f".join((first, *map(str, range(1, len(shown.fields)))))))])
        insert_rows(connection, "card", [tuple(a_card(number, number).values()) for number in (1, 2)])
    write_package(path, tmp_path / "deck.apkg", {}, now=NOW)
    with an_anki(tmp_path / "anki") as anki:
        assert import_package(anki, tmp_path / "deck.apkg")["new"] == 2
        model = anki.models.by_name(own.name)
        assert model is not None
        assert (model["id"], model["css"]) == (1700000000009, "mine")
        assert [note.fields[-1][:1] for note in map(anki.get_note, anki.find_notes("", order="n.guid"))] == ["{", ""]
        assert [model["name"] for model in anki.models.all() if model["name"].startswith("flashcore")] == [own.name]
        assert anki.fix_integrity() == NOTHING_TO_FIX
