"""Collections of the real Anki, made by hypothesis or by hand, and what such a collection holds as plain values."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from anki.collection import (
    Collection as Anki,
)
from anki.collection import (
    DeckIdLimit,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from builders import Watch, a_collection
from hypothesis import strategies as st

from flashcore.study.collection import Collection

NOTHING_TO_FIX = ("Database rebuilt and optimized.", True)
DAY_S = 86_400
EPOCH = date(1970, 1, 1)
NEW, LEARN, REVIEW, RELEARN = range(4)
"""Anki's types of cards."""


# an Anki of its own, and packages between the two


@cache
def _empty() -> Path:
    """A collection that is two years old: Anki counts no day before the first."""
    path = Path(mkdtemp()) / "collection.anki2"
    with opened(path) as anki:
        assert anki.db is not None
        anki.db.execute("update col set crt = crt - ?", 700 * DAY_S)
    return path


@contextmanager
def an_anki(folder: Path, *, rollover: int = 4) -> Iterator[Anki]:
    """An empty collection of Anki in a folder of its own, whose day has begun already: Anki then digs up what is
    buried."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "collection.anki2"
    shutil.copyfile(_empty(), path)
    with opened(path) as anki:
        anki.set_config("rollover", rollover)
        anki.sched.deck_due_tree()
        yield anki


@contextmanager
def opened(path: Path) -> Iterator[Anki]:
    """A collection of Anki, closed afterwards, which also writes it out."""
    collection = Anki(str(path))
    try:
        yield collection
    finally:
        collection.close()


@contextmanager
def restored(folder: Path, package: Path) -> Iterator[Anki]:
    """The collection that Anki restores from a .colpkg."""
    media = folder / "collection.media"
    media.mkdir(parents=True, exist_ok=True)
    path = folder / "collection.anki2"
    with an_anki(folder / "other") as other:
        backend = other._backend
    backend.import_collection_package(
        col_path=str(path),
        backup_path=str(package),
        media_folder=str(media),
        media_db=str(folder / "collection.media.db2"),
    )
    with opened(path) as anki:
        yield anki


def anki_package(anki: Anki, path: Path, *, is_legacy: bool = False, deck: str = "") -> Path:
    """The package that Anki exports with everything ticked: its whole collection where it is a .colpkg."""
    if path.suffix == ".colpkg":
        anki.export_collection_package(str(path), include_media=True, legacy=is_legacy)  # closes the collection
        anki.reopen()
    else:
        limit = DeckIdLimit(anki.decks.id(deck)) if deck else None
        anki.export_anki_package(
            out_path=str(path),
            limit=limit,
            options=ExportAnkiPackageOptions(
                with_scheduling=True, with_deck_configs=True, with_media=True, legacy=is_legacy
            ),
        )
    return path


def into_anki(anki: Anki, package: Path) -> None:
    """Let Anki import a package with learning progress and presets."""
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
    anki.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))


def read_here(job: Mapping[str, Any], folder: Path, **_: Any) -> dict[str, Any]:
    """Stands in for the child process that reads a package, for tests that read many: a process takes half a second."""
    module, _, function = job["reader"].partition(":")
    result: dict[str, Any] = getattr(import_module(module), function)(job, folder)
    return result


@contextmanager
def into_flashcore(
    folder: Path, *packages: Path, watch: Watch | None = None, rollover: int = 4
) -> Iterator[Collection]:
    """A new collection of ours that imported packages."""
    folder.mkdir(parents=True, exist_ok=True)
    with a_collection(folder, watch or now_watch()) as collection:
        if rollover is not None:
            collection.set_options(None, {"rollover_hour": str(rollover)})
        for package in packages:
            report = collection.import_file(package)
            assert not report.is_refused, report.files
        yield collection


def now_watch() -> Watch:
    """A watch that stands at this moment, as Anki knows no other, in the zone of this computer."""
    return Watch(datetime.now(UTC), datetime.now().astimezone().tzinfo)


# what Anki holds


@dataclass(slots=True)
class Held:
    """What a collection of Anki holds, by names that survive a package. Days are dates."""

    notes: dict[str, dict[str, Any]]
    kinds: dict[str, dict[str, Any]]
    cards: dict[tuple[str, int], dict[str, Any]]
    log: dict[int, tuple[Any, ...]]
    decks: dict[str, dict[str, Any]]
    media: dict[str, str] = field(default_factory=dict)


def differences(found: Held, wanted: Held) -> list[tuple[Any, ...]]:
    """What is not equal: (what, which, part, found, wanted). Short, as hypothesis compares a hundred times."""
    told: list[tuple[Any, ...]] = []
    for what in ("notes", "kinds", "cards", "log", "decks", "media"):
        ours, theirs = getattr(found, what), getattr(wanted, what)
        for key in ours.keys() | theirs.keys():
            one, other = ours.get(key), theirs.get(key)
            if isinstance(one, dict) and isinstance(other, dict):
                told += [
                    (what, key, part, one.get(part), other.get(part))
                    for part in one.keys() | other.keys()
                    if one.get(part) != other.get(part)
                ]
            elif one != other:
                told.append((what, key, one, other))
    return told[:20]


PRESET_PARTS = ("desiredRetention", "fsrsParams6", "fsrsParams5", "fsrsWeights")


def held(anki: Anki) -> Held:
    """Everything that a package can carry."""
    assert anki.db is not None
    kinds = {model["id"]: model for model in anki.models.all()}
    guids = dict(anki.db.all("select id, guid from notes"))
    notes = {
        guid: {"id": number, "kind": kinds[mid]["name"], "mod": mod, "tags": set(tags.split()), "fields": fields}
        for number, guid, mid, mod, tags, fields in anki.db.all("select id, guid, mid, mod, tags, flds from notes")
    }
    used = {note["kind"] for note in notes.values()}
    decks = {deck["id"]: deck for deck in anki.decks.all()}
    names: dict[int, tuple[str, int]] = {}
    cards = {}
    for row in _cards(anki):
        key = names[row.pop("id")] = guids[row.pop("nid")], row["ord"]
        row["deck"] = decks[row.pop("did")]["name"]
        cards[key] = row
    log = {
        number: (names.get(cid, cid), *values)
        for number, cid, *values in anki.db.all("select id, cid, ease, ivl, lastIvl, factor, time, type from revlog")
    }
    media = {path.name: hashlib.sha1(path.read_bytes()).hexdigest() for path in Path(anki.media.dir()).iterdir()}
    return Held(
        notes,
        {model["name"]: _kind(model) for model in kinds.values() if model["name"] in used},
        cards,
        log,
        {deck["name"]: _deck(anki, deck) for deck in decks.values() if not deck["dyn"]},
        media,
    )


def today_of(anki: Anki) -> date:
    """The study day that Anki takes for today."""
    hour = anki.get_config("rollover", 4)
    return (datetime.now().astimezone() - timedelta(hours=hour)).date()


def _cards(anki: Anki) -> Iterator[dict[str, Any]]:
    """Cards with days as dates; those in a filtered deck as they stand outside of it."""
    assert anki.db is not None
    day_0 = today_of(anki) - timedelta(days=anki.sched.today)
    columns = (
        "id",
        "nid",
        "did",
        "ord",
        "type",
        "queue",
        "due",
        "ivl",
        "factor",
        "reps",
        "lapses",
        "left",
        "odue",
        "odid",
        "flags",
        "data",
    )
    for values in anki.db.all(f"select {', '.join(columns)} from cards"):
        card = dict(zip(columns, values, strict=True))
        odid, odue = card.pop("odid"), card.pop("odue")
        card["did"], card["due"] = odid or card["did"], odue if odid and odue else card["due"]
        card["data"] = json.loads(card["data"] or "{}")
        if card["type"] == REVIEW or (card["type"] in (LEARN, RELEARN) and card["due"] < 1_000_000):
            card["due"] = day_0 + timedelta(days=card["due"])
        yield card


def _kind(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": model["id"],
        "type": model["type"],
        "css": model["css"],
        "sortf": model["sortf"],
        "latex": (model["latexPre"], model["latexPost"], model["latexsvg"]),
        "fields": [
            {
                key: each.get(key)
                for key in (
                    "name",
                    "rtl",
                    "font",
                    "size",
                    "sticky",
                    "description",
                    "plainText",
                    "collapsed",
                    "excludeFromSearch",
                )
            }
            for each in model["flds"]
        ],
        "templates": [
            {key: each.get(key) for key in ("name", "qfmt", "afmt", "bqfmt", "bafmt", "bfont", "bsize")}
            for each in model["tmpls"]
        ],
    }


def _deck(anki: Anki, deck: dict[str, Any]) -> dict[str, Any]:
    preset = anki.decks.config_dict_for_deck_id(deck["id"])
    weights = next((preset[key] for key in PRESET_PARTS[1:] if preset.get(key)), [])
    retention = deck.get("desiredRetention")
    return {
        "id": deck["id"],
        "desc": deck["desc"],
        "new_per_day": _first(deck.get("newLimit"), preset["new"]["perDay"]),
        "reviews_per_day": _first(deck.get("reviewLimit"), preset["rev"]["perDay"]),
        "retention": round(_first(retention / 100 if retention else None, preset["desiredRetention"]), 4),
        "parameters": [round(weight, 4) for weight in weights],
        "steps": preset["new"]["delays"],
        "relearning_steps": preset["lapse"]["delays"],
        "longest": preset["rev"]["maxIvl"],
        "leeches": (preset["lapse"]["leechFails"], preset["lapse"]["leechAction"]),
    }


def _first(value: Any, other: Any) -> Any:
    return other if value is None else value


# collections by hypothesis


@dataclass(frozen=True, slots=True)
class Kind:
    """A note type to make. Fields: name, right to left, font, size. Templates: front, back."""

    name: str
    is_cloze: bool
    fields: tuple[tuple[str, bool, str, int], ...]
    templates: tuple[tuple[str, str], ...]
    css: str = ".card { color: red }"
    sort_field: int = 0


TWO_SIDES = Kind(
    "Two sides",
    False,
    (("A", False, "Arial", 20), ("ب", True, "Noto Naskh Arabic", 28)),
    (("{{A}}", "{{FrontSide}}<hr id=answer>{{ب}}"), ("{{#ب}}{{ب}}{{/ب}}", "{{A}}")),
    sort_field=1,
)
GAPS = Kind(
    "Gaps",
    True,
    (("Text", True, "David", 24), ("Extra", False, "Arial", 20)),
    (("{{cloze:Text}}", "{{cloze:Text}}<br>{{hint:Extra}}"),),
    ".cloze { color: blue }\n.rtl { direction: rtl }",
)
SINGLE = Kind(
    "Single & plain",
    False,
    (("Front", False, "Arial", 20), ("Back", False, "Arial", 20), ("Empty", False, "Liberation Sans", 12)),
    (("{{Front}}", "{{Back}}"),),
    "",
)
KINDS = (TWO_SIDES, GAPS, SINGLE)


@dataclass(frozen=True, slots=True)
class CardState:
    """How a card stands: the columns of Anki, with ``due`` of days counted from today and of moments from now (s)."""

    type: int
    queue: int
    due: int
    ivl: int = 0
    factor: int = 0
    reps: int = 0
    lapses: int = 0
    left: int = 0
    flags: int = 0
    by_day: bool = False
    is_filtered: bool = False
    data: tuple[tuple[str, Any], ...] = ()
    log: tuple[tuple[int, ...], ...] = ()
    """Rows of the log: seconds before now, then ease, ivl, lastIvl, factor, time, type; the oldest first."""


@dataclass(frozen=True, slots=True)
class NoteState:
    """A note to make; its cards stand as ``states`` say, by turns."""

    kind: int
    fields: tuple[str, ...]
    tags: str
    guid: str
    deck: int
    age_s: int
    states: tuple[CardState, ...]


@dataclass(frozen=True, slots=True)
class DeckState:
    """A deck to make, with a preset of its own where ``preset`` says something."""

    name: str
    desc: str = ""
    preset: tuple[tuple[str, Any], ...] = ()
    own: tuple[tuple[str, Any], ...] = ()
    """What the deck says itself beside its preset: newLimit, reviewLimit, desiredRetention (percent)."""


@dataclass(frozen=True, slots=True)
class AnkiState:
    """A collection to make. ``gone`` are rows of the log whose cards are no more: card id, then as in CardState."""

    notes: tuple[NoteState, ...]
    decks: tuple[DeckState, ...]
    media: tuple[tuple[str, bytes], ...] = ()
    gone: tuple[tuple[int, tuple[int, ...]], ...] = ()
    rollover: int = 4
    has_fsrs: bool = True


WEIGHTS = (0.3, 1.1, 2.5, 9.0, 6.0, 0.7, 2.9, 0.01, 1.7, 0.15, 0.9, 1.6, 0.08, 0.3, 1.5, 0.5, 2.0, 0.6, 0.1, 0.07, 0.2)
TEXTS = st.lists(
    st.sampled_from(
        (
            "<b>",
            "</b>",
            "&amp;",
            "&nbsp;",
            "a < b",
            "é",
            "e\u0301",
            " ",
            "<br>",
            '<img src="heart.png">',
            "[sound:lub dub.mp3]",
            "7",
            "<!-- c -->",
            "العربية",
            "\u202bעברית\u202c",
            "\U0001fac0",
            "\n",
            "\t",
            r"\(x^2\)",
            "{{c2::y::hint}}",
            "''",
            '"',
        )
    )
    | st.text(st.characters(categories=("L", "N", "P", "Zs"), codec="utf-8"), max_size=4),
    max_size=6,
).map("".join)
TAGS = st.lists(st.sampled_from(("a", "b::c", "Zürich", "leech", "marked", "system::heart", "x1")), unique=True).map(
    " ".join
)
GUIDS = st.text("abcXYZ019!#$%&()*+,-./:;<=>?@[]^_`{|}~", min_size=2, max_size=10)
EASE, DURATION = st.integers(1, 4), st.integers(0, 60_000)
FACTORS = st.integers(1300, 3000) | st.integers(100, 1100)
_SECONDS = st.integers(-30_000, -1)
_DAYS = st.integers(1, 4000)


@st.composite
def log_rows(draw: st.DrawFn) -> tuple[tuple[int, ...], ...]:
    """A card's history with every kind of row that Anki writes."""
    rows: list[tuple[int, ...]] = []
    ages = sorted(
        draw(st.lists(st.integers(2 * DAY_S, 900 * DAY_S), min_size=1, max_size=6, unique=True)), reverse=True
    )
    for age in ages:
        ease, time_ms = draw(EASE), draw(DURATION)
        was_reset = bool(rows) and rows[-1][6] == 4 and rows[-1][4] == 0
        match draw(st.integers(0, 6)) if rows and not was_reset else 0:
            case 0:
                rows.append((age, ease, draw(_SECONDS | st.just(1)), draw(_SECONDS | st.just(0)), 0, time_ms, 0))
            case 1 | 2:
                rows.append((age, ease, draw(_DAYS | _SECONDS), draw(_DAYS), draw(FACTORS), time_ms, 1))
            case 3:
                rows.append((age, ease, draw(_SECONDS | _DAYS), draw(_SECONDS), draw(FACTORS), time_ms, 2))
            case 4:
                rows.append((age, ease, draw(_DAYS | st.just(0)), draw(_DAYS), draw(st.just(0) | FACTORS), time_ms, 3))
            case 5:  # the date was set by hand, or the card was made new
                factor = draw(st.sampled_from((0, 2500))) if age != ages[-1] else 2500
                rows.append((age, 0, draw(_DAYS) if factor else 0, draw(_DAYS), factor, 0, 4))
            case _:
                rows.append((age, 0, draw(_DAYS), draw(_DAYS), draw(FACTORS), 0, 5))
    return tuple(rows)


