"""The search language against a slow reading of it in plain Python, over a small collection of all kinds of cards."""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import Watch, a_cloze, a_collection, a_note, a_pair, a_vignette, added, answered
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcore.domain.note_type import REVERSED
from flashcore.domain.query import (
    Added,
    And,
    DeckIs,
    DepthIs,
    DisciplineIs,
    Everything,
    Not,
    Operator,
    Or,
    Property,
    PropertyName,
    Query,
    Rated,
    State,
    StateIs,
    SystemIs,
    TagIs,
    Text,
    TopicIs,
    parse_query,
)
from flashcore.domain.review import Rating, ReviewKind
from flashcore.domain.schedule import CardState
from flashcore.domain.study_day import study_day
from flashcore.domain.taxonomy import Depth
from flashcore.study.collection import Collection
from flashcore.study.details import CardDetails

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 10, 13, 0, tzinfo=UTC)  # two days after the clocks went forward
TEXTS = ["Why 100% oxygen?", "100 oxygen", "a_b", "acb", "back\\slash", "say \"hi\"", "it's", "Ärger mit Straßen",
         "STRASSEN", "ﬁne ligature", "two  spaces", "heart", "HEART failure", "*", "deck:Law", "naïve", "ΣΊΣΥΦΟΣ"]
DECKS = ["Medicine", "Medicine::Heart", "Medicine::Heart::Valves", "Medicine 2", "Law", "Über::Prüfung", "a_b", "acb",
         "50%", "Medi*cine"]
TAGS = ["", "leech", "Hard", "hard::very", "hardly", "topic::heart::valves", "topic::heart", "topic::heartburn",
        "system::heart", "system::cardiovascular involves::renal", "involves::Heart", "discipline::pharm",
        "discipline::pathology", "depth::mechanism", "Über::Ärger", "50%", "x_y", "xzy"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    """Some 100 cards in every state, made by chance from one seed."""
    chance, watch = random.Random(7), Watch(NOW - timedelta(days=40), ZONE)
    with a_collection(tmp_path_factory.mktemp("selection"), watch) as opened:
        opened.set_options(None, {"leech_threshold": "2"})
        for number in range(80):
            # around the study day's start too, in days before and after the change of the clocks
            watch.now = NOW - timedelta(days=chance.randint(0, 40), minutes=chance.choice((0, 270, 310, 330, 370)))
            text, tags = TEXTS[number % len(TEXTS)], " ".join(chance.sample(TAGS, 2))
            note = chance.choice([a_note(text, chance.choice(TEXTS), tags=tags), a_pair(text, "pair", tags=tags),
                                  a_vignette(f"{text} case", tags=tags), a_cloze(f"[{text}] [two]", tags=tags)])
            added(opened, note, chance.choice(DECKS))
        ids = opened.find("")
        opened.set_options("Law", {"parameters": " ".join(
            ["0.4", "1.5", "3", "15", "7", "0.5", "2", "0.1", "1.5", "0.1", "1", "2", "0.1", "0.3", "1.5", "0.3", "2",
             "0.5", "0.1", "0.1", "0.3"])})
        for card_id in chance.sample(ids, 80):
            watch.now = NOW - timedelta(days=chance.randint(0, 30), hours=chance.randint(0, 6))
            for rating in chance.choices(list(Rating), (3, 1, 4, 1), k=chance.randint(1, 6)):
                answered(opened, card_id, rating, is_cram=chance.random() < 0.1)
                if chance.random() < 0.1:
                    opened.undo()
                watch.forward(days=chance.choice((0, 0, 1, 4)), minutes=11)
        watch.now = NOW
        opened.suspend(chance.sample(ids, 15))
        opened.bury(chance.sample(ids, 15))
        opened.reset(chance.sample(ids, 5))
        yield opened


@pytest.fixture(scope="module")
def cards(collection: Collection) -> list[CardDetails]:
    return [collection.card_details(card_id) for card_id in collection.find("")]


# the slow reading


def is_under(name: str, wanted: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.casefold().split("*"))
    return re.fullmatch(f"(?:{pattern})(?:::.*)?", name.casefold(), re.DOTALL) is not None


COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
           ">=": operator.ge}


def number(one: CardDetails, name: PropertyName) -> float | None:
    schedule = one.schedule
    if schedule is None:
        return None
    assert schedule.memory is not None
    match name:
        case PropertyName.STABILITY:
            return schedule.memory.stability_days
        case PropertyName.DIFFICULTY:
            return schedule.memory.difficulty
        case PropertyName.RETRIEVABILITY | PropertyName.FSRS_RETRIEVABILITY:
            return one.retrievability
        case PropertyName.LAPSES:
            return schedule.lapses
        case PropertyName.REPS:
            return schedule.reps
        case PropertyName.INTERVAL:
            return schedule.interval_days
        case PropertyName.DUE:
            return (schedule.due_on - study_day(NOW, ZONE)).days


