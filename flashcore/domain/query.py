"""The search language, as a value: text is read once into a query, and what selects cards works on the query.

    query   = either { "or" either }            an empty query, and "()", is every card
    either  = part { ["and"] part }             parts side by side must all hold
    part    = { "-" | "not" } ( term | "(" query ")" )
    term    = word | "phrase" | key:value | key:"value" | "key:value"

Words and phrases are literal: ``_``, ``%``, ``*``, a colon, or a quote inside a word stand for themselves. Inside
quotes a backslash before ASCII punctuation makes it literal, as in Markdown; before anything else it is itself.
A word of two or more letters and a colon is taken for a key, so a mistyped key is an error and no search for text;
in quotes an unknown key is text, and ``"deck\\:x"`` is text too. One letter and a colon (``T:``) is a word.

    deck: topic: tag:       the one named and everything under it (A also finds A::B), without regard to case;
                            ``*`` stands for any text
    system: primary:        slug or alias; primary: leaves out systems a note merely involves
    discipline: depth:      slug or alias; recall, mechanism, application
    is:                     due new learning review suspended leech untagged
    prop:NAME OPERATOR NUMBER, rated:DAYS[:RATING], added:DAYS
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flashcore.domain.query_terms import (
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
)
from flashcore.domain.review import Rating
from flashcore.domain.taxonomy import Depth, find_discipline, find_system
from flashcore.errors import NotFoundError, QueryError, nearest

__all__ = ["Added", "And", "DeckIs", "DepthIs", "DisciplineIs", "Everything", "Not", "Operator", "Or", "Property",
           "PropertyName", "Query", "Rated", "State", "StateIs", "SystemIs", "TagIs", "Text", "TopicIs", "conjunction",
           "from_options", "parse_query", "to_text"]

MAX_LENGTH = 20_000
MAX_TERMS = 500
MAX_DEPTH = 64
"""How deep parentheses, negations and the query made from them may nest: what walks a query may recurse."""


def parse_query(text: str) -> Query:
    """The query that a text stands for; at most 20,000 characters, 500 terms and 64 levels.

    Raises:
        QueryError: the text cannot be read; its position is the 0-based offset of what is at fault.
        NotFoundError: a system, discipline or depth that does not exist.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(text, MAX_LENGTH, f"it is longer than {MAX_LENGTH} characters")
    if surrogate := _SURROGATE.search(text):
        raise QueryError(text, surrogate.start(), "a byte that is not UTF-8")
    groups, levels, term_count = [_Group(0)], 0, 0
    for position, token in _tokens(text):
        group = groups[-1]
        match token:
            case "and" | "or":
                if group.awaits_part:
                    raise QueryError(text, position, f"nothing stands before {token!r}", _AS_TEXT)
                group.operator = (token, position)
                if token == "or":
                    group.alternatives.append([])
            case "not" | "(":
                levels += 1
                if levels > MAX_DEPTH:
                    raise QueryError(text, position, f"it is nested deeper than {MAX_DEPTH} levels")
                if token == "not":
                    group.negations.append(position)
                else:
                    groups.append(_Group(position))
            case ")":
                if len(groups) == 1:
                    raise QueryError(text, position, "no '(' is open here", _AS_TEXT)
                node = groups.pop().close(text)
                levels -= 1 + len(groups[-1].negations)
                groups[-1].add(*node)
            case _:
                term_count += 1
                if term_count > MAX_TERMS:
                    raise QueryError(text, position, f"it has more than {MAX_TERMS} terms")
                levels -= len(group.negations)
                group.add(token, 0)
    if len(groups) > 1:
        raise QueryError(text, groups[-1].position, "this '(' is never closed", _AS_TEXT)
    return groups[0].close(text)[0]


def to_text(query: Query) -> str:
    """The query as text, the same for equal queries: ``parse_query(to_text(query)) == query`` within the limits."""
    match query:
        case Everything():
            return ""
        case Or(parts):
            return " or ".join(_part_text(part, (Or,)) for part in parts)
        case And(parts):
            return " ".join(_part_text(part, (And, Or)) for part in parts)
        case Not(part):
            return "-" + _part_text(part, (And, Or))
        case Text(text):
            return _text_text(text)
        case DeckIs(name):
            return "deck:" + _value_text(name)
        case TopicIs(name):
            return "topic:" + _value_text(name)
        case TagIs(name):
            return "tag:" + _value_text(name)
        case SystemIs(slug, primary_only):
            return f"{'primary' if primary_only else 'system'}:{slug}"
        case DisciplineIs(slug):
            return f"discipline:{slug}"
        case DepthIs(depth):
            return f"depth:{depth}"
        case StateIs(state):
            return f"is:{state}"
        case Property(name, operator, value):
            return f"prop:{name}{operator}{_number_text(float(value))}"
        case Rated(days, rating):
            return f"rated:{days}" if rating is None else f"rated:{days}:{rating:d}"
        case Added(days):
            return f"added:{days}"