@st.composite
def card_data(draw: st.DrawFn, log: tuple[tuple[int, ...], ...], *, is_new: bool) -> tuple[tuple[str, Any], ...]:
    """What stands in ``cards.data``."""
    data: dict[str, Any] = {}
    if draw(st.integers(0, 4)) == 0:
        data["cd"] = draw(st.sampled_from(('{"v":1}', '{"k":"é \\"x\\""}')))
    if is_new:
        return tuple(data.items())
    if draw(st.booleans()):
        data["pos"] = draw(st.integers(0, 900_000))
    if draw(st.integers(0, 3)):
        data |= {
            "s": round(draw(st.floats(0.01, 4000)), 4),
            "d": round(draw(st.floats(1, 10)), 3),
            "dr": draw(st.sampled_from((0.7, 0.85, 0.9, 0.97))),
        }
        if draw(st.booleans()):
            data["decay"] = draw(st.sampled_from((0.154, 0.2, 0.5)))
    answered = [row[0] for row in log if row[1] and not (row[6] == 3 and row[4] == 0)]
    if answered:
        data["lrt"] = -answered[-1]  # seconds from now
    return tuple(data.items())


@st.composite
def card_states(draw: st.DrawFn) -> CardState:
    """A card as Anki's scheduler leaves it: new, on steps of minutes or days, in review; set aside, flagged."""
    kind = draw(st.sampled_from((NEW, LEARN, REVIEW, REVIEW, RELEARN)))
    log = draw(log_rows()) if kind != NEW else ()
    flags, aside = draw(st.sampled_from((0, 0, 1, 4, 7))), draw(st.sampled_from((0, 0, 0, -1, -2, -3)))
    is_filtered = aside == 0 and draw(st.integers(0, 5)) == 0
    data = draw(card_data(log, is_new=kind == NEW))
    if kind == NEW:
        return CardState(NEW, aside or 0, draw(st.integers(1, 90_000)), flags=flags, is_filtered=is_filtered, data=data)
    common: dict[str, Any] = {
        "factor": draw(st.sampled_from((0, 1300, 2500, 3110)) if kind == LEARN else st.integers(1300, 4000)),
        "reps": draw(st.integers(1, 300)),
        "lapses": draw(st.integers(1 if kind == RELEARN else 0, 20)),
        "flags": flags,
        "data": data,
        "log": log,
        "ivl": 0 if kind == LEARN else draw(st.integers(1, 5000)),
    }
    if kind == REVIEW:
        return CardState(
            REVIEW, aside or 2, draw(st.integers(-200, 3000)), by_day=True, is_filtered=is_filtered, **common
        )
    left = draw(st.sampled_from((1, 2, 1001, 2002, 1002)))
    if draw(st.booleans()):
        return CardState(kind, aside or 3, draw(st.integers(-5, 20)), left=left, by_day=True, **common)
    return CardState(kind, aside or 1, draw(st.integers(-7200, 7200)), left=left, **common)


