"""The search language: what each text stands for, what is refused and where, and that text and query are one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcore.domain.query import (
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_TERMS,
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
    conjunction,
    from_options,
    parse_query,
    to_text,
)
from flashcore.domain.query_terms import MAX_DAYS
from flashcore.domain.review import Rating
from flashcore.domain.taxonomy import Depth, disciplines, systems
from flashcore.errors import NotFoundError, QueryError, UsageError

A, B, C = Text("a"), Text("b"), Text("c")


def _short(value: object) -> str:
    return repr(value)[:24]


@pytest.mark.parametrize(("text", "query"), [
    ("", Everything()),
    (" \n\t", Everything()),
    ("()", Everything()),
    ("valve", Text("valve")),
    ("aortic valve", And((Text("aortic"), Text("valve")))),
    ('"aortic valve"', Text("aortic valve")),
    ("a and b AND c", And((A, B, C))),
    ("a or b", Or((A, B))),
    ("a b or c", Or((And((A, B)), C))),
    ("a (b or c)", And((A, Or((B, C))))),
    ("(a b) c", And((And((A, B)), C))),
    ("((a))", A),
    ("-a", Not(A)),
    ("not a b", And((Not(A), B))),
    ("not not a", Not(Not(A))),
    ("-(a or b)", Not(Or((A, B)))),
    ("a or not(b)", Or((A, Not(B)))),
    ("a(b)c", And((A, B, C))),
    ("android or nothing", Or((Text("android"), Text("nothing")))),
    ('"or"', Text("or")),
    ("-or", Not(Text("or"))),
])
def test_words_phrases_and_operators(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(("text", "query"), [
    ("deck:Cardio", DeckIs("Cardio")),
    ("DECK:Cardio", DeckIs("Cardio")),
    ('deck:"Step 1::Cardio"', DeckIs("Step 1::Cardio")),
    ('"deck:Step 1::Cardio"', DeckIs("Step 1::Cardio")),
    ('deck:"Step 1 :: Cardio::"', DeckIs("Step 1::Cardio")),
    ('"deck: Cardio "', DeckIs("Cardio")),
    ("deck:*::Cardio*", DeckIs("*::Cardio*")),
    (r'deck:"the \"hard\" ones"', DeckIs('the "hard" ones')),
    ("topic:valves", TopicIs("valves")),
    ("tag:yield::high", TagIs("yield::high")),
    ("system:cardiology", SystemIs("cardiovascular")),
    ('primary:"Critical Care"', SystemIs("respiratory", primary_only=True)),
    ("discipline:pharm", DisciplineIs("pharmacology")),
    ("depth:Mechanism", DepthIs(Depth.MECHANISM)),
    ("is:due", StateIs(State.DUE)),
    ("-is:suspended", Not(StateIs(State.SUSPENDED))),
    ("rated:2", Rated(2)),
    ("rated:2:1", Rated(2, Rating.AGAIN)),
    ("added:7", Added(7)),
])
def test_keys_and_their_values(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_word(state: State) -> None:
    assert parse_query(f"is:{state.upper()}") == StateIs(state)


@pytest.mark.parametrize(("text", "query"), [
    ("prop:s>30", Property(PropertyName.STABILITY, Operator.MORE, 30)),
    ("prop:r<0.9", Property(PropertyName.RETRIEVABILITY, Operator.LESS, 0.9)),
    ("prop:fsrs_r<=.9", Property(PropertyName.FSRS_RETRIEVABILITY, Operator.AT_MOST, 0.9)),
    ("prop:d>=7", Property(PropertyName.DIFFICULTY, Operator.AT_LEAST, 7)),
    ("prop:lapses!=0", Property(PropertyName.LAPSES, Operator.NOT_EQUAL, 0)),
    ("prop:reps=3", Property(PropertyName.REPS, Operator.EQUAL, 3)),
    ("prop:IVL>1e2", Property(PropertyName.INTERVAL, Operator.MORE, 100)),
    ("prop:due<-3", Property(PropertyName.DUE, Operator.LESS, -3)),
    ('"prop:due <= 0"', Property(PropertyName.DUE, Operator.AT_MOST, 0)),
])
def test_properties_compare_with_a_number(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize("word", [
    ":", "::", "12:30", "T:", "T:39", "100%", "a_b", "don't", '5"', 'a"b"', "HCO3-", "-", "---", "*", "a*", "'", ";",
    "1=1;--", "\\", "\\frac{1}{2}", "a_b:c", "a\x00b",
])
def test_signs_in_a_word_are_literal(word: str) -> None:
    assert parse_query(word) == Text(word)


def test_a_vital_sign_is_two_words() -> None:
    assert parse_query("T: 39") == And((Text("T:"), Text("39")))


@pytest.mark.parametrize(("text", "literal"), [
    ('"T: 39"', "T: 39"),
    ('"ratio: 2"', "ratio: 2"),
    (r'"deck\:x"', "deck:x"),
    (r'"he said \"no\""', 'he said "no"'),
    (r'"a\\b"', r"a\b"),
    (r'"50\% (\*)"', "50% (*)"),
    (r'"\frac \alpha"', r"\frac \alpha"),
    ('"-a or (b"', "-a or (b"),
    ('" "', " "),
])
def test_a_phrase_is_text_with_escapes_before_punctuation(text: str, literal: str) -> None:
    assert parse_query(text) == Text(literal)


@pytest.mark.parametrize(("text", "position", "what"), [
    ("a re:b", 2, "'re:' is no key"),
    ("-foo:b", 1, "'foo:' is no key"),
    ("a (b", 2, "this '(' is never closed"),
    ("(a (b)", 0, "this '(' is never closed"),
    ("a) b", 1, "no '(' is open here"),
    ("or a", 0, "nothing stands before 'or'"),
    ("a or and b", 5, "nothing stands before 'and'"),
    ("(a or) b", 3, "nothing stands after 'or'"),
    ("a not", 2, "nothing stands after 'not'"),
    ('a "b', 2, "this quote is never closed"),
    ('deck:"b', 5, "this quote is never closed"),
    ('"a\\"', 0, "this quote is never closed"),
    ('deck:"a"::b', 8, "a space is missing after the quote"),
    ('a ""', 3, "there is no text between the quotes"),
    ("deck:", 5, "a value is missing after deck:"),
    ('"deck:"', 6, "a value is missing after deck:"),
    ("tag:(a)", 4, "a value is missing after tag:"),
    ("deck:::", 5, "a name is missing"),
    ("is:buried", 3, "no state is named 'buried'"),
    ("prop:x>1", 5, "no property is named 'x'"),
    ("prop:s", 6, "an operator is missing"),
    ("prop:s~1", 6, "an operator is missing"),
    ("prop:s>", 7, "'' is no number"),
    ("prop:s>1_0", 7, "'1_0' is no number"),
    ("prop:s>nan", 7, "'nan' is no number"),
    ("prop:s>1e999", 7, "the number is too large"),
    ("prop:r<90", 7, "r is a probability from 0 to 1, so 0.9 for 90 %"),
    ("rated:x", 6, "'x' is no number of days"),
    ("rated:2:5", 8, "'5' is no rating"),
    ("rated:2:", 8, "'' is no rating"),
    ("added:0", 6, "days are counted from 1, which is today, to 36500"),
    ("added:" + "9" * 9000, 6, repr("9" * 9000) + " is no number of days"),
    ("a\udcff", 1, "a byte that is not UTF-8"),
], ids=_short)
def test_what_cannot_be_read_is_named_with_its_place(text: str, position: int, what: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert (caught.value.query, caught.value.position, caught.value.what) == (text, position, what)


def test_a_place_in_a_quoted_value_counts_its_escapes() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(r'"rated:2\:9"')
    assert (caught.value.position, caught.value.what) == (10, "'9' is no rating")


@pytest.mark.parametrize(("text", "hint"), [
    ("decks:x", "Did you mean 'deck:'? In quotes it is text"),
    ("re:x", "There are deck:, system:, primary:, discipline:, depth:, topic:, tag:, is:, prop:, rated:, added:. "
             "In quotes it is text"),
    ("is:learn", "Did you mean 'learning'?"),
    ("prop:lapse>1", "Did you mean 'lapses'?"),
    ("prop:s", "There are =, !=, <, <=, >, >=."),
])
def test_an_unknown_name_is_answered_with_the_nearest_or_with_all(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(("text", "sentence"), [
    ("system:micro", "no system named 'micro': microbiology is a discipline: --discipline microbiology"),
    ("primary:cardiolgy", "no system named 'cardiolgy'; did you mean 'cardiology'?"),
    ("discipline:renal", "no discipline named 'renal': renal-urinary is a system: --system renal-urinary"),
    ("depth:deep", "no depth named 'deep': there are recall, mechanism, application"),
])
def test_an_unknown_system_discipline_or_depth_is_not_found(text: str, sentence: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        parse_query(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("text", "position"), [
    ("(" * 100_000, MAX_LENGTH),
    (" " * (MAX_LENGTH + 1), MAX_LENGTH),
    ("(" * MAX_LENGTH, MAX_DEPTH),
    ("-" * 1000 + "a", MAX_DEPTH),
    ("not " * 4000, MAX_DEPTH * 4),
    ("a or " * 4000, MAX_TERMS * 5),
    ("a " * 10_000, MAX_TERMS * 2),
    (" or ".join(["x"] * 10_000), MAX_LENGTH),
    ("(a (b or " * 40 + "c" + "))" * 40, (MAX_DEPTH // 2) * 9),
], ids=_short)
def test_F14_what_is_too_long_or_too_deep_is_refused_where_it_becomes_so(text: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.position == position


@pytest.mark.parametrize("deepest", [
    "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH,
    "-" * MAX_DEPTH + "a",
    "(a (b or " * 31 + "c" + "))" * 31,
], ids=_short)
def test_what_is_as_deep_as_allowed_is_read_and_written(deepest: str) -> None:
    query = parse_query(deepest)
    assert parse_query(to_text(query)) == query


def test_levels_of_a_query_count_where_parentheses_alone_would_not() -> None:
    # Each pair of parentheses holds an "or" of an "and": two levels of the query.
    with pytest.raises(QueryError, match="deeper than 64"):
        parse_query("(a or b " * 40 + "c" + ")" * 40)


def test_as_many_terms_as_allowed_are_read() -> None:
    assert parse_query(" or ".join(["a"] * MAX_TERMS)) == Or((A,) * MAX_TERMS)


@pytest.mark.parametrize("text", [
    '"' + "\\a" * 9_900, '"' + "\\" * 19_000 + '"', "a" * 19_900 + ":", "-" * 20_000, "( " * 60 + " " * 19_000,
    'deck:"' + " :" * 9_900 + '"', "prop:s>" + "1" * 19_900 + "x", "prop:" + " " * 19_000 + "a", "( \t" * 6_000,
    "system:" + "a" * 19_900, "deck:" + "*a" * 9_900, "a:" * 10_000, 'deck:"' + ": ::" * 4_900 + '"',
], ids=_short)
def test_F13_reading_takes_no_time_that_grows_faster_than_the_text(text: str) -> None:
    start = time.process_time()
    with suppress(QueryError, NotFoundError):
        parse_query(text)
    assert time.process_time() - start < 1


def test_conjunction_joins_what_is_asked() -> None:
    assert conjunction() == Everything()
    assert conjunction(Everything(), A) == A
    assert conjunction(And((A, B)), Everything(), Or((B, C))) == And((A, B, Or((B, C))))


def test_the_short_forms_are_the_same_query() -> None:
    assert from_options() == Everything()
    assert from_options(tag="x") == parse_query("tag:x")
    assert from_options(deck="Step 1::Cardio", system="gi", discipline="path", topic="a b", tag="c::d") == parse_query(
        'deck:"Step 1::Cardio" system:gi discipline:path topic:"a b" tag:c::d')
    with pytest.raises(NotFoundError):
        from_options(system="micro")
    with pytest.raises(UsageError, match="--deck: a name is missing"):
        from_options(deck=" :: ")


@pytest.mark.parametrize(("query", "text"), [
    (Everything(), ""),
    (Not(Everything()), "-()"),
    (Or((And((A, B)), Not(And((B, C))))), "a b or -(b c)"),
    (And((Or((A, B)), And((B, C)))), "(a or b) (b c)"),
    (Text("deck:x"), r'"deck\:x"'),
    (Text("ratio:x"), '"ratio:x"'),
    (Text("Not"), '"Not"'),
    (DeckIs("Step 1"), 'deck:"Step 1"'),
    (Property(PropertyName.STABILITY, Operator.MORE, 30), "prop:s>30"),
    (Property(PropertyName.STABILITY, Operator.MORE, -0.0), "prop:s>0"),
    (Rated(2, Rating.AGAIN), "rated:2:1"),
])
def test_a_query_has_one_written_form(query: Query, text: str) -> None:
    assert to_text(query) == text
    assert parse_query(text) == query


@pytest.mark.parametrize("make", [
    lambda: And((A,)), lambda: Or(()), lambda: Text(""), lambda: DeckIs(":: "), lambda: Rated(0),
    lambda: Added(MAX_DAYS + 1), lambda: Property(PropertyName.STABILITY, Operator.LESS, float("nan")),
    lambda: Property(PropertyName.FSRS_RETRIEVABILITY, Operator.LESS, 1.5),
])
def test_a_query_that_cannot_be_written_cannot_be_made(make: Callable[[], Query]) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()


def test_queries_are_frozen_values() -> None:
    assert len({parse_query("a deck:B"), parse_query("a  deck:B")}) == 1
    with pytest.raises(FrozenInstanceError):
        A.text = "b"  # type: ignore[misc]


_DAYS = st.integers(1, MAX_DAYS)


def _is_name(name: str) -> bool:
    try:
        DeckIs(name)
    except ValueError:
        return False
    return True


_NAMES = (st.text() | st.text(" :*a\"\\()-")).filter(_is_name)


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-99, 99)


def _properties() -> st.SearchStrategy[Query]:
    chances = (PropertyName.RETRIEVABILITY, PropertyName.FSRS_RETRIEVABILITY)
    return st.sampled_from(PropertyName).flatmap(lambda name: st.builds(
        Property, st.just(name), st.sampled_from(Operator),
        st.floats(0, 1) if name in chances else _NUMBERS))


_LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.just(Everything()), st.builds(Text, st.text(min_size=1)),
    st.builds(Text, st.text(" :*a\"\\()-", min_size=1)),
    st.builds(Text, st.sampled_from(["or", "AND", "not", "deck:", "is:due", "prop:s>1", "foo:bar", "T:", "-x", "()"])),
    st.builds(DeckIs, _NAMES), st.builds(TopicIs, _NAMES), st.builds(TagIs, _NAMES),
    st.builds(SystemIs, st.sampled_from(systems()), st.booleans()),
    st.builds(DisciplineIs, st.sampled_from(disciplines())), st.builds(DepthIs, st.sampled_from(Depth)),
    st.builds(StateIs, st.sampled_from(State)), _properties(),
    st.builds(Rated, _DAYS, st.none() | st.sampled_from(Rating)), st.builds(Added, _DAYS))


def _joined(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(And, parts) | st.builds(Or, parts) | st.builds(Not, inner)


_QUERIES = st.recursive(_LEAVES, _joined, max_leaves=20)
_PIECES = st.sampled_from([
    " ", "(", ")", '"', "\\", "-", ":", "::", "*", "or", "and", "not", "deck:", "system:", "gi", "is:", "due", "prop:",
    "s>", "r<", "0.9", "rated:", "2", "added:", "depth:", "recall", "re:", "x", "é", "\x00", "\u3000", "\x1c"])
_ANY_TEXT = st.text() | st.lists(_PIECES, max_size=30).map("".join) | st.text(
    st.characters(), max_size=30)


@given(_QUERIES)
def test_a_written_query_is_read_as_it_was(query: Query) -> None:
    assert parse_query(to_text(query)) == query


@given(_ANY_TEXT)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert str(error)
    except NotFoundError as error:
        assert str(error)
    else:
        assert parse_query(to_text(query)) == query


@given(_QUERIES, _QUERIES, _QUERIES)
def test_a_conjunction_does_not_depend_on_how_its_parts_come(first: Query, second: Query, third: Query) -> None:
    assert conjunction(first) == first
    assert conjunction(conjunction(first, second), third) == conjunction(first, conjunction(second, third)) == (
        conjunction(first, second, third))
