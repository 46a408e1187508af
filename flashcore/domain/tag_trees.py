"""Systems, disciplines, step and yield from the tag trees of well-known decks, and from deck names.

A tag such as ``#AK_Step1_v12::#FirstAid::07_Cardiovascular::03_Physiology`` names a tree, a chapter and a section.
The words of the chapter decide the system, never its number (Boards & Beyond is numbered by alphabet in one edition
and otherwise in the next). Names and words are data: ``tag_trees.toml`` beside this file. The tags themselves stay
as they are; every label says which rule gave it and by which words.

How far a chapter decides:

- it is arranged by organ (``07_Cardiovascular``): that system;
- it names two (``02_Cardio_&_Renal``): the deeper levels choose between them (``02_Diuretics``), else the first;
- it is arranged otherwise (``03_Microbiology``, ``05_Biochem``): a deeper level that names an organ
  (``Protozoa_of_the_CNS``), else ``multisystem`` or ``general``.

Own tags (``system::``, ...) decide before all of this: see ``derive_labels``.
"""

from __future__ import annotations

import html
import itertools
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from operator import itemgetter
from typing import Any

from flashcore.domain.taxonomy import read_axes

CATCH_ALL = frozenset({"multisystem", "general"})
"""Systems that a chapter stands for when it is not arranged by organ. A system of its own from any tree goes before
them, and they are never ``involves``: they name no second organ."""

_NO_ORGANS = frozenset({"human-development", "biostat-epi", "social-sciences"})
"""Of no use to place a section of a chapter by organ: the epidemiology of cancers is pathology."""
STEP_TRUST, _OTHER_TRUST = 90, 50  # of a step or yield tree; of a tree that the data does not know by name
_DISTINCT_TAGS, _DISTINCT_DECKS = 65_536, 4_096  # remembered; the largest community decks have 40,000 tags
_LONGEST_TAG, _DEEPEST = 1_000, 24  # characters and levels that are read; real ones have up to 260 and 12
_ROOT_LEVELS, _CHAPTER_LEVELS, _SECTION_LEVELS = 4, 3, 3
_OWN_AXES = frozenset({"system", "involves", "discipline", "depth", "step", "yield", "topic", "source"})
_GUEST, _ORGAN = 1, 2
"""How much a system that a tag names weighs: 0 a catch-all, 1 a guest in another system's chapter, 2 an organ."""

_MARKS = "#^!$ "  # what decks put before the name of a tree
_EDITION = re.compile(r"[a-z]{0,4}(?:19|20)\d\d[a-z]{0,4}")
_YEAR = re.compile(r"^(?:19|20)\d\d|(?:19|20)\d\d$")
_STEP = re.compile(r"#?ak(?:usmle)?step([123])|(?:#|#?usmle)step([123])(?:c[ks])?(?:v\d+)?$")
_YIELD_ROOT = re.compile(r"(?:low|high)(?:low|high)yield|ak\w*yield")
_YIELD = re.compile(r"\d*(?P<less>relatively)?(?P<level>high|medium|low)yield(?P<for_now>temporary)?")
_YIELDS = ("high", "medium", "low")
_COMMUNITY_ROOT = re.compile(r"ak(?:step|other|original)")


@dataclass(frozen=True, slots=True)
class Label:
    """One value on one axis, and why. ``axis`` is system, involves, discipline, step or yield; ``value`` a slug;
    ``rule`` the tree or "deck name"; ``words`` the level that decided, as written; ``trust`` from 0 to 100."""

    axis: str
    value: str
    rule: str
    words: str
    trust: int


@dataclass(frozen=True, slots=True)
class _Tree:
    rule: str
    trust: int
    discipline: str = ""
    start: str = ""
    needs_mark: bool = False


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a tag or deck name. ``name`` is its letters and digits, for the names of trees."""

    written: str
    name: str
    words: str
    chapter: tuple[str, ...]
    deep: tuple[str, ...]
    disciplines: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """What one tag says. ``own`` are the axes that it fills as an own tag; ``rank`` is weight, then trust.
    Tags that say the same share one object (see ``_reading``), so a note's are counted by identity."""

    own: tuple[str, ...] = ()
    system: Label | None = None
    involves: Label | None = None
    rank: int = 0
    disciplines: tuple[Label, ...] = ()
    step: Label | None = None
    yield_: Label | None = None


_reading = lru_cache(maxsize=_DISTINCT_TAGS)(_Reading)