@st.composite
def notes(draw: st.DrawFn, decks: int, most: int) -> tuple[NoteState, ...]:
    """Notes of several types with their cards."""
    found = []
    for guid in draw(st.lists(GUIDS, min_size=1, max_size=most, unique=True)):
        kind = draw(st.integers(0, len(KINDS) - 1))
        first = (
            f"{len(found)} {draw(TEXTS)}"
            if kind != 1
            else (f"{{{{c1::{draw(TEXTS).replace('::', ':')}x}}}} {{{{c3::z {{{{c2::n}}}}}}}} {draw(TEXTS)}")
        )
        rest = tuple(draw(TEXTS) for _ in KINDS[kind].fields[1:])
        states = tuple(draw(st.lists(card_states(), min_size=1, max_size=3)))
        found.append(
            NoteState(
                kind,
                (first, *rest),
                draw(TAGS),
                guid,
                draw(st.integers(0, decks - 1)),
                draw(st.integers(60, 10_000_000)),
                states,
            )
        )
    return tuple(found)


PRESETS = st.fixed_dictionaries(
    {},
    optional={
        "desiredRetention": st.sampled_from((0.8, 0.85, 0.95)),
        "fsrsParams6": st.just(list(WEIGHTS)),
        "new": st.sampled_from((33, 0, 9999)),
        "rev": st.sampled_from((150, 0, 9999)),
        "steps": st.sampled_from(([1.0, 10.0], [], [5.0, 1440.0], [0.5])),
        "relearning": st.sampled_from(([10.0], [], [30.0, 2880.0])),
        "longest": st.sampled_from((365, 36_500)),
        "leeches": st.sampled_from(((5, 0), (12, 1))),
    },
).map(lambda held: tuple(held.items()))
DECKS = st.lists(
    st.sampled_from(("Anatomy", "Anatomy::Heart", "Anatomy::Heart::Valves", "Ünïcode & more", "Z::Y::X::W::V::U")),
    min_size=1,
    unique=True,
)


