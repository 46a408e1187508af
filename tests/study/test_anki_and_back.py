"""flashcore -> Anki -> flashcore: the package that Anki exports after importing ours makes the same collection.

But for what Anki cannot hold: answers that were taken back and cram sessions, offsets from UTC, two answers in one
millisecond, stability beyond 4 places and difficulty beyond 3, the millisecond of a learning step and of a card's last
answer, why a card is set aside, what holds for the whole collection (exam date ...). Own answers come back as another
program's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from anki_side import (
    NOTHING_TO_FIX,
    an_anki,
    anki_package,
    held,
    into_anki,
    into_flashcore,
    now_watch,
    opened,
    read_here,
    restored,
)
from builders import a_cloze, a_collection, a_note, a_pair, a_vignette, added, answered, new_cards
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from flashcore.domain.note import Markup
from flashcore.domain.review import Rating
from flashcore.formats import child
from flashcore.store import content
from flashcore.store.schema import card, review
from flashcore.study.collection import Collection

GOOD = Rating.GOOD
TEXTS = (
    "What carries **oxygen**?",
    "a < b & c > d",
    "- one\n- two\n\n> three",
    r"$x^2$ and \(y\)",
    "*{{c1::no}}* `code`",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "العربية",
    "é\u00a0!",
)
ACTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(("answer",) * 6 + ("cram", "undo", "bury", "suspend", "unsuspend", "flag", "reset", "tag")),
        st.sampled_from(Rating),
        st.floats(0.0, 6.0),
    ),
    max_size=40,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "desired_retention": st.just("0.85"),
        "new_per_day": st.just("7"),
        "reviews_per_day": st.just("150"),
        "learning_steps": st.sampled_from(("none", "30s 1d", "5m")),
        "relearning_steps": st.sampled_from(("none", "2d")),
        "maximum_interval_days": st.just("90"),
        "leech_threshold": st.just("2"),
        "leech_suspend": st.just("yes"),
    },
)


def _fill(collection: Collection, texts: Sequence[str]) -> list[int]:
    """Notes of each type in three decks; returns their cards."""
    ids: list[int] = []
    for number, text in enumerate(texts):
        ids += added(
            collection, a_note(f"{number} {text}", text, why=text, source="p. 3"), ("A", "A::B", "C")[number % 3]
        )
    ids += added(collection, a_pair("Cor *pulmonale*", "right < left", tags="system::heart b"), "A::B")
    ids += added(collection, a_cloze("The [mitral] valve stands before the [left] **ventricle**.", tags="x::y"), "A")
    ids += added(collection, a_vignette(tags="leech"), "C")
    return ids


def _live(collection: Collection, ids: list[int], acts: Sequence[tuple[int, str, Rating, float]]) -> None:
    """Two months of answers and other things."""
    watch = collection.clock.now_of
    end = watch.now
    watch.now -= timedelta(days=60)
    for number, act, rating, days in acts:
        number %= len(ids)
        if ids[number] not in collection.find(""):
            continue  # adding it was undone
        match act:
            case "answer" | "cram":
                answered(collection, ids[number], rating, is_cram=act == "cram")
            case "undo":
                collection.undo()
            case "flag":
                collection.flag([ids[number]], int(rating))
            case "tag":
                collection.tag([ids[number]], ["new::tag"])
            case _:
                getattr(collection, act)([ids[number]])
        watch.now = min(watch.now + timedelta(days=days**2 / 6, seconds=61), end - timedelta(minutes=1))
    watch.now = end


def told(collection: Collection) -> dict[str, Any]:
    """What a collection holds, as far as Anki can hold it."""
    today = collection.today()
    with collection.database.read() as connection:
        notes = {
            one.note.guid: (
                one.note.note_type.name,
                one.note.markup,
                one.note.fields,
                frozenset(one.note.tags),
                one.note.cloze_ordinals,
                one.changed_at.replace(microsecond=0),
            )
            for one in content.all_notes(connection).values()
        }
        ids = list(connection.execute(select(card.c.id)).scalars())
        log = {
            (row[0], row[1], row[2])
            for row in connection.execute(
                select(review.c.card_id, review.c.answered_at, review.c.rating).where(review.c.kind == "imported")
            )
        }
    cards, names = {}, {}
    for card_id in ids:
        details = collection.card_details(card_id)
        one, at = details.card, details.schedule
        key = names[card_id] = one.guid, one.ordinal
        buried = one.buried_until is not None and one.buried_until > today
        cards[key] = (
            one.deck,
            one.suspension is not None,
            buried,
            one.flag,
            at
            and (
                at.state,
                at.due_on,
                at.due_at.replace(microsecond=0) if at.interval_days == 0 else None,
                at.interval_days,
                at.step,
                at.reps,
                at.lapses,
                at.last_at and at.last_at.replace(microsecond=0),
                at.last_on,
                at.memory
                and (
                    pytest.approx(at.memory.stability_days, abs=6e-5, rel=1e-6),
                    pytest.approx(at.memory.difficulty, abs=6e-4),
                ),
            ),
        )
    options = {
        deck: {key: value.value for key, value in collection.options(deck).items()}
        for deck in ("A", "A::B", "C")
        if any(key[0].startswith(deck) for key in cards.values())
    }
    return {"notes": notes, "cards": cards, "options": options, "log": {(names[one], *rest) for one, *rest in log}}


def _own_log(collection: Collection) -> set[tuple[Any, ...]]:
    """The answers and resets that stand, crams left out."""
    found = set()
    with collection.database.read() as connection:
        undone = set(connection.execute(select(review.c.undoes).where(review.c.undoes.is_not(None))).scalars())
        for row in connection.execute(
            select(review.c.card_id, review.c.answered_at, review.c.rating, review.c.uuid).where(
                review.c.kind.in_(("scheduled", "reset"))
            )
        ):
            if row[3] not in undone:
                found.add((row[0], row[1], row[2]))
    keys = {one: collection.card_details(one).card for one in {row[0] for row in found}}
    return {((keys[one].guid, keys[one].ordinal), *rest) for one, *rest in found}


def _check(
    texts: Sequence[str],
    acts: Sequence[tuple[int, str, Rating, float]],
    options: Sequence[tuple[str, dict[str, str]]],
    form: str,
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "run_child", read_here)
        folder, watch = Path(name), now_watch()
        with a_collection(folder, watch) as collection:
            ids = _fill(collection, texts)
            for deck, values in options:
                collection.set_options(deck, values)
            _live(collection, ids, acts)
            collection.export(folder / f"ours.{form}")
            wanted = told(collection)
            wanted["log"] = _own_log(collection)
        if form == "colpkg":
            context: Any = restored(folder / "anki", folder / "ours.colpkg")
        else:
            context = an_anki(folder / "anki")
        with context as anki:
            if form != "colpkg":
                into_anki(anki, folder / "ours.apkg")
            assert anki.fix_integrity() == NOTHING_TO_FIX
            theirs, log = anki_package(anki, folder / f"theirs.{form}"), held(anki).log
        with into_flashcore(folder / "back", theirs, watch=watch) as collection:
            assert collection.check().ok
            found = told(collection)
            for what, value in wanted.items():
                assert found[what] == value
            collection.export(folder / "again.apkg")
        with an_anki(folder / "again") as anki:
            into_anki(anki, folder / "again.apkg")
            assert held(anki).log == log
        with a_collection(folder, watch) as collection:
            before = told(collection)
            report = collection.import_file(theirs)
            assert (report.new, report.updated, report.rescheduled, report.diverged) == (0, 0, 0, 0)
            assert told(collection) == before


@settings(max_examples=4)
@given(
    st.lists(st.sampled_from(TEXTS), max_size=4),
    ACTS,
    st.lists(st.tuples(st.sampled_from(("A", "A::B", "C")), OPTIONS), max_size=2, unique_by=lambda pair: pair[0]),
)
def test_what_anki_gives_back_of_our_package_is_our_collection(
    texts: list[str], acts: list[Any], options: list[Any]
) -> None:
    _check(texts, acts, options, "apkg")


@settings(max_examples=2)
@given(st.lists(st.sampled_from(TEXTS), max_size=4), ACTS)
def test_what_anki_gives_back_of_our_whole_collection_is_our_collection(texts: list[str], acts: list[Any]) -> None:
    _check(texts, acts, [], "colpkg")


def test_a_note_that_was_edited_in_anki_comes_back_as_html_and_the_others_as_they_were(tmp_path: Path) -> None:
    with a_collection(tmp_path, now_watch()) as collection:
        added(collection, a_note("What is **it**?", "*this*"))
        added(collection, a_note("And **that**?", "*that*"))
        added(collection, a_vignette())
        collection.export(tmp_path / "ours.apkg")
        with an_anki(tmp_path / "anki") as anki:
            into_anki(anki, tmp_path / "ours.apkg")
            for query, field in (("What", "Back"), ("lie flat", "Stem")):
                [note_id] = anki.find_notes(query)
                note = anki.get_note(note_id)
                note[field] = "edited <i>there</i>"
                anki.update_note(note)
                anki.db.execute("update notes set mod = mod + 60 where id = ?", note_id)
            package = anki_package(anki, tmp_path / "theirs.apkg")
        report = collection.import_file(package)
        assert (report.new, report.updated, report.same) == (0, 2, 1)
        notes = sorted(
            (details.note for details in map(collection.card_details, (1, 2, 3))), key=lambda note: note.markup
        )
        assert [(note.note_type.name, note.markup) for note in notes] == [
            ("flashcore basic", Markup.HTML),
            ("flashcore vignette+", Markup.HTML),
            ("flashcore basic", Markup.MARKDOWN),
        ]
        assert notes[0].fields == ("What is <strong>it</strong>?", "edited <i>there</i>", "", "")
        assert notes[2].fields == ("And **that**?", "*that*", "", "")
        collection.export(tmp_path / "again.apkg")
        with opened(tmp_path / "anki" / "collection.anki2") as anki:
            before = held(anki)
            into_anki(anki, tmp_path / "again.apkg")
            after = held(anki)
        shown = {guid: note["fields"].rsplit("\x1f", 1)[0] for guid, note in before.notes.items()}
        assert {guid: note["fields"].rsplit("\x1f", 1)[0] for guid, note in after.notes.items()} == shown
        assert (after.kinds, after.cards) == (before.kinds, before.cards)


def test_a_card_studied_in_anki_comes_back_with_its_later_history(tmp_path: Path) -> None:
    from anki_side import answer

    watch = now_watch()
    with a_collection(tmp_path, watch) as collection:
        first, second = new_cards(collection, 2)
        end, watch.now = watch.now, watch.now - timedelta(days=30)
        answered(collection, first, Rating.EASY)
        watch.now = end
        collection.export(tmp_path / "ours.apkg")
        with an_anki(tmp_path / "anki") as anki:
            anki.set_config("fsrs", True)
            into_anki(anki, tmp_path / "ours.apkg")
            answer(anki, anki.find_cards("is:review")[0], 3)
            answer(anki, anki.find_cards("is:new")[0], 4)
            wanted = held(anki)
            package = anki_package(anki, tmp_path / "theirs.apkg")
        watch.now += timedelta(minutes=1)
        report = collection.import_file(package)
        assert (report.rescheduled, report.reviews_new, report.diverged) == (2, 2, 0)
        for card_id in (first, second):
            details = collection.card_details(card_id)
            theirs = wanted.cards[details.card.guid, 0]
            assert details.schedule is not None
            assert details.schedule.memory is not None
            assert details.schedule.due_on == theirs["due"]
            assert (details.schedule.interval_days, details.schedule.reps) == (theirs["ivl"], theirs["reps"])
            assert details.schedule.memory.stability_days == pytest.approx(theirs["data"]["s"])
        collection.export(tmp_path / "again.colpkg")
        with restored(tmp_path / "restored", tmp_path / "again.colpkg") as anki:
            found = held(anki)
            for key, theirs in wanted.cards.items():
                assert found.cards[key]["data"] == theirs["data"]
                assert (found.cards[key]["factor"], found.cards[key]["ivl"]) == (theirs["factor"], theirs["ivl"])
            assert found.log == wanted.log