class _Lexicon:
    """Phrases and what they stand for; the last word of a phrase may be a beginning (``antiepileptic*``)."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._exact: dict[str, str] = {}
        self._beginnings: dict[str, list[tuple[str, str]]] = {}
        self._longest = 1
        for phrase, value in entries:
            self._longest = max(self._longest, phrase.count(" ") + 1)
            if phrase.endswith("*"):
                stem = phrase[:-1]
                self._beginnings.setdefault(stem[:3], []).append((stem, value))
            else:
                self._exact.setdefault(phrase, value)

    def one(self, phrase: str) -> str | None:
        """What a whole phrase stands for."""
        if phrase in self._exact:
            return self._exact[phrase]
        size = phrase.count(" ")
        return next((value for stem, value in self._beginnings.get(phrase[:3], ())
                     if phrase.startswith(stem) and stem.count(" ") == size), None)

    def all(self, text: str) -> tuple[str, ...]:
        """What the phrases in a text stand for, from the left, the longest first; each value once."""
        words, found, at = text.split(), [], 0
        while at < len(words):
            for size in range(min(self._longest, len(words) - at), 0, -1):
                if value := self.one(" ".join(words[at:at + size])):
                    found.append(value)
                    at += size
                    break
            else:
                at += 1
        return tuple(dict.fromkeys(found))


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(resources.files("flashcore.domain").joinpath("tag_trees.toml").read_text(encoding="utf-8"))


@cache
def _trees(key: str) -> dict[str, _Tree]:
    return {root: _Tree(**{name: value for name, value in entry.items() if not name.endswith("roots")})
            for entry in _raw()["tree"] for root in entry.get(key, ())}


@cache
def _by_system(*keys: str) -> _Lexicon:
    return _Lexicon((word, entry["slug"]) for entry in _raw()["system"] for key in keys for word in entry.get(key, ()))


@cache
def _listed(table: str, key: str) -> _Lexicon:
    """The words of a plain list, each standing for itself."""
    return _Lexicon((word, word) for word in _raw()[table][key])


@cache
def _disciplines_lexicon() -> _Lexicon:
    return _Lexicon((word, entry["slug"]) for entry in _raw()["discipline"] for word in entry["words"])


@cache
def _guests() -> dict[str, _Lexicon]:
    return {entry["chapter"]: _Lexicon((word, word) for word in entry["words"]) for entry in _raw()["guest"]}


@cache
def _compounds() -> _Lexicon:
    return _Lexicon((word, " ".join(entry["systems"])) for entry in _raw()["compound"] for word in entry["words"])


def _plain(text: str) -> str:
    """Text without HTML entities and full-width signs (``&amp;`` and ``＆`` are ``&``)."""
    return unicodedata.normalize("NFKC", html.unescape(unicodedata.normalize("NFKC", text)))


def _organs_first(systems: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(system for system in systems if system not in CATCH_ALL) or systems[:1]


@lru_cache(maxsize=_DISTINCT_TAGS)
def _level(written: str) -> _Level:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", written).casefold().replace("&", " and ")
    text = "".join(sign if sign.isalnum() else " " for sign in text)
    words = re.sub(r"^[\d\s]+|[\d\s]+$", "", " ".join(text.split()))
    compound = _compounds().one(words)
    chapter = tuple(compound.split()) if compound else _organs_first(_by_system("words", "chapter").all(words))
    return _Level(written, text.replace(" ", ""), words, chapter, _organs_first(_by_system("words", "deep").all(words)),
                  _disciplines_lexicon().all(words))


def _levels(text: str) -> tuple[_Level, ...]:
    return tuple(_level(part.strip()) for part in text.split("::", _DEEPEST)[:_DEEPEST] if part.strip())


def _find_tree(levels: Sequence[_Level]) -> tuple[_Tree | None, int, bool]:
    """The tree that a tag belongs to, how many levels name it, and whether it is one that says nothing."""
    trees, dated, silent = _trees("roots"), _trees("dated_roots"), _raw()["silent"]["trees"]
    for at in range(min(_ROOT_LEVELS, len(levels))):
        pair = levels[at].name + levels[at + 1].name if at + 1 < len(levels) else ""
        if pair in trees:
            return trees[pair], at + 2, False
        name = _YEAR.sub("", levels[at].name)
        is_marked = at > 0 or levels[at].written[0] in _MARKS
        if name in silent:
            return None, at + 1, True
        if name in trees and (is_marked or not trees[name].needs_mark):
            return trees[name], at + 1, False
        if name != levels[at].name and name in dated:
            return dated[name], at + 1, False
    return None, 0, False


def _system(levels: Sequence[_Level], start: str, root: str) -> tuple[str, str, int]:
    """The system that a chapter and its deeper levels name, the words that decided, and their weight."""
    words, after = root, 0
    current: tuple[str, ...] = (start,) if start else ()
    for at, level in enumerate(levels[:_CHAPTER_LEVELS]):
        if level.chapter:
            words, after, current = level.written, at + 1, level.chapter
            break
    for level in levels[after:]:
        if CATCH_ALL.issuperset(current):
            named = tuple(system for system in level.deep if system not in _NO_ORGANS)
            if named and (named[0] not in CATCH_ALL or current == ("general",)):
                words, current = level.written, named
        elif len(current) == 1:
            break
        elif narrower := tuple(system for system in current if system in level.deep):
            words, current = level.written, narrower
    if not current:
        return "", "", 0
    guests = _guests().get(current[0])
    if guests and any(guests.all(level.words) for level in levels[after:]):
        return current[0], words, _GUEST
    return current[0], words, 0 if current[0] in CATCH_ALL else _ORGAN


def _disciplines(levels: Sequence[_Level], tree: _Tree, root: str) -> tuple[Label, ...]:
    """The disciplines that the section, else the chapter, names; a tree of one discipline has no other."""
    if tree.discipline:
        return (Label("discipline", tree.discipline, tree.rule, root, tree.trust),)
    for level in (*levels[1:_SECTION_LEVELS], *levels[:1]):
        if level.disciplines:
            return tuple(Label("discipline", slug, tree.rule, level.written, tree.trust) for slug in level.disciplines)
    return ()


def _read_path(levels: Sequence[_Level], tree: _Tree, root: str, step: Label | None = None) -> _Reading:
    chapters = [level for level in levels if not _EDITION.fullmatch(level.name)]
    slug, words, weight = _system(chapters, tree.start, root)
    system = Label("system", slug, tree.rule, words, tree.trust) if slug else None
    involves = replace(system, axis="involves") if system and weight == _ORGAN else None
    rank = weight * 100 + tree.trust
    return _reading((), system, involves, rank, _disciplines(chapters, tree, root), step)


def _yield(levels: Sequence[_Level]) -> Label | None:
    for root, level in itertools.pairwise(levels):
        if _YIELD_ROOT.fullmatch(root.name) and (match := _YIELD.fullmatch(level.name)):
            is_less = match["level"] == "high" and (match["less"] or match["for_now"])
            return Label("yield", "medium" if is_less else match["level"], root.written, level.written, STEP_TRUST)
    return None


@lru_cache(maxsize=_DISTINCT_TAGS)
def _read_tag(tag: str) -> _Reading:
    """What one tag says."""
    if tag.partition("::")[0].lower() in _OWN_AXES:
        axes = read_axes((tag,))
        filled = {"system": axes.primary, "involves": axes.involves, "discipline": axes.disciplines,
                  "step": axes.step, "yield": axes.yield_}
        return _reading(own=tuple(axis for axis, value in filled.items() if value))
    levels = _levels(_plain(tag))
    if not levels or _listed("ignored", "first").one(levels[0].name):
        return _reading()
    if any(_listed("ignored", "anywhere").one(level.name) for level in levels):
        return _reading()
    match = _STEP.match(("#" if levels[0].written[0] in _MARKS else "") + levels[0].name)
    step = None
    if match:
        number = match[1] or match[2]
        step = Label("step", "2ck" if number == "2" else number, "step tree", levels[0].written, STEP_TRUST)
    if label := _yield(levels):
        return _reading(step=step, yield_=label)
    tree, depth, is_silent = _find_tree(levels)
    if is_silent:
        return _reading(step=step)
    if tree:
        return _read_path(levels[depth:], tree, levels[depth - 1].written, step)
    if _COMMUNITY_ROOT.match(levels[0].name):
        root = levels[0] if len(levels) < 2 or levels[1].chapter else levels[1]
        rest = levels[1:] if root is levels[0] else levels[2:]
        return _read_path(rest, _Tree(root.written.lstrip(_MARKS), _OTHER_TRUST), root.written, step)
    return _read_words(levels, "tag", _raw()["deck"]["plain_trust"], step)


def _read_words(levels: Sequence[_Level], rule: str, trust: int, step: Label | None = None) -> _Reading:
    """A name in nobody's tree: only levels that are a system's or discipline's name and nothing else count."""
    furniture, names = frozenset(_raw()["deck"]["furniture"]), frozenset(_raw()["deck"]["disciplines"])
    lexicon = _by_system("deck")
    system: Label | None = None
    disciplines: tuple[Label, ...] = ()
    for level in levels:
        words = [word for word in level.words.split() if word not in furniture and not word.isdigit()]
        bare = [word for word in words if word not in names] or words
        if slug := lexicon.one(" ".join(words)) or lexicon.one(" ".join(bare)):
            system = Label("system", slug, rule, level.written, trust)
        if words and (system or len(words) == 1) and (words != bare or set(words) <= names):
            disciplines = tuple(Label("discipline", slug, rule, level.written, trust) for slug in level.disciplines)
    return _reading(system=system, rank=trust, disciplines=disciplines, step=step)