@st.composite
def anki_states(draw: st.DrawFn, *, most_notes: int = 6) -> AnkiState:
    """Any collection."""
    decks = tuple(
        DeckState(
            name,
            draw(st.sampled_from(("", "what it is <b>for</b>"))),
            draw(PRESETS),
            tuple(
                draw(
                    st.fixed_dictionaries(
                        {},
                        optional={"newLimit": st.just(7), "reviewLimit": st.just(77), "desiredRetention": st.just(83)},
                    )
                ).items()
            ),
        )
        for name in draw(DECKS)
    )
    media = tuple(
        draw(
            st.lists(
                st.sampled_from(
                    (
                        ("heart.png", b"\x89PNG"),
                        ("lub dub.mp3", b"ID3"),
                        ("_font.ttf", b"f"),
                        ("سمع.mp3", b"a"),
                        ("e\u0301.jpg".replace("e\u0301", "é"), b"jpg"),
                    )
                ),
                unique=True,
            )
        )
    )
    gone = tuple(
        (1_300_000_000_000 + place, row)
        for place, row in enumerate(row for rows in draw(st.lists(log_rows(), max_size=1)) for row in rows)
    )
    return AnkiState(draw(notes(len(decks), most_notes)), decks, media, gone, draw(st.sampled_from((4, 4, 0, 23))))


