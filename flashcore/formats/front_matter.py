"""The head of a plain-text deck: what holds for all its cards.

YAML without aliases, anchors, tags and nesting, whose values stay words (``no`` and ``1`` are no booleans or numbers);
or hashcards' TOML with a ``name``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flashcore.domain.deck import clean_deck_name
from flashcore.domain.taxonomy import canonical_tag
from flashcore.errors import NotFoundError, Problem, nearest
from flashcore.formats.markdown_lines import conflict_problem, is_conflict_mark
from flashcore.formats.markdown_tags import split_words, unknown_value

if TYPE_CHECKING:
    import yaml

KEYS = ("deck", "system", "discipline", "depth", "step", "yield", "tags", "order", "license", "authors", "source")
LARGEST_BYTES = 64 * 1024
DEEPEST_DECK = 20

_MARKER = re.compile(r"(?:[QACTDV]):")
_KNOWN_KEY = re.compile(rf"(?P<quote>[\"']?)(?:{'|'.join(KEYS)})(?P=quote)[ \t]*:(?:\s|$)", re.IGNORECASE)
_TOML_NAME = re.compile(r"\s*name\s*=")


@dataclass(slots=True)
class FrontMatter:
    """What the head of a file says. ``words`` are its tags, not yet read, with their lines.

    ``length`` is the count of lines that it takes; 0 where the file has none.
    """

    length: int = 0
    deck: str = ""
    words: list[tuple[int, str]] = field(default_factory=list)
    is_fixed_order: bool = False
    source: str = ""
    is_hashcards: bool = False


def read_front_matter(lines: Sequence[str], problems: list[Problem], warnings: list[Problem]) -> FrontMatter:
    """The front matter of a file given as lines; problems and warnings are added to the lists."""
    head = FrontMatter()
    first, last, is_closed = _bounds(lines)
    if first < 0:
        return head
    block = lines[first:last]
    is_ours = any(_KNOWN_KEY.match(line) for line in block)
    if not is_closed:
        if is_ours:
            problems.append(Problem(first, "the front matter that starts here has no end",
                                    "write --- alone on a line after its last key"))
            head.length = last
        return head
    head.length = last + 1
    conflicts = [number for number, line in enumerate(block, first + 1) if is_conflict_mark(line)]
    if conflicts:
        problems += map(conflict_problem, conflicts)
        return head
    is_toml = any(_TOML_NAME.match(line) for line in block)
    if not is_ours and not is_toml:
        _hint_at_near_keys(block, first, warnings)
    elif sum(len(line.encode("utf-8", "replace")) + 1 for line in block) > LARGEST_BYTES:
        problems.append(Problem(first, f"the front matter is larger than {LARGEST_BYTES >> 10} KiB", "shorten it"))
    elif is_toml:
        _read_toml(head, block, first, problems, warnings)
    else:
        _read_yaml(head, "\n".join(block) + "\n", first, problems)
    if head.deck.count("::") >= DEEPEST_DECK:
        problems.append(Problem(first, f"the deck name has more than {DEEPEST_DECK} levels", "shorten it"))
    return head


def _bounds(lines: Sequence[str]) -> tuple[int, int, bool]:
    """The first line after the opening ``---``, the closing one, and whether there is one; -1 without front matter.

    A ``---`` with a card below it is a line between cards, not front matter.
    """
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines)) + 1
    if first > len(lines) or lines[first - 1].rstrip() != "---":
        return -1, -1, False
    for number in range(first, len(lines)):
        if _MARKER.match(lines[number]):
            return first, number, False
        if lines[number].rstrip() in ("---", "..."):
            return first, number, True
    return first, len(lines), False


def _hint_at_near_keys(block: Sequence[str], first: int, warnings: list[Problem]) -> None:
    for number, line in enumerate(block[:200]):
        key = line.partition(":")[0].strip()
        near = nearest(key, KEYS) if 2 < len(key) < 20 and ":" in line else None
        if near and abs(len(near) - len(key)) < 2:
            warnings.append(Problem(first + number + 1, f"front matter without a key of a deck is ignored: {key!r}",
                                    f"did you mean {near!r}?"))


def _read_toml(
    head: FrontMatter, block: Sequence[str], first: int, problems: list[Problem], warnings: list[Problem]
) -> None:
    head.is_hashcards = True
    try:
        values = tomllib.loads("\n".join(block))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"at line (\d+)", str(error))
        problems.append(Problem(first + (int(found[1]) if found else 1), "the front matter is not valid TOML",
                                'hashcards writes name = "The name"; flashcore\'s own is deck: The name'))
        return
    name = values.pop("name", "")
    if isinstance(name, str):
        head.deck = clean_deck_name(name) if name.strip() else ""
    else:
        problems.append(Problem(first + 1, "the name in the front matter is no text", 'write name = "The name"'))
    for key in values:
        warnings.append(Problem(first + 1, f"the key {key[:40]!r} of the front matter is ignored",
                                "hashcards knows only name"))


Values = list[tuple[int, str]]


def _read_yaml(head: FrontMatter, block: str, first: int, problems: list[Problem]) -> None:
    import yaml

    seen: set[str] = set()
    try:
        for line, key, values in _entries(yaml.parse(block, Loader=yaml.BaseLoader), first + 1):
            name = key.strip().lower()
            if name not in KEYS:
                near = nearest(name, KEYS)
                problems.append(Problem(line, f"unknown key {key[:40]!r} in the front matter",
                                        f"did you mean {near!r}?" if near else f"the keys are {', '.join(KEYS)}"))
            elif name in seen:
                problems.append(Problem(line, f"the key {name!r} is given twice", "keep one"))
            else:
                seen.add(name)
                _take(head, name, line, [(at, value.strip()) for at, value in values if value.strip()],
                      problems)
    except _NotTaken as error:
        problems.append(error.problem)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.append(Problem(first + 1 + min(mark.line if mark else 0, block.count("\n") - 1),
                                "the front matter is not valid YAML",
                                "write KEY: VALUE on each line; quote a value that holds a colon and a space"))
    except yaml.YAMLError as error:
        place = getattr(error, "position", 0)
        problems.append(Problem(first + 1 + block.count("\n", 0, place),
                                "the front matter holds a character that YAML does not allow", "remove it"))


class _NotTaken(Exception):
    def __init__(self, line: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.problem = Problem(line, what, hint)


def _entries(events: Iterator[yaml.Event], first_line: int) -> Iterator[tuple[int, str, Values]]:
    """The keys of a flat mapping with their lines and values. Stops at the first thing that is more than that."""
    import yaml

    key: tuple[int, str] | None = None
    values: Values = []
    depth = 0
    for event in events:
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _NotTaken(line, "aliases and anchors (& and *) are not taken in the front matter",
                            "write the value out, or quote it")
        if getattr(event, "tag", None):
            raise _NotTaken(line, "YAML tags (!) are not taken in the front matter", "quote the value")
        if isinstance(event, yaml.ScalarEvent) and depth == 1 and key is None:
            key, values = (line, event.value), []
        elif isinstance(event, yaml.ScalarEvent):
            values.append((line, event.value))
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            is_expected = isinstance(event, yaml.MappingStartEvent if depth == 1 else yaml.SequenceStartEvent)
            if depth > 2 or not is_expected or (depth == 2 and key is None):
                raise _NotTaken(line, "the front matter is nested too deep", "a value is a word or a list of words")
            continue
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        else:
            continue
        if depth == 1 and key is not None and (values or not isinstance(event, yaml.ScalarEvent)):
            yield key[0], key[1], values
            key = None


def _take(head: FrontMatter, name: str, line: int, values: Values, problems: list[Problem]) -> None:
    if name in ("authors", "license"):
        return
    if name == "tags":
        head.words += [(at, word) for at, value in values for word in split_words(value)]
    elif name == "discipline":
        head.words += [(at, word) for at, value in values for word in _disciplines(at, value, problems)]
    elif len(values) > 1 and name != "source":
        problems.append(Problem(line, f"{name} takes one value, this has {len(values)}",
                                "the others may be tags: involves::X" if name == "system" else "keep one"))
    elif values:
        text = values[0][1]
        if name == "deck":
            head.deck = clean_deck_name(text)
        elif name == "source":
            head.source = "; ".join(value for _, value in values)
        elif name == "order":
            head.is_fixed_order = text.lower() == "fixed"
            if not head.is_fixed_order:
                problems.append(Problem(line, f"order cannot be {text[:40]!r}",
                                        "order: fixed keeps the options as they stand; without it they are shuffled"))
        else:
            head.words.append((values[0][0], f"{name}::{text}"))


def _disciplines(line: int, value: str, problems: list[Problem]) -> list[str]:
    """The disciplines of a value: between commas, else word for word, since a name may be two words."""
    tags: list[str] = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        try:
            tags.append(canonical_tag(f"discipline::{part}"))
        except NotFoundError as error:
            words = part.split()
            if len(words) > 1:
                tags += [f"discipline::{word}" for word in words]
            else:
                problems.append(unknown_value(line, error))
    return tags