def holds(query: Query, one: CardDetails) -> bool:
    """Whether a query selects a card, read off the card itself."""
    today = study_day(NOW, ZONE)
    match query:
        case Everything():
            return True
        case And(parts):
            return all(holds(part, one) for part in parts)
        case Or(parts):
            return any(holds(part, one) for part in parts)
        case Not(part):
            return not holds(part, one)
        case Text(text):
            return any(text.casefold() in field.casefold() for field in one.note.fields)
        case DeckIs(name):
            return is_under(one.card.deck, name)
        case TagIs(name):
            return any(is_under(tag, name) for tag in one.note.tags)
        case TopicIs(name):
            return any(is_under(topic, name) for topic in one.axes.topics)
        case SystemIs(slug, primary_only):
            return one.axes.primary == slug or (not primary_only and slug in one.axes.involves)
        case DisciplineIs(slug):
            return slug in one.axes.disciplines
        case DepthIs(depth):
            return one.depth is depth
        case StateIs(State.DUE):
            return (one.schedule is not None and one.schedule.is_due(NOW, today) and one.card.suspension is None
                    and not one.card.is_buried(today))
        case StateIs(State.NEW):
            return one.schedule is None
        case StateIs(State.LEARNING):
            return one.schedule is not None and one.schedule.state in (CardState.LEARNING, CardState.RELEARNING)
        case StateIs(State.REVIEW):
            return one.schedule is not None and one.schedule.state is CardState.REVIEW
        case StateIs(State.SUSPENDED):
            return one.card.suspension is not None
        case StateIs(State.LEECH):
            return "leech" in one.note.tags
        case StateIs(State.UNTAGGED):
            return one.axes.primary is None
        case Property(name, compare, value):
            held = number(one, name)
            if held is None:
                return False
            if name in (PropertyName.RETRIEVABILITY, PropertyName.FSRS_RETRIEVABILITY) and compare in (
                    Operator.EQUAL, Operator.NOT_EQUAL):
                return (abs(held - value) <= 0.005) == (compare is Operator.EQUAL)
            return bool(COMPARE[compare](held, value))
        case Rated(days, rating):
            return any(row.kind in (ReviewKind.SCHEDULED, ReviewKind.CRAM) and rating in (None, row.rating)
                       and today - timedelta(days=days) < row.study_day <= today for row in one.reviews)
        case Added(days):
            return study_day(one.added_at, ZONE) > today - timedelta(days=days)
    raise AssertionError(query)


TERMS: list[Query] = [
    *map(Text, [*TEXTS, "%", "_", "\\", "'", "strasse", "ärger", "ÄRGER", "fine", "σίσυφος", "a", "oxygen?", "--",
                ";"]),
    *map(DeckIs, [*DECKS, "MEDICINE", "über", "ÜBER::PRÜFUNG", "medi*", "*heart", "*::heart", "m*e", "none", "*",
                  "A_B", "me%"]),
    *(TagIs(tag) for tag in ("leech", "hard", "HARD", "hard::very", "har*", "topic::heart", "system::heart", "50%",
                             "x_y", "x*y", "über", "ÜBER::ärger", "none", "*", "involves")),
    *map(TopicIs, ["heart", "Heart::Valves", "heart*", "*valves", "none"]),
    *(SystemIs(slug, primary_only) for slug in ("cardiovascular", "renal-urinary", "general")
      for primary_only in (True, False)),
    *map(DisciplineIs, ["pharmacology", "pathology", "anatomy"]), *map(DepthIs, Depth), *map(StateIs, State),
    *(Property(name, compare, value) for compare in Operator for name, values in {
        PropertyName.STABILITY: (2.3065, 10, 0), PropertyName.DIFFICULTY: (5, 7.5), PropertyName.LAPSES: (0, 1, 2),
        PropertyName.REPS: (1, 3), PropertyName.INTERVAL: (0, 1, 4), PropertyName.DUE: (0, -2, 3),
        PropertyName.RETRIEVABILITY: (0, 0.5, 0.85, 0.9, 0.95, 1), PropertyName.FSRS_RETRIEVABILITY: (0.8,),
    }.items() for value in values),
    *(Rated(days, rating) for days in (1, 2, 7, 400) for rating in (None, *Rating)),
    *map(Added, [1, 2, 3, 4, 7, 30, 36_500]), Everything(),
]