# making them


def build(anki: Anki, state: AnkiState) -> None:
    """Fill an empty collection."""
    assert anki.db is not None
    anki.set_config("fsrs", state.has_fsrs)
    decks = [make_deck(anki, deck) for deck in state.decks]
    kinds = {number: make_kind(anki, KINDS[number]) for number in sorted({note.kind for note in state.notes})}
    for name, data in state.media:
        assert anki.media.write_data(name, data) == name
    filtered = 0
    if any(each.is_filtered for note in state.notes for each in note.states):
        new = anki.sched.get_or_create_filtered_deck(0)
        new.name = "Cramming"
        new.config.search_terms[0].search = "tag:nothing-has-this"
        new.allow_empty = True
        filtered = anki.sched.add_or_update_filtered_deck(new).id
    now, used = time.time(), set[int]()
    for number, note in enumerate(state.notes):
        made = anki.new_note(anki.models.get(kinds[note.kind]))
        made.fields, made.tags = list(note.fields), note.tags.split()
        anki.add_note(made, decks[note.deck])
        anki.db.execute("update notes set guid = ?, mod = ? where id = ?", note.guid, int(now) - note.age_s, made.id)
        for place, card_id in enumerate(anki.db.list("select id from cards where nid = ? order by ord", made.id)):
            put_card(
                anki,
                card_id,
                note.states[place % len(note.states)],
                filtered,
                now + number * 0.01 + place * 0.001,
                used,
            )
    for card_id, row in state.gone:
        _put_row(anki, card_id, row, now - 0.5, used)