# Reading

_Mark: TypeAlias = Literal["(", ")", "and", "or", "not"]

_AS_TEXT = "In quotes it is text"
_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPTY_PARENTHESES = re.compile(r"\(\s*+\)")
_ONLY_DASHES = re.compile(r"-++(?=[\s)]|\Z)")
_WORD = re.compile(r"[^\s()]+")
_KEY = re.compile(r"([^\W\d_]{2,}+):")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
_AFTER_QUOTES = re.compile(r"[\s()]|\Z")
_PLAIN_VALUE = re.compile(r'[^\s()"\\]+')
_COMPARISON = re.compile(r"(\w*+)\s*+(!=|<=|>=|=|<|>|)\s*+(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DAYS = re.compile(r"[0-9]{1,9}")
_KEYWORDS: dict[str, _Mark] = {"and": "and", "or": "or", "not": "not"}


@dataclass(slots=True)
class _Group:
    """What stands in one pair of parentheses, while it is read; ``position`` is that of the opening one.

    Each part comes with its depth. ``operator`` is the last "and" or "or", as long as no part has followed it.
    """

    position: int
    alternatives: list[list[tuple[Query, int]]] = field(default_factory=lambda: [[]])
    negations: list[int] = field(default_factory=list)
    operator: tuple[str, int] | None = None

    @property
    def awaits_part(self) -> bool:
        return not self.alternatives[-1] or self.operator is not None or bool(self.negations)

    def add(self, query: Query, depth: int) -> None:
        for _ in self.negations:
            query, depth = Not(query), depth + 1
        self.alternatives[-1].append((query, depth))
        self.negations.clear()
        self.operator = None

    def close(self, text: str) -> tuple[Query, int]:
        """All that was read, as one query, and its depth."""
        if self.negations:
            raise QueryError(text, self.negations[-1], "nothing stands after 'not'", _AS_TEXT)
        if self.operator is not None:
            word, position = self.operator
            raise QueryError(text, position, f"nothing stands after {word!r}", _AS_TEXT)
        if not self.alternatives[0]:
            return Everything(), 0
        query, depth = _join(Or, [_join(And, parts) for parts in self.alternatives])
        if depth > MAX_DEPTH:
            raise QueryError(text, self.position, f"it is nested deeper than {MAX_DEPTH} levels")
        return query, depth


def _join(kind: type[And | Or], parts: list[tuple[Query, int]]) -> tuple[Query, int]:
    if len(parts) == 1:
        return parts[0]
    return kind(tuple(query for query, _ in parts)), 1 + max(depth for _, depth in parts)


@dataclass(frozen=True, slots=True)
class _Value:
    """A piece of the query with its escapes taken out; ``places`` holds the offset of each character and of the end."""

    query: str
    text: str
    places: Sequence[int]

    def after(self, start: int) -> _Value:
        """What follows the first ``start`` characters, less the white space around it."""
        text = self.text[start:].rstrip()
        kept = text.lstrip()
        start += len(text) - len(kept)
        return _Value(self.query, kept, self.places[start:start + len(kept) + 1])

    def error(self, what: str, hint: str = "", at: int = 0) -> QueryError:
        return QueryError(self.query, self.places[at], what, hint)

    def made(self, make: Callable[..., Query], *arguments: object) -> Query:
        """What ``make`` makes of the arguments; where it finds them out of range, that is an error of this value."""
        try:
            return make(*arguments)
        except ValueError as error:
            raise self.error(str(error)) from error


def _tokens(query: str) -> Iterator[tuple[int, _Mark | Query]]:
    at = 0
    while at < len(query):
        token: _Mark | Query
        if found := _SPACE.match(query, at):
            at = found.end()
            continue
        if found := _EMPTY_PARENTHESES.match(query, at):
            token, end = Everything(), found.end()
        elif found := _ONLY_DASHES.match(query, at):
            token, end = Text(found[0]), found.end()
        elif query[at] == "(":
            token, end = "(", at + 1
        elif query[at] == ")":
            token, end = ")", at + 1
        elif query[at] == "-":
            token, end = "not", at + 1
        elif query[at] == '"':
            value, colon, end = _quoted(query, at)
            key = value.text[:colon].lower()
            token = _keyed(key, value.after(colon + 1)) if key in _KEYS else value.made(Text, value.text)
        else:
            token, end = _word(query, at)
        yield at, token
        at = end


def _word(query: str, at: int) -> tuple[_Mark | Query, int]:
    """The keyword, word or key with its value that starts at ``at``, and where it ends."""
    found = _WORD.match(query, at)
    assert found is not None
    word, end = found[0], found.end()
    # Right after a dash a keyword is a word: -or leaves out the text "or".
    if word.lower() in _KEYWORDS and query[at - 1:at] != "-":
        return _KEYWORDS[word.lower()], end
    key = _KEY.match(word)
    if key is None:
        return Text(word), end
    if key[1].lower() not in _KEYS:
        raise QueryError(query, at, f"{key[0]!r} is no key", f"{_known(key[1], _KEYS, ':')} {_AS_TEXT}")
    start = at + key.end()
    value = _Value(query, query[start:end], range(start, end + 1))
    if value.text.startswith('"'):
        value, _, end = _quoted(query, start)
    return _keyed(key[1].lower(), value.after(0)), end


def _quoted(query: str, at: int) -> tuple[_Value, int, int]:
    """What stands in the quotes that open at ``at``, its first colon without an escape (0: none), and its end."""
    found = _QUOTED.match(query, at)
    if found is None:
        raise QueryError(query, at, "this quote is never closed", 'A quote inside quotes is written \\"')
    if not _AFTER_QUOTES.match(query, found.end()):
        raise QueryError(query, found.end(), "a space is missing after the quote",
                         'A quote inside quotes is written \\"')
    letters: list[str] = []
    places: list[int] = []
    colon, place = 0, found.start(1)
    while place < found.end(1):
        places.append(place)
        escaped = _ESCAPE.match(query, place) is not None
        if query[place] == ":" and not colon:
            colon = len(letters)
        letters.append(query[place + escaped])
        place += 1 + escaped
    return _Value(query, "".join(letters), (*places, place)), colon, found.end()


def _known(word: str, known: Iterable[str], suffix: str = "") -> str:
    names = tuple(known)
    near = nearest(word, names)
    return f"Did you mean {near + suffix!r}?" if near else f"There are {', '.join(name + suffix for name in names)}."


def _keyed(key: str, value: _Value) -> Query:
    if not value.text:
        raise value.error(f"a value is missing after {key}:", "It follows at once, in quotes where it has spaces")
    return _KEYS[key](value)


def _state(value: _Value) -> Query:
    if value.text.lower() not in list(State):
        raise value.error(f"no state is named {value.text!r}", _known(value.text, State))
    return StateIs(State(value.text.lower()))


def _depth(value: _Value) -> Query:
    if value.text.lower() not in list(Depth):
        raise NotFoundError("depth", value.text, Depth, hint="there are " + ", ".join(Depth))
    return DepthIs(Depth(value.text.lower()))


def _property(value: _Value) -> Query:
    found = _COMPARISON.fullmatch(value.text)
    assert found is not None
    name, operator, number = found[1].lower(), found[2], found[3]
    if name not in list(PropertyName):
        raise value.error(f"no property is named {found[1]!r}", _known(name, PropertyName))
    if not operator:
        raise value.error("an operator is missing", _known("", Operator), found.start(2))
    if not _NUMBER.fullmatch(number):
        raise value.error(f"{number!r} is no number", at=found.start(3))
    return value.after(found.start(3)).made(Property, PropertyName(name), Operator(operator), float(number))


def _days(value: _Value, text: str) -> int:
    if not _DAYS.fullmatch(text):
        raise value.error(f"{text!r} is no number of days")
    return int(text)


def _rated(value: _Value) -> Query:
    days, colon, rating = value.text.partition(":")
    if colon and rating not in ("1", "2", "3", "4"):
        raise value.error(f"{rating!r} is no rating", "1 is again, 2 hard, 3 good, 4 easy", len(days) + 1)
    return value.made(Rated, _days(value, days), Rating(int(rating)) if colon else None)


_KEYS: dict[str, Callable[[_Value], Query]] = {
    "deck": lambda value: value.made(DeckIs, value.text),
    "system": lambda value: SystemIs(find_system(value.text)),
    "primary": lambda value: SystemIs(find_system(value.text), primary_only=True),
    "discipline": lambda value: DisciplineIs(find_discipline(value.text)),
    "depth": _depth,
    "topic": lambda value: value.made(TopicIs, value.text),
    "tag": lambda value: value.made(TagIs, value.text),
    "is": _state,
    "prop": _property,
    "rated": _rated,
    "added": lambda value: value.made(Added, _days(value, value.text)),
}


# Writing


def _part_text(part: Query, grouped: tuple[type[And | Or], ...]) -> str:
    return f"({to_text(part)})" if isinstance(part, (Everything, *grouped)) else to_text(part)


def _value_text(text: str) -> str:
    return text if _PLAIN_VALUE.fullmatch(text) else _in_quotes(text)


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _text_text(text: str) -> str:
    if _PLAIN_VALUE.fullmatch(text) and not text.startswith("-") and not _KEY.match(text) and (
            text.lower() not in _KEYWORDS):
        return text
    key, colon, rest = text.partition(":")
    escaped_colon = "\\:" if key.lower() in _KEYS else colon
    return f'"{_escaped(key)}{escaped_colon}{_escaped(rest)}"'


def _in_quotes(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