@pytest.mark.parametrize("query", TERMS, ids=str)
def test_each_term_selects_what_it_says(collection: Collection, cards: list[CardDetails], query: Query) -> None:
    assert collection.find(query) == [one.card.id for one in cards if holds(query, one)]


def test_the_terms_are_tried_on_cards_that_they_part(cards: list[CardDetails]) -> None:
    """Nearly every term selects some cards and leaves some, so that the test above tells something."""
    parting = [query for query in TERMS if 0 < sum(holds(query, one) for one in cards) < len(cards)]
    assert len(parting) > 0.75 * len(TERMS)
    assert all(any(holds(StateIs(state), one) for one in cards) for state in State)


def joined(parts: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    some = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(some.map(And), some.map(Or), parts.map(Not))


@settings(max_examples=150)
@given(query=st.recursive(st.sampled_from(TERMS), joined, max_leaves=12))
def test_terms_joined_in_any_way_select_what_they_say(
        collection: Collection, cards: list[CardDetails], query: Query) -> None:
    assert collection.find(query) == [one.card.id for one in cards if holds(query, one)]


@pytest.mark.parametrize(("text", "query"), [
    ("100%", Text("100%")), ('"say \\"hi\\""', Text('say "hi"')), ("it's", Text("it's")),
    ("deck:Medicine::Heart -is:suspended", And((DeckIs("Medicine::Heart"), Not(StateIs(State.SUSPENDED))))),
    ('"deck:Medi*cine"', DeckIs("Medi*cine")), ("rated:2:1", Rated(2, Rating.AGAIN)),
    ("heart or (is:new added:7)", Or((Text("heart"), And((StateIs(State.NEW), Added(7))))))])
def test_a_query_as_it_is_written_selects_what_it_says(
        collection: Collection, cards: list[CardDetails], text: str, query: Query) -> None:
    assert collection.find(text) == collection.find(query) == [one.card.id for one in cards if holds(query, one)]


@pytest.mark.parametrize("text", ["' OR 1=1 --", "'; DROP TABLE card; --", "\" OR \"\"=\"", "%' OR '1'='1", "\x00"])
def test_what_would_be_sql_is_text(collection: Collection, text: str) -> None:
    everything = collection.find("")
    assert collection.find(Text(text)) == []
    assert collection.find(Not(Text(text))) == everything
    assert collection.find(DeckIs(text.strip(":;"))) == []
    assert collection.find("") == everything


def test_a_query_of_five_hundred_terms_is_answered(collection: Collection, cards: list[CardDetails]) -> None:
    terms = [f"tag:t{number}" for number in range(497)] + ["tag:har*", "prop:r<0.5", "heart"]
    query = parse_query(" or ".join(terms))
    assert collection.find(query) == [one.card.id for one in cards if holds(query, one)] != []
    none = parse_query(" ".join(f"-{term}" for term in terms))
    assert collection.find(none) == [one.card.id for one in cards if holds(none, one)] != []


def test_a_query_nested_as_deep_as_may_be_is_answered(collection: Collection, cards: list[CardDetails]) -> None:
    query = parse_query("(" * 60 + "heart" + ")" * 60 + " or " + "-" * 60 + "is:new")
    assert collection.find(query) == [one.card.id for one in cards if holds(query, one)] != []
    deep: Query = Text("heart")
    for turn in range(62):
        deep = (And if turn % 2 else Or)((deep, StateIs(State.NEW)))
    assert collection.find(deep) == [one.card.id for one in cards if holds(deep, one)] != []


def test_a_long_phrase_is_answered(collection: Collection) -> None:
    assert collection.find(Text("x" * 20_000)) == []
    assert collection.find(Text("心" * 19_990)) == []
    assert collection.find(Text("%" * 19_990)) == []


def test_cards_come_in_the_order_they_were_added(collection: Collection) -> None:
    ids = collection.find("is:new or -is:new")
    assert ids == sorted(ids)


def test_a_session_of_a_query_asks_only_what_it_selects(collection: Collection) -> None:
    query = parse_query("deck:Medicine -heart")
    wanted, found = set(collection.find(query)), collection.due(query)
    assert 0 < found.total < collection.due().total
    with collection.database.read() as connection:
        from flashcore.study.day_plan import plan_day

        plan = plan_day(connection, query, collection.view(), collection.option_set())
    assert {one.card_id for one in (*plan.steps, *plan.due, *plan.new)} <= wanted


def test_the_text_of_a_note_is_found_on_each_of_its_cards(collection: Collection) -> None:
    pairs = {one.note: set() for one in collection.search("pair")}
    for one in collection.search("pair"):
        pairs[one.note].add(one.card)
    assert {len(ids) for ids in pairs.values()} == {len(REVERSED.templates)}