def make_deck(anki: Anki, deck: DeckState) -> int:
    """A deck and its preset; returns its id."""
    number = anki.decks.id(deck.name)
    held_ = anki.decks.get(number)
    if deck.preset:
        given = dict(deck.preset)
        preset = anki.decks.add_config(f"for {deck.name}")
        for key in ("desiredRetention", "fsrsParams6"):
            if key in given:
                preset[key] = given[key]
        for part, key, name in (
            ("new", "perDay", "new"),
            ("rev", "perDay", "rev"),
            ("new", "delays", "steps"),
            ("lapse", "delays", "relearning"),
            ("rev", "maxIvl", "longest"),
        ):
            if name in given:
                preset[part][key] = given[name]
        if "leeches" in given:
            preset["lapse"]["leechFails"], preset["lapse"]["leechAction"] = given["leeches"]
        anki.decks.update_config(preset)
        held_["conf"] = preset["id"]
    held_["desc"] = deck.desc
    held_ |= dict(deck.own)
    anki.decks.save(held_)
    return int(number)


def make_kind(anki: Anki, kind: Kind) -> int:
    """A note type; returns its id."""
    model = anki.models.new(kind.name)
    model |= {"type": int(kind.is_cloze), "css": kind.css, "latexsvg": kind.is_cloze}
    for name, is_rtl, font, size in kind.fields:
        anki.models.add_field(
            model, anki.models.new_field(name) | {"rtl": is_rtl, "font": font, "size": size, "sticky": is_rtl}
        )
    for number, (front, back) in enumerate(kind.templates, 1):
        anki.models.add_template(model, anki.models.new_template(f"Card {number}") | {"qfmt": front, "afmt": back})
    model["sortf"] = kind.sort_field
    return int(anki.models.add_dict(model).id)