@lru_cache(maxsize=_DISTINCT_DECKS)
def _read_deck(deck: str) -> _Reading:
    """What a deck name says: a known deck is read as a tree, of another only unmistakable words count."""
    levels, signs = _levels(_plain(deck)), _listed("deck", "signs")
    trust, steps = _raw()["deck"]["trust"], _raw()["deck"]["steps"]
    is_known = any(signs.all(level.words) for level in levels)
    if not is_known:
        reading = _read_words(levels, "deck name", trust)
    else:
        tree, depth, is_silent = _find_tree(levels)
        if is_silent:
            return _reading()
        tree = replace(tree, rule="deck name", trust=trust) if tree else _Tree("deck name", trust)
        rest = [level for level in levels[depth:] if level.chapter or not signs.all(level.words)]
        reading = _read_path(rest, tree, levels[max(depth - 1, 0)].written)
    for level in levels:
        name = " ".join(word for word in level.words.split() if word != "usmle")
        name = f"{name} {level.name[-1]}" if name == "step" and level.name[-1] in "123" else name
        if name in steps and (is_known or reading.system or "usmle" in level.words):
            value = "2ck" if "2" in name else name[-1]
            return replace(reading, step=Label("step", value, "deck name", level.written, trust))
    return reading


def derive_labels(tags: Sequence[str], deck: str) -> tuple[Label, ...]:
    """What the tags of a note, and last the name of its deck, say of it: at most one system, then what it involves,
    its disciplines, one step and one yield.

    Own tags decide: of an axis that they fill (as ``read_axes`` reads them) nothing is derived; ``system::`` fills
    ``involves`` too. Of several systems the primary is, in this order: an organ before a catch-all, the tree of
    higher trust, the system that more tags of that tree name, then more tags of all trees, then the first tag.
    The other organs are ``involves``, so a disagreement of two trees stays visible. Deck names and plain tags only
    speak where no tree did.
    """
    own: set[str] = set()
    found: dict[str, list[Any]] = {}
    disciplines: dict[str, Label] = {}
    trust = 0
    step: Label | None = None
    yield_: Label | None = None
    if any(len(tag) > _LONGEST_TAG for tag in tags):
        tags = [tag[:_LONGEST_TAG] for tag in tags]
    for reading, count in Counter(map(_read_tag, tags)).items():
        if reading.own:
            own.update(reading.own)
        if (system := reading.system) is not None:
            entry = found.setdefault(system.value, [-1, 0, 0, reading])
            entry[2] += count
            if reading.rank == entry[0]:
                entry[1] += count
            elif reading.rank > entry[0]:
                entry[0], entry[1], entry[3] = reading.rank, count, reading
        if reading.disciplines:
            if reading.disciplines[0].trust > trust:
                trust, disciplines = reading.disciplines[0].trust, {}
            if reading.disciplines[0].trust == trust:
                for label in reading.disciplines:
                    disciplines.setdefault(label.value, label)
        if reading.step and (step is None or reading.step.value < step.value):
            step = reading.step
        if reading.yield_ and (yield_ is None or _YIELDS.index(reading.yield_.value) < _YIELDS.index(yield_.value)):
            yield_ = reading.yield_
    from_deck = _read_deck(deck[:_LONGEST_TAG])
    ranked = [entry[3] for entry in sorted(found.values(), key=itemgetter(0, 1, 2), reverse=True)] or [from_deck]
    labels: list[Label | None] = []
    if "system" not in own:
        labels.append(ranked[0].system)
        if "involves" not in own:
            labels += [reading.involves for reading in ranked[1:]]
    if "discipline" not in own:
        labels += disciplines.values() or from_deck.disciplines
    if "step" not in own:
        labels.append(step or from_deck.step)
    if "yield" not in own:
        labels.append(yield_)
    return tuple(label for label in labels if label is not None)