def put_card(anki: Anki, card_id: int, state: CardState, filtered: int, now: float, used: set[int]) -> None:
    """Let a card stand as ``state`` says. ``used`` are the moments of the log that are taken."""
    assert anki.db is not None
    data = dict(state.data)
    if "lrt" in data:
        data["lrt"] += int(now)
    due = state.due + (anki.sched.today if state.by_day else int(now) if state.type != NEW else 0)
    values = {
        "type": state.type,
        "queue": state.queue,
        "due": due,
        "ivl": state.ivl,
        "factor": state.factor,
        "reps": state.reps,
        "lapses": state.lapses,
        "left": state.left,
        "flags": state.flags,
        "data": json.dumps(data, separators=(",", ":"), ensure_ascii=False),
    }
    if state.is_filtered:
        [home] = anki.db.first("select did from cards where id = ?", card_id)
        values |= {"did": filtered, "odid": home, "odue": due, "due": -100_000}
    anki.db.execute(
        f"update cards set {', '.join(f'{name} = ?' for name in values)} where id = ?", *values.values(), card_id
    )
    for row in state.log:
        _put_row(anki, card_id, row, now, used)


def _put_row(anki: Anki, card_id: int, row: tuple[int, ...], now: float, used: set[int]) -> None:
    assert anki.db is not None
    age, *values = row
    number = int((now - age) * 1000)
    while number in used:
        number += 1
    used.add(number)
    anki.db.execute("insert into revlog values (?, ?, -1, ?, ?, ?, ?, ?, ?)", number, card_id, *values)


def answer(anki: Anki, card_id: int, rating: int) -> None:
    """Answer a card in Anki now, 1-4."""
    card = anki.get_card(card_id)
    card.start_timer()
    states = anki._backend.get_scheduling_states(card_id)
    anki.sched.answer_card(anki.sched.build_answer(card=card, states=states, rating=rating - 1))
